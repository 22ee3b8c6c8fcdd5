// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that runs out: at each allocation in turn, on the way from a document
 * to a verdict. Only here, where the allocator does what a test tells it.
 */
#include <kunit/test.h>

#include "../../module/assign_table.h"
#include "../../module/decide.h"
#include "../load.h"
#include "../model.h"
#include "../random.h"
#include "host.h"
#include "nomem_test.h"

/* More hits than a decision has room for, of more states than there are tokens. */
#define STARS "/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a"
#define LETTERS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define S64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char doc[] =
	"policy first version 1\nend\n"
	"policy t version 1\n"
	"  mode audit\n"
	"  default exec deny\n"
	"  allow exec path=" STARS ",/[a-c]x,/[!b]y from!=\"/usr bin\"\n"
	"  deny exec path=/a*,/*a,/?*a,/a?*,/*a*,/**a\n"
	"  deny exec path=/aa*,/*aa,/?*aa,/aa?*,/*aa*,/**aa\n"
	"  deny exec path=/aaa*,/*aaa,/?*aaa,/aaa?*,/*aaa*,/**aaa\n"
	"  deny exec path=/aaaa*,/*aaaa,/?*aaaa,/aaaa?*,/*aaaa*,/**aaaa\n"
	"  deny exec path=/aaaaa*,/*aaaaa,/?*aaaaa,/aaaaa?*,/*aaaaa*,/**aaaaa\n"
	"  deny exec path=/aaaaaa*,/*aaaaaa,/?*aaaaaa,/aaaaaa?*,/*aaaaaa*,/**aaaaaa\n"
	"  deny exec path=/a[a]*,/*a[a],/?*a[a],/a[a]?*,/*a[a]*,/**a[a]\n"
	"  kill mount fstype=proc target=/proc,/x/** has=ro lacks=nosuid\n"
	"  allow exec digest=sha256:" S64 ",fsverity-sha512:" S64 S64 "\n"
	"  audit deny ptrace exe=/usr/bin/* role=tracee\n"
	"  allow ptrace\n"
	"end\n";

static const struct bh_request request = {
	.class = BH_EXEC,
	.string = {
		[BH_EXEC_PATH] = { "/" LETTERS, sizeof(LETTERS) },
		[BH_EXEC_FROM] = { "/usr/x", 6 },
	},
};

/* From the document to the verdict, in whatever comes of it. */
static int walk(struct kunit *test, const char *text, size_t len, struct bh_random *pieces,
		const struct bh_request *ask, struct bh_verdict *verdict)
{
	struct bh_reading *reading = test->priv;
	struct bh_decision decision;
	int ret;

	if (pieces)
		bh_load_in_pieces(reading, text, len, pieces);
	else
		bh_load(reading, text, len);
	ret = reading->ret;
	KUNIT_EXPECT_FALSE(test, reading->late);
	if (ret) {
		KUNIT_EXPECT_EQ(test, reading->error.err, reading->error.line ? ret : 0);
		KUNIT_EXPECT_TRUE(test, !reading->error.line ||
				  !strcmp(reading->error.message, "out of memory"));
	} else {
		bh_decision_init(&decision, GFP_ATOMIC);
		ret = bh_decide(reading->policy[reading->nr - 1], ask, &decision, verdict);
		bh_decision_free(&decision);
	}
	bh_reading_free(reading);
	return ret;
}

/* Every allocation fails once; returns how many there were. */
static u32 fail_each(struct kunit *test, const char *text, size_t len, bool in_pieces,
		     const struct bh_request *ask)
{
	struct bh_verdict want = { }, verdict;
	long live = alloc_live();
	u32 nth;

	KUNIT_ASSERT_EQ(test, walk(test, text, len, NULL, ask, &want), 0);
	for (nth = 1;; nth++) {
		struct bh_random random = { BH_TEST_SEED };
		int ret;

		alloc_fail_at(nth);
		ret = walk(test, text, len, in_pieces ? &random : NULL, ask, &verdict);
		KUNIT_ASSERT_EQ_MSG(test, alloc_live(), live, "allocation %u", nth);
		if (alloc_count() < nth)
			break;
		KUNIT_ASSERT_EQ_MSG(test, ret, -ENOMEM, "allocation %u", nth);
	}
	alloc_fail_at(0);
	KUNIT_EXPECT_EQ(test, verdict.action, want.action);
	KUNIT_EXPECT_EQ(test, verdict.line, want.line);
	return nth - 1;
}

static int nomem_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct bh_reading), GFP_KERNEL);
	return 0;
}

static void each_allocation_may_fail(struct kunit *test)
{
	u32 whole = fail_each(test, doc, strlen(doc), false, &request);
	u32 pieces = fail_each(test, doc, strlen(doc), true, &request);

	kunit_info(test, "%u allocations, %u in pieces", whole, pieces);
}

/* Does a decision itself run out, or does the document take all failures? */
static void a_decision_may_fail(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	struct bh_decision decision;
	struct bh_verdict verdict;
	u32 nth, failures = 0;

	bh_load(reading, doc, strlen(doc));
	KUNIT_ASSERT_EQ(test, reading->nr, 2);
	for (nth = 1;; nth++) {
		bh_decision_init(&decision, GFP_ATOMIC);
		alloc_fail_at(nth);
		if (bh_decide(reading->policy[1], &request, &decision, &verdict))
			failures++;
		bh_decision_free(&decision);
		if (alloc_count() < nth)
			break;
	}
	bh_reading_free(reading);
	KUNIT_EXPECT_EQ(test, failures, nth - 1);
	/* Hits are all that a decision allocates for. */
	KUNIT_EXPECT_GE(test, failures, 1);
}

static void random_policies_may_fail(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	char *text = kunit_kzalloc(test, BH_MODEL_TEXT, GFP_KERNEL);
	struct bh_model_request ask;
	u32 round;

	for (round = 0; round < BH_TEST_SCALE; round++) {
		bh_model_fill(model, &random, bh_random_below(&random, 12));
		bh_model_ask(&ask, &random);
		fail_each(test, text, bh_model_write(model, &random, text), round % 2,
			  &ask.request);
	}
}

/* An assignment table is read and asked as a whole, or not at all. */
static void a_table_may_fail(struct kunit *test)
{
	static const char text[] =
		"policy=a ns=pid cgroup=" STARS " exe=/[a-c]*\n"
		"policy=b ns=pid cgroup=/**\n";
	static const struct bh_word types[] = { { "pid", 1 }, { } };
	const struct bh_assign_request ask = {
		.type = 1,
		.string = {
			[BH_ASSIGN_CGROUP] = { "/" LETTERS, sizeof(LETTERS) },
			[BH_ASSIGN_EXE] = { "/x", 2 },
		},
	};
	const struct bh_assign_line *line = NULL;
	struct bh_assign_space *space = kunit_kzalloc(test, sizeof(*space), GFP_KERNEL);
	struct bh_assign_table table;
	struct bh_error error;
	long live = alloc_live();
	bool failed;
	u32 nth;

	for (nth = 1;; nth++) {
		int ret;

		alloc_fail_at(nth);
		ret = bh_assign_parse(&table, text, sizeof(text) - 1, types, &error);
		if (ret)
			KUNIT_EXPECT_STREQ(test, error.message, "out of memory");
		if (!ret) {
			bh_assign_space_init(space, GFP_ATOMIC);
			ret = bh_assign_match(&table, &ask, space, &line, &failed);
			bh_assign_space_free(space);
		}
		bh_assign_table_free(&table);
		KUNIT_ASSERT_EQ_MSG(test, alloc_live(), live, "allocation %u", nth);
		if (alloc_count() < nth)
			break;
		KUNIT_ASSERT_EQ_MSG(test, ret, -ENOMEM, "allocation %u", nth);
	}
	alloc_fail_at(0);
	KUNIT_EXPECT_GE(test, nth, 8);
}

static struct kunit_case nomem_cases[] = {
	KUNIT_CASE(each_allocation_may_fail),
	KUNIT_CASE(a_decision_may_fail),
	KUNIT_CASE(random_policies_may_fail),
	KUNIT_CASE(a_table_may_fail),
	{}
};

struct kunit_suite bh_nomem_suite = {
	.name = "bh_nomem",
	.init = nomem_init,
	.test_cases = nomem_cases,
};
