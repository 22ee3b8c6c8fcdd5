/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the targets share. Each is the function that libFuzzer calls, and lets
 * the oracles of kunit/ judge what the module's sources make of the bytes.
 */
#ifndef BULKHEAD_FUZZ_H
#define BULKHEAD_FUZZ_H

#include <linux/types.h>

#include "../kunit/random.h"
#include "seed.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Ends the process, which libFuzzer takes for a crash, unless an oracle said "". */
void fuzz_expect(const char *complaint);
void fuzz_expect_true(bool holds, const char *complaint);

/* Numbers that depend on the input alone, so that a crash is one again. */
struct bh_random fuzz_random(const u8 *data, size_t size);

/*
 * Calls @walk, which returns 0 or an errno, and then again with one of its allocations
 * failing. It leaves no memory behind, and says that there was none.
 */
void fuzz_nomem(int (*walk)(void *arg), void *arg, struct bh_random *random);

/* Does the naive matcher, which takes exponential time, get through with this? */
bool fuzz_is_cheap(const char *pattern, size_t len);

/* Longest string that patterns are matched with. */
#define FUZZ_STRING_MAX 16

#endif /* BULKHEAD_FUZZ_H */
