/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A system call with arguments that no thread can change under it.
 */
#ifndef BULKHEAD_FROZEN_H
#define BULKHEAD_FROZEN_H

#include <linux/path.h>
#include <linux/types.h>

/* Where the arguments lie in the page: a path that leads to the place, and a structure. */
#define BH_FROZEN_PATH		0
#define BH_FROZEN_DATA		64

long bh_call_at(const struct path *place, long (*call)(void *context), void *context);
long bh_frozen_call(const struct path *place, const void *data, size_t size,
		    long (*call)(unsigned long page, void *context), void *context);
int bh_frozen_left(void);

#endif /* BULKHEAD_FROZEN_H */
