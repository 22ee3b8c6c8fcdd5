// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns: what each means, alone and among many, and what is none.
 */
#include <kunit/test.h>

#include "../module/limits.h"
#include "../module/match.h"
#include "naive.h"
#include "random.h"
#include "suites.h"

/* A matcher in the making, and what it needs to run. */
struct fixture {
	struct bh_patterns patterns;
	struct bh_matcher matcher;
	struct bh_scratch scratch;
	struct bh_vec hits;
};

static int match_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	bh_scratch_init(&f->scratch, GFP_KERNEL);
	bh_vec_init(&f->hits);
	test->priv = f;
	return 0;
}

static void drop(struct fixture *f)
{
	bh_patterns_free(&f->patterns);
	bh_matcher_free(&f->matcher);
}

static void match_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	drop(f);
	bh_vec_free(&f->hits);
}

static int add(struct fixture *f, const char *pattern)
{
	const char *why;

	return bh_patterns_add(&f->patterns, pattern, strlen(pattern), &why);
}

static void build(struct kunit *test, u32 *ids)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, bh_matcher_build(&f->matcher, &f->patterns, ids), 0);
}

static void match(struct kunit *test, const char *s, size_t len)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, bh_match(&f->matcher, s, len, &f->scratch, &f->hits), 0);
}

/* A single pattern */

struct single {
	const char *pattern;
	const char *string;
	bool matches;
};

static const struct single singles[] = {
	/* Literals. */
	{ "a", "a", true },
	{ "a", "b", false },
	{ "a", "", false },
	{ "a", "aa", false },
	{ "ab", "a", false },
	{ "/usr/bin/true", "/usr/bin/true", true },
	{ "/usr/bin/true", "/usr/bin/tru", false },
	{ "/usr/bin/true", "/usr/bin/true ", false },
	{ "/usr/bin/true", "/usr/bin/trux", false },
	{ "/a", "//a", false },
	{ "/a/./b", "/a/b", false },
	{ "A", "a", false },
	{ "\xc3\xa9", "\xc3\xa9", true },
	{ "\xc3\xa9", "e\xcc\x81", false },
	{ "]", "]", true },
	{ "-", "-", true },
	{ "!", "!", true },
	{ "^", "^", true },
	{ "{a,b}", "a", false },
	{ "{a,b}", "{a,b}", true },

	/* `?`: one byte but '/'. */
	{ "?", "a", true },
	{ "?", "", false },
	{ "?", "ab", false },
	{ "?", "/", false },
	{ "?", "\xff", true },
	{ "?", "?", true },
	{ "/?/b", "/a/b", true },
	{ "/?/b", "///b", false },
	{ "/a?b", "/a/b", false },
	{ "??", "\xc3\xa9", true },
	{ "?", "\xc3\xa9", false },

	/* `*`: any run without '/'. */
	{ "*", "", true },
	{ "*", "a", true },
	{ "*", "abc", true },
	{ "*", "/", false },
	{ "*", "a/b", false },
	{ "/*", "/", true },
	{ "/*", "/etc", true },
	{ "/*", "/etc/", false },
	{ "/*", "/etc/passwd", false },
	{ "/*/passwd", "/etc/passwd", true },
	{ "/*/passwd", "//passwd", true },
	{ "/*/passwd", "/passwd", false },
	{ "/a*", "/a", true },
	{ "/a*", "/abc", true },
	{ "/a*c", "/ac", true },
	{ "/a*c", "/abc", true },
	{ "/a*c", "/abcc", true },
	{ "/a*c", "/abcb", false },
	{ "/a*c", "/ab/c", false },
	{ "*.so", ".so", true },
	{ "*.so", "x.so", true },
	{ "*.so", "x.so.1", false },
	{ "*.so*", "x.so.1", true },
	{ "*a*b*", "xaxbx", true },
	{ "*a*b*", "xbxax", false },
	{ "*aab", "aaaab", true },
	{ "/*/*/c", "/a/b/c", true },
	{ "/*/*/c", "/a/b/d/c", false },
	{ "*/", "a/", true },

	/* `**`: any run. */
	{ "**", "", true },
	{ "**", "/", true },
	{ "**", "/a/b", true },
	{ "/**", "/", true },
	{ "/**", "/a/b/c", true },
	{ "/**", "", false },
	{ "/usr/**", "/usr/", true },
	{ "/usr/**", "/usr", false },
	{ "/usr/**", "/usr/bin/true", true },
	{ "/usr/**", "/usrbin", false },
	{ "/usr**", "/usr", true },
	{ "/usr**", "/usrbin/x", true },
	{ "/**/x", "/x", false },
	{ "/**/x", "//x", true },
	{ "/**/x", "/a/x", true },
	{ "/**/x", "/a/b/x", true },
	{ "/**/x", "/a/b/xy", false },
	{ "/**x", "/x", true },
	{ "**/x", "/x", true },
	{ "**/x", "x", false },
	{ "**/x", "/a/b/x", true },
	{ "/a**b", "/ab", true },
	{ "/a**b", "/a/x/b", true },
	{ "/a**b", "/a/b/c", false },
	{ "/**/*", "/a/b", true },
	{ "/**/*", "/a", false },
	{ "/*/**", "/a/b/c", true },
	{ "/*/**", "/a", false },

	/* A run of stars is as strong as its strongest. */
	{ "***", "a/b", true },
	{ "****", "a/b", true },
	{ "/a***c", "/a/b/c", true },
	{ "*****", "", true },
	{ "*?", "", false },
	{ "*?", "a", true },
	{ "?*", "abc", true },
	{ "?**", "/abc", false },
	{ "**?", "abc/", false },
	{ "**?", "a/b", true },
	{ "*?*", "", false },
	{ "*?*", "a", true },

	/* `[...]`: one byte of a set. */
	{ "[a]", "a", true },
	{ "[a]", "b", false },
	{ "[a]", "", false },
	{ "[abc]", "c", true },
	{ "[a-c]", "b", true },
	{ "[a-c]", "d", false },
	{ "[a-c]", "-", false },
	{ "[a-a]", "a", true },
	{ "[a-cx-z]", "y", true },
	{ "[a-cx-z]", "m", false },
	{ "[a-c-e]", "-", true },
	{ "[a-c-e]", "d", false },
	{ "[-a]", "-", true },
	{ "[-a]", "a", true },
	{ "[a-]", "-", true },
	{ "[a-]", "a", true },
	{ "[a-]", "b", false },
	{ "[-]", "-", true },
	{ "[--0]", ".", true },
	{ "[]]", "]", true },
	{ "[]a]", "a", true },
	{ "[]a]", "]", true },
	{ "[]-a]", "_", true },
	{ "[a]]", "a]", true },
	{ "[a]]", "]", false },
	{ "[[]", "[", true },
	{ "[*]", "*", true },
	{ "[*]", "a", false },
	{ "[?]", "?", true },
	{ "[?]", "a", false },
	{ "[^a]", "^", true },
	{ "[^a]", "b", false },
	{ "[\\]]", "]", true },
	{ "[\\]]", "\\", false },
	{ "[\\\\]", "\\", true },
	{ "[a\\-c]", "b", false },
	{ "[a\\-c]", "-", true },
	{ "[\\a-c]", "b", true },
	{ "[a-\\c]", "b", true },
	{ "[\\!a]", "!", true },
	{ "[a!]", "!", true },
	{ "[\x80-\xff]", "\xc3", true },
	{ "[\x80-\xff]", "a", false },
	{ "[a-c]*", "bxy", true },
	{ "/[a-z]/x", "/q/x", true },
	{ "/[0-9][0-9]", "/42", true },
	{ "/[0-9][0-9]", "/4", false },

	/* `[!...]`. */
	{ "[!a]", "b", true },
	{ "[!a]", "a", false },
	{ "[!a]", "", false },
	{ "[!a-c]", "b", false },
	{ "[!a-c]", "d", true },
	{ "[!]]", "]", false },
	{ "[!]]", "a", true },
	{ "[!]-a]", "_", false },
	{ "[!!]", "!", false },
	{ "[!!]", "a", true },
	{ "[!-]", "-", false },
	{ "[!a]", "\xff", true },

	/* No set has '/' in it. */
	{ "[!a]", "/", false },
	{ "[/]", "/", false },
	{ "[.-0]", "/", false },
	{ "[\\/]", "/", false },
	{ "/a[!b]c", "/a/c", false },
	{ "/a[^b]c", "/a/c", false },

	/* Quoted. */
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "\\?", "?", true },
	{ "\\?", "a", false },
	{ "\\[a]", "[a]", true },
	{ "\\[a]", "a", false },
	{ "\\\\", "\\", true },
	{ "\\a", "a", true },
	{ "\\/", "/", true },
	{ "*\\*", "ab*", true },
	{ "*\\*", "ab", false },
	{ "\\**", "*ab", true },
	{ "\\***", "*a/b", true },
};

static void matches_single(struct kunit *test)
{
	const struct single *row;
	struct fixture *f = test->priv;
	bool hit;
	u32 id;

	for (row = singles; row < singles + ARRAY_SIZE(singles); row++) {
		size_t len = strlen(row->pattern), slen = strlen(row->string);

		KUNIT_ASSERT_EQ_MSG(test, add(f, row->pattern), 0, "%s", row->pattern);
		build(test, &id);
		match(test, row->string, slen);
		hit = f->hits.nr == 1;
		KUNIT_EXPECT_EQ_MSG(test, hit, row->matches, "%s %s", row->pattern, row->string);
		/* The reference, too, must know what it is talking about. */
		hit = bh_naive_match(row->pattern, len, row->string, slen);
		KUNIT_EXPECT_EQ_MSG(test, hit, row->matches, "naive: %s %s", row->pattern,
				    row->string);
		drop(f);
	}
}

/* What is no pattern */

static const char *const bad_patterns[] = {
	"", "[", "[a", "[]", "[!", "[!]", "[a-", "[a-b", "a[", "a[b", "[]a", "[!]a",
	"\\", "a\\", "*\\", "[\\", "[\\]", "[a\\", "[a-\\", "[a\\]", "\\\\\\",
	"[b-a]", "[z-a-]", "[\xff-a]", "[!b-a]", "[b-\\a]", "x[b-a]x",
};

static void refuses_bad_patterns(struct kunit *test)
{
	struct fixture *f = test->priv;
	const char *why;
	u32 i, id;

	KUNIT_ASSERT_EQ(test, add(f, "/good"), 0);
	for (i = 0; i < ARRAY_SIZE(bad_patterns); i++) {
		const char *bad = bad_patterns[i];

		why = NULL;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    bh_patterns_add(&f->patterns, bad, strlen(bad), &why),
				    "%s", bad);
		KUNIT_EXPECT_TRUE_MSG(test, why && strlen(why), "%s", bad);
		KUNIT_EXPECT_FALSE_MSG(test, bh_naive_is_pattern(bad, strlen(bad)), "%s", bad);
	}
	/* They leave no trace. */
	KUNIT_ASSERT_EQ(test, f->patterns.nr, 1);
	build(test, &id);
	match(test, "/good", 5);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 1);
}

/* Many patterns */

static const char *const many[] = {
	"/usr/bin/python3", "/usr/bin/python", "/usr/bin/py*", "/usr/bin/*", "/usr/**", "/**",
	"**", "/usr/bin/python?", "/usr/bin/python[0-9]", "/usr/bin/python[!0-9]", "/*/*/*",
	"/usr/bin/**", "/usr/bin/python3", "/usr/bin", "**/python3", "*", "/usr/*", "/?sr/bin/**3",
	"/usr/bin/python3.11", "/usr/bin/python[02468]", "\\/usr/bin", "***",
};

/* Which of them match: their places in many[]. */
static const struct {
	const char *string;
	u64 hits;
} hits_of_many[] = {
#define B(n) (1ULL << (n))
	{ "/usr/bin/python3", B(0) | B(2) | B(3) | B(4) | B(5) | B(6) | B(7) | B(8) | B(10) |
			      B(11) | B(12) | B(14) | B(17) | B(21) },
	{ "/usr/bin/python", B(1) | B(2) | B(3) | B(4) | B(5) | B(6) | B(10) | B(11) | B(21) },
	{ "/usr/bin/pythonX", B(2) | B(3) | B(4) | B(5) | B(6) | B(7) | B(9) | B(10) | B(11) |
			      B(21) },
	{ "/usr/bin/python2", B(2) | B(3) | B(4) | B(5) | B(6) | B(7) | B(8) | B(10) | B(11) |
			      B(19) | B(21) },
	{ "/usr/bin", B(4) | B(5) | B(6) | B(13) | B(16) | B(20) | B(21) },
	{ "/usr/bin/python/", B(4) | B(5) | B(6) | B(11) | B(21) },
	{ "/", B(5) | B(6) | B(21) },
	{ "", B(6) | B(15) | B(21) },
	{ "x", B(6) | B(15) | B(21) },
#undef B
};

static void reports_all_hits_in_order(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 ids[ARRAY_SIZE(many)], i, k;

	for (i = 0; i < ARRAY_SIZE(many); i++)
		KUNIT_ASSERT_EQ(test, add(f, many[i]), i);
	build(test, ids);
	/* Equal patterns are one: three pairs of them are written above. */
	KUNIT_EXPECT_EQ(test, ids[0], ids[12]);
	KUNIT_EXPECT_EQ(test, ids[6], ids[21]);
	KUNIT_EXPECT_EQ(test, ids[13], ids[20]);
	KUNIT_EXPECT_EQ(test, f->matcher.nr_patterns, ARRAY_SIZE(many) - 3);

	for (i = 0; i < ARRAY_SIZE(hits_of_many); i++) {
		u64 hits = 0;

		match(test, hits_of_many[i].string, strlen(hits_of_many[i].string));
		for (k = 1; k < f->hits.nr; k++)
			KUNIT_EXPECT_TRUE(test, f->hits.v[k - 1] < f->hits.v[k]);
		for (k = 0; k < ARRAY_SIZE(many) * f->hits.nr; k++)
			if (ids[k % ARRAY_SIZE(many)] == f->hits.v[k / ARRAY_SIZE(many)])
				hits |= 1ULL << (k % ARRAY_SIZE(many));
		KUNIT_EXPECT_EQ_MSG(test, hits, hits_of_many[i].hits, "%s",
				    hits_of_many[i].string);
	}
}

static void matches_nothing_without_patterns(struct kunit *test)
{
	struct fixture *f = test->priv;

	build(test, NULL);
	match(test, "/", 1);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 0);
	match(test, "", 0);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 0);
}

/* Against the reference */

#define SET_MAX 40
#define PIECES_MAX 7
#define STRING_MAX 12

struct random_patterns {
	struct {
		char s[PIECES_MAX * BH_RANDOM_PIECE];
		size_t len;
	} pattern[SET_MAX];
	u32 nr;
	u32 ids[SET_MAX];
};

/* Adds a random text, and checks that both sides agree on whether it is a pattern. */
static void add_random(struct kunit *test, struct bh_random *random, struct random_patterns *r)
{
	struct fixture *f = test->priv;
	char *s = r->pattern[r->nr].s;
	size_t len = bh_random_pattern(random, s, 1 + bh_random_below(random, PIECES_MAX));
	const char *why;
	int ret;

	/* A cut shows what is unfinished. */
	if (bh_random_once_in(random, 16))
		len = bh_random_below(random, len + 1);
	ret = bh_patterns_add(&f->patterns, s, len, &why);
	KUNIT_ASSERT_EQ_MSG(test, ret >= 0, bh_naive_is_pattern(s, len), "%.*s", (int)len, s);
	if (ret < 0)
		return;
	KUNIT_ASSERT_EQ(test, ret, r->nr);
	r->pattern[r->nr++].len = len;
}

static void match_random(struct kunit *test, struct bh_random *random,
			 const struct random_patterns *r)
{
	struct fixture *f = test->priv;
	char s[STRING_MAX];
	size_t len = bh_random_string(random, s, sizeof(s));
	u32 i, h;

	match(test, s, len);
	for (h = 1; h < f->hits.nr; h++)
		KUNIT_ASSERT_TRUE(test, f->hits.v[h - 1] < f->hits.v[h]);
	for (i = 0; i < r->nr; i++) {
		bool hit = false;

		for (h = 0; h < f->hits.nr; h++)
			hit |= f->hits.v[h] == r->ids[i];
		KUNIT_ASSERT_EQ_MSG(test, hit,
				    bh_naive_match(r->pattern[i].s, r->pattern[i].len, s, len),
				    "%.*s on %.*s", (int)r->pattern[i].len, r->pattern[i].s,
				    (int)len, s);
	}
}

static void matches_like_the_reference(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct random_patterns *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	struct fixture *f = test->priv;
	u32 round, i, want;

	KUNIT_ASSERT_NOT_NULL(test, r);
	kunit_info(test, "seed %u", BH_TEST_SEED);
	for (round = 0; round < 100 * BH_TEST_SCALE; round++) {
		want = 1 + bh_random_below(&random, round % 4 ? 4 : SET_MAX);
		for (r->nr = 0, i = 0; i < want; i++)
			add_random(test, &random, r);
		build(test, r->ids);
		for (i = 0; i < 20; i++)
			match_random(test, &random, r);
		drop(f);
	}
}

/* Limits */

static void takes_long_patterns(struct kunit *test)
{
	struct fixture *f = test->priv;
	char *s = kunit_kzalloc(test, BH_PATTERN_MAX + 1, GFP_KERNEL);
	const char *why;
	u32 ids[2];

	KUNIT_ASSERT_NOT_NULL(test, s);
	memset(s, 'a', BH_PATTERN_MAX + 1);
	KUNIT_EXPECT_EQ(test, bh_patterns_add(&f->patterns, s, BH_PATTERN_MAX + 1, &why), -E2BIG);
	KUNIT_ASSERT_EQ(test, bh_patterns_add(&f->patterns, s, BH_PATTERN_MAX, &why), 0);
	s[BH_PATTERN_MAX - 1] = '?';
	KUNIT_ASSERT_EQ(test, bh_patterns_add(&f->patterns, s, BH_PATTERN_MAX, &why), 1);
	build(test, ids);
	match(test, s, BH_PATTERN_MAX);
	KUNIT_ASSERT_EQ(test, f->hits.nr, 1);
	KUNIT_EXPECT_EQ(test, f->hits.v[0], ids[1]);
	s[BH_PATTERN_MAX - 1] = 'a';
	match(test, s, BH_PATTERN_MAX);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 2);
	match(test, s, BH_PATTERN_MAX + 1);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 0);
	match(test, s, BH_PATTERN_MAX - 1);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 0);
}

/*
 * Fatal to a matcher that backtracks: every 'a' may be any star's. Each state is one byte
 * further into the pattern, however many stars lie behind it.
 */
static void survives_hostile_strings(struct kunit *test)
{
	/* An emulated machine takes its time. */
	const u32 len = BH_TEST_SCALE == 1 ? 1024 : BH_PATTERN_MAX;
	struct fixture *f = test->priv;
	char *s = kunit_kzalloc(test, len, GFP_KERNEL);
	const char *why;
	u32 i, id;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < len; i++)
		s[i] = i % 2 ? 'a' : '*';
	s[len - 1] = 'b';
	KUNIT_ASSERT_EQ(test, bh_patterns_add(&f->patterns, s, len, &why), 0);
	build(test, &id);
	KUNIT_ASSERT_EQ(test, f->matcher.nr_dfas, 1);
	KUNIT_EXPECT_LE(test, f->matcher.dfas[0].nr_states, len + 2);

	memset(s, 'a', len);
	match(test, s, len);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 0);
	s[len - 1] = 'b';
	match(test, s, len);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 1);
}

/* Patterns whose states multiply are parted, and refused when there are too many parts. */
static void parts_what_multiplies(struct kunit *test)
{
	static const u32 few = 40, many = 400;
	struct fixture *f = test->priv;
	u32 *ids = kunit_kzalloc(test, many * sizeof(*ids), GFP_KERNEL), i;
	char s[64];

	KUNIT_ASSERT_NOT_NULL(test, ids);
	for (i = 0; i < few; i++) {
		snprintf(s, sizeof(s), "/**x%c%c**y%c**z", 'a' + i % 20, 'a' + i / 20,
			 'a' + i % 20);
		KUNIT_ASSERT_EQ(test, add(f, s), i);
	}
	build(test, ids);
	KUNIT_EXPECT_GE(test, f->matcher.nr_dfas, 2);
	match(test, "/1xca2xba3ya4yc5z", 17);
	KUNIT_ASSERT_EQ(test, f->hits.nr, 1);
	KUNIT_EXPECT_EQ(test, f->hits.v[0], ids[2]);
	drop(f);

	for (i = 0; i < many; i++) {
		snprintf(s, sizeof(s), "/**%u**x%u**z", i, i % 7);
		KUNIT_ASSERT_EQ(test, add(f, s), i);
	}
	KUNIT_EXPECT_EQ(test, bh_matcher_build(&f->matcher, &f->patterns, ids), -E2BIG);
	KUNIT_EXPECT_LE(test, f->matcher.refused, many - 1);
	KUNIT_EXPECT_EQ(test, f->matcher.nr_patterns, 0);
}

/* A final `**` is no state, so that many of them do not multiply. */
static void final_stars_do_not_multiply(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 ids[300], i;
	char s[64];

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(s, sizeof(s), "/**/d%u/**", i);
		KUNIT_ASSERT_EQ(test, add(f, s), i);
	}
	build(test, ids);
	KUNIT_EXPECT_EQ(test, f->matcher.nr_dfas, 1);
	match(test, "/x/d17/d4/d17/d299/", 19);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 3);
	match(test, "/x/d17", 6);
	KUNIT_EXPECT_EQ(test, f->hits.nr, 0);
}

#define CROWD 100000

static void finds_one_in_a_crowd(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 *ids = kvmalloc_array(CROWD, sizeof(*ids), GFP_KERNEL), i;
	char s[64];
	int err = 0;

	KUNIT_ASSERT_NOT_NULL(test, ids);
	for (i = 0; i < CROWD && err >= 0; i++) {
		snprintf(s, sizeof(s), "/usr/lib/%u/%s%u%s", i % 100, i % 10 ? "x" : "*x", i,
			 i % 7 ? "" : "/**");
		err = add(f, s);
	}
	if (err >= 0)
		err = bh_matcher_build(&f->matcher, &f->patterns, ids);
	KUNIT_EXPECT_EQ(test, err, 0);
	for (i = 0; i < CROWD && !err; i += 997) {
		snprintf(s, sizeof(s), "/usr/lib/%u/x%u%s", i % 100, i, i % 7 ? "" : "/y/z");
		err = bh_match(&f->matcher, s, strlen(s), &f->scratch, &f->hits);
		KUNIT_EXPECT_EQ_MSG(test, f->hits.nr, 1, "%s", s);
		KUNIT_EXPECT_EQ_MSG(test, f->hits.v[0], ids[i], "%s", s);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	kunit_info(test, "%u patterns, %u nodes, %u automata, %u bytes", CROWD,
		   f->matcher.trie.nr_nodes, f->matcher.nr_dfas,
		   (u32)bh_matcher_bytes(&f->matcher));
	kvfree(ids);
}

static void limits_sets(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, j, nr = 0;
	char s[8];

	for (i = 'A'; nr < BH_SETS_MAX; i++)
		for (j = i + 1; j < 'A' + 60 && nr < BH_SETS_MAX; j++) {
			snprintf(s, sizeof(s), "[\\%c\\%c]", i, j);
			KUNIT_ASSERT_EQ_MSG(test, add(f, s), nr++, "%s", s);
		}
	KUNIT_EXPECT_EQ(test, add(f, "[0]"), -E2BIG);
	/* Those that are known still serve, in whatever order they are written. */
	KUNIT_EXPECT_EQ(test, add(f, "[BA][AB]"), nr);
}

static void limits_states(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 *ids, i, patterns = BH_DFA_STATES_MAX / BH_PATTERN_MAX + 8;
	char *s = kunit_kzalloc(test, BH_PATTERN_MAX, GFP_KERNEL);
	const char *why;
	int ret = 0;

	if (BH_TEST_SCALE == 1)
		kunit_skip(test, "takes its time");
	ids = kvmalloc_array(patterns, sizeof(*ids), GFP_KERNEL);
	/* Each differs early from all others. */
	memset(s, 'x', BH_PATTERN_MAX);
	s[BH_PATTERN_MAX - 1] = '?';
	for (i = 0; i < patterns && ret >= 0; i++) {
		s[0] = 128 + i;
		ret = bh_patterns_add(&f->patterns, s, BH_PATTERN_MAX, &why);
	}
	if (ret >= 0)
		ret = bh_matcher_build(&f->matcher, &f->patterns, ids);
	kvfree(ids);
	KUNIT_EXPECT_EQ(test, ret, -E2BIG);
	KUNIT_EXPECT_EQ(test, f->matcher.nr_dfas, 0);
}

static struct kunit_case match_cases[] = {
	KUNIT_CASE(matches_single),
	KUNIT_CASE(refuses_bad_patterns),
	KUNIT_CASE(reports_all_hits_in_order),
	KUNIT_CASE(matches_nothing_without_patterns),
	KUNIT_CASE(matches_like_the_reference),
	KUNIT_CASE(takes_long_patterns),
	KUNIT_CASE(survives_hostile_strings),
	KUNIT_CASE(parts_what_multiplies),
	KUNIT_CASE(final_stars_do_not_multiply),
	KUNIT_CASE(finds_one_in_a_crowd),
	KUNIT_CASE(limits_sets),
	KUNIT_CASE(limits_states),
	{}
};

struct kunit_suite bh_match_suite = {
	.name = "bh_match",
	.init = match_init,
	.exit = match_exit,
	.test_cases = match_cases,
};
