// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redirects a kernel function to itself, as a livepatch would: whoever comes
 * later must not redirect it again.
 */
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/string.h>

#include "compat/compat.h"

static char *function;
module_param(function, charp, 0400);
MODULE_PARM_DESC(function, "the function");

static void notrace pass(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			 struct ftrace_regs *fregs)
{
}

static struct ftrace_ops ops = {
	.func = pass,
	.flags = FTRACE_OPS_FL_IPMODIFY | BH_FTRACE_FLAGS,
};

static int __init redirect_init(void)
{
	int err;

	if (!function)
		return -EINVAL;
	err = ftrace_set_filter(&ops, function, strlen(function), 0);
	return err ?: register_ftrace_function(&ops);
}

static void __exit redirect_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_set_filter(&ops, NULL, 0, 1);
}

module_init(redirect_init);
module_exit(redirect_exit);
MODULE_DESCRIPTION("Stands in bulkhead's way, for a test");
MODULE_LICENSE("GPL");
