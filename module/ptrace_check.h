/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of a tracer and a tracee.
 */
#ifndef BULKHEAD_PTRACE_CHECK_H
#define BULKHEAD_PTRACE_CHECK_H

#include "check.h"

int bh_ptrace_gather(struct bh_check *check, unsigned int which, char *buf,
		     struct bh_string *string);
int bh_ptrace_check(struct task_struct *tracer, struct task_struct *tracee, u32 access,
		    bool silent, bh_gather_t gather_exe);
int bh_ptrace_check_exec(void);

#endif /* BULKHEAD_PTRACE_CHECK_H */
