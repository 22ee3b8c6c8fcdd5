/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that can never match. Pure.
 */
#ifndef BULKHEAD_NEVER_H
#define BULKHEAD_NEVER_H

#include <linux/types.h>

#include "pattern.h"
#include "policy.h"

const char *bh_never_path(const struct bh_patterns *patterns, u32 pattern);
bool bh_never_rule(const struct bh_policy *policy, const struct bh_rule *rule,
		   const struct bh_policy_patterns *patterns, u32 *cond);

#endif /* BULKHEAD_NEVER_H */
