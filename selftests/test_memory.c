// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documents that there is no memory for, and those that take long: neither is to be at
 * others' expense.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "fuse.h"
#include "load.h"
#include "program.h"
#include "sha256.h"

#define CGROUPS "/tmp/memory.cgroups"
#define GROUP CGROUPS "/memory"
#define MEBIBYTE 1048576
#define SLOW "/tmp/memory.slow"
#define PROG "/tmp/memory.prog"

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The number behind a name in a file of lines `name number` or `name: number`; or -1. */
static long number_in(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char line[256];
	long value = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && strchr(" :", line[strlen(name)])) {
			value = strtol(line + strlen(name) + 1, NULL, 10);
			break;
		}
	if (file)
		fclose(file);
	return value;
}

/* A policy of nearly 32 MiB, most of which is comments. Return: what the load comes to. */
static int load_much(void)
{
	static char piece[16384];
	int fd = open(BULKHEAD_DIR "/load", O_RDWR | O_CLOEXEC), i, ret = 0;
	static const char begin[] = "policy memory.big version 1\n";

	memset(piece, 'x', sizeof(piece));
	piece[0] = '#';
	piece[sizeof(piece) - 1] = '\n';
	if (fd < 0 || write(fd, begin, sizeof(begin) - 1) < 0)
		ret = -errno;
	for (i = 0; i < 2040 && !ret; i++)
		if (write(fd, piece, sizeof(piece)) < 0)
			ret = -errno;
	if (!ret && write(fd, "end\n", 4) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* Bytes that the group is charged for. */
static long charged(void)
{
	char text[32] = "";
	int fd = open(GROUP "/memory.current", O_RDONLY | O_CLOEXEC);
	long value = read(fd, text, sizeof(text) - 1) > 0 ? strtol(text, NULL, 10) : -1;

	close(fd);
	return value;
}

FIXTURE(memory) {};

FIXTURE_SETUP(memory)
{
	mkdir(CGROUPS, 0755);
	if (mount("none", CGROUPS, "cgroup2", 0, NULL) ||
	    write_to(CGROUPS "/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755))
		SKIP(return, "no cgroup limits memory here");
}

FIXTURE_TEARDOWN(memory)
{
	rmdir(GROUP);
	write_to(CGROUPS "/cgroup.subtree_control", "-memory");
	umount2(CGROUPS, MNT_DETACH);
	rmdir(CGROUPS);
	bh_write("remove", "memory.big");
}

/* In a child, which a limit may kill. */
static int in_group(const char *limit, int (*act)(void))
{
	int status;
	pid_t pid;

	if (write_to(GROUP "/memory.max", limit))
		return -1000;
	pid = fork();
	if (!pid)
		_exit(write_to(GROUP "/cgroup.procs", "0") ? 255 : -act());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1001;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : -WEXITSTATUS(status);
}

/* What a document takes is its writer's, and a limit that it meets kills nobody. */
TEST_F_TIMEOUT(memory, a_document_is_charged_to_its_writer, 300)
{
	EXPECT_EQ(-ENOMEM, in_group("24M", load_much));
	EXPECT_EQ(0, number_in(GROUP "/memory.events", "oom_kill"));
	EXPECT_EQ(-1, bh_version_of("memory.big"));
	EXPECT_EQ(0, in_group("max", load_much));
	EXPECT_EQ(1, bh_version_of("memory.big"));
}

#define OPENS 4000

static int open_often(void)
{
	struct rlimit limit = { OPENS + 64, OPENS + 64 };
	long before = charged(), now;
	int i;

	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < OPENS; i++)
		if (open(BULKHEAD_DIR "/load", O_RDWR) < 0)
			return -errno;
	now = charged();
	/* The kernel's own part of an open file alone is more than a hundred bytes. */
	return now - before < OPENS * 100L || now - before > 32L * MEBIBYTE ? -ERANGE : 0;
}

/* Opening `load` thousands of times takes little, and that from whoever opens it. */
TEST_F_TIMEOUT(memory, opens_are_charged_to_the_opener, 300)
{
	long before = number_in("/proc/meminfo", "MemAvailable");

	EXPECT_EQ(0, in_group("max", open_often));
	EXPECT_GT(32 * 1024, before - number_in("/proc/meminfo", "MemAvailable"));
}

/* Many who wait in an execution for a file system that does not answer. */
#define WAITING 100

static int execute_many(void *unused)
{
	int i;

	for (i = 0; i < WAITING; i++)
		if (!fork()) {
			execl(SLOW "/prog", "prog", NULL);
			_exit(1);
		}
	return 0;
}

/* What the group is charged for once all of the cell wait, or -1: half a minute is too long. */
static long charged_when_told(int told)
{
	struct pollfd poll_told = { .fd = told, .events = POLLIN };
	char byte;
	int i;

	for (i = 0; i < WAITING && poll(&poll_told, 1, 30000) == 1; i++)
		if (read(told, &byte, 1) != 1)
			return -1;
	return i == WAITING ? charged() : -1;
}

/* The same of a cell that begins to wait; -2 if there is no fuse. */
static long charged_for(const struct bh_cell *cell)
{
	struct fuse_file file = { .content = PROG, .never = FUSE_GETXATTR };
	int fd = fuse_mount(SLOW), told[2];
	long bytes = -1;
	pid_t server;

	if (fd < 0)
		return -2;
	if (pipe2(told, O_CLOEXEC))
		return -1;
	file.told = told[1];
	server = fork();
	if (!server)
		fuse_serve_file(fd, &file);
	close(fd);
	close(told[1]);
	if (!bh_cell_run(cell, execute_many, NULL))
		bytes = charged_when_told(told[0]);
	/* Who waits cannot be killed before. */
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	umount2(SLOW, MNT_DETACH);
	close(told[0]);
	return bytes;
}

static long charged_under(const char *policy)
{
	struct bh_cell cell;
	char pid[16];
	long bytes = -1;

	if (bh_cell_start(&cell, 0))
		return -1;
	snprintf(pid, sizeof(pid), "%d", cell.pid);
	if (!write_to(GROUP "/cgroup.procs", pid) && (!policy || !bh_cell_bind(&cell, policy)))
		bytes = charged_for(&cell);
	bh_cell_stop(&cell);
	return bytes;
}

/*
 * A check that waits for a container's file system keeps some 30 KiB. The kernel asks for the
 * file's capabilities, too, so that executions which nobody judges wait there as well.
 */
TEST_F_TIMEOUT(memory, checks_that_wait_are_charged, 300)
{
	long unbound, bound;

	bh_make_program(PROG);
	mkdir(SLOW, 0755);
	ASSERT_EQ(0, bh_policy("memory", "deny exec setid=yes"));
	ASSERT_EQ(0, write_to(GROUP "/memory.max", "max"));
	unbound = charged_under(NULL);
	if (unbound == -2)
		SKIP(return, "no fuse here");
	bound = charged_under("memory");
	TH_LOG("%d that wait: %ld bytes, in checks %ld", WAITING, unbound, bound);
	EXPECT_LT(0, unbound);
	EXPECT_LT(unbound + WAITING * 16384L, bound);
}

/* Each mapping that a call makes executable keeps writers away until the call ends. */
#define MAPPINGS 8000

/* The most that the group was ever charged for; -1 if the kernel does not tell. */
static long most_charged(void)
{
	char text[32] = "";

	return bh_read(GROUP "/memory.peak", text, sizeof(text)) > 0 ? strtol(text, NULL, 10) : -1;
}

/* What it takes to make many mappings of a file executable by one call; -1 if it cannot be told. */
static int map_many(void *unused)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC), i;
	char *at = mmap(NULL, MAPPINGS * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long before;

	/* The digest is read here and kept. */
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return -1;
	for (i = 0; i < MAPPINGS; i++)
		if (mmap(at + i * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			return -1;
	before = charged();
	if (before < 0 || mprotect(at, MAPPINGS * 4096, PROT_READ | PROT_EXEC))
		return -1;
	return most_charged() - before;
}

static int take_for_many(const char *policy)
{
	struct bh_cell cell;
	char pid[16];
	int bytes = -1, tries;

	/* The kernel may not be done yet with who lived there. */
	for (tries = 0; tries < 600 && rmdir(GROUP); tries++)
		usleep(50000);
	if (mkdir(GROUP, 0755) || bh_cell_start(&cell, 0))
		return -1;
	snprintf(pid, sizeof(pid), "%d", cell.pid);
	if (!write_to(GROUP "/cgroup.procs", pid) && (!policy || !bh_cell_bind(&cell, policy)))
		bytes = bh_cell_run(&cell, map_many, NULL);
	bh_cell_stop(&cell);
	return bytes;
}

TEST_F_TIMEOUT(memory, mappings_of_one_call_are_charged, 300)
{
	int unbound, bound;

	if (most_charged() < 0)
		SKIP(return, "this kernel does not tell the most that a group took");
	bh_make_program(PROG);
	ASSERT_EQ(0, bh_policy("memory", "default map deny\nallow map digest=sha256:%s",
			       sha256_file(PROG)));
	unbound = take_for_many(NULL);
	bound = take_for_many("memory");
	TH_LOG("%d mappings: %d bytes, judged %d", MAPPINGS, unbound, bound);
	EXPECT_LE(0, unbound);
	EXPECT_LT(unbound + MAPPINGS * 64, bound);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Asks for the processor time and again; the longest that it had to wait, in *longest. */
static pid_t watch(double *longest)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			double before = seconds();

			usleep(10000);
			if (seconds() - before > *longest)
				*longest = seconds() - before;
		}
	}
	return pid;
}

/* Loads many rules. Return: did others get the processor before half of it was done? */
static bool lets_others_run(struct __test_metadata *_metadata, double *longest, int version)
{
	int fd = open(BULKHEAD_DIR "/load", O_RDWR | O_CLOEXEC), i;
	FILE *file = fdopen(fd, "w");
	double took;
	pid_t pid;

	if (!file)
		return false;
	fprintf(file, "policy memory.big version %d\n", version);
	for (i = 0; i < 40000; i++)
		fprintf(file, "deny exec path=/usr/%d/%d/*\n", i % 7, i);
	EXPECT_EQ(0, fflush(file));
	pid = watch(longest);
	usleep(100000);
	*longest = 0;
	took = seconds();
	EXPECT_EQ(4, write(fd, "end\n", 4));
	took = seconds() - took;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fclose(file);
	TH_LOG("%.2f s, of which others waited %.2f s at a time", took, *longest);
	return *longest < (took > 1 ? took / 2 : 0.5);
}

/* What is done at the `end` of many rules lets others run; a busy host may not, once. */
TEST_F_TIMEOUT(memory, others_run_meanwhile, 300)
{
	double *longest = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	bool runs = false;
	int version;

	ASSERT_NE(MAP_FAILED, longest);
	for (version = 1; version <= 3 && !runs; version++)
		runs = lets_others_run(_metadata, longest, version);
	EXPECT_TRUE(runs);
}

TEST_HARNESS_MAIN
