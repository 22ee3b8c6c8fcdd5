/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the class exec share.
 */
#ifndef BULKHEAD_SELFTESTS_EXEC_H
#define BULKHEAD_SELFTESTS_EXEC_H

#include "trial.h"

/* A file system of each test's own, with one program in it. */
#define TOP "/tmp/x"
#define BIN TOP "/bin"
#define PROG BIN "/prog"

/* Trials, by what becomes of them under the policy. */
#define DENIED(what, policy, object, ...) {					\
	.rules = policy, .act = what, .arg = object, .with = EACCES,		\
	.words = { "verdict=deny class=exec", __VA_ARGS__ },			\
}

#define ALLOWED(what, policy, object) {						\
	.rules = policy, .act = what, .arg = object,				\
}

#define GIVES(before, after, what, policy, object, ...) {			\
	.without = before, .with = after,					\
	.rules = policy, .act = what, .arg = object, .words = { __VA_ARGS__ },	\
}

static inline void make_top(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	ASSERT_EQ(0, mkdir(BIN, 0755));
	bh_make_program(PROG);
}

static inline int exec_path(void *path)
{
	return bh_exec(path);
}

/* Executes the file of a descriptor. */
static inline int exec_fd(void *fd)
{
	return bh_execveat(*(int *)fd, "", AT_EMPTY_PATH);
}

#endif /* BULKHEAD_SELFTESTS_EXEC_H */
