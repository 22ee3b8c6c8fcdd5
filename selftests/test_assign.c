// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assignment table: new namespaces that are bound by their first exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"

#define PROG "/tmp/assign.prog"
#define OTHER "/tmp/assign.other"
#define SHELL "/tmp/assign.sh"
/* A name that busybox takes for its own. */
#define AGAIN "/tmp/busybox.again"
#define CGROUPS "/tmp/assign.cgroups"
/* This program itself. */
#define SELF "/tmp/assign.self"

/* Writes a table of these lines. */
#define put_table(lines, ...) bh_write("assign", lines "\nend\n", ##__VA_ARGS__)

/**
 * struct box - a container whose runtime has built it and waits
 * @pid: its first process, a fork of the test that has executed nothing
 * @orders: what it is to execute
 * @outcome: an errno, or the end when it executes
 */
struct box {
	pid_t pid;
	int orders;
	int outcome;
};

struct order {
	char path[64];
	char command[128];
};

static void box_serve(int orders, int outcome)
{
	struct order order;

	while (read(orders, &order, sizeof(order)) == sizeof(order)) {
		char *argv[] = { "sh", "-c", order.command, NULL };
		int err;

		execve(order.path, argv, (char *[]){ NULL });
		err = errno;
		if (write(outcome, &err, sizeof(err)) != sizeof(err))
			break;
	}
	_exit(0);
}

static int box_start(struct box *box, int flags)
{
	int orders[2], outcome[2];

	if (pipe2(orders, O_CLOEXEC) || pipe2(outcome, O_CLOEXEC))
		return -errno;
	box->pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!box->pid) {
		close(orders[1]);
		close(outcome[0]);
		box_serve(orders[0], outcome[1]);
	}
	close(orders[0]);
	close(outcome[1]);
	box->orders = orders[1];
	box->outcome = outcome[0];
	return box->pid < 0 ? -errno : 0;
}

/* Lets the first process execute a program: 0, a positive errno or -1. */
static int box_exec(const struct box *box, const char *path, const char *command)
{
	struct order order = { };
	int err = 0;

	snprintf(order.path, sizeof(order.path), "%s", path);
	snprintf(order.command, sizeof(order.command), "%s", command);
	if (write(box->orders, &order, sizeof(order)) != sizeof(order))
		return -1;
	return read(box->outcome, &err, sizeof(err)) == sizeof(err) ? err : 0;
}

/* A program that stays. */
static int box_live(const struct box *box)
{
	return box_exec(box, SHELL, "while :; do sleep 1; done");
}

static void box_stop(struct box *box)
{
	if (box->pid > 0) {
		kill(box->pid, SIGKILL);
		waitpid(box->pid, NULL, 0);
		close(box->orders);
		close(box->outcome);
	}
	box->pid = 0;
}

static unsigned int box_inum(const struct box *box, const char *ns)
{
	struct bh_cell cell = { .pid = box->pid };

	return bh_cell_inum(&cell, ns);
}

/* Is the box's namespace bound to this policy by the table? To nothing, if NULL. */
static bool box_is_bound(const struct box *box, const char *ns, const char *policy)
{
	const char *line = bh_binding_line(box_inum(box, ns));
	char want[64];

	if (!line || !policy)
		return !line && !policy;
	snprintf(want, sizeof(want), " policy=%s ", policy);
	return strstr(line, want) && strstr(line, " armed=yes by=assign ");
}

/* A box that executes the shell, bound then as it should be. */
static void expect_box(struct __test_metadata *_metadata, int flags, const char *ns,
		       const char *policy)
{
	struct box box;

	ASSERT_EQ(0, box_start(&box, flags));
	EXPECT_EQ(NULL, bh_binding_line(box_inum(&box, ns)));
	EXPECT_EQ(0, box_live(&box));
	EXPECT_TRUE(box_is_bound(&box, ns, policy))
		TH_LOG("%s: not %s", ns, policy ? policy : "free");
	box_stop(&box);
}

FIXTURE(assign) {
	struct box box;
};

FIXTURE_SETUP(assign)
{
	bh_make_program(PROG);
	bh_make_program(OTHER);
	/* Once: what a box left behind may still execute them. */
	if (access(AGAIN, X_OK)) {
		bh_copy("/bin/busybox", SHELL);
		bh_copy("/bin/busybox", AGAIN);
	}
	mkdir(CGROUPS, 0755);
	ASSERT_EQ(0, mount("none", CGROUPS, "cgroup2", 0, NULL));
	mkdir(CGROUPS "/a", 0755);
	mkdir(CGROUPS "/a/b c", 0755);
	ASSERT_EQ(0, bh_policy("as", "deny exec path=" PROG));
	ASSERT_EQ(0, bh_policy("as.other", "deny exec path=" OTHER));
	ASSERT_EQ(0, put_table(""));
}

FIXTURE_TEARDOWN(assign)
{
	box_stop(&self->box);
	EXPECT_EQ(0, put_table(""));
	rmdir(CGROUPS "/a/b c");
	rmdir(CGROUPS "/a");
	umount(CGROUPS);
}

/* The file */

TEST_F(assign, is_read_in_canonical_form)
{
	char text[512];

	EXPECT_LT(0, bh_read("assign", text, sizeof(text)));
	EXPECT_STREQ("end\n", text);
	EXPECT_EQ(0, put_table("# mine\n\n ns=pid\tpolicy=as # x\n"
		      "override=no exe=/usr/** cgroup=\"/a/b c\" ns=user policy=\"as.other\""));
	EXPECT_LT(0, bh_read("assign", text, sizeof(text)));
	EXPECT_STREQ("policy=as ns=pid\n"
		     "policy=as.other ns=user cgroup=\"/a/b c\" exe=/usr/** override=no\n"
		     "end\n", text);
	EXPECT_EQ(0, bh_write("assign", "%s", text));
	EXPECT_EQ(0, put_table(""));
	EXPECT_LT(0, bh_read("assign", text, sizeof(text)));
	EXPECT_STREQ("end\n", text);
}

static bool table_is(const char *want)
{
	char text[512];

	return bh_read("assign", text, sizeof(text)) > 0 && !strcmp(text, want);
}

/* Writes in pieces, each NUL-terminated, and closes: 0 or a positive errno of close(). */
static int in_pieces(const char *const *pieces)
{
	int fd = open(BULKHEAD_DIR "/assign", O_WRONLY);

	for (; *pieces; pieces++)
		if (write(fd, *pieces, strlen(*pieces)) != (ssize_t)strlen(*pieces))
			return -1;
	return close(fd) ? errno : 0;
}

#define PIECES(...) ((const char *const []){ __VA_ARGS__, NULL })

TEST_F(assign, is_replaced_when_it_ends)
{
	static const char one[] = "policy=as ns=pid\nend\n";
	int fd, i;

	EXPECT_EQ(0, in_pieces(PIECES("policy=as", " ns=pid\n", "en", "d", "\n\n# the end\n")));
	EXPECT_TRUE(table_is(one));
	EXPECT_EQ(0, in_pieces(PIECES("policy=as.other ns=user\r\n", "  end # now")));
	EXPECT_TRUE(table_is("policy=as.other ns=user\nend\n"));
	EXPECT_EQ(0, in_pieces(PIECES("policy=as ns=user\nend\npolicy=as ns=pid\nend\n")));
	EXPECT_TRUE(table_is(one));
	/* As a shell does that writes each line by itself. */
	fd = open(BULKHEAD_DIR "/assign", O_WRONLY);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(22, write(fd, "policy=as.other ns=pid", 22));
		EXPECT_EQ(1, write(fd, "\n", 1));
		EXPECT_TRUE(table_is(one));
	}
	EXPECT_EQ(3, write(fd, "end", 3));
	EXPECT_EQ(0, close(fd));
	EXPECT_TRUE(table_is("policy=as.other ns=pid\npolicy=as.other ns=pid\n"
			     "policy=as.other ns=pid\nend\n"));
}

TEST_F(assign, without_an_end_it_is_dropped)
{
	int fd, status;
	pid_t pid;

	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	EXPECT_EQ(EINVAL, in_pieces(PIECES("policy=as.other ns=pid\n")));
	EXPECT_EQ(EINVAL, in_pieces(PIECES("\n")));
	EXPECT_EQ(EINVAL, in_pieces(PIECES("policy=as ns=pid\nend\npolicy=as.other ns=pid")));
	EXPECT_EQ(EINVAL, in_pieces(PIECES("policy=as.other ns=pid cgroup=\"/end\n")));
	EXPECT_TRUE(table_is("policy=as ns=pid\nend\n"));
	/* It is not for a child to end it, which has the file open, too. */
	fd = open(BULKHEAD_DIR "/assign", O_WRONLY);
	EXPECT_EQ(22, write(fd, "policy=as.other ns=pid", 22));
	pid = fork();
	if (!pid)
		_exit(close(fd) ? errno : 0);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(4, write(fd, "\nend", 4));
	EXPECT_EQ(0, close(fd));
	EXPECT_TRUE(table_is("policy=as.other ns=pid\nend\n"));
	/* After an error nothing more is taken. */
	fd = open(BULKHEAD_DIR "/assign", O_WRONLY);
	EXPECT_EQ(-1, write(fd, "policy=as ns=net\nend\n", 21));
	EXPECT_EQ(-1, write(fd, "end\n", 4));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, close(fd));
}

static const struct {
	const char *table;
	int err;
} refused[] = {
	{ "policy=as", EINVAL },
	{ "ns=pid", EINVAL },
	{ "policy=as ns=net", EINVAL },
	{ "policy=as ns=mnt", EINVAL },
	{ "policy=as ns=mnt exe=/a", EINVAL },
	{ "policy=as ns=pid override=yes", EINVAL },
	{ "policy=as ns=pid pid=1", EINVAL },
	{ "policy=as ns=pid self", EINVAL },
	{ "policy=as ns=pid ns=pid", EINVAL },
	{ "policy=as ns=pid cgroup=", EINVAL },
	{ "policy=as ns=pid cgroup=a", EINVAL },
	{ "policy=as ns=pid exe=/[a", EINVAL },
	{ "policy=as ns=pid exe=\"/a", EINVAL },
	{ "policy=as.none ns=pid", ENOENT },
	{ "policy=as ns=user\npolicy=as.none ns=pid", ENOENT },
};

TEST_F(assign, a_refused_table_changes_nothing)
{
	char *long_table = calloc(1, 262145), text[64];
	size_t i;

	ASSERT_EQ(0, put_table("policy=as.other ns=pid"));
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		EXPECT_EQ(-refused[i].err, bh_write("assign", "%s\nend\n", refused[i].table))
			TH_LOG("table %zu", i);
	memset(long_table, '\n', 262145);
	EXPECT_EQ(-E2BIG, bh_write_bytes("assign", long_table, 262145));
	EXPECT_EQ(-EINVAL, bh_write_bytes("assign", "policy=as ns=pid\0\nend\n", 22));
	free(long_table);
	EXPECT_LT(0, bh_read("assign", text, sizeof(text)));
	EXPECT_STREQ("policy=as.other ns=pid\nend\n", text);
	expect_box(_metadata, CLONE_NEWPID, "pid", "as.other");
}

TEST_F(assign, a_named_policy_stays)
{
	ASSERT_EQ(0, bh_policy("as.spare", "default exec deny"));
	ASSERT_EQ(0, put_table("policy=as.spare ns=pid exe=/nowhere"));
	EXPECT_EQ(-EBUSY, bh_write("remove", "as.spare"));
	EXPECT_EQ(0, put_table("policy=as ns=pid"));
	EXPECT_EQ(0, bh_write("remove", "as.spare"));
}

static int write_table(void *unused)
{
	return -put_table("");
}

static int write_without_capability(void *unused)
{
	int err = bh_keep_caps(~(1ULL << 33));

	return err ? 255 : write_table(NULL);
}

TEST_F(assign, is_not_for_everybody)
{
	struct bh_cell cell;
	char text[64];

	ASSERT_EQ(0, put_table("policy=as ns=pid exe=/nowhere"));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(EPERM, bh_cell_run(&cell, write_without_capability, NULL));
	bh_cell_stop(&cell);
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_bind(&cell, "as"));
	EXPECT_EQ(EPERM, bh_cell_run(&cell, write_table, NULL));
	bh_cell_stop(&cell);
	EXPECT_LT(0, bh_read("assign", text, sizeof(text)));
}

/* Which namespaces */

TEST_F(assign, each_type)
{
	expect_box(_metadata, CLONE_NEWPID, "pid", NULL);
	expect_box(_metadata, CLONE_NEWUSER, "user", NULL);
	ASSERT_EQ(0, put_table("policy=as ns=pid\n"));
	expect_box(_metadata, CLONE_NEWPID, "pid", "as");
	expect_box(_metadata, CLONE_NEWUSER, "user", NULL);
	ASSERT_EQ(0, put_table("policy=as ns=user\n"));
	expect_box(_metadata, CLONE_NEWPID, "pid", NULL);
	expect_box(_metadata, CLONE_NEWUSER, "user", "as");
	ASSERT_EQ(0, put_table("policy=as ns=user\npolicy=as.other ns=pid"));
	expect_box(_metadata, CLONE_NEWPID | CLONE_NEWUSER, "pid", "as.other");
	expect_box(_metadata, CLONE_NEWPID | CLONE_NEWUSER, "user", "as");
	expect_box(_metadata, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC, "pid", "as.other");
}

TEST_F(assign, the_first_line_that_matches)
{
	ASSERT_EQ(0, put_table("policy=as ns=pid exe=/nowhere\n"
			      "policy=as.other ns=pid exe=/tmp/*.sh\npolicy=as ns=pid exe=**"));
	expect_box(_metadata, CLONE_NEWPID, "pid", "as.other");
	ASSERT_EQ(0, put_table("policy=as ns=pid exe=" PROG "\npolicy=as.other ns=pid"));
	expect_box(_metadata, CLONE_NEWPID, "pid", "as.other");
	ASSERT_EQ(0, put_table("policy=as ns=pid exe=" PROG));
	expect_box(_metadata, CLONE_NEWPID, "pid", NULL);
	ASSERT_EQ(0, put_table("policy=as ns=pid\npolicy=as.other ns=pid"));
	expect_box(_metadata, CLONE_NEWPID, "pid", "as");
}

/* As box_start(), in a cgroup. */
static void box_start_in(struct __test_metadata *_metadata, struct box *box, int flags,
			 const char *procs)
{
	ASSERT_EQ(0, box_start(box, flags));
	EXPECT_EQ(0, bh_write(procs, "%d", box->pid));
}

/* A box that executes in a cgroup. */
static void expect_in(struct __test_metadata *_metadata, const char *procs, const char *policy)
{
	struct box box;

	box_start_in(_metadata, &box, CLONE_NEWPID, procs);
	EXPECT_EQ(0, box_live(&box));
	EXPECT_TRUE(box_is_bound(&box, "pid", policy))
		TH_LOG("%s: not %s", procs, policy ? policy : "free");
	box_stop(&box);
}

TEST_F(assign, by_cgroup)
{
	ASSERT_EQ(0, put_table("policy=as ns=pid cgroup=/a\n"
			      "policy=as.other ns=pid cgroup=\"/a/b ?\" exe=/tmp/**"));
	expect_in(_metadata, CGROUPS "/a/cgroup.procs", "as");
	expect_in(_metadata, CGROUPS "/a/b c/cgroup.procs", "as.other");
	expect_in(_metadata, CGROUPS "/cgroup.procs", NULL);
	ASSERT_EQ(0, put_table("policy=as ns=pid cgroup=\"/a/b c\" exe=/nowhere\n"));
	expect_in(_metadata, CGROUPS "/a/b c/cgroup.procs", NULL);
	ASSERT_EQ(0, put_table("policy=as ns=pid cgroup=/a/**\n"));
	expect_in(_metadata, CGROUPS "/a/b c/cgroup.procs", "as");
	expect_in(_metadata, CGROUPS "/a/cgroup.procs", NULL);
}

/* Names of the longest kind, until the path is longer than any that the kernel tells. */
#define LONG_NAME 255
#define LONG_DEPTH 17

/* Makes cgroups below each other, and ends up in the innermost of them. */
static int enter_cgroups(void)
{
	char name[LONG_NAME + 1] = "";
	int i;

	memset(name, 'c', LONG_NAME);
	if (chdir(CGROUPS "/a"))
		return errno;
	for (i = 0; i < LONG_DEPTH; i++)
		if (mkdir(name, 0755) || chdir(name))
			return errno;
	return 0;
}

static int leave_cgroups(void)
{
	char name[LONG_NAME + 1] = "";
	int i, err = 0;

	memset(name, 'c', LONG_NAME);
	for (i = 0; i < LONG_DEPTH && !err; i++)
		err = chdir("..") || rmdir(name) ? errno : 0;
	return chdir("/") ? errno : err;
}

/* Whoever may make cgroups could hide in one whose path cannot be told. */
TEST_F(assign, a_cgroup_too_deep_to_be_told)
{
	struct box box;
	char pid[16];

	ASSERT_EQ(0, put_table("policy=as ns=pid cgroup=/nowhere exe=/tmp/**\n"));
	ASSERT_EQ(0, enter_cgroups());
	ASSERT_EQ(0, box_start(&box, CLONE_NEWPID));
	snprintf(pid, sizeof(pid), "%d", box.pid);
	EXPECT_EQ(0, bh_write("/proc/self/cwd/cgroup.procs", "%s", pid));
	EXPECT_NE(0, box_live(&box));
	EXPECT_TRUE(box_is_bound(&box, "pid", NULL));
	box_stop(&box);
	EXPECT_EQ(0, leave_cgroups());
}

/* When */

TEST_F(assign, the_first_exec_is_judged)
{
	int events = bh_events();
	char inum[32];

	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	snprintf(inum, sizeof(inum), " inum=%u ", box_inum(&self->box, "pid"));
	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	EXPECT_EQ(ENOENT, box_exec(&self->box, "/nowhere", ""));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", NULL));
	EXPECT_EQ(EACCES, box_exec(&self->box, PROG, ""));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny class=exec policy=as ", inum,
				      "path=\"" PROG "\"", NULL));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", "as"));
	EXPECT_EQ(0, box_live(&self->box));
	close(events);
}

/* The line that may match decides, not the one after it. */
TEST_F(assign, a_path_that_cannot_be_told_fails_closed)
{
	int events = bh_events(), depth;
	char name[251] = "", inum[32];

	memset(name, 'd', sizeof(name) - 1);
	ASSERT_EQ(0, chdir("/tmp"));
	for (depth = 0; depth < 17; depth++) {
		mkdir(name, 0755);
		ASSERT_EQ(0, chdir(name));
	}
	bh_make_program("prog");
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	EXPECT_EQ(0, box_exec(&self->box, "prog", ""));
	box_stop(&self->box);

	ASSERT_EQ(0, bh_policy("as.open", "default exec allow"));
	ASSERT_EQ(0, put_table("policy=as ns=pid exe=/nowhere\npolicy=as.open ns=pid"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	snprintf(inum, sizeof(inum), " inum=%u ", box_inum(&self->box, "pid"));
	EXPECT_EQ(EACCES, box_exec(&self->box, "prog", ""));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny class=exec policy=as ", inum,
				      "reason=\"path too long\"", NULL));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", NULL));
	/* No line asks. */
	ASSERT_EQ(0, put_table("policy=as.open ns=pid"));
	EXPECT_EQ(0, box_exec(&self->box, "prog", ""));
	close(events);
	EXPECT_EQ(0, chdir("/"));
}

/* What init executes later is not its first program, whoever wrote a table meanwhile. */
TEST_F(assign, a_running_container_is_left_alone)
{
	char path[64], exe[64] = "";
	int i;

	ASSERT_EQ(0, mkfifo("/tmp/assign.fifo", 0600));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID | CLONE_NEWUSER));
	ASSERT_EQ(0, put_table("policy=as ns=user exe=/nowhere"));
	EXPECT_EQ(0, box_exec(&self->box, SHELL, "read x < /tmp/assign.fifo; " OTHER
			      "; exec " AGAIN " sh -c 'while :; do sleep 1; done'"));
	ASSERT_EQ(0, put_table("policy=as ns=pid\npolicy=as ns=user"));
	chmod("/tmp/assign.fifo", 0666);
	EXPECT_EQ(0, bh_write("/tmp/assign.fifo", "x\n"));
	snprintf(path, sizeof(path), "/proc/%d/exe", self->box.pid);
	for (i = 0; i < 1500 && strcmp(exe, AGAIN); i++) {
		usleep(20000);
		memset(exe, 0, sizeof(exe));
		ASSERT_LT(0, readlink(path, exe, sizeof(exe) - 1));
	}
	EXPECT_STREQ(AGAIN, exe);
	EXPECT_TRUE(box_is_bound(&self->box, "pid", NULL));
	EXPECT_TRUE(box_is_bound(&self->box, "user", NULL));
	unlink("/tmp/assign.fifo");
}

TEST_F(assign, a_binding_by_hand_wins)
{
	const char *line;

	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	ASSERT_EQ(0, bh_write("bind", "policy=as.other ns=pid pid=%d arm=exec", self->box.pid));
	EXPECT_EQ(EACCES, box_exec(&self->box, OTHER, ""));
	EXPECT_EQ(0, box_live(&self->box));
	line = bh_binding_line(box_inum(&self->box, "pid"));
	ASSERT_NE(NULL, line);
	EXPECT_NE(NULL, strstr(line, " policy=as.other "));
	EXPECT_NE(NULL, strstr(line, " by=bind "));
}

/* Unless the line says that it does not. */
TEST_F(assign, a_binding_by_hand_is_replaced)
{
	ASSERT_EQ(0, put_table("policy=as ns=pid override=no"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	ASSERT_EQ(0, bh_write("bind", "policy=as.other ns=pid pid=%d arm=exec", self->box.pid));
	EXPECT_EQ(EACCES, box_exec(&self->box, PROG, ""));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", "as"));
	EXPECT_EQ(0, box_live(&self->box));
	/* Once only: by then the operator means it. */
	EXPECT_EQ(0, bh_write("bind", "policy=as.other ns=pid pid=%d", self->box.pid));
	usleep(1200000);
	EXPECT_NE(NULL, strstr(bh_binding_line(box_inum(&self->box, "pid")),
			       " policy=as.other "));
}

TEST_F(assign, a_binding_by_hand_stays_where_no_line_matches)
{
	ASSERT_EQ(0, put_table("policy=as ns=pid exe=/nowhere override=no\npolicy=as ns=pid"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	ASSERT_EQ(0, bh_write("bind", "policy=as.other ns=pid pid=%d arm=exec", self->box.pid));
	EXPECT_EQ(0, box_live(&self->box));
	EXPECT_NE(NULL, strstr(bh_binding_line(box_inum(&self->box, "pid")),
			       " policy=as.other "));
}

/* And the operator has the last word. */
TEST_F(assign, unbind_and_bind_afterwards)
{
	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	ASSERT_EQ(0, box_live(&self->box));
	EXPECT_EQ(0, bh_write("bind", "policy=as.other ns=pid pid=%d", self->box.pid));
	EXPECT_NE(NULL, strstr(bh_binding_line(box_inum(&self->box, "pid")), " by=bind "));
	EXPECT_EQ(0, bh_write("unbind", "ns=pid pid=%d", self->box.pid));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", NULL));
}

/* Ways in */

/* A child of a process that enters the namespaces of a box: what its exec comes to. */
static int exec_inside(const struct box *box, const char *ns, const char *path)
{
	char name[64];
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		snprintf(name, sizeof(name), "/proc/%d/ns/%s", box->pid, ns);
		if (setns(open(name, O_RDONLY | O_CLOEXEC), 0))
			_exit(255);
		_exit(bh_exec(path));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

TEST_F(assign, only_init_speaks_for_a_pid_namespace)
{
	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWPID));
	EXPECT_EQ(0, exec_inside(&self->box, "pid", PROG));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", NULL));
	EXPECT_EQ(0, box_live(&self->box));
	EXPECT_TRUE(box_is_bound(&self->box, "pid", "as"));
	EXPECT_EQ(EACCES, exec_inside(&self->box, "pid", PROG));
}

TEST_F(assign, the_first_in_a_user_namespace)
{
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWUSER));
	ASSERT_EQ(0, box_live(&self->box));
	ASSERT_EQ(0, put_table("policy=as ns=user"));
	EXPECT_EQ(0, exec_inside(&self->box, "user", PROG));
	EXPECT_TRUE(box_is_bound(&self->box, "user", NULL));
	box_stop(&self->box);

	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWUSER));
	EXPECT_EQ(EACCES, exec_inside(&self->box, "user", PROG));
	EXPECT_TRUE(box_is_bound(&self->box, "user", "as"));
}

static int unshare_and_exec(void *flags)
{
	if (unshare(*(int *)flags))
		return 255;
	return bh_exec(PROG);
}

static int clone3_and_exec(void *flags)
{
	struct {
		unsigned long long flags, pidfd, child_tid, parent_tid, signal, stack, size, tls;
	} args = { .flags = *(int *)flags, .signal = SIGCHLD };
	int status;
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid) {
		execve(PROG, (char *[]){ "x", NULL }, (char *[]){ NULL });
		_exit(errno);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 255;
}

static int in_child(int (*act)(void *arg), int flags)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(act(&flags));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

TEST_F(assign, ways_to_make_a_namespace)
{
	int round;

	for (round = 0; round < 2; round++) {
		int want = round ? EACCES : 0;

		EXPECT_EQ(want, in_child(unshare_and_exec, CLONE_NEWPID));
		EXPECT_EQ(want, in_child(unshare_and_exec, CLONE_NEWUSER));
		EXPECT_EQ(want, in_child(clone3_and_exec, CLONE_NEWPID));
		EXPECT_EQ(want, in_child(clone3_and_exec, CLONE_NEWUSER));
		EXPECT_EQ(want, in_child(clone3_and_exec, CLONE_NEWUSER | CLONE_NEWPID));
		ASSERT_EQ(0, put_table("policy=as ns=pid\npolicy=as ns=user"));
	}
}

/* Whose pid 1 executes nothing: bwrap, lxc-execute */

static int fork_and_exec(void *path)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execve(path, (char *[]){ "x", NULL }, (char *[]){ NULL });
		_exit(errno);
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

TEST_F(assign, by_the_first_that_executes)
{
	struct bh_cell cell;
	struct box box = { };

	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	box.pid = cell.pid;
	/* Who enters does not start it. */
	EXPECT_EQ(0, exec_inside(&box, "pid", PROG));
	EXPECT_TRUE(box_is_bound(&box, "pid", NULL));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, fork_and_exec, PROG));
	EXPECT_TRUE(box_is_bound(&box, "pid", "as"));
	EXPECT_EQ(0, bh_cell_run(&cell, fork_and_exec, OTHER));
	bh_cell_stop(&cell);
}

/* Returns when the child has executed, which closes its end of the pipe. */
static int stay(void *unused)
{
	int executed[2], status = pipe2(executed, O_CLOEXEC);
	pid_t pid = fork();

	if (!pid) {
		execl(SHELL, "sh", "-c", "while :; do sleep 1; done", NULL);
		_exit(1);
	}
	close(executed[1]);
	if (status || read(executed[0], &status, 1) || waitpid(pid, NULL, WNOHANG))
		return 1;
	return 0;
}

/* What runs already is left alone there, too. */
TEST_F(assign, by_none_that_follows)
{
	struct bh_cell cell;
	struct box box = { };

	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	box.pid = cell.pid;
	ASSERT_EQ(0, bh_cell_run(&cell, stay, NULL));
	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	EXPECT_EQ(0, bh_cell_run(&cell, fork_and_exec, PROG));
	EXPECT_TRUE(box_is_bound(&box, "pid", NULL));
	bh_cell_stop(&cell);
}

/* Containers that share the host's pid namespace */

static void expect_mnt(struct __test_metadata *_metadata, const char *procs, const char *policy)
{
	struct box box;

	box_start_in(_metadata, &box, CLONE_NEWNS, procs);
	EXPECT_EQ(policy ? EACCES : 0, box_exec(&box, policy ? PROG : SHELL, "sleep 1000"));
	EXPECT_TRUE(box_is_bound(&box, "mnt", policy));
	box_stop(&box);
}

TEST_F(assign, mount_namespaces_by_cgroup)
{
	ASSERT_EQ(0, put_table("policy=as ns=mnt cgroup=/a/**"));
	expect_mnt(_metadata, CGROUPS "/a/b c/cgroup.procs", "as");
	expect_mnt(_metadata, CGROUPS "/a/cgroup.procs", NULL);
	expect_mnt(_metadata, CGROUPS "/cgroup.procs", NULL);
	ASSERT_EQ(0, put_table("policy=as.other ns=pid"));
	expect_mnt(_metadata, CGROUPS "/a/b c/cgroup.procs", NULL);
}

/* The host's own is never bound, and what runs in one already is left alone. */
TEST_F(assign, mount_namespaces_that_are_old)
{
	char pid[16];

	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWNS));
	snprintf(pid, sizeof(pid), "%d", self->box.pid);
	ASSERT_EQ(0, bh_write(CGROUPS "/a/b c/cgroup.procs", "%s", pid));
	ASSERT_EQ(0, box_live(&self->box));
	ASSERT_EQ(0, put_table("policy=as ns=mnt cgroup=/**"));
	EXPECT_EQ(0, exec_inside(&self->box, "mnt", PROG));
	EXPECT_TRUE(box_is_bound(&self->box, "mnt", NULL));
	EXPECT_EQ(0, fork_and_exec(PROG));
}

/* Who executed a program before he came makes no namespace old, wherever the program lies. */

/* Executed outside: enters the mount namespace of a process. */
static int enter(const char *pid)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%s/ns/mnt", pid);
	return setns(open(name, O_RDONLY | O_CLOEXEC), CLONE_NEWNS);
}

/* Executed on a detached mount: makes a namespace and attaches it there. */
static int move_in(const char *fd)
{
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       syscall(SYS_move_mount, atoi(fd), "", AT_FDCWD, "/mnt", MOVE_MOUNT_F_EMPTY_PATH);
}

__attribute__((constructor)) static void come_in(int argc, char **argv)
{
	if (argc != 2 || (strcmp(argv[0], "enter") && strcmp(argv[0], "move_in")))
		return;
	_exit((*argv[0] == 'e' ? enter : move_in)(argv[1]) ? 255 : bh_exec(PROG));
}

/* What became of PROG, executed by who came in so: an errno. */
static int come_in_by(int dir, const char *path, const char *way, int number)
{
	char word[16], *argv[] = { (char *)way, word, NULL };
	pid_t pid = fork();
	int status;

	snprintf(word, sizeof(word), "%d", number);
	if (!pid) {
		syscall(SYS_execveat, dir, path, argv, (char *[]){ NULL }, 0);
		_exit(254);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

TEST_F(assign, mount_namespaces_entered_by_a_program_of_theirs)
{
	char path[64];

	bh_copy("/proc/self/exe", SELF);
	ASSERT_EQ(0, put_table("policy=as ns=mnt cgroup=/**"));
	ASSERT_EQ(0, box_start(&self->box, CLONE_NEWNS));
	snprintf(path, sizeof(path), "/proc/%d/root" SELF, self->box.pid);
	EXPECT_EQ(EACCES, come_in_by(AT_FDCWD, path, "enter", self->box.pid));
	EXPECT_TRUE(box_is_bound(&self->box, "mnt", "as"));
	unlink(SELF);
}

TEST_F(assign, mount_namespaces_entered_by_a_program_on_a_mount_to_be)
{
	int fd;

	bh_copy("/proc/self/exe", SELF);
	mkdir("/mnt", 0755);
	ASSERT_EQ(0, put_table("policy=as ns=mnt cgroup=/**"));
	fd = syscall(SYS_open_tree, AT_FDCWD, "/tmp", OPEN_TREE_CLONE);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, come_in_by(fd, strrchr(SELF, '/') + 1, "move_in", fd));
	close(fd);
	unlink(SELF);
}

/* Inside a container that is confined already */

static int nested(void *unused)
{
	return in_child(clone3_and_exec, CLONE_NEWPID);
}

TEST_F(assign, nested)
{
	struct bh_cell cell;
	long assigned;

	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(0, bh_cell_run(&cell, nested, NULL));
	ASSERT_EQ(0, bh_cell_bind(&cell, "as"));
	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	/* The policy holds there anyway: nothing to add. */
	assigned = bh_number("stats", "assigned");
	EXPECT_EQ(EACCES, bh_cell_run(&cell, nested, NULL));
	EXPECT_EQ(assigned, bh_number("stats", "assigned"));
	/* Another comes on top. */
	ASSERT_EQ(0, put_table("policy=as.other ns=pid"));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, nested, NULL));
	EXPECT_EQ(assigned + 1, bh_number("stats", "assigned"));
	bh_cell_stop(&cell);
}

/* Many */

static bool wait_for_bindings(long want)
{
	int i;

	for (i = 0; i < 300 && bh_number("stats", "bindings") > want; i++)
		usleep(100000);
	return bh_number("stats", "bindings") <= want;
}

TEST_F_TIMEOUT(assign, a_thousand_namespaces, 300)
{
	long assigned = bh_number("stats", "assigned"), bindings = bh_number("stats", "bindings");
	int i, denied = 0;

	ASSERT_EQ(0, put_table("policy=as ns=pid exe=/tmp/**"));
	for (i = 0; i < 1000; i++)
		denied += in_child(clone3_and_exec, CLONE_NEWPID) == EACCES;
	EXPECT_EQ(1000, denied);
	EXPECT_EQ(assigned + 1000, bh_number("stats", "assigned"));
	EXPECT_TRUE(wait_for_bindings(bindings));
}

/* There is no moment without a table while one replaces the other. */
TEST_F_TIMEOUT(assign, a_table_is_replaced_without_a_gap, 300)
{
	int i, denied = 0;
	pid_t pid;

	ASSERT_EQ(0, bh_policy("as.twin", "deny exec path=" PROG));
	ASSERT_EQ(0, put_table("policy=as ns=pid"));
	pid = fork();
	while (!pid)
		if (put_table("policy=as.twin ns=pid") ||
		    put_table("policy=as ns=user\npolicy=as ns=pid cgroup=/** exe=/**"))
			_exit(1);
	for (i = 0; i < 200; i++)
		denied += in_child(clone3_and_exec, CLONE_NEWPID) == EACCES;
	EXPECT_EQ(200, denied);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_HARNESS_MAIN
