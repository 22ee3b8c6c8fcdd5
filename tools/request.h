/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests, from what events say or a person types.
 */
#ifndef BULKHEAD_TOOLS_REQUEST_H
#define BULKHEAD_TOOLS_REQUEST_H

#include <decide.h>

#include "doc.h"
#include "event.h"

/**
 * struct request - a request and the memory behind it
 * @r: as the module's decision takes it
 * @digests: what @r points to
 * @cut: a bit for each string of which only the beginning is known
 * @assumed: what was not said and is taken to be so, as words
 */
struct request {
	struct bh_request r;
	u8 digests[BH_DIGEST_KINDS][BH_DIGEST_MAX] __attribute__((aligned(8)));
	u8 cut;
	struct buf assumed;
};

int request_from_event(struct request *request, const struct event *event, const char **why);
int request_from_words(struct request *request, const char *class, char **words, int nr);
void request_free(struct request *request);

int request_decide(const struct bh_policy *policy, const struct request *request,
		   struct bh_verdict *verdict);
size_t request_matches(const struct doc *doc, const struct doc_block *block,
		       const struct request *request, size_t **lines);
char *request_suggest(const struct request *request);
char *request_except(const struct doc_line *rule, const struct request *request);

void suggest_pattern(struct buf *out, const char *s, size_t len);

#endif /* BULKHEAD_TOOLS_REQUEST_H */
