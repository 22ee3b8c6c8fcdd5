// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layers: does a file of an overlay lie in the layer that is written to?
 *
 * Nothing that overlayfs exports tells where a file's data lies, and what upper and
 * lower are is private to it. But what it opens, it opens through functions that
 * can be redirected: when its root is opened it opens the root of its uppermost
 * layer. A layer that is written to is not mounted read-only, and all others are. A
 * file whose real dentry lies below the root of the one that is written to is in it,
 * and so is one of which that layer has an entry.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat/compat.h"
#include "layer.h"
#include "limits.h"
#include "path.h"
#include "policy.h"

/**
 * struct layer_look - an overlay's root that is being opened to see what lies beneath
 * @node: in the table, by the task
 * @task: who looks
 * @overlay: the overlay
 * @root: what was opened first that is not the overlay's own, with a reference
 *
 * Each on the stack of its task. No lock is held while it lasts: what lies beneath may
 * be served by a process that never answers, and no one else is to wait for that.
 */
struct layer_look {
	struct hlist_node node;
	const struct task_struct *task;
	const struct super_block *overlay;
	struct path root;
};

static DEFINE_HASHTABLE(looks, 6);
static DEFINE_SPINLOCK(looks_lock);

/* The current task's own, so that it cannot go away. */
static struct layer_look *find_look(void)
{
	struct layer_look *look, *found = NULL;

	if (hlist_empty(&looks[hash_min((unsigned long)current, HASH_BITS(looks))]))
		return NULL;
	spin_lock(&looks_lock);
	hash_for_each_possible(looks, look, node, (unsigned long)current)
		if (look->task == current)
			found = look;
	spin_unlock(&looks_lock);
	return found;
}

/**
 * bh_layer_saw_open() - a confined task opens a path
 * @path: the path
 */
void bh_layer_saw_open(const struct path *path)
{
	struct layer_look *look = find_look();

	if (!look || look->root.mnt || path->dentry->d_sb == look->overlay)
		return;
	look->root = *path;
	path_get(&look->root);
}

/* The root of the uppermost layer, with a reference. */
static int find_upper_root(const struct path *path, struct path *root)
{
	struct path top = { .mnt = path->mnt, .dentry = path->dentry->d_sb->s_root };
	struct layer_look look = { .task = current, .overlay = top.dentry->d_sb };
	struct file *file;
	int err;

	spin_lock(&looks_lock);
	hash_add(looks, &look.node, (unsigned long)current);
	spin_unlock(&looks_lock);
	file = bh_open_as_kernel(&top, O_RDONLY | O_DIRECTORY | O_LARGEFILE);
	spin_lock(&looks_lock);
	hash_del(&look.node);
	spin_unlock(&looks_lock);
	err = PTR_ERR_OR_ZERO(file);
	if (!err)
		fput(file);
	if (!err && !look.root.mnt)
		err = -EOPNOTSUPP;
	if (err)
		path_put(&look.root);
	else
		*root = look.root;
	return err;
}

/*
 * With index=on a hard link that was copied up lies in WORKDIR/index. A lower file
 * in some other directory of that name on the same file system is taken for one, too.
 */
static bool is_indexed(struct dentry *real, const struct path *root)
{
	bool indexed;

	spin_lock(&real->d_lock);
	indexed = real->d_sb == root->dentry->d_sb &&
		  !strcmp(real->d_parent->d_name.name, "index");
	spin_unlock(&real->d_lock);
	return indexed;
}

static bool have_same_name(struct dentry *seen, struct dentry *real)
{
	struct name_snapshot name;
	bool same;

	take_dentry_name_snapshot(&name, seen);
	spin_lock(&real->d_lock);
	same = name.name.len == real->d_name.len &&
	       !memcmp(name.name.name, real->d_name.name, name.name.len);
	spin_unlock(&real->d_lock);
	release_dentry_name_snapshot(&name);
	return same;
}

/*
 * With redirect_dir=on a directory can be renamed while the files in it stay below.
 * They are not what the image has at that place any more.
 *
 * Return: 1, 0, or -ENAMETOOLONG.
 */
static int is_moved(struct dentry *seen, struct dentry *real)
{
	int depth, moved = -ENAMETOOLONG;

	rcu_read_lock();
	for (depth = 0; depth < BH_PATH_MAX; depth++) {
		if (seen == seen->d_sb->s_root) {
			moved = 0;
			break;
		}
		if (!have_same_name(seen, real)) {
			moved = 1;
			break;
		}
		seen = READ_ONCE(seen->d_parent);
		real = READ_ONCE(real->d_parent);
	}
	rcu_read_unlock();
	return moved;
}

/*
 * The dentry that lies below @root where @seen lies below its own, or NULL. Of what the
 * cache holds, since no lock of a directory may be taken here (mprotect): what an
 * overlay has an upper file for stays there.
 */
static struct dentry *find_in_upper(struct dentry *seen, const struct path *root, char *buf)
{
	struct dentry *here = dget(root->dentry), *next;
	char *rest = dentry_path_raw(seen, buf, BH_PATH_MAX), *name;

	if (IS_ERR(rest)) {
		dput(here);
		return ERR_CAST(rest);
	}
	while (here && (name = strsep(&rest, "/"))) {
		struct qstr component = QSTR_INIT(name, strlen(name));

		if (!*name)
			continue;
		next = try_lookup_noperm(&component, here);
		dput(here);
		if (IS_ERR(next))
			return next;
		here = next;
	}
	return here;
}

/*
 * With metacopy=on a file of which only mode, owner, times or attributes changed has an
 * upper file without data. By another link it is seen at least that the mode changed.
 *
 * Return: 1, 0, or a negative errno.
 */
static int is_in_upper(struct dentry *seen, struct dentry *real, const struct path *root)
{
	struct dentry *found;
	unsigned int seq;
	int tries, in_upper = -EAGAIN;
	char *buf;

	if (READ_ONCE(d_inode(seen)->i_mode) != READ_ONCE(d_inode(real)->i_mode))
		return 1;
	if (d_unlinked(seen))
		return 0;
	buf = kmalloc(BH_PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	for (tries = 0; tries < BH_ROOT_TRIES_MAX && in_upper == -EAGAIN; tries++) {
		seq = read_seqbegin(&rename_lock);
		found = find_in_upper(seen, root, buf);
		if (IS_ERR(found)) {
			in_upper = PTR_ERR(found);
			break;
		}
		if ((found && d_is_reg(found)) || !read_seqretry(&rename_lock, seq))
			in_upper = found && d_is_reg(found);
		dput(found);
	}
	kfree(buf);
	return in_upper;
}

static int layer_on_overlay(const struct path *path)
{
	struct dentry *real = d_real(path->dentry, D_REAL_DATA);
	struct path root;
	int upper = 0, err;

	if (real == path->dentry)
		return -EOPNOTSUPP;
	err = find_upper_root(path, &root);
	if (err)
		return err;
	if (!(root.mnt->mnt_flags & MNT_READONLY)) {
		upper = is_subdir(real, root.dentry) || is_indexed(real, &root) ?
			1 : is_in_upper(path->dentry, real, &root);
		if (!upper)
			upper = is_moved(path->dentry, real);
	}
	path_put(&root);
	if (upper < 0)
		return upper;
	return upper ? BH_LAYER_UPPER : BH_LAYER_LOWER;
}

/**
 * bh_layer_of() - the layer that a file lies in
 * @path: the file, as it was opened
 *
 * May sleep. Return: BH_LAYER_*, or a negative errno.
 */
int bh_layer_of(const struct path *path)
{
	if (path->dentry->d_sb->s_magic != OVERLAYFS_SUPER_MAGIC)
		return BH_LAYER_NONE;
	return layer_on_overlay(path);
}
