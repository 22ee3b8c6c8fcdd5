/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys that are trusted, and what they have signed.
 */
#ifndef BULKHEAD_SIGNED_H
#define BULKHEAD_SIGNED_H

#include <linux/types.h>

#include "cms.h"

struct seq_file;

int bh_signed_verify(const u8 *s, size_t len, struct bh_cms *cms, const char **why);

int bh_keys_add(const u8 *certificate, size_t len);
void bh_keys_show(struct seq_file *m);

int bh_keys_init(void);
void bh_keys_exit(void);

#endif /* BULKHEAD_SIGNED_H */
