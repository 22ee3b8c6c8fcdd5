/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Matching of one string against many patterns at once. Pure.
 */
#ifndef BULKHEAD_MATCH_H
#define BULKHEAD_MATCH_H

#include <linux/types.h>

#include "dfa.h"
#include "pattern.h"
#include "trie.h"
#include "vec.h"

/**
 * struct bh_matcher - patterns compiled, immutable
 * @trie: those that are literal but for a star at their end; their ids come first
 * @dfas: the others, parted so that none has too many states
 * @nr_trie: patterns in @trie
 * @nr_dfas: how many automata
 * @nr_patterns: different patterns
 * @refused: where bh_matcher_build() said -E2BIG, a pattern that it is about, as added
 */
struct bh_matcher {
	struct bh_trie trie;
	struct bh_dfa *dfas;
	u32 nr_trie;
	u32 nr_dfas;
	u32 nr_patterns;
	u32 refused;
};

/* What a match needs beside its input; reusable from one match to the next. */
struct bh_scratch {
	struct bh_dfa_spoken spoken;
	gfp_t gfp;
};

void bh_scratch_init(struct bh_scratch *scratch, gfp_t gfp);

int bh_matcher_build(struct bh_matcher *m, struct bh_patterns *p, u32 *ids);
void bh_matcher_free(struct bh_matcher *m);
size_t bh_matcher_bytes(const struct bh_matcher *m);
u64 bh_matcher_work(const struct bh_matcher *m);

int __must_check bh_match(const struct bh_matcher *m, const char *s, size_t len,
			  struct bh_scratch *scratch, struct bh_vec *hits);

#endif /* BULKHEAD_MATCH_H */
