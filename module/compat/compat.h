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
#include <linux/fsnotify_backend.h>
#include <linux/fsverity.h>
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/ns_common.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/user_namespace.h>
#include <linux/version.h>
#include <uapi/linux/mount.h>
#ifdef BULKHEAD_HAS_EXEC_STATE
#include <linux/sched/exec_state.h>
#endif

#ifndef BULKHEAD_UNKNOWN_KERNEL
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#error "bulkhead knows Linux 5.10 to 7.3: see docs/porting.md, or make UNKNOWN_KERNEL=1 to try"
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

#ifndef BULKHEAD_HAS_FREE_FILTER
/* Exported since 6.2. This does the same, if there is memory for it. */
#define ftrace_free_filter(ops) ((void)ftrace_set_filter(ops, NULL, 0, 1))
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

#if defined(BULKHEAD_HAS_NS_TYPE)
static inline int bh_ns_type(const struct ns_common *ns)
{
	return ns->ns_type;
}
#else
/* Until 6.18 it is a property of the operations. */
static inline int bh_ns_type(const struct ns_common *ns)
{
	return ns->ops->type;
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
	switch (bh_ns_type(ns)) {
	case CLONE_NEWPID:
		return &container_of(ns, struct pid_namespace, ns)->kref.refcount.refs;
	case CLONE_NEWUSER:
		return &container_of(ns, struct user_namespace, ns)->count;
	default:
		return &container_of(ns, struct bh_mnt_namespace, ns)->count;
	}
}

static inline unsigned int __ns_ref_read(struct ns_common *ns)
{
	return atomic_read(bh_ns_refs(ns));
}

static inline void __ns_ref_inc(struct ns_common *ns)
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
		before = __ns_ref_read(common);
		if (common->ops->get(current) != common)
			return false;
		after = __ns_ref_read(common);
		common->ops->put(common);
		if (after == before + 1)
			return true;
	}
	return false;
}
#else
#if !defined(BULKHEAD_HAS_NS_REF)
/* 6.18 hid the count that 5.11 had made one. */
static inline unsigned int __ns_ref_read(struct ns_common *ns)
{
	return refcount_read(&ns->count);
}

static inline void __ns_ref_inc(struct ns_common *ns)
{
	refcount_inc(&ns->count);
}
#endif

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

#if defined(BULKHEAD_HAS_FS_SEQLOCK)
static inline void bh_fs_init(struct fs_struct *fs)
{
	seqlock_init(&fs->seq);
}

static inline void bh_fs_share(struct fs_struct *fs, int by)
{
	read_seqlock_excl(&fs->seq);
	fs->users += by;
	read_sequnlock_excl(&fs->seq);
}
#else
/* The lock and the sequence count became one in 6.16. */
static inline void bh_fs_init(struct fs_struct *fs)
{
	spin_lock_init(&fs->lock);
	seqcount_spinlock_init(&fs->seq, &fs->lock);
}

/* Counts as further tasks that share a root; as clone(2) does. */
static inline void bh_fs_share(struct fs_struct *fs, int by)
{
	spin_lock(&fs->lock);
	fs->users += by;
	spin_unlock(&fs->lock);
}
#endif

/*
 * The user namespace in which a task that has memory executed its program, or one above
 * it. Under RCU; of another task also under its task_lock().
 */
#if defined(BULKHEAD_HAS_EXEC_STATE)
static inline const struct user_namespace *bh_exec_user_ns(const struct task_struct *task)
{
	return rcu_dereference(task->exec_state)->user_ns;
}
#else
/* 7.2 took it out of the memory. */
static inline const struct user_namespace *bh_exec_user_ns(const struct task_struct *task)
{
	return task->mm->user_ns;
}
#endif

/* 6.6 let do_mmap() take flags of the kernel's own, and 7.3 gave them a type. */
#if defined(BULKHEAD_HAS_MMAP_VMA_FLAGS)
#define BH_MMAP_VM_FLAGS vma_flags_t vm_flags,
#define BH_MMAP_VM_FLAGS_ARG vm_flags,
#elif defined(BULKHEAD_HAS_MMAP_VM_FLAGS)
#define BH_MMAP_VM_FLAGS vm_flags_t vm_flags,
#define BH_MMAP_VM_FLAGS_ARG vm_flags,
#else
#define BH_MMAP_VM_FLAGS
#define BH_MMAP_VM_FLAGS_ARG
#endif

/* 6.8 made it constant. */
#if defined(BULKHEAD_HAS_CONST_CREDS_FILE)
#define BH_CREDS_FILE const struct file
#else
#define BH_CREDS_FILE struct file
#endif

/* Mounts that the kernel makes on its way: 6.17 gave them a context instead of a flag. */
#ifndef SB_SUBMOUNT
#define SB_SUBMOUNT 0
#endif

#if defined(CONFIG_MODULE_UNLOAD) && !defined(BULKHEAD_HAS_MODULE_USE)
/* Private to the module loader since 7.0. */
struct module_use {
	struct list_head source_list;
	struct list_head target_list;
	struct module *source, *target;
};
#endif

#if !defined(BULKHEAD_HAS_EXE_FILE_WRITE)
/* 6.14 spares files that are filled on demand. */
static inline void exe_file_allow_write_access(struct file *file)
{
	allow_write_access(file);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) && !defined(BULKHEAD_HAS_FILE_USER_PATH)
/* The path that a file was opened by; 6.8 hides it in what overlayfs maps. */
static inline const struct path *file_user_path(const struct file *file)
{
	return &file->f_path;
}
#endif

#if defined(BULKHEAD_HAS_REAL_METADATA)
/* The dentry beneath an overlay's from which a file's attributes come. */
static inline struct dentry *bh_d_real(struct dentry *dentry)
{
	return d_real(dentry, D_REAL_METADATA);
}

static inline bool bh_has_other_metadata(const struct dentry *seen, const struct dentry *real)
{
	return false;
}
#else
/*
 * Before 6.8 it is the one from which the data comes. With metacopy=on the attributes may
 * come from another file. That one was made later, and no one can set its ctime.
 */
static inline struct dentry *bh_d_real(struct dentry *dentry)
{
	return d_real(dentry, NULL);
}

static inline bool bh_has_other_metadata(const struct dentry *seen, const struct dentry *real)
{
	const struct timespec64 a = inode_get_ctime(d_inode(seen));
	const struct timespec64 b = inode_get_ctime(d_inode(real));

	return d_inode(seen)->i_mode != d_inode(real)->i_mode || !timespec64_equal(&a, &b);
}
#endif

/* 5.14 added it to the attributes. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* Mounts in a mount namespace of their own, since 7.0: before, no call asks for them. */
#ifndef OPEN_TREE_NAMESPACE
#define OPEN_TREE_NAMESPACE 0
#endif
#ifndef FSMOUNT_NAMESPACE
#define FSMOUNT_NAMESPACE 0
#endif

/* A pidfd has a filesystem of its own since 6.9; before, it is an anonymous inode. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

#if !defined(BULKHEAD_HAS_FIND_INODE_MARK)
/* 6.10 made the object of a mark a pointer of any kind. */
static inline struct fsnotify_mark *fsnotify_find_inode_mark(struct inode *inode,
							     struct fsnotify_group *group)
{
	return fsnotify_find_mark(&inode->i_fsnotify_marks, group);
}
#endif

/* 6.0 gave groups flags, and marks one by which they do not hold their inode. */
#ifdef FSNOTIFY_GROUP_USER
#define bh_fsnotify_alloc_group(ops) fsnotify_alloc_group(ops, FSNOTIFY_GROUP_NOFS)
#else
#define bh_fsnotify_alloc_group(ops) fsnotify_alloc_group(ops)
#endif
/* What it says to a group holds of all of them since 6.9. */
#ifndef FSNOTIFY_GROUP_NOFS
#define FSNOTIFY_GROUP_NOFS 0
#endif
#ifndef FSNOTIFY_MARK_FLAG_NO_IREF
#define FSNOTIFY_MARK_FLAG_NO_IREF 0
#endif

/* What fs-verity says of a file: exported since 6.12. */
#if defined(BULKHEAD_HAS_VERITY_DIGEST)
#define BH_TELLS_VERITY 1
static inline int bh_verity_digest(struct inode *inode, u8 *digest, u32 *alg)
{
	enum hash_algo algorithm;
	int len = fsverity_get_digest(inode, digest, NULL, &algorithm);

	*alg = algorithm;
	return len;
}
#else
#define BH_TELLS_VERITY 0
static inline int bh_verity_digest(struct inode *inode, u8 *digest, u32 *alg)
{
	return 0;
}
#endif

/* The arguments of notify_change() that have changed: 5.12, 6.3, 6.19. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define BH_IDMAP_ARG struct mnt_idmap *
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define BH_IDMAP_ARG struct user_namespace *
#endif
#if defined(BULKHEAD_HAS_DELEGATED_INODE)
#define BH_DELEGATED_ARG struct delegated_inode *
#else
#define BH_DELEGATED_ARG struct inode **
#endif

/* 6.10 lets __string() keep the source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define bh_assign_str(field, source) __assign_str(field, source)
#else
#define bh_assign_str(field, source) __assign_str(field)
#endif

#endif /* BULKHEAD_COMPAT_H */
