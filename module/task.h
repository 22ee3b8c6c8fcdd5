/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks: what they execute, whose descendants they are, and who answers for them.
 */
#ifndef BULKHEAD_TASK_H
#define BULKHEAD_TASK_H

#include <linux/types.h>

struct file;
struct task_struct;

struct file *bh_task_exe(struct task_struct *task);
bool bh_task_descends(struct task_struct *task, struct task_struct *from);
unsigned long bh_current_maker(void);
unsigned long bh_task_maker(struct task_struct *task);

#endif /* BULKHEAD_TASK_H */
