// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy of 100,000 rules, and many namespaces that are bound to it.
 *
 * BULKHEAD_NAMESPACES says how many (1,000). Half are user namespaces and half mount
 * namespaces; a descriptor keeps each, which needs no process then.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include <kselftest_harness.h>

#include "tasks.h"

#define TOP "/scale"
#define DENIED TOP "/denied"
#define POLICY "scale"
#define RULES 100000

/* What may stay in use afterwards, in KiB, and how many more kernel threads. */
#define NOISE 3072
#define THREADS 48

static char *document(void)
{
	size_t size = RULES * 48 + 256;
	char *text = malloc(size), *at = text;
	int i;

	at += sprintf(at, "policy " POLICY " version 1\ndeny exec path=" DENIED "\n");
	for (i = 1; i < RULES; i++)
		at += sprintf(at, "allow exec path=/usr/%d/bin/program%d\n", i % 1000, i);
	strcpy(at, "end\n");
	return text;
}

static const struct {
	const char *name;
	int flag;
} types[] = {
	{ "user", CLONE_NEWUSER },
	{ "mnt", CLONE_NEWNS },
};

#define TYPES ((int)(sizeof(types) / sizeof(types[0])))

/* A descriptor of a new namespace that no task is in, or -1. */
static int new_ns(int type)
{
	int ready[2], fd = -1;
	char path[64], byte;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		close(ready[0]);
		_exit(unshare(types[type].flag) || write(ready[1], "", 1) != 1 || pause());
	}
	close(ready[1]);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, types[type].name);
	if (read(ready[0], &byte, 1) == 1)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	close(ready[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

/* The errno of executing what is denied in the namespace, or -1. */
static int exec_in(int fd)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(setns(fd, 0) ? 255 : bh_exec(DENIED));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

/* All tasks of the machine, kernel threads among them. */
static int nr_tasks(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? -1 : info.procs;
}

static void allow_many(unsigned long nr)
{
	const struct rlimit limit = { nr + 100, nr + 100 };
	char path[64];
	int i;

	for (i = 0; i < TYPES; i++) {
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", types[i].name);
		bh_write(path, "%lu\n", 2 * nr + 1000);
	}
	setrlimit(RLIMIT_NOFILE, &limit);
}

FIXTURE(scale) {
	unsigned long nr;
	int *fds;
	long bindings;
	long bytes;
};

FIXTURE_SETUP(scale)
{
	self->nr = setting("BULKHEAD_NAMESPACES", 1000);
	self->fds = calloc(self->nr, sizeof(int));
	ASSERT_NE(NULL, self->fds);
	allow_many(self->nr);
	mkdir(TOP, 0755);
	bh_make_program(DENIED);
	self->bindings = bh_number("stats", "bindings");
	self->bytes = bh_number("stats", "bytes");
}

FIXTURE_TEARDOWN(scale)
{
	free(self->fds);
}

TEST_F_TIMEOUT(scale, many_namespaces_and_rules, 7200)
{
	struct memory before = memory_used(), during, after;
	double start = seconds_now(), loaded;
	char *text = document();
	unsigned long i;
	int tasks;

	ASSERT_STREQ("ok " POLICY " 1\n", bh_load(text));
	free(text);
	loaded = seconds_now();
	for (i = 0; i < self->nr; i++) {
		self->fds[i] = new_ns(i % TYPES);
		ASSERT_LE(0, self->fds[i]);
		if (i < TYPES)
			ASSERT_EQ(0, exec_in(self->fds[i]));
		ASSERT_EQ(0, bh_write("bind", "policy=" POLICY " ns=%s fd=%d",
				      types[i % TYPES].name, self->fds[i]))
			TH_LOG("namespace %lu", i);
	}
	EXPECT_EQ(self->bindings + (long)self->nr, bh_number("stats", "bindings"));
	during = memory_used();
	for (i = 0; i < self->nr; i += self->nr / 50 + 1)
		EXPECT_EQ(EACCES, exec_in(self->fds[i]));
	TH_LOG("%d rules loaded in %.1f s, %ld bytes", RULES, loaded - start,
	       bh_number("stats", "bytes") - self->bytes);
	TH_LOG("%lu namespaces bound in %.1f s; slab %ld KiB, then %ld", self->nr,
	       seconds_now() - loaded, before.slab, during.slab);

	tasks = nr_tasks();
	ASSERT_LT(0, tasks);
	for (i = 0; i < self->nr; i++)
		close(self->fds[i]);
	EXPECT_EQ(self->bindings, wait_for_bindings(self->bindings));
	EXPECT_EQ(0, bh_write("remove", POLICY));
	EXPECT_EQ(self->bytes, bh_number("stats", "bytes"));
	after = memory_used();
	/* Of those that the work took; the kernel keeps them for minutes. */
	EXPECT_GT(tasks + THREADS, nr_tasks());
	EXPECT_LT(after.slab, before.slab + NOISE);
	EXPECT_LT(after.vmalloc, before.vmalloc + NOISE);
	TH_LOG("afterwards slab %ld KiB, vmalloc %ld to %ld KiB, %d more threads", after.slab,
	       before.vmalloc, after.vmalloc, nr_tasks() - tasks);
}

TEST_HARNESS_MAIN
