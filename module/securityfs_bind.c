// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files `bind`, `unbind`, `bindings` and `self`: which namespace carries which policy.
 */
#include <linux/ctype.h>
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
struct words {
	char *policy;
	char *ns;
	char *arm;
	char *label;
	char *self;
	char *pid;
	char *fd;
	char *inum;
};

static int command_fail(struct bh_command *command, const char *at, int err, const char *why)
{
	command->column = at - command->line + 1;
	command->config.reason = why;
	return err;
}

/* The value of an escape that begins at @s, or -1; @len is set to its length. */
static int unescape(const char *s, int *len)
{
	*len = 2;
	if (s[1] == '"' || s[1] == '\\')
		return s[1];
	if (s[1] != 'x' || !isxdigit(s[2]) || !isxdigit(s[3]))
		return -1;
	*len = 4;
	return hex_to_bin(s[2]) << 4 | hex_to_bin(s[3]);
}

/* Decodes a quoted value in its place. Return: what follows it, or NULL if it is not one. */
static char *unquote(char *s)
{
	char *to = s;
	int c, len;

	for (s++; *s && *s != '"'; s += len) {
		len = 1;
		c = *s == '\\' ? unescape(s, &len) : (u8)*s;
		if (c <= 0)
			return NULL;
		*to++ = c;
	}
	if (!*s || (s[1] && s[1] != ' ' && s[1] != '\t'))
		return NULL;
	*to = '\0';
	return s + 1;
}

/* Ends the value that begins at @s. Return: what follows it, or NULL if it is not one. */
static char *end_value(char *s)
{
	char *end;

	if (*s == '"')
		return unquote(s);
	end = s + strcspn(s, " \t");
	if (end == s)
		return NULL;
	if (*end)
		*end++ = '\0';
	return end;
}

static char **find_word(struct words *words, const char *name, size_t len)
{
	const struct {
		const char *name;
		char **value;
	} table[] = {
		{ "policy", &words->policy },
		{ "ns", &words->ns },
		{ "arm", &words->arm },
		{ "label", &words->label },
		{ "pid", &words->pid },
		{ "fd", &words->fd },
		{ "inum", &words->inum },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].name) == len && !memcmp(table[i].name, name, len))
			return table[i].value;
	return NULL;
}

/* Takes the word at @s. Return: 0 with @next set to what follows it, or -EINVAL. */
static int take_word(struct bh_command *command, struct words *words, char *s, char **next)
{
	size_t len = strcspn(s, "= \t");
	char **value;

	if (s[len] != '=') {
		if (len != 4 || memcmp(s, "self", 4))
			return command_fail(command, s, -EINVAL, "unknown word");
		if (words->self)
			return command_fail(command, s, -EINVAL, "twice the same word");
		words->self = s;
		*next = s + len;
		return 0;
	}
	value = find_word(words, s, len);
	if (!value)
		return command_fail(command, s, -EINVAL, "unknown key");
	if (*value)
		return command_fail(command, s, -EINVAL, "twice the same key");
	*value = s + len + 1;
	*next = end_value(*value);
	if (!*next)
		return command_fail(command, *value, -EINVAL,
				    "no value, or quotes that do not close");
	return 0;
}

static int split_words(struct bh_command *command, struct words *words)
{
	char *s = skip_spaces(command->line), *next;
	int err;

	memset(words, 0, sizeof(*words));
	for (; *s; s = skip_spaces(next)) {
		err = take_word(command, words, s, &next);
		if (err)
			return err;
	}
	if (!!words->self + !!words->pid + !!words->fd + !!words->inum != 1)
		return command_fail(command, command->line, -EINVAL,
			    "needs one of self, pid=, fd= and, to unbind, inum=");
	if (!words->ns)
		return command_fail(command, command->line, -EINVAL, "needs ns=");
	return 0;
}

static int find_type(struct bh_command *command, const char *name)
{
	int type;

	for (type = 0; type < BH_NS_TYPES; type++) {
		if (strcmp(bh_ns_types[type].name, name))
			continue;
		command->config.ns = bh_ns_types[type].name;
		return type;
	}
	return command_fail(command, name, -EINVAL, "ns= is pid, user or mnt");
}

/* The namespace that a command is about, with a reference. */
static int find_ns(struct bh_command *command, const struct words *words, enum bh_ns_type type,
		   struct bh_ns *ns, char **cgroup)
{
	const char *number = words->pid ?: words->fd;
	int nr, err;

	if (words->self)
		return bh_ns_of_pid(type, 0, ns, cgroup);
	if (kstrtoint(number, 10, &nr) || nr < !words->fd)
		return command_fail(command, number, -EINVAL, "not a number that can be");
	if (words->fd)
		err = bh_ns_of_fd(type, nr, ns, cgroup);
	else
		err = bh_ns_of_pid(type, nr, ns, cgroup);
	if (err)
		return command_fail(command, number, err, err == -ESRCH ? "no such process" :
			    "not a namespace of that type, nor a process");
	return 0;
}

static const char *why_not_bound(int err)
{
	switch (err) {
	case -EINVAL:
		return "an initial namespace cannot be bound";
	case -ESRCH:
		return "the namespace is dead";
	case -E2BIG:
		return "too many bindings";
	default:
		return "out of memory";
	}
}

/* Reads what a line for bind says beside the namespace. */
static int read_binding(struct bh_command *command, const struct words *words,
			struct bh_entry **entry, bool *armed)
{
	if (words->inum)
		return command_fail(command, words->inum, -EINVAL, "inum= is for unbind");
	if (!words->policy)
		return command_fail(command, command->line, -EINVAL, "needs policy=");
	if (words->label && strlen(words->label) > BH_LABEL_MAX)
		return command_fail(command, words->label, -E2BIG, "a label has at most 128 bytes");
	*armed = !words->arm || !strcmp(words->arm, "now");
	if (!*armed && strcmp(words->arm, "exec"))
		return command_fail(command, words->arm, -EINVAL, "arm= is now or exec");
	*entry = bh_registry_find(words->policy, strlen(words->policy));
	if (!*entry)
		return command_fail(command, words->policy, -ENOENT, "no such policy is loaded");
	command->config.label = words->label;
	return 0;
}

/* Splits a command into its words. Return: the type of its namespace, or -EINVAL. */
static int read_command(struct bh_command *command, struct words *words)
{
	int err = split_words(command, words);

	if (words->policy)
		bh_command_names(command, words->policy);
	return err ?: find_type(command, words->ns);
}

static int bind_command(struct bh_command *command)
{
	struct bh_binding *binding;
	struct bh_entry *entry;
	struct words words;
	struct bh_ns ns;
	char *cgroup;
	bool armed;
	int type, err;

	type = read_command(command, &words);
	if (type < 0)
		return type;
	err = read_binding(command, &words, &entry, &armed);
	if (!err)
		err = find_ns(command, &words, type, &ns, &cgroup);
	if (err)
		return err;
	command->config.inum = ns.ops->inum(ns.ns);
	binding = bh_binding_alloc(0, cgroup, words.label);
	kfree(cgroup);
	err = binding ? bh_bind(&ns, entry, armed, binding) : -ENOMEM;
	if (err)
		bh_binding_free(binding);
	ns.ops->put(ns.ns);
	return err ? command_fail(command, command->line, err, why_not_bound(err)) : 0;
}

static int unbind_inum(struct bh_command *command, enum bh_ns_type type, const char *number)
{
	unsigned int inum;

	if (kstrtouint(number, 10, &inum))
		return command_fail(command, number, -EINVAL, "not a number that can be");
	command->config.inum = inum;
	if (bh_unbind_inum(type, inum))
		return command_fail(command, number, -ENOENT, "no such namespace is bound");
	return 0;
}

static int unbind_command(struct bh_command *command)
{
	struct words words;
	struct bh_ns ns;
	char *cgroup;
	int type, err;

	type = read_command(command, &words);
	if (type < 0)
		return type;
	if (words.policy || words.arm || words.label)
		return command_fail(command, words.policy ?: words.arm ?: words.label, -EINVAL,
				    "unbind names a namespace only");
	if (words.inum)
		return unbind_inum(command, type, words.inum);
	err = find_ns(command, &words, type, &ns, &cgroup);
	if (err)
		return err;
	kfree(cgroup);
	command->config.inum = ns.ops->inum(ns.ns);
	err = bh_unbind(&ns);
	ns.ops->put(ns.ns);
	return err ? command_fail(command, command->line, err, "the namespace is not bound") : 0;
}

static int bind_line(struct bh_command *command)
{
	return bh_change(command, bind_command);
}

static int unbind_line(struct bh_command *command)
{
	return bh_change(command, unbind_command);
}

static ssize_t bind_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, "bind", bind_line);
}

static ssize_t unbind_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, "unbind", unbind_line);
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

/* Room for a path whose bytes are all escaped. */
#define BH_STRING_LINE (4 * BH_PATH_MAX)

/* For a label likewise, with its quotes. */
#define BH_LABEL_LINE (4 * BH_LABEL_MAX + 2)

/* The part of a line that `bindings` and `self` share. */
static void show_binding(struct seq_file *m, const struct bh_binding *binding,
			 const struct bh_loaded *loaded)
{
	const struct bh_ns *ns = &binding->ns;

	seq_printf(m, "ns=%s inum=%u policy=%s version=%llu armed=%s", ns->ops->name,
		   binding->inum, binding->entry->name,
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

/* Shows a string that users or containers chose: quoted, and escaped; `-` if there is none. */
static void show_string(struct seq_file *m, const char *key, const char *s, char *buf, size_t size)
{
	struct bh_text text = { .s = buf, .cap = size };

	if (*s)
		bh_text_append_quoted(&text, s, strlen(s));
	else
		bh_text_append(&text, "-", 1);
	seq_printf(m, " %s=%.*s", key, (int)text.len, buf);
}

static int bindings_show(struct seq_file *m, void *v)
{
	const struct bh_binding *binding = list_entry(v, struct bh_binding, list);
	char *buf = kmalloc(BH_STRING_LINE, GFP_KERNEL_ACCOUNT);

	if (!buf)
		return -ENOMEM;
	show_binding(m, binding, rcu_dereference_protected(binding->entry->loaded, true));
	seq_printf(m, " by=%s", binding->maker ? "assign" : "bind");
	if (binding->caption->label)
		show_string(m, "label", binding->caption->label, buf, BH_STRING_LINE);
	show_string(m, "cgroup", binding->caption->cgroup, buf, BH_STRING_LINE);
	seq_putc(m, '\n');
	kfree(buf);
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

static void show_own(struct seq_file *m, const struct bh_binding *binding)
{
	char label[BH_LABEL_LINE];

	show_binding(m, binding, rcu_dereference(binding->entry->loaded));
	if (binding->caption->label)
		show_string(m, "label", binding->caption->label, label, sizeof(label));
	seq_putc(m, '\n');
}

static int self_show(struct seq_file *m, void *unused)
{
	struct bh_binding **found;
	unsigned int nr, i;

	found = kmalloc_array(BH_CONFINING_MAX, sizeof(*found), GFP_KERNEL_ACCOUNT);
	if (!found)
		return -ENOMEM;
	rcu_read_lock();
	nr = bh_bindings_of_task(current, found);
	for (i = 0; i < nr; i++) {
		if (!bh_binding_spares(found[i], current))
			show_own(m, found[i]);
	}
	rcu_read_unlock();
	kfree(found);
	return 0;
}

BH_DEFINE_SHOW(self);
