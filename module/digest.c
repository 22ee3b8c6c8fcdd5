// SPDX-License-Identifier: GPL-2.0-only
/*
 * The digests of the content that will run.
 *
 * A file's sha256 digest is computed once and kept while no one opens the file for
 * writing or cuts it: its content changes in no other way. Both are seen by hooks
 * (hook_content.c) that are there as long as any digest is kept. The counts of writers
 * and of openings are compared before and after a file is read, so that what is kept is
 * the digest of what it held all the while.
 *
 * A digest is kept with its inode by a mark of fsnotify, which holds neither the inode nor
 * the file system and ends with the inode. That fsnotify would tell of changes is not
 * used: it is silent about what overlayfs writes.
 *
 * What a digest allowed to run must stay what it is. From the verdict until the end of
 * the system call, and then while the file is mapped, it is not opened for writing: ETXTBSY.
 */
#include <crypto/hash.h>
#include <crypto/hash_info.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/gfs2_ondisk.h>
#include <linux/magic.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "attach.h"
#include "compat/compat.h"
#include "digest.h"
#include "limits.h"
#include "stay.h"

/* Memory for hashing: the algorithm's state, and behind it what is read at a time. */
#define BUFFER 16384

/**
 * struct bh_kept - a digest and whether it still counts
 * @mark: binds it to the inode; has the count of references
 * @list: in kept_list, by age; under kept_lock
 * @lock: held by who computes the digest; the others wait for it
 * @openings: how often the file was opened for writing or cut; of 64 bits, so that no one
 *            brings it round to where it was
 * @passing: checks between their look at the digest and the end of the system call
 * @relied: what the digest allowed may be mapped
 * @known: @sha256 is the digest that the file had when @openings was @at
 * @at: see @known
 * @sha256: the digest
 */
struct bh_kept {
	struct fsnotify_mark mark;
	struct list_head list;
	struct mutex lock;	/* of who computes */
	atomic64_t openings;
	atomic_t passing;
	bool relied;
	bool known;
	s64 at;
	u8 sha256[32];
};

/* Ends a check's hold when its task goes back to its program. */
struct pass {
	struct callback_head work;
	struct bh_kept *kept;
};

static struct kmem_cache *kept_cache;
static struct fsnotify_group *content_group;
static struct crypto_shash *content_hasher;
static struct bh_hook *overlay_hook;

static LIST_HEAD(kept_list);
static unsigned int nr_kept;
static DEFINE_SPINLOCK(kept_lock);	/* of both */

static atomic_t nr_passes = ATOMIC_INIT(0);

static DEFINE_PER_CPU(u64, content_hits);
static DEFINE_PER_CPU(u64, content_misses);

/* What is kept */

static struct bh_kept *kept_of(struct fsnotify_mark *mark)
{
	return container_of(mark, struct bh_kept, mark);
}

/* Who is in the list has references that end after it has left. Under kept_lock. */
static void kept_get(struct bh_kept *kept)
{
	refcount_inc(&kept->mark.refcnt);
}

static void kept_put(struct bh_kept *kept)
{
	fsnotify_put_mark(&kept->mark);
}

/* The last reference is gone. */
static void free_kept(struct fsnotify_mark *mark)
{
	kmem_cache_free(kept_cache, kept_of(mark));
}

/*
 * The inode dies, or the digest is dropped. Kernels before 6.12 also forget the marks of an
 * inode that lives when the last of its names goes: nobody is told of writers from then on,
 * so that what is being computed does not count either.
 */
static void forget_kept(struct fsnotify_mark *mark, struct fsnotify_group *unused)
{
	struct bh_kept *kept = kept_of(mark);

	atomic64_inc(&kept->openings);
	spin_lock(&kept_lock);
	if (!list_empty(&kept->list)) {
		list_del_init(&kept->list);
		nr_kept--;
	}
	spin_unlock(&kept_lock);
}

static const struct fsnotify_ops mark_ops = {
	.free_mark = free_kept,
	.freeing_mark = forget_kept,
};

static struct bh_kept *find_kept(struct inode *inode)
{
	struct fsnotify_mark *mark = NULL;

	if (rcu_access_pointer(inode->i_fsnotify_marks))
		mark = fsnotify_find_inode_mark(inode, content_group);
	return mark ? kept_of(mark) : NULL;
}

/*
 * The oldest digest that protects nothing that runs, with a reference. Few are looked
 * at: if all of them run, one more is kept than should be.
 */
static struct bh_kept *choose_victim(void)
{
	struct bh_kept *kept = NULL;
	int tries;

	spin_lock(&kept_lock);
	for (tries = 0; tries < BH_DIGEST_TRIES_MAX && nr_kept >= BH_DIGESTS_MAX; tries++) {
		kept = list_first_entry(&kept_list, struct bh_kept, list);
		list_move_tail(&kept->list, &kept_list);
		if (!READ_ONCE(kept->relied) && !atomic_read(&kept->passing)) {
			kept_get(kept);
			break;
		}
		kept = NULL;
	}
	spin_unlock(&kept_lock);
	return kept;
}

static void make_room(void)
{
	struct bh_kept *victim = choose_victim();

	if (!victim)
		return;
	fsnotify_destroy_mark(&victim->mark, content_group);
	kept_put(victim);
}

/* What is kept of an inode, with a reference; made if there is nothing. */
static struct bh_kept *get_kept(struct inode *inode)
{
	struct bh_kept *kept = find_kept(inode);
	int err;

	if (kept)
		return kept;
	make_room();
	kept = kmem_cache_zalloc(kept_cache, GFP_KERNEL_ACCOUNT);
	if (!kept)
		return ERR_PTR(-ENOMEM);
	mutex_init(&kept->lock);
	fsnotify_init_mark(&kept->mark, content_group);
	kept->mark.flags |= FSNOTIFY_MARK_FLAG_NO_IREF;
	INIT_LIST_HEAD(&kept->list);
	err = fsnotify_add_inode_mark(&kept->mark, inode, 0);
	if (err) {
		kept_put(kept);
		kept = err == -EEXIST ? find_kept(inode) : NULL;
		return kept ?: ERR_PTR(err == -EEXIST ? -EAGAIN : err);
	}
	spin_lock(&kept_lock);
	if (kept->mark.flags & FSNOTIFY_MARK_FLAG_ATTACHED) {
		list_add_tail(&kept->list, &kept_list);
		nr_kept++;
	}
	spin_unlock(&kept_lock);
	return kept;
}

/* Which files have one */

static bool is_overlay(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC;
}

/*
 * What overlayfs maps may be another file than the one it has by now: see hook_map.c.
 * Until that is seen nothing is told of its files.
 */
static int watch(const struct file *file)
{
	return is_overlay(file) ?
	       bh_attach_late(overlay_hook, file_inode(file)->i_sb->s_type->owner) : 0;
}

static bool is_watched(const struct file *file)
{
	return !is_overlay(file) || READ_ONCE(overlay_hook->attached);
}

/**
 * bh_content_inode() - the inode whose content a file has
 * @file: the file, which the caller has, and with it the inode
 *
 * On overlayfs this is what would be opened now, which can be a copy of what was opened.
 */
struct inode *bh_content_inode(const struct file *file)
{
	struct inode *inode = file_inode(file);

	if (is_overlay(file))
		inode = d_real_inode(file_user_path(file)->dentry);
	return inode;
}

/*
 * Does the file system lie on what is no disk of this machine's: in a file, as that of a
 * loop device, or with a process or another machine? Whoever serves it changes it unseen.
 * It says so by the name of its disk; erofs without a disk lies in a file.
 */
static bool is_served_below(const struct super_block *sb)
{
	static const char *const served[] = { "loop", "nbd", "rbd", "drbd", "ublkb" };
	size_t i;

	if (!sb->s_bdev)
		return sb->s_magic == EROFS_SUPER_MAGIC_V1;
	for (i = 0; i < ARRAY_SIZE(served); i++)
		if (str_has_prefix(sb->s_bdev->bd_disk->disk_name, served[i]))
			return true;
	return false;
}

/*
 * Only a file system that this machine keeps, on a device or in memory, has content that
 * changes as hook_content.c sees it. Others are served by a process or another machine,
 * and some with a device share it with one.
 */
static bool is_kept_here(const struct super_block *sb)
{
	const int flags = sb->s_type->fs_flags;

	switch (sb->s_magic) {
	case TMPFS_MAGIC:
		/* A memfd is open for writing from the beginning, and not counted. */
		return !(sb->s_flags & SB_KERNMOUNT);
	case RAMFS_MAGIC:
		return true;
	case GFS2_MAGIC:
	case OCFS2_SUPER_MAGIC:
		return false;
	}
	return flags & FS_REQUIRES_DEV && !(flags & FS_HAS_SUBTYPE) && !is_served_below(sb);
}

static const char *why_none(const struct inode *inode)
{
	if (!S_ISREG(inode->i_mode))
		return "no digest: not a regular file";
	if (!is_kept_here(inode->i_sb))
		return "no digest: the file system may change its content unseen";
	if (i_size_read(inode) > BH_DIGEST_FILE_MAX)
		return "no digest: the file is too large";
	if (atomic_read(&inode->i_writecount) > 0 || mapping_writably_mapped(inode->i_mapping))
		return "no digest: the file is open for writing";
	return NULL;
}

/* Computing */

static int hash_chunks(struct shash_desc *desc, struct file *file, loff_t size)
{
	size_t state = sizeof(*desc) + crypto_shash_descsize(desc->tfm);
	char *chunk = (char *)desc + state;
	loff_t pos = 0;

	while (pos < size) {
		ssize_t len = kernel_read(file, chunk, BUFFER - state, &pos);
		int err = len < 0 ? len : !len ? -ESTALE : 0;

		if (!err)
			err = crypto_shash_update(desc, chunk, len);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return pos == size ? 0 : -ESTALE;
}

static int hash_file(const struct file *file, loff_t size, u8 *digest)
{
	struct shash_desc *desc = kmalloc(BUFFER, GFP_KERNEL);
	int err;

	if (!desc)
		return -ENOMEM;
	desc->tfm = content_hasher;
	err = crypto_shash_init(desc);
	if (!err)
		err = hash_chunks(desc, (struct file *)file, size);
	if (!err)
		err = crypto_shash_final(desc, digest);
	kfree(desc);
	return err;
}

/*
 * Computes the digest of a file that nobody writes to, if nobody has begun to when it is
 * computed. Under kept->lock.
 */
static int compute_digests(const struct file *file, struct inode *inode, struct bh_kept *kept)
{
	s64 before = atomic64_read(&kept->openings);
	int err;
	loff_t size = i_size_read(inode);
	u8 digest[sizeof(kept->sha256)];

	/* The count of openings before that of writers: who has closed is still counted. */
	smp_mb();
	if (why_none(inode))
		return 0;
	if (!bh_stay_begin())
		return -EINTR;
	err = hash_file(file, size, digest);
	bh_stay_end();
	if (err)
		return err == -ESTALE ? 0 : err;
	/* What was read before the counts are looked at again. */
	smp_mb();
	if (why_none(inode) || atomic64_read(&kept->openings) != before ||
	    i_size_read(inode) != size || bh_content_inode(file) != inode)
		return 0;
	memcpy(kept->sha256, digest, sizeof(digest));
	kept->at = before;
	/* Pairs with smp_load_acquire() in kept_counts(). */
	smp_store_release(&kept->known, true);
	return 0;
}

/* Does the kept digest still count? With kept->passing raised, it will. */
static bool kept_counts(struct inode *inode, struct bh_kept *kept)
{
	/* Pairs with smp_store_release() in compute_digests(). */
	if (!smp_load_acquire(&kept->known))
		return false;
	/* Writers before openings; pairs with the barriers of bh_content_written(). */
	if (why_none(inode))
		return false;
	/* As said above. */
	smp_rmb();
	return atomic64_read(&kept->openings) == READ_ONCE(kept->at);
}

/* Takes the kept digest into a check, which keeps writers out from then on. */
static bool take_kept(struct inode *inode, struct bh_kept *kept, struct bh_content *content)
{
	atomic_inc(&kept->passing);
	/* Before writers are counted; pairs with bh_content_written(). */
	smp_mb__after_atomic();
	if (kept_counts(inode, kept)) {
		memcpy(content->sha256, kept->sha256, sizeof(content->sha256));
		content->kinds |= 1 << BH_SHA256;
		content->kept = kept;
		return true;
	}
	atomic_dec(&kept->passing);
	return false;
}

static int read_sha256(const struct file *file, struct inode *inode, struct bh_content *content)
{
	struct bh_kept *kept;
	int err = 0;

	content->why_none = why_none(inode);
	if (content->why_none)
		return 0;
	kept = get_kept(inode);
	if (IS_ERR(kept))
		return PTR_ERR(kept);
	if (mutex_lock_killable(&kept->lock)) {
		kept_put(kept);
		return -EINTR;
	}
	if (take_kept(inode, kept, content)) {
		this_cpu_inc(content_hits);
	} else {
		this_cpu_inc(content_misses);
		WRITE_ONCE(kept->known, false);
		err = compute_digests(file, inode, kept);
		if (!err && !take_kept(inode, kept, content))
			content->why_none = "no digest: the file was changed meanwhile";
	}
	mutex_unlock(&kept->lock);
	if (!content->kept)
		kept_put(kept);
	return err;
}

static void tell_verity(struct inode *inode, u32 kinds, struct bh_content *content)
{
	u32 kind, alg = 0, len;

	if (!(kinds & (1 << BH_VERITY_SHA256 | 1 << BH_VERITY_SHA512)) || !IS_VERITY(inode))
		return;
	len = bh_verity_digest(inode, content->verity, &alg);
	for (kind = BH_VERITY_SHA256; kind <= BH_VERITY_SHA512; kind++)
		if (len == bh_digest_descs[kind].len &&
		    alg == (kind == BH_VERITY_SHA256 ? HASH_ALGO_SHA256 : HASH_ALGO_SHA512))
			content->kinds |= 1 << kind;
}

/**
 * bh_content_peek() - tell the digests of a file, if they are known
 * @file: the file
 * @kinds: a bit for each kind that is asked for
 * @content: zero; filled in, and to be given to bh_content_put()
 *
 * Does not sleep. Return: 0; -EAGAIN if the file must be read: see bh_content_read().
 */
int bh_content_peek(const struct file *file, u32 kinds, struct bh_content *content)
{
	struct inode *inode = bh_content_inode(file);
	struct bh_kept *kept;

	if (!is_watched(file))
		return -EAGAIN;
	tell_verity(inode, kinds, content);
	if (!(kinds & 1 << BH_SHA256))
		return 0;
	content->why_none = why_none(inode);
	if (content->why_none)
		return 0;
	content->why_none = "no digest: the file was not read before";
	kept = find_kept(inode);
	if (!kept)
		return -EAGAIN;
	if (!take_kept(inode, kept, content)) {
		kept_put(kept);
		return -EAGAIN;
	}
	content->why_none = NULL;
	this_cpu_inc(content_hits);
	return 0;
}

/**
 * bh_content_read() - tell the digests of a file
 * @file: the file, open for reading
 * @kinds: a bit for each kind that is asked for
 * @content: zero; filled in, and to be given to bh_content_put()
 *
 * Reads the file, or waits while another task reads it, unless its digest is kept. No
 * lock may be held that others wait for. A file has no digest, which is no error, while
 * it is open for writing, or where its file system may change unseen.
 *
 * Return: 0; -EINTR (killed), -ENOMEM, what reading the file returned; -EIO if what
 * overlayfs maps cannot be seen (the kernel log says why).
 */
int bh_content_read(const struct file *file, u32 kinds, struct bh_content *content)
{
	struct inode *inode = bh_content_inode(file);

	if (watch(file))
		return -EIO;
	tell_verity(inode, kinds, content);
	return kinds & 1 << BH_SHA256 ? read_sha256(file, inode, content) : 0;
}

/**
 * bh_content_digest() - the digest of a kind
 * @content: what was told
 * @kind: which kind
 *
 * Return: its bytes or NULL.
 */
const u8 *bh_content_digest(const struct bh_content *content, enum bh_digest_kind kind)
{
	if (!(content->kinds & 1 << kind))
		return NULL;
	return kind == BH_SHA256 ? content->sha256 : content->verity;
}

static void end_pass(struct callback_head *work)
{
	struct pass *pass = container_of(work, struct pass, work);

	/* What was mapped is by now. Pairs with the barrier of bh_content_written(). */
	smp_mb__before_atomic();
	atomic_dec(&pass->kept->passing);
	kept_put(pass->kept);
	kfree(pass);
	atomic_dec(&nr_passes);
	bh_stay_end();
}

static int begin_pass(struct bh_kept *kept)
{
	struct pass *pass = kmalloc(sizeof(*pass), GFP_KERNEL_ACCOUNT);
	int err;

	if (!pass)
		return -ENOMEM;
	/* Another task may keep this one in the call, by ptrace for example. */
	if (!bh_stay_begin()) {
		kfree(pass);
		return -ESRCH;
	}
	pass->kept = kept;
	init_task_work(&pass->work, end_pass);
	atomic_inc(&nr_passes);
	err = task_work_add(current, &pass->work, TWA_RESUME);
	if (err) {
		atomic_dec(&nr_passes);
		kfree(pass);
		bh_stay_end();
	}
	return err;
}

/**
 * bh_content_rely() - what was told has allowed the file to run
 * @content: what was told; only bh_content_put() may follow
 *
 * From now on the file is not opened for writing while it is mapped, nor before the
 * current task has left the system call. May sleep; allocates memory.
 *
 * Return: 0, -ENOMEM or -ESRCH (the task or the module is ending): the file must not run then.
 */
int bh_content_rely(struct bh_content *content)
{
	int err;

	if (!content->kept)
		return 0;
	WRITE_ONCE(content->kept->relied, true);
	err = begin_pass(content->kept);
	if (!err)
		content->kept = NULL;
	return err;
}

/**
 * bh_content_put() - end a look at a file's content
 * @content: what was told, or zero
 */
void bh_content_put(struct bh_content *content)
{
	if (!content->kept)
		return;
	/* Whoever writes from now on sees ->relied; pairs with bh_content_written(). */
	smp_mb__before_atomic();
	atomic_dec(&content->kept->passing);
	kept_put(content->kept);
	content->kept = NULL;
}

/**
 * bh_content_written() - a file is about to be written to or cut
 * @inode: its inode, whose count of writers was raised
 *
 * Atomic. Return: 0; -ETXTBSY if what a digest allowed is running.
 */
int bh_content_written(struct inode *inode)
{
	struct bh_kept *kept = find_kept(inode);
	int err = 0;

	if (!kept)
		return 0;
	/* The count of writers was raised before; pairs with take_kept(). */
	smp_mb();
	if (atomic_read(&kept->passing)) {
		err = -ETXTBSY;
	} else {
		/* Pairs with end_pass(): what was mapped until then is seen. */
		smp_rmb();
		if (READ_ONCE(kept->relied) && mapping_mapped(inode->i_mapping))
			err = -ETXTBSY;
		else
			WRITE_ONCE(kept->relied, false);
	}
	if (!err) {
		atomic64_inc(&kept->openings);
		/* Before the count of writers falls again; pairs with kept_counts(). */
		smp_mb__after_atomic();
	}
	kept_put(kept);
	return err;
}

/* Beginning and end */

/**
 * bh_content_unknown_kinds() - the kinds of digests that this kernel does not tell
 *
 * Return: a bit for each enum bh_digest_kind.
 */
u32 bh_content_unknown_kinds(void)
{
	return BH_TELLS_VERITY ? 0 : 1 << BH_VERITY_SHA256 | 1 << BH_VERITY_SHA512;
}

static int start_content(void)
{
	struct fsnotify_group *new;

	kept_cache = kmem_cache_create("bulkhead_digest", sizeof(struct bh_kept), 0,
				       SLAB_ACCOUNT, NULL);
	if (!kept_cache)
		return -ENOMEM;
	content_hasher = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(content_hasher))
		return PTR_ERR(content_hasher);
	new = bh_fsnotify_alloc_group(&mark_ops);
	if (IS_ERR(new))
		return PTR_ERR(new);
	content_group = new;
	return 0;
}

static void stop_content(void)
{
	if (content_group)
		fsnotify_put_group(content_group);
	fsnotify_wait_marks_destroyed();
	content_group = NULL;
	if (!IS_ERR_OR_NULL(content_hasher))
		crypto_free_shash(content_hasher);
	content_hasher = NULL;
	kmem_cache_destroy(kept_cache);
	kept_cache = NULL;
}

/**
 * bh_content_init() - be ready to keep digests
 * @overlay: the hook that sees what overlayfs maps, put in place before anything is told
 *           of its files
 *
 * May sleep. Return: 0, -ENOMEM or -ENOENT (no sha256).
 */
int bh_content_init(struct bh_hook *overlay)
{
	int err;

	overlay_hook = overlay;
	err = start_content();
	if (err)
		stop_content();
	return err;
}

static struct bh_kept *first_kept(void)
{
	struct bh_kept *kept;

	spin_lock(&kept_lock);
	kept = list_first_entry_or_null(&kept_list, struct bh_kept, list);
	if (kept)
		kept_get(kept);
	spin_unlock(&kept_lock);
	return kept;
}

/** bh_content_exit() - undo bh_content_init(); no check is under way and no hook attached */
void bh_content_exit(void)
{
	struct bh_kept *kept;

	/* System calls that were allowed and have not come back. */
	while (atomic_read(&nr_passes))
		msleep(20);
	/* One that saw the count fall may be on its last instructions. */
	synchronize_rcu_tasks();
	while ((kept = first_kept())) {
		fsnotify_destroy_mark(&kept->mark, content_group);
		kept_put(kept);
	}
	stop_content();
}

static u64 sum_counter(const u64 __percpu *counter)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(*per_cpu_ptr(counter, cpu));
	return total;
}

/** bh_content_hits() - digests that were kept when they were asked for */
u64 bh_content_hits(void)
{
	return sum_counter(&content_hits);
}

/** bh_content_misses() - files that were read for their digests */
u64 bh_content_misses(void)
{
	return sum_counter(&content_misses);
}

/** bh_content_bytes() - memory of what is kept */
size_t bh_content_bytes(void)
{
	return READ_ONCE(nr_kept) * sizeof(struct bh_kept);
}
