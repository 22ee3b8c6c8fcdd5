/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of a report. Pure.
 */
#ifndef BULKHEAD_EVENT_LINE_H
#define BULKHEAD_EVENT_LINE_H

#include <linux/types.h>

#include "decide.h"
#include "escape.h"

/**
 * struct bh_facts - what a report of a verdict says, as plain values
 * @verdict: the word after verdict=
 * @policy: the policy's name
 * @version: its version
 * @line: the rule's line in the policy's text, 0 for the default
 * @ns: type of the namespace that the policy is bound to
 * @inum: its number
 * @pid: the confined process, as the initial namespace numbers it
 * @uid: its user, as the initial namespace numbers them
 * @request: what was asked
 * @check: the execution was only asked about
 * @has_peer: is there another process, of a ptrace?
 * @peer_pid: its number
 * @label: the binding's; like all that follow, ->s is NULL where there is none
 * @cgroup: where the namespace's first process was
 * @comm: the process's command name
 * @exe: its executable
 * @peer_comm: the other process's command name
 * @reason: why it failed closed, or what the path is; static text
 */
struct bh_facts {
	const char *verdict;
	const char *policy;
	u64 version;
	u32 line;
	const char *ns;
	u32 inum;
	s32 pid;
	u32 uid;
	const struct bh_request *request;
	bool check;
	bool has_peer;
	s32 peer_pid;
	struct bh_string label;
	struct bh_string cgroup;
	struct bh_string comm;
	struct bh_string exe;
	struct bh_string peer_comm;
	const char *reason;
};

/**
 * struct bh_change - what a report of a change of the configuration says
 * @op: the word after op=
 * @result: `ok` or the name of an errno
 * @policy: the policy that it is about, or NULL
 * @ns: type of the namespace that it is about, or NULL
 * @inum: its number, or 0
 * @pid: the writer, as the initial namespace numbers it
 * @uid: its user
 * @auid: who logged in
 * @ses: in which session
 * @label: the binding's
 * @signer: who has signed, or whose key it is
 * @comm: the writer's command name
 * @reason: why it was refused, or NULL
 */
struct bh_change {
	const char *op;
	const char *result;
	const char *policy;
	const char *ns;
	u32 inum;
	s32 pid;
	u32 uid;
	u32 auid;
	u32 ses;
	struct bh_string label;
	struct bh_string signer;
	struct bh_string comm;
	struct bh_string reason;
};

/* How untrusted strings are written. */
enum bh_form {
	BH_FORM_LINE,		/* quoted and escaped, for `events` */
	BH_FORM_AUDIT,		/* as audit_log_untrustedstring() does */
};

void bh_facts_write(struct bh_text *text, const struct bh_facts *facts, enum bh_form form);
void bh_change_write(struct bh_text *text, const struct bh_change *change, enum bh_form form);

#endif /* BULKHEAD_EVENT_LINE_H */
