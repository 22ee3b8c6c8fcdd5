// SPDX-License-Identifier: GPL-2.0-only
/*
 * A matcher by backtracking, and random patterns for it.
 *
 * Written from the description of the language, not from the matcher, and
 * without regard to time: patterns and strings must be short.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "naive.h"

/* A pattern's or a string's rest. */
struct rest {
	const u8 *s;
	const u8 *end;
};

static bool is_over(struct rest rest)
{
	return rest.s == rest.end;
}

/* The next byte of a set, quoted or not; -1 if there is none. */
static int next_byte(struct rest *p)
{
	if (!is_over(*p) && *p->s == '\\')
		p->s++;
	return is_over(*p) ? -1 : *p->s++;
}

/*
 * Reads a set from behind its '['. Returns 1 or 0: @c is in it or is not; or
 * -1: it is none.
 */
static int read_set(struct rest *p, u8 c)
{
	bool negated = false, in = false, first = true;
	int lo, hi;

	if (!is_over(*p) && *p->s == '!') {
		negated = true;
		p->s++;
	}
	for (;; first = false) {
		if (is_over(*p))
			return -1;
		if (*p->s == ']' && !first)
			break;
		lo = next_byte(p);
		hi = lo;
		if (p->end - p->s >= 2 && p->s[0] == '-' && p->s[1] != ']') {
			p->s++;
			hi = next_byte(p);
		}
		if (lo < 0 || hi < lo)
			return -1;
		if (c >= lo && c <= hi)
			in = true;
	}
	p->s++;
	return c != '/' && in != negated;
}

static bool match_star(struct rest p, struct rest s, bool deep);

static bool match_rest(struct rest p, struct rest s)
{
	u8 token;

	while (!is_over(p)) {
		token = *p.s++;
		if (token == '*') {
			if (!is_over(p) && *p.s == '*')
				return match_star((struct rest){ p.s + 1, p.end }, s, true);
			return match_star(p, s, false);
		}
		if (is_over(s))
			return false;
		if (token == '?' && *s.s == '/')
			return false;
		if (token == '[' && read_set(&p, *s.s) != 1)
			return false;
		if (token == '\\')
			token = *p.s++;
		else if (token == '?' || token == '[')
			token = *s.s;
		if (token != *s.s++)
			return false;
	}
	return is_over(s);
}

static bool match_star(struct rest p, struct rest s, bool deep)
{
	for (;; s.s++) {
		if (match_rest(p, s))
			return true;
		if (is_over(s) || (!deep && *s.s == '/'))
			return false;
	}
}

/**
 * bh_naive_is_pattern() - is this a pattern?
 * @pattern: its text
 * @len: its length
 */
bool bh_naive_is_pattern(const char *pattern, size_t len)
{
	struct rest p = { (const u8 *)pattern, (const u8 *)pattern + len };

	if (!len)
		return false;
	while (!is_over(p)) {
		u8 token = *p.s++;

		if (token == '[' && read_set(&p, 0) < 0)
			return false;
		if (token == '\\' && is_over(p))
			return false;
		if (token == '\\')
			p.s++;
	}
	return true;
}

/**
 * bh_naive_match() - does a pattern match a string?
 * @pattern: a pattern's text
 * @len: its length
 * @s: the string
 * @slen: its length
 */
bool bh_naive_match(const char *pattern, size_t len, const char *s, size_t slen)
{
	struct rest p = { (const u8 *)pattern, (const u8 *)pattern + len };

	return match_rest(p, (struct rest){ (const u8 *)s, (const u8 *)s + slen });
}

/**
 * bh_naive_is_path() - may a file have this path?
 * @s: the string
 * @len: its length
 */
bool bh_naive_is_path(const char *s, size_t len)
{
	size_t at = 1, end;

	if (!len || s[0] != '/')
		return false;
	for (; at < len; at = end + 1) {
		for (end = at; end < len && s[end] != '/'; end++)
			;
		if (end == at || end + 1 == len)
			return false;
		if (s[at] == '.' && (end == at + 1 || (end == at + 2 && s[at + 1] == '.')))
			return false;
	}
	return true;
}

static char random_letter(struct bh_random *random)
{
	return bh_random_char(random, "aab/-", 5);
}

static size_t random_set(struct bh_random *random, char *set)
{
	u32 members = 1 + bh_random_below(random, 2), i;
	size_t len = 0;

	set[len++] = '[';
	if (bh_random_once_in(random, 3))
		set[len++] = '!';
	if (bh_random_once_in(random, 8))
		set[len++] = ']';
	for (i = 0; i < members; i++) {
		if (bh_random_once_in(random, 6))
			set[len++] = '\\';
		set[len++] = random_letter(random);
	}
	if (bh_random_once_in(random, 4)) {
		set[len++] = '-';
		set[len++] = 'b';
	}
	if (bh_random_once_in(random, 8))
		set[len++] = '-';
	set[len++] = ']';
	return len;
}

/**
 * bh_random_pattern() - write a pattern down
 * @random: where it comes from
 * @pattern: room for @pieces * BH_RANDOM_PIECE; no terminator
 * @pieces: how many tokens, about
 *
 * Now and then the text is not a pattern.
 *
 * Return: its length, at least 1.
 */
size_t bh_random_pattern(struct bh_random *random, char *pattern, size_t pieces)
{
	size_t len = 0;

	while (pieces--) {
		switch (bh_random_below(random, 16)) {
		case 0:
			pattern[len++] = '*';
			pattern[len++] = '*';
			break;
		case 1:
		case 2:
			pattern[len++] = '*';
			break;
		case 3:
			pattern[len++] = '?';
			break;
		case 4:
			len += random_set(random, pattern + len);
			break;
		case 5:
			pattern[len++] = '\\';
			pattern[len++] = bh_random_char(random, "a/*?[\\", 6);
			break;
		default:
			pattern[len++] = random_letter(random);
		}
	}
	return len;
}

/**
 * bh_random_string() - write down a string that patterns may match
 * @random: where it comes from
 * @s: room for @max; no terminator
 * @max: its greatest length
 *
 * Return: its length.
 */
size_t bh_random_string(struct bh_random *random, char *s, size_t max)
{
	size_t len = bh_random_below(random, max + 1), i;

	for (i = 0; i < len; i++)
		s[i] = bh_random_once_in(random, 24) ? bh_random_char(random, "*?[]\\!", 6) :
						       random_letter(random);
	return len;
}
