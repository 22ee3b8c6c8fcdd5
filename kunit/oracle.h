/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold of any input: for the tests of random ones and for the fuzzers.
 * Each says what is wrong, or "" if nothing is.
 */
#ifndef BULKHEAD_TEST_ORACLE_H
#define BULKHEAD_TEST_ORACLE_H

#include <linux/types.h>

#include "../module/decide.h"
#include "../module/escape.h"
#include "load.h"

const char *bh_oracle_error(const struct bh_error *error, const char *doc, size_t len);
const char *bh_oracle_same(const struct bh_reading *whole, const struct bh_reading *cut,
			   const char *doc, size_t len);
const char *bh_oracle_text(const struct bh_policy *policy, struct bh_reading *again);
const char *bh_oracle_verdict(const struct bh_request *request, struct bh_verdict verdict,
			      struct bh_verdict want);
const char *bh_oracle_quoted(const struct bh_text *text, const char *bytes, size_t len);

#endif /* BULKHEAD_TEST_ORACLE_H */
