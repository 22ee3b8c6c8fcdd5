// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths: the name of a file as its mount namespace has it.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "limits.h"
#include "ns.h"
#include "path.h"

static const struct cred *own_cred;

/**
 * bh_ns_bottom() - the mount at the bottom of the current mount namespace
 *
 * This is where a path of the namespace ends, whatever the task's root is. It
 * never changes as long as the namespace lives.
 *
 * struct mnt_namespace is the file system core's own, but to enter a namespace
 * is an operation on a set that the caller supplies: entered with one that no
 * task has, it tells where the namespace's root is and changes nothing.
 *
 * May sleep. Return: the mount with a reference, or an ERR_PTR: -ESRCH (the
 * task is exiting), -ENOMEM, or what the path walk says.
 */
struct vfsmount *bh_ns_bottom(void)
{
	struct nsproxy nsproxy = { };
	struct fs_struct fs = { .users = 1 };
	struct nsset set = { .nsproxy = &nsproxy, .fs = &fs, .cred = own_cred };
	struct ns_common *entered = bh_mntns_ops->get(current), *left;
	const struct cred *old_cred;
	struct vfsmount *bottom;
	int err;

	if (!entered)
		return ERR_PTR(-ESRCH);
	/*
	 * Entering drops a reference to the namespace that is left and takes
	 * one to that which is entered: the same here.
	 */
	left = bh_mntns_ops->get(current);
	nsproxy.mnt_ns = current->nsproxy->mnt_ns;
	bh_fs_init(&fs);
	old_cred = override_creds(own_cred);
	err = bh_mntns_ops->install(&set, entered);
	revert_creds(old_cred);
	bh_mntns_ops->put(left);
	bh_mntns_ops->put(entered);
	if (err)
		return ERR_PTR(err);
	path_put(&fs.pwd);
	while (follow_up(&fs.root))
		;
	bottom = mntget(fs.root.mnt);
	path_put(&fs.root);
	return bottom;
}

static int prepend(char *buf, char **at, const char *s, size_t len)
{
	if (*at - buf < len)
		return -ENAMETOOLONG;
	*at -= len;
	memcpy(*at, s, len);
	return 0;
}

/* The names from @root, exclusive, down to @dentry. */
static int prepend_names(char *buf, char **at, struct dentry *dentry, const struct dentry *root)
{
	int err = 0;

	rcu_read_lock();
	while (dentry != root && !err) {
		struct dentry *parent;

		/* The lock of a dentry keeps its name and its parent. */
		spin_lock(&dentry->d_lock);
		parent = dentry->d_parent;
		err = prepend(buf, at, dentry->d_name.name, dentry->d_name.len);
		spin_unlock(&dentry->d_lock);
		if (!err)
			err = prepend(buf, at, "/", 1);
		/* Moved out of the mount's tree, or never in any. */
		if (parent == dentry)
			err = -ENOENT;
		dentry = parent;
	}
	rcu_read_unlock();
	return err;
}

/* The path of a dentry within its mount, as of one moment: without renames meanwhile. */
static int prepend_in_mount(char *buf, char **at, const struct path *path)
{
	char *start = *at;
	unsigned int seq;
	int err, tries;

	for (tries = 0; tries < BH_RENAME_TRIES_MAX; tries++) {
		*at = start;
		seq = read_seqbegin(&rename_lock);
		err = prepend_names(buf, at, path->dentry, path->mnt->mnt_root);
		if (!read_seqretry(&rename_lock, seq))
			return err;
	}
	*at = start;
	read_seqlock_excl(&rename_lock);
	err = prepend_names(buf, at, path->dentry, path->mnt->mnt_root);
	read_sequnlock_excl(&rename_lock);
	return err;
}

/**
 * bh_path_name() - the path of a file from the root of the mount namespace
 * @path: the file
 * @bottom: from bh_ns_bottom()
 * @buf: BH_PATH_MAX bytes
 * @name: set to the path, somewhere in @buf, or to NULL if the file cannot be
 *        reached from there
 *
 * Not d_path(), which ends at the task's root: chroot would forge paths. Nor is
 * any root believed but @bottom: a task can make a detached mount its root.
 *
 * May sleep. Return: 0, or -ENAMETOOLONG (the path does not fit, or lies deeper
 * than BH_MOUNT_DEPTH_MAX mounts).
 */
int bh_path_name(const struct path *path, const struct vfsmount *bottom, char *buf, char **name)
{
	char *at = buf + BH_PATH_MAX - 1;
	struct path here = *path;
	int err, depth;

	*at = '\0';
	*name = NULL;
	if (d_unlinked(path->dentry))
		return 0;
	path_get(&here);
	for (depth = 0; ; depth++) {
		err = depth < BH_MOUNT_DEPTH_MAX ? prepend_in_mount(buf, &at, &here) :
						   -ENAMETOOLONG;
		if (err || !follow_up(&here))
			break;
	}
	if (!err && here.mnt == bottom) {
		if (!*at)
			err = prepend(buf, &at, "/", 1);
		*name = at;
	}
	path_put(&here);
	return err == -ENOENT ? 0 : err;
}

/*
 * Prepends the path of a chroot that lies inside a mount to a name made within
 * it. The chroot's parent directory lies outside, so that d_path() goes all the
 * way up from there. Under RCU, without references: they could not be dropped
 * in atomic context.
 */
static int prepend_chroot(const struct path *root, char *buf, char **name)
{
	struct path above = { .mnt = root->mnt };
	char *at = *name, *parent;
	size_t len;
	int err;

	spin_lock(&root->dentry->d_lock);
	above.dentry = root->dentry->d_parent;
	err = prepend(buf, &at, root->dentry->d_name.name, root->dentry->d_name.len);
	spin_unlock(&root->dentry->d_lock);
	if (!err)
		err = prepend(buf, &at, "/", 1);
	if (err)
		return err;
	parent = d_path(&above, buf, at - buf);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	/* d_path() ended its string just before @at; the root itself is "/". */
	len = strnlen(parent, at - parent);
	if (len == 1)
		len = 0;
	memmove(at - len, parent, len);
	*name = at - len;
	return 0;
}

/*
 * What d_path() says is true of files at or below the mount that the root lies
 * on. Of others it tells the path in whatever tree they are: without a chroot
 * they are another namespace's, and with one there is no telling.
 */
static int path_name_below(const struct path *path, const struct path *root, bool trust_root,
			   char *buf, char **name)
{
	const struct path mount = { .mnt = root->mnt, .dentry = root->mnt->mnt_root };
	bool chrooted = root->dentry != mount.dentry;

	if (d_unlinked(path->dentry))
		return 0;
	if (!chrooted && !trust_root)
		return -EOPNOTSUPP;
	if (!path_is_under(path, &mount))
		return chrooted ? -EOPNOTSUPP : 0;
	*name = d_path(path, buf, BH_PATH_MAX);
	if (IS_ERR(*name))
		return PTR_ERR(*name);
	return chrooted && path_is_under(path, root) ? prepend_chroot(root, buf, name) : 0;
}

/**
 * bh_path_name_atomic() - bh_path_name() where one must not sleep
 * @path: the file
 * @trust_root: if the current task's root is the root of a mount, is it the root
 *              of the namespace? No exported function tells in atomic context
 *              where a mount is mounted.
 * @buf: BH_PATH_MAX bytes
 * @name: set to the path, somewhere in @buf, or to NULL if the file cannot be
 *        reached
 *
 * Undoes a chroot into a directory. Takes locks that are not safe in interrupts:
 * not under tasklist_lock.
 *
 * Return: 0, -ENAMETOOLONG, -EAGAIN (other threads keep changing the root) or
 * -EOPNOTSUPP (the root is not trusted, or the file lies on another mount than a
 * chroot).
 */
int bh_path_name_atomic(const struct path *path, bool trust_root, char *buf, char **name)
{
	struct fs_struct *fs = current->fs;
	int err = -EAGAIN, tries;
	unsigned int seq;

	*name = NULL;
	if (!fs)
		return 0;
	rcu_read_lock();
	for (tries = 0; tries < BH_ROOT_TRIES_MAX; tries++) {
		struct path root;

		seq = bh_fs_read_begin(fs);
		root = fs->root;
		if (bh_fs_read_retry(fs, seq))
			continue;
		*name = NULL;
		err = path_name_below(path, &root, trust_root, buf, name);
		if (!bh_fs_read_retry(fs, seq))
			break;
		err = -EAGAIN;
	}
	rcu_read_unlock();
	return err;
}

/**
 * bh_open_as_kernel() - open a file with the kernel's own credentials
 * @path: the file
 * @flags: O_*
 *
 * Return: the file with a reference, or an ERR_PTR.
 */
struct file *bh_open_as_kernel(const struct path *path, int flags)
{
	const struct cred *old_cred = override_creds(own_cred);
	struct file *file = dentry_open(path, flags, own_cred);

	revert_creds(old_cred);
	return file;
}

/** bh_path_init() - get credentials of the kernel's. Return: 0 or -ENOMEM. */
int bh_path_init(void)
{
	own_cred = prepare_kernel_cred(&init_task);
	return own_cred ? 0 : -ENOMEM;
}

/** bh_path_exit() - undo bh_path_init() */
void bh_path_exit(void)
{
	put_cred(own_cred);
}
