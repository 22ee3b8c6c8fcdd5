// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stays: tasks in the module that may have to wait for others.
 *
 * A handler that calls through to a function of the kernel, looks up a name that it was
 * given or reads a file may wait as long as a container likes, which can serve the file
 * system. Unloading must not wait with it: whoever stays so holds a reference to the
 * module. As long as anybody does, the kernel refuses to unload, nothing has been detached,
 * and the module is in force; once it has begun to unload, nobody begins to stay. What else
 * a handler does is short.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "limits.h"
#include "stay.h"

static atomic_t nr_stays;

/* Some of those who stay, to be named; who finds no place is only counted. */
static struct task_struct *staying[BH_STAYS_NAMED];

static struct task_struct **place(unsigned int nth)
{
	unsigned int first = hash_ptr(current, ilog2(BH_STAYS_NAMED));

	return &staying[(first + nth) % BH_STAYS_NAMED];
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
	unsigned int i;

	if (READ_ONCE(THIS_MODULE->state) != MODULE_STATE_LIVE || !try_module_get(THIS_MODULE))
		return false;
	atomic_inc(&nr_stays);
	for (i = 0; i < BH_STAYS_NAMED && cmpxchg(place(i), NULL, current); i++)
		;
	return true;
}

/** bh_stay_end() - the current task waits for nobody any more */
void bh_stay_end(void)
{
	unsigned int i;

	for (i = 0; i < BH_STAYS_NAMED && cmpxchg(place(i), current, NULL) != current; i++)
		;
	atomic_dec(&nr_stays);
	module_put(THIS_MODULE);
}

/* Who is found in a place has not left it, so that RCU keeps the task. */
static void name_one(const char *what)
{
	const struct task_struct *task = NULL;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < BH_STAYS_NAMED && !task; i++)
		task = READ_ONCE(staying[i]);
	if (task)
		pr_notice("%s %s[%d], which waits in a check\n", what, task->comm, task->pid);
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

	while (atomic_read(&nr_stays)) {
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
