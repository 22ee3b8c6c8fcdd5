// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/string.h>

#include "../kunit/userspace/host.h"
#include "fuzz.h"

void fuzz_expect(const char *complaint)
{
	if (!*complaint)
		return;
	host_print("oracle: %s\n", complaint);
	__builtin_trap();
}

void fuzz_expect_true(bool holds, const char *complaint)
{
	fuzz_expect(holds ? "" : complaint);
}

struct bh_random fuzz_random(const u8 *data, size_t size)
{
	struct bh_random random = { size };

	while (size--)
		random.state = (random.state ^ *data++) * 0x100000001b3ULL;
	return random;
}

void fuzz_nomem(int (*walk)(void *arg), void *arg, struct bh_random *random)
{
	long live = alloc_live();
	unsigned long calls;
	int ret;

	alloc_fail_at(0);
	walk(arg);
	calls = alloc_count();
	fuzz_expect_true(alloc_live() == live, "memory is left behind");
	if (!calls)
		return;
	alloc_fail_at(1 + bh_random_below(random, calls));
	ret = walk(arg);
	alloc_fail_at(0);
	fuzz_expect_true(ret == -ENOMEM, "an allocation that failed went unnoticed");
	fuzz_expect_true(alloc_live() == live, "memory is left behind after a failure");
}

bool fuzz_is_cheap(const char *pattern, size_t len)
{
	u32 stars = 0;

	while (len--)
		stars += *pattern++ == '*';
	return stars <= 5;
}
