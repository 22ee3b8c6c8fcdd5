/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts that were given, so that the same question is answered at once. Pure.
 */
#ifndef BULKHEAD_MEMO_H
#define BULKHEAD_MEMO_H

#include "decide.h"
#include "limits.h"

/* The words that a request begins with, up to its class. */
#define BH_MEMO_VALUES	3
static_assert(sizeof(((struct bh_request *)0)->attr) == 16 &&
	      __builtin_offsetof(struct bh_request, flags) == 16 &&
	      __builtin_offsetof(struct bh_request, class) == 20 &&
	      sizeof(enum bh_class) == 4);

/**
 * struct bh_remembered - a request and the verdict of a policy on it
 * @policy: the policy's id; 0: nothing is remembered here
 * @values: the request's enumerations, flags and class, as they lie there
 * @told: a bit for each digest in @bytes
 * @tag: of each string: its length, and the rest that is told of it
 * @verdict: the verdict
 * @bytes: the digests, and the strings, one behind the other
 */
struct bh_remembered {
	u64 policy;
	u64 values[BH_MEMO_VALUES];
	u32 told;
	u32 tag[BH_STRINGS];
	struct bh_verdict verdict;
	char bytes[BH_MEMO_BYTES];
};

/* For one user at a time. All zero: nothing is remembered. */
struct bh_memo {
	struct bh_remembered entry[BH_MEMO_ENTRIES];
};

bool bh_memo_find(const struct bh_memo *memo, const struct bh_policy *policy,
		  const struct bh_class_rules *rules, const struct bh_request *request,
		  struct bh_verdict *verdict);
void bh_memo_keep(struct bh_memo *memo, const struct bh_policy *policy,
		  const struct bh_request *request, const struct bh_verdict *verdict);

#endif /* BULKHEAD_MEMO_H */
