/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of a tracer and a tracee.
 */
#ifndef BULKHEAD_PTRACE_CHECK_H
#define BULKHEAD_PTRACE_CHECK_H

#include <linux/sched.h>

#include "check.h"

int bh_ptrace_gather(struct bh_check *check, unsigned int which, char *buf,
		     struct bh_string *string);
int bh_ptrace_check(struct task_struct *tracer, struct task_struct *tracee, u32 access,
		    bool silent, bh_gather_t gather_exe);
int bh_ptrace_check_tracer(void);

/**
 * bh_ptrace_check_exec() - may whoever traces the current task go on when it executes?
 *
 * Nobody may have been asked about this pair: the tracer attached while the task ran another
 * program, or it attached to the task's parent, and its options made the kernel attach it to
 * the task as well. And either of the two may have been bound since.
 *
 * Return: 0 or -EPERM.
 */
static inline int bh_ptrace_check_exec(void)
{
	return unlikely(current->ptrace) ? bh_ptrace_check_tracer() : 0;
}

#endif /* BULKHEAD_PTRACE_CHECK_H */
