// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose blocks are being exchanged for those of others that equal them.
 *
 * Whoever may write to a file has that done without opening it, so that no count shows a writer.
 * A record lasts as long as it does. It is made of any file, since who does it cannot know
 * whether the file's digest is about to be asked for, and is nothing but that: it takes none of
 * the room for digests, and keeps nobody who waits in the call from waiting, nor the module.
 */
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "exchange.h"
#include "limits.h"

/**
 * struct exchange - a task is about it
 * @node: in the bucket of its inode
 * @inode: the file that gets other blocks
 * @task: the task
 */
struct exchange {
	struct hlist_node node;
	const struct inode *inode;
	const struct task_struct *task;
};

static struct hlist_head buckets[1 << BH_EXCHANGE_BITS];
static unsigned int nr_exchanges;
static DEFINE_SPINLOCK(exchange_lock);	/* of the buckets and how many are in them */

static struct hlist_head *bucket_of(const struct inode *inode)
{
	return &buckets[hash_ptr(inode, BH_EXCHANGE_BITS)];
}

/**
 * bh_exchange_begin() - the current task is about to exchange blocks of a file
 * @inode: the file
 *
 * May sleep; allocates memory, for which no file system is asked.
 *
 * Return: 0, for bh_exchange_end(), or -ENOMEM.
 */
int bh_exchange_begin(const struct inode *inode)
{
	/* File systems have their locks held here. */
	struct exchange *new = kmalloc(sizeof(*new), GFP_NOFS | __GFP_ACCOUNT);

	if (!new)
		return -ENOMEM;
	new->inode = inode;
	new->task = current;
	spin_lock(&exchange_lock);
	hlist_add_head(&new->node, bucket_of(inode));
	WRITE_ONCE(nr_exchanges, nr_exchanges + 1);
	spin_unlock(&exchange_lock);
	return 0;
}

static void take_out(struct exchange *exchange)
{
	lockdep_assert_held(&exchange_lock);
	hlist_del(&exchange->node);
	WRITE_ONCE(nr_exchanges, nr_exchanges - 1);
	kfree(exchange);
}

/**
 * bh_exchange_end() - the current task exchanges no blocks of a file any more
 * @inode: the file, of which it need not have done so
 *
 * Any context that is not atomic.
 */
void bh_exchange_end(const struct inode *inode)
{
	struct exchange *exchange;
	struct hlist_node *next;

	/* The task would see its own. */
	if (likely(!READ_ONCE(nr_exchanges)))
		return;
	spin_lock(&exchange_lock);
	hlist_for_each_entry_safe(exchange, next, bucket_of(inode), node)
		if (exchange->inode == inode && exchange->task == current)
			take_out(exchange);
	spin_unlock(&exchange_lock);
}

/**
 * bh_exchange_is_under_way() - does any task exchange blocks of a file?
 * @inode: the file
 *
 * Any context that is not atomic. Return: true if any does; false: what all have done that did is
 * seen.
 */
bool bh_exchange_is_under_way(const struct inode *inode)
{
	const struct exchange *exchange;
	bool found = false;

	spin_lock(&exchange_lock);
	hlist_for_each_entry(exchange, bucket_of(inode), node)
		found |= exchange->inode == inode;
	spin_unlock(&exchange_lock);
	return found;
}

/** bh_exchange_exit() - forget those that have not ended; no hook is attached any more */
void bh_exchange_exit(void)
{
	struct exchange *exchange;
	struct hlist_node *next;
	size_t i;

	spin_lock(&exchange_lock);
	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		hlist_for_each_entry_safe(exchange, next, &buckets[i], node)
			take_out(exchange);
	spin_unlock(&exchange_lock);
}
