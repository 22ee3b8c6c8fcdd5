// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ptrace: each way to look into another process or to take it over.
 */
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "trial.h"

#define TOP "/tmp/p"
#define BIN TOP "/bin"
#define SLEEP BIN "/sleep"
#define JAIL TOP "/jail"
#define HOST_PROC TOP "/proc"

#define DENY "default ptrace deny\n"
#define KILLED (1000 + SIGKILL)

#define GIVES(before, after, what, object, policy, ...) {			\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = (void *)(object), .words = { __VA_ARGS__ },			\
}

#define DENIED(what, object, policy, ...)					\
	GIVES(0, EPERM, what, object, policy, "verdict=deny class=ptrace", __VA_ARGS__)

#define ALLOWED(what, object, policy) GIVES(0, 0, what, object, policy)

/* Where processes leave numbers for each other, and a place for others to look at. */
static int *shared;
static char looked_at[64] = "looked at";

/* A process outside of every container, and descriptors of it. */
static pid_t outside;
static int outside_pidfd;
static int outside_dirfd;

static pid_t start_pausing(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

FIXTURE(traces) {};

FIXTURE_SETUP(traces)
{
	char path[64];

	ASSERT_EQ(0, bh_scratch(TOP));
	ASSERT_EQ(0, mkdir(BIN, 0755));
	ASSERT_EQ(0, mkdir(JAIL, 0755));
	ASSERT_EQ(0, mkdir(HOST_PROC, 0755));
	ASSERT_EQ(0, mount("/proc", HOST_PROC, NULL, MS_BIND, NULL));
	bh_copy("/bin/busybox", SLEEP);
	shared = bh_shared();
	outside = start_pausing();
	ASSERT_LT(0, outside);
	outside_pidfd = syscall(SYS_pidfd_open, outside, 0);
	ASSERT_LE(0, outside_pidfd);
	snprintf(path, sizeof(path), "/proc/%d", outside);
	outside_dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, outside_dirfd);
}

FIXTURE_TEARDOWN(traces)
{
	end(outside);
}

/* Ways to look, each 0 or a positive errno */

static int detach(pid_t pid, int err)
{
	if (err)
		return err;
	if (waitpid(pid, NULL, __WALL) != pid)
		return -2;
	return ptrace(PTRACE_DETACH, pid, 0, 0) ? errno : 0;
}

static int by_attach(pid_t pid, const char *arg)
{
	return detach(pid, ptrace(PTRACE_ATTACH, pid, 0, 0) ? errno : 0);
}

static int by_seize(pid_t pid, const char *arg)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return errno;
	return detach(pid, ptrace(PTRACE_INTERRUPT, pid, 0, 0) ? errno : 0);
}

static int by_readv(pid_t pid, const char *arg)
{
	char copy[sizeof(looked_at)];
	struct iovec here = { copy, sizeof(copy) }, there = { looked_at, sizeof(looked_at) };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) < 0 ? errno : 0;
}

static int by_writev(pid_t pid, const char *arg)
{
	struct iovec both = { looked_at, sizeof(looked_at) };

	return process_vm_writev(pid, &both, 1, &both, 1, 0) < 0 ? errno : 0;
}

/* What open() of a file in /proc/PID amounts to; closes the descriptor. */
static int opened(int fd, const char *file)
{
	int err;

	if (fd < 0)
		return errno;
	err = strncmp(file, "ns/", 3) ? 0 : bh_opened_ns(fd);
	close(fd);
	return err;
}

static int by_open(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return opened(open(path, O_RDONLY | O_CLOEXEC), file);
}

/* Some files ask only when they are read. */
static int by_read(pid_t pid, const char *file)
{
	char path[64], text[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	n = bh_read(path, text, sizeof(text));
	return n < 0 ? -n : 0;
}

/* A refused look at a namespace is a link to nothing on 5.10: see bh_opened_ns(). */
static int by_readlink(pid_t pid, const char *file)
{
	char path[64], text[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	len = readlink(path, text, sizeof(text));
	if (len < 0)
		return errno;
	return len ? 0 : EACCES;
}

static int by_kcmp(pid_t pid, const char *arg)
{
	return syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0) < 0 ? errno : 0;
}

static int by_robust_list(pid_t pid, const char *arg)
{
	size_t len;
	void *head;

	return syscall(SYS_get_robust_list, pid, &head, &len) ? errno : 0;
}

/* Asks where the page is. */
static int by_move_pages(pid_t pid, const char *arg)
{
	void *page = (void *)((uintptr_t)looked_at & ~4095UL);
	int status;

	return syscall(SYS_move_pages, pid, 1, &page, NULL, &status, 0) < 0 ? errno : 0;
}

static int by_getfd(pid_t pid, const char *arg)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), fd, err;

	if (pidfd < 0)
		return -2;
	fd = syscall(SYS_pidfd_getfd, pidfd, 0, 0);
	err = fd < 0 ? errno : 0;
	close(fd);
	close(pidfd);
	return err;
}

static int by_setns(pid_t pid, const char *arg)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), err;

	if (pidfd < 0)
		return -2;
	err = setns(pidfd, CLONE_NEWUTS | CLONE_NEWIPC) ? errno : 0;
	close(pidfd);
	return err;
}

/**
 * struct look - a way to look into a process
 * @access: what it is called in rules
 * @err: what it fails with if it is denied
 * @how: the way
 * @arg: its argument
 */
struct look {
	const char *access;
	int err;
	int (*how)(pid_t pid, const char *arg);
	const char *arg;
};

static const struct look looks[] = {
	{ "attach", EPERM, by_attach, NULL },
	{ "attach", EPERM, by_seize, NULL },
	{ "attach", EPERM, by_readv, NULL },
	{ "attach", EPERM, by_writev, NULL },
	{ "attach", EPERM, by_getfd, NULL },
	{ "attach", EACCES, by_open, "mem" },
	{ "attach", EPERM, by_read, "syscall" },
	{ "attach", EPERM, by_read, "stack" },
	{ "attach", EPERM, by_read, "personality" },
	{ "read", EACCES, by_open, "maps" },
	{ "read", EACCES, by_open, "smaps" },
	{ "read", EACCES, by_open, "pagemap" },
	{ "read", EACCES, by_open, "environ" },
	{ "read", EACCES, by_open, "auxv" },
	{ "read", EACCES, by_read, "io" },
	{ "read", EACCES, by_open, "root" },
	{ "read", EACCES, by_open, "root/bin" },
	{ "read", EACCES, by_open, "cwd" },
	{ "read", EACCES, by_open, "exe" },
	{ "read", EACCES, by_open, "fd/0" },
	{ "read", EACCES, by_open, "ns/mnt" },
	{ "read", EACCES, by_open, "ns/pid" },
	{ "read", EACCES, by_open, "ns/user" },
	{ "read", EACCES, by_open, "ns/net" },
	{ "read", EACCES, by_readlink, "root" },
	{ "read", EACCES, by_readlink, "cwd" },
	{ "read", EACCES, by_readlink, "exe" },
	{ "read", EACCES, by_readlink, "fd/0" },
	{ "read", EACCES, by_readlink, "ns/cgroup" },
	{ "read", EPERM, by_kcmp, NULL },
	{ "read", EPERM, by_robust_list, NULL },
	{ "read", EPERM, by_move_pages, NULL },
	{ "read", EPERM, by_setns, NULL },
};

/* /proc is one in which the caller's numbers hold. */
static int look_at_child(void *arg)
{
	const struct look *look = arg;
	pid_t pid;
	int err;

	if (mount("proc", "/proc", "proc", 0, NULL))
		return -3;
	pid = start_pausing();
	err = look->how(pid, look->arg);
	end(pid);
	return err;
}

static void try_look(struct __test_metadata *_metadata, const struct look *look,
		     const char *format, const char *access, bool denied)
{
	char rules[128], word[32];
	struct bh_trial trial = {
		.rules = rules, .act = look_at_child, .arg = (void *)look,
		.with = denied ? look->err : 0, .flags = CLONE_NEWPID | CLONE_NEWNS,
	};

	snprintf(rules, sizeof(rules), format, access);
	snprintf(word, sizeof(word), " access=%s ", look->access);
	if (denied) {
		trial.words[0] = "verdict=deny class=ptrace";
		trial.words[1] = word;
		trial.words[2] = " role=tracer peer=inside";
		trial.words[3] = " peer_comm=\"";
	}
	bh_try(_metadata, &trial);
}

static const char *other_access(const struct look *look)
{
	return strcmp(look->access, "read") ? "read" : "attach";
}

TEST_F_TIMEOUT(traces, ways_to_look_denied, 300)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		try_look(_metadata, &looks[i], DENY "%s", "", true);
		try_look(_metadata, &looks[i], "deny ptrace access=%s", looks[i].access, true);
		try_look(_metadata, &looks[i], DENY "allow ptrace access=%s",
			 other_access(&looks[i]), true);
	}
}

TEST_F_TIMEOUT(traces, ways_to_look_allowed, 300)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		try_look(_metadata, &looks[i], DENY "allow ptrace access=%s", looks[i].access,
			 false);
		try_look(_metadata, &looks[i], "deny ptrace access=%s",
			 other_access(&looks[i]), false);
	}
}

/* CAP_SYS_ADMIN is as good as CAP_PERFMON to the kernel. */
static int look_without_perfmon(void *unused)
{
	struct look maps = { "read", EACCES, by_open, "maps" };

	return bh_keep_caps(~(1ULL << 38 /* CAP_PERFMON */)) ? -2 : look_at_child(&maps);
}

TEST_F(traces, without_the_capability_to_measure)
{
	const struct bh_trial trials[] = {
		{ .rules = DENY, .act = look_without_perfmon, .with = EACCES,
		  .words = { "verdict=deny class=ptrace", " access=read " },
		  .flags = CLONE_NEWPID | CLONE_NEWNS },
		{ .rules = DENY "allow ptrace access=read", .act = look_without_perfmon,
		  .flags = CLONE_NEWPID | CLONE_NEWNS },
	};

	bh_try_all(_metadata, trials);
}

/* Without the capability that lets one measure everything. */
static int measure_child(void *arg)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1,
	};
	const unsigned long long forbidden = 1ULL << 21 /* CAP_SYS_ADMIN */ |
					     1ULL << 38 /* CAP_PERFMON */;
	pid_t pid;
	int fd, err;

	if (bh_keep_caps(~forbidden))
		return -2;
	pid = start_pausing();
	fd = syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	err = fd < 0 ? errno : 0;
	close(fd);
	end(pid);
	return err;
}

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"

TEST_F(traces, perf_event_open)
{
	struct bh_trial trials[] = {
		GIVES(0, EACCES, measure_child, NULL, DENY, "verdict=deny", " access=read "),
		ALLOWED(measure_child, NULL, "deny ptrace access=attach"),
		ALLOWED(measure_child, NULL, DENY "allow ptrace access=read"),
	};
	char before[16];

	if (bh_read(PARANOID, before, sizeof(before)) < 0)
		SKIP(return, "the kernel has no perf events");
	ASSERT_EQ(0, bh_write(PARANOID, "1"));
	bh_try_all(_metadata, trials);
	EXPECT_EQ(0, bh_write(PARANOID, "%s", before));
}

/* Whom one may always look at */

static int look_at_itself(void *arg)
{
	char path[64];
	int fd;

	fd = open("/proc/thread-self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	if (readlink("/proc/self/exe", path, sizeof(path)) < 0)
		return errno;
	return by_readv(getpid(), NULL) ?: by_kcmp(getpid(), NULL);
}

static void *tell_tid(void *arg)
{
	shared[0] = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static int look_at_own_thread(void *arg)
{
	pthread_t thread;

	shared[0] = 0;
	if (pthread_create(&thread, NULL, tell_tid, NULL))
		return -2;
	while (!shared[0])
		sched_yield();
	return by_readv(shared[0], NULL) ?: by_robust_list(shared[0], NULL);
}

static void *look_from_thread(void *ret)
{
	*(int *)ret = by_readv(getpid(), NULL);
	return NULL;
}

static int look_at_leader(void *arg)
{
	pthread_t thread;
	int ret = -2;

	if (pthread_create(&thread, NULL, look_from_thread, &ret) || pthread_join(thread, NULL))
		return -2;
	return ret;
}

TEST_F(traces, one_may_look_at_oneself)
{
	struct bh_trial trials[] = {
		ALLOWED(look_at_itself, NULL, "default ptrace kill\nkill ptrace"),
		ALLOWED(look_at_own_thread, NULL, "default ptrace kill\nkill ptrace"),
		ALLOWED(look_at_leader, NULL, "default ptrace kill\nkill ptrace"),
	};

	bh_try_all(_metadata, trials);
}

/* Peers */

static int attach_to_child(void *arg)
{
	pid_t pid = start_pausing();
	int err = by_attach(pid, NULL);

	end(pid);
	return err;
}

/* A child that tells a pid to look at in shared[0] and stays. */
static pid_t start_telling(int (*tell)(void))
{
	pid_t pid;

	shared[0] = 0;
	pid = fork();
	if (!pid) {
		shared[0] = tell();
		for (;;)
			pause();
	}
	while (!shared[0])
		sched_yield();
	return pid;
}

static int start_grandchild(void)
{
	return start_pausing();
}

static int attach_to_grandchild(void *arg)
{
	pid_t pid = start_telling(start_grandchild);
	int err = by_attach(shared[0], NULL);

	kill(shared[0], SIGKILL);
	end(pid);
	return err;
}

static int start_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, tell_tid, NULL))
		_exit(1);
	while (!shared[0])
		sched_yield();
	return shared[0];
}

/* A thread of a child, not its leader. */
static int attach_to_thread(void *arg)
{
	pid_t pid = start_telling(start_thread);
	int err = by_attach(shared[0], NULL);

	end(pid);
	return err;
}

/* From a thread to a child that another thread has started. */
static void *attach_from_thread(void *arg)
{
	int *numbers = arg;

	numbers[1] = by_attach(numbers[0], NULL);
	return NULL;
}

static int attach_to_child_of_thread(void *arg)
{
	int numbers[2] = { start_pausing(), -2 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, attach_from_thread, numbers) ||
	    pthread_join(thread, NULL))
		return -2;
	end(numbers[0]);
	return numbers[1];
}

static int attach_to_sibling_in_child(void *pid)
{
	return by_attach((intptr_t)pid, NULL);
}

static int attach_to_sibling(void *arg)
{
	pid_t pid = start_pausing();
	int err = bh_child(attach_to_sibling_in_child, (void *)(intptr_t)pid);

	end(pid);
	return err;
}

/* The parent is pid 1, which waits meanwhile. */
static int look_at_parent_in_child(void *arg)
{
	return by_readv(getppid(), NULL);
}

static int look_at_parent(void *arg)
{
	return bh_child(look_at_parent_in_child, NULL);
}

static int orphan(void *arg)
{
	shared[0] = start_pausing();
	return 0;
}

/* In a child, whose grandchild gets lost to pid 1. */
static int lose_grandchild(void *arg)
{
	return bh_child(orphan, NULL) ?: by_attach(shared[0], NULL);
}

static int attach_to_lost_grandchild(void *arg)
{
	return bh_child(lose_grandchild, NULL);
}

/* Pid 1 itself, which has got it. */
static int attach_to_found_child(void *arg)
{
	return bh_child(orphan, NULL) ?: by_attach(shared[0], NULL);
}

static int attach_below_in_child(void *arg)
{
	return attach_to_child(NULL);
}

/* Both in a nested pid namespace. */
static int attach_below(void *arg)
{
	return unshare(CLONE_NEWPID) ? -2 : bh_child(attach_below_in_child, NULL);
}

/* From above into a nested pid namespace. */
static int attach_into_below(void *arg)
{
	return unshare(CLONE_NEWPID) ? -2 : attach_to_child(NULL);
}

static int look_out_in_child(void *arg)
{
	return by_open(atoi(arg), "environ");
}

/* From a nested pid namespace into the one around it, by a /proc that shows both. */
static int look_out_of_below(void *arg)
{
	char number[32] = "";

	if (readlink("/proc/self", number, sizeof(number) - 1) < 0 || unshare(CLONE_NEWPID))
		return -2;
	return bh_child(look_out_in_child, number);
}

TEST_F(traces, descendants)
{
	static const char only[] = DENY "allow ptrace peer=descendant";
	static const char never[] = "deny ptrace peer=descendant";
	struct bh_trial trials[] = {
		ALLOWED(attach_to_child, NULL, only),
		ALLOWED(attach_to_grandchild, NULL, only),
		ALLOWED(attach_to_thread, NULL, only),
		ALLOWED(attach_to_child_of_thread, NULL, only),
		ALLOWED(attach_below, NULL, only),
		ALLOWED(attach_into_below, NULL, only),
		ALLOWED(attach_to_found_child, NULL, only),
		DENIED(attach_to_sibling, NULL, only, " peer=inside ", " rule=default "),
		DENIED(attach_to_lost_grandchild, NULL, only, " peer=inside "),
		DENIED(look_at_parent, NULL, only, " peer=inside "),
		DENIED(attach_to_child, NULL, never, " peer=inside,descendant ", " rule=2 "),
		DENIED(attach_to_grandchild, NULL, never, " peer=inside,descendant "),
		DENIED(attach_to_thread, NULL, never, " peer=inside,descendant "),
		DENIED(attach_to_child_of_thread, NULL, never, " peer=inside,descendant "),
		DENIED(attach_into_below, NULL, never, " peer=inside,descendant "),
		DENIED(attach_to_found_child, NULL, never, " peer=inside,descendant "),
		ALLOWED(attach_to_sibling, NULL, never),
		ALLOWED(attach_to_lost_grandchild, NULL, never),
		ALLOWED(look_at_parent, NULL, never),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(traces, peers_inside)
{
	static int (*const inside[])(void *arg) = {
		attach_to_child, attach_to_grandchild, attach_to_thread, attach_to_sibling,
		attach_to_lost_grandchild, look_at_parent, attach_below, attach_into_below,
	};
	struct bh_trial trials[] = {
		ALLOWED(NULL, NULL, DENY "allow ptrace peer=inside"),
		ALLOWED(NULL, NULL, "deny ptrace peer=outside"),
		DENIED(NULL, NULL, "deny ptrace peer=inside", " role=tracer"),
		DENIED(NULL, NULL, DENY "allow ptrace peer=outside", " rule=default "),
		DENIED(NULL, NULL, "deny ptrace peer!=outside", " role=tracer "),
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(inside); i++) {
		for (j = 0; j < ARRAY_SIZE(trials); j++) {
			trials[j].act = inside[i];
			bh_try(_metadata, &trials[j]);
		}
	}
}

TEST_F(traces, out_of_a_nested_namespace_is_inside)
{
	struct bh_trial trials[] = {
		ALLOWED(look_out_of_below, NULL, DENY "allow ptrace peer=inside"),
		GIVES(0, EACCES, look_out_of_below, NULL, "deny ptrace peer=inside",
		      "verdict=deny", " peer=inside "),
	};

	bh_try_all(_metadata, trials);
}

/* Outside: there is no number for it inside, but files and descriptors */

static int open_outside(void *file)
{
	return by_open(outside, file);
}

static int open_outside_in_bound_proc(void *file)
{
	char path[64];

	snprintf(path, sizeof(path), HOST_PROC "/%d/%s", outside, (char *)file);
	return opened(open(path, O_RDONLY | O_CLOEXEC), file);
}

static int open_outside_at_fd(void *file)
{
	return opened(openat(outside_dirfd, file, O_RDONLY | O_CLOEXEC), file);
}

static int getfd_outside(void *arg)
{
	int fd = syscall(SYS_pidfd_getfd, outside_pidfd, 0, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int setns_outside(void *arg)
{
	return setns(outside_pidfd, CLONE_NEWUTS | CLONE_NEWNET) ? errno : 0;
}

/* What a container with the host's pids does: nsenter. */
static int enter_init(void *arg)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
	int err = bh_opened_ns(fd);

	return err ?: setns(fd, CLONE_NEWNS) ? -2 : 0;
}

static const struct {
	int (*act)(void *arg);
	void *arg;
	int err;
	const char *access;
} outside_looks[] = {
	{ open_outside, "mem", EACCES, "attach" },
	{ open_outside, "environ", EACCES, "read" },
	{ open_outside, "root", EACCES, "read" },
	{ open_outside, "cwd", EACCES, "read" },
	{ open_outside, "exe", EACCES, "read" },
	{ open_outside, "maps", EACCES, "read" },
	{ open_outside, "auxv", EACCES, "read" },
	{ open_outside, "fd/0", EACCES, "read" },
	{ open_outside, "ns/pid", EACCES, "read" },
	{ open_outside_in_bound_proc, "root", EACCES, "read" },
	{ open_outside_in_bound_proc, "mem", EACCES, "attach" },
	{ open_outside_at_fd, "root", EACCES, "read" },
	{ open_outside_at_fd, "root/etc", EACCES, "read" },
	{ open_outside_at_fd, "mem", EACCES, "attach" },
	{ getfd_outside, NULL, EPERM, "attach" },
	{ setns_outside, NULL, EPERM, "read" },
	{ enter_init, NULL, EACCES, "read" },
};

static void try_outside(struct __test_metadata *_metadata, size_t i)
{
	char access[32], rules[64];
	struct bh_trial denied = {
		.act = outside_looks[i].act, .arg = outside_looks[i].arg,
		.with = outside_looks[i].err,
		.words = { "verdict=deny class=ptrace", access, " role=tracer peer=outside " },
	};
	struct bh_trial allowed = { .act = outside_looks[i].act, .arg = outside_looks[i].arg };

	snprintf(access, sizeof(access), " access=%s ", outside_looks[i].access);
	snprintf(rules, sizeof(rules), "deny ptrace peer=outside access=%s",
		 outside_looks[i].access);
	denied.rules = rules;
	bh_try(_metadata, &denied);
	denied.rules = DENY "allow ptrace peer=inside,descendant";
	bh_try(_metadata, &denied);
	allowed.rules = "deny ptrace peer=inside,descendant";
	bh_try(_metadata, &allowed);
	allowed.rules = DENY "allow ptrace peer=outside";
	bh_try(_metadata, &allowed);
}

TEST_F(traces, peers_outside)
{
	size_t i;

	mkdir("/etc", 0755);
	for (i = 0; i < ARRAY_SIZE(outside_looks); i++)
		try_outside(_metadata, i);
}

/* Executables */

/* A child that executes @program, a busybox. */
static pid_t start_program(const char *program)
{
	int executed[2];
	pid_t pid;
	char byte;

	if (pipe2(executed, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		execl(program, "sleep", "1000", NULL);
		_exit(127);
	}
	close(executed[1]);
	if (read(executed[0], &byte, 1))
		pid = -1;
	close(executed[0]);
	return pid;
}

static int attach_to_program(void *program)
{
	pid_t pid = start_program(program);
	int err = by_attach(pid, NULL);

	end(pid);
	return err;
}

static int read_program(void *program)
{
	pid_t pid = start_program(program);
	int err = by_kcmp(pid, NULL);

	end(pid);
	return err;
}

static int attach_in_jail(void *program)
{
	pid_t pid = start_program(program);
	int err = chroot(JAIL) || chdir("/") ? -2 : by_attach(pid, NULL);

	end(pid);
	return err;
}

/* The program lies below the chroot. */
static int attach_in_bin(void *program)
{
	pid_t pid = start_program(program);
	int err = chroot(BIN) || chdir("/") ? -2 : by_attach(pid, NULL);

	end(pid);
	return err;
}

static int attach_to_deleted(void *program)
{
	pid_t pid;
	int err;

	bh_copy(program, BIN "/deleted");
	pid = start_program(BIN "/deleted");
	if (unlink(BIN "/deleted"))
		return -2;
	err = by_attach(pid, NULL);
	end(pid);
	return err;
}

TEST_F(traces, executables)
{
	static const char shown[] = " peer_exe=\"" SLEEP "\"";
	struct bh_trial trials[] = {
		DENIED(attach_to_program, SLEEP, "deny ptrace exe=" SLEEP, shown),
		DENIED(attach_to_program, SLEEP, "deny ptrace exe=" BIN "/*", shown),
		DENIED(attach_to_program, SLEEP, "deny ptrace exe!=/bin/**", shown),
		DENIED(read_program, SLEEP, "deny ptrace exe=" SLEEP " access=read", shown),
		DENIED(attach_to_program, SLEEP, DENY, shown),
		DENIED(attach_to_program, SLEEP, DENY "allow ptrace exe=/bin/**", shown),
		ALLOWED(attach_to_program, SLEEP, "deny ptrace exe=/bin/**"),
		ALLOWED(attach_to_program, SLEEP, DENY "allow ptrace exe=" SLEEP),
		ALLOWED(read_program, SLEEP, DENY "allow ptrace exe=**/sleep access=read"),
		ALLOWED(attach_to_program, SLEEP, "deny ptrace exe=" SLEEP " access=read"),
		/* This program itself lies in another mount namespace. */
		DENIED(attach_to_child, NULL, DENY "allow ptrace exe=/**,**", " peer_exe=-"),
		DENIED(attach_to_child, NULL, "deny ptrace exe=/**", " peer_exe=\"/"),
		ALLOWED(attach_to_child, NULL, "deny ptrace exe!=/**"),
		DENIED(attach_to_deleted, SLEEP, DENY "allow ptrace exe=/**", " peer_exe=-"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(traces, a_chroot_does_not_forge_executables)
{
	static const char shown[] = " peer_exe=\"" SLEEP "\"";
	struct bh_trial trials[] = {
		DENIED(attach_in_jail, SLEEP, "deny ptrace exe=" SLEEP, shown),
		ALLOWED(attach_in_jail, SLEEP, DENY "allow ptrace exe=" SLEEP),
		DENIED(attach_in_bin, SLEEP, "deny ptrace exe=" SLEEP, shown),
		DENIED(attach_in_bin, SLEEP, DENY "allow ptrace exe=/sleep", shown),
		ALLOWED(attach_in_bin, SLEEP, DENY "allow ptrace exe=" SLEEP),
	};

	bh_try_all(_metadata, trials);
}

static int attach_in_shm(void *program)
{
	pid_t pid = start_program(program);
	int err = chroot("/dev/shm") || chdir("/") ? -2 : by_attach(pid, NULL);

	end(pid);
	return err;
}

/* The program lies on the mount whose root becomes the root. */
static int attach_in_mount(void *program)
{
	pid_t pid = start_program(program);
	int err = chroot("/tmp") || chdir("/") ? -2 : by_attach(pid, NULL);

	end(pid);
	return err;
}

static int attach_in_the_root(void *program)
{
	pid_t pid = start_program(program);
	int err = chroot("/") || chdir("/") ? -2 : by_attach(pid, NULL);

	end(pid);
	return err;
}

TEST_F(traces, a_chroot_to_a_mount_changes_nothing)
{
	struct bh_trial trials[] = {
		DENIED(attach_in_shm, SLEEP, "deny ptrace exe=" SLEEP, " peer_exe=\"" SLEEP "\""),
		ALLOWED(attach_in_shm, SLEEP, DENY "allow ptrace exe=" SLEEP),
		DENIED(attach_in_mount, SLEEP, DENY "allow ptrace exe=/p/bin/sleep",
		       " peer_exe=\"" SLEEP "\""),
		ALLOWED(attach_in_mount, SLEEP, DENY "allow ptrace exe=" SLEEP),
		ALLOWED(attach_in_the_root, SLEEP, DENY "allow ptrace exe=" SLEEP),
	};

	bh_try_all(_metadata, trials);
}

static int getfd_in_jail(void *arg)
{
	return chroot(JAIL) || chdir("/") ? -2 : getfd_outside(NULL);
}

/* The one outside runs a program that lies in another mount namespace. */
TEST_F(traces, a_chroot_does_not_reach_another_mount_namespace)
{
	struct bh_trial trials[] = {
		DENIED(getfd_outside, NULL, DENY "allow ptrace exe=/**", " peer_exe=-"),
		DENIED(getfd_in_jail, NULL, DENY "allow ptrace exe=/**", " peer_exe=-"),
		ALLOWED(getfd_in_jail, NULL, DENY "allow ptrace access=attach"),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		trials[i].flags = CLONE_NEWPID | CLONE_NEWNS;
		bh_try(_metadata, &trials[i]);
	}
}

/* PTRACE_TRACEME */

static int offer_itself(void *arg)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0;
}

static int let_child_offer_itself(void *arg)
{
	return bh_child(offer_itself, NULL);
}

/* To the confined pid 1, which would be the tracer. */
TEST_F(traces, traceme)
{
	static const char reason[] = " reason=\"no path can be made here\"";
	struct bh_trial trials[] = {
		DENIED(let_child_offer_itself, NULL, DENY, " access=attach role=tracer "),
		DENIED(let_child_offer_itself, NULL, "deny ptrace access=attach peer=inside",
		       " peer=inside,descendant"),
		DENIED(let_child_offer_itself, NULL, "deny ptrace peer=descendant",
		       " peer=inside,descendant "),
		DENIED(let_child_offer_itself, NULL, "deny ptrace role=tracee",
		       " role=tracee peer=inside "),
		ALLOWED(let_child_offer_itself, NULL, DENY "allow ptrace access=attach"),
		ALLOWED(let_child_offer_itself, NULL, "deny ptrace access=read"),
		ALLOWED(let_child_offer_itself, NULL, "deny ptrace peer=outside"),
		DENIED(let_child_offer_itself, NULL, "deny ptrace exe=/none", reason),
		DENIED(let_child_offer_itself, NULL, "allow ptrace exe=/**", reason),
		DENIED(let_child_offer_itself, NULL, "allow ptrace\nallow ptrace exe!=/nowhere",
		       reason),
		GIVES(0, 0, let_child_offer_itself, NULL, "mode audit\ndeny ptrace exe=/none",
		      "verdict=would-deny", reason),
		/* It is the caller that dies. */
		GIVES(0, KILLED, let_child_offer_itself, NULL, "kill ptrace", "verdict=kill"),
	};

	bh_try_all(_metadata, trials);
}

/* Pid 1's parent is outside, so that only a rule for tracees concerns it. */
TEST_F(traces, traceme_towards_an_outside_parent)
{
	struct bh_trial trials[] = {
		DENIED(offer_itself, NULL, "deny ptrace role=tracee",
		       " access=attach role=tracee peer=outside "),
		DENIED(offer_itself, NULL, "deny ptrace role=tracee peer=outside", " role=tracee"),
		DENIED(offer_itself, NULL, "deny ptrace role=tracer,tracee"),
		ALLOWED(offer_itself, NULL, "deny ptrace role=tracee peer=inside"),
		ALLOWED(offer_itself, NULL, DENY "deny ptrace"),
		ALLOWED(offer_itself, NULL, "deny ptrace role=tracer peer=outside"),
		DENIED(offer_itself, NULL, "deny ptrace role=tracee exe=/none", " reason=\""),
		GIVES(0, KILLED, offer_itself, NULL, "kill ptrace role=tracee", "verdict=kill"),
	};

	bh_try_all(_metadata, trials);
}

/* Tracees */

static struct bh_servant tracer;

static int attach_from_outside(pid_t pid, void *arg)
{
	return by_attach(pid, NULL);
}

static int read_from_outside(pid_t pid, void *arg)
{
	return by_kcmp(pid, NULL);
}

static int let_trace(void *arg)
{
	return bh_ask(&tracer);
}

TEST_F(traces, an_unconfined_tracer_is_asked_only_where_a_rule_names_tracees)
{
	struct bh_trial trials[] = {
		ALLOWED(let_trace, NULL, DENY),
		ALLOWED(let_trace, NULL, "default ptrace kill"),
		ALLOWED(let_trace, NULL, "deny ptrace"),
		ALLOWED(let_trace, NULL, "deny ptrace role=tracer"),
		ALLOWED(let_trace, NULL, "deny ptrace peer=outside access=attach"),
		ALLOWED(let_trace, NULL, "deny ptrace role=tracee access=read"),
		ALLOWED(let_trace, NULL, "deny ptrace role=tracee peer=inside"),
		/* The default speaks of tracers even where a rule speaks of tracees. */
		ALLOWED(let_trace, NULL, DENY "deny ptrace role=tracee access=read"),
		ALLOWED(let_trace, NULL, "deny ptrace\nallow ptrace role=tracee"),
		DENIED(let_trace, NULL, "deny ptrace role=tracee",
		       " access=attach role=tracee peer=outside "),
		DENIED(let_trace, NULL, "deny ptrace role=tracer,tracee", " role=tracee "),
		DENIED(let_trace, NULL, "deny ptrace role!=tracer", " role=tracee "),
		DENIED(let_trace, NULL, "deny ptrace role=tracee peer=outside"),
		DENIED(let_trace, NULL, "deny ptrace role=tracee access=attach"),
		DENIED(let_trace, NULL, "deny ptrace role=tracee exe=/**", " peer_exe=\"/"),
		GIVES(0, 0, let_trace, NULL, "audit allow ptrace role=tracee", "verdict=allow",
		      " role=tracee "),
		GIVES(0, 0, let_trace, NULL, "mode audit\ndeny ptrace role=tracee",
		      "verdict=would-deny", " role=tracee "),
	};

	ASSERT_EQ(0, bh_start_servant(&tracer, attach_from_outside, NULL));
	bh_try_all(_metadata, trials);
}

TEST_F(traces, an_unconfined_reader)
{
	struct bh_trial trials[] = {
		DENIED(let_trace, NULL, "deny ptrace role=tracee access=read",
		       " access=read role=tracee peer=outside "),
		ALLOWED(let_trace, NULL, "deny ptrace role=tracee access=attach"),
	};

	ASSERT_EQ(0, bh_start_servant(&tracer, read_from_outside, NULL));
	bh_try_all(_metadata, trials);
}

/* The tracer is not confined, but it is the caller. */
static int attach_in_child(void *pid)
{
	return by_attach(*(pid_t *)pid, NULL);
}

static int attach_by_child(pid_t pid, void *arg)
{
	return bh_child(attach_in_child, &pid);
}

TEST_F(traces, a_tracee_can_have_its_tracer_killed)
{
	struct bh_trial trial = GIVES(0, KILLED, let_trace, NULL, "kill ptrace role=tracee",
				      "verdict=kill", " role=tracee ");

	ASSERT_EQ(0, bh_start_servant(&tracer, attach_by_child, NULL));
	bh_try(_metadata, &trial);
}

/* Tracer and tracee in the same container: both sides are asked. */
TEST_F(traces, tracees_inside)
{
	struct bh_trial trials[] = {
		DENIED(attach_to_child, NULL, "deny ptrace role=tracee",
		       " role=tracee peer=inside "),
		DENIED(attach_to_child, NULL, "deny ptrace role=tracee peer=descendant",
		       " role=tracee peer=inside,descendant "),
		ALLOWED(attach_to_sibling, NULL, "deny ptrace role=tracee peer=descendant"),
		ALLOWED(attach_to_child, NULL, "deny ptrace role=tracee peer=outside"),
		DENIED(attach_to_child, NULL, DENY "allow ptrace role=tracee",
		       " role=tracer ", " rule=default "),
		DENIED(attach_to_child, NULL, "allow ptrace role=tracer\ndeny ptrace role=tracee",
		       " role=tracee ", " rule=3 "),
		ALLOWED(attach_to_child, NULL, DENY "allow ptrace role=tracer"),
	};

	bh_try_all(_metadata, trials);
}

/* Verdicts */

TEST_F(traces, verdicts_and_reports)
{
	struct bh_trial trials[] = {
		GIVES(0, KILLED, attach_to_child, NULL, "kill ptrace", "verdict=kill",
		      " rule=2 ", " role=tracer "),
		GIVES(0, KILLED, attach_to_child, NULL, "default ptrace kill", "verdict=kill",
		      " rule=default "),
		GIVES(0, KILLED, attach_to_child, NULL, "quiet kill ptrace"),
		GIVES(0, EPERM, attach_to_child, NULL, "quiet deny ptrace"),
		GIVES(0, 0, attach_to_child, NULL, "audit allow ptrace", "verdict=allow",
		      " access=attach ", " exe=", " peer_pid="),
		GIVES(0, 0, attach_to_child, NULL, "mode audit\n" DENY, "verdict=would-deny",
		      " rule=default "),
		GIVES(0, 0, attach_to_child, NULL, "mode audit\nkill ptrace",
		      "verdict=would-deny", " rule=3 "),
		GIVES(0, KILLED, attach_to_child, NULL, "deny ptrace\nkill ptrace access=attach",
		      "verdict=kill", " rule=3 "),
		ALLOWED(attach_to_child, NULL, "default exec allow\ndeny mount\n"
			"default mount kill"),
	};

	bh_try_all(_metadata, trials);
}

/* Field 26 of stat is 1 for those who may not look. */
static int read_start_code(void *arg)
{
	char path[64], text[1024], *at = text;
	pid_t pid;
	int field;

	if (mount("proc", "/proc", "proc", 0, NULL))
		return -3;
	pid = start_pausing();
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (bh_read(path, text, sizeof(text)) < 0)
		at = NULL;
	end(pid);
	for (field = 1; at && field < 26; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -2;
	return strtoul(at, NULL, 10) == 1 ? EPERM : 0;
}

TEST_F(traces, what_the_kernel_does_not_audit_gives_no_event)
{
	struct bh_trial trials[] = {
		GIVES(0, EPERM, read_start_code, NULL, DENY),
		GIVES(0, EPERM, read_start_code, NULL, "deny ptrace access=read"),
		/* Nor is the one killed who, like ps(1), only looks. */
		GIVES(0, EPERM, read_start_code, NULL, "kill ptrace"),
		ALLOWED(read_start_code, NULL, "deny ptrace access=attach"),
		/* Who learns a policy from the events must hear of it. */
		GIVES(0, 0, read_start_code, NULL, "mode audit\n" DENY, "verdict=would-deny",
		      " access=read "),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		trials[i].flags = CLONE_NEWPID | CLONE_NEWNS;
		bh_try(_metadata, &trials[i]);
	}
}

/* User namespaces */

TEST_F(traces, a_bound_user_namespace)
{
	struct bh_trial trials[] = {
		DENIED(attach_to_child, NULL, DENY, " ns=user ", " peer=inside "),
		DENIED(attach_to_child, NULL, "deny ptrace peer=inside", " ns=user "),
		ALLOWED(attach_to_child, NULL, DENY "allow ptrace peer=inside"),
		DENIED(let_trace, NULL, "deny ptrace role=tracee peer=outside",
		       " ns=user ", " role=tracee "),
		ALLOWED(let_trace, NULL, DENY "deny ptrace"),
	};
	size_t i;

	ASSERT_EQ(0, bh_start_servant(&tracer, attach_from_outside, NULL));
	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		trials[i].ns = "user";
		trials[i].flags = CLONE_NEWUSER | CLONE_NEWPID;
		bh_try(_metadata, &trials[i]);
	}
}

/* Two containers */

static int open_other(void *arg)
{
	return by_open(shared[0], "root");
}

TEST_F(traces, between_containers)
{
	struct bh_cell one, other;
	int events;

	ASSERT_EQ(0, bh_policy("one", "deny ptrace peer=outside access=attach"));
	ASSERT_EQ(0, bh_policy("other", "deny ptrace role=tracee peer=outside access=read"));
	ASSERT_EQ(0, bh_cell_start(&one, 0));
	ASSERT_EQ(0, bh_cell_start(&other, 0));
	shared[0] = other.pid;
	EXPECT_EQ(0, bh_cell_run(&one, open_other, NULL));
	ASSERT_EQ(0, bh_cell_bind(&one, "one"));
	EXPECT_EQ(0, bh_cell_run(&one, open_other, NULL));
	ASSERT_EQ(0, bh_cell_bind(&other, "other"));
	events = bh_events();
	EXPECT_EQ(EACCES, bh_cell_run(&one, open_other, NULL));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny", "policy=other ",
				      " access=read role=tracee peer=outside ", NULL));
	/* The other way round it is the tracer that has no rule against it. */
	shared[0] = one.pid;
	EXPECT_EQ(0, bh_cell_run(&other, open_other, NULL));
	close(events);
	bh_cell_stop(&one);
	bh_cell_stop(&other);
}

/* What a tracer keeps */

/* Who executes: the one that is traced, or what it makes, which its tracer gets as well. */
enum maker { ITSELF, BY_FORK, BY_VFORK, BY_CLONE, MAKERS };

static pid_t make_tracee(enum maker maker)
{
	switch (maker) {
	case BY_FORK:
		return fork();
	case BY_CLONE:
		/* It ends without a signal. */
		return syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	default:
		return 0;
	}
}

/* Waits for an order; then executes a program, or lets a child do it. */
static void wait_and_exec(enum maker maker)
{
	pid_t pid;
	int status;

	while (!__atomic_load_n((int *)shared, __ATOMIC_RELAXED))
		usleep(1000);
	pid = maker == BY_VFORK ? vfork() : make_tracee(maker);
	if (!pid) {
		execl(SLEEP, "sleep", "0", NULL);
		_exit(errno);
	}
	waitpid(pid, &status, __WALL);
	_exit(WEXITSTATUS(status));
}

#define TRACE_ALL (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

static int act_trace(void *maker)
{
	pid_t pid = fork();

	if (!pid)
		wait_and_exec((intptr_t)maker);
	shared[1] = pid;
	return ptrace(PTRACE_SEIZE, pid, 0, TRACE_ALL) ? errno : 0;
}

/* Lets it go on, and all of its children: what it exits with. */
static int act_continue(void *unused)
{
	int status;
	pid_t pid;

	*shared = 1;
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, 0, 0);
		else if (pid == shared[1])
			return WEXITSTATUS(status);
	}
	return -1;
}

static void try_exec_traced(struct __test_metadata *_metadata, const char *rules,
			    enum maker maker, int want)
{
	int events = bh_events();
	struct bh_cell cell;

	*shared = 0;
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_run(&cell, act_trace, (void *)(intptr_t)maker));
	if (rules) {
		ASSERT_EQ(0, bh_policy("traced", "%s", rules));
		ASSERT_EQ(0, bh_cell_bind(&cell, "traced"));
	}
	EXPECT_EQ(want, bh_cell_run(&cell, act_continue, NULL));
	EXPECT_EQ(want == EPERM, !!bh_find_event(events, "verdict=deny class=ptrace policy=traced",
						 " access=attach role=tracer", NULL));
	bh_cell_stop(&cell);
	close(events);
}

TEST_F(traces, who_executes_while_traced_is_judged_again)
{
	enum maker maker;

	for (maker = ITSELF; maker < MAKERS; maker++) {
		try_exec_traced(_metadata, NULL, maker, 0);
		try_exec_traced(_metadata, DENY "allow ptrace peer=inside", maker, 0);
		try_exec_traced(_metadata, DENY, maker, EPERM);
		try_exec_traced(_metadata, "deny ptrace peer=inside access=attach", maker, EPERM);
	}
}

TEST_HARNESS_MAIN
