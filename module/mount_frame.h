/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: the running system calls that make or change mounts in steps. A hook on a function
 * below such a call takes from the frame what that function is not told.
 */
#ifndef BULKHEAD_MOUNT_FRAME_H
#define BULKHEAD_MOUNT_FRAME_H

#include <linux/path.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "mount_op.h"

enum bh_step {
	BH_STEP_FSOPEN,
	BH_STEP_FSMOUNT,
	BH_STEP_OPEN_TREE,
	BH_STEP_FSPICK,
	BH_STEP_MOVE_MOUNT,
	BH_STEP_SET_GROUP,
	BH_STEP_MOUNT,
	BH_STEP_PLAIN,
};

/* Whether a claim lets other calls that only change the mount have one, too. */
enum bh_claim_kind {
	BH_CLAIM_SHARED,
	BH_CLAIM_ALONE,
};

/**
 * struct bh_claim - keeps other calls from a mount; under the lock of the table of claims
 * @node: in the table of claims, by @mnt
 * @mnt: the mount, with a reference; NULL in a claim that was not made
 * @task: the task that makes the call
 * @kind: whom it excludes
 */
struct bh_claim {
	struct hlist_node node;
	struct vfsmount *mnt;
	const struct task_struct *task;
	enum bh_claim_kind kind;
};

/*
 * The arguments of a call. Native and 32-bit entry points take them from different
 * registers; what is in registers no other thread can change.
 */
struct bh_args {
	unsigned long arg[5];
};

/**
 * struct bh_frame - what the hooks below a system call are to know of it
 * @node: in the table of frames, by @task; under that table's lock
 * @task: the task that makes the call, and the only one that uses the other members
 * @step: which system call
 * @place: what the call's path led to before the call, with a reference; the hooks compare
 *         the kernel's own look-up with it
 * @op: BH_OP_* that making this mount, or picking this one, is judged as
 * @name: the source of the mount that is being made, or the path of the place that was
 *        picked; freed with the frame
 * @err: why @name cannot be told; of fsopen, the errno of a denial
 * @is_path: is @name a path?
 * @filled: of the mount that is being cloned, as in struct bh_detached
 * @alone: does the mount get a mount namespace of its own, with it as the root?
 * @flags: of the mount, BH_FLAG_*; without @alone only BH_FLAG_REC counts
 * @fstype: the type of the mount's file system, if @alone
 * @judged: what mount(2) was judged as, on its caller's stack
 * @claims: the mounts that others may not change or attach until the call returns
 */
struct bh_frame {
	struct hlist_node node;
	const struct task_struct *task;
	enum bh_step step;
	struct path place;
	u32 op;
	char *name;
	int err;
	bool is_path;
	bool filled;
	bool alone;
	u32 flags;
	const char *fstype;
	const struct bh_mount_op *judged;
	struct bh_claim claims[2];
};

void bh_frame_enter(struct bh_frame *frame);
void bh_frame_leave(struct bh_frame *frame);
struct bh_frame *bh_frame_find(void);
int bh_frame_look_up(struct bh_frame *frame, const struct bh_args *args, unsigned int flags);
int bh_frame_claim(struct bh_frame *frame, unsigned int nr, const struct path *place,
		   enum bh_claim_kind kind);
unsigned int bh_lookup_flags(unsigned int at_flags);

char *bh_mount_name(const struct path *place, int *err);
int bh_mount_judge_step(u32 op, const char *source, int source_err, const char *fstype);

#endif /* BULKHEAD_MOUNT_FRAME_H */
