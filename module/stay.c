// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stays: tasks in the module that may have to wait for others.
 *
 * A handler that calls through to a function of the kernel, looks up a name that it was
 * given or reads a file may wait as long as a container likes, which can serve the file
 * system. Unloading must not wait with it. So delete_module(2) waits for who stays, and only
 * as long as somebody may, before the kernel begins to unload: nothing has been detached then,
 * and the module is in force. Once the kernel has begun, nobody begins to stay. What else a
 * handler does is short.
 *
 * Stays are counted for each processor, so that those who are allowed write nothing that
 * others read. From the first delete_module(2) on, each holds a reference to the module as
 * well. When all that began before have ended, the kernel itself sees whether anybody stays,
 * at the moment at which it decides to unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "limits.h"
#include "stay.h"

/**
 * struct stays - the stays that began and ended on a processor
 * @begun: how many began there
 * @ended: how many ended there
 * @tasks: some of those who stay, to be named; who finds no place is only counted
 */
struct stays {
	unsigned long begun;
	unsigned long ended;
	struct task_struct *tasks[BH_STAYS_NAMED];
};

static DEFINE_PER_CPU_ALIGNED(struct stays, stays);

/* Does each stay that begins hold a reference? Never taken back. */
static bool referenced;

/* How many references there are for stays; no stay knows whether one is its own. */
static atomic_t nr_references;

static bool may_begin(void)
{
	return READ_ONCE(THIS_MODULE->state) == MODULE_STATE_LIVE;
}

/* Puts a task into the first place that holds @old. Several tasks may do so at once. */
static bool exchange(struct stays *at, struct task_struct *old, struct task_struct *new)
{
	unsigned int i;

	for (i = 0; i < BH_STAYS_NAMED; i++)
		if (READ_ONCE(at->tasks[i]) == old && cmpxchg(&at->tasks[i], old, new) == old)
			return true;
	return false;
}

/**
 * bh_stay_begin() - the current task may have to wait for others from now on
 *
 * Ends with bh_stay_end(). Stays may nest. Any context in which the module is in use.
 *
 * Return: true, or false if the module is not in force yet, or is being unloaded: then
 * nobody is confined any more by what the task is on its way to, and it must not wait.
 */
bool bh_stay_begin(void)
{
	bool begun, counted;

	/* See bh_stays_wait(). */
	rcu_read_lock();
	counted = READ_ONCE(referenced);
	begun = may_begin() && (likely(!counted) || try_module_get(THIS_MODULE));
	if (begun && unlikely(counted))
		atomic_inc(&nr_references);
	if (begun)
		this_cpu_inc(stays.begun);
	rcu_read_unlock();
	if (begun)
		exchange(raw_cpu_ptr(&stays), NULL, current);
	return begun;
}

/* Takes the current task out of its place, which most find on the processor they are on. */
static void leave_place(void)
{
	int cpu;

	if (likely(exchange(raw_cpu_ptr(&stays), current, NULL)))
		return;
	for_each_possible_cpu(cpu)
		if (exchange(per_cpu_ptr(&stays, cpu), current, NULL))
			return;
}

/**
 * bh_stay_end() - the current task waits for nobody any more
 *
 * Each stay gives back one reference if there is any, which may be another one's: as many as
 * began with one end, so that none is left when nobody stays, and once those that began
 * without one have ended, there are as many as stays.
 */
void bh_stay_end(void)
{
	leave_place();
	if (unlikely(atomic_read(&nr_references)) && atomic_dec_if_positive(&nr_references) >= 0)
		module_put(THIS_MODULE);
	/* Pairs with the barrier in anybody_stays(): the end is seen no sooner than all that. */
	smp_wmb();
	this_cpu_inc(stays.ended);
}

/**
 * bh_stay_hand_on() - what the current task has begun will be ended by another
 *
 * By bh_stay_end(). The task is not named any more: it need not outlive that.
 */
void bh_stay_hand_on(void)
{
	leave_place();
}

/*
 * Nobody stayed at the moment between the two sums if they are equal, since neither count goes
 * back: no less had begun then than the first has ended, and no more had ended.
 */
static bool anybody_stays(void)
{
	unsigned long ended = 0, begun = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		ended += READ_ONCE(per_cpu(stays, cpu).ended);
	/* Pairs with the barrier in bh_stay_end(). */
	smp_mb();
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(per_cpu(stays, cpu).begun);
	return begun != ended;
}

/**
 * bh_stays_drain() - wait until nobody stays, however long that takes
 *
 * For the exit function, when nobody can begin any more. The kernel has seen that nobody stays
 * then, unless the unload was forced. May sleep.
 */
void bh_stays_drain(void)
{
	while (anybody_stays())
		msleep(20);
}

/* Who is found in a place has not left it, so that RCU keeps the task. */
static void name_one(const char *what)
{
	const struct task_struct *task = NULL;
	unsigned int i;
	int cpu;

	rcu_read_lock();
	for_each_possible_cpu(cpu)
		for (i = 0; i < BH_STAYS_NAMED && !task; i++)
			task = READ_ONCE(per_cpu(stays, cpu).tasks[i]);
	if (task)
		pr_notice("%s %s[%d], which waits in a check\n", what, task->comm, task->pid);
	else
		pr_notice("%s tasks that wait in a check or in execve\n", what);
	rcu_read_unlock();
}

/**
 * bh_stays_wait() - wait until nobody stays in the module
 *
 * May sleep, for BH_UNLOAD_SECONDS at most. Tells the kernel log who is waited for.
 *
 * Return: 0, -EINTR (the current task was killed) or -EBUSY (somebody stays longer).
 */
int bh_stays_wait(void)
{
	unsigned long begun = jiffies;
	bool told = false;

	/* Whoever began without a reference is counted after that, and seen below. */
	WRITE_ONCE(referenced, true);
	synchronize_rcu();
	while (anybody_stays()) {
		if (time_after(jiffies, begun + BH_UNLOAD_SECONDS * HZ)) {
			name_one("not unloaded, everything stays in force, because of");
			return -EBUSY;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!told && time_after(jiffies, begun + HZ)) {
			name_one("unloading waits for");
			told = true;
		}
		schedule_timeout_killable(msecs_to_jiffies(20));
	}
	return 0;
}
