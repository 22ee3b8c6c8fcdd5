/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Matching of one string against many patterns at once. Pure.
 */
#ifndef BULKHEAD_MATCH_H
#define BULKHEAD_MATCH_H

#include <linux/types.h>

/**
 * struct bh_vec - a growing array of u32
 * @v: the elements
 * @nr: elements in use
 * @cap: elements that fit
 * @inline_cap: how many of them lie in @space, 0 if there is no such space
 * @space: the first elements' home, so that a short vector allocates nothing
 */
#define BH_VEC_INLINE 32
struct bh_vec {
	u32 *v;
	u32 nr;
	u32 cap;
	u32 space[BH_VEC_INLINE];
};

void bh_vec_init(struct bh_vec *vec);
void bh_vec_free(struct bh_vec *vec);
int __must_check bh_vec_grow(struct bh_vec *vec, gfp_t gfp);

static inline int __must_check bh_vec_push(struct bh_vec *vec, u32 value, gfp_t gfp)
{
	if (unlikely(vec->nr == vec->cap)) {
		int err = bh_vec_grow(vec, gfp);

		if (err)
			return err;
	}
	vec->v[vec->nr++] = value;
	return 0;
}

/* A set of bytes, from a `[...]`. */
struct bh_set {
	u8 bits[32];
};

/**
 * struct bh_patterns - patterns on their way into a matcher
 * @tokens: all patterns' tokens, one pattern behind the other
 * @nr_tokens: tokens in use
 * @cap_tokens: tokens that fit
 * @starts: where each pattern begins in @tokens; the next one's start ends it
 * @nr: patterns
 * @cap: patterns that fit in @starts
 * @sets: the different sets that occur
 * @nr_sets: how many
 */
struct bh_patterns {
	u16 *tokens;
	u32 nr_tokens;
	u32 cap_tokens;
	u32 *starts;
	u32 nr;
	u32 cap;
	struct bh_set *sets;
	u32 nr_sets;
	u32 cap_sets;
};

/**
 * struct bh_node - a state of the matcher: a prefix that patterns share
 * @first: the first child, or with a @tail where that lies in the tail bytes
 * @id: the pattern that ends here, or BH_NO_PATTERN
 * @token: what leads here from the parent
 * @nr_lit: children that are literal bytes; they come first, sorted
 * @nr_kids: all children
 * @tail: length of the literal rest of the only pattern that goes on from here
 */
struct bh_node {
	u32 first;
	u32 id;
	u16 token;
	u16 nr_lit;
	u16 nr_kids;
	u16 tail;
};

#define BH_NO_PATTERN	U32_MAX

/**
 * struct bh_matcher - patterns compiled into one trie, immutable
 *
 * Nodes stand in breadth-first order, children of a node side by side. The
 * states that are alive at a byte can thus be kept sorted without sorting.
 */
struct bh_matcher {
	struct bh_node *nodes;
	char *tails;
	struct bh_set *sets;
	u32 nr_nodes;
	u32 nr_tails;
	u32 nr_sets;
	u32 nr_patterns;
};

/* What a match needs beside its input; reusable from one match to the next. */
struct bh_scratch {
	struct bh_vec plain[2];
	struct bh_vec star[2];
	struct bh_vec fresh;
	gfp_t gfp;
};

int __must_check bh_reserve(void **array, u32 *cap, u32 want, size_t size);

void bh_scratch_init(struct bh_scratch *scratch, gfp_t gfp);
void bh_scratch_free(struct bh_scratch *scratch);

int bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why);
void bh_patterns_free(struct bh_patterns *p);

int bh_matcher_build(struct bh_matcher *m, struct bh_patterns *p, u32 *ids);
void bh_matcher_free(struct bh_matcher *m);
size_t bh_matcher_bytes(const struct bh_matcher *m);

int __must_check bh_match(const struct bh_matcher *m, const char *s, size_t len,
			  struct bh_scratch *scratch, struct bh_vec *hits);

#endif /* BULKHEAD_MATCH_H */
