// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount: mount(2) in all its operations, umount, pivot_root.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/stat.h>
#include <uapi/linux/mount.h>

#include "check.h"
#include "compat/internal.h"
#include "frozen.h"
#include "hooks.h"
#include "mount_op.h"
#include "stay.h"

/* The operation that mount(2) is asked for. path_mount() tests the flags in this order. */
static u32 op_of(unsigned long flags)
{
	if (flags & MS_REMOUNT)
		return BH_OP_REMOUNT;
	if (flags & MS_BIND)
		return BH_OP_BIND;
	if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return BH_OP_PROPAGATION;
	if (flags & MS_MOVE)
		return BH_OP_MOVE;
	return BH_OP_MOUNT;
}

static unsigned long without_magic(unsigned long flags)
{
	return (flags & MS_MGC_MSK) == MS_MGC_VAL ? flags & ~MS_MGC_MSK : flags;
}

/*
 * Judges a remount or a change of propagation, which have a target and no source. Not inlined:
 * judge_if_bound() must not take the address of a local.
 */
static noinline int check_change(const struct path *target, unsigned long flags)
{
	struct bh_mount_op operation = {
		.op = op_of(flags),
		.flags = bh_mount_flags_asked(flags),
		.target = target,
		.fstype = bh_mount_type_at(target),
	};

	return bh_mount_judge(&operation);
}

/* Judges a bind or a move from one place to another. */
static int check_place(const struct path *source, const struct path *target, unsigned long flags)
{
	const struct bh_mount_op operation = {
		.op = op_of(flags),
		.flags = bh_mount_flags_asked(flags),
		.target = target,
		.source = source,
		.fstype = bh_mount_type_at(source),
	};

	return bh_mount_judge(&operation);
}

/* Judges a bind or a move of a source that is not there: would any source be allowed? */
static int check_nowhere(const struct path *target, unsigned long flags)
{
	const struct bh_mount_op operation = {
		.op = op_of(flags),
		.flags = bh_mount_flags_asked(flags),
		.target = target,
		.unknown = 1 << BH_MOUNT_SOURCE | 1 << BH_MOUNT_FSTYPE,
	};

	return bh_mount_judge(&operation);
}

static int check_umount(struct vfsmount *mnt)
{
	struct path target = { .mnt = mnt, .dentry = mnt->mnt_root };
	struct bh_mount_op operation = {
		.op = BH_OP_UMOUNT,
		.target = &target,
		.fstype = bh_mount_type_at(&target),
	};

	return bh_mount_judge(&operation);
}

static int check_pivot_root(const struct path *put_old, const struct path *new_root)
{
	struct bh_mount_op operation = {
		.op = BH_OP_PIVOT_ROOT,
		.target = new_root,
		.source = put_old,
	};

	return bh_mount_judge(&operation);
}

BH_DEFINE_ORIGINAL(path_mount);
BH_DEFINE_ORIGINAL(security_sb_umount);
BH_DEFINE_ORIGINAL(security_sb_pivotroot);

struct mount_call {
	const char *dev_name;
	struct path *target;
	const char *type;
	unsigned long flags;
	void *data;
};

static long mount_as_called(void *context)
{
	const struct mount_call *call = context;

	return BH_ORIGINAL(path_mount)(call->dev_name, call->target, call->type, call->flags,
				       call->data);
}

static int mount_new(struct mount_call *call)
{
	unsigned long flags = without_magic(call->flags);
	struct bh_mount_op operation = {
		.op = BH_OP_MOUNT,
		.flags = bh_mount_flags_asked(flags),
		.target = call->target,
		.fstype = call->type,
	};
	struct path device = { };
	int err;

	bh_mount_find_device(&operation, call->dev_name, &device);
	err = bh_mount_judge(&operation) ?: bh_mount_call(&operation, mount_as_called, call);
	path_put(&device);
	return err;
}

/*
 * Binds or moves a source that is not there: the call fails as it would without a policy, with
 * @err, unless the kernel finds another fault before it looks for the source. The kernel is
 * given no source at all, since the one that was not there when it was judged may be now.
 */
static int mount_nowhere(struct mount_call *call, int err)
{
	int answer = check_nowhere(call->target, without_magic(call->flags));

	call->dev_name = NULL;
	answer = answer ?: mount_as_called(call);
	return answer == -EINVAL ? err : answer;
}

/*
 * Binds or moves what was judged. The kernel looks the source up after every check, by a name
 * that may lead elsewhere by then. So it is called with "/" in a root that bh_call_at() makes,
 * which leads to the judged source. Other security modules see that source as well.
 */
static int mount_place(struct mount_call *call)
{
	unsigned long flags = without_magic(call->flags);
	struct path source;
	int err;

	if (!call->dev_name || !*call->dev_name)
		return mount_nowhere(call, -EINVAL);
	err = kern_path(call->dev_name, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &source);
	if (err)
		return mount_nowhere(call, err);
	call->dev_name = "/";
	err = check_place(&source, call->target, flags) ?:
	      bh_call_at(&source, mount_as_called, call);
	path_put(&source);
	return err;
}

static noinline int judge_path_mount(const char *dev_name, struct path *path, const char *type,
				     unsigned long flags, void *data)
{
	struct mount_call call = { dev_name, path, type, flags, data };
	int err = op_of(without_magic(flags)) == BH_OP_MOUNT ? mount_new(&call) :
							       mount_place(&call);

	bh_stay_end();
	bh_hook_leave();
	return err;
}

/*
 * A change of a mount is judged and then left to the kernel. What has a source is called through,
 * since it must be done to what was judged. No local's address is taken here: gcc makes no tail
 * jump then.
 */
static noinline int judge_if_bound(const char *dev_name, struct path *path, const char *type,
				   unsigned long flags, void *data)
{
	int err = 0;
	u32 op;

	if (!bh_container_may_be_bound())
		goto out;
	op = op_of(without_magic(flags));
	if (op & (BH_OP_REMOUNT | BH_OP_PROPAGATION))
		err = check_change(path, without_magic(flags));
	else if (bh_task_has_bindings(current) && bh_stay_begin())
		return judge_path_mount(dev_name, path, type, flags, data);
out:
	bh_hook_leave();
	return err ?: BH_ORIGINAL(path_mount)(dev_name, path, type, flags, data);
}

static int hook_path_mount(const char *dev_name, struct path *path, const char *type,
			   unsigned long flags, void *data)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current))
		return judge_if_bound(dev_name, path, type, flags, data);
	bh_hook_leave();
	return BH_ORIGINAL(path_mount)(dev_name, path, type, flags, data);
}

static noinline int judge_sb_umount(struct vfsmount *mnt, int flags)
{
	int err = check_umount(mnt);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_sb_umount)(mnt, flags);
}

static int hook_sb_umount(struct vfsmount *mnt, int flags)
{
	bh_hook_enter();
	if (bh_current_may_be_bound())
		return judge_sb_umount(mnt, flags);
	bh_hook_leave();
	return BH_ORIGINAL(security_sb_umount)(mnt, flags);
}

static noinline int judge_sb_pivotroot(const struct path *old_path, const struct path *new_path)
{
	int err = check_pivot_root(old_path, new_path);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_sb_pivotroot)(old_path, new_path);
}

static int hook_sb_pivotroot(const struct path *old_path, const struct path *new_path)
{
	bh_hook_enter();
	if (bh_current_may_be_bound())
		return judge_sb_pivotroot(old_path, new_path);
	bh_hook_leave();
	return BH_ORIGINAL(security_sb_pivotroot)(old_path, new_path);
}

struct bh_hook bh_mount_hooks[] = {
	BH_HOOK(path_mount, "mount: mount(2)", hook_path_mount),
	BH_HOOK(security_sb_umount, "mount: umount", hook_sb_umount),
	BH_HOOK(security_sb_pivotroot, "mount: pivot_root", hook_sb_pivotroot),
	{ }
};
