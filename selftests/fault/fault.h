/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation whose allocations fail: the n-th, for every n, and then the n-th with
 * those that follow it.
 */
#ifndef BULKHEAD_FAULT_H
#define BULKHEAD_FAULT_H

#include <stdbool.h>

#include "cell.h"

/* What an act returns when it could not even begin. */
#define FAULT_BROKEN (-1)

/**
 * enum fault_mode - which allocations fail
 * @FAULT_NONE: none
 * @FAULT_ONE: the n-th
 * @FAULT_BURST: the n-th and the next %FAULT_BURST_LENGTH, so that what is tried in
 *	place of it, as vmalloc() is by kvmalloc(), fails as well
 */
enum fault_mode {
	FAULT_NONE,
	FAULT_ONE,
	FAULT_BURST,
};

/* Not for ever: a page fault that finds no memory is tried again without an end. */
#define FAULT_BURST_LENGTH 100

/**
 * struct fault_row - an operation and what may become of it
 * @name: for the log
 * @act: does the operation once, between fault_begin() and fault_end() or by
 *	fault_exec(), and undoes it if it succeeded. 0 or a positive errno
 * @arg: for @act
 * @expect: what @act returns without a fault. If that is an error, @act must
 *	not return 0 under any fault
 * @judge: says what is wrong after @act, or returns NULL. May be NULL
 * @least: the fewest failures that are seen, of both modes together
 * @single: the act ends in a user namespace of its own, where a task may ask for the n-th
 *	allocation to fail, but not for more
 * @seconds: how long the sweep may take from one end to the other if not every n can be
 *	tried. 0: for ever
 * @begun: had that begun, in the last try, which the row is about? Together with @seconds.
 *	NULL: with its first allocation
 */
struct fault_row {
	const char *name;
	int (*act)(const void *arg);
	const void *arg;
	int expect;
	const char *(*judge)(const void *arg, int result);
	unsigned int least;
	bool single;
	unsigned int seconds;
	bool (*begun)(void);
};

/* NULL, or the reason why there can be no faults. */
const char *fault_setup(void);

/* What is between these fails; the calling task's allocations only. */
void fault_begin(void);
void fault_end(void);

/*
 * Executes a program in a new child, a clone with @flags, under faults: 0 if it ran
 * and exited with 0, a positive errno, or 1000 + the signal that ended it.
 */
int fault_exec(int fd, const char *path, int flags);

/**
 * struct fault_tally - what a row came to; lies in memory that processes share
 * @tries: how often the act was done
 * @injected: tries in which something failed to be allocated
 * @failures: tries whose result was another than without a fault
 * @wrong: what is wrong, or ""
 */
struct fault_tally {
	unsigned int tries;
	unsigned int injected;
	unsigned int failures;
	char wrong[256];
};

/*
 * Tries a row for every n, in the calling process or, with @env, in the place that it
 * describes. There each denial must have been reported or counted as lost.
 */
void fault_sweep(const struct fault_row *row, enum fault_mode mode, const struct bh_env *env,
		 struct fault_tally *tally);

/* All rows in both modes. For the kselftest harness, which is to be included first. */
#define fault_try_all(metadata, rows, env)						\
do {											\
	size_t i_;									\
											\
	for (i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++)			\
		fault_try(metadata, &(rows)[i_], env);					\
} while (0)

#ifdef __KSELFTEST_HARNESS_H
/* At the beginning of each test: a fixture's setup cannot skip it. */
#define FAULTS_OR_SKIP()								\
do {											\
	const char *reason_ = fault_setup();						\
											\
	if (reason_)									\
		SKIP(return, "%s", reason_);						\
} while (0)

static inline void fault_try(struct __test_metadata *_metadata, const struct fault_row *row,
			     const struct bh_env *env)
{
	static const char *const words[] = { "", "one", "burst" };
	unsigned int failures = 0;
	struct fault_tally tally;
	int mode;

	for (mode = FAULT_ONE; mode <= (row->single ? FAULT_ONE : FAULT_BURST); mode++) {
		fault_sweep(row, mode, env, &tally);
		printf("# %-24s %-5s %4u faults, %4u failures%s%s\n", row->name, words[mode],
		       tally.injected, tally.failures, *tally.wrong ? ": " : "", tally.wrong);
		fflush(stdout);
		EXPECT_STREQ("", tally.wrong)
			TH_LOG("%s", row->name);
		EXPECT_NE(0u, tally.injected);
		failures += tally.failures;
	}
	EXPECT_LE(row->least, failures)
		TH_LOG("%s: too few failures", row->name);
}
#endif

#endif /* BULKHEAD_FAULT_H */
