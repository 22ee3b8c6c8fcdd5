/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that the linker makes of functions that are wrapped.
 */
#ifndef BULKHEAD_FUZZ_RECORD_H
#define BULKHEAD_FUZZ_RECORD_H

#include <linux/types.h>

#include "../kunit/load.h"
#include "../module/assign_table.h"
#include "../module/escape.h"

void __real_bh_load(struct bh_reading *reading, const char *doc, size_t len);
void __wrap_bh_load(struct bh_reading *reading, const char *doc, size_t len);

int __real_bh_decide(const struct bh_policy *policy, const struct bh_request *request,
		     struct bh_decision *decision, struct bh_verdict *verdict);
int __wrap_bh_decide(const struct bh_policy *policy, const struct bh_request *request,
		     struct bh_decision *decision, struct bh_verdict *verdict);

int __real_bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why);
int __wrap_bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why);

int __real_bh_match(const struct bh_matcher *m, const char *s, size_t len,
		    struct bh_scratch *scratch, struct bh_vec *hits);
int __wrap_bh_match(const struct bh_matcher *m, const char *s, size_t len,
		    struct bh_scratch *scratch, struct bh_vec *hits);

int __real_bh_assign_parse(struct bh_assign_table *table, const char *text, size_t len,
			   const struct bh_word *types, struct bh_error *error);
int __wrap_bh_assign_parse(struct bh_assign_table *table, const char *text, size_t len,
			   const struct bh_word *types, struct bh_error *error);

void __real_bh_text_append_quoted(struct bh_text *text, const char *s, size_t len);
void __wrap_bh_text_append_quoted(struct bh_text *text, const char *s, size_t len);

#endif /* BULKHEAD_FUZZ_RECORD_H */
