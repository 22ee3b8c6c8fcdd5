/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy and the vocabulary it is written in. Pure.
 */
#ifndef BULKHEAD_POLICY_H
#define BULKHEAD_POLICY_H

#include <linux/types.h>

#include "digest_set.h"
#include "limits.h"
#include "match.h"

enum bh_class {
	BH_EXEC,
	BH_MAP,
	BH_MOUNT,
	BH_PTRACE,
	BH_CLASSES,
};

/* Ordered: the greater is the stricter and wins. */
enum bh_action {
	BH_ALLOW,
	BH_DENY,
	BH_KILL,
};

/* Ordered: among rules with the same action the greater decides on the report. */
enum bh_report {
	BH_QUIET,
	BH_PLAIN,
	BH_AUDIT,
};

/* The strings of a request; a slot has its meaning by the class. Map's are exec's. */
enum {
	BH_EXEC_PATH = 0,
	BH_EXEC_FROM,
	BH_EXEC_FSTYPE,

	BH_MOUNT_TARGET = 0,
	BH_MOUNT_SOURCE,
	BH_MOUNT_FSTYPE,

	BH_PTRACE_EXE = 0,

	BH_STRINGS = 3,
};

/*
 * What rules can hang on: the strings, and the digests of an exec's or a map's file. A
 * file has one digest of each kind at most, and there are no patterns of them.
 */
#define BH_DIGEST		BH_STRINGS
#define BH_SLOTS		(BH_STRINGS + 1)

/* The enumerations of a request; each holds a bit for each word that applies. */
enum {
	BH_EXEC_AS = 0,
	BH_EXEC_SETID,
	BH_EXEC_BACKING,
	BH_EXEC_LAYER,

	BH_MOUNT_OP = 0,

	BH_PTRACE_ACCESS = 0,
	BH_PTRACE_ROLE,
	BH_PTRACE_PEER,

	BH_ATTRS = 4,
};

#define BH_AS_PROGRAM		0x1
#define BH_AS_INTERPRETER	0x2

#define BH_SETID_YES		0x1
#define BH_SETID_NO		0x2

#define BH_BACKING_FILE		0x1
#define BH_BACKING_MEMFD	0x2
#define BH_BACKING_DELETED	0x4
#define BH_BACKING_ANONYMOUS	0x8

#define BH_LAYER_UPPER		0x1
#define BH_LAYER_LOWER		0x2
#define BH_LAYER_NONE		0x4

#define BH_OP_MOUNT		0x01
#define BH_OP_BIND		0x02
#define BH_OP_MOVE		0x04
#define BH_OP_REMOUNT		0x08
#define BH_OP_PROPAGATION	0x10
#define BH_OP_UMOUNT		0x20
#define BH_OP_PIVOT_ROOT	0x40
#define BH_OP_SETATTR		0x80

#define BH_ACCESS_READ		0x1
#define BH_ACCESS_ATTACH	0x2

#define BH_ROLE_TRACER		0x1
#define BH_ROLE_TRACEE		0x2

#define BH_PEER_INSIDE		0x1
#define BH_PEER_OUTSIDE		0x2
#define BH_PEER_DESCENDANT	0x4

/* Mount flags, of the mount a file lies on or asked for. */
#define BH_FLAG_RO		0x0001
#define BH_FLAG_NOSUID		0x0002
#define BH_FLAG_NODEV		0x0004
#define BH_FLAG_NOEXEC		0x0008
#define BH_FLAG_NOATIME		0x0010
#define BH_FLAG_NODIRATIME	0x0020
#define BH_FLAG_RELATIME	0x0040
#define BH_FLAG_STRICTATIME	0x0080
#define BH_FLAG_NOSYMFOLLOW	0x0100
#define BH_FLAG_SYNC		0x0200
#define BH_FLAG_DIRSYNC		0x0400
#define BH_FLAG_MANDLOCK	0x0800
#define BH_FLAG_LAZYTIME	0x1000
#define BH_FLAG_REC		0x2000
#define BH_FLAG_SILENT		0x4000

struct bh_word {
	const char *name;
	u32 bit;
};

enum bh_key_kind {
	BH_KEY_PATH,		/* a pattern that begins with / or ** */
	BH_KEY_PATTERN,
	BH_KEY_DIGEST,
	BH_KEY_ENUM,
	BH_KEY_HAS,		/* all of the flags are set */
	BH_KEY_LACKS,		/* all of the flags are unset */
};

/**
 * struct bh_key - a key of the rule language
 * @name: as written
 * @kind: what its values are and when they hold
 * @index: which string or enumeration of the request it looks at, or BH_DIGEST
 * @words: the values that there are, ended by an empty entry; NULL for patterns and digests
 */
struct bh_key {
	const char *name;
	enum bh_key_kind kind;
	u8 index;
	const struct bh_word *words;
};

struct bh_class_desc {
	const char *name;
	const struct bh_key *keys;	/* ended by an empty entry */
};

extern const struct bh_class_desc bh_classes[BH_CLASSES];
extern const struct bh_word bh_action_words[];
extern const struct bh_word bh_report_words[];

int bh_class_find(const char *name, size_t len);
const struct bh_key *bh_key_find(enum bh_class class, const char *name, size_t len);
const struct bh_word *bh_word_find(const struct bh_word *words, const char *name, size_t len);
bool bh_policy_is_name(const char *name);
const char *bh_word_name(const struct bh_word *words, u32 bit);

static inline bool bh_key_is_pattern(const struct bh_key *key)
{
	return key->kind == BH_KEY_PATH || key->kind == BH_KEY_PATTERN;
}

/* Are its values numbers of patterns or digests, kept in &bh_policy.values? */
static inline bool bh_key_has_values(const struct bh_key *key)
{
	return bh_key_is_pattern(key) || key->kind == BH_KEY_DIGEST;
}

/**
 * struct bh_cond - a condition of a rule
 * @key: index into the class's keys
 * @negated: `!=`
 * @nr: patterns and digests: how many values
 * @arg: patterns and digests: the first value's index in &bh_policy.values; otherwise
 *       a bit for each word
 */
struct bh_cond {
	u8 key;
	bool negated;
	u16 nr;
	u32 arg;
};

/**
 * struct bh_rule - a rule
 * @line: where it was written, for reports: 1 is the line in which its block begins
 * @cond: its first condition
 * @nr_conds: how many there are
 * @class: enum bh_class
 * @action: enum bh_action
 * @report: enum bh_report
 */
struct bh_rule {
	u32 line;
	u32 cond;
	u8 nr_conds;
	u8 class;
	u8 action;
	u8 report;
};

/**
 * struct bh_index - the values of a slot and the rules that hang on each
 * @matcher: all patterns of a string's slot
 * @nr_values: how many patterns, or digests, there are
 * @starts: for each value, where its rules begin in @rules, and one more
 * @rules: indices of rules that can only match if the value does
 * @nr_rules: how many of those
 */
struct bh_index {
	struct bh_matcher matcher;
	u32 nr_values;
	u32 *starts;
	u32 *rules;
	u32 nr_rules;
};

/*
 * What a check may have to fetch, each a bit of a set: the request's strings, the
 * subject's executable, the enumerations that are not at hand, and the file's digests.
 */
#define BH_EXE			BH_STRINGS
#define BH_GATHER_MAX		(BH_STRINGS + 1)
#define BH_GATHER_ATTR(attr)	(1u << (BH_GATHER_MAX + (attr)))
#define BH_GATHER_DIGEST	(1u << (BH_GATHER_MAX + BH_ATTRS))

/**
 * struct bh_class_rules - the rules of a class, for bh_decide()
 * @index: for each slot
 * @digests: the values of the slot BH_DIGEST
 * @unindexed: rules without a pattern or a digest that has to match
 * @nr_unindexed: how many of those
 * @strings: a bit for each string that any rule looks at
 * @kinds: a bit for each kind of digest that any rule names
 * @refuses_others: some rule refuses what has none of the digests that it names
 * @attrs: a bit for each enumeration that any rule looks at
 * @asks: all of these that a check may have to fetch: BH_GATHER_* and a bit for each string
 */
struct bh_class_rules {
	struct bh_index index[BH_SLOTS];
	struct bh_digest_set digests;
	u32 *unindexed;
	u32 nr_unindexed;
	u8 strings;
	u8 kinds;
	u8 attrs;
	bool refuses_others;
	u32 asks;
};

/**
 * struct bh_policy - a policy; immutable once built
 * @name: what it is called
 * @version: its version
 * @id: of a loaded policy; no other one ever has the same
 * @audit_mode: nothing is denied, only reported
 * @asks_tracee: some rule speaks of role=tracee
 * @asks_descendant: some rule speaks of peer=descendant
 * @defaults: for each class, the action where no rule matches
 * @classes: for each class, its rules' index
 * @rules: all rules, in the order in which they were written
 * @conds: their conditions
 * @values: the values of those
 * @nr_rules: how many rules
 * @nr_conds: how many conditions
 * @nr_values: how many values
 * @bytes: memory that it holds
 * @signer: who has signed its document, any bytes; empty if no one has
 * @text: its canonical form, not terminated; NULL once the registry has its hash
 * @text_len: how many bytes
 * @source: it as it was written, from `policy` to `end`, packed by bh_pack_add()
 * @packed_len: how many bytes
 * @source_len: how many bytes without packing
 */
struct bh_policy {
	char name[BH_NAME_MAX + 1];
	u64 version;
	u64 id;
	bool audit_mode;
	bool asks_tracee;
	bool asks_descendant;
	u8 defaults[BH_CLASSES];
	struct bh_class_rules classes[BH_CLASSES];
	struct bh_rule *rules;
	struct bh_cond *conds;
	u32 *values;
	u32 nr_rules;
	u32 nr_conds;
	u32 nr_values;
	size_t bytes;
	char signer[BH_SIGNER_MAX + 1];
	char *text;
	size_t text_len;
	char *source;
	size_t packed_len;
	size_t source_len;
};

/* Patterns and digests of a policy under construction, by class. */
struct bh_policy_patterns {
	struct bh_patterns slot[BH_CLASSES][BH_STRINGS];
	struct bh_digests digests[BH_CLASSES];
};

#define BH_NO_RULE	U32_MAX

/* Does any rule name a digest? */
static inline bool bh_policy_asks_digests(const struct bh_policy *policy)
{
	return policy->classes[BH_EXEC].kinds || policy->classes[BH_MAP].kinds;
}

int bh_policy_index(struct bh_policy *policy, struct bh_policy_patterns *patterns,
		    const char **why, u32 *rule);
void bh_policy_free(struct bh_policy *policy);

#endif /* BULKHEAD_POLICY_H */
