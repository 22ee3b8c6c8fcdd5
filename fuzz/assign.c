// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a cgroup, a program, what is known of them, and a table.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../kunit/oracle.h"
#include "../module/assign_table.h"
#include "fuzz.h"

static const struct bh_word types[] = {
	{ "pid", 1 }, { "user", 2 }, { "mnt", 4 }, { }
};

struct input {
	struct bh_assign_request request;
	const char *text;
	size_t len;
	struct bh_error error;
	u32 line;		/* that speaks, or 0 */
	bool failed;
};

static int ask(const struct bh_assign_table *table, struct input *input)
{
	const struct bh_assign_line *line = NULL;
	struct bh_assign_space space;
	int ret;

	bh_assign_space_init(&space, GFP_KERNEL);
	ret = bh_assign_match(table, &input->request, &space, &line, &input->failed);
	bh_assign_space_free(&space);
	input->line = !ret && line ? line->number : 0;
	/* It is said of a line. */
	input->failed = input->failed && line;
	return ret;
}

static int walk(void *arg)
{
	struct bh_assign_table table = { };
	struct input *input = arg;
	int ret;

	ret = bh_assign_parse(&table, input->text, input->len, types, &input->error);
	if (!ret)
		ret = ask(&table, input);
	bh_assign_table_free(&table);
	return ret;
}

/* The canonical text is its own, and each of its lines alone says what the table says. */
static void check_table(const struct bh_assign_table *table, const struct input *input)
{
	struct input again = *input;
	struct bh_assign_table other = { };
	const char *at = table->text, *end = at + table->text_len, *next;
	u32 i, speaks = U32_MAX;

	again.text = table->text;
	again.len = table->text_len;
	fuzz_expect_true(!bh_assign_parse(&other, again.text, again.len, types, &again.error) &&
			 other.text_len == table->text_len &&
			 !memcmp(other.text, table->text, other.text_len),
			 "a canonical table that is not its own");
	bh_assign_table_free(&other);
	for (i = 0; at < end && speaks == U32_MAX; i++, at = next) {
		next = (const char *)memchr(at, '\n', end - at) + 1;
		again.text = at;
		again.len = next - at;
		fuzz_expect_true(!walk(&again), "a line that is none by itself");
		if (again.line)
			speaks = i;
	}
	fuzz_expect_true(input->line ? speaks < table->nr &&
			 table->lines[speaks].number == input->line &&
			 again.failed == input->failed : speaks == U32_MAX,
			 "another line than the first that speaks");
}

/* What is not known decides no later than what is: as if it matched wherever it is asked for. */
static void check_unknown(const struct bh_assign_table *table, const struct input *input)
{
	struct input known = *input;

	known.request.failed = 0;
	fuzz_expect_true(!ask(table, &known) && !known.failed, "an error without a reason");
	fuzz_expect_true(input->failed ? input->line &&
			 (!known.line || input->line <= known.line) : input->line == known.line,
			 "what is not known lets a line pass");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bh_random random = fuzz_random(data, size);
	struct seed seed = { data, data + size };
	struct bh_assign_table table = { };
	struct input input = { };
	u8 known;
	int ret;

	input.request.string[BH_ASSIGN_CGROUP] = seed_take(&seed);
	input.request.string[BH_ASSIGN_EXE] = seed_take(&seed);
	known = seed_byte(&seed);
	input.request.type = 1 << (known & 3);
	input.request.failed = known >> 2 & 3;
	if (known & 0x10)
		input.request.string[BH_ASSIGN_EXE] = (struct bh_string){ };
	input.text = (const char *)seed.at;
	input.len = seed.end - seed.at;
	ret = bh_assign_parse(&table, input.text, input.len, types, &input.error);
	if (ret) {
		fuzz_expect_true(ret == input.error.err, "an error without its words");
		fuzz_expect(bh_oracle_error(&input.error, input.text, input.len));
		fuzz_expect_true(!table.lines && !table.text, "a table in spite of an error");
	} else {
		fuzz_expect_true(!ask(&table, &input), "an error without a reason");
		check_table(&table, &input);
		check_unknown(&table, &input);
	}
	bh_assign_table_free(&table);
	fuzz_nomem(walk, &input, &random);
	return 0;
}
