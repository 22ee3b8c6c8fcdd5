// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content: sees every change of a file that would make its kept digest wrong.
 *
 * A file that is written to was opened by do_dentry_open(), also by overlayfs itself, which
 * asks security_file_open() after it has counted the writer. A file that is truncated without
 * being opened goes through notify_change(), after the writer was counted as well. Whose blocks
 * are exchanged for others that equal them has no writer: see hook_dedupe.c. An inode
 * that dies is given to security_inode_free() before its memory can be another one's.
 *
 * The hooks judge no class of rules and do not sleep. They are attached when the first policy
 * names a digest.
 */
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/security.h>

#include "compat/compat.h"
#include "digest.h"
#include "hooks.h"
#include "kept.h"
#include "registry.h"

BH_DEFINE_ORIGINAL(security_file_open);
BH_DEFINE_ORIGINAL(notify_change);
BH_DEFINE_ORIGINAL(security_inode_free);

static int hook_file_open(struct file *file)
{
	int err = 0;

	if (file->f_mode & FMODE_WRITE)
		err = bh_content_written(file_inode(file));
	return err ?: BH_ORIGINAL(security_file_open)(file);
}

#ifdef BH_IDMAP_ARG
static int hook_notify_change(BH_IDMAP_ARG idmap, struct dentry *dentry, struct iattr *attr,
			      BH_DELEGATED_ARG delegated)
{
	int err = 0;

	if (attr->ia_valid & ATTR_SIZE)
		err = bh_content_written(d_inode(dentry));
	return err ?: BH_ORIGINAL(notify_change)(idmap, dentry, attr, delegated);
}
#else
static int hook_notify_change(struct dentry *dentry, struct iattr *attr,
			      BH_DELEGATED_ARG delegated)
{
	int err = 0;

	if (attr->ia_valid & ATTR_SIZE)
		err = bh_content_written(d_inode(dentry));
	return err ?: BH_ORIGINAL(notify_change)(dentry, attr, delegated);
}
#endif

static void hook_inode_free(struct inode *inode)
{
	if (S_ISREG(inode->i_mode))
		bh_kept_forget(inode);
	BH_ORIGINAL(security_inode_free)(inode);
}

static struct bh_hook death_hooks[] = {
	BH_HOOK(security_inode_free, "content: files that are there no more", hook_inode_free),
	{ }
};

static struct bh_hook content_hooks[] = {
	BH_HOOK(security_file_open, "content: files opened for writing", hook_file_open),
	BH_HOOK(notify_change, "content: files cut", hook_notify_change),
	{ }
};

/* Nothing is looked for unless it is seen to end: that hook is there before, and after. */
static struct bh_hook *const tables[] = { death_hooks, content_hooks, bh_dedupe_hooks };
static bool started;	/* under bh_config_mutex */

/**
 * bh_content_start() - be ready for policies that name digests
 *
 * Called under bh_config_mutex before such a policy is in force. What it attaches stays
 * until bh_content_stop(). May sleep.
 *
 * Return: 0, or as bh_content_init() and bh_attach().
 */
int bh_content_start(void)
{
	int err;

	lockdep_assert_held(&bh_config_mutex);
	if (started)
		return 0;
	err = bh_content_init(&bh_overlay_hooks[0]);
	if (err)
		return err;
	err = bh_attach(tables, ARRAY_SIZE(tables));
	if (err)
		bh_content_exit();
	started = !err;
	return err;
}

/** bh_content_stop() - undo bh_content_start(); no check is under way any more */
void bh_content_stop(void)
{
	if (!started)
		return;
	bh_detach(&tables[1], ARRAY_SIZE(tables) - 1);
	bh_detach(&tables[0], 1);
	bh_content_exit();
	started = false;
}
