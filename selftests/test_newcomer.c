// SPDX-License-Identifier: GPL-2.0-only
/*
 * Newcomers: what a runtime brings into a bound pid namespace is judged from its first
 * execution on, and nothing that a container makes passes for such a one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "trial.h"

#define TOP "/tmp/newcomer"
#define PROG TOP "/prog"
#define GARBAGE TOP "/garbage"
#define MOUNTS "default mount deny\ndeny exec path=" PROG "\n"

/* Descriptors that outlive an execution. */
#define NS_FD 97
#define GO_FD 98
#define REPORT_FD 99

/*
 * Scripts
 *
 * Words with commas in between. Some act, others make the process that goes on with the rest
 * of the script. What comes of an act is written to REPORT_FD.
 */
static void run(const char *script) __attribute__((noreturn));

static void *run_thread(void *script)
{
	run(script);
}

static int run_clone(void *script)
{
	run(script);
}

static void tell(int result)
{
	if (write(REPORT_FD, &result, sizeof(result)) != sizeof(result))
		_exit(1);
}

/* As a parent of the process that goes on. */
static void outlive(void)
{
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	_exit(0);
}

static pid_t make(int flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static void do_mount(const char *rest)
{
	int err = mount("x", TOP, "tmpfs", 0, NULL) ? errno : 0;

	if (!err && umount(TOP))
		err = -1;
	tell(err);
}

static void do_join(const char *rest)
{
	if (setns(NS_FD, CLONE_NEWPID) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		tell(-2);
}

static void do_fork(const char *rest)
{
	if (make(0))
		outlive();
}

static void do_newpid(const char *rest)
{
	if (make(CLONE_NEWPID))
		outlive();
}

/* A sibling, after which its maker is gone. */
static void do_sibling(const char *rest)
{
	if (make(CLONE_PARENT))
		_exit(0);
}

static void do_vfork(const char *rest)
{
	char *stack = malloc(65536);

	clone(run_clone, stack + 65536, CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD,
	      (void *)rest);
	_exit(0);
}

static void do_thread(const char *rest)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_thread, (void *)rest))
		tell(-3);
	for (;;)
		pause();
}

static void do_orphan(const char *rest)
{
	pid_t parent = make(0);

	if (parent)
		outlive();
	parent = getpid();
	if (make(0))
		_exit(0);
	while (getppid() == parent)
		usleep(1000);
}

/* Orphans of those below go to this process. */
static void do_reaper(const char *rest)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		tell(-8);
}

static void do_exec(const char *rest)
{
	execv("/proc/self/exe", (char *[]){ "script", (char *)rest, NULL });
	tell(-4);
}

static void do_fail(const char *rest)
{
	char *argv[] = { "x", NULL };

	if (!execv("/nowhere", argv) || errno != ENOENT ||
	    !execv(GARBAGE, argv) || errno != ENOEXEC || !execv(PROG, argv) || errno != EACCES)
		tell(-5);
}

static void do_wait(const char *rest)
{
	char go;

	tell(getpid());
	if (read(GO_FD, &go, 1) != 1)
		tell(-6);
}

static const struct {
	const char *word;
	void (*act)(const char *rest);
} words[] = {
	{ "join", do_join }, { "fork", do_fork }, { "newpid", do_newpid },
	{ "sibling", do_sibling }, { "vfork", do_vfork }, { "thread", do_thread },
	{ "orphan", do_orphan }, { "exec", do_exec }, { "fail", do_fail }, { "wait", do_wait },
	{ "reaper", do_reaper }, { "mount", do_mount },
};

static void run(const char *script)
{
	size_t i, len;

	for (; *script; script += len + !!script[len]) {
		len = strcspn(script, ",");
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (len == strlen(words[i].word) && !memcmp(script, words[i].word, len))
				break;
		if (i == ARRAY_SIZE(words))
			tell(-7);
		else
			words[i].act(script + len + !!script[len]);
	}
	_exit(0);
}

/* What do_exec() executes is this program. */
__attribute__((constructor)) static void be_script(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[0], "script"))
		run(argv[1]);
}

FIXTURE(newcomer) {
	struct bh_cell cell;
	int *shared;
	int report;
	int go;
};

static int at(int fd, int number)
{
	int err = dup2(fd, number) < 0 ? -errno : 0;

	close(fd);
	return err;
}

FIXTURE_VARIANT(newcomer) {
	const char *way;
};

/* As crun and nsenter come in: made by a process that stays outside. */
FIXTURE_VARIANT_ADD(newcomer, by_fork) { .way = "join,fork" };

/* As LXC does: the maker goes, and its parent is the parent. */
FIXTURE_VARIANT_ADD(newcomer, by_sibling) { .way = "fork,join,sibling" };

/* As runc does: the maker has executed itself, and is a sibling, too. */
FIXTURE_VARIANT_ADD(newcomer, by_siblings_after_exec) { .way = "exec,sibling,join,sibling" };

FIXTURE_SETUP(newcomer)
{
	int report[2], go[2];
	char path[64];

	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_program(PROG);
	bh_make_file(GARBAGE, "garbage\n", 0755);
	ASSERT_EQ(0, pipe(report));
	ASSERT_EQ(0, pipe(go));
	self->report = report[0];
	self->go = go[1];
	self->shared = bh_shared();
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWNS));
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", self->cell.pid);
	ASSERT_EQ(0, at(open(path, O_RDONLY), NS_FD));
	ASSERT_EQ(0, at(go[0], GO_FD));
	ASSERT_EQ(0, at(report[1], REPORT_FD));
	/* Whoever could be given to someone outside is given to the test. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_EQ(0, bh_policy("newcomer", MOUNTS));
}

FIXTURE_TEARDOWN(newcomer)
{
	/* The first process ends last: those that are the test's children are waited for before. */
	kill(self->cell.pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Lets a process come in and act. */
static void start(const char *way, const char *script)
{
	char all[128];

	snprintf(all, sizeof(all), "%s,%s", way, script);
	if (!fork())
		run(all);
}

static int hear(int report)
{
	struct pollfd poll_fd = { .fd = report, .events = POLLIN };
	int result;

	if (poll(&poll_fd, 1, 60000) != 1 || read(report, &result, sizeof(result)) < 0)
		return -100;
	return result;
}

static int outcome(int report, const char *way, const char *script)
{
	start(way, script);
	return hear(report);
}

static const struct {
	const char *script;
	int want;
} acts[] = {
	{ "mount", 0 },
	{ "thread,mount", 0 },
	{ "sibling,mount", 0 },
	{ "fail,mount", 0 },
	/* Made inside. */
	{ "fork,mount", EPERM },
	{ "newpid,mount", EPERM },
	{ "orphan,mount", EPERM },
	/* It has executed, and so it is the container's own. */
	{ "exec,mount", EPERM },
	{ "thread,exec,mount", EPERM },
	{ "exec,fork,mount", EPERM },
	{ "exec,thread,mount", EPERM },
	{ "exec,sibling,mount", EPERM },
	{ "exec,sibling,sibling,mount", EPERM },
	{ "exec,sibling,thread,mount", EPERM },
	{ "exec,thread,sibling,mount", EPERM },
	{ "exec,sibling,fork,mount", EPERM },
	{ "exec,fork,sibling,mount", EPERM },
	{ "exec,fork,sibling,sibling,mount", EPERM },
	{ "exec,vfork,mount", EPERM },
	{ "exec,vfork,sibling,mount", EPERM },
	{ "exec,orphan,mount", EPERM },
	{ "exec,orphan,sibling,mount", EPERM },
	{ "exec,sibling,orphan,mount", EPERM },
	{ "exec,reaper,orphan,mount", EPERM },
	{ "exec,reaper,orphan,sibling,mount", EPERM },
	{ "exec,fork,orphan,sibling,mount", EPERM },
	{ "exec,orphan,exec,sibling,mount", EPERM },
	{ "exec,orphan,thread,mount", EPERM },
	{ "exec,thread,fail,mount", EPERM },
	{ "exec,vfork,fail,mount", EPERM },
	{ "reaper,orphan,mount", EPERM },
	{ "exec,newpid,mount", EPERM },
	{ "exec,newpid,fork,sibling,mount", EPERM },
	{ "exec,exec,sibling,mount", EPERM },
	{ "exec,sibling,fail,mount", EPERM },
	{ "sibling,exec,sibling,mount", EPERM },
};

TEST_F_TIMEOUT(newcomer, acts, 900)
{
	size_t i;
	int got;

	EXPECT_EQ(0, outcome(self->report, variant->way, "mount"));
	EXPECT_EQ(0, outcome(self->report, variant->way, "exec,sibling,mount"));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	for (i = 0; i < ARRAY_SIZE(acts); i++) {
		got = outcome(self->report, variant->way, acts[i].script);
		EXPECT_EQ(acts[i].want, got)
			TH_LOG("%s,%.64s", variant->way, acts[i].script);
	}
}

TEST_F(newcomer, its_execution_is_judged)
{
	int events = bh_events();

	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(0, outcome(self->report, variant->way, "fail,mount"));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny class=exec policy=newcomer ",
				      "path=\"" PROG "\"", NULL));
	EXPECT_EQ(NULL, bh_find_event(events, "class=mount", NULL));
	close(events);
}

/* Lets a process go on that waits. Return: what it comes to. */
static int release(int go, int report)
{
	if (write(go, "x", 1) != 1)
		return -101;
	return hear(report);
}

/* What happened before the binding is not forgotten. */
TEST_F(newcomer, one_that_has_executed_before_it_was_bound)
{
	ASSERT_LT(0, outcome(self->report, variant->way, "exec,wait,sibling,mount"));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(EPERM, release(self->go, self->report));
	/* Others come in as before. */
	EXPECT_EQ(0, outcome(self->report, variant->way, "mount"));
}

TEST_F(newcomer, one_whose_maker_is_dead)
{
	ASSERT_LT(0, outcome(self->report, variant->way, "exec,sibling,wait,mount"));
	usleep(100000);
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(EPERM, release(self->go, self->report));
}

TEST_F(newcomer, bound_again)
{
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	ASSERT_LT(0, outcome(self->report, variant->way, "exec,sibling,wait,mount"));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(EPERM, release(self->go, self->report));
	EXPECT_EQ(0, outcome(self->report, variant->way, "mount"));
	ASSERT_LT(0, outcome(self->report, variant->way, "exec,sibling,wait,mount"));
	ASSERT_EQ(0, bh_write("unbind", "ns=pid pid=%d", self->cell.pid));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(EPERM, release(self->go, self->report));
}

/* One that came in before it was bound, and executes after. */
TEST_F(newcomer, bound_in_between)
{
	ASSERT_LT(0, outcome(self->report, variant->way, "wait,mount"));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	/* That it executed nothing can be told only where its counts are equal. */
	EXPECT_EQ(strncmp(variant->way, "exec", 4) ? 0 : EPERM,
		  release(self->go, self->report));
	ASSERT_LT(0, outcome(self->report, variant->way, "wait,exec,sibling,mount"));
	EXPECT_EQ(EPERM, release(self->go, self->report));
}

/* Those inside */

static int act_mount(void *unused)
{
	int err = mount("x", TOP, "tmpfs", 0, NULL) ? errno : 0;

	return !err && umount(TOP) ? -1 : err;
}

static int run_forked(int (*act)(void *arg))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(act(NULL));
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

static int act_fork(void *unused)
{
	return run_forked(act_mount);
}

/* A container's own process makes a container, and brings another process into it. */
static int nest(void *unused)
{
	pid_t init;
	int err;

	if (unshare(CLONE_NEWPID))
		return 255;
	init = fork();
	if (!init)
		for (;;)
			pause();
	err = act_fork(NULL);
	kill(init, SIGKILL);
	waitpid(init, NULL, 0);
	return err;
}

static int act_nest(void *unused)
{
	return run_forked(nest);
}

TEST_F(newcomer, the_first_process_is_none)
{
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_mount, NULL));
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_nest, NULL));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_mount, NULL));
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_fork, NULL));
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_nest, NULL));
}

static int act_attach(void *pid)
{
	return ptrace(PTRACE_SEIZE, *(pid_t *)pid, 0, 0) ? errno : 0;
}

#define INSIDE MOUNTS "default ptrace deny\nallow ptrace peer=inside\n"
#define OUTSIDE MOUNTS "default ptrace deny\nallow ptrace peer=outside\n"

/* To those inside it is outside, until it executes. */
TEST_F(newcomer, is_outside_as_a_peer)
{
	pid_t *pid = self->shared;
	int events = bh_events();

	ASSERT_EQ(0, bh_policy("newcomer", INSIDE));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	*pid = outcome(self->report, variant->way, "wait,exec,wait,mount");
	ASSERT_LT(0, *pid);
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_attach, pid));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny class=ptrace policy=newcomer ",
				      " access=attach role=tracer peer=outside", NULL));
	EXPECT_EQ(*pid, release(self->go, self->report));
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_attach, pid));
	EXPECT_EQ(EPERM, release(self->go, self->report));
	close(events);
}

/* Whoever is traced from inside does what those inside want. */
TEST_F(newcomer, is_none_when_it_is_traced_from_inside)
{
	pid_t *pid = self->shared;

	ASSERT_EQ(0, bh_policy("newcomer", OUTSIDE));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	*pid = outcome(self->report, variant->way, "wait,mount");
	ASSERT_LT(0, *pid);
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_attach, pid));
	EXPECT_EQ(EPERM, release(self->go, self->report));
}

/* Ways to take a process over, or only to look at it: 0 or a positive errno. */
static int act_write(void *pid)
{
	static char written;
	struct iovec here = { "x", 1 }, there = { &written, 1 };

	return process_vm_writev(*(pid_t *)pid, &here, 1, &there, 1, 0) == 1 ? 0 : errno;
}

static int act_attach_once(void *pid)
{
	if (ptrace(PTRACE_ATTACH, *(pid_t *)pid, 0, 0))
		return errno;
	if (waitpid(*(pid_t *)pid, NULL, __WALL) < 0)
		return -2;
	return ptrace(PTRACE_DETACH, *(pid_t *)pid, 0, 0) ? errno : 0;
}

static int act_look(void *pid)
{
	return syscall(SYS_kcmp, *(pid_t *)pid, getpid(), KCMP_FILES, 0, 0) < 0 ? errno : 0;
}

static const struct {
	const char *script;
	int (*act)(void *pid);
	const char *rules;
	int result;
	int want;
} takings[] = {
	/* Without a word on ptrace they are allowed, and end what a newcomer may. */
	{ "wait,mount", act_write, "", 0, EPERM },
	{ "wait,mount", act_attach_once, "", 0, EPERM },
	{ "wait,sibling,mount", act_write, "", 0, EPERM },
	{ "wait,sibling,mount", act_attach_once, "", 0, EPERM },
	{ "wait,thread,mount", act_write, "", 0, EPERM },
	{ "wait,mount", act_look, "", 0, 0 },
	{ "wait,mount", act_write, "deny ptrace peer=outside\n", EPERM, 0 },
	{ "wait,mount", act_attach_once, "deny ptrace peer=outside\n", EPERM, 0 },
};

/* A container of its own for each: what was taken over is not forgotten. */
static void restart_cell(struct __test_metadata *_metadata, struct bh_cell *cell)
{
	char path[64];

	kill(cell->pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(cell->to);
	close(cell->from);
	ASSERT_EQ(0, bh_cell_start(cell, CLONE_NEWNS));
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", cell->pid);
	ASSERT_EQ(0, at(open(path, O_RDONLY), NS_FD));
}

TEST_F_TIMEOUT(newcomer, taken_over_from_inside, 300)
{
	pid_t *pid = self->shared;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(takings); i++) {
		ASSERT_EQ(0, bh_policy("newcomer", MOUNTS "%s", takings[i].rules));
		ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
		*pid = outcome(self->report, variant->way, takings[i].script);
		ASSERT_LT(0, *pid);
		EXPECT_EQ(takings[i].result, bh_cell_run(&self->cell, takings[i].act, pid));
		EXPECT_EQ(takings[i].want, release(self->go, self->report))
			TH_LOG("row %zu", i);
		restart_cell(_metadata, &self->cell);
	}
}

/* The next one that comes in as it did is taken for its like. */
TEST_F(newcomer, taken_over_is_remembered)
{
	pid_t *pid = self->shared;

	ASSERT_EQ(0, bh_cell_bind(&self->cell, "newcomer"));
	EXPECT_EQ(0, outcome(self->report, variant->way, "mount"));
	*pid = outcome(self->report, variant->way, "wait,mount");
	ASSERT_LT(0, *pid);
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_write, pid));
	EXPECT_EQ(EPERM, outcome(self->report, variant->way, "mount"));
	EXPECT_EQ(EPERM, release(self->go, self->report));
}

TEST_HARNESS_MAIN
