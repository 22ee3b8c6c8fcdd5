// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy of 100,000 rules, and many namespaces that are bound to it.
 *
 * BULKHEAD_NAMESPACES says how many (1,000). Most are user namespaces that a descriptor
 * keeps, which need no process.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <kselftest_harness.h>

#include "tasks.h"

#define TOP "/scale"
#define DENIED TOP "/denied"
#define POLICY "scale"
#define RULES 100000

/* What may stay in use afterwards, in KiB. */
#define NOISE 3072

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

/* A descriptor of a new user namespace that no task is in, or -1. */
static int new_user_ns(void)
{
	int ready[2], fd = -1;
	char path[64], byte;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		close(ready[0]);
		_exit(unshare(CLONE_NEWUSER) || write(ready[1], "", 1) != 1 || pause());
	}
	close(ready[1]);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
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
		_exit(setns(fd, CLONE_NEWUSER) ? 255 : bh_exec(DENIED));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static void allow_many(unsigned long nr)
{
	const struct rlimit limit = { nr + 100, nr + 100 };
	FILE *file = fopen("/proc/sys/user/max_user_namespaces", "w");

	if (file) {
		fprintf(file, "%lu\n", 2 * nr + 1000);
		fclose(file);
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

	ASSERT_STREQ("ok " POLICY " 1\n", bh_load(text));
	free(text);
	loaded = seconds_now();
	for (i = 0; i < self->nr; i++) {
		self->fds[i] = new_user_ns();
		ASSERT_LE(0, self->fds[i]);
		if (!i)
			ASSERT_EQ(0, exec_in(self->fds[0]));
		ASSERT_EQ(0, bh_write("bind", "policy=" POLICY " ns=user fd=%d", self->fds[i]))
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

	for (i = 0; i < self->nr; i++)
		close(self->fds[i]);
	EXPECT_EQ(self->bindings, wait_for_bindings(self->bindings));
	EXPECT_EQ(0, bh_write("remove", POLICY));
	EXPECT_EQ(self->bytes, bh_number("stats", "bytes"));
	after = memory_used();
	EXPECT_LT(after.slab, before.slab + NOISE);
	EXPECT_LT(after.vmalloc, before.vmalloc + NOISE);
	TH_LOG("afterwards slab %ld KiB, vmalloc %ld to %ld KiB", after.slab, before.vmalloc,
	       after.vmalloc);
}

TEST_HARNESS_MAIN
