// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file `assign`: the assignment table.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "assign.h"
#include "assign_table.h"
#include "event.h"
#include "limits.h"
#include "parse.h"
#include "registry.h"
#include "securityfs_files.h"
#include "vec.h"

/**
 * struct writing - what was written to an open file and has taken no effect yet
 * @lock: between those who share it
 * @text: what was written
 * @len: its length
 * @cap: how much fits
 * @ended: was a table ended, so that blanks may follow?
 * @failed: an error ended it all
 */
struct writing {
	struct mutex lock;	/* of the rest; taken before bh_config_mutex */
	char *text;
	size_t len;
	u32 cap;
	bool ended;
	bool failed;
};

static struct writing *writing_of(struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static int assign_show(struct seq_file *m, void *unused)
{
	bh_assignment_show(m);
	return 0;
}

static int assign_open(struct inode *inode, struct file *file)
{
	struct writing *writing = kzalloc(sizeof(*writing), GFP_KERNEL_ACCOUNT);
	int err;

	if (!writing)
		return -ENOMEM;
	mutex_init(&writing->lock);
	err = single_open(file, assign_show, writing);
	if (err)
		kfree(writing);
	return err;
}

/* Reports a table that was not taken. Return: @err. */
static int refuse_table(int err, const char *reason)
{
	const struct bh_config_event config = { .op = "assign", .reason = reason };

	pr_err("assign: error %s\n", reason);
	bh_event_config(&config, err);
	return err;
}

static int refuse_at(const struct bh_error *error)
{
	char reason[sizeof(error->message) + 32];

	if (error->line)
		snprintf(reason, sizeof(reason), "%u:%u %s", error->line, error->column,
			 error->message);
	else
		strscpy(reason, error->message, sizeof(reason));
	return refuse_table(error->err, reason);
}

static int put_in_force(const struct file *file, const char *text, size_t len)
{
	static const struct bh_config_event config = { .op = "assign" };
	struct bh_error error;
	struct bh_assignment *assignment;
	int err = bh_assignment_parse(&assignment, text, len, &error);

	if (err)
		return refuse_at(&error);
	mutex_lock(&bh_config_mutex);
	error = (struct bh_error){
		.err = bh_may_change(file), .message = "not permitted, or locked",
	};
	if (!error.err)
		error.err = bh_assignment_replace(&assignment, &error);
	mutex_unlock(&bh_config_mutex);
	/* Waits until no exec looks at the old table any more. */
	if (!error.err)
		synchronize_rcu();
	bh_assignment_free(assignment);
	if (error.err)
		return refuse_at(&error);
	bh_event_config(&config, 0);
	return 0;
}

/* Puts each table in force whose `end` was written. */
static int take_table(const struct file *file, struct writing *writing)
{
	size_t lines_len, taken;
	int err;

	while ((taken = bh_assign_end(writing->text, writing->len, &lines_len)) > 0) {
		err = put_in_force(file, writing->text, lines_len);
		if (err)
			return err;
		writing->len -= taken;
		memmove(writing->text, writing->text + taken, writing->len);
		writing->ended = true;
	}
	return 0;
}

static int append_text(const struct file *file, struct writing *writing, const char __user *from,
		       size_t len)
{
	if (writing->failed)
		return -EINVAL;
	if (len > BH_ASSIGN_MAX - writing->len)
		return refuse_table(-E2BIG, "the table is too long");
	if (bh_reserve((void **)&writing->text, &writing->cap, writing->len + len, 1))
		return refuse_table(-ENOMEM, "out of memory");
	if (copy_from_user(writing->text + writing->len, from, len))
		return -EFAULT;
	writing->len += len;
	return take_table(file, writing);
}

static ssize_t assign_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct writing *writing = writing_of(file);
	int err = bh_check_writer(file, "assign");

	if (err)
		return err;
	if (mutex_lock_interruptible(&writing->lock))
		return -ERESTARTSYS;
	err = append_text(file, writing, from, len);
	writing->failed |= !!err;
	mutex_unlock(&writing->lock);
	return err ?: len;
}

/* At the last close: a table without its `end` is dropped, and not silently. */
static int assign_flush(struct file *file, fl_owner_t id)
{
	struct writing *writing = writing_of(file);
	int err = 0;

	/* Other descriptors of the open file are left, such as those of a shell's children. */
	if (file_count(file) > 1)
		return 0;
	mutex_lock(&writing->lock);
	if (!writing->failed && writing->len &&
	    !(writing->ended && bh_assign_is_blank(writing->text, writing->len))) {
		writing->failed = true;
		err = refuse_table(-EINVAL, "the last line of a table must be: end");
	}
	mutex_unlock(&writing->lock);
	return err;
}

static int assign_release(struct inode *inode, struct file *file)
{
	struct writing *writing = writing_of(file);

	kvfree(writing->text);
	kfree(writing);
	return single_release(inode, file);
}

const struct file_operations bh_assign_fops = {
	.owner = THIS_MODULE,
	.open = assign_open,
	.read = seq_read,
	.write = assign_write,
	.llseek = seq_lseek,
	.flush = assign_flush,
	.release = assign_release,
};
