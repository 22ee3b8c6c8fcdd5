// SPDX-License-Identifier: GPL-2.0-only
/*
 * mount_setattr. The kernel reads the attributes from user memory and looks the path up
 * itself, after the check. So it is called with copies of both that no other thread can
 * change.
 */
#include <linux/mount.h>
#include <linux/namei.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "compat/compat.h"
#include "compat/internal.h"
#include "frozen.h"
#include "hooks.h"
#include "mount_attr.h"
#include "mount_entry.h"
#include "mount_frame.h"
#include "mount_op.h"

#ifdef __NR_mount_setattr

BH_DEFINE_ORIGINALS(mount_setattr);

/* A 32-bit call comes here as well: the copies are in the native layout. */
static long setattr_frozen(unsigned long page, void *context)
{
	struct pt_regs regs = bh_frozen_regs(page, context);

	return BH_ORIGINAL(__x64_sys_mount_setattr)(&regs);
}

static long judge_setattr(struct bh_frame *frame, const struct bh_args *args,
			  const struct mount_attr *attr, const struct pt_regs *regs,
			  bh_entry_t original)
{
	struct bh_detached known;
	bool made;
	int err;

	err = bh_frame_claim(frame, 0, &frame->place, BH_CLAIM_SHARED);
	if (err)
		return err;
	made = bh_mount_is_detached(&frame->place) && bh_detached_find(frame->place.mnt, &known);
	err = bh_attr_judge(&frame->place, &frame->place, made ? &known : NULL, attr,
			    args->arg[2] & AT_RECURSIVE);
	return err ?: call_judged(frame, args, attr, setattr_frozen, regs, original);
}

static long call_mount_setattr(const struct bh_args *args, const struct pt_regs *regs,
			       bh_entry_t original)
{
	struct bh_frame frame = { .step = BH_STEP_PLAIN };
	struct mount_attr attr;
	long ret;

	ret = bh_attr_copy(&attr, (const void __user *)args->arg[3], args->arg[4]);
	if (!ret)
		ret = bh_frame_look_up(&frame, args, bh_lookup_flags(args->arg[2]));
	if (ret)
		return ret;
	bh_frame_enter(&frame);
	ret = judge_setattr(&frame, args, &attr, regs, original);
	bh_frame_leave(&frame);
	return ret;
}

BH_DEFINE_ENTRIES(mount_setattr, call_mount_setattr)

#endif /* __NR_mount_setattr */

struct bh_hook bh_mount_attr_hooks[] = {
#ifdef __NR_mount_setattr
	BH_HOOK_CALL(mount_setattr, "mount: mount_setattr"),
#endif
	{ }
};
