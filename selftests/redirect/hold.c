// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds whoever comes to a function, for as long as `held` says.
 *
 * audit_log_start: who gives audit a record and may wait, as while its backlog is full. Nobody
 * gets a record. kernel_read: who reads a program's headers, which stand at 64 in all programs
 * that the tests make; or the first bytes of what execve is to run, if it has the name `head`.
 * filemap_write_and_wait_range: who has a part of a file written, as who shares blocks of two
 * files does when both are locked.
 */
#include <linux/audit.h>
#include <linux/binfmts.h>
#include <linux/delay.h>
#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat/compat.h"

static char *function;
module_param(function, charp, 0400);
MODULE_PARM_DESC(function, "the function");

static char *head;
module_param(head, charp, 0400);
MODULE_PARM_DESC(head, "name of the file whose first bytes are read; none: any file's headers");

static bool held = true;
module_param(held, bool, 0600);
MODULE_PARM_DESC(held, "do they wait?");

static int waiting;
module_param(waiting, int, 0400);
MODULE_PARM_DESC(waiting, "how many wait");

static atomic_t inside = ATOMIC_INIT(0);
static unsigned long site;

static void wait(void)
{
	WRITE_ONCE(waiting, atomic_inc_return(&inside));
	while (READ_ONCE(held) && !fatal_signal_pending(current))
		msleep(20);
	WRITE_ONCE(waiting, atomic_dec_return(&inside));
}

static struct audit_buffer *hold_record(struct audit_context *context, gfp_t gfp, int type)
{
	if (gfpflags_allow_blocking(gfp))
		wait();
	return NULL;
}

typedef ssize_t (*read_t)(struct file *file, void *buf, size_t count, loff_t *pos);

static bool is_looked_for(const struct file *file, size_t count, loff_t pos)
{
	if (!head)
		return pos == sizeof(struct elf64_hdr);
	return !pos && count == BINPRM_BUF_SIZE && !strcmp(file->f_path.dentry->d_name.name, head);
}

static ssize_t hold_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	read_t original = (read_t)(site + MCOUNT_INSN_SIZE);

	if (READ_ONCE(held) && is_looked_for(file, count, *pos))
		wait();
	return original(file, buf, count, pos);
}

typedef int (*write_t)(struct address_space *mapping, loff_t from, loff_t to);

static int hold_write(struct address_space *mapping, loff_t from, loff_t to)
{
	write_t original = (write_t)(site + MCOUNT_INSN_SIZE);

	if (READ_ONCE(held) && to != LLONG_MAX)
		wait();
	return original(mapping, from, to);
}

static const struct {
	const char *function;
	void *handler;
} handlers[] = {
	{ "audit_log_start", hold_record },
	{ "kernel_read", hold_read },
	{ "filemap_write_and_wait_range", hold_write },
};

static void *handler;

static void notrace redirect(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	ftrace_regs_set_instruction_pointer(fregs, (unsigned long)handler);
}

static struct ftrace_ops ops = {
	.func = redirect,
	.flags = FTRACE_OPS_FL_IPMODIFY | BH_FTRACE_FLAGS,
};

static int find_site(void)
{
	struct kprobe probe = { .symbol_name = function, .flags = KPROBE_FLAG_DISABLED };
	int err = register_kprobe(&probe);

	if (err)
		return err;
	site = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int __init hold_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(handlers) && function; i++)
		if (!strcmp(function, handlers[i].function))
			handler = handlers[i].handler;
	if (!handler)
		return -EINVAL;
	err = find_site() ?: ftrace_set_filter_ip(&ops, site, 0, 0);
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
MODULE_DESCRIPTION("Holds a task in the midst of a call, for a test");
MODULE_LICENSE("GPL");
