// SPDX-License-Identifier: GPL-2.0-only
/*
 * A system call with arguments that no thread can change under it.
 *
 * mount_setattr(2) reads its attributes from user memory and looks up its path
 * itself, and no function below it sees either before they take effect. What was
 * judged must be what is done: so the call is given a copy of what was judged. The
 * copy lies in a page of the module's that is mapped into the caller, and
 *
 * - cannot be written: the mapping has no VM_MAYWRITE, so that neither mprotect
 *   nor a debugger's forced write gets at it;
 * - cannot be replaced: that would take mmap_lock for writing, which is held for
 *   reading during the call;
 * - cannot fault, which would take that lock again: it is mapped by its frame, and
 *   page faults are disabled.
 *
 * The path is "/": see bh_call_at().
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "frozen.h"

/* A mapping that was moved would outlive the call, and pin the module. */
static int refuse_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static const struct vm_operations_struct vm_ops = {
	.mremap = refuse_mremap,
};

static int map_page(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	vm_flags_set(vma, VM_DONTCOPY);
	vma->vm_ops = &vm_ops;
	return remap_pfn_range(vma, vma->vm_start,
			       page_to_pfn(virt_to_page(file->private_data)), PAGE_SIZE,
			       vma->vm_page_prot);
}

static int release_page(struct inode *inode, struct file *file)
{
	free_page((unsigned long)file->private_data);
	return 0;
}

static const struct file_operations frozen_fops = {
	.owner = THIS_MODULE,
	.mmap = map_page,
	.release = release_page,
};

static struct file *make_file(const void *data, size_t size)
{
	char *page = (char *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!page)
		return ERR_PTR(-ENOMEM);
	page[BH_FROZEN_PATH] = '/';
	memcpy(page + BH_FROZEN_DATA, data, size);
	file = anon_inode_getfile("[bulkhead]", &frozen_fops, page, O_RDONLY);
	if (IS_ERR(file))
		free_page((unsigned long)page);
	return file;
}

static struct fs_struct *exchange_fs(struct fs_struct *fs)
{
	struct fs_struct *old;

	/* As unshare(2): other tasks read current->fs under task_lock(). */
	task_lock(current);
	old = current->fs;
	current->fs = fs;
	task_unlock(current);
	return old;
}

/**
 * bh_call_at() - call a function of the kernel with a place as the task's root
 * @place: the place: a directory or any other file; the caller holds it
 * @call: looks up "/" and finds @place; may sleep
 * @context: for @call
 *
 * The function works on the very file that was judged, whatever has become of its name. The
 * root is the current task's alone meanwhile: other threads keep the one that they shared
 * with it. Takes task_lock(). May sleep.
 *
 * Return: what @call returned.
 */
long bh_call_at(const struct path *place, long (*call)(void *context), void *context)
{
	struct fs_struct fs = { .users = 1, .umask = current_umask() }, *own;
	long ret;

	bh_fs_init(&fs);
	fs.root = *place;
	fs.pwd = *place;
	/* References of its own: a pivot_root by another task may replace root and pwd in it. */
	path_get(&fs.root);
	path_get(&fs.pwd);
	own = exchange_fs(&fs);
	ret = call(context);
	exchange_fs(own);
	path_put(&fs.pwd);
	path_put(&fs.root);
	return ret;
}

struct frozen_call {
	unsigned long page;
	long (*call)(unsigned long page, void *context);
	void *context;
};

static long call_without_faults(void *context)
{
	const struct frozen_call *frozen = context;
	long ret;

	pagefault_disable();
	ret = frozen->call(frozen->page, frozen->context);
	pagefault_enable();
	return ret;
}

static bool is_mapped(const struct file *file, unsigned long page)
{
	struct vm_area_struct *vma = find_vma(current->mm, page);

	return vma && vma->vm_start == page && vma->vm_file == file;
}

/**
 * bh_frozen_call() - call a function of the kernel with arguments that stay
 * @place: what the path in the page leads to
 * @data: what is at BH_FROZEN_DATA
 * @size: its size in bytes, at most PAGE_SIZE - BH_FROZEN_DATA
 * @call: is given the page's address in the caller's memory and @context. It may
 *        sleep, must not take mmap_lock, and sees -EFAULT from all other user memory
 * @context: for @call
 *
 * Return: what @call returned; -EPERM (another thread took the page away), or what
 * the mapping says: -ENOMEM for one.
 */
long bh_frozen_call(const struct path *place, const void *data, size_t size,
		    long (*call)(unsigned long page, void *context), void *context)
{
	struct frozen_call frozen = { .call = call, .context = context };
	struct file *file = make_file(data, size);
	long ret = -EPERM;

	if (IS_ERR(file))
		return PTR_ERR(file);
	frozen.page = vm_mmap(file, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	if (IS_ERR_VALUE(frozen.page)) {
		fput(file);
		return frozen.page;
	}
	mmap_read_lock(current->mm);
	if (is_mapped(file, frozen.page))
		ret = bh_call_at(place, call_without_faults, &frozen);
	mmap_read_unlock(current->mm);
	/*
	 * This can fail without memory. Then the page stays mapped until the process ends, and
	 * costs it no more than a file that it holds open.
	 */
	vm_munmap(frozen.page, PAGE_SIZE);
	fput(file);
	return ret;
}
