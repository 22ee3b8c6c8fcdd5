/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers that the hook or bulkhead-runc did not let start, as they have noted it.
 */
#ifndef BULKHEAD_TOOLS_REFUSED_H
#define BULKHEAD_TOOLS_REFUSED_H

#include "kv.h"

#define REFUSED_MAX	10	/* that are told of: the latest */

/**
 * struct refused - the latest refusals, the oldest first
 * @v: with the words time, by, container, policy and reason
 * @nr: how many
 */
struct refused {
	struct kvs v[REFUSED_MAX];
	size_t nr;
};

void refused_read(struct refused *refused);
void refused_free(struct refused *refused);

#endif /* BULKHEAD_TOOLS_REFUSED_H */
