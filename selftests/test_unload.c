// SPDX-License-Identifier: GPL-2.0-only
/*
 * What anyone may hold of the module's files while it is unloaded. Each test
 * leaves the module loaded.
 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "fuse.h"
#include "module.h"
#include "trial.h"

#define SLOW "/tmp/slow"
#define PLACE "/tmp/place"

FIXTURE(unload) {
	int held;
};

FIXTURE_SETUP(unload)
{
	self->held = -1;
	ASSERT_TRUE(bh_module_is_loaded());
	ASSERT_EQ(0, bh_policy("unload", "default exec deny"));
}

FIXTURE_TEARDOWN(unload)
{
	close(self->held);
	if (!bh_module_is_loaded())
		EXPECT_EQ(0, bh_load_module());
}

/* A place that is held without being open. */
static int hold(const char *path)
{
	return open(path, O_PATH | O_CLOEXEC);
}

static void try_reload(struct __test_metadata *_metadata)
{
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(-1, access(BULKHEAD_DIR, F_OK));
	EXPECT_EQ(0, bh_load_module());
	EXPECT_TRUE(bh_module_is_loaded());
	EXPECT_LE(0, bh_number("stats", "checks"));
}

TEST_F(unload, nobody_in_the_directory_prevents_loading_it_again)
{
	self->held = hold(BULKHEAD_DIR);
	ASSERT_LE(0, self->held);
	try_reload(_metadata);
}

TEST_F(unload, nobody_among_the_policies_prevents_loading_it_again)
{
	self->held = hold(BULKHEAD_DIR "/policies/unload");
	ASSERT_LE(0, self->held);
	try_reload(_metadata);
	EXPECT_EQ(0, bh_policy("unload", "default exec deny"));
}

/* Without the module, a file's operations are no longer in memory. */
static void try_held_file(struct __test_metadata *_metadata, int *held, const char *path)
{
	char again[64];
	int fd;

	*held = hold(path);
	ASSERT_LE(0, *held);
	EXPECT_EQ(0, bh_unload_module());
	snprintf(again, sizeof(again), "/proc/self/fd/%d", *held);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-1, fd);
	close(fd);
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(0, bh_load_module());
}

TEST_F(unload, a_file_that_is_held_leads_nowhere)
{
	try_held_file(_metadata, &self->held, BULKHEAD_DIR "/features");
}

TEST_F(unload, a_file_of_a_policy_that_is_held_leads_nowhere)
{
	try_held_file(_metadata, &self->held, BULKHEAD_DIR "/policies/unload/text");
}

/* What was said of a mount while it was made is forgotten with the module. */
static int clone_and_keep(void *unused)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/tmp", OPEN_TREE_CLONE) < 0 ? errno : 0;
}

TEST_F(unload, mounts_that_are_nowhere_yet_do_not_prevent_it)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_policy("unload", "deny mount source=/nowhere"));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_bind(&cell, "unload"));
	EXPECT_EQ(0, bh_cell_run(&cell, clone_and_keep, NULL));
	try_reload(_metadata);
	bh_cell_stop(&cell);
}

/* Longer than unloading takes that waits for nobody. */
static int *answered;

static void answer_late(void)
{
	sleep(15);
	*answered = 1;
}

/* The source may be a device, which must be looked up. */
static int mount_slowly(void *unused)
{
	return mount(SLOW "/device", PLACE, "tmpfs", 0, NULL) ? errno : 0;
}

TEST_F_TIMEOUT(unload, who_sleeps_in_a_check_is_waited_for, 300)
{
	int told[2], status;
	pid_t server, sleeper;
	struct bh_cell cell;
	char byte;

	mkdir(SLOW, 0755);
	mkdir(PLACE, 0755);
	answered = bh_shared();
	ASSERT_EQ(0, pipe(told));
	server = fuse_start(SLOW, FUSE_LOOKUP, told[1], answer_late);
	if (server < 0)
		SKIP(return, "no fuse here");
	ASSERT_EQ(0, bh_policy("unload", "deny mount source=/nowhere"));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_bind(&cell, "unload"));
	sleeper = fork();
	if (!sleeper)
		_exit(bh_cell_run(&cell, mount_slowly, NULL));
	ASSERT_EQ(1, read(told[0], &byte, 1));

	EXPECT_EQ(0, *answered);
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(1, *answered);
	EXPECT_EQ(sleeper, waitpid(sleeper, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, bh_load_module());
	bh_cell_stop(&cell);
	umount2(SLOW, MNT_DETACH);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

TEST_HARNESS_MAIN
