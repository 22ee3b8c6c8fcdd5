/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * New namespaces: those in which nothing that was made there has executed a program.
 */
#ifndef BULKHEAD_FRESH_H
#define BULKHEAD_FRESH_H

#include "ns.h"

bool bh_ns_is_new(enum bh_ns_type type, void *ns);

void bh_fresh_begin(void);
void bh_fresh_note_made(const struct ns_common *mnt);
void bh_fresh_note_exec(void);

#endif /* BULKHEAD_FRESH_H */
