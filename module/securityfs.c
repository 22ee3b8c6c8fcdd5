// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files below /sys/kernel/security/bulkhead.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "assign.h"
#include "binding.h"
#include "check.h"
#include "compat/compat.h"
#include "escape.h"
#include "event.h"
#include "parse.h"
#include "securityfs.h"

/* Bytes of a document that are copied in at a time. */
#define LOAD_CHUNK 65536

/* Set once and never cleared; under bh_config_mutex. */
static bool locked;

/*
 * May the writer change anything? Asked at each write, of the writer and of
 * whoever opened the file: a descriptor is not a right that can be passed on to
 * a confined task, nor one to be lent by a privileged program that a
 * descriptor was planted on.
 */
static int may_change(const struct file *file)
{
	lockdep_assert_held(&bh_config_mutex);
	if (locked)
		return -EPERM;
	if (!file_ns_capable(file, &init_user_ns, CAP_MAC_ADMIN) || !capable(CAP_MAC_ADMIN))
		return -EPERM;
	return bh_task_is_confined(current) ? -EPERM : 0;
}

/* policies/NAME/ */

enum {
	POLICY_TEXT,
	POLICY_INFO,
	POLICY_STATS,
	POLICY_FILES,
};

/* The dentries of a policy's directory. */
struct policy_files {
	struct dentry *dir;
	struct dentry *file[POLICY_FILES];
};

/* An open file of a policy: what it was when it was opened. */
struct policy_view {
	struct bh_loaded *loaded;
	struct bh_counts counts;
	unsigned int bound;
};

static struct policy_view *policy_view_get(const struct file *file)
{
	/* The file is found by the name of its directory, which the file keeps. */
	const struct dentry *dir = file->f_path.dentry->d_parent;
	struct policy_view *view = kzalloc(sizeof(*view), GFP_KERNEL);
	struct bh_entry *entry;

	if (!view)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&bh_config_mutex);
	entry = bh_registry_find(dir->d_name.name, dir->d_name.len);
	if (entry) {
		/* Namespaces that have died meanwhile do not count. */
		bh_bindings_reap();
		view->loaded = bh_loaded_get(entry);
		view->counts = bh_entry_counts(entry);
		view->bound = entry->bound;
	}
	mutex_unlock(&bh_config_mutex);
	if (view->loaded)
		return view;
	kfree(view);
	return ERR_PTR(-ENOENT);
}

static void policy_view_put(struct policy_view *view)
{
	bh_loaded_put(view->loaded);
	kfree(view);
}

static int text_open(struct inode *inode, struct file *file)
{
	struct policy_view *view = policy_view_get(file);

	file->private_data = view;
	return PTR_ERR_OR_ZERO(view);
}

static ssize_t text_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	const struct policy_view *view = file->private_data;
	const struct bh_policy *policy = view->loaded->policy;

	return simple_read_from_buffer(to, len, pos, policy->text, policy->text_len);
}

static int text_release(struct inode *inode, struct file *file)
{
	policy_view_put(file->private_data);
	return 0;
}

static const struct file_operations text_fops = {
	.owner = THIS_MODULE,
	.open = text_open,
	.read = text_read,
	.llseek = default_llseek,
	.release = text_release,
};

static int info_show(struct seq_file *m, void *unused)
{
	const struct policy_view *view = m->private;
	const struct bh_policy *policy = view->loaded->policy;

	seq_printf(m, "name %s\n", policy->name);
	seq_printf(m, "version %llu\n", policy->version);
	seq_printf(m, "mode %s\n", policy->audit_mode ? "audit" : "enforce");
	seq_printf(m, "sha256 %*phN\n", SHA256_DIGEST_SIZE, view->loaded->sha256);
	seq_puts(m, "signer -\n");
	seq_printf(m, "rules %u\n", policy->nr_rules);
	seq_printf(m, "bytes %zu\n", policy->bytes);
	return 0;
}

static int policy_stats_show(struct seq_file *m, void *unused)
{
	const struct policy_view *view = m->private;

	seq_printf(m, "checks %llu\n", view->counts.checks);
	seq_printf(m, "denials %llu\n", view->counts.denials);
	seq_printf(m, "bindings %u\n", view->bound);
	return 0;
}

static int policy_single_open(struct file *file, int (*show)(struct seq_file *m, void *unused))
{
	struct policy_view *view = policy_view_get(file);
	int err;

	if (IS_ERR(view))
		return PTR_ERR(view);
	err = single_open(file, show, view);
	if (err)
		policy_view_put(view);
	return err;
}

static int info_open(struct inode *inode, struct file *file)
{
	return policy_single_open(file, info_show);
}

static int policy_stats_open(struct inode *inode, struct file *file)
{
	return policy_single_open(file, policy_stats_show);
}

static int policy_single_release(struct inode *inode, struct file *file)
{
	policy_view_put(((struct seq_file *)file->private_data)->private);
	return single_release(inode, file);
}

static const struct file_operations info_fops = {
	.owner = THIS_MODULE,
	.open = info_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = policy_single_release,
};

static const struct file_operations policy_stats_fops = {
	.owner = THIS_MODULE,
	.open = policy_stats_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = policy_single_release,
};

static const struct {
	const char *name;
	const struct file_operations *fops;
} policy_file_table[POLICY_FILES] = {
	[POLICY_TEXT] = { "text", &text_fops },
	[POLICY_INFO] = { "info", &info_fops },
	[POLICY_STATS] = { "stats", &policy_stats_fops },
};

static struct dentry *policies_dir;

/*
 * Takes a file or an empty directory away, even if someone holds on to it.
 * securityfs leaves the name of an open file in place: a policy of that name could
 * not be loaded again. And whoever has a file open with O_PATH, which does not
 * keep the module loaded, could open it for good when the module has gone: the
 * inode must not point into it any more.
 */
static void remove_dentry(struct dentry *dentry)
{
	if (!dentry)
		return;
	dget(dentry);
	securityfs_remove(dentry);
	d_drop(dentry);
	if (d_is_reg(dentry))
		make_bad_inode(d_inode(dentry));
	dput(dentry);
}

static void policy_files_remove(struct policy_files *files)
{
	int i;

	if (!files)
		return;
	for (i = 0; i < POLICY_FILES; i++)
		remove_dentry(files->file[i]);
	remove_dentry(files->dir);
	kfree(files);
}

static struct policy_files *policy_files_create(const char *name)
{
	struct policy_files *files = kzalloc(sizeof(*files), GFP_KERNEL);
	int i, err;

	if (!files)
		return ERR_PTR(-ENOMEM);
	files->dir = securityfs_create_dir(name, policies_dir);
	if (IS_ERR(files->dir)) {
		err = PTR_ERR(files->dir);
		kfree(files);
		return ERR_PTR(err);
	}
	for (i = 0; i < POLICY_FILES; i++) {
		struct dentry *file = securityfs_create_file(policy_file_table[i].name, 0400,
							     files->dir, NULL,
							     policy_file_table[i].fops);

		if (IS_ERR(file)) {
			policy_files_remove(files);
			return ERR_CAST(file);
		}
		files->file[i] = file;
	}
	return files;
}

/* load */

/**
 * struct load - an open `load` file
 * @lock: between those who share it
 * @file: the file
 * @parser: reads what is written
 * @outcome: what a read gives
 * @outcome_len: how much of it
 * @failed: an error ended the document
 */
struct load {
	struct mutex lock;	/* of the rest; taken before bh_config_mutex */
	struct file *file;
	struct bh_parser *parser;
	char *outcome;
	size_t outcome_len;
	bool failed;
};

/* Room for the longest answer, so that an error always fits. */
#define OUTCOME_LINE 256

static int load_entry(struct bh_policy *policy, const char **why)
{
	struct bh_entry *entry;
	struct policy_files *files;
	int ret = bh_registry_load(policy, &entry, why);

	if (ret <= 0)
		return ret;
	files = policy_files_create(entry->name);
	if (IS_ERR(files)) {
		bh_registry_remove(entry);
		*why = "cannot make the policy's directory";
		return PTR_ERR(files);
	}
	entry->files = files;
	return 0;
}

/* Takes a policy from the parser. */
static int load_policy(struct bh_policy *policy, void *data, const char **why)
{
	struct load *load = data;
	char line[OUTCOME_LINE];
	int err, len;

	len = scnprintf(line, sizeof(line), "ok %s %llu\n", policy->name, policy->version);
	if (load->outcome_len + len + OUTCOME_LINE > BH_OUTCOME_MAX) {
		bh_policy_free(policy);
		*why = "too many policies in one document";
		return -E2BIG;
	}
	mutex_lock(&bh_config_mutex);
	err = may_change(load->file);
	if (err) {
		bh_policy_free(policy);
		*why = "not permitted, or locked";
	} else {
		err = load_entry(policy, why);
	}
	mutex_unlock(&bh_config_mutex);
	if (err)
		return err;
	memcpy(load->outcome + load->outcome_len, line, len);
	load->outcome_len += len;
	return 0;
}

static void load_free(struct load *load)
{
	bh_parser_free(load->parser);
	kvfree(load->outcome);
	kfree(load);
}

static int load_open(struct inode *inode, struct file *file)
{
	struct load *load = kzalloc(sizeof(*load), GFP_KERNEL);

	if (!load)
		return -ENOMEM;
	mutex_init(&load->lock);
	load->file = file;
	load->parser = bh_parser_alloc(load_policy, load);
	load->outcome = kvmalloc(BH_OUTCOME_MAX, GFP_KERNEL);
	if (!load->parser || !load->outcome) {
		load_free(load);
		return -ENOMEM;
	}
	file->private_data = load;
	return 0;
}

static int load_release(struct inode *inode, struct file *file)
{
	load_free(file->private_data);
	return 0;
}

static void load_report_error(struct load *load)
{
	const struct bh_error *error = bh_parser_error(load->parser);
	char *line = load->outcome + load->outcome_len;

	load->failed = true;
	load->outcome_len += scnprintf(line, BH_OUTCOME_MAX - load->outcome_len,
				       "error %u:%u %s\n", error->line, error->column,
				       error->message);
	pr_err("load: error %u:%u %s\n", error->line, error->column, error->message);
}

static int load_chunk(struct load *load, const char __user *from, size_t len)
{
	char *chunk = kvmalloc(len, GFP_KERNEL);
	int err;

	if (!chunk)
		return -ENOMEM;
	if (copy_from_user(chunk, from, len)) {
		err = -EFAULT;
	} else {
		err = bh_parser_feed(load->parser, chunk, len);
		if (err && !load->failed)
			load_report_error(load);
	}
	kvfree(chunk);
	return err;
}

static ssize_t load_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct load *load = file->private_data;
	size_t done = 0;
	int err;

	mutex_lock(&bh_config_mutex);
	err = may_change(file);
	mutex_unlock(&bh_config_mutex);
	if (err)
		return err;
	if (mutex_lock_interruptible(&load->lock))
		return -ERESTARTSYS;
	while (done < len && !err) {
		size_t piece = min_t(size_t, len - done, LOAD_CHUNK);

		err = load_chunk(load, from + done, piece);
		if (!err)
			done += piece;
		cond_resched();
	}
	/* What the parser has taken is taken, even if the rest could not be read. */
	if (done && (err == -EFAULT || (err == -ENOMEM && !load->failed)))
		err = 0;
	mutex_unlock(&load->lock);
	return err ?: done;
}

static ssize_t load_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	struct load *load = file->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&load->lock))
		return -ERESTARTSYS;
	ret = simple_read_from_buffer(to, len, pos, load->outcome, load->outcome_len);
	mutex_unlock(&load->lock);
	return ret;
}

static const struct file_operations load_fops = {
	.owner = THIS_MODULE,
	.open = load_open,
	.read = load_read,
	.write = load_write,
	.llseek = default_llseek,
	.release = load_release,
};

/* remove, bind, unbind, lock: a write is a command or several */

/* Runs @command under bh_config_mutex for each line that is written. */
static ssize_t write_lines(struct file *file, const char __user *from, size_t len,
			   int (*command)(char *line))
{
	char *text, *rest, *line;
	int err;

	if (len > BH_BIND_WRITE_MAX)
		return -E2BIG;
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&bh_config_mutex);
	err = may_change(file);
	if (!err && strlen(text) != len)
		err = -EINVAL;
	rest = text;
	while (!err && (line = strsep(&rest, "\n")) != NULL) {
		line = strim(line);
		if (*line)
			err = command(line);
	}
	mutex_unlock(&bh_config_mutex);
	kfree(text);
	return err ?: len;
}

static int remove_command(char *line)
{
	struct bh_entry *entry = bh_registry_find(line, strlen(line));
	struct policy_files *files;

	if (!entry)
		return -ENOENT;
	bh_bindings_reap();
	if (entry->bound || entry->assigned)
		return -EBUSY;
	files = entry->files;
	bh_registry_remove(entry);
	policy_files_remove(files);
	return 0;
}

static ssize_t remove_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return write_lines(file, from, len, remove_command);
}

static const struct file_operations remove_fops = {
	.owner = THIS_MODULE,
	.write = remove_write,
	.llseek = noop_llseek,
};

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
	err = bh_bind(&ns, entry, armed, false, cgroup);
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
	return write_lines(file, from, len, bind_command);
}

static ssize_t unbind_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return write_lines(file, from, len, unbind_command);
}

static const struct file_operations bind_fops = {
	.owner = THIS_MODULE,
	.write = bind_write,
	.llseek = noop_llseek,
};

static const struct file_operations unbind_fops = {
	.owner = THIS_MODULE,
	.write = unbind_write,
	.llseek = noop_llseek,
};

/*
 * Keeps the module loaded until reboot. A reference that is never given back
 * would do, were there not kernels on which an unload can be forced: but a
 * module that another one uses stays even then, so this one uses itself. It
 * exports nothing, so that no one else changes the list.
 */
static void pin_module(void)
{
#ifdef CONFIG_MODULE_UNLOAD
	static struct module_use own_use = { .source = THIS_MODULE, .target = THIS_MODULE };

	list_add_rcu(&own_use.source_list, &THIS_MODULE->source_list);
#endif
	__module_get(THIS_MODULE);
}

static int lock_command(char *line)
{
	if (strcmp(line, "1"))
		return -EINVAL;
	pin_module();
	locked = true;
	pr_notice("locked until reboot\n");
	return 0;
}

static ssize_t lock_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return write_lines(file, from, len, lock_command);
}

static ssize_t lock_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	return simple_read_from_buffer(to, len, pos, READ_ONCE(locked) ? "1\n" : "0\n", 2);
}

static const struct file_operations lock_fops = {
	.owner = THIS_MODULE,
	.read = lock_read,
	.write = lock_write,
	.llseek = default_llseek,
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

static const struct file_operations bindings_fops = {
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
		show_binding(m, found[i], rcu_dereference(found[i]->entry->loaded));
		seq_putc(m, '\n');
	}
	rcu_read_unlock();
	kfree(found);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(self);

/* assign */

static int assign_show(struct seq_file *m, void *unused)
{
	bh_assignment_show(m);
	return 0;
}

static int assign_open(struct inode *inode, struct file *file)
{
	return single_open(file, assign_show, NULL);
}

static int check_change(const struct file *file)
{
	int err;

	mutex_lock(&bh_config_mutex);
	err = may_change(file);
	mutex_unlock(&bh_config_mutex);
	return err;
}

static ssize_t assign_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct bh_assignment *assignment;
	char *text;
	int err;

	if (len > BH_ASSIGN_MAX)
		return -E2BIG;
	err = check_change(file);
	if (err)
		return err;
	text = vmemdup_user(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = bh_assignment_parse(&assignment, text, len);
	kvfree(text);
	if (err)
		return err;
	mutex_lock(&bh_config_mutex);
	err = may_change(file) ?: bh_assignment_replace(&assignment);
	mutex_unlock(&bh_config_mutex);
	/* Until no exec looks at the old table any more. */
	if (!err)
		synchronize_rcu();
	bh_assignment_free(assignment);
	return err ?: len;
}

static const struct file_operations assign_fops = {
	.owner = THIS_MODULE,
	.open = assign_open,
	.read = seq_read,
	.write = assign_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* events */

static int events_open(struct inode *inode, struct file *file)
{
	file->private_data = bh_event_reader_alloc();
	if (!file->private_data)
		return -ENOMEM;
	return stream_open(inode, file);
}

static ssize_t events_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	return bh_event_read(file->private_data, to, len, !(file->f_flags & O_NONBLOCK));
}

static __poll_t events_poll(struct file *file, poll_table *wait)
{
	return bh_event_poll(file->private_data, file, wait);
}

static int events_release(struct inode *inode, struct file *file)
{
	bh_event_reader_free(file->private_data);
	return 0;
}

static const struct file_operations events_fops = {
	.owner = THIS_MODULE,
	.open = events_open,
	.read = events_read,
	.poll = events_poll,
	.release = events_release,
};

/* stats, features */

static int stats_show(struct seq_file *m, void *unused)
{
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	seq_printf(m, "checks %llu\n", bh_checks());
	seq_printf(m, "denials %llu\n", bh_denials());
	seq_printf(m, "events_lost %llu\n", bh_events_lost());
	seq_printf(m, "bindings %u\n", bh_bindings_nr());
	seq_printf(m, "assigned %llu\n", bh_assigned());
	seq_printf(m, "policies %u\n", bh_registry_nr());
	seq_printf(m, "bytes %zu\n", bh_registry_bytes());
	seq_puts(m, "cache_hits 0\n");
	mutex_unlock(&bh_config_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static struct bh_hook *const *hook_tables;
static unsigned int nr_hook_tables;

static int features_show(struct seq_file *m, void *unused)
{
	const struct bh_hook *hook;
	const struct bh_key *key;
	unsigned int t;
	int class;

	seq_printf(m, "abi %d\n", BULKHEAD_ABI);
	seq_puts(m, "namespaces");
	for (t = 0; t < BH_NS_TYPES; t++)
		seq_printf(m, " %s", bh_ns_types[t].name);
	seq_puts(m, "\nassign");
	for (t = 0; t < BH_NS_TYPES; t++)
		if (bh_ns_types[t].is_new)
			seq_printf(m, " %s", bh_ns_types[t].name);
	seq_puts(m, "\n");
	for (class = 0; class < BH_CLASSES; class++) {
		seq_printf(m, "class %s keys", bh_classes[class].name);
		for (key = bh_classes[class].keys; key->name; key++)
			seq_printf(m, " %s", key->name);
		seq_puts(m, "\n");
	}
	for (t = 0; t < nr_hook_tables; t++)
		for (hook = hook_tables[t]; hook->function; hook++)
			seq_printf(m, "point %s attached=ftrace judges=\"%s\"\n", hook->function,
				   hook->purpose);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(features);

static const struct {
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} file_table[] = {
	{ "load", 0600, &load_fops },
	{ "remove", 0200, &remove_fops },
	{ "bind", 0200, &bind_fops },
	{ "unbind", 0200, &unbind_fops },
	{ "bindings", 0400, &bindings_fops },
	{ "assign", 0600, &assign_fops },
	{ "events", 0400, &events_fops },
	{ "stats", 0400, &stats_fops },
	{ "features", 0444, &features_fops },
	{ "self", 0444, &self_fops },
	{ "lock", 0600, &lock_fops },
};

static struct dentry *root_dir;
static struct dentry *files[ARRAY_SIZE(file_table)];

/**
 * bh_securityfs_init() - make the files
 * @tables: the hooks that are attached, for `features`
 * @nr: how many tables
 *
 * Return: 0, or what securityfs says.
 */
int bh_securityfs_init(struct bh_hook *const *tables, unsigned int nr)
{
	int i, err;

	hook_tables = tables;
	nr_hook_tables = nr;
	root_dir = securityfs_create_dir("bulkhead", NULL);
	if (IS_ERR(root_dir)) {
		err = PTR_ERR(root_dir);
		pr_err("cannot make the directory in securityfs (%d)\n", err);
		return err;
	}
	policies_dir = securityfs_create_dir("policies", root_dir);
	err = PTR_ERR_OR_ZERO(policies_dir);
	if (err)
		policies_dir = NULL;
	for (i = 0; i < ARRAY_SIZE(file_table) && !err; i++) {
		files[i] = securityfs_create_file(file_table[i].name, file_table[i].mode, root_dir,
						  NULL, file_table[i].fops);
		err = PTR_ERR_OR_ZERO(files[i]);
		if (err)
			files[i] = NULL;
	}
	if (err) {
		pr_err("cannot make the files in securityfs (%d)\n", err);
		bh_securityfs_exit();
	}
	return err;
}

/**
 * bh_securityfs_exit() - take the files away; none is open, since that pins the module
 *
 * A task may still be on its way to one through an inode that it saw before: the
 * caller must wait for RCU tasks, as bh_detach() does, before the module goes.
 */
void bh_securityfs_exit(void)
{
	struct bh_entry *entry;
	int i;

	for (i = 0; i < ARRAY_SIZE(file_table); i++)
		remove_dentry(files[i]);
	mutex_lock(&bh_config_mutex);
	bh_registry_for_each(entry)
		policy_files_remove(entry->files);
	mutex_unlock(&bh_config_mutex);
	remove_dentry(policies_dir);
	remove_dentry(root_dir);
}
