/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks on the entry points of system calls. For the hook files of mounts only.
 */
#ifndef BULKHEAD_MOUNT_ENTRY_H
#define BULKHEAD_MOUNT_ENTRY_H

#include <linux/mount.h>
#include <linux/ptrace.h>
#include <uapi/linux/fcntl.h>
#include <uapi/linux/mount.h>

#include "attach.h"
#include "binding.h"
#include "frozen.h"
#include "mount_frame.h"
#include "stay.h"
#include "task.h"

static inline struct bh_args bh_args_64(const struct pt_regs *regs)
{
	return (struct bh_args){ { regs->di, regs->si, regs->dx, regs->r10, regs->r8 } };
}

#ifdef CONFIG_IA32_EMULATION
static inline struct bh_args bh_args_32(const struct pt_regs *regs)
{
	return (struct bh_args){ { (u32)regs->bx, (u32)regs->cx, (u32)regs->dx, (u32)regs->si,
				(u32)regs->di } };
}
#endif

typedef long (*bh_entry_t)(const struct pt_regs *regs);
typedef long (*bh_entry_handle_t)(const struct bh_args *args, const struct pt_regs *regs,
				  bh_entry_t original);

#ifdef __NR_mount_setattr
/* The registers for a call of mount_setattr or open_tree_attr with a frozen page's copies. */
static inline struct pt_regs bh_frozen_regs(unsigned long page, const struct bh_args *args)
{
	return (struct pt_regs){
		.di = AT_FDCWD,
		.si = page + BH_FROZEN_PATH,
		.dx = args->arg[2],
		.r10 = page + BH_FROZEN_DATA,
		.r8 = sizeof(struct mount_attr),
	};
}

#define BH_ATTR_SIZE sizeof(struct mount_attr)
#else
struct mount_attr;

#define BH_ATTR_SIZE 0
#endif

/*
 * Makes a call that was judged, as bh_frozen_call(). Who is not bound was asked nothing, and is
 * let call as it likes. @attr: NULL for a call without attributes.
 */
static noinline __maybe_unused long call_judged(const struct bh_frame *frame,
						const struct bh_args *args,
						const struct mount_attr *attr,
						long (*frozen)(unsigned long page, void *context),
						const struct pt_regs *regs, bh_entry_t original)
{
	if (!bh_task_has_bindings(current))
		return original(regs);
	return bh_frozen_call(&frame->place, attr, attr ? BH_ATTR_SIZE : 0, frozen,
			      (void *)args);
}

/* Unused where the kernel has none of a hook file's calls. */
static noinline __maybe_unused long judge_entry(bh_entry_handle_t handle, struct bh_args args,
						const struct pt_regs *regs, bh_entry_t original)
{
	long ret = handle(&args, regs, original);

	bh_stay_end();
	bh_hook_leave();
	return ret;
}

/*
 * Unconfined callers tail-jump into the original, so that no frame of the module stays on the
 * stack. Confined callers call it through this, so that the frame of the call stays until the
 * original returns.
 */
#define BH_DEFINE_THROUGH(entry)						\
static long through_##entry(const struct pt_regs *regs)				\
{										\
	return BH_ORIGINAL(entry)(regs);					\
}

/* A handler hook_ENTRY, which calls @handle with the arguments that @args_of reads. */
#define BH_DEFINE_ENTRY(entry, args_of, handle)					\
BH_DEFINE_THROUGH(entry)							\
										\
static long hook_##entry(const struct pt_regs *regs)				\
{										\
	bh_hook_enter();							\
	if (!bh_task_in_initial_ns(current) && bh_bindings_nr() && bh_stay_begin()) \
		return judge_entry(handle, args_of(regs), regs, through_##entry); \
	bh_hook_leave();							\
	return BH_ORIGINAL(entry)(regs);					\
}

/*
 * The ways into a system call, native and 32-bit, and its handlers. The first is needed before
 * a function that calls the native one with arguments of its own.
 */
#ifdef CONFIG_IA32_EMULATION
#define BH_DEFINE_ORIGINALS(call)						\
	BH_DEFINE_ORIGINAL(__x64_sys_##call);					\
	BH_DEFINE_ORIGINAL(__ia32_sys_##call)

#define BH_DEFINE_ENTRIES(call, handle)						\
	BH_DEFINE_ENTRY(__x64_sys_##call, bh_args_64, handle)			\
	BH_DEFINE_ENTRY(__ia32_sys_##call, bh_args_32, handle)
#else
#define BH_DEFINE_ORIGINALS(call) BH_DEFINE_ORIGINAL(__x64_sys_##call)

#define BH_DEFINE_ENTRIES(call, handle)						\
	BH_DEFINE_ENTRY(__x64_sys_##call, bh_args_64, handle)
#endif

#endif /* BULKHEAD_MOUNT_ENTRY_H */
