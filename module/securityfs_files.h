/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the sources of the files in securityfs share: securityfs.c makes the files that the
 * others define.
 */
#ifndef BULKHEAD_SECURITYFS_FILES_H
#define BULKHEAD_SECURITYFS_FILES_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "attach.h"
#include "event.h"

/* securityfs_load.c, securityfs_policy.c, securityfs_bind.c, securityfs_assign.c */
extern const struct file_operations bh_load_fops;
extern const struct file_operations bh_remove_fops;
extern const struct file_operations bh_bind_fops;
extern const struct file_operations bh_unbind_fops;
extern const struct file_operations bh_bindings_fops;
extern const struct file_operations bh_self_fops;
extern const struct file_operations bh_assign_fops;

/* securityfs_state.c, securityfs_lock.c */
extern const struct file_operations bh_events_fops;
extern const struct file_operations bh_stats_fops;
extern const struct file_operations bh_features_fops;
extern const struct file_operations bh_lock_fops;

/* securityfs_keys.c */
extern const struct file_operations bh_keys_fops;

/* A file without state of its own, all of which @name_show() writes. */
#define BH_DEFINE_SHOW(name)						\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return single_open(file, name##_show, NULL);			\
}									\
									\
const struct file_operations bh_##name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = name##_open,						\
	.read = seq_read,						\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}

void bh_features_init(struct bh_hook *const *tables, unsigned int nr);

bool bh_wants_signatures(void);
int bh_may_change(const struct file *file);
int bh_check_writer(const struct file *file, const char *op);

/**
 * struct bh_command - a line that was written to a file that takes commands
 * @file: the file that it was written to
 * @line: the line, without blanks around it; the command may change it
 * @column: where what is wrong stands, counted from 1
 * @config: what the command is about, for its report; ->reason is what is wrong
 */
struct bh_command {
	struct file *file;
	char *line;
	unsigned int column;
	struct bh_config_event config;
};

void bh_command_names(struct bh_command *command, const char *policy);
int bh_change(struct bh_command *command, int (*change)(struct bh_command *command));
ssize_t bh_write_lines(struct file *file, const char __user *from, size_t len, const char *op,
		       int (*run)(struct bh_command *command));

struct bh_policy_files;

struct bh_policy_files *bh_policy_files_create(const char *name);
void bh_policy_files_remove(struct bh_policy_files *files);

extern struct mutex bh_policy_files_mutex;
extern struct dentry *bh_policies_dir;
struct dentry *bh_create_top(const char *name, umode_t mode);
struct dentry *bh_create_file(const char *name, umode_t mode, struct dentry *parent,
			      const struct file_operations *fops);
void bh_remove_dentry(struct dentry *dentry);
void bh_remove_top(struct dentry *top);

#endif /* BULKHEAD_SECURITYFS_FILES_H */
