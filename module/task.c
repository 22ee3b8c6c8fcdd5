// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: what they execute, and whose descendants they are.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "compat/compat.h"
#include "limits.h"
#include "task.h"

/**
 * bh_task_exe() - the executable of a task
 * @task: the current task, or one whose task_lock() the caller holds
 *
 * Any context. Return: the file with a reference, or NULL (a kernel thread).
 */
struct file *bh_task_exe(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;

	if (task != current)
		lockdep_assert_held(&task->alloc_lock);
	if (!mm || task->flags & PF_KTHREAD)
		return NULL;
	return get_file_active(&mm->exe_file);
}

/**
 * bh_task_descends() - is a task another one's descendant, or one of its threads?
 * @task: the task, which RCU keeps
 * @from: the possible ancestor
 *
 * Follows ->real_parent, as Yama does, since a tracer changes ->parent. A line of more than
 * BH_DESCENT_MAX processes counts as none. Under RCU, in any context.
 */
bool bh_task_descends(struct task_struct *task, struct task_struct *from)
{
	struct task_struct *walk = task;
	int depth;

	for (depth = 0; depth < BH_DESCENT_MAX && walk->pid > 0; depth++) {
		if (!thread_group_leader(walk))
			walk = walk->group_leader;
		if (same_thread_group(walk, from))
			return true;
		walk = rcu_dereference(walk->real_parent);
	}
	return false;
}
