// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assignment table: which new namespace gets which policy.
 *
 * Tokens are those of the policy language, but a value is one pattern: a comma
 * and an '=' in it are bytes like any other, and a comment begins where a token
 * would, so that a cgroup can be copied from `bindings` as it is shown there.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "assign_table.h"
#include "escape.h"
#include "hint.h"
#include "never.h"

/**
 * struct reader - a table being read
 * @table: what there is of it
 * @patterns: its patterns, numbered as they come
 * @types: the types of namespace that there are
 * @error: filled in on failure
 * @text: the canonical form, with room for all of it
 * @s: the current line
 * @len: its bytes
 * @pos: the next byte to look at
 * @column: where the current token begins
 * @line: what it says so far
 * @seen: a bit for each key that it has had
 * @pattern_text: where each string's pattern lies in @values
 * @nr_values: bytes used in @values
 * @values: the line's patterns, decoded and terminated
 * @token: the current token, decoded and terminated
 */
struct reader {
	struct bh_assign_table *table;
	struct bh_patterns patterns[BH_ASSIGN_STRINGS];
	const struct bh_word *types;
	struct bh_error *error;
	struct bh_text text;

	const char *s;
	size_t len;
	size_t pos;
	size_t column;
	struct bh_assign_line line;
	u8 seen;
	size_t pattern_text[BH_ASSIGN_STRINGS];
	size_t nr_values;
	char values[BH_LINE_MAX + 1];
	char token[BH_LINE_MAX + 1];
};

enum {
	KEY_POLICY,
	KEY_NS,
	KEY_CGROUP,
	KEY_EXE,
	KEY_OVERRIDE,
	KEYS,
};

static const char *const keys[KEYS] = {
	[KEY_POLICY] = "policy",
	[KEY_NS] = "ns",
	[KEY_CGROUP] = "cgroup",
	[KEY_EXE] = "exe",
	[KEY_OVERRIDE] = "override",
};

static int bad_table(struct reader *r, int err, const char *message)
{
	struct bh_error *error = r->error;

	error->err = err;
	error->line = r->line.number;
	error->column = r->column + 1;
	snprintf(error->message, sizeof(error->message), "%s",
		 err == -ENOMEM ? "out of memory" : message);
	return err;
}

static int fail_here(struct reader *r, const char *message)
{
	r->column = r->pos;
	return bad_table(r, -EINVAL, message);
}

/* Tokens */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Reads an escape, from its backslash on. Return: the byte or a negative errno. */
static int read_escape(struct reader *r)
{
	const char *s = r->s + r->pos;
	size_t left = r->len - r->pos;
	int byte;

	if (left >= 2 && (s[1] == '"' || s[1] == '\\')) {
		r->pos += 2;
		return s[1];
	}
	if (left < 4 || s[1] != 'x' || !isxdigit(s[2]) || !isxdigit(s[3]))
		return fail_here(r, "unknown escape: there are \\\" \\\\ \\xHH");
	byte = hex_to_bin(s[2]) << 4 | hex_to_bin(s[3]);
	if (!byte)
		return fail_here(r, "a string cannot hold NUL");
	r->pos += 4;
	return byte;
}

/*
 * Decodes the next token of the line. Return: 1, 0 at the end of the line, or a
 * negative errno.
 */
static int next_token(struct reader *r)
{
	size_t len = 0, open = 0;
	bool quoted = false;

	while (r->pos < r->len && is_blank(r->s[r->pos]))
		r->pos++;
	r->column = r->pos;
	if (r->pos == r->len || r->s[r->pos] == '#')
		return 0;
	while (r->pos < r->len && (quoted || !is_blank(r->s[r->pos]))) {
		char c = r->s[r->pos];

		if (c == '"') {
			quoted = !quoted;
			open = r->pos++;
		} else if (quoted && c == '\\') {
			int byte = read_escape(r);

			if (byte < 0)
				return byte;
			r->token[len++] = byte;
		} else {
			r->token[len++] = c;
			r->pos++;
		}
		if (c == '\0')
			return fail_here(r, "a string cannot hold NUL");
	}
	if (quoted) {
		r->pos = open;
		return fail_here(r, "unclosed quote");
	}
	r->token[len] = '\0';
	return 1;
}

/* Lines */

static int take_policy(struct reader *r, const char *value)
{
	ssize_t len = strlen(value);

	if (len > BH_NAME_MAX)
		return bad_table(r, -EINVAL, "no policy has such a long name");
	memcpy(r->line.policy, value, len + 1);
	return 0;
}

static int take_type(struct reader *r, const char *value)
{
	const struct bh_word *word = bh_word_find(r->types, value, strlen(value));

	if (!word)
		return bad_table(r, -EINVAL, "unknown type of namespace: there are pid user mnt");
	r->line.type = word->bit;
	return 0;
}

static int take_pattern(struct reader *r, unsigned int which, const char *value)
{
	size_t len = strlen(value);
	const char *why = "";
	int id;

	/* As any path: it could match nothing otherwise. */
	if (value[0] != '/' && strncmp(value, "**", 2))
		return bad_table(r, -EINVAL, bh_hint_bytes(value, len) ?:
				 "a path pattern begins with / or **");
	id = bh_patterns_add(&r->patterns[which], value, len, &why);
	if (id < 0)
		return bad_table(r, id, why);
	why = bh_never_path(&r->patterns[which], id);
	if (why)
		return bad_table(r, -EINVAL, why);
	r->line.pattern[which] = id;
	r->pattern_text[which] = r->nr_values;
	/* Values are never longer than their line, and that fits. */
	memcpy(r->values + r->nr_values, value, len + 1);
	r->nr_values += len + 1;
	return 0;
}

static int take_override(struct reader *r, const char *value)
{
	if (strcmp(value, "no"))
		return bad_table(r, -EINVAL, "override= can only be no");
	r->line.override = false;
	return 0;
}

static int take_token(struct reader *r)
{
	char *value = strchr(r->token, '=');
	int key;

	if (bh_hint_begins_oddly(r->token, strlen(r->token)))
		return bad_table(r, -EINVAL, bh_hint_bytes(r->token, strlen(r->token)));
	if (!value)
		return bad_table(r, -EINVAL, "expected key=value");
	*value++ = '\0';
	for (key = 0; key < KEYS && strcmp(keys[key], r->token); key++)
		;
	if (key == KEYS)
		return bad_table(r, -EINVAL,
				 "unknown key: there are policy ns cgroup exe override");
	if (r->seen & (1 << key))
		return bad_table(r, -EINVAL, "the key was named before");
	if (!*value)
		return bad_table(r, -EINVAL, "an empty value");
	r->seen |= 1 << key;
	switch (key) {
	case KEY_POLICY:
		return take_policy(r, value);
	case KEY_NS:
		return take_type(r, value);
	case KEY_CGROUP:
		return take_pattern(r, BH_ASSIGN_CGROUP, value);
	case KEY_EXE:
		return take_pattern(r, BH_ASSIGN_EXE, value);
	default:
		return take_override(r, value);
	}
}

static void write_pair(struct reader *r, int key, const char *value)
{
	struct bh_text *text = &r->text;

	if (key != KEY_POLICY)
		bh_text_append(text, " ", 1);
	bh_text_append(text, keys[key], strlen(keys[key]));
	bh_text_append(text, "=", 1);
	bh_text_append_word(text, value, strlen(value));
}

static void write_line(struct reader *r)
{
	const struct bh_word *type = r->types;

	while (type->bit != r->line.type)
		type++;
	write_pair(r, KEY_POLICY, r->line.policy);
	write_pair(r, KEY_NS, type->name);
	if (r->seen & (1 << KEY_CGROUP))
		write_pair(r, KEY_CGROUP, r->values + r->pattern_text[BH_ASSIGN_CGROUP]);
	if (r->seen & (1 << KEY_EXE))
		write_pair(r, KEY_EXE, r->values + r->pattern_text[BH_ASSIGN_EXE]);
	if (r->seen & (1 << KEY_OVERRIDE))
		write_pair(r, KEY_OVERRIDE, "no");
	bh_text_append(&r->text, "\n", 1);
}

static int add_line(struct reader *r)
{
	struct bh_assign_table *table = r->table;
	const struct bh_word *mnt = bh_word_find(r->types, "mnt", 3);

	if (!(r->seen & (1 << KEY_POLICY)))
		return bad_table(r, -EINVAL, "a line without policy=");
	if (!(r->seen & (1 << KEY_NS)))
		return bad_table(r, -EINVAL, "a line without ns=");
	/* Services of the host have mount namespaces, too. */
	if (mnt && r->line.type == mnt->bit && !(r->seen & (1 << KEY_CGROUP)))
		return bad_table(r, -EINVAL, "ns=mnt needs cgroup=");
	if (table->nr == BH_ASSIGN_LINES_MAX)
		return bad_table(r, -E2BIG, "too many lines");
	if (bh_reserve((void **)&table->lines, &table->cap, table->nr + 1, sizeof(*table->lines)))
		return bad_table(r, -ENOMEM, "");
	table->lines[table->nr++] = r->line;
	write_line(r);
	return 0;
}

static int read_line(struct reader *r)
{
	int ret, i;

	r->pos = 0;
	r->column = 0;
	r->seen = 0;
	r->nr_values = 0;
	r->line.override = true;
	for (i = 0; i < BH_ASSIGN_STRINGS; i++)
		r->line.pattern[i] = BH_NO_PATTERN;
	if (r->len > BH_LINE_MAX)
		return bad_table(r, -E2BIG, "the line is too long");
	while ((ret = next_token(r)) > 0) {
		ret = take_token(r);
		if (ret)
			return ret;
	}
	if (ret || !r->seen)
		return ret;
	return add_line(r);
}

static int read_lines(struct reader *r, const char *text, size_t len)
{
	size_t start = 0;

	while (start < len) {
		const char *newline = memchr(text + start, '\n', len - start);
		int err;

		r->s = text + start;
		r->len = newline ? newline - r->s : len - start;
		start += r->len + 1;
		if (newline && r->len && newline[-1] == '\r')
			r->len--;
		r->line.number++;
		err = read_line(r);
		if (err)
			return err;
	}
	return 0;
}

/* Replaces the numbers that patterns were added by with those that a match gives. */
static int build_matchers(struct reader *r)
{
	struct bh_assign_table *table = r->table;
	u32 *ids, i;
	int which, err = 0;

	for (which = 0; which < BH_ASSIGN_STRINGS && !err; which++) {
		struct bh_patterns *patterns = &r->patterns[which];

		ids = kvmalloc_array(patterns->nr + 1, sizeof(*ids), BH_GFP_LOAD);
		if (!ids)
			return -ENOMEM;
		err = bh_matcher_build(&table->matcher[which], patterns, ids);
		for (i = 0; i < table->nr && !err; i++) {
			u32 *pattern = &table->lines[i].pattern[which];

			if (*pattern != BH_NO_PATTERN)
				*pattern = ids[*pattern];
		}
		kvfree(ids);
	}
	return err;
}

static int keep_text(struct reader *r)
{
	struct bh_assign_table *table = r->table;

	table->text = kvmalloc(r->text.len + 1, BH_GFP_LOAD);
	if (!table->text)
		return -ENOMEM;
	memcpy(table->text, r->text.s, r->text.len);
	table->text_len = r->text.len;
	return 0;
}

/* The bytes of a line before a comment and the blanks at its end. */
static size_t trimmed_len(const char *s, size_t len)
{
	const char *comment = memchr(s, '#', len);

	if (comment)
		len = comment - s;
	while (len && (is_blank(s[len - 1]) || s[len - 1] == '\r'))
		len--;
	return len;
}

/**
 * bh_assign_end() - find the line that ends a table
 * @text: what was written so far
 * @len: how many bytes
 * @lines_len: set to the bytes before that line
 *
 * It need not have a newline.
 *
 * Return: the bytes up to the next line, or 0 if the table is not ended.
 */
size_t bh_assign_end(const char *text, size_t len, size_t *lines_len)
{
	size_t start = 0;

	while (start < len) {
		const char *s = text + start, *newline = memchr(s, '\n', len - start);
		size_t line_len = newline ? newline - s : len - start, word = 0;

		while (word < line_len && is_blank(s[word]))
			word++;
		*lines_len = start;
		start += line_len + !!newline;
		if (trimmed_len(s + word, line_len - word) == 3 && !memcmp(s + word, "end", 3))
			return start;
	}
	return 0;
}

/**
 * bh_assign_is_blank() - is there nothing but blanks and comments?
 * @text: the text
 * @len: how many bytes
 */
bool bh_assign_is_blank(const char *text, size_t len)
{
	size_t start = 0;

	while (start < len) {
		const char *s = text + start, *newline = memchr(s, '\n', len - start);
		size_t line_len = newline ? newline - s : len - start;

		if (trimmed_len(s, line_len))
			return false;
		start += line_len + 1;
	}
	return true;
}

/**
 * bh_assign_parse() - from text to a table
 * @table: the table to fill; on failure it is left empty
 * @text: the lines before that which says `end`; the last need not have a newline
 * @len: how many bytes
 * @types: the types of namespace, by the word after `ns=`
 * @error: says on failure where and why
 *
 * May sleep. Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int bh_assign_parse(struct bh_assign_table *table, const char *text, size_t len,
		    const struct bh_word *types, struct bh_error *error)
{
	struct reader *r;
	int i, err = -ENOMEM;

	memset(table, 0, sizeof(*table));
	*error = (struct bh_error){ .err = -ENOMEM, .message = "out of memory" };
	r = kvzalloc(sizeof(*r), BH_GFP_LOAD);
	if (!r)
		return -ENOMEM;
	r->table = table;
	r->types = types;
	r->error = error;
	/* An escaped byte is four; quotes take less than is saved in the keys. */
	r->text.cap = 4 * len + 1;
	r->text.s = kvmalloc(r->text.cap, BH_GFP_LOAD);
	if (r->text.s)
		err = read_lines(r, text, len);
	if (!err) {
		r->column = 0;
		err = build_matchers(r) ?: keep_text(r);
		if (err)
			bad_table(r, err, "too many patterns");
	}
	for (i = 0; i < BH_ASSIGN_STRINGS; i++)
		bh_patterns_free(&r->patterns[i]);
	kvfree(r->text.s);
	kvfree(r);
	if (err)
		bh_assign_table_free(table);
	return err;
}

/**
 * bh_assign_table_free() - free what a table holds
 * @table: the table; empty then
 */
void bh_assign_table_free(struct bh_assign_table *table)
{
	int i;

	for (i = 0; i < BH_ASSIGN_STRINGS; i++)
		bh_matcher_free(&table->matcher[i]);
	kvfree(table->lines);
	kvfree(table->text);
	memset(table, 0, sizeof(*table));
}

/* Matching */

/**
 * bh_assign_space_init() - make working space
 * @space: the space
 * @gfp: how a match may allocate
 */
void bh_assign_space_init(struct bh_assign_space *space, gfp_t gfp)
{
	int i;

	bh_scratch_init(&space->scratch, gfp);
	for (i = 0; i < BH_ASSIGN_STRINGS; i++)
		bh_vec_init(&space->hits[i]);
}

/**
 * bh_assign_space_free() - free working space
 * @space: the space
 */
void bh_assign_space_free(struct bh_assign_space *space)
{
	int i;

	for (i = 0; i < BH_ASSIGN_STRINGS; i++)
		bh_vec_free(&space->hits[i]);
}

static bool is_hit(const struct bh_vec *hits, u32 id)
{
	u32 low = 0, high = hits->nr;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (hits->v[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < hits->nr && hits->v[low] == id;
}

/* May a line match? A string that could not be had counts as one that does. */
static bool line_matches(const struct bh_assign_line *line,
			 const struct bh_assign_request *request,
			 const struct bh_assign_space *space, bool *failed)
{
	int i;

	*failed = false;
	if (line->type != request->type)
		return false;
	for (i = 0; i < BH_ASSIGN_STRINGS; i++) {
		if (line->pattern[i] == BH_NO_PATTERN)
			continue;
		if (request->failed & (1 << i))
			*failed = true;
		else if (!is_hit(&space->hits[i], line->pattern[i]))
			return false;
	}
	return true;
}

/**
 * bh_assign_match() - the first line that speaks of a namespace
 * @table: the table
 * @request: the namespace
 * @space: working space
 * @line: set to the line, or to NULL if there is none
 * @failed: set if the line is the first that may match, but asks about a string
 *          that could not be had
 *
 * Any context that the space's allocations suit.
 *
 * Return: 0 or -ENOMEM.
 */
int bh_assign_match(const struct bh_assign_table *table, const struct bh_assign_request *request,
		    struct bh_assign_space *space, const struct bh_assign_line **line,
		    bool *failed)
{
	u32 i;

	*line = NULL;
	*failed = false;
	for (i = 0; i < BH_ASSIGN_STRINGS; i++) {
		const struct bh_string *string = &request->string[i];
		int err;

		space->hits[i].nr = 0;
		if (!string->s)
			continue;
		err = bh_match(&table->matcher[i], string->s, string->len, &space->scratch,
			       &space->hits[i]);
		if (err)
			return err;
	}
	for (i = 0; i < table->nr && !*line; i++)
		if (line_matches(&table->lines[i], request, space, failed))
			*line = &table->lines[i];
	return 0;
}
