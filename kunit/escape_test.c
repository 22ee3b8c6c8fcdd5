// SPDX-License-Identifier: GPL-2.0-only
/*
 * Untrusted bytes in a line: that they stay in their place, and that none is lost.
 */
#include <kunit/test.h>

#include "../module/escape.h"
#include "oracle.h"
#include "random.h"
#include "suites.h"

struct escaped {
	struct {
		const char *s;
		size_t len;
	} bytes;
	const char *quoted;
	const char *word;
};

static const struct escaped escapes[] = {
#define BYTES(text) { text, sizeof(text) - 1 }
	{ BYTES(""), "\"\"", "" },
	{ BYTES("a"), "\"a\"", "a" },
	{ BYTES("/usr/bin/x"), "\"/usr/bin/x\"", "/usr/bin/x" },
	{ BYTES("a b"), "\"a b\"", "\"a b\"" },
	{ BYTES("a\"b"), "\"a\\\"b\"", "\"a\\\"b\"" },
	{ BYTES("a\\b"), "\"a\\\\b\"", "\"a\\\\b\"" },
	{ BYTES("a\nb"), "\"a\\x0ab\"", "\"a\\x0ab\"" },
	{ BYTES("\" verdict=allow"), "\"\\\" verdict=allow\"", "\"\\\" verdict=allow\"" },
	{ BYTES("a\0b"), "\"a\\x00b\"", "\"a\\x00b\"" },
	{ BYTES("\t\r\033[2J"), "\"\\x09\\x0d\\x1b[2J\"", "\"\\x09\\x0d\\x1b[2J\"" },
	{ BYTES("\x7f\x80\xff"), "\"\\x7f\\x80\\xff\"", "\"\\x7f\\x80\\xff\"" },
	{ BYTES("\xc3\xa9\xa0"), "\"\\xc3\\xa9\\xa0\"", "\"\\xc3\\xa9\\xa0\"" },
	{ BYTES("a=b,c#d'e"), "\"a=b,c#d'e\"", "a=b,c#d'e" },
	{ BYTES("~!@$%^&*()"), "\"~!@$%^&*()\"", "~!@$%^&*()" },
#undef BYTES
};

#define ROOM 64

static void expect_text(struct kunit *test, const struct bh_text *text, const char *want)
{
	KUNIT_EXPECT_TRUE_MSG(test, text->len == strlen(want) &&
			      !memcmp(text->s, want, text->len), "%.*s instead of %s",
			      (int)text->len, text->s, want);
}

static void escapes_and_quotes(struct kunit *test)
{
	const struct escaped *row;
	struct bh_text text;
	char s[ROOM];

	for (row = escapes; row < escapes + ARRAY_SIZE(escapes); row++) {
		text = (struct bh_text){ .s = s, .cap = sizeof(s) };
		bh_text_append_quoted(&text, row->bytes.s, row->bytes.len);
		expect_text(test, &text, row->quoted);
		KUNIT_EXPECT_EQ(test, bh_escaped_size(row->bytes.s, row->bytes.len), text.len);

		text.len = 0;
		bh_text_append_word(&text, row->bytes.s, row->bytes.len);
		expect_text(test, &text, row->word);

		/* Where there is just enough room nothing is cut. */
		text = (struct bh_text){
			.s = s, .cap = bh_escaped_size(row->bytes.s, row->bytes.len),
		};
		bh_text_append_quoted(&text, row->bytes.s, row->bytes.len);
		expect_text(test, &text, row->quoted);
	}
}

static void appends_what_fits(struct kunit *test)
{
	char s[8] = "xxxxxxx";
	struct bh_text text = { .s = s, .cap = 5 };

	bh_text_append(&text, "abc", 3);
	expect_text(test, &text, "abc");
	bh_text_append(&text, "def", 3);
	expect_text(test, &text, "abcde");
	bh_text_append(&text, "g", 1);
	expect_text(test, &text, "abcde");
	KUNIT_EXPECT_EQ(test, s[5], 'x');
}

static void may_be_cut_anywhere(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	char bytes[ROOM], s[4 * ROOM + 8];
	struct bh_text text;
	u32 round, i;
	size_t len;

	for (round = 0; round < 1000 * BH_TEST_SCALE; round++) {
		len = bh_random_below(&random, sizeof(bytes));
		for (i = 0; i < len; i++)
			bytes[i] = round % 2 ? bh_random_u32(&random) :
					       bh_random_char(&random, "ab\"\\\n ", 6);
		memset(s, '\n', sizeof(s));
		text = (struct bh_text){ .s = s, .cap = bh_random_below(&random, sizeof(s)) };
		bh_text_append_quoted(&text, bytes, len);
		KUNIT_ASSERT_TRUE(test, text.len <= text.cap && s[text.cap] == '\n');
		if (text.len)
			KUNIT_ASSERT_STREQ(test, bh_oracle_quoted(&text, bytes, len), "");
		else
			KUNIT_ASSERT_TRUE(test, text.cap < 5);
	}
}

static struct kunit_case escape_cases[] = {
	KUNIT_CASE(escapes_and_quotes),
	KUNIT_CASE(appends_what_fits),
	KUNIT_CASE(may_be_cut_anywhere),
	{}
};

struct kunit_suite bh_escape_suite = {
	.name = "bh_escape",
	.test_cases = escape_cases,
};
