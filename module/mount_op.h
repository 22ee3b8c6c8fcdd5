/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mount operations, as the kernel's objects, and what is known of detached mounts.
 */
#ifndef BULKHEAD_MOUNT_OP_H
#define BULKHEAD_MOUNT_OP_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>

#include "decide.h"

/**
 * struct bh_mount_op - a mount operation, or a step of one, that is to be judged
 * @op: BH_OP_*
 * @flags: BH_FLAG_*
 * @target: the place whose mounts change, or NULL
 * @target_name: the target's path, where @target is NULL
 * @target_err: why the target cannot be told: a negative errno, or 0
 * @source: the place that is mounted, or the block device; or NULL
 * @source_err: why the source cannot be told: a negative errno, or 0
 * @source_name: the source where @source is NULL: a word, or a path that was made before
 * @fstype: the type of the file system, or NULL
 * @unknown: 1 << BH_MOUNT_* of each string that only a later step knows
 * @flags_unknown: does only a later step know the flags?
 *
 * It owns nothing: the caller keeps what the pointers lead to until the check is done.
 */
struct bh_mount_op {
	u32 op;
	u32 flags;
	const struct path *target;
	const char *target_name;
	int target_err;
	const struct path *source;
	int source_err;
	const char *source_name;
	const char *fstype;
	u8 unknown;
	bool flags_unknown;
};

int bh_mount_judge(const struct bh_mount_op *operation);

u32 bh_mount_flags_asked(unsigned long flags);
u32 bh_mount_flags_of_mount(unsigned int flags);
u32 bh_mount_flags_of_sb(unsigned long flags);

void bh_mount_find_device(struct bh_mount_op *operation, const char *name, struct path *path);
bool bh_mount_is_on(const struct bh_mount_op *operation, const struct super_block *sb);

/** bh_mount_type_at() - the type of the file system at a place, which the caller holds */
static inline const char *bh_mount_type_at(const struct path *path)
{
	return path->mnt->mnt_sb->s_type->name;
}

long bh_mount_call(const struct bh_mount_op *judged, long (*call)(void *context), void *context);

/**
 * struct bh_detached - what the steps so far said about a mount that is being made
 * @op: BH_OP_MOUNT or BH_OP_BIND; BH_OP_REMOUNT for what fspick picked
 * @name: the source, or the path of what fspick picked; NULL if there is none
 * @err: why @name cannot be told: a negative errno, or 0
 * @is_path: is @name a path? It holds only in the mount namespace in which it was made
 * @rec: was it cloned along with what is mounted below?
 * @settled: was it attached to another detached mount? There its flags were judged for good
 * @filled: was another detached mount attached below it?
 */
struct bh_detached {
	u32 op;
	const char *name;
	int err;
	bool is_path;
	bool rec;
	bool settled;
	bool filled;
};

int bh_detached_add(const void *object, const struct bh_detached *known);
bool bh_detached_find(const void *object, struct bh_detached *found);
void bh_detached_join(const void *object, const void *top);
void bh_detached_drop(const void *object);
bool bh_detached_any(void);
int bh_detached_init(void);
void bh_detached_exit(void);

bool bh_mount_is_detached(const struct path *path);

#endif /* BULKHEAD_MOUNT_OP_H */
