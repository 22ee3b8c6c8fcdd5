/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random policies, and a judge of them who knows of no index and no parser.
 */
#ifndef BULKHEAD_TEST_MODEL_H
#define BULKHEAD_TEST_MODEL_H

#include <linux/types.h>

#include "../module/decide.h"
#include "naive.h"
#include "random.h"

#define BH_MODEL_RULES 40
#define BH_MODEL_CONDS 4
#define BH_MODEL_VALUES 3
#define BH_MODEL_PIECES 4
#define BH_MODEL_STRING 9
#define BH_MODEL_TEXT 393216

/* A pattern, or a digest: its name and its digits. */
#define BH_MODEL_VALUE 160

/* A condition; ->bits are the words, ->value the patterns or digests. */
struct bh_model_cond {
	const struct bh_key *key;
	bool negated;
	u32 bits;
	u32 nr;
	struct {
		char s[BH_MODEL_VALUE];
		size_t len;
	} value[BH_MODEL_VALUES];
};

/* A rule; ->line is known once it is written. */
struct bh_model_rule {
	enum bh_class class;
	u8 action;
	u8 report;
	u32 line;
	u32 nr;
	struct bh_model_cond cond[BH_MODEL_CONDS];
};

struct bh_model {
	u8 defaults[BH_CLASSES];
	u32 nr;
	struct bh_model_rule rule[BH_MODEL_RULES];
};

/* A request and the home of its strings. */
struct bh_model_request {
	struct bh_request request;
	char string[BH_STRINGS][BH_MODEL_STRING];
};

void bh_model_fill_rule(struct bh_model_rule *rule, struct bh_random *random);
void bh_model_fill(struct bh_model *model, struct bh_random *random, u32 rules);
size_t bh_model_write(struct bh_model *model, struct bh_random *random, char *text);
bool bh_model_read(struct bh_model *model, const char *text, size_t len);
void bh_model_ask(struct bh_model_request *request, struct bh_random *random);
void bh_model_ask_possible(struct bh_model_request *request, struct bh_random *random,
			   enum bh_class class);
struct bh_verdict bh_model_decide(const struct bh_model *model,
				  const struct bh_request *request);

#endif /* BULKHEAD_TEST_MODEL_H */
