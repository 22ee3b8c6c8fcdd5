/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Digests that a policy names, and which of them a file has. Pure.
 */
#ifndef BULKHEAD_DIGEST_SET_H
#define BULKHEAD_DIGEST_SET_H

#include <linux/types.h>

enum bh_digest_kind {
	BH_SHA256,
	BH_VERITY_SHA256,
	BH_VERITY_SHA512,
	BH_DIGEST_KINDS,
};

/* Bytes of the longest. */
#define BH_DIGEST_MAX 64

struct bh_digest_desc {
	const char *name;
	u32 len;		/* a multiple of 8 */
};

extern const struct bh_digest_desc bh_digest_descs[BH_DIGEST_KINDS];

/**
 * struct bh_digest - a digest
 * @kind: enum bh_digest_kind
 * @bytes: its bytes; those behind the kind's length are zero
 */
struct bh_digest {
	u8 kind;
	u8 bytes[BH_DIGEST_MAX];
};

/**
 * struct bh_digests - digests on their way into a set
 * @v: the digests, in the order they were added
 * @nr: how many
 * @cap: how many fit
 */
struct bh_digests {
	struct bh_digest *v;
	u32 nr;
	u32 cap;
};

/**
 * struct bh_digest_set - different digests, immutable
 * @bytes: of each kind, one digest behind the other, sorted
 * @first: of each kind, the number of its first digest; the last entry counts all
 */
struct bh_digest_set {
	u8 *bytes[BH_DIGEST_KINDS];
	u32 first[BH_DIGEST_KINDS + 1];
};

#define BH_NO_DIGEST	U32_MAX

int bh_digest_read(struct bh_digest *digest, char *s, size_t len, const char **why);

int bh_digests_add(struct bh_digests *digests, const struct bh_digest *digest);
void bh_digests_free(struct bh_digests *digests);

int bh_digest_set_build(struct bh_digest_set *set, const struct bh_digests *digests, u32 *ids);
void bh_digest_set_free(struct bh_digest_set *set);
size_t bh_digest_set_bytes(const struct bh_digest_set *set);
u32 bh_digest_set_find(const struct bh_digest_set *set, enum bh_digest_kind kind, const u8 *bytes);
enum bh_digest_kind bh_digest_set_kind(const struct bh_digest_set *set, u32 number);

#endif /* BULKHEAD_DIGEST_SET_H */
