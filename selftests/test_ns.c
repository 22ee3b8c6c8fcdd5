// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: of which namespace, how they are shown, and how long they last.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"

#define PROG "/tmp/prog"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

FIXTURE(ns) {
	struct bh_cell cell;
};

FIXTURE_SETUP(ns)
{
	bh_make_program(PROG);
	ASSERT_EQ(0, bh_policy("ns", "deny exec path=" PROG));
	ASSERT_EQ(0, bh_policy("ns.other", "default exec allow"));
	ASSERT_EQ(0, bh_cell_start(&self->cell, 0));
}

FIXTURE_TEARDOWN(ns)
{
	bh_cell_stop(&self->cell);
}

static int act_exec(void *unused)
{
	return bh_exec(PROG);
}

/* The acts of a cell that is not bound, and of one that is. */
static void expect_free(struct __test_metadata *_metadata, const struct bh_cell *cell)
{
	EXPECT_EQ(0, bh_cell_run(cell, act_exec, NULL));
}

static void expect_confined(struct __test_metadata *_metadata, const struct bh_cell *cell)
{
	int events = bh_events();
	char inum[32];

	snprintf(inum, sizeof(inum), " inum=%u ", bh_cell_inum(cell, "pid"));
	EXPECT_EQ(EACCES, bh_cell_run(cell, act_exec, NULL));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny class=exec policy=ns ", inum, NULL));
	close(events);
}

static int open_ns(pid_t pid, const char *ns)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int open_pidfd(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

/* Ways to name a namespace */

TEST_F(ns, by_pid)
{
	expect_free(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d", self->cell.pid));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("unbind", "ns=pid pid=%d", self->cell.pid));
	expect_free(_metadata, &self->cell);
}

TEST_F(ns, by_a_file_of_proc)
{
	int fd = open_ns(self->cell.pid, "pid");

	expect_free(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid fd=%d", fd));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("unbind", "ns=pid fd=%d", fd));
	expect_free(_metadata, &self->cell);
	close(fd);
}

TEST_F(ns, by_pidfd)
{
	int fd = open_pidfd(self->cell.pid);

	expect_free(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid fd=%d arm=now", fd));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("unbind", "ns=pid fd=%d", fd));
	expect_free(_metadata, &self->cell);
	close(fd);
}

TEST_F(ns, by_number)
{
	unsigned int inum = bh_cell_inum(&self->cell, "pid");

	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=pid inum=%u", inum));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=user inum=%u", inum));
	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=pid inum=%u", inum + 1000));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(0, bh_write("unbind", "ns=pid inum=%u", inum));
	expect_free(_metadata, &self->cell);
}

static int bind_self(void *how)
{
	return -bh_write("bind", "policy=ns ns=pid %s", (const char *)how);
}

TEST_F(ns, by_itself)
{
	expect_free(_metadata, &self->cell);
	EXPECT_EQ(0, bh_cell_run(&self->cell, bind_self, "self"));
	expect_confined(_metadata, &self->cell);
	/* And there is no way back from inside. */
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, bind_self, "self"));
}

/* A pid is what the writer takes it for. */
TEST_F(ns, by_a_pid_of_the_writers_namespace)
{
	expect_free(_metadata, &self->cell);
	EXPECT_EQ(0, bh_cell_run(&self->cell, bind_self, "pid=1"));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid pid=1"));
}

static int wait_in_thread(void *unused)
{
	pause();
	return 0;
}

/* Any task of the namespace will do, and it need not be the first. */
TEST_F(ns, by_a_thread)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t tid;
	int fd;

	tid = clone(wait_in_thread, stack + sizeof(stack), CLONE_VM | CLONE_THREAD |
		    CLONE_SIGHAND | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM, NULL);
	ASSERT_LT(0, tid);
	/* Which is the initial one. */
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid pid=%d", tid));
	fd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (fd < 0 && errno == EINVAL)
		SKIP(return, "no pidfd of a thread before Linux 6.9");
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", fd));
	close(fd);
}

TEST_F(ns, several_lines)
{
	struct bh_cell other;

	ASSERT_EQ(0, bh_cell_start(&other, 0));
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d\n\n\tpolicy=%s  ns=pid pid=%d\t\n",
			      self->cell.pid, "ns.other", other.pid));
	expect_confined(_metadata, &self->cell);
	EXPECT_NE(NULL, bh_binding_line(bh_cell_inum(&other, "pid")));
	/* Each on its own: those before the first that fails stand. */
	EXPECT_EQ(-ENOENT, bh_write("bind", "policy=ns ns=pid pid=%d\npolicy=none ns=pid pid=%d\n"
				    "policy=ns.other ns=pid pid=%d\n",
				    other.pid, other.pid, self->cell.pid));
	expect_confined(_metadata, &self->cell);
	expect_confined(_metadata, &other);
	bh_cell_stop(&other);
}

TEST_F(ns, words_in_any_order)
{
	EXPECT_EQ(0, bh_write("bind", "arm=now pid=%d\tns=pid   policy=ns\n", self->cell.pid));
	expect_confined(_metadata, &self->cell);
}

/* Errors */

static const char *const bad_lines[] = {
	"policy=ns", "ns=pid", "policy=ns ns=pid", "policy=ns self", "ns=pid self",
	"policy=ns ns=net self", "policy=ns ns=uts self", "policy=ns ns=pid,user self",
	"policy=ns ns= self", "policy= ns=pid self", "policy=ns ns=pid self=1",
	"policy=ns ns=pid me", "policy=ns ns=pid pid=", "policy=ns ns=pid pid=one",
	"policy=ns ns=pid pid=-1", "policy=ns ns=pid pid=0", "policy=ns ns=pid pid=1x",
	"policy=ns ns=pid pid=99999999999", "policy=ns ns=pid fd=", "policy=ns ns=pid fd=-1",
	"policy=ns ns=pid self pid=1", "policy=ns ns=pid pid=1 fd=0",
	"policy=ns ns=pid pid=1 pid=1",
	"policy=ns policy=ns ns=pid self", "policy=ns ns=pid ns=pid self",
	"policy=ns ns=pid self self", "policy=ns ns=pid self arm=later",
	"policy=ns ns=pid self arm=", "policy=ns ns=pid self arm=now arm=now",
	"policy=ns ns=pid inum=1", "policy=ns ns=pid self colour=red", "nonsense", "=", "policy",
};

static void expect_bad_lines(struct __test_metadata *_metadata, const char *file,
			     const char *const *lines, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		EXPECT_EQ(-EINVAL, bh_write(file, "%s\n", lines[i]))
			TH_LOG("%s: line %zu", file, i);
}

static const char *const bad_unbind_lines[] = {
	"ns=pid", "self", "ns=net self", "ns=pid inum=", "ns=pid inum=x", "ns=pid inum=1 self",
	"ns=pid self arm=now", "policy=ns ns=pid self", "ns=pid pid=0", "nonsense",
};

TEST_F(ns, bad_lines)
{
	long bindings = bh_number("stats", "bindings");

	expect_bad_lines(_metadata, "bind", bad_lines, ARRAY_SIZE(bad_lines));
	expect_bad_lines(_metadata, "unbind", bad_unbind_lines, ARRAY_SIZE(bad_unbind_lines));
	EXPECT_EQ(-EINVAL, bh_write_bytes("bind", "policy=ns\0ns=pid self", 21));
	EXPECT_EQ(bindings, bh_number("stats", "bindings"));
}

TEST_F(ns, initial_namespaces)
{
	int nsfd = open_ns(1, "pid"), pidfd = open_pidfd(1);

	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid self"));
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=user self"));
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid pid=1"));
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", nsfd));
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", pidfd));
	/* The cell has a pid namespace of its own, but no user namespace. */
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=user pid=%d", self->cell.pid));
	EXPECT_EQ(0, act_exec(NULL));
	close(nsfd);
	close(pidfd);
}

TEST_F(ns, who_is_gone)
{
	int nsfd = open_ns(self->cell.pid, "pid"), pidfd = open_pidfd(self->cell.pid);
	pid_t pid = self->cell.pid;

	EXPECT_EQ(-ESRCH, bh_write("bind", "policy=ns ns=pid pid=4194304"));
	bh_cell_stop(&self->cell);
	EXPECT_EQ(-ESRCH, bh_write("bind", "policy=ns ns=pid pid=%d", pid));
	EXPECT_EQ(-ESRCH, bh_write("bind", "policy=ns ns=pid fd=%d", pidfd));
	EXPECT_EQ(-ESRCH, bh_write("bind", "policy=ns ns=pid fd=%d", nsfd));
	EXPECT_EQ(-ESRCH, bh_write("unbind", "ns=pid pid=%d", pid));
	close(nsfd);
	close(pidfd);
}

TEST_F(ns, a_zombie)
{
	pid_t pid = fork();
	siginfo_t info;

	if (!pid)
		_exit(0);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	/* Of the initial namespace still, or gone: never bound. */
	EXPECT_GT(0, bh_write("bind", "policy=ns ns=pid pid=%d", pid));
	EXPECT_EQ(-ESRCH, bh_write("bind", "policy=ns ns=mnt pid=%d", pid));
	EXPECT_EQ(0, act_exec(NULL));
	waitpid(pid, NULL, 0);
}

TEST_F(ns, what_is_not_there)
{
	EXPECT_EQ(-ENOENT, bh_write("bind", "policy=none ns=pid pid=%d", self->cell.pid));
	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=pid pid=%d", self->cell.pid));
	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=pid self"));
}

TEST_F(ns, other_descriptors)
{
	static const char *const files[] = {
		"/dev/null", "/proc/self/stat", "/proc/self/ns/net", "/proc/self/ns/mnt",
		"/proc/self/ns/user", "/proc/self",
	};
	int event = eventfd(0, EFD_CLOEXEC), fd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fd = open(files[i], O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", fd))
			TH_LOG("file %zu", i);
		close(fd);
	}
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", event));
	EXPECT_GT(0, bh_write("bind", "policy=ns ns=pid fd=999"));
	close(event);
}

/* Files of a type of its own are pidfds; a name does not make one. */
TEST_F(ns, a_file_that_calls_itself_a_pidfd)
{
	int fd = memfd_create("[pidfd]", MFD_CLOEXEC), file;

	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", fd));
	file = open("/tmp/[pidfd]", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", file));
	close(file);
	close(fd);
}

/* Binding again, removing */

TEST_F(ns, binding_again_replaces)
{
	unsigned int inum = bh_cell_inum(&self->cell, "pid");
	long bindings = bh_number("stats", "bindings");

	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(bindings + 1, bh_number("stats", "bindings"));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns.other"));
	EXPECT_EQ(bindings + 1, bh_number("stats", "bindings"));
	expect_free(_metadata, &self->cell);
	ASSERT_NE(NULL, bh_binding_line(inum));
	EXPECT_NE(NULL, strstr(bh_binding_line(inum), " policy=ns.other "));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(bindings + 1, bh_number("stats", "bindings"));
	expect_confined(_metadata, &self->cell);
}

TEST_F(ns, a_failing_bind_changes_nothing)
{
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(-ENOENT, bh_cell_bind(&self->cell, "none"));
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns.other ns=pid pid=%d arm=soon",
				    self->cell.pid));
	expect_confined(_metadata, &self->cell);
}

TEST_F(ns, a_bound_policy_cannot_be_removed)
{
	struct bh_cell other;

	ASSERT_EQ(0, bh_cell_start(&other, 0));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(0, bh_cell_bind(&other, "ns"));
	/* To ask for all of them drops those of the dead. */
	EXPECT_LE(2, bh_number("stats", "bindings"));
	EXPECT_EQ(2, bh_number("policies/ns/stats", "bindings"));
	EXPECT_EQ(-EBUSY, bh_write("remove", "ns"));
	EXPECT_EQ(0, bh_write("unbind", "ns=pid pid=%d", other.pid));
	EXPECT_EQ(-EBUSY, bh_write("remove", "ns"));
	expect_confined(_metadata, &self->cell);
	/* Replaced counts as unbound. */
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns.other"));
	EXPECT_EQ(0, bh_write("remove", "ns"));
	expect_free(_metadata, &self->cell);
	EXPECT_EQ(-ENOENT, bh_cell_bind(&self->cell, "ns"));
	bh_cell_stop(&other);
}

/* A dead namespace keeps no policy. */
TEST_F(ns, a_policy_of_the_dead_can_be_removed)
{
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(-EBUSY, bh_write("remove", "ns"));
	bh_cell_stop(&self->cell);
	EXPECT_EQ(0, bh_write("remove", "ns"));
}

TEST_F(ns, a_new_version_holds_at_once)
{
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	expect_confined(_metadata, &self->cell);
	ASSERT_EQ(0, bh_policy("ns", "default exec allow"));
	expect_free(_metadata, &self->cell);
	ASSERT_EQ(0, bh_policy("ns", "default exec deny"));
	expect_confined(_metadata, &self->cell);
}

/* bindings, self */

static void expect_line(struct __test_metadata *_metadata, unsigned int inum, const char *armed,
			const char *cgroup)
{
	const char *line = bh_binding_line(inum);
	long version = bh_number("policies/ns/info", "version");
	char want[256];

	snprintf(want, sizeof(want), "ns=pid inum=%u policy=ns version=%ld armed=%s %s=\"%s\"",
		 inum, version, armed, "by=bind cgroup", cgroup);
	ASSERT_NE(NULL, line);
	EXPECT_STREQ(want, line);
}

TEST_F(ns, how_a_binding_is_shown)
{
	unsigned int inum = bh_cell_inum(&self->cell, "pid");

	EXPECT_EQ(NULL, bh_binding_line(inum));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	expect_line(_metadata, inum, "yes", "/");
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d arm=exec", self->cell.pid));
	expect_line(_metadata, inum, "no", "/");
	ASSERT_EQ(0, bh_policy("ns", "default exec kill"));
	expect_line(_metadata, inum, "no", "/");
	EXPECT_EQ(0, bh_write("unbind", "ns=pid inum=%u", inum));
	EXPECT_EQ(NULL, bh_binding_line(inum));
}

#define CGROUPS "/sys/fs/cgroup"

/* Whoever makes a cgroup chooses its name. */
TEST_F(ns, the_cgroup)
{
	static const struct {
		const char *name;
		const char *shown;
	} cgroups[] = {
		{ "bulkhead", "/bulkhead" },
		{ "bulk head\n", "/bulk head\\x0a" },
		{ "\" by=\\", "/\\\" by=\\\\" },
	};
	unsigned int inum = bh_cell_inum(&self->cell, "pid");
	char path[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cgroups); i++) {
		/* The kernel takes no newline in a cgroup's name. */
		snprintf(path, sizeof(path), CGROUPS "/%s", cgroups[i].name);
		if (mkdir(path, 0755) && strchr(cgroups[i].name, '\n'))
			continue;
		strcat(path, "/cgroup.procs");
		ASSERT_EQ(0, bh_write(path, "%d", self->cell.pid));
		EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
		expect_line(_metadata, inum, "yes", cgroups[i].shown);
		ASSERT_EQ(0, bh_write(CGROUPS "/cgroup.procs", "%d", self->cell.pid));
		snprintf(path, sizeof(path), CGROUPS "/%s", cgroups[i].name);
		EXPECT_EQ(0, rmdir(path));
	}
}

/* Does `self`, read by the cell, contain this text? */
static char *wanted;

static int self_is(void *unused)
{
	char text[4096];

	return bh_read("self", text, sizeof(text)) < 0 || strcmp(text, wanted);
}

TEST_F(ns, what_confines_the_reader)
{
	long version = bh_number("policies/ns/info", "version");
	struct bh_cell cell;
	char text[256];

	wanted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, wanted);
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(0, bh_cell_run(&cell, self_is, NULL));
	EXPECT_EQ(0, bh_cell_bind(&cell, "ns"));
	snprintf(wanted, 4096, "ns=pid inum=%u policy=ns version=%ld armed=yes\n",
		 bh_cell_inum(&cell, "pid"), version);
	EXPECT_EQ(0, bh_cell_run(&cell, self_is, NULL));
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d arm=exec", cell.pid));
	snprintf(wanted, 4096, "ns=pid inum=%u policy=ns version=%ld armed=no\n",
		 bh_cell_inum(&cell, "pid"), version);
	EXPECT_EQ(0, bh_cell_run(&cell, self_is, NULL));
	EXPECT_EQ(0, bh_read("self", text, sizeof(text)));
	bh_cell_stop(&cell);
}

static int read_as_nobody(void *unused)
{
	char text[64];

	if (seteuid(65534))
		return 255;
	return bh_read("self", text, sizeof(text)) < 0;
}

TEST_F(ns, anyone_may_ask_what_confines_him)
{
	EXPECT_EQ(0, bh_cell_run(&self->cell, read_as_nobody, NULL));
}

/* User namespaces */

TEST_F(ns, user_namespaces)
{
	struct bh_cell cell;
	unsigned int inum;
	const char *line;
	int fd;

	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER));
	inum = bh_cell_inum(&cell, "user");
	fd = open_ns(cell.pid, "user");
	expect_free(_metadata, &cell);
	EXPECT_EQ(-EINVAL, bh_write("bind", "policy=ns ns=pid fd=%d", fd));
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=user fd=%d", fd));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, act_exec, NULL));
	line = bh_binding_line(inum);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(0, strncmp(line, "ns=user inum=", 13));
	EXPECT_EQ(0, bh_write("unbind", "ns=user pid=%d", cell.pid));
	expect_free(_metadata, &cell);
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=user pid=%d", cell.pid));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, act_exec, NULL));
	EXPECT_EQ(0, bh_write("unbind", "ns=user inum=%u", inum));
	expect_free(_metadata, &cell);
	close(fd);
	bh_cell_stop(&cell);
}

/* One task under two bindings of its own. */
TEST_F(ns, both_namespaces_of_a_task)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER));
	EXPECT_EQ(0, bh_write("bind", "policy=ns.other ns=user pid=%d\npolicy=ns ns=pid pid=%d",
			      cell.pid, cell.pid));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, act_exec, NULL));
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=user pid=%d\npolicy=ns.other ns=pid pid=%d",
			      cell.pid, cell.pid));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, act_exec, NULL));
	EXPECT_EQ(0, bh_write("unbind", "ns=user pid=%d", cell.pid));
	expect_free(_metadata, &cell);
	bh_cell_stop(&cell);
}

static int enter_and_exec(int fd, int type)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setns(fd, type))
			_exit(100 + errno);
		if (type == CLONE_NEWUSER)
			_exit(act_exec(NULL));
		pid = fork();
		if (!pid)
			_exit(act_exec(NULL));
		if (pid < 0)
			_exit(100 + errno);
		_exit(waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 255);
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

/* It is alive as long as someone can enter it, tasks or not. */
TEST_F(ns, a_user_namespace_without_tasks)
{
	struct bh_cell cell;
	unsigned int inum;
	int fd, tries;

	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER));
	inum = bh_cell_inum(&cell, "user");
	fd = open_ns(cell.pid, "user");
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, enter_and_exec(fd, CLONE_NEWUSER));
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=user fd=%d", fd));
	bh_cell_stop(&cell);
	sleep(4);
	EXPECT_NE(NULL, bh_binding_line(inum));
	EXPECT_EQ(EACCES, enter_and_exec(fd, CLONE_NEWUSER));
	close(fd);
	for (tries = 0; tries < 300 && bh_binding_line(inum); tries++)
		usleep(100000);
	EXPECT_EQ(NULL, bh_binding_line(inum));
}

/* A pid namespace is dead without its init, whoever holds it. */
TEST_F(ns, a_pid_namespace_without_tasks)
{
	unsigned int inum = bh_cell_inum(&self->cell, "pid");
	int fd = open_ns(self->cell.pid, "pid");

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, enter_and_exec(fd, CLONE_NEWPID));
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	EXPECT_EQ(EACCES, enter_and_exec(fd, CLONE_NEWPID));
	bh_cell_stop(&self->cell);
	EXPECT_EQ(NULL, bh_binding_line(inum));
	EXPECT_EQ(100 + ENOMEM, enter_and_exec(fd, CLONE_NEWPID));
	close(fd);
}

/* Arming */

static int arm_and_wait(void *unused)
{
	char *argv[] = { "sleep", "1000", NULL };

	/* The result pipe closes with the exec: the test goes on then. */
	execv("/bin/sleep", argv);
	return errno;
}

TEST_F(ns, armed_by_an_exec_of_init)
{
	unsigned int inum = bh_cell_inum(&self->cell, "pid");

	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d arm=exec", self->cell.pid));
	expect_line(_metadata, inum, "no", "/");
	/* Not by one of a child of init. */
	expect_free(_metadata, &self->cell);
	expect_line(_metadata, inum, "no", "/");
	EXPECT_EQ(-1, bh_cell_run(&self->cell, arm_and_wait, NULL));
	expect_line(_metadata, inum, "yes", "/");
	/* A later version does not disarm it, a later binding may. */
	ASSERT_EQ(0, bh_policy("ns", "default exec deny"));
	expect_line(_metadata, inum, "yes", "/");
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d arm=exec", self->cell.pid));
	expect_line(_metadata, inum, "no", "/");
}

/* Who is not confined yet may write; who is may not. */
TEST_F(ns, not_confined_before_it_is_armed)
{
	EXPECT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d arm=exec", self->cell.pid));
	expect_free(_metadata, &self->cell);
	EXPECT_EQ(0, bh_cell_run(&self->cell, bind_self, "self arm=now"));
	expect_confined(_metadata, &self->cell);
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, bind_self, "self arm=exec"));
	expect_confined(_metadata, &self->cell);
}

/* Lifetime */

static void expect_bindings(struct __test_metadata *_metadata, long nr)
{
	int tries;

	for (tries = 0; tries < 300 && bh_number("stats", "bindings") != nr; tries++)
		usleep(100000);
	EXPECT_EQ(nr, bh_number("stats", "bindings"));
}

/* A process in a pid namespace of its own that does nothing. */
static pid_t start_sleeper(int flags)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD | flags, NULL, NULL, NULL, NULL);

	if (pid)
		return pid;
	pause();
	_exit(0);
}

static void stop_sleeper(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F_TIMEOUT(ns, a_thousand_one_after_the_other, 300)
{
	long before = bh_number("stats", "bindings");
	int i;

	for (i = 0; i < 1000; i++) {
		pid_t pid = start_sleeper(0);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d", pid));
		stop_sleeper(pid);
	}
	expect_bindings(_metadata, before);
	EXPECT_EQ(0, bh_write("remove", "ns"));
}

TEST_F_TIMEOUT(ns, a_thousand_at_once, 300)
{
	long before = bh_number("stats", "bindings");
	static pid_t pids[1000];
	int i;

	for (i = 0; i < 1000; i++) {
		pids[i] = start_sleeper(0);
		ASSERT_LT(0, pids[i]);
		ASSERT_EQ(0, bh_write("bind", "policy=ns ns=pid pid=%d", pids[i]));
	}
	EXPECT_EQ(before + 1000, bh_number("stats", "bindings"));
	for (i = 0; i < 1000; i++)
		stop_sleeper(pids[i]);
	expect_bindings(_metadata, before);
}

TEST_F_TIMEOUT(ns, user_namespaces_end_too, 300)
{
	long before = bh_number("stats", "bindings");
	int i;

	for (i = 0; i < 200; i++) {
		pid_t pid = start_sleeper(CLONE_NEWUSER);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, bh_write("bind", "policy=ns ns=user pid=%d\npolicy=ns ns=pid pid=%d",
				      pid, pid));
		stop_sleeper(pid);
	}
	expect_bindings(_metadata, before);
}

static unsigned int inum_of(pid_t pid)
{
	struct bh_cell cell = { .pid = pid };

	return bh_cell_inum(&cell, "pid");
}

/*
 * The kernel hands out the lowest free number, so that some new namespace gets
 * one that was given back, if there are enough of them. The last one has it.
 */
static int find_again(unsigned int inum, pid_t *pids, int max)
{
	int nr = 0;

	while (nr < max && (!nr || inum_of(pids[nr - 1]) != inum))
		pids[nr++] = start_sleeper(0);
	return nr;
}

TEST_F_TIMEOUT(ns, a_number_used_again_is_not_bound, 300)
{
	unsigned int inum = bh_cell_inum(&self->cell, "pid");
	static pid_t pids[2000];
	int nr, fd, i;

	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	expect_confined(_metadata, &self->cell);
	bh_cell_stop(&self->cell);
	EXPECT_EQ(NULL, bh_binding_line(inum));
	/* The last reference is dropped after a grace period. */
	sleep(2);
	nr = find_again(inum, pids, ARRAY_SIZE(pids));
	EXPECT_EQ(inum, inum_of(pids[nr - 1]));
	EXPECT_EQ(NULL, bh_binding_line(inum));
	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=pid inum=%u", inum));
	fd = open_ns(pids[nr - 1], "pid");
	EXPECT_EQ(0, enter_and_exec(fd, CLONE_NEWPID));
	close(fd);
	for (i = 0; i < nr; i++)
		stop_sleeper(pids[i]);
}

/* Binding, unbinding and dying at the same time. */
static void churn(int seed)
{
	int i;

	srand(seed);
	for (i = 0; i < 150; i++) {
		pid_t pid = start_sleeper(0);

		bh_write("bind", "policy=%s ns=pid pid=%d arm=%s", rand() % 2 ? "ns" : "ns.other",
			 pid, rand() % 2 ? "now" : "exec");
		if (rand() % 2)
			bh_write("unbind", "ns=pid pid=%d", pid);
		if (rand() % 4 == 0)
			bh_policy("ns", "deny exec path=" PROG);
		stop_sleeper(pid);
	}
	_exit(0);
}

TEST_F_TIMEOUT(ns, churn, 300)
{
	long before = bh_number("stats", "bindings");
	int i, status;

	for (i = 0; i < 4; i++)
		if (!fork())
			churn(i);
	for (i = 0; i < 4; i++) {
		ASSERT_LT(0, wait(&status));
		EXPECT_EQ(0, status);
	}
	expect_bindings(_metadata, before);
	EXPECT_EQ(0, bh_cell_bind(&self->cell, "ns"));
	expect_confined(_metadata, &self->cell);
}

TEST_HARNESS_MAIN
