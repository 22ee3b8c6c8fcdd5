// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead fmt: the canonical layout of a policy file, with its comments.
 */
#include <string.h>

#include "command.h"
#include "judge.h"

static const struct option options[] = {
	{ "in-place", no_argument, NULL, 'i' },
	COMMON_OPTIONS
};

/* Behind code that is longer a comment does not stand below its neighbours'. */
#define ALIGN_MAX 60

static size_t code_width(const struct doc_line *line, bool inside)
{
	struct buf code = { 0 };
	size_t width;

	doc_write_code(&code, line);
	width = code.len + (inside ? 2 : 0);
	buf_free(&code);
	return width;
}

static bool has_comment(const struct doc_line *line)
{
	return line->comment < line->len;
}

static bool is_inside(const struct doc_line *line, bool in_block)
{
	return in_block && line->kind != DOC_POLICY && line->kind != DOC_END;
}

/* The column where the comments of a run of lines from @i on begin. */
static size_t comment_column(const struct doc *doc, size_t i, bool in_block)
{
	size_t column = 0, width;

	while (i > 0 && doc->lines[i - 1].nr_words && has_comment(&doc->lines[i - 1]))
		i--;
	for (; i < doc->nr_lines; i++) {
		const struct doc_line *line = &doc->lines[i];

		if (!line->nr_words || !has_comment(line))
			break;
		width = code_width(line, is_inside(line, in_block));
		if (width <= ALIGN_MAX && width > column)
			column = width;
	}
	return column + 2;
}

static void pad_to(struct buf *out, size_t start, size_t column)
{
	do
		buf_puts(out, " ");
	while (out->len - start < column);
}

static void write_comment(struct buf *out, const struct doc_line *line)
{
	size_t len = line->len;

	while (len > line->comment && strchr(" \t", line->s[len - 1]))
		len--;
	buf_add(out, line->s + line->comment, len - line->comment);
}

static void write_line(struct buf *out, const struct doc *doc, size_t i, bool in_block)
{
	const struct doc_line *line = &doc->lines[i];
	size_t start = out->len;

	if (is_inside(line, in_block))
		buf_puts(out, "  ");
	doc_write_code(out, line);
	if (line->nr_words && has_comment(line)) {
		buf_puts(out, " ");
		pad_to(out, start, comment_column(doc, i, in_block));
	}
	if (has_comment(line))
		write_comment(out, line);
	buf_puts(out, "\n");
}

/* Runs of empty lines become one; a block has none at its beginning and end. */
static void write_document(struct buf *out, const struct doc *doc)
{
	bool in_block = false, blank = false, first = true;
	size_t i;

	for (i = 0; i < doc->nr_lines; i++) {
		const struct doc_line *line = &doc->lines[i];

		if (!line->nr_words && !has_comment(line)) {
			blank = true;
			continue;
		}
		if (line->kind == DOC_END)
			blank = false;
		if (blank && !first)
			buf_puts(out, "\n");
		if (line->kind == DOC_POLICY)
			in_block = true;
		write_line(out, doc, i, in_block);
		first = line->kind == DOC_POLICY;
		blank = false;
		if (line->kind == DOC_END) {
			in_block = false;
			blank = true;
		}
	}
}

static bool same_code(const struct doc_line *a, const struct doc_line *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	doc_write_code(&x, a);
	doc_write_code(&y, b);
	same = x.len == y.len && !memcmp(x.s ?: "", y.s ?: "", x.len);
	buf_free(&x);
	buf_free(&y);
	return same;
}

/* Does the result say what the file said? */
static bool says_the_same(const struct doc *a, const struct doc *b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a->nr_lines && !a->lines[i].nr_words)
			i++;
		while (j < b->nr_lines && !b->lines[j].nr_words)
			j++;
		if (i == a->nr_lines || j == b->nr_lines)
			return i == a->nr_lines && j == b->nr_lines;
		if (!same_code(&a->lines[i++], &b->lines[j++]))
			return false;
	}
}

static int format_file(const char *path, bool in_place)
{
	struct doc doc = { 0 }, result = { .label = "the result" };
	int status = doc_read(&doc, path);

	if (!status)
		status = judge_document(&doc);
	if (status)
		goto out;
	write_document(&result.text, &doc);
	doc_parse(&result);
	if (judge_document(&result) || !says_the_same(&doc, &result))
		die("%s: the result would not say the same; this is a mistake of mine", path);
	if (!in_place)
		status = write_output(NULL, result.text.s, result.text.len);
	else if (doc.text.len != result.text.len ||
		 memcmp(doc.text.s, result.text.s, doc.text.len))
		status = replace_file(path, result.text.s, result.text.len);
out:
	doc_free(&result);
	doc_free(&doc);
	return status;
}

static int run(int argc, char **argv)
{
	bool in_place = false;
	int option, status = DONE, ret;

	while ((option = next_option(argc, argv, "i", options)) >= 0)
		in_place = true;
	if (optind == argc) {
		say("no file to format");
		return usage_error();
	}
	if (!in_place && argc - optind > 1) {
		say("more than one file: they can only be formatted in place, with -i");
		return usage_error();
	}
	for (; optind < argc; optind++) {
		if (in_place && !strcmp(argv[optind], "-")) {
			say("standard input cannot be changed in place");
			return usage_error();
		}
		ret = format_file(argv[optind], in_place);
		if (ret > status)
			status = ret;
	}
	return status;
}

const struct command cmd_fmt = {
	.name = "fmt",
	.summary = "print a policy file in canonical layout, with its comments",
	.synopsis = "[-i] FILE...",
	.help = "Prints a policy file in canonical layout. Comments and their places stay, and\n"
		"so do the rules and their order.\n\n"
		"  -i, --in-place   change the files instead\n",
	.run = run,
};
