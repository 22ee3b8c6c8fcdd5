// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns, from text to tokens.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "limits.h"
#include "pattern.h"
#include "vec.h"

static void set_add(struct bh_set *set, u8 byte)
{
	set->bits[byte / 8] |= 1 << (byte % 8);
}

/* A pattern's text while it is read. */
struct text {
	const u8 *s;
	size_t len;
	size_t pos;
	const char **why;
};

static int bad_pattern(struct text *t, const char *why)
{
	*t->why = why;
	return -EINVAL;
}

/* One byte of a set, which a backslash may quote. */
static int read_set_byte(struct text *t, u8 *byte)
{
	if (t->s[t->pos] == '\\') {
		if (t->pos + 1 >= t->len)
			return bad_pattern(t, "trailing backslash in a pattern");
		t->pos++;
	}
	*byte = t->s[t->pos++];
	return 0;
}

/* Reads a set from behind its '['. A ']' that comes first stands for itself. */
static int read_set(struct text *t, struct bh_set *set)
{
	bool negated = false, first = true;
	u32 byte;
	u8 lo, hi;
	int err, i;

	memset(set, 0, sizeof(*set));
	if (t->pos < t->len && t->s[t->pos] == '!') {
		negated = true;
		t->pos++;
	}
	for (;; first = false) {
		if (t->pos >= t->len)
			return bad_pattern(t, "unclosed set in a pattern");
		if (t->s[t->pos] == ']' && !first)
			break;
		err = read_set_byte(t, &lo);
		if (err)
			return err;
		hi = lo;
		if (t->pos + 1 < t->len && t->s[t->pos] == '-' && t->s[t->pos + 1] != ']') {
			t->pos++;
			err = read_set_byte(t, &hi);
			if (err)
				return err;
		}
		if (hi < lo)
			return bad_pattern(t, "reversed range in a set");
		for (byte = lo; byte <= hi; byte++)
			set_add(set, byte);
	}
	t->pos++;
	if (negated)
		for (i = 0; i < ARRAY_SIZE(set->bits); i++)
			set->bits[i] = ~set->bits[i];
	set->bits['/' / 8] &= ~(1 << ('/' % 8));
	return 0;
}

/* The number of a set, new or seen before. */
static int number_set(struct bh_patterns *p, const struct bh_set *set, const char **why)
{
	u32 i;
	int err;

	for (i = 0; i < p->nr_sets; i++)
		if (!memcmp(&p->sets[i], set, sizeof(*set)))
			return i;
	if (p->nr_sets == BH_SETS_MAX) {
		*why = "too many different sets";
		return -E2BIG;
	}
	err = bh_reserve((void **)&p->sets, &p->cap_sets, p->nr_sets + 1, sizeof(*set));
	if (err)
		return err;
	p->sets[p->nr_sets] = *set;
	return p->nr_sets++;
}

/* Does a byte stand for itself? */
static bool is_literal(u8 c)
{
	return c != '*' && c != '?' && c != '[' && c != '\\';
}

/* Reads plain bytes, as most are. Return: how many. */
static u32 read_literals(struct text *t, u16 *tokens)
{
	const u8 *s = t->s + t->pos, *end = t->s + t->len;
	u16 *to = tokens;

	while (s < end && is_literal(*s))
		*to++ = *s++;
	t->pos = s - t->s;
	return to - tokens;
}

/* Reads the next token; returns it, or a negative errno. */
static int read_token(struct bh_patterns *p, struct text *t)
{
	struct bh_set set;
	u8 c = t->s[t->pos++];
	int err;

	switch (c) {
	case '?':
		return BH_TOKEN_ANY;
	case '*':
		if (t->pos == t->len || t->s[t->pos] != '*')
			return BH_TOKEN_STAR;
		t->pos++;
		return BH_TOKEN_GLOBSTAR;
	case '[':
		err = read_set(t, &set);
		if (err)
			return err;
		err = number_set(p, &set, t->why);
		return err < 0 ? err : BH_TOKEN_SET + err;
	case '\\':
		if (t->pos == t->len)
			return bad_pattern(t, "trailing backslash in a pattern");
		return t->s[t->pos++];
	default:
		return c;
	}
}

/**
 * bh_patterns_add() - append a pattern
 * @p: the patterns so far; zeroed at first
 * @text: the pattern as written; not kept
 * @len: its length in bytes, at most BH_PATTERN_MAX
 * @why: where to put a static sentence if the pattern is refused
 *
 * A run of stars is one star, so that no star state has a star below it.
 * No set has '/' in it, not even a negated one.
 *
 * Return: the pattern's index among those added, or -EINVAL (not a pattern),
 * -E2BIG (over a limit), -ENOMEM; @p is then unchanged but for its sets.
 */
int bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why)
{
	struct text t = { .s = (const u8 *)text, .len = len, .why = why };
	u32 nr = p->nr_tokens;
	int err, token;

	*why = "out of memory";
	if (!len)
		return bad_pattern(&t, "empty pattern");
	if (len > BH_PATTERN_MAX) {
		*why = "pattern too long";
		return -E2BIG;
	}
	err = bh_reserve((void **)&p->tokens, &p->cap_tokens, nr + len, sizeof(*p->tokens));
	if (!err)
		err = bh_reserve((void **)&p->starts, &p->cap, p->nr + 2, sizeof(*p->starts));
	if (err)
		return err;

	for (;;) {
		nr += read_literals(&t, p->tokens + nr);
		if (t.pos == t.len)
			break;
		token = read_token(p, &t);
		if (token < 0)
			return token;
		if (bh_token_is_star(token) && nr > p->nr_tokens &&
		    bh_token_is_star(p->tokens[nr - 1]))
			p->tokens[nr - 1] = max_t(u16, p->tokens[nr - 1], token);
		else
			p->tokens[nr++] = token;
	}
	p->starts[p->nr] = p->nr_tokens;
	p->starts[p->nr + 1] = nr;
	p->nr_tokens = nr;
	return p->nr++;
}

/**
 * bh_patterns_free() - give back patterns that were collected
 * @p: the patterns; empty afterwards
 */
void bh_patterns_free(struct bh_patterns *p)
{
	kvfree(p->tokens);
	kvfree(p->starts);
	kvfree(p->sets);
	memset(p, 0, sizeof(*p));
}
