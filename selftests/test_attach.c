// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading the module, and what is attached meanwhile. Each test
 * leaves the module loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "module.h"

#define PROG "/tmp/prog"
#define FTRACE_ENABLED "/proc/sys/kernel/ftrace_enabled"

FIXTURE(attach) {};

FIXTURE_SETUP(attach)
{
	bh_make_program(PROG);
}

FIXTURE_TEARDOWN(attach)
{
}

/* Acts that the policy below denies. */

#define POLICY "default exec deny\ndefault mount deny\ndefault ptrace deny"

static int act_exec(void *unused)
{
	return bh_exec(PROG);
}

static int act_mount(void *unused)
{
	if (mount("attach", "/mnt", "tmpfs", 0, NULL))
		return errno;
	return umount("/mnt") ? errno : 0;
}

static int act_ptrace(void *unused)
{
	pid_t pid = fork();
	int err;

	if (!pid) {
		pause();
		_exit(0);
	}
	err = ptrace(PTRACE_SEIZE, pid, NULL, NULL) ? errno : 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

static const struct {
	int (*act)(void *unused);
	int denied;
} acts[] = {
	{ act_exec, EACCES }, { act_mount, EPERM }, { act_ptrace, EPERM },
};

static void expect_acts(struct __test_metadata *_metadata, const struct bh_cell *cell, bool denied)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(acts); i++)
		EXPECT_EQ(denied ? acts[i].denied : 0, bh_cell_run(cell, acts[i].act, NULL))
			TH_LOG("act %zu", i);
}

/* Contract */

TEST_F(attach, features_tell_every_decision_point)
{
	static const char *const points[] = {
		"security_bprm_check", "open_exec", "path_mount", "security_sb_umount",
		"security_sb_pivotroot", "security_move_mount", "security_ptrace_access_check",
		"security_ptrace_traceme",
	};
	char text[8192], line[128];
	size_t i;

	ASSERT_LT(0, bh_read("features", text, sizeof(text)));
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		snprintf(line, sizeof(line), "point %s attached=", points[i]);
		EXPECT_NE(NULL, strstr(text, line))
			TH_LOG("not there: %s", line);
	}
	/* Each is one that ftrace knows. */
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		static char enabled[1048576];

		snprintf(line, sizeof(line), "%s (", points[i]);
		ASSERT_LT(0, bh_read("/sys/kernel/tracing/enabled_functions", enabled,
				     sizeof(enabled)));
		EXPECT_NE(NULL, strstr(enabled, line))
			TH_LOG("not attached: %s", line);
	}
}

/* Not while the module is loaded; since 7.3 never. */
static int switch_off(void *unused)
{
	int err = -bh_write(FTRACE_ENABLED, "0\n");

	return err == EOPNOTSUPP ? EBUSY : err;
}

TEST_F(attach, ftrace_cannot_be_switched_off)
{
	char text[16] = "";

	EXPECT_EQ(EBUSY, switch_off(NULL));
	EXPECT_EQ(2, bh_read(FTRACE_ENABLED, text, sizeof(text)));
	EXPECT_STREQ("1\n", text);
}

TEST_F(attach, ftrace_can_be_switched_off_without_the_module)
{
	int err;

	ASSERT_EQ(0, bh_unload_module());
	err = bh_write(FTRACE_ENABLED, "0\n");
	if (err == -EOPNOTSUPP) {
		ASSERT_EQ(0, bh_load_module());
		SKIP(return, "the kernel does not let anyone switch it off");
	}
	EXPECT_EQ(0, err);
	EXPECT_NE(0, bh_load_module());
	EXPECT_FALSE(bh_module_is_loaded());
	EXPECT_EQ(0, bh_write(FTRACE_ENABLED, "1\n"));
	EXPECT_EQ(0, bh_load_module());
	EXPECT_TRUE(bh_module_is_loaded());
}

TEST_F(attach, the_module_is_loaded_once)
{
	EXPECT_EQ(-EEXIST, bh_load_module());
	EXPECT_TRUE(bh_module_is_loaded());
}

TEST_F(attach, nothing_is_hindered_after_unloading)
{
	struct bh_cell cell;

	mkdir("/mnt", 0755);
	ASSERT_EQ(0, bh_policy("attach", POLICY));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	expect_acts(_metadata, &cell, false);
	ASSERT_EQ(0, bh_cell_bind(&cell, "attach"));
	expect_acts(_metadata, &cell, true);

	EXPECT_EQ(0, bh_unload_module());
	EXPECT_FALSE(bh_module_is_loaded());
	expect_acts(_metadata, &cell, false);

	EXPECT_EQ(0, bh_load_module());
	EXPECT_TRUE(bh_module_is_loaded());
	/* Nothing comes back by itself. */
	expect_acts(_metadata, &cell, false);
	EXPECT_EQ(0, bh_number("stats", "policies"));
	EXPECT_EQ(0, bh_number("stats", "bindings"));
	EXPECT_EQ(-ENOENT, bh_cell_bind(&cell, "attach"));
	ASSERT_EQ(0, bh_policy("attach", POLICY));
	ASSERT_EQ(0, bh_cell_bind(&cell, "attach"));
	expect_acts(_metadata, &cell, true);
	bh_cell_stop(&cell);
}

TEST_F(attach, an_open_file_keeps_the_module)
{
	static const char *const files[] = { "load", "events", "stats", "bindings", "self" };
	char path[128];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), BULKHEAD_DIR "/%s", files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EWOULDBLOCK, bh_unload_module());
		close(fd);
	}
	EXPECT_TRUE(bh_module_is_loaded());
}

/* Confined tasks cannot, whatever their capabilities. */

static int try_unload(void *unused)
{
	return -bh_unload_module();
}

TEST_F(attach, a_confined_root_cannot_switch_ftrace_off)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_policy("attach", POLICY));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_bind(&cell, "attach"));
	EXPECT_EQ(EBUSY, bh_cell_run(&cell, switch_off, NULL));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, act_exec, NULL));
	bh_cell_stop(&cell);
}

/* A container has no CAP_SYS_MODULE: the kernel's own check suffices. */
TEST_F(attach, a_user_namespace_cannot_unload)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER));
	EXPECT_EQ(EPERM, bh_cell_run(&cell, try_unload, NULL));
	EXPECT_TRUE(bh_module_is_loaded());
	bh_cell_stop(&cell);
}

/*
 * What is attached when somebody reads what executes, then: see hook_map.c. It is one outside,
 * who enters what is bound afterwards.
 */

static int outsider[2];		/* to it, and from it */

static void serve_as_outsider(const struct bh_cell *cell)
{
	char path[64], *end, answer;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", cell->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	answer = personality(READ_IMPLIES_EXEC) < 0;
	if (write(outsider[1], &answer, 1) != 1 || read(outsider[1], &answer, 1) != 1)
		_exit(1);
	answer = 2;
	if (!setns(fd, CLONE_NEWUSER)) {
		end = (char *)syscall(SYS_brk, 0);
		answer = (char *)syscall(SYS_brk, end + 8192) == end + 8192 ? 0 : ENOMEM;
	}
	_exit(write(outsider[1], &answer, 1) != 1);
}

/* Until it has the personality. 0 or 1. */
static int start_outsider(const struct bh_cell *cell)
{
	char answer = 1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, outsider))
		return 1;
	pid = fork();
	if (!pid)
		serve_as_outsider(cell);
	close(outsider[1]);
	return pid < 0 || read(outsider[0], &answer, 1) != 1 || answer;
}

static int enter_and_grow(void)
{
	char answer = 3;

	if (write(outsider[0], "", 1) != 1 || read(outsider[0], &answer, 1) != 1)
		return 4;
	close(outsider[0]);
	wait(NULL);
	return answer;
}

/* Do `features` have this? */
static bool tells(const char *what)
{
	char text[8192];

	return bh_read("features", text, sizeof(text)) > 0 && strstr(text, what);
}

TEST_F(attach, an_outsiders_memory_is_seen)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER));
	ASSERT_EQ(0, bh_unload_module());
	ASSERT_EQ(0, start_outsider(&cell));
	EXPECT_EQ(0, enter_and_grow());
	ASSERT_EQ(0, start_outsider(&cell));
	ASSERT_EQ(0, bh_load_module());
	ASSERT_EQ(0, bh_policy("attach", "deny map backing=anonymous\n"));
	ASSERT_EQ(0, bh_write("bind", "policy=attach ns=user pid=%d\n", cell.pid));
	EXPECT_EQ(ENOMEM, enter_and_grow());

	/* With a new module, in which nobody has had it when the policy comes. */
	ASSERT_EQ(0, bh_unload_module());
	ASSERT_EQ(0, bh_load_module());
	ASSERT_EQ(0, bh_policy("attach", "deny map backing=anonymous\n"));
	ASSERT_EQ(0, start_outsider(&cell));
	ASSERT_EQ(0, bh_write("bind", "policy=attach ns=user pid=%d\n", cell.pid));
	EXPECT_EQ(ENOMEM, enter_and_grow());

	/* Nobody is hindered before there is a policy, and what was taken until then counts. */
	ASSERT_EQ(0, bh_unload_module());
	ASSERT_EQ(0, bh_load_module());
	ASSERT_EQ(0, start_outsider(&cell));
	EXPECT_TRUE(tells("point do_mmap attached=on-demand "));
	ASSERT_EQ(0, bh_policy("attach", "deny map backing=anonymous\n"));
	EXPECT_FALSE(tells("point do_mmap attached=on-demand "));
	ASSERT_EQ(0, bh_write("bind", "policy=attach ns=user pid=%d\n", cell.pid));
	EXPECT_EQ(ENOMEM, enter_and_grow());
	bh_cell_stop(&cell);
}

/* Churn */

TEST_F_TIMEOUT(attach, ten_times, 600)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, bh_unload_module());
		ASSERT_FALSE(bh_module_is_loaded());
		ASSERT_EQ(0, bh_load_module());
		ASSERT_TRUE(bh_module_is_loaded());
	}
}

/* Goes through every kind of check without end. */
static int act_for_ever(void *unused)
{
	size_t i;

	for (;;)
		for (i = 0; i < ARRAY_SIZE(acts); i++)
			acts[i].act(NULL);
	return 0;
}

static pid_t begin_checks(struct bh_cell *cell)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	bh_cell_run(cell, act_for_ever, NULL);
	_exit(0);
}

TEST_F_TIMEOUT(attach, unloading_amidst_checks, 600)
{
	struct bh_cell cell;
	pid_t pid;
	int i, tries;

	mkdir("/mnt", 0755);
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	pid = begin_checks(&cell);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, bh_policy("attach", POLICY));
		ASSERT_EQ(0, bh_cell_bind(&cell, "attach"));
		for (tries = 0; tries < 300 && bh_number("stats", "denials") <= 0; tries++)
			usleep(100000);
		EXPECT_LT(0, bh_number("stats", "denials"));
		ASSERT_EQ(0, bh_unload_module());
		usleep(100000);
		ASSERT_EQ(0, bh_load_module());
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	bh_cell_stop(&cell);
}

/* The host goes on as before, module or not. */
TEST_F_TIMEOUT(attach, unloading_amidst_unconfined_calls, 600)
{
	pid_t pid = fork();
	int i;

	mkdir("/mnt", 0755);
	if (!pid)
		act_for_ever(NULL);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, bh_unload_module());
		usleep(100000);
		ASSERT_EQ(0, bh_load_module());
		usleep(100000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	umount("/mnt");
}

TEST_HARNESS_MAIN
