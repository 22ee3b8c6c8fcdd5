// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map: memory that becomes executable.
 *
 * What execve maps of a program and its loader was judged as exec, unless it is
 * memory that can be written and executed. All that a program maps itself comes here,
 * the loader's libraries and ld.so's PROGRAM too.
 */
#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/userfaultfd_k.h>

#include "compat/compat.h"
#include "compat/internal.h"
#include "file_request.h"
#include "hooks.h"
#include "registry.h"
#include "stay.h"

#define DEV_ZERO MKDEV(MEM_MAJOR, 5)

/* Executable memory that is no file's. Return: 0 or -EACCES. */
static noinline int judge_memory(void)
{
	struct bh_check *check = bh_check_begin(BH_MAP, current, 0);

	if (!IS_ERR_OR_NULL(check))
		bh_memory_request(check);
	return bh_check_end(check);
}

/* @backing: its BH_BACKING_*. @mapped: it is mapped already. Return: 0 or -EACCES. */
static __always_inline int judge_file(const struct file *file, u32 backing, bool mapped)
{
	struct bh_check *check = bh_check_begin(BH_MAP, current, 0);

	if (!IS_ERR_OR_NULL(check)) {
		bh_file_request(check, file, backing);
		check->mapped = mapped;
	}
	return bh_check_end(check);
}

/* Does a mapping show a file's content? A device has none, but memory. */
static bool has_content(const struct file *file, u32 backing)
{
	return backing != BH_BACKING_ANONYMOUS && !S_ISCHR(file_inode(file)->i_mode);
}

/*
 * A device's memory may be written to by whoever maps it once more, and by the device. So it is
 * asked for as memory of no file, whatever the mapping is, and by the device's name as well.
 * /dev/zero lends nothing but its name to such memory.
 */
static noinline int judge_no_content(const struct file *file, u32 backing, bool mapped)
{
	if (backing == BH_BACKING_ANONYMOUS || file_inode(file)->i_rdev == DEV_ZERO)
		return judge_memory();
	return judge_file(file, backing, mapped) ?: judge_memory();
}

static bool is_of_file(const struct file *file)
{
	return file && has_content(file, bh_file_backing(file));
}

/*
 * What a private mapping was written over is no file's content any more, and what may be
 * written while it is executable need not be: both are asked for.
 */
static __always_inline int check_map_inline(const struct file *file, bool own_content,
					    bool mapped)
{
	u32 backing = file ? bh_file_backing(file) : BH_BACKING_ANONYMOUS;
	int err;

	if (!has_content(file, backing))
		return judge_no_content(file, backing, mapped);
	err = judge_file(file, backing, mapped);
	return err || !own_content ? err : judge_memory();
}

/* For all but mmap(2), which is called most often. */
static noinline int check_map(const struct file *file, bool own_content, bool mapped)
{
	return check_map_inline(file, own_content, mapped);
}

static bool is_implied(unsigned long prot)
{
	return prot & PROT_READ && !(prot & PROT_EXEC) && current->personality & READ_IMPLIES_EXEC;
}

/* Are the hooks attached that judge all memory of READ_IMPLIES_EXEC? */
static bool sees_implied(void)
{
	return READ_ONCE(bh_implied_hooks[0].attached);
}

/* As mmap_prot() of security/security.c: some ask for reading and mean executing. */
static noinline bool means_executing(const struct file *file, unsigned long prot)
{
	const struct path *path;

	if (!is_implied(prot))
		return false;
	if (!file)
		return true;
	path = &file->f_path;
	return !(path->mnt->mnt_flags & MNT_NOEXEC || path->mnt->mnt_sb->s_iflags & SB_I_NOEXEC);
}

static __always_inline bool will_be_executable(const struct file *file, unsigned long prot)
{
	return prot & PROT_EXEC || means_executing(file, prot);
}

/*
 * OVERLAYFS
 *
 * What was opened before it was copied up stays mapped from the layer below, whereas its
 * content is asked for by what it is now. Only overlayfs knows which of the two is mapped:
 * once it has said so, the file that is mapped is judged as well where it is another one.
 * It must not be read here, so that a digest counts if it is kept.
 */

BH_DEFINE_ORIGINAL(ovl_mmap);

static int judge_beneath(const struct file *mapped, const struct file *file)
{
	return current->in_execve ? bh_exec_judge_copied(mapped, file) :
				    check_map(mapped, false, true);
}

/* Under mmap_lock, so that no one executes yet what is not left mapped. */
static noinline int judge_overlay(struct file *file, struct vm_area_struct *vma)
{
	int err = BH_ORIGINAL(ovl_mmap)(file, vma);

	if (!err && bh_content_inode(file) != file_inode(vma->vm_file)) {
		err = judge_beneath(vma->vm_file, file);
		if (err) {
			/* Before 5.11 whoever is told of an error holds the file that it gave. */
			fput(vma->vm_file);
			vma->vm_file = get_file(file);
		}
	}
	bh_stay_end();
	bh_hook_leave();
	return err;
}

static int hook_ovl_mmap(struct file *file, struct vm_area_struct *vma)
{
	bh_hook_enter();
	if ((vma->vm_flags & VM_EXEC || current->in_execve) &&
	    !bh_task_in_initial_ns(current) && bh_task_has_bindings(current) && bh_stay_begin())
		return judge_overlay(file, vma);
	bh_hook_leave();
	return BH_ORIGINAL(ovl_mmap)(file, vma);
}

struct bh_hook bh_overlay_hooks[] = {
	BH_HOOK_LATE(ovl_mmap, "map: what overlayfs maps of a file that was copied up",
		     hook_ovl_mmap),
	{ }
};

BH_DEFINE_ORIGINAL(security_mmap_file);
BH_DEFINE_ORIGINAL(security_file_mprotect);

/*
 * EXECVE
 *
 * What execve maps was judged as exec where it is the file's own content. A program gets
 * executable memory of another kind by READ_IMPLIES_EXEC, which a 32-bit program inherits
 * or is given, by a stack that it wants executable, by a segment that is both written and
 * executed, by one that is larger than its content, and by MMAP_PAGE_ZERO. The old program is
 * gone by then: a denial ends the new one.
 */

/* Of what execve maps, and of MMAP_PAGE_ZERO. */
static int judge_execve(const struct file *file, unsigned long prot, bool private)
{
	if (!(prot & PROT_EXEC) || (file && !(private && prot & PROT_WRITE)))
		return 0;
	return judge_memory();
}

/* See bh_map_start(). */
static bool implied_taken;	/* some task has, or had, the personality */
static bool implied_matters;	/* there is, or was, a policy */

/* The host is not hindered if the hooks cannot be attached. */
static int see_implied(void)
{
	int err;

	WRITE_ONCE(implied_taken, true);
	/* Pairs with bh_map_start(): one of the two sees what the other has written. */
	smp_mb();
	if (!READ_ONCE(implied_matters))
		return 0;
	err = bh_attach_now(bh_implied_hooks);
	return bh_task_in_initial_ns(current) ? 0 : err;
}

BH_DEFINE_ORIGINAL(setup_arg_pages);

static noinline int judge_stack(struct linux_binprm *bprm, unsigned long top, int executable)
{
	int err = 0;

	if (bh_current_may_be_bound())
		err = judge_memory();
	if (!err && current->personality & READ_IMPLIES_EXEC)
		err = see_implied();
	bh_hook_leave();
	return err ?: BH_ORIGINAL(setup_arg_pages)(bprm, top, executable);
}

/*
 * The stack comes before all other memory, whatever the binary format, and need not be followed
 * by any that is mapped. The new program's personality is known.
 */
static int hook_arg_pages(struct linux_binprm *bprm, unsigned long top, int executable)
{
	bh_hook_enter();
	if (executable == EXSTACK_ENABLE_X || current->personality & READ_IMPLIES_EXEC)
		return judge_stack(bprm, top, executable);
	bh_hook_leave();
	return BH_ORIGINAL(setup_arg_pages)(bprm, top, executable);
}

BH_DEFINE_ORIGINAL(vm_brk_flags);

static noinline int judge_bss(unsigned long addr, unsigned long size, BH_BRK_FLAGS flags)
{
	int err = judge_memory();

	bh_hook_leave();
	return err ?: BH_ORIGINAL(vm_brk_flags)(addr, size, flags);
}

/*
 * What a segment has beyond its content is made here, of the program and of its interpreter,
 * and what uselib() makes. It is readable and writable whatever the segment is: the only flag
 * is that it executes.
 */
static int hook_bss(unsigned long addr, unsigned long size, BH_BRK_FLAGS flags)
{
	bh_hook_enter();
	if ((flags || current->personality & READ_IMPLIES_EXEC) && bh_current_may_be_bound())
		return judge_bss(addr, size, flags);
	bh_hook_leave();
	return BH_ORIGINAL(vm_brk_flags)(addr, size, flags);
}

static noinline int judge_mmap(struct file *file, unsigned long prot, unsigned long flags)
{
	bool private = (flags & MAP_TYPE) == MAP_PRIVATE;
	int err = 0;

	if (!bh_container_may_be_bound())
		goto out;
	/* No program runs while it is being replaced: these mappings are execve's own. */
	if (current->in_execve)
		err = judge_execve(file, prot, private);
	else if (will_be_executable(file, prot) && !(is_implied(prot) && sees_implied()))
		err = check_map_inline(file, private && prot & PROT_WRITE, false);
out:
	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_mmap_file)(file, prot, flags);
}

static int hook_mmap_file(struct file *file, unsigned long prot, unsigned long flags)
{
	bh_hook_enter();
	if (prot & (PROT_READ | PROT_EXEC) && !bh_task_in_initial_ns(current))
		return judge_mmap(file, prot, flags);
	bh_hook_leave();
	return BH_ORIGINAL(security_mmap_file)(file, prot, flags);
}

/*
 * Memory that executes already is asked for again when it becomes writable: some was
 * never asked for, as what the kernel maps into each program.
 *
 * Under mmap_lock, taken for writing: nothing that a check does takes it or touches
 * user memory.
 */
static noinline int judge_mprotect(struct vm_area_struct *vma, unsigned long reqprot,
				   unsigned long prot)
{
	bool own_page = !(vma->vm_flags & VM_SHARED) || !is_of_file(vma->vm_file);
	bool becomes = !(vma->vm_flags & VM_EXEC);
	int err = 0;

	if (becomes)
		err = check_map(vma->vm_file,
				own_page && (prot & PROT_WRITE || vma->anon_vma ||
					     userfaultfd_armed(vma)),
				true);
	else if (own_page && prot & PROT_WRITE && !(vma->vm_flags & VM_WRITE))
		err = check_map(NULL, false, true);
	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_file_mprotect)(vma, reqprot, prot);
}

static int hook_file_mprotect(struct vm_area_struct *vma, unsigned long reqprot,
			      unsigned long prot)
{
	bh_hook_enter();
	if (prot & PROT_EXEC && bh_current_may_be_bound())
		return judge_mprotect(vma, reqprot, prot);
	bh_hook_leave();
	return BH_ORIGINAL(security_file_mprotect)(vma, reqprot, prot);
}

#ifdef CONFIG_USERFAULTFD
/*
 * USERFAULTFD
 *
 * A private mapping whose missing pages are filled in has no longer the file's content,
 * though it was never writable. The memory is that of whoever made the userfaultfd, and the
 * descriptor may be given to anybody, who then registers mappings and fills them. So who makes
 * one is asked for memory of no file. Which mapping is registered, and in whose memory, can be
 * varied until the kernel looks: so whoever registers any is asked again, since the descriptor
 * may be older than the binding.
 */
static noinline int judge_uffd(void)
{
	int err = judge_memory();

	bh_hook_leave();
	return err;
}

/* A handler @handle of @fn, which is judged if @cmd is @judged. */
#define BH_DEFINE_UFFD_IOCTL(handle, fn, judged)				\
BH_DEFINE_ORIGINAL(fn);								\
										\
static long handle(struct file *file, unsigned int cmd, unsigned long arg)	\
{										\
	int err;								\
										\
	bh_hook_enter();							\
	if (cmd != (judged) || !bh_current_may_be_bound()) {			\
		bh_hook_leave();						\
	} else {								\
		err = judge_uffd();						\
		if (err)							\
			return err;						\
	}									\
	return BH_ORIGINAL(fn)(file, cmd, arg);					\
}

BH_DEFINE_UFFD_IOCTL(hook_uffd_register, userfaultfd_ioctl, UFFDIO_REGISTER)
#ifdef USERFAULTFD_IOC_NEW
BH_DEFINE_UFFD_IOCTL(hook_uffd_device, userfaultfd_dev_ioctl, USERFAULTFD_IOC_NEW)
#endif

/* A handler hook_ENTRY. */
#define BH_DEFINE_UFFD(entry)							\
BH_DEFINE_ORIGINAL(entry);							\
										\
static long hook_##entry(const struct pt_regs *regs)				\
{										\
	int err;								\
										\
	bh_hook_enter();							\
	if (!bh_current_may_be_bound()) {					\
		bh_hook_leave();						\
	} else {								\
		err = judge_uffd();						\
		if (err)							\
			return err;						\
	}									\
	return BH_ORIGINAL(entry)(regs);					\
}

BH_DEFINE_UFFD(__x64_sys_userfaultfd)
#ifdef CONFIG_IA32_EMULATION
BH_DEFINE_UFFD(__ia32_sys_userfaultfd)
#endif
#endif /* CONFIG_USERFAULTFD */

/*
 * READ_IMPLIES_EXEC
 *
 * Reading then means executing for memory of which no security module is asked: the heap,
 * what remap_file_pages() maps anew before 6.12, shadow stacks. It is seen in do_mmap() and
 * in brk(2). Both are called all the time, and hardly anyone has that personality: they are
 * redirected once there is a policy and a task that takes it, wherever that is: it may be bound
 * only later, or enter what is bound. Whatever executes already when a task is confined, it keeps.
 */
/* Under mmap_lock, as mprotect. What execve maps has been asked for. */
static noinline int judge_do_mmap(const struct file *file, unsigned long prot,
				  unsigned long flags)
{
	bool private = (flags & MAP_TYPE) == MAP_PRIVATE;

	if (current->in_execve || !will_be_executable(file, prot))
		return 0;
	return check_map(file, private && prot & PROT_WRITE, true);
}

BH_DEFINE_ORIGINAL(do_mmap);

static unsigned long hook_do_mmap(struct file *file, unsigned long addr, unsigned long len,
				  unsigned long prot, unsigned long flags, BH_MMAP_VM_FLAGS
				  unsigned long pgoff, unsigned long *populate,
				  struct list_head *uf)
{
	int err;

	bh_hook_enter();
	if (is_implied(prot) && bh_current_may_be_bound()) {
		err = judge_do_mmap(file, prot, flags);
		if (err) {
			bh_hook_leave();
			return err;
		}
	}
	bh_hook_leave();
	return BH_ORIGINAL(do_mmap)(file, addr, len, prot, flags, BH_MMAP_VM_FLAGS_ARG
				    pgoff, populate, uf);
}

/*
 * Every brk(2) is judged but brk(0), which only reads the break. Whether a call makes the heap
 * grow cannot be told here, since another thread may move the break meanwhile.
 *
 * Return: is the call denied? Then brk(2) returns the break as it is: it has no errno.
 */
static noinline bool judge_brk(unsigned long brk)
{
	bool denied = brk && current->personality & READ_IMPLIES_EXEC &&
		      check_map(NULL, false, true);

	bh_hook_leave();
	return denied;
}

/* A handler hook_ENTRY, of which @asked says where in the registers the new break is. */
#define BH_DEFINE_BRK(entry, asked)						\
BH_DEFINE_ORIGINAL(entry);							\
										\
static long hook_##entry(const struct pt_regs *regs)				\
{										\
	bh_hook_enter();							\
	if (!bh_current_may_be_bound())						\
		bh_hook_leave();						\
	else if (judge_brk(asked))						\
		return READ_ONCE(current->mm->brk);				\
	return BH_ORIGINAL(entry)(regs);					\
}

BH_DEFINE_BRK(__x64_sys_brk, regs->di)
#ifdef CONFIG_IA32_EMULATION
BH_DEFINE_BRK(__ia32_sys_brk, lower_32_bits(regs->bx))
#endif

/* personality(~0) only reads the personality. */
static noinline int take_personality(unsigned int personality)
{
	int err = 0;

	if (personality != 0xffffffff && personality & READ_IMPLIES_EXEC)
		err = see_implied();
	bh_hook_leave();
	return err;
}

/* A handler hook_ENTRY, of which @personality says where in the registers the new one is. */
#define BH_DEFINE_PERSONALITY(entry, personality)				\
BH_DEFINE_ORIGINAL(entry);							\
										\
static long hook_##entry(const struct pt_regs *regs)				\
{										\
	int err;								\
										\
	bh_hook_enter();							\
	err = take_personality(personality);					\
	if (err)								\
		return err;							\
	return BH_ORIGINAL(entry)(regs);					\
}

BH_DEFINE_PERSONALITY(__x64_sys_personality, regs->di)
#ifdef CONFIG_IA32_EMULATION
BH_DEFINE_PERSONALITY(__ia32_sys_personality, regs->bx)
#endif

struct bh_hook bh_implied_hooks[] = {
	BH_HOOK_ON_DEMAND(do_mmap, "map: what reads under READ_IMPLIES_EXEC", hook_do_mmap),
	BH_HOOK_ON_DEMAND(__x64_sys_brk, "map: brk under READ_IMPLIES_EXEC", hook___x64_sys_brk),
#ifdef CONFIG_IA32_EMULATION
	BH_HOOK_ON_DEMAND(__ia32_sys_brk, "map: brk under READ_IMPLIES_EXEC, 32-bit",
			  hook___ia32_sys_brk),
#endif
	{ }
};

/* Some task may have the personality from before it was seen to take it. */
static bool is_implied_anywhere(void)
{
	struct task_struct *process, *task;
	bool found = false;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		if (READ_ONCE(task->personality) & READ_IMPLIES_EXEC)
			found = true;
	}
	rcu_read_unlock();
	return found;
}

/**
 * bh_map_start() - be ready for policies: see READ_IMPLIES_EXEC from now on
 *
 * Called before any policy is in force, under bh_config_mutex. Before that nobody is hindered
 * by the hooks on do_mmap() and brk(2), whoever takes the personality. May sleep.
 *
 * Return: 0, or as bh_attach_now().
 */
int bh_map_start(void)
{
	lockdep_assert_held(&bh_config_mutex);
	if (!implied_matters && is_implied_anywhere())
		WRITE_ONCE(implied_taken, true);
	WRITE_ONCE(implied_matters, true);
	/* As said above. */
	smp_mb();
	return READ_ONCE(implied_taken) ? bh_attach_now(bh_implied_hooks) : 0;
}

struct bh_hook bh_map_hooks[] = {
	BH_HOOK(security_mmap_file, "map: mmap, shmat", hook_mmap_file),
	BH_HOOK(security_file_mprotect, "map: mprotect", hook_file_mprotect),
	BH_HOOK(setup_arg_pages, "map: stacks that execute", hook_arg_pages),
	BH_HOOK(vm_brk_flags, "map: segments that are larger than their content", hook_bss),
#ifdef CONFIG_USERFAULTFD
	BH_HOOK_CALL(userfaultfd, "map: memory that others may fill in"),
#ifdef USERFAULTFD_IOC_NEW
	BH_HOOK(userfaultfd_dev_ioctl, "map: memory that others may fill in, by /dev/userfaultfd",
		hook_uffd_device),
#endif
	BH_HOOK(userfaultfd_ioctl, "map: pages that are filled in", hook_uffd_register),
#endif
	BH_HOOK_CALL(personality, "nothing: sees READ_IMPLIES_EXEC"),
	{ }
};
