// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a verdict costs at most.
 *
 * A verdict is made under RCU, where nothing else may run meanwhile, and a container chooses
 * the paths that are judged. So the most that one can cost is reckoned when a policy is
 * loaded, and a policy that could cost more is refused. What is reckoned is an upper bound:
 * of the patterns of an automaton it takes all to match at once, of those of a trie the
 * heaviest that lie on one way.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "work.h"
#include "vec.h"

/* Instructions, as measured: to try a rule, to try a condition, to look for a value. */
#define WORK_RULE	30
#define WORK_COND	25
#define WORK_VALUE	60
#define WORK_DIGEST	400

/* The sum so far, and the rule that was added when it passed the limit. */
struct reckoning {
	const struct bh_policy *policy;
	u64 sum;
	u32 rule;
};

static void add_work(struct reckoning *r, u64 work, u32 rule)
{
	r->sum += work;
	if (r->sum > BH_WORK_MAX && r->rule == BH_NO_RULE)
		r->rule = rule;
}

static u32 work_of_rule(const struct bh_policy *policy, u32 number)
{
	const struct bh_rule *rule = &policy->rules[number];
	u32 c, work = WORK_RULE;

	for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
		const struct bh_cond *cond = &policy->conds[c];

		work += WORK_COND;
		if (bh_key_has_values(&bh_classes[rule->class].keys[cond->key]))
			work += cond->nr * WORK_VALUE;
	}
	return work;
}

/* Adds up, for each value of a slot, the work of the rules that hang on it. */
static u32 *weigh_values(const struct bh_policy *policy, const struct bh_index *index)
{
	u32 *weights = kvcalloc(index->nr_values, sizeof(*weights), BH_GFP_LOAD), v, i;

	if (!weights)
		return NULL;
	for (v = 0; v < index->nr_values; v++) {
		for (i = index->starts[v]; i < index->starts[v + 1]; i++)
			weights[v] += work_of_rule(policy, index->rules[i]);
		cond_resched();
	}
	return weights;
}

/* The last rule that hangs on a value, to be named in the error; BH_NO_RULE if none does. */
static u32 last_rule(const struct bh_index *index, u32 value)
{
	return value != BH_NO_PATTERN && index->starts[value] < index->starts[value + 1] ?
	       index->rules[index->starts[value + 1] - 1] : BH_NO_RULE;
}

static int add_patterns(struct reckoning *r, const struct bh_index *index)
{
	const struct bh_matcher *m = &index->matcher;
	u32 *weights = weigh_values(r->policy, index), v, heaviest;
	u64 weight;
	int err;

	if (!weights)
		return -ENOMEM;
	err = bh_trie_heaviest(&m->trie, weights, &weight, &heaviest);
	if (!err)
		add_work(r, weight, last_rule(index, heaviest));
	for (v = m->nr_trie; v < m->nr_patterns && !err; v++)
		add_work(r, weights[v], last_rule(index, v));
	kvfree(weights);
	return err;
}

/* A file has one digest of each kind. */
static int add_digests(struct reckoning *r, const struct bh_index *index)
{
	u32 *weights = weigh_values(r->policy, index), v, heaviest = 0;

	if (!weights)
		return -ENOMEM;
	for (v = 1; v < index->nr_values; v++)
		if (weights[v] > weights[heaviest])
			heaviest = v;
	add_work(r, BH_DIGEST_KINDS * ((u64)weights[heaviest] + WORK_DIGEST),
		 last_rule(index, heaviest));
	kvfree(weights);
	return 0;
}

/* While a mount is made in steps, each rule that allows may be looked at: see try_unknown(). */
static void add_unknown(struct reckoning *r)
{
	u32 n;

	for (n = 0; n < r->policy->nr_rules; n++) {
		const struct bh_rule *rule = &r->policy->rules[n];

		if (rule->class == BH_MOUNT && rule->action == BH_ALLOW)
			add_work(r, work_of_rule(r->policy, n), n);
	}
}

static int add_class(struct reckoning *r, enum bh_class class)
{
	const struct bh_class_rules *rules = &r->policy->classes[class];
	int slot, err = 0;
	u32 i;

	for (slot = 0; slot < BH_STRINGS && !err; slot++) {
		const struct bh_index *index = &rules->index[slot];

		add_work(r, bh_matcher_work(&index->matcher), BH_NO_RULE);
		if (index->nr_values)
			err = add_patterns(r, index);
	}
	if (!err && rules->index[BH_DIGEST].nr_values)
		err = add_digests(r, &rules->index[BH_DIGEST]);
	for (i = 0; i < rules->nr_unindexed; i++)
		add_work(r, work_of_rule(r->policy, rules->unindexed[i]), rules->unindexed[i]);
	if (class == BH_MOUNT)
		add_unknown(r);
	return err;
}

/**
 * bh_policy_check_work() - does no verdict of a policy cost too much?
 * @policy: a policy with its index
 * @rule: where to put the number of a rule that is too much, or BH_NO_RULE if it is the
 *        patterns alone
 *
 * May sleep. Return: 0, -E2BIG (BH_WORK_MAX) or -ENOMEM.
 */
int bh_policy_check_work(const struct bh_policy *policy, u32 *rule)
{
	int class, err;

	for (class = 0; class < BH_CLASSES; class++) {
		struct reckoning r = { .policy = policy, .rule = BH_NO_RULE };

		err = add_class(&r, class);
		if (!err && r.sum > BH_WORK_MAX)
			err = -E2BIG;
		*rule = r.rule;
		if (err)
			return err;
	}
	return 0;
}
