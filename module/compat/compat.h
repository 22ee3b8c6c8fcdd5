/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows kernel versions. Everything else is written for the newest
 * kernel; what that has and an older one lacks is supplied here. Each entry names the
 * kernel's symbol and the release that changed it, with the commit's title where the symbol
 * alone does not lead to it. BULKHEAD_HAS_*: what probe.mk found in this kernel's headers.
 */
#ifndef BULKHEAD_COMPAT_H
#define BULKHEAD_COMPAT_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/fsverity.h>
#include <linux/ftrace.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/ns_common.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched/signal.h>
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

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0) && !defined(BULKHEAD_HAS_FTRACE_REGS)
/*
 * struct ftrace_regs: 5.11, "ftrace: Have the callbacks receive a struct ftrace_regs instead
 * of pt_regs". Before, a callback gets a struct pt_regs, if it asks for it by
 * FTRACE_OPS_FL_SAVE_REGS.
 *
 * FTRACE_OPS_FL_RECURSION_SAFE: until 5.11, "ftrace: Reverse what the RECURSION flag means in
 * the ftrace_ops". Before, ftrace protects a callback from recursion unless it has this flag.
 */
#define ftrace_regs pt_regs
#define ftrace_instruction_pointer_set(regs, to) instruction_pointer_set(regs, to)
#define BH_FTRACE_FLAGS (FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION_SAFE)
#else
#define BH_FTRACE_FLAGS 0
#endif

#ifndef ftrace_regs_set_instruction_pointer
/*
 * ftrace_regs_set_instruction_pointer(): 6.2, "ftrace: rename ftrace_instruction_pointer_set()
 * -> ftrace_regs_set_instruction_pointer()".
 */
#define ftrace_regs_set_instruction_pointer(fregs, ip) ftrace_instruction_pointer_set(fregs, ip)
#endif

#ifndef BULKHEAD_HAS_FREE_FILTER
/*
 * ftrace_free_filter(): exported since 6.2, and in 6.1.y. An empty filter is the same, but
 * setting one allocates memory, and without memory the old filter stays.
 */
#define ftrace_free_filter(ops) ((void)ftrace_set_filter(ops, NULL, 0, 1))
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0) && !defined(BULKHEAD_HAS_GET_FILE_ACTIVE)
/*
 * get_file_active(): 6.7, "file: convert to SLAB_TYPESAFE_BY_RCU", which also gave
 * get_file_rcu() another argument.
 */
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

/* ns_common.ns_type: 6.18. Before, the type is in ns_common.ops, as proc_ns_operations.type. */
#if defined(BULKHEAD_HAS_NS_TYPE)
static inline int bh_ns_type(const struct ns_common *ns)
{
	return ns->ns_type;
}
#else
static inline int bh_ns_type(const struct ns_common *ns)
{
	return ns->ops->type;
}
#endif

/* What tells a namespace from others: ns_common.ns_id (6.18) is used once, an address again. */
static inline u64 bh_ns_id(const struct ns_common *ns)
{
#if defined(BULKHEAD_HAS_NS_ID)
	return ns->ns_id;
#else
	return (unsigned long)ns;
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0) && !defined(BULKHEAD_HAS_NS_COUNT)
/* How a mount namespace begins in 5.10: fs/mount.h, which is not for modules, has all of it. */
struct bh_mnt_namespace {
	atomic_t count;
	struct ns_common ns;
};

/*
 * ns_common.count: 5.11, "ns: Add a common refcount into ns_common". Before, each type of
 * namespace counts its references in a member of its own. That of a mount namespace is tried
 * out at load, by bh_ns_refs_known().
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

static inline bool bh_ns_ref_dec_not_one(struct ns_common *ns)
{
	return atomic_add_unless(bh_ns_refs(ns), -1, 1);
}

/*
 * Is the count of a mount namespace where struct bh_mnt_namespace has it? A vendor's kernel
 * could have it elsewhere. A reference is taken and the count must rise by one. Other tasks
 * may take and drop references meanwhile, but not at each try.
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
/* __ns_ref_read(), __ns_ref_inc(): 6.18. Before, everyone uses ns_common.count itself. */
static inline unsigned int __ns_ref_read(struct ns_common *ns)
{
	return refcount_read(&ns->count);
}

static inline void __ns_ref_inc(struct ns_common *ns)
{
	refcount_inc(&ns->count);
}
#endif

/* Drops a reference unless it is the last one: __ns_ref_put() of 6.18 drops that, too. */
static inline bool bh_ns_ref_dec_not_one(struct ns_common *ns)
{
#if defined(BULKHEAD_HAS_NS_REF)
	return refcount_dec_not_one(&ns->__ns_ref);
#else
	return refcount_dec_not_one(&ns->count);
#endif
}

static inline bool bh_ns_refs_known(const struct mnt_namespace *ns, struct ns_common *common)
{
	return true;
}
#endif

/* lockdep_assert_not_held(): 5.13. */
#ifndef lockdep_assert_not_held
#define lockdep_assert_not_held(lock) ((void)(lock))
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0) && !defined(BULKHEAD_HAS_VM_FLAGS_SET)
/*
 * vm_flags_set(), vm_flags_clear(): 6.3, "mm: introduce vma->vm_flags wrapper functions",
 * which made vm_area_struct.vm_flags constant.
 */
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/*
 * fs_struct.seq: a seqlock_t since 6.16; before, a seqcount beside fs_struct.lock.
 *
 * bh_fs_share() counts further tasks that share a root, as clone(2) does, and takes them back.
 */
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
static inline void bh_fs_init(struct fs_struct *fs)
{
	spin_lock_init(&fs->lock);
	seqcount_spinlock_init(&fs->seq, &fs->lock);
}

static inline void bh_fs_share(struct fs_struct *fs, int by)
{
	spin_lock(&fs->lock);
	fs->users += by;
	spin_unlock(&fs->lock);
}
#endif

/*
 * task_struct.exec_state: 7.2. Before, mm_struct.user_ns.
 *
 * bh_exec_user_ns() is the user namespace in which a task that has memory executed its
 * program, or one above it. Under RCU; of another task also under its task_lock().
 */
#if defined(BULKHEAD_HAS_EXEC_STATE)
static inline const struct user_namespace *bh_exec_user_ns(const struct task_struct *task)
{
	return rcu_dereference(task->exec_state)->user_ns;
}
#else
static inline const struct user_namespace *bh_exec_user_ns(const struct task_struct *task)
{
	return task->mm->user_ns;
}
#endif

/*
 * do_mmap(): 6.6, "mm: Re-introduce vm_flags to do_mmap()", gave it a parameter vm_flags, and
 * 7.3 made that a vma_flags_t.
 */
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

/*
 * vm_brk_flags(): is told by a bool whether the memory executes, after 6.12. Before, by VM_EXEC
 * or nothing.
 */
#ifdef BULKHEAD_HAS_BRK_IS_EXEC
#define BH_BRK_FLAGS bool
#else
#define BH_BRK_FLAGS unsigned long
#endif

/* __access_remote_vm(): takes the task, too, until 5.11. */
#ifdef BULKHEAD_HAS_REMOTE_TASK
#define BH_REMOTE_TASK struct task_struct *tsk,
#define BH_REMOTE_TASK_ARG tsk,
#else
#define BH_REMOTE_TASK
#define BH_REMOTE_TASK_ARG
#endif

/*
 * The task that memory is charged to. Without memory cgroups the kernel does not note it: there
 * it is the oldest one that uses the memory, for which all tasks are looked at. Under RCU.
 */
#ifdef CONFIG_MEMCG
#define bh_mm_owner(mm) rcu_dereference((mm)->owner)
#else
static inline struct task_struct *bh_mm_owner(const struct mm_struct *mm)
{
	struct task_struct *process, *task;

	for_each_process_thread(process, task) {
		/* The task itself changes its other flags meanwhile. */
		if (READ_ONCE(task->mm) == mm && !(data_race(READ_ONCE(task->flags)) & PF_KTHREAD))
			return task;
	}
	return NULL;
}
#endif

/* security_bprm_creds_from_file(): takes a constant file since 6.8. */
#if defined(BULKHEAD_HAS_CONST_CREDS_FILE)
#define BH_CREDS_FILE const struct file
#else
#define BH_CREDS_FILE struct file
#endif

/* SB_SUBMOUNT: until 6.17. Since then a mount on an automount point has FS_CONTEXT_FOR_SUBMOUNT. */
#ifndef SB_SUBMOUNT
#define SB_SUBMOUNT 0
#endif

#if defined(CONFIG_MODULE_UNLOAD) && !defined(BULKHEAD_HAS_MODULE_USE)
/* struct module_use: private to kernel/module/ since 7.0. */
struct module_use {
	struct list_head source_list;
	struct list_head target_list;
	struct module *source, *target;
};
#endif

#if !defined(BULKHEAD_HAS_EXE_FILE_WRITE)
/*
 * exe_file_allow_write_access(): 6.14, and in 6.1.y, "fs: don't block write during exec on
 * pre-content watched files", which no longer denies writing to each executable.
 */
static inline void exe_file_allow_write_access(struct file *file)
{
	allow_write_access(file);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) && !defined(BULKHEAD_HAS_FILE_USER_PATH)
/*
 * file_user_path(): 6.8, "fs: store real path instead of fake path in backing file f_path".
 * The path that a file was opened by; before, the f_path of every file is that.
 */
static inline const struct path *file_user_path(const struct file *file)
{
	return &file->f_path;
}
#endif

/*
 * D_REAL_METADATA: 6.9, "fs: remove the inode argument to ->d_real() method".
 *
 * bh_d_real() is the dentry beneath an overlay's from which a file's attributes come. Before,
 * d_real() tells only the one from which the data comes. With metacopy=on the attributes may
 * come from another file: bh_has_other_metadata() tells by the ctime, which that file has of
 * its own, since it was made later, and which nobody can set.
 */
#if defined(BULKHEAD_HAS_REAL_METADATA)
static inline struct dentry *bh_d_real(struct dentry *dentry)
{
	return d_real(dentry, D_REAL_METADATA);
}

static inline bool bh_has_other_metadata(const struct dentry *seen, const struct dentry *real)
{
	return false;
}
#else
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

/* MOUNT_ATTR_NOSYMFOLLOW: 5.14. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* OPEN_TREE_NAMESPACE, FSMOUNT_NAMESPACE: 7.0. Before, no call makes a mount namespace. */
#ifndef OPEN_TREE_NAMESPACE
#define OPEN_TREE_NAMESPACE 0
#endif
#ifndef FSMOUNT_NAMESPACE
#define FSMOUNT_NAMESPACE 0
#endif

/* PID_FS_MAGIC: 6.9, "pidfd: add pidfs". Before, a pidfd is an anonymous inode. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/*
 * fsverity_get_digest(): exported since 6.5, "fsverity: Export fsverity_get_digest", with the
 * parameters that it has had since then. BH_TELLS_VERITY: does this kernel
 * tell bh_verity_digest() what fs-verity says of a file?
 */
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

/*
 * bh_page_is_held(): has a page of the page cache, found under RCU or locked, a reference that
 * is neither the cache's, nor that of buffers, nor one of @own? One more for each mapping counts.
 * bh_page_span(): how many pages hang together with a locked one. struct folio: 5.16.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
static inline unsigned long bh_page_span(struct page *page)
{
	return folio_nr_pages(page_folio(page));
}

static inline bool bh_page_is_held(void *entry, int own)
{
	struct folio *folio = page_folio((struct page *)entry);

	return folio_ref_count(folio) > folio_nr_pages(folio) + folio_test_private(folio) + own;
}
#else
static inline unsigned long bh_page_span(struct page *page)
{
	return compound_nr(compound_head(page));
}

static inline bool bh_page_is_held(void *entry, int own)
{
	struct page *page = compound_head((struct page *)entry);

	return page_ref_count(page) > compound_nr(page) + PagePrivate(page) + own;
}
#endif

/*
 * __folio_batch_release(): 6.5, "mm: remove struct pagevec". Either drains this CPU's batches.
 * <linux/folio_batch.h>: after 6.12. Before, <linux/pagevec.h> had it.
 */
#ifdef BULKHEAD_HAS_FOLIO_BATCH
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
static inline void bh_lru_add_drain(void)
{
	struct folio_batch batch;

	folio_batch_init(&batch);
	__folio_batch_release(&batch);
}
#else
static inline void bh_lru_add_drain(void)
{
	struct pagevec batch;

	pagevec_init(&batch);
	__pagevec_release(&batch);
}
#endif

/*
 * notify_change(), generic_permission(): take a struct user_namespace since 5.12, a struct
 * mnt_idmap in its place since 6.3; and notify_change() a struct delegated_inode since 6.19.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define BH_IDMAP struct mnt_idmap *idmap,
#define BH_PASS_IDMAP idmap,
#define BH_IDMAP_ARG struct mnt_idmap *
#define BH_SAMPLE_IDMAP (&nop_mnt_idmap)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define BH_IDMAP struct user_namespace *idmap,
#define BH_PASS_IDMAP idmap,
#define BH_IDMAP_ARG struct user_namespace *
#define BH_SAMPLE_IDMAP (&init_user_ns)
#else
#define BH_IDMAP
#define BH_PASS_IDMAP
#endif
#if defined(BULKHEAD_HAS_DELEGATED_INODE)
#define BH_DELEGATED_ARG struct delegated_inode *
#else
#define BH_DELEGATED_ARG struct inode **
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0) && !defined(BULKHEAD_HAS_INODE_INIT_TS)
/* simple_inode_init_ts(): 6.6, "libfs: add new ctime functions". Before, all set three members. */
static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_ctime = current_time(inode);
	inode->i_mtime = inode->i_ctime;
	inode->i_atime = inode->i_ctime;
}
#endif

/*
 * d_alloc_parallel(): 7.2, "VFS: use wait_var_event for waiting in d_alloc_parallel()". Before,
 * it is given a queue in which others wait who look for the same name.
 */
#if defined(BULKHEAD_HAS_LOOKUP_ALONE)
#define BH_DECLARE_QUEUE(queue)
#define bh_d_alloc_parallel(parent, name, queue) d_alloc_parallel(parent, name)
#else
#define BH_DECLARE_QUEUE(queue) DECLARE_WAIT_QUEUE_HEAD_ONSTACK(queue)
#define bh_d_alloc_parallel(parent, name, queue) d_alloc_parallel(parent, name, queue)
#endif

/* __assign_str(): lost its second parameter in 6.10, where __string() keeps the source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define bh_assign_str(field, source) __assign_str(field, source)
#else
#define bh_assign_str(field, source) __assign_str(field)
#endif

#endif /* BULKHEAD_COMPAT_H */
