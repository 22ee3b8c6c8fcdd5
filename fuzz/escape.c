// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is how much room there is, and bytes to be quoted.
 */
#include <linux/string.h>

#include "../kunit/oracle.h"
#include "../module/escape.h"
#include "fuzz.h"

#define BYTES_MAX 120
/* Each byte becomes four at most, in quotes. */
#define ROOM (4 * BYTES_MAX + 2)

/* As a word it is as it is, or it is quoted. */
static void check_word(const struct bh_text *quoted, const char *bytes, size_t len)
{
	char s[ROOM];
	struct bh_text text = { .s = s, .cap = ROOM };

	bh_text_append_word(&text, bytes, len);
	if (text.len == len && !memcmp(s, bytes, len))
		fuzz_expect_true(quoted->len == len + 2 && !memchr(s, ' ', len),
				 "a word that needs quotes");
	else
		fuzz_expect_true(text.len == quoted->len && !memcmp(s, quoted->s, text.len),
				 "a word quoted in another way");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct seed seed = { data, data + size };
	size_t room = 2 * seed_byte(&seed), len = seed.end - seed.at;
	const char *bytes = (const char *)seed.at;
	char s[ROOM + 1];
	struct bh_text text = { .s = s, .cap = ROOM };

	if (len > BYTES_MAX)
		len = BYTES_MAX;
	bh_text_append_quoted(&text, bytes, len);
	fuzz_expect(bh_oracle_quoted(&text, bytes, len));
	fuzz_expect_true(text.len == bh_escaped_size(bytes, len), "another size than was told");
	check_word(&text, bytes, len);

	memset(s, '\n', sizeof(s));
	text = (struct bh_text){ .s = s, .cap = room < ROOM ? room : ROOM };
	bh_text_append_quoted(&text, bytes, len);
	fuzz_expect_true(text.len <= text.cap && s[text.cap] == '\n', "more than has room");
	if (text.len)
		fuzz_expect(bh_oracle_quoted(&text, bytes, len));
	else
		fuzz_expect_true(text.cap < 5, "nothing although there is room");
	return 0;
}
