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
 *
 * A thread may keep the page from being unmapped again (mseal, since 6.10). It then stays
 * until the process ends, and as long as it does, the module cannot be unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "frozen.h"

/**
 * struct frozen - what is behind a file whose page is mapped
 * @page: the page
 * @list: in frozen_left, if it stayed mapped
 * @left_by: the process in which it did, with a reference, or NULL
 */
struct frozen {
	unsigned long page;
	struct list_head list;
	struct pid *left_by;
};

/* Pages that stayed mapped. Under frozen_lock, as are the members that say so. */
static LIST_HEAD(frozen_left);
static DEFINE_SPINLOCK(frozen_lock);

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
	const struct frozen *frozen = file->private_data;

	if (vma->vm_flags & VM_WRITE || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	vm_flags_set(vma, VM_DONTCOPY);
	vma->vm_ops = &vm_ops;
	return remap_pfn_range(vma, vma->vm_start,
			       page_to_pfn(virt_to_page(frozen->page)), PAGE_SIZE,
			       vma->vm_page_prot);
}

static void free_frozen(struct frozen *frozen)
{
	free_page(frozen->page);
	kfree(frozen);
}

static int release_page(struct inode *inode, struct file *file)
{
	struct frozen *frozen = file->private_data;

	spin_lock(&frozen_lock);
	list_del(&frozen->list);
	spin_unlock(&frozen_lock);
	put_pid(frozen->left_by);
	free_frozen(frozen);
	return 0;
}

static const struct file_operations frozen_fops = {
	.owner = THIS_MODULE,
	.mmap = map_page,
	.release = release_page,
};

static struct frozen *make_frozen(const void *data, size_t size)
{
	struct frozen *frozen = kzalloc(sizeof(*frozen), GFP_KERNEL_ACCOUNT);
	char *page = frozen ? (char *)get_zeroed_page(GFP_KERNEL_ACCOUNT) : NULL;

	if (!page) {
		kfree(frozen);
		return NULL;
	}
	page[BH_FROZEN_PATH] = '/';
	memcpy(page + BH_FROZEN_DATA, data, size);
	frozen->page = (unsigned long)page;
	INIT_LIST_HEAD(&frozen->list);
	return frozen;
}

static struct file *make_file(const void *data, size_t size)
{
	struct frozen *frozen = make_frozen(data, size);
	struct file *file;

	if (!frozen)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("[bulkhead]", &frozen_fops, frozen, O_RDONLY);
	if (IS_ERR(file))
		free_frozen(frozen);
	return file;
}

/* The page stays mapped until the process ends, which may have to be told by then. */
static void note_left(struct frozen *frozen)
{
	frozen->left_by = get_task_pid(current, PIDTYPE_TGID);
	spin_lock(&frozen_lock);
	list_add(&frozen->list, &frozen_left);
	spin_unlock(&frozen_lock);
}

/**
 * bh_frozen_left() - does a page that stayed mapped keep the module from being unloaded?
 *
 * Names one of the processes that have such a page in the kernel log. Takes a spinlock.
 *
 * Return: 0 or -EBUSY.
 */
int bh_frozen_left(void)
{
	const struct frozen *frozen;
	const struct task_struct *task;
	int err = 0;

	rcu_read_lock();
	spin_lock(&frozen_lock);
	frozen = list_first_entry_or_null(&frozen_left, struct frozen, list);
	if (frozen) {
		task = pid_task(frozen->left_by, PIDTYPE_TGID);
		pr_notice("not unloaded: %s[%d] has sealed a page of the module's\n",
			  task ? task->comm : "a thread of", pid_nr(frozen->left_by));
		err = -EBUSY;
	}
	spin_unlock(&frozen_lock);
	rcu_read_unlock();
	return err;
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
	/* It may be sealed, or there may be no memory to part what is mapped. */
	if (vm_munmap(frozen.page, PAGE_SIZE))
		note_left(file->private_data);
	fput(file);
	return ret;
}
