// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a document.
 */
#include "../kunit/load.h"
#include "../kunit/oracle.h"
#include "fuzz.h"

struct document {
	const char *s;
	size_t len;
};

static int load(void *arg)
{
	const struct document *doc = arg;
	struct bh_reading reading = { };
	int ret;

	bh_load(&reading, doc->s, doc->len);
	ret = reading.ret;
	bh_reading_free(&reading);
	return ret;
}

static void check_cut(const struct bh_reading *whole, const struct document *doc,
		      struct bh_random *random)
{
	struct bh_reading cut = { };

	bh_load_bytewise(&cut, doc->s, doc->len);
	fuzz_expect(bh_oracle_same(whole, &cut, doc->s, doc->len));
	bh_reading_free(&cut);
	bh_load_in_pieces(&cut, doc->s, doc->len, random);
	fuzz_expect(bh_oracle_same(whole, &cut, doc->s, doc->len));
	bh_reading_free(&cut);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct document doc = { (const char *)data, size };
	struct bh_random random = fuzz_random(data, size);
	struct bh_reading whole = { }, again = { };
	u32 i;

	bh_load(&whole, doc.s, doc.len);
	fuzz_expect_true(whole.ret == whole.error.err, "an error without its words");
	fuzz_expect(bh_oracle_error(&whole.error, doc.s, doc.len));
	check_cut(&whole, &doc, &random);
	for (i = 0; i < whole.nr && i < BH_READING_POLICIES; i++) {
		fuzz_expect(bh_oracle_text(whole.policy[i], &again));
		bh_reading_free(&again);
	}
	bh_reading_free(&whole);
	fuzz_nomem(load, &doc, &random);
	return 0;
}
