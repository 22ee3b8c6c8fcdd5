// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of mounts, as mount_setattr and open_tree_attr change them.
 */
#include <linux/kernel.h>
#include <linux/mount.h>
#include <linux/uaccess.h>
#include <uapi/linux/mount.h>

#include "compat/compat.h"
#include "mount_attr.h"
#include "mount_op.h"

/**
 * bh_attr_flags() - the flags of a mount after a change of its attributes
 * @flags: the flags before, BH_FLAG_*
 * @clear: MOUNT_ATTR_* that are cleared
 * @set: MOUNT_ATTR_* that are then set
 *
 * Any context. Return: BH_FLAG_*, as mount(2) would have been asked for them.
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
 * Does a change belong to the making of a mount? Then it need not be judged now: the flags are
 * judged when the mount is attached.
 *
 * It does not, and is judged as a remount,
 * - if the mount was attached to another detached one, where its flags were judged for good;
 * - if it lifts a flag that protects the source of a clone: mount(2) needs a remount for that.
 *   The flags of the mounts that were cloned along with the top are not known here. So every
 *   protecting flag that a recursive change clears counts as lifted.
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
 * @place: on the mount, or on the mount that is about to be cloned
 * @target: where the mount lies; NULL for a clone, which lies nowhere
 * @made: what is known of a mount that is being made, or NULL
 * @attr: the change
 * @recursive: does the change go to all mounts below as well?
 *
 * May sleep. The caller holds @place and has claimed its mount (bh_frame_claim()), so that the
 * flags that are read here stay.
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
 * bh_attr_copy() - copy attributes from user memory, as the kernel does
 * @attr: filled in
 * @from: the user's struct mount_attr
 * @size: its size, as the user says
 *
 * May sleep.
 *
 * Return: 0, -EINVAL (@size is too small), -E2BIG (@size is over a page, or bytes that this
 * kernel does not know are not zero) or -EFAULT.
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
