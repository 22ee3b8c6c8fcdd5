// SPDX-License-Identifier: GPL-2.0-only
/*
 * How files and directories in securityfs come and go: without any lock of a directory.
 *
 * Who lists a directory holds its lock for as long as he likes, for example by a buffer that
 * his fuse server fills; anybody may list the root of securityfs. Who waits for that lock, as
 * securityfs_create_file() and securityfs_remove() do, cannot be killed.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "binding.h"
#include "compat/compat.h"
#include "securityfs_files.h"

/* The directory `policies`. Set once, at load. */
struct dentry *bh_policies_dir;

/* Keeps securityfs, as long as the module has something in it. */
static struct vfsmount *securityfs;
static bool is_counted;

/*
 * A confined task lists nothing. With another task that tries to make a name there, which is
 * refused only when it is its turn, it would hold up who looks for a name that is not there.
 */
static int may_access(BH_IDMAP struct inode *inode, int mask)
{
	if (mask & MAY_READ && bh_task_is_confined(current))
		return -EACCES;
	return generic_permission(BH_PASS_IDMAP inode, mask);
}

static const struct inode_operations dir_iops = {
	.lookup = simple_lookup,
	.permission = may_access,
};

static struct inode *make_inode(struct super_block *sb, umode_t mode,
				const struct file_operations *fops)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	simple_inode_init_ts(inode);
	if (S_ISDIR(mode)) {
		inode->i_op = &dir_iops;
		inode->i_fop = &simple_dir_operations;
		inc_nlink(inode);
	} else {
		inode->i_fop = fops;
	}
	return inode;
}

/**
 * bh_create_file() - make a file or a directory in securityfs
 * @name: its name
 * @mode: its type and its permissions
 * @parent: the directory above, by bh_create_file() or bh_create_top(), or the root
 * @fops: what a file does; NULL for a directory
 *
 * The name comes into being as by a lookup that finds it: d_alloc_parallel() keeps all who look
 * it up at the same time apart, and needs the parent's lock only against those who change it.
 * In a directory of ours nobody else does; callers see to it that there is one of them at a
 * time. In the root nobody else makes our name. Who tries to (mkdir(2)) can hide it until the
 * kernel has refused that, if he looked it up at this very moment.
 *
 * May sleep. Return: the file, for bh_remove_dentry(), or an ERR_PTR: -ENOMEM, -EEXIST.
 */
struct dentry *bh_create_file(const char *name, umode_t mode, struct dentry *parent,
			      const struct file_operations *fops)
{
	struct inode *inode = make_inode(parent->d_sb, mode, fops);
	struct qstr string = QSTR_INIT(name, strlen(name));
	struct dentry *dentry;
	BH_DECLARE_QUEUE(queue);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	string.hash = full_name_hash(parent, name, string.len);
	dentry = bh_d_alloc_parallel(parent, &string, &queue);
	if (IS_ERR(dentry)) {
		iput(inode);
	} else if (d_in_lookup(dentry)) {
		d_add(dentry, inode);
	} else if (d_really_is_negative(dentry)) {
		/* Somebody looks at a name that was not there. */
		d_instantiate(dentry, inode);
	} else {
		dput(dentry);
		iput(inode);
		dentry = ERR_PTR(-EEXIST);
	}
	if (!IS_ERR(dentry) && S_ISDIR(mode) && !IS_ROOT(parent))
		inc_nlink(d_inode(parent));
	return dentry;
}

/**
 * bh_create_top() - make a directory in the root of securityfs
 * @name: its name
 * @mode: its permissions
 *
 * May sleep. Once, at load. Return: the directory, for bh_remove_top(), or an ERR_PTR: -ENODEV
 * (there is no securityfs), -ENOMEM, -EEXIST.
 */
struct dentry *bh_create_top(const char *name, umode_t mode)
{
	struct file_system_type *type = get_fs_type("securityfs");
	struct dentry *top;
	struct inode *root;

	if (!type)
		return ERR_PTR(-ENODEV);
	securityfs = kern_mount(type);
	module_put(type->owner);
	if (IS_ERR(securityfs))
		return ERR_CAST(securityfs);
	top = bh_create_file(name, S_IFDIR | mode, securityfs->mnt_root, NULL);
	if (IS_ERR(top)) {
		kern_unmount(securityfs);
		return top;
	}
	/* Others count there, too, with the lock. It is for programs that walk directories. */
	root = d_inode(securityfs->mnt_root);
	is_counted = inode_trylock(root);
	if (is_counted) {
		inc_nlink(root);
		inode_unlock(root);
	}
	return top;
}

/**
 * bh_remove_dentry() - remove a file or an empty directory from securityfs
 * @dentry: the file or the directory; or NULL
 *
 * Its name goes. What somebody has mounted on it, in a namespace of his own, stays there: who
 * unmounts may have to wait for its file system. Its inode may stay, of a directory that is open,
 * too: a descriptor made with O_PATH, which does not pin the module, can open it when the module
 * has gone. So it points into the module no more.
 *
 * May sleep.
 */
void bh_remove_dentry(struct dentry *dentry)
{
	struct inode *inode;

	if (!dentry)
		return;
	inode = d_inode(dentry);
	d_drop(dentry);
	if (!S_ISDIR(inode->i_mode)) {
		make_bad_inode(inode);
	} else {
		inode->i_op = &simple_dir_inode_operations;
		if (!IS_ROOT(dentry->d_parent))
			drop_nlink(d_inode(dentry->d_parent));
	}
	clear_nlink(inode);
	dput(dentry);
}

/**
 * bh_remove_top() - remove what bh_create_top() made
 * @top: the directory, which is empty
 *
 * May sleep. Once, at unload.
 */
void bh_remove_top(struct dentry *top)
{
	struct inode *root = d_inode(securityfs->mnt_root);

	bh_remove_dentry(top);
	if (is_counted && inode_trylock(root)) {
		drop_nlink(root);
		inode_unlock(root);
	}
	kern_unmount(securityfs);
}
