/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A document read from the first byte to the last, and what came of it.
 */
#ifndef BULKHEAD_TEST_LOAD_H
#define BULKHEAD_TEST_LOAD_H

#include <linux/types.h>

#include "../module/parse.h"
#include "random.h"

#define BH_READING_POLICIES 8

/**
 * struct bh_reading - what came of a document
 * @ret: what the first call of bh_parser_feed() that failed returned, or 0
 * @error: the parser's error
 * @policy: the policies that it gave out, the first BH_READING_POLICIES of them
 * @nr: how many
 * @late: something was taken after an error
 * @refuse: set before: the errno that the sink answers with
 * @refuse_digests: set before: as for bh_parser_refuse_digests()
 */
struct bh_reading {
	int ret;
	struct bh_error error;
	struct bh_policy *policy[BH_READING_POLICIES];
	u32 nr;
	bool late;
	int refuse;
	u32 refuse_digests;
};

void bh_load(struct bh_reading *reading, const char *doc, size_t len);
void bh_load_bytewise(struct bh_reading *reading, const char *doc, size_t len);
void bh_load_in_pieces(struct bh_reading *reading, const char *doc, size_t len,
		       struct bh_random *random);
void bh_reading_free(struct bh_reading *reading);

#endif /* BULKHEAD_TEST_LOAD_H */
