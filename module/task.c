// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: what they execute, whose descendants they are, and who answers for them.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

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

static __always_inline unsigned long maker_of(struct task_struct *task)
{
	const struct cred *cred = rcu_dereference_check(task->real_cred, task == current);
	const struct pid_namespace *pid = task_active_pid_ns(task);
	const struct user_namespace *user;
	kuid_t uid = GLOBAL_ROOT_UID;

	while (pid->level > 1)
		pid = pid->parent;
	if (pid->level) {
		user = pid->user_ns;
	} else {
		user = cred->user_ns;
		uid = cred->uid;
	}
	for (; user->parent; user = user->parent)
		uid = user->owner;
	return __kuid_val(uid) ?: (unsigned long)pid;
}

/**
 * bh_current_maker() - who is to answer for what the current task piles up
 *
 * Nobody gets another answer by making namespaces, or a container's root by becoming other
 * users. Of a pid namespace that root made that is the outermost one above it, which is a
 * container. Of one that a user made by way of a user namespace of his own it is that user, and
 * of a task in the initial pid namespace who made its outermost user namespace, or its own user.
 *
 * Any context in which the task lives. Return: a user's number, or an address, which none is.
 */
unsigned long bh_current_maker(void)
{
	return maker_of(current);
}

/**
 * bh_task_maker() - the same of any task
 * @task: the current task, or one that RCU keeps and that has its namespaces still, as long as
 *        the caller holds its task_lock()
 *
 * Any context. Return: as bh_current_maker().
 */
unsigned long bh_task_maker(struct task_struct *task)
{
	if (task != current)
		lockdep_assert_held(&task->alloc_lock);
	return maker_of(task);
}
