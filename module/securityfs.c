// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files below /sys/kernel/security/bulkhead. Each has its own source: securityfs_*.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/kernel.h>

#include "registry.h"
#include "securityfs.h"
#include "securityfs_files.h"

static const struct {
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} root_table[] = {
	{ "load", 0600, &bh_load_fops },
	{ "remove", 0200, &bh_remove_fops },
	{ "bind", 0200, &bh_bind_fops },
	{ "unbind", 0200, &bh_unbind_fops },
	{ "bindings", 0400, &bh_bindings_fops },
	{ "assign", 0600, &bh_assign_fops },
	{ "events", 0400, &bh_events_fops },
	{ "stats", 0400, &bh_stats_fops },
	{ "features", 0444, &bh_features_fops },
	{ "self", 0444, &bh_self_fops },
	{ "keys", 0600, &bh_keys_fops },
	{ "lock", 0600, &bh_lock_fops },
};

static struct dentry *root_dir;
static struct dentry *root_files[ARRAY_SIZE(root_table)];

/**
 * bh_securityfs_init() - make the directory and its files
 * @tables: the tables of hooks that `features` shows; they live as long as the module
 * @nr: how many tables
 *
 * May sleep. On an error nothing is left behind.
 *
 * Return: 0; -EEXIST (the directory is there), -ENODEV (there is no securityfs), -ENOMEM.
 */
int bh_securityfs_init(struct bh_hook *const *tables, unsigned int nr)
{
	int i, err;

	bh_features_init(tables, nr);
	/* 0711: anyone may read `self` and `features`, but nobody else may list the directory. */
	root_dir = bh_create_top("bulkhead", 0711);
	if (IS_ERR(root_dir)) {
		err = PTR_ERR(root_dir);
		pr_err("cannot make the directory in securityfs (%d)\n", err);
		return err;
	}
	bh_policies_dir = bh_create_file("policies", S_IFDIR | 0700, root_dir, NULL);
	err = PTR_ERR_OR_ZERO(bh_policies_dir);
	if (err)
		bh_policies_dir = NULL;
	for (i = 0; i < ARRAY_SIZE(root_table) && !err; i++) {
		root_files[i] = bh_create_file(root_table[i].name, S_IFREG | root_table[i].mode,
					       root_dir, root_table[i].fops);
		err = PTR_ERR_OR_ZERO(root_files[i]);
		if (err)
			root_files[i] = NULL;
	}
	if (err) {
		pr_err("cannot make the files in securityfs (%d)\n", err);
		bh_securityfs_exit();
	}
	return err;
}

/**
 * bh_securityfs_exit() - remove the files and the directory
 *
 * No file is open, since an open file pins the module. But a task may still be on its way to
 * one through an inode that it saw before: the caller must wait for RCU tasks, as bh_detach()
 * does, before the module goes. May sleep.
 */
void bh_securityfs_exit(void)
{
	struct bh_entry *entry;
	int i;

	for (i = 0; i < ARRAY_SIZE(root_table); i++)
		bh_remove_dentry(root_files[i]);
	/* Without bh_config_mutex: nobody can load or remove a policy any more. */
	bh_registry_for_each(entry)
		bh_policy_files_remove(entry->files);
	bh_remove_dentry(bh_policies_dir);
	bh_remove_top(root_dir);
}
