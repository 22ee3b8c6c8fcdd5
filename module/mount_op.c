// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount operations: from what the kernel has to a verdict.
 */
#include <linux/blk_types.h>
#include <linux/namei.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "mount_op.h"
#include "ns.h"
#include "path.h"

struct flag {
	unsigned long kernel;
	u32 flag;
};

/* What mount(2) is asked for. */
static const struct flag ms_flags[] = {
	{ MS_RDONLY, BH_FLAG_RO },
	{ MS_NOSUID, BH_FLAG_NOSUID },
	{ MS_NODEV, BH_FLAG_NODEV },
	{ MS_NOEXEC, BH_FLAG_NOEXEC },
	{ MS_NOATIME, BH_FLAG_NOATIME },
	{ MS_NODIRATIME, BH_FLAG_NODIRATIME },
	{ MS_RELATIME, BH_FLAG_RELATIME },
	{ MS_STRICTATIME, BH_FLAG_STRICTATIME },
	{ MS_NOSYMFOLLOW, BH_FLAG_NOSYMFOLLOW },
	{ MS_SYNCHRONOUS, BH_FLAG_SYNC },
	{ MS_DIRSYNC, BH_FLAG_DIRSYNC },
	{ MS_MANDLOCK, BH_FLAG_MANDLOCK },
	{ MS_LAZYTIME, BH_FLAG_LAZYTIME },
	{ MS_REC, BH_FLAG_REC },
	{ MS_SILENT, BH_FLAG_SILENT },
};

/* What a mount that is not attached yet was made with. */
static const struct flag mnt_flags[] = {
	{ MNT_READONLY, BH_FLAG_RO },
	{ MNT_NOSUID, BH_FLAG_NOSUID },
	{ MNT_NODEV, BH_FLAG_NODEV },
	{ MNT_NOEXEC, BH_FLAG_NOEXEC },
	{ MNT_NOATIME, BH_FLAG_NOATIME },
	{ MNT_NODIRATIME, BH_FLAG_NODIRATIME },
	{ MNT_NOSYMFOLLOW, BH_FLAG_NOSYMFOLLOW },
};

static const struct flag sb_flags[] = {
	{ SB_RDONLY, BH_FLAG_RO },
	{ SB_SYNCHRONOUS, BH_FLAG_SYNC },
	{ SB_DIRSYNC, BH_FLAG_DIRSYNC },
	{ SB_MANDLOCK, BH_FLAG_MANDLOCK },
	{ SB_LAZYTIME, BH_FLAG_LAZYTIME },
};

static u32 translate_flags(const struct flag *table, unsigned int nr, unsigned long kernel)
{
	u32 flags = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (kernel & table[i].kernel)
			flags |= table[i].flag;
	return flags;
}

/** bh_mount_flags_asked() - the flags of mount(2), MS_*, as BH_FLAG_* */
u32 bh_mount_flags_asked(unsigned long flags)
{
	return translate_flags(ms_flags, ARRAY_SIZE(ms_flags), flags);
}

/**
 * bh_mount_flags_of_mount() - what mount(2) would have been asked for a mount
 * @flags: its flags, MNT_*
 *
 * relatime is what one gets without asking, and strictatime what there is without
 * any of the others.
 */
u32 bh_mount_flags_of_mount(unsigned int flags)
{
	u32 asked = translate_flags(mnt_flags, ARRAY_SIZE(mnt_flags), flags);

	return flags & (MNT_RELATIME | MNT_NOATIME) ? asked : asked | BH_FLAG_STRICTATIME;
}

/** bh_mount_flags_of_sb() - the flags of a super block, SB_*, as BH_FLAG_* */
u32 bh_mount_flags_of_sb(unsigned long flags)
{
	return translate_flags(sb_flags, ARRAY_SIZE(sb_flags), flags);
}

static void set_string(struct bh_string *string, const char *s)
{
	if (s)
		*string = (struct bh_string){ .s = s, .len = strlen(s) };
}

/* A place of which the path was made before, and turned out to be none, is out of reach. */
static int gather_place(struct bh_check *check, const struct path *path, const char *known,
			bool is_place, char *buf, struct bh_string *string)
{
	if (path)
		return bh_check_path(check, path, buf, string);
	string->unreached = is_place && !known;
	set_string(string, known);
	return 0;
}

static int gather_mount(struct bh_check *check, unsigned int which, char *buf,
			struct bh_string *string)
{
	const struct bh_mount_op *operation = check->data;

	switch (which) {
	case BH_MOUNT_TARGET:
		if (operation->target_err)
			return operation->target_err;
		return gather_place(check, operation->target, operation->target_name, true, buf,
				    string);
	case BH_MOUNT_SOURCE:
		if (operation->source_err)
			return operation->source_err;
		return gather_place(check, operation->source, operation->source_name,
				    operation->op & (BH_OP_BIND | BH_OP_MOVE), buf, string);
	case BH_MOUNT_FSTYPE:
		if (!operation->fstype)
			return operation->source_err;
		/* The subtype in fuse.sshfs is the file system's affair. */
		strscpy(buf, operation->fstype, BH_PATH_MAX);
		buf[strcspn(buf, ".")] = '\0';
		set_string(string, buf);
		return 0;
	default:
		return bh_check_exe(check, current, buf, string);
	}
}

/**
 * bh_mount_judge() - may the current task do this?
 * @operation: what it asks for
 *
 * May sleep. Return: 0 or -EPERM.
 */
int bh_mount_judge(const struct bh_mount_op *operation)
{
	struct bh_check *check;
	bool denied;

	if (!bh_task_has_bindings(current))
		return 0;
	check = bh_check_alloc(BH_MOUNT, current, false);
	if (!check)
		return bh_check_denies_without_memory(BH_MOUNT, current, false) ? -EPERM : 0;
	check->request.attr[BH_MOUNT_OP] = operation->op;
	check->request.flags = operation->flags;
	check->request.unknown = operation->unknown;
	check->request.flags_unknown = operation->flags_unknown;
	/* There is nothing to fetch where a later step will tell. */
	check->have = operation->unknown;
	check->gather = gather_mount;
	check->data = operation;
	denied = bh_check_denies(check);
	bh_check_free(check);
	return denied ? -EPERM : 0;
}

/**
 * bh_mount_find_device() - the source of a new file system
 * @operation: its source is filled in
 * @name: as given; may be NULL
 * @path: the device, with a reference, if there is one; zeroed by the caller
 *
 * Relative to wherever the task is. A word need not name anything; whether it does, the
 * kernel finds out again, so that a look-up without memory must not make a word of a device.
 */
void bh_mount_find_device(struct bh_mount_op *operation, const char *name, struct path *path)
{
	int err = name ? kern_path(name, LOOKUP_FOLLOW, path) : -ENOENT;

	operation->source_name = name;
	if (err == -ENOMEM)
		operation->source_err = err;
	if (!err && S_ISBLK(d_inode(path->dentry)->i_mode))
		operation->source = path;
}

/**
 * bh_mount_is_on() - is a super block shown to be on what bh_mount_find_device() found?
 * @operation: whose source was found
 * @sb: the super block
 *
 * One whose type needs a device and that has none that can be seen may be on anything: btrfs
 * hides its devices, erofs takes a file for one. One whose type needs no device is wherever
 * it was said to be.
 */
bool bh_mount_is_on(const struct bh_mount_op *operation, const struct super_block *sb)
{
	const struct path *device = operation->source;

	if (!sb->s_bdev)
		return !(sb->s_type->fs_flags & FS_REQUIRES_DEV);
	return device && d_inode(device->dentry)->i_rdev == sb->s_bdev->bd_dev;
}

/**
 * bh_mount_is_detached() - does a mount lie outside of the mount namespace's tree?
 * @path: on the mount
 *
 * Any context.
 */
bool bh_mount_is_detached(const struct path *path)
{
	return !bh_path_is_here(path);
}

/*
 * Detached mounts and file system contexts
 *
 * The table is keyed by the address of a mount or of a context and takes no
 * reference: the entry goes when the object does, by hooks on the functions that
 * the kernel calls then. So no object can be taken for one that was at its
 * address before.
 */

/**
 * struct entry - what is known of an object
 * @node: in the table, by @object
 * @object: the mount or the context
 * @known: what the steps said; @known.name is the entry's own
 * @ns: the mount namespace in which @known.name was made, to compare only
 * @inum: and its number, since another one may come to be at its address
 * @rcu: frees the entry
 */
struct entry {
	struct rhash_head node;
	const void *object;
	struct bh_detached known;
	const void *ns;
	unsigned int inum;
	struct rcu_head rcu;
};

static const struct rhashtable_params detached_params = {
	.key_len = sizeof(void *),
	.key_offset = offsetof(struct entry, object),
	.head_offset = offsetof(struct entry, node),
	.automatic_shrinking = true,
};

static struct rhashtable detached_table;

static void free_detached(struct entry *entry)
{
	kfree(entry->known.name);
	kfree(entry);
}

static void free_detached_rcu(struct rcu_head *rcu)
{
	free_detached(container_of(rcu, struct entry, rcu));
}

/**
 * bh_detached_add() - remember what a step said
 * @object: the mount or the context, which nobody else has seen yet
 * @known: what it said; the name is copied
 *
 * Charged to the task's memory cgroup, as the object is. Return: 0 or -ENOMEM.
 */
int bh_detached_add(const void *object, const struct bh_detached *known)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	int err;

	if (!entry)
		return -ENOMEM;
	entry->object = object;
	entry->known = *known;
	entry->ns = current->nsproxy->mnt_ns;
	entry->inum = bh_mnt_common(entry->ns)->inum;
	if (known->name) {
		entry->known.name = kstrdup(known->name, GFP_KERNEL_ACCOUNT);
		if (!entry->known.name) {
			kfree(entry);
			return -ENOMEM;
		}
	}
	err = rhashtable_insert_fast(&detached_table, &entry->node, detached_params);
	if (err)
		free_detached(entry);
	return err;
}

/* Does a path that an entry holds mean to the current task what it meant when it was made? */
static bool is_made_here(const struct entry *entry)
{
	const struct mnt_namespace *ns = current->nsproxy->mnt_ns;

	return entry->ns == ns && entry->inum == bh_mnt_common(ns)->inum;
}

/**
 * bh_detached_find() - what is known of an object
 * @object: the mount or the context, which the caller keeps
 * @found: filled in; ->name lives as long as the object
 *
 * A path that was made in another mount namespace is not told: who handed the object in may
 * have chosen what lies there. A place then counts as out of reach, and a device as one that
 * cannot be told.
 *
 * Return: false if nothing is known.
 */
bool bh_detached_find(const void *object, struct bh_detached *found)
{
	struct entry *entry;

	rcu_read_lock();
	entry = rhashtable_lookup(&detached_table, &object, detached_params);
	if (entry) {
		*found = entry->known;
		if (found->is_path && !is_made_here(entry)) {
			found->name = NULL;
			found->err = found->op == BH_OP_MOUNT ? -ESTALE : 0;
		}
	}
	rcu_read_unlock();
	return entry;
}

/**
 * bh_detached_join() - one detached mount was attached to another one
 * @object: the mount, which the caller keeps
 * @top: the top of the tree that it is now in, which the caller keeps
 *
 * What nothing is known of stays so.
 */
void bh_detached_join(const void *object, const void *top)
{
	struct entry *entry;

	rcu_read_lock();
	entry = rhashtable_lookup(&detached_table, &object, detached_params);
	if (entry)
		WRITE_ONCE(entry->known.settled, true);
	entry = rhashtable_lookup(&detached_table, &top, detached_params);
	if (entry)
		WRITE_ONCE(entry->known.filled, true);
	rcu_read_unlock();
}

/** bh_detached_drop() - an object goes away; any context that may take a spinlock */
void bh_detached_drop(const void *object)
{
	struct entry *entry;

	rcu_read_lock();
	entry = rhashtable_lookup(&detached_table, &object, detached_params);
	if (entry && !rhashtable_remove_fast(&detached_table, &entry->node, detached_params))
		call_rcu(&entry->rcu, free_detached_rcu);
	rcu_read_unlock();
}

/** bh_detached_any() - is anything known of any object? */
bool bh_detached_any(void)
{
	return atomic_read(&detached_table.nelems);
}

/** bh_detached_init() - make an empty table. Return: 0 or -ENOMEM. */
int bh_detached_init(void)
{
	return rhashtable_init(&detached_table, &detached_params);
}

static void free_detached_object(void *entry, void *unused)
{
	free_detached(entry);
}

/** bh_detached_exit() - drop all; no hook runs any more */
void bh_detached_exit(void)
{
	rcu_barrier();
	rhashtable_free_and_destroy(&detached_table, free_detached_object, NULL);
}
