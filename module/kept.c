// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of inodes for as long as they live.
 *
 * A table by the inode's address, which holds neither the inode nor its file system. A hook
 * (hook_content.c) sees each inode that dies, before another one can have its address, and
 * has its entry dropped. An entry is also dropped for want of room, but not while what it
 * allowed may be mapped: whoever writes to a file looks for its entry here.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kept.h"
#include "limits.h"

static struct hlist_head *buckets;
static LIST_HEAD(kept_list);
static unsigned int nr_kept;
static DEFINE_SPINLOCK(kept_lock);	/* of the buckets, the list, and how long it is */

static struct hlist_head *bucket_of(const struct inode *inode)
{
	return &buckets[hash_ptr(inode, BH_DIGEST_BUCKET_BITS)];
}

/**
 * bh_kept_find() - what is kept of an inode
 * @inode: the inode, which the caller holds
 *
 * Under RCU, or the table's lock. Whoever takes a reference, with refcount_inc_not_zero(), may
 * look at the entry until bh_kept_put(). As long as it has one it is in the table until the
 * inode dies.
 *
 * Return: the entry or NULL.
 */
struct bh_kept *bh_kept_find(const struct inode *inode)
{
	struct bh_kept *kept;

	hlist_for_each_entry_rcu(kept, bucket_of(inode), node, lockdep_is_held(&kept_lock))
		if (kept->inode == inode)
			return kept;
	return NULL;
}

/**
 * bh_kept_put() - let a reference go
 * @kept: the entry
 *
 * Any context.
 */
void bh_kept_put(struct bh_kept *kept)
{
	if (refcount_dec_and_test(&kept->refs))
		kfree_rcu(kept, rcu);
}

/* Its reference is the caller's, then. */
static void take_out(struct bh_kept *kept)
{
	lockdep_assert_held(&kept_lock);
	hlist_del_rcu(&kept->node);
	list_del(&kept->list);
	nr_kept--;
}

/*
 * Takes an entry out that nobody holds, and that protects nothing mapped. Without a reference
 * nobody gets one either, but with the lock.
 */
static bool take_out_idle(struct bh_kept *kept)
{
	lockdep_assert_held(&kept_lock);
	if (!refcount_dec_if_one(&kept->refs))
		return false;
	/* What was mapped by those who had one is seen: pairs with end_pass(). */
	smp_mb();
	/* The inode waits for the lock before it dies. */
	if (atomic_read(&kept->state) & BH_KEPT_RELIED && mapping_mapped(kept->inode->i_mapping)) {
		refcount_set(&kept->refs, 1);
		return false;
	}
	take_out(kept);
	kfree_rcu(kept, rcu);
	return true;
}

/* Few of the oldest are looked at: if all of them run, one more is kept than should be. */
static void make_room(void)
{
	struct bh_kept *kept;
	int tries;

	lockdep_assert_held(&kept_lock);
	for (tries = 0; tries < BH_DIGEST_TRIES_MAX && nr_kept >= BH_DIGESTS_MAX; tries++) {
		kept = list_first_entry(&kept_list, struct bh_kept, list);
		if (!take_out_idle(kept))
			list_move_tail(&kept->list, &kept_list);
	}
}

static struct bh_kept *make_kept(const struct inode *inode)
{
	struct bh_kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);

	if (!kept)
		return NULL;
	kept->inode = inode;
	refcount_set(&kept->refs, 1);
	spin_lock_init(&kept->lock);
	INIT_LIST_HEAD(&kept->readers);
	init_waitqueue_head(&kept->wait);
	return kept;
}

static void put_in(struct bh_kept *kept)
{
	make_room();
	hlist_add_head_rcu(&kept->node, bucket_of(kept->inode));
	list_add_tail(&kept->list, &kept_list);
	nr_kept++;
}

/* With a reference; @new is put in, or given back, if it is not NULL. */
static struct bh_kept *get_or_put_in(const struct inode *inode, struct bh_kept *new)
{
	struct bh_kept *kept;

	spin_lock(&kept_lock);
	kept = bh_kept_find(inode);
	if (!kept && new) {
		kept = new;
		new = NULL;
		put_in(kept);
	}
	if (kept)
		refcount_inc(&kept->refs);
	spin_unlock(&kept_lock);
	kfree(new);
	return kept;
}

/**
 * bh_kept_get() - what is kept of an inode, for longer than a look
 * @inode: the inode, which the caller holds
 *
 * Made if there is nothing. It stays in the table as long as the inode lives and the
 * caller has the reference. May sleep.
 *
 * Return: the entry, for bh_kept_put(), or NULL: there is no memory.
 */
struct bh_kept *bh_kept_get(const struct inode *inode)
{
	struct bh_kept *kept = get_or_put_in(inode, NULL);

	if (kept)
		return kept;
	kept = make_kept(inode);
	return kept ? get_or_put_in(inode, kept) : NULL;
}

/**
 * bh_kept_forget() - an inode dies
 * @inode: the inode, which nobody holds any more
 *
 * Any context in which inodes die: none is atomic.
 */
void bh_kept_forget(const struct inode *inode)
{
	struct bh_kept *kept;

	rcu_read_lock();
	kept = bh_kept_find(inode);
	rcu_read_unlock();
	if (likely(!kept))
		return;
	spin_lock(&kept_lock);
	/* It may have been dropped since for want of room. */
	kept = bh_kept_find(inode);
	if (kept) {
		take_out(kept);
		bh_kept_put(kept);
	}
	spin_unlock(&kept_lock);
}

/**
 * bh_kept_init() - have room for what is kept
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_kept_init(void)
{
	buckets = kvcalloc(1 << BH_DIGEST_BUCKET_BITS, sizeof(*buckets), GFP_KERNEL);
	return buckets ? 0 : -ENOMEM;
}

static bool take_out_first(void)
{
	struct bh_kept *kept;

	spin_lock(&kept_lock);
	kept = list_first_entry_or_null(&kept_list, struct bh_kept, list);
	if (kept) {
		take_out(kept);
		bh_kept_put(kept);
	}
	spin_unlock(&kept_lock);
	return kept;
}

/** bh_kept_exit() - undo bh_kept_init(); nobody looks for anything any more. May sleep. */
void bh_kept_exit(void)
{
	while (take_out_first())
		cond_resched();
	kvfree(buckets);
	buckets = NULL;
}

/** bh_kept_bytes() - memory of what is kept; any context */
size_t bh_kept_bytes(void)
{
	return READ_ONCE(nr_kept) * sizeof(struct bh_kept);
}
