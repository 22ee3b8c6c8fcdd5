// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that can never match: patterns that no path is like, and conditions that
 * contradict each other.
 *
 * What is said to never match never does. Of the rest, some never match either: of two
 * patterns with wildcards only the literal beginnings and ends are compared.
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
	u32 left;

	for (left = places; left; left &= left - 1) {
		int i = __builtin_ctz(left);

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

/* Passes what most of a pattern is: names of literal bytes, of which none begins with a dot. */
static u32 skip_names(const u16 *tokens, u32 len, u32 i, u8 *places)
{
	bool in_name = *places == 1 << NAME;

	if (!in_name && *places != 1 << SLASH)
		return i;
	for (;;) {
		if (in_name) {
			while (i < len && tokens[i] != '/' && bh_token_is_literal(tokens[i]))
				i++;
			if (i == len || tokens[i] != '/')
				break;
		} else if (i == len || tokens[i] == '/' || tokens[i] == '.' ||
			   !bh_token_is_literal(tokens[i])) {
			break;
		}
		in_name = tokens[i++] != '/';
	}
	*places = in_name ? 1 << NAME : 1 << SLASH;
	return i;
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
		i = skip_names(tokens, len, i, &places);
		if (i == len)
			break;
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
 * @kinds: words that apply to what it can match, see struct kind; 0: it names none
 * @tries: how many more values, or tokens of them, may be compared
 */
struct question {
	const struct bh_policy *policy;
	const struct bh_rule *rule;
	const struct bh_policy_patterns *patterns;
	u32 kinds;
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

/* The tokens of a pattern behind the last that is not literal. */
static u32 literal_tail(const u16 *tokens, u32 len)
{
	u32 i = len;

	while (i && bh_token_is_literal(tokens[i - 1]))
		i--;
	return len - i;
}

/* May a token that is no star stand for a byte? */
static bool may_stand_for(const struct bh_patterns *p, u32 token, u8 byte)
{
	if (token >= BH_TOKEN_SET)
		return bh_set_has(&p->sets[token - BH_TOKEN_SET], byte);
	return token == BH_TOKEN_ANY ? byte != '/' : token == byte;
}

/* Does a token that is no star stand for whatever another one stands for? */
static bool token_covers(const struct bh_patterns *p, u32 outer, u32 inner)
{
	u32 byte;

	if (bh_token_is_literal(inner))
		return may_stand_for(p, outer, inner);
	if (bh_token_is_star(inner) || bh_token_is_literal(outer))
		return false;
	for (byte = 1; byte < 256; byte++)
		if (may_stand_for(p, inner, byte) && !may_stand_for(p, outer, byte))
			return false;
	return true;
}

/* Where to go on with a star that stands for one token more: behind it, and behind that. */
struct retry {
	u32 outer;
	u32 inner;
};

/*
 * Does one pattern match all that another one matches? The other one's tokens are matched as
 * if they were bytes. What stands between two `**` is best matched as early as can be.
 *
 * Return: true if so. False is no promise, unless @inner is literal and tries are left.
 */
static bool pattern_covers(struct question *q, const struct bh_patterns *p, u32 outer, u32 inner)
{
	const u16 *x = bh_pattern_tokens(p, outer), *y = bh_pattern_tokens(p, inner);
	u32 len_x = bh_pattern_len(p, outer), len_y = bh_pattern_len(p, inner), i = 0, j = 0;
	struct retry star = { }, globstar = { };

	for (; q->tries; q->tries--) {
		if (i < len_x && bh_token_is_star(x[i])) {
			star = (struct retry){ i + 1, j };
			if (x[i++] == BH_TOKEN_GLOBSTAR) {
				globstar = star;
				star.outer = 0;
			}
		} else if (i < len_x && j < len_y && token_covers(p, x[i], y[j])) {
			i++;
			j++;
		} else if (i == len_x && j == len_y) {
			return true;
		} else if (star.outer && star.inner < len_y && y[star.inner] != '/' &&
			   y[star.inner] != BH_TOKEN_GLOBSTAR) {
			i = star.outer;
			j = ++star.inner;
		} else if (globstar.outer && globstar.inner < len_y) {
			star.outer = 0;
			i = globstar.outer;
			j = ++globstar.inner;
		} else {
			return false;
		}
	}
	return false;
}

/* Is there a string that two patterns match, as far as is looked at? */
static bool patterns_may_meet(struct question *q, const struct bh_patterns *p, u32 a, u32 b)
{
	const u16 *x = bh_pattern_tokens(p, a), *y = bh_pattern_tokens(p, b);
	u32 len_x = bh_pattern_len(p, a), len_y = bh_pattern_len(p, b);
	u32 head = min(literal_len(x, len_x), literal_len(y, len_y));
	u32 tail = min(literal_tail(x, len_x), literal_tail(y, len_y));

	if (literal_len(x, len_x) == len_x)
		return pattern_covers(q, p, b, a) || !q->tries;
	if (literal_len(y, len_y) == len_y)
		return pattern_covers(q, p, a, b) || !q->tries;
	return !memcmp(x, y, head * sizeof(*x)) &&
	       !memcmp(x + len_x - tail, y + len_y - tail, tail * sizeof(*x));
}

/* Can one value be of a file of which the other is? A file has one digest of each kind. */
static bool values_may_meet(struct question *q, const struct bh_key *key, u32 a, u32 b)
{
	const struct bh_digest *v = q->patterns->digests[q->rule->class].v;

	if (bh_key_is_pattern(key))
		return patterns_may_meet(q, &q->patterns->slot[q->rule->class][key->index], a, b);
	return v[a].kind != v[b].kind || !memcmp(v[a].bytes, v[b].bytes, BH_DIGEST_MAX);
}

/* Is whatever one value matches matched by another one? */
static bool value_covers(struct question *q, const struct bh_key *key, u32 outer, u32 inner)
{
	const struct bh_digest *v = q->patterns->digests[q->rule->class].v;

	if (bh_key_is_pattern(key))
		return pattern_covers(q, &q->patterns->slot[q->rule->class][key->index], outer,
				      inner);
	return v[outer].kind == v[inner].kind &&
	       !memcmp(v[outer].bytes, v[inner].bytes, BH_DIGEST_MAX);
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
		if (cond->negated ? value_covers(q, key, values[i], value) :
				    values_may_meet(q, key, value, values[i]))
			return cond->negated;
	}
	return !cond->negated;
}

/* Is a pattern one that every path matches: `**`, or that behind a slash? */
static bool is_every_path(const struct bh_patterns *p, u32 pattern)
{
	const u16 *tokens = bh_pattern_tokens(p, pattern);
	u32 len = bh_pattern_len(p, pattern);

	return (len == 1 || (len == 2 && tokens[0] == '/')) &&
	       tokens[len - 1] == BH_TOKEN_GLOBSTAR;
}

/* Only a file without a path is at none of the paths that there are, which allows nothing. */
static bool never_by_every_path(const struct question *q, const struct bh_cond *cond)
{
	const u32 *values = q->policy->values + cond->arg;
	const struct bh_key *key = key_of(q, cond);
	u32 i;

	if (key->kind != BH_KEY_PATH || q->rule->action != BH_ALLOW)
		return false;
	for (i = 0; i < cond->nr; i++)
		if (is_every_path(&q->patterns->slot[q->rule->class][key->index], values[i]))
			return true;
	return false;
}

/* Is each value of a condition excluded by another condition on the same key? */
static bool never_by_values(struct question *q, const struct bh_cond *cond)
{
	const struct bh_cond *other;
	u32 i;

	if (cond->negated)
		return never_by_every_path(q, cond);
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

/**
 * struct kind - what some files and operations never have
 * @class: whose requests
 * @words: which of them, by the enumeration that kinds_of() looks at
 * @without: a bit for each string that they do not have, and for BH_DIGEST
 * @layer: the layer that they have, or 0: any
 * @bare: have they no flag?
 */
struct kind {
	u8 class;
	u8 words;
	u8 without;
	u8 layer;
	bool bare;
};

static const struct kind kinds[] = {
	{ BH_EXEC, BH_BACKING_MEMFD, 1 << BH_EXEC_PATH, BH_LAYER_NONE },
	{ BH_MAP, BH_BACKING_MEMFD, 1 << BH_EXEC_PATH, BH_LAYER_NONE },
	{ BH_MAP, BH_BACKING_ANONYMOUS,
	  1 << BH_EXEC_PATH | 1 << BH_EXEC_FSTYPE | 1 << BH_DIGEST, BH_LAYER_NONE, true },
	{ BH_MOUNT, BH_OP_UMOUNT | BH_OP_PIVOT_ROOT, .bare = true },
};

/* The words of the enumeration by which struct kind tells a class's requests apart. */
static u32 kinds_of(const struct question *q)
{
	u8 attr = q->rule->class == BH_MOUNT ? BH_MOUNT_OP : BH_EXEC_BACKING;
	const struct bh_key *keys = bh_classes[q->rule->class].keys, *key = NULL;
	const struct bh_word *word;
	const struct bh_cond *cond;
	u32 bits = 0;

	if (q->rule->class == BH_PTRACE)
		return 0;
	for (cond = first_cond(q); cond < end_of_conds(q) && !key; cond++)
		if (key_of(q, cond)->kind == BH_KEY_ENUM && key_of(q, cond)->index == attr)
			key = key_of(q, cond);
	for (word = key ? key->words : NULL; word && word->name; word++)
		bits |= words_hold(q, key - keys, word->bit) ? word->bit : 0;
	return bits;
}

/* Can a condition hold of what is of a kind? */
static bool suits(const struct question *q, const struct bh_cond *cond, const struct kind *kind)
{
	const struct bh_key *key = key_of(q, cond);

	if (is_of_flags(key))
		return !kind->bare || !asks_set(key, cond);
	if (key->kind == BH_KEY_ENUM)
		return !kind->layer || key->index != BH_EXEC_LAYER ||
		       !(cond->arg & kind->layer) == cond->negated;
	if (!(kind->without & (1 << key->index)))
		return true;
	return cond->negated && (q->rule->action != BH_ALLOW || key->kind == BH_KEY_PATTERN);
}

/* Does a condition ask for what nothing has that another condition lets in? */
static bool never_by_kind(const struct question *q, const struct bh_cond *cond)
{
	u32 left = q->kinds, i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].class == q->rule->class && left & kinds[i].words &&
		    !suits(q, cond, &kinds[i]))
			left &= ~kinds[i].words;
	return q->kinds && !left;
}

static bool never_by(struct question *q, const struct bh_cond *cond)
{
	const struct bh_key *key = key_of(q, cond);

	if (never_by_kind(q, cond))
		return true;
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

	if (!rule->nr_conds)
		return false;
	q.kinds = kinds_of(&q);
	/* From the last on, which is the one that contradicts. */
	for (*cond = rule->nr_conds; (*cond)--;)
		if (never_by(&q, first_cond(&q) + *cond))
			return true;
	return false;
}
