/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports: to readers of `events`, to audit and to a tracepoint.
 */
#ifndef BULKHEAD_EVENT_H
#define BULKHEAD_EVENT_H

#include <linux/types.h>

#include "decide.h"

struct bh_binding;
struct task_struct;

/**
 * struct bh_event - a verdict that is reported
 * @verdict: the word after verdict=
 * @policy: whose verdict it is
 * @line: the rule's line, 0 for the default
 * @reason: why it failed closed, or what there is to know about a path; or NULL
 * @binding: what bound the policy to the subject
 * @subject: the confined task
 * @exe: its executable, if known
 * @peer: the other task of a ptrace, or NULL
 * @request: what was asked
 * @check: the execution was only asked about
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
	bool check;
};

/**
 * struct bh_config_event - a change of the configuration
 * @op: what was written to: load, remove, bind, unbind, assign, lock or keys
 * @policy: the policy that it is about; NULL if none, or if that is no name of one
 * @ns: type of the namespace that it is about, or NULL
 * @inum: its number, or 0 if it is not known
 * @label: the binding's, or NULL
 * @signer: who has signed the document, or whose key is trusted from now on; or NULL
 * @reason: what was wrong, or NULL
 */
struct bh_config_event {
	const char *op;
	const char *policy;
	const char *ns;
	unsigned int inum;
	const char *label;
	const char *signer;
	const char *reason;
};

void bh_event_report(const struct bh_event *event, gfp_t gfp);
void bh_event_config(const struct bh_config_event *config, int err);

int bh_events_init(void);
void bh_events_exit(void);

#endif /* BULKHEAD_EVENT_H */
