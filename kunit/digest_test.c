// SPDX-License-Identifier: GPL-2.0-only
/*
 * Digests as rules name them, and sets of them.
 */
#include <kunit/test.h>

#include "../module/digest_set.h"
#include "random.h"
#include "suites.h"

#define HEX "00112233445566778899aabbccddeeff"
#define HEX32 HEX HEX
#define HEX64 HEX32 HEX32

static const struct {
	const char *text;
	const char *after;	/* what is left of it, or NULL where it is none */
	u8 kind;
} texts[] = {
	{ "sha256:" HEX32, "sha256:" HEX32, BH_SHA256 },
	{ "sha256:" HEX "00112233445566778899AaBbCcDdEeFf", "sha256:" HEX32, BH_SHA256 },
	{ "fsverity-sha256:" HEX32, "fsverity-sha256:" HEX32, BH_VERITY_SHA256 },
	{ "fsverity-sha512:" HEX64, "fsverity-sha512:" HEX64, BH_VERITY_SHA512 },
	{ "" }, { ":" }, { "sha256" }, { "sha256:" }, { "sha256=" HEX32 }, { "SHA256:" HEX32 },
	{ "sha256:" HEX32 "0" }, { "sha256:" HEX32 HEX }, { "sha256:" HEX64 HEX64 },
	{ "sha256:" HEX "00112233445566778899aabbccddeef" },
	{ "sha256:" HEX "00112233445566778899aabbccddeefg" },
	{ "sha256: " HEX "00112233445566778899aabbccddeef" },
	{ "sha512:" HEX64 }, { "md5:" HEX }, { "fsverity-sha512:" HEX32 },
	{ "fsverity-sha256:" HEX64 }, { "fsverity:" HEX32 },
};

static void reads_digests(struct kunit *test)
{
	struct bh_digest digest;
	const char *why;
	char s[300];
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t len = strlen(texts[i].text);
		int err;

		memcpy(s, texts[i].text, len + 1);
		why = NULL;
		err = bh_digest_read(&digest, s, len, &why);
		KUNIT_EXPECT_EQ_MSG(test, err, texts[i].after ? 0 : -EINVAL, "%s", texts[i].text);
		if (!texts[i].after) {
			KUNIT_EXPECT_NOT_NULL(test, why);
			continue;
		}
		KUNIT_EXPECT_STREQ(test, s, texts[i].after);
		KUNIT_EXPECT_EQ(test, digest.kind, texts[i].kind);
		for (j = 0; j < BH_DIGEST_MAX; j++)
			KUNIT_EXPECT_EQ(test, digest.bytes[j],
					j < bh_digest_descs[digest.kind].len ? j % 16 * 0x11 : 0);
	}
}

/* Few different bytes, so that many are equal and many differ in the last one only. */
static void draw(struct bh_random *random, struct bh_digest *digest)
{
	*digest = (struct bh_digest){ .kind = bh_random_below(random, BH_DIGEST_KINDS) };
	digest->bytes[0] = bh_random_below(random, 4);
	digest->bytes[bh_digest_descs[digest->kind].len - 1] = bh_random_below(random, 8);
}

static bool same(const struct bh_digest *a, const struct bh_digest *b)
{
	return a->kind == b->kind && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* What is in the set has the number that it was given; nothing else has any. */
static void look_up(struct kunit *test, struct bh_random *random, const struct bh_digest_set *set,
		    const struct bh_digests *digests, const u32 *ids)
{
	struct bh_digest digest;
	u32 i, j, number;

	for (i = 0; i < digests->nr; i++) {
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_EQ(test, ids[i] == ids[j],
					same(&digests->v[i], &digests->v[j]));
		KUNIT_ASSERT_EQ(test, (u32)bh_digest_set_kind(set, ids[i]), digests->v[i].kind);
	}
	for (i = 0; i < 100; i++) {
		draw(random, &digest);
		number = BH_NO_DIGEST;
		for (j = 0; j < digests->nr; j++)
			if (same(&digests->v[j], &digest))
				number = ids[j];
		KUNIT_ASSERT_EQ(test, bh_digest_set_find(set, digest.kind, digest.bytes), number);
	}
}

static void finds_what_is_in_it(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_digests digests = { };
	struct bh_digest_set set;
	struct bh_digest digest;
	u32 ids[64], round, i, nr;

	for (round = 0; round < 20 * BH_TEST_SCALE; round++) {
		nr = 1 + bh_random_below(&random, ARRAY_SIZE(ids));
		for (i = 0; i < nr; i++) {
			draw(&random, &digest);
			KUNIT_ASSERT_EQ(test, bh_digests_add(&digests, &digest), (int)i);
		}
		set = (struct bh_digest_set){ };
		KUNIT_ASSERT_EQ(test, bh_digest_set_build(&set, &digests, ids), 0);
		look_up(test, &random, &set, &digests, ids);
		KUNIT_EXPECT_LE(test, bh_digest_set_bytes(&set), (size_t)nr * BH_DIGEST_MAX);
		bh_digest_set_free(&set);
		bh_digests_free(&digests);
	}
}

static struct kunit_case digest_cases[] = {
	KUNIT_CASE(reads_digests),
	KUNIT_CASE(finds_what_is_in_it),
	{}
};

struct kunit_suite bh_digest_suite = {
	.name = "bh_digest",
	.test_cases = digest_cases,
};
