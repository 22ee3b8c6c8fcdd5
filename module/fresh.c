// SPDX-License-Identifier: GPL-2.0-only
/*
 * New namespaces: those in which nothing that was made there has executed a program.
 *
 * The kernel keeps no record of executions. So every living process is looked at. One that
 * executed a program and ended without a trace cannot be told from none.
 */
#include <linux/file.h>
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "compat/compat.h"
#include "fresh.h"
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

/* A program that was executed before the mount namespace was made does not lie in it. */
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
	else
		new = no_task(type == BH_NS_USER ? executed_in_user : executed_in_mnt, ns);
	rcu_read_unlock();
	return new;
}
