// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to write instead of what the parser refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "lint.h"

/* Letters to change, add, drop or swap between two short words. */
static unsigned int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i, j;
	unsigned int rows[3][40];

	if (n >= 40 || m >= 40)
		return 99;
	for (j = 0; j <= m; j++)
		rows[0][j] = j;
	for (i = 1; i <= n; i++) {
		unsigned int *row = rows[i % 3], *above = rows[(i - 1) % 3];

		row[0] = i;
		for (j = 1; j <= m; j++) {
			unsigned int cost = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < cost)
				cost = above[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[(i - 2) % 3][j - 2] + 1 < cost)
				cost = rows[(i - 2) % 3][j - 2] + 1;
			row[j] = cost;
		}
	}
	return rows[n % 3][m];
}

/* The nearest of some words, kept in @best. */
static void consider(const char *word, const char *candidate, const char **best,
		     unsigned int *least)
{
	unsigned int far = distance(word, candidate);

	/* At least half of it. */
	if (far < *least && 2 * far <= strlen(candidate)) {
		*least = far;
		*best = candidate;
	}
}

static void consider_words(const char *word, const struct bh_word *words, const char **best,
			   unsigned int *least)
{
	for (; words && words->name; words++)
		consider(word, words->name, best, least);
}

/* A key of a class that is like a word. */
static const char *nearest_key(int class, const char *word)
{
	const struct bh_key *key = bh_classes[class].keys;
	const char *best = NULL;
	unsigned int least = 3;

	for (; key->name; key++)
		consider(word, key->name, &best, &least);
	return best && least ? best : NULL;
}

/* A word that is like one and may be a value of a key, which is NULL if there is none such. */
static const char *nearest_value(const struct bh_key *key, const char *word)
{
	const char *best = NULL;
	unsigned int least = 3;

	if (key)
		consider_words(word, key->words, &best, &least);
	return best && least ? best : NULL;
}

/* A word that is like one and stands elsewhere than in a condition. */
static const char *nearest_word(const char *word)
{
	static const char *const others[] = {
		"policy", "version", "mode", "default", "end", "enforce", "audit",
	};
	const char *best = NULL;
	unsigned int least = 3;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		consider(word, others[i], &best, &least);
	consider_words(word, bh_action_words, &best, &least);
	consider_words(word, bh_report_words, &best, &least);
	for (i = 0; i < BH_CLASSES; i++)
		consider(word, bh_classes[i].name, &best, &least);
	return best && least ? best : NULL;
}

/* The classes that know a key, "exec, map"; NULL if none does. */
static char *classes_with(const char *name)
{
	struct buf list = { 0 };
	int class;

	for (class = 0; class < BH_CLASSES; class++)
		if (bh_key_find(class, name, strlen(name)))
			buf_printf(&list, "%s%s", list.len ? ", " : "", bh_classes[class].name);
	return list.s;
}

/* The word or condition at a column, or the one whose value stands there. */
static const struct doc_cond *word_at(const struct doc_line *line, unsigned int column)
{
	size_t i;

	for (i = 0; i < line->nr_words; i++)
		if (column >= line->words[i].column && column <= line->words[i].end)
			return &line->words[i];
	return NULL;
}

static bool has_empty_value(const struct doc_cond *word)
{
	size_t i;

	for (i = 0; i < word->nr; i++)
		if (!word->values[i].len)
			return true;
	return false;
}

static void hint_at(const struct doc *doc, unsigned int line, unsigned int column,
		    const char *format, const char *what)
{
	struct buf text = { 0 };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_printf(&text, format, what);
#pragma GCC diagnostic pop
	say_at(doc->label, line, column, SEVERITY_NOTE, "%s", text.s);
	buf_free(&text);
}

/* Bytes that an editor or a web page puts in. */
static bool hint_bytes(const struct doc *doc, const struct doc_line *line, unsigned int row)
{
	static const struct {
		const char *bytes;
		const char *hint;
		bool first;	/* only where the file begins */
	} bytes[] = {
		{ "\xef\xbb\xbf", "the file begins with a byte order mark: save it without", true },
		{ "\xff\xfe", "the file is in UTF-16: save it as UTF-8", true },
		{ "\xe2\x80\x9c", "a typographic quote: write \"" },
		{ "\xe2\x80\x9d", "a typographic quote: write \"" },
		{ "\xe2\x80\x98", "a typographic quote: write \"" },
		{ "\xe2\x80\x99", "a typographic quote: write \"" },
		{ "\xc2\xa0", "a no-break space: write a blank" },
		{ "\xe2\x80\x93", "a dash: write -" },
	};
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		size_t len = strlen(bytes[i].bytes);

		for (at = 0; at + len <= line->comment; at++) {
			if (bytes[i].first && (at || row > 1))
				break;
			if (memcmp(line->s + at, bytes[i].bytes, len))
				continue;
			hint_at(doc, row, at + 1, "%s", bytes[i].hint);
			return true;
		}
	}
	return false;
}

/* A policy's name is whatever its writer means: no word of the language is like it. */
static bool is_name(const struct doc_line *line, const struct doc_cond *word)
{
	return word == &line->words[1] && !strcmp(line->words[0].key, "policy");
}

/* The word that was meant at a column, of those that may stand there. */
static const char *meant(const struct doc_line *line, const struct doc_cond *word,
			 unsigned int column)
{
	const struct bh_key *key;
	size_t i;

	if (line->kind != DOC_RULE || word < line->conds || word >= line->conds + line->nr_conds)
		return column == word->column && !is_name(line, word) ? nearest_word(word->key) :
									NULL;
	if (column == word->column)
		return nearest_key(line->class, word->key);
	key = bh_key_find(line->class, word->key, strlen(word->key));
	for (i = 0; i < word->nr; i++)
		if (word->values[i].column == column)
			return nearest_value(key, word->values[i].s);
	return NULL;
}

static void hint_word(const struct doc *doc, const struct doc_line *line, unsigned int row,
		      unsigned int column)
{
	const struct doc_cond *word = word_at(line, column);
	char *classes = NULL;
	const char *like;

	if (!word)
		return;
	if (memchr(line->s + word->column - 1, '{', word->end - word->column)) {
		hint_at(doc, row, word->column, "%s",
			"there are no braces: write each value in full, \"path=/a/x,/b/x\"");
		return;
	}
	if (word->key[0] == '/' || !*word->key || has_empty_value(word)) {
		hint_at(doc, row, word->column, "%s",
			"a blank ends a condition: write none around = and behind a comma");
		return;
	}
	if (line->kind != DOC_RULE || !bh_key_find(line->class, word->key, strlen(word->key)))
		classes = classes_with(word->key);
	if (classes && column == word->column) {
		hint_at(doc, row, word->column, "this is a key of %s", classes);
		free(classes);
		return;
	}
	free(classes);
	like = meant(line, word, column);
	if (like)
		hint_at(doc, row, column, "did you mean \"%s\"?", like);
}

/**
 * lint_hint() - a note on what to write instead of what was refused
 * @doc: the document
 * @row: the line that the parser stopped in, from 1
 * @column: where
 */
void lint_hint(const struct doc *doc, unsigned int row, unsigned int column)
{
	const struct doc_line *line;

	if (!row || row > doc->nr_lines)
		return;
	line = &doc->lines[row - 1];
	if (!hint_bytes(doc, line, row))
		hint_word(doc, line, row, column);
}
