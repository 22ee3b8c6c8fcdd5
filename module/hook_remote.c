// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map: writing over what may not be written to.
 *
 * /proc/PID/mem and a tracer write to private memory whatever its protection: so code is
 * changed that was executable already, and judged by what it was. What is written over is no
 * file's content any more, and so it is asked for. It may become executable, or not writable,
 * at any time until the kernel writes. So whatever is not writable when it is looked at
 * counts, and the rest is written to as anybody may: without force.
 *
 * The policies of whoever writes are asked, and those of whoever owns the memory: an open
 * /proc/PID/mem may be given to anybody.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "file_request.h"
#include "hooks.h"
#include "limits.h"
#include "stay.h"

/*
 * Under the lock of that memory: whoever holds it may be made to wait by those inside.
 *
 * Return: 1 or 0; -EINTR if the task was killed.
 */
static int takes_force(struct mm_struct *mm, unsigned long addr, unsigned long end)
{
	const struct vm_area_struct *vma;
	bool writable = true;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	while (writable && addr < end && (vma = find_vma(mm, addr)) && vma->vm_start < end) {
		addr = vma->vm_end;
		writable = vma->vm_flags & VM_WRITE;
	}
	mmap_read_unlock(mm);
	return !writable;
}

static struct task_struct *get_owner(struct mm_struct *mm)
{
	struct task_struct *owner;

	rcu_read_lock();
	owner = bh_mm_owner(mm);
	if (owner)
		get_task_struct(owner);
	rcu_read_unlock();
	return owner;
}

/*
 * Whose memory is it? Others who share it live in the same namespaces, or below, where they have
 * but given what this one could do itself. While it exits or executes, the memory becomes
 * another one's.
 *
 * Return: what @ask returns, which is called with the owner's task_lock() held; -ESRCH if nobody
 * owns the memory.
 */
static int ask_owner(struct mm_struct *mm, int (*ask)(struct task_struct *owner))
{
	struct task_struct *owner;
	int tries, ret = 0;
	bool asked;

	for (tries = 0; tries < BH_OWNER_TRIES_MAX; tries++) {
		owner = get_owner(mm);
		if (!owner)
			break;
		task_lock(owner);
		asked = owner->mm == mm;
		if (asked)
			ret = ask(owner);
		task_unlock(owner);
		put_task_struct(owner);
		if (asked)
			return ret;
		fsleep(1000);
	}
	return -ESRCH;
}

static bool is_tracer(void)
{
	struct task_struct *task;

	for_each_thread(current, task)
		if (!list_empty(&task->ptraced))
			return true;
	return false;
}

/*
 * Does the current process trace anybody who uses this memory? Tracers were let attach, and have
 * whom they trace do with the memory what that one may; debuggers write by ptrace(2), and so
 * need not be asked again. It may be a child of the owner's that shares the memory until it
 * executes. All tasks are looked at, since the lists of who is traced cannot be walked here.
 */
static bool traces_user_of(const struct mm_struct *mm)
{
	struct task_struct *process, *task;
	bool traces = false;

	rcu_read_lock();
	if (!is_tracer())
		goto out;
	for_each_process_thread(process, task) {
		/* Set and cleared under tasklist_lock, which is not taken here. */
		if (data_race(READ_ONCE(task->ptrace)) && READ_ONCE(task->mm) == mm &&
		    same_thread_group(rcu_dereference(task->parent), current)) {
			traces = true;
			goto out;
		}
	}
out:
	rcu_read_unlock();
	return traces;
}

/* Is the owner bound to anything that the current task is not? For ask_owner(). */
static int is_bound_further(struct task_struct *owner)
{
	struct bh_binding *found[BH_CONFINING_MAX];
	unsigned int nr, i;

	rcu_read_lock();
	nr = bh_bindings_of_task(owner, found);
	for (i = 0; i < nr && bh_binding_covers(found[i], current); i++)
		;
	rcu_read_unlock();
	return i < nr;
}

/* May be traced by the current task, whoever it is? */
static bool may_trace_all(bool bound)
{
	return !bound && ns_capable_noaudit(&init_user_ns, CAP_SYS_PTRACE);
}

/* Are the owner's policies asked? They are, and deny, where the owner cannot be told. */
static bool asks_owner(struct mm_struct *mm, bool bound)
{
	return mm != current->mm && !may_trace_all(bound) && ask_owner(mm, is_bound_further) &&
	       !traces_user_of(mm);
}

/* Return: 0 or -EACCES. */
static int judge_force(struct task_struct *subject, unsigned int how)
{
	struct bh_check *check = bh_check_begin(BH_MAP, subject, how);

	if (!IS_ERR_OR_NULL(check))
		bh_memory_request(check);
	return bh_check_end(check);
}

static int judge_owner(struct task_struct *owner)
{
	return judge_force(owner, BH_CHECK_ATOMIC | BH_CHECK_OF_OTHER);
}

/* Return: how the kernel may write, or a negative errno. */
static int judge_write(struct mm_struct *mm, unsigned long addr, int len, unsigned int gup_flags)
{
	bool bound = bh_current_may_be_bound() && bh_task_has_bindings(current);
	int force, err = 0;
	bool of_other;

	of_other = asks_owner(mm, bound);
	if (!(bound || of_other) || !bh_stay_begin())
		return gup_flags;
	force = takes_force(mm, addr, addr + len);
	bh_stay_end();
	if (force <= 0)
		return force ?: (int)(gup_flags & ~FOLL_FORCE);
	if (bound)
		err = judge_force(current, 0);
	if (!err && of_other)
		err = ask_owner(mm, judge_owner);
	return err ?: gup_flags;
}

/* Returns how much was written: callers make EIO of nothing. */
#define BH_DEFINE_REMOTE_HOOK(fn)						\
BH_DEFINE_ORIGINAL(fn);								\
										\
static noinline int judge_remote(BH_REMOTE_TASK struct mm_struct *mm,		\
				 unsigned long addr, void *buf, int len,	\
				 unsigned int gup_flags)			\
{										\
	int flags = judge_write(mm, addr, len, gup_flags);			\
										\
	bh_hook_leave();							\
	return flags < 0 ? 0 :							\
	       BH_ORIGINAL(fn)(BH_REMOTE_TASK_ARG mm, addr, buf, len, flags);	\
}										\
										\
static int hook_remote(BH_REMOTE_TASK struct mm_struct *mm, unsigned long addr,	\
		       void *buf, int len, unsigned int gup_flags)		\
{										\
	bh_hook_enter();							\
	if (gup_flags & FOLL_WRITE && gup_flags & FOLL_FORCE && bh_bindings_nr())	\
		return judge_remote(BH_REMOTE_TASK_ARG mm, addr, buf, len,	\
				    gup_flags);					\
	bh_hook_leave();							\
	return BH_ORIGINAL(fn)(BH_REMOTE_TASK_ARG mm, addr, buf, len, gup_flags); \
}

/* Before 6.5 a tracer comes only to the inner of the two. */
#ifdef BULKHEAD_HAS_INNER_REMOTE
BH_DEFINE_REMOTE_HOOK(__access_remote_vm)
#else
BH_DEFINE_REMOTE_HOOK(access_remote_vm)
#endif

struct bh_hook bh_remote_hooks[] = {
#ifdef BULKHEAD_HAS_INNER_REMOTE
	BH_HOOK(__access_remote_vm, "map: writes to what may not be written to", hook_remote),
#else
	BH_HOOK(access_remote_vm, "map: writes to what may not be written to", hook_remote),
#endif
	{ }
};
