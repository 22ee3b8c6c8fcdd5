// SPDX-License-Identifier: GPL-2.0-only
/*
 * Newcomers: processes that someone outside of a pid namespace made there and that have
 * executed nothing since.
 *
 * Such a process still runs the program of its maker, as a runtime does that enters a
 * container in order to execute something there. It must not be possible for a process of
 * the container to look like one. What is relied on:
 *
 * - PF_FORKNOEXEC is set on each new task and cleared when it executes a program.
 * - ->real_parent lies in the task's pid namespace or in one above. Processes are made in
 *   the maker's namespace or below, CLONE_PARENT takes the maker's parent, which is as
 *   high or higher, and the orphans of a process go to one of the same namespace. So a
 *   parent inside is never exchanged for one outside.
 * - ->self_exec_id counts a task's executions and is copied to what it makes.
 *   ->parent_exec_id is set once, to that of the parent at birth, and for CLONE_PARENT and
 *   threads to the maker's own ->parent_exec_id.
 *
 * A process of the container that was itself brought in has a parent outside, and can make
 * others with CLONE_PARENT, which then have it, too, and have executed nothing. They have
 * their maker's execution in their ->self_exec_id: a process in which both counts are equal
 * is never one of them. But some runtimes (runc) execute themselves before they enter, and
 * enter with CLONE_PARENT. To tell these apart from the others is what struct bh_entrants
 * remembers executions for.
 *
 * And a process whose memory or registers one inside was let write to does what that one wants,
 * also when it is not traced any more. So that is remembered like an execution: neither that
 * process nor what it makes with CLONE_PARENT, nor any other one with the same counts, is a
 * newcomer from then on.
 */
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "newcomer.h"

static bool is_in(const struct pid_namespace *pid_ns, const struct pid_namespace *ns)
{
	while (pid_ns->level > ns->level)
		pid_ns = pid_ns->parent;
	return pid_ns == ns;
}

/*
 * A parent that dies gives its children away before it loses its pid: whoever sees it
 * without one looks again. Under RCU.
 */
static bool has_outside_parent(const struct task_struct *leader, const struct pid_namespace *ns)
{
	struct pid *pid;
	int tries;

	for (tries = 0; tries < BH_PARENT_TRIES_MAX; tries++) {
		pid = READ_ONCE(rcu_dereference(leader->real_parent)->thread_pid);
		if (pid)
			return !is_in(ns_of_pid(pid), ns);
		cpu_relax();
	}
	return false;
}

/**
 * bh_task_was_brought_in() - was a process made by someone outside of a pid namespace?
 * @leader: the leader of its threads, in the namespace or below, which RCU keeps
 * @ns: the namespace
 *
 * The first process of a namespace was not: it came with it. Under RCU, in any context.
 */
bool bh_task_was_brought_in(struct task_struct *leader, struct pid_namespace *ns)
{
	return !bh_task_is_init_of(leader, ns) && has_outside_parent(leader, ns);
}

/* A tracer in the namespace makes of a process what it wants. */
static bool has_inside_tracer(struct task_struct *leader, struct pid_namespace *ns)
{
	struct task_struct *task;
	struct pid *pid;

	for_each_thread(leader, task) {
		/* Set and cleared under tasklist_lock, which is not taken here. */
		if (!data_race(READ_ONCE(task->ptrace)))
			continue;
		pid = READ_ONCE(rcu_dereference(task->parent)->thread_pid);
		if (!pid || is_in(ns_of_pid(pid), ns))
			return true;
	}
	return false;
}

/**
 * bh_entrants_init() - begin to remember
 * @entrants: what is known: so far, that nothing is
 */
void bh_entrants_init(struct bh_entrants *entrants)
{
	spin_lock_init(&entrants->lock);
	entrants->nr = 0;
	entrants->blind = true;
	entrants->closed = false;
}

/* From now on, who has these counts, or the same @parent and executed more, may be own. */
static void remember(struct bh_entrants *entrants, u64 parent, u64 from)
{
	unsigned int i;

	lockdep_assert_held(&entrants->lock);
	for (i = 0; i < entrants->nr && entrants->seen[i].parent != parent; i++)
		;
	if (i == BH_ENTRANTS_MAX) {
		WRITE_ONCE(entrants->blind, true);
		/* That it has executed nothing does not speak for a process any more. */
		if (parent == from)
			WRITE_ONCE(entrants->closed, true);
	} else if (i < entrants->nr) {
		WRITE_ONCE(entrants->seen[i].from, min(entrants->seen[i].from, from));
	} else {
		entrants->seen[i].parent = parent;
		entrants->seen[i].from = from;
		/* Pairs with the acquire in bh_entrants_may_be_own(). */
		smp_store_release(&entrants->nr, i + 1);
	}
}

/**
 * bh_entrants_scan() - remember who executed something before anybody looked
 * @entrants: what is known, to be called with as bh_entrants_note() already is
 * @ns: the namespace
 *
 * The dead need not be remembered: what they made and still lives is found itself. Where
 * one that has executed nothing could be either, it counts as made by one that had. What
 * somebody inside traces is his.
 */
void bh_entrants_scan(struct bh_entrants *entrants, struct pid_namespace *ns)
{
	struct task_struct *task;
	struct pid *pid;
	u64 self, parent;
	int nr;

	spin_lock(&entrants->lock);
	WRITE_ONCE(entrants->blind, false);
	rcu_read_lock();
	idr_for_each_entry(&ns->idr, pid, nr) {
		task = pid_task(pid, PIDTYPE_TGID);
		if (!task || !atomic_read(&task->signal->live) || !bh_task_was_brought_in(task, ns))
			continue;
		self = READ_ONCE(task->self_exec_id);
		parent = task->parent_exec_id;
		if (has_inside_tracer(task, ns))
			remember(entrants, parent, self);
		else
			remember(entrants, parent, self == parent ? self + 1 : self);
	}
	rcu_read_unlock();
	spin_unlock(&entrants->lock);
}

/**
 * bh_entrants_note() - remember that the current task is about to execute a program
 * @entrants: what is known
 * @ns: the namespace, in which the task lives or above it
 *
 * Under RCU. Whoever has a parent inside cannot make what has one outside.
 */
void bh_entrants_note(struct bh_entrants *entrants, struct pid_namespace *ns)
{
	if (!bh_task_was_brought_in(current->group_leader, ns))
		return;
	spin_lock(&entrants->lock);
	remember(entrants, current->parent_exec_id, current->self_exec_id + 1);
	spin_unlock(&entrants->lock);
}

/**
 * bh_entrants_note_attach() - remember that one inside may take over a process
 * @entrants: what is known
 * @ns: the namespace, in which the current task lives or above it
 * @task: a task of the process, which RCU keeps
 *
 * Under RCU, and perhaps under task_lock(); not under tasklist_lock, which interrupts take.
 * Whose memory the process shares is found as long as its parents live.
 */
void bh_entrants_note_attach(struct bh_entrants *entrants, struct pid_namespace *ns,
			     struct task_struct *task)
{
	const struct mm_struct *mm = READ_ONCE(task->mm);
	struct task_struct *leader;
	struct pid *pid;
	int tries;

	for (tries = 0; tries < BH_PARENT_TRIES_MAX && READ_ONCE(task->mm) == mm; tries++) {
		leader = READ_ONCE(task->group_leader);
		pid = READ_ONCE(leader->thread_pid);
		if (!pid || !is_in(ns_of_pid(pid), ns))
			return;
		if (bh_task_is_newcomer(entrants, ns, leader)) {
			spin_lock(&entrants->lock);
			remember(entrants, leader->parent_exec_id,
				 READ_ONCE(leader->self_exec_id));
			spin_unlock(&entrants->lock);
		}
		task = rcu_dereference(leader->real_parent);
	}
}

/**
 * bh_entrants_may_be_own() - can a process with these counts be the container's own?
 * @entrants: what is known
 * @parent: the process's ->parent_exec_id
 * @self: its ->self_exec_id
 *
 * Any context.
 */
bool bh_entrants_may_be_own(const struct bh_entrants *entrants, u64 parent, u64 self)
{
	unsigned int nr, i;

	/* Whoever has equal counts has executed nothing: it may only have been taken over. */
	if (READ_ONCE(entrants->closed) || (READ_ONCE(entrants->blind) && self != parent))
		return true;
	/* Pairs with the release in remember(). */
	nr = smp_load_acquire(&entrants->nr);
	for (i = 0; i < nr; i++)
		if (entrants->seen[i].parent == parent &&
		    self >= READ_ONCE(entrants->seen[i].from))
			return true;
	return false;
}

/**
 * bh_task_is_newcomer() - is a task a newcomer to a pid namespace?
 * @entrants: what is known of the namespace
 * @ns: the namespace, in which the task lives or above it
 * @task: the current task, or one that RCU keeps
 *
 * Under RCU, in any context. Whoever was a newcomer may cease to be one, never the other
 * way round.
 */
bool bh_task_is_newcomer(const struct bh_entrants *entrants, struct pid_namespace *ns,
			 struct task_struct *task)
{
	struct task_struct *leader = READ_ONCE(task->group_leader);

	if (bh_task_has_executed(task))
		return false;
	return bh_task_was_brought_in(leader, ns) && !has_inside_tracer(leader, ns) &&
	       !bh_entrants_may_be_own(entrants, leader->parent_exec_id,
				       READ_ONCE(leader->self_exec_id));
}
