/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loaded policies, by name.
 */
#ifndef BULKHEAD_REGISTRY_H
#define BULKHEAD_REGISTRY_H

#include <crypto/sha2.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>

#include "decide.h"
#include "event_ring.h"
#include "policy.h"

/*
 * Held for every change of policies, bindings and the assignment table. Checks do not take it:
 * they read under RCU.
 */
extern struct mutex bh_config_mutex;

/**
 * struct bh_loaded - a version of a policy that is or was in force
 * @policy: the policy, freed with the last reference
 * @sha256: of its canonical text
 * @hits: how often each rule decided, in parts of BH_HITS_PART rules, each of which a
 *        processor makes at its first hit
 * @cases_known: no ptrace rule looks at a string, and @cases are decided on
 * @cases: verdicts on all that its ptrace rules can tell apart, by bh_ptrace_case()
 * @refs: the registry's one and the readers'; checks rely on RCU
 * @rcu: frees it after the last check that may see it
 */
struct bh_loaded {
	struct bh_policy *policy;
	u8 sha256[SHA256_DIGEST_SIZE];
	u64 * __percpu *hits;
	bool cases_known;
	struct bh_verdict cases[BH_PTRACE_CASES];
	refcount_t refs;
	struct rcu_head rcu;
};

struct bh_counts {
	u64 checks;
	u64 denials;
};

/**
 * struct bh_entry - a name that has a policy
 * @list: in bh_entries; under bh_config_mutex
 * @name: the name
 * @loaded: its current version; replaced as a whole
 * @bound: bindings that name it; under bh_config_mutex
 * @assigned: lines of the assignment table that do; under bh_config_mutex
 * @counts: what its checks came to
 * @losses: reports of its bindings that were lost
 * @files: for securityfs_policy.c
 * @rcu: frees it after the last check that may see it
 */
struct bh_entry {
	struct list_head list;
	char name[BH_NAME_MAX + 1];
	struct bh_loaded __rcu *loaded;
	unsigned int bound;
	unsigned int assigned;
	struct bh_counts __percpu *counts;
	struct bh_losses *losses;
	void *files;
	struct rcu_head rcu;
};

extern struct list_head bh_entries;

/* All entries; under bh_config_mutex. */
#define bh_registry_for_each(entry) list_for_each_entry(entry, &bh_entries, list)

struct bh_entry *bh_registry_find(const char *name, size_t len);
int bh_registry_load(struct bh_policy *policy, struct bh_entry **entry, const char **why);
void bh_registry_remove(struct bh_entry *entry);
void bh_registry_exit(void);

struct bh_loaded *bh_loaded_get(const struct bh_entry *entry);
void bh_loaded_put(struct bh_loaded *loaded);

void bh_loaded_count_first(const struct bh_loaded *loaded, u32 rule);
u64 bh_loaded_hits(const struct bh_loaded *loaded, u32 rule);
struct bh_counts bh_entry_counts(const struct bh_entry *entry);
unsigned int bh_registry_nr(void);
size_t bh_registry_bytes(void);

extern unsigned int bh_nr_asking_tracee;

/* Has any loaded policy a rule of role=tracee? Any context. */
static inline bool bh_registry_asks_tracee(void)
{
	return READ_ONCE(bh_nr_asking_tracee);
}

static inline void bh_entry_count(const struct bh_entry *entry, bool denied)
{
	this_cpu_inc(entry->counts->checks);
	if (denied)
		this_cpu_inc(entry->counts->denials);
}

/**
 * bh_loaded_count() - count that a rule decided
 * @loaded: the version of the policy
 * @rule: the rule's index
 *
 * Under RCU, in a task. Writes only what is this processor's.
 */
static inline void bh_loaded_count(const struct bh_loaded *loaded, u32 rule)
{
	u64 *part;

	preempt_disable();
	part = __this_cpu_read(loaded->hits[rule / BH_HITS_PART]);
	if (likely(part))
		WRITE_ONCE(part[rule % BH_HITS_PART], part[rule % BH_HITS_PART] + 1);
	preempt_enable();
	if (unlikely(!part))
		bh_loaded_count_first(loaded, rule);
}

#endif /* BULKHEAD_REGISTRY_H */
