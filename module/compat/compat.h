/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows kernel versions. Everything else is written for
 * the newest kernel; what that has and an older one lacks is supplied here.
 */
#ifndef BULKHEAD_COMPAT_H
#define BULKHEAD_COMPAT_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/ns_common.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/user_namespace.h>
#include <linux/version.h>

#ifndef BULKHEAD_UNKNOWN_KERNEL
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "bulkhead knows Linux 5.10 to 6.12: see README, \"Kernels\", or make UNKNOWN_KERNEL=1 to try"
#endif
#endif

/* BULKHEAD_HAS_*: see probe.mk. */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0) && !defined(BULKHEAD_HAS_FTRACE_REGS)
/*
 * 5.11 gave callbacks registers of their own kind. Before, all registers must be asked
 * for. And where a callback now asks for protection from itself, it had to decline it.
 */
#define ftrace_regs pt_regs
#define ftrace_instruction_pointer_set(regs, to) instruction_pointer_set(regs, to)
#define BH_FTRACE_FLAGS (FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION_SAFE)
#else
#define BH_FTRACE_FLAGS 0
#endif

#ifndef ftrace_regs_set_instruction_pointer
/* 6.5 renamed it. */
#define ftrace_regs_set_instruction_pointer(fregs, ip) ftrace_instruction_pointer_set(fregs, ip)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0) && !defined(BULKHEAD_HAS_GET_FILE_ACTIVE)
/* 6.7 made a file reference something that only get_file_active() takes. */
static inline struct file *get_file_active(struct file __rcu **where)
{
	struct file *file;

	rcu_read_lock();
	file = rcu_dereference(*where);
	if (file && !get_file_rcu(file))
		file = NULL;
	rcu_read_unlock();
	return file;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0) && !defined(BULKHEAD_HAS_NS_COUNT)
/* How a mount namespace begins: the rest is private, and so is this. */
struct bh_mnt_namespace {
	atomic_t count;
	struct ns_common ns;
};

/*
 * 5.11 gave all namespaces one reference count. Before, each type has its own; for
 * that of a mount namespace see bh_ns_refs_known().
 */
static inline atomic_t *bh_ns_refs(struct ns_common *ns)
{
	switch (ns->ops->type) {
	case CLONE_NEWPID:
		return &container_of(ns, struct pid_namespace, ns)->kref.refcount.refs;
	case CLONE_NEWUSER:
		return &container_of(ns, struct user_namespace, ns)->count;
	default:
		return &container_of(ns, struct bh_mnt_namespace, ns)->count;
	}
}

static inline unsigned int ns_ref_read(struct ns_common *ns)
{
	return atomic_read(bh_ns_refs(ns));
}

static inline void ns_ref_get(struct ns_common *ns)
{
	atomic_inc(bh_ns_refs(ns));
}

/*
 * Is the count of a mount namespace where it is looked for? A vendor's kernel could have
 * it elsewhere. Other tasks may take and drop references meanwhile, but not each time.
 */
static inline bool bh_ns_refs_known(const struct mnt_namespace *ns, struct ns_common *common)
{
	unsigned int before, after;
	int tries;

	if ((void *)ns != container_of(common, struct bh_mnt_namespace, ns))
		return false;
	for (tries = 0; tries < 100; tries++) {
		before = ns_ref_read(common);
		if (common->ops->get(current) != common)
			return false;
		after = ns_ref_read(common);
		common->ops->put(common);
		if (after == before + 1)
			return true;
	}
	return false;
}
#else
/* References to a namespace: ->count until 6.18, ->__ns_ref behind it. */
static inline unsigned int ns_ref_read(struct ns_common *ns)
{
	return refcount_read(&ns->count);
}

static inline void ns_ref_get(struct ns_common *ns)
{
	refcount_inc(&ns->count);
}

static inline bool bh_ns_refs_known(const struct mnt_namespace *ns, struct ns_common *common)
{
	return true;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0) && !defined(BULKHEAD_HAS_VM_FLAGS_SET)
/* 6.3 took direct writes away. */
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* The lock and the sequence count became one in 6.16. */
static inline void bh_fs_init(struct fs_struct *fs)
{
	spin_lock_init(&fs->lock);
	seqcount_spinlock_init(&fs->seq, &fs->lock);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) && !defined(BULKHEAD_HAS_FILE_USER_PATH)
/* The path that a file was opened by; 6.8 hides it in what overlayfs maps. */
static inline const struct path *file_user_path(const struct file *file)
{
	return &file->f_path;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* ->d_real() takes a type since 6.8. */
#define D_REAL_DATA NULL
#endif

/* A pidfd has a filesystem of its own since 6.9; before, it is an anonymous inode. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* 6.10 lets __string() keep the source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define bh_assign_str(field, source) __assign_str(field, source)
#else
#define bh_assign_str(field, source) __assign_str(field)
#endif

#endif /* BULKHEAD_COMPAT_H */
