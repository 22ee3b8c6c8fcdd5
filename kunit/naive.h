/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patterns as the README describes them, in the plainest way: what the matcher
 * is compared with.
 */
#ifndef BULKHEAD_TEST_NAIVE_H
#define BULKHEAD_TEST_NAIVE_H

#include <linux/types.h>

#include "random.h"

bool bh_naive_is_pattern(const char *pattern, size_t len);
bool bh_naive_is_path(const char *s, size_t len);
bool bh_naive_match(const char *pattern, size_t len, const char *s, size_t slen);
size_t bh_random_pattern(struct bh_random *random, char *pattern, size_t pieces);
size_t bh_random_string(struct bh_random *random, char *s, size_t max);

/* Longest piece that bh_random_pattern() writes. */
#define BH_RANDOM_PIECE 12

#endif /* BULKHEAD_TEST_NAIVE_H */
