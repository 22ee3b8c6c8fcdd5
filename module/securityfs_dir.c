// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories in securityfs, and how files and directories go away.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/security.h>

#include "securityfs_files.h"

/* The directory `policies`. Set once, at load. */
struct dentry *bh_policies_dir;

/**
 * bh_create_dir() - make a directory in securityfs
 * @name: its name
 * @mode: its permissions, which securityfs_create_dir() does not let one choose
 * @parent: the directory above, or NULL for the root of securityfs
 *
 * May sleep. Return: the directory, for bh_remove_dentry(), or an ERR_PTR.
 */
struct dentry *bh_create_dir(const char *name, umode_t mode, struct dentry *parent)
{
	return securityfs_create_file(name, S_IFDIR | mode, parent, NULL, NULL);
}

/**
 * bh_remove_dentry() - remove a file or an empty directory from securityfs
 * @dentry: the file or the directory; or NULL
 *
 * securityfs_remove() leaves two things of a file that is open:
 *
 * - its name, so that a policy of that name could not be loaded again: it is dropped here;
 * - its inode, which a descriptor made with O_PATH, which does not pin the module, can open
 *   when the module has gone: it is made bad here, and points into the module no more.
 *
 * Takes the parent's inode lock. May sleep.
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
