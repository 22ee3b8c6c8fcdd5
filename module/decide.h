/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision: a pure function of a policy and a request.
 */
#ifndef BULKHEAD_DECIDE_H
#define BULKHEAD_DECIDE_H

#include <linux/types.h>

#include "policy.h"

/**
 * struct bh_string - a string of a request
 * @s: the string; NULL where there is none, as for a file without a path
 * @len: its length
 * @unreached: it is the path of a file that the task's mount namespace does not lead to.
 *             @s is the path in the namespace that the file lies in, or NULL if it lies
 *             in none. Rules that allow do not look at it.
 */
struct bh_string {
	const char *s;
	size_t len;
	bool unreached;
};

/**
 * struct bh_request - what someone wants to do, as plain values
 * @attr: by BH_EXEC_AS and its like; a bit for each word that applies
 * @flags: BH_FLAG_*
 * @class: enum bh_class; what stands before it is compared with it as a whole (memo.c)
 * @string: by BH_EXEC_PATH and its like
 * @digest: by enum bh_digest_kind; NULL where the file has none
 * @unknown: a bit for each string that only a later step of the operation will tell
 * @flags_unknown: will only a later step tell the flags?
 */
struct bh_request {
	u32 attr[BH_ATTRS];
	u32 flags;
	enum bh_class class;
	struct bh_string string[BH_STRINGS];
	const u8 *digest[BH_DIGEST_KINDS];
	u8 unknown;
	bool flags_unknown;
};

/* Is it a step on the way to an operation, and not all of it? */
static inline bool bh_request_is_partial(const struct bh_request *request)
{
	return request->unknown || request->flags_unknown;
}

/**
 * struct bh_verdict - what a policy says to a request
 * @action: enum bh_action
 * @report: enum bh_report
 * @failed: no policy decided; the check failed closed. Not set by bh_decide().
 * @line: the rule that decided, or 0 for the default
 * @rule: its index, if there is one
 */
struct bh_verdict {
	u8 action;
	u8 report;
	bool failed;
	u32 line;
	u32 rule;
};

/* What bh_decide() needs beside its input; for one decision at a time. */
struct bh_decision {
	struct bh_scratch scratch;
	struct bh_vec hits[BH_SLOTS];
};

/*
 * What ptrace rules without exe= can tell apart. A verdict on each is decided on when a policy
 * is loaded.
 */
#define BH_PTRACE_CASES	16

/* The number of a case; each value of @attr has one bit, but for BH_PEER_DESCENDANT beside. */
static inline u32 bh_ptrace_case(const u32 *attr)
{
	return attr[BH_PTRACE_ACCESS] >> 1 | (attr[BH_PTRACE_ROLE] & BH_ROLE_TRACEE) |
	       (attr[BH_PTRACE_PEER] & BH_PEER_INSIDE) << 2 |
	       (attr[BH_PTRACE_PEER] & BH_PEER_DESCENDANT) << 1;
}

void bh_decision_init(struct bh_decision *decision, gfp_t gfp);
void bh_decision_free(struct bh_decision *decision);

int __must_check bh_decide(const struct bh_policy *policy, const struct bh_request *request,
			   struct bh_decision *decision, struct bh_verdict *verdict);
int __must_check bh_decide_cases(const struct bh_policy *policy, struct bh_decision *decision,
				 struct bh_verdict *verdicts);

#endif /* BULKHEAD_DECIDE_H */
