// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: the running system calls that make or change mounts in steps. Each frame is on the
 * stack of the task that makes the call.
 */
#include <linux/file.h>
#include <linux/fs_struct.h>
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
/* The claims of all frames, by their mounts. Under frames_lock. */
static DEFINE_HASHTABLE(claims, 6);

/**
 * bh_frame_enter() - the current task is about to make the call
 * @frame: on the caller's stack, until bh_frame_leave(); its @step is set
 *
 * Takes frames_lock. Not in interrupts.
 */
void bh_frame_enter(struct bh_frame *frame)
{
	frame->task = current;
	spin_lock(&frames_lock);
	hash_add(frames, &frame->node, (unsigned long)current);
	spin_unlock(&frames_lock);
}

/**
 * bh_frame_leave() - the call has returned
 * @frame: the frame
 *
 * Ends its claims, drops the references to their mounts and to @frame->place, and frees
 * @frame->name. May sleep.
 */
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
 * Takes frames_lock. Not in interrupts.
 *
 * Return: the frame, which lives until the call returns and which only the current task
 * changes, or NULL.
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
 * The mount to claim for a place, with a reference: the place's own mount, if that is attached
 * in the task's mount namespace; otherwise the top of the detached tree that it is in. NULL if
 * the top is more than BH_TREE_DEPTH_MAX mounts away.
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
 * bh_frame_claim() - keep others from a mount until the call returns
 * @frame: the call's frame, entered
 * @nr: which of @frame->claims; not used yet
 * @place: on the mount; the claim takes a reference of its own to the mount
 * @kind: BH_CLAIM_ALONE to attach the mount or to rely on its flags, BH_CLAIM_SHARED to change
 *        it
 *
 * What is judged of a detached mount, its flags and that it is detached, must hold until the
 * kernel has done what was judged. So attaching a mount and changing it exclude each other.
 * The second caller does not wait, since the first may wait for a file system that its own
 * container serves. The claim is on the top of the tree that the mount is in, and fails if
 * the mount comes to lie in another tree meanwhile.
 *
 * May sleep.
 *
 * Return: 0, or -EBUSY (another task has a claim that excludes this one, the mount was moved,
 * or it lies too deep in a tree).
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

/**
 * bh_lookup_flags() - the flags of a path walk
 * @at_flags: AT_*, as open_tree and mount_setattr take them
 *
 * Any context. Return: LOOKUP_*, as these system calls use.
 */
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

/* What a descriptor leads to. */
static int take_place_of(int fd, struct path *place)
{
	struct file *file;

	if (fd == AT_FDCWD) {
		get_fs_pwd(current->fs, place);
		return 0;
	}
	file = fget_raw(fd);
	if (!file)
		return -EBADF;
	*place = file->f_path;
	path_get(place);
	fput(file);
	return 0;
}

/**
 * bh_frame_look_up() - look up the place that a call names, before the kernel does
 * @frame: its @place is set, with a reference that bh_frame_leave() drops
 * @args: of the call: a descriptor, and a path in user memory. Newer kernels take NULL for an
 *        empty one, and older ones refuse it themselves
 * @flags: LOOKUP_*
 *
 * May sleep.
 *
 * Return: 0, or what the path walk says; then @frame->place is empty.
 */
int bh_frame_look_up(struct bh_frame *frame, const struct bh_args *args, unsigned int flags)
{
	const char __user *path = (const char __user *)args->arg[1];

	if (!path && flags & LOOKUP_EMPTY)
		return take_place_of(args->arg[0], &frame->place);
	return user_path_at(args->arg[0], path, flags, &frame->place);
}

/**
 * bh_mount_name() - the path of a place in the current mount namespace
 * @place: the place
 * @err: set to 0, -ENAMETOOLONG (the path does not fit) or -ENOMEM
 *
 * May sleep. Return: the path, for kfree(), or NULL if there is none or there is an error.
 */
char *bh_mount_name(const struct path *place, int *err)
{
	char *buf = kmalloc(BH_PATH_MAX, GFP_KERNEL_ACCOUNT), *name = NULL;

	*err = buf ? bh_path_name(place, buf, &name) : -ENOMEM;
	if (!*err && name) {
		name = kstrdup(name, GFP_KERNEL_ACCOUNT);
		*err = name ? 0 : -ENOMEM;
	}
	kfree(buf);
	return *err ? NULL : name;
}

/**
 * bh_mount_judge_step() - may the current task take a step on the way to attaching a mount?
 * @op: BH_OP_*
 * @source: the source, or NULL
 * @source_err: why the source cannot be told: a negative errno, or 0
 * @fstype: the type of the file system
 *
 * The target and the flags are not known yet: the step is denied if no target and no flags
 * would be allowed. May sleep. Return: 0 or -EPERM.
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
 * bh_mount_call() - make the super block of a new file system that was allowed
 * @judged: what was allowed; lives until the return
 * @call: makes the super block; may sleep
 * @context: for @call
 *
 * If the super block turns out to be on another device than that of @judged, hook_get_tree()
 * judges it anew.
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
