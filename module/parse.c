// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the bytes of a document to policies.
 *
 * The document comes in pieces of any size. What is not a whole line yet waits
 * in a buffer; a whole line is cut into tokens and acted on; `end` makes the
 * policy and hands it on. Nothing outside the parser changes before that.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hint.h"
#include "line.h"

static int read_line_outside(struct bh_line *l)
{
	int err;

	if (!bh_line_is(l, "policy"))
		return bh_line_fail_word(l, "expected \"policy\", not", l->parser->token,
					 l->len_token);
	err = bh_block_begin(l);
	return err ?: bh_line_want_end(l);
}

/* How many bytes at the beginning are certainly ASCII, and not NUL. Takes eight at a time. */
static size_t ascii_len(const char *s, size_t len)
{
	const u64 ones = 0x0101010101010101ull;
	size_t i;
	u64 word;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if ((word | (word - ones)) & ones << 7)
			break;
	}
	return i;
}

/* The end of the first line, or NULL. Passes eight bytes at a time that have no newline. */
static const char *find_newline(const char *s, const char *end)
{
	const u64 ones = 0x0101010101010101ull;
	u64 word;

	for (; (size_t)(end - s) >= sizeof(word); s += sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		word ^= ones * '\n';
		if ((word - ones) & ~word & ones << 7)
			break;
	}
	return memchr(s, '\n', end - s);
}

/* Column of the first byte that is not UTF-8 (RFC 3629), or 0. */
static u32 find_bad_utf8(const char *line, size_t len)
{
	const u8 *s = (const u8 *)line;
	size_t i = ascii_len(line, len), n, k;

	while (i < len) {
		u8 lo = 0x80, hi = 0xbf;

		if (s[i] < 0x80) {
			i++;
			continue;
		}
		if (s[i] < 0xc2 || s[i] > 0xf4)
			return i + 1;
		n = s[i] < 0xe0 ? 1 : s[i] < 0xf0 ? 2 : 3;
		/* No overlong forms, no surrogates, nothing above U+10FFFF. */
		if (s[i] == 0xe0)
			lo = 0xa0;
		else if (s[i] == 0xed)
			hi = 0x9f;
		else if (s[i] == 0xf0)
			lo = 0x90;
		else if (s[i] == 0xf4)
			hi = 0x8f;
		for (k = 1; k <= n; k++, lo = 0x80, hi = 0xbf)
			if (i + k >= len || s[i + k] < lo || s[i + k] > hi)
				return i + 1;
		i += n + 1;
	}
	return 0;
}

/* The line as it was written, for `text`. */
static int keep_line(struct bh_parser *p, const char *s, size_t len)
{
	int err = bh_pack_add(&p->source, s, len);

	return err ? bh_parser_fail(p, err, p->line, 1, "") : 0;
}

static int read_line(struct bh_parser *p, const char *s, size_t len)
{
	struct bh_line l = { .parser = p, .s = s };
	u32 column = find_bad_utf8(s, len);
	int ret;

	/* CR LF ends a line as LF does. */
	if (len && s[len - 1] == '\r')
		len--;
	l.len = len;
	if (column)
		return bh_parser_fail(p, -EINVAL, p->line, column, "not UTF-8");
	if (p->line == 1 && bh_hint_begins_oddly(s, len))
		return bh_parser_fail(p, -EINVAL, 1, 1, bh_hint_bytes(s, len));
	ret = bh_line_next(&l);
	if (ret <= 0)
		return ret ?: p->policy ? keep_line(p, s, len) : 0;
	if (!bh_line_is(&l, "end") || (!p->policy && !p->ended)) {
		/* What seemed to be an `end` stood in the block, and is as wrong as there. */
		if (p->ended)
			return bh_line_fail_unknown(&l, true);
		if (!p->policy)
			bh_pack_clear(&p->source);
		ret = p->policy ? bh_block_line(&l) : read_line_outside(&l);
		return ret ?: keep_line(p, s, len);
	}
	/* A comment behind it comes too late, if the newline comes later. */
	ret = p->ended ? 0 : keep_line(p, s, l.pos);
	if (!ret)
		ret = bh_line_want_end(&l);
	if (!ret && !p->ended)
		ret = bh_block_end(&l);
	return ret;
}

/*
 * The length of the waiting line up to an `end` that needs nothing more to be
 * one, or 0. What stands behind it is judged when the newline comes.
 */
static size_t find_end(const struct bh_buffer *line)
{
	size_t at = 0;

	while (at < line->len && bh_is_blank(line->s[at]))
		at++;
	if (line->len - at < 3 || memcmp(line->s + at, "end", 3))
		return 0;
	at += 3;
	return at == line->len || bh_is_blank(line->s[at]) || line->s[at] == '\r' ? at : 0;
}

/* CR LF ends a line as LF does. */
static int read_whole_line(struct bh_parser *p, const char *s, size_t len)
{
	return read_line(p, s, len && s[len - 1] == '\r' ? len - 1 : len);
}

/* Takes a piece of a line: all of it up to the newline, or what there is. */
static int take_piece(struct bh_parser *p, const char *s, size_t len, bool newline)
{
	size_t ascii = ascii_len(s, len);
	const char *nul = memchr(s + ascii, '\0', len - ascii);
	u32 column = p->partial.len + 1;
	int err;

	if (nul)
		return bh_parser_fail(p, -EINVAL, p->line, column + (nul - s),
				      "NUL in the document");
	if (p->partial.len + len > BH_LINE_MAX)
		return bh_parser_fail(p, -E2BIG, p->line, BH_LINE_MAX + 1, "line too long");
	p->block += len + newline;
	if (p->policy && p->block > BH_BLOCK_MAX)
		return bh_parser_fail(p, -E2BIG, p->line, column, "policy too long");
	if (newline && !p->partial.len) {
		err = read_whole_line(p, s, len);
	} else {
		err = bh_buffer_append(&p->partial, s, len);
		if (err)
			return bh_parser_fail(p, err, p->line, column, "");
		if (!newline) {
			/* A document need not end in a newline. */
			len = p->policy ? find_end(&p->partial) : 0;
			if (!len)
				return 0;
			err = read_line(p, p->partial.s, len);
			p->ended = true;
			return err;
		}
		err = read_whole_line(p, p->partial.s, p->partial.len);
		p->partial.len = 0;
	}
	p->ended = false;
	p->line++;
	return err;
}

/**
 * bh_parser_alloc() - begin to read a document
 * @sink: takes each policy when its block is complete
 * @data: for @sink
 *
 * Return: the parser, to be given to bh_parser_free(), or NULL without memory.
 */
struct bh_parser *bh_parser_alloc(bh_policy_sink_t sink, void *data)
{
	struct bh_parser *p = kvzalloc(sizeof(*p), BH_GFP_LOAD);

	if (p) {
		p->sink = sink;
		p->data = data;
		p->line = 1;
	}
	return p;
}

/**
 * bh_parser_refuse_digests() - refuse kinds of digests that the kernel cannot tell
 * @p: a parser that has read nothing yet
 * @kinds: a bit for each enum bh_digest_kind; a rule that names one is -EOPNOTSUPP
 */
void bh_parser_refuse_digests(struct bh_parser *p, u32 kinds)
{
	p->unknown_kinds = kinds;
}

/**
 * bh_parser_free() - end a document; a block without an `end` is dropped
 * @p: the parser or NULL
 */
void bh_parser_free(struct bh_parser *p)
{
	if (!p)
		return;
	bh_block_drop(p);
	kvfree(p->partial.s);
	kvfree(p->text.s);
	kvfree(p->source.packed.s);
	kvfree(p);
}

/**
 * bh_parser_feed() - read a piece of the document
 * @p: the parser
 * @buf: the next bytes
 * @len: how many
 *
 * Policies that are complete have gone to the sink on return, those before an
 * error too. May sleep; one caller at a time.
 *
 * Return: 0; -EINVAL (not the language, or after an earlier error), -E2BIG
 * (over a limit), -EOPNOTSUPP (a digest that the kernel cannot tell), -ENOMEM, or what
 * the sink returned. bh_parser_error() has the
 * first error's place and reason.
 */
int bh_parser_feed(struct bh_parser *p, const char *buf, size_t len)
{
	const char *end = buf + len;
	int err = 0;

	if (p->error.err)
		return -EINVAL;
	while (buf < end && !err) {
		const char *newline = find_newline(buf, end);

		err = take_piece(p, buf, (newline ?: end) - buf, newline);
		buf = newline ? newline + 1 : end;
		cond_resched();
	}
	if (err)
		bh_block_drop(p);
	return err;
}

/**
 * bh_parser_reject() - end the document with an error that is not of its language
 * @p: the parser
 * @err: negative errno
 * @why: one line of printable ASCII
 *
 * Return: @err, or -EINVAL after an earlier error.
 */
int bh_parser_reject(struct bh_parser *p, int err, const char *why)
{
	if (p->error.err)
		return -EINVAL;
	bh_parser_fail(p, err, p->line, 1, why);
	bh_block_drop(p);
	return err;
}

/* Has a block, or a line outside of one, begun that is not ended yet? */
static bool is_open(const struct bh_parser *p)
{
	size_t i;

	if (p->ended)
		return false;
	for (i = 0; i < p->partial.len; i++)
		if (!bh_is_blank(p->partial.s[i]) && p->partial.s[i] != '\r')
			break;
	return p->policy || (i < p->partial.len && p->partial.s[i] != '#');
}

/**
 * bh_parser_end() - no more of the document comes
 * @p: the parser
 *
 * A block that has no `end` is dropped. Nothing goes to the sink any more.
 *
 * Return: 0; -EINVAL if something was dropped, or after an earlier error.
 */
int bh_parser_end(struct bh_parser *p)
{
	if (p->error.err)
		return -EINVAL;
	return is_open(p) ? bh_parser_reject(p, -EINVAL, "the last block has no end") : 0;
}

/**
 * bh_parser_error() - why and where a document was refused
 * @p: the parser
 *
 * Return: the first error, whose ->err is 0 if there is none.
 */
const struct bh_error *bh_parser_error(const struct bh_parser *p)
{
	return &p->error;
}

/**
 * bh_parser_failed() - in which policy's block the error is
 * @p: the parser
 *
 * Return: the policy's name; "" if the block had taken none, or was complete.
 */
const char *bh_parser_failed(const struct bh_parser *p)
{
	return p->failed;
}
