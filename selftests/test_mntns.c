// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings of mount namespaces: for tasks that share the host's pid and user
 * namespaces, followed through every copy, and not to be left.
 */
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "trial.h"

#define TOP "/tmp/n"
#define PAYLOAD TOP "/payload"
#define RULES "deny exec path=" PAYLOAD "\n"

#define GIVES(before, after, what, how, policy, ...) {				\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = (void *)(how), .ns = "mnt", .flags = CLONE_NEWNS,		\
	.words = { __VA_ARGS__ },						\
}

#define DENIED(what, how, policy, ...)						\
	GIVES(0, EACCES, what, how, policy, "verdict=deny class=exec", "ns=mnt", __VA_ARGS__)

FIXTURE(mntns) {};

FIXTURE_SETUP(mntns)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_program(PAYLOAD);
}

FIXTURE_TEARDOWN(mntns)
{
}

static int do_exec(void *unused)
{
	return bh_exec(PAYLOAD);
}

static int do_unshare(void *flags)
{
	return unshare((long)flags) ? 1 : bh_exec(PAYLOAD);
}

static int do_clone(void *flags)
{
	int status;
	pid_t pid = syscall(SYS_clone, (long)flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(bh_exec(PAYLOAD));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return WEXITSTATUS(status);
}

static int do_copies(void *unused)
{
	int i;

	for (i = 0; i < 10; i++)
		if (unshare(CLONE_NEWNS))
			return 1;
	return bh_exec(PAYLOAD);
}

/* Out and back, in a user namespace and not. */
static int do_setns_copy(void *unused)
{
	int own = open("/proc/self/ns/mnt", O_RDONLY), copy;

	if (unshare(CLONE_NEWNS))
		return 1;
	copy = open("/proc/self/ns/mnt", O_RDONLY);
	if (setns(own, CLONE_NEWNS) || setns(copy, CLONE_NEWNS) || setns(own, CLONE_NEWNS))
		return 2;
	return bh_exec(PAYLOAD);
}

#define INTO_NAMESPACE 2	/* OPEN_TREE_NAMESPACE */

/* Into a namespace that no copy was made for. */
static int do_setns_made(void *unused)
{
	int made = syscall(SYS_open_tree, AT_FDCWD, "/", INTO_NAMESPACE | AT_RECURSIVE);

	if (made < 0 || setns(made, CLONE_NEWNS))
		return 1;
	return bh_exec(PAYLOAD);
}

#ifndef UNSHARE_EMPTY_MNTNS
#define UNSHARE_EMPTY_MNTNS 0x00100000
#endif

#define NOT_EMPTIED 200

/* Into a namespace that has nothing of the one before, with a descriptor. */
static int do_unshare_empty(void *unused)
{
	int fd = open(PAYLOAD, O_PATH | O_CLOEXEC);

	return unshare(UNSHARE_EMPTY_MNTNS) ? NOT_EMPTIED : bh_execveat(fd, "", AT_EMPTY_PATH);
}

#ifndef CLONE_EMPTY_MNTNS
#define CLONE_EMPTY_MNTNS 0x2000000000ULL
#endif

static int do_clone_empty(void *unused)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_EMPTY_MNTNS, .exit_signal = SIGCHLD,
	};
	int fd = open(PAYLOAD, O_PATH | O_CLOEXEC), status;
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(bh_execveat(fd, "", AT_EMPTY_PATH));
	return pid > 0 && waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : NOT_EMPTIED;
}

static int do_chroot(void *unused)
{
	if (chroot(TOP))
		return 1;
	return bh_exec("/payload");
}

static int do_daemon(void *unused)
{
	int report[2], err = 1;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return 1;
	pid = fork();
	if (!pid) {
		if (fork())
			_exit(0);
		setsid();
		usleep(50000);
		err = bh_exec(PAYLOAD);
		_exit(write(report[1], &err, sizeof(err)) != sizeof(err));
	}
	waitpid(pid, NULL, 0);
	close(report[1]);
	if (read(report[0], &err, sizeof(err)) != sizeof(err))
		return 2;
	return err;
}

TEST_F(mntns, confines_and_is_followed)
{
	const struct bh_trial trials[] = {
		DENIED(do_exec, NULL, RULES, "path=\"" PAYLOAD "\""),
		DENIED(do_unshare, CLONE_NEWNS, RULES),
		DENIED(do_unshare, CLONE_NEWUSER | CLONE_NEWNS, RULES),
		DENIED(do_unshare, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
				   CLONE_NEWNET | CLONE_NEWCGROUP, RULES),
		DENIED(do_clone, CLONE_NEWNS, RULES),
		DENIED(do_clone, CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID, RULES),
		DENIED(do_clone, CLONE_NEWPID, RULES),
		DENIED(do_copies, NULL, RULES),
		DENIED(do_setns_copy, NULL, RULES),
		DENIED(do_chroot, NULL, RULES),
		DENIED(do_daemon, NULL, RULES),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(mntns, what_is_made_without_a_copy_is_bound)
{
	const struct bh_trial trials[] = { DENIED(do_setns_made, NULL, RULES) };

	if (syscall(SYS_open_tree, AT_FDCWD, "/", INTO_NAMESPACE) < 0)
		SKIP(return, "the kernel makes no mount namespaces so");
	bh_try_all(_metadata, trials);
}

TEST_F(mntns, what_is_made_empty_is_bound)
{
	const struct bh_trial trials[] = {
		DENIED(do_unshare_empty, NULL, RULES),
		DENIED(do_clone_empty, NULL, RULES),
		GIVES(0, EACCES, do_unshare_empty, NULL, "default exec deny\n", "verdict=deny"),
	};

	if (bh_child(do_unshare_empty, NULL) == NOT_EMPTIED)
		SKIP(return, "no empty mount namespaces on this kernel");
	bh_try_all(_metadata, trials);
}

/* Leaving: 0 if it worked, and then with an exec that nothing denies. */

static int do_setns_host(void *unused)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY);

	return setns(fd, CLONE_NEWNS) ? errno : 0;
}

static int do_setns_pidfd(void *flags)
{
	int fd = syscall(SYS_pidfd_open, 1, 0);

	return setns(fd, (long)flags) ? errno : 0;
}

TEST_F(mntns, is_not_left)
{
	const struct bh_trial trials[] = {
		GIVES(0, EPERM, do_setns_host, NULL, RULES, "verdict=deny", "ns=mnt",
		      "reason=\"setns out of the bound mount namespace\""),
		GIVES(0, EPERM, do_setns_pidfd, CLONE_NEWNS, RULES, "verdict=deny", "setns"),
		GIVES(0, EPERM, do_setns_pidfd, CLONE_NEWNS | CLONE_NEWUTS, RULES, "verdict=deny"),
		GIVES(0, 0, do_setns_host, NULL, "mode audit\n" RULES, "verdict=would-deny"),
	};

	bh_try_all(_metadata, trials);
}

static int do_setns_again(void *unused)
{
	int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	return setns(own, CLONE_NEWNS) ? errno : 0;
}

/* Into one that was left, which stands for one that somebody else has made. */
static int do_setns_other(void *unused)
{
	int other = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (unshare(CLONE_NEWNS))
		return -1;
	return setns(other, CLONE_NEWNS) ? errno : 0;
}

/* Into one where another process of the container is. */
static int do_setns_back(void *unused)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(do_setns_other(NULL));
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

/* Somebody may have mounted anything there. */
TEST_F(mntns, entering_another_is_a_bind_of_all_of_it)
{
	const struct bh_trial trials[] = {
		{ "default mount deny\n", do_setns_other, NULL, 0, EPERM,
		  { "verdict=deny class=mount", "op=bind", "target=\"/\"", "ns=pid" },
		  "pid", NULL, CLONE_NEWPID | CLONE_NEWNS },
		{ "default mount deny\nallow mount op=bind target=/ source=/etc\n", do_setns_other,
		  NULL, 0, EPERM, { "verdict=deny class=mount", "op=bind", "target=\"/\"" },
		  "pid", NULL, CLONE_NEWPID | CLONE_NEWNS },
		{ "default mount deny\nallow mount op=bind target=/\n", do_setns_other, NULL, 0, 0,
		  { }, "pid", NULL, CLONE_NEWPID | CLONE_NEWNS },
		{ "default mount deny\n", do_setns_again, NULL, 0, 0, { }, "pid", NULL,
		  CLONE_NEWPID | CLONE_NEWNS },
		{ "default mount deny\n", do_setns_back, NULL, 0, 0, { }, "pid", NULL,
		  CLONE_NEWPID | CLONE_NEWNS },
	};

	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++)
		bh_try(_metadata, &trials[i]);
}

static int do_wait(void *go)
{
	int *turn = go;

	turn[0] = unshare(CLONE_NEWNS) ? -1 : 1;
	while (!turn[1])
		usleep(1000);
	return 0;
}

static long bound(void)
{
	return bh_number("stats", "bindings");
}

TEST_F(mntns, copies_are_bindings_that_die_with_them)
{
	struct bh_env env = { .policy = BH_TRIAL, .ns = "mnt", .flags = CLONE_NEWNS };
	int *turn = bh_shared(), i;
	long before;
	pid_t pid;

	ASSERT_EQ(0, bh_policy(BH_TRIAL, RULES));
	for (i = 0; i < 300 && bound() > 0; i++)
		usleep(100000);
	before = bound();
	pid = fork();
	if (!pid)
		_exit(bh_run(&env, do_wait, turn));
	for (i = 0; i < 3000 && !turn[0]; i++)
		usleep(10000);
	EXPECT_EQ(1, turn[0]);
	/* The one that was copied may have gone by now: nobody is in it. */
	EXPECT_LT(before, bound());
	EXPECT_EQ(-EBUSY, bh_write("remove", BH_TRIAL));
	turn[1] = 1;
	waitpid(pid, NULL, 0);
	for (i = 0; i < 300 && bound() > before; i++)
		usleep(100000);
	EXPECT_EQ(before, bound());
	EXPECT_EQ(0, bh_write("remove", BH_TRIAL));
}

#define FUSE TOP "/fuse"

/* A process in a namespace of its own, where it has mounted what tells of its end. */
static pid_t begin_mounting(int fuse, int parent, bool bind)
{
	char options[128];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (unshare(CLONE_NEWNS) || mount("fuse", FUSE, "fuse", 0, options))
		_exit(1);
	if (bind && bh_write("bind", "policy=%s ns=mnt self", BH_TRIAL))
		_exit(2);
	close(fuse);
	_exit(write(parent, "m", 1) != 1 || read(parent, options, 1) != 1);
}

/* Whoever drops the last reference to a namespace unmounts, and has done so when it is gone. */
TEST_F(mntns, ends_with_its_last_process)
{
	struct pollfd server = { .events = POLLIN };
	int bind, pair[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, mkdir(FUSE, 0755));
	ASSERT_EQ(0, bh_policy(BH_TRIAL, RULES));
	for (bind = 0; bind < 2; bind++) {
		server.fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
		if (server.fd < 0)
			SKIP(return, "no fuse here");
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
		pid = begin_mounting(server.fd, pair[1], bind);
		ASSERT_LT(0, pid);
		close(pair[1]);
		ASSERT_EQ(1, read(pair[0], &byte, 1));
		/* The kernel asks what file system it is. */
		EXPECT_EQ(1, poll(&server, 1, 30000));
		EXPECT_EQ(POLLIN, server.revents & (POLLIN | POLLERR));
		EXPECT_EQ(1, write(pair[0], "g", 1));
		EXPECT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(1, poll(&server, 1, 0));
		EXPECT_EQ(POLLERR, server.revents & POLLERR)
			TH_LOG("still mounted, %s", bind ? "bound" : "unbound");
		close(server.fd);
		close(pair[0]);
	}
	EXPECT_EQ(0, bh_write("remove", BH_TRIAL));
}

TEST_F(mntns, the_hosts_own_is_refused)
{
	ASSERT_EQ(0, bh_policy(BH_TRIAL, RULES));
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=%s ns=mnt pid=1", BH_TRIAL));
}

/* From a namespace to the host's processes and back. */

static int do_attach(void *pid)
{
	return ptrace(PTRACE_SEIZE, (pid_t)(long)pid, 0, 0) ? errno : 0;
}

static int do_attach_child(void *unused)
{
	pid_t pid = fork();
	int err;

	if (!pid) {
		pause();
		_exit(0);
	}
	err = do_attach((void *)(long)pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

static int do_attach_copy(void *unused)
{
	int ready[2], err = pipe(ready);
	pid_t pid = fork();
	char byte;

	if (!pid) {
		if (unshare(CLONE_NEWNS) || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (err || read(ready[0], &byte, 1) != 1)
		return -1;
	err = do_attach((void *)(long)pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

static int do_traceme(void *unused)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

#define INSIDE "default ptrace deny\nallow ptrace peer=inside\n"

TEST_F(mntns, peers)
{
	pid_t host = fork();

	if (!host) {
		pause();
		_exit(0);
	}

	const struct bh_trial trials[] = {
		GIVES(0, EPERM, do_attach, (long)host, INSIDE, "verdict=deny class=ptrace",
		      "access=attach role=tracer peer=outside"),
		GIVES(0, 0, do_attach_child, NULL, INSIDE),
		GIVES(0, 0, do_attach_copy, NULL, INSIDE),
		GIVES(0, EPERM, do_attach_copy, NULL, "deny ptrace peer=inside\n", "access=attach"),
		GIVES(0, 0, do_traceme, NULL, INSIDE),
		GIVES(0, EPERM, do_traceme, NULL, "deny ptrace peer=inside\n", "access=attach"),
	};

	bh_try_all(_metadata, trials);
	kill(host, SIGKILL);
	waitpid(host, NULL, 0);
}

/* The number that module/limits.h gives for BH_COPIES_MAX. */
#define COPIES 1024

static struct bh_servant host;

/* Another container, which the host binds. */
static int bind_another(pid_t unused, void *arg)
{
	struct bh_cell cell;
	int err = bh_cell_start(&cell, CLONE_NEWNS);

	err = err ?: bh_write("bind", "policy=%s ns=mnt pid=%d", BH_TRIAL, cell.pid);
	bh_cell_stop(&cell);
	return err;
}

/*
 * Keeps each of many copies: the errno that ends it, or 0 for as many as there are. While it
 * has them, others can be bound.
 */
static int do_hoard(void *copies)
{
	struct rlimit limit = { 2 * COPIES + 64, 2 * COPIES + 64 };
	int err = 0;
	long i;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	for (i = 0; i < (long)copies && !err; i++)
		if (open("/proc/self/ns/mnt", O_RDONLY) < 0 || unshare(CLONE_NEWNS))
			err = errno;
	return err && bh_ask(&host) ? -2 : err;
}

TEST_F_TIMEOUT(mntns, copies_do_not_take_all_bindings, 300)
{
	const struct bh_trial trials[] = {
		GIVES(0, ENOSPC, do_hoard, 2L * COPIES, RULES),
		GIVES(0, 0, do_hoard, 100L, RULES),
	};

	ASSERT_EQ(0, bh_start_servant(&host, bind_another, NULL));
	bh_try_all(_metadata, trials);
}

static int do_load(void *unused)
{
	return -bh_write("load", "policy x version 1\nend\n");
}

static int do_mount_here(void *unused)
{
	return mount("x", TOP, "tmpfs", 0, NULL) ? errno : 0;
}

TEST_F(mntns, confined_as_any_other)
{
	const struct bh_trial trials[] = {
		GIVES(0, EPERM, do_load, NULL, RULES),
		GIVES(0, EPERM, do_mount_here, NULL, "default mount deny\n", "class=mount",
		      "op=mount", "target=\"" TOP "\""),
	};
	const struct bh_env env = { .policy = NULL, .flags = CLONE_NEWNS };

	bh_try_with(_metadata, &trials[0]);
	bh_try(_metadata, &trials[1]);
	EXPECT_EQ(0, bh_run(&env, do_exec, NULL));
}

TEST_HARNESS_MAIN
