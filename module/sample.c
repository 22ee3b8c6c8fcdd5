// SPDX-License-Identifier: GPL-2.0-only
/*
 * What decision points are called with when they are tested.
 *
 * The calls go no further than the module. But others may trace the same functions, and a
 * BPF program or a probe follows what it finds in the arguments: so each is of its type, and
 * alive.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "ns.h"
#include "sample.h"
#include "task.h"

/* Kinds of arguments. */
enum {
	A_NUMBER,
	A_STRING,
	A_ARGUMENTS,	/* of a system call */
	A_TASK,
	A_MM,
	A_VMA,
	A_BPRM,
	A_CRED,
	A_FILE,
	A_PLACE,
	A_MOUNT,
	A_DENTRY,
	A_INODE,
	A_FS_TYPE,
	A_CONTEXT,
	A_MNT_NS,
	A_MNT_NS_COMMON,
	A_USER_NS,
	A_FS,
	A_NSSET,
	A_STATFS,
	A_IDMAP,
	A_ATTRIBUTES,
	A_PLACE_FOR_NUMBER,
	A_LIST,
	KINDS,
};

/* One of each kind. The file is the current task's program; what it leads to is not made here. */
struct bh_samples {
	struct file *file;
	unsigned long of_kind[KINDS];	/* as they are passed */
	struct linux_binprm bprm;
	struct vm_area_struct vma;
	struct fs_context context;
	struct nsset nsset;
	struct kstatfs statfs;
	struct iattr attributes;
	struct list_head list;
	unsigned long number;
};

static const struct {
	const char *function;
	u8 kinds[BH_SAMPLE_ARGS];
} signatures[] = {
	{ "security_bprm_check", { A_BPRM } },
	{ "open_exec", { A_STRING } },
	{ "bprm_open_interpreter", { A_BPRM, A_STRING } },
	{ "security_bprm_creds_from_file", { A_BPRM, A_FILE } },
	{ "security_bprm_creds_for_exec", { A_BPRM } },
	{ "replace_mm_exe_file", { A_MM, A_FILE } },
	{ "prctl_set_mm_exe_file", { A_MM } },
	{ "security_mmap_file", { A_FILE } },
	{ "security_file_mprotect", { A_VMA } },
	{ "setup_arg_pages", { A_BPRM } },
	{ "vm_brk_flags", { A_NUMBER } },
	{ "ovl_mmap", { A_FILE, A_VMA } },
	{ "userfaultfd_ioctl", { A_FILE } },
	{ "userfaultfd_dev_ioctl", { A_FILE } },
	{ "access_remote_vm", { A_MM, A_NUMBER, A_PLACE_FOR_NUMBER } },
#ifdef BULKHEAD_HAS_REMOTE_TASK
	{ "__access_remote_vm", { A_TASK, A_MM, A_NUMBER, A_PLACE_FOR_NUMBER } },
#else
	{ "__access_remote_vm", { A_MM, A_NUMBER, A_PLACE_FOR_NUMBER } },
#endif
#if defined(BULKHEAD_HAS_MMAP_VMA_FLAGS) || defined(BULKHEAD_HAS_MMAP_VM_FLAGS)
	{ "do_mmap", { A_FILE, A_NUMBER, A_NUMBER, A_NUMBER, A_NUMBER, A_NUMBER, A_NUMBER,
		       A_PLACE_FOR_NUMBER, A_LIST } },
#else
	{ "do_mmap", { A_FILE, A_NUMBER, A_NUMBER, A_NUMBER, A_NUMBER, A_NUMBER, A_PLACE_FOR_NUMBER,
		       A_LIST } },
#endif
	{ "path_mount", { A_STRING, A_PLACE, A_STRING } },
	{ "security_sb_umount", { A_MOUNT } },
	{ "security_sb_pivotroot", { A_PLACE, A_PLACE } },
	{ "security_move_mount", { A_PLACE, A_PLACE } },
	{ "get_fs_type", { A_STRING } },
	{ "fs_context_for_mount", { A_FS_TYPE } },
	{ "fs_context_for_reconfigure", { A_DENTRY } },
	{ "vfs_get_tree", { A_CONTEXT } },
	{ "reconfigure_super", { A_CONTEXT } },
	{ "vfs_clean_context", { A_CONTEXT } },
	{ "put_fs_context", { A_CONTEXT } },
	{ "dentry_open", { A_PLACE, A_NUMBER, A_CRED } },
	{ "__fsnotify_vfsmount_delete", { A_MOUNT } },
	{ "copy_mnt_ns", { A_NUMBER, A_MNT_NS, A_USER_NS, A_FS } },
	{ "mntns_install", { A_NSSET, A_MNT_NS_COMMON } },
	{ "put_mnt_ns", { A_MNT_NS } },
	{ "mntns_put", { A_MNT_NS_COMMON } },
	{ "security_ptrace_access_check", { A_TASK } },
	{ "security_ptrace_traceme", { A_TASK } },
	{ "mm_access", { A_TASK } },
	{ "vfs_statfs", { A_PLACE, A_STATFS } },
	{ "security_file_open", { A_FILE } },
	{ "generic_remap_file_range_prep", { A_FILE, A_NUMBER, A_FILE, A_NUMBER,
					     A_PLACE_FOR_NUMBER } },
	{ "mnt_drop_write_file", { A_FILE } },
	{ "security_inode_free", { A_INODE } },
#ifdef BH_SAMPLE_IDMAP
	{ "notify_change", { A_IDMAP, A_DENTRY, A_ATTRIBUTES } },
#else
	{ "notify_change", { A_DENTRY, A_ATTRIBUTES } },
#endif
};

static void fill_objects(struct bh_samples *s)
{
	struct dentry *dentry = s->file->f_path.dentry;

	s->bprm.file = s->file;
	s->bprm.mm = current->mm;
	s->bprm.cred = (struct cred *)current_cred();
	s->bprm.filename = KBUILD_MODNAME;
	s->bprm.interp = KBUILD_MODNAME;
	s->vma.vm_mm = current->mm;
	s->vma.vm_file = s->file;
	s->vma.vm_end = PAGE_SIZE;
	s->context.fs_type = dentry->d_sb->s_type;
	s->context.root = dentry->d_sb->s_root;
	s->context.user_ns = current_user_ns();
	s->context.cred = current_cred();
	s->nsset.nsproxy = current->nsproxy;
	s->nsset.fs = current->fs;
	s->nsset.cred = current_cred();
	INIT_LIST_HEAD(&s->list);
}

static void list_objects(struct bh_samples *s)
{
	const struct path *place = &s->file->f_path;
	void *const of_kind[KINDS] = {
		[A_STRING] = KBUILD_MODNAME,
		[A_ARGUMENTS] = current_pt_regs(),
		[A_TASK] = current,
		[A_MM] = current->mm,
		[A_VMA] = &s->vma,
		[A_BPRM] = &s->bprm,
		[A_CRED] = (void *)current_cred(),
		[A_FILE] = s->file,
		[A_PLACE] = (void *)place,
		[A_MOUNT] = place->mnt,
		[A_DENTRY] = place->dentry,
		[A_INODE] = d_inode(place->dentry),
		[A_FS_TYPE] = place->dentry->d_sb->s_type,
		[A_CONTEXT] = &s->context,
		[A_MNT_NS] = current->nsproxy->mnt_ns,
		[A_MNT_NS_COMMON] = bh_mnt_common(current->nsproxy->mnt_ns),
		[A_USER_NS] = current_user_ns(),
		[A_FS] = current->fs,
		[A_NSSET] = &s->nsset,
		[A_STATFS] = &s->statfs,
#ifdef BH_SAMPLE_IDMAP
		[A_IDMAP] = BH_SAMPLE_IDMAP,
#endif
		[A_ATTRIBUTES] = &s->attributes,
		[A_PLACE_FOR_NUMBER] = &s->number,
		[A_LIST] = &s->list,
	};
	unsigned int kind;

	for (kind = 0; kind < KINDS; kind++)
		s->of_kind[kind] = (unsigned long)of_kind[kind];
}

/**
 * bh_samples_alloc() - have something of each kind at hand
 *
 * For calls of the current task only, which stays as it is meanwhile.
 *
 * Return: the samples, for bh_samples_free(), or NULL: there is no memory, or the task
 * executes no program.
 */
struct bh_samples *bh_samples_alloc(void)
{
	struct bh_samples *samples = kzalloc(sizeof(*samples), GFP_KERNEL);

	if (!samples)
		return NULL;
	samples->file = bh_task_exe(current);
	if (!samples->file) {
		kfree(samples);
		return NULL;
	}
	fill_objects(samples);
	list_objects(samples);
	return samples;
}

/** bh_samples_free() - the tests are done; any context */
void bh_samples_free(struct bh_samples *samples)
{
	if (!samples)
		return;
	fput(samples->file);
	kfree(samples);
}

/* The entry points of system calls are all alike. */
static bool is_entry(const char *function)
{
	return strstr(function, "_sys_");
}

/**
 * bh_sample_args() - what to call a function with
 * @samples: the samples
 * @function: its name
 * @args: filled in; what it does not take is 0
 *
 * Any context. Return: 0, or -ENOENT if nothing is known of the function.
 */
int bh_sample_args(const struct bh_samples *samples, const char *function,
		   unsigned long args[BH_SAMPLE_ARGS])
{
	unsigned int i, arg;

	memset(args, 0, BH_SAMPLE_ARGS * sizeof(*args));
	if (is_entry(function)) {
		args[0] = samples->of_kind[A_ARGUMENTS];
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(signatures); i++) {
		if (strcmp(signatures[i].function, function))
			continue;
		for (arg = 0; arg < BH_SAMPLE_ARGS; arg++)
			args[arg] = samples->of_kind[signatures[i].kinds[arg]];
		return 0;
	}
	return -ENOENT;
}
