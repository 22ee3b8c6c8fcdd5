// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loaded policies, by name.
 *
 * A list suffices: it is walked when an administrator changes something, never
 * in a check, which goes from a binding straight to its entry.
 */
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "registry.h"
#include "vec.h"

/* Changes of the configuration, one at a time. */
DEFINE_MUTEX(bh_config_mutex);

LIST_HEAD(bh_entries);
static unsigned int nr_entries;
static u64 last_id;

/* Loaded policies with a rule of role=tracee. */
unsigned int bh_nr_asking_tracee;

/**
 * bh_registry_find() - the entry of a name
 * @name: the name
 * @len: its length
 *
 * Under bh_config_mutex, which also keeps what is returned.
 *
 * Return: the entry or NULL.
 */
struct bh_entry *bh_registry_find(const char *name, size_t len)
{
	struct bh_entry *entry;

	lockdep_assert_held(&bh_config_mutex);
	bh_registry_for_each(entry)
		if (strlen(entry->name) == len && !memcmp(entry->name, name, len))
			return entry;
	return NULL;
}

static u32 nr_parts(u32 nr_rules)
{
	return DIV_ROUND_UP(nr_rules, BH_HITS_PART);
}

/* Room for the counters of each processor. Return: 0 or -ENOMEM. */
static int alloc_hits(struct bh_loaded *loaded, u32 nr_rules)
{
	if (!nr_rules)
		return 0;
	loaded->hits = __alloc_percpu(nr_parts(nr_rules) * sizeof(u64 *), __alignof__(u64 *));
	return loaded->hits ? 0 : -ENOMEM;
}

static void free_hits(struct bh_loaded *loaded, u32 nr_rules)
{
	u32 part;
	int cpu;

	if (!loaded->hits)
		return;
	for_each_possible_cpu(cpu)
		for (part = 0; part < nr_parts(nr_rules); part++)
			kfree(*per_cpu_ptr(&loaded->hits[part], cpu));
	free_percpu(loaded->hits);
}

static void free_loaded(struct rcu_head *rcu)
{
	struct bh_loaded *loaded = container_of(rcu, struct bh_loaded, rcu);

	free_hits(loaded, loaded->policy->nr_rules);
	bh_policy_free(loaded->policy);
	kfree(loaded);
}

/**
 * bh_loaded_get() - the version of a policy that is in force
 * @entry: the entry; under bh_config_mutex
 *
 * Return: the version with a reference.
 */
struct bh_loaded *bh_loaded_get(const struct bh_entry *entry)
{
	struct bh_loaded *loaded;

	loaded = rcu_dereference_protected(entry->loaded, lockdep_is_held(&bh_config_mutex));
	refcount_inc(&loaded->refs);
	return loaded;
}

/**
 * bh_loaded_put() - drop a reference to a version of a policy
 * @loaded: the version or NULL; freed after a grace period with the last one
 *
 * Any context.
 */
void bh_loaded_put(struct bh_loaded *loaded)
{
	if (loaded && refcount_dec_and_test(&loaded->refs))
		call_rcu(&loaded->rcu, free_loaded);
}

/* Frees the canonical text, which only its hash is needed of. */
static void drop_text(struct bh_policy *policy)
{
	kvfree(policy->text);
	policy->text = NULL;
	policy->bytes -= policy->text_len;
	policy->text_len = 0;
}

static void free_entry_now(struct bh_entry *entry)
{
	free_percpu(entry->counts);
	bh_losses_put(entry->losses);
	kfree(entry);
}

static struct bh_entry *new_entry(const char *name)
{
	struct bh_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return NULL;
	entry->counts = alloc_percpu(struct bh_counts);
	entry->losses = bh_losses_alloc();
	if (!entry->counts || !entry->losses) {
		free_entry_now(entry);
		return NULL;
	}
	strscpy(entry->name, name, sizeof(entry->name));
	return entry;
}

/* Return: 0 or -ENOMEM. */
static int decide_cases(struct bh_loaded *loaded, const struct bh_policy *policy)
{
	struct bh_decision *decision;
	int err;

	if (policy->classes[BH_PTRACE].strings)
		return 0;
	decision = kmalloc(sizeof(*decision), GFP_KERNEL);
	if (!decision)
		return -ENOMEM;
	bh_decision_init(decision, GFP_KERNEL);
	err = bh_decide_cases(policy, decision, loaded->cases);
	bh_decision_free(decision);
	kfree(decision);
	loaded->cases_known = !err;
	return err;
}

/*
 * Replaces an entry's version by @loaded, or by none. bh_nr_asking_tracee rises before a check
 * can find a policy that asks about tracees, and falls when no check can find it any more.
 */
static void swap_loaded(struct bh_entry *entry, struct bh_loaded *loaded)
{
	struct bh_loaded *old;

	if (loaded && loaded->policy->asks_tracee)
		WRITE_ONCE(bh_nr_asking_tracee, bh_nr_asking_tracee + 1);
	old = rcu_replace_pointer(entry->loaded, loaded, lockdep_is_held(&bh_config_mutex));
	if (old && old->policy->asks_tracee)
		WRITE_ONCE(bh_nr_asking_tracee, bh_nr_asking_tracee - 1);
	bh_loaded_put(old);
}

/* Return: 1 if @policy may replace the entry's; 0 if it is the same; -ESTALE. */
static int may_replace(const struct bh_entry *entry, const struct bh_policy *policy,
		       const u8 *hash, const char **why)
{
	const struct bh_loaded *old;
	u64 version;

	old = rcu_dereference_protected(entry->loaded, lockdep_is_held(&bh_config_mutex));
	version = old->policy->version;
	if (policy->version > version)
		return 1;
	if (policy->version == version && !memcmp(hash, old->sha256, SHA256_DIGEST_SIZE))
		return 0;
	*why = policy->version == version ? "this version is loaded with another content" :
					    "the loaded version is higher";
	return -ESTALE;
}

/**
 * bh_registry_load() - put a policy in force
 * @policy: the policy; the registry owns it whatever is returned
 * @entry: set to the entry of its name
 * @why: set to a static sentence on failure
 *
 * Checks see the old version or the new one, never a mixture. Under
 * bh_config_mutex.
 *
 * Return: 1 for a new name, 0 for a known one, -ESTALE (the version is not
 * higher and the content not the same), -E2BIG (BH_POLICIES_MAX) or -ENOMEM.
 */
int bh_registry_load(struct bh_policy *policy, struct bh_entry **entry, const char **why)
{
	struct bh_entry *known = bh_registry_find(policy->name, strlen(policy->name));
	struct bh_loaded *loaded = NULL;
	u8 hash[SHA256_DIGEST_SIZE];
	int ret = -ENOMEM;

	sha256(policy->text, policy->text_len, hash);
	drop_text(policy);
	if (known) {
		ret = may_replace(known, policy, hash, why);
		*entry = known;
		if (ret <= 0)
			goto out_free;
	} else if (nr_entries == BH_POLICIES_MAX) {
		*why = "too many policies";
		ret = -E2BIG;
		goto out_free;
	}

	ret = -ENOMEM;
	loaded = kzalloc(sizeof(*loaded), GFP_KERNEL);
	if (!loaded || decide_cases(loaded, policy) || alloc_hits(loaded, policy->nr_rules))
		goto out_free;
	if (!known) {
		*entry = new_entry(policy->name);
		if (!*entry)
			goto out_free;
		list_add_tail(&(*entry)->list, &bh_entries);
		nr_entries++;
	}
	policy->id = ++last_id;
	loaded->policy = policy;
	refcount_set(&loaded->refs, 1);
	memcpy(loaded->sha256, hash, sizeof(hash));
	swap_loaded(*entry, loaded);
	return !known;

out_free:
	if (loaded)
		free_hits(loaded, policy->nr_rules);
	kfree(loaded);
	bh_policy_free(policy);
	return ret;
}

static void free_entry(struct rcu_head *rcu)
{
	free_entry_now(container_of(rcu, struct bh_entry, rcu));
}

/**
 * bh_registry_remove() - forget a policy
 * @entry: its entry, which no binding names; freed after a grace period
 *
 * Under bh_config_mutex.
 */
void bh_registry_remove(struct bh_entry *entry)
{
	lockdep_assert_held(&bh_config_mutex);
	WARN_ON_ONCE(entry->bound);
	list_del(&entry->list);
	nr_entries--;
	swap_loaded(entry, NULL);
	call_rcu(&entry->rcu, free_entry);
}

/**
 * bh_registry_exit() - forget all policies; nothing is bound any more
 *
 * Takes bh_config_mutex. May sleep.
 */
void bh_registry_exit(void)
{
	struct bh_entry *entry, *next;

	mutex_lock(&bh_config_mutex);
	list_for_each_entry_safe(entry, next, &bh_entries, list)
		bh_registry_remove(entry);
	mutex_unlock(&bh_config_mutex);
	rcu_barrier();
}

/**
 * bh_loaded_count_first() - count the first hit of a part of the rules on this processor
 * @loaded: the version of the policy
 * @rule: the rule's index
 *
 * Under RCU, in a task. Without memory the hit is not counted.
 */
void bh_loaded_count_first(const struct bh_loaded *loaded, u32 rule)
{
	u32 nr = min_t(u32, loaded->policy->nr_rules, BH_HITS_PART);
	u64 *part = kcalloc(nr, sizeof(*part), GFP_ATOMIC | __GFP_NOWARN);

	if (!part)
		return;
	part[rule % BH_HITS_PART] = 1;
	/* Pairs with the data dependency in bh_loaded_hits(). */
	smp_wmb();
	/* Another task on this processor, or a move to another one, may have come before. */
	if (this_cpu_cmpxchg(loaded->hits[rule / BH_HITS_PART], NULL, part))
		kfree(part);
}

/**
 * bh_loaded_hits() - how often a rule decided
 * @loaded: the version of the policy, to which the caller holds a reference
 * @rule: the rule's index
 *
 * Any context. Return: the sum over all CPUs.
 */
u64 bh_loaded_hits(const struct bh_loaded *loaded, u32 rule)
{
	const u64 *part;
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		part = READ_ONCE(*per_cpu_ptr(&loaded->hits[rule / BH_HITS_PART], cpu));
		if (part)
			sum += READ_ONCE(part[rule % BH_HITS_PART]);
	}
	return sum;
}

/**
 * bh_entry_counts() - what the checks of a policy came to
 * @entry: its entry
 *
 * Any context. Return: sums over all CPUs, each not older than the call.
 */
struct bh_counts bh_entry_counts(const struct bh_entry *entry)
{
	struct bh_counts sum = { };
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct bh_counts *counts = per_cpu_ptr(entry->counts, cpu);

		sum.checks += READ_ONCE(counts->checks);
		sum.denials += READ_ONCE(counts->denials);
	}
	return sum;
}

/** bh_registry_nr() - number of loaded policies; under bh_config_mutex */
unsigned int bh_registry_nr(void)
{
	lockdep_assert_held(&bh_config_mutex);
	return nr_entries;
}

/** bh_registry_bytes() - memory of all loaded policies; under bh_config_mutex */
size_t bh_registry_bytes(void)
{
	struct bh_entry *entry;
	size_t bytes = 0;

	lockdep_assert_held(&bh_config_mutex);
	bh_registry_for_each(entry)
		bytes += rcu_dereference_protected(entry->loaded, true)->policy->bytes;
	return bytes;
}
