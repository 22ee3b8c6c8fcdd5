/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a policy says what it says.
 */
#ifndef BULKHEAD_TOOLS_EXPLAIN_H
#define BULKHEAD_TOOLS_EXPLAIN_H

#include <jansson.h>

#include "request.h"

/**
 * struct explanation - a policy's answer to a request, and why
 * @verdict: what the module would answer
 * @word: the same as a word: allow, deny, kill or would-deny
 * @decides: index of the line that decides, or SIZE_MAX: none, so that it is allowed
 * @is_default: that line is the class's default
 * @losers: indices of the rules that match, too
 * @nr_losers: how many
 * @allow: the rule that would allow it, or NULL
 * @instead: what @decides has to become for that, or NULL
 * @caution: why that may allow too much, or NULL
 */
struct explanation {
	struct bh_verdict verdict;
	const char *word;
	size_t decides;
	bool is_default;
	size_t *losers;
	size_t nr_losers;
	char *allow;
	char *instead;
	const char *caution;
};

int explain(struct explanation *explanation, const struct doc *doc, const struct doc_block *block,
	    const struct request *request);
void explain_print(const struct explanation *explanation, const struct doc *doc,
		   const struct doc_block *block);
json_t *explain_json(const struct explanation *explanation, const struct doc *doc,
		     const struct doc_block *block);
void explain_free(struct explanation *explanation);

#endif /* BULKHEAD_TOOLS_EXPLAIN_H */
