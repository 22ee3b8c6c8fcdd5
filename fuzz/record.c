// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands between the KUnit suites and what they test (ld --wrap), and writes down
 * every input that passes as a seed: a new row of a table is a new seed.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "record.h"
#include "record_file.h"
#include "seed.h"

void __wrap_bh_load(struct bh_reading *reading, const char *doc, size_t len)
{
	record_file("parse", doc, len);
	__real_bh_load(reading, doc, len);
}

int __wrap_bh_decide(const struct bh_policy *policy, const struct bh_request *request,
		     struct bh_decision *decision, struct bh_verdict *verdict)
{
	size_t len = policy->text_len;
	char bytes[SEED_MAX];

	if (len < SEED_MAX / 2) {
		memcpy(bytes, policy->text, len);
		bytes[len++] = '\0';
		len += seed_put_request((u8 *)bytes + len, SEED_MAX - len, request);
		record_file("decide", bytes, len);
	}
	return __real_bh_decide(policy, request, decision, verdict);
}

/* The patterns that were added since the last match, each behind a NUL. */
static char patterns[SEED_MAX / 2];
static size_t patterns_len;
static bool matched;

int __wrap_bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why)
{
	if (matched)
		patterns_len = 0;
	matched = false;
	if (len < sizeof(patterns) - patterns_len) {
		patterns[patterns_len++] = '\0';
		memcpy(patterns + patterns_len, text, len);
		patterns_len += len;
	}
	return __real_bh_patterns_add(p, text, len, why);
}

int __wrap_bh_match(const struct bh_matcher *m, const char *s, size_t len,
		    struct bh_scratch *scratch, struct bh_vec *hits)
{
	char bytes[SEED_MAX];

	matched = true;
	if (len + patterns_len < SEED_MAX) {
		memcpy(bytes, s, len);
		memcpy(bytes + len, patterns, patterns_len);
		record_file("match", bytes, len + patterns_len);
	}
	return __real_bh_match(m, s, len, scratch, hits);
}

int __wrap_bh_assign_parse(struct bh_assign_table *table, const char *text, size_t len,
			   const struct bh_word *types, struct bh_error *error)
{
	/* A container's cgroup and program, which are known. */
	static const char head[] = "/docker/1\0/usr/bin/nginx\0";
	char bytes[SEED_MAX];

	if (sizeof(head) + len <= SEED_MAX) {
		memcpy(bytes, head, sizeof(head));
		memcpy(bytes + sizeof(head), text, len);
		record_file("assign", bytes, sizeof(head) + len);
	}
	return __real_bh_assign_parse(table, text, len, types, error);
}

void __wrap_bh_text_append_quoted(struct bh_text *text, const char *s, size_t len)
{
	char bytes[SEED_MAX];

	if (len < SEED_MAX) {
		bytes[0] = (text->cap - text->len) / 2;
		memcpy(bytes + 1, s, len);
		record_file("escape", bytes, len + 1);
	}
	__real_bh_text_append_quoted(text, s, len);
}
