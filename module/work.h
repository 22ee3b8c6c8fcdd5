/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verdict costs at most. Pure.
 */
#ifndef BULKHEAD_WORK_H
#define BULKHEAD_WORK_H

#include "policy.h"

int bh_policy_check_work(const struct bh_policy *policy, u32 *rule);

#endif /* BULKHEAD_WORK_H */
