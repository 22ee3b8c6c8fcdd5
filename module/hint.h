/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to write instead of what is often written by mistake. Pure.
 */
#ifndef BULKHEAD_HINT_H
#define BULKHEAD_HINT_H

#include <linux/types.h>

#include "policy.h"

/* Room for what is said. */
#define BH_HINT_MAX 120

const char *bh_hint_bytes(const char *s, size_t len);
bool bh_hint_begins_oddly(const char *s, size_t len);
void bh_hint_word(char *text, const char *word, size_t len, bool begins);
void bh_hint_class(char *text, const char *name, size_t len);
void bh_hint_key(char *text, enum bh_class class, const char *name, size_t len);
void bh_hint_value(char *text, const struct bh_key *key, const char *value, size_t len);

#endif /* BULKHEAD_HINT_H */
