/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM bulkhead

#if !defined(BULKHEAD_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BULKHEAD_TRACE_H

#include <linux/tracepoint.h>

#include "compat/compat.h"
#include "event_line.h"

#ifndef BULKHEAD_TRACE_STRINGS
#define BULKHEAD_TRACE_STRINGS

/* A trace buffer has pages, and an entry must fit into one. */
#define BH_TRACE_STRING_MAX 512

static inline size_t bh_trace_size(const struct bh_string *string)
{
	return string->s ? min_t(size_t, string->len + 1, BH_TRACE_STRING_MAX) : 1;
}

static inline const struct bh_string *bh_trace_string(const struct bh_facts *facts,
						      unsigned int which)
{
	static const struct bh_string none;
	const struct bh_request *request = facts->request;

	switch (request->class) {
	case BH_EXEC:
	case BH_MAP:
		return which == 0 ? &request->string[BH_EXEC_PATH] :
		       which == 1 ? &request->string[BH_EXEC_FSTYPE] : &none;
	case BH_MOUNT:
		return which == 0 ? &request->string[BH_MOUNT_TARGET] :
		       which == 1 ? &request->string[BH_MOUNT_FSTYPE] :
				    &request->string[BH_MOUNT_SOURCE];
	default:
		return which == 0 ? &request->string[BH_PTRACE_EXE] : &none;
	}
}

#define bh_trace_array(field, string) __dynamic_array(char, field, bh_trace_size(string))

#define bh_trace_copy(field, string)						\
	strscpy(__get_dynamic_array(field), (string)->s ?: "", bh_trace_size(string))

#endif

/**
 * bulkhead_verdict - a verdict that is reported
 * @seq: its number in `events`
 * @facts: the verdict
 *
 * The path is that of the file, a mount's target or a peer's executable. Strings are cut;
 * what there is none of is empty.
 */
TRACE_EVENT(bulkhead_verdict,
	TP_PROTO(u64 seq, const struct bh_facts *facts),
	TP_ARGS(seq, facts),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, version)
		__field(u32, rule)
		__field(u32, inum)
		__field(s32, pid)
		__field(u32, uid)
		__field(s32, peer_pid)
		__field(u32, mflags)
		__string(verdict, facts->verdict)
		__string(class, bh_classes[facts->request->class].name)
		__string(policy, facts->policy)
		__string(ns, facts->ns)
		bh_trace_array(label, &facts->label)
		bh_trace_array(comm, &facts->comm)
		bh_trace_array(exe, &facts->exe)
		bh_trace_array(path, bh_trace_string(facts, 0))
		bh_trace_array(fstype, bh_trace_string(facts, 1))
		bh_trace_array(source, bh_trace_string(facts, 2))
	),
	TP_fast_assign(
		__entry->seq = seq;
		__entry->version = facts->version;
		__entry->rule = facts->line;
		__entry->inum = facts->inum;
		__entry->pid = facts->pid;
		__entry->uid = facts->uid;
		__entry->peer_pid = facts->peer_pid;
		__entry->mflags = facts->request->flags;
		bh_assign_str(verdict, facts->verdict);
		bh_assign_str(class, bh_classes[facts->request->class].name);
		bh_assign_str(policy, facts->policy);
		bh_assign_str(ns, facts->ns);
		bh_trace_copy(label, &facts->label);
		bh_trace_copy(comm, &facts->comm);
		bh_trace_copy(exe, &facts->exe);
		bh_trace_copy(path, bh_trace_string(facts, 0));
		bh_trace_copy(fstype, bh_trace_string(facts, 1));
		bh_trace_copy(source, bh_trace_string(facts, 2));
	),
	TP_printk("seq=%llu verdict=%s class=%s policy=%s version=%llu rule=%u ns=%s inum=%u pid=%d uid=%u peer_pid=%d mflags=0x%x label=%s comm=%s exe=%s path=%s fstype=%s source=%s",
		  __entry->seq, __get_str(verdict), __get_str(class), __get_str(policy),
		  __entry->version, __entry->rule, __get_str(ns), __entry->inum, __entry->pid,
		  __entry->uid, __entry->peer_pid, __entry->mflags, __get_str(label),
		  __get_str(comm), __get_str(exe), __get_str(path), __get_str(fstype),
		  __get_str(source))
);

#endif /* BULKHEAD_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
