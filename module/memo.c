// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts that were given, so that the same question is answered at once. Pure.
 *
 * A verdict is a function of a policy and a request, and that is all that it is found
 * by: the number of the policy, which no other policy ever has, and every value of the
 * request, byte for byte. So nothing that happens elsewhere can make it wrong, and there
 * is nothing to invalidate.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "memo.h"

#define NO_STRING U16_MAX

/* What an entry is looked for by, of a request. */
struct memo_key {
	u64 hash;
	u8 strings;
	u8 unreached;
};

#define for_each_slot(slot, slots, bits)					\
	for (bits = slots; bits && (slot = __builtin_ctz(bits), true); bits &= bits - 1)

static inline u64 word_at(const char *s)
{
	u64 word;

	memcpy(&word, s, sizeof(word));
	return word;
}

/*
 * Of a request of which all that decides fits into an entry. The hash looks at the ends
 * of the strings, in which paths differ most.
 */
static inline bool make_key(const struct bh_policy *policy,
			    const struct bh_request *request, struct memo_key *key)
{
	const struct bh_class_rules *rules = &policy->classes[request->class];
	u32 slot, bits;
	size_t len = 0;

	if (rules->kinds || bh_request_is_partial(request))
		return false;
	key->hash = policy->id + request->class;
	key->strings = rules->strings;
	key->unreached = 0;
	for_each_slot(slot, key->strings, bits) {
		const struct bh_string *string = &request->string[slot];

		key->unreached |= string->unreached << slot;
		if (!string->s)
			continue;
		len += string->len;
		key->hash = key->hash * 31 + string->len;
		if (string->len >= sizeof(u64))
			key->hash ^= word_at(string->s + string->len - sizeof(u64));
	}
	key->hash = (key->hash * 0x9e3779b97f4a7c15ull) >> 32 & (BH_MEMO_ENTRIES - 1);
	return len <= BH_MEMO_BYTES;
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
	for (i = 0; i + sizeof(u64) < len; i += sizeof(u64))
		if (word_at(a + i) != word_at(b + i))
			return false;
	return word_at(a + len - sizeof(u64)) == word_at(b + len - sizeof(u64));
}

static inline bool same_strings(const struct bh_remembered *entry,
				const struct bh_request *request, u8 strings)
{
	const char *bytes = entry->bytes;
	u32 slot, bits;

	for_each_slot(slot, strings, bits) {
		const struct bh_string *string = &request->string[slot];

		if (!string->s) {
			if (entry->len[slot] != NO_STRING)
				return false;
			continue;
		}
		if (entry->len[slot] != string->len || !same_bytes(bytes, string->s, string->len))
			return false;
		bytes += string->len;
	}
	return true;
}

static inline bool same_values(const struct bh_remembered *entry,
			       const struct bh_request *request)
{
	u32 i, differ = entry->flags ^ request->flags;

	for (i = 0; i < BH_ATTRS; i++)
		differ |= entry->attr[i] ^ request->attr[i];
	return !differ && entry->class == request->class;
}

/**
 * bh_memo_find() - was the same asked before?
 * @memo: what is remembered
 * @policy: a policy with an id that no other policy ever had
 * @request: the request
 * @verdict: set to what bh_decide() said, and would say again
 */
bool bh_memo_find(const struct bh_memo *memo, const struct bh_policy *policy,
		  const struct bh_request *request, struct bh_verdict *verdict)
{
	const struct bh_remembered *entry;
	struct memo_key key;

	if (!make_key(policy, request, &key))
		return false;
	entry = &memo->entry[key.hash];
	if (entry->policy != policy->id || entry->unreached != key.unreached ||
	    !same_values(entry, request) || !same_strings(entry, request, key.strings))
		return false;
	*verdict = entry->verdict;
	return true;
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
	struct bh_remembered *entry;
	u32 slot, bits;
	struct memo_key key;
	char *bytes;

	if (!make_key(policy, request, &key))
		return;
	entry = &memo->entry[key.hash];
	entry->policy = policy->id;
	memcpy(entry->attr, request->attr, sizeof(entry->attr));
	entry->flags = request->flags;
	entry->class = request->class;
	entry->unreached = key.unreached;
	entry->verdict = *verdict;
	bytes = entry->bytes;
	for_each_slot(slot, key.strings, bits) {
		const struct bh_string *string = &request->string[slot];

		entry->len[slot] = string->s ? string->len : NO_STRING;
		if (!string->s)
			continue;
		memcpy(bytes, string->s, string->len);
		bytes += string->len;
	}
}
