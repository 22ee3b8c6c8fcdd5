/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patterns as a nondeterministic automaton, of which dfa.c makes a deterministic one. Pure.
 */
#ifndef BULKHEAD_NFA_H
#define BULKHEAD_NFA_H

#include <linux/types.h>

#include "pattern.h"
#include "vec.h"

/**
 * struct bh_nfa_node - a prefix, in tokens, that patterns share
 * @kids: its first child; the others follow
 * @better: a star behind it that matches all that this one does, or 0. When that star is
 *          alive, this node is dropped
 * @id: the pattern that ends here, or BH_NO_PATTERN
 * @token: its last token
 * @nr_lit: children that are literal bytes; they come first, ascending
 * @nr_kids: all children
 */
struct bh_nfa_node {
	u32 kids;
	u32 better;
	u32 id;
	u16 token;
	u16 nr_lit;
	u16 nr_kids;
};

/* The first node is the empty prefix. */
struct bh_nfa {
	const struct bh_set *sets;
	struct bh_nfa_node *nodes;
	u32 nr_nodes;
};

/**
 * struct bh_nfa_live - which nodes are alive when a part of a string has been read
 * @nodes: these nodes, ascending
 * @passed: patterns that match from the last byte on, whatever follows; ascending
 */
struct bh_nfa_live {
	struct bh_vec nodes;
	struct bh_vec passed;
};

/* Does the pattern that ends at a node match whatever follows? */
static inline bool bh_nfa_passes(const struct bh_nfa_node *node)
{
	return node->token == BH_TOKEN_GLOBSTAR && node->id != BH_NO_PATTERN;
}

int bh_nfa_build(struct bh_nfa *nfa, const struct bh_patterns *p, const u32 *sorted, u32 lo,
		 u32 hi);
void bh_nfa_free(struct bh_nfa *nfa);

int bh_nfa_start(const struct bh_nfa *nfa, struct bh_nfa_live *live);
int bh_nfa_step(const struct bh_nfa *nfa, const u32 *nodes, u32 nr, u8 c,
		struct bh_nfa_live *next);

#endif /* BULKHEAD_NFA_H */
