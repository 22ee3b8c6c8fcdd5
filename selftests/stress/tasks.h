/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stress tests share: settings from the environment, waiting, and what the
 * machine's memory is used for. For the kselftest harness, which is to be included first.
 */
#ifndef BULKHEAD_STRESS_TASKS_H
#define BULKHEAD_STRESS_TASKS_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cell.h"

/* The number that the environment has under a name. */
static inline unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : otherwise;
}

static inline double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/*
 * Runs tasks side by side, each told its place, and waits for their end; how many ended
 * otherwise than they should.
 */
static inline int run_tasks(void (*const tasks[])(void), size_t nr, void (*begin)(size_t place))
{
	pid_t pids[nr];
	int status, bad = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			if (begin)
				begin(i);
			tasks[i]();
			_exit(0);
		}
	}
	for (i = 0; i < nr; i++) {
		if (waitpid(pids[i], &status, 0) == pids[i] && !status)
			continue;
		fprintf(stderr, "# task %zu ended with status %#x\n", i, status);
		bad++;
	}
	return bad;
}

/* Bindings end with their namespaces some time after those. */
static inline long wait_for_bindings(long want)
{
	int tries = 600;

	while (bh_number("stats", "bindings") > want && tries--)
		usleep(100000);
	return bh_number("stats", "bindings");
}

/* A line of /proc/meminfo, in KiB, or -1. */
static inline long memory_line(const char *name)
{
	char line[128], format[64];
	FILE *file = fopen("/proc/meminfo", "r");
	long value = -1;

	snprintf(format, sizeof(format), "%s: %%ld", name);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			break;
	if (file)
		fclose(file);
	return value;
}

/*
 * The objects in use of all slab caches, in KiB. What the caches themselves keep grows and
 * shrinks as they see fit, by megabytes on 7.3.
 */
static inline long slab_objects(void)
{
	unsigned long long active, all, size, sum = 0;
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %llu %llu %llu", &active, &all, &size) == 3)
			sum += active * size;
	if (file)
		fclose(file);
	return sum / 1024;
}

/* Free objects that a slab cache has at hand for each processor count as in use on 7.x. */
static inline void shrink_slabs(void)
{
	glob_t files;
	size_t i;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &files))
		return;
	for (i = 0; i < files.gl_pathc; i++)
		bh_write(files.gl_pathv[i], "1");
	globfree(&files);
}

/* What could grow if something is not given back, in KiB. Caches are dropped before. */
struct memory {
	long slab;
	long vmalloc;
	long percpu;
};

static inline struct memory memory_now(void)
{
	FILE *file = fopen("/proc/sys/vm/drop_caches", "w");

	sync();
	if (file) {
		fputs("3\n", file);
		fclose(file);
	}
	shrink_slabs();
	return (struct memory){
		.slab = slab_objects(),
		.vmalloc = memory_line("VmallocUsed"),
		.percpu = memory_line("Percpu"),
	};
}

/* Less than that is what comes and goes. */
#define MEMORY_STEP 64

/*
 * What is freed after a grace period, by a work queue or, with KASAN, when its quarantine
 * lets go of it, goes first: until there is no less of it.
 */
static inline struct memory memory_used(void)
{
	struct memory now = memory_now(), before;
	int tries = 30;

	do {
		before = now;
		sleep(2);
		now = memory_now();
	} while (tries-- && (now.slab + MEMORY_STEP < before.slab ||
			     now.vmalloc + MEMORY_STEP < before.vmalloc));
	return now;
}

#endif /* BULKHEAD_STRESS_TASKS_H */
