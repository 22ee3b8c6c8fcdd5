// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts that were given, so that the same question is answered at once. Pure.
 *
 * A verdict is a function of a policy and a request, and that is all that it is found
 * by: the number of the policy, which no other policy ever has, and every value of the
 * request that its rules look at, byte for byte, digests too. So nothing that happens
 * elsewhere can make it wrong, and there is nothing to invalidate.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "memo.h"

#define NO_STRING	0x80000000u
#define UNREACHED	0x40000000u

static inline u64 word_at(const void *s)
{
	u64 word;

	memcpy(&word, s, sizeof(word));
	return word;
}

/* All of a string but its bytes. */
static inline u32 tag_of(const struct bh_string *string)
{
	return (string->s ? string->len : NO_STRING) | (string->unreached ? UNREACHED : 0);
}

/* A bit for each kind of digest that the rules look at and the file has. */
static inline u32 told_kinds(const struct bh_class_rules *rules, const struct bh_request *request)
{
	u32 kinds, told = 0;

	for (kinds = rules->kinds; kinds; kinds &= kinds - 1)
		if (request->digest[__builtin_ctz(kinds)])
			told |= kinds & -kinds;
	return told;
}

/* A word of those that a request begins with: its values, with nothing in between. */
static inline u64 value_of(const struct bh_request *request, u32 word)
{
	return word_at((const char *)request + word * sizeof(u64));
}

/*
 * The place where a request is remembered, if it is. Requests differ most in their digests, and
 * in the ends of their first strings.
 */
static inline u32 place_of(const struct bh_policy *policy, const struct bh_request *request,
			   u32 slots, u32 told)
{
	const struct bh_string *string = &request->string[0];
	u64 hash = policy->id + value_of(request, 0) + value_of(request, 2);

	if (likely(slots & 1 && string->s && string->len >= sizeof(u64)))
		hash ^= word_at(string->s + string->len - sizeof(u64)) + string->len;
	if (unlikely(told))
		hash ^= word_at(request->digest[__builtin_ctz(told)]);
	return (hash * 0x9e3779b97f4a7c15ull) >> 32 & (BH_MEMO_ENTRIES - 1);
}

static inline bool same_bytes(const char *a, const char *b, size_t len)
{
	size_t i;

	if (len < sizeof(u64)) {
		for (i = 0; i < len; i++)
			if (a[i] != b[i])
				return false;
		return true;
	}
	/* The last word may overlap the one before. */
	len -= sizeof(u64);
	i = 0;
	do {
		if (word_at(a + i) != word_at(b + i))
			return false;
		i += sizeof(u64);
	} while (i < len);
	return word_at(a + len) == word_at(b + len);
}

/* The lengths of digests are multiples of a word's. Return: what follows them, or NULL. */
static inline const char *same_digests(const char *bytes, const struct bh_request *request,
				       u32 told)
{
	u32 kind, i;

	for (; told; told &= told - 1) {
		kind = __builtin_ctz(told);
		for (i = 0; i < bh_digest_descs[kind].len; i += sizeof(u64))
			if (word_at(bytes + i) != word_at(request->digest[kind] + i))
				return NULL;
		bytes += i;
	}
	return bytes;
}

static inline bool same_strings(const struct bh_remembered *entry, const char *bytes,
				const struct bh_request *request, u32 slots)
{
	const struct bh_string *string = request->string;
	const u32 *tag = entry->tag;

	for (; slots; slots >>= 1, string++, tag++) {
		if (unlikely(!(slots & 1)))
			continue;
		if (*tag != tag_of(string))
			return false;
		if (!string->s)
			continue;
		if (!same_bytes(bytes, string->s, string->len))
			return false;
		bytes += string->len;
	}
	return true;
}

static __always_inline bool find(const struct bh_memo *memo, const struct bh_policy *policy,
				 const struct bh_request *request, u32 slots, u32 told,
				 struct bh_verdict *verdict)
{
	const struct bh_remembered *entry;
	const char *bytes;

	entry = &memo->entry[place_of(policy, request, slots, told)];
	if (unlikely(entry->policy != policy->id || entry->values[0] != value_of(request, 0) ||
		     entry->values[1] != value_of(request, 1) ||
		     entry->values[2] != value_of(request, 2) || entry->told != told))
		return false;
	bytes = entry->bytes;
	if (told) {
		bytes = same_digests(bytes, request, told);
		if (!bytes)
			return false;
	}
	if (!same_strings(entry, bytes, request, slots))
		return false;
	*verdict = entry->verdict;
	return true;
}

static noinline bool find_with_digests(const struct bh_memo *memo, const struct bh_policy *policy,
				       const struct bh_class_rules *rules,
				       const struct bh_request *request,
				       struct bh_verdict *verdict)
{
	return find(memo, policy, request, rules->strings, told_kinds(rules, request), verdict);
}

/**
 * bh_memo_find() - was the same asked before?
 * @memo: what is remembered
 * @policy: a policy with an id that no other policy ever had
 * @rules: those of the request's class
 * @request: the request
 * @verdict: set to what bh_decide() said, and would say again
 */
bool bh_memo_find(const struct bh_memo *memo, const struct bh_policy *policy,
		  const struct bh_class_rules *rules, const struct bh_request *request,
		  struct bh_verdict *verdict)
{
	if (unlikely(bh_request_is_partial(request)))
		return false;
	if (unlikely(rules->kinds))
		return find_with_digests(memo, policy, rules, request, verdict);
	return find(memo, policy, request, rules->strings, 0, verdict);
}

/* Do all digests and strings that the rules look at fit into an entry? */
static bool has_room(const struct bh_request *request, u32 slots, u32 told)
{
	size_t len = 0;

	for (; told; told &= told - 1)
		len += bh_digest_descs[__builtin_ctz(told)].len;
	for (; slots; slots &= slots - 1)
		if (request->string[__builtin_ctz(slots)].s)
			len += request->string[__builtin_ctz(slots)].len;
	return len <= BH_MEMO_BYTES;
}

static char *put_digests(char *bytes, const struct bh_request *request, u32 told)
{
	u32 kind;

	for (; told; told &= told - 1) {
		kind = __builtin_ctz(told);
		memcpy(bytes, request->digest[kind], bh_digest_descs[kind].len);
		bytes += bh_digest_descs[kind].len;
	}
	return bytes;
}

/**
 * bh_memo_keep() - remember a verdict, in the place of another one
 * @memo: what is remembered
 * @policy: as for bh_memo_find()
 * @request: the request
 * @verdict: what bh_decide() said
 */
void bh_memo_keep(struct bh_memo *memo, const struct bh_policy *policy,
		  const struct bh_request *request, const struct bh_verdict *verdict)
{
	const struct bh_class_rules *rules = &policy->classes[request->class];
	u32 slots = rules->strings, told = told_kinds(rules, request);
	struct bh_remembered *entry;
	char *bytes;

	if (bh_request_is_partial(request) || !has_room(request, slots, told))
		return;
	entry = &memo->entry[place_of(policy, request, slots, told)];
	entry->policy = policy->id;
	entry->told = told;
	memcpy(entry->values, request, sizeof(entry->values));
	entry->verdict = *verdict;
	bytes = put_digests(entry->bytes, request, told);
	for (; slots; slots &= slots - 1) {
		u32 slot = __builtin_ctz(slots);
		const struct bh_string *string = &request->string[slot];

		entry->tag[slot] = tag_of(string);
		if (!string->s)
			continue;
		memcpy(bytes, string->s, string->len);
		bytes += string->len;
	}
}
