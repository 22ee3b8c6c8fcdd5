/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the bytes of a document to policies. Pure.
 */
#ifndef BULKHEAD_PARSE_H
#define BULKHEAD_PARSE_H

#include <linux/types.h>

#include "policy.h"

/**
 * struct bh_error - why a document was refused, and where
 * @err: negative errno, 0 while there is no error
 * @line: counted from 1 in the stream as written
 * @column: byte in the line, counted from 1
 * @message: one line of printable ASCII
 */
struct bh_error {
	int err;
	u32 line;
	u32 column;
	char message[120];
};

/**
 * typedef bh_policy_sink_t - takes a policy whose block is complete
 * @policy: the policy, which now belongs to the callee, whatever it returns
 * @data: as given to bh_parser_alloc()
 * @why: where to put a static sentence on failure
 *
 * Return: 0 or a negative errno, which becomes the document's error.
 */
typedef int (*bh_policy_sink_t)(struct bh_policy *policy, void *data, const char **why);

struct bh_parser;

struct bh_parser *bh_parser_alloc(bh_policy_sink_t sink, void *data);
void bh_parser_free(struct bh_parser *parser);
void bh_parser_refuse_digests(struct bh_parser *parser, u32 kinds);
int bh_parser_reject(struct bh_parser *parser, int err, const char *why);
int bh_parser_end(struct bh_parser *parser);
int bh_parser_feed(struct bh_parser *parser, const char *buf, size_t len);
const struct bh_error *bh_parser_error(const struct bh_parser *parser);
const char *bh_parser_failed(const struct bh_parser *parser);

#endif /* BULKHEAD_PARSE_H */
