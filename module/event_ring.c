// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reports that are held for readers, and the share of each binding in them.
 *
 * All are in one list, by number. When they take more than BH_RING_SIZE, the source that
 * holds most loses its oldest: who floods loses its own reports, and a source that holds
 * less than half of what the greatest one does loses nothing. Sources are ranked by the
 * power of two that they hold, so that the greatest is found without a search.
 *
 * Namespaces cost their maker nothing. So all sources that the assignment table made for one
 * maker are ranked among others as if they were one, and among each other when that one is
 * the greatest. Audit's share is shared out likewise.
 */
#include <linux/bitops.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "event_ring.h"

/**
 * struct record - a report that is held
 * @all: in the list of all, by number
 * @own: in its source's list
 * @source: who reported, with a reference
 * @seq: its number
 * @time: when it was made
 * @readers: readers whose last report it is; it stays in @all for them
 * @gone: it was dropped, and is in @all for them only
 * @len: bytes of @text
 * @text: the line, without its number and time
 */
struct record {
	struct list_head all;
	struct list_head own;
	struct bh_source *source;
	u64 seq;
	struct timespec64 time;
	unsigned int readers;
	bool gone;
	u32 len;
	char text[];
};

/* A bucket that is full: it was looked at long ago, if ever. */
#define BUCKET(per_second, at_once) {						\
	.tokens = (at_once), .rate = (per_second), .burst = (at_once),		\
}

/* What a share's bytes rank it by: fls() of at most BH_RING_SIZE and one record. */
#define RANKS (ilog2(BH_RING_SIZE) + 2)

/**
 * struct bh_maker - the sources of one maker
 * @node: in the ring's table, by @id
 * @id: who made their namespaces, as &bh_binding.maker
 * @sources: how many refer to it; it is freed with the last one
 * @share: what they have together
 * @ranks: of their shares
 */
struct bh_maker {
	struct hlist_node node;
	unsigned long id;
	unsigned int sources;
	struct bh_share share;
	struct list_head ranks[RANKS];
};

static struct {
	spinlock_t lock;	/* of all but ->wait; taken in any context */
	struct list_head records;
	struct bh_share all;
	struct list_head ranks[RANKS];
	struct hlist_head makers[1 << BH_MAKERS_BITS];
	struct list_head lossy;
	u64 head_seq;		/* the next report's number */
	u64 read_seq;		/* no reader has seen this one yet */
	u64 lost;		/* dropped before any reader saw them */
	u64 audit_dropped;
	wait_queue_head_t wait;
} ring = {
	.lock = __SPIN_LOCK_UNLOCKED(ring.lock),
	.records = LIST_HEAD_INIT(ring.records),
	.all.ranks = ring.ranks,
	.all.audit = BUCKET(BH_AUDIT_ALL_RATE, BH_AUDIT_ALL_BURST),
	.lossy = LIST_HEAD_INIT(ring.lossy),
	.head_seq = 1,
	.read_seq = 1,
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(ring.wait),
};

#define STATIC_SOURCE(name) {				\
	.refs = REFCOUNT_INIT(1),			\
	.records = LIST_HEAD_INIT((name).records),	\
	.share.above = &ring.all,			\
	.share.rank = LIST_HEAD_INIT((name).share.rank),	\
	.share.audit = BUCKET(BH_AUDIT_RATE, BH_AUDIT_BURST),	\
	.lossy = LIST_HEAD_INIT((name).lossy),		\
}

struct bh_source bh_source_changes = STATIC_SOURCE(bh_source_changes);
struct bh_source bh_source_refused = STATIC_SOURCE(bh_source_refused);

/* Sources */

/** bh_losses_alloc() - count nothing yet; for bh_losses_put(); NULL without memory; may sleep */
struct bh_losses *bh_losses_alloc(void)
{
	struct bh_losses *losses = kzalloc(sizeof(*losses), GFP_KERNEL_ACCOUNT);

	if (losses)
		refcount_set(&losses->refs, 1);
	return losses;
}

/**
 * bh_losses_put() - drop a reference
 * @losses: the counts or NULL; freed with the last one
 *
 * Any context.
 */
void bh_losses_put(struct bh_losses *losses)
{
	if (losses && refcount_dec_and_test(&losses->refs))
		kfree(losses);
}

static void init_share(struct bh_share *share, struct bh_share *above)
{
	share->above = above;
	INIT_LIST_HEAD(&share->rank);
	share->audit = (struct bh_bucket)BUCKET(BH_AUDIT_RATE, BH_AUDIT_BURST);
	share->audit.stamp = jiffies;
}

static struct bh_maker *new_maker(unsigned long id)
{
	struct bh_maker *maker = kzalloc(sizeof(*maker), GFP_KERNEL_ACCOUNT);
	int i;

	if (!maker)
		return NULL;
	maker->id = id;
	init_share(&maker->share, &ring.all);
	maker->share.ranks = maker->ranks;
	for (i = 0; i < RANKS; i++)
		INIT_LIST_HEAD(&maker->ranks[i]);
	return maker;
}

/* The maker known by @new's id: @new, if it is the first. */
static struct bh_maker *find_maker(struct bh_maker *new)
{
	struct hlist_head *head = &ring.makers[hash_long(new->id, BH_MAKERS_BITS)];
	struct bh_maker *maker;

	lockdep_assert_held(&ring.lock);
	hlist_for_each_entry(maker, head, node)
		if (maker->id == new->id)
			return maker;
	hlist_add_head(&new->node, head);
	return new;
}

/* Makes a source part of its maker's share. Return: is there memory for that? */
static bool join_maker(struct bh_source *source, unsigned long id)
{
	struct bh_maker *new = new_maker(id), *maker;

	if (!new)
		return false;
	spin_lock_irq(&ring.lock);
	maker = find_maker(new);
	maker->sources++;
	source->maker = maker;
	source->share.above = &maker->share;
	spin_unlock_irq(&ring.lock);
	if (maker != new)
		kfree(new);
	return true;
}

static void leave_maker(struct bh_source *source)
{
	struct bh_maker *maker = source->maker;

	lockdep_assert_held(&ring.lock);
	if (!maker || --maker->sources)
		return;
	hlist_del(&maker->node);
	kfree(maker);
}

/**
 * bh_source_alloc() - get what a binding reports under
 * @maker: whose sources share what one has, or 0: it has a share of its own
 *
 * May sleep. Takes the ring's lock. Return: the source, for bh_source_begin() and
 * bh_source_put(), or NULL without memory.
 */
struct bh_source *bh_source_alloc(unsigned long maker)
{
	struct bh_source *source = kzalloc(sizeof(*source), GFP_KERNEL_ACCOUNT);

	if (!source)
		return NULL;
	refcount_set(&source->refs, 1);
	INIT_LIST_HEAD(&source->records);
	init_share(&source->share, &ring.all);
	INIT_LIST_HEAD(&source->lossy);
	if (!maker || join_maker(source, maker))
		return source;
	kfree(source);
	return NULL;
}

/**
 * bh_source_begin() - say for which binding a source reports
 * @source: the source, which nobody else knows yet
 * @ns: type of its namespace; a static string
 * @inum: the namespace's number
 * @policy: the policy's name
 * @losses: of the policy, or NULL; the source takes its own reference
 *
 * Any context.
 */
void bh_source_begin(struct bh_source *source, const char *ns, unsigned int inum,
		     const char *policy, struct bh_losses *losses)
{
	source->ns = ns;
	source->inum = inum;
	strscpy(source->policy, policy, sizeof(source->policy));
	if (losses)
		refcount_inc(&losses->refs);
	source->losses = losses;
}

/**
 * bh_source_get() - let another binding report as part of the same
 * @source: the source; the caller has a reference
 *
 * Any context. Return: @source, with one more.
 */
struct bh_source *bh_source_get(struct bh_source *source)
{
	refcount_inc(&source->refs);
	return source;
}

static void put_locked(struct bh_source *source)
{
	lockdep_assert_held(&ring.lock);
	if (!refcount_dec_and_test(&source->refs))
		return;
	list_del(&source->lossy);
	leave_maker(source);
	bh_losses_put(source->losses);
	kfree(source);
}

/**
 * bh_source_put() - a binding has ended; its reports stay until others need their place
 * @source: its source or NULL
 *
 * Any context.
 */
void bh_source_put(struct bh_source *source)
{
	unsigned long flags;

	if (!source)
		return;
	spin_lock_irqsave(&ring.lock, flags);
	put_locked(source);
	spin_unlock_irqrestore(&ring.lock, flags);
}

/* Records */

static size_t size_of(const struct record *record)
{
	return sizeof(*record) + record->len;
}

static struct record *first_of(const struct bh_source *source)
{
	return list_first_entry(&source->records, struct record, own);
}

/* To the end of its list: among equals, who has not lost for longest loses next. */
static void rank_share(struct bh_share *share)
{
	list_del_init(&share->rank);
	if (share->bytes)
		list_add_tail(&share->rank, &share->above->ranks[fls(share->bytes) - 1]);
}

/* Counts a record in, or out, in each share that it is part of. */
static void count_bytes(struct bh_source *source, ssize_t bytes)
{
	struct bh_share *share;

	lockdep_assert_held(&ring.lock);
	for (share = &source->share; share->above; share = share->above) {
		share->bytes += bytes;
		rank_share(share);
	}
	share->bytes += bytes;
}

static void count_lost(struct bh_source *source)
{
	ring.lost++;
	if (source->losses)
		source->losses->events++;
	source->untold++;
	if (list_empty(&source->lossy))
		list_add_tail(&source->lossy, &ring.lossy);
}

/* Out of the list of all, once no reader stands on it. */
static void forget_record(struct record *record)
{
	if (!record->gone || record->readers)
		return;
	list_del(&record->all);
	kfree(record);
}

static void drop_record(struct record *record)
{
	struct bh_source *source = record->source;

	lockdep_assert_held(&ring.lock);
	if (record->seq >= ring.read_seq)
		count_lost(source);
	list_del(&record->own);
	count_bytes(source, -size_of(record));
	record->gone = true;
	forget_record(record);
	put_locked(source);
}

/* The one that holds most of what is part of a share, which holds something. */
static struct bh_share *greatest_below(const struct bh_share *share)
{
	int i = RANKS - 1;

	while (i && list_empty(&share->ranks[i]))
		i--;
	return list_first_entry(&share->ranks[i], struct bh_share, rank);
}

static void drop_of_greatest(void)
{
	struct bh_share *share = &ring.all;

	while (share->ranks)
		share = greatest_below(share);
	drop_record(first_of(container_of(share, struct bh_source, share)));
}

/* Audit's share */

static void refill_bucket(struct bh_bucket *bucket)
{
	unsigned long now = jiffies, passed = now - bucket->stamp;
	u32 tokens, rate = bucket->rate, burst = bucket->burst;

	/* Longer than it takes to be full; and no product that overflows. */
	if (passed >= (burst / rate + 1) * HZ) {
		bucket->tokens = burst;
		bucket->stamp = now;
		return;
	}
	tokens = passed * rate / HZ;
	if (!tokens)
		return;
	bucket->tokens = min(bucket->tokens + tokens, burst);
	bucket->stamp += tokens * HZ / rate;
}

/*
 * May one more record go to audit? A quarter of what all of a share may send is kept for those
 * who have not sent for a while, so that none keeps another's first report away.
 */
static bool may_audit(struct bh_source *source)
{
	struct bh_share *share, *above;

	lockdep_assert_held(&ring.lock);
	for (share = &source->share; share; share = share->above)
		refill_bucket(&share->audit);
	for (share = &source->share; share; share = above) {
		above = share->above;
		if (!share->audit.tokens)
			return false;
		if (above && above->audit.tokens <= above->audit.burst / 4 &&
		    share->audit.tokens < share->audit.burst)
			return false;
	}
	for (share = &source->share; share; share = share->above)
		share->audit.tokens--;
	return true;
}

static void count_audit_lost(struct bh_source *source, u64 records)
{
	ring.audit_dropped += records;
	source->audit_untold += records;
	if (source->losses)
		source->losses->audit += records;
}

/**
 * bh_ring_audit_lost() - a record did not come to audit after all
 * @source: whose report it was
 * @records: how many it would have told of, with itself
 *
 * Any context.
 */
void bh_ring_audit_lost(struct bh_source *source, u64 records)
{
	unsigned long flags;

	spin_lock_irqsave(&ring.lock, flags);
	/* All but one had been counted before. */
	source->audit_untold += records - 1;
	count_audit_lost(source, 1);
	spin_unlock_irqrestore(&ring.lock, flags);
}

static void take_audit(struct bh_source *source, struct bh_pushed *pushed)
{
	pushed->audit = may_audit(source);
	pushed->audit_dropped = 0;
	if (pushed->audit) {
		pushed->audit_dropped = source->audit_untold;
		source->audit_untold = 0;
	} else {
		count_audit_lost(source, 1);
	}
}

static void append_record(struct bh_source *source, struct record *record)
{
	lockdep_assert_held(&ring.lock);
	refcount_inc(&source->refs);
	record->source = source;
	/* Under the lock, so that times ascend with the numbers. */
	ktime_get_real_ts64(&record->time);
	list_add_tail(&record->all, &ring.records);
	list_add_tail(&record->own, &source->records);
	count_bytes(source, size_of(record));
	while (ring.all.bytes > BH_RING_SIZE)
		drop_of_greatest();
}

/**
 * bh_ring_push() - hold a report for readers
 * @source: who reports
 * @text: the report, or NULL if there was no memory for it
 * @gfp: how to allocate; without memory the report counts as lost
 * @pushed: what became of it
 *
 * Any context but NMI.
 */
void bh_ring_push(struct bh_source *source, const struct bh_text *text, gfp_t gfp,
		  struct bh_pushed *pushed)
{
	struct record *record = NULL;
	unsigned long flags;

	if (text)
		record = kmalloc(sizeof(*record) + text->len, gfp | __GFP_NOWARN);
	if (record) {
		record->readers = 0;
		record->gone = false;
		record->len = text->len;
		memcpy(record->text, text->s, text->len);
	}
	spin_lock_irqsave(&ring.lock, flags);
	pushed->seq = ring.head_seq++;
	take_audit(source, pushed);
	if (record) {
		record->seq = pushed->seq;
		append_record(source, record);
	} else {
		count_lost(source);
	}
	spin_unlock_irqrestore(&ring.lock, flags);
	wake_up_interruptible_poll(&ring.wait, EPOLLIN | EPOLLRDNORM);
}

/** bh_ring_lost() - reports that were dropped before any reader saw them; any context */
u64 bh_ring_lost(void)
{
	return READ_ONCE(ring.lost);
}

/** bh_ring_audit_dropped() - reports that audit did not get; any context */
u64 bh_ring_audit_dropped(void)
{
	return READ_ONCE(ring.audit_dropped);
}

/* Readers */

/**
 * struct bh_event_reader - an open `events` file
 * @lock: between those who share it
 * @last: the report that it was given last, or NULL; under the ring's lock
 * @seq: the number of the next one
 * @fresh: it was not told yet of losses from before it began
 * @missed: reports that it has missed and was not told of
 * @ahead: reports that it was told of as lost before it came to where they were missing
 * @line: the line that is being handed out
 * @len: length of @line
 * @done: bytes of it that have been handed out
 */
struct bh_event_reader {
	struct mutex lock;	/* of the rest */
	struct record *last;
	u64 seq;
	bool fresh;
	u64 missed;
	u64 ahead;
	size_t len;
	size_t done;
	char line[BH_EVENT_MAX + 128];
};

static struct record *next_record(struct record *last)
{
	struct record *record;

	lockdep_assert_held(&ring.lock);
	record = last ? list_next_entry(last, all) :
			list_first_entry(&ring.records, struct record, all);
	list_for_each_entry_from(record, &ring.records, all)
		if (!record->gone)
			return record;
	return NULL;
}

/**
 * bh_event_reader_alloc() - begin to read at the oldest report still held
 *
 * May sleep. Return: the reader, for bh_event_reader_free(), or NULL without memory.
 */
struct bh_event_reader *bh_event_reader_alloc(void)
{
	struct bh_event_reader *reader = kvzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	struct record *first;

	if (!reader)
		return NULL;
	mutex_init(&reader->lock);
	reader->fresh = true;
	spin_lock_irq(&ring.lock);
	first = next_record(NULL);
	reader->seq = first ? first->seq : ring.head_seq;
	spin_unlock_irq(&ring.lock);
	return reader;
}

/* Moves a reader to a report, or away from all. */
static void stand_on(struct bh_event_reader *reader, struct record *record)
{
	struct record *last = reader->last;

	lockdep_assert_held(&ring.lock);
	reader->last = record;
	if (record)
		record->readers++;
	if (last) {
		last->readers--;
		forget_record(last);
	}
}

/**
 * bh_event_reader_free() - end reading
 * @reader: the reader
 *
 * May sleep. Takes the ring's lock.
 */
void bh_event_reader_free(struct bh_event_reader *reader)
{
	spin_lock_irq(&ring.lock);
	stand_on(reader, NULL);
	spin_unlock_irq(&ring.lock);
	kvfree(reader);
}

static bool has_more(const struct bh_event_reader *reader)
{
	return reader->done < reader->len || READ_ONCE(reader->seq) < READ_ONCE(ring.head_seq);
}

/* Tells a reader of one source's losses, which are then told. */
static size_t tell_source(struct bh_event_reader *reader, struct bh_source *source)
{
	u64 lost = source->untold;
	size_t len;

	source->untold = 0;
	list_del_init(&source->lossy);
	if (!reader->fresh) {
		/* It may not have come to where all of them are missing. */
		reader->ahead += lost - min(lost, reader->missed);
		reader->missed -= min(lost, reader->missed);
	}
	len = scnprintf(reader->line, sizeof(reader->line), "lost=%llu", lost);
	if (source->ns)
		len += scnprintf(reader->line + len, sizeof(reader->line) - len,
				 " ns=%s inum=%u policy=%s", source->ns, source->inum,
				 source->policy);
	else
		len += scnprintf(reader->line + len, sizeof(reader->line) - len,
				 " class=config");
	reader->line[len++] = '\n';
	return len;
}

/* The next line about losses that a reader is to be told; its length, 0 if there is none. */
static size_t tell_losses(struct bh_event_reader *reader)
{
	u64 known = min(reader->ahead, reader->missed), lost;
	struct bh_source *source;

	lockdep_assert_held(&ring.lock);
	reader->ahead -= known;
	reader->missed -= known;
	source = list_first_entry_or_null(&ring.lossy, struct bh_source, lossy);
	if (source && (reader->fresh || reader->missed))
		return tell_source(reader, source);
	reader->fresh = false;
	lost = reader->missed;
	reader->missed = 0;
	/* Another reader was told whose they were. */
	return lost ? scnprintf(reader->line, sizeof(reader->line), "lost=%llu\n", lost) : 0;
}

static size_t tell_record(struct bh_event_reader *reader, struct record *record)
{
	size_t len = scnprintf(reader->line, sizeof(reader->line), "seq=%llu time=%lld.%09ld ",
			       record->seq, record->time.tv_sec, record->time.tv_nsec);

	memcpy(reader->line + len, record->text, record->len);
	len += record->len;
	reader->line[len++] = '\n';
	stand_on(reader, record);
	WRITE_ONCE(reader->seq, record->seq + 1);
	ring.read_seq = max(ring.read_seq, reader->seq);
	return len;
}

/* Fetches the next line: a report, or how many were lost. */
static bool next_line(struct bh_event_reader *reader)
{
	struct record *record;
	u64 seq;

	lockdep_assert_held(&reader->lock);
	reader->done = 0;
	spin_lock_irq(&ring.lock);
	record = next_record(reader->last);
	seq = record ? record->seq : ring.head_seq;
	reader->missed += seq - reader->seq;
	WRITE_ONCE(reader->seq, seq);
	reader->len = tell_losses(reader);
	if (!reader->len && record)
		reader->len = tell_record(reader, record);
	spin_unlock_irq(&ring.lock);
	return reader->len;
}

static ssize_t read_lines(struct bh_event_reader *reader, char __user *to, size_t len)
{
	size_t copied = 0;

	while (copied < len) {
		size_t piece;

		if (reader->done == reader->len && !next_line(reader))
			break;
		piece = min(len - copied, reader->len - reader->done);
		/* A line is handed out whole, unless it is longer than the buffer. */
		if (copied && piece < reader->len - reader->done)
			break;
		if (copy_to_user(to + copied, reader->line + reader->done, piece))
			return copied ?: -EFAULT;
		reader->done += piece;
		copied += piece;
	}
	return copied;
}

/**
 * bh_event_read() - hand out reports
 * @reader: the reader
 * @to: where to
 * @len: how much fits
 * @wait: sleep until there is one
 *
 * Return: bytes copied; -EAGAIN (none and not @wait), -ERESTARTSYS, -EFAULT.
 */
ssize_t bh_event_read(struct bh_event_reader *reader, char __user *to, size_t len, bool wait)
{
	ssize_t ret;

	if (!len)
		return 0;
	for (;;) {
		if (mutex_lock_interruptible(&reader->lock))
			return -ERESTARTSYS;
		ret = read_lines(reader, to, len);
		mutex_unlock(&reader->lock);
		if (ret)
			return ret;
		if (!wait)
			return -EAGAIN;
		if (wait_event_interruptible(ring.wait, has_more(reader)))
			return -ERESTARTSYS;
	}
}

/**
 * bh_event_poll() - is there a report to read?
 * @reader: the reader
 * @file: its file
 * @wait: for poll_wait()
 *
 * May sleep. Return: EPOLLIN | EPOLLRDNORM or 0.
 */
__poll_t bh_event_poll(struct bh_event_reader *reader, struct file *file, poll_table *wait)
{
	poll_wait(file, &ring.wait, wait);
	return has_more(reader) ? EPOLLIN | EPOLLRDNORM : 0;
}

/** bh_ring_init() - hold nothing yet; called once, at load */
void bh_ring_init(void)
{
	int i;

	for (i = 0; i < RANKS; i++)
		INIT_LIST_HEAD(&ring.ranks[i]);
	ring.all.audit.stamp = jiffies;
}

/** bh_ring_exit() - forget all reports; no one reports or reads any more; takes the ring's lock */
void bh_ring_exit(void)
{
	struct record *record, *next;

	spin_lock_irq(&ring.lock);
	list_for_each_entry_safe(record, next, &ring.records, all)
		drop_record(record);
	spin_unlock_irq(&ring.lock);
}
