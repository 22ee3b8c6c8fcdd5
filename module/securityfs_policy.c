// SPDX-License-Identifier: GPL-2.0-only
/*
 * policies/NAME/: what a loaded policy says, is, and has come to. And `remove`.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "binding.h"
#include "escape.h"
#include "pack.h"
#include "securityfs_files.h"
#include "vec.h"

enum {
	POLICY_TEXT,
	POLICY_INFO,
	POLICY_STATS,
	POLICY_FILES,
};

/*
 * Held while files of policies are made or removed; taken before bh_config_mutex, so that no
 * task that executes or makes a namespace waits meanwhile.
 */
DEFINE_MUTEX(bh_policy_files_mutex);

/* The dentries of a policy's directory. */
struct bh_policy_files {
	struct dentry *dir;
	struct dentry *file[POLICY_FILES];
};

/* An open file of a policy: what it was when it was opened. @text is for `text` alone. */
struct policy_view {
	struct bh_loaded *loaded;
	struct bh_counts counts;
	u64 events_lost;
	u64 audit_dropped;
	unsigned int bound;
	char *text;
};

static struct policy_view *policy_view_get(const struct file *file)
{
	/* The policy's name is that of the directory, which the open file keeps. */
	const struct dentry *dir = file->f_path.dentry->d_parent;
	struct policy_view *view = kzalloc(sizeof(*view), GFP_KERNEL_ACCOUNT);
	struct bh_entry *entry;

	if (!view)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&bh_config_mutex);
	entry = bh_registry_find(dir->d_name.name, dir->d_name.len);
	if (entry) {
		/* Bindings of dead namespaces do not count. */
		bh_bindings_reap();
		view->loaded = bh_loaded_get(entry);
		view->counts = bh_entry_counts(entry);
		view->events_lost = READ_ONCE(entry->losses->events);
		view->audit_dropped = READ_ONCE(entry->losses->audit);
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
	kvfree(view->text);
	kfree(view);
}

static int text_open(struct inode *inode, struct file *file)
{
	struct policy_view *view = policy_view_get(file);
	const struct bh_policy *policy;

	if (IS_ERR(view))
		return PTR_ERR(view);
	policy = view->loaded->policy;
	view->text = kvmalloc(policy->source_len, BH_GFP_LOAD);
	if (!view->text) {
		policy_view_put(view);
		return -ENOMEM;
	}
	bh_unpack(policy->source, policy->packed_len, view->text);
	file->private_data = view;
	return 0;
}

static ssize_t text_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	const struct policy_view *view = file->private_data;

	return simple_read_from_buffer(to, len, pos, view->text,
				       view->loaded->policy->source_len);
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

static void show_signer(struct seq_file *m, const char *signer)
{
	char line[4 * BH_SIGNER_MAX + 8];
	struct bh_text text = { .s = line, .cap = sizeof(line) };

	if (*signer)
		bh_text_append_quoted(&text, signer, strlen(signer));
	else
		bh_text_append(&text, "-", 1);
	seq_printf(m, "signer %.*s\n", (int)text.len, line);
}

static int info_show(struct seq_file *m, void *unused)
{
	const struct policy_view *view = m->private;
	const struct bh_policy *policy = view->loaded->policy;

	seq_printf(m, "name %s\n", policy->name);
	seq_printf(m, "version %llu\n", policy->version);
	seq_printf(m, "mode %s\n", policy->audit_mode ? "audit" : "enforce");
	seq_printf(m, "sha256 %*phN\n", SHA256_DIGEST_SIZE, view->loaded->sha256);
	show_signer(m, policy->signer);
	seq_printf(m, "rules %u\n", policy->nr_rules);
	seq_printf(m, "bytes %zu\n", policy->bytes);
	return 0;
}

static int policy_stats_show(struct seq_file *m, void *unused)
{
	const struct policy_view *view = m->private;
	const struct bh_policy *policy = view->loaded->policy;
	u64 hits;
	u32 i;

	seq_printf(m, "checks %llu\n", view->counts.checks);
	seq_printf(m, "denials %llu\n", view->counts.denials);
	seq_printf(m, "events_lost %llu\n", view->events_lost);
	seq_printf(m, "audit_dropped %llu\n", view->audit_dropped);
	seq_printf(m, "bindings %u\n", view->bound);
	for (i = 0; i < policy->nr_rules; i++) {
		hits = bh_loaded_hits(view->loaded, i);
		if (hits)
			seq_printf(m, "rule %u hits %llu\n", policy->rules[i].line, hits);
	}
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

/**
 * bh_policy_files_remove() - take a policy's directory away
 * @files: its files, or NULL; freed
 *
 * Under bh_policy_files_mutex, but at the unload. May sleep.
 */
void bh_policy_files_remove(struct bh_policy_files *files)
{
	int i;

	if (!files)
		return;
	for (i = 0; i < POLICY_FILES; i++)
		bh_remove_dentry(files->file[i]);
	bh_remove_dentry(files->dir);
	kfree(files);
}

/**
 * bh_policy_files_create() - make a policy's directory
 * @name: the policy's name
 *
 * Under bh_policy_files_mutex. May sleep.
 *
 * Return: its files, for bh_policy_files_remove(), or an ERR_PTR: -ENOMEM.
 */
struct bh_policy_files *bh_policy_files_create(const char *name)
{
	struct bh_policy_files *files = kzalloc(sizeof(*files), GFP_KERNEL);
	int i, err;

	if (!files)
		return ERR_PTR(-ENOMEM);
	files->dir = bh_create_file(name, S_IFDIR | 0700, bh_policies_dir, NULL);
	if (IS_ERR(files->dir)) {
		err = PTR_ERR(files->dir);
		kfree(files);
		return ERR_PTR(err);
	}
	for (i = 0; i < POLICY_FILES; i++) {
		struct dentry *file = bh_create_file(policy_file_table[i].name, S_IFREG | 0400,
						     files->dir, policy_file_table[i].fops);

		if (IS_ERR(file)) {
			bh_policy_files_remove(files);
			return ERR_CAST(file);
		}
		files->file[i] = file;
	}
	return files;
}

/* remove */

/* The files of the policy that the current line removes; under bh_policy_files_mutex. */
static struct bh_policy_files *doomed_files;

static int remove_command(struct bh_command *command)
{
	struct bh_entry *entry = bh_registry_find(command->line, strlen(command->line));

	bh_command_names(command, command->line);
	if (bh_wants_signatures()) {
		command->config.reason = "locked: no policy is removed";
		return -EPERM;
	}
	command->config.reason = "no such policy is loaded";
	if (!entry)
		return -ENOENT;
	bh_bindings_reap();
	command->config.reason = "the policy is bound, or named by the assignment table";
	if (entry->bound || entry->assigned)
		return -EBUSY;
	command->config.reason = NULL;
	doomed_files = entry->files;
	bh_registry_remove(entry);
	return 0;
}

static int remove_line(struct bh_command *command)
{
	int err;

	if (mutex_lock_killable(&bh_policy_files_mutex)) {
		command->config.reason = "the writer was killed";
		return -EINTR;
	}
	err = bh_change(command, remove_command);
	bh_policy_files_remove(doomed_files);
	doomed_files = NULL;
	mutex_unlock(&bh_policy_files_mutex);
	return err;
}

static ssize_t remove_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	return bh_write_lines(file, from, len, "remove", remove_line);
}

const struct file_operations bh_remove_fops = {
	.owner = THIS_MODULE,
	.write = remove_write,
	.llseek = noop_llseek,
};
