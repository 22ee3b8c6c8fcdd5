/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How inputs of more than one string are laid out. record.c writes them so, and
 * the targets read them.
 */
#ifndef BULKHEAD_FUZZ_SEED_H
#define BULKHEAD_FUZZ_SEED_H

#include <linux/types.h>

#include "../module/decide.h"

#define SEED_MAX 4096

/* The strings of an input end with NUL, but for the last, which ends with the input. */
struct seed {
	const u8 *at;
	const u8 *end;
};

struct bh_string seed_take(struct seed *seed);
u8 seed_byte(struct seed *seed);

/* A request: its numbers, and then its strings. */
void seed_request(struct seed *seed, struct bh_request *request);
size_t seed_put_request(u8 *to, size_t size, const struct bh_request *request);

#endif /* BULKHEAD_FUZZ_SEED_H */
