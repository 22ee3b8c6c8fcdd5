// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nonsense written to every file from several tasks, while containers come, act
 * and go. A policy that no nonsense can reach denies some acts: those are never
 * seen to succeed, and nothing is left behind afterwards.
 *
 * BULKHEAD_FUZZ_SECONDS says how long (15), BULKHEAD_FUZZ_SEED where the random
 * numbers begin; what each task writes depends on that alone, their order does not.
 * No kernel text is patched meanwhile, so that more than one CPU is admissible.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "module.h"
#include "tasks.h"

#define DIR_OURS "/fuzz"
#define DENIED DIR_OURS "/denied"
#define ALLOWED DIR_OURS "/allowed"
#define MOUNTPOINT DIR_OURS "/mount"

/* Its version is the highest, so that nothing replaces it. */
#define GUARD "Guard"
#define GUARD_TEXT							\
	"policy " GUARD " version 18446744073709551615\n"		\
	"deny exec path=" DENIED "\ndeny mount target=" MOUNTPOINT "\n"	\
	"default ptrace deny\nend\n"

#define DOCUMENT_MAX 1048576
#define CELLS 3

enum { LOADS, LINES, READS, ACTS, DENIALS, COUNTERS };

static const char *const counter_names[COUNTERS] = {
	"documents", "lines", "reads", "containers", "denials",
};

/* What the tasks tell each other. */
static struct shared {
	unsigned long counters[COUNTERS];
	int broken;			/* an act that is denied has succeeded */
} *shared;

static uint64_t state;
static time_t deadline;

static void count(int counter)
{
	__atomic_add_fetch(&shared->counters[counter], 1, __ATOMIC_RELAXED);
}

/* splitmix64 */
static uint32_t below(uint32_t end)
{
	uint64_t x = state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return ((x ^ (x >> 31)) >> 16) % end;
}

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

static bool is_over(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec >= deadline || shared->broken;
}

/* Text that is changed at random */

struct text {
	char *s;
	size_t len;
	size_t size;
};

static void insert(struct text *text, size_t at, const char *s, size_t len)
{
	if (len > text->size - text->len)
		return;
	memmove(text->s + at + len, text->s + at, text->len - at);
	memcpy(text->s + at, s, len);
	text->len += len;
}

static void append(struct text *text, const char *s)
{
	insert(text, text->len, s, strlen(s));
}

static const char *const words[] = {
	"policy ", "fa", " version ", "1", "\n", "end\n", "\nend", "mode audit\n", "default ",
	"allow ", "deny ", "kill ", "audit ", "quiet ", "exec ", "map ", "mount ", "ptrace ",
	"path=", "from!=", "digest=sha256:", "layer=upper", "backing=memfd", "fstype=", "as=",
	"setid=yes", "has=ro,", "lacks=", "op=bind", "source=", "target=", "access=", "role=tracee",
	"peer=inside", "exe=", "/**", "**/a", "[!a-z]", "[", "\\", "\"", "\\x41", ",", "#", "=",
	"!=", " ", "\t", "\xc3\xa9", "\xff", "cgroup=/**", "ns=pid ", "ns=user ", "ns=mnt ", "self",
	"arm=exec ", "arm=now ", "fd=", "pid=", "inum=", "policy=",
};

/* What is said again and again, to go over a limit. */
static const char *const repeated[] = {
	"#", ",/a", " path=/a", "allow exec\n", "[ab]", "*a", "/", "\n",
	"end\npolicy fb version 9\n",
};

static void repeat(struct text *text, size_t at)
{
	const char *s = PICK(repeated);
	uint32_t times = 1 << below(15);

	while (times--)
		insert(text, at, s, strlen(s));
}

static void mutate_once(struct text *text)
{
	size_t at = below(text->len + 1), len = text->len - at;
	const char *word = PICK(words);
	char byte = below(256);

	if (len > 24)
		len = below(24);
	switch (below(8)) {
	case 0:
		insert(text, at, &byte, 1);
		break;
	case 1:
		if (at < text->len)
			text->s[at] ^= 1 << below(8);
		break;
	case 2:
	case 3:
		memmove(text->s + at, text->s + at + len, text->len - at - len);
		text->len -= len;
		break;
	case 4:
		if (!below(8))
			repeat(text, at);
		break;
	default:
		insert(text, at, word, strlen(word));
	}
}

static void mutate(struct text *text)
{
	uint32_t times = below(6);

	while (times--)
		mutate_once(text);
}

/* Documents */

static const char *const documents[] = {
	"policy fa version %u\nend\n",
	"policy fb version %u\n  default exec allow\n  audit allow exec path=/fuzz/**\nend\n",
	"policy fc version %u\n  mode audit\n  default exec deny\n  kill mount op=mount\nend\n",
	"policy fd version %u\n  deny exec path=/a,/b from!=\"/usr bin\"\n"
	"  allow mount fstype=tmpfs target=/tmp/** has=nosuid,nodev\n"
	"  deny ptrace role=tracee peer=outside\nend\n",
	"policy fa version %u\n  quiet deny exec path=/fuzz/[a-c]*\n"
	"  allow map backing=file,deleted\n  deny map backing=anonymous\n  kill ptrace\nend\n",
	"# comment\npolicy fb version %u\n  deny exec layer=upper backing=deleted\n"
	"  allow exec path!=/fuzz/x* as=program setid=no\nend\n",
	/* As a signed document begins. */
	"\x30\x82\x01\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02%u",
};

static void write_document(struct text *text)
{
	uint32_t parts = 1 + below(3);
	static uint32_t version;
	char part[1024];

	text->len = 0;
	while (parts--) {
		snprintf(part, sizeof(part), PICK(documents), ++version);
		append(text, part);
	}
	mutate(text);
}

/* In pieces, some of them empty; what comes of it is read now and then. */
static void load_once(struct text *text)
{
	int fd = open(BULKHEAD_DIR "/load", O_RDWR | O_CLOEXEC);
	size_t at = 0, len, most = below(3) ? text->size : 1 + below(64);
	char outcome[128];

	write_document(text);
	while (at < text->len && !is_over()) {
		len = most < text->len - at ? below(most + 1) : text->len - at;
		if (write(fd, text->s + at, len) < 0 && below(4))
			break;
		at += len;
		if (!below(4) && read(fd, outcome, 1 + below(sizeof(outcome) - 1)) < 0)
			break;
	}
	close(fd);
	count(LOADS);
}

static void run_loader(void)
{
	struct text text = { .s = malloc(DOCUMENT_MAX), .size = DOCUMENT_MAX };

	while (text.s && !is_over())
		load_once(&text);
}

/* Lines about namespaces */

/*
 * A number may be that of a namespace or a process of this task's own, or of none:
 * 1 and 2 are outside of all containers, and a process number has at most 7 digits.
 */
static bool is_ours(const struct bh_cell *cells, unsigned long number)
{
	int i;

	for (i = 0; i < CELLS; i++)
		if (number == (unsigned long)cells[i].pid ||
		    number == bh_cell_inum(&cells[i], "pid"))
			return true;
	return number <= 2 || (number > 9999999 && (number < 0xf0000000 || number > 0xffffffff));
}

/* Would no line of it reach what others have bound? */
static bool is_harmless(const struct text *text, const struct bh_cell *cells)
{
	const char *at = text->s, *end = text->s + text->len;
	unsigned long number;

	while (at < end) {
		if (*at < '0' || *at > '9') {
			at++;
			continue;
		}
		for (number = 0; at < end && *at >= '0' && *at <= '9'; at++)
			number = number > 1UL << 40 ? number : number * 10 + *at - '0';
		if (!is_ours(cells, number))
			return false;
	}
	return true;
}

static void write_line(struct text *text, const struct bh_cell *cells)
{
	static const char *const policies[] = { "fa", "fb", "fc", "fd", "nobody" };
	static const char *const types[] = { "pid", "user", "mnt" };
	const struct bh_cell *cell = &cells[below(CELLS)];
	char line[256];

	switch (below(5)) {
	case 0:
		snprintf(line, sizeof(line), "ns=%s inum=%u\n", PICK(types),
			 bh_cell_inum(cell, "pid"));
		break;
	case 1:
		snprintf(line, sizeof(line), "ns=%s pid=%d\n", PICK(types), cell->pid);
		break;
	case 2:
		snprintf(line, sizeof(line), "policy=%s ns=%s cgroup=/** exe=" DIR_OURS "/*\n",
			 PICK(policies), PICK(types));
		break;
	case 3:
		snprintf(line, sizeof(line), "%s", PICK(policies));
		break;
	default:
		snprintf(line, sizeof(line), "policy=%s ns=%s pid=%d arm=%s\n", PICK(policies),
			 PICK(types), cell->pid, below(2) ? "now" : "exec");
	}
	append(text, line);
}

static int execute_allowed(void *arg)
{
	return bh_exec(ALLOWED);
}

static void renew(struct bh_cell *cell)
{
	bh_cell_stop(cell);
	if (bh_cell_start(cell, below(2) ? CLONE_NEWNS : CLONE_NEWUSER))
		cell->pid = 0;
}

/* A table needs an end, which it gets most of the time. */
static void put(const char *file, struct text *text)
{
	static const char end[] = "\nend\n";

	if (!strcmp(file, "assign") && below(4) && text->len + sizeof(end) <= text->size) {
		memcpy(text->s + text->len, end, sizeof(end) - 1);
		text->len += sizeof(end) - 1;
	}
	bh_write_bytes(file, text->s, text->len);
}

static void line_once(struct text *text, struct bh_cell *cells)
{
	static const char *const files[] = { "bind", "unbind", "assign", "remove" };
	struct bh_cell *cell = &cells[below(CELLS)];
	uint32_t lines = 1 + below(3);

	if (!cell->pid || !below(16))
		renew(cell);
	if (cell->pid && !below(4))
		bh_cell_run(cell, execute_allowed, NULL);
	text->len = 0;
	while (lines--)
		write_line(text, cells);
	if (below(3))
		mutate(text);
	if (is_harmless(text, cells)) {
		put(PICK(files), text);
		count(LINES);
	}
}

static void run_binder(void)
{
	struct text text = { .s = malloc(DOCUMENT_MAX), .size = DOCUMENT_MAX };
	struct bh_cell cells[CELLS] = { };
	int i;

	while (text.s && !is_over())
		line_once(&text, cells);
	for (i = 0; i < CELLS; i++)
		bh_cell_stop(&cells[i]);
}

/* Odd reads */

static void read_once(void)
{
	static const char *const files[] = {
		"events", "events", "bindings", "assign", "stats", "features", "self", "lock",
		"policies/fa/text", "policies/fb/info", "policies/fc/stats", "policies/fd/text",
		"policies/" GUARD "/text", "load", "bind", "policies", ".",
	};
	static char buf[65536];
	struct pollfd poll_fd;
	char path[256];
	uint32_t times = below(8);

	snprintf(path, sizeof(path), BULKHEAD_DIR "/%s", PICK(files));
	poll_fd = (struct pollfd){
		.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), .events = POLLIN | POLLOUT,
	};
	while (times-- && poll_fd.fd >= 0) {
		size_t size = below(below(2) ? 64 : sizeof(buf));
		ssize_t len = 0;

		if (!below(4))
			len = pread(poll_fd.fd, buf, size, (off_t)below(70000) << below(48));
		else if (below(4))
			len = read(poll_fd.fd, buf, size);
		else if (below(2))
			len = lseek(poll_fd.fd, (off_t)below(256) - 128, below(5));
		else
			len = poll(&poll_fd, 1, below(5));
		count(READS);
		if (len < 0 && below(2))
			break;
	}
	close(poll_fd.fd);
}

static void run_reader(void)
{
	while (!is_over())
		read_once();
}

/* Acts: 0 if the act succeeded, which is denied by the guard */

static int execute_denied(void *arg)
{
	return bh_exec(DENIED);
}

static int mount_denied(void *arg)
{
	if (mount("fuzz", MOUNTPOINT, "tmpfs", 0, NULL))
		return errno;
	umount2(MOUNTPOINT, MNT_DETACH);
	return 0;
}

static int trace_denied(void *arg)
{
	pid_t pid = fork();
	int err = 0;

	if (!pid) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return errno;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		err = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

static int (*const acts[])(void *arg) = { execute_denied, mount_denied, trace_denied };

#define ACTS_NR (sizeof(acts) / sizeof(acts[0]))

/* Does each act that it names, so that bit N of the result is set if the Nth succeeded. */
static int act_all(void *arg)
{
	int succeeded = 0;
	size_t i;

	for (i = 0; i < ACTS_NR; i++)
		if (!acts[i](NULL))
			succeeded |= 1 << i;
	execute_allowed(NULL);
	return succeeded;
}

/* The guarded container that lasts is begun by the task itself: only it can reach it. */
static void begin_guarded(struct bh_cell *guarded)
{
	if (guarded->pid)
		bh_cell_stop(guarded);
	if (bh_cell_start(guarded, CLONE_NEWNS) || bh_cell_bind(guarded, GUARD))
		_exit(2);
}

/*
 * In a container that is guarded, and in one that has whatever policy there is. What the
 * table says of mount namespaces holds for the guarded one as well, and may kill it.
 */
static void act_once(struct bh_cell *guarded)
{
	static const char *const policies[] = { "fa", "fb", "fc", "fd", NULL };
	static const char *const types[] = { "pid", "user" };
	struct bh_env env = { .policy = GUARD, .flags = CLONE_NEWPID | CLONE_NEWNS };
	bool lasting = below(2);
	int ret = lasting ? bh_cell_run(guarded, act_all, NULL) : bh_run(&env, act_all, NULL);

	if (lasting && ret < 0)
		begin_guarded(guarded);
	if (!ret)
		count(DENIALS);
	else if (ret > 0 && ret < 1000)
		shared->broken = ret;
	env.policy = PICK(policies);
	env.ns = PICK(types);
	env.arm = below(2) ? "exec" : NULL;
	env.flags |= CLONE_NEWUSER;
	bh_run(&env, act_all, NULL);
	count(ACTS);
}

static void run_actor(void)
{
	struct bh_cell guarded = { };

	begin_guarded(&guarded);
	while (!is_over())
		act_once(&guarded);
	bh_cell_stop(&guarded);
}

/* All of it */

static void (*const tasks[])(void) = {
	run_loader, run_loader, run_binder, run_binder, run_reader, run_actor, run_actor,
};

#define TASKS_NR (sizeof(tasks) / sizeof(tasks[0]))

FIXTURE(fuzz) {
	long policies;
	long bindings;
	long bytes;
};

FIXTURE_SETUP(fuzz)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	mkdir(DIR_OURS, 0755);
	mkdir(MOUNTPOINT, 0755);
	bh_make_program(DENIED);
	bh_make_program(ALLOWED);
	self->policies = bh_number("stats", "policies");
	self->bindings = bh_number("stats", "bindings");
	self->bytes = bh_number("stats", "bytes");
}

FIXTURE_TEARDOWN(fuzz)
{
	if (!bh_module_is_loaded())
		bh_load_module();
}

/*
 * Where the random numbers begin: at another place for each task. A container that was
 * killed answers no more, which is no reason to end.
 */
static void begin_task(size_t place)
{
	state += place;
	signal(SIGPIPE, SIG_IGN);
}

static void remove_policies(void)
{
	DIR *dir = opendir(BULKHEAD_DIR "/policies");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			bh_write("remove", "%s", entry->d_name);
	if (dir)
		closedir(dir);
}

TEST_F_TIMEOUT(fuzz, nonsense_does_no_harm, 3600)
{
	struct bh_env free = { .flags = CLONE_NEWPID | CLONE_NEWNS };
	uint64_t seed = setting("BULKHEAD_FUZZ_SEED", time(NULL));
	struct timespec now;
	int i;

	TH_LOG("seed %llu", (unsigned long long)seed);
	/* Without a policy all of the acts succeed. */
	ASSERT_EQ((1 << ACTS_NR) - 1, bh_run(&free, act_all, NULL));
	ASSERT_STREQ("ok " GUARD " 18446744073709551615\n", bh_load(GUARD_TEXT));
	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline = now.tv_sec + setting("BULKHEAD_FUZZ_SECONDS", 15);
	state = seed;
	EXPECT_EQ(0, run_tasks(tasks, TASKS_NR, begin_task));
	EXPECT_EQ(0, shared->broken)
		TH_LOG("acts that are denied have succeeded: mask %#x", shared->broken);
	for (i = 0; i < COUNTERS; i++) {
		TH_LOG("%lu %s", shared->counters[i], counter_names[i]);
		EXPECT_LT(0UL, shared->counters[i]);
	}

	EXPECT_EQ(0, bh_write("assign", "end\n"));
	EXPECT_EQ(self->bindings, wait_for_bindings(self->bindings));
	remove_policies();
	EXPECT_EQ(self->policies, bh_number("stats", "policies"));
	EXPECT_EQ(self->bytes, bh_number("stats", "bytes"));
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(0, bh_load_module());
}

TEST_HARNESS_MAIN
