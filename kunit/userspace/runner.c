// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suites of pure code in userspace and prints TAP.
 *
 * A case fails if an expectation is not met and if it leaves memory behind.
 * The sanitizers end the whole run.
 */
#include <kunit/test.h>

#include "../suites.h"
#include "host.h"
#include "nomem_test.h"

static struct kunit_suite *const suites[] = {
	&bh_match_suite,
	&bh_parse_suite,
	&bh_text_suite,
	&bh_decide_suite,
	&bh_escape_suite,
	&bh_event_suite,
	&bh_assign_suite,
	&bh_digest_suite,
	&bh_cms_suite,
	&bh_nomem_suite,
};

struct kunit_block {
	struct kunit_block *next;
	void *p;
};

/* A case on its way; ->skipped is the reason if it is. */
static struct {
	struct kunit_suite *suite;
	struct kunit_case *kase;
	const char *skipped;
} running;

void kunit_note(const char *fmt, ...)
{
	__builtin_va_list args;

	host_print("    # ");
	__builtin_va_start(args, fmt);
	host_vprint(fmt, args);
	__builtin_va_end(args);
	host_print("\n");
}

void kunit_fail(struct kunit *test, const char *file, int line, const char *what)
{
	test->failed = true;
	kunit_note("%s:%d: %s", file, line, what);
}

void kunit_abort(struct kunit *test)
{
	(void)test;
	host_throw();
	__builtin_unreachable();
}

void kunit_skip_case(struct kunit *test, const char *why)
{
	(void)test;
	running.skipped = why;
	host_throw();
	__builtin_unreachable();
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	struct kunit_block *block = kmalloc(sizeof(*block), GFP_KERNEL);

	block->p = kmalloc(size, gfp);
	block->next = test->managed;
	test->managed = block;
	return block->p;
}

static void free_managed(struct kunit *test)
{
	struct kunit_block *block;

	while ((block = test->managed)) {
		test->managed = block->next;
		kfree(block->p);
		kfree(block);
	}
}

static void call_case(void *data)
{
	struct kunit *test = data;

	if (running.suite->init && running.suite->init(test)) {
		KUNIT_FAIL(test, "init");
		return;
	}
	running.kase->run_case(test);
}

static void call_exit(void *data)
{
	if (running.suite->exit)
		running.suite->exit(data);
}

/* Runs a case with one row; false if it failed. */
static bool run_row(const void *row)
{
	struct kunit test = { .param_value = row };
	long live = alloc_live();

	host_try(call_case, &test);
	host_try(call_exit, &test);
	alloc_fail_at(0);
	free_managed(&test);
	if (alloc_live() != live)
		KUNIT_FAIL(&test, "leaves %ld allocations behind", alloc_live() - live);
	return !test.failed;
}

/* Runs a case with all of its rows; a row is only shown if it failed. */
static bool run_rows(const struct kunit_case *kase, u32 *nr)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	const void *row = NULL;
	bool passed = true;

	if (!kase->generate_params)
		return run_row(NULL);
	while ((row = kase->generate_params(row, desc))) {
		++*nr;
		if (run_row(row))
			continue;
		kunit_note("in row %u: %s", *nr, desc);
		passed = false;
	}
	return passed;
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *kase, u32 number)
{
	double start = host_seconds();
	bool passed;
	u32 rows = 0;

	running.suite = suite;
	running.kase = kase;
	running.skipped = NULL;
	passed = run_rows(kase, &rows);
	if (rows)
		kunit_note("%s: %u rows", kase->name, rows);
	if (host_seconds() - start > 0.5)
		kunit_note("%s: %.1f s", kase->name, host_seconds() - start);
	host_print("    %s %u - %s%s%s\n", passed ? "ok" : "not ok", number, kase->name,
		   running.skipped ? " # SKIP " : "", running.skipped ?: "");
	return passed;
}

static bool run_suite(struct kunit_suite *suite, u32 number)
{
	struct kunit_case *kase;
	bool passed = true;
	u32 nr = 0;

	host_print("# Subtest: %s\n", suite->name);
	for (kase = suite->test_cases; kase->run_case; kase++)
		nr++;
	host_print("    1..%u\n", nr);
	for (kase = suite->test_cases, nr = 0; kase->run_case; kase++)
		if (!run_case(suite, kase, ++nr))
			passed = false;
	host_print("%s %u - %s\n", passed ? "ok" : "not ok", number, suite->name);
	return passed;
}

static bool is_wanted(const struct kunit_suite *suite, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], suite->name))
			return true;
	return argc == 1;
}

/* Runs the suites that are named, or all. */
int main(int argc, char **argv)
{
	bool passed = true;
	u32 i, nr = 0;

	host_print("TAP version 14\n");
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		nr += is_wanted(suites[i], argc, argv);
	host_print("1..%u\n", nr);
	for (i = 0, nr = 0; i < ARRAY_SIZE(suites); i++)
		if (is_wanted(suites[i], argc, argv) && !run_suite(suites[i], ++nr))
			passed = false;
	return passed ? 0 : 1;
}
