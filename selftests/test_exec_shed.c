// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: whom a binding confines, whatever they do about it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "exec.h"

#define DENY "default exec deny"
#define KILLED (1000 + SIGKILL)

FIXTURE(shed) {};

/* Where acts leave what does not fit into their result. */
static int *shared;

FIXTURE_SETUP(shed)
{
	make_top(_metadata);
	shared = bh_shared();
}

FIXTURE_TEARDOWN(shed)
{
}

/* Shedding the policy */

static int shed_unshare(void *flags)
{
	return unshare((intptr_t)flags) ? errno : bh_exec(PROG);
}

static int shed_clone3(void *flags)
{
	struct clone_args args = { .flags = (intptr_t)flags, .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));
	int status;

	if (!pid)
		_exit(bh_exec(PROG));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WEXITSTATUS(status);
}

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define CLONE_EVERYTHING (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWNET |	\
			  CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static const intptr_t kinds[] = {
	CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
	CLONE_NEWCGROUP, CLONE_NEWTIME, CLONE_EVERYTHING, CLONE_EVERYTHING | CLONE_NEWTIME,
};

static void try_kinds(struct __test_metadata *_metadata, int (*act)(void *flags), const char *ns)
{
	struct bh_trial trial = {
		.rules = DENY, .act = act, .with = EACCES, .ns = ns,
		.flags = strcmp(ns, "user") ? 0 : CLONE_NEWUSER | CLONE_NEWPID,
		.words = { "verdict=deny", " path=\"" PROG "\"", strcmp(ns, "user") ?
			   " ns=pid " : " ns=user " },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		trial.arg = (void *)kinds[i];
		bh_try(_metadata, &trial);
	}
}

TEST_F(shed, unshare_sheds_nothing)
{
	try_kinds(_metadata, shed_unshare, "pid");
}

TEST_F(shed, clone3_sheds_nothing)
{
	try_kinds(_metadata, shed_clone3, "pid");
}

TEST_F(shed, unshare_sheds_no_user_namespace)
{
	try_kinds(_metadata, shed_unshare, "user");
}

TEST_F(shed, clone3_sheds_no_user_namespace)
{
	try_kinds(_metadata, shed_clone3, "user");
}

static int enter(const char *format, const char *kind)
{
	char path[64];
	int fd, err = 0;

	snprintf(path, sizeof(path), format, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, 0))
		err = errno;
	close(fd);
	return err;
}

/* Into the initial namespaces, as far as the kernel lets one. */
static int shed_setns(void *arg)
{
	static const char *const all[] = { "mnt", "net", "ipc", "uts", "cgroup" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (enter("/proc/1/ns/%s", all[i]))
			return -2;
	/* Never into a pid or user namespace above. */
	if (!enter("/proc/1/ns/%s", "pid") || !enter("/proc/1/ns/%s", "user"))
		return -3;
	return bh_exec("/bin/busybox");
}

TEST_F(shed, setns_sheds_nothing)
{
	struct bh_trial trial = DENIED(shed_setns, DENY, NULL, " path=\"/bin/busybox\"");

	bh_try(_metadata, &trial);
}

static int shed_chroot(void *arg)
{
	if (chroot(BIN) || chdir("/"))
		return errno;
	return bh_exec("/prog");
}

/* A daemon: its parents are gone, and it reports by shared memory. */
static int shed_daemon(void *arg)
{
	int done[2];
	char byte;

	if (pipe2(done, O_CLOEXEC))
		return errno;
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		while (getppid() != 1)
			sched_yield();
		shared[0] = bh_exec(PROG);
		_exit(0);
	}
	close(done[1]);
	if (read(done[0], &byte, 1))
		return -2;
	return shared[0];
}

static int shed_subreaper(void *arg)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) ? errno : shed_daemon(arg);
}

static int shed_ids(void *arg)
{
	return setresgid(1, 1, 1) || setresuid(1, 1, 1) ? errno : bh_exec(PROG);
}

TEST_F(shed, nothing_else_sheds)
{
	struct bh_trial trials[] = {
		DENIED(shed_chroot, DENY, NULL, " path=\"" PROG "\""),
		DENIED(shed_daemon, DENY, NULL, " path=\"" PROG "\""),
		DENIED(shed_subreaper, DENY, NULL, " path=\"" PROG "\""),
		DENIED(shed_ids, DENY, NULL, " path=\"" PROG "\"", " uid=1 "),
	};

	bh_try_all(_metadata, trials);
}

/* Namespaces in namespaces */

static int nest(void *depth)
{
	if ((intptr_t)depth == 0)
		return bh_exec(PROG);
	if (unshare(CLONE_NEWPID | CLONE_NEWUSER) || bh_write("/proc/self/setgroups", "deny") ||
	    bh_write("/proc/self/uid_map", "0 0 1") || bh_write("/proc/self/gid_map", "0 0 1"))
		return 254;
	return bh_child(nest, (void *)((intptr_t)depth - 1));
}

TEST_F(shed, ten_deep)
{
	struct bh_trial trial = DENIED(nest, DENY, (void *)10, " path=\"" PROG "\"");

	bh_try(_metadata, &trial);
}

static int bind_inner(pid_t pid, void *policy)
{
	return bh_write("bind", "policy=%s ns=pid pid=%d", (char *)policy, pid);
}

static struct bh_servant binder;

#define OUTER_ONLY BIN "/a"
#define INNER_ONLY BIN "/b"
#define BOTH BIN "/c"

static int inner_act(void *arg)
{
	if (bh_ask(&binder))
		return 254;
	shared[0] = bh_exec(OUTER_ONLY);
	shared[1] = bh_exec(INNER_ONLY);
	shared[2] = bh_exec(BOTH);
	shared[3] = bh_exec(PROG);
	return 0;
}

static int outer_act(void *arg)
{
	if (unshare(CLONE_NEWPID))
		return errno;
	return bh_child(inner_act, arg);
}

/* In the outer namespace, beside the inner one. */
static int outer_act_then(void *arg)
{
	int fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), err;

	err = outer_act(arg);
	/* Children go here again. */
	if (err || setns(fd, CLONE_NEWPID))
		return -2;
	shared[4] = bh_exec(INNER_ONLY);
	return 0;
}

static void make_abc(void)
{
	bh_make_program(OUTER_ONLY);
	bh_make_program(INNER_ONLY);
	bh_make_program(BOTH);
}

TEST_F(shed, nested_policies_both_hold)
{
	struct bh_env unbound = { };
	int events;

	make_abc();
	ASSERT_EQ(0, bh_policy("inner", "allow exec path=/**\nkill exec path=" BOTH
			       "\ndeny exec path=" INNER_ONLY));
	ASSERT_EQ(0, bh_policy("outer", "allow exec path=/**\ndeny exec path=" BOTH
			       "\ndeny exec path=" OUTER_ONLY));
	ASSERT_EQ(0, bh_start_servant(&binder, bind_inner, "inner"));
	/* What the outer one adds: with the inner one only. */
	ASSERT_EQ(0, bh_run(&unbound, outer_act_then, NULL));
	EXPECT_EQ(0, shared[0]);
	EXPECT_EQ(EACCES, shared[1]);
	EXPECT_EQ(KILLED, shared[2]);
	EXPECT_EQ(0, shared[3]);
	EXPECT_EQ(0, shared[4]);
	events = bh_events();
	ASSERT_EQ(0, bh_confined("outer", outer_act_then, NULL));
	EXPECT_EQ(EACCES, shared[0]);
	EXPECT_EQ(EACCES, shared[1]);
	EXPECT_EQ(KILLED, shared[2]);
	EXPECT_EQ(0, shared[3]);
	EXPECT_EQ(0, shared[4]);
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny", "policy=outer",
				      " path=\"" OUTER_ONLY "\"", NULL));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny", "policy=inner",
				      " path=\"" INNER_ONLY "\"", NULL));
	EXPECT_NE(NULL, bh_find_event(events, "policy=inner", " path=\"" BOTH "\"", NULL));
	close(events);
}

/* Entering from outside */

/* An unconfined process enters a namespace and starts a child in it. */
static int enter_and_exec(pid_t pid, void *arg)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWPID))
		return -2;
	close(fd);
	return bh_exec(PROG);
}

static struct bh_servant enterer;

static int let_enter(void *arg)
{
	return bh_ask(&enterer);
}

TEST_F(shed, who_enters_is_confined)
{
	struct bh_trial trial = DENIED(let_enter, DENY, NULL, " path=\"" PROG "\"", " ns=pid ");

	ASSERT_EQ(0, bh_start_servant(&enterer, enter_and_exec, NULL));
	EXPECT_EQ(0, bh_run(&(struct bh_env){ }, let_enter, NULL));
	ASSERT_EQ(0, bh_start_servant(&enterer, enter_and_exec, NULL));
	bh_try_with(_metadata, &trial);
}

/* Who is not in a bound namespace is asked nothing, not even beside one. */
static int exec_outside(pid_t pid, void *arg)
{
	return bh_exec(PROG);
}

TEST_F(shed, who_is_outside_is_not_confined)
{
	struct bh_trial trial = { .rules = "default exec kill", .act = let_enter };

	ASSERT_EQ(0, bh_start_servant(&enterer, exec_outside, NULL));
	bh_try(_metadata, &trial);
}

/* User namespaces */

TEST_F(shed, a_user_namespace)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, DENY, PROG, " ns=user ", " path=\"" PROG "\""),
		ALLOWED(exec_path, DENY "\nallow exec path=" PROG, PROG),
		GIVES(0, KILLED, exec_path, "kill exec", PROG, "verdict=kill", " ns=user "),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		trials[i].ns = "user";
		trials[i].flags = CLONE_NEWUSER | CLONE_NEWPID;
		bh_try(_metadata, &trials[i]);
	}
}

TEST_F(shed, a_bound_user_namespace_without_a_pid_namespace_of_its_own)
{
	struct bh_trial trial = DENIED(exec_path, DENY, PROG, " ns=user ");

	trial.ns = "user";
	trial.flags = CLONE_NEWUSER;
	bh_try(_metadata, &trial);
}

TEST_HARNESS_MAIN
