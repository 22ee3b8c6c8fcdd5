/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes of mounts, as mount_setattr and open_tree_attr change them.
 */
#ifndef BULKHEAD_MOUNT_ATTR_H
#define BULKHEAD_MOUNT_ATTR_H

#include <linux/mount.h>
#include <linux/path.h>
#include <linux/types.h>

struct bh_detached;

u32 bh_attr_flags(u32 flags, u64 clear, u64 set);

#ifdef __NR_mount_setattr
int bh_attr_copy(struct mount_attr *attr, const void __user *from, size_t size);
int bh_attr_judge(const struct path *place, const struct path *target,
		  const struct bh_detached *made, const struct mount_attr *attr, bool recursive);
#endif

#endif /* BULKHEAD_MOUNT_ATTR_H */
