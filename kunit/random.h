/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that look random and are the same in every run (splitmix64).
 */
#ifndef BULKHEAD_TEST_RANDOM_H
#define BULKHEAD_TEST_RANDOM_H

#include <linux/types.h>

/* Where the numbers begin, and how many rounds: userspace sets both, and the second higher. */
#ifndef BH_TEST_SEED
#define BH_TEST_SEED 1
#endif
#ifndef BH_TEST_SCALE
#define BH_TEST_SCALE 1
#endif

struct bh_random {
	u64 state;
};

static inline u32 bh_random_u32(struct bh_random *random)
{
	u64 x = random->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return (x ^ (x >> 31)) >> 16;
}

static inline u32 bh_random_below(struct bh_random *random, u32 end)
{
	return bh_random_u32(random) % end;
}

/* True once in @times. */
static inline bool bh_random_once_in(struct bh_random *random, u32 times)
{
	return !bh_random_below(random, times);
}

static inline char bh_random_char(struct bh_random *random, const char *alphabet, u32 len)
{
	return alphabet[bh_random_below(random, len)];
}

#endif /* BULKHEAD_TEST_RANDOM_H */
