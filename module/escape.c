// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes untrusted bytes into a line of text. File names and command names are chosen by the
 * very tasks that an event is about, and must not forge a part of it.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "escape.h"

/**
 * bh_text_append() - append trusted text
 * @text: the line
 * @s: the text
 * @len: its length; what does not fit is left out
 */
void bh_text_append(struct bh_text *text, const char *s, size_t len)
{
	len = min(len, text->cap - text->len);
	memcpy(text->s + text->len, s, len);
	text->len += len;
}

static const char hex_digits[] = "0123456789abcdef";

static bool is_plain(u8 c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* The escaped form of a byte, 1 to 4 bytes. */
static size_t escape_byte(u8 c, char *out)
{
	if (is_plain(c)) {
		out[0] = c;
		return 1;
	}
	out[0] = '\\';
	if (c == '"' || c == '\\') {
		out[1] = c;
		return 2;
	}
	out[1] = 'x';
	out[2] = hex_digits[c >> 4];
	out[3] = hex_digits[c & 15];
	return 4;
}

/**
 * bh_escaped_size() - room that a string needs
 * @s: the string
 * @len: its length
 *
 * Return: the bytes that bh_text_append_quoted() writes if all of it fits.
 */
size_t bh_escaped_size(const char *s, size_t len)
{
	size_t size = 2, i;
	char out[4];

	for (i = 0; i < len; i++)
		size += escape_byte(s[i], out);
	return size;
}

/**
 * bh_text_append_quoted() - append untrusted bytes
 * @text: the line
 * @s: the bytes
 * @len: how many
 *
 * They are written in quotes, with the escapes of the policy language: `\"`,
 * `\\`, and `\xHH` for what is not printable ASCII. The result never contains a
 * newline or a quote of its own. If it does not fit it is cut between two
 * characters and the closing quote is followed by `...`.
 */
void bh_text_append_quoted(struct bh_text *text, const char *s, size_t len)
{
	static const char cut[] = "\"...";
	const size_t tail = sizeof(cut) - 1;
	const size_t room = text->cap - text->len;
	char *to = text->s + text->len, out[4];
	size_t at = 1, fits = 0, i, n;

	if (room >= tail + 1)
		fits = 1;
	else if (room < 2 || bh_escaped_size(s, len) > room)
		return;
	to[0] = '"';
	/* Most strings are plain, and fit. */
	for (i = 0; i < len && is_plain(s[i]) && room - at > tail; i++)
		to[at++] = s[i];
	if (i)
		fits = at;
	for (; i < len; i++) {
		n = is_plain(s[i]) ? 1 : escape_byte(s[i], out);
		if (room - at < n + 1)
			break;
		if (n == 1)
			to[at] = s[i];
		else
			memcpy(to + at, out, n);
		at += n;
		/* A place to cut at, should the rest not fit. */
		if (room - at >= tail)
			fits = at;
	}
	if (i == len) {
		to[at++] = '"';
	} else {
		memcpy(to + fits, cut, tail);
		at = fits + tail;
	}
	text->len += at;
}

/**
 * bh_text_append_cut() - append untrusted bytes that may take so much and no more
 * @text: the line
 * @s: the bytes
 * @len: how many
 * @max: bytes of the line, with quotes and with the `...` of what is cut
 */
void bh_text_append_cut(struct bh_text *text, const char *s, size_t len, size_t max)
{
	struct bh_text part = *text;

	part.cap = min(text->cap, text->len + max);
	bh_text_append_quoted(&part, s, len);
	text->len = part.len;
}

static void append_hex(struct bh_text *text, const char *s, size_t len)
{
	static const char upper[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < len && text->cap - text->len >= 2; i++) {
		text->s[text->len++] = upper[(u8)s[i] >> 4];
		text->s[text->len++] = upper[(u8)s[i] & 15];
	}
}

/**
 * bh_text_append_audit() - append untrusted bytes as audit_log_untrustedstring() does
 * @text: the line
 * @s: the bytes
 * @len: how many
 * @max: bytes that count; of a longer string these, followed by `...`
 *
 * In quotes, or in hexadecimal digits where a byte is a blank, a quote or not printable.
 */
void bh_text_append_audit(struct bh_text *text, const char *s, size_t len, size_t max)
{
	size_t kept = min(len, max), i;

	for (i = 0; i < kept; i++)
		if ((u8)s[i] < '!' || (u8)s[i] > '~' || s[i] == '"')
			break;
	if (i < kept) {
		append_hex(text, s, kept);
		if (kept < len)
			append_hex(text, "...", 3);
		return;
	}
	bh_text_append(text, "\"", 1);
	bh_text_append(text, s, kept);
	if (kept < len)
		bh_text_append(text, "...", 3);
	bh_text_append(text, "\"", 1);
}

/**
 * bh_text_append_number() - append a number in decimal
 * @text: the line
 * @number: the number
 */
void bh_text_append_number(struct bh_text *text, u64 number)
{
	char digits[20];
	size_t at = sizeof(digits);
	u32 low;

	while (number > U32_MAX) {
		digits[--at] = '0' + number % 10;
		number /= 10;
	}
	low = number;
	do {
		digits[--at] = '0' + low % 10;
		low /= 10;
	} while (low);
	bh_text_append(text, digits + at, sizeof(digits) - at);
}

/**
 * bh_text_append_hex() - append bytes in hexadecimal digits
 * @text: the line
 * @bytes: the bytes
 * @len: how many
 */
void bh_text_append_hex(struct bh_text *text, const u8 *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len && text->cap - text->len >= 2; i++) {
		text->s[text->len++] = hex_digits[bytes[i] >> 4];
		text->s[text->len++] = hex_digits[bytes[i] & 15];
	}
}

/**
 * bh_text_append_word() - append untrusted bytes, in quotes only where needed
 * @text: the line
 * @s: the bytes
 * @len: how many
 */
void bh_text_append_word(struct bh_text *text, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isascii(s[i]) || !isgraph(s[i]) || s[i] == '"' || s[i] == '\\')
			break;
	if (i == len)
		bh_text_append(text, s, len);
	else
		bh_text_append_quoted(text, s, len);
}
