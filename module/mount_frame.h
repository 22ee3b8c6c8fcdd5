/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: system calls that make or change mounts in steps, while they run. What functions
 * below a call are not told is taken from its frame.
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

/* How a call has a mount: along with others that only change it, or alone. */
enum bh_claim_kind {
	BH_CLAIM_SHARED,
	BH_CLAIM_ALONE,
};

/**
 * struct bh_claim - a call's say over a mount
 * @node: in the table of claims, by @mnt
 * @mnt: the mount, with a reference; NULL: there is none
 * @task: the task that makes the call
 * @kind: how
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
 * struct bh_frame - what functions below a system call are to know of it
 * @node: in the table, by the task
 * @task: the task
 * @step: which system call
 * @place: what its path leads to, with a reference, as looked up before it was
 *         called; the kernel's own look-up must come to the same
 * @op: what a clone of @place amounts to
 * @name: the source of what is being made, or the place that was picked
 * @err: why @name cannot be told, or that fsopen is refused
 * @is_path: @name is a path
 * @filled: as in struct bh_detached, of what is being cloned
 * @alone: what is being made gets a mount namespace of its own, where it lies at "/"
 * @flags: its flags, if @alone
 * @fstype: its type, if @alone
 * @judged: what mount(2) was judged as
 * @claims: the mounts that nobody else may change, or attach, until the call returns
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
