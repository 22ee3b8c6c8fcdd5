/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stays: tasks in the module that may have to wait for others, and how unloading waits for them.
 */
#ifndef BULKHEAD_STAY_H
#define BULKHEAD_STAY_H

#include <linux/types.h>

bool bh_stay_begin(void);
void bh_stay_end(void);
void bh_stay_hand_on(void);

int bh_stays_wait(void);
void bh_stays_drain(void);

#endif /* BULKHEAD_STAY_H */
