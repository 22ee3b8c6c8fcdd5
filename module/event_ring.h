/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reports that are held for readers, and the share of each binding in them.
 */
#ifndef BULKHEAD_EVENT_RING_H
#define BULKHEAD_EVENT_RING_H

#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "escape.h"
#include "limits.h"

/**
 * struct bh_losses - reports of a policy that were lost; changed under the ring's lock
 * @refs: the policy's name and the sources of its bindings
 * @events: dropped before any reader saw them
 * @audit: not sent to audit, or not taken by it
 */
struct bh_losses {
	refcount_t refs;
	u64 events;
	u64 audit;
};

/**
 * struct bh_bucket - how many records may go to audit; under the ring's lock
 * @tokens: so many now
 * @rate: so many more in a second
 * @burst: so many at most
 * @stamp: when they were counted, in jiffies
 */
struct bh_bucket {
	u32 tokens;
	u32 rate;
	u32 burst;
	unsigned long stamp;
};

/**
 * struct bh_share - of the reports, what a source has, or all of a maker; under the ring's lock
 * @above: what it is a share of, or NULL: it is all
 * @ranks: the shares of it, in lists of those that hold about as much; NULL if it is a source's
 * @rank: in the list of those of @above that hold about as much
 * @bytes: held in records
 * @audit: what may be sent to audit
 */
struct bh_share {
	struct bh_share *above;
	struct list_head *ranks;
	struct list_head rank;
	size_t bytes;
	struct bh_bucket audit;
};

/**
 * struct bh_source - whoever reports: a binding, or the module itself
 * @refs: the binding's one and one for each record held
 * @records: its records, oldest first; under the ring's lock, like all that follow
 * @share: what it has of the reports
 * @maker: whose share that is a share of, or NULL
 * @lossy: in the list of those with losses that no reader was told of
 * @untold: how many those are
 * @audit_untold: records that audit did not get since the last one that it got
 * @losses: of its policy, or NULL
 * @ns: type of the namespace, or NULL if it is no binding's
 * @inum: its number
 * @policy: the policy's name
 */
struct bh_source {
	refcount_t refs;
	struct list_head records;
	struct bh_share share;
	struct bh_maker *maker;
	struct list_head lossy;
	u64 untold;
	u64 audit_untold;
	struct bh_losses *losses;
	const char *ns;
	unsigned int inum;
	char policy[BH_NAME_MAX + 1];
};

/**
 * struct bh_pushed - what became of a report
 * @seq: its number
 * @audit: may it go to audit?
 * @audit_dropped: how many before it did not
 */
struct bh_pushed {
	u64 seq;
	bool audit;
	u64 audit_dropped;
};

struct bh_losses *bh_losses_alloc(void);
void bh_losses_put(struct bh_losses *losses);

struct bh_source *bh_source_alloc(unsigned long maker);
void bh_source_begin(struct bh_source *source, const char *ns, unsigned int inum,
		     const char *policy, struct bh_losses *losses);
struct bh_source *bh_source_get(struct bh_source *source);
void bh_source_put(struct bh_source *source);

/* Reports that no binding makes: changes, and those that were refused. */
extern struct bh_source bh_source_changes;
extern struct bh_source bh_source_refused;

void bh_ring_push(struct bh_source *source, const struct bh_text *text, gfp_t gfp,
		  struct bh_pushed *pushed);
void bh_ring_audit_lost(struct bh_source *source, u64 records);
u64 bh_ring_lost(void);
u64 bh_ring_audit_dropped(void);

struct bh_event_reader;

struct bh_event_reader *bh_event_reader_alloc(void);
void bh_event_reader_free(struct bh_event_reader *reader);
ssize_t bh_event_read(struct bh_event_reader *reader, char __user *to, size_t len, bool wait);
__poll_t bh_event_poll(struct bh_event_reader *reader, struct file *file, poll_table *wait);

void bh_ring_init(void);
void bh_ring_exit(void);

#endif /* BULKHEAD_EVENT_RING_H */
