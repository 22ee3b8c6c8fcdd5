// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount in steps: fsopen, fspick, fsconfig, fsmount, open_tree, mount_setattr,
 * move_mount. One operation, judged at each step with what is known so far.
 *
 * The kernel asks no security module before move_mount, and most of what these
 * calls do is done in functions that cannot be redirected. So each is judged
 * where an object passes that can: a context when it is made and when it gets its
 * super block, a detached mount when a descriptor is about to be made for it.
 * What such a function is not told is taken from the frame of the system call
 * that it works for, and compared with what it was given.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fsnotify_backend.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/uaccess.h>
#include <uapi/linux/fcntl.h>
#include <uapi/linux/mount.h>

#include "binding.h"
#include "check.h"
#include "compat/compat.h"
#include "compat/internal.h"
#include "frozen.h"
#include "hooks.h"
#include "limits.h"
#include "mount_op.h"
#include "path.h"

/* Frames: system calls under way, each on the stack of its task. */

enum call {
	CALL_FSMOUNT,
	CALL_OPEN_TREE,
	CALL_FSPICK,
	CALL_SET_GROUP,
	CALL_MOUNT,
	CALL_PLAIN,
};

/**
 * struct frame - what functions below a system call are to know of it
 * @node: in the table, by the task
 * @task: the task
 * @call: which system call
 * @place: what its path leads to, with a reference, as looked up before it was
 *         called; the kernel's own look-up must come to the same
 * @op: what a clone of @place amounts to
 * @name: the source of what is being made, or the place that was picked
 * @err: why @name cannot be told
 * @alone: what is being made gets a mount namespace of its own, where it lies at "/"
 * @flags: its flags, if @alone
 * @fstype: its type, if @alone
 * @judged: what mount(2) was judged as
 */
struct frame {
	struct hlist_node node;
	const struct task_struct *task;
	enum call call;
	struct path place;
	u32 op;
	char *name;
	int err;
	bool alone;
	u32 flags;
	const char *fstype;
	const struct bh_mount_op *judged;
};

static DEFINE_HASHTABLE(frames, 6);
static DEFINE_SPINLOCK(frames_lock);

static void enter_frame(struct frame *frame)
{
	frame->task = current;
	spin_lock(&frames_lock);
	hash_add(frames, &frame->node, (unsigned long)current);
	spin_unlock(&frames_lock);
}

static void leave_frame(struct frame *frame)
{
	spin_lock(&frames_lock);
	hash_del(&frame->node);
	spin_unlock(&frames_lock);
	path_put(&frame->place);
	kfree(frame->name);
}

/* The current task's own, so that it cannot go away. */
static struct frame *find_frame(void)
{
	struct frame *frame, *found = NULL;

	spin_lock(&frames_lock);
	hash_for_each_possible(frames, frame, node, (unsigned long)current)
		if (frame->task == current)
			found = frame;
	spin_unlock(&frames_lock);
	return found;
}

/* The path of a place in the mount namespace, or NULL; sets @err. To be freed. */
static char *name_of(const struct path *place, int *err)
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

/* Judges a step on the way to attaching a mount: where to and with which flags is not known. */
static int judge_step(u32 op, const char *source, int source_err, const char *fstype)
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

/* Contexts */

/* Made by fsopen or fspick, not inside of another operation? Only those have a log. */
static bool is_users(const struct fs_context *fc)
{
	return fc->log.log;
}

/* @fs_type: of what fsopen is about to open. */
static int check_fsopen(const struct file_system_type *fs_type)
{
	struct bh_mount_op operation = {
		.op = BH_OP_MOUNT,
		.fstype = fs_type->name,
		.unknown = 1 << BH_MOUNT_TARGET | 1 << BH_MOUNT_SOURCE,
		.flags_unknown = true,
	};

	return bh_mount_judge(&operation);
}

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

/* What fspick picked, which must be what its path led to. */
static int check_fspick(const struct frame *frame, const struct dentry *dentry)
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

BH_DEFINE_ORIGINAL(fs_context_for_mount);
BH_DEFINE_ORIGINAL(fs_context_for_reconfigure);
BH_DEFINE_ORIGINAL(vfs_get_tree);
BH_DEFINE_ORIGINAL(vfs_clean_context);
BH_DEFINE_ORIGINAL(reconfigure_super);
BH_DEFINE_ORIGINAL(put_fs_context);

static noinline struct fs_context *judge_for_mount(struct file_system_type *fs_type,
						   unsigned int sb_flags)
{
	int err = 0;

	/* The kernel's own mounts, of a message queue file system for one, are nobody's act. */
	if (!(sb_flags & (SB_KERNMOUNT | SB_SUBMOUNT)))
		err = check_fsopen(fs_type);
	bh_hook_leave();
	return err ? ERR_PTR(err) : BH_ORIGINAL(fs_context_for_mount)(fs_type, sb_flags);
}

/*
 * For mount(2) as well, which has been allowed by then: that all of an operation is
 * allowed implies that a step of it is.
 */
static struct fs_context *hook_for_mount(struct file_system_type *fs_type, unsigned int sb_flags)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current))
		return judge_for_mount(fs_type, sb_flags);
	bh_hook_leave();
	return BH_ORIGINAL(fs_context_for_mount)(fs_type, sb_flags);
}

static noinline struct fs_context *judge_for_reconfigure(struct dentry *dentry,
							 unsigned int sb_flags,
							 unsigned int sb_flags_mask)
{
	const struct frame *frame = find_frame();
	struct fs_context *fc;
	int err = 0;

	if (frame && frame->call == CALL_FSPICK)
		err = check_fspick(frame, dentry);
	fc = err ? ERR_PTR(err) :
		   BH_ORIGINAL(fs_context_for_reconfigure)(dentry, sb_flags, sb_flags_mask);
	if (frame && frame->call == CALL_FSPICK && !IS_ERR(fc)) {
		err = bh_detached_add(fc, BH_OP_REMOUNT, frame->name, frame->err);
		if (err) {
			put_fs_context(fc);
			fc = ERR_PTR(err);
		}
	}
	bh_hook_leave();
	return fc;
}

/* For mount(2) as well, which has been judged. */
static struct fs_context *hook_for_reconfigure(struct dentry *dentry, unsigned int sb_flags,
					       unsigned int sb_flags_mask)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current))
		return judge_for_reconfigure(dentry, sb_flags, sb_flags_mask);
	bh_hook_leave();
	return BH_ORIGINAL(fs_context_for_reconfigure)(dentry, sb_flags, sb_flags_mask);
}

/*
 * The kernel looks the device up again, by a name that may lead somewhere else by then. What
 * it has found is not told by that name, and what it may be must be allowed.
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

/* The super block is about to be made or found. */
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
	const struct frame *frame = find_frame();
	int err;

	if (fc->purpose == FS_CONTEXT_FOR_MOUNT && is_users(fc))
		err = judge_create(fc);
	else if (frame && frame->call == CALL_MOUNT)
		err = get_judged_tree(fc, frame->judged);
	else
		err = BH_ORIGINAL(vfs_get_tree)(fc);
	bh_hook_leave();
	return err;
}

static int hook_get_tree(struct fs_context *fc)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current))
		return judge_get_tree(fc);
	bh_hook_leave();
	return BH_ORIGINAL(vfs_get_tree)(fc);
}

static noinline int judge_reconfigure(struct fs_context *fc)
{
	int err = is_users(fc) ? check_reconfigure(fc) : 0;

	bh_hook_leave();
	return err ?: BH_ORIGINAL(reconfigure_super)(fc);
}

static int hook_reconfigure(struct fs_context *fc)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current))
		return judge_reconfigure(fc);
	bh_hook_leave();
	return BH_ORIGINAL(reconfigure_super)(fc);
}

/* The source of a super block that a context was given, as long as the name leads there. */
static char *source_of(const struct fs_context *fc, int *err)
{
	struct bh_mount_op operation = { };
	struct path device = { };
	char *name = NULL;

	bh_mount_find_device(&operation, fc->source, &device);
	*err = operation.source_err;
	if (!*err && !bh_mount_is_on(&operation, fc->root->d_sb))
		*err = -ESTALE;
	if (!*err && operation.source) {
		name = name_of(&device, err);
	} else if (!*err && fc->source) {
		name = kstrdup(fc->source, GFP_KERNEL);
		*err = name ? 0 : -ENOMEM;
	}
	path_put(&device);
	return name;
}

static noinline void note_source(struct fs_context *fc)
{
	struct frame *frame = find_frame();

	if (frame && frame->call == CALL_FSMOUNT && !frame->name && fc->root) {
		frame->name = source_of(fc, &frame->err);
		frame->fstype = fc->root->d_sb->s_type->name;
		frame->flags |= bh_mount_flags_of_sb(fc->root->d_sb->s_flags);
	}
	bh_hook_leave();
	BH_ORIGINAL(vfs_clean_context)(fc);
}

/* Where fsmount has made the mount and is about to forget the source. Judges nothing. */
static void hook_clean_context(struct fs_context *fc)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current)) {
		note_source(fc);
		return;
	}
	bh_hook_leave();
	BH_ORIGINAL(vfs_clean_context)(fc);
}

/* Whoever puts it: the last descriptor may be the host's. */
static void hook_put_context(struct fs_context *fc)
{
	bh_hook_enter();
	if (bh_detached_any())
		bh_detached_drop(fc);
	bh_hook_leave();
	BH_ORIGINAL(put_fs_context)(fc);
}

/* Detached mounts */

/*
 * A descriptor is about to be made for the mount that fsmount made or open_tree cloned: the
 * last moment at which nobody has it.
 */
static int check_detached(const struct frame *frame, const struct path *path)
{
	const char *fstype = bh_mount_type_at(path);
	int err;

	if (frame->call == CALL_FSMOUNT)
		err = judge_step(BH_OP_MOUNT, frame->name, frame->err, fstype);
	else if (path->dentry == frame->place.dentry)
		err = judge_step(frame->op, frame->name, frame->err, fstype);
	else
		err = judge_step(frame->op, NULL, -ESTALE, fstype);
	return err ?: bh_detached_add(path->mnt, frame->op, frame->name, frame->err);
}

/*
 * A descriptor is about to be made for the mount namespace that such a mount got. Whoever
 * enters it has it for a root: so all is known, and it is judged like mount(2).
 */
static int check_namespace(const struct frame *frame, const struct path *path)
{
	struct bh_mount_op operation = {
		.op = frame->op,
		.flags = frame->flags,
		.target_name = "/",
		.source_name = frame->name,
		.source_err = frame->err,
		.fstype = frame->fstype,
	};

	return bh_mount_judge(&operation) ?: bh_bind_made(d_inode(path->dentry)->i_private);
}

static bool is_namespace(const struct path *path)
{
	return path->dentry->d_sb->s_magic == NSFS_MAGIC;
}

BH_DEFINE_ORIGINAL(dentry_open);
BH_DEFINE_ORIGINAL(__fsnotify_vfsmount_delete);

static noinline struct file *judge_dentry_open(const struct path *path, int flags,
					       const struct cred *cred)
{
	bool alone = is_namespace(path);
	struct frame *frame = flags == O_PATH || alone ? find_frame() : NULL;
	int err = 0;

	if (frame && frame->alone == alone &&
	    (frame->call == CALL_FSMOUNT || frame->call == CALL_OPEN_TREE))
		err = alone ? check_namespace(frame, path) : check_detached(frame, path);
	bh_hook_leave();
	return err ? ERR_PTR(err) : BH_ORIGINAL(dentry_open)(path, flags, cred);
}

static struct file *hook_dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current))
		return judge_dentry_open(path, flags, cred);
	bh_hook_leave();
	return BH_ORIGINAL(dentry_open)(path, flags, cred);
}

/* The last that is heard of a mount before its memory is given back, by whatever task. */
static void hook_mount_delete(struct vfsmount *mnt)
{
	bh_hook_enter();
	if (bh_detached_any())
		bh_detached_drop(mnt);
	bh_hook_leave();
	BH_ORIGINAL(__fsnotify_vfsmount_delete)(mnt);
}

/* Attaching */

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
		return bh_mount_judge(&operation);
	}
	/*
	 * Made by someone who is not confined, and handed in. It may be either, and
	 * what it may be must be allowed.
	 */
	operation.op = BH_OP_MOUNT;
	err = bh_mount_judge(&operation);
	operation.op = BH_OP_BIND;
	return err ?: bh_mount_judge(&operation);
}

static int check_move_mount(const struct path *from, const struct path *to)
{
	const struct frame *frame = find_frame();
	struct bh_mount_op operation = {
		.op = BH_OP_MOVE,
		.target = to,
		.source = from,
		.fstype = bh_mount_type_at(from),
	};
	int detached;

	if (!bh_bindings_nr())
		return 0;
	if (frame && frame->call == CALL_SET_GROUP) {
		operation.op = BH_OP_PROPAGATION;
		return bh_mount_judge(&operation);
	}
	detached = bh_mount_is_detached(from);
	if (detached < 0)
		return bh_check_denies_without_memory(BH_MOUNT, current, false) ? -EPERM : 0;
	return detached ? check_attach(from, to) : bh_mount_judge(&operation);
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
	if (!bh_task_is_ordinary(current))
		return judge_move_mount(from_path, to_path);
	bh_hook_leave();
	return BH_ORIGINAL(security_move_mount)(from_path, to_path);
}

/* System calls */

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
	struct frame frame = { .call = CALL_MOUNT, .judged = judged };
	long ret;

	enter_frame(&frame);
	ret = call(context);
	leave_frame(&frame);
	return ret;
}

/*
 * Native and 32-bit entry points take their arguments from different registers.
 * What is in registers no other thread can change.
 */
struct args {
	unsigned long arg[5];
};

static struct args args_64(const struct pt_regs *regs)
{
	return (struct args){ { regs->di, regs->si, regs->dx, regs->r10, regs->r8 } };
}

#ifdef CONFIG_IA32_EMULATION
static struct args args_32(const struct pt_regs *regs)
{
	return (struct args){ { (u32)regs->bx, (u32)regs->cx, (u32)regs->dx, (u32)regs->si,
				(u32)regs->di } };
}
#endif

typedef long (*syscall_t)(const struct pt_regs *regs);
typedef long (*handle_t)(const struct args *args, const struct pt_regs *regs, syscall_t original);

/* The flags that a mount would have, as mount(2) would be asked for them. */
static u32 attr_flags(u32 flags, u64 clear, u64 set)
{
	static const struct {
		u64 attr;
		u32 flag;
	} map[] = {
		{ MOUNT_ATTR_RDONLY, BH_FLAG_RO },
		{ MOUNT_ATTR_NOSUID, BH_FLAG_NOSUID },
		{ MOUNT_ATTR_NODEV, BH_FLAG_NODEV },
		{ MOUNT_ATTR_NOEXEC, BH_FLAG_NOEXEC },
		{ MOUNT_ATTR_NODIRATIME, BH_FLAG_NODIRATIME },
		{ MOUNT_ATTR_NOSYMFOLLOW, BH_FLAG_NOSYMFOLLOW },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		if (clear & map[i].attr)
			flags &= ~map[i].flag;
		if (set & map[i].attr)
			flags |= map[i].flag;
	}
	if (!(clear & MOUNT_ATTR__ATIME))
		return flags;
	flags &= ~(BH_FLAG_RELATIME | BH_FLAG_NOATIME | BH_FLAG_STRICTATIME);
	switch (set & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_RELATIME:
		return flags | BH_FLAG_RELATIME;
	case MOUNT_ATTR_NOATIME:
		return flags | BH_FLAG_NOATIME;
	default:
		return flags | BH_FLAG_STRICTATIME;
	}
}

static long call_fsmount(const struct args *args, const struct pt_regs *regs, syscall_t original)
{
	struct frame frame = {
		.call = CALL_FSMOUNT,
		.op = BH_OP_MOUNT,
		.alone = args->arg[1] & FSMOUNT_NAMESPACE,
		/* relatime is what nobody asked for. */
		.flags = attr_flags(0, MOUNT_ATTR__ATIME, args->arg[2]) & ~BH_FLAG_RELATIME,
	};
	long ret;

	enter_frame(&frame);
	ret = original(regs);
	leave_frame(&frame);
	return ret;
}

static unsigned int lookup_flags(unsigned int at_flags)
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

static int look_up(struct frame *frame, const struct args *args, unsigned int flags)
{
	return user_path_at(args->arg[0], (const char __user *)args->arg[1], flags, &frame->place);
}

/*
 * A clone of a detached mount is another of the same; of a place in a detached mount it
 * has no source that could be named.
 */
static void name_source(struct frame *frame)
{
	struct bh_detached known;

	frame->op = BH_OP_BIND;
	if (!bh_detached_find(frame->place.mnt, &known) || !bh_mount_is_detached(&frame->place)) {
		frame->name = name_of(&frame->place, &frame->err);
		return;
	}
	if (frame->place.dentry != frame->place.mnt->mnt_root)
		return;
	frame->op = known.op;
	frame->err = known.err;
	if (!known.name)
		return;
	frame->name = kstrdup(known.name, GFP_KERNEL);
	frame->err = frame->name ? 0 : -ENOMEM;
}

BH_DEFINE_ORIGINAL(__x64_sys_open_tree);

static long open_tree_frozen(unsigned long page, void *context)
{
	const struct args *args = context;
	struct pt_regs regs = {
		.di = AT_FDCWD,
		.si = page + BH_FROZEN_PATH,
		.dx = args->arg[2],
	};

	return BH_ORIGINAL(__x64_sys_open_tree)(&regs);
}

/*
 * Into a mount namespace of its own. Nothing that passes below tells what was cloned: the
 * kernel is made to clone what was looked up.
 */
static long clone_alone(struct frame *frame, const struct args *args)
{
	const struct vfsmount *mnt = frame->place.mnt;
	long ret;

	frame->alone = true;
	frame->fstype = bh_mount_type_at(&frame->place);
	frame->flags = bh_mount_flags_of_mount(READ_ONCE(mnt->mnt_flags)) |
		       bh_mount_flags_of_sb(mnt->mnt_sb->s_flags);
	if (args->arg[2] & AT_RECURSIVE)
		frame->flags |= BH_FLAG_REC;
	enter_frame(frame);
	ret = bh_frozen_call(&frame->place, NULL, 0, open_tree_frozen, (void *)args);
	leave_frame(frame);
	return ret;
}

static long call_open_tree(const struct args *args, const struct pt_regs *regs, syscall_t original)
{
	struct frame frame = { .call = CALL_OPEN_TREE };
	long ret;

	if (!(args->arg[2] & (OPEN_TREE_CLONE | OPEN_TREE_NAMESPACE)))
		return original(regs);
	ret = look_up(&frame, args, lookup_flags(args->arg[2]));
	if (ret)
		return ret;
	name_source(&frame);
	if (args->arg[2] & OPEN_TREE_NAMESPACE)
		return clone_alone(&frame, args);
	enter_frame(&frame);
	ret = original(regs);
	leave_frame(&frame);
	return ret;
}

static long call_fspick(const struct args *args, const struct pt_regs *regs, syscall_t original)
{
	struct frame frame = { .call = CALL_FSPICK, .op = BH_OP_REMOUNT };
	unsigned int flags = LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT;
	long ret;

	if (args->arg[2] & FSPICK_SYMLINK_NOFOLLOW)
		flags &= ~LOOKUP_FOLLOW;
	if (args->arg[2] & FSPICK_NO_AUTOMOUNT)
		flags &= ~LOOKUP_AUTOMOUNT;
	if (args->arg[2] & FSPICK_EMPTY_PATH)
		flags |= LOOKUP_EMPTY;
	ret = look_up(&frame, args, flags);
	if (ret)
		return ret;
	frame.name = name_of(&frame.place, &frame.err);
	enter_frame(&frame);
	ret = original(regs);
	leave_frame(&frame);
	return ret;
}

static long call_move_mount(const struct args *args, const struct pt_regs *regs,
			    syscall_t original)
{
	struct frame frame = { .call = CALL_SET_GROUP };
	long ret;

	if (!(args->arg[4] & MOVE_MOUNT_SET_GROUP))
		return original(regs);
	enter_frame(&frame);
	ret = original(regs);
	leave_frame(&frame);
	return ret;
}

#ifdef __NR_mount_setattr

#define ATTR_FLAGS (~(u64)MOUNT_ATTR_IDMAP)

/*
 * Of a mount that is being made, as @made_by, the flags are judged when it is attached.
 * Unless it is a clone and loses some: then it lifts what its source is protected by,
 * which mount(2) does by a remount.
 */
static bool is_part_of_making(u32 made_by, u32 before, u32 after)
{
	const u32 protect = BH_FLAG_RO | BH_FLAG_NOSUID | BH_FLAG_NODEV | BH_FLAG_NOEXEC |
			    BH_FLAG_NOSYMFOLLOW;

	return made_by == BH_OP_MOUNT || (made_by && !(before & ~after & protect));
}

/*
 * @place: the mount, or what it is about to be cloned from
 * @target: where it lies; a clone lies nowhere
 * @made_by: BH_OP_* if it is being made, or 0
 */
static int check_setattr(const struct path *place, const struct path *target, u32 made_by,
			 const struct mount_attr *attr, bool recursive)
{
	u32 rec = recursive ? BH_FLAG_REC : 0;
	u32 before = bh_mount_flags_of_mount(READ_ONCE(place->mnt->mnt_flags));
	u32 after = attr_flags(before, attr->attr_clr, attr->attr_set);
	struct bh_mount_op operation = {
		.target = target,
		.fstype = bh_mount_type_at(place),
	};
	int err = 0;

	if ((attr->attr_set | attr->attr_clr) & ATTR_FLAGS &&
	    !is_part_of_making(made_by, before, after)) {
		operation.op = BH_OP_REMOUNT;
		operation.flags = after | rec;
		err = bh_mount_judge(&operation);
	}
	operation.flags = rec;
	if (!err && attr->propagation) {
		operation.op = BH_OP_PROPAGATION;
		err = bh_mount_judge(&operation);
	}
	if (!err && (attr->attr_set | attr->attr_clr) & MOUNT_ATTR_IDMAP) {
		operation.op = BH_OP_SETATTR;
		err = bh_mount_judge(&operation);
	}
	return err;
}

/* The attributes that are a call's fourth and fifth argument, as the kernel reads them. */
static int copy_attr(struct mount_attr *attr, const struct args *args)
{
	if (args->arg[4] < MOUNT_ATTR_SIZE_VER0)
		return -EINVAL;
	if (args->arg[4] > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(attr, sizeof(*attr), (const void __user *)args->arg[3],
				     args->arg[4]);
}

/* The arguments of a call that is made with a frozen page: path and attributes lie in it. */
static struct pt_regs frozen_regs(unsigned long page, const struct args *args)
{
	return (struct pt_regs){
		.di = AT_FDCWD,
		.si = page + BH_FROZEN_PATH,
		.dx = args->arg[2],
		.r10 = page + BH_FROZEN_DATA,
		.r8 = sizeof(struct mount_attr),
	};
}

BH_DEFINE_ORIGINAL(__x64_sys_mount_setattr);

/* Calls the kernel's function by its native entry, whichever was taken. */
static long setattr_frozen(unsigned long page, void *context)
{
	struct pt_regs regs = frozen_regs(page, context);

	return BH_ORIGINAL(__x64_sys_mount_setattr)(&regs);
}

static long call_mount_setattr(const struct args *args, const struct pt_regs *regs,
			       syscall_t original)
{
	struct bh_detached known;
	struct frame frame = { };
	struct mount_attr attr;
	bool made;
	long ret;

	ret = copy_attr(&attr, args);
	if (!ret)
		ret = look_up(&frame, args, lookup_flags(args->arg[2]));
	if (ret)
		return ret;
	made = bh_detached_find(frame.place.mnt, &known) &&
	       bh_mount_is_detached(&frame.place) == 1;
	ret = check_setattr(&frame.place, &frame.place, made ? known.op : 0, &attr,
			    args->arg[2] & AT_RECURSIVE);
	if (!ret)
		ret = bh_frozen_call(&frame.place, &attr, sizeof(attr), setattr_frozen,
				     (void *)args);
	path_put(&frame.place);
	return ret;
}

#ifdef __NR_open_tree_attr

BH_DEFINE_ORIGINAL(__x64_sys_open_tree_attr);

static long open_tree_attr_frozen(unsigned long page, void *context)
{
	struct pt_regs regs = frozen_regs(page, context);

	return BH_ORIGINAL(__x64_sys_open_tree_attr)(&regs);
}

/* mount_setattr of what open_tree clones or opens. A plain descriptor is not judged. */
static long open_tree_with_attr(struct frame *frame, const struct args *args,
				const struct mount_attr *attr)
{
	const struct path *target = &frame->place;
	long ret;

	frame->call = CALL_PLAIN;
	if (args->arg[2] & OPEN_TREE_CLONE) {
		frame->call = CALL_OPEN_TREE;
		target = NULL;
		name_source(frame);
	}
	enter_frame(frame);
	ret = check_setattr(&frame->place, target, frame->op, attr, args->arg[2] & AT_RECURSIVE);
	if (!ret)
		ret = bh_frozen_call(&frame->place, attr, sizeof(*attr), open_tree_attr_frozen,
				     (void *)args);
	leave_frame(frame);
	return ret;
}

static long call_open_tree_attr(const struct args *args, const struct pt_regs *regs,
				syscall_t original)
{
	struct frame frame = { };
	struct mount_attr attr;
	long ret;

	if (!args->arg[3])
		return args->arg[4] ? -EINVAL : call_open_tree(args, regs, original);
	ret = copy_attr(&attr, args);
	/* The kernel refuses attributes of a namespace, too, but makes it before. */
	if (!ret && args->arg[2] & OPEN_TREE_NAMESPACE)
		ret = -EINVAL;
	if (!ret)
		ret = look_up(&frame, args, lookup_flags(args->arg[2]));
	return ret ?: open_tree_with_attr(&frame, args, &attr);
}

#endif /* __NR_open_tree_attr */

#endif /* __NR_mount_setattr */

static noinline long judge_syscall(handle_t handle, struct args args, const struct pt_regs *regs,
				   syscall_t original)
{
	long ret = bh_bindings_nr() ? handle(&args, regs, original) : original(regs);

	bh_hook_leave();
	return ret;
}

/* What leaves the module by a jump for whoever is not confined calls through for others. */
#define DEFINE_THROUGH(entry)							\
static long through_##entry(const struct pt_regs *regs)				\
{										\
	return BH_ORIGINAL(entry)(regs);					\
}

#define DEFINE_HOOK(entry, args_of, handle)					\
static long hook_##entry(const struct pt_regs *regs)				\
{										\
	bh_hook_enter();							\
	if (!bh_task_is_ordinary(current))					\
		return judge_syscall(handle, args_of(regs), regs, through_##entry); \
	bh_hook_leave();							\
	return BH_ORIGINAL(entry)(regs);					\
}

BH_DEFINE_ORIGINAL(__x64_sys_fsmount);
BH_DEFINE_ORIGINAL(__x64_sys_fspick);
BH_DEFINE_ORIGINAL(__x64_sys_move_mount);

DEFINE_THROUGH(__x64_sys_fsmount)
DEFINE_HOOK(__x64_sys_fsmount, args_64, call_fsmount)
DEFINE_THROUGH(__x64_sys_open_tree)
DEFINE_HOOK(__x64_sys_open_tree, args_64, call_open_tree)
DEFINE_THROUGH(__x64_sys_fspick)
DEFINE_HOOK(__x64_sys_fspick, args_64, call_fspick)
DEFINE_THROUGH(__x64_sys_move_mount)
DEFINE_HOOK(__x64_sys_move_mount, args_64, call_move_mount)
#ifdef __NR_mount_setattr
DEFINE_THROUGH(__x64_sys_mount_setattr)
DEFINE_HOOK(__x64_sys_mount_setattr, args_64, call_mount_setattr)
#endif
#ifdef __NR_open_tree_attr
DEFINE_THROUGH(__x64_sys_open_tree_attr)
DEFINE_HOOK(__x64_sys_open_tree_attr, args_64, call_open_tree_attr)
#endif

#ifdef CONFIG_IA32_EMULATION
BH_DEFINE_ORIGINAL(__ia32_sys_fsmount);
BH_DEFINE_ORIGINAL(__ia32_sys_open_tree);
BH_DEFINE_ORIGINAL(__ia32_sys_fspick);
BH_DEFINE_ORIGINAL(__ia32_sys_move_mount);

DEFINE_THROUGH(__ia32_sys_fsmount)
DEFINE_HOOK(__ia32_sys_fsmount, args_32, call_fsmount)
DEFINE_THROUGH(__ia32_sys_open_tree)
DEFINE_HOOK(__ia32_sys_open_tree, args_32, call_open_tree)
DEFINE_THROUGH(__ia32_sys_fspick)
DEFINE_HOOK(__ia32_sys_fspick, args_32, call_fspick)
DEFINE_THROUGH(__ia32_sys_move_mount)
DEFINE_HOOK(__ia32_sys_move_mount, args_32, call_move_mount)
#ifdef __NR_mount_setattr
BH_DEFINE_ORIGINAL(__ia32_sys_mount_setattr);
DEFINE_THROUGH(__ia32_sys_mount_setattr)
DEFINE_HOOK(__ia32_sys_mount_setattr, args_32, call_mount_setattr)
#endif
#ifdef __NR_open_tree_attr
BH_DEFINE_ORIGINAL(__ia32_sys_open_tree_attr);
DEFINE_THROUGH(__ia32_sys_open_tree_attr)
DEFINE_HOOK(__ia32_sys_open_tree_attr, args_32, call_open_tree_attr)
#endif
#endif /* CONFIG_IA32_EMULATION */

struct bh_hook bh_mount_step_hooks[] = {
	BH_HOOK(fs_context_for_mount, "mount: fsopen", hook_for_mount),
	BH_HOOK(fs_context_for_reconfigure, "mount: fspick", hook_for_reconfigure),
	BH_HOOK(vfs_get_tree, "mount: fsconfig create", hook_get_tree),
	BH_HOOK(reconfigure_super, "mount: fsconfig reconfigure", hook_reconfigure),
	BH_HOOK(vfs_clean_context, "mount: nothing, but fsmount's source is known there",
		hook_clean_context),
	BH_HOOK(put_fs_context, "mount: nothing, but a context ends there", hook_put_context),
	BH_HOOK(dentry_open, "mount: fsmount, open_tree", hook_dentry_open),
	BH_HOOK(__fsnotify_vfsmount_delete, "mount: nothing, but a mount ends there",
		hook_mount_delete),
	BH_HOOK(security_move_mount, "mount: move_mount", hook_move_mount),
	BH_HOOK(__x64_sys_fsmount, "mount: fsmount", hook___x64_sys_fsmount),
	BH_HOOK(__x64_sys_open_tree, "mount: open_tree", hook___x64_sys_open_tree),
	BH_HOOK(__x64_sys_fspick, "mount: fspick", hook___x64_sys_fspick),
	BH_HOOK(__x64_sys_move_mount, "mount: move_mount", hook___x64_sys_move_mount),
#ifdef __NR_mount_setattr
	BH_HOOK(__x64_sys_mount_setattr, "mount: mount_setattr", hook___x64_sys_mount_setattr),
#endif
#ifdef __NR_open_tree_attr
	BH_HOOK(__x64_sys_open_tree_attr, "mount: open_tree_attr",
		hook___x64_sys_open_tree_attr),
#endif
#ifdef CONFIG_IA32_EMULATION
	BH_HOOK(__ia32_sys_fsmount, "mount: fsmount, 32-bit", hook___ia32_sys_fsmount),
	BH_HOOK(__ia32_sys_open_tree, "mount: open_tree, 32-bit", hook___ia32_sys_open_tree),
	BH_HOOK(__ia32_sys_fspick, "mount: fspick, 32-bit", hook___ia32_sys_fspick),
	BH_HOOK(__ia32_sys_move_mount, "mount: move_mount, 32-bit", hook___ia32_sys_move_mount),
#ifdef __NR_mount_setattr
	BH_HOOK(__ia32_sys_mount_setattr, "mount: mount_setattr, 32-bit",
		hook___ia32_sys_mount_setattr),
#endif
#ifdef __NR_open_tree_attr
	BH_HOOK(__ia32_sys_open_tree_attr, "mount: open_tree_attr, 32-bit",
		hook___ia32_sys_open_tree_attr),
#endif
#endif
	{ }
};
