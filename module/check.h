/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A check: who confines the task, what do their policies say, who is told.
 */
#ifndef BULKHEAD_CHECK_H
#define BULKHEAD_CHECK_H

#include <linux/bits.h>
#include <linux/types.h>

#include "binding.h"
#include "decide.h"
#include "digest.h"
#include "memo.h"

struct bh_check;

/**
 * typedef bh_gather_t - fetch a string of a check
 * @check: the check
 * @which: BH_EXEC_PATH and its like, or BH_EXE
 * @buf: BH_PATH_MAX bytes for it, which live as long as the check
 * @string: empty; filled in if there is such a string
 *
 * Return: 0 or a negative errno: the check then fails closed.
 */
typedef int (*bh_gather_t)(struct bh_check *check, unsigned int which, char *buf,
			   struct bh_string *string);

/**
 * typedef bh_gather_attr_t - fetch an enumeration of a check
 * @check: the check
 * @attr: BH_EXEC_LAYER and its like
 *
 * Return: the bits of the words that apply, or a negative errno: the check then fails
 * closed.
 */
typedef int (*bh_gather_attr_t)(struct bh_check *check, unsigned int attr);

/**
 * struct bh_opinion - what one binding means for a check
 * @binding: the binding
 * @loaded: the version in force of its policy, looked up once, so that a replacement in
 *          the middle of the check cannot mix two
 * @policy: the policy of @loaded
 * @rules: those of the check's class
 * @verdict: what the policy says
 */
struct bh_opinion {
	const struct bh_binding *binding;
	const struct bh_loaded *loaded;
	const struct bh_policy *policy;
	const struct bh_class_rules *rules;
	struct bh_verdict verdict;
};

/* How a check is made, each a bit of bh_check.how. */
enum {
	BH_CHECK_ATOMIC = 1 << 0,	/* it must not sleep */
	BH_CHECK_ARMS = 1 << 1,		/* the subject is about to execute a program */
	BH_CHECK_ASKS = 1 << 2,		/* an execution is only asked about */
	BH_CHECK_OF_OTHER = 1 << 3,	/* the subject's memory, which the current task changes */
	BH_CHECK_STALE = 1 << 4,	/* what was read of the file may be another's: no digest */
	BH_CHECK_AGAIN = 1 << 5,	/* it was allowed: only digests can say otherwise now */
};

/**
 * struct bh_check - a check under way
 * @request: what is asked; strings are filled in by @gather when a policy needs them
 * @subject: the task whose bindings are asked
 * @peer: the other task of a ptrace, or NULL
 * @gather: fetches strings
 * @gather_attr: fetches enumerations
 * @data: for both
 * @path: of what the request's first string is the path; NULL where @gather fetches that, too
 * @file: whose digests policies may ask for, open for reading; NULL where there is no file
 * @head: the BINPRM_BUF_SIZE bytes that execve has read of @file already, or NULL
 * @action: the strictest verdict; to deny, until there is any
 * @mapped: the file is mapped already, and must not be read: a digest counts if it is kept
 * @how: BH_CHECK_*
 * @there: what can be fetched: strings, and what @gather_attr and @file are there for
 * @sleeps: what of it may sleep to be fetched, as digests do; all else is fetched under RCU.
 *          Nothing may where the caller must not sleep
 * @silent: report nothing
 * @decided: some verdict was not remembered; @decision may hold memory
 * @reports: some opinion is reported
 * @have: what was gathered
 * @failed: what could not be; policies that need it deny
 * @reason: why
 * @kinds: a bit for each kind of digest that was asked for
 * @wanted_kinds: a bit for each that policies want
 * @relies: the verdict holds as long as the content stays as it is
 * @content: what was told of them
 * @exe: the subject's executable
 * @decision: working space, as all below kept from one check to the next
 * @memo: verdicts of this and earlier checks
 * @strings: buffers
 * @nr_found: bindings in @found
 * @found: those that apply, armed or not; valid under RCU only
 * @opinions_end: behind the last of @opinions
 * @opinions: of the armed ones; valid under RCU only
 */
struct bh_check {
	struct bh_request request;
	struct task_struct *subject;
	struct task_struct *peer;
	bh_gather_t gather;
	bh_gather_attr_t gather_attr;
	const void *data;
	const struct path *path;
	const struct file *file;
	const char *head;
	unsigned int how;
	u32 there;
	u32 sleeps;
	u32 have;
	u32 failed;
	/* These are set in one go. */
	u8 action;
	bool mapped;
	bool silent;
	bool decided;
	bool reports;
	bool relies;
	u8 kinds;
	u8 wanted_kinds;
	const char *reason;
	struct bh_string exe;
	struct bh_content content;

	struct bh_decision decision;
	struct bh_memo memo;
	char *strings[BH_GATHER_MAX];
	unsigned int nr_found;
	struct bh_binding *found[BH_CONFINING_MAX];
	struct bh_opinion *opinions_end;
	struct bh_opinion opinions[BH_CONFINING_MAX];
};

struct bh_check *bh_check_begin(enum bh_class class, struct task_struct *subject,
				unsigned int how) __acquires(RCU);
int bh_check_end(struct bh_check *check) __releases(RCU);
void bh_check_leave_out(struct bh_check *check, u8 strings);
bool bh_check_refuses(enum bh_class class, const char *reason);

void bh_check_count(bool denied);
bool bh_check_leaves(const struct bh_ns *target);

bool bh_check_allows_trace(struct task_struct *tracee, u32 access);

int bh_check_exe(struct bh_check *check, struct task_struct *task, char *buf,
		 struct bh_string *string);

int bh_check_init(void);
void bh_check_exit(void);

u64 bh_checks(void);
u64 bh_denials(void);

#endif /* BULKHEAD_CHECK_H */
