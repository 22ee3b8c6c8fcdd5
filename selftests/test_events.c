// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: their form, their readers, and the other places that they go to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/kcmp.h>
#include <linux/netlink.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <kselftest_harness.h>

#include "cell.h"

#define TOP "/tmp/x"
#define PROG TOP "/prog"
#define TRACING "/sys/kernel/tracing"

/* Acts that the policy denies. */

static int act_exec(void *path)
{
	return bh_exec(path);
}

static int act_mount(void *unused)
{
	return mount("some \"where\"\n", TOP, "tmpfs", MS_NOSUID | MS_RDONLY, NULL) ? errno : 0;
}

static int act_pivot_root(void *unused)
{
	return syscall(SYS_pivot_root, TOP, TOP) ? errno : 0;
}

/* Asks for access to a child, @arg times, and is denied. */
static int act_kcmp(void *arg)
{
	long times = (long)arg;
	pid_t pid = fork();
	int err = 0;

	if (!pid) {
		pause();
		_exit(0);
	}
	while (times--)
		err = syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0) < 0 ? errno : 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

/* A confined cell, and a reader that has read what there was before. */
FIXTURE(events) {
	struct bh_cell cell;
	int fd;
};

FIXTURE_SETUP(events)
{
	mkdir(TOP, 0755);
	bh_make_program(PROG);
	ASSERT_EQ(0, bh_policy("events", "default exec deny\ndefault mount deny\n"
			       "default ptrace deny\nallow exec path=/allowed"));
	ASSERT_EQ(0, bh_cell_start(&self->cell, 0));
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_exec, PROG));
	EXPECT_EQ(0, bh_cell_run(&self->cell, act_kcmp, (void *)1));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "events"));
	self->fd = bh_events();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(events)
{
	bh_cell_stop(&self->cell);
	close(self->fd);
}

/* The next line, without its newline, in a static buffer; NULL if there is none. */
static char *next_line(int fd)
{
	static char line[65536];
	size_t len = 0;

	while (len < sizeof(line) - 1 && read(fd, line + len, 1) == 1) {
		if (line[len] == '\n') {
			line[len] = '\0';
			return line;
		}
		len++;
	}
	return NULL;
}

static unsigned long long number_of(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* Form */

static void expect_match(struct __test_metadata *_metadata, const char *line, const char *pattern)
{
	regex_t regex;

	ASSERT_EQ(0, regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB));
	ASSERT_NE(NULL, line);
	EXPECT_EQ(0, regexec(&regex, line, 0, NULL, 0))
		TH_LOG("%s\n# is not %s", line, pattern);
	regfree(&regex);
}

/* What no one can choose comes first. */
#define HEAD(class, fixed)							\
	"^seq=[0-9]+ time=[0-9]+\\.[0-9]{9} verdict=deny class=" class		\
	" policy=events version=[0-9]+ rule=default ns=pid inum=[0-9]+"		\
	" pid=[0-9]+ uid=0 " fixed " label=- cgroup=\"[^\" ]*\""			\
	" comm=\"test_events\" exe=\"/[^\" ]*test_events\" "

TEST_F(events, form_of_exec)
{
	char *line;

	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_exec, PROG));
	line = next_line(self->fd);
	expect_match(_metadata, line,
		     HEAD("exec", "as=program setid=[a-z-]+ backing=file layer=[a-z-]+ mflags=-")
		     "path=\"" PROG "\" fstype=\"tmpfs\"$");
	EXPECT_EQ(NULL, next_line(self->fd));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(events, form_of_mount)
{
	char *line;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_mount, NULL));
	line = next_line(self->fd);
	expect_match(_metadata, line, HEAD("mount", "op=mount mflags=ro,nosuid")
		     "fstype=\"tmpfs\" source=\"some \\\\\"where\\\\\"\\\\x0a\" target=\"" TOP
		     "\"$");
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_pivot_root, NULL));
	line = next_line(self->fd);
	expect_match(_metadata, line, HEAD("mount", "op=pivot_root mflags=-") "fstype=");
	expect_match(_metadata, line, " source=\"" TOP "\" target=\"" TOP "\"$");
}

TEST_F(events, form_of_ptrace)
{
	char *line;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)1));
	line = next_line(self->fd);
	expect_match(_metadata, line,
		     HEAD("ptrace", "access=read role=tracer peer=inside peer_pid=[0-9]+")
		     "peer_comm=\"test_events\" peer_exe=\"/[^\" ]*test_events\"$");
}

/* time() lags behind the clock of the events by up to a tick. */
static unsigned long long real_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

/* Numbers are those of the initial namespaces. */
TEST_F(events, who_and_when)
{
	unsigned long long before = real_seconds();
	char *line, text[256];

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_mount, NULL));
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	snprintf(text, sizeof(text), " inum=%u pid=%d uid=0 ", bh_cell_inum(&self->cell, "pid"),
		 self->cell.pid);
	EXPECT_NE(NULL, strstr(line, text))
		TH_LOG("%s\n# without%s", line, text);
	EXPECT_LE(before, number_of(line, " time="));
	EXPECT_GE(real_seconds(), number_of(line, " time="));
	snprintf(text, sizeof(text), " version=%ld ",
		 bh_number("policies/events/info", "version"));
	EXPECT_NE(NULL, strstr(line, text));
}

static int act_as_nobody(void *unused)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(255);
		_exit(bh_exec(PROG));
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : errno;
}

TEST_F(events, the_user)
{
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_as_nobody, NULL));
	EXPECT_NE(NULL, bh_find_event(self->fd, " uid=65534 ", NULL));
}

/* Hostile names */

static const struct {
	const char *name;
	const char *shown;
} names[] = {
	{ "new\nline", "new\\x0aline" },
	{ "quo\"te", "quo\\\"te" },
	{ "back\\slash", "back\\\\slash" },
	{ "tab\tand blank", "tab\\x09and blank" },
	{ "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f" },
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "\xc3\xa9t\xc3\xa9", "\\xc3\\xa9t\\xc3\\xa9" },
	{ "\" verdict=allow x=\"", "\\\" verdict=allow x=\\\"" },
	{ "\\\"", "\\\\\\\"" },
	{ "%s%n%p", "%s%n%p" },
};

static int act_exec_in_top(void *name)
{
	char path[256];

	snprintf(path, sizeof(path), TOP "/%s", (char *)name);
	return bh_exec(path);
}

TEST_F(events, hostile_paths)
{
	char path[256], shown[512], *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), TOP "/%s", names[i].name);
		snprintf(shown, sizeof(shown), " path=\"" TOP "/%s\" fstype=", names[i].shown);
		bh_make_program(path);
		EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_exec_in_top,
					      (void *)names[i].name));
		line = next_line(self->fd);
		ASSERT_NE(NULL, line);
		EXPECT_NE(NULL, strstr(line, shown))
			TH_LOG("%s\n# without%s", line, shown);
		EXPECT_EQ(NULL, next_line(self->fd));
		unlink(path);
	}
}

static int act_named(void *name)
{
	if (prctl(PR_SET_NAME, name))
		return 255;
	return act_mount(NULL);
}

TEST_F(events, hostile_command_names)
{
	char shown[512], *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		/* Those that a command name has room for. */
		if (strlen(names[i].name) > 15)
			continue;
		snprintf(shown, sizeof(shown), " comm=\"%s\" ", names[i].shown);
		EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_named, (void *)names[i].name));
		line = next_line(self->fd);
		ASSERT_NE(NULL, line);
		EXPECT_NE(NULL, strstr(line, shown))
			TH_LOG("%s\n# without%s", line, shown);
		EXPECT_EQ(NULL, next_line(self->fd));
	}
}

/* A source may be as long as a page, and each byte take four. */
static int act_long_source(void *unused)
{
	static char source[4096];

	memset(source, '\x02', sizeof(source) - 1);
	return mount(source, TOP, "tmpfs", 0, NULL) ? errno : 0;
}

TEST_F(events, a_line_that_cannot_be_taken_is_not_lost)
{
	const char *line;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_mount, NULL));
	EXPECT_EQ(-1, syscall(SYS_read, self->fd, 1L, 4096));
	EXPECT_EQ(EFAULT, errno);
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	EXPECT_NE(NULL, strstr(line, "class=mount"));
}

TEST_F(events, a_long_string_is_cut)
{
	char *line;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_long_source, NULL));
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	EXPECT_NE(NULL, strstr(line, " source=\"\\x02\\x02"));
	EXPECT_LT(1000UL, strlen(line));
	EXPECT_GT(32768UL, strlen(line));
	EXPECT_EQ(NULL, next_line(self->fd));
}

/* Readers */

TEST_F(events, numbers_and_times_ascend)
{
	unsigned long long seq = 0, last = 0;
	int i;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)50));
	for (i = 0; i < 50; i++) {
		char *line = next_line(self->fd);

		ASSERT_NE(NULL, line);
		seq = number_of(line, "seq=");
		if (i)
			EXPECT_EQ(last + 1, seq);
		last = seq;
	}
	EXPECT_EQ(NULL, next_line(self->fd));
}

TEST_F(events, every_reader_gets_everything)
{
	int other = bh_events(), i;
	char first[4096];

	ASSERT_LE(0, other);
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)5));
	for (i = 0; i < 5; i++) {
		char *line = next_line(self->fd);

		ASSERT_NE(NULL, line);
		snprintf(first, sizeof(first), "%.4000s", line);
		line = next_line(other);
		ASSERT_NE(NULL, line);
		EXPECT_STREQ(first, line);
	}
	close(other);

	/* Who comes later begins with the oldest that is held. */
	other = open(BULKHEAD_DIR "/events", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	EXPECT_NE(NULL, bh_find_event(other, first, NULL));
	close(other);
}

TEST_F(events, a_large_buffer_gets_whole_lines)
{
	static char text[65536];
	ssize_t n;
	int lines = 0, i;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)8));
	n = read(self->fd, text, sizeof(text));
	ASSERT_LT(0, n);
	EXPECT_EQ('\n', text[n - 1]);
	for (i = 0; i < n; i++)
		lines += text[i] == '\n';
	while ((n = read(self->fd, text, sizeof(text))) > 0)
		for (i = 0; i < n; i++)
			lines += text[i] == '\n';
	EXPECT_EQ(8, lines);
}

TEST_F(events, nothing_to_read)
{
	char byte;

	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, read(self->fd, &byte, 0));
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, open(BULKHEAD_DIR "/events", O_RDONLY | O_DIRECTORY));
}

static void make_blocking(struct __test_metadata *_metadata, int fd)
{
	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK));
}

static void run_reader(int fd)
{
	char *line = next_line(fd);

	_exit(line && strstr(line, "class=mount") ? 0 : 1);
}

TEST_F(events, a_blocking_read_waits)
{
	int status = -1;
	pid_t pid;

	make_blocking(_metadata, self->fd);
	pid = fork();
	if (!pid)
		run_reader(self->fd);
	usleep(300000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_mount, NULL));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

static void on_alarm(int signal)
{
}

TEST_F(events, a_signal_ends_the_wait)
{
	struct sigaction action = { .sa_handler = on_alarm };
	pid_t pid;
	char byte;

	make_blocking(_metadata, self->fd);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	pid = fork();
	/* Again and again, as the first may come before the read. */
	while (!pid) {
		usleep(300000);
		kill(getppid(), SIGUSR1);
	}
	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EINTR, errno);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

TEST_F(events, poll)
{
	struct pollfd pollfd = { .fd = self->fd, .events = POLLIN };

	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	if (!fork()) {
		usleep(300000);
		_exit(bh_cell_run(&self->cell, act_mount, NULL) != EPERM);
	}
	EXPECT_EQ(1, poll(&pollfd, 1, 20000));
	EXPECT_EQ(POLLIN, pollfd.revents);
	/* Readable until it is read. */
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_NE(NULL, next_line(self->fd));
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	wait(NULL);
}

TEST_F(events, who_falls_behind_is_told)
{
	unsigned long long last, lost;
	char *line;

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)1));
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	last = number_of(line, "seq=");

	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)12000));
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(0, strncmp(line, "lost=", 5))
		TH_LOG("%s", line);
	lost = number_of(line, "lost=");
	EXPECT_LT(0ULL, lost);
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(last + lost + 1, number_of(line, "seq="));
	EXPECT_LE((long)lost, bh_number("stats", "events_lost"));
	/* The others are complete. */
	last = number_of(line, "seq=");
	while ((line = next_line(self->fd)) != NULL)
		ASSERT_EQ(++last, number_of(line, "seq="));
}

/* Shares */

/* Two containers under one policy: what one floods, the other does not lose. */
TEST_F(events, a_flood_does_not_push_out_what_others_report)
{
	char other_inum[64], flood_inum[64];
	struct bh_cell other;
	bool told = false;
	char *line;
	int seen = 0;

	ASSERT_EQ(0, bh_cell_start(&other, 0));
	ASSERT_EQ(0, bh_cell_bind(&other, "events"));
	snprintf(other_inum, sizeof(other_inum), " inum=%u ", bh_cell_inum(&other, "pid"));
	snprintf(flood_inum, sizeof(flood_inum), " inum=%u ", bh_cell_inum(&self->cell, "pid"));
	EXPECT_EQ(EPERM, bh_cell_run(&other, act_kcmp, (void *)20));
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)8000));
	while ((line = next_line(self->fd)) != NULL) {
		if (!strncmp(line, "lost=", 5)) {
			/* With whose they were. */
			EXPECT_NE(NULL, strstr(line, flood_inum))
				TH_LOG("%s", line);
			EXPECT_NE(NULL, strstr(line, " policy=events"));
			told = true;
		} else if (strstr(line, other_inum) && strstr(line, " class=ptrace ")) {
			seen++;
		}
	}
	EXPECT_TRUE(told);
	EXPECT_EQ(20, seen);
	EXPECT_LT(0, bh_number("policies/events/stats", "events_lost"));
	bh_cell_stop(&other);
}

/**
 * struct crowd - what a user makes, who is nobody in particular
 * @contained: root of a container does, each time as another user
 * @namespaces: user namespaces, one after the other, each bound by the table when it is made
 * @first: how many reports the first one makes, beside that of an execution
 * @each: how many each of the others does
 */
struct crowd {
	bool contained;
	int namespaces;
	long first;
	long each;
};

/* Exits with 0 or an errno. Who changes its user is not to be looked at by its own kind. */
static void report_as_one(uid_t uid, long times)
{
	if (setgid(1000) || setuid(uid) || unshare(CLONE_NEWUSER) ||
	    prctl(PR_SET_DUMPABLE, 1))
		_exit(errno);
	if (bh_exec(PROG) != EACCES)
		_exit(ENOEXEC);
	_exit(act_kcmp((void *)times) == EPERM ? 0 : ENOMSG);
}

/* 0 or the errno of the one that has failed. */
static int report_one_by_one(void *arg)
{
	const struct crowd *crowd = arg;
	int i, status = 0;
	pid_t pid;

	for (i = 0; i < crowd->namespaces && !status; i++) {
		pid = fork();
		if (!pid)
			report_as_one(1000 + (crowd->contained ? i : 0),
				      i ? crowd->each : crowd->first);
		if (waitpid(pid, &status, 0) != pid)
			status = -1;
	}
	return WEXITSTATUS(status);
}

static int report_in_container(struct crowd *crowd)
{
	struct bh_cell cell;
	int err;

	if (bh_cell_start(&cell, 0))
		return -1;
	err = bh_cell_run(&cell, report_one_by_one, crowd);
	bh_cell_stop(&cell);
	return err;
}

static int report_as_crowd(struct crowd *crowd)
{
	int err;

	if (bh_policy("events.crowd", "default exec deny\ndefault ptrace deny") ||
	    bh_write("assign", "policy=events.crowd ns=user\nend\n"))
		return -1;
	err = crowd->contained ? report_in_container(crowd) : report_one_by_one(crowd);
	return bh_write("assign", "end\n") ?: err;
}

/*
 * Namespaces cost nothing: who makes many has no more of the ring than who makes one. The other
 * holds less than it has a right to, whoever has reported before, and more than each of the many.
 */
static void crowd_out(struct __test_metadata *_metadata, const struct bh_cell *cell, int events,
		      bool contained)
{
	struct crowd crowd = {
		.contained = contained, .namespaces = 70, .first = 1, .each = 50,
	};
	unsigned long long first = 0, pid;
	int seen = 0, seen_first = 0;
	char *line, own[64];

	snprintf(own, sizeof(own), " inum=%u ", bh_cell_inum(cell, "pid"));
	EXPECT_EQ(EPERM, bh_cell_run(cell, act_kcmp, (void *)120));
	ASSERT_EQ(0, report_as_crowd(&crowd));
	while ((line = next_line(events)) != NULL) {
		pid = number_of(line, " pid=");
		if (!strncmp(line, "lost=", 5)) {
			EXPECT_EQ(NULL, strstr(line, own))
				TH_LOG("%s", line);
			EXPECT_NE(NULL, strstr(line, " policy=events.crowd"));
		} else if (strstr(line, own) && strstr(line, " class=ptrace ")) {
			seen++;
		} else if (strstr(line, " class=ptrace policy=events.crowd ")) {
			first = first ?: pid;
			seen_first += pid == first;
		}
	}
	EXPECT_EQ(120, seen);
	/* Among each other they have a share each. */
	EXPECT_EQ(1, seen_first);
	EXPECT_LT(0, bh_number("policies/events.crowd/stats", "events_lost"));
}

TEST_F(events, a_crowd_does_not_push_out_what_others_report)
{
	crowd_out(_metadata, &self->cell, self->fd, false);
}

/* Nor does who may be many users. */
TEST_F(events, a_container_of_many_users_does_not_either)
{
	crowd_out(_metadata, &self->cell, self->fd, true);
}

/* Somewhere else */

#define TRACEPOINT TRACING "/events/bulkhead/bulkhead_verdict"

TEST_F(events, the_tracepoint)
{
	static char trace[1048576];
	char *line, *at, text[512];

	ASSERT_EQ(0, bh_write(TRACEPOINT "/enable", "1"));
	bh_write(TRACING "/trace", "\n");
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_exec, PROG));
	EXPECT_EQ(0, bh_write(TRACEPOINT "/enable", "0"));
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_exec, PROG));
	ASSERT_LT(0, bh_read(TRACING "/trace", trace, sizeof(trace)));
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	snprintf(text, sizeof(text),
		 "bulkhead_verdict: seq=%llu verdict=deny class=exec policy=events ",
		 number_of(line, "seq="));
	at = strstr(trace, text);
	ASSERT_NE(NULL, at)
		TH_LOG("%s\n# is not in\n%s", text, trace);
	snprintf(text, sizeof(text), " rule=0 ns=pid inum=%u pid=",
		 bh_cell_inum(&self->cell, "pid"));
	EXPECT_NE(NULL, strstr(at, text));
	EXPECT_NE(NULL, strstr(at, " path=" PROG " fstype=tmpfs "));
	EXPECT_EQ(NULL, strstr(at + 1, "bulkhead_verdict: "));
}

/* Its fields have types, for those who filter by them. */
TEST_F(events, the_fields_of_the_tracepoint)
{
	static const char *const fields[] = {
		"u64 seq;", "u64 version;", "u32 rule;", "u32 inum;", "s32 pid;", "u32 uid;",
		"s32 peer_pid;", "u32 mflags;", "char[] verdict;", "char[] class;",
		"char[] policy;", "char[] comm;", "char[] path;", "char[] source;",
	};
	char format[8192];
	size_t i;

	ASSERT_LT(0, bh_read(TRACEPOINT "/format", format, sizeof(format)));
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		EXPECT_NE(NULL, strstr(format, fields[i]))
			TH_LOG("no field %zu", i);
}

static int count_traced(void)
{
	static char trace[1048576];
	const char *at = trace;
	int nr = 0;

	if (bh_read(TRACING "/trace", trace, sizeof(trace)) <= 0)
		return -1;
	for (; (at = strstr(at, "bulkhead_verdict: ")) != NULL; at++)
		nr++;
	return nr;
}

/* How many verdicts pass a filter, which perf and bpftrace hand to the kernel as well. */
static int count_filtered(const struct bh_cell *cell, const char *filter)
{
	int before = count_traced();

	if (bh_write(TRACEPOINT "/filter", "%s", filter) || bh_write(TRACEPOINT "/enable", "1") ||
	    bh_cell_run(cell, act_exec, PROG) != EACCES)
		return -1;
	bh_write(TRACEPOINT "/enable", "0");
	bh_write(TRACEPOINT "/filter", "0");
	return count_traced() - before;
}

TEST_F(events, the_tracepoint_is_filtered)
{
	char filter[128];

	snprintf(filter, sizeof(filter), "class == \"exec\" && path ~ \"*/%s\" && inum == %u",
		 strrchr(PROG, '/') + 1, bh_cell_inum(&self->cell, "pid"));
	EXPECT_EQ(1, count_filtered(&self->cell, filter));
	EXPECT_EQ(0, count_filtered(&self->cell, "class == \"mount\""));
	EXPECT_EQ(0, count_filtered(&self->cell, "verdict == \"deny\" && uid != 0"));
}

/* A listener, once all may be sent that ever may at once, whatever was before. */
static int open_audit(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1),
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		sleep(3);
	return fd;
}

static bool find_audit_record(int fd, const char *words)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	char record[32768];
	ssize_t n;

	while (poll(&pollfd, 1, 5000) > 0) {
		n = recv(fd, record, sizeof(record) - 1, 0);
		if (n <= (ssize_t)sizeof(struct nlmsghdr))
			continue;
		record[n] = '\0';
		if (strstr(record + sizeof(struct nlmsghdr), words))
			return true;
	}
	return false;
}

/* Names that audit would take for its own are in hexadecimal digits. */
TEST_F(events, the_audit_record)
{
	char *line, text[256];
	int fd = open_audit();

	if (fd < 0)
		SKIP(return, "no audit");
	bh_make_program(TOP "/a verdict=allow");
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_exec, TOP "/a verdict=allow"));
	line = next_line(self->fd);
	ASSERT_NE(NULL, line);
	snprintf(text, sizeof(text), "bulkhead seq=%llu verdict=deny class=exec policy=events ",
		 number_of(line, "seq="));
	EXPECT_TRUE(find_audit_record(fd, text));
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, act_exec, TOP "/a verdict=allow"));
	EXPECT_TRUE(find_audit_record(fd, " path=2F746D702F782F6120766572646963743D616C6C6F77 "));
	unlink(TOP "/a verdict=allow");
	close(fd);
}

/* Records that come within two seconds, and what the last one says was dropped before it. */
static int count_audit_records(int fd, unsigned long long *dropped)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	char record[32768];
	int records = 0;
	ssize_t n;

	while (poll(&pollfd, 1, 2000) > 0) {
		n = recv(fd, record, sizeof(record) - 1, 0);
		if (n <= (ssize_t)sizeof(struct nlmsghdr))
			continue;
		record[n] = '\0';
		if (!strstr(record + sizeof(struct nlmsghdr), "bulkhead seq="))
			continue;
		records++;
		*dropped = number_of(record + sizeof(struct nlmsghdr), " dropped=");
	}
	return records;
}

/* Audit's backlog holds 64 records, and the machine may panic when it is full. */
TEST_F(events, audit_is_not_flooded)
{
	unsigned long long dropped = 0;
	int fd = open_audit();
	long before;

	if (fd < 0)
		SKIP(return, "no audit");
	before = bh_number("policies/events/stats", "audit_dropped");
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)1000));
	EXPECT_GT(60, count_audit_records(fd, &dropped));
	EXPECT_LT(before + 900, bh_number("policies/events/stats", "audit_dropped"));
	/* Time enough for one more, which tells. */
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)1));
	EXPECT_LT(0, count_audit_records(fd, &dropped));
	EXPECT_LT(0ULL, dropped);
	close(fd);
}

TEST_F(events, a_crowd_leaves_others_their_share_of_audit)
{
	struct crowd crowd = { .namespaces = 6, .first = 15, .each = 15 };
	int fd = open_audit();
	long before;

	if (fd < 0)
		SKIP(return, "no audit");
	before = bh_number("policies/events/stats", "audit_dropped");
	ASSERT_EQ(0, report_as_crowd(&crowd));
	EXPECT_EQ(EPERM, bh_cell_run(&self->cell, act_kcmp, (void *)4));
	EXPECT_EQ(before, bh_number("policies/events/stats", "audit_dropped"));
	EXPECT_LT(0, bh_number("policies/events.crowd/stats", "audit_dropped"));
	close(fd);
}

TEST_HARNESS_MAIN
