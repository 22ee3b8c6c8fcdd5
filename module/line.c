// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of a document: its tokens, and what is said of a mistake in it.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hint.h"
#include "line.h"

/* Errors */

/**
 * bh_parser_fail() - remember the first error of a document
 * @p: the parser
 * @err: negative errno
 * @line: where
 * @column: where in the line
 * @message: one line of printable ASCII; -ENOMEM has its own
 *
 * Return: @err.
 */
int bh_parser_fail(struct bh_parser *p, int err, u32 line, u32 column, const char *message)
{
	p->error.err = err;
	p->error.line = line;
	p->error.column = column;
	snprintf(p->error.message, sizeof(p->error.message), "%s",
		 err == -ENOMEM ? "out of memory" : message);
	if (p->policy)
		strscpy(p->failed, p->policy->name, sizeof(p->failed));
	return err;
}

/**
 * bh_line_fail() - fail at the current token
 * @l: the line
 * @err: negative errno
 * @message: as for bh_parser_fail()
 *
 * Return: @err.
 */
int bh_line_fail(struct bh_line *l, int err, const char *message)
{
	return bh_parser_fail(l->parser, err, l->parser->line, l->column, message);
}

/**
 * bh_line_fail_word() - fail at the current token and show a word of it
 * @l: the line
 * @message: as for bh_parser_fail()
 * @word: the word, which is left out if it cannot be shown as it is; of characters that
 *        were hardly meant, it is said what to write
 * @len: its length
 *
 * Return: -EINVAL.
 */
int bh_line_fail_word(struct bh_line *l, const char *message, const char *word, size_t len)
{
	char text[sizeof(l->parser->error.message)];
	const char *hint = bh_hint_bytes(word, len);
	size_t i;

	if (hint)
		return bh_line_fail(l, -EINVAL, hint);
	for (i = 0; i < len; i++)
		if (word[i] == '"' || !isascii(word[i]) || !isprint(word[i]))
			return bh_line_fail(l, -EINVAL, message);
	if (!len || len > 32)
		return bh_line_fail(l, -EINVAL, message);
	snprintf(text, sizeof(text), "%s \"%.*s\"", message, (int)len, word);
	return bh_line_fail(l, -EINVAL, text);
}

/**
 * bh_line_fail_unknown() - fail at a token that none of the words is that may stand there
 * @l: the line
 * @begins: does it begin the line? Otherwise an action is expected.
 *
 * Return: -EINVAL.
 */
int bh_line_fail_unknown(struct bh_line *l, bool begins)
{
	const char *word = l->parser->token;
	char hint[BH_HINT_MAX];

	bh_hint_word(hint, word, l->len_token, begins);
	return bh_line_fail(l, -EINVAL, bh_hint_bytes(word, l->len_token) ?: hint);
}

#define PLAIN	0x1	/* ASCII that can be seen, and means nothing in any part of a token */
#define BARE	0x2	/* what a value need not be quoted for */

static const u8 kinds[256] = {
	['!'] = PLAIN | BARE,
	['$' ... '+'] = PLAIN | BARE,
	['-' ... '<'] = PLAIN | BARE,
	['='] = BARE,
	['>' ... '~'] = PLAIN | BARE,
};

/**
 * bh_buffer_append_value() - add a value so that it is read back as the same bytes
 * @b: as for bh_buffer_append()
 * @s: the value
 * @len: its length
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_buffer_append_value(struct bh_buffer *b, const char *s, size_t len)
{
	size_t i;
	int err;

	for (i = 0; i < len && kinds[(u8)s[i]] & BARE; i++)
		;
	if (i == len)
		return bh_buffer_append(b, s, len);
	err = bh_buffer_append(b, "\"", 1);
	for (i = 0; i < len && !err; i++) {
		char hex[5];

		if (!isascii(s[i]) || !isprint(s[i])) {
			snprintf(hex, sizeof(hex), "\\x%02x", (u8)s[i]);
			err = bh_buffer_append(b, hex, 4);
			continue;
		}
		if (s[i] == '"' || s[i] == '\\')
			err = bh_buffer_append(b, "\\", 1);
		if (!err)
			err = bh_buffer_append(b, s + i, 1);
	}
	return err ?: bh_buffer_append(b, "\"", 1);
}

/* Tokens */

static void put_char(struct bh_line *l, char c)
{
	/* A token is never longer than its line, and that fits. */
	l->parser->token[l->len_token++] = c;
}

static int begin_value(struct bh_line *l)
{
	if (l->nr_values == BH_VALUES_MAX)
		return bh_line_fail(l, -E2BIG, "too many values");
	l->parser->columns[l->nr_values++] = l->pos + 2;
	return 0;
}

/*
 * Takes the next byte of a token. The first '=' ends the key, whether quoted or
 * not: a quoted token, "path=/a b", is a token still. A comma separates values
 * only outside of quotes.
 */
static int put_byte(struct bh_line *l, char c, bool quoted)
{
	size_t at = l->len_token;

	if (c == '=' && l->operator < 0) {
		l->operator = at && l->parser->token[at - 1] == '!' ? at - 1 : at;
		put_char(l, c);
		l->value = l->len_token;
		return begin_value(l);
	}
	if (c == ',' && !quoted && l->operator >= 0) {
		put_char(l, '\0');
		return begin_value(l);
	}
	l->bare &= c == '=';
	put_char(l, c);
	return 0;
}

static int fail_here(struct bh_line *l, const char *message)
{
	l->column = l->pos + 1;
	return bh_line_fail(l, -EINVAL, message);
}

static int fail_control(struct bh_line *l, const char *message)
{
	return fail_here(l, l->s[l->pos] == '\r' ?
			 "a carriage return: end each line with LF or CR LF" : message);
}

/* Takes a run of bytes that mean nothing but themselves, as most of a document are. */
static void put_plain(struct bh_line *l)
{
	const char *s = l->s + l->pos;
	size_t i, most = l->len - l->pos;

	for (i = 0; i < most && kinds[(u8)s[i]] & PLAIN; i++)
		;
	memcpy(l->parser->token + l->len_token, s, i);
	l->pos += i;
	l->len_token += i;
}

/* Reads an escape, from its backslash on. */
static int read_escape(struct bh_line *l)
{
	size_t left = l->len - l->pos;
	const char *s = l->s + l->pos;
	int byte;

	if (left >= 2 && (s[1] == '"' || s[1] == '\\')) {
		put_char(l, s[1]);
		l->pos += 2;
		return 0;
	}
	if (left < 4 || s[1] != 'x' || !isxdigit(s[2]) || !isxdigit(s[3]))
		return fail_here(l, "unknown escape: there are \\\" \\\\ \\xHH");
	byte = hex_to_bin(s[2]) << 4 | hex_to_bin(s[3]);
	if (!byte)
		return fail_here(l, "a string cannot hold NUL");
	put_char(l, byte);
	l->pos += 4;
	return 0;
}

/* Reads a quoted part of a token, from its opening quote on. */
static int read_quoted(struct bh_line *l)
{
	size_t open = l->pos++;
	int err = 0;

	l->bare = false;
	while (l->pos < l->len && l->s[l->pos] != '"' && !err) {
		if (l->s[l->pos] == '\\') {
			err = read_escape(l);
			continue;
		}
		if (iscntrl(l->s[l->pos]))
			return fail_control(l, "control character: write \\xHH");
		err = put_byte(l, l->s[l->pos], true);
		l->pos++;
	}
	if (!err && l->pos == l->len) {
		l->pos = open;
		return fail_here(l, "unclosed quote");
	}
	l->pos++;
	return err;
}

/**
 * bh_line_next() - read the next token of a line
 * @l: the line; the token is in its parser's ->token, decoded
 *
 * Return: 1, 0 at the end of the line, or a negative errno.
 */
int bh_line_next(struct bh_line *l)
{
	int err = 0;

	while (l->pos < l->len && bh_is_blank(l->s[l->pos]))
		l->pos++;
	l->column = l->pos + 1;
	l->len_token = 0;
	l->operator = -1;
	l->nr_values = 0;
	l->bare = true;
	if (l->pos == l->len || l->s[l->pos] == '#')
		return 0;

	while (!err) {
		put_plain(l);
		if (l->pos == l->len || bh_is_blank(l->s[l->pos]))
			break;
		if (l->s[l->pos] == '"') {
			err = read_quoted(l);
			continue;
		}
		/* An error: to take /a#b as /a and a comment would make a rule for another file. */
		if (l->s[l->pos] == '#')
			return fail_here(l, "quote a '#' inside a token");
		if (iscntrl(l->s[l->pos]))
			return fail_control(l, "control character");
		err = put_byte(l, l->s[l->pos], false);
		l->pos++;
	}
	if (err)
		return err;
	l->parser->token[l->len_token] = '\0';
	return 1;
}

/**
 * bh_line_is() - is the current token this word?
 * @l: the line
 * @word: the word
 */
bool bh_line_is(const struct bh_line *l, const char *word)
{
	return l->len_token == strlen(word) && !memcmp(l->parser->token, word, l->len_token);
}

/**
 * bh_line_want() - read a token that must be there
 * @l: the line
 * @missing: what is said if it is not
 *
 * Return: 0 or a negative errno.
 */
int bh_line_want(struct bh_line *l, const char *missing)
{
	int ret = bh_line_next(l);

	if (ret < 0)
		return ret;
	return ret ? 0 : bh_line_fail(l, -EINVAL, missing);
}

/**
 * bh_line_want_end() - the line must end here
 * @l: the line
 *
 * Return: 0 or a negative errno.
 */
int bh_line_want_end(struct bh_line *l)
{
	int ret = bh_line_next(l);

	if (ret <= 0)
		return ret;
	return bh_line_fail_word(l, "unexpected", l->parser->token, l->len_token);
}

static int fail_class(struct bh_line *l)
{
	const char *name = l->parser->token;
	char hint[BH_HINT_MAX];

	bh_hint_class(hint, name, l->len_token);
	return bh_line_fail(l, -EINVAL, bh_hint_bytes(name, l->len_token) ?: hint);
}

/**
 * bh_line_class() - read a token that is a class
 * @l: the line
 *
 * Return: enum bh_class or a negative errno.
 */
int bh_line_class(struct bh_line *l)
{
	int err = bh_line_want(l, "expected a class");
	int class;

	if (err)
		return err;
	class = bh_class_find(l->parser->token, l->len_token);
	return class < 0 ? fail_class(l) : class;
}
