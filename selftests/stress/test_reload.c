// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is loaded and unloaded while confined tasks and others go through every
 * kind of check, and while namespaces are bound.
 *
 * BULKHEAD_RELOADS says how often (5). On one processor, which boot has: TCG of QEMU 7.2
 * with more than one breaks down when kernel text is patched under load, with any module.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "module.h"
#include "tasks.h"

#define TOP "/reload"
#define DENIED TOP "/denied"
#define HERE TOP "/here"
#define POLICY "reload"
#define RULES "deny exec path=" DENIED "\ndeny mount target=" HERE "\n"

/* What may have grown after any number of times, in KiB. */
#define NOISE 3072

/* The kernel's memory for all processors comes in pieces of this size, and stays for others. */
#define PERCPU_CHUNK 4112

static void act_once(void)
{
	pid_t pid;

	bh_exec(DENIED);
	if (!mount("none", HERE, "tmpfs", 0, NULL))
		umount2(HERE, MNT_DETACH);
	pid = fork();
	if (!pid)
		_exit(unshare(CLONE_NEWNS | CLONE_NEWPID) ?: bh_exec(DENIED));
	if (!ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	waitpid(pid, NULL, 0);
}

static int act_for_ever(void *unused)
{
	for (;;)
		act_once();
	return 0;
}

static pid_t act_in(struct bh_cell *cell)
{
	pid_t pid = fork();

	if (!pid)
		_exit(cell ? bh_cell_run(cell, act_for_ever, NULL) : act_for_ever(NULL));
	return pid;
}

/* Bound, seen to deny, unloaded amidst of it, and loaded again. */
static void reload(struct __test_metadata *_metadata, const struct bh_cell *cells)
{
	double end = seconds_now() + 30;

	ASSERT_EQ(0, bh_policy(POLICY, RULES));
	ASSERT_EQ(0, bh_write("bind", "policy=" POLICY " ns=pid pid=%d", cells[0].pid));
	ASSERT_EQ(0, bh_write("bind", "policy=" POLICY " ns=mnt pid=%d", cells[1].pid));
	while (bh_number("stats", "denials") < 3 && seconds_now() < end)
		usleep(10000);
	EXPECT_LE(3, bh_number("stats", "denials"));
	ASSERT_EQ(0, bh_unload_module());
	usleep(20000);
	ASSERT_EQ(0, bh_load_module());
}

/* So many times under load, which has ended on return. */
static void come_and_go(struct __test_metadata *_metadata, unsigned long times)
{
	struct bh_cell cells[2];
	pid_t pids[3];
	int i;

	ASSERT_EQ(0, bh_cell_start(&cells[0], CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_start(&cells[1], CLONE_NEWNS));
	pids[0] = act_in(&cells[0]);
	pids[1] = act_in(&cells[1]);
	pids[2] = act_in(NULL);
	while (times--)
		reload(_metadata, cells);
	for (i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	bh_cell_stop(&cells[0]);
	bh_cell_stop(&cells[1]);
	/* What the tasks left is freed when they leave the processor to it. */
	sleep(2);
}

FIXTURE(reload) {};

FIXTURE_SETUP(reload)
{
	mkdir(TOP, 0755);
	mkdir(HERE, 0755);
	bh_make_program(DENIED);
}

FIXTURE_TEARDOWN(reload)
{
}

TEST_F_TIMEOUT(reload, under_load, 36000)
{
	unsigned long times = setting("BULKHEAD_RELOADS", 5);
	struct memory before, after;

	/* The kernel keeps some of what a first load of this kind had it allocate. */
	come_and_go(_metadata, 3);
	before = memory_used();
	come_and_go(_metadata, times);
	after = memory_used();
	TH_LOG("%lu times; slab %ld to %ld KiB, vmalloc %ld to %ld, percpu %ld to %ld", times,
	       before.slab, after.slab, before.vmalloc, after.vmalloc, before.percpu, after.percpu);
	EXPECT_LT(after.slab, before.slab + NOISE);
	EXPECT_LT(after.vmalloc, before.vmalloc + NOISE + PERCPU_CHUNK);
	EXPECT_LT(after.percpu, before.percpu + NOISE);
}

TEST_HARNESS_MAIN
