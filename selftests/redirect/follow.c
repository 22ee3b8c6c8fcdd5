// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the arguments of kernel functions as a tracer would: whatever calls one of them
 * must pass what it is declared with. What it finds is its own business.
 */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/kprobes.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/proc_ns.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

/* A charp has room for 1,024 bytes. */
static char functions[4096];
module_param_string(functions, functions, sizeof(functions), 0400);
MODULE_PARM_DESC(functions, "the functions, by commas");

static unsigned long followed;
module_param(followed, ulong, 0400);
MODULE_PARM_DESC(followed, "calls that were followed");

/*
 * How their first arguments are followed, a letter for each: see follow(). Those of entry
 * points of system calls are known.
 */
static const struct signature {
	const char *function;
	const char *args;
} signatures[] = {
	{ "security_bprm_check", "b" },
	{ "open_exec", "s" },
	{ "bprm_open_interpreter", "bs" },
	{ "security_bprm_creds_from_file", "bf" },
	{ "security_bprm_creds_for_exec", "b" },
	{ "replace_mm_exe_file", "mf" },
	{ "prctl_set_mm_exe_file", "m" },
	{ "security_mmap_file", "f" },
	{ "security_file_mprotect", "v" },
	{ "setup_arg_pages", "b" },
	{ "vm_brk_flags", "-" },
	{ "ovl_mmap", "fv" },
	{ "userfaultfd_ioctl", "f" },
	{ "userfaultfd_dev_ioctl", "f" },
	{ "do_mmap", "f" },
	{ "access_remote_vm", "m" },
	{ "__access_remote_vm", "-" },
	{ "path_mount", "sps" },
	{ "security_sb_umount", "M" },
	{ "security_sb_pivotroot", "pp" },
	{ "security_move_mount", "pp" },
	{ "get_fs_type", "s" },
	{ "fs_context_for_mount", "T" },
	{ "fs_context_for_reconfigure", "d" },
	{ "vfs_get_tree", "c" },
	{ "reconfigure_super", "c" },
	{ "vfs_clean_context", "c" },
	{ "put_fs_context", "c" },
	{ "dentry_open", "p-C" },
	{ "__fsnotify_vfsmount_delete", "M" },
	{ "copy_mnt_ns", "-" },
	{ "mntns_install", "Nn" },
	{ "put_mnt_ns", "-" },
	{ "mntns_put", "n" },
	{ "security_ptrace_access_check", "t" },
	{ "security_ptrace_traceme", "t" },
	{ "mm_access", "t" },
	{ "vfs_statfs", "p" },
	{ "security_file_open", "f" },
	{ "notify_change", "-" },
	{ "generic_remap_file_range_prep", "f-f" },
	{ "mnt_drop_write_file", "f" },
	{ "security_inode_free", "R" },
};

struct follower {
	struct kprobe probe;
	const char *args;
};

#define FOLLOWERS_MAX 96

static struct follower followers[FOLLOWERS_MAX];
static unsigned int nr;
static DEFINE_PER_CPU(char[256], room);

static void touch(const void *at)
{
	(void)READ_ONCE(*(const char *)at);
}

static void follow_path(const struct path *path)
{
	touch(path->mnt->mnt_root->d_sb->s_type->name);
	d_path(path, this_cpu_ptr(room), sizeof(room));
}

static void follow_mm(const struct mm_struct *mm)
{
	/* None: of a kernel thread. */
	if (mm)
		touch(mm->pgd);
}

/* What a function may be given none of is not followed. */
static void follow(char kind, void *arg)
{
	const struct linux_binprm *bprm = arg;
	const struct vm_area_struct *vma = arg;

	switch (kind) {
	case 'f':
		if (arg)
			follow_path(&((struct file *)arg)->f_path);
		break;
	case 'p':
		follow_path(arg);
		break;
	case 'd':
		touch(((struct dentry *)arg)->d_sb->s_type->name);
		break;
	case 'M':
		touch(((struct vfsmount *)arg)->mnt_sb->s_type->name);
		break;
	case 'b':
		follow_path(&bprm->file->f_path);
		touch(bprm->cred->user_ns);
		touch(bprm->filename);
		follow_mm(bprm->mm);
		break;
	case 'v':
		follow_mm(vma->vm_mm);
		if (vma->vm_file)
			follow_path(&vma->vm_file->f_path);
		break;
	case 'm':
		follow_mm(arg);
		break;
	case 't':
		touch(((struct task_struct *)arg)->comm);
		touch(((struct task_struct *)arg)->real_parent->comm);
		break;
	case 'T':
		touch(((struct file_system_type *)arg)->name);
		break;
	case 'c':
		touch(((struct fs_context *)arg)->fs_type->name);
		touch(((struct fs_context *)arg)->user_ns);
		break;
	case 'C':
		touch(((struct cred *)arg)->user_ns);
		break;
	case 'N':
		touch(((struct nsset *)arg)->nsproxy);
		break;
	case 'n':
		touch(((struct ns_common *)arg)->ops->name);
		break;
	case 'R':
		touch(arg);
		break;
	case 's':
		if (arg)
			touch(arg + strnlen(arg, PATH_MAX - 1));
		break;
	}
}

static int __kprobes entered(struct kprobe *probe, struct pt_regs *regs)
{
	const char *args = container_of(probe, struct follower, probe)->args;
	unsigned long values[] = { regs->di, regs->si, regs->dx };
	unsigned int i;

	for (i = 0; args[i]; i++)
		follow(args[i], (void *)values[i]);
	followed++;
	return 0;
}

static const char *args_of(const char *function)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signatures); i++)
		if (!strcmp(signatures[i].function, function))
			return signatures[i].args;
	return NULL;
}

static int follow_one(const char *function)
{
	struct follower *follower = &followers[nr];
	int err;

	if (nr == FOLLOWERS_MAX)
		return -E2BIG;
	follower->args = strstr(function, "_sys_") ? "R" : args_of(function);
	if (!follower->args) {
		pr_err("follow: nothing is known of %s\n", function);
		return -ENOENT;
	}
	follower->probe.symbol_name = function;
	follower->probe.pre_handler = entered;
	err = register_kprobe(&follower->probe);
	if (!err)
		nr++;
	/* One of a module that is not loaded. */
	return err == -ENOENT ? 0 : err;
}

static void follow_exit(void)
{
	while (nr)
		unregister_kprobe(&followers[--nr].probe);
}

static int __init follow_init(void)
{
	char *rest = functions, *function;
	int err = 0;

	while (!err && (function = strsep(&rest, ",")) != NULL)
		err = follow_one(function);
	if (err)
		follow_exit();
	return err;
}

module_init(follow_init);
module_exit(follow_exit);
MODULE_DESCRIPTION("Follows arguments, for a test");
MODULE_LICENSE("GPL");
