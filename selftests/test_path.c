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

TEST_HARNESS_MAIN
