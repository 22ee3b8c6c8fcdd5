// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assignment table: what is one, what it looks like, and which line speaks.
 */
#include <kunit/test.h>

#include "../module/assign_table.h"
#include "random.h"
#include "suites.h"

enum { PID, USER = 5, MNT };

static const struct bh_word types[] = {
	{ "pid", PID },
	{ "user", USER },
	{ "mnt", MNT },
	{ }
};

struct fixture {
	struct bh_assign_table table;
	struct bh_assign_space space;
	struct bh_error error;
};

static int assign_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	bh_assign_space_init(&f->space, GFP_KERNEL);
	test->priv = f;
	return 0;
}

static void assign_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	bh_assign_table_free(&f->table);
	bh_assign_space_free(&f->space);
}

static int parse(struct fixture *f, const char *text, size_t len)
{
	bh_assign_table_free(&f->table);
	return bh_assign_parse(&f->table, text, len, types, &f->error);
}

static void parse_well(struct kunit *test, const char *text, size_t len)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ_MSG(test, parse(f, text, len), 0, "%u:%u %s in %.*s", f->error.line,
			    f->error.column, f->error.message, (int)len, text);
}

static const struct {
	const char *text;
	const char *canonical;
} good[] = {
	{ "", "" },
	{ "\n", "" },
	{ " \t\n# policy=a ns=pid\n\n", "" },
	{ "policy=a ns=pid", "policy=a ns=pid\n" },
	{ "ns=pid policy=a\n\n", "policy=a ns=pid\n" },
	{ "policy=a ns=pid # and more\npolicy=b ns=user#", NULL },
	{ "exe=/b/* cgroup=/a/** ns=user policy=a-b.c_d\n",
	  "policy=a-b.c_d ns=user cgroup=/a/** exe=/b/*\n" },
	{ "\tpolicy=b ns=pid exe=**\npolicy=a ns=pid\n",
	  "policy=b ns=pid exe=**\npolicy=a ns=pid\n" },
	{ "policy=a ns=pid cgroup=/a#b,c=d", "policy=a ns=pid cgroup=/a#b,c=d\n" },
	{ "policy=a ns=pid \"cgroup=/a b\"", "policy=a ns=pid cgroup=\"/a b\"\n" },
	{ "policy=a ns=pid cgroup=/a\" \"b", "policy=a ns=pid cgroup=\"/a b\"\n" },
	{ "policy=a ns=pid cgroup=\"/\\x41\\x0a\\\"\\xFF\"",
	  "policy=a ns=pid cgroup=\"/A\\x0a\\\"\\xff\"\n" },
	{ "policy=a ns=mnt cgroup=/a\r\n", "policy=a ns=mnt cgroup=/a\n" },
	{ "override=no exe=/a policy=a ns=pid", "policy=a ns=pid exe=/a override=no\n" },
	{ "policy=a ns=pid exe=/\\*", "policy=a ns=pid exe=\"/\\\\*\"\n" },
	{ "policy=a ns=pid exe=\"/\\\\*\"", "policy=a ns=pid exe=\"/\\\\*\"\n" },
};

static void is_canonical(struct kunit *test)
{
	struct fixture *f = test->priv;
	char text[128];
	u32 i, round;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		size_t want = good[i].canonical ? strlen(good[i].canonical) : 0;

		if (!good[i].canonical) {
			KUNIT_EXPECT_EQ(test, parse(f, good[i].text, strlen(good[i].text)),
					-EINVAL);
			continue;
		}
		parse_well(test, good[i].text, strlen(good[i].text));
		/* And the canonical form is its own. */
		for (round = 0; round < 2; round++) {
			KUNIT_ASSERT_TRUE_MSG(test, f->table.text_len == want &&
					      !memcmp(f->table.text, good[i].canonical, want),
					      "%.*s instead of %s", (int)f->table.text_len,
					      f->table.text, good[i].canonical);
			memcpy(text, f->table.text, want);
			parse_well(test, text, want);
		}
	}
}

static const struct {
	const char *text;
	u32 line;
	u32 column;
} bad[] = {
	{ "policy=a", 1, 9 },
	{ "ns=pid", 1, 7 },
	{ "policy=a ns=pid\ncgroup=/a", 2, 10 },
	{ "policy=a ns=net", 1, 10 },
	{ "policy=a ns=", 1, 10 },
	{ "policy=a  ns=PID", 1, 11 },
	{ "policy= ns=pid", 1, 1 },
	{ "policy=a ns=pid x", 1, 17 },
	{ "policy=a ns=pid self", 1, 17 },
	{ "policy=a ns=mnt exe=/a", 1, 23 },
	{ "policy=a ns=pid override=yes", 1, 17 },
	{ "end", 1, 1 },
	{ "policy=a ns=pid arm=exec", 1, 17 },
	{ "policy=a ns=pid exe=/a exe=/b", 1, 24 },
	{ "policy=a ns=pid ns=pid", 1, 17 },
	{ "policy=a ns=pid exe=a", 1, 17 },
	{ "policy=a ns=pid exe=*", 1, 17 },
	{ "policy=a ns=pid cgroup=a/**", 1, 17 },
	{ "policy=a ns=pid cgroup=\"\"", 1, 17 },
	{ "policy=a ns=pid cgroup=/a/", 1, 17 },
	{ "\xef\xbb\xbfpolicy=a ns=pid", 1, 1 },
	{ "policy=a ns=pid cgroup=\xe2\x80\x9c/a\xe2\x80\x9d", 1, 17 },
	{ "policy=a ns=pid cgroup=//a", 1, 17 },
	{ "policy=a ns=pid exe=/a/../b", 1, 17 },
	{ "policy=a ns=pid exe=/a/./b", 1, 17 },
	{ "policy=a ns=pid exe=/[", 1, 17 },
	{ "policy=a ns=pid exe=/\\", 1, 17 },
	{ "policy=a ns=pid exe!=/a", 1, 17 },
	{ "\n\npolicy=a ns=pid exe=\"/a", 3, 21 },
	{ "policy=a ns=pid exe=\"/\\n\"", 1, 23 },
	{ "policy=a ns=pid exe=\"/\\x00\"", 1, 23 },
	{ "policy=a ns=pid exe=\"/\\x4\"", 1, 23 },
	{ "=a", 1, 1 },
	{ "policy=123456789a123456789a123456789a123456789a123456789a123456789a12345 ns=pid", 1, 1 },
};

static void says_what_is_wrong(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, parse(f, bad[i].text, strlen(bad[i].text)), -EINVAL,
				    "%s", bad[i].text);
		KUNIT_EXPECT_EQ_MSG(test, f->error.line, bad[i].line, "%s", bad[i].text);
		KUNIT_EXPECT_EQ_MSG(test, f->error.column, bad[i].column, "%s", bad[i].text);
		KUNIT_EXPECT_TRUE(test, f->error.message[0]);
		KUNIT_EXPECT_FALSE(test, f->table.lines || f->table.text);
	}
	KUNIT_EXPECT_EQ(test, parse(f, "policy=a ns=pid\0", 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse(f, "policy=a\0b ns=pid", 17), -EINVAL);
}

static const struct {
	const char *text;
	size_t lines;		/* bytes before the line that ends */
	size_t taken;		/* bytes up to the line after it, or 0 */
} ends[] = {
	{ "", 0, 0 },
	{ "\n", 0, 0 },
	{ "end", 0, 3 },
	{ "end\n", 0, 4 },
	{ " \tend \r\nx", 0, 8 },
	{ "end# of it\nx", 0, 11 },
	{ "ends", 0, 0 },
	{ "en", 0, 0 },
	{ "end end", 0, 0 },
	{ "# end", 0, 0 },
	{ "\"end\"", 0, 0 },
	{ "policy=a ns=pid\nend", 16, 19 },
	{ "policy=a ns=pid # end\n end\nend\n", 22, 27 },
	{ "policy=end ns=pid", 0, 0 },
};

static void ends_with_a_line(struct kunit *test)
{
	size_t lines = 0, taken;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		taken = bh_assign_end(ends[i].text, strlen(ends[i].text), &lines);
		KUNIT_EXPECT_EQ_MSG(test, taken, ends[i].taken, "%s", ends[i].text);
		if (taken)
			KUNIT_EXPECT_EQ_MSG(test, lines, ends[i].lines, "%s", ends[i].text);
	}
	KUNIT_EXPECT_TRUE(test, bh_assign_is_blank("", 0));
	KUNIT_EXPECT_TRUE(test, bh_assign_is_blank("\n \t# end\n\r\n#", 13));
	KUNIT_EXPECT_FALSE(test, bh_assign_is_blank("\nx", 2));
}

static void has_limits(struct kunit *test)
{
	static const char line[] = "policy=a ns=pid\n";
	const size_t len = sizeof(line) - 1, most = BH_ASSIGN_LINES_MAX;
	struct fixture *f = test->priv;
	char *text = kunit_kzalloc(test, (most + 1) * len, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i <= most; i++)
		memcpy(text + i * len, line, len);
	KUNIT_EXPECT_EQ(test, parse(f, text, most * len), 0);
	KUNIT_EXPECT_EQ(test, f->table.nr, BH_ASSIGN_LINES_MAX);
	KUNIT_EXPECT_EQ(test, parse(f, text, (most + 1) * len), -E2BIG);
	KUNIT_EXPECT_EQ(test, f->error.line, BH_ASSIGN_LINES_MAX + 1);

	memset(text, ' ', BH_LINE_MAX + 1);
	KUNIT_EXPECT_EQ(test, parse(f, text, BH_LINE_MAX), 0);
	KUNIT_EXPECT_EQ(test, parse(f, text, BH_LINE_MAX + 1), -E2BIG);
	memcpy(text, "policy=a ns=pid exe=/", 21);
	memset(text + 21, 'a', BH_PATTERN_MAX);
	KUNIT_EXPECT_EQ(test, parse(f, text, 21 + BH_PATTERN_MAX - 1), 0);
	KUNIT_EXPECT_EQ(test, parse(f, text, 21 + BH_PATTERN_MAX), -E2BIG);
}

/* The number of the line that speaks, 0 if none does; negative if it asks what is not known. */
static int ask(struct kunit *test, u32 type, const char *cgroup, const char *exe, u8 failed)
{
	struct fixture *f = test->priv;
	const struct bh_assign_line *line;
	struct bh_assign_request request = {
		.type = type,
		.string = {
			[BH_ASSIGN_CGROUP] = { cgroup, cgroup ? strlen(cgroup) : 0 },
			[BH_ASSIGN_EXE] = { exe, exe ? strlen(exe) : 0 },
		},
		.failed = failed,
	};
	bool unknown;

	KUNIT_ASSERT_EQ(test, bh_assign_match(&f->table, &request, &f->space, &line, &unknown), 0);
	if (!line)
		return 0;
	return unknown ? -(int)line->number : (int)line->number;
}

static void the_first_line_wins(struct kunit *test)
{
	static const char text[] =
		"policy=a ns=pid cgroup=/docker/** exe=/usr/bin/nginx\n"
		"policy=b ns=user exe=/usr/bin/*\n"
		"# policy=x ns=pid\n"
		"policy=c ns=pid cgroup=/docker/*\n"
		"policy=d ns=pid exe=/usr/bin/**\n"
		"policy=e ns=user\n"
		"policy=f ns=pid cgroup=/docker/**\n";

	parse_well(test, text, sizeof(text) - 1);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/docker/1", "/usr/bin/nginx", 0), 1);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/docker/1", "/usr/bin/nginx2", 0), 4);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/docker/1/2", "/usr/bin/a/b", 0), 5);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/docker/1/2", "/bin/a", 0), 7);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/docker/1/2", NULL, 0), 7);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/podman", NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "", "/", 0), 0);
	KUNIT_EXPECT_EQ(test, ask(test, USER, "/docker/1", "/usr/bin/nginx", 0), 2);
	KUNIT_EXPECT_EQ(test, ask(test, USER, "/docker/1", "/bin/nginx", 0), 6);
	KUNIT_EXPECT_EQ(test, ask(test, USER + 1, "/docker/1", "/usr/bin/nginx", 0), 0);
}

/* A line that may match decides: there is no going on to a weaker one. */
static void what_is_not_known_fails_closed(struct kunit *test)
{
	static const char text[] =
		"policy=a ns=pid cgroup=/a exe=/a\n"
		"policy=b ns=pid cgroup=/b\n"
		"policy=c ns=pid exe=/c\n"
		"policy=d ns=pid\n";
	const u8 cgroup = 1 << BH_ASSIGN_CGROUP, exe = 1 << BH_ASSIGN_EXE;

	parse_well(test, text, sizeof(text) - 1);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/a", NULL, exe), -1);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/b", NULL, exe), 2);
	KUNIT_EXPECT_EQ(test, ask(test, PID, "/c", NULL, exe), -3);
	KUNIT_EXPECT_EQ(test, ask(test, PID, NULL, "/a", cgroup), -1);
	KUNIT_EXPECT_EQ(test, ask(test, PID, NULL, "/c", cgroup), -2);
	KUNIT_EXPECT_EQ(test, ask(test, PID, NULL, NULL, cgroup | exe), -1);
	KUNIT_EXPECT_EQ(test, ask(test, PID, NULL, NULL, 0), 4);
}

/* Values of any bytes come back as they were, and bytes of any kind do no harm. */
static void random_tables(struct kunit *test)
{
	static const char *const words[] = {
		"policy=a", "ns=pid", "ns=mnt", "override=no", "cgroup=", "exe=", "/", "*", "**",
		"[a", "]",
		"\\", "\"", " ", " ", " ", "\n", "#", "\\x20", "=", "a", "\t", "\xff",
	};
	struct bh_random random = { BH_TEST_SEED };
	struct fixture *f = test->priv;
	char text[512], *again = kunit_kzalloc(test, 4 * sizeof(text) + 1, GFP_KERNEL);
	u32 round, parsed = 0;

	KUNIT_ASSERT_NOT_NULL(test, again);
	kunit_info(test, "seed %u", BH_TEST_SEED);
	for (round = 0; round < 2000 * BH_TEST_SCALE; round++) {
		size_t len = 0, want;
		u32 nr = bh_random_below(&random, 24);

		/* Most have what every line needs. */
		if (!bh_random_once_in(&random, 8)) {
			memcpy(text, "policy=a ns=pid ", 16);
			len = 16;
		}
		while (nr--) {
			const char *word = words[bh_random_below(&random, ARRAY_SIZE(words))];

			memcpy(text + len, word, strlen(word));
			len += strlen(word);
		}
		if (parse(f, text, len))
			continue;
		parsed += f->table.nr;
		want = f->table.text_len;
		memcpy(again, f->table.text, want);
		parse_well(test, again, want);
		KUNIT_EXPECT_TRUE(test, f->table.text_len == want &&
				  !memcmp(f->table.text, again, want));
	}
	KUNIT_EXPECT_GE(test, parsed, 100);
}

/* Whoever takes all that they get leaves others room, and so do two, and many. */
static void nobody_takes_all(struct kunit *test)
{
	static const u32 takers[] = { 1, 2, 3, 100 };
	u32 own[100], bound, i, round;

	for (i = 0; i < ARRAY_SIZE(takers); i++) {
		memset(own, 0, sizeof(own));
		bound = 0;
		for (round = 0; round < takers[i] * BH_BINDINGS_MAX; round++) {
			u32 *taker = &own[round % takers[i]];

			if (bh_assign_has_room(bound, *taker)) {
				++*taker;
				bound++;
			}
		}
		KUNIT_EXPECT_GE(test, own[0], BH_BINDINGS_MAX / (takers[i] + 2) - 1);
		KUNIT_EXPECT_LE(test, own[0], BH_BINDINGS_MAX / 3 + 1);
		KUNIT_EXPECT_TRUE(test, bh_assign_has_room(bound, 0));
	}
	KUNIT_EXPECT_FALSE(test, bh_assign_has_room(BH_BINDINGS_MAX, 0));
}

static struct kunit_case assign_cases[] = {
	KUNIT_CASE(is_canonical),
	KUNIT_CASE(says_what_is_wrong),
	KUNIT_CASE(ends_with_a_line),
	KUNIT_CASE(has_limits),
	KUNIT_CASE(the_first_line_wins),
	KUNIT_CASE(what_is_not_known_fails_closed),
	KUNIT_CASE(nobody_takes_all),
	KUNIT_CASE(random_tables),
	{}
};

struct kunit_suite bh_assign_suite = {
	.name = "bh_assign",
	.init = assign_init,
	.exit = assign_exit,
	.test_cases = assign_cases,
};
