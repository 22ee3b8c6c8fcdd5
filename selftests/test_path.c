// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths: what a file's name is to rules, wherever it lies and whoever asks.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "program.h"
#include "trial.h"

#define TOP "/tmp/p"
#define PROG TOP "/prog"
#define PLACE TOP "/place"

#define GIVES(before, after, what, object, policy, ...) {			\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = object, .words = { __VA_ARGS__ },				\
}

#define ALLOWED(what, object, policy) GIVES(0, 0, what, object, policy)

#define DENIED(what, policy, ...)						\
	GIVES(0, EACCES, what, NULL, policy, "verdict=deny ", __VA_ARGS__)

FIXTURE(path) {};

FIXTURE_SETUP(path)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_program(PROG);
	ASSERT_EQ(0, mkdir(PLACE, 0755));
}

FIXTURE_TEARDOWN(path)
{
}

/* Threads, which share the root */

static int map_program(void *unused)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC);
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	int err = memory == MAP_FAILED ? errno : 0;

	close(fd);
	return err;
}

static int mount_place(void *unused)
{
	return mount("word", PLACE, "tmpfs", 0, NULL) || umount(PLACE) ? errno : 0;
}

static void *wait_for_end(void *fd)
{
	char c;

	while (read(*(int *)fd, &c, 1) < 0)
		;
	return NULL;
}

static int beside_a_thread(int (*act)(void *unused))
{
	pthread_t thread;
	int end[2], err;

	if (pipe(end) || pthread_create(&thread, NULL, wait_for_end, &end[0]))
		return -1;
	err = act(NULL);
	close(end[1]);
	pthread_join(thread, NULL);
	close(end[0]);
	return err;
}

static int map_beside_a_thread(void *unused)
{
	return beside_a_thread(map_program);
}

static int mount_beside_a_thread(void *unused)
{
	return beside_a_thread(mount_place);
}

TEST_F(path, threads_have_the_same_paths)
{
	struct bh_trial trials[] = {
		ALLOWED(map_beside_a_thread, NULL, "default map deny\nallow map path=" PROG),
		GIVES(0, EACCES, map_beside_a_thread, NULL, "deny map path=" PROG,
		      " path=\"" PROG "\""),
		ALLOWED(mount_beside_a_thread, NULL,
			"default mount deny\nallow mount target=" PLACE),
		GIVES(0, EPERM, mount_beside_a_thread, NULL, "deny mount target=" PLACE,
		      " target=\"" PLACE "\""),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		trials[i].flags = CLONE_NEWPID | CLONE_NEWNS;
		bh_try(_metadata, &trials[i]);
	}
}

/* Files that are out of reach */

/* What was opened before lies in another mount namespace afterwards. */
static int exec_after_unshare(void *unused)
{
	int fd = open(PROG, O_PATH | O_CLOEXEC);

	return unshare(CLONE_NEWNS) ? -1 : bh_execveat(fd, "", AT_EMPTY_PATH);
}

static int map_after_unshare(void *unused)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC);
	void *memory;

	if (unshare(CLONE_NEWNS))
		return -1;
	memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return memory == MAP_FAILED ? errno : 0;
}

TEST_F(path, unshare_sheds_no_rule_that_refuses)
{
	static const char shown[] = " path=\"" PROG "\"";
	static const char reason[] = " reason=\"the path is one of another mount namespace\"";
	struct bh_trial trials[] = {
		DENIED(exec_after_unshare, "deny exec path=" PROG, shown, reason),
		DENIED(exec_after_unshare, "deny exec path!=/usr/**", shown, reason),
		DENIED(map_after_unshare, "deny map path=" PROG, shown, reason),
		GIVES(0, 1000 + SIGKILL, exec_after_unshare, NULL, "kill exec path=" PROG,
		      "verdict=kill ", shown, reason),
		ALLOWED(exec_after_unshare, NULL, "deny exec path!=" PROG),
		ALLOWED(exec_after_unshare, NULL, "deny exec path=/usr/**"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(path, what_is_out_of_reach_is_not_allowed_by_a_path)
{
	struct bh_trial trials[] = {
		DENIED(exec_after_unshare, "default exec deny\nallow exec path=" PROG " path=/**",
		       " path=- "),
		DENIED(exec_after_unshare, "default exec deny\nallow exec path!=/usr/**",
		       " path=- "),
		DENIED(map_after_unshare, "default map deny\nallow map path!=/usr/**", " path=- "),
		ALLOWED(exec_after_unshare, NULL, "default exec deny\nallow exec backing=file"),
	};

	bh_try_all(_metadata, trials);
}

/* As a runtime does, which lies outside itself. */
static int exec_after_setup(void *unused)
{
	return unshare(CLONE_NEWNS) ? -1 : bh_exec(PROG);
}

TEST_F(path, a_runtime_that_lies_outside_is_judged_by_its_path_there)
{
	struct bh_trial trials[] = {
		ALLOWED(exec_after_setup, NULL, "deny exec from=/usr/bin/x"),
		ALLOWED(exec_after_setup, NULL, "deny exec from!=/**"),
		DENIED(exec_after_setup, "deny exec from=/**", " exe=\"/"),
		DENIED(exec_after_setup, "deny exec from!=/usr/bin/x", " exe=\"/"),
		DENIED(exec_after_setup, "default exec deny\nallow exec from=/**", " exe=- "),
		DENIED(exec_after_setup, "default exec deny\nallow exec from!=/x", " exe=- "),
	};

	bh_try_all(_metadata, trials);
}

TEST_HARNESS_MAIN
