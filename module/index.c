// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of a policy, by which a verdict looks at few of its rules.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "policy.h"
#include "work.h"

/* Turns the values of conditions from "as added" into the numbers that lookups give. */
static void renumber_values(struct bh_policy *policy, enum bh_class class, u8 slot, const u32 *ids)
{
	u32 r, c, v;

	for (r = 0; r < policy->nr_rules; r++) {
		const struct bh_rule *rule = &policy->rules[r];

		cond_resched();
		if (rule->class != class)
			continue;
		for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
			const struct bh_cond *cond = &policy->conds[c];
			const struct bh_key *key = &bh_classes[class].keys[cond->key];

			if (!bh_key_has_values(key) || key->index != slot)
				continue;
			for (v = cond->arg; v < cond->arg + cond->nr; v++)
				policy->values[v] = ids[policy->values[v]];
		}
	}
}

/* Finds a rule that names the pattern; patterns have the numbers of their adding here. */
static u32 rule_of_pattern(const struct bh_policy *policy, enum bh_class class, u8 slot,
			   u32 pattern)
{
	u32 r, c, v;

	for (r = 0; r < policy->nr_rules; r++) {
		const struct bh_rule *rule = &policy->rules[r];

		for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
			const struct bh_cond *cond = &policy->conds[c];
			const struct bh_key *key = &bh_classes[rule->class].keys[cond->key];

			if (rule->class != class || !bh_key_is_pattern(key) || key->index != slot)
				continue;
			for (v = cond->arg; v < cond->arg + cond->nr; v++)
				if (policy->values[v] == pattern)
					return r;
		}
	}
	return BH_NO_RULE;
}

static int compile_patterns(struct bh_policy *policy, struct bh_policy_patterns *patterns,
			    u32 *rule)
{
	int class, slot, err = 0;

	for (class = 0; class < BH_CLASSES; class++) {
		for (slot = 0; slot < BH_STRINGS; slot++) {
			struct bh_patterns *p = &patterns->slot[class][slot];
			struct bh_class_rules *rules = &policy->classes[class];
			u32 *ids;

			if (!p->nr)
				continue;
			ids = kvmalloc_array(p->nr, sizeof(*ids), BH_GFP_LOAD);
			if (!ids)
				return -ENOMEM;
			err = bh_matcher_build(&rules->index[slot].matcher, p, ids);
			if (!err)
				renumber_values(policy, class, slot, ids);
			if (err == -E2BIG)
				*rule = rule_of_pattern(policy, class, slot,
							rules->index[slot].matcher.refused);
			kvfree(ids);
			/* Compiled: the next matcher needs the memory. */
			bh_patterns_free(p);
			if (err)
				return err;
			rules->index[slot].nr_values = rules->index[slot].matcher.nr_patterns;
			rules->strings |= 1 << slot;
		}
	}
	return 0;
}

/* Does a class refuse whatever has none of some digests? */
static bool refuses_others(const struct bh_policy *policy, enum bh_class class)
{
	u32 r, c;

	for (r = 0; r < policy->nr_rules; r++) {
		const struct bh_rule *rule = &policy->rules[r];

		cond_resched();
		if (rule->class != class || rule->action == BH_ALLOW)
			continue;
		for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
			const struct bh_cond *cond = &policy->conds[c];

			if (bh_classes[class].keys[cond->key].kind == BH_KEY_DIGEST &&
			    cond->negated)
				return true;
		}
	}
	return false;
}

static int compile_class_digests(struct bh_policy *policy, enum bh_class class,
				 struct bh_digests *digests)
{
	struct bh_class_rules *rules = &policy->classes[class];
	u32 *ids, kind;
	int err;

	if (!digests->nr)
		return 0;
	ids = kvmalloc_array(digests->nr, sizeof(*ids), BH_GFP_LOAD);
	if (!ids)
		return -ENOMEM;
	err = bh_digest_set_build(&rules->digests, digests, ids);
	if (!err)
		renumber_values(policy, class, BH_DIGEST, ids);
	kvfree(ids);
	bh_digests_free(digests);
	if (err)
		return err;
	rules->index[BH_DIGEST].nr_values = rules->digests.first[BH_DIGEST_KINDS];
	for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
		if (rules->digests.bytes[kind])
			rules->kinds |= 1 << kind;
	rules->refuses_others = refuses_others(policy, class);
	return 0;
}

static int compile_digests(struct bh_policy *policy, struct bh_policy_patterns *patterns)
{
	int class, err = 0;

	for (class = 0; class < BH_CLASSES && !err; class++)
		err = compile_class_digests(policy, class, &patterns->digests[class]);
	return err;
}

static const struct bh_key *cond_key(const struct bh_rule *rule, const struct bh_cond *cond)
{
	return &bh_classes[rule->class].keys[cond->key];
}

/* The index of a condition's slot if the rule may hang on it, else NULL. */
static struct bh_index *cond_index(struct bh_policy *policy, const struct bh_rule *rule,
				   const struct bh_cond *cond)
{
	const struct bh_key *key = cond_key(rule, cond);

	if (!bh_key_has_values(key) || cond->negated)
		return NULL;
	return &policy->classes[rule->class].index[key->index];
}

/* Counts, in ->starts, how many rules name each value with `=`. */
static void count_uses(struct bh_policy *policy, const struct bh_rule *rule)
{
	u32 c, v;

	cond_resched();
	for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
		const struct bh_cond *cond = &policy->conds[c];
		struct bh_index *index = cond_index(policy, rule, cond);

		if (index)
			for (v = cond->arg; v < cond->arg + cond->nr; v++)
				index->starts[policy->values[v]]++;
		if (cond_key(rule, cond)->kind == BH_KEY_ENUM)
			policy->classes[rule->class].attrs |= 1 << cond_key(rule, cond)->index;
	}
}

/*
 * The condition that a rule hangs on: of those that need a value to match, the
 * one whose most used value is used least. Any other choice would be as
 * correct; this one keeps the lists short where rules share, say, their path
 * but not their from. NULL if the rule has no such condition.
 */
static const struct bh_cond *choose_anchor(struct bh_policy *policy, const struct bh_rule *rule)
{
	const struct bh_cond *best = NULL;
	u32 c, v, least = U32_MAX;

	cond_resched();
	for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
		const struct bh_cond *cond = &policy->conds[c];
		struct bh_index *index = cond_index(policy, rule, cond);
		u32 uses = 0;

		if (!index)
			continue;
		for (v = cond->arg; v < cond->arg + cond->nr; v++)
			uses = max(uses, index->starts[policy->values[v]]);
		if (uses < least) {
			least = uses;
			best = cond;
		}
	}
	return best;
}

static int alloc_starts(struct bh_index *index)
{
	if (!index->nr_values)
		return 0;
	index->starts = bh_alloc_array(index->nr_values + 1, sizeof(*index->starts));
	if (!index->starts)
		return -ENOMEM;
	memset(index->starts, 0, (index->nr_values + 1) * sizeof(*index->starts));
	return 0;
}

/* Turns the lengths of the lists into their ends, and makes room for them. */
static int alloc_lists(struct bh_index *index, const char **why)
{
	u32 i, nr = index->nr_values, end = 0;

	if (!nr)
		return 0;
	for (i = 0; i < nr; i++) {
		if (index->starts[i] > BH_SHARED_MAX) {
			*why = "too many rules that differ in no pattern";
			return -E2BIG;
		}
		end += index->starts[i];
		index->starts[i] = end;
	}
	index->starts[nr] = end;
	index->nr_rules = end;
	index->rules = bh_alloc_array(end + 1, sizeof(*index->rules));
	return index->rules ? 0 : -ENOMEM;
}

static int alloc_class(struct bh_class_rules *rules, const char **why)
{
	int slot, err = 0;

	for (slot = 0; slot < BH_SLOTS && !err; slot++)
		err = alloc_lists(&rules->index[slot], why);
	if (err)
		return err;
	if (rules->nr_unindexed > BH_UNINDEXED_MAX) {
		*why = "too many rules of a class without a pattern";
		return -E2BIG;
	}
	rules->unindexed = kvmalloc_array(rules->nr_unindexed + 1, sizeof(*rules->unindexed),
					  BH_GFP_LOAD);
	rules->nr_unindexed = 0;
	return rules->unindexed ? 0 : -ENOMEM;
}

static void count_anchored(struct bh_policy *policy, const struct bh_rule *rule,
			   const struct bh_cond *anchor)
{
	struct bh_index *index;
	u32 v;

	if (!anchor) {
		policy->classes[rule->class].nr_unindexed++;
		return;
	}
	index = cond_index(policy, rule, anchor);
	for (v = anchor->arg; v < anchor->arg + anchor->nr; v++)
		index->starts[policy->values[v]]++;
}

/* Enters a rule into the lists. Each list's end moves down to its start. */
static void hang_rule(struct bh_policy *policy, const struct bh_rule *rule,
		      const struct bh_cond *anchor)
{
	struct bh_class_rules *rules = &policy->classes[rule->class];
	u32 number = rule - policy->rules, v;
	struct bh_index *index;

	if (!anchor) {
		rules->unindexed[rules->nr_unindexed++] = number;
		return;
	}
	index = cond_index(policy, rule, anchor);
	for (v = anchor->arg; v < anchor->arg + anchor->nr; v++)
		index->rules[--index->starts[policy->values[v]]] = number;
}

static int hang_rules(struct bh_policy *policy, const struct bh_cond **anchors, const char **why)
{
	int class, slot, err = 0;
	u32 r;

	for (r = 0; r < policy->nr_rules; r++)
		count_uses(policy, &policy->rules[r]);
	for (r = 0; r < policy->nr_rules; r++)
		anchors[r] = choose_anchor(policy, &policy->rules[r]);
	/* What is counted from here on is not uses but anchored rules. */
	for (class = 0; class < BH_CLASSES; class++)
		for (slot = 0; slot < BH_SLOTS; slot++) {
			struct bh_index *index = &policy->classes[class].index[slot];

			if (index->starts)
				memset(index->starts, 0,
				       index->nr_values * sizeof(*index->starts));
		}
	for (r = 0; r < policy->nr_rules; r++)
		count_anchored(policy, &policy->rules[r], anchors[r]);
	for (class = 0; class < BH_CLASSES && !err; class++)
		err = alloc_class(&policy->classes[class], why);
	if (err)
		return err;
	for (r = policy->nr_rules; r-- > 0;)
		hang_rule(policy, &policy->rules[r], anchors[r]);
	return 0;
}

static void note_asks(struct bh_class_rules *rules)
{
	rules->asks = rules->strings | rules->attrs << BH_GATHER_MAX;
	if (rules->kinds)
		rules->asks |= BH_GATHER_DIGEST;
}

static size_t policy_bytes(const struct bh_policy *policy)
{
	size_t bytes = sizeof(*policy) + policy->text_len + policy->packed_len +
		       policy->nr_rules * sizeof(*policy->rules) +
		       policy->nr_conds * sizeof(*policy->conds) +
		       policy->nr_values * sizeof(*policy->values);
	int class, slot;

	for (class = 0; class < BH_CLASSES; class++) {
		const struct bh_class_rules *rules = &policy->classes[class];

		bytes += rules->nr_unindexed * sizeof(*rules->unindexed);
		bytes += bh_digest_set_bytes(&rules->digests);
		for (slot = 0; slot < BH_SLOTS; slot++) {
			const struct bh_index *index = &rules->index[slot];
			u32 nr = index->nr_values;

			bytes += bh_matcher_bytes(&index->matcher);
			if (nr)
				bytes += (nr + 1 + index->starts[nr]) * sizeof(u32);
		}
	}
	return bytes;
}

/**
 * bh_policy_index() - make a policy ready for bh_decide()
 * @policy: a policy whose rules, conditions, values and text are complete; the
 *          values number patterns as they were added
 * @patterns: those patterns; emptied
 * @why: where to put a static sentence for -E2BIG
 * @rule: where to put the number of the rule that it is about, or BH_NO_RULE
 *
 * May sleep. On failure the policy must be freed.
 *
 * Return: 0, -E2BIG (BH_UNINDEXED_MAX, BH_SHARED_MAX, BH_DFA_STATES_MAX, BH_WORK_MAX and
 * their like) or -ENOMEM.
 */
int bh_policy_index(struct bh_policy *policy, struct bh_policy_patterns *patterns,
		    const char **why, u32 *rule)
{
	const struct bh_cond **anchors;
	int class, slot, err;

	*rule = BH_NO_RULE;
	*why = "the patterns with wildcards before their end need too many states";
	err = compile_patterns(policy, patterns, rule) ?: compile_digests(policy, patterns);
	for (class = 0; class < BH_CLASSES && !err; class++)
		for (slot = 0; slot < BH_SLOTS && !err; slot++)
			err = alloc_starts(&policy->classes[class].index[slot]);
	if (err)
		return err;

	anchors = kvmalloc_array(policy->nr_rules + 1, sizeof(*anchors), BH_GFP_LOAD);
	if (!anchors)
		return -ENOMEM;
	err = hang_rules(policy, anchors, why);
	kvfree(anchors);
	if (err)
		return err;
	for (class = 0; class < BH_CLASSES; class++)
		note_asks(&policy->classes[class]);
	policy->bytes = policy_bytes(policy);
	*why = "a verdict could take too long: more rules can match one file than it has time for";
	return bh_policy_check_work(policy, rule);
}
