// SPDX-License-Identifier: GPL-2.0-only
/*
 * Untrusted bytes in a line: that they stay in their place, and that none is lost.
 */
#include <kunit/test.h>

#include "../module/escape.h"
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

/* A byte from behind a quote or an escape, as a reader would take it; -1: the quote ends. */
static int read_back(const char **s)
{
	const char *c = *s;

	if (*c == '"')
		return -1;
	if (*c != '\\') {
		*s = c + 1;
		return (u8)*c;
	}
	if (c[1] != 'x') {
		*s = c + 2;
		return (u8)c[1];
	}
	*s = c + 4;
	return hex_to_bin(c[2]) << 4 | hex_to_bin(c[3]);
}

/* One closing quote, at the end or before three dots; nothing that is not printable. */
static void expect_quoted(struct kunit *test, const struct bh_text *text, const char *bytes,
			  size_t len)
{
	const char *at = text->s + 1, *end = text->s + text->len;
	size_t nr = 0;
	int byte;

	KUNIT_ASSERT_TRUE(test, text->len >= 2 && text->s[0] == '"');
	while (at < end && (byte = read_back(&at)) >= 0) {
		KUNIT_ASSERT_TRUE(test, nr < len);
		KUNIT_ASSERT_EQ(test, byte, (int)(u8)bytes[nr++]);
	}
	KUNIT_ASSERT_TRUE(test, at < end && *at == '"');
	if (nr == len)
		KUNIT_ASSERT_EQ(test, end - at, (ssize_t)1);
	else
		KUNIT_ASSERT_TRUE(test, end - at == 4 && !memcmp(at, "\"...", 4));
	for (at = text->s; at < end; at++)
		KUNIT_ASSERT_TRUE(test, *at >= ' ' && *at <= '~');
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
			expect_quoted(test, &text, bytes, len);
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
