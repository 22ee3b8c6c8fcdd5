// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories in securityfs, and how files and directories go away.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/security.h>

#include "securityfs_files.h"

/* Where the policies' directories are made. */
struct dentry *bh_policies_dir;

/**
 * bh_create_dir() - make a directory
 * @name: its name
 * @mode: who may do what with it; securityfs_create_dir() lets anyone list one
 * @parent: where, or NULL
 *
 * Return: the directory, for bh_remove_dentry(), or an ERR_PTR.
 */
struct dentry *bh_create_dir(const char *name, umode_t mode, struct dentry *parent)
{
	return securityfs_create_file(name, S_IFDIR | mode, parent, NULL, NULL);
}

/**
 * bh_remove_dentry() - remove a file or an empty directory
 * @dentry: the file, or NULL
 *
 * Takes a file or an empty directory away, even if someone holds on to it.
 * securityfs leaves the name of an open file in place: a policy of that name could
 * not be loaded again. And whoever has a file open with O_PATH, which does not
 * keep the module loaded, could open it for good when the module has gone: the
 * inode must not point into it any more.
 */
void bh_remove_dentry(struct dentry *dentry)
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
