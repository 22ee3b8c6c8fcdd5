// SPDX-License-Identifier: GPL-2.0-only
/*
 * A check: who confines the task, what do their policies say, who is told.
 *
 * All of it is done in one go under RCU, so that what is judged together was read
 * together; it takes no lock and no reference and writes only what is this processor's.
 * What may sleep to be fetched is fetched outside, and everything else read again.
 */
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "check.h"
#include "event.h"
#include "path.h"
#include "task.h"

#define STRINGS	((1u << BH_STRINGS) - 1)

static DEFINE_PER_CPU(struct bh_counts, check_counts);

/*
 * A check and its buffers take some 30 KiB. Each processor keeps one that is not in use. A task
 * that takes it owns it, also after it has moved to another processor, and gives it back to the
 * one on which it ends. A task that finds none, since a check there was preempted, sleeps or
 * makes another check, allocates one.
 */
static DEFINE_PER_CPU(struct bh_check *, spare_check);
static struct kmem_cache *check_cache;
static struct kmem_cache *path_cache;

static void destroy_check(struct bh_check *check)
{
	int i;

	for (i = 0; i < BH_GATHER_MAX; i++)
		if (check->strings[i])
			kmem_cache_free(path_cache, check->strings[i]);
	bh_decision_free(&check->decision);
	kmem_cache_free(check_cache, check);
}

static noinline struct bh_check *make_check(gfp_t gfp)
{
	struct bh_check *check = kmem_cache_alloc(check_cache, gfp);
	int i;

	if (!check)
		return NULL;
	/* Deciding is done under RCU, wherever the check is. */
	bh_decision_init(&check->decision, GFP_ATOMIC | __GFP_NOWARN);
	memset(&check->memo, 0, sizeof(check->memo));
	memset(check->strings, 0, sizeof(check->strings));
	for (i = 0; i < BH_GATHER_MAX; i++) {
		check->strings[i] = kmem_cache_alloc(path_cache, gfp);
		if (!check->strings[i]) {
			destroy_check(check);
			return NULL;
		}
	}
	return check;
}

/* Refusing without a check */

/**
 * bh_check_count() - count a check
 * @denied: was it a denial?
 *
 * Any context.
 */
void bh_check_count(bool denied)
{
	this_cpu_inc(check_counts.checks);
	if (denied)
		this_cpu_inc(check_counts.denials);
}

static const char *failure_reason(int err)
{
	switch (err) {
	case -ENAMETOOLONG:
		return "path too long";
	case -ENOMEM:
		return "out of memory";
	case -EOPNOTSUPP:
		return "no path can be made here";
	case -ESTALE:
		return "the source changed meanwhile";
	case -EINTR:
	case -EIO:
		return "the file could not be read for its digest";
	default:
		return "path lookup failed";
	}
}

static const struct bh_policy *policy_of(const struct bh_binding *binding)
{
	const struct bh_loaded *loaded = rcu_dereference(binding->entry->loaded);

	/* NULL: the policy was removed after the binding, which RCU still shows. */
	return loaded ? loaded->policy : NULL;
}

static bool is_armed(struct bh_binding *binding, bool arms)
{
	if (likely(READ_ONCE(binding->armed)))
		return true;
	if (!arms || !binding->ns.ops->is_init(binding->ns.ns))
		return false;
	WRITE_ONCE(binding->armed, true);
	return true;
}

/* Denies, for every policy that confines the subject. */
static bool refuse_unjudged(enum bh_class class, struct task_struct *subject, bool arms,
			    const char *reason)
{
	struct bh_binding *found[BH_CONFINING_MAX];
	struct bh_request request = { .class = class };
	bool denied = false;
	unsigned int nr, i;

	rcu_read_lock();
	nr = bh_bindings_of_task(subject, found);
	for (i = 0; i < nr; i++) {
		struct bh_event event = {
			.policy = policy_of(found[i]),
			.reason = reason,
			.binding = found[i],
			.subject = subject,
			.request = &request,
		};

		if (arms)
			bh_binding_note_exec(found[i], -1);
		if (!event.policy || !is_armed(found[i], arms))
			continue;
		if (class != BH_EXEC && bh_binding_spares(found[i], subject))
			continue;
		event.verdict = event.policy->audit_mode ? "would-deny" : "deny";
		if (!event.policy->audit_mode)
			denied = true;
		bh_entry_count(found[i]->entry, !event.policy->audit_mode);
		bh_event_report(&event, GFP_ATOMIC);
	}
	rcu_read_unlock();
	if (nr)
		bh_check_count(denied);
	return denied;
}

static int error_of(enum bh_class class)
{
	return class == BH_EXEC || class == BH_MAP ? -EACCES : -EPERM;
}

static noinline int denies_without_memory(enum bh_class class, struct task_struct *subject,
					  unsigned int how)
{
	bool denied = refuse_unjudged(class, subject, how & BH_CHECK_ARMS, failure_reason(-ENOMEM));

	return denied ? error_of(class) : 0;
}

/* Beginning and ending */

/*
 * What a check begins with. Strings are looked at only once they were fetched. There is no digest,
 * nor a reason for that: see give_check_back().
 */
static void prepare_check(struct bh_check *check, enum bh_class class, struct task_struct *subject,
			  unsigned int how)
{
	memset(check->request.attr, 0, sizeof(check->request.attr));
	check->request.flags = 0;
	check->request.class = class;
	check->request.unknown = 0;
	check->request.flags_unknown = false;
	check->subject = subject;
	check->peer = NULL;
	check->path = NULL;
	check->file = NULL;
	check->head = NULL;
	check->how = how;
	check->there = STRINGS;
	check->sleeps = 0;
	check->have = 0;
	check->failed = 0;
	check->action = BH_DENY;
	check->mapped = false;
	check->silent = false;
	check->decided = false;
	check->reports = false;
	check->relies = false;
	check->kinds = 0;
	check->wanted_kinds = 0;
}

static noinline void forget_digests(struct bh_check *check)
{
	bh_content_put(&check->content);
	check->content.why_none = NULL;
	memset(check->request.digest, 0, sizeof(check->request.digest));
}

/* Is given back to the processor that the task is on now. */
static void put_spare(struct bh_check *check)
{
	if (unlikely(this_cpu_cmpxchg(spare_check, NULL, check)))
		destroy_check(check);
}

static __always_inline void give_check_back(struct bh_check *check)
{
	if (unlikely(check->kinds))
		forget_digests(check);
	if (unlikely(check->decided)) {
		bh_decision_free(&check->decision);
		bh_decision_init(&check->decision, GFP_ATOMIC | __GFP_NOWARN);
	}
	put_spare(check);
}

/* There is no spare one. Nothing was looked up under RCU yet, so that it may be left. */
static noinline struct bh_check *get_another(unsigned int how) __must_hold(RCU)
{
	struct bh_check *check;

	if (how & BH_CHECK_ATOMIC)
		return make_check(GFP_ATOMIC | __GFP_NOWARN);
	rcu_read_unlock();
	/* It may wait for what the task's container serves, and so may many of it. */
	check = make_check(GFP_KERNEL_ACCOUNT);
	rcu_read_lock();
	return check;
}

static void find_bindings(struct bh_check *check)
{
	unsigned int i;
	int level;

	check->nr_found = bh_bindings_of_task(check->subject, check->found);
	if (!(check->how & BH_CHECK_ARMS))
		return;
	level = bh_current_parent_level();
	for (i = 0; i < check->nr_found; i++)
		bh_binding_note_exec(check->found[i], level);
}

/**
 * bh_check_begin() - begin a check
 * @class: what is to be judged
 * @subject: whose bindings are asked: the current task, or one that the caller keeps
 * @how: BH_CHECK_*
 *
 * Any context but NMI. May sleep without BH_CHECK_ATOMIC. Until bh_check_end() the caller
 * is under RCU, whatever is returned.
 *
 * Return: the check, to be filled in; NULL if no binding applies to the subject; an error if
 * there is no memory and the answer is no.
 */
struct bh_check *bh_check_begin(enum bh_class class, struct task_struct *subject,
				unsigned int how) __acquires(RCU)
{
	struct bh_check *check;

	rcu_read_lock();
	check = this_cpu_xchg(spare_check, NULL);
	if (unlikely(!check))
		check = get_another(how);
	if (unlikely(!check))
		return ERR_PTR(denies_without_memory(class, subject, how));
	prepare_check(check, class, subject, how);
	find_bindings(check);
	if (likely(check->nr_found))
		return check;
	give_check_back(check);
	return NULL;
}

/**
 * bh_check_leave_out() - only a later step of the operation will tell these
 * @check: the check
 * @strings: a bit for each
 *
 * Between bh_check_begin() and bh_check_end(), and so under RCU.
 */
void bh_check_leave_out(struct bh_check *check, u8 strings)
{
	u32 left = strings;

	check->request.unknown = strings;
	check->have |= strings;
	for (; left; left &= left - 1)
		check->request.string[__ffs(left)] = (struct bh_string){ };
}

/* Strings */

/**
 * bh_check_exe() - the path of a task's executable
 * @check: the check
 * @task: the current task, or one whose task_lock() is held
 * @buf: BH_PATH_MAX bytes
 * @string: filled in
 *
 * Return: 0 or a negative errno, as bh_path_find().
 */
int bh_check_exe(struct bh_check *check, struct task_struct *task, char *buf,
		 struct bh_string *string)
{
	struct file *file = bh_task_exe(task);
	int err;

	if (!file)
		return 0;
	err = bh_path_find(&file->f_path, buf, string);
	fput(file);
	return err;
}

static void note_failure(struct bh_check *check, u32 which, const char *reason)
{
	check->failed |= which;
	check->reason = reason;
}

static void gather_string(struct bh_check *check, unsigned int which)
{
	struct bh_string *string = which == BH_EXE ? &check->exe : &check->request.string[which];
	int err;

	*string = (struct bh_string){ };
	err = check->gather(check, which, check->strings[which], string);
	if (err)
		note_failure(check, BIT(which), failure_reason(err));
}

static void gather_attr(struct bh_check *check, unsigned int attr)
{
	int bits = check->gather_attr(check, attr);

	if (bits >= 0)
		check->request.attr[attr] = bits;
	else
		note_failure(check, BH_GATHER_ATTR(attr),
			     attr == BH_EXEC_LAYER ? "layer unknown" : "file unknown");
}

static void note_digests(struct bh_check *check)
{
	u32 kind;

	check->have |= BH_GATHER_DIGEST;
	for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
		check->request.digest[kind] = bh_content_digest(&check->content, kind);
}

/*
 * The digests that any policy asks for, as far as they are known. Where the file is mapped
 * already, mmap_lock is held, and more than that cannot be known.
 *
 * Return: false if the file must be read.
 */
static bool peek_digests(struct bh_check *check)
{
	struct bh_content *content = &check->content;

	if (check->kinds)
		bh_content_put(content);
	bh_content_clear(content, check->head);
	check->kinds = check->wanted_kinds;
	if (unlikely(check->how & BH_CHECK_STALE))
		content->why_none = "no digest: the file was changed meanwhile";
	else if (bh_content_peek(check->file, check->kinds, content) == -EAGAIN && !check->mapped)
		return false;
	note_digests(check);
	return true;
}

/* The same. This may read the file, or wait for a task that reads it. */
static void gather_digests(struct bh_check *check)
{
	int err;

	if (peek_digests(check))
		return;
	err = bh_content_read(check->file, check->kinds, &check->content);
	note_digests(check);
	if (err)
		note_failure(check, BH_GATHER_DIGEST, failure_reason(err));
}

static void gather_facts(struct bh_check *check, u32 missing)
{
	unsigned int i;

	check->have |= missing;
	for (; missing; missing &= missing - 1) {
		i = __builtin_ctz(missing);
		if (i < BH_GATHER_MAX)
			gather_string(check, i);
		else if (BIT(i) == BH_GATHER_DIGEST)
			gather_digests(check);
		else
			gather_attr(check, i - BH_GATHER_MAX);
	}
}

/*
 * Fetches the path of a file and its layer as of one moment: again if anything was renamed
 * between the beginning and the end, and at last while nothing can be.
 */
static void gather_together(struct bh_check *check, u32 missing)
{
	u32 all = missing | (check->have & BIT(BH_EXEC_PATH));
	unsigned int seq, tries;

	for (tries = 0; tries < BH_RENAME_TRIES_MAX; tries++) {
		seq = read_seqbegin(&rename_lock);
		check->failed &= ~all;
		gather_facts(check, all);
		if (!read_seqretry(&rename_lock, seq))
			return;
	}
	read_seqlock_excl(&rename_lock);
	check->failed &= ~all;
	gather_facts(check, all);
	read_sequnlock_excl(&rename_lock);
}

/*
 * Fetches @missing, outside of RCU, since it may sleep. All else that was fetched before is
 * fetched again under RCU afterwards, but what the caller filled in itself.
 */
static void gather_asleep(struct bh_check *check, u32 missing)
{
	u32 again = check->have & ~(check->sleeps | check->request.unknown);

	gather_facts(check, missing);
	check->have &= ~again;
	check->failed &= ~again;
}

/* Judging */

/* What the events of a class show. No event waits: what may sleep is shown if it is known. */
static u32 facts_shown(const struct bh_check *check)
{
	static const u8 strings[BH_CLASSES] = {
		[BH_EXEC] = 1 << BH_EXEC_PATH | 1 << BH_EXEC_FSTYPE | 1 << BH_EXE,
		[BH_MAP] = 1 << BH_EXEC_PATH | 1 << BH_EXEC_FSTYPE | 1 << BH_EXE,
		[BH_MOUNT] = 1 << BH_MOUNT_TARGET | 1 << BH_MOUNT_SOURCE | 1 << BH_MOUNT_FSTYPE |
			     1 << BH_EXE,
		[BH_PTRACE] = 1 << BH_PTRACE_EXE | 1 << BH_EXE,
	};

	return strings[check->request.class] | (check->there & ~check->sleeps & ~STRINGS);
}

/* As is_armed() for a check. AT_EXECVE_CHECK is judged as if it armed, and arms nothing. */
static bool has_say(const struct bh_check *check, struct bh_binding *binding)
{
	return is_armed(binding, check->how & BH_CHECK_ARMS) ||
	       (check->how & BH_CHECK_ASKS && binding->ns.ops->is_init(binding->ns.ns));
}

/* Newcomers are judged when they execute a program, and in nothing else. */
static bool may_be_spared(enum bh_class class, const struct task_struct *subject)
{
	return class != BH_EXEC && unlikely(!bh_task_has_executed(subject));
}

/* A policy that does not speak of tracees is not asked when one is traced. */
static bool is_asked(const struct bh_check *check, const struct bh_policy *policy)
{
	return check->request.class != BH_PTRACE || policy->asks_tracee ||
	       check->request.attr[BH_PTRACE_ROLE] != BH_ROLE_TRACEE;
}

/*
 * Of the bindings that were found, the armed ones whose policies have a say.
 *
 * Return: what they ask for.
 */
static __always_inline u32 find_opinions(struct bh_check *check)
{
	struct bh_binding **found = check->found, **end = found + check->nr_found;
	enum bh_class class = check->request.class;
	struct bh_opinion *opinion = check->opinions;
	u32 asked = 0;

	for (; found < end; found++) {
		struct bh_binding *binding = *found;
		const struct bh_loaded *loaded = rcu_dereference(binding->entry->loaded);
		const struct bh_class_rules *rules;

		/* NULL: the policy was removed after the binding, which RCU still shows. */
		if (unlikely(!loaded) || !has_say(check, binding) ||
		    !is_asked(check, loaded->policy))
			continue;
		if (may_be_spared(class, check->subject) &&
		    bh_binding_spares(binding, check->subject))
			continue;
		rules = &loaded->policy->classes[class];
		opinion->binding = binding;
		opinion->loaded = loaded;
		opinion->policy = loaded->policy;
		opinion->rules = rules;
		asked |= rules->asks;
		opinion++;
	}
	check->opinions_end = opinion;
	return asked & check->there;
}

/* Describes the peer as seen from one binding; as a @descendant, too, if the rules tell that. */
static void describe_peer(struct bh_check *check, const struct bh_opinion *opinion,
			  bool descendant)
{
	u32 *bits = &check->request.attr[BH_PTRACE_PEER];
	bool tracer = check->request.attr[BH_PTRACE_ROLE] == BH_ROLE_TRACER;

	*bits = bh_binding_covers(opinion->binding, check->peer) ? BH_PEER_INSIDE :
								   BH_PEER_OUTSIDE;
	if (!descendant || !(opinion->policy->classes[BH_PTRACE].attrs & (1 << BH_PTRACE_PEER)))
		return;
	if (bh_task_descends(tracer ? check->peer : check->subject,
			     tracer ? check->subject : check->peer))
		*bits |= BH_PEER_DESCENDANT;
}

/* Was the opinion before it of the same policy, on the same request? A peer may look different. */
static bool is_repeated(const struct bh_check *check, const struct bh_opinion *opinion)
{
	return opinion > check->opinions && !check->peer &&
	       opinion[-1].policy == opinion->policy;
}

static noinline void decide_one(struct bh_check *check, struct bh_opinion *opinion)
{
	const struct bh_policy *policy = opinion->policy;

	if (unlikely(check->failed & opinion->rules->asks))
		goto fail_closed;
	check->decided = true;
	if (!bh_decide(policy, &check->request, &check->decision, &opinion->verdict)) {
		bh_memo_keep(&check->memo, policy, &check->request, &opinion->verdict);
		return;
	}
	check->reason = failure_reason(-ENOMEM);
fail_closed:
	opinion->verdict = (struct bh_verdict){
		.action = BH_DENY, .report = BH_PLAIN, .failed = true,
	};
}

/* Of a ptrace. Return: false if it must be decided on. */
static noinline bool knows_case(struct bh_check *check, struct bh_opinion *opinion)
{
	const struct bh_policy *policy = opinion->policy;

	if (policy->classes[BH_PTRACE].attrs & (1 << BH_PTRACE_PEER))
		describe_peer(check, opinion, policy->asks_descendant);
	if (!opinion->loaded->cases_known || check->failed & opinion->rules->asks)
		return false;
	opinion->verdict = opinion->loaded->cases[bh_ptrace_case(check->request.attr)];
	return true;
}

static __always_inline void judge_one(struct bh_check *check, struct bh_opinion *opinion)
{
	if (is_repeated(check, opinion)) {
		opinion->verdict = opinion[-1].verdict;
		return;
	}
	if (unlikely(check->peer) && knows_case(check, opinion))
		return;
	if (unlikely(check->failed) ||
	    !bh_memo_find(&check->memo, opinion->policy, opinion->rules, &check->request,
			  &opinion->verdict))
		decide_one(check, opinion);
}

/*
 * A probe that nobody is to hear of, such as that of ps for /proc/PID/stat. In audit mode it
 * is reported: the mode is there to tell what would be denied, and to be learnt from.
 */
static bool is_silent(const struct bh_check *check, const struct bh_opinion *opinion)
{
	return check->silent && !opinion->policy->audit_mode;
}

/* The word that an opinion is reported with, or NULL if it is not. */
static const char *report_word(const struct bh_check *check, const struct bh_opinion *opinion)
{
	const struct bh_verdict *verdict = &opinion->verdict;

	if (is_silent(check, opinion))
		return NULL;
	if (verdict->action == BH_ALLOW)
		return verdict->report == BH_AUDIT ? "allow" : NULL;
	if (verdict->report == BH_QUIET)
		return NULL;
	if (opinion->policy->audit_mode)
		return "would-deny";
	return bh_word_name(bh_action_words, verdict->action);
}

/* Why a rule may not look at the path that the report shows, or has no digest to look at. */
static const char *reason_of(const struct bh_check *check, const struct bh_opinion *opinion)
{
	u8 strings = opinion->policy->classes[check->request.class].strings;
	int i;

	if (opinion->verdict.failed)
		return check->reason;
	if (opinion->verdict.action == BH_ALLOW || !opinion->verdict.line)
		return check->content.why_none;
	for (i = 0; i < BH_STRINGS; i++)
		if (strings & (1 << i) && check->request.string[i].unreached &&
		    check->request.string[i].s)
			return "the path is one of another mount namespace";
	return check->content.why_none;
}

/*
 * Paths that the rules did not look at are not shown: who reads the report must not
 * take them for what an allow rule could name.
 */
static void hide_unreached(struct bh_request *request, struct bh_string *exe)
{
	int i;

	for (i = 0; i < BH_STRINGS; i++)
		if (request->string[i].unreached)
			request->string[i].s = NULL;
	if (exe->unreached)
		exe->s = NULL;
}

static void report_opinion(struct bh_check *check, const struct bh_opinion *opinion)
{
	struct bh_event event = {
		.verdict = report_word(check, opinion),
		.policy = opinion->policy,
		.line = opinion->verdict.line,
		.reason = reason_of(check, opinion),
		.binding = opinion->binding,
		.subject = check->subject,
		.exe = check->exe,
		.peer = check->peer,
		.check = check->how & BH_CHECK_ASKS,
	};
	struct bh_request request;

	if (!event.verdict)
		return;
	if (check->peer)
		describe_peer(check, opinion, true);
	request = check->request;
	if (opinion->verdict.action == BH_ALLOW || !event.line)
		hide_unreached(&request, &event.exe);
	event.request = &request;
	bh_event_report(&event, GFP_ATOMIC);
}

/* What was not fetched is not shown. */
static void empty_others(struct bh_check *check)
{
	int i;

	for (i = 0; i < BH_STRINGS; i++)
		if (!(check->have & BIT(i)))
			check->request.string[i] = (struct bh_string){ };
	if (!(check->have & BIT(BH_EXE)))
		check->exe = (struct bh_string){ };
}

static noinline void report_all(struct bh_check *check)
{
	const struct bh_opinion *opinion;
	unsigned int reported = 0;

	for (opinion = check->opinions; opinion < check->opinions_end; opinion++)
		reported += !!report_word(check, opinion);
	if (!reported)
		return;
	gather_facts(check, facts_shown(check) & ~check->have);
	empty_others(check);
	for (opinion = check->opinions; opinion < check->opinions_end; opinion++)
		report_opinion(check, opinion);
}

/* Fetches what is missing, of which nothing sleeps. */
static noinline void fetch_facts(struct bh_check *check, u32 missing)
{
	if (missing & BH_GATHER_ATTR(BH_EXEC_LAYER))
		gather_together(check, missing);
	else
		gather_facts(check, missing);
}

/* Most often that is the path, and nothing else. */
static __always_inline void fetch_path(struct bh_check *check)
{
	int err;

	BUILD_BUG_ON(BH_EXEC_PATH || BH_MOUNT_TARGET);
	check->have |= BIT(BH_EXEC_PATH);
	err = bh_path_find(check->path, check->strings[BH_EXEC_PATH],
			   &check->request.string[BH_EXEC_PATH]);
	if (unlikely(err))
		note_failure(check, BIT(BH_EXEC_PATH), failure_reason(err));
}

static __always_inline void count_opinion(const struct bh_opinion *opinion, enum bh_action action)
{
	bh_entry_count(opinion->binding->entry, action != BH_ALLOW);
	if (opinion->verdict.line)
		bh_loaded_count(opinion->loaded, opinion->verdict.rule);
}

/* Does it matter to a policy that allows a file that its content stays as it is? */
static bool relies_on_content(const struct bh_opinion *opinion, enum bh_class class)
{
	const struct bh_policy *policy = opinion->policy;
	const struct bh_rule *rule;
	u32 c;

	if (policy->classes[class].refuses_others || !opinion->verdict.line)
		return policy->classes[class].refuses_others;
	rule = &policy->rules[opinion->verdict.rule];
	for (c = rule->cond; c < rule->cond + rule->nr_conds; c++)
		if (bh_classes[class].keys[policy->conds[c].key].kind == BH_KEY_DIGEST)
			return true;
	return false;
}

/* The strictest of the opinions, of which there is any. Each is counted. */
static __always_inline void take_strictest(struct bh_check *check)
{
	enum bh_action strictest = BH_ALLOW;
	struct bh_opinion *opinion = check->opinions;

	do {
		enum bh_action action;

		judge_one(check, opinion);
		action = opinion->verdict.action;
		if (unlikely(action != BH_ALLOW || opinion->verdict.report == BH_AUDIT))
			check->reports = true;
		if (unlikely(opinion->policy->audit_mode))
			action = BH_ALLOW;
		else if (unlikely(check->kinds) && action == BH_ALLOW)
			check->relies |= relies_on_content(opinion, check->request.class);
		count_opinion(opinion, action);
		strictest = max(strictest, action);
	} while (++opinion < check->opinions_end);
	bh_check_count(strictest != BH_ALLOW);
	check->action = strictest;
}

/* The kinds of digests that policies ask for. What was not asked for before is missing. */
static noinline void note_kinds(struct bh_check *check)
{
	const struct bh_opinion *opinion;

	for (opinion = check->opinions; opinion < check->opinions_end; opinion++)
		check->wanted_kinds |= opinion->rules->kinds;
	if (check->wanted_kinds & ~check->kinds)
		check->have &= ~BH_GATHER_DIGEST;
}

/* Was it allowed before, by policies that ask for no digest? */
static __always_inline bool is_settled(const struct bh_check *check, u32 asked)
{
	return check->how & BH_CHECK_AGAIN && !(asked & BH_GATHER_DIGEST);
}

/*
 * Asks all policies that have a say, and reports what they want reported, if all that
 * they ask for is at hand. The answer is in check->action.
 *
 * Return: what is still missing and may sleep to be fetched.
 */
static u32 judge_opinions(struct bh_check *check)
{
	u32 missing = find_opinions(check);

	if (unlikely(check->opinions_end == check->opinions || is_settled(check, missing))) {
		check->action = BH_ALLOW;
		return 0;
	}
	if (unlikely(missing & BH_GATHER_DIGEST))
		note_kinds(check);
	missing &= ~check->have;
	if (unlikely(missing & check->sleeps)) {
		if (missing & BH_GATHER_DIGEST && peek_digests(check))
			missing &= ~BH_GATHER_DIGEST;
		if (missing & check->sleeps)
			return missing & check->sleeps;
	}
	if (likely(missing == BIT(BH_EXEC_PATH) && check->path))
		fetch_path(check);
	else if (missing)
		fetch_facts(check, missing);
	take_strictest(check);
	/* One file, one report. */
	if (unlikely(check->reports && !(check->how & BH_CHECK_AGAIN && check->action == BH_ALLOW)))
		report_all(check);
	return 0;
}

static void kill_current(void)
{
	if (!(current->flags & PF_KTHREAD) && !is_global_init(current))
		send_sig(SIGKILL, current, 1);
}

static noinline int deny(const struct bh_check *check)
{
	/* PTRACE_MODE_NOAUDIT, AT_EXECVE_CHECK, and what another task does: deny without a kill. */
	if (check->action == BH_KILL && !check->silent &&
	    !(check->how & (BH_CHECK_ASKS | BH_CHECK_OF_OTHER)))
		kill_current();
	return error_of(check->request.class);
}

/*
 * Fetches what may sleep, outside of RCU, and judges anew, until nothing is missing. In the
 * worst case each round finds a new policy that needs one thing more.
 */
static noinline void judge_asleep(struct bh_check *check, u32 missing) __must_hold(RCU)
{
	int round;

	for (round = 0; missing && round <= BH_GATHER_MAX + BH_ATTRS + 1; round++) {
		rcu_read_unlock();
		gather_asleep(check, missing);
		rcu_read_lock();
		check->nr_found = bh_bindings_of_task(check->subject, check->found);
		missing = judge_opinions(check);
	}
}

/**
 * bh_check_end() - judge, and end the check
 * @check: what bh_check_begin() returned, whose request, gather and the like are filled in
 *
 * Asks every policy that confines the subject, reports what they want reported,
 * and kills the current task if one of them says so.
 *
 * Return: 0; -EACCES (exec and map) or -EPERM if the call must fail.
 */
int bh_check_end(struct bh_check *check) __releases(RCU)
{
	int err = 0;
	u32 missing;

	if (IS_ERR_OR_NULL(check)) {
		rcu_read_unlock();
		return PTR_ERR_OR_ZERO(check);
	}
	missing = judge_opinions(check);
	if (unlikely(missing))
		judge_asleep(check, missing);
	rcu_read_unlock();
	/* A file that a digest allowed to run must not be written to from now on. */
	if (unlikely(check->kinds) && check->relies && check->action == BH_ALLOW &&
	    bh_content_rely(&check->content)) {
		refuse_unjudged(check->request.class, check->subject, false,
				"the file was changed meanwhile");
		check->action = BH_DENY;
	}
	if (unlikely(check->action != BH_ALLOW))
		err = deny(check);
	give_check_back(check);
	return err;
}

/* The verdict of one policy of the current task on tracing another one. */
static const struct bh_verdict *verdict_on_trace(const struct bh_binding *binding,
						 const struct bh_loaded *loaded, bool lives_with,
						 struct task_struct *tracee, u32 access)
{
	const struct bh_policy *policy = loaded->policy;
	u32 attr[BH_ATTRS] = {
		[BH_PTRACE_ACCESS] = access,
		[BH_PTRACE_ROLE] = BH_ROLE_TRACER,
	};

	if (!(policy->classes[BH_PTRACE].attrs & (1 << BH_PTRACE_PEER)))
		return &loaded->cases[bh_ptrace_case(attr)];
	if ((lives_with && binding->ns.ops == &bh_ns_types[BH_NS_PID]) ||
	    bh_binding_covers(binding, tracee))
		attr[BH_PTRACE_PEER] = BH_PEER_INSIDE;
	if (policy->asks_descendant && bh_task_descends(tracee, current))
		attr[BH_PTRACE_PEER] |= BH_PEER_DESCENDANT;
	return &loaded->cases[bh_ptrace_case(attr)];
}

/* As bh_check_allows_trace(), with a check's arrays: on the stack the kernel would clear them. */
static bool allows_trace(struct bh_check *check, struct task_struct *tracee, u32 access)
{
	unsigned int nr = bh_bindings_of_task(current, check->found), i;
	bool lives_with = bh_current_lives_with(tracee);
	struct bh_opinion *opinion = check->opinions, *asked;

	for (i = 0; i < nr; i++) {
		if (!READ_ONCE(check->found[i]->armed))
			continue;
		opinion->binding = check->found[i];
		opinion->loaded = rcu_dereference(opinion->binding->entry->loaded);
		/* Removed: see find_opinions(). */
		if (unlikely(!opinion->loaded))
			continue;
		if (!opinion->loaded->cases_known)
			return false;
		opinion->verdict = *verdict_on_trace(opinion->binding, opinion->loaded,
						     lives_with, tracee, access);
		if (opinion->verdict.action != BH_ALLOW || opinion->verdict.report == BH_AUDIT)
			return false;
		opinion++;
	}
	for (asked = check->opinions; asked < opinion; asked++)
		count_opinion(asked, BH_ALLOW);
	if (opinion > check->opinions)
		bh_check_count(false);
	return true;
}

/**
 * bh_check_allows_trace() - do all policies of the current task let it trace another one?
 * @tracee: the other task; its task_lock() is held, and RCU keeps it
 * @access: BH_ACCESS_*
 *
 * As a check would say: nothing need be fetched, and verdicts are at hand. Under RCU. Does not
 * sleep.
 *
 * Return: true: it is allowed, nothing is to be reported, and the check is counted. false: a
 * check must be made.
 */
bool bh_check_allows_trace(struct task_struct *tracee, u32 access)
{
	struct bh_check *check;
	bool allows;

	/* A newcomer may be spared. */
	if (!bh_task_has_executed(current))
		return false;
	check = this_cpu_xchg(spare_check, NULL);
	if (unlikely(!check))
		return false;
	allows = allows_trace(check, tracee, access);
	put_spare(check);
	return allows;
}

/**
 * bh_check_refuses() - is the current task refused what no rule could allow?
 * @class: what it is reported as
 * @reason: why, for the event
 *
 * Any context. Return: true if a policy in force confines the task.
 */
bool bh_check_refuses(enum bh_class class, const char *reason)
{
	return refuse_unjudged(class, current, false, reason);
}

static bool is_bound_alike(const struct bh_ns *ns, const struct bh_binding *binding)
{
	struct bh_binding *found;

	return bh_bindings_above(ns, &found, 1) && READ_ONCE(found->armed) &&
	       found->entry == binding->entry;
}

/**
 * bh_check_leaves() - would the current task shed a binding by entering a mount namespace?
 * @target: the mount namespace
 *
 * It would unless @target carries the same policy. May sleep. Return: true if it must not.
 */
bool bh_check_leaves(const struct bh_ns *target)
{
	struct bh_request request = { .class = BH_MOUNT };
	struct bh_event event = {
		.verdict = "deny",
		.reason = "setns out of the bound mount namespace",
		.subject = current,
		.request = &request,
	};
	struct bh_binding *own;
	bool leaves = false;
	struct bh_ns ns;

	rcu_read_lock();
	bh_ns_of_task(BH_NS_MNT, current, &ns);
	if (!bh_bindings_above(&ns, &own, 1) || !READ_ONCE(own->armed) ||
	    is_bound_alike(target, own))
		goto out;
	event.binding = own;
	event.policy = policy_of(own);
	if (!event.policy)
		goto out;
	leaves = !event.policy->audit_mode;
	if (!leaves)
		event.verdict = "would-deny";
	bh_entry_count(own->entry, leaves);
	bh_event_report(&event, GFP_ATOMIC);
	bh_check_count(leaves);
out:
	rcu_read_unlock();
	return leaves;
}

static struct bh_counts sum_counts(void)
{
	struct bh_counts sum = { };
	int cpu;

	for_each_possible_cpu(cpu) {
		sum.checks += READ_ONCE(per_cpu(check_counts, cpu).checks);
		sum.denials += READ_ONCE(per_cpu(check_counts, cpu).denials);
	}
	return sum;
}

/** bh_checks() - checks of confined tasks so far; any context */
u64 bh_checks(void)
{
	return sum_counts().checks;
}

/** bh_denials() - checks so far that denied; any context */
u64 bh_denials(void)
{
	return sum_counts().denials;
}

/* Makes the first use of memory a defined one, and exempts it from the kernel's clearing. */
static void construct_check(void *object)
{
	memset(object, 0, sizeof(struct bh_check));
}

static void construct_path(void *object)
{
	memset(object, 0, BH_PATH_MAX);
}

static int make_spares(void)
{
	struct bh_check *check;
	int cpu, err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		check = make_check(GFP_KERNEL);
		if (!check) {
			err = -ENOMEM;
			break;
		}
		per_cpu(spare_check, cpu) = check;
	}
	cpus_read_unlock();
	return err;
}

/**
 * bh_check_init() - make a check for each processor; one that comes later makes its own
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_check_init(void)
{
	check_cache = kmem_cache_create("bulkhead_check", sizeof(struct bh_check), 0, 0,
					construct_check);
	path_cache = kmem_cache_create("bulkhead_path", BH_PATH_MAX, 0, 0, construct_path);
	if (check_cache && path_cache && !make_spares())
		return 0;
	bh_check_exit();
	return -ENOMEM;
}

/** bh_check_exit() - undo bh_check_init(); no check is under way */
void bh_check_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(spare_check, cpu))
			destroy_check(per_cpu(spare_check, cpu));
		per_cpu(spare_check, cpu) = NULL;
	}
	kmem_cache_destroy(path_cache);
	kmem_cache_destroy(check_cache);
}
