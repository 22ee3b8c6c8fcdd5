// SPDX-License-Identifier: GPL-2.0-only
/*
 * move_mount: attaching a detached mount, moving one that is attached, and joining peer groups.
 */
#include <linux/mount.h>
#include <linux/security.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "compat/compat.h"
#include "compat/internal.h"
#include "hooks.h"
#include "mount_entry.h"
#include "mount_frame.h"
#include "mount_op.h"

/*
 * Judges the attaching of a detached mount as the mount(2) that would have made it: with its
 * target, the flags that it has now, and what bh_detached_add() was told when it was made.
 */
static int check_attach(const struct path *from, const struct path *to)
{
	const struct vfsmount *mnt = from->mnt;
	struct bh_mount_op operation = {
		.flags = bh_mount_flags_of_mount(READ_ONCE(mnt->mnt_flags)) |
			 bh_mount_flags_of_sb(mnt->mnt_sb->s_flags),
		.target = to,
		.fstype = bh_mount_type_at(from),
	};
	struct bh_detached known;
	int err;

	if (bh_detached_find(mnt, &known)) {
		operation.op = known.op;
		operation.source_name = known.name;
		operation.source_err = known.err;
		if (known.rec)
			operation.flags |= BH_FLAG_REC;
		return bh_mount_judge(&operation);
	}
	/*
	 * An unconfined task made this mount and handed it in. It may be a new file system or
	 * a bind: both must be allowed.
	 */
	operation.op = BH_OP_MOUNT;
	err = bh_mount_judge(&operation);
	operation.op = BH_OP_BIND;
	return err ?: bh_mount_judge(&operation);
}

/*
 * Claims the detached mount, and the target's tree if that is detached, too: nobody else
 * attaches or changes either until the call returns. A call that began before there was any
 * binding has no frame to hold a claim. It gets -EBUSY and may be made again.
 */
static int claim_mounts(struct bh_frame *frame, const struct path *from, const struct path *to)
{
	int err;

	if (!frame)
		return -EBUSY;
	err = bh_frame_claim(frame, 0, from, BH_CLAIM_ALONE);
	if (!err && bh_mount_is_detached(to))
		err = bh_frame_claim(frame, 1, to, BH_CLAIM_ALONE);
	return err;
}

static int check_move_mount(const struct path *from, const struct path *to)
{
	struct bh_frame *frame = bh_frame_find();
	struct bh_mount_op operation = {
		.op = BH_OP_MOVE,
		.target = to,
		.source = from,
		.fstype = bh_mount_type_at(from),
	};
	int err;

	if (!bh_bindings_nr())
		return 0;
	if (frame && frame->step == BH_STEP_SET_GROUP)
		operation.op = BH_OP_PROPAGATION;
	if (operation.op == BH_OP_MOVE && bh_mount_is_detached(from)) {
		err = claim_mounts(frame, from, to);
		if (err)
			return err;
		/* Another call may have attached it before the claim. */
		if (bh_mount_is_detached(from))
			return check_attach(from, to);
	}
	return bh_mount_judge(&operation);
}

BH_DEFINE_ORIGINAL(security_move_mount);

static noinline int judge_move_mount(const struct path *from_path, const struct path *to_path)
{
	int err = check_move_mount(from_path, to_path);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_move_mount)(from_path, to_path);
}

static int hook_move_mount(const struct path *from_path, const struct path *to_path)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current))
		return judge_move_mount(from_path, to_path);
	bh_hook_leave();
	return BH_ORIGINAL(security_move_mount)(from_path, to_path);
}

static long call_move_mount(const struct bh_args *args, const struct pt_regs *regs,
			    bh_entry_t original)
{
	struct bh_frame frame = { .step = BH_STEP_MOVE_MOUNT };
	long ret;

	if (args->arg[4] & MOVE_MOUNT_SET_GROUP)
		frame.step = BH_STEP_SET_GROUP;
	bh_frame_enter(&frame);
	ret = original(regs);
	if (!ret && frame.claims[1].mnt)
		bh_detached_join(frame.claims[0].mnt, frame.claims[1].mnt);
	bh_frame_leave(&frame);
	return ret;
}

BH_DEFINE_ORIGINALS(move_mount);
BH_DEFINE_ENTRIES(move_mount, call_move_mount)

struct bh_hook bh_mount_attach_hooks[] = {
	BH_HOOK(security_move_mount, "mount: move_mount", hook_move_mount),
	BH_HOOK_CALL(move_mount, "mount: move_mount"),
	{ }
};
