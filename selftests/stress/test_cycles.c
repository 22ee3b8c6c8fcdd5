// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers one after the other, each bound, each denied something: nothing grows.
 *
 * BULKHEAD_CYCLES says how many (300). What may have grown does not depend on it.
 */
#include <sched.h>
#include <sys/stat.h>

#include <kselftest_harness.h>

#include "tasks.h"

#define TOP "/cycles"
#define DENIED TOP "/denied"
#define ALLOWED TOP "/allowed"
#define POLICY "cycles"

/* In KiB; a binding is some 200 bytes. */
#define NOISE 3072

static int act(void *unused)
{
	int denied = bh_exec(DENIED), allowed = bh_exec(ALLOWED);

	return denied == EACCES && !allowed ? 0 : 1;
}

static void live(struct __test_metadata *_metadata, unsigned long times)
{
	static const char *const types[] = { "pid", "user", "mnt" };
	struct bh_env env = {
		.policy = POLICY, .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER,
	};
	unsigned long i;

	for (i = 0; i < times; i++) {
		env.ns = types[i % 3];
		ASSERT_EQ(0, bh_run(&env, act, NULL))
			TH_LOG("container %lu", i);
	}
}

FIXTURE(cycles) {};

FIXTURE_SETUP(cycles)
{
	mkdir(TOP, 0755);
	bh_make_program(DENIED);
	bh_make_program(ALLOWED);
}

FIXTURE_TEARDOWN(cycles)
{
}

TEST_F_TIMEOUT(cycles, nothing_grows, 36000)
{
	unsigned long times = setting("BULKHEAD_CYCLES", 300);
	long bindings = bh_number("stats", "bindings");
	struct memory before, after;
	double start;

	ASSERT_EQ(0, bh_policy(POLICY, "deny exec path=" DENIED "\n"));
	live(_metadata, 100);
	EXPECT_EQ(bindings, wait_for_bindings(bindings));
	before = memory_used();
	start = seconds_now();
	live(_metadata, times);
	TH_LOG("%lu containers, %.1f a second", times, times / (seconds_now() - start));
	EXPECT_EQ(bindings, wait_for_bindings(bindings));
	after = memory_used();
	TH_LOG("slab %ld to %ld KiB, vmalloc %ld to %ld, percpu %ld to %ld", before.slab,
	       after.slab, before.vmalloc, after.vmalloc, before.percpu, after.percpu);
	EXPECT_LT(after.slab, before.slab + NOISE);
	EXPECT_LT(after.vmalloc, before.vmalloc + NOISE);
	EXPECT_LT(after.percpu, before.percpu + NOISE);
	EXPECT_EQ(0, bh_write("remove", POLICY));
}

TEST_HARNESS_MAIN
