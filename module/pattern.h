/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patterns, from text to tokens. Pure.
 */
#ifndef BULKHEAD_PATTERN_H
#define BULKHEAD_PATTERN_H

#include <linux/types.h>

/* Tokens of a pattern. Those below BH_TOKEN_ANY are bytes. */
#define BH_TOKEN_ANY		256u	/* `?`: one byte but '/' */
#define BH_TOKEN_STAR		257u	/* `*`: any run without '/' */
#define BH_TOKEN_GLOBSTAR	258u	/* `**`: any run */
#define BH_TOKEN_SET		512u	/* `[...]`: this and its number */

#define BH_NO_PATTERN	U32_MAX

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
 * @cap_sets: sets that fit
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

static inline bool bh_token_is_star(u32 token)
{
	return token == BH_TOKEN_STAR || token == BH_TOKEN_GLOBSTAR;
}

static inline bool bh_token_is_literal(u32 token)
{
	return token < BH_TOKEN_ANY;
}

static inline bool bh_set_has(const struct bh_set *set, u8 byte)
{
	return set->bits[byte / 8] & (1 << (byte % 8));
}

static inline u32 bh_pattern_len(const struct bh_patterns *p, u32 pattern)
{
	return p->starts[pattern + 1] - p->starts[pattern];
}

static inline const u16 *bh_pattern_tokens(const struct bh_patterns *p, u32 pattern)
{
	return p->tokens + p->starts[pattern];
}

int bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why);
void bh_patterns_free(struct bh_patterns *p);

#endif /* BULKHEAD_PATTERN_H */
