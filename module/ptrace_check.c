// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked of a tracer and a tracee.
 */
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>

#include "ptrace_check.h"

/** bh_ptrace_gather() - see bh_gather_t; under the task_lock() of the one that is not current */
int bh_ptrace_gather(struct bh_check *check, unsigned int which, char *buf,
		     struct bh_string *string)
{
	return bh_check_exe(check, which == BH_EXE ? check->subject : check->peer, buf, string);
}

/* Asks the policies of one side. Return: 0 or -EPERM. */
static int check_side(u32 role, struct task_struct *subject, struct task_struct *peer,
		      u32 access, bool silent, bh_gather_t gather_exe)
{
	struct bh_check *check;

	/* Of the current task the hook has asked. */
	if (subject != current && !bh_task_has_bindings(subject))
		return 0;
	check = bh_check_begin(BH_PTRACE, subject, BH_CHECK_ATOMIC);
	if (IS_ERR_OR_NULL(check))
		return bh_check_end(check);
	check->request.attr[BH_PTRACE_ROLE] = role;
	check->request.attr[BH_PTRACE_ACCESS] = access;
	check->peer = peer;
	check->silent = silent;
	check->gather = gather_exe;
	return bh_check_end(check);
}

/**
 * bh_ptrace_check() - may a task trace another one, or look into it?
 * @tracer: the tracer
 * @tracee: the tracee; one of the two is current, and the other's task_lock() is held
 * @access: BH_ACCESS_*
 * @silent: report nothing
 * @gather_exe: fetches the path of an executable
 *
 * Return: 0 or -EPERM.
 */
int bh_ptrace_check(struct task_struct *tracer, struct task_struct *tracee, u32 access,
		    bool silent, bh_gather_t gather_exe)
{
	int err = 0;

	if (!bh_bindings_nr())
		return 0;
	/* Keeps the other task's credentials and both tasks' parents. */
	rcu_read_lock();
	if (tracer != current || !bh_check_allows_trace(tracee, access))
		err = check_side(BH_ROLE_TRACER, tracer, tracee, access, silent, gather_exe);
	if (!err && bh_registry_asks_tracee())
		err = check_side(BH_ROLE_TRACEE, tracee, tracer, access, silent, gather_exe);
	rcu_read_unlock();
	return err;
}

/** bh_ptrace_check_tracer() - bh_ptrace_check_exec() of a task that is traced, or was just now */
int bh_ptrace_check_tracer(void)
{
	struct task_struct *tracer;
	int err;

	rcu_read_lock();
	tracer = ptrace_parent(current);
	if (tracer)
		get_task_struct(tracer);
	rcu_read_unlock();
	if (!tracer)
		return 0;
	task_lock(tracer);
	err = bh_ptrace_check(tracer, current, BH_ACCESS_ATTACH, false, bh_ptrace_gather);
	task_unlock(tracer);
	put_task_struct(tracer);
	return err;
}
