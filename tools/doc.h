/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy document as it is written: lines, words, comments, and where they stand.
 * What the words are is told by the module's own reader of lines.
 */
#ifndef BULKHEAD_TOOLS_DOC_H
#define BULKHEAD_TOOLS_DOC_H

#include <policy.h>

#include "util.h"

/**
 * struct doc_value - a value of a condition
 * @s: its bytes, unquoted, terminated
 * @len: how many
 * @column: where it begins in its line
 */
struct doc_value {
	char *s;
	size_t len;
	unsigned int column;
};

/**
 * struct doc_cond - a condition of a rule, or a word
 * @key: the key, or the word
 * @negated: `!=`
 * @values: what stands behind the operator; none for a word
 * @nr: how many
 * @column: where it begins in its line
 * @end: the column behind its last byte
 */
struct doc_cond {
	char *key;
	bool negated;
	struct doc_value *values;
	size_t nr;
	unsigned int column;
	unsigned int end;
};

enum doc_kind {
	DOC_BLANK,		/* nothing but, perhaps, a comment */
	DOC_POLICY,
	DOC_MODE,
	DOC_DEFAULT,
	DOC_RULE,
	DOC_END,
	DOC_OTHER,		/* not the language */
};

/**
 * struct doc_line - a line
 * @s: its bytes in the document, without its end
 * @len: how many
 * @kind: what it is
 * @words: its words and conditions
 * @nr_words: how many
 * @comment: offset of its comment's '#', or @len
 * @conds: a rule's conditions, in @words
 * @nr_conds: how many
 * @report: a rule's enum bh_report
 * @action: a rule's or a default's enum bh_action
 * @class: a rule's or a default's enum bh_class
 */
struct doc_line {
	const char *s;
	size_t len;
	enum doc_kind kind;
	struct doc_cond *words;
	size_t nr_words;
	size_t comment;
	struct doc_cond *conds;
	size_t nr_conds;
	int report;
	int action;
	int class;
};

/**
 * struct doc_block - a policy in a document
 * @first: index of its `policy` line
 * @end: index behind its last line
 * @closed: that is an `end` line
 * @name: as written there, or ""
 */
struct doc_block {
	size_t first;
	size_t end;
	bool closed;
	const char *name;
};

/**
 * struct doc - a document
 * @label: what diagnostics call it
 * @text: its bytes
 */
struct doc {
	const char *label;
	struct buf text;
	struct doc_line *lines;
	size_t nr_lines;
	size_t cap_lines;
	struct doc_block *blocks;
	size_t nr_blocks;
	size_t cap_blocks;
};

int doc_read(struct doc *doc, const char *path);
void doc_parse(struct doc *doc);
void doc_free(struct doc *doc);

const struct doc_cond *doc_find(const struct doc_line *rule, const char *key);
const struct doc_block *doc_block_named(const struct doc *doc, const char *name);
const char *doc_block_text(const struct doc *doc, const struct doc_block *block, size_t *len);

void doc_write_value(struct buf *out, const char *s, size_t len);
void doc_write_cond(struct buf *out, const struct doc_cond *cond);
void doc_write_code(struct buf *out, const struct doc_line *line);

#endif /* BULKHEAD_TOOLS_DOC_H */
