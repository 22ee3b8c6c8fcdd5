// SPDX-License-Identifier: GPL-2.0-only
/*
 * New namespaces: those in which nothing that was made there has executed a program.
 *
 * The kernel keeps no record of executions. So every living process is looked at. One that
 * executed a program and ended without a trace cannot be told from none.
 */
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "fresh.h"
#include "limits.h"
#include "newcomer.h"
#include "path.h"
#include "task.h"

static bool has_executed(const struct task_struct *leader)
{
	/* The task itself changes its other flags meanwhile. */
	return !(data_race(READ_ONCE(leader->flags)) & PF_FORKNOEXEC);
}

/*
 * A process that was brought in from outside does not count. The namespace's first process is
 * looked at first: in most namespaces it has executed its program, which ends the search.
 */
static bool pid_is_new(struct pid_namespace *ns)
{
	struct task_struct *leader;
	struct pid *pid;
	int nr;

	if (bh_task_was_brought_in(current->group_leader, ns))
		return false;
	idr_for_each_entry(&ns->idr, pid, nr) {
		leader = pid_task(pid, PIDTYPE_TGID);
		if (leader && has_executed(leader) && !bh_task_was_brought_in(leader, ns))
			return false;
	}
	return true;
}

/*
 * bh_exec_user_ns() is the user namespace in which the process executed its program, or one
 * above it if the process may not read that program. fork copies it; unshare and setns leave
 * it alone.
 */
static bool executed_in_user(struct task_struct *task, const void *user_ns)
{
	return rcu_dereference(task->real_cred)->user_ns == user_ns && task->mm &&
	       bh_exec_user_ns(task) == user_ns;
}

/*
 * A program that was executed before the mount namespace was made does not lie in it, unless
 * someone wants it to: a program can be executed from outside by /proc/PID/root, or from a
 * mount that is moved in later, by a process that enters afterwards.
 */
static bool executed_in_mnt(struct task_struct *task, const void *mnt)
{
	struct file *exe;
	bool here;

	if (!task->nsproxy || bh_mnt_common(task->nsproxy->mnt_ns) != mnt)
		return false;
	exe = bh_task_exe(task);
	here = exe && bh_path_is_here(&exe->f_path);
	if (exe)
		fput(exe);
	return here;
}

typedef bool (*executed_t)(struct task_struct *task, const void *ns);

static bool task_has(executed_t executed, struct task_struct *task, const void *ns)
{
	bool has;

	task_lock(task);
	has = executed(task, ns);
	task_unlock(task);
	return has;
}

/* Is @executed true of no task? The current task is asked first, which is quick. */
static bool no_task(executed_t executed, const void *ns)
{
	struct task_struct *process, *task;

	if (task_has(executed, current, ns))
		return false;
	for_each_process_thread(process, task)
		if (task_has(executed, task, ns))
			return false;
	return true;
}

/*
 * So that alone makes no mount namespace old. The table must have had its say there as well:
 * its number is noted here when a program is executed in it, or when the first table that
 * speaks of mount namespaces comes while a task lives in it.
 *
 * Numbers that hash alike share a few places. One that finds none takes that of another one, of
 * the maker who has most of them, and the table is asked once more for that one. Without ns_id a
 * number is an address, and whoever is made at the address of one that died is forgotten here
 * before any task is in it.
 */
struct started {
	u64 id[BH_STARTED_WAYS];
	u32 maker[BH_STARTED_WAYS];	/* bits of bh_task_maker(), enough to tell them apart */
};

static struct started started[1 << BH_STARTED_BITS];
static unsigned int next_way;
static DEFINE_SPINLOCK(started_lock);	/* of both; readers of numbers go without */

static struct started *set_of(u64 id)
{
	return &started[hash_64(id, BH_STARTED_BITS)];
}

static u64 *find_started(u64 id)
{
	struct started *set = set_of(id);
	unsigned int i;

	for (i = 0; i < BH_STARTED_WAYS; i++)
		if (READ_ONCE(set->id[i]) == id)
			return &set->id[i];
	return NULL;
}

static unsigned int count_of_maker(const struct started *set, u32 maker)
{
	unsigned int i, nr = 0;

	for (i = 0; i < BH_STARTED_WAYS; i++)
		nr += set->maker[i] == maker;
	return nr;
}

/*
 * A place in a set that is full: of the maker who has most of them, of @maker among equals, and
 * another one each time.
 */
static unsigned int choose_place(const struct started *set, u32 maker)
{
	unsigned int i, place, weight, best = 0, most = 0;

	lockdep_assert_held(&started_lock);
	next_way++;
	for (i = 0; i < BH_STARTED_WAYS; i++) {
		place = (next_way + i) % BH_STARTED_WAYS;
		weight = 2 * count_of_maker(set, set->maker[place]);
		weight += set->maker[place] == maker;
		if (weight > most) {
			most = weight;
			best = place;
		}
	}
	return best;
}

/* Of a task's own namespace. */
static void note_started(u64 id, struct task_struct *task)
{
	struct started *set = set_of(id);
	unsigned int i;
	u32 maker;

	if (find_started(id))
		return;
	maker = hash_long(bh_task_maker(task), 32);
	spin_lock(&started_lock);
	for (i = 0; i < BH_STARTED_WAYS && set->id[i]; i++)
		;
	if (i == BH_STARTED_WAYS)
		i = choose_place(set, maker);
	set->maker[i] = maker;
	WRITE_ONCE(set->id[i], id);
	spin_unlock(&started_lock);
}

static void note_mnt_of(struct task_struct *task)
{
	struct bh_ns ns;

	bh_ns_of_task(BH_NS_MNT, task, &ns);
	if (ns.ns && !ns.ops->is_initial(ns.ns))
		note_started(bh_ns_id(ns.ns), task);
}

/**
 * bh_fresh_note_exec() - the table has had its say about what the current task executes
 *
 * Does not sleep.
 */
void bh_fresh_note_exec(void)
{
	note_mnt_of(current);
}

/**
 * bh_fresh_note_made() - a mount namespace was made
 * @mnt: its public part; no task is in it yet
 *
 * Does not sleep.
 */
void bh_fresh_note_made(const struct ns_common *mnt)
{
	u64 *place;

	spin_lock(&started_lock);
	place = find_started(bh_ns_id(mnt));
	if (place)
		WRITE_ONCE(*place, 0);
	spin_unlock(&started_lock);
}

/**
 * bh_fresh_begin() - from now on each mount namespace that is made is seen
 *
 * Those that tasks live in are old if something runs there. Takes the task_lock() of all
 * tasks, one after the other. Does not sleep.
 */
void bh_fresh_begin(void)
{
	struct task_struct *process, *task;

	spin_lock(&started_lock);
	memset(started, 0, sizeof(started));
	spin_unlock(&started_lock);
	rcu_read_lock();
	for_each_process_thread(process, task) {
		task_lock(task);
		note_mnt_of(task);
		task_unlock(task);
	}
	rcu_read_unlock();
}

static bool mnt_is_new(void *ns)
{
	return !find_started(bh_ns_id(ns)) || no_task(executed_in_mnt, ns);
}

/**
 * bh_ns_is_new() - has nothing that was made in a namespace executed a program there?
 * @type: its type
 * @ns: a namespace of the current task, which is about to execute one
 *
 * Takes the task_lock() of all tasks, one after the other.
 */
bool bh_ns_is_new(enum bh_ns_type type, void *ns)
{
	bool new;

	rcu_read_lock();
	if (type == BH_NS_PID)
		new = pid_is_new(ns);
	else if (type == BH_NS_USER)
		new = no_task(executed_in_user, ns);
	else
		new = mnt_is_new(ns);
	rcu_read_unlock();
	return new;
}
