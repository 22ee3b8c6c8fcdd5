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
#include <linux/version.h>

#ifndef BULKHEAD_UNKNOWN_KERNEL
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#error "bulkhead knows Linux 6.1 only: see README.md, \"Kernels\", or make UNKNOWN_KERNEL=1 to try"
#endif
#endif

#ifndef ftrace_regs_set_instruction_pointer
/* 6.5 renamed it. */
#define ftrace_regs_set_instruction_pointer(fregs, ip) ftrace_instruction_pointer_set(fregs, ip)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
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

/* References to a namespace: ->count until 6.18, ->__ns_ref behind it. */
static inline unsigned int ns_ref_read(struct ns_common *ns)
{
	return refcount_read(&ns->count);
}

static inline void ns_ref_get(struct ns_common *ns)
{
	refcount_inc(&ns->count);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
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

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* The path that a file was opened by; 6.8 hides it in what overlayfs maps. */
static inline const struct path *file_user_path(const struct file *file)
{
	return &file->f_path;
}

/* ->d_real() takes a type since 6.8. */
#define D_REAL_DATA NULL
#endif

/* 6.10 lets __string() keep the source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define bh_assign_str(field, source) __assign_str(field, source)
#else
#define bh_assign_str(field, source) __assign_str(field)
#endif

#endif /* BULKHEAD_COMPAT_H */
