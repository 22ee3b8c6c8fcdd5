// SPDX-License-Identifier: GPL-2.0-only
/*
 * File system contexts, in which a file system is made or changed in steps: fsopen, fspick,
 * fsconfig, and what fsmount takes from one.
 *
 * The kernel asks no security module before move_mount, and most of what these calls do is in
 * functions that ftrace cannot redirect. So each step is judged in a function below that the
 * object passes through: a context when it is made and when it gets its super block, a
 * detached mount when a descriptor is about to be made for it. Such a function is not told
 * which system call it works for, nor its path: it takes both from the frame of the call, and
 * compares them with the object that it was given.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "compat/compat.h"
#include "compat/internal.h"
#include "hooks.h"
#include "mount_entry.h"
#include "mount_frame.h"
#include "mount_op.h"
#include "stay.h"

/* Was the context made by fsopen or fspick? Only these give a context a log. */
static bool is_user_context(const struct fs_context *fc)
{
	return fc->log.log;
}

/* Judges an fsopen by the type alone: target, source and flags come with later steps. */
static int check_fsopen(const char *fstype)
{
	struct bh_mount_op operation = {
		.op = BH_OP_MOUNT,
		.fstype = fstype,
		.unknown = 1 << BH_MOUNT_TARGET | 1 << BH_MOUNT_SOURCE,
		.flags_unknown = true,
	};

	return bh_mount_judge(&operation);
}

/* Judges fsconfig's FSCONFIG_CMD_RECONFIGURE, as a remount of what fspick picked. */
static int check_reconfigure(const struct fs_context *fc)
{
	const struct super_block *sb = fc->root->d_sb;
	struct bh_mount_op operation = {
		.op = BH_OP_REMOUNT,
		.flags = bh_mount_flags_of_sb((sb->s_flags & ~fc->sb_flags_mask) |
					      (fc->sb_flags & fc->sb_flags_mask)),
		.fstype = sb->s_type->name,
	};
	struct bh_detached picked;

	if (bh_detached_find(fc, &picked)) {
		operation.target_name = picked.name;
		operation.target_err = picked.err;
	}
	return bh_mount_judge(&operation);
}

/*
 * Judges an fspick. If the kernel picked another dentry than the one that the path led to
 * before the call, the target cannot be told.
 */
static int check_fspick(const struct bh_frame *frame, const struct dentry *dentry)
{
	struct bh_mount_op operation = {
		.op = BH_OP_REMOUNT,
		.target_name = frame->name,
		.target_err = frame->place.dentry == dentry ? frame->err : -ESTALE,
		.fstype = dentry->d_sb->s_type->name,
		.flags_unknown = true,
	};

	return bh_mount_judge(&operation);
}

BH_DEFINE_ORIGINAL(get_fs_type);
BH_DEFINE_ORIGINAL(fs_context_for_mount);
BH_DEFINE_ORIGINAL(fs_context_for_reconfigure);
BH_DEFINE_ORIGINAL(vfs_get_tree);
BH_DEFINE_ORIGINAL(vfs_clean_context);
BH_DEFINE_ORIGINAL(reconfigure_super);
BH_DEFINE_ORIGINAL(put_fs_context);

/*
 * A denied type is reported as unknown, since get_fs_type() has no other error. call_fsopen()
 * replaces that by the errno in the frame.
 */
static noinline struct file_system_type *judge_fs_type(const char *name)
{
	struct bh_frame *frame = bh_frame_find();
	int err = 0;

	if (frame && frame->step == BH_STEP_FSOPEN)
		err = check_fsopen(name);
	if (err)
		frame->err = err;
	bh_hook_leave();
	return err ? NULL : BH_ORIGINAL(get_fs_type)(name);
}

/* Judged here, and not later, because get_fs_type() loads the module of an unknown type. */
static struct file_system_type *hook_get_fs_type(const char *name)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current))
		return judge_fs_type(name);
	bh_hook_leave();
	return BH_ORIGINAL(get_fs_type)(name);
}

static noinline struct fs_context *judge_for_mount(struct file_system_type *fs_type,
						   unsigned int sb_flags)
{
	const struct bh_frame *frame = bh_frame_find();
	int err = 0;

	/* The kernel's own mounts, such as that of mqueue in a new ipc namespace. */
	if (!(sb_flags & (SB_KERNMOUNT | SB_SUBMOUNT)) &&
	    !(frame && frame->step == BH_STEP_FSOPEN))
		err = check_fsopen(fs_type->name);
	bh_hook_leave();
	return err ? ERR_PTR(err) : BH_ORIGINAL(fs_context_for_mount)(fs_type, sb_flags);
}

/*
 * Also reached from mount(2). path_mount() has been judged by then, so this partial check
 * cannot deny. fsopen has been judged at get_fs_type().
 */
static struct fs_context *hook_for_mount(struct file_system_type *fs_type, unsigned int sb_flags)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current))
		return judge_for_mount(fs_type, sb_flags);
	bh_hook_leave();
	return BH_ORIGINAL(fs_context_for_mount)(fs_type, sb_flags);
}

static noinline struct fs_context *judge_for_reconfigure(struct dentry *dentry,
							 unsigned int sb_flags,
							 unsigned int sb_flags_mask)
{
	const struct bh_frame *frame = bh_frame_find();
	struct fs_context *fc;
	int err = 0;

	if (frame && frame->step == BH_STEP_FSPICK)
		err = check_fspick(frame, dentry);
	fc = err ? ERR_PTR(err) :
		   BH_ORIGINAL(fs_context_for_reconfigure)(dentry, sb_flags, sb_flags_mask);
	if (frame && frame->step == BH_STEP_FSPICK && !IS_ERR(fc)) {
		err = bh_detached_add(fc, &(struct bh_detached){
			.op = BH_OP_REMOUNT,
			.name = frame->name,
			.err = frame->err,
			.is_path = true,
		});
		if (err) {
			put_fs_context(fc);
			fc = ERR_PTR(err);
		}
	}
	bh_stay_end();
	bh_hook_leave();
	return fc;
}

/* Also reached from mount(2), which path_mount() has judged: only fspick is judged here. */
static struct fs_context *hook_for_reconfigure(struct dentry *dentry, unsigned int sb_flags,
					       unsigned int sb_flags_mask)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current) && bh_bindings_nr() && bh_stay_begin())
		return judge_for_reconfigure(dentry, sb_flags, sb_flags_mask);
	bh_hook_leave();
	return BH_ORIGINAL(fs_context_for_reconfigure)(dentry, sb_flags, sb_flags_mask);
}

/*
 * The kernel looks the device up again, by a name that may lead somewhere else by then. If
 * the super block is not shown to be on the device that was judged, judge again with the
 * source unknown.
 */
static int get_judged_tree(struct fs_context *fc, const struct bh_mount_op *judged)
{
	struct bh_mount_op other = *judged;
	int err = BH_ORIGINAL(vfs_get_tree)(fc);
	struct super_block *sb;

	if (err)
		return err;
	sb = fc->root->d_sb;
	if (bh_mount_is_on(judged, sb))
		return 0;
	other.source = NULL;
	other.source_err = -ESTALE;
	err = bh_mount_judge(&other);
	if (err) {
		dput(fc->root);
		fc->root = NULL;
		deactivate_locked_super(sb);
	}
	return err;
}

/* Judges fsconfig's FSCONFIG_CMD_CREATE: the super block is about to be made or found. */
static int judge_create(struct fs_context *fc)
{
	struct bh_mount_op operation = {
		.op = BH_OP_MOUNT,
		.fstype = fc->fs_type->name,
		.unknown = 1 << BH_MOUNT_TARGET,
		.flags_unknown = true,
	};
	struct path device = { };
	int err;

	bh_mount_find_device(&operation, fc->source, &device);
	err = bh_mount_judge(&operation) ?: get_judged_tree(fc, &operation);
	path_put(&device);
	return err;
}

static noinline int judge_get_tree(struct fs_context *fc)
{
	const struct bh_frame *frame = bh_frame_find();
	int err;

	if (fc->purpose == FS_CONTEXT_FOR_MOUNT && is_user_context(fc))
		err = judge_create(fc);
	else if (frame && frame->step == BH_STEP_MOUNT)
		err = get_judged_tree(fc, frame->judged);
	else
		err = BH_ORIGINAL(vfs_get_tree)(fc);
	bh_stay_end();
	bh_hook_leave();
	return err;
}

static int hook_get_tree(struct fs_context *fc)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current) && bh_task_has_bindings(current) && bh_stay_begin())
		return judge_get_tree(fc);
	bh_hook_leave();
	return BH_ORIGINAL(vfs_get_tree)(fc);
}

static noinline int judge_reconfigure(struct fs_context *fc)
{
	int err = is_user_context(fc) ? check_reconfigure(fc) : 0;

	bh_hook_leave();
	return err ?: BH_ORIGINAL(reconfigure_super)(fc);
}

static int hook_reconfigure(struct fs_context *fc)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current))
		return judge_reconfigure(fc);
	bh_hook_leave();
	return BH_ORIGINAL(reconfigure_super)(fc);
}

/*
 * The source that a context was given, for kfree(), or NULL. @err is -ESTALE if that name does
 * not lead, or no longer leads, to what the super block lies on.
 */
static char *source_of(const struct fs_context *fc, bool *is_path, int *err)
{
	struct bh_mount_op operation = { };
	struct path device = { };
	char *name = NULL;

	bh_mount_find_device(&operation, fc->source, &device);
	*err = operation.source_err;
	if (!*err && !bh_mount_is_on(&operation, fc->root->d_sb))
		*err = -ESTALE;
	*is_path = operation.source;
	if (!*err && operation.source) {
		name = bh_mount_name(&device, err);
	} else if (!*err && fc->source) {
		name = kstrdup(fc->source, GFP_KERNEL_ACCOUNT);
		*err = name ? 0 : -ENOMEM;
	}
	path_put(&device);
	return name;
}

static noinline void note_source(struct fs_context *fc)
{
	struct bh_frame *frame = bh_frame_find();

	if (frame && frame->step == BH_STEP_FSMOUNT && !frame->name && fc->root) {
		frame->name = source_of(fc, &frame->is_path, &frame->err);
		frame->fstype = fc->root->d_sb->s_type->name;
		frame->flags |= bh_mount_flags_of_sb(fc->root->d_sb->s_flags);
	}
	bh_hook_leave();
	BH_ORIGINAL(vfs_clean_context)(fc);
}

/*
 * fsmount has made the mount and is about to clear the context. Judges nothing: notes the
 * source, for the check of the mount in hook_dentry_open().
 */
static void hook_clean_context(struct fs_context *fc)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current)) {
		note_source(fc);
		return;
	}
	bh_hook_leave();
	BH_ORIGINAL(vfs_clean_context)(fc);
}

/* Not for confined tasks only: the last descriptor of a context may be a host task's. */
static void hook_put_context(struct fs_context *fc)
{
	bh_hook_enter();
	if (bh_detached_any())
		bh_detached_drop(fc);
	bh_hook_leave();
	BH_ORIGINAL(put_fs_context)(fc);
}

static long call_fsopen(const struct bh_args *args, const struct pt_regs *regs, bh_entry_t original)
{
	struct bh_frame frame = { .step = BH_STEP_FSOPEN };
	long ret;

	bh_frame_enter(&frame);
	ret = original(regs);
	bh_frame_leave(&frame);
	return frame.err ?: ret;
}

static long call_fspick(const struct bh_args *args, const struct pt_regs *regs, bh_entry_t original)
{
	struct bh_frame frame = { .step = BH_STEP_FSPICK, .op = BH_OP_REMOUNT };
	unsigned int flags = LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT;
	long ret;

	if (args->arg[2] & FSPICK_SYMLINK_NOFOLLOW)
		flags &= ~LOOKUP_FOLLOW;
	if (args->arg[2] & FSPICK_NO_AUTOMOUNT)
		flags &= ~LOOKUP_AUTOMOUNT;
	if (args->arg[2] & FSPICK_EMPTY_PATH)
		flags |= LOOKUP_EMPTY;
	ret = bh_frame_look_up(&frame, args, flags);
	if (ret)
		return ret;
	frame.name = bh_mount_name(&frame.place, &frame.err);
	bh_frame_enter(&frame);
	ret = original(regs);
	bh_frame_leave(&frame);
	return ret;
}

BH_DEFINE_ORIGINALS(fsopen);
BH_DEFINE_ENTRIES(fsopen, call_fsopen)
BH_DEFINE_ORIGINALS(fspick);
BH_DEFINE_ENTRIES(fspick, call_fspick)

struct bh_hook bh_mount_context_hooks[] = {
	BH_HOOK(get_fs_type, "mount: fsopen", hook_get_fs_type),
	BH_HOOK(fs_context_for_mount, "mount: fsopen", hook_for_mount),
	BH_HOOK(fs_context_for_reconfigure, "mount: fspick", hook_for_reconfigure),
	BH_HOOK(vfs_get_tree, "mount: fsconfig create", hook_get_tree),
	BH_HOOK(reconfigure_super, "mount: fsconfig reconfigure", hook_reconfigure),
	BH_HOOK(vfs_clean_context, "mount: nothing, but fsmount's source is known there",
		hook_clean_context),
	BH_HOOK(put_fs_context, "mount: nothing, but a context ends there", hook_put_context),
	BH_HOOK_CALL(fsopen, "mount: fsopen"),
	BH_HOOK_CALL(fspick, "mount: fspick"),
	{ }
};
