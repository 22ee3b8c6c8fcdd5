// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of mounts: what mount_setattr changes.
 */
#include <linux/kernel.h>
#include <linux/mount.h>
#include <linux/uaccess.h>
#include <uapi/linux/mount.h>

#include "compat/compat.h"
#include "mount_attr.h"
#include "mount_op.h"

/**
 * bh_attr_flags() - the flags that a mount would have, as mount(2) would be asked for them
 * @flags: those that it has, BH_FLAG_*
 * @clear: MOUNT_ATTR_* that are cleared
 * @set: MOUNT_ATTR_* that are then set
 */
u32 bh_attr_flags(u32 flags, u64 clear, u64 set)
{
	static const struct {
		u64 attr;
		u32 flag;
	} map[] = {
		{ MOUNT_ATTR_RDONLY, BH_FLAG_RO },
		{ MOUNT_ATTR_NOSUID, BH_FLAG_NOSUID },
		{ MOUNT_ATTR_NODEV, BH_FLAG_NODEV },
		{ MOUNT_ATTR_NOEXEC, BH_FLAG_NOEXEC },
		{ MOUNT_ATTR_NODIRATIME, BH_FLAG_NODIRATIME },
		{ MOUNT_ATTR_NOSYMFOLLOW, BH_FLAG_NOSYMFOLLOW },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		if (clear & map[i].attr)
			flags &= ~map[i].flag;
		if (set & map[i].attr)
			flags |= map[i].flag;
	}
	if (!(clear & MOUNT_ATTR__ATIME))
		return flags;
	flags &= ~(BH_FLAG_RELATIME | BH_FLAG_NOATIME | BH_FLAG_STRICTATIME);
	switch (set & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_RELATIME:
		return flags | BH_FLAG_RELATIME;
	case MOUNT_ATTR_NOATIME:
		return flags | BH_FLAG_NOATIME;
	default:
		return flags | BH_FLAG_STRICTATIME;
	}
}

#ifdef __NR_mount_setattr

#define ATTR_FLAGS (~(u64)MOUNT_ATTR_IDMAP)

#define PROTECTING (BH_FLAG_RO | BH_FLAG_NOSUID | BH_FLAG_NODEV | BH_FLAG_NOEXEC |		\
		    BH_FLAG_NOSYMFOLLOW)

/*
 * Does a change belong to the making of a mount, whose flags are judged when it is attached?
 *
 * Not of a mount that was attached to another detached one: there it was judged. And not if
 * it lifts what protects the source of a clone, which mount(2) does by a remount. The flags
 * of what was cloned along with its top are not known here: what a recursive change clears
 * of these may be what protects one of them.
 */
static bool is_part_of_making(const struct bh_detached *made, const struct mount_attr *attr,
			      u32 before, u32 after, bool recursive)
{
	u32 lifted = before & ~after & PROTECTING;

	if (!made || made->settled || (recursive && made->filled))
		return false;
	if (recursive && made->rec)
		lifted = PROTECTING & ~bh_attr_flags(PROTECTING, attr->attr_clr, attr->attr_set);
	else if (made->op == BH_OP_MOUNT)
		lifted = 0;
	return !lifted;
}

/**
 * bh_attr_judge() - may the current task change a mount's attributes?
 * @place: the mount, or what it is about to be cloned from
 * @target: where it lies; a clone lies nowhere
 * @made: what is known of it if it is being made, or NULL
 * @attr: the change
 * @recursive: of all mounts below, too
 *
 * Return: 0 or -EPERM.
 */
int bh_attr_judge(const struct path *place, const struct path *target,
		  const struct bh_detached *made, const struct mount_attr *attr, bool recursive)
{
	u32 rec = recursive ? BH_FLAG_REC : 0;
	u32 before = bh_mount_flags_of_mount(READ_ONCE(place->mnt->mnt_flags));
	u32 after = bh_attr_flags(before, attr->attr_clr, attr->attr_set);
	struct bh_mount_op operation = {
		.target = target,
		.fstype = bh_mount_type_at(place),
	};
	int err = 0;

	if ((attr->attr_set | attr->attr_clr) & ATTR_FLAGS &&
	    !is_part_of_making(made, attr, before, after, recursive)) {
		operation.op = BH_OP_REMOUNT;
		operation.flags = after | rec;
		err = bh_mount_judge(&operation);
	}
	operation.flags = rec;
	if (!err && attr->propagation) {
		operation.op = BH_OP_PROPAGATION;
		err = bh_mount_judge(&operation);
	}
	if (!err && (attr->attr_set | attr->attr_clr) & MOUNT_ATTR_IDMAP) {
		operation.op = BH_OP_SETATTR;
		err = bh_mount_judge(&operation);
	}
	return err;
}

/**
 * bh_attr_copy() - attributes from user memory, as the kernel reads them
 * @attr: filled in
 * @from: where they are
 * @size: how many bytes the caller says that there are
 *
 * Return: 0, -EINVAL (too few), -E2BIG (too many, or set bytes of no meaning) or -EFAULT.
 */
int bh_attr_copy(struct mount_attr *attr, const void __user *from, size_t size)
{
	if (size < MOUNT_ATTR_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(attr, sizeof(*attr), from, size);
}

#endif /* __NR_mount_setattr */
