// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports: to readers of `events`, to audit and to a tracepoint.
 *
 * A report is made wherever a check runs, also in atomic context and under
 * other locks: nothing here sleeps.
 */
#include <linux/audit.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "binding.h"
#include "compat/compat.h"
#include "event.h"
#include "event_line.h"
#include "event_ring.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Lines under construction; like other caches of the module, not cleared by the kernel. */
static struct kmem_cache *line_cache;

static struct bh_string string_of(const char *s)
{
	return (struct bh_string){ .s = s, .len = s ? strlen(s) : 0 };
}

/* Not get_task_comm(): it takes task_lock(), which the caller may hold. */
static struct bh_string comm_of(const struct task_struct *task, char comm[TASK_COMM_LEN])
{
	strscpy(comm, task->comm, TASK_COMM_LEN);
	return string_of(comm);
}

/* Any context. */
static void send_audit(struct bh_source *source, const struct bh_text *line,
		       const struct bh_pushed *pushed, gfp_t gfp)
{
	struct audit_buffer *ab = audit_log_start(audit_context(), gfp, AUDIT_KERNEL_OTHER);

	if (!ab) {
		bh_ring_audit_lost(source, pushed->audit_dropped + 1);
		return;
	}
	audit_log_format(ab, "bulkhead seq=%llu %.*s", pushed->seq, (int)line->len, line->s);
	if (pushed->audit_dropped)
		audit_log_format(ab, " dropped=%llu", pushed->audit_dropped);
	audit_log_end(ab);
}

typedef void (*write_t)(struct bh_text *text, const void *what, enum bh_form form);

static void write_facts(struct bh_text *text, const void *what, enum bh_form form)
{
	bh_facts_write(text, what, form);
}

static void write_change(struct bh_text *text, const void *what, enum bh_form form)
{
	bh_change_write(text, what, form);
}

/* Return: the report's number. */
static u64 publish_event(struct bh_source *source, write_t write, const void *what, gfp_t gfp)
{
	struct bh_text text = {
		.s = kmem_cache_alloc(line_cache, gfp | __GFP_NOWARN), .cap = BH_EVENT_MAX,
	};
	struct bh_pushed pushed;

	if (!text.s) {
		bh_ring_push(source, NULL, gfp, &pushed);
		if (pushed.audit)
			bh_ring_audit_lost(source, pushed.audit_dropped + 1);
		return pushed.seq;
	}
	write(&text, what, BH_FORM_LINE);
	bh_ring_push(source, &text, gfp, &pushed);
	if (pushed.audit) {
		text.len = 0;
		write(&text, what, BH_FORM_AUDIT);
		send_audit(source, &text, &pushed, gfp);
	}
	kmem_cache_free(line_cache, text.s);
	return pushed.seq;
}

static u32 peer_pid(const struct bh_event *event)
{
	return event->peer ? task_tgid_nr(event->peer) : 0;
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
	const struct bh_binding *binding = event->binding;
	const struct bh_caption *caption = binding->caption;
	struct bh_source *source = binding->source ?: &bh_source_changes;
	char comm[TASK_COMM_LEN], peer_comm[TASK_COMM_LEN];
	struct bh_facts facts = {
		.verdict = event->verdict,
		.policy = event->policy->name,
		.version = event->policy->version,
		.line = event->line,
		.ns = binding->ns.ops->name,
		.inum = binding->inum,
		.pid = task_tgid_nr(event->subject),
		.uid = from_kuid(&init_user_ns, task_uid(event->subject)),
		.request = event->request,
		.check = event->check,
		.has_peer = event->peer,
		.peer_pid = peer_pid(event),
		.label = string_of(caption ? caption->label : NULL),
		.cgroup = string_of(caption && *caption->cgroup ? caption->cgroup : NULL),
		.comm = comm_of(event->subject, comm),
		.exe = event->exe,
		.reason = event->reason,
	};
	u64 seq;

	if (event->peer)
		facts.peer_comm = comm_of(event->peer, peer_comm);
	seq = publish_event(source, write_facts, &facts, gfp);
	trace_bulkhead_verdict(seq, &facts);
}

/* The names of the errnos that a change of the configuration can fail with. */
static const struct {
	int err;
	const char *name;
} errnos[] = {
	{ 0, "ok" },
	{ EPERM, "EPERM" },
	{ ENOENT, "ENOENT" },
	{ ESRCH, "ESRCH" },
	{ EINTR, "EINTR" },
	{ E2BIG, "E2BIG" },
	{ EBADF, "EBADF" },
	{ ENOMEM, "ENOMEM" },
	{ EFAULT, "EFAULT" },
	{ EBUSY, "EBUSY" },
	{ EEXIST, "EEXIST" },
	{ EINVAL, "EINVAL" },
	{ ENFILE, "ENFILE" },
	{ ENOSPC, "ENOSPC" },
	{ EBADMSG, "EBADMSG" },
	{ EOPNOTSUPP, "EOPNOTSUPP" },
	{ ESTALE, "ESTALE" },
	{ ENOKEY, "ENOKEY" },
	{ EKEYREJECTED, "EKEYREJECTED" },
};

static const char *name_of_errno(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++)
		if (errnos[i].err == -err)
			return errnos[i].name;
	return "EOTHER";
}

/**
 * bh_event_config() - report a change of the configuration, or that one was refused
 * @config: what was to be changed
 * @err: 0 or the negative errno that it failed with
 *
 * By the current task. May sleep, and waits while audit's backlog is full, as long as audit is
 * set to: whoever fills the backlog decides on that. So no lock may be held that others take.
 */
void bh_event_config(const struct bh_config_event *config, int err)
{
	char comm[TASK_COMM_LEN];
	struct bh_change change = {
		.op = config->op,
		.result = name_of_errno(err),
		.policy = config->policy,
		.ns = config->ns,
		.inum = config->inum,
		.pid = task_tgid_nr(current),
		.uid = from_kuid(&init_user_ns, current_uid()),
		.auid = from_kuid(&init_user_ns, audit_get_loginuid(current)),
		.ses = audit_get_sessionid(current),
		.label = string_of(config->label),
		.signer = string_of(config->signer),
		.comm = comm_of(current, comm),
		.reason = string_of(config->reason),
	};

	lockdep_assert_not_held(&bh_config_mutex);
	/* A source of their own: refused attempts cannot push the report of a change out. */
	publish_event(err == -EPERM ? &bh_source_refused : &bh_source_changes, write_change,
		      &change, GFP_KERNEL);
}

/* Makes the first use of memory a defined one. */
static void construct_line(void *line)
{
	memset(line, 0, BH_EVENT_MAX);
}

/**
 * bh_events_init() - make room for reports
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_events_init(void)
{
	line_cache = kmem_cache_create("bulkhead_event", BH_EVENT_MAX, 0, 0, construct_line);
	if (!line_cache)
		return -ENOMEM;
	bh_ring_init();
	return 0;
}

/** bh_events_exit() - forget all reports; no one reports or reads any more; may sleep */
void bh_events_exit(void)
{
	/* A tracer may still be in the tracepoint. */
	tracepoint_synchronize_unregister();
	bh_ring_exit();
	kmem_cache_destroy(line_cache);
}
