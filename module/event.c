// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports: one line for each, to readers of `events`, to audit and to a tracepoint.
 *
 * A report is made wherever a check runs, also in atomic context and under
 * other locks: nothing here sleeps but readers.
 */
#include <linux/audit.h>
#include <linux/cred.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include "binding.h"
#include "escape.h"
#include "event.h"
#include "limits.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* The line without its number and time */

static __printf(2, 3) void add(struct bh_text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += vscnprintf(text->s + text->len, text->cap - text->len, format, args);
	va_end(args);
}

/* A string that a request may lack is shown as `-`, which no quoted one is. */
static void add_string(struct bh_text *text, const char *key, const struct bh_string *string)
{
	add(text, " %s=", key);
	if (string->s)
		bh_text_append_quoted(text, string->s, string->len);
	else
		add(text, "-");
}

static void add_words(struct bh_text *text, const char *key, const struct bh_word *words, u32 bits)
{
	const char *comma = "";

	add(text, " %s=", key);
	if (!bits)
		add(text, "-");
	for (; words->name; words++) {
		if (!(words->bit & bits))
			continue;
		add(text, "%s%s", comma, words->name);
		comma = ",";
	}
}

/* As rules name them. */
static void add_digests(struct bh_text *text, const char *key, const struct bh_request *request)
{
	const char *comma = "";
	u32 kind;

	for (kind = 0; kind < BH_DIGEST_KINDS; kind++) {
		const struct bh_digest_desc *desc = &bh_digest_descs[kind];

		if (!request->digest[kind])
			continue;
		if (!*comma)
			add(text, " %s=", key);
		add(text, "%s%s:%*phN", comma, desc->name, (int)desc->len, request->digest[kind]);
		comma = ",";
	}
}

static void add_task(struct bh_text *text, const char *prefix, struct task_struct *task)
{
	char comm[TASK_COMM_LEN];

	/* Not get_task_comm(): its lock may be held by our caller. */
	strscpy(comm, task->comm, sizeof(comm));
	add(text, " %spid=%d", prefix, task_tgid_nr(task));
	if (!*prefix)
		add(text, " uid=%u", from_kuid(&init_user_ns, task_uid(task)));
	add(text, " %scomm=", prefix);
	bh_text_append_quoted(text, comm, strlen(comm));
}

static void add_request_string(struct bh_text *text, const struct bh_event *event,
			       const struct bh_key *key)
{
	const struct bh_request *request = event->request;
	const char *name = key->name;

	/* from= is the task's executable, which is there already. */
	if ((request->class == BH_EXEC || request->class == BH_MAP) &&
	    key->index == BH_EXEC_FROM)
		return;
	if (request->class == BH_PTRACE) {
		if (event->peer)
			add_task(text, "peer_", event->peer);
		name = "peer_exe";
	}
	add_string(text, name, &request->string[key->index]);
}

static void add_request(struct bh_text *text, const struct bh_event *event)
{
	const struct bh_request *request = event->request;
	const struct bh_key *key;

	for (key = bh_classes[request->class].keys; key->name; key++) {
		switch (key->kind) {
		case BH_KEY_PATH:
		case BH_KEY_PATTERN:
			add_request_string(text, event, key);
			break;
		case BH_KEY_DIGEST:
			add_digests(text, key->name, request);
			break;
		case BH_KEY_ENUM:
			add_words(text, key->name, key->words, request->attr[key->index]);
			break;
		case BH_KEY_HAS:
			add_words(text, "flags", key->words, request->flags);
			break;
		case BH_KEY_LACKS:
			break;
		}
	}
}

static void write_event(struct bh_text *text, const struct bh_event *event)
{
	const struct bh_policy *policy = event->policy;
	const struct bh_ns *ns = &event->binding->ns;

	add(text, "verdict=%s class=%s policy=%s version=%llu", event->verdict,
	    bh_classes[event->request->class].name, policy->name, policy->version);
	if (event->line)
		add(text, " rule=%u", event->line);
	else
		add(text, " rule=default");
	add(text, " ns=%s inum=%u", ns->ops->name, ns->ops->inum(ns->ns));
	add_task(text, "", event->subject);
	add_string(text, "exe", &event->exe);
	if (event->reason)
		add(text, " reason=\"%s\"", event->reason);
	add_request(text, event);
}

/* The ring */

/* What a report looks like in the ring: this, then ->len bytes of text. */
struct record {
	u64 seq;
	struct timespec64 time;
	u32 len;
};

/*
 * Positions count bytes since the module was loaded and never wrap; taken
 * modulo BH_RING_SIZE they are places in ->bytes.
 */
static struct {
	spinlock_t lock;	/* of all but ->wait; taken in any context */
	char *bytes;
	u64 head;		/* where the next record goes */
	u64 tail;		/* the oldest record held */
	u64 head_seq;		/* the next record's number */
	u64 tail_seq;		/* the oldest record's number */
	u64 read_seq;		/* no reader has seen this one yet */
	u64 lost;		/* dropped before any reader saw them */
	wait_queue_head_t wait;
} ring = {
	.lock = __SPIN_LOCK_UNLOCKED(ring.lock),
	.head_seq = 1,
	.tail_seq = 1,
	.read_seq = 1,
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(ring.wait),
};

static void copy_in(u64 at, const void *from, size_t len)
{
	size_t place = at % BH_RING_SIZE, first = min_t(size_t, len, BH_RING_SIZE - place);

	memcpy(ring.bytes + place, from, first);
	memcpy(ring.bytes, from + first, len - first);
}

static void copy_out(u64 at, void *to, size_t len)
{
	size_t place = at % BH_RING_SIZE, first = min_t(size_t, len, BH_RING_SIZE - place);

	memcpy(to, ring.bytes + place, first);
	memcpy(to + first, ring.bytes, len - first);
}

static void drop_oldest(void)
{
	struct record record;

	lockdep_assert_held(&ring.lock);
	copy_out(ring.tail, &record, sizeof(record));
	if (record.seq >= ring.read_seq)
		ring.lost++;
	ring.tail += sizeof(record) + record.len;
	ring.tail_seq = record.seq + 1;
}

static void push(const struct bh_text *text)
{
	struct record record = { .len = text->len };
	unsigned long flags;

	spin_lock_irqsave(&ring.lock, flags);
	while (ring.head + sizeof(record) + record.len - ring.tail > BH_RING_SIZE)
		drop_oldest();
	record.seq = ring.head_seq++;
	/* Under the lock, so that times ascend with the numbers. */
	ktime_get_real_ts64(&record.time);
	copy_in(ring.head, &record, sizeof(record));
	copy_in(ring.head + sizeof(record), text->s, text->len);
	ring.head += sizeof(record) + record.len;
	spin_unlock_irqrestore(&ring.lock, flags);
	wake_up_interruptible_poll(&ring.wait, EPOLLIN | EPOLLRDNORM);
}

static void count_lost(void)
{
	unsigned long flags;

	spin_lock_irqsave(&ring.lock, flags);
	ring.lost++;
	ring.head_seq++;
	spin_unlock_irqrestore(&ring.lock, flags);
}

static void send_audit(const char *line, gfp_t gfp)
{
	struct audit_buffer *ab = audit_log_start(audit_context(), gfp, AUDIT_KERNEL_OTHER);

	if (!ab)
		return;
	audit_log_format(ab, "bulkhead %s", line);
	audit_log_end(ab);
}

static size_t string_size(const struct bh_string *string)
{
	return string->s ? bh_escaped_size(string->s, string->len) : 0;
}

/**
 * bh_event_report() - report a verdict
 * @event: the report; under RCU, which keeps what it points to
 * @gfp: GFP_ATOMIC or GFP_NOWAIT
 *
 * Any context but NMI. Without memory the report is counted as lost.
 */
void bh_event_report(const struct bh_event *event, gfp_t gfp)
{
	const struct bh_request *request = event->request;
	/* Numbers, words and two command names, none of which is long. */
	size_t size = 1024 + string_size(&event->exe);
	struct bh_text text = { };
	int i;

	for (i = 0; i < BH_STRINGS; i++)
		size += string_size(&request->string[i]);
	text.cap = min_t(size_t, size, BH_EVENT_MAX);
	text.s = kmalloc(text.cap + 1, gfp | __GFP_NOWARN);
	if (!text.s) {
		count_lost();
		return;
	}
	write_event(&text, event);
	text.s[text.len] = '\0';
	push(&text);
	trace_verdict(text.s);
	send_audit(text.s, gfp);
	kfree(text.s);
}

/** bh_events_lost() - reports that were dropped before any reader saw them */
u64 bh_events_lost(void)
{
	return READ_ONCE(ring.lost);
}

/* Readers */

/**
 * struct bh_event_reader - an open `events` file
 * @lock: between those who share it
 * @at: position of the next record
 * @seq: its number
 * @line: the record that is being handed out
 * @len: length of @line
 * @done: bytes of it that have been handed out
 */
struct bh_event_reader {
	struct mutex lock;	/* of the rest */
	u64 at;
	u64 seq;
	size_t len;
	size_t done;
	char line[BH_EVENT_MAX + 128];
};

/**
 * bh_event_reader_alloc() - begin to read at the oldest report still held
 *
 * Return: the reader, for bh_event_reader_free(), or NULL without memory.
 */
struct bh_event_reader *bh_event_reader_alloc(void)
{
	struct bh_event_reader *reader = kvzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);

	if (!reader)
		return NULL;
	mutex_init(&reader->lock);
	spin_lock_irq(&ring.lock);
	reader->at = ring.tail;
	reader->seq = ring.tail_seq;
	spin_unlock_irq(&ring.lock);
	return reader;
}

/**
 * bh_event_reader_free() - end reading
 * @reader: the reader
 */
void bh_event_reader_free(struct bh_event_reader *reader)
{
	kvfree(reader);
}

static bool has_more(const struct bh_event_reader *reader)
{
	return reader->done < reader->len || READ_ONCE(reader->at) < READ_ONCE(ring.head);
}

/* Fetches the next line: a report, or how many the reader has missed. */
static bool next_line(struct bh_event_reader *reader)
{
	struct record record = {};
	u64 missed = 0;
	int len;

	lockdep_assert_held(&reader->lock);
	spin_lock_irq(&ring.lock);
	if (reader->at < ring.tail) {
		reader->at = ring.tail;
		missed = ring.tail_seq - reader->seq;
		reader->seq = ring.tail_seq;
	} else if (reader->at < ring.head) {
		copy_out(reader->at, &record, sizeof(record));
		missed = record.seq - reader->seq;
		reader->seq = record.seq;
	}
	if (missed || reader->at == ring.head) {
		spin_unlock_irq(&ring.lock);
		reader->len = missed ? scnprintf(reader->line, sizeof(reader->line),
						 "lost=%llu\n", missed) : 0;
		reader->done = 0;
		return reader->len;
	}
	len = scnprintf(reader->line, sizeof(reader->line), "seq=%llu time=%lld.%09ld ",
			record.seq, record.time.tv_sec, record.time.tv_nsec);
	copy_out(reader->at + sizeof(record), reader->line + len, record.len);
	WRITE_ONCE(reader->at, reader->at + sizeof(record) + record.len);
	reader->seq = record.seq + 1;
	ring.read_seq = max(ring.read_seq, reader->seq);
	spin_unlock_irq(&ring.lock);
	reader->len = len + record.len;
	reader->line[reader->len++] = '\n';
	reader->done = 0;
	return true;
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
 * Return: EPOLLIN | EPOLLRDNORM or 0.
 */
__poll_t bh_event_poll(struct bh_event_reader *reader, struct file *file, poll_table *wait)
{
	poll_wait(file, &ring.wait, wait);
	return has_more(reader) ? EPOLLIN | EPOLLRDNORM : 0;
}

/**
 * bh_events_init() - make room for reports
 *
 * Return: 0 or -ENOMEM.
 */
int bh_events_init(void)
{
	ring.bytes = vmalloc(BH_RING_SIZE);
	return ring.bytes ? 0 : -ENOMEM;
}

/** bh_events_exit() - forget all reports; no one reports or reads any more */
void bh_events_exit(void)
{
	/* A tracer may still be in the tracepoint. */
	tracepoint_synchronize_unregister();
	vfree(ring.bytes);
}
