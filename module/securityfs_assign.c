// SPDX-License-Identifier: GPL-2.0-only
/*
 * `assign`: the assignment table.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "assign.h"
#include "limits.h"
#include "registry.h"
#include "securityfs_files.h"

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
	err = bh_may_change(file);
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
	err = bh_may_change(file) ?: bh_assignment_replace(&assignment);
	mutex_unlock(&bh_config_mutex);
	/* Until no exec looks at the old table any more. */
	if (!err)
		synchronize_rcu();
	bh_assignment_free(assignment);
	return err ?: len;
}

const struct file_operations bh_assign_fops = {
	.owner = THIS_MODULE,
	.open = assign_open,
	.read = seq_read,
	.write = assign_write,
	.llseek = seq_lseek,
	.release = single_release,
};
