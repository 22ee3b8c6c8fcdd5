// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a string and patterns, of which each is matched with it, alone in
 * the naive matcher, and with all others in the module's.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../kunit/naive.h"
#include "../module/match.h"
#include "fuzz.h"

#define PATTERNS_MAX 16

struct input {
	struct bh_string string;
	struct bh_string pattern[PATTERNS_MAX];
	u32 nr;
	bool hit[PATTERNS_MAX];
};

static void read_input(struct input *input, const u8 *data, size_t size)
{
	struct seed seed = { data, data + size };

	*input = (struct input){ .string = seed_take(&seed) };
	if (input->string.len > FUZZ_STRING_MAX)
		input->string.len = FUZZ_STRING_MAX;
	while (seed.at < seed.end && input->nr < PATTERNS_MAX) {
		struct bh_string pattern = seed_take(&seed);

		if (fuzz_is_cheap(pattern.s, pattern.len))
			input->pattern[input->nr++] = pattern;
	}
}

static int add_all(struct bh_patterns *patterns, const struct input *input, u32 *ids)
{
	const char *why = "";
	u32 i;
	int ret;

	for (i = 0; i < input->nr; i++) {
		const struct bh_string *pattern = &input->pattern[i];
		bool is_one = bh_naive_is_pattern(pattern->s, pattern->len);

		ret = bh_patterns_add(patterns, pattern->s, pattern->len, &why);
		if (ret == -ENOMEM)
			return ret;
		fuzz_expect_true((ret >= 0) == is_one, "not the same is taken for a pattern");
		ids[i] = is_one ? ret : BH_NO_PATTERN;
	}
	return 0;
}

/* Which patterns match? */
static int match(struct input *input, struct bh_matcher *matcher, const u32 *id_of,
		 const u32 *ids)
{
	struct bh_scratch scratch;
	struct bh_vec hits;
	u32 i, k;
	int ret;

	bh_scratch_init(&scratch, GFP_KERNEL);
	bh_vec_init(&hits);
	ret = bh_match(matcher, input->string.s, input->string.len, &scratch, &hits);
	for (i = 0; i < input->nr; i++) {
		input->hit[i] = false;
		for (k = 0; !ret && id_of[i] != BH_NO_PATTERN && k < hits.nr; k++)
			input->hit[i] |= hits.v[k] == ids[id_of[i]];
	}
	bh_vec_free(&hits);
	return ret;
}

static int walk(void *arg)
{
	u32 id_of[PATTERNS_MAX], ids[PATTERNS_MAX];
	struct bh_patterns patterns = { };
	struct bh_matcher matcher = { };
	struct input *input = arg;
	int ret;

	ret = add_all(&patterns, input, id_of);
	if (!ret)
		ret = bh_matcher_build(&matcher, &patterns, ids);
	bh_patterns_free(&patterns);
	if (!ret)
		ret = match(input, &matcher, id_of, ids);
	bh_matcher_free(&matcher);
	return ret;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bh_random random = fuzz_random(data, size);
	struct input input;
	u32 i;

	read_input(&input, data, size);
	fuzz_expect_true(!walk(&input), "an error without a reason");
	for (i = 0; i < input.nr; i++) {
		const struct bh_string *pattern = &input.pattern[i];

		if (bh_naive_is_pattern(pattern->s, pattern->len))
			fuzz_expect_true(input.hit[i] ==
					 bh_naive_match(pattern->s, pattern->len, input.string.s,
							input.string.len),
					 "another match than the naive matcher's");
	}
	fuzz_nomem(walk, &input, &random);
	return 0;
}
