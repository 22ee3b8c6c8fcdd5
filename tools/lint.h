/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is legal and probably a mistake.
 */
#ifndef BULKHEAD_TOOLS_LINT_H
#define BULKHEAD_TOOLS_LINT_H

#include "doc.h"

/* A policy that is looked at. */
struct lint {
	const struct doc *doc;
	const struct doc_block *block;
	const struct bh_policy *policy;
	const char *root;
	unsigned int warnings;
};

unsigned int lint_document(const struct doc *doc, const char *root);
void lint_warn(struct lint *lint, size_t line, unsigned int column, const char *format, ...)
	printf_like(4, 5);
void lint_root(struct lint *lint);
void lint_useless(struct lint *lint);
void lint_hint(const struct doc *doc, unsigned int line, unsigned int column);

bool pattern_is_literal(const char *s);

#endif /* BULKHEAD_TOOLS_LINT_H */
