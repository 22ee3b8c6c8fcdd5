// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision: a pure function of a policy and a request.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "decide.h"

/**
 * bh_decision_init() - prepare the working space of decisions
 * @decision: the space; must not move in memory afterwards
 * @gfp: how a decision may allocate when the space in it does not suffice
 */
void bh_decision_init(struct bh_decision *decision, gfp_t gfp)
{
	int slot;

	bh_scratch_init(&decision->scratch, gfp);
	for (slot = 0; slot < BH_SLOTS; slot++)
		bh_vec_init(&decision->hits[slot]);
}

/**
 * bh_decision_free() - give back what decisions allocated
 * @decision: an initialised working space
 */
void bh_decision_free(struct bh_decision *decision)
{
	int slot;

	for (slot = 0; slot < BH_SLOTS; slot++)
		bh_vec_free(&decision->hits[slot]);
}

static bool has_value(const u32 *sorted, u32 nr, u32 value)
{
	u32 lo = 0, hi = nr;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (sorted[mid] == value)
			return true;
		if (sorted[mid] < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool any_value_hit(const struct bh_policy *policy, const struct bh_cond *cond,
			  const struct bh_vec *hits)
{
	u32 v;

	for (v = cond->arg; v < cond->arg + cond->nr; v++)
		if (has_value(hits->v, hits->nr, policy->values[v]))
			return true;
	return false;
}

/* Has the file a digest of each kind that the condition names? */
static bool has_digests(const struct bh_policy *policy, const struct bh_cond *cond,
			const struct bh_request *request)
{
	const struct bh_digest_set *set = &policy->classes[request->class].digests;
	u32 v;

	for (v = cond->arg; v < cond->arg + cond->nr; v++)
		if (!request->digest[bh_digest_set_kind(set, policy->values[v])])
			return false;
	return true;
}

/* How far a condition holds, ascending. A rule holds as far as the least of its conditions. */
enum truth {
	NO,
	MAYBE,		/* nothing that is known contradicts it */
	YES,
};

static enum truth truth(bool holds)
{
	return holds ? YES : NO;
}

/* In a rule that allows, no condition holds of a path that is not there or is out of reach. */
static bool may_allow_by(const struct bh_key *key, const struct bh_string *string)
{
	return !string->unreached && (string->s || key->kind != BH_KEY_PATH);
}

/*
 * The values of a key are ORed and `!=` holds if none of them matches. A value
 * of has= is a set flag and one of lacks= an unset flag, which are ANDed, so
 * that `has!=` means: none of them is set. That a file's digest is none of those named
 * is reason to allow only if the file has a digest of each of their kinds.
 */
static enum truth cond_holds(const struct bh_policy *policy, const struct bh_rule *rule,
			     const struct bh_cond *cond, const struct bh_request *request,
			     const struct bh_decision *decision)
{
	const struct bh_key *key = &bh_classes[request->class].keys[cond->key];

	switch (key->kind) {
	case BH_KEY_PATH:
	case BH_KEY_PATTERN:
		if (request->unknown & (1 << key->index))
			return MAYBE;
		if (rule->action == BH_ALLOW &&
		    !may_allow_by(key, &request->string[key->index]))
			return NO;
		return truth(any_value_hit(policy, cond, &decision->hits[key->index]) !=
			     cond->negated);
	case BH_KEY_DIGEST:
		if (any_value_hit(policy, cond, &decision->hits[BH_DIGEST]))
			return truth(!cond->negated);
		return truth(cond->negated && (rule->action != BH_ALLOW ||
					       has_digests(policy, cond, request)));
	case BH_KEY_ENUM:
		return truth(!!(request->attr[key->index] & cond->arg) != cond->negated);
	case BH_KEY_HAS:
		if (request->flags_unknown)
			return MAYBE;
		return truth((request->flags & cond->arg) == (cond->negated ? 0 : cond->arg));
	case BH_KEY_LACKS:
		if (request->flags_unknown)
			return MAYBE;
		return truth((request->flags & cond->arg) == (cond->negated ? cond->arg : 0));
	}
	return NO;
}

static enum truth rule_holds(const struct bh_policy *policy, const struct bh_rule *rule,
			     const struct bh_request *request, const struct bh_decision *decision)
{
	enum truth holds = YES;
	u32 c;

	for (c = rule->cond; c < rule->cond + rule->nr_conds && holds != NO; c++)
		holds = min(holds, cond_holds(policy, rule, &policy->conds[c], request,
					      decision));
	return holds;
}

/* Would the rule, if it matched, replace the verdict so far? */
static bool rule_beats(const struct bh_rule *rule, const struct bh_verdict *verdict)
{
	if (!verdict->line)
		return true;
	if (rule->action != verdict->action)
		return rule->action > verdict->action;
	if (rule->report != verdict->report)
		return rule->report > verdict->report;
	return rule->line < verdict->line;
}

static void try_rule(const struct bh_policy *policy, u32 number,
		     const struct bh_request *request, const struct bh_decision *decision,
		     struct bh_verdict *verdict)
{
	const struct bh_rule *rule = &policy->rules[number];
	/* A rule that allows counts while it may hold, one that denies only when it does. */
	enum truth enough = rule->action == BH_ALLOW ? MAYBE : YES;

	if (rule_beats(rule, verdict) && rule_holds(policy, rule, request, decision) >= enough)
		*verdict = (struct bh_verdict){
			.action = rule->action, .report = rule->report, .line = rule->line,
			.rule = number,
		};
}

/*
 * The verdict if no rule matches. A default for ptrace speaks of the tracer: what others do to
 * confined tasks is allowed unless a rule of role=tracee says otherwise.
 */
static struct bh_verdict default_verdict(const struct bh_policy *policy,
					 const struct bh_request *request)
{
	struct bh_verdict verdict = { .report = BH_PLAIN };

	if (request->class != BH_PTRACE || request->attr[BH_PTRACE_ROLE] == BH_ROLE_TRACER)
		verdict.action = policy->defaults[request->class];
	return verdict;
}

/*
 * Tries the rules that the index cannot find, since they hang on a string that is not known
 * yet. A rule that denies does not count before that is known. One rule that may allow is
 * enough.
 */
static void try_unknown(const struct bh_policy *policy, const struct bh_request *request,
			const struct bh_decision *decision, struct bh_verdict *verdict)
{
	int slot;
	u32 i;

	for (slot = 0; slot < BH_STRINGS; slot++) {
		const struct bh_index *index = &policy->classes[request->class].index[slot];

		if (!(request->unknown & (1 << slot)))
			continue;
		for (i = 0; i < index->nr_rules && !verdict->line; i++)
			if (policy->rules[index->rules[i]].action == BH_ALLOW)
				try_rule(policy, index->rules[i], request, decision, verdict);
	}
}

/* The digests of the file that rules name; their numbers ascend with the kinds. */
static int find_digests(const struct bh_class_rules *rules, const struct bh_request *request,
			struct bh_decision *decision)
{
	struct bh_vec *hits = &decision->hits[BH_DIGEST];
	u32 kind, number;
	int err = 0;

	hits->nr = 0;
	for (kind = 0; kind < BH_DIGEST_KINDS && !err; kind++) {
		if (!request->digest[kind] || !(rules->kinds & (1 << kind)))
			continue;
		number = bh_digest_set_find(&rules->digests, kind, request->digest[kind]);
		if (number != BH_NO_DIGEST)
			err = bh_vec_push(hits, number, decision->scratch.gfp);
	}
	return err;
}

/**
 * bh_decide() - what does a policy say to a request?
 * @policy: the policy
 * @request: the request
 * @decision: working space
 * @verdict: the answer: of the rules that match the strictest; among equally
 *           strict ones the one that reports most, and then the first written
 *
 * Looks at the rules whose anchor, a pattern or a digest, matched and at those without one, not
 * at all rules: see struct bh_index. Any context that the working space's gfp
 * suits.
 *
 * Of a step whose request is not all known, a rule that allows counts while
 * nothing that is known contradicts it, and one that denies once all that it names
 * is known and matches; that it is allowed so far is not reported. Where nothing
 * else decides, that looks at each rule that hangs on an unknown string.
 *
 * Return: 0, or -ENOMEM: the verdict is then to deny, but no policy's.
 */
int bh_decide(const struct bh_policy *policy, const struct bh_request *request,
	      struct bh_decision *decision, struct bh_verdict *verdict)
{
	const struct bh_class_rules *rules = &policy->classes[request->class];
	int slot, err;
	u32 i, h;

	*verdict = default_verdict(policy, request);
	for (slot = 0; slot < BH_STRINGS; slot++) {
		const struct bh_string *string = &request->string[slot];

		decision->hits[slot].nr = 0;
		if (!string->s || !(rules->strings & (1 << slot)))
			continue;
		err = bh_match(&rules->index[slot].matcher, string->s, string->len,
			       &decision->scratch, &decision->hits[slot]);
		if (err) {
			verdict->action = BH_DENY;
			return err;
		}
	}
	err = find_digests(rules, request, decision);
	if (err) {
		verdict->action = BH_DENY;
		return err;
	}
	for (i = 0; i < rules->nr_unindexed; i++)
		try_rule(policy, rules->unindexed[i], request, decision, verdict);
	for (slot = 0; slot < BH_SLOTS; slot++) {
		const struct bh_index *index = &rules->index[slot];
		const struct bh_vec *hits = &decision->hits[slot];

		for (h = 0; h < hits->nr; h++)
			for (i = index->starts[hits->v[h]]; i < index->starts[hits->v[h] + 1]; i++)
				try_rule(policy, index->rules[i], request, decision, verdict);
	}
	if (!bh_request_is_partial(request))
		return 0;
	if (!verdict->line && verdict->action != BH_ALLOW)
		try_unknown(policy, request, decision, verdict);
	if (verdict->action == BH_ALLOW)
		verdict->report = BH_PLAIN;
	return 0;
}

/**
 * bh_decide_cases() - decide on all that ptrace rules without exe= can tell apart
 * @policy: the policy, of which no ptrace rule looks at a string
 * @decision: working space
 * @verdicts: BH_PTRACE_CASES answers, by bh_ptrace_case()
 *
 * Context and return as bh_decide().
 */
int bh_decide_cases(const struct bh_policy *policy, struct bh_decision *decision,
		    struct bh_verdict *verdicts)
{
	struct bh_request request = { .class = BH_PTRACE };
	u32 *attr = request.attr;
	u32 i;
	int err = 0;

	for (i = 0; i < BH_PTRACE_CASES && !err; i++) {
		attr[BH_PTRACE_ACCESS] = i & 1 ? BH_ACCESS_ATTACH : BH_ACCESS_READ;
		attr[BH_PTRACE_ROLE] = i & 2 ? BH_ROLE_TRACEE : BH_ROLE_TRACER;
		attr[BH_PTRACE_PEER] = i & 4 ? BH_PEER_INSIDE : BH_PEER_OUTSIDE;
		if (i & 8)
			attr[BH_PTRACE_PEER] |= BH_PEER_DESCENDANT;
		err = bh_decide(policy, &request, decision, &verdicts[bh_ptrace_case(attr)]);
	}
	return err;
}
