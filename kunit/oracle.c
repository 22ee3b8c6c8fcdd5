// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold of any input.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "oracle.h"

/* The first byte of a line, counted from 1; NULL if there is no such line. */
static const char *find_line(const char *doc, const char *end, u32 line)
{
	for (; doc && line > 1; line--) {
		doc = doc == end ? NULL : memchr(doc, '\n', end - doc);
		doc = doc ? doc + 1 : NULL;
	}
	return doc;
}

/**
 * bh_oracle_error() - is an error one of this document?
 * @error: the error, or that there is none
 * @doc: the document
 * @len: its length
 */
const char *bh_oracle_error(const struct bh_error *error, const char *doc, size_t len)
{
	const char *end = doc + len, *line, *stop, *c;

	if (!error->err)
		return error->line || error->message[0] ? "words without an error" : "";
	if (error->err != -EINVAL && error->err != -E2BIG)
		return "an errno that no document causes";
	line = error->line ? find_line(doc, end, error->line) : NULL;
	if (!line)
		return "an error in a line that is not there";
	stop = line == end ? NULL : memchr(line, '\n', end - line);
	/* What is missing is missed behind the last byte. */
	if (!error->column || error->column > (stop ?: end) - line + 1)
		return "an error in a column that is not there";
	for (c = error->message; *c; c++)
		if (*c < ' ' || *c > '~')
			return "a message that is not printable";
	return c == error->message ? "an error without a message" : "";
}

static bool is_same_policy(const struct bh_policy *a, const struct bh_policy *b)
{
	u32 i;

	if (a->text_len != b->text_len || memcmp(a->text, b->text, a->text_len) ||
	    a->nr_rules != b->nr_rules || a->bytes != b->bytes)
		return false;
	for (i = 0; i < a->nr_rules; i++)
		if (a->rules[i].line != b->rules[i].line)
			return false;
	return true;
}

/* Is the line that is wrong, or the last one, an `end` with something wrong after it? */
static bool fails_after_end(const struct bh_reading *reading, const char *doc, size_t len)
{
	const char *end = doc + len, *at = doc;
	u32 line = 1;

	for (; at < end && line != reading->error.line; at++)
		if (*at == '\n') {
			doc = at + 1;
			line++;
		}
	while (doc < end && (*doc == ' ' || *doc == '\t'))
		doc++;
	return end - doc > 3 && !memcmp(doc, "end", 3);
}

/**
 * bh_oracle_same() - did the same come of a document, however it was cut?
 * @whole: what came of it at once
 * @cut: what came of it in pieces
 * @doc: the document
 * @len: its length
 *
 * One thing is open: an `end` at the end of a piece is acted on, even if what
 * the next piece adds is wrong.
 */
const char *bh_oracle_same(const struct bh_reading *whole, const struct bh_reading *cut,
			   const char *doc, size_t len)
{
	u32 more = cut->nr - whole->nr, i;

	if (whole->late || cut->late)
		return "something is taken after an error";
	if (whole->ret != cut->ret || whole->error.line != cut->error.line ||
	    whole->error.column != cut->error.column ||
	    strcmp(whole->error.message, cut->error.message))
		return "another error in pieces";
	if (more && (more != 1 || !fails_after_end(cut, doc, len)))
		return "other policies in pieces";
	for (i = 0; i < whole->nr && i < BH_READING_POLICIES; i++)
		if (!is_same_policy(whole->policy[i], cut->policy[i]))
			return "another policy in pieces";
	return "";
}

/**
 * bh_oracle_text() - is the canonical text read back as itself?
 * @policy: the policy
 * @again: what comes of its text; to be given to bh_reading_free()
 */
const char *bh_oracle_text(const struct bh_policy *policy, struct bh_reading *again)
{
	bh_load(again, policy->text, policy->text_len);
	if (again->nr != 1)
		return "a canonical text that is not a policy";
	if (again->policy[0]->text_len != policy->text_len ||
	    memcmp(again->policy[0]->text, policy->text, policy->text_len))
		return "a canonical text that is not its own";
	return "";
}

/**
 * bh_oracle_verdict() - is a verdict the one that is wanted?
 * @request: what was asked
 * @verdict: the verdict
 * @want: the model's
 */
const char *bh_oracle_verdict(const struct bh_request *request, struct bh_verdict verdict,
			      struct bh_verdict want)
{
	if (verdict.action != want.action)
		return "another action than the model's";
	/* So far allowed is all that a step is told. */
	if (bh_request_is_partial(request) && want.action == BH_ALLOW)
		return verdict.report == BH_PLAIN ? "" : "a step on the way is reported";
	if (verdict.line != want.line)
		return "another rule than the model's";
	return verdict.report == want.report ? "" : "another report than the model's";
}

/* A byte from behind a quote or an escape, as a reader would take it; -1: the quote ends. */
static int read_back(const char **s)
{
	const char *c = *s;

	if (*c == '"')
		return -1;
	if (*c != '\\') {
		*s = c + 1;
		return (u8)*c;
	}
	if (c[1] != 'x') {
		*s = c + 2;
		return (u8)c[1];
	}
	*s = c + 4;
	return hex_to_bin(c[2]) << 4 | hex_to_bin(c[3]);
}

/**
 * bh_oracle_quoted() - are these the bytes, in quotes, as many as had room?
 * @text: what was written, at least the quotes
 * @bytes: the bytes
 * @len: how many
 *
 * One closing quote, at the end or before three dots; nothing that is not printable.
 */
const char *bh_oracle_quoted(const struct bh_text *text, const char *bytes, size_t len)
{
	const char *at, *end = text->s + text->len;
	size_t nr = 0;
	int byte;

	if (text->len < 2 || text->s[0] != '"')
		return "no quote";
	for (at = text->s; at < end; at++)
		if (*at < ' ' || *at > '~')
			return "quoted text that is not printable";
	for (at = text->s + 1; at < end && (byte = read_back(&at)) >= 0;)
		if (nr == len || byte != (u8)bytes[nr++])
			return "another byte in quotes";
	if (at >= end || *at != '"')
		return "an open quote";
	if (nr == len)
		return end - at == 1 ? "" : "something behind the quote";
	return end - at == 4 && !memcmp(at, "\"...", 4) ? "" : "cut without three dots";
}
