/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * New namespaces: those in which nothing that was made there has executed a program.
 */
#ifndef BULKHEAD_FRESH_H
#define BULKHEAD_FRESH_H

#include "ns.h"

bool bh_ns_is_new(enum bh_ns_type type, void *ns);

#endif /* BULKHEAD_FRESH_H */
