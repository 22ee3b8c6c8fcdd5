// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a policy file: what is formatted says the same, and stays as it is when it
 * is formatted again; lint has its say.
 */
#include <stdlib.h>

#include "../cmd_fmt.c"
#include "lint.h"
#include "fuzz/fuzz.h"

/* The command around it is not run. */
int next_option(int argc, char **argv, const char *letters,
		const struct option *known)
{
	(void)argc;
	(void)argv;
	(void)letters;
	(void)known;
	return -1;
}

int usage_error(void)
{
	return TROUBLE;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct doc doc = { .label = "a" }, once = { .label = "b" }, twice = { .label = "c" };
	size_t warnings;

	buf_add(&doc.text, (const char *)data, size);
	doc_parse(&doc);
	if (!judge_document(&doc)) {
		write_document(&once.text, &doc);
		doc_parse(&once);
		if (judge_document(&once) || !says_the_same(&doc, &once))
			abort();
		write_document(&twice.text, &once);
		if (twice.text.len != once.text.len ||
		    memcmp(twice.text.s, once.text.s, once.text.len))
			abort();
		lint_document(&once, NULL, &warnings);
	}
	doc_free(&twice);
	doc_free(&once);
	doc_free(&doc);
	return 0;
}
