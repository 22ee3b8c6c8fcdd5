// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy document as it is written: lines, words, comments, and where they stand.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <line.h>

#include "command.h"
#include "doc.h"

/* The module's reader of lines hands no policy on here: it is only asked for tokens. */
static int no_sink(struct bh_policy *policy, void *data, const char **why)
{
	(void)data;
	(void)why;
	bh_policy_free(policy);
	return 0;
}

static struct bh_parser *new_reader(void)
{
	struct bh_parser *parser = bh_parser_alloc(no_sink, NULL);

	if (!parser)
		die("out of memory");
	return parser;
}

/* The token that stands in the reader, as a word or a condition. */
static struct doc_cond take_token(const struct bh_line *l)
{
	const char *token = l->parser->token;
	struct doc_cond cond = { .column = l->column, .end = l->pos + 1 };
	size_t at = l->value, i;

	if (l->operator < 0) {
		cond.key = xstrndup(token, l->len_token);
		return cond;
	}
	cond.key = xstrndup(token, l->operator);
	cond.negated = token[l->operator] == '!';
	cond.nr = l->nr_values;
	cond.values = xcalloc(cond.nr, sizeof(*cond.values));
	for (i = 0; i < cond.nr; i++) {
		size_t len = strlen(token + at);

		cond.values[i] = (struct doc_value){
			.s = xstrndup(token + at, len), .len = len, .column = l->parser->columns[i],
		};
		at += len + 1;
	}
	return cond;
}

static bool word_is(const struct doc_line *line, size_t i, const char *word)
{
	return i < line->nr_words && !line->words[i].values && !strcmp(line->words[i].key, word);
}

/* -1 if the word is none of them. */
static int find_word(const struct bh_word *words, const struct doc_line *line, size_t i)
{
	const struct bh_word *word = NULL;

	if (i < line->nr_words && !line->words[i].values)
		word = bh_word_find(words, line->words[i].key, strlen(line->words[i].key));
	return word ? (int)word->bit : -1;
}

static int find_class(const struct doc_line *line, size_t i)
{
	if (i >= line->nr_words)
		return -1;
	return bh_class_find(line->words[i].key, strlen(line->words[i].key));
}

static void classify_rule(struct doc_line *line)
{
	size_t i = 0;

	line->report = find_word(bh_report_words, line, 0);
	if (line->report >= 0)
		i++;
	else
		line->report = BH_PLAIN;
	line->action = find_word(bh_action_words, line, i);
	line->class = find_class(line, i + 1);
	if (line->action < 0 || line->class < 0)
		return;
	line->kind = DOC_RULE;
	line->conds = line->words + i + 2;
	line->nr_conds = line->nr_words - i - 2;
}

static void classify(struct doc_line *line)
{
	if (!line->nr_words) {
		line->kind = DOC_BLANK;
	} else if (word_is(line, 0, "policy")) {
		line->kind = DOC_POLICY;
	} else if (word_is(line, 0, "end")) {
		line->kind = DOC_END;
	} else if (word_is(line, 0, "mode")) {
		line->kind = DOC_MODE;
	} else if (word_is(line, 0, "default")) {
		line->class = find_class(line, 1);
		line->action = find_word(bh_action_words, line, 2);
		if (line->class >= 0 && line->action >= 0)
			line->kind = DOC_DEFAULT;
	} else {
		classify_rule(line);
	}
}

static struct doc_line read_doc_line(struct bh_parser *parser, const char *s, size_t len)
{
	struct doc_line line = { .s = s, .len = len, .kind = DOC_OTHER, .comment = len };
	struct bh_line l = { .parser = parser, .s = s, .len = len };
	size_t cap = 0;
	int ret;

	if (len && s[len - 1] == '\r') {
		l.len--;
		line.len = l.len;
		line.comment = l.len;
	}
	if (len > BH_LINE_MAX || memchr(s, '\0', len))
		return line;
	while ((ret = bh_line_next(&l)) > 0) {
		GROW(line.words, line.nr_words, cap);
		line.words[line.nr_words++] = take_token(&l);
	}
	if (ret < 0)
		return line;
	line.comment = l.pos;
	classify(&line);
	return line;
}

static void add_to_block(struct doc *doc, size_t i)
{
	const struct doc_line *line = &doc->lines[i];
	struct doc_block *last = doc->nr_blocks ? &doc->blocks[doc->nr_blocks - 1] : NULL;

	if (line->kind == DOC_POLICY) {
		GROW(doc->blocks, doc->nr_blocks, doc->cap_blocks);
		doc->blocks[doc->nr_blocks++] = (struct doc_block){
			.first = i, .end = i + 1,
			.name = line->nr_words > 1 ? line->words[1].key : "",
		};
	} else if (last && !last->closed) {
		last->end = i + 1;
		last->closed = line->kind == DOC_END;
	}
}

/**
 * doc_parse() - find the lines and blocks of a document
 * @doc: with its text and label set; whatever it holds, this succeeds
 */
void doc_parse(struct doc *doc)
{
	struct bh_parser *parser = new_reader();
	const char *s = doc->text.s, *end = s + doc->text.len;

	while (s < end) {
		const char *newline = memchr(s, '\n', end - s);
		size_t len = (newline ?: end) - s;

		GROW(doc->lines, doc->nr_lines, doc->cap_lines);
		doc->lines[doc->nr_lines] = read_doc_line(parser, s, len);
		add_to_block(doc, doc->nr_lines++);
		s += len + 1;
	}
	bh_parser_free(parser);
}

/* DER begins with a sequence and, of more than some bytes, the length of its length. */
static bool is_signed(const struct buf *text)
{
	return text->len > 2 && text->s[0] == 0x30 && ((unsigned char)text->s[1] & 0xf0) == 0x80;
}

/**
 * doc_read() - read a document from a file; says what is wrong
 * @doc: empty
 * @path: its name, or `-`
 *
 * Return: DONE; TROUBLE if it cannot be read; NO if it is signed.
 */
int doc_read(struct doc *doc, const char *path)
{
	int err = read_file(path, &doc->text);

	if (err)
		return err;
	doc->label = file_label(path);
	if (is_signed(&doc->text)) {
		say_at(doc->label, 1, 1, SEVERITY_ERROR,
		       "a signed document: \"bulkhead verify --cert CERT -o -\" prints the policy in it");
		doc_free(doc);
		return NO;
	}
	doc_parse(doc);
	return 0;
}

void doc_free(struct doc *doc)
{
	size_t i, w, v;

	for (i = 0; i < doc->nr_lines; i++) {
		struct doc_line *line = &doc->lines[i];

		for (w = 0; w < line->nr_words; w++) {
			for (v = 0; v < line->words[w].nr; v++)
				free(line->words[w].values[v].s);
			free(line->words[w].values);
			free(line->words[w].key);
		}
		free(line->words);
	}
	free(doc->lines);
	free(doc->blocks);
	buf_free(&doc->text);
}

/** doc_find() - a rule's condition on a key, the first; NULL if it has none */
const struct doc_cond *doc_find(const struct doc_line *rule, const char *key)
{
	size_t i;

	for (i = 0; i < rule->nr_conds; i++)
		if (!strcmp(rule->conds[i].key, key))
			return &rule->conds[i];
	return NULL;
}

/** doc_block_named() - the last block of a name; of any for NULL; or NULL */
const struct doc_block *doc_block_named(const struct doc *doc, const char *name)
{
	size_t i;

	for (i = doc->nr_blocks; i-- > 0;)
		if (!name || !strcmp(doc->blocks[i].name, name))
			return &doc->blocks[i];
	return NULL;
}

/** doc_block_text() - the bytes of a block, from `policy` to `end`, and @len of them */
const char *doc_block_text(const struct doc *doc, const struct doc_block *block, size_t *len)
{
	const struct doc_line *first = &doc->lines[block->first];
	const struct doc_line *last = &doc->lines[block->end - 1];

	*len = last->s + last->len - first->s;
	return first->s;
}

/* Bytes of a UTF-8 character that prints, or 0. */
static size_t printable_utf8(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0, i;

	if (!n || n > len || (u[0] == 0xc2 && u[1] < 0xa0) || (u[0] == 0xe0 && u[1] < 0xa0) ||
	    (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf0 && u[1] < 0x90) ||
	    (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	for (i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool is_bare(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t n = s[i] > ' ' && s[i] < 0x7f && !strchr("\"#,", s[i]) ? 1 :
			printable_utf8(s + i, len - i);

		if (!n)
			return false;
		i += n;
	}
	return len;
}

/**
 * doc_write_value() - append a value so that it is read back as the same bytes
 * @out: where to
 * @s: the value
 * @len: its length
 */
void doc_write_value(struct buf *out, const char *s, size_t len)
{
	size_t i, n;

	if (is_bare(s, len)) {
		buf_add(out, s, len);
		return;
	}
	buf_puts(out, "\"");
	for (i = 0; i < len; i += n) {
		n = s[i] >= ' ' && s[i] < 0x7f ? 1 : printable_utf8(s + i, len - i);
		if (!n) {
			buf_printf(out, "\\x%02x", (unsigned char)s[i]);
			n = 1;
			continue;
		}
		if (s[i] == '"' || s[i] == '\\')
			buf_puts(out, "\\");
		buf_add(out, s + i, n);
	}
	buf_puts(out, "\"");
}

/** doc_write_cond() - append a condition, or a word */
void doc_write_cond(struct buf *out, const struct doc_cond *cond)
{
	size_t i;

	buf_puts(out, cond->key);
	if (!cond->values)
		return;
	buf_puts(out, cond->negated ? "!=" : "=");
	for (i = 0; i < cond->nr; i++) {
		if (i)
			buf_puts(out, ",");
		doc_write_value(out, cond->values[i].s, cond->values[i].len);
	}
}

/** doc_write_code() - append a line's words, without blanks around nor comment */
void doc_write_code(struct buf *out, const struct doc_line *line)
{
	size_t i;

	for (i = 0; i < line->nr_words; i++) {
		if (i)
			buf_puts(out, " ");
		doc_write_cond(out, &line->words[i]);
	}
}
