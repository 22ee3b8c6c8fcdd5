// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detached mounts: what fsmount, open_tree and open_tree_attr make is judged before anyone has
 * a descriptor of it.
 */
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/mount.h>

#include "binding.h"
#include "check.h"
#include "compat/compat.h"
#include "compat/internal.h"
#include "frozen.h"
#include "hooks.h"
#include "mount_attr.h"
#include "mount_entry.h"
#include "mount_frame.h"
#include "mount_op.h"

/*
 * Judges the mount that fsmount made or open_tree cloned, when the kernel is about to make its
 * descriptor: from then on someone can use it. If open_tree cloned another place than the one
 * that was looked up, the source cannot be told.
 */
static int check_detached(const struct bh_frame *frame, const struct path *path)
{
	const char *fstype = bh_mount_type_at(path);
	int err;

	if (frame->step == BH_STEP_FSMOUNT)
		err = bh_mount_judge_step(BH_OP_MOUNT, frame->name, frame->err, fstype);
	else if (path->dentry == frame->place.dentry)
		err = bh_mount_judge_step(frame->op, frame->name, frame->err, fstype);
	else
		err = bh_mount_judge_step(frame->op, NULL, -ESTALE, fstype);
	return err ?: bh_detached_add(path->mnt, &(struct bh_detached){
		.op = frame->op,
		.name = frame->name,
		.err = frame->err,
		.is_path = frame->is_path,
		.rec = frame->flags & BH_FLAG_REC,
		.filled = frame->filled,
	});
}

/* The flags that the mount to be cloned has now; @frame->flags says if those below count. */
static u32 flags_of_clone(const struct bh_frame *frame)
{
	const struct vfsmount *mnt = frame->place.mnt;

	return bh_mount_flags_of_mount(READ_ONCE(mnt->mnt_flags)) |
	       bh_mount_flags_of_sb(mnt->mnt_sb->s_flags) | (frame->flags & BH_FLAG_REC);
}

/*
 * Judges a mount that gets a mount namespace of its own, when the kernel is about to make that
 * namespace's descriptor. The mount is the root of the namespace and cannot be attached
 * elsewhere, so all is known: it is judged like a mount(2) on "/".
 */
static int check_namespace(const struct bh_frame *frame, const struct path *path)
{
	struct bh_mount_op operation = {
		.op = frame->op,
		.flags = frame->flags,
		.target_name = "/",
		.source_name = frame->name,
		.source_err = frame->err,
		.fstype = frame->fstype,
	};

	/* A remount by mount(2) takes no claim and may have changed the flags since. */
	if (frame->step == BH_STEP_OPEN_TREE && frame->flags != flags_of_clone(frame))
		return -EBUSY;
	return bh_mount_judge(&operation) ?: bh_bind_made(d_inode(path->dentry)->i_private);
}

static bool is_nsfs(const struct path *path)
{
	return path->dentry->d_sb->s_magic == NSFS_MAGIC;
}

BH_DEFINE_ORIGINAL(dentry_open);
BH_DEFINE_ORIGINAL(__fsnotify_vfsmount_delete);

static noinline struct file *judge_dentry_open(const struct path *path, int flags,
					       const struct cred *cred)
{
	bool alone = is_nsfs(path);
	struct bh_frame *frame = flags == O_PATH || alone ? bh_frame_find() : NULL;
	int err = 0;

	if (frame && frame->alone == alone &&
	    (frame->step == BH_STEP_FSMOUNT || frame->step == BH_STEP_OPEN_TREE))
		err = alone ? check_namespace(frame, path) : check_detached(frame, path);
	bh_hook_leave();
	return err ? ERR_PTR(err) : BH_ORIGINAL(dentry_open)(path, flags, cred);
}

static struct file *hook_dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current))
		return judge_dentry_open(path, flags, cred);
	bh_hook_leave();
	return BH_ORIGINAL(dentry_open)(path, flags, cred);
}

/* The kernel calls this for every mount before it frees it, in whatever task. */
static void hook_mount_delete(struct vfsmount *mnt)
{
	bh_hook_enter();
	if (bh_detached_any())
		bh_detached_drop(mnt);
	bh_hook_leave();
	BH_ORIGINAL(__fsnotify_vfsmount_delete)(mnt);
}

static long call_fsmount(const struct bh_args *args, const struct pt_regs *regs,
			 bh_entry_t original)
{
	struct bh_frame frame = {
		.step = BH_STEP_FSMOUNT,
		.op = BH_OP_MOUNT,
		.alone = args->arg[1] & FSMOUNT_NAMESPACE,
		/* relatime is the kernel's default: nobody asked for it. */
		.flags = bh_attr_flags(0, MOUNT_ATTR__ATIME, args->arg[2]) & ~BH_FLAG_RELATIME,
	};
	long ret;

	bh_frame_enter(&frame);
	ret = original(regs);
	bh_frame_leave(&frame);
	return ret;
}

/*
 * Names the source of a clone. A clone of a detached mount has that mount's source. A clone of
 * a directory in a detached mount has none that could be named.
 */
static void name_source(struct bh_frame *frame)
{
	struct bh_detached known;

	frame->op = BH_OP_BIND;
	frame->is_path = true;
	if (!bh_detached_find(frame->place.mnt, &known) || !bh_mount_is_detached(&frame->place)) {
		frame->name = bh_mount_name(&frame->place, &frame->err);
		return;
	}
	frame->filled = frame->flags & BH_FLAG_REC && (known.filled || known.settled);
	if (frame->place.dentry != frame->place.mnt->mnt_root)
		return;
	frame->op = known.op;
	frame->err = known.err;
	frame->is_path = known.is_path;
	if (!known.name)
		return;
	frame->name = kstrdup(known.name, GFP_KERNEL_ACCOUNT);
	frame->err = frame->name ? 0 : -ENOMEM;
}

BH_DEFINE_ORIGINALS(open_tree);

static long open_tree_frozen(unsigned long page, void *context)
{
	const struct bh_args *args = context;
	struct pt_regs regs = {
		.di = AT_FDCWD,
		.si = page + BH_FROZEN_PATH,
		.dx = args->arg[2],
	};

	return BH_ORIGINAL(__x64_sys_open_tree)(&regs);
}

/*
 * Calls open_tree in such a way that it clones the place that was looked up: no function below
 * tells which mount it cloned. A clone that gets a mount namespace of its own is judged, in
 * check_namespace(), by the flags that are read here. The claim keeps others from changing
 * them meanwhile.
 */
static long clone_tree(struct bh_frame *frame, const struct bh_args *args,
		       const struct pt_regs *regs, bh_entry_t original)
{
	int err = 0;

	if (args->arg[2] & AT_RECURSIVE)
		frame->flags = BH_FLAG_REC;
	name_source(frame);
	if (args->arg[2] & OPEN_TREE_NAMESPACE) {
		err = bh_frame_claim(frame, 0, &frame->place, BH_CLAIM_ALONE);
		frame->alone = true;
		frame->fstype = bh_mount_type_at(&frame->place);
		frame->flags = flags_of_clone(frame);
	}
	return err ?: call_judged(frame, args, NULL, open_tree_frozen, regs, original);
}

static long call_open_tree(const struct bh_args *args, const struct pt_regs *regs,
			   bh_entry_t original)
{
	struct bh_frame frame = { .step = BH_STEP_OPEN_TREE };
	long ret;

	if (!(args->arg[2] & (OPEN_TREE_CLONE | OPEN_TREE_NAMESPACE)))
		return original(regs);
	ret = bh_frame_look_up(&frame, args, bh_lookup_flags(args->arg[2]));
	if (ret)
		return ret;
	bh_frame_enter(&frame);
	ret = clone_tree(&frame, args, regs, original);
	bh_frame_leave(&frame);
	return ret;
}

#ifdef __NR_open_tree_attr

BH_DEFINE_ORIGINALS(open_tree_attr);

static long open_tree_attr_frozen(unsigned long page, void *context)
{
	struct pt_regs regs = bh_frozen_regs(page, context);

	return BH_ORIGINAL(__x64_sys_open_tree_attr)(&regs);
}

/*
 * open_tree, and mount_setattr of the mount that it clones or opens. A descriptor without a
 * clone is not judged. A clone has the flags that are judged here: the claim keeps others from
 * changing them meanwhile.
 */
static long open_tree_with_attr(struct bh_frame *frame, const struct bh_args *args,
				const struct mount_attr *attr, const struct pt_regs *regs,
				bh_entry_t original)
{
	bool clones = args->arg[2] & OPEN_TREE_CLONE, recursive = args->arg[2] & AT_RECURSIVE;
	struct bh_detached made = { .rec = recursive };
	int err;

	if (clones) {
		frame->flags = recursive ? BH_FLAG_REC : 0;
		name_source(frame);
		made.op = frame->op;
		made.filled = frame->filled;
	}
	err = bh_frame_claim(frame, 0, &frame->place, clones ? BH_CLAIM_ALONE : BH_CLAIM_SHARED);
	if (!err)
		err = bh_attr_judge(&frame->place, clones ? NULL : &frame->place,
				    clones ? &made : NULL, attr, recursive);
	return err ?: call_judged(frame, args, attr, open_tree_attr_frozen, regs, original);
}

static long call_open_tree_attr(const struct bh_args *args, const struct pt_regs *regs,
				bh_entry_t original)
{
	struct bh_frame frame = { };
	struct mount_attr attr;
	long ret;

	if (!args->arg[3])
		return args->arg[4] ? -EINVAL : call_open_tree(args, regs, original);
	ret = bh_attr_copy(&attr, (const void __user *)args->arg[3], args->arg[4]);
	/* The kernel refuses attributes with a namespace, too, but only when it has made that. */
	if (!ret && args->arg[2] & OPEN_TREE_NAMESPACE)
		ret = -EINVAL;
	if (!ret)
		ret = bh_frame_look_up(&frame, args, bh_lookup_flags(args->arg[2]));
	if (ret)
		return ret;
	frame.step = args->arg[2] & OPEN_TREE_CLONE ? BH_STEP_OPEN_TREE : BH_STEP_PLAIN;
	bh_frame_enter(&frame);
	ret = open_tree_with_attr(&frame, args, &attr, regs, original);
	bh_frame_leave(&frame);
	return ret;
}

#endif /* __NR_open_tree_attr */

BH_DEFINE_ORIGINALS(fsmount);
BH_DEFINE_ENTRIES(fsmount, call_fsmount)
BH_DEFINE_ENTRIES(open_tree, call_open_tree)
#ifdef __NR_open_tree_attr
BH_DEFINE_ENTRIES(open_tree_attr, call_open_tree_attr)
#endif

struct bh_hook bh_mount_detached_hooks[] = {
	BH_HOOK(dentry_open, "mount: fsmount, open_tree", hook_dentry_open),
	BH_HOOK(__fsnotify_vfsmount_delete, "mount: nothing, but a mount ends there",
		hook_mount_delete),
	BH_HOOK_CALL(fsmount, "mount: fsmount"),
	BH_HOOK_CALL(open_tree, "mount: open_tree"),
#ifdef __NR_open_tree_attr
	BH_HOOK_CALL(open_tree_attr, "mount: open_tree_attr"),
#endif
	{ }
};
