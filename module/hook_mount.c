// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount: mount(2) in all its operations, umount, pivot_root, move_mount.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/stat.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "hooks.h"

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
	{ MNT_RELATIME, BH_FLAG_RELATIME },
	{ MNT_NOSYMFOLLOW, BH_FLAG_NOSYMFOLLOW },
};

static const struct flag sb_flags[] = {
	{ SB_RDONLY, BH_FLAG_RO },
	{ SB_SYNCHRONOUS, BH_FLAG_SYNC },
	{ SB_DIRSYNC, BH_FLAG_DIRSYNC },
	{ SB_MANDLOCK, BH_FLAG_MANDLOCK },
	{ SB_LAZYTIME, BH_FLAG_LAZYTIME },
};

static u32 translate(const struct flag *table, unsigned int nr, unsigned long kernel)
{
	u32 flags = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (kernel & table[i].kernel)
			flags |= table[i].flag;
	return flags;
}

/**
 * struct operation - what is asked, as the kernel has it
 * @op: BH_OP_*
 * @flags: BH_FLAG_*
 * @target: the place that changes
 * @source: the place that something comes from, or NULL
 * @source_err: why @source could not be looked up
 * @source_name: the source, if it is not a place: a device, or any word
 * @fstype: the type of the file system, or NULL
 */
struct operation {
	u32 op;
	u32 flags;
	const struct path *target;
	const struct path *source;
	int source_err;
	const char *source_name;
	const char *fstype;
};

static int gather(struct bh_check *check, unsigned int which, char *buf, char **name)
{
	const struct operation *operation = check->data;

	switch (which) {
	case BH_MOUNT_TARGET:
		return bh_check_path(check, operation->target, buf, name);
	case BH_MOUNT_SOURCE:
		if (operation->source)
			return bh_check_path(check, operation->source, buf, name);
		*name = (char *)operation->source_name;
		return operation->source_err;
	case BH_MOUNT_FSTYPE:
		if (!operation->fstype)
			return operation->source_err;
		/* The subtype in fuse.sshfs is the file system's affair. */
		strscpy(buf, operation->fstype, BH_PATH_MAX);
		buf[strcspn(buf, ".")] = '\0';
		*name = buf;
		return 0;
	default:
		return bh_check_exe(check, current, buf, name);
	}
}

/* Return: 0 or -EPERM. */
static int check_operation(const struct operation *operation)
{
	struct bh_check *check = bh_check_alloc(BH_MOUNT, current, false);
	bool denied;

	if (!check)
		return bh_check_denies_without_memory(BH_MOUNT, current, false) ? -EPERM : 0;
	check->request.attr[BH_MOUNT_OP] = operation->op;
	check->request.flags = operation->flags;
	check->gather = gather;
	check->data = operation;
	denied = bh_check_denies(check);
	bh_check_free(check);
	return denied ? -EPERM : 0;
}

static const char *type_at(const struct path *path)
{
	return path->mnt->mnt_sb->s_type->name;
}

/* In the order in which path_mount() asks. */
static u32 op_of(unsigned long flags)
{
	if (flags & MS_REMOUNT)
		return BH_OP_REMOUNT;
	if (flags & MS_BIND)
		return BH_OP_BIND;
	if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return BH_OP_PROPAGATION;
	if (flags & MS_MOVE)
		return BH_OP_MOVE;
	return BH_OP_MOUNT;
}

/*
 * The source of a bind or a move is a path, which the kernel will look up only
 * after the hook. A new file system's is a device if there is one of that name,
 * relative to wherever the task is, else the word that was given, which need not
 * name anything.
 */
static void find_source(struct operation *operation, const char *dev_name, struct path *path)
{
	bool place = operation->op & (BH_OP_BIND | BH_OP_MOVE);
	int err;

	if (!(operation->op & (BH_OP_BIND | BH_OP_MOVE | BH_OP_MOUNT)))
		return;
	if (!place)
		operation->source_name = dev_name;
	if (!dev_name)
		return;
	err = kern_path(dev_name, LOOKUP_FOLLOW, path);
	if (err) {
		operation->source_err = place ? err : 0;
		return;
	}
	operation->source = path;
	if (place)
		operation->fstype = type_at(path);
	else if (!S_ISBLK(d_inode(path->dentry)->i_mode))
		operation->source = NULL;
}

static int check_mount(const char *dev_name, const struct path *target, const char *type,
		       unsigned long flags)
{
	struct operation operation = { .target = target };
	struct path source = { };
	int err;

	if (!bh_bindings_nr())
		return 0;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	operation.op = op_of(flags);
	operation.flags = translate(ms_flags, ARRAY_SIZE(ms_flags), flags);
	if (operation.op == BH_OP_MOUNT)
		operation.fstype = type;
	else if (operation.op == BH_OP_REMOUNT)
		operation.fstype = type_at(target);
	find_source(&operation, dev_name, &source);
	err = check_operation(&operation);
	path_put(&source);
	return err;
}

static int check_umount(struct vfsmount *mnt)
{
	struct path target = { .mnt = mnt, .dentry = mnt->mnt_root };
	struct operation operation = {
		.op = BH_OP_UMOUNT,
		.target = &target,
		.fstype = type_at(&target),
	};

	return bh_bindings_nr() ? check_operation(&operation) : 0;
}

static int check_pivot_root(const struct path *put_old, const struct path *new_root)
{
	struct operation operation = {
		.op = BH_OP_PIVOT_ROOT,
		.target = new_root,
		.source = put_old,
	};

	return bh_bindings_nr() ? check_operation(&operation) : 0;
}

/*
 * Does the mount lie outside of the mount namespace's tree?
 *
 * Return: 1, 0, or a negative errno if there is no telling.
 */
static int is_detached(const struct path *path)
{
	struct vfsmount *bottom = bh_ns_bottom();
	struct path top = *path;
	int detached;

	if (IS_ERR(bottom))
		return PTR_ERR(bottom);
	path_get(&top);
	while (follow_up(&top))
		;
	detached = top.mnt != bottom;
	path_put(&top);
	mntput(bottom);
	return detached;
}

/*
 * move_mount moves what is attached, and attaches what fsmount made or
 * open_tree cloned. The two can be told apart only if the clone is of a
 * subdirectory; otherwise it counts as what it amounts to, a mount of that file
 * system.
 */
static int check_move_mount(const struct path *from, const struct path *to)
{
	struct operation operation = {
		.op = BH_OP_MOVE,
		.target = to,
		.source = from,
		.fstype = type_at(from),
	};
	const struct vfsmount *mnt = from->mnt;
	int detached;

	if (!bh_bindings_nr())
		return 0;
	detached = is_detached(from);
	if (detached < 0)
		return bh_check_denies_without_memory(BH_MOUNT, current, false) ? -EPERM : 0;
	if (detached) {
		operation.op = mnt->mnt_root == mnt->mnt_sb->s_root ? BH_OP_MOUNT : BH_OP_BIND;
		operation.source = NULL;
		operation.flags = translate(mnt_flags, ARRAY_SIZE(mnt_flags),
					    READ_ONCE(mnt->mnt_flags)) |
				  translate(sb_flags, ARRAY_SIZE(sb_flags), mnt->mnt_sb->s_flags);
	}
	return check_operation(&operation);
}

BH_DEFINE_ORIGINAL(security_sb_mount);
BH_DEFINE_ORIGINAL(security_sb_umount);
BH_DEFINE_ORIGINAL(security_sb_pivotroot);
BH_DEFINE_ORIGINAL(security_move_mount);

static noinline int judge_sb_mount(const char *dev_name, const struct path *path,
				   const char *type, unsigned long flags, void *data)
{
	int err = check_mount(dev_name, path, type, flags);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_sb_mount)(dev_name, path, type, flags, data);
}

static int hook_sb_mount(const char *dev_name, const struct path *path, const char *type,
			 unsigned long flags, void *data)
{
	if (!bh_task_is_ordinary(current))
		return judge_sb_mount(dev_name, path, type, flags, data);
	bh_hook_leave();
	return BH_ORIGINAL(security_sb_mount)(dev_name, path, type, flags, data);
}

static noinline int judge_sb_umount(struct vfsmount *mnt, int flags)
{
	int err = check_umount(mnt);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_sb_umount)(mnt, flags);
}

static int hook_sb_umount(struct vfsmount *mnt, int flags)
{
	if (!bh_task_is_ordinary(current))
		return judge_sb_umount(mnt, flags);
	bh_hook_leave();
	return BH_ORIGINAL(security_sb_umount)(mnt, flags);
}

static noinline int judge_sb_pivotroot(const struct path *old_path, const struct path *new_path)
{
	int err = check_pivot_root(old_path, new_path);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_sb_pivotroot)(old_path, new_path);
}

static int hook_sb_pivotroot(const struct path *old_path, const struct path *new_path)
{
	if (!bh_task_is_ordinary(current))
		return judge_sb_pivotroot(old_path, new_path);
	bh_hook_leave();
	return BH_ORIGINAL(security_sb_pivotroot)(old_path, new_path);
}

static noinline int judge_move_mount(const struct path *from_path, const struct path *to_path)
{
	int err = check_move_mount(from_path, to_path);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_move_mount)(from_path, to_path);
}

static int hook_move_mount(const struct path *from_path, const struct path *to_path)
{
	if (!bh_task_is_ordinary(current))
		return judge_move_mount(from_path, to_path);
	bh_hook_leave();
	return BH_ORIGINAL(security_move_mount)(from_path, to_path);
}

struct bh_hook bh_mount_hooks[] = {
	BH_HOOK(security_sb_mount, "mount: mount(2)", hook_sb_mount),
	BH_HOOK(security_sb_umount, "mount: umount", hook_sb_umount),
	BH_HOOK(security_sb_pivotroot, "mount: pivot_root", hook_sb_pivotroot),
	BH_HOOK(security_move_mount, "mount: move_mount", hook_move_mount),
	{ }
};
