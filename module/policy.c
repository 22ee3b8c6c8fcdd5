// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vocabulary of the policy language, and policies: their index and their end.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "policy.h"

const struct bh_word bh_action_words[] = {
	{ "allow", BH_ALLOW },
	{ "deny", BH_DENY },
	{ "kill", BH_KILL },
	{ }
};

const struct bh_word bh_report_words[] = {
	{ "quiet", BH_QUIET },
	{ "audit", BH_AUDIT },
	{ }
};

static const struct bh_word file_flags[] = {
	{ "ro", BH_FLAG_RO },
	{ "nosuid", BH_FLAG_NOSUID },
	{ "nodev", BH_FLAG_NODEV },
	{ "noexec", BH_FLAG_NOEXEC },
	{ }
};

static const struct bh_word mount_flags[] = {
	{ "ro", BH_FLAG_RO },
	{ "nosuid", BH_FLAG_NOSUID },
	{ "nodev", BH_FLAG_NODEV },
	{ "noexec", BH_FLAG_NOEXEC },
	{ "noatime", BH_FLAG_NOATIME },
	{ "nodiratime", BH_FLAG_NODIRATIME },
	{ "relatime", BH_FLAG_RELATIME },
	{ "strictatime", BH_FLAG_STRICTATIME },
	{ "nosymfollow", BH_FLAG_NOSYMFOLLOW },
	{ "sync", BH_FLAG_SYNC },
	{ "dirsync", BH_FLAG_DIRSYNC },
	{ "mandlock", BH_FLAG_MANDLOCK },
	{ "lazytime", BH_FLAG_LAZYTIME },
	{ "rec", BH_FLAG_REC },
	{ "silent", BH_FLAG_SILENT },
	{ }
};

static const struct bh_word as_words[] = {
	{ "program", BH_AS_PROGRAM },
	{ "interpreter", BH_AS_INTERPRETER },
	{ }
};

static const struct bh_word yes_no[] = {
	{ "yes", BH_SETID_YES },
	{ "no", BH_SETID_NO },
	{ }
};

static const struct bh_word backing_words[] = {
	{ "file", BH_BACKING_FILE },
	{ "memfd", BH_BACKING_MEMFD },
	{ "deleted", BH_BACKING_DELETED },
	{ }
};

static const struct bh_word map_backing_words[] = {
	{ "file", BH_BACKING_FILE },
	{ "memfd", BH_BACKING_MEMFD },
	{ "deleted", BH_BACKING_DELETED },
	{ "anonymous", BH_BACKING_ANONYMOUS },
	{ }
};

static const struct bh_word layer_words[] = {
	{ "upper", BH_LAYER_UPPER },
	{ "lower", BH_LAYER_LOWER },
	{ "none", BH_LAYER_NONE },
	{ }
};

static const struct bh_word op_words[] = {
	{ "mount", BH_OP_MOUNT },
	{ "bind", BH_OP_BIND },
	{ "move", BH_OP_MOVE },
	{ "remount", BH_OP_REMOUNT },
	{ "propagation", BH_OP_PROPAGATION },
	{ "umount", BH_OP_UMOUNT },
	{ "pivot_root", BH_OP_PIVOT_ROOT },
	{ "setattr", BH_OP_SETATTR },
	{ }
};

static const struct bh_word access_words[] = {
	{ "read", BH_ACCESS_READ },
	{ "attach", BH_ACCESS_ATTACH },
	{ }
};

static const struct bh_word role_words[] = {
	{ "tracer", BH_ROLE_TRACER },
	{ "tracee", BH_ROLE_TRACEE },
	{ }
};

static const struct bh_word peer_words[] = {
	{ "inside", BH_PEER_INSIDE },
	{ "outside", BH_PEER_OUTSIDE },
	{ "descendant", BH_PEER_DESCENDANT },
	{ }
};

static const struct bh_key exec_keys[] = {
	{ "path", BH_KEY_PATH, BH_EXEC_PATH },
	{ "from", BH_KEY_PATH, BH_EXEC_FROM },
	{ "fstype", BH_KEY_PATTERN, BH_EXEC_FSTYPE },
	{ "digest", BH_KEY_DIGEST, BH_DIGEST },
	{ "as", BH_KEY_ENUM, BH_EXEC_AS, as_words },
	{ "setid", BH_KEY_ENUM, BH_EXEC_SETID, yes_no },
	{ "backing", BH_KEY_ENUM, BH_EXEC_BACKING, backing_words },
	{ "layer", BH_KEY_ENUM, BH_EXEC_LAYER, layer_words },
	{ "has", BH_KEY_HAS, 0, file_flags },
	{ "lacks", BH_KEY_LACKS, 0, file_flags },
	{ }
};

static const struct bh_key map_keys[] = {
	{ "path", BH_KEY_PATH, BH_EXEC_PATH },
	{ "from", BH_KEY_PATH, BH_EXEC_FROM },
	{ "fstype", BH_KEY_PATTERN, BH_EXEC_FSTYPE },
	{ "digest", BH_KEY_DIGEST, BH_DIGEST },
	{ "backing", BH_KEY_ENUM, BH_EXEC_BACKING, map_backing_words },
	{ "layer", BH_KEY_ENUM, BH_EXEC_LAYER, layer_words },
	{ "has", BH_KEY_HAS, 0, file_flags },
	{ "lacks", BH_KEY_LACKS, 0, file_flags },
	{ }
};

static const struct bh_key mount_keys[] = {
	{ "op", BH_KEY_ENUM, BH_MOUNT_OP, op_words },
	{ "fstype", BH_KEY_PATTERN, BH_MOUNT_FSTYPE },
	{ "source", BH_KEY_PATTERN, BH_MOUNT_SOURCE },
	{ "target", BH_KEY_PATH, BH_MOUNT_TARGET },
	{ "has", BH_KEY_HAS, 0, mount_flags },
	{ "lacks", BH_KEY_LACKS, 0, mount_flags },
	{ }
};

static const struct bh_key ptrace_keys[] = {
	{ "access", BH_KEY_ENUM, BH_PTRACE_ACCESS, access_words },
	{ "role", BH_KEY_ENUM, BH_PTRACE_ROLE, role_words },
	{ "peer", BH_KEY_ENUM, BH_PTRACE_PEER, peer_words },
	{ "exe", BH_KEY_PATH, BH_PTRACE_EXE },
	{ }
};

const struct bh_class_desc bh_classes[BH_CLASSES] = {
	[BH_EXEC] = { "exec", exec_keys },
	[BH_MAP] = { "map", map_keys },
	[BH_MOUNT] = { "mount", mount_keys },
	[BH_PTRACE] = { "ptrace", ptrace_keys },
};

static bool named(const char *known, const char *name, size_t len)
{
	return !strncmp(known, name, len) && !known[len];
}

/**
 * bh_class_find() - a class by its name
 * @name: the name, without a NUL inside
 * @len: its length
 *
 * Return: enum bh_class, or -EINVAL.
 */
int bh_class_find(const char *name, size_t len)
{
	int class;

	for (class = 0; class < BH_CLASSES; class++)
		if (named(bh_classes[class].name, name, len))
			return class;
	return -EINVAL;
}

/**
 * bh_key_find() - a key of a class by its name
 * @class: the class
 * @name: the name, without a NUL inside
 * @len: its length
 *
 * Return: the key or NULL.
 */
const struct bh_key *bh_key_find(enum bh_class class, const char *name, size_t len)
{
	const struct bh_key *key;

	for (key = bh_classes[class].keys; key->name; key++)
		if (named(key->name, name, len))
			return key;
	return NULL;
}

/**
 * bh_word_find() - a word of an enumeration by its name
 * @words: the enumeration
 * @name: the name, without a NUL inside
 * @len: its length
 *
 * Return: the word or NULL.
 */
const struct bh_word *bh_word_find(const struct bh_word *words, const char *name, size_t len)
{
	for (; words->name; words++)
		if (named(words->name, name, len))
			return words;
	return NULL;
}

/**
 * bh_word_name() - the name of a value
 * @words: the enumeration
 * @bit: the value
 *
 * Return: the name, or "?" if no word has exactly this value.
 */
const char *bh_word_name(const struct bh_word *words, u32 bit)
{
	for (; words->name; words++)
		if (words->bit == bit)
			return words->name;
	return "?";
}

/* Turns the values of conditions from "as added" into the numbers that lookups give. */
static void renumber(struct bh_policy *policy, enum bh_class class, u8 slot, const u32 *ids)
{
	u32 r, c, v;

	for (r = 0; r < policy->nr_rules; r++) {
		const struct bh_rule *rule = &policy->rules[r];

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

static int compile_patterns(struct bh_policy *policy, struct bh_policy_patterns *patterns)
{
	int class, slot, err = 0;

	for (class = 0; class < BH_CLASSES; class++) {
		for (slot = 0; slot < BH_STRINGS; slot++) {
			struct bh_patterns *p = &patterns->slot[class][slot];
			struct bh_class_rules *rules = &policy->classes[class];
			u32 *ids;

			if (!p->nr)
				continue;
			ids = kvmalloc_array(p->nr, sizeof(*ids), GFP_KERNEL);
			if (!ids)
				return -ENOMEM;
			err = bh_matcher_build(&rules->index[slot].matcher, p, ids);
			if (!err)
				renumber(policy, class, slot, ids);
			kvfree(ids);
			/* The text has done its duty; the next matcher needs the memory. */
			bh_patterns_free(p);
			if (err)
				return err;
			rules->index[slot].nr_values = rules->index[slot].matcher.nr_patterns;
			rules->strings |= 1 << slot;
		}
	}
	return 0;
}

static int compile_class_digests(struct bh_policy *policy, enum bh_class class,
				 struct bh_digests *digests)
{
	struct bh_class_rules *rules = &policy->classes[class];
	u32 *ids, kind;
	int err;

	if (!digests->nr)
		return 0;
	ids = kvmalloc_array(digests->nr, sizeof(*ids), GFP_KERNEL);
	if (!ids)
		return -ENOMEM;
	err = bh_digest_set_build(&rules->digests, digests, ids);
	if (!err)
		renumber(policy, class, BH_DIGEST, ids);
	kvfree(ids);
	bh_digests_free(digests);
	if (err)
		return err;
	rules->index[BH_DIGEST].nr_values = rules->digests.first[BH_DIGEST_KINDS];
	for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
		if (rules->digests.bytes[kind])
			rules->kinds |= 1 << kind;
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
	index->starts = kvcalloc(index->nr_values + 1, sizeof(*index->starts), GFP_KERNEL);
	return index->starts ? 0 : -ENOMEM;
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
	index->rules = kvmalloc_array(end + 1, sizeof(*index->rules), GFP_KERNEL);
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
					  GFP_KERNEL);
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
static void hang(struct bh_policy *policy, const struct bh_rule *rule,
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
		hang(policy, &policy->rules[r], anchors[r]);
	return 0;
}

static size_t policy_bytes(const struct bh_policy *policy)
{
	size_t bytes = sizeof(*policy) + policy->text_len +
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
 *
 * May sleep. On failure the policy must be freed.
 *
 * Return: 0, -E2BIG (BH_UNINDEXED_MAX, BH_SHARED_MAX, BH_NODES_MAX) or -ENOMEM.
 */
int bh_policy_index(struct bh_policy *policy, struct bh_policy_patterns *patterns,
		    const char **why)
{
	const struct bh_cond **anchors;
	int class, slot, err;

	*why = "patterns need too many states";
	err = compile_patterns(policy, patterns) ?: compile_digests(policy, patterns);
	for (class = 0; class < BH_CLASSES && !err; class++)
		for (slot = 0; slot < BH_SLOTS && !err; slot++)
			err = alloc_starts(&policy->classes[class].index[slot]);
	if (err)
		return err;

	anchors = kvmalloc_array(policy->nr_rules + 1, sizeof(*anchors), GFP_KERNEL);
	if (!anchors)
		return -ENOMEM;
	err = hang_rules(policy, anchors, why);
	kvfree(anchors);
	if (!err)
		policy->bytes = policy_bytes(policy);
	return err;
}

/**
 * bh_policy_free() - free a policy
 * @policy: the policy or NULL; no one may be looking at it any more
 */
void bh_policy_free(struct bh_policy *policy)
{
	int class, slot;

	if (!policy)
		return;
	for (class = 0; class < BH_CLASSES; class++) {
		struct bh_class_rules *rules = &policy->classes[class];

		for (slot = 0; slot < BH_SLOTS; slot++) {
			bh_matcher_free(&rules->index[slot].matcher);
			kvfree(rules->index[slot].starts);
			kvfree(rules->index[slot].rules);
		}
		bh_digest_set_free(&rules->digests);
		kvfree(rules->unindexed);
	}
	kvfree(policy->rules);
	kvfree(policy->conds);
	kvfree(policy->values);
	kvfree(policy->text);
	kfree(policy);
}
