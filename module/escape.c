// SPDX-License-Identifier: GPL-2.0-only
/*
 * Untrusted bytes in a line of text: file names and command names are chosen by
 * those whom the line accuses.
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

/* The escaped form of a byte, 1 to 4 bytes. */
static size_t escape(u8 c, char out[4])
{
	static const char digits[] = "0123456789abcdef";

	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = c;
		return 2;
	}
	if (isascii(c) && isprint(c)) {
		out[0] = c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[c >> 4];
	out[3] = digits[c & 15];
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
		size += escape(s[i], out);
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
	const char *end = bh_escaped_size(s, len) > text->cap - text->len ? "\"..." : "\"";
	const size_t tail = strlen(end);
	char out[4];
	size_t i, n;

	if (text->cap - text->len < tail + 1)
		return;
	text->s[text->len++] = '"';
	for (i = 0; i < len; i++) {
		n = escape(s[i], out);
		if (text->cap - text->len < n + tail)
			break;
		bh_text_append(text, out, n);
	}
	bh_text_append(text, end, tail);
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
