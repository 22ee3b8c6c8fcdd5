// SPDX-License-Identifier: GPL-2.0-only
/*
 * Digests that a policy names, and which of them a file has.
 *
 * A set is a sorted array for each kind of digest. Looking one up takes as many steps
 * as the number of digests has bits, whatever digests someone has chosen.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "digest_set.h"
#include "vec.h"
#include "match.h"

const struct bh_digest_desc bh_digest_descs[BH_DIGEST_KINDS] = {
	[BH_SHA256] = { "sha256", 32 },
	[BH_VERITY_SHA256] = { "fsverity-sha256", 32 },
	[BH_VERITY_SHA512] = { "fsverity-sha512", 64 },
};

/* The length of the kind's name if @s is `NAME:...`, else 0. */
static size_t match_kind(enum bh_digest_kind kind, const char *s, size_t len)
{
	size_t name = strlen(bh_digest_descs[kind].name);

	if (len <= name || memcmp(s, bh_digest_descs[kind].name, name) || s[name] != ':')
		return 0;
	return name;
}

/**
 * bh_digest_read() - read a digest as rules name it
 * @digest: the digest
 * @s: its text, not terminated; its hexadecimal digits become lower case
 * @len: its length
 * @why: where to put a static sentence on failure
 *
 * Return: 0 or -EINVAL.
 */
int bh_digest_read(struct bh_digest *digest, char *s, size_t len, const char **why)
{
	size_t name = 0, i;
	u32 kind;

	*digest = (struct bh_digest){ };
	for (kind = 0; kind < BH_DIGEST_KINDS && !name; kind++) {
		name = match_kind(kind, s, len);
		digest->kind = kind;
	}
	*why = "a digest is sha256:HEX, fsverity-sha256:HEX or fsverity-sha512:HEX";
	if (!name)
		return -EINVAL;
	s += name + 1;
	len -= name + 1;
	for (i = 0; i < len; i++) {
		int nibble = hex_to_bin(s[i]);

		*why = "a digest consists of hexadecimal digits";
		if (nibble < 0)
			return -EINVAL;
		s[i] = "0123456789abcdef"[nibble];
		if (i / 2 < BH_DIGEST_MAX)
			digest->bytes[i / 2] |= i % 2 ? nibble : nibble << 4;
	}
	*why = bh_digest_descs[digest->kind].len == 32 ?
	       "this digest has 64 hexadecimal digits" : "this digest has 128 hexadecimal digits";
	return len == 2 * bh_digest_descs[digest->kind].len ? 0 : -EINVAL;
}

/**
 * bh_digests_add() - add a digest to those on their way into a set
 * @digests: where to
 * @digest: the digest
 *
 * May sleep. Return: its number as added, or -ENOMEM.
 */
int bh_digests_add(struct bh_digests *digests, const struct bh_digest *digest)
{
	if (bh_reserve((void **)&digests->v, &digests->cap, digests->nr + 1, sizeof(*digest)))
		return -ENOMEM;
	digests->v[digests->nr] = *digest;
	return digests->nr++;
}

/**
 * bh_digests_free() - free digests that were on their way; none are left
 * @digests: the digests
 */
void bh_digests_free(struct bh_digests *digests)
{
	kvfree(digests->v);
	*digests = (struct bh_digests){ };
}

/* Any order will do that is the same for all digests of a kind. */
static int compare_bytes(const u8 *a, const u8 *b, u32 len)
{
	u64 x, y;
	u32 i;

	for (i = 0; i < len; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static int compare_digests(const struct bh_digest *a, const struct bh_digest *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return compare_bytes(a->bytes, b->bytes, bh_digest_descs[a->kind].len);
}

static int compare_numbers(const void *a, const void *b, const void *digests)
{
	const struct bh_digest *v = digests;

	cond_resched();
	return compare_digests(&v[*(const u32 *)a], &v[*(const u32 *)b]);
}

/* Numbers the different digests in their order, and counts them by kind. */
static void number_digests(struct bh_digest_set *set, const struct bh_digests *digests,
			   const u32 *order, u32 *ids)
{
	u32 i, kind, nr = 0;

	memset(set->first, 0, sizeof(set->first));
	for (i = 0; i < digests->nr; i++) {
		const struct bh_digest *digest = &digests->v[order[i]];

		if (!i || compare_digests(&digests->v[order[i - 1]], digest)) {
			nr++;
			set->first[digest->kind + 1]++;
		}
		ids[order[i]] = nr - 1;
	}
	for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
		set->first[kind + 1] += set->first[kind];
}

static int copy_bytes(struct bh_digest_set *set, const struct bh_digests *digests, const u32 *ids)
{
	u32 i, kind;

	for (kind = 0; kind < BH_DIGEST_KINDS; kind++) {
		u32 nr = set->first[kind + 1] - set->first[kind];

		if (!nr)
			continue;
		set->bytes[kind] = bh_alloc_array(nr, bh_digest_descs[kind].len);
		if (!set->bytes[kind])
			return -ENOMEM;
	}
	for (i = 0; i < digests->nr; i++) {
		u32 len, at;

		kind = digests->v[i].kind;
		len = bh_digest_descs[kind].len;
		at = (ids[i] - set->first[kind]) * len;
		memcpy(set->bytes[kind] + at, digests->v[i].bytes, len);
	}
	return 0;
}

/**
 * bh_digest_set_build() - make a set
 * @set: the set, zero before; to be given to bh_digest_set_free() even on failure
 * @digests: its digests, in which one may stand several times
 * @ids: set to the number in the set of each of @digests
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_digest_set_build(struct bh_digest_set *set, const struct bh_digests *digests, u32 *ids)
{
	u32 *order = kvmalloc_array(digests->nr, sizeof(*order), BH_GFP_LOAD);
	u32 i;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < digests->nr; i++)
		order[i] = i;
	sort_r(order, digests->nr, sizeof(*order), compare_numbers, NULL, digests->v);
	number_digests(set, digests, order, ids);
	kvfree(order);
	return copy_bytes(set, digests, ids);
}

/**
 * bh_digest_set_free() - free what a set holds
 * @set: the set, zero or built
 */
void bh_digest_set_free(struct bh_digest_set *set)
{
	u32 kind;

	for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
		kvfree(set->bytes[kind]);
}

/**
 * bh_digest_set_bytes() - memory that a set holds, without struct bh_digest_set itself
 * @set: the set
 */
size_t bh_digest_set_bytes(const struct bh_digest_set *set)
{
	size_t bytes = 0;
	u32 kind;

	for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
		bytes += (set->first[kind + 1] - set->first[kind]) *
			 (size_t)bh_digest_descs[kind].len;
	return bytes;
}

/**
 * bh_digest_set_find() - look a digest up
 * @set: the set
 * @kind: the digest's kind
 * @bytes: the digest
 *
 * Any context. Return: its number or BH_NO_DIGEST.
 */
u32 bh_digest_set_find(const struct bh_digest_set *set, enum bh_digest_kind kind, const u8 *bytes)
{
	u32 lo = 0, hi = set->first[kind + 1] - set->first[kind];
	u32 len = bh_digest_descs[kind].len;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		int order = compare_bytes(set->bytes[kind] + mid * len, bytes, len);

		if (!order)
			return set->first[kind] + mid;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return BH_NO_DIGEST;
}

/**
 * bh_digest_set_kind() - the kind of a digest of a set
 * @set: the set
 * @number: which digest
 */
enum bh_digest_kind bh_digest_set_kind(const struct bh_digest_set *set, u32 number)
{
	u32 kind = 0;

	while (number >= set->first[kind + 1])
		kind++;
	return kind;
}
