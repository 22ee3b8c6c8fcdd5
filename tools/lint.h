/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is legal and probably a mistake.
 */
#ifndef BULKHEAD_TOOLS_LINT_H
#define BULKHEAD_TOOLS_LINT_H

#include "doc.h"

/**
 * struct lint_warning - what is probably a mistake
 * @line: index of its line
 * @column: where in it, counted from 1
 * @number: of those found before
 * @text: a sentence
 */
struct lint_warning {
	size_t line;
	unsigned int column;
	size_t number;
	char *text;
};

/**
 * struct lint - a policy that is looked at
 * @doc: its document
 * @block: it in there
 * @policy: what it says
 * @root: the root of the image that it is for, or NULL
 * @blind: some of that could not be read
 * @warnings: what was found, in no order
 * @nr: how many
 * @cap: how many fit
 */
struct lint {
	const struct doc *doc;
	const struct doc_block *block;
	const struct bh_policy *policy;
	const char *root;
	bool blind;
	struct lint_warning *warnings;
	size_t nr;
	size_t cap;
};

int lint_document(const struct doc *doc, const char *root, size_t *warnings);
void lint_warn(struct lint *lint, size_t line, unsigned int column, const char *format, ...)
	printf_like(4, 5);
void lint_root(struct lint *lint);
void lint_useless(struct lint *lint);
void lint_hint(const struct doc *doc, unsigned int line, unsigned int column);

bool pattern_is_literal(const char *s);

#endif /* BULKHEAD_TOOLS_LINT_H */
