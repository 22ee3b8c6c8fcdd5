// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that can never match: patterns that no path is like, and conditions that
 * contradict each other.
 *
 * What is said to never match never does. Of the rest, some never match either: two
 * patterns are only compared where both are literal.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "never.h"

/* Paths */

/*
 * Where one may stand in a path. Paths are normal: no name is empty, "." or "..", and only
 * the root's ends with '/'.
 */
enum place {
	BEGIN,		/* nothing was read */
	ROOT,		/* "/" */
	SLASH,		/* behind another '/' */
	DOT,		/* the name so far is "." */
	DOTS,		/* it is ".." */
	NAME,		/* it is another */
	PLACES,
};

/* What a byte is to a path. */
#define IS_SLASH	0x1
#define IS_DOT		0x2
#define IS_OTHER	0x4

/* What a byte leads to, as a bit for each enum place; 0 where it cannot stand. */
static const struct {
	u8 slash;
	u8 dot;
	u8 other;
} next[PLACES] = {
	[BEGIN] = { 1 << ROOT, 0, 0 },
	[ROOT] = { 0, 1 << DOT, 1 << NAME },
	[SLASH] = { 0, 1 << DOT, 1 << NAME },
	[DOT] = { 0, 1 << DOTS, 1 << NAME },
	[DOTS] = { 0, 1 << NAME, 1 << NAME },
	[NAME] = { 1 << SLASH, 1 << NAME, 1 << NAME },
};

static u8 bytes_of_set(const struct bh_set *set)
{
	u8 bytes = bh_set_has(set, '.') ? IS_DOT : 0;
	u32 byte;

	for (byte = 1; byte < 256; byte++)
		if (byte != '.' && bh_set_has(set, byte))
			return bytes | IS_OTHER;
	return bytes;
}

/* The bytes that a token stands for: IS_*. */
static u8 bytes_of(const struct bh_patterns *patterns, u32 token)
{
	if (token >= BH_TOKEN_SET)
		return bytes_of_set(&patterns->sets[token - BH_TOKEN_SET]);
	if (!bh_token_is_literal(token))
		return token == BH_TOKEN_GLOBSTAR ? IS_SLASH | IS_DOT | IS_OTHER :
						    IS_DOT | IS_OTHER;
	return token == '/' ? IS_SLASH : token == '.' ? IS_DOT : IS_OTHER;
}

/* Where one byte leads from some places. */
static u8 advance(u8 places, u8 bytes)
{
	u8 after = 0;
	int i;

	for (i = 0; i < PLACES; i++) {
		if (!(places & (1 << i)))
			continue;
		after |= bytes & IS_SLASH ? next[i].slash : 0;
		after |= bytes & IS_DOT ? next[i].dot : 0;
		after |= bytes & IS_OTHER ? next[i].other : 0;
	}
	return after;
}

static u8 advance_by_token(const struct bh_patterns *patterns, u8 places, u32 token)
{
	u8 bytes = bytes_of(patterns, token), before;

	if (!bh_token_is_star(token))
		return advance(places, bytes);
	do {
		before = places;
		places |= advance(places, bytes);
	} while (places != before);
	return places;
}

/**
 * bh_never_path() - why no file has a path that matches a pattern
 * @patterns: of which it is one
 * @pattern: its number
 *
 * Return: what to write instead; NULL if there may be such a path.
 */
const char *bh_never_path(const struct bh_patterns *patterns, u32 pattern)
{
	const u16 *tokens = bh_pattern_tokens(patterns, pattern);
	u32 i, len = bh_pattern_len(patterns, pattern);
	u8 places = 1 << BEGIN, before;

	for (i = 0; i < len; i++) {
		/* Within a name, which one byte more makes none of the others. */
		if (places == 1 << NAME && bh_token_is_literal(tokens[i]) && tokens[i] != '/')
			continue;
		before = places;
		places = advance_by_token(patterns, places, tokens[i]);
		if (places)
			continue;
		if (tokens[i] != '/')
			return "never matches: / is in no [...]";
		if (before & (1 << DOT | 1 << DOTS))
			return "never matches: write paths without /./ and /../, links resolved";
		return "never matches: no path has // in it, write one /";
	}
	if (places & (1 << ROOT | 1 << NAME))
		return NULL;
	return places & (1 << DOT | 1 << DOTS) ? "never matches: no path ends with /. or /.." :
	       "never matches: no path ends with /, write /** for what lies below a directory";
}

/* Conditions */

/**
 * struct question - a rule that is looked at
 * @policy: where its conditions are
 * @rule: the rule
 * @patterns: its values
 * @tries: how many more values may be compared
 */
struct question {
	const struct bh_policy *policy;
	const struct bh_rule *rule;
	const struct bh_policy_patterns *patterns;
	u32 tries;
};

static const struct bh_key *key_of(const struct question *q, const struct bh_cond *cond)
{
	return &bh_classes[q->rule->class].keys[cond->key];
}

static const struct bh_cond *first_cond(const struct question *q)
{
	return q->policy->conds + q->rule->cond;
}

static const struct bh_cond *end_of_conds(const struct question *q)
{
	return first_cond(q) + q->rule->nr_conds;
}

/* Do all conditions on a key that holds words hold if these are the ones that apply? */
static bool words_hold(const struct question *q, u8 key, u32 bits)
{
	const struct bh_cond *cond;

	for (cond = first_cond(q); cond < end_of_conds(q); cond++)
		if (cond->key == key && !(bits & cond->arg) != cond->negated)
			return false;
	return true;
}

/* One word applies at a time, but that a descendant is inside or outside as well. */
static bool never_by_words(const struct question *q, const struct bh_cond *cond)
{
	const struct bh_key *key = key_of(q, cond);
	const struct bh_word *word;
	u32 beside = 0;

	if (q->rule->class == BH_PTRACE && key->index == BH_PTRACE_PEER)
		beside = BH_PEER_DESCENDANT;
	for (word = key->words; word->name; word++)
		if (word->bit != beside && (words_hold(q, cond->key, word->bit) ||
					    words_hold(q, cond->key, word->bit | beside)))
			return false;
	return true;
}

/* `has!=a,b` says that neither is set, `lacks!=a,b` that both are. */
static bool asks_set(const struct bh_key *key, const struct bh_cond *cond)
{
	return (key->kind == BH_KEY_HAS) != cond->negated;
}

static bool is_of_flags(const struct bh_key *key)
{
	return key->kind == BH_KEY_HAS || key->kind == BH_KEY_LACKS;
}

/* Is a flag asked to be set and not to be set? */
static bool never_by_flags(const struct question *q, const struct bh_cond *cond)
{
	const struct bh_key *key = key_of(q, cond);
	const struct bh_cond *other;

	for (other = first_cond(q); other < end_of_conds(q); other++)
		if (is_of_flags(key_of(q, other)) && other->arg & cond->arg &&
		    asks_set(key_of(q, other), other) != asks_set(key, cond))
			return true;
	return false;
}

/* The tokens of a pattern up to the first that stands for more than one byte, or for none. */
static u32 literal_len(const u16 *tokens, u32 len)
{
	u32 i = 0;

	while (i < len && bh_token_is_literal(tokens[i]))
		i++;
	return i;
}

/* Is there a string that both patterns match, as far as their literal beginnings say? */
static bool patterns_may_meet(const struct bh_patterns *p, u32 a, u32 b)
{
	const u16 *x = bh_pattern_tokens(p, a), *y = bh_pattern_tokens(p, b);
	u32 len_x = bh_pattern_len(p, a), len_y = bh_pattern_len(p, b);
	u32 head_x = literal_len(x, len_x), head_y = literal_len(y, len_y);

	if (memcmp(x, y, min(head_x, head_y) * sizeof(*x)))
		return false;
	/* One that is literal to its end is no longer than that. */
	return !(head_x == len_x && head_y > head_x) && !(head_y == len_y && head_x > head_y);
}

static bool patterns_are_same(const struct bh_patterns *p, u32 a, u32 b)
{
	u32 len = bh_pattern_len(p, a);

	return len == bh_pattern_len(p, b) &&
	       !memcmp(bh_pattern_tokens(p, a), bh_pattern_tokens(p, b), len * sizeof(u16));
}

/* Can one value be of a file of which the other is? A file has one digest of each kind. */
static bool values_may_meet(const struct question *q, const struct bh_key *key, u32 a, u32 b)
{
	const struct bh_digest *v = q->patterns->digests[q->rule->class].v;

	if (bh_key_is_pattern(key))
		return patterns_may_meet(&q->patterns->slot[q->rule->class][key->index], a, b);
	return v[a].kind != v[b].kind || !memcmp(v[a].bytes, v[b].bytes, BH_DIGEST_MAX);
}

static bool values_are_same(const struct question *q, const struct bh_key *key, u32 a, u32 b)
{
	const struct bh_digest *v = q->patterns->digests[q->rule->class].v;

	if (bh_key_is_pattern(key))
		return patterns_are_same(&q->patterns->slot[q->rule->class][key->index], a, b);
	return v[a].kind == v[b].kind && !memcmp(v[a].bytes, v[b].bytes, BH_DIGEST_MAX);
}

/* Does a condition exclude what matches a value? */
static bool excludes(struct question *q, const struct bh_cond *cond, u32 value)
{
	const u32 *values = q->policy->values + cond->arg;
	const struct bh_key *key = key_of(q, cond);
	u32 i;

	for (i = 0; i < cond->nr; i++) {
		/* Whoever writes more than can be looked at is believed. */
		if (!q->tries)
			return false;
		q->tries--;
		if (cond->negated ? values_are_same(q, key, value, values[i]) :
				    values_may_meet(q, key, value, values[i]))
			return cond->negated;
	}
	return !cond->negated;
}

/* Is each value of a condition excluded by another condition on the same key? */
static bool never_by_values(struct question *q, const struct bh_cond *cond)
{
	const struct bh_cond *other;
	u32 i;

	if (cond->negated)
		return false;
	for (i = 0; i < cond->nr; i++) {
		for (other = first_cond(q); other < end_of_conds(q); other++)
			if (other != cond && other->key == cond->key &&
			    excludes(q, other, q->policy->values[cond->arg + i]))
				break;
		if (other == end_of_conds(q))
			return false;
	}
	return true;
}

static bool never_by(struct question *q, const struct bh_cond *cond)
{
	const struct bh_key *key = key_of(q, cond);

	if (bh_key_has_values(key))
		return never_by_values(q, cond);
	return key->kind == BH_KEY_ENUM ? never_by_words(q, cond) : never_by_flags(q, cond);
}

/**
 * bh_never_rule() - do conditions of a rule contradict each other?
 * @policy: where its conditions and values are
 * @rule: the rule, which need not be among the policy's yet
 * @patterns: what the values number
 * @cond: set to one of the conditions that do, counted within the rule
 *
 * Return: true if no request can satisfy all of them. False is no promise.
 */
bool bh_never_rule(const struct bh_policy *policy, const struct bh_rule *rule,
		   const struct bh_policy_patterns *patterns, u32 *cond)
{
	struct question q = {
		.policy = policy, .rule = rule, .patterns = patterns, .tries = BH_NEVER_TRIES_MAX,
	};

	/* From the last on, which is the one that contradicts. */
	for (*cond = rule->nr_conds; (*cond)--;)
		if (never_by(&q, first_cond(&q) + *cond))
			return true;
	return false;
}
