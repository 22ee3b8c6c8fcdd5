// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may change anything, and `lock`, after which nobody may.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "binding.h"
#include "compat/compat.h"
#include "limits.h"
#include "securityfs_files.h"

/* Set once and never cleared; under bh_config_mutex. */
static bool config_locked;
static bool policy_locked;

/**
 * bh_may_change() - may the writer change anything?
 * @file: the file that is written to
 *
 * Asked at each write, of the writer and of whoever opened the file: a descriptor
 * is not a right that can be passed on to a confined task, nor one to be lent by a
 * privileged program that a descriptor was planted on. Under bh_config_mutex.
 *
 * Return: 0 or -EPERM.
 */
int bh_may_change(const struct file *file)
{
	lockdep_assert_held(&bh_config_mutex);
	if (config_locked)
		return -EPERM;
	if (!file_ns_capable(file, &init_user_ns, CAP_MAC_ADMIN) || !capable(CAP_MAC_ADMIN))
		return -EPERM;
	return bh_task_is_confined(current) ? -EPERM : 0;
}

/**
 * bh_command_names() - tell which policy a command is about
 * @command: the command
 * @policy: what it calls the policy, which reports show if a policy may be called so
 */
void bh_command_names(struct bh_command *command, const char *policy)
{
	if (bh_policy_is_name(policy))
		command->config.policy = policy;
}

/* Reports what was wrong with a line, in the kernel log and as an event. */
static void complain_of_command(struct bh_command *command, unsigned int number, int err)
{
	char reason[160];

	snprintf(reason, sizeof(reason), "%u:%u %s", number, command->column,
		 command->config.reason ?: err == -EPERM ? "not permitted, or locked" :
		 err == -ENOMEM ? "out of memory" : "not a command of this file");
	pr_err("%s: error %s\n", command->config.op, reason);
	command->config.reason = reason;
	bh_event_config(&command->config, err);
	command->config.reason = NULL;
}

/*
 * Reports after the change, when no lock is held: audit may let the writer wait, for whose
 * backlog others can see to.
 */
static int run_line(struct file *file, char *line, unsigned int number, const char *op,
		    int (*run)(struct bh_command *command))
{
	struct bh_command command = { .file = file, .column = 1, .config.op = op };
	char *begin = skip_spaces(line);
	int err;

	command.line = strim(begin);
	if (!*command.line)
		return 0;
	err = run(&command);
	command.column += begin - line;
	if (err)
		complain_of_command(&command, number, err);
	else
		bh_event_config(&command.config, 0);
	return err;
}

static int run_lines(struct file *file, char *text, size_t len, const char *op,
		     int (*run)(struct bh_command *command))
{
	struct bh_command whole = { .column = 1, .config.op = op };
	unsigned int number = 0;
	char *line;
	int err = 0;

	if (strlen(text) != len) {
		whole.config.reason = "NUL in a line";
		complain_of_command(&whole, 1, -EINVAL);
		return -EINVAL;
	}
	while (!err && (line = strsep(&text, "\n")) != NULL)
		err = run_line(file, line, ++number, op, run);
	return err;
}

/**
 * bh_wants_signatures() - was `policy` written to `lock`?
 *
 * Then only signed documents are taken, no policy is removed, and no key is added. Under
 * bh_config_mutex.
 */
bool bh_wants_signatures(void)
{
	lockdep_assert_held(&bh_config_mutex);
	return policy_locked;
}

/**
 * bh_change() - run a command while nothing else changes
 * @command: the command
 * @change: called under bh_config_mutex, if the writer may still change anything
 *
 * May sleep. Return: -EPERM, or what @change returns.
 */
int bh_change(struct bh_command *command, int (*change)(struct bh_command *command))
{
	int err;

	mutex_lock(&bh_config_mutex);
	err = bh_may_change(command->file) ?: change(command);
	mutex_unlock(&bh_config_mutex);
	return err;
}

/**
 * bh_check_writer() - refuse a write before anything of it is looked at
 * @file: the file that is written to
 * @op: its name, for reports
 *
 * So who may not change anything makes the module allocate nothing. Who may is asked again
 * under bh_config_mutex. May sleep.
 *
 * Return: 0, or -EPERM, which is reported.
 */
int bh_check_writer(const struct file *file, const char *op)
{
	const struct bh_config_event refused = { .op = op };
	int err;

	mutex_lock(&bh_config_mutex);
	err = bh_may_change(file);
	mutex_unlock(&bh_config_mutex);
	if (err)
		bh_event_config(&refused, err);
	return err;
}

/**
 * bh_write_lines() - run a command for each line
 * @file: the file that is written to
 * @from: the lines
 * @len: bytes in them
 * @op: the file's name, for reports
 * @run: called with each line, to bh_change() what it says; an error ends the write
 *
 * Waits for the writer's memory, which a process may serve, and for audit: no lock is held.
 *
 * Return: @len or a negative errno.
 */
ssize_t bh_write_lines(struct file *file, const char __user *from, size_t len, const char *op,
		       int (*run)(struct bh_command *command))
{
	int err = bh_check_writer(file, op);
	char *text;

	if (err)
		return err;
	if (len > BH_BIND_WRITE_MAX)
		return -E2BIG;
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = run_lines(file, text, len, op, run);
	kfree(text);
	return err ?: len;
}

/*
 * Keeps the module loaded until reboot. A reference that is never dropped is not enough where
 * the kernel lets an unload be forced. But a module that another one uses stays even then: so
 * this one is made a user of itself. Nobody else changes the list of its users, since it
 * exports nothing.
 */
static void pin_module(void)
{
#ifdef CONFIG_MODULE_UNLOAD
	static struct module_use own_use = { .source = THIS_MODULE, .target = THIS_MODULE };

	list_add_rcu(&own_use.source_list, &THIS_MODULE->source_list);
#endif
	__module_get(THIS_MODULE);
}

static int lock_command(struct bh_command *command)
{
	bool all = !strcmp(command->line, "1");

	if (!all && strcmp(command->line, "policy"))
		return -EINVAL;
	/* Unloading would undo either. */
	if (!policy_locked && !config_locked)
		pin_module();
	if (all)
		config_locked = true;
	else
		WRITE_ONCE(policy_locked, true);
	pr_notice("%s until reboot\n", all ? "locked" : "only signed policies are taken");
	return 0;
}

static int lock_line(struct bh_command *command)
{
	return bh_change(command, lock_command);
}

static ssize_t lock_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, "lock", lock_line);
}

static ssize_t lock_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	const char *state = READ_ONCE(config_locked) ? "1\n" :
			    READ_ONCE(policy_locked) ? "policy\n" : "0\n";

	return simple_read_from_buffer(to, len, pos, state, strlen(state));
}

const struct file_operations bh_lock_fops = {
	.owner = THIS_MODULE,
	.read = lock_read,
	.write = lock_write,
	.llseek = default_llseek,
};
