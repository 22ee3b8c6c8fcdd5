// SPDX-License-Identifier: GPL-2.0-only
/*
 * The canonical text: what it looks like, and that it is read back as itself.
 */
#include <kunit/test.h>

#include "../module/pack.h"
#include "../module/policy.h"
#include "load.h"
#include "model.h"
#include "oracle.h"
#include "random.h"
#include "suites.h"

/* A document's policy, and the policy of that one's text. */
struct fixture {
	struct bh_reading first;
	struct bh_reading again;
};

static int text_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct fixture), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static void text_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	bh_reading_free(&f->first);
	bh_reading_free(&f->again);
}

/* Reads a document, and then its canonical text. */
static void read_twice(struct kunit *test, const char *doc, size_t len)
{
	struct fixture *f = test->priv;
	const struct bh_policy *first;

	text_exit(test);
	bh_load(&f->first, doc, len);
	KUNIT_ASSERT_EQ_MSG(test, f->first.nr, 1, "%u:%u %s in %.*s", f->first.error.line,
			    f->first.error.column, f->first.error.message, (int)len, doc);
	first = f->first.policy[0];
	KUNIT_ASSERT_STREQ_MSG(test, bh_oracle_text(first, &f->again), "", "%u:%u %s in %.*s",
			       f->again.error.line, f->again.error.column, f->again.error.message,
			       (int)first->text_len, first->text);
}

#define HEAD "policy t version 1\n  mode enforce\n"

static const struct {
	const char *doc;
	const char *text;
} texts[] = {
	{ "policy t version 1\nend", HEAD "end\n" },
	{ "policy \"t\" version 001 # x\n\n\tend # x\n", HEAD "end\n" },
	{ "policy t version 18446744073709551615\nmode audit\nend\n",
	  "policy t version 18446744073709551615\n  mode audit\nend\n" },
	{ "policy t version 1\nallow exec\nmode enforce\nend\n", HEAD "  allow exec\nend\n" },

	/* Defaults stand first, in the order of the classes, and only those that were named. */
	{ "policy t version 1\nkill ptrace\ndefault ptrace deny\ndefault exec allow\nend\n",
	  HEAD "  default exec allow\n  default ptrace deny\n  kill ptrace\nend\n" },
	{ "policy t version 1\ndefault mount kill\nend\n", HEAD "  default mount kill\nend\n" },

	/* Rules and conditions keep their order. */
	{ "policy t version 1\n  deny exec\n\naudit allow   mount #\nquiet kill exec\nend\n",
	  HEAD "  deny exec\n  audit allow mount\n  quiet kill exec\nend\n" },
	{ "policy t version 1\ndeny exec  from!=/b,/a\tas=program path=/x path=/x\nend\n",
	  HEAD "  deny exec from!=/b,/a as=program path=/x path=/x\nend\n" },
	{ "policy t version 1\ndeny exec has=nosuid,ro,ro lacks!=noexec\nend\n",
	  HEAD "  deny exec has=nosuid,ro,ro lacks!=noexec\nend\n" },
	/* What a ptrace rule implies is not written. */
	{ "policy t version 1\ndeny ptrace\nend\n", HEAD "  deny ptrace\nend\n" },

	/* Quoted only where it must be. */
	{ "policy t version 1\ndeny exec \"path\"=\"/a\",\"/b\"\nend\n",
	  HEAD "  deny exec path=/a,/b\nend\n" },
	{ "policy t version 1\ndeny exec \"path=/a b\"\nend\n",
	  HEAD "  deny exec path=\"/a b\"\nend\n" },
	{ "policy t version 1\ndeny exec path=/a\" \"b\nend\n",
	  HEAD "  deny exec path=\"/a b\"\nend\n" },
	{ "policy t version 1\ndeny exec path=\"/a,b\",\"/a#b\"\nend\n",
	  HEAD "  deny exec path=\"/a,b\",\"/a#b\"\nend\n" },
	{ "policy t version 1\ndeny exec path=\"/\\x41\\x09\\x7F\\xfF\"\nend\n",
	  HEAD "  deny exec path=\"/A\\x09\\x7f\\xff\"\nend\n" },
	{ "policy t version 1\ndeny exec path=/\xc3\xa9\nend\n",
	  HEAD "  deny exec path=\"/\\xc3\\xa9\"\nend\n" },
	{ "policy t version 1\ndeny exec path=\"/\\\"\"\nend\n",
	  HEAD "  deny exec path=\"/\\\"\"\nend\n" },
	{ "policy t version 1\ndeny exec path=\"/\\\\*\"\nend\n",
	  HEAD "  deny exec path=/\\*\nend\n" },
	{ "policy t version 1\ndeny exec path=/\\*\nend\n", HEAD "  deny exec path=/\\*\nend\n" },
	{ "policy t version 1\ndeny exec path=\"/\\\\ \"\nend\n",
	  HEAD "  deny exec path=\"/\\\\ \"\nend\n" },
	{ "policy t version 1\ndeny exec path=/a=b!=c\nend\n",
	  HEAD "  deny exec path=/a=b!=c\nend\n" },
	{ "policy t version 1\ndeny exec path=\"/a\\x0ab\"\nend\n",
	  HEAD "  deny exec path=\"/a\\x0ab\"\nend\n" },
	{ "policy t version 1\ndeny exec digest=sha256:ABCDEFabcdef0123456789ABCDEF01234567"
	  "89abcdefABCDEF0123456789ABCD\nend\n",
	  HEAD "  deny exec digest=sha256:abcdefabcdef0123456789abcdef01234567"
	  "89abcdefabcdef0123456789abcd\nend\n" },
	{ "policy t version 1\ndeny mount source=\"=\",\"!\"\nend\n",
	  HEAD "  deny mount source==,!\nend\n" },
};

static void is_canonical(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct bh_policy *policy;
		size_t want = strlen(texts[i].text);

		read_twice(test, texts[i].doc, strlen(texts[i].doc));
		policy = f->first.policy[0];
		KUNIT_EXPECT_TRUE_MSG(test, policy->text_len == want &&
				      !memcmp(policy->text, texts[i].text, want),
				      "%.*s instead of %s", (int)policy->text_len, policy->text,
				      texts[i].text);
	}
}

static void random_policies_are_read_back(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	char *doc = kunit_kzalloc(test, BH_MODEL_TEXT, GFP_KERNEL);
	u32 round;

	KUNIT_ASSERT_NOT_NULL(test, model);
	KUNIT_ASSERT_NOT_NULL(test, doc);
	kunit_info(test, "seed %u", BH_TEST_SEED);
	for (round = 0; round < 20 * BH_TEST_SCALE; round++) {
		bh_model_fill(model, &random, bh_random_below(&random, 10));
		read_twice(test, doc, bh_model_write(model, &random, doc));
	}
}

/* Every byte that a value may hold, alone and among others. */
static void odd_values_are_read_back(struct kunit *test)
{
	static const char format[] = "policy t version 1\ndeny mount source=\"%s\",\"a%sb\"\nend\n";
	struct fixture *f = test->priv;
	char doc[128], value[16];
	u32 byte;

	for (byte = 1; byte < 256; byte++) {
		/* An unclosed set or a lonely backslash is no pattern. */
		snprintf(value, sizeof(value), "%s\\x%02x%s", byte == '\\' ? "\\\\" : "", byte,
			 byte == '[' ? "a]" : "");
		snprintf(doc, sizeof(doc), format, value, value);
		read_twice(test, doc, strlen(doc));
		KUNIT_EXPECT_EQ_MSG(test, f->again.policy[0]->nr_values, 2, "byte %u", byte);
	}
}

/* Lines that often begin as the one before, of up to twice what can be shared. */
static size_t draw_lines(struct bh_random *random, char *text, struct kunit *test,
			 struct bh_pack *pack)
{
	static char line[2 * BH_PACK_SHARED_MAX];
	size_t len = 0, at = 0;
	u32 lines = bh_random_below(random, 20), i;

	while (lines--) {
		at = bh_random_below(random, len + 1);
		len = bh_random_below(random, sizeof(line));
		for (i = at; i < len; i++)
			line[i] = "\0a\377"[bh_random_below(random, 3)];
		KUNIT_ASSERT_EQ(test, bh_pack_add(pack, line, len), 0);
		memcpy(text, line, len);
		text[len] = '\n';
		text += len + 1;
	}
	return pack->text_len;
}

static void packs_and_unpacks(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	char *text = kunit_kzalloc(test, 20 * 512, GFP_KERNEL);
	char *unpacked = kunit_kzalloc(test, 20 * 512, GFP_KERNEL);
	struct bh_pack *pack = kunit_kzalloc(test, sizeof(*pack), GFP_KERNEL);
	size_t len, saved = 0;
	u32 round;

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_NOT_NULL(test, unpacked);
	KUNIT_ASSERT_NOT_NULL(test, pack);
	for (round = 0; round < 50 * BH_TEST_SCALE; round++) {
		bh_pack_clear(pack);
		len = draw_lines(&random, text, test, pack);
		bh_unpack(pack->packed.s, pack->packed.len, unpacked);
		KUNIT_ASSERT_EQ(test, memcmp(text, unpacked, len), 0);
		saved += len - min(len, pack->packed.len);
	}
	kvfree(pack->packed.s);
	KUNIT_EXPECT_GE(test, saved, round);
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(packs_and_unpacks),
	KUNIT_CASE(is_canonical),
	KUNIT_CASE(random_policies_are_read_back),
	KUNIT_CASE(odd_values_are_read_back),
	{}
};

struct kunit_suite bh_text_suite = {
	.name = "bh_text",
	.init = text_init,
	.exit = text_exit,
	.test_cases = text_cases,
};
