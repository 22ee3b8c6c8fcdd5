/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the parser share. Pure.
 */
#ifndef BULKHEAD_LINE_H
#define BULKHEAD_LINE_H

#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

#include "pack.h"
#include "parse.h"
#include "vec.h"

/**
 * struct bh_parser - a document being read
 * @sink: takes each complete policy
 * @data: for @sink
 * @unknown_kinds: a bit for each kind of digest that rules may not name
 * @error: the first error; nothing is taken after it
 * @failed: the policy in whose block it is, or ""
 * @line: the current line's number
 * @ended: the waiting line begins with an `end` that was already acted on
 * @block: bytes of the current block so far
 * @partial: a line whose newline has not come yet
 * @policy: the block's policy, NULL between blocks
 * @policy_line: the line in which its block begins
 * @version_column: where its version stands in that line
 * @seen_mode: the block has a `mode` line
 * @seen_default: classes whose default the block names
 * @cap_rules: rules that fit in the policy's array
 * @cap_conds: conditions that do
 * @cap_values: values that do
 * @patterns: the patterns and digests that the values number
 * @text: the block's rules in canonical form
 * @source: the block as it was written, so far
 * @token: the current token, decoded; values are separated by NUL
 * @columns: where each value of the token begins
 * @cond_columns: where each condition of the rule begins
 */
struct bh_parser {
	bh_policy_sink_t sink;
	void *data;
	u32 unknown_kinds;
	struct bh_error error;
	char failed[BH_NAME_MAX + 1];
	u32 line;
	bool ended;
	size_t block;
	struct bh_buffer partial;

	struct bh_policy *policy;
	u32 policy_line;
	u32 version_column;
	bool seen_mode;
	u8 seen_default;
	u32 cap_rules;
	u32 cap_conds;
	u32 cap_values;
	struct bh_policy_patterns patterns;
	struct bh_buffer text;
	struct bh_pack source;

	char token[BH_LINE_MAX + 1];
	u16 columns[BH_VALUES_MAX];
	u16 cond_columns[BH_CONDS_MAX];
};

/**
 * struct bh_line - a line while it is read
 * @parser: whose line it is
 * @s: its bytes
 * @len: how many
 * @pos: the next byte to look at
 * @column: where the current token begins
 * @len_token: bytes of the current token in parser->token
 * @operator: offset of its `=` or `!=`, or -1
 * @bare: its values are plain ASCII, written without quotes
 * @value: offset of what follows that
 * @nr_values: how many values follow it
 */
struct bh_line {
	struct bh_parser *parser;
	const char *s;
	size_t len;
	size_t pos;
	u32 column;
	size_t len_token;
	int operator;
	bool bare;
	size_t value;
	u32 nr_values;
};

int bh_parser_fail(struct bh_parser *p, int err, u32 line, u32 column, const char *message);
int bh_line_fail(struct bh_line *l, int err, const char *message);
int bh_line_fail_word(struct bh_line *l, const char *message, const char *word, size_t len);
int bh_line_fail_unknown(struct bh_line *l, bool begins);

int bh_buffer_append_value(struct bh_buffer *b, const char *s, size_t len);

static inline bool bh_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int bh_line_next(struct bh_line *l);
bool bh_line_is(const struct bh_line *l, const char *word);
int bh_line_want(struct bh_line *l, const char *missing);
int bh_line_want_end(struct bh_line *l);
int bh_line_class(struct bh_line *l);

int bh_rule_read(struct bh_line *l);

int bh_block_begin(struct bh_line *l);
int bh_block_line(struct bh_line *l);
int bh_block_end(struct bh_line *l);
void bh_block_drop(struct bh_parser *p);

#endif /* BULKHEAD_LINE_H */
