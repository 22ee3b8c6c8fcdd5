// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a file hold what its pages show, and will it?
 *
 * A digest is computed of what the page cache shows of a file that nobody has open for
 * writing. Who had it open may have left pages that are not what they seem:
 *
 * - Pinned ones (by io_uring's registered buffers, by a direct read from elsewhere that is not
 *   answered yet) are still written to. The kernel looks for them before it seals a memfd, by
 *   references that nothing explains (memfd_wait_for_pins() in mm/memfd.c).
 * - On a disk, ones that differ from it and are not known to: AF_ALG writes into pages and
 *   marks none dirty, and ext4 exchanges the blocks of two files and leaves their pages. What
 *   the disk has would be read, and run, once memory is short.
 * - The last page goes on behind the end of the file, and a huge one further. What stands there
 *   is no part of the content, but is mapped with it.
 *
 * So a file on a disk is read from it anew, a page in memory must have no reference but the
 * cache's, and nothing but zeros may stand behind the end. To be asked while the file has no
 * writer: from then on no page can be pinned for writing, or differ, unless it gets one.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat/compat.h"
#include "limits.h"
#include "pages.h"

/* What is asked of all CPUs, and of one. */
struct drain {
	atomic_t left;
	struct completion done;
};

struct drain_work {
	struct work_struct work;
	struct drain *drain;
};

static void drain_this_cpu(struct work_struct *work)
{
	struct drain *drain = container_of(work, struct drain_work, work)->drain;

	bh_lru_add_drain();
	if (atomic_dec_and_test(&drain->left))
		complete(&drain->done);
}

/* A CPU that goes offline meanwhile has its work done by another. */
static void ask_cpus(struct drain_work __percpu *works, struct drain *drain)
{
	struct drain_work *work;
	int cpu;

	for_each_possible_cpu(cpu) {
		work = per_cpu_ptr(works, cpu);
		work->drain = drain;
		INIT_WORK(&work->work, drain_this_cpu);
	}
	for_each_online_cpu(cpu) {
		atomic_inc(&drain->left);
		schedule_work_on(cpu, &per_cpu_ptr(works, cpu)->work);
	}
}

/*
 * Each CPU holds a few pages that were added lately in a batch of its own, with a reference.
 * One that does nothing but a real-time task is not waited for longer than a moment. Who waits
 * here for the processor himself keeps nobody else waiting.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
static int drain_batches(void)
{
	struct drain drain = { .left = ATOMIC_INIT(1) };
	struct drain_work __percpu *works = alloc_percpu_gfp(struct drain_work,
							     GFP_KERNEL_ACCOUNT);
	int cpu;

	if (!works)
		return -ENOMEM;
	init_completion(&drain.done);
	ask_cpus(works, &drain);
	if (!atomic_dec_and_test(&drain.left))
		wait_for_completion_killable_timeout(&drain.done,
						     msecs_to_jiffies(BH_PAGES_DRAIN_MS));
	for_each_possible_cpu(cpu)
		cancel_work_sync(&per_cpu_ptr(works, cpu)->work);
	free_percpu(works);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/*
 * Looks for a page with another reference than the cache's, from *@index on, and leaves its
 * place there. The pages are looked at without a reference of our own. One that goes
 * meanwhile was not pinned.
 *
 * Return: 1 if there is one, 0 if not, or -EINTR.
 */
static int find_held(struct address_space *mapping, pgoff_t *index)
{
	XA_STATE(xas, &mapping->i_pages, *index);
	unsigned int looked = 0;
	void *entry;
	int ret = 0;

	rcu_read_lock();
	xas_for_each(&xas, entry, ULONG_MAX) {
		if (xas_retry(&xas, entry))
			continue;
		if (!xa_is_value(entry) && bh_page_is_held(entry, 0)) {
			*index = xas.xa_index;
			ret = 1;
			break;
		}
		if (++looked % BH_PAGES_BATCH)
			continue;
		xas_pause(&xas);
		rcu_read_unlock();
		cond_resched_tasks_rcu_qs();
		if (fatal_signal_pending(current))
			return -EINTR;
		rcu_read_lock();
	}
	rcu_read_unlock();
	return ret;
}

/*
 * Is that reference other than a mapping's? The mappings are undone; whoever needs the page
 * maps it again, for which it must be unlocked. *@index goes on to the next page if not.
 */
static bool is_held(struct address_space *mapping, pgoff_t *index)
{
	struct page *page = find_lock_page(mapping, *index);
	unsigned long nr;
	pgoff_t first;
	bool held;

	if (!page)
		return false;
	nr = bh_page_span(page);
	first = round_down(*index, nr);
	unmap_mapping_range(mapping, (loff_t)first << PAGE_SHIFT, (loff_t)nr << PAGE_SHIFT, 0);
	held = bh_page_is_held(page, 1);
	if (!held)
		*index = first + nr;
	unlock_page(page);
	put_page(page);
	return held;
}

/* Who reads the page, or moves it, holds it for a moment only. @max: how often to look. */
static int wait_for_page(int tries, int max)
{
	if (tries > max)
		return -EBUSY;
	schedule_timeout_killable(msecs_to_jiffies(BH_PAGES_WAIT_MS));
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int wait_until_unheld(struct address_space *mapping)
{
	pgoff_t index = 0;
	int tries = 0, ret;

	while ((ret = find_held(mapping, &index)) > 0) {
		cond_resched_tasks_rcu_qs();
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!is_held(mapping, &index))
			continue;
		ret = tries++ ? wait_for_page(tries, BH_PAGES_TRIES_MAX) : drain_batches();
		if (ret)
			return ret;
	}
	return ret;
}

/*
 * Where content goes through the journal (data=journal of ext4, chattr +j), pages cannot be
 * dropped until it is committed, which is seconds later if nobody asks for it. That is begun here
 * and not waited for: it takes as long as what others have written.
 *
 * Return: may the page be one of those?
 */
static bool begin_commit(struct super_block *sb)
{
	if (sb->s_magic != EXT4_SUPER_MAGIC || !sb->s_op->sync_fs)
		return false;
	/* Who has it for writing, to unmount or to freeze, may take long. */
	if (down_read_trylock(&sb->s_umount)) {
		sb->s_op->sync_fs(sb, 0);
		up_read(&sb->s_umount);
	}
	return true;
}

/* The file gets other pages: whoever writes to those that it had does so to no file. */
static int read_anew(struct address_space *mapping)
{
	int tries, max = BH_PAGES_TRIES_MAX, err;

	for (tries = 0; ; tries++) {
		err = filemap_write_and_wait(mapping);
		if (!err)
			err = invalidate_inode_pages2(mapping);
		if (err != -EBUSY)
			return err;
		if (!tries && begin_commit(mapping->host->i_sb))
			max = BH_PAGES_COMMIT_TRIES_MAX;
		err = wait_for_page(tries, max);
		if (err)
			return err;
	}
}

/**
 * bh_pages_settle() - see to it that a file holds what its pages show from now on
 * @inode: a regular file on a local file system, that nobody has open for writing
 *
 * Pages of a disk's are written and dropped. Elsewhere none can be exchanged, and one that
 * somebody may hold is waited for a moment. Sleeps, takes locks of the file's pages.
 *
 * Return: 0; -EINTR; -ENOMEM; -EBUSY: there is a page that may be written to; what the disk
 * returned.
 */
int bh_pages_settle(struct inode *inode)
{
	bool on_disk = inode->i_sb->s_type->fs_flags & FS_REQUIRES_DEV;

	return on_disk ? read_anew(inode->i_mapping) : wait_until_unheld(inode->i_mapping);
}

static bool is_zero_from(struct page *page, unsigned int offset)
{
	/* All memory is mapped where there are 64 bits. */
	return !memchr_inv(page_address(page) + offset, 0, PAGE_SIZE - offset);
}

/* 0, -EUCLEAN, or what reading it returned. */
static int check_last_page(struct inode *inode, pgoff_t index, unsigned int offset)
{
	struct address_space *mapping = inode->i_mapping;
	struct page *page;
	bool zero;

	if (inode->i_sb->s_magic == TMPFS_MAGIC)
		page = shmem_read_mapping_page(mapping, index);
	else
		page = read_mapping_page(mapping, index, NULL);
	if (IS_ERR(page))
		return PTR_ERR(page);
	zero = is_zero_from(page, offset);
	put_page(page);
	return zero ? 0 : -EUCLEAN;
}

/* A page that was made but never filled is cleared before anybody maps it. */
static bool is_clear(struct address_space *mapping, pgoff_t index)
{
	struct page *page;
	bool clear;

	if (xa_is_value(xa_load(&mapping->i_pages, index)))
		return false;
	page = find_get_page(mapping, index);
	if (!page)
		return true;
	clear = !PageUptodate(page) || is_zero_from(page, 0);
	put_page(page);
	return clear;
}

/**
 * bh_pages_check_end() - does nothing but zeros stand behind the end of a file?
 * @inode: the file, as for bh_pages_settle()
 * @size: where it ends
 *
 * Looks as far as one mapping of a huge page reaches. Sleeps.
 *
 * Return: 0, -EUCLEAN if not, or what reading the last page returned.
 */
int bh_pages_check_end(struct inode *inode, loff_t size)
{
	pgoff_t index = size >> PAGE_SHIFT;
	int err = 0;

	if (offset_in_page(size))
		err = check_last_page(inode, index++, offset_in_page(size));
	for (; !err && index % (PMD_SIZE >> PAGE_SHIFT); index++)
		if (!is_clear(inode->i_mapping, index))
			err = -EUCLEAN;
	return err;
}
