/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports: one line for each, to readers of `events`, to audit and to a tracepoint.
 */
#ifndef BULKHEAD_EVENT_H
#define BULKHEAD_EVENT_H

#include <linux/poll.h>
#include <linux/types.h>

#include "decide.h"

struct bh_binding;
struct task_struct;

/**
 * struct bh_event - what a report says
 * @verdict: the word after verdict=
 * @policy: whose verdict it is
 * @line: the rule's line, 0 for the default
 * @reason: why it failed closed, or NULL if the policy decided
 * @binding: what bound the policy to the subject
 * @subject: the confined task
 * @exe: its executable, if known
 * @peer: the other task of a ptrace, or NULL
 * @request: what was asked
 */
struct bh_event {
	const char *verdict;
	const struct bh_policy *policy;
	u32 line;
	const char *reason;
	const struct bh_binding *binding;
	struct task_struct *subject;
	struct bh_string exe;
	struct task_struct *peer;
	const struct bh_request *request;
};

void bh_event_report(const struct bh_event *event, gfp_t gfp);
u64 bh_events_lost(void);

struct bh_event_reader;

struct bh_event_reader *bh_event_reader_alloc(void);
void bh_event_reader_free(struct bh_event_reader *reader);
ssize_t bh_event_read(struct bh_event_reader *reader, char __user *to, size_t len, bool wait);
__poll_t bh_event_poll(struct bh_event_reader *reader, struct file *file, poll_table *wait);

int bh_events_init(void);
void bh_events_exit(void);

#endif /* BULKHEAD_EVENT_H */
