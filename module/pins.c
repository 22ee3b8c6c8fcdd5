// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of a file that may be written to although nobody has it open for writing.
 *
 * Whoever has a file mapped shared and writable can have its pages pinned (by io_uring's
 * registered buffers, by a direct read from elsewhere that is not answered yet), then unmap
 * and close it. The file counts no writer any more, and the pages are still written to. The
 * kernel does the same before it seals a memfd: it looks for pages with references that
 * nothing explains (memfd_wait_for_pins() in mm/memfd.c).
 *
 * To be asked while the file has no writer: from then on, no page can be pinned for writing.
 */
#include <linux/cpu.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat/compat.h"
#include "limits.h"
#include "pins.h"

static DEFINE_PER_CPU(struct work_struct, drain_works);
static DEFINE_MUTEX(drain_mutex);	/* of drain_works */

static void drain_this_cpu(struct work_struct *unused)
{
	bh_lru_add_drain();
}

/*
 * Each CPU holds a few pages that were added lately in a batch of its own, with a reference.
 *
 * Return: 0, or -EINTR.
 */
static int drain_batches(void)
{
	int cpu;

	if (mutex_lock_killable(&drain_mutex))
		return -EINTR;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(&drain_works, cpu), drain_this_cpu);
		schedule_work_on(cpu, per_cpu_ptr(&drain_works, cpu));
	}
	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(&drain_works, cpu));
	cpus_read_unlock();
	mutex_unlock(&drain_mutex);
	return 0;
}

/*
 * Looks for a page with a reference that nothing explains, from *@index on, and leaves its
 * place there. The pages are looked at without a reference of our own. One that goes
 * meanwhile was not pinned.
 *
 * Return: 1 if there is one, 0 if not, or -EINTR.
 */
static int find_pinned(struct address_space *mapping, pgoff_t *index)
{
	XA_STATE(xas, &mapping->i_pages, *index);
	unsigned int looked = 0;
	void *entry;
	int ret = 0;

	rcu_read_lock();
	xas_for_each(&xas, entry, ULONG_MAX) {
		if (xas_retry(&xas, entry))
			continue;
		if (!xa_is_value(entry) && bh_page_is_held(entry)) {
			*index = xas.xa_index;
			ret = 1;
			break;
		}
		if (++looked % BH_PINS_BATCH)
			continue;
		xas_pause(&xas);
		rcu_read_unlock();
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		rcu_read_lock();
	}
	rcu_read_unlock();
	return ret;
}

/* The file gets a page of its own again: whoever writes to the old one does so to no file. */
static int detach_page(struct inode *inode, pgoff_t index)
{
	loff_t from = (loff_t)index << PAGE_SHIFT;
	int err = filemap_write_and_wait_range(inode->i_mapping, from, from + PAGE_SIZE - 1);

	if (!err)
		err = invalidate_inode_pages2_range(inode->i_mapping, index, index);
	return fatal_signal_pending(current) ? -EINTR : err ? -EBUSY : 0;
}

/* Who reads the page, or moves it, holds it for a moment only. */
static int wait_for_page(int tries)
{
	if (tries > BH_PINS_TRIES_MAX)
		return -EBUSY;
	schedule_timeout_killable(msecs_to_jiffies(BH_PINS_WAIT_MS));
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * bh_pins_end() - see to it that no page of a file is written to any more
 * @inode: a regular file on a local file system, that nobody has open for writing
 *
 * A page that someone else may hold is exchanged where the file lies on a disk. Elsewhere it
 * cannot be, and it is only waited for a moment: a reader holds a page that short. Sleeps.
 *
 * Return: 0, -EINTR, or -EBUSY: there is a page that may be written to.
 */
int bh_pins_end(struct inode *inode)
{
	bool on_disk = inode->i_sb->s_type->fs_flags & FS_REQUIRES_DEV;
	pgoff_t index = 0;
	int tries = 0, ret;

	while ((ret = find_pinned(inode->i_mapping, &index)) > 0) {
		if (!tries++)
			ret = drain_batches();
		else if (on_disk)
			ret = detach_page(inode, index++);
		else
			ret = wait_for_page(tries);
		if (ret)
			return ret;
	}
	return ret;
}
