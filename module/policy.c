// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vocabulary of the policy language, and the end of a policy.
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

static bool has_name(const char *known, const char *name, size_t len)
{
	return *known == *name && !strncmp(known, name, len) && !known[len];
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
		if (has_name(bh_classes[class].name, name, len))
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
		if (has_name(key->name, name, len))
			return key;
	return NULL;
}

/**
 * bh_policy_is_name() - may a policy be called so?
 * @name: any string
 */
bool bh_policy_is_name(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len && len <= BH_NAME_MAX && name[0] != '.' && strspn(name, letters) == len;
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
		if (has_name(words->name, name, len))
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
	kvfree(policy->source);
	kfree(policy);
}
