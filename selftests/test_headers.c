// SPDX-License-Identifier: GPL-2.0-only
/*
 * What execve reads of a file after it was checked, where it is another file by then: on an
 * overlay of the container's own, it is copied up in between, and the copy is changed. So a
 * program is mapped by another's headers, or an interpreter's first line is another's.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "hold.h"
#include "program.h"
#include "sha256.h"
#include "trial.h"

#define TOP "/tmp/headers"
#define PROG TOP "/merged/prog"
#define COPY TOP "/up/upper/prog"
#define PAGE 4096
#define OTHER_CODE 77

FIXTURE(headers) {
	struct bh_cell cell;
	pid_t child;
};

/* Exits with 0. Its second page has a program in the same place that exits with another code. */
static void make_two(const char *path)
{
	char other[PAGE] = "";
	int fd;

	bh_make_elf(TOP "/other", OTHER_CODE, NULL);
	fd = open(TOP "/other", O_RDONLY | O_CLOEXEC);
	if (read(fd, other, sizeof(other)) <= 0)
		exit(1);
	close(fd);
	bh_make_elf(path, 0, NULL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, other, sizeof(other), PAGE) != sizeof(other))
		exit(1);
	close(fd);
}

FIXTURE_SETUP(headers)
{
	static const char *const dirs[] = {
		TOP "/low", TOP "/up", TOP "/up/upper", TOP "/up/work", TOP "/merged",
	};
	size_t i;

	ASSERT_EQ(0, bh_scratch(TOP));
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		ASSERT_EQ(0, mkdir(dirs[i], 0755));
	make_two(TOP "/low/prog");
	if (mount("overlay", TOP "/merged", "overlay", 0, "lowerdir=" TOP "/low,upperdir="
		  TOP "/up/upper,workdir=" TOP "/up/work"))
		SKIP(return, "no overlay here: %s", strerror(errno));
	ASSERT_EQ(0, bh_policy("headers", "default exec deny\nallow exec digest=sha256:%s",
			       sha256_file(TOP "/low/prog")));
	ASSERT_EQ(0, bh_cell_start(&self->cell, 0));
}

FIXTURE_TEARDOWN(headers)
{
	hold_end();
	if (self->cell.pid > 0)
		bh_cell_stop(&self->cell);
	umount2(TOP "/merged", MNT_DETACH);
}

/* What the program exits with, an errno, or 1000 and a signal. */
static int run(void *path)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl(path, "prog", NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Another place in the program where its code is said to begin. */
static void change_headers(struct __test_metadata *_metadata)
{
	int fd = open(COPY, O_WRONLY | O_CLOEXEC);
	Elf64_Off other = PAGE;

	EXPECT_EQ((ssize_t)sizeof(other),
		  pwrite(fd, &other, sizeof(other),
			 sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_offset)));
	close(fd);
}

/* Executes @path, and changes the copy of @changed when it was checked and is about to be read. */
static int run_and_change(struct __test_metadata *_metadata, const struct bh_cell *cell,
			  const char *path, const char *changed,
			  void (*change)(struct __test_metadata *_metadata))
{
	int *result = bh_shared();
	pid_t pid = fork();

	if (!pid) {
		*result = bh_cell_run(cell, run, (void *)path);
		_exit(0);
	}
	EXPECT_TRUE(hold_wait_for(hold_waits, NULL));
	EXPECT_EQ(0, chmod(changed, 0711));
	change(_metadata);
	EXPECT_EQ(0, hold_set(false));
	waitpid(pid, NULL, 0);
	return *result;
}

/* The same again can be tried with files that were not copied. */
static void forget_copy(struct __test_metadata *_metadata, const char *copy)
{
	umount2(TOP "/merged", MNT_DETACH);
	unlink(copy);
	ASSERT_EQ(0, mount("overlay", TOP "/merged", "overlay", 0, "lowerdir=" TOP "/low,upperdir="
			   TOP "/up/upper,workdir=" TOP "/up/work"));
}

TEST_F_TIMEOUT(headers, of_a_copy_that_is_not_allowed, 300)
{
	int err = hold_begin("kernel_read");

	if (err)
		SKIP(return, "nobody can be held in a read here: %s", strerror(err));
	EXPECT_EQ(OTHER_CODE, run_and_change(_metadata, &self->cell, PROG, PROG, change_headers));
	forget_copy(_metadata, COPY);
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "headers"));
	EXPECT_EQ(0, bh_cell_run(&self->cell, run, PROG));
	EXPECT_EQ(0, hold_set(true));
	err = run_and_change(_metadata, &self->cell, PROG, PROG, change_headers);
	EXPECT_TRUE(err == EACCES || err > 1000)
		TH_LOG("%d", err);
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, run, PROG));
}

#define SCRIPT TOP "/script"
#define INTERP TOP "/merged/interp"
#define INTERP_COPY TOP "/up/upper/interp"

/* Of the same length. */
static void change_line(struct __test_metadata *_metadata)
{
	static const char line[] = "#!" TOP "/evil\n";
	int fd = open(INTERP_COPY, O_WRONLY | O_CLOEXEC);

	EXPECT_EQ((ssize_t)strlen(line), pwrite(fd, line, strlen(line), 0));
	close(fd);
}

/* A script's interpreter, which is a script that its digest allows. */
TEST_F_TIMEOUT(headers, of_an_interpreter_that_names_another, 300)
{
	int err;

	bh_make_elf(TOP "/good", 0, NULL);
	bh_make_elf(TOP "/evil", OTHER_CODE, NULL);
	bh_make_file(SCRIPT, "#!" INTERP "\n", 0755);
	bh_make_file(TOP "/low/interp", "#!" TOP "/good\n", 0755);
	ASSERT_EQ(0, bh_policy("headers", "default exec deny\nallow exec path=" SCRIPT ","
			       TOP "/good," TOP "/evil\nallow exec digest=sha256:%s",
			       sha256_file(TOP "/low/interp")));
	forget_copy(_metadata, INTERP_COPY);
	err = hold_begin_with("kernel_read", "head=interp");
	if (err)
		SKIP(return, "nobody can be held in a read here: %s", strerror(err));
	EXPECT_EQ(OTHER_CODE, run_and_change(_metadata, &self->cell, SCRIPT, INTERP, change_line));
	forget_copy(_metadata, INTERP_COPY);
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "headers"));
	EXPECT_EQ(0, bh_cell_run(&self->cell, run, SCRIPT));
	EXPECT_EQ(0, hold_set(true));
	EXPECT_EQ(EACCES, run_and_change(_metadata, &self->cell, SCRIPT, INTERP, change_line));
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, run, SCRIPT));
}

TEST_HARNESS_MAIN
