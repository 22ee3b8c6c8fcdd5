// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets all who give audit a record and may wait do so, as long as `held` says: as they do
 * while its backlog is full. Nobody gets a record.
 */
#include <linux/audit.h>
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat/compat.h"

static bool held = true;
module_param(held, bool, 0600);
MODULE_PARM_DESC(held, "do they wait?");

static int waiting;
module_param(waiting, int, 0400);
MODULE_PARM_DESC(waiting, "how many wait");

static atomic_t inside = ATOMIC_INIT(0);

static struct audit_buffer *hold(struct audit_context *context, gfp_t gfp, int type)
{
	if (!gfpflags_allow_blocking(gfp))
		return NULL;
	WRITE_ONCE(waiting, atomic_inc_return(&inside));
	while (READ_ONCE(held) && !fatal_signal_pending(current))
		msleep(20);
	WRITE_ONCE(waiting, atomic_dec_return(&inside));
	return NULL;
}

static void notrace redirect(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	ftrace_regs_set_instruction_pointer(fregs, (unsigned long)hold);
}

static char function[] = "audit_log_start";

static struct ftrace_ops ops = {
	.func = redirect,
	.flags = FTRACE_OPS_FL_IPMODIFY | BH_FTRACE_FLAGS,
};

static int __init hold_init(void)
{
	int err = ftrace_set_filter(&ops, function, strlen(function), 0);

	return err ?: register_ftrace_function(&ops);
}

static void __exit hold_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_set_filter(&ops, NULL, 0, 1);
	WRITE_ONCE(held, false);
	synchronize_rcu_tasks();
	while (atomic_read(&inside))
		msleep(20);
	synchronize_rcu_tasks();
}

module_init(hold_init);
module_exit(hold_exit);
MODULE_DESCRIPTION("Fills audit's backlog, for a test");
MODULE_LICENSE("GPL");
