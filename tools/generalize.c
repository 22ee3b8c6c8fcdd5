// SPDX-License-Identifier: GPL-2.0-only
/*
 * From names that were seen to patterns that hold tomorrow: the next package update, the
 * next container, the next process.
 *
 * Each component of a path is widened alone, and no further than needed: what changes is
 * a run of digits, of hexadecimal digits, or of random letters, and stays one component.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "generalize.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** is_anyones() - does a path lie where any process may write? */
bool is_anyones(const char *path)
{
	static const char *const places[] = { "/tmp/", "/var/tmp/", "/dev/shm/", "/proc/" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return false;
}

/**
 * caution() - why a rule that allows what was seen may allow too much
 * @path: the file that it names, or NULL
 * @rest: its other conditions, each with a blank before it
 *
 * Return: a sentence, or NULL.
 */
const char *caution(const char *path, const char *rest)
{
	if (path)
		return is_anyones(path) ? "anyone may write there, an intruder as well" : NULL;
	if (strstr(rest, " peer=outside"))
		return "this is outside of the container";
	/* Memory that becomes code is what a just-in-time compiler needs. */
	if (strstr(rest, " backing=") && !strstr(rest, " backing=anonymous"))
		return "this names no file: what an intruder makes is allowed as well";
	return NULL;
}

/* A byte that a pattern takes for itself. */
static void put(struct buf *out, char c)
{
	if (strchr("?*[]\\", c))
		buf_puts(out, "\\");
	buf_add(out, &c, 1);
}

static void put_star(struct buf *out)
{
	/* Two in a row would be another thing. */
	if (!out->len || out->s[out->len - 1] != '*' ||
	    (out->len > 1 && out->s[out->len - 2] == '\\'))
		buf_puts(out, "*");
}

static size_t run_of(const char *s, size_t len, bool (*is)(char c))
{
	size_t n = 0;

	while (n < len && is(s[n]))
		n++;
	return n;
}

/* 8-4-4-4-12 */
static size_t uuid_at(const char *s, size_t len)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	size_t at = 0, i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (i && (at >= len || s[at++] != '-'))
			return 0;
		if (at + groups[i] > len || run_of(s + at, groups[i], is_hex) != groups[i])
			return 0;
		at += groups[i];
	}
	return at;
}

/* A hash: hexadecimal digits, letters and figures among them, 12 or more. */
static size_t hash_at(const char *s, size_t len)
{
	size_t n = run_of(s, len, is_hex), i, digits = 0;

	if (n < 12 || (n < len && is_alnum(s[n])))
		return 0;
	for (i = 0; i < n; i++)
		digits += is_digit(s[i]);
	return digits >= 3 && digits < n ? n : 0;
}

/* What follows the first number of a version such as 1.2.13 or 17.0.9+9; 0: no version. */
static size_t version_rest(const char *s, size_t len)
{
	size_t n = 0, part;

	while (n + 1 < len && s[n] == '.') {
		part = run_of(s + n + 1, len - n - 1, is_digit);
		if (!part)
			break;
		n += part + 1;
	}
	if (n && n < len && strchr("+~", s[n]))
		n += 1 + run_of(s + n + 1, len - n - 1, is_alnum);
	return n;
}

/* The release that a module of Python in C is made for: _x.cpython-311-x86_64-linux-gnu.so. */
static bool is_abi_tag(const char *s, size_t at)
{
	return at >= 8 && !memcmp(s + at - 8, "cpython-", 8);
}

/* The number of a shared library: libz.so.1.2.13 is libz.so.* from here on. */
static bool is_so_version(const char *s, size_t len, size_t at)
{
	return at >= 4 && !memcmp(s + at - 4, ".so.", 4) && version_rest(s + at +
		run_of(s + at, len - at, is_digit), len - at - run_of(s + at, len - at, is_digit));
}

static size_t put_number(struct buf *out, const char *s, size_t len, size_t at, bool alone)
{
	size_t n = run_of(s + at, len - at, is_digit);
	size_t rest = version_rest(s + at + n, len - at - n), i;

	/* A process, a timestamp, a release's directory. */
	if ((alone && n == len) || n >= 6 || is_abi_tag(s, at)) {
		put_star(out);
		return n;
	}
	if (is_so_version(s, len, at)) {
		put_star(out);
		return n + rest;
	}
	for (i = 0; i < n; i++)
		put(out, s[at + i]);
	if (rest) {
		buf_puts(out, ".");
		put_star(out);
	}
	return n + rest;
}

/* Where the random end of a temporary name begins, or its length. */
static size_t random_tail(const char *s, size_t len)
{
	bool digit = false, upper = false, lower = false;
	size_t at = len;

	if (len >= 3 && !memcmp(s, "tmp", 3))
		return len > 3 && strchr(".-_", s[3]) ? 4 : 3;
	while (at && is_digit(s[at - 1]))
		at--;
	if (len - at >= 6)
		return at;
	at = len;
	while (at && is_alnum(s[at - 1])) {
		at--;
		digit |= is_digit(s[at]);
		upper |= s[at] >= 'A' && s[at] <= 'Z';
		lower |= s[at] >= 'a' && s[at] <= 'z';
	}
	return len - at >= 6 && digit + upper + lower > 1 ? at : len;
}

static void put_component(struct buf *out, const char *s, size_t len, bool temporary)
{
	size_t end = temporary ? random_tail(s, len) : len, at = 0, n;

	while (at < end) {
		bool starts = !at || !is_alnum(s[at - 1]);

		n = starts ? uuid_at(s + at, end - at) ?: hash_at(s + at, end - at) : 0;
		if (n) {
			put_star(out);
			at += n;
		} else if (is_digit(s[at])) {
			at += put_number(out, s, end, at, !at);
		} else {
			put(out, s[at++]);
		}
	}
	if (end < len)
		put_star(out);
}

/**
 * generalize_path() - the pattern for a path that was seen
 * @path: the path
 * @level: GENERALIZE_NOT: a pattern of this path alone
 *
 * Return: the pattern, to be freed; not quoted.
 */
char *generalize_path(const char *path, int level)
{
	struct buf out = { 0 };
	const char *s = path;
	size_t len;

	while (*s) {
		if (*s == '/') {
			put(&out, *s++);
			continue;
		}
		len = strcspn(s, "/");
		if (level >= GENERALIZE_NAMES) {
			put_component(&out, s, len, is_anyones(path));
			s += len;
			continue;
		}
		while (len--)
			put(&out, *s++);
	}
	return out.s ?: xstrdup("");
}
