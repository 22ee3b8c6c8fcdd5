// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program whose headers execve reads from another file than it maps: on an overlay of the
 * container's own, it is copied up after it was checked, and the copy is changed.
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

/* Executes it, and changes the copy when it was checked and its headers are about to be read. */
static int run_and_change(struct __test_metadata *_metadata, const struct bh_cell *cell)
{
	Elf64_Off other = PAGE;
	int *result = bh_shared(), fd;
	pid_t pid = fork();

	if (!pid) {
		*result = bh_cell_run(cell, run, PROG);
		_exit(0);
	}
	EXPECT_TRUE(hold_wait_for(hold_waits, NULL));
	EXPECT_EQ(0, chmod(PROG, 0711));
	fd = open(COPY, O_WRONLY | O_CLOEXEC);
	EXPECT_EQ((ssize_t)sizeof(other),
		  pwrite(fd, &other, sizeof(other),
			 sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_offset)));
	close(fd);
	EXPECT_EQ(0, hold_set(false));
	waitpid(pid, NULL, 0);
	return *result;
}

TEST_F_TIMEOUT(headers, of_a_copy_that_is_not_allowed, 300)
{
	int err = hold_begin("kernel_read");

	if (err)
		SKIP(return, "nobody can be held in a read here: %s", strerror(err));
	EXPECT_EQ(OTHER_CODE, run_and_change(_metadata, &self->cell));
	/* The same again, with a file that was not copied. */
	umount2(TOP "/merged", MNT_DETACH);
	unlink(COPY);
	ASSERT_EQ(0, mount("overlay", TOP "/merged", "overlay", 0, "lowerdir=" TOP "/low,upperdir="
			   TOP "/up/upper,workdir=" TOP "/up/work"));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "headers"));
	EXPECT_EQ(0, bh_cell_run(&self->cell, run, PROG));
	EXPECT_EQ(0, hold_set(true));
	err = run_and_change(_metadata, &self->cell);
	EXPECT_TRUE(err == EACCES || err > 1000)
		TH_LOG("%d", err);
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, run, PROG));
}

TEST_HARNESS_MAIN
