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

static int run_line(char *line, unsigned int number, const char *op,
		    int (*run)(struct bh_command *command))
{
	struct bh_command command = { .column = 1, .config.op = op };
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

static int run_lines(char *text, size_t len, const char *op,
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
		err = run_line(line, ++number, op, run);
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
 * bh_copy_lines() - take a write's text over from userspace
 * @from: the lines
 * @len: bytes in them
 *
 * Waits for the writer's memory, which a process may serve: no lock is held.
 *
 * Return: the lines with a NUL behind them, to be given to bh_run_lines(), or an error pointer.
 */
char *bh_copy_lines(const char __user *from, size_t len)
{
	return len > BH_BIND_WRITE_MAX ? ERR_PTR(-E2BIG) : memdup_user_nul(from, len);
}

/**
 * bh_run_lines() - run a command for each line
 * @file: the file that is written to
 * @text: the lines, which this frees
 * @len: bytes in them
 * @op: the file's name, for reports
 * @run: called under bh_config_mutex with each line; an error ends the write
 *
 * Return: @len or a negative errno.
 */
ssize_t bh_run_lines(struct file *file, char *text, size_t len, const char *op,
		     int (*run)(struct bh_command *command))
{
	const struct bh_config_event refused = { .op = op };
	int err;

	mutex_lock(&bh_config_mutex);
	err = bh_may_change(file);
	if (err)
		bh_event_config(&refused, err);
	else
		err = run_lines(text, len, op, run);
	mutex_unlock(&bh_config_mutex);
	kfree(text);
	return err ?: len;
}

/**
 * bh_write_lines() - bh_copy_lines(), and then bh_run_lines()
 * @file: as there
 * @from: as there
 * @len: as there
 * @op: as there
 * @run: as there
 *
 * Return: @len or a negative errno.
 */
ssize_t bh_write_lines(struct file *file, const char __user *from, size_t len, const char *op,
		       int (*run)(struct bh_command *command))
{
	char *text = bh_copy_lines(from, len);

	return IS_ERR(text) ? PTR_ERR(text) : bh_run_lines(file, text, len, op, run);
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

static ssize_t lock_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, "lock", lock_command);
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
