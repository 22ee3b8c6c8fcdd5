/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies on their way to the kernel.
 */
#ifndef BULKHEAD_TOOLS_LOAD_H
#define BULKHEAD_TOOLS_LOAD_H

#include "ctl.h"
#include "doc.h"

bool load_is_signed(const char *s, size_t len);
u64 load_version(const char *name);
u32 load_unknown_kinds(void);
bool load_same_rules(const struct doc *a, const struct doc_block *x, const struct doc *b,
		     const struct doc_block *y);
int load_file(const char *path, bool bump);
int load_text(const char *label, const char *s, size_t len, bool quiet);

#endif /* BULKHEAD_TOOLS_LOAD_H */
