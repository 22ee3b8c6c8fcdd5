/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of inodes for as long as they live.
 */
#ifndef BULKHEAD_KEPT_H
#define BULKHEAD_KEPT_H

#include <linux/atomic.h>
#include <linux/binfmts.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct bh_keeper;
struct inode;

/* Bits of bh_kept.state. Below: system calls under way that the digest has allowed. */
#define BH_KEPT_RELIED		0x40000000	/* what the digest allowed may be mapped */
#define BH_KEPT_PASSES		(BH_KEPT_RELIED - 1)

/**
 * struct bh_kept - a digest and whether it still counts
 * @node: in its bucket, under the table's lock, read under RCU; by @inode
 * @list: of its keeper's, by age; under the table's lock
 * @keeper: who has had it made; under the table's lock
 * @inode: whose it is, alive as long as this is in the table
 * @refs: the table's, and those of checks and system calls
 * @state: BH_KEPT_*
 * @lock: of @readers, and of who writes to what @known tells of; nests in nothing
 * @readers: who reads the file for its digest
 * @wait: others who want it
 * @begun: how often somebody began to read; under @lock
 * @chunks: how much was read
 * @openings: how often the file was opened for writing or cut, or its blocks exchanged; of 64
 *            bits, so that no one brings it round to where it was
 * @sealed: fs-verity has checked what its pages show
 * @known: @sha256 is the digest that the file had when @openings was @at
 * @at: see @known
 * @sha256: the digest
 * @head: the beginning of the content, as execve reads it before it asks
 * @rcu: frees it
 */
struct bh_kept {
	struct hlist_node node;
	struct list_head list;
	struct bh_keeper *keeper;
	const struct inode *inode;
	refcount_t refs;
	atomic_t state;
	spinlock_t lock;	/* of readers, and of what known tells of */
	struct list_head readers;
	wait_queue_head_t wait;
	u32 begun;
	atomic_t chunks;
	atomic64_t openings;
	bool sealed;
	bool known;
	s64 at;
	u8 sha256[32];
	u8 head[BINPRM_BUF_SIZE];
	struct rcu_head rcu;
};

struct bh_kept *bh_kept_find(const struct inode *inode);
struct bh_kept *bh_kept_get(const struct inode *inode, unsigned long who);
void bh_kept_put(struct bh_kept *kept);
void bh_kept_forget(const struct inode *inode);

int bh_kept_init(void);
void bh_kept_exit(void);

size_t bh_kept_bytes(void);

#endif /* BULKHEAD_KEPT_H */
