// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layers: does a file of an overlay lie in the layer that is written to?
 *
 * overlayfs exports nothing that tells its layers. But its statfs() calls vfs_statfs() on the
 * root of its uppermost layer. So statfs() of the overlay is called, and a hook on
 * vfs_statfs() notes that root and returns before anything is done. Nothing is opened, locked
 * or waited for, whatever file system lies beneath. The uppermost layer is the one that is
 * written to unless overlayfs has mounted it read-only, as it does all others.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/statfs.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "layer.h"
#include "limits.h"
#include "path.h"
#include "policy.h"

/* Where bh_layer_takes() notes the root of an overlay's uppermost layer; NULL: not asked now. */
static DEFINE_PER_CPU(struct path *, wanted_path);

/**
 * bh_layer_takes() - take a call of vfs_statfs() that find_top() has caused
 * @path: the argument of that call
 *
 * Any context. Return: true if it was, and vfs_statfs() need not be called.
 */
bool bh_layer_takes(const struct path *path)
{
	struct path *to = this_cpu_read(wanted_path);

	if (likely(!to))
		return false;
	*to = *path;
	this_cpu_write(wanted_path, NULL);
	return true;
}

/*
 * Finds the root of an overlay's uppermost layer, without a reference, since it lives as long
 * as the overlay. Preemption is off meanwhile, so that no other task finds wanted_path set.
 */
static int find_top(struct super_block *overlay, struct path *top)
{
	struct kstatfs unused;

	*top = (struct path){ };
	preempt_disable();
	this_cpu_write(wanted_path, top);
	overlay->s_op->statfs(overlay->s_root, &unused);
	this_cpu_write(wanted_path, NULL);
	preempt_enable();
	return top->mnt ? 0 : -EOPNOTSUPP;
}

/*
 * Is the real dentry in the overlay's working directory? overlayfs copies a file up by way of
 * a file without a name, whose dentry stays there for as long as it is cached:
 * WORKDIR/work/#INODE, or WORKDIR/index with index=on, which also has the hard links that were
 * copied up.
 */
static bool is_in_workdir(const struct dentry *real, const struct dentry *top)
{
	const char *dir = READ_ONCE(READ_ONCE(real->d_parent)->d_name.name);
	const char *name = READ_ONCE(real->d_name.name);

	if (real->d_sb != top->d_sb)
		return false;
	if (!strcmp(dir, "index"))
		return *name == '#' || !strncmp(name, "00fb", 4);
	return !strcmp(dir, "work") && *name == '#';
}

/*
 * Does a file have another path in the overlay than in its layer? With redirect_dir=on a
 * directory can be renamed while the files in it stay in the lower layer. These are not what
 * the image has at that path.
 *
 * A name ends with NUL at any time, and RCU keeps it where it is.
 *
 * Return: 1, 0, or -ENAMETOOLONG.
 */
static int is_moved(const struct dentry *seen, const struct dentry *real)
{
	int depth;

	for (depth = 0; depth < BH_PATH_MAX; depth++) {
		if (seen == seen->d_sb->s_root)
			return 0;
		if (strcmp(READ_ONCE(seen->d_name.name), READ_ONCE(real->d_name.name)))
			return 1;
		seen = READ_ONCE(seen->d_parent);
		real = READ_ONCE(real->d_parent);
	}
	return -ENAMETOOLONG;
}

/* Return: 1 if the upper layer has anything of the file, 0, or a negative errno. */
static int is_upper(struct dentry *seen)
{
	struct dentry *real;
	struct path top;
	int err = find_top(seen->d_sb, &top);

	if (err)
		return err;
	if (top.mnt->mnt_flags & MNT_READONLY)
		return 0;
	real = bh_d_real(seen);
	if (real == seen)
		return -EOPNOTSUPP;
	if (is_subdir(real, top.dentry) || is_in_workdir(real, top.dentry) ||
	    bh_has_other_metadata(seen, real))
		return 1;
	return is_moved(seen, real);
}

/*
 * Is the file on the overlay that is the root of the task's mount namespace? Most files were
 * reached by a mount that is that root. For the others the task's own root is looked at, which
 * need not be the root of the namespace.
 *
 * Return: 1, 0, or -EOPNOTSUPP if the namespace's root cannot be told.
 */
static int is_of_root(const struct path *path)
{
	const struct vfsmount *root;

	if (bh_path_is_root(path->mnt))
		return 1;
	root = READ_ONCE(current->fs->root.mnt);
	if (!bh_path_is_root(root))
		return -EOPNOTSUPP;
	if (root->mnt_sb == path->dentry->d_sb)
		return 1;
	/* A namespace may be made empty: what was opened before lay on the root of another. */
	return bh_path_is_here(path) ? 0 : -EOPNOTSUPP;
}

/**
 * bh_layer_of() - the layer that a file lies in
 * @path: the file, as it was opened
 *
 * The answer is of one moment only if no name changed meanwhile: the caller compares
 * rename_lock before and after. Under RCU. Does not sleep; takes no lock and no reference.
 *
 * Return: BH_LAYER_*; -EOPNOTSUPP if it cannot be told, -ENAMETOOLONG.
 */
int bh_layer_of(const struct path *path)
{
	int ret;

	if (path->dentry->d_sb->s_magic != OVERLAYFS_SUPER_MAGIC)
		return BH_LAYER_NONE;
	rcu_read_lock();
	ret = is_of_root(path);
	if (ret > 0) {
		ret = is_upper(path->dentry);
		if (ret >= 0)
			ret = ret ? BH_LAYER_UPPER : BH_LAYER_LOWER;
	} else if (!ret) {
		ret = BH_LAYER_NONE;
	}
	rcu_read_unlock();
	return ret;
}
