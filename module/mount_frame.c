// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: system calls that make or change mounts in steps, while they run, each on the
 * stack of its task.
 */
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <uapi/linux/fcntl.h>

#include "limits.h"
#include "mount_frame.h"
#include "path.h"

static DEFINE_HASHTABLE(frames, 6);
static DEFINE_SPINLOCK(frames_lock);
/* By the mount. Under frames_lock. */
static DEFINE_HASHTABLE(claims, 6);

/** bh_frame_enter() - the current task is about to call; ends with bh_frame_leave() */
void bh_frame_enter(struct bh_frame *frame)
{
	frame->task = current;
	spin_lock(&frames_lock);
	hash_add(frames, &frame->node, (unsigned long)current);
	spin_unlock(&frames_lock);
}

/** bh_frame_leave() - the call has returned: drops what the frame holds */
void bh_frame_leave(struct bh_frame *frame)
{
	unsigned int i;

	spin_lock(&frames_lock);
	hash_del(&frame->node);
	for (i = 0; i < ARRAY_SIZE(frame->claims); i++)
		if (frame->claims[i].mnt)
			hash_del(&frame->claims[i].node);
	spin_unlock(&frames_lock);
	for (i = 0; i < ARRAY_SIZE(frame->claims); i++)
		mntput(frame->claims[i].mnt);
	path_put(&frame->place);
	kfree(frame->name);
}

/**
 * bh_frame_find() - the frame of the call that the current task is in
 *
 * Any context that may take a spinlock. Return: the frame, which lives until the call
 * returns, or NULL.
 */
struct bh_frame *bh_frame_find(void)
{
	struct bh_frame *frame, *found = NULL;

	spin_lock(&frames_lock);
	hash_for_each_possible(frames, frame, node, (unsigned long)current)
		if (frame->task == current)
			found = frame;
	spin_unlock(&frames_lock);
	return found;
}

/*
 * The mount that stands for a place when a call has a say over it: its own, if it is attached
 * in the task's mount namespace, or the top of the detached tree that it is in. With a
 * reference, or NULL if it lies too deep.
 */
static struct vfsmount *get_claimed(const struct path *place)
{
	struct path top = *place;
	int depth = 0;

	if (bh_path_is_here(place))
		return mntget(place->mnt);
	path_get(&top);
	while (follow_up(&top) && depth < BH_TREE_DEPTH_MAX)
		depth++;
	dput(top.dentry);
	if (depth < BH_TREE_DEPTH_MAX)
		return top.mnt;
	mntput(top.mnt);
	return NULL;
}

/* Takes over the reference to @mnt if it succeeds. */
static bool add_claim(struct bh_claim *claim, struct vfsmount *mnt, enum bh_claim_kind kind)
{
	struct bh_claim *other;
	bool free = true;

	spin_lock(&frames_lock);
	hash_for_each_possible(claims, other, node, (unsigned long)mnt)
		if (other->mnt == mnt && other->task != current &&
		    (kind == BH_CLAIM_ALONE || other->kind == BH_CLAIM_ALONE))
			free = false;
	if (free) {
		*claim = (struct bh_claim){ .mnt = mnt, .task = current, .kind = kind };
		hash_add(claims, &claim->node, (unsigned long)mnt);
	}
	spin_unlock(&frames_lock);
	return free;
}

/**
 * bh_frame_claim() - have a say over a mount until the call returns
 * @frame: the call's, entered
 * @nr: which of its claims
 * @place: on the mount
 * @kind: BH_CLAIM_ALONE to attach it or to rely on its flags, BH_CLAIM_SHARED to change it
 *
 * What is judged of a detached mount, its flags and that it is detached, must hold until the
 * kernel has done what was judged. So to attach it and to change it exclude each other. Who
 * comes second does not wait, since the first may wait for a file system that its own
 * container serves: it is told that the mount is busy. The claim is on the top of the tree,
 * and is not had if the mount comes to lie in another tree meanwhile.
 *
 * Return: 0 or -EBUSY.
 */
int bh_frame_claim(struct bh_frame *frame, unsigned int nr, const struct path *place,
		   enum bh_claim_kind kind)
{
	struct vfsmount *mnt = get_claimed(place), *now;

	if (!mnt || !add_claim(&frame->claims[nr], mnt, kind)) {
		mntput(mnt);
		return -EBUSY;
	}
	now = get_claimed(place);
	mntput(now);
	return now == mnt ? 0 : -EBUSY;
}

/** bh_lookup_flags() - LOOKUP_* for what open_tree and mount_setattr call AT_* */
unsigned int bh_lookup_flags(unsigned int at_flags)
{
	unsigned int flags = LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT;

	if (at_flags & AT_NO_AUTOMOUNT)
		flags &= ~LOOKUP_AUTOMOUNT;
	if (at_flags & AT_SYMLINK_NOFOLLOW)
		flags &= ~LOOKUP_FOLLOW;
	if (at_flags & AT_EMPTY_PATH)
		flags |= LOOKUP_EMPTY;
	return flags;
}

/**
 * bh_frame_look_up() - find a call's place, as the kernel is about to
 * @frame: its @place is set, with a reference that bh_frame_leave() drops
 * @args: the descriptor and the path, which are a call's first two arguments
 * @flags: LOOKUP_*
 *
 * Return: 0 or what the path walk says.
 */
int bh_frame_look_up(struct bh_frame *frame, const struct bh_args *args, unsigned int flags)
{
	return user_path_at(args->arg[0], (const char __user *)args->arg[1], flags, &frame->place);
}

/**
 * bh_mount_name() - the path of a place in the current mount namespace
 * @place: the place
 * @err: set to 0 or a negative errno, as bh_path_name() or -ENOMEM
 *
 * Return: the path, for kfree(), or NULL if there is none or there is an error.
 */
char *bh_mount_name(const struct path *place, int *err)
{
	char *buf = kmalloc(BH_PATH_MAX, GFP_KERNEL), *name = NULL;

	*err = buf ? bh_path_name(place, buf, &name) : -ENOMEM;
	if (!*err && name) {
		name = kstrdup(name, GFP_KERNEL);
		*err = name ? 0 : -ENOMEM;
	}
	kfree(buf);
	return *err ? NULL : name;
}

/**
 * bh_mount_judge_step() - may the current task take a step on the way to attaching a mount?
 * @op: BH_OP_*
 * @source: the source, or NULL
 * @source_err: why it cannot be told
 * @fstype: the type
 *
 * Where to and with which flags is not known. Return: 0 or -EPERM.
 */
int bh_mount_judge_step(u32 op, const char *source, int source_err, const char *fstype)
{
	struct bh_mount_op operation = {
		.op = op,
		.source_name = source,
		.source_err = source_err,
		.fstype = fstype,
		.unknown = 1 << BH_MOUNT_TARGET,
		.flags_unknown = true,
	};

	return bh_mount_judge(&operation);
}

/**
 * bh_mount_call() - call what makes a super block of what was judged
 * @judged: a new file system, allowed
 * @call: is given @context and may sleep
 * @context: for @call
 *
 * A device other than that of @judged is judged anew.
 *
 * Return: what @call returned.
 */
long bh_mount_call(const struct bh_mount_op *judged, long (*call)(void *context), void *context)
{
	struct bh_frame frame = { .step = BH_STEP_MOUNT, .judged = judged };
	long ret;

	bh_frame_enter(&frame);
	ret = call(context);
	bh_frame_leave(&frame);
	return ret;
}
