// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock, which holds until reboot: these tests run last, in this order.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "cell.h"

#define PROG "/tmp/prog"

static int exec_prog(void *unused)
{
	return bh_exec(PROG);
}

static int lock_from_inside(void *unused)
{
	return -bh_write("lock", "1");
}

static void expect_lock(struct __test_metadata *_metadata, const char *value)
{
	char text[16] = "";

	EXPECT_EQ(2, bh_read("lock", text, sizeof(text)));
	EXPECT_STREQ(value, text);
}

/* That nothing is locked yet shows in that a policy can be changed. */
TEST(other_words_do_not_lock)
{
	static const char *const words[] = {
		"0", "2", "yes", "11", "1 1", "policies", "-1", "0\n1",
	};
	size_t i;

	expect_lock(_metadata, "0\n");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		EXPECT_EQ(-EINVAL, bh_write("lock", "%s", words[i]))
			TH_LOG("word: %s", words[i]);
	}
	EXPECT_EQ(0, bh_policy("unlocked", "default exec allow"));
	expect_lock(_metadata, "0\n");
}

static int lock_without_capability(void *unused)
{
	int err = bh_keep_caps(~(1ULL << 33));

	return err ? 255 : -bh_write("lock", "1");
}

TEST(not_everybody_may_lock)
{
	struct bh_cell cell;
	int status;
	pid_t pid;

	ASSERT_EQ(0, bh_policy("unlocked", "default mount deny"));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_bind(&cell, "unlocked"));
	EXPECT_EQ(EPERM, bh_cell_run(&cell, lock_from_inside, NULL));
	bh_cell_stop(&cell);

	pid = fork();
	if (!pid)
		_exit(lock_without_capability(NULL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
	expect_lock(_metadata, "0\n");
}

/* After the lock: every door is shut. */
static void expect_no_change(struct __test_metadata *_metadata, const struct bh_cell *cell)
{
	EXPECT_EQ(-EPERM, bh_policy("lock", "default exec allow"));
	EXPECT_EQ(-EPERM, bh_policy("lock.new", "default exec allow"));
	EXPECT_EQ(-EPERM, bh_write("remove", "lock.spare"));
	EXPECT_EQ(-EPERM, bh_write("remove", "lock.none"));
	EXPECT_EQ(-EPERM, bh_write("bind", "policy=lock.spare ns=pid pid=%d", cell->pid));
	EXPECT_EQ(-EPERM, bh_write("unbind", "ns=pid pid=%d", cell->pid));
	EXPECT_EQ(-EPERM, bh_write("unbind", "ns=pid inum=%u", bh_cell_inum(cell, "pid")));
	EXPECT_EQ(-EPERM, bh_write("assign", "policy=lock.spare ns=pid\nend\n"));
	EXPECT_EQ(-EPERM, bh_write("assign", "end\n"));
	EXPECT_EQ(-EPERM, bh_write("lock", "0"));
	EXPECT_EQ(-EPERM, bh_write("lock", "1"));
	EXPECT_EQ(-EPERM, bh_write("lock", "policy"));
	expect_lock(_metadata, "1\n");
}

/* Not even a descriptor from before, with half a document in it. */
static void expect_no_late_end(struct __test_metadata *_metadata, int load)
{
	EXPECT_EQ(-1, write(load, "end\n", 4));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, bh_number("policies/lock.late/info", "version"));
	close(load);
}

static void expect_checks(struct __test_metadata *_metadata, const struct bh_cell *cell)
{
	int events = bh_events();

	ASSERT_LE(0, events);
	EXPECT_EQ(EACCES, bh_cell_run(cell, exec_prog, NULL));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny", "policy=lock ", NULL));
	EXPECT_EQ(0, exec_prog(NULL));
	close(events);
}

static void expect_reading(struct __test_metadata *_metadata, const struct bh_cell *cell)
{
	char text[4096];

	EXPECT_LT(0, bh_read("policies/lock/text", text, sizeof(text)));
	EXPECT_LT(0, bh_read("features", text, sizeof(text)));
	EXPECT_LT(0, bh_number("stats", "bindings"));
	EXPECT_NE(NULL, bh_binding_line(bh_cell_inum(cell, "pid")));
}

static void expect_no_unload(struct __test_metadata *_metadata)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "bulkhead", O_NONBLOCK));
	EXPECT_NE(0, errno);
	EXPECT_LT(0, bh_number("stats", "policies"));
}

TEST(locked_until_reboot)
{
	static const char half[] = "policy lock.late version 1\n";
	struct bh_cell cell;
	int load;

	bh_make_program(PROG);
	ASSERT_EQ(0, bh_policy("lock", "deny exec path=" PROG));
	ASSERT_EQ(0, bh_policy("lock.spare", "default exec allow"));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(0, bh_cell_run(&cell, exec_prog, NULL));
	ASSERT_EQ(0, bh_cell_bind(&cell, "lock"));
	load = open(BULKHEAD_DIR "/load", O_RDWR | O_CLOEXEC);
	ASSERT_EQ((ssize_t)strlen(half), write(load, half, strlen(half)));

	ASSERT_EQ(0, bh_write("lock", "1"));
	expect_lock(_metadata, "1\n");
	expect_no_change(_metadata, &cell);
	expect_no_late_end(_metadata, load);
	expect_checks(_metadata, &cell);
	expect_reading(_metadata, &cell);
	expect_no_unload(_metadata);
	bh_cell_stop(&cell);
}

/* A binding still dies with its namespace: nothing is left of the cell. */
TEST(bindings_still_end)
{
	int tries;

	EXPECT_EQ(-EPERM, bh_policy("lock", "default exec allow"));
	for (tries = 0; tries < 300 && bh_number("stats", "bindings"); tries++)
		usleep(100000);
	EXPECT_EQ(0, bh_number("stats", "bindings"));
}

/* Debian's kernels are built to let root unload what is in use. */
TEST(not_even_unloaded_by_force)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "bulkhead", O_NONBLOCK | O_TRUNC));
	EXPECT_LT(0, bh_number("stats", "policies"));
	expect_lock(_metadata, "1\n");
}

TEST_HARNESS_MAIN
