// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layers: does a file of an overlay lie in the layer that is written to?
 *
 * Nothing that overlayfs exports tells what its layers are. But it answers statfs() by
 * asking vfs_statfs() of the root of its uppermost layer: redirected there, the question
 * tells that root and goes no further. Nothing is opened, locked or waited for, whatever
 * lies beneath. A layer that is written to is not mounted read-only, and all others are.
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

/* Where the root of an overlay's uppermost layer is to be noted, while it is asked for. */
static DEFINE_PER_CPU(struct path *, wanted_path);

/**
 * bh_layer_takes() - vfs_statfs() begins
 * @path: what it is asked about
 *
 * Any context. Return: true if this is our question, and answered.
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
 * The root of an overlay's uppermost layer. It lives as long as the overlay, so that no
 * reference is taken. Nobody else runs on this processor until it is known.
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
 * What was copied up by way of a file without a name has its real dentry in the working
 * directory for as long as it is cached: WORKDIR/work/#INODE, or with index=on in
 * WORKDIR/index, where hard links that were copied up have names of their own as well.
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
 * With redirect_dir=on a directory can be renamed while the files in it stay below.
 * They are not what the image has at that place any more.
 *
 * Names end with NUL at any time, and under RCU they stay where they are.
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
 * Is it the overlay that is the root of the task's mount namespace? Mostly the file was
 * reached through that root. Otherwise the task's own root is looked at, which need not
 * be that of the namespace.
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
	return root->mnt_sb == path->dentry->d_sb;
}

/**
 * bh_layer_of() - the layer that a file lies in
 * @path: the file, as it was opened
 *
 * What it says holds for one moment if no name changes meanwhile: whoever calls looks at
 * rename_lock. Does not sleep; takes no lock and no reference.
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
