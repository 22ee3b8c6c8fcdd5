/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Matching against patterns that are literal but for a star at their end. Pure.
 */
#ifndef BULKHEAD_TRIE_H
#define BULKHEAD_TRIE_H

#include <linux/types.h>

#include "pattern.h"
#include "vec.h"

/* Which patterns end at a node. Their ids follow each other in this order. */
#define BH_ENDS_EXACT		0x1	/* the string ends there, too */
#define BH_ENDS_STAR		0x2	/* `*` */
#define BH_ENDS_GLOBSTAR	0x4	/* `**` */

/**
 * struct bh_trie_node - a prefix that patterns share, behind which they differ
 * @label: where its last bytes, those behind its parent's, begin in the labels
 * @kids: its first child; the others follow, ascending by the first byte of their labels
 * @id: the first pattern that ends here
 * @len: bytes in its label
 * @nr_kids: how many children
 * @ends: BH_ENDS_*
 */
struct bh_trie_node {
	u32 label;
	u32 kids;
	u32 id;
	u16 len;
	u16 nr_kids : 9;
	u16 ends : 3;
};

/**
 * struct bh_trie - a radix tree of patterns, immutable
 * @nodes: parents before their children; the first is the root
 * @keys: the first byte of each node's label
 * @labels: the labels
 * @nr_nodes: how many nodes
 * @nr_labels: how many bytes in @labels
 */
struct bh_trie {
	struct bh_trie_node *nodes;
	u8 *keys;
	u8 *labels;
	u32 nr_nodes;
	u32 nr_labels;
};

bool bh_trie_takes(const u16 *tokens, u32 len);

int bh_trie_build(struct bh_trie *trie, const struct bh_patterns *p, const u32 *sorted, u32 nr);
void bh_trie_free(struct bh_trie *trie);
size_t bh_trie_bytes(const struct bh_trie *trie);
int bh_trie_heaviest(const struct bh_trie *trie, const u32 *weights, u64 *weight, u32 *id);

int __must_check bh_trie_match(const struct bh_trie *trie, const u8 *s, u32 len, gfp_t gfp,
			       struct bh_vec *hits);

#endif /* BULKHEAD_TRIE_H */
