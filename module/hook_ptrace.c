// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ptrace: all that asks ptrace_access_check, PTRACE_TRACEME, and mm_access().
 *
 * The kernel asks the first under the tracee's task_lock() and the second under tasklist_lock
 * with interrupts off: neither may sleep.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/user_namespace.h>

#include "binding.h"
#include "hooks.h"
#include "ptrace_check.h"
#include "stay.h"

/*
 * Under tasklist_lock no path is fetched. Interrupt handlers take tasklist_lock, and the locks
 * that a path needs are not safe in interrupts.
 */
static int gather_nothing(struct bh_check *check, unsigned int which, char *buf,
			  struct bh_string *string)
{
	return -EOPNOTSUPP;
}

BH_DEFINE_ORIGINAL(security_ptrace_access_check);
BH_DEFINE_ORIGINAL(security_ptrace_traceme);

/* Before it is known whether the kernel allows it as well: that costs no more than a look. */
static void note_attach(struct task_struct *child)
{
	rcu_read_lock();
	bh_bindings_note_attach(child);
	rcu_read_unlock();
}

static noinline int judge_access(struct task_struct *child, unsigned int mode)
{
	u32 access = mode & PTRACE_MODE_ATTACH ? BH_ACCESS_ATTACH : BH_ACCESS_READ;
	int err = bh_ptrace_check(current, child, access, mode & PTRACE_MODE_NOAUDIT,
				  bh_ptrace_gather);

	if (!err && access == BH_ACCESS_ATTACH)
		note_attach(child);
	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_ptrace_access_check)(child, mode);
}

static int hook_ptrace_access_check(struct task_struct *child, unsigned int mode)
{
	bh_hook_enter();
	/* Where no policy speaks for tracees, the tracee need not be looked at. */
	if (bh_current_may_be_bound() || bh_registry_asks_tracee())
		return judge_access(child, mode);
	bh_hook_leave();
	return BH_ORIGINAL(security_ptrace_access_check)(child, mode);
}

/*
 * From 6.13 on mm_access() lets a task with CAP_PERFMON in the initial user namespace read
 * another's memory although the access check denied it. So such a task is judged before. For
 * the task's own memory neither check is made.
 */
static bool passes_by(struct task_struct *task, unsigned int mode)
{
	const struct cred *cred = current_cred();

	return mode & PTRACE_MODE_READ && !same_thread_group(task, current) &&
	       cred->user_ns == &init_user_ns &&
	       (cap_raised(cred->cap_effective, CAP_PERFMON) ||
		cap_raised(cred->cap_effective, CAP_SYS_ADMIN));
}

BH_DEFINE_ORIGINAL(mm_access);

static noinline struct mm_struct *judge_mm_access(struct task_struct *task, unsigned int mode)
{
	struct mm_struct *mm;
	int err = 0;
	bool own;

	task_lock(task);
	own = task->mm == current->mm;
	if (!own)
		err = bh_ptrace_check(current, task, BH_ACCESS_READ, mode & PTRACE_MODE_NOAUDIT,
				      bh_ptrace_gather);
	task_unlock(task);
	mm = err ? ERR_PTR(-EACCES) : BH_ORIGINAL(mm_access)(task, mode);
	/* The task shared current's memory when it was judged, and has executed a program since. */
	if (own && !IS_ERR_OR_NULL(mm) && mm != current->mm) {
		mmput(mm);
		mm = ERR_PTR(-EACCES);
	}
	bh_stay_end();
	bh_hook_leave();
	return mm;
}

static struct mm_struct *hook_mm_access(struct task_struct *task, unsigned int mode)
{
	bh_hook_enter();
	if ((bh_current_may_be_bound() || bh_registry_asks_tracee()) &&
	    bh_bindings_nr() && passes_by(task, mode) && bh_stay_begin())
		return judge_mm_access(task, mode);
	bh_hook_leave();
	return BH_ORIGINAL(mm_access)(task, mode);
}

/*
 * The parent's mount namespace is read under its task_lock(). This must not wait for that
 * lock: the task that holds it may wait for tasklist_lock, which is held here.
 */
static int check_traceme_locked(struct task_struct *parent)
{
	int err;

	if (!spin_trylock(&parent->alloc_lock))
		return -EAGAIN;
	err = bh_ptrace_check(parent, current, BH_ACCESS_ATTACH, false, gather_nothing);
	spin_unlock(&parent->alloc_lock);
	return err;
}

static int check_traceme(struct task_struct *parent)
{
	int err, tries;

	if (!READ_ONCE(bh_bound[BH_NS_MNT]))
		return bh_ptrace_check(parent, current, BH_ACCESS_ATTACH, false, gather_nothing);
	for (tries = 0; tries < BH_TASK_LOCK_TRIES_MAX; tries++) {
		err = check_traceme_locked(parent);
		if (err != -EAGAIN)
			return err;
		cpu_relax();
	}
	return -EPERM;
}

static int hook_ptrace_traceme(struct task_struct *parent)
{
	int err;

	bh_hook_enter();
	err = check_traceme(parent);
	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_ptrace_traceme)(parent);
}

struct bh_hook bh_ptrace_hooks[] = {
	BH_HOOK(security_ptrace_access_check, "ptrace: the kernel's one access check",
		hook_ptrace_access_check),
	BH_HOOK(mm_access, "ptrace: memory, for whom the kernel passes over that check",
		hook_mm_access),
	BH_HOOK(security_ptrace_traceme, "ptrace: PTRACE_TRACEME", hook_ptrace_traceme),
	{ }
};
