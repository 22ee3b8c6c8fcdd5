// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a document, NUL, and a request. What the policy says to it is what
 * the model says that is read from the canonical text.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "../kunit/load.h"
#include "../kunit/model.h"
#include "../kunit/oracle.h"
#include "../module/decide.h"
#include "fuzz.h"

struct question {
	const struct bh_policy *policy;
	struct bh_request request;
	struct bh_verdict verdict;
};

static int ask(void *arg)
{
	struct question *question = arg;
	struct bh_decision decision;
	int ret;

	bh_decision_init(&decision, GFP_KERNEL);
	ret = bh_decide(question->policy, &question->request, &decision, &question->verdict);
	bh_decision_free(&decision);
	fuzz_expect_true(!ret || question->verdict.action == BH_DENY,
			 "a failure that does not deny");
	return ret;
}

static bool is_cheap(const struct bh_model *model)
{
	u32 r, c, v;

	for (r = 0; r < model->nr; r++)
		for (c = 0; c < model->rule[r].nr; c++)
			for (v = 0; v < model->rule[r].cond[c].nr; v++)
				if (!fuzz_is_cheap(model->rule[r].cond[c].value[v].s,
						   model->rule[r].cond[c].value[v].len))
					return false;
	return true;
}

static void check_model(const struct question *question)
{
	const struct bh_policy *policy = question->policy;
	static struct bh_model model;

	if (bh_model_read(&model, policy->text, policy->text_len) && is_cheap(&model))
		fuzz_expect(bh_oracle_verdict(&question->request, question->verdict,
					      bh_model_decide(&model, &question->request)));
}

/* The policy of the document, and that of its canonical text, of which the lines are known. */
static void check_policy(const struct bh_policy *policy, struct question *question,
			 struct bh_random *random)
{
	struct bh_reading again = { };
	struct bh_verdict first;

	fuzz_expect(bh_oracle_text(policy, &again));
	question->policy = policy;
	fuzz_expect_true(!ask(question), "an error without a reason");
	first = question->verdict;
	question->policy = again.policy[0];
	fuzz_expect_true(!ask(question), "an error without a reason");
	fuzz_expect_true(first.action == question->verdict.action &&
			 first.report == question->verdict.report &&
			 !first.line == !question->verdict.line,
			 "another verdict from the canonical text");
	check_model(question);
	fuzz_nomem(ask, question, random);
	bh_reading_free(&again);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bh_random random = fuzz_random(data, size);
	struct seed seed = { data, data + size };
	struct bh_string doc = seed_take(&seed);
	struct bh_reading reading = { };
	struct question question;
	u32 i;

	seed_request(&seed, &question.request);
	for (i = 0; i < BH_STRINGS; i++)
		if (question.request.string[i].len > FUZZ_STRING_MAX)
			question.request.string[i].len = FUZZ_STRING_MAX;
	bh_load(&reading, doc.s, doc.len);
	for (i = 0; i < reading.nr && i < BH_READING_POLICIES; i++)
		check_policy(reading.policy[i], &question, &random);
	bh_reading_free(&reading);
	return 0;
}
