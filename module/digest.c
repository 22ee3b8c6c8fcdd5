// SPDX-License-Identifier: GPL-2.0-only
/*
 * The digests of the content that will run.
 *
 * A file's sha256 digest is computed once and kept while no one opens the file for
 * writing, cuts it or exchanges its blocks: its content changes in no other way. All are seen by
 * hooks (hook_content.c) that are there as long as any digest is kept. The counts of writers
 * and of openings are compared before and after a file is read, so that what is kept is
 * the digest of what it held all the while.
 *
 * A digest is kept as long as its inode lives (kept.c). Marks of fsnotify would not do: it
 * is silent about what overlayfs writes, and before 6.12 it drops the marks of an inode that
 * lives when the last of its names goes.
 *
 * What a digest allowed to run must stay what it is. From the verdict until the end of
 * the system call, and then while the file is mapped, it is not opened for writing: ETXTBSY.
 * A pass is what lasts so long (leave_call() says why task work alone would not).
 * A look at a digest keeps nobody out: whether it still counts is seen after the verdict.
 *
 * Of those who want a file's digest one reads it, and the others wait, since reading takes long.
 * But whoever reads does so with as much of the processor as he is given, and may be given next
 * to none on purpose. So nobody waits for what lives elsewhere when it comes to nothing: one of
 * those who wait reads the file as well then, until somebody is through.
 */
#include <crypto/hash.h>
#include <crypto/hash_info.h>
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/gfs2_ondisk.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/percpu.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "attach.h"
#include "compat/compat.h"
#include "digest.h"
#include "exchange.h"
#include "kept.h"
#include "limits.h"
#include "pages.h"
#include "stay.h"
#include "task.h"

/* Memory for hashing: the algorithm's state, and behind it what is read at a time. */
#define BUFFER 16384

/* What a system call does to a file, until its task goes back to its program. */
struct pass {
	struct callback_head work;
	struct bh_kept *kept;	/* with one of the passes that its state counts */
	/* Once execve has handed it on: */
	struct task_struct *task;
	u64 exec_id;		/* task->self_exec_id before */
	unsigned int wait_ms;
	struct delayed_work look;
};

/*
 * Each processor keeps the last pass that ended on it, for the next that begins there. A task
 * that takes it owns it, wherever it runs.
 */
static DEFINE_PER_CPU(struct pass *, spare_pass);

static struct workqueue_struct *pass_queue;
static struct crypto_shash *content_hasher;
static struct bh_hook *overlay_hook;

static DEFINE_PER_CPU(u64, content_hits);
static DEFINE_PER_CPU(u64, content_misses);

/* Which files have one */

static bool is_overlay(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC;
}

/*
 * What overlayfs maps may be another file than the one it has by now: see hook_map.c.
 * Until that is seen nothing is told of its files.
 */
static int watch_overlay(const struct file *file)
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
 *
 * Any context.
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

static bool is_open_for_writing(const struct inode *inode)
{
	return atomic_read(&inode->i_writecount) > 0 || mapping_writably_mapped(inode->i_mapping);
}

/* Why a file that lies where it does, and is used as it is, has no digest, or NULL. */
static const char *why_none(const struct inode *inode)
{
	if (!S_ISREG(inode->i_mode))
		return "no digest: not a regular file";
	/* Memory that is the disk itself is written to without a page of the file's. */
	if (!is_kept_here(inode->i_sb) || IS_DAX(inode))
		return "no digest: the file system may change its content unseen";
	if (i_size_read(inode) > BH_DIGEST_FILE_MAX)
		return "no digest: the file is too large";
	return is_open_for_writing(inode) ? "no digest: the file is open for writing" : NULL;
}

static const char changed_meanwhile[] = "no digest: the file was changed meanwhile";

static bool asks_verity(const struct inode *inode, u32 kinds)
{
	return kinds & (1 << BH_VERITY_SHA256 | 1 << BH_VERITY_SHA512) && IS_VERITY(inode);
}

/* Does the kept digest still count? With the count of passes raised, it will. */
static bool kept_counts(const struct inode *inode, struct bh_kept *kept)
{
	/* Pairs with smp_store_release() in keep(). */
	if (!smp_load_acquire(&kept->known))
		return false;
	/* Writers before openings; pairs with the barriers of bh_content_written(). */
	if (is_open_for_writing(inode))
		return false;
	/* As said above. */
	smp_rmb();
	return atomic64_read(&kept->openings) == READ_ONCE(kept->at);
}

/* Computing */

/**
 * struct reading - a file that is read for its digest
 * @file: the file
 * @inode: whose content it has
 * @kept: what is kept of it
 * @size: of how many bytes
 * @at: how often it had been opened for writing when that began
 * @sha256: its digest
 * @head: how it begins
 */
struct reading {
	const struct file *file;
	struct inode *inode;
	struct bh_kept *kept;
	loff_t size;
	s64 at;
	u8 sha256[sizeof_field(struct bh_kept, sha256)];
	u8 head[sizeof_field(struct bh_kept, head)];
};

static void copy_head(struct reading *reading, loff_t pos, const char *chunk, size_t len)
{
	if (pos < sizeof(reading->head))
		memcpy(reading->head + pos, chunk,
		       min_t(size_t, len, sizeof(reading->head) - pos));
}

/* Others may wait for all tasks to have slept once, so that they can change the kernel's text. */
static int let_others_run(void)
{
	cond_resched_tasks_rcu_qs();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* -EALREADY: another one is through. */
static int hash_chunks(struct shash_desc *desc, struct reading *reading)
{
	size_t state = sizeof(*desc) + crypto_shash_descsize(desc->tfm);
	char *chunk = (char *)desc + state;
	loff_t pos = 0;

	while (pos < reading->size) {
		ssize_t len = kernel_read((struct file *)reading->file, chunk, BUFFER - state,
					  &pos);
		int err = len < 0 ? len : !len ? -ESTALE : 0;

		if (!err)
			err = crypto_shash_update(desc, chunk, len);
		if (err)
			return err;
		copy_head(reading, pos - len, chunk, len);
		atomic_inc(&reading->kept->chunks);
		err = let_others_run();
		if (!err && kept_counts(reading->inode, reading->kept))
			err = -EALREADY;
		if (err)
			return err;
	}
	return pos == reading->size ? 0 : -ESTALE;
}

static int hash_file(struct reading *reading)
{
	struct shash_desc *desc = kmalloc(BUFFER, GFP_KERNEL_ACCOUNT);
	int err;

	if (!desc)
		return -ENOMEM;
	desc->tfm = content_hasher;
	err = crypto_shash_init(desc);
	if (!err)
		err = hash_chunks(desc, reading);
	if (!err)
		err = crypto_shash_final(desc, reading->sha256);
	kfree(desc);
	return err;
}

/*
 * Whoever exchanges the file's blocks since before the look at @at has raised it, or has found
 * nothing kept that he could raise.
 *
 * Return: 0, -EINTR, or -ESTALE: it takes too long.
 */
static int wait_for_exchange(const struct inode *inode)
{
	int tries;

	for (tries = 0; bh_exchange_is_under_way(inode); tries++) {
		if (tries == BH_EXCHANGE_TRIES_MAX)
			return -ESTALE;
		schedule_timeout_killable(msecs_to_jiffies(BH_EXCHANGE_WAIT_MS));
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* Of what the file holds, and nothing but that. Sleeps. */
static int read_file(struct reading *reading)
{
	int err;

	if (!bh_stay_begin())
		return -EINTR;
	err = wait_for_exchange(reading->inode);
	if (!err)
		err = bh_pages_settle(reading->inode);
	if (!err)
		err = hash_file(reading);
	if (!err)
		err = bh_pages_check_end(reading->inode, reading->size);
	bh_stay_end();
	return err;
}

static bool is_unchanged(const struct reading *reading)
{
	return !why_none(reading->inode) &&
	       atomic64_read(&reading->kept->openings) == reading->at &&
	       i_size_read(reading->inode) == reading->size;
}

/* Unless it is kept already, by another one who read as long as this: then it is the same. */
static void keep(const struct reading *reading)
{
	struct bh_kept *kept = reading->kept;

	lockdep_assert_held(&kept->lock);
	if (kept->known && kept->at == reading->at)
		return;
	WRITE_ONCE(kept->known, false);
	memcpy(kept->sha256, reading->sha256, sizeof(kept->sha256));
	memcpy(kept->head, reading->head, sizeof(kept->head));
	WRITE_ONCE(kept->at, reading->at);
	/* Pairs with smp_load_acquire() in kept_counts(). */
	smp_store_release(&kept->known, true);
}

/*
 * Computes the digest of a file that nobody writes to, if nobody has begun to when it is
 * computed. Several tasks may do so at once.
 */
static int compute_digests(const struct file *file, struct inode *inode, struct bh_kept *kept)
{
	struct reading reading = {
		.file = file, .inode = inode, .kept = kept, .size = i_size_read(inode),
		.at = atomic64_read(&kept->openings),
	};
	int err;

	/*
	 * The count of openings before that of writers: who has closed is still counted. And before
	 * wait_for_exchange(), as is that anything is kept; pairs with bh_content_exchanged().
	 */
	smp_mb();
	if (why_none(inode))
		return 0;
	err = read_file(&reading);
	if (err)
		return err == -ESTALE || err == -EALREADY ? 0 : err;
	if (bh_content_inode(file) != inode)
		return 0;
	spin_lock(&kept->lock);
	/* What was read before the counts are looked at again. */
	smp_mb();
	if (is_unchanged(&reading))
		keep(&reading);
	spin_unlock(&kept->lock);
	return 0;
}

/* As memcmp(), which some kernels do byte by byte. */
static bool same_head(const char *a, const u8 *b)
{
	u64 x, y, differ = 0;
	int i;

#pragma GCC unroll 8
	for (i = 0; i < BINPRM_BUF_SIZE; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		differ |= x ^ y;
	}
	return !differ;
}

/*
 * Takes the kept digest into a check. It may be another one's before it is copied, or its file
 * be written to: bh_content_rely() sees that. What execve has read before may be, too.
 */
static bool take_kept(struct inode *inode, struct bh_kept *kept, struct bh_content *content)
{
	s64 at = READ_ONCE(kept->at);

	if (!kept_counts(inode, kept) || !refcount_inc_not_zero(&kept->refs))
		return false;
	content->kept = kept;
	content->at = at;
	if (content->head && !same_head(content->head, kept->head)) {
		content->why_none = changed_meanwhile;
		return true;
	}
	memcpy(content->sha256, kept->sha256, sizeof(content->sha256));
	content->kinds |= 1 << BH_SHA256;
	return true;
}

static const char *reason_for(int err)
{
	return err == -EUCLEAN ? "no digest: its last page does not end with it" :
				 "no digest: its memory may be written to";
}

/* Who reads a file, for others who want its digest to see. */
struct reader {
	struct list_head list;
	const struct mnt_namespace *mnt_ns;
	const struct pid_namespace *pid_ns;
	kuid_t uid;
};

/* In the same container, and by the same user? Then neither can be starved on purpose. */
static bool live_together(const struct reader *a, const struct reader *b)
{
	return a->mnt_ns == b->mnt_ns && a->pid_ns == b->pid_ns && uid_eq(a->uid, b->uid);
}

/* Is there anybody to be waited for? @patient: whoever he is. */
static bool is_to_wait(const struct bh_kept *kept, const struct reader *self, bool patient)
{
	const struct reader *other;

	lockdep_assert_held(&kept->lock);
	list_for_each_entry(other, &kept->readers, list)
		if (patient || live_together(self, other))
			return true;
	return false;
}

static bool begin_reading(struct bh_kept *kept, struct reader *self, bool patient)
{
	lockdep_assert_held(&kept->lock);
	if (is_to_wait(kept, self, patient))
		return false;
	list_add(&self->list, &kept->readers);
	kept->begun++;
	return true;
}

/* Does nobody read? Then the task begins to. */
static bool begins(struct bh_kept *kept, struct reader *self)
{
	bool begins;

	spin_lock(&kept->lock);
	begins = begin_reading(kept, self, true);
	spin_unlock(&kept->lock);
	return begins;
}

/* Begins though others read, unless another one has since @begun. */
static bool begins_beside(struct bh_kept *kept, struct reader *self, u32 begun)
{
	bool begins;

	spin_lock(&kept->lock);
	begins = kept->begun == begun && begin_reading(kept, self, false);
	spin_unlock(&kept->lock);
	return begins;
}

/* Return: is anybody else reading? */
static bool ends(struct bh_kept *kept, struct reader *self)
{
	bool others;

	spin_lock(&kept->lock);
	list_del_init(&self->list);
	others = !list_empty(&kept->readers);
	spin_unlock(&kept->lock);
	wake_up_all(&kept->wait);
	return others;
}

/*
 * Until the digest is known or the task shall read itself: when nobody does; when those who do
 * come to next to nothing in a while, and no other one has begun meanwhile; and when it has
 * taken too long, whatever they do.
 *
 * Return: 0 or -EINTR.
 */
static int wait_for_readers(struct inode *inode, struct bh_kept *kept, struct reader *self)
{
	unsigned long ms = i_size_read(inode) / BH_DIGEST_MS_BYTES;
	unsigned long end = jiffies + msecs_to_jiffies(BH_DIGEST_PATIENCE_MS + ms);
	int chunks;
	long left;
	u32 begun;

	for (;;) {
		begun = READ_ONCE(kept->begun);
		chunks = atomic_read(&kept->chunks);
		left = wait_event_killable_timeout(kept->wait,
						   kept_counts(inode, kept) || begins(kept, self),
						   msecs_to_jiffies(BH_DIGEST_PATIENCE_MS));
		if (left)
			return left < 0 ? -EINTR : 0;
		if (time_after(jiffies, end))
			begun = READ_ONCE(kept->begun);
		else if (atomic_read(&kept->chunks) - chunks >= BH_DIGEST_CHUNKS_MIN)
			continue;
		if (begins_beside(kept, self, begun))
			return 0;
	}
}

/*
 * Return: as compute_digests(); -EAGAIN if others read the file and may hold the page that
 * was found held.
 */
static int read_in_turn(const struct file *file, struct inode *inode, struct bh_kept *kept,
			struct bh_content *content)
{
	struct reader self = {
		.list = LIST_HEAD_INIT(self.list),
		.mnt_ns = current->nsproxy->mnt_ns,
		.pid_ns = task_active_pid_ns(current),
		.uid = current_uid(),
	};
	int err = wait_for_readers(inode, kept, &self);

	if (err)
		return err;
	if (take_kept(inode, kept, content)) {
		this_cpu_inc(content_hits);
	} else if (list_empty(&self.list)) {
		content->why_none = changed_meanwhile;
	} else {
		this_cpu_inc(content_misses);
		err = compute_digests(file, inode, kept);
		if (!err && !take_kept(inode, kept, content))
			content->why_none = changed_meanwhile;
	}
	if (!list_empty(&self.list) && ends(kept, &self) && err == -EBUSY)
		return -EAGAIN;
	return err;
}

static int read_sha256(const struct file *file, struct inode *inode, struct bh_content *content)
{
	struct bh_kept *kept;
	int err, tries = 0;

	content->why_none = why_none(inode);
	if (content->why_none)
		return 0;
	kept = bh_kept_get(inode, bh_current_maker());
	if (!kept)
		return -ENOMEM;
	do
		err = read_in_turn(file, inode, kept, content);
	while (err == -EAGAIN && ++tries < BH_DIGEST_READS_MAX);
	bh_kept_put(kept);
	if (err == -EAGAIN)
		err = -EBUSY;
	if (err != -EBUSY && err != -EUCLEAN)
		return err;
	content->why_none = reason_for(err);
	return 0;
}

/*
 * fs-verity checks a page when it is read from the disk. One that was there before it sealed
 * the file is not checked, and may be pinned: so all are read anew once.
 */
static bool is_sealed(const struct inode *inode)
{
	const struct bh_kept *kept;
	bool sealed;

	rcu_read_lock();
	kept = bh_kept_find(inode);
	sealed = kept && READ_ONCE(kept->sealed);
	rcu_read_unlock();
	return sealed;
}

/* No one can write to the file any more. Several tasks may do so at once. */
static int seal(struct inode *inode, struct bh_kept *kept)
{
	int err;

	if (READ_ONCE(kept->sealed))
		return 0;
	if (!bh_stay_begin())
		return -EINTR;
	err = bh_pages_settle(inode);
	bh_stay_end();
	if (!err)
		WRITE_ONCE(kept->sealed, true);
	return err;
}

static int get_sealed(struct inode *inode)
{
	struct bh_kept *kept = bh_kept_get(inode, bh_current_maker());
	int err;

	if (!kept)
		return -ENOMEM;
	err = seal(inode, kept);
	bh_kept_put(kept);
	return err;
}

/* What execve has read of a file before it was sealed need not be what it is. Sleeps. */
static bool begins_with(const struct file *file, const char *head)
{
	char again[BINPRM_BUF_SIZE] = { };
	loff_t pos = 0;

	return kernel_read((struct file *)file, again, sizeof(again), &pos) >= 0 &&
	       !memcmp(again, head, sizeof(again));
}

static void tell_verity(struct inode *inode, u32 kinds, struct bh_content *content)
{
	u32 kind, alg = 0, len;

	if (!asks_verity(inode, kinds))
		return;
	len = bh_verity_digest(inode, content->verity, &alg);
	for (kind = BH_VERITY_SHA256; kind <= BH_VERITY_SHA512; kind++)
		if (len == bh_digest_descs[kind].len &&
		    alg == (kind == BH_VERITY_SHA256 ? HASH_ALGO_SHA256 : HASH_ALGO_SHA512))
			content->kinds |= 1 << kind;
}

static int read_verity(const struct file *file, struct inode *inode, u32 kinds,
		       struct bh_content *content)
{
	int err = get_sealed(inode);

	if (err == -EBUSY)
		content->why_none = reason_for(err);
	else if (!err && content->head && !begins_with(file, content->head))
		content->why_none = changed_meanwhile;
	else if (!err)
		tell_verity(inode, kinds, content);
	return err == -EBUSY ? 0 : err;
}

/* Takes what is kept, if anything is and counts. */
static bool peek_sha256(struct inode *inode, struct bh_content *content)
{
	struct bh_kept *kept;
	bool taken;

	rcu_read_lock();
	kept = bh_kept_find(inode);
	taken = kept && take_kept(inode, kept, content);
	rcu_read_unlock();
	return taken;
}

/**
 * bh_content_peek() - tell the digests of a file, if they are known
 * @file: the file
 * @kinds: a bit for each kind that is asked for
 * @content: cleared; filled in, and to be given to bh_content_put()
 *
 * Does not sleep. Return: 0; -EAGAIN if the file must be read: see bh_content_read().
 */
int bh_content_peek(const struct file *file, u32 kinds, struct bh_content *content)
{
	struct inode *inode = bh_content_inode(file);

	if (!is_watched(file))
		return -EAGAIN;
	if (asks_verity(inode, kinds) && (content->head || !is_sealed(inode)))
		return -EAGAIN;
	tell_verity(inode, kinds, content);
	if (!(kinds & 1 << BH_SHA256))
		return 0;
	if (peek_sha256(inode, content)) {
		this_cpu_inc(content_hits);
		return 0;
	}
	content->why_none = why_none(inode);
	if (content->why_none)
		return 0;
	content->why_none = "no digest: the file was not read before";
	return -EAGAIN;
}

/**
 * bh_content_read() - tell the digests of a file
 * @file: the file, open for reading
 * @kinds: a bit for each kind that is asked for
 * @content: cleared; filled in, and to be given to bh_content_put()
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

	if (watch_overlay(file))
		return -EIO;
	if (asks_verity(inode, kinds)) {
		int err = read_verity(file, inode, kinds, content);

		if (err)
			return err;
	}
	return kinds & 1 << BH_SHA256 ? read_sha256(file, inode, content) : 0;
}

static void put_pass(struct pass *pass)
{
	if (this_cpu_cmpxchg(spare_pass, NULL, pass))
		kfree(pass);
}

/* One call may need many: mprotect(2) asks for each mapping. */
static struct pass *get_pass(void)
{
	return this_cpu_xchg(spare_pass, NULL) ?: kmalloc(sizeof(struct pass), GFP_KERNEL_ACCOUNT);
}

static void end_pass(struct pass *pass)
{
	/* What was mapped is by now. Pairs with the barrier of bh_content_written(). */
	smp_mb__before_atomic();
	atomic_dec(&pass->kept->state);
	bh_kept_put(pass->kept);
	put_pass(pass);
	bh_stay_end();
}

/*
 * Is the task still in the execve that the pass is of? A task that dies in it does not leave
 * it; one that counts two executions more is in another one.
 */
static bool is_executing(const struct task_struct *task, u64 exec_id)
{
	/* A bit that its task sets and clears; who sees it late looks once more. */
	return data_race(!!task->in_execve) && !(READ_ONCE(task->flags) & PF_EXITING) &&
	       READ_ONCE(task->self_exec_id) <= exec_id + 1;
}

static void wait_for_execve(struct pass *pass)
{
	queue_delayed_work(pass_queue, &pass->look, msecs_to_jiffies(pass->wait_ms));
}

static void look_at_execve(struct work_struct *work)
{
	struct pass *pass = container_of(to_delayed_work(work), struct pass, look);

	if (is_executing(pass->task, pass->exec_id)) {
		pass->wait_ms = min(2 * pass->wait_ms, BH_EXECVE_WAIT_MAX_MS);
		wait_for_execve(pass);
		return;
	}
	put_task_struct(pass->task);
	end_pass(pass);
}

/*
 * Task work. It is run when the task goes back to its program, and in the middle of execve,
 * which cancels what io_uring does for the task: what the digest allowed is not mapped yet
 * then. No more task work could be added to what runs: so the pass is looked after from here.
 */
static void leave_call(struct callback_head *work)
{
	struct pass *pass = container_of(work, struct pass, work);

	if (likely(!is_executing(current, current->self_exec_id))) {
		end_pass(pass);
		return;
	}
	pass->task = get_task_struct(current);
	pass->exec_id = current->self_exec_id;
	pass->wait_ms = BH_EXECVE_WAIT_MS;
	INIT_DELAYED_WORK(&pass->look, look_at_execve);
	bh_stay_hand_on();
	wait_for_execve(pass);
}

/* With a reference and counted, both of which are the pass's if there is no error. */
static int begin_pass(struct bh_kept *kept)
{
	struct pass *pass = get_pass();
	int err;

	if (!pass)
		return -ENOMEM;
	/* Another task may keep this one in the call, by ptrace for example. */
	if (!bh_stay_begin()) {
		put_pass(pass);
		return -ESRCH;
	}
	/* The file may be closed before the call ends, and the inode die. */
	pass->kept = kept;
	init_task_work(&pass->work, leave_call);
	err = task_work_add(current, &pass->work, TWA_RESUME);
	if (err) {
		put_pass(pass);
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
 * Return: 0, -ENOMEM, -ESRCH (the task or the module is ending) or -ESTALE (the file was opened
 * for writing since): the file must not run then.
 */
int bh_content_rely(struct bh_content *content)
{
	struct bh_kept *kept = content->kept;
	int err = -ESTALE;

	if (!kept)
		return 0;
	atomic_inc(&kept->state);
	/* Passes before writers and openings; pairs with is_running() in all that ask it. */
	smp_mb__after_atomic();
	if (kept_counts(kept->inode, kept) && READ_ONCE(kept->at) == content->at) {
		atomic_or(BH_KEPT_RELIED, &kept->state);
		err = begin_pass(kept);
	}
	if (err)
		atomic_dec(&kept->state);
	else
		content->kept = NULL;
	return err;
}

/**
 * bh_content_put() - end a look at a file's content
 * @content: what was told, or empty
 *
 * Any context.
 */
void bh_content_put(struct bh_content *content)
{
	if (!content->kept)
		return;
	bh_kept_put(content->kept);
	content->kept = NULL;
}

/* Is what a digest allowed running, or about to? */
static bool is_running(struct bh_kept *kept, struct inode *inode)
{
	int state = atomic_read(&kept->state);

	if (state & BH_KEPT_PASSES)
		return true;
	if (!(state & BH_KEPT_RELIED))
		return false;
	/* Pairs with end_pass(): what was mapped until then is seen. */
	smp_rmb();
	return mapping_mapped(inode->i_mapping);
}

/**
 * bh_content_written() - a file is about to be written to or cut
 * @inode: its inode, whose count of writers was raised
 *
 * Atomic. Return: 0; -ETXTBSY if what a digest allowed is running.
 */
int bh_content_written(struct inode *inode)
{
	struct bh_kept *kept;
	int err = 0;

	/* The count of writers was raised before; pairs with rely and compute_digests(). */
	smp_mb();
	rcu_read_lock();
	kept = bh_kept_find(inode);
	if (kept && is_running(kept, inode)) {
		err = -ETXTBSY;
	} else if (kept) {
		/* Nobody passes as long as the writer is counted. */
		atomic_andnot(BH_KEPT_RELIED, &kept->state);
		atomic64_inc(&kept->openings);
		/* Before the count of writers falls again; pairs with kept_counts(). */
		smp_mb__after_atomic();
	}
	rcu_read_unlock();
	return err;
}

/* No writer is counted, so that who relies on the digest must see that it does not count. */
static int note_exchange(struct bh_kept *kept, struct inode *inode)
{
	if (is_running(kept, inode))
		return -ETXTBSY;
	atomic64_inc(&kept->openings);
	/* Openings before passes; pairs with bh_content_rely(). */
	smp_mb__after_atomic();
	return is_running(kept, inode) ? -ETXTBSY : 0;
}

/**
 * bh_content_exchanged() - blocks of a file are about to be exchanged for another's
 * @inode: the file
 *
 * May sleep; allocates memory, for which no file system is asked.
 *
 * Return: 0, for bh_exchange_end(); -ETXTBSY if what a digest allowed is running; -ENOMEM.
 */
int bh_content_exchanged(struct inode *inode)
{
	struct bh_kept *kept;
	int err = bh_exchange_begin(inode);

	if (err)
		return err;
	/* From now on no digest is computed. Pairs with compute_digests(). */
	smp_mb();
	rcu_read_lock();
	kept = bh_kept_find(inode);
	err = kept ? note_exchange(kept, inode) : 0;
	rcu_read_unlock();
	if (err)
		bh_exchange_end(inode);
	return err;
}

/* Beginning and end */

/**
 * bh_content_unknown_kinds() - the kinds of digests that this kernel does not tell
 *
 * Any context. Return: a bit for each enum bh_digest_kind.
 */
u32 bh_content_unknown_kinds(void)
{
	return BH_TELLS_VERITY ? 0 : 1 << BH_VERITY_SHA256 | 1 << BH_VERITY_SHA512;
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
	struct crypto_shash *hasher;
	int err = bh_kept_init();

	if (err)
		return err;
	overlay_hook = overlay;
	pass_queue = alloc_workqueue("bulkhead", WQ_UNBOUND, 0);
	if (!pass_queue) {
		err = -ENOMEM;
		goto no_queue;
	}
	hasher = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(hasher)) {
		err = PTR_ERR(hasher);
		goto no_hasher;
	}
	WRITE_ONCE(content_hasher, hasher);
	return 0;

no_hasher:
	destroy_workqueue(pass_queue);
no_queue:
	bh_kept_exit();
	return err;
}

/** bh_content_is_asked() - may any policy ask for digests? Any context in which hooks run. */
bool bh_content_is_asked(void)
{
	return READ_ONCE(content_hasher);
}

/** bh_content_exit() - undo bh_content_init(); no check is under way and no hook attached */
void bh_content_exit(void)
{
	int cpu;

	/* System calls that were allowed and have not come back, if the unload was forced. */
	bh_stays_drain();
	/* One that saw the count fall may be on its last instructions. */
	destroy_workqueue(pass_queue);
	synchronize_rcu_tasks();
	for_each_possible_cpu(cpu) {
		kfree(per_cpu(spare_pass, cpu));
		per_cpu(spare_pass, cpu) = NULL;
	}
	crypto_free_shash(content_hasher);
	WRITE_ONCE(content_hasher, NULL);
	bh_exchange_exit();
	bh_kept_exit();
}

static u64 sum_counter(const u64 __percpu *counter)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(*per_cpu_ptr(counter, cpu));
	return total;
}

/** bh_content_hits() - digests that were kept when they were asked for; any context */
u64 bh_content_hits(void)
{
	return sum_counter(&content_hits);
}

/** bh_content_misses() - files that were read for their digests; any context */
u64 bh_content_misses(void)
{
	return sum_counter(&content_misses);
}
