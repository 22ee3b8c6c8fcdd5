/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of the kernel that are redirected and that no header for modules
 * declares: of fs/internal.h, what only tables point to, and the entry points of system calls.
 */
#ifndef BULKHEAD_INTERNAL_H
#define BULKHEAD_INTERNAL_H

struct file;
struct fs_context;
struct mm_struct;
struct ns_common;
struct nsset;
struct path;
struct pt_regs;
struct vm_area_struct;

int path_mount(const char *dev_name, const struct path *path, const char *type_page,
	       unsigned long flags, void *data_page);
int reconfigure_super(struct fs_context *fc);
void vfs_clean_context(struct fs_context *fc);
/*
 * prctl_set_mm_exe_file() is static, but has two callers and so is not inlined. 5.15 moved
 * most of it to replace_mm_exe_file(), which mm.h declares.
 */
int prctl_set_mm_exe_file(struct mm_struct *mm, unsigned int fd);
long userfaultfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long userfaultfd_dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int ovl_mmap(struct file *file, struct vm_area_struct *vma);
int mntns_install(struct nsset *nsset, struct ns_common *ns);
void mntns_put(struct ns_common *ns);

#define BH_DECLARE_ENTRY(call)				\
	long __x64_sys_##call(const struct pt_regs *regs);	\
	long __ia32_sys_##call(const struct pt_regs *regs)

BH_DECLARE_ENTRY(brk);
BH_DECLARE_ENTRY(delete_module);
BH_DECLARE_ENTRY(personality);
BH_DECLARE_ENTRY(userfaultfd);
BH_DECLARE_ENTRY(fsmount);
BH_DECLARE_ENTRY(fsopen);
BH_DECLARE_ENTRY(fspick);
BH_DECLARE_ENTRY(mount_setattr);
BH_DECLARE_ENTRY(move_mount);
BH_DECLARE_ENTRY(open_tree);
BH_DECLARE_ENTRY(open_tree_attr);

#endif /* BULKHEAD_INTERNAL_H */
