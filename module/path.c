// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths: the name of a file as its mount namespace has it.
 *
 * d_path() would not do: it ends at the task's root, so that a chroot would forge paths. Two
 * other functions are used, by which other security modules name files: our_mnt() tells
 * whether a mount is in the current task's mount namespace, and d_absolute_path() tells a
 * file's path in the namespace that its mount is in. They take no reference, and a lock only
 * if something is renamed or mounted meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "limits.h"
#include "path.h"

BH_DEFINE_FUNCTION(d_absolute_path);
BH_DEFINE_FUNCTION(our_mnt);

const struct bh_function bh_path_functions[] = {
	BH_FUNCTION(d_absolute_path, "the path of a file in its mount namespace"),
	BH_FUNCTION(our_mnt, "whether a file lies in the task's mount namespace"),
	{ }
};

/**
 * bh_path_is_here() - does a file lie in the current task's mount namespace?
 * @path: the file
 *
 * Any context. Return: false also for what is detached, and for a task that has given
 * its namespace up.
 */
bool bh_path_is_here(const struct path *path)
{
	return current->nsproxy && BH_CALL(our_mnt)(path->mnt);
}

/*
 * Copies a name. In whole words, from the last one on: what is copied from before the name is
 * written over by what comes before it, or lies before the path's beginning. That much may be
 * read: a name is part of its dentry, behind other fields of it, or of a struct external_name,
 * behind its count. The name may change meanwhile.
 */
#ifdef CONFIG_DCACHE_WORD_ACCESS
#define BEFORE_NAME (sizeof(u64) - 1)

static __no_kcsan __always_inline void copy_name(char *to, const unsigned char *name, u32 len)
{
	long left = len;
	u64 word;

	do {
		left -= sizeof(word);
		memcpy(&word, name + left, sizeof(word));
		memcpy(to + left, &word, sizeof(word));
	} while (left > 0);
}
#else
#define BEFORE_NAME 0

static __no_kcsan __always_inline void copy_name(char *to, const unsigned char *name, u32 len)
{
	while (len--)
		to[len] = name[len];
}
#endif

/*
 * Puts the path within the mount of @root before @end, from @buf on. The pointer to a name and
 * its length belong together if nothing was renamed since @seq; the name itself stays where it is
 * as long as RCU keeps it. KCSAN: that nothing was renamed is found out when all is read.
 *
 * Return: where the path begins; @end: there is none, or it must be asked for in another way.
 */
static __no_kcsan __always_inline char *put_in_mount(char *buf, char *end,
						     const struct path *path,
						     const struct dentry *root, unsigned int seq)
{
	const struct dentry *dentry = path->dentry;
	const char *least = buf + BEFORE_NAME;
	char *at = end;

	while (dentry != root) {
		const struct dentry *parent = READ_ONCE(dentry->d_parent);
		const unsigned char *name = READ_ONCE(dentry->d_name.name);
		u32 len = READ_ONCE(dentry->d_name.len);
		char *to = at - len;

		/* The first is so if it was moved out of what is mounted. */
		if (parent == dentry || read_seqretry(&rename_lock, seq) || to <= least)
			return end;
		copy_name(to, name, len);
		at = to - 1;
		*at = '/';
		dentry = parent;
	}
	return at;
}

/*
 * The kernel's own function is made for all cases and copies each name in a way that may
 * fault. So only the path to the mount comes from it, and what lies within the mount is
 * read here, as of one moment: nothing was renamed from before that until after.
 *
 * Return: where the path begins, whose NUL is at @end; NULL if there is no path, or it must be
 * asked for in another way.
 */
static __no_kcsan __always_inline char *find_path(const struct path *path, char *buf, char *end)
{
	const struct path top = { .mnt = path->mnt, .dentry = path->mnt->mnt_root };
	unsigned int seq = read_seqbegin(&rename_lock);
	char *inner, *outer;

	*end = '\0';
	inner = put_in_mount(buf, end, path, top.dentry, seq);
	if (unlikely(inner == end))
		return NULL;
	/* d_absolute_path() puts its NUL where the inner part begins. */
	outer = BH_CALL(d_absolute_path)(&top, buf, inner - buf + 1);
	*inner = '/';
	if (IS_ERR(outer) || read_seqretry(&rename_lock, seq))
		return NULL;
	/* The root of the namespace is "/". */
	return outer + 1 == inner ? inner : outer;
}

/* Asks d_absolute_path() for the whole path. It locks out renames and mounts if need be. */
static noinline char *ask_path(const struct path *path, char *buf)
{
	char *at;

	if (d_unlinked(path->dentry))
		return NULL;
	at = BH_CALL(d_absolute_path)(path, buf, BH_PATH_MAX);
	/* -EINVAL: the file was unmounted, or moved out of what is mounted, since it was opened. */
	return at == ERR_PTR(-EINVAL) ? NULL : at;
}

/**
 * bh_path_find() - what the path of a file is to rules
 * @path: the file
 * @buf: BH_PATH_MAX bytes
 * @string: filled in: the path from the root of the mount namespace that the file lies
 *          in, somewhere in @buf; no path, for what is deleted or detached;
 *          unreached if the current task's mount namespace does not lead there
 *
 * A mount never moves from one namespace into another, so that the two questions asked
 * here need not be asked at one moment.
 *
 * Under RCU. Does not sleep. May take rename_lock and mount_lock, which are not safe in
 * interrupts: not under tasklist_lock.
 *
 * Return: 0, or -ENAMETOOLONG (the path does not fit).
 */
int bh_path_find(const struct path *path, char *buf, struct bh_string *string)
{
	char *end = buf + BH_PATH_MAX - 1, *at;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "names are read under RCU");
	at = likely(!d_unlinked(path->dentry)) ? find_path(path, buf, end) : NULL;
	if (unlikely(!at)) {
		*string = (struct bh_string){ .unreached = true };
		at = ask_path(path, buf);
		if (IS_ERR_OR_NULL(at))
			return PTR_ERR_OR_ZERO(at);
	}
	string->s = at;
	string->len = end - at;
	string->unreached = !bh_path_is_here(path);
	return 0;
}

/**
 * bh_path_is_root() - is a mount the root of the current task's mount namespace?
 * @mnt: the mount; RCU or a reference keeps it
 *
 * Of mounts that lie one on the other, each is. Any context.
 */
bool bh_path_is_root(const struct vfsmount *mnt)
{
	struct path root = { .mnt = (struct vfsmount *)mnt, .dentry = mnt->mnt_root };
	char slash[2];

	return bh_path_is_here(&root) && !IS_ERR(BH_CALL(d_absolute_path)(&root, slash, 2));
}

/**
 * bh_path_name() - the path of a file from the root of the current mount namespace
 * @path: the file
 * @buf: BH_PATH_MAX bytes
 * @name: set to the path, somewhere in @buf, or to NULL if the file cannot be reached
 *        from there
 *
 * Context, but for RCU, and return as bh_path_find().
 */
int bh_path_name(const struct path *path, char *buf, char **name)
{
	struct bh_string string;
	int err;

	rcu_read_lock();
	err = bh_path_find(path, buf, &string);
	rcu_read_unlock();
	*name = err || string.unreached ? NULL : (char *)string.s;
	return err;
}

/* Proof at load: the two functions answer as the code above expects. */

static bool has_end(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

/* From the task's root, wherever that is, the file's path is @seen. */
static bool knows_file(const struct path *path, const char *seen, char *buf)
{
	char *name;

	return !bh_path_name(path, buf, &name) && name && *name == '/' && has_end(name, seen);
}

/* At the bottom of the namespace its paths begin. */
static bool knows_bottom(const struct path *path, char *buf)
{
	struct path top = *path;
	char *name;
	int err;

	path_get(&top);
	while (follow_up(&top))
		;
	dput(top.dentry);
	top.dentry = dget(top.mnt->mnt_root);
	err = bh_path_name(&top, buf, &name);
	path_put(&top);
	return !err && name && !strcmp(name, "/");
}

/* As if the task were in another namespace, which others must not see meanwhile. */
static bool knows_elsewhere(const struct path *path, char *buf)
{
	struct nsproxy *own = current->nsproxy, other = *own;
	struct bh_string string;
	int err;

	other.mnt_ns = NULL;
	task_lock(current);
	current->nsproxy = &other;
	rcu_read_lock();
	err = bh_path_find(path, buf, &string);
	rcu_read_unlock();
	current->nsproxy = own;
	task_unlock(current);
	return !err && string.unreached && string.s && has_end(string.s, "/proc/filesystems");
}

/* A namespace's file lies on a mount of the kernel's own, which nothing leads to. */
static bool knows_detached(const struct path *path, char *buf)
{
	struct bh_string string;
	int err;

	rcu_read_lock();
	err = bh_path_find(path, buf, &string);
	rcu_read_unlock();
	return !err && string.unreached && !string.s && !bh_path_is_here(path);
}

static const char *find_fault(const struct path *known, const struct path *detached, char *buf)
{
	if (!knows_file(known, "/proc/filesystems", buf))
		return "/proc/filesystems has another path";
	if (!knows_bottom(known, buf))
		return "the root of the mount namespace is not \"/\"";
	if (!knows_elsewhere(known, buf))
		return "a file of another mount namespace counts as one of the task's";
	if (!knows_detached(detached, buf))
		return "a file that nothing leads to has a path";
	return NULL;
}

/* As a task that shares its root with another thread, which kernels may tell apart. */
static int prove_answers(const struct path *known, const struct path *detached)
{
	char *buf = kmalloc(BH_PATH_MAX, GFP_KERNEL);
	const char *fault;

	if (!buf)
		return -ENOMEM;
	bh_fs_share(current->fs, 1);
	fault = find_fault(known, detached, buf);
	bh_fs_share(current->fs, -1);
	kfree(buf);
	if (!fault)
		return 0;
	pr_err("d_absolute_path, our_mnt: %s\n", fault);
	return -ENXIO;
}

static int prove_functions(void)
{
	struct file *detached;
	struct path known;
	int err = kern_path("/proc/filesystems", 0, &known);

	if (err) {
		pr_err("/proc/filesystems is not there: is /proc mounted? (%d)\n", err);
		return err;
	}
	detached = filp_open("/proc/self/ns/mnt", O_RDONLY, 0);
	err = PTR_ERR_OR_ZERO(detached);
	if (!err) {
		err = prove_answers(&known, &detached->f_path);
		fput(detached);
	}
	path_put(&known);
	return err;
}

/**
 * bh_path_init() - find the functions that tell paths, and prove them
 *
 * May sleep.
 *
 * Return: 0; -ENOENT (not in this kernel, or no /proc), -ENXIO (a wrong answer), -ENOMEM.
 */
int bh_path_init(void)
{
	return bh_functions_find(bh_path_functions) ?: prove_functions();
}
