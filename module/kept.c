// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of inodes for as long as they live.
 *
 * A table by the inode's address, which holds neither the inode nor its file system. A hook
 * (hook_content.c) sees each inode that dies, before another one can have its address, and
 * has its entry dropped. An entry is also dropped for want of room, but not while what it
 * allowed may be mapped: whoever writes to a file looks for its entry here.
 *
 * Then the oldest goes of whoever has had most made: who has many files looked at pushes out
 * his own. Who has less than half as many as the one who has most loses none. They are ranked by
 * the power of two of how many they have, so that the greatest is found without a search.
 */
#include <linux/bitops.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kept.h"
#include "limits.h"

/**
 * struct bh_keeper - who has had entries made
 * @node: in its bucket, by @who
 * @rank: among those of its rank; who has lost lately is at the end
 * @kept: the entries, oldest first
 * @nr: how many
 * @who: as bh_kept_get() was told
 */
struct bh_keeper {
	struct hlist_node node;
	struct list_head rank;
	struct list_head kept;
	unsigned int nr;
	unsigned long who;
};

/* fls() of how many entries somebody has. */
#define RANKS (8 * sizeof(unsigned int) + 1)

static struct hlist_head *buckets;
static struct hlist_head keepers[1 << BH_KEEPER_BITS];
static struct list_head ranks[RANKS];
static unsigned int nr_kept, nr_keepers;
static DEFINE_SPINLOCK(kept_lock);	/* of all these, and the lists in them */

static struct hlist_head *bucket_of(const struct inode *inode)
{
	return &buckets[hash_ptr(inode, BH_DIGEST_BUCKET_BITS)];
}

static struct hlist_head *bucket_of_keeper(unsigned long who)
{
	return &keepers[hash_long(who, BH_KEEPER_BITS)];
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

/* Keepers */

static struct bh_keeper *find_keeper(unsigned long who)
{
	struct bh_keeper *keeper;

	lockdep_assert_held(&kept_lock);
	hlist_for_each_entry(keeper, bucket_of_keeper(who), node)
		if (keeper->who == who)
			return keeper;
	return NULL;
}

/* One that has an entry is to follow. */
static void put_in_keeper(struct bh_keeper *keeper, unsigned long who)
{
	lockdep_assert_held(&kept_lock);
	keeper->who = who;
	INIT_LIST_HEAD(&keeper->kept);
	hlist_add_head(&keeper->node, bucket_of_keeper(who));
	list_add_tail(&keeper->rank, &ranks[0]);
	WRITE_ONCE(nr_keepers, nr_keepers + 1);
}

static void take_out_keeper(struct bh_keeper *keeper)
{
	lockdep_assert_held(&kept_lock);
	hlist_del(&keeper->node);
	list_del(&keeper->rank);
	WRITE_ONCE(nr_keepers, nr_keepers - 1);
	kfree(keeper);
}

/* One that has none any more is freed. */
static void count(struct bh_keeper *keeper, int by)
{
	int rank = fls(keeper->nr);

	lockdep_assert_held(&kept_lock);
	keeper->nr += by;
	WRITE_ONCE(nr_kept, nr_kept + by);
	if (!keeper->nr)
		take_out_keeper(keeper);
	else if (fls(keeper->nr) != rank)
		list_move_tail(&keeper->rank, &ranks[fls(keeper->nr)]);
}

/* One of the highest rank, or NULL if nobody has any. */
static struct bh_keeper *greatest(void)
{
	size_t rank;

	lockdep_assert_held(&kept_lock);
	for (rank = RANKS; rank--;)
		if (!list_empty(&ranks[rank]))
			return list_first_entry(&ranks[rank], struct bh_keeper, rank);
	return NULL;
}

/* Entries */

/* Its reference is the caller's, then. */
static void take_out(struct bh_kept *kept)
{
	lockdep_assert_held(&kept_lock);
	hlist_del_rcu(&kept->node);
	list_del(&kept->list);
	count(kept->keeper, -1);
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

/* Of one that is in use the turn is over. The keeper may be gone, then. */
static bool take_out_oldest(struct bh_keeper *keeper)
{
	struct bh_kept *kept = list_first_entry(&keeper->kept, struct bh_kept, list);

	if (take_out_idle(kept))
		return true;
	list_move_tail(&kept->list, &keeper->kept);
	list_move_tail(&keeper->rank, &ranks[fls(keeper->nr)]);
	return false;
}

/*
 * Few of the oldest are looked at, those of the one for whom room is made as well, whose new
 * one is in use: if all of them run, one more is kept than should be.
 */
static void make_room(struct bh_keeper *keeper)
{
	int tries;

	lockdep_assert_held(&kept_lock);
	for (tries = 0; tries < BH_DIGEST_TRIES_MAX && nr_kept > BH_DIGESTS_MAX; tries++)
		if (!take_out_oldest(greatest()))
			take_out_oldest(keeper);
}

/* With a reference for the table, and one for the caller. */
static struct bh_kept *make_kept(const struct inode *inode)
{
	struct bh_kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);

	if (!kept)
		return NULL;
	kept->inode = inode;
	refcount_set(&kept->refs, 2);
	spin_lock_init(&kept->lock);
	INIT_LIST_HEAD(&kept->readers);
	init_waitqueue_head(&kept->wait);
	return kept;
}

static void put_in(struct bh_kept *kept, struct bh_keeper *keeper)
{
	lockdep_assert_held(&kept_lock);
	kept->keeper = keeper;
	hlist_add_head_rcu(&kept->node, bucket_of(kept->inode));
	list_add_tail(&kept->list, &keeper->kept);
	count(keeper, 1);
	make_room(keeper);
}

/* With a reference, or NULL. */
static struct bh_kept *get(const struct inode *inode)
{
	struct bh_kept *kept;

	lockdep_assert_held(&kept_lock);
	kept = bh_kept_find(inode);
	if (kept)
		refcount_inc(&kept->refs);
	return kept;
}

/* With a reference. What is not needed of @new and @new_keeper is freed. */
static struct bh_kept *get_or_put_in(unsigned long who, struct bh_kept *new,
				     struct bh_keeper *new_keeper)
{
	struct bh_keeper *keeper;
	struct bh_kept *kept;

	spin_lock(&kept_lock);
	kept = get(new->inode);
	if (!kept) {
		swap(kept, new);
		keeper = find_keeper(who);
		if (!keeper) {
			swap(keeper, new_keeper);
			put_in_keeper(keeper, who);
		}
		put_in(kept, keeper);
	}
	spin_unlock(&kept_lock);
	kfree(new);
	kfree(new_keeper);
	return kept;
}

static struct bh_kept *make(const struct inode *inode, unsigned long who)
{
	struct bh_kept *kept = make_kept(inode);
	struct bh_keeper *keeper = kzalloc(sizeof(*keeper), GFP_KERNEL_ACCOUNT);

	if (kept && keeper)
		return get_or_put_in(who, kept, keeper);
	kfree(kept);
	kfree(keeper);
	return NULL;
}

/**
 * bh_kept_get() - what is kept of an inode, for longer than a look
 * @inode: the inode, which the caller holds
 * @who: who pays for it with the oldest of his own, if it is made and there is no room
 *
 * Made if there is nothing. It stays in the table as long as the inode lives and the
 * caller has the reference. May sleep.
 *
 * Return: the entry, for bh_kept_put(), or NULL: there is no memory.
 */
struct bh_kept *bh_kept_get(const struct inode *inode, unsigned long who)
{
	struct bh_kept *kept;

	spin_lock(&kept_lock);
	kept = get(inode);
	spin_unlock(&kept_lock);
	return kept ?: make(inode, who);
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
	size_t rank;

	for (rank = 0; rank < RANKS; rank++)
		INIT_LIST_HEAD(&ranks[rank]);
	buckets = kvcalloc(1 << BH_DIGEST_BUCKET_BITS, sizeof(*buckets), GFP_KERNEL);
	return buckets ? 0 : -ENOMEM;
}

static bool take_out_any(void)
{
	struct bh_keeper *keeper;
	struct bh_kept *kept;

	spin_lock(&kept_lock);
	keeper = greatest();
	if (keeper) {
		kept = list_first_entry(&keeper->kept, struct bh_kept, list);
		take_out(kept);
		bh_kept_put(kept);
	}
	spin_unlock(&kept_lock);
	return keeper;
}

/** bh_kept_exit() - undo bh_kept_init(); nobody looks for anything any more. May sleep. */
void bh_kept_exit(void)
{
	while (take_out_any())
		cond_resched();
	kvfree(buckets);
	buckets = NULL;
}

/** bh_kept_bytes() - memory of what is kept; any context */
size_t bh_kept_bytes(void)
{
	return READ_ONCE(nr_kept) * sizeof(struct bh_kept) +
	       READ_ONCE(nr_keepers) * sizeof(struct bh_keeper);
}
