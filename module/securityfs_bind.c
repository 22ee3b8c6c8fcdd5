// SPDX-License-Identifier: GPL-2.0-only
/*
 * `bind`, `unbind`, `bindings` and `self`: which namespace carries which policy.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "binding.h"
#include "escape.h"
#include "securityfs_files.h"

/* The words of a line for bind or unbind; NULL where there is none. */
struct command {
	char *policy;
	char *ns;
	char *arm;
	char *self;
	char *pid;
	char *fd;
	char *inum;
};

static int take_word(struct command *command, char *word)
{
	const struct {
		const char *name;
		char **value;
	} words[] = {
		{ "policy", &command->policy },
		{ "ns", &command->ns },
		{ "arm", &command->arm },
		{ "pid", &command->pid },
		{ "fd", &command->fd },
		{ "inum", &command->inum },
	};
	char *value = strchr(word, '=');
	int i;

	if (!value) {
		if (strcmp(word, "self") || command->self)
			return -EINVAL;
		command->self = word;
		return 0;
	}
	*value++ = '\0';
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].name, word))
			continue;
		if (*words[i].value || !*value)
			return -EINVAL;
		*words[i].value = value;
		return 0;
	}
	return -EINVAL;
}

static int split_command(struct command *command, char *line)
{
	char *word;
	int err;

	memset(command, 0, sizeof(*command));
	while ((word = strsep(&line, " \t")) != NULL) {
		if (!*word)
			continue;
		err = take_word(command, word);
		if (err)
			return err;
	}
	/* Exactly one way to say which namespace. */
	if (!!command->self + !!command->pid + !!command->fd + !!command->inum != 1)
		return -EINVAL;
	return command->ns ? 0 : -EINVAL;
}

static int find_ns_type(const char *name)
{
	int type;

	for (type = 0; type < BH_NS_TYPES; type++)
		if (!strcmp(bh_ns_types[type].name, name))
			return type;
	return -EINVAL;
}

/* The namespace that a command is about, with a reference. */
static int find_ns(const struct command *command, enum bh_ns_type type, struct bh_ns *ns,
		   char **cgroup)
{
	int nr;

	if (command->self)
		return bh_ns_of_pid(type, 0, ns, cgroup);
	if (kstrtoint(command->pid ?: command->fd, 10, &nr) || nr < 0)
		return -EINVAL;
	if (command->fd)
		return bh_ns_of_fd(type, nr, ns, cgroup);
	return nr ? bh_ns_of_pid(type, nr, ns, cgroup) : -EINVAL;
}

static int bind_command(char *line)
{
	struct command command;
	struct bh_entry *entry;
	struct bh_ns ns;
	char *cgroup;
	bool armed;
	int type, err;

	err = split_command(&command, line);
	if (err)
		return err;
	type = find_ns_type(command.ns);
	if (type < 0)
		return type;
	if (!command.policy || command.inum)
		return -EINVAL;
	armed = !command.arm || !strcmp(command.arm, "now");
	if (!armed && strcmp(command.arm, "exec"))
		return -EINVAL;
	entry = bh_registry_find(command.policy, strlen(command.policy));
	if (!entry)
		return -ENOENT;
	err = find_ns(&command, type, &ns, &cgroup);
	if (err)
		return err;
	err = bh_bind(&ns, entry, armed, false, cgroup, NULL);
	ns.ops->put(ns.ns);
	return err;
}

static int unbind_command(char *line)
{
	struct command command;
	struct bh_ns ns;
	unsigned int inum;
	char *cgroup;
	int type, err;

	err = split_command(&command, line);
	if (err)
		return err;
	type = find_ns_type(command.ns);
	if (type < 0)
		return type;
	if (command.policy || command.arm)
		return -EINVAL;
	if (command.inum)
		return kstrtouint(command.inum, 10, &inum) ? -EINVAL :
							     bh_unbind_inum(type, inum);
	err = find_ns(&command, type, &ns, &cgroup);
	if (err)
		return err;
	kfree(cgroup);
	err = bh_unbind(&ns);
	ns.ops->put(ns.ns);
	return err;
}

static ssize_t bind_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, bind_command);
}

static ssize_t unbind_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, unbind_command);
}

const struct file_operations bh_bind_fops = {
	.owner = THIS_MODULE,
	.write = bind_write,
	.llseek = noop_llseek,
};

const struct file_operations bh_unbind_fops = {
	.owner = THIS_MODULE,
	.write = unbind_write,
	.llseek = noop_llseek,
};

/* bindings, self */

/* What the two files have in common of a line. */
static void show_binding(struct seq_file *m, const struct bh_binding *binding,
			 const struct bh_loaded *loaded)
{
	const struct bh_ns *ns = &binding->ns;

	seq_printf(m, "ns=%s inum=%u policy=%s version=%llu armed=%s", ns->ops->name,
		   ns->ops->inum(ns->ns), binding->entry->name,
		   loaded ? loaded->policy->version : 0,
		   READ_ONCE(binding->armed) ? "yes" : "no");
}

static void *bindings_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	return seq_list_start(bh_bindings_list(), *pos);
}

static void *bindings_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, bh_bindings_list(), pos);
}

static void bindings_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&bh_config_mutex);
}

static int bindings_show(struct seq_file *m, void *v)
{
	const struct bh_binding *binding = list_entry(v, struct bh_binding, list);
	struct bh_text text = { .cap = 4 * BH_PATH_MAX };

	/* Whoever made the cgroup chose its name. */
	text.s = kmalloc(text.cap, GFP_KERNEL);
	if (!text.s)
		return -ENOMEM;
	bh_text_append_word(&text, binding->cgroup, strlen(binding->cgroup));
	show_binding(m, binding, rcu_dereference_protected(binding->entry->loaded, true));
	seq_printf(m, " by=%s cgroup=%.*s\n", binding->assigned ? "assign" : "bind", (int)text.len,
		   text.s);
	kfree(text.s);
	return 0;
}

static const struct seq_operations bindings_seq_ops = {
	.start = bindings_start,
	.next = bindings_next,
	.stop = bindings_stop,
	.show = bindings_show,
};

static int bindings_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &bindings_seq_ops);
}

const struct file_operations bh_bindings_fops = {
	.owner = THIS_MODULE,
	.open = bindings_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release,
};

static int self_show(struct seq_file *m, void *unused)
{
	struct bh_binding **found;
	unsigned int nr, i;

	found = kmalloc_array(BH_CONFINING_MAX, sizeof(*found), GFP_KERNEL);
	if (!found)
		return -ENOMEM;
	rcu_read_lock();
	nr = bh_bindings_of_task(current, found);
	for (i = 0; i < nr; i++) {
		if (bh_binding_spares(found[i], current))
			continue;
		show_binding(m, found[i], rcu_dereference(found[i]->entry->loaded));
		seq_putc(m, '\n');
	}
	rcu_read_unlock();
	kfree(found);
	return 0;
}

BH_DEFINE_SHOW(self);
