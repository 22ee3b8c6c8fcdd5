// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount operations: makes a request of the kernel's objects and has it judged. Also what is
 * known of detached mounts and file system contexts.
 */
#include <linux/bitops.h>
#include <linux/blk_types.h>
#include <linux/log2.h>
#include <linux/namei.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "mount_op.h"
#include "ns.h"
#include "path.h"

/* By the number of a bit of the kernel's: the flag that it is, if it is any. */
typedef const u16 flag_table[32];

/* The flags that mount(2) is called with. */
static flag_table ms_flags = {
	[ilog2(MS_RDONLY)] = BH_FLAG_RO,
	[ilog2(MS_NOSUID)] = BH_FLAG_NOSUID,
	[ilog2(MS_NODEV)] = BH_FLAG_NODEV,
	[ilog2(MS_NOEXEC)] = BH_FLAG_NOEXEC,
	[ilog2(MS_NOATIME)] = BH_FLAG_NOATIME,
	[ilog2(MS_NODIRATIME)] = BH_FLAG_NODIRATIME,
	[ilog2(MS_RELATIME)] = BH_FLAG_RELATIME,
	[ilog2(MS_STRICTATIME)] = BH_FLAG_STRICTATIME,
	[ilog2(MS_NOSYMFOLLOW)] = BH_FLAG_NOSYMFOLLOW,
	[ilog2(MS_SYNCHRONOUS)] = BH_FLAG_SYNC,
	[ilog2(MS_DIRSYNC)] = BH_FLAG_DIRSYNC,
	[ilog2(MS_MANDLOCK)] = BH_FLAG_MANDLOCK,
	[ilog2(MS_LAZYTIME)] = BH_FLAG_LAZYTIME,
	[ilog2(MS_REC)] = BH_FLAG_REC,
	[ilog2(MS_SILENT)] = BH_FLAG_SILENT,
};

/* The flags of a mount. */
static flag_table mnt_flags = {
	[ilog2(MNT_READONLY)] = BH_FLAG_RO,
	[ilog2(MNT_NOSUID)] = BH_FLAG_NOSUID,
	[ilog2(MNT_NODEV)] = BH_FLAG_NODEV,
	[ilog2(MNT_NOEXEC)] = BH_FLAG_NOEXEC,
	[ilog2(MNT_NOATIME)] = BH_FLAG_NOATIME,
	[ilog2(MNT_NODIRATIME)] = BH_FLAG_NODIRATIME,
	[ilog2(MNT_NOSYMFOLLOW)] = BH_FLAG_NOSYMFOLLOW,
};

/* The flags of a super block. */
static flag_table sb_flags = {
	[ilog2(SB_RDONLY)] = BH_FLAG_RO,
	[ilog2(SB_SYNCHRONOUS)] = BH_FLAG_SYNC,
	[ilog2(SB_DIRSYNC)] = BH_FLAG_DIRSYNC,
	[ilog2(SB_MANDLOCK)] = BH_FLAG_MANDLOCK,
	[ilog2(SB_LAZYTIME)] = BH_FLAG_LAZYTIME,
};

static u32 translate_flags(flag_table table, u32 kernel)
{
	u32 flags = 0;

	for (; kernel; kernel &= kernel - 1)
		flags |= table[__ffs(kernel)];
	return flags;
}

/**
 * bh_mount_flags_asked() - the flags of a call of mount(2)
 * @flags: MS_*
 *
 * Any context. Return: BH_FLAG_*.
 */
u32 bh_mount_flags_asked(unsigned long flags)
{
	return translate_flags(ms_flags, flags);
}

/**
 * bh_mount_flags_of_mount() - the flags that mount(2) would have made a mount with
 * @flags: of the mount, MNT_*
 *
 * A mount has relatime unless it was asked for another of noatime, relatime and strictatime,
 * and strictatime is to have none of them. So relatime is not told, and strictatime is.
 *
 * Any context. Return: BH_FLAG_*.
 */
u32 bh_mount_flags_of_mount(unsigned int flags)
{
	u32 asked = translate_flags(mnt_flags, flags);

	return flags & (MNT_RELATIME | MNT_NOATIME) ? asked : asked | BH_FLAG_STRICTATIME;
}

/**
 * bh_mount_flags_of_sb() - the flags of a super block
 * @flags: SB_*
 *
 * Any context. Return: BH_FLAG_*.
 */
u32 bh_mount_flags_of_sb(unsigned long flags)
{
	return translate_flags(sb_flags, flags);
}

static void set_string(struct bh_string *string, const char *s)
{
	if (s)
		*string = (struct bh_string){ .s = s, .len = strlen(s) };
}

/*
 * The path of a place: made now from @path, or @known, which was made before. A place without
 * either is out of reach.
 */
static int gather_place(struct bh_check *check, const struct path *path, const char *known,
			bool is_place, char *buf, struct bh_string *string)
{
	if (path)
		return bh_path_find(path, buf, string);
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
		/* Rules name types without their subtype: fuse, not fuse.sshfs. */
		strscpy(buf, operation->fstype, BH_PATH_MAX);
		buf[strcspn(buf, ".")] = '\0';
		set_string(string, buf);
		return 0;
	default:
		return bh_check_exe(check, current, buf, string);
	}
}

/**
 * bh_mount_judge() - may the current task do this mount operation?
 * @operation: the operation; the caller holds what it points to
 *
 * May sleep. Return: 0 or -EPERM.
 */
int bh_mount_judge(const struct bh_mount_op *operation)
{
	struct bh_check *check = bh_check_begin(BH_MOUNT, current, 0);

	if (IS_ERR_OR_NULL(check))
		return bh_check_end(check);
	check->request.attr[BH_MOUNT_OP] = operation->op;
	check->request.flags = operation->flags;
	check->request.flags_unknown = operation->flags_unknown;
	if (operation->unknown)
		bh_check_leave_out(check, operation->unknown);
	if (!operation->target_err)
		check->path = operation->target;
	check->gather = gather_mount;
	check->data = operation;
	return bh_check_end(check);
}

/**
 * bh_mount_find_device() - find the source of a new file system
 * @operation: its source is filled in
 * @name: the source as the task gave it; may be NULL
 * @path: set to what @name leads to, with a reference for the caller; zeroed by the caller,
 *        and left so if @name leads nowhere
 *
 * A source is a block device, by its path, or any word. Without memory the look-up tells
 * neither: then @operation gets the error, since a device must not be judged as a word.
 *
 * May sleep.
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
 * @operation: its source was filled in by bh_mount_find_device()
 * @sb: the super block, which the caller keeps
 *
 * A super block without a device that can be seen may be on any device if its type needs one:
 * btrfs hides its devices, erofs takes a file for one. If its type needs none, the source is a
 * word, and holds.
 *
 * Any context. Return: false also if nothing shows it.
 */
bool bh_mount_is_on(const struct bh_mount_op *operation, const struct super_block *sb)
{
	const struct path *device = operation->source;

	if (!sb->s_bdev)
		return !(sb->s_type->fs_flags & FS_REQUIRES_DEV);
	return device && d_inode(device->dentry)->i_rdev == sb->s_bdev->bd_dev;
}

/**
 * bh_mount_is_detached() - is a mount outside of the current task's mount namespace?
 * @path: on the mount
 *
 * Any context. Return: true also for a mount of another namespace.
 */
bool bh_mount_is_detached(const struct path *path)
{
	return !bh_path_is_here(path);
}

/*
 * Detached mounts and file system contexts
 *
 * The table is keyed by the address of a mount or of a context, and its entries hold no
 * reference to it. An entry is dropped when its object is freed, by hooks on the functions
 * that the kernel calls then. So no object is taken for another that was at its address
 * before.
 */

/**
 * struct known_mount - what is known of a detached mount or a context
 * @node: in the table, by @object
 * @object: the mount or the context; not dereferenced
 * @known: what the steps said; the entry owns @known.name
 * @ns: the mount namespace in which @known.name was made; only compared
 * @inum: the number of that namespace, since another may come to be at its address
 * @rcu: frees the entry
 */
struct known_mount {
	struct rhash_head node;
	const void *object;
	struct bh_detached known;
	const void *ns;
	unsigned int inum;
	struct rcu_head rcu;
};

static const struct rhashtable_params detached_params = {
	.key_len = sizeof(void *),
	.key_offset = offsetof(struct known_mount, object),
	.head_offset = offsetof(struct known_mount, node),
	.automatic_shrinking = true,
};

static struct rhashtable detached_table;

static void free_detached(struct known_mount *entry)
{
	kfree(entry->known.name);
	kfree(entry);
}

static void free_detached_rcu(struct rcu_head *rcu)
{
	free_detached(container_of(rcu, struct known_mount, rcu));
}

/**
 * bh_detached_add() - remember what a step said of a mount or a context
 * @object: the mount or the context, which no other task has seen yet
 * @known: what the step said; its name is copied
 *
 * The entry is charged to the current task's memory cgroup, as the object is. It stays until
 * bh_detached_drop().
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_detached_add(const void *object, const struct bh_detached *known)
{
	struct known_mount *entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
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

/* Is the current task in the mount namespace in which the entry's path was made? */
static bool is_made_here(const struct known_mount *entry)
{
	const struct mnt_namespace *ns = current->nsproxy->mnt_ns;

	return entry->ns == ns && entry->inum == bh_mnt_common(ns)->inum;
}

/**
 * bh_detached_find() - what is known of a mount or a context
 * @object: the mount or the context, to which the caller holds a reference
 * @found: filled in; ->name belongs to the entry and lives as long as @object
 *
 * A path that was made in another mount namespace is not told: the task that handed the object
 * in may have chosen what lies at that path. Without it a place counts as out of reach, and a
 * device as one that cannot be told (-ESTALE).
 *
 * Does not sleep. Return: false if nothing is known.
 */
bool bh_detached_find(const void *object, struct bh_detached *found)
{
	struct known_mount *entry;

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
 * bh_detached_join() - note that one detached mount was attached to another
 * @object: the mount, to which the caller holds a reference
 * @top: the top of the tree that it is now in, to which the caller holds a reference
 *
 * Does nothing for a mount of which nothing is known. Does not sleep.
 */
void bh_detached_join(const void *object, const void *top)
{
	struct known_mount *entry;

	rcu_read_lock();
	entry = rhashtable_lookup(&detached_table, &object, detached_params);
	if (entry)
		WRITE_ONCE(entry->known.settled, true);
	entry = rhashtable_lookup(&detached_table, &top, detached_params);
	if (entry)
		WRITE_ONCE(entry->known.filled, true);
	rcu_read_unlock();
}

/**
 * bh_detached_drop() - forget a mount or a context that is about to be freed
 * @object: the mount or the context
 *
 * Takes the lock of the table's bucket. Does not sleep; not in hard interrupts.
 */
void bh_detached_drop(const void *object)
{
	struct known_mount *entry;

	rcu_read_lock();
	entry = rhashtable_lookup(&detached_table, &object, detached_params);
	if (entry && !rhashtable_remove_fast(&detached_table, &entry->node, detached_params))
		call_rcu(&entry->rcu, free_detached_rcu);
	rcu_read_unlock();
}

/** bh_detached_any() - is anything known of any mount or context? Any context. */
bool bh_detached_any(void)
{
	return atomic_read(&detached_table.nelems);
}

/** bh_detached_init() - make an empty table. May sleep. Return: 0 or -ENOMEM. */
int bh_detached_init(void)
{
	return rhashtable_init(&detached_table, &detached_params);
}

static void free_detached_object(void *entry, void *unused)
{
	free_detached(entry);
}

/** bh_detached_exit() - free the table, when no hook runs any more. May sleep. */
void bh_detached_exit(void)
{
	rcu_barrier();
	rhashtable_free_and_destroy(&detached_table, free_detached_object, NULL);
}
