/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digests of the content that will run.
 */
#ifndef BULKHEAD_DIGEST_H
#define BULKHEAD_DIGEST_H

#include <linux/types.h>

#include "digest_set.h"

struct bh_hook;
struct bh_kept;
struct file;
struct inode;

/**
 * struct bh_content - what a check learns of a file's content
 * @kinds: a bit for each enum bh_digest_kind that is told
 * @why_none: why there is no sha256 digest, a static sentence, or NULL
 * @head: the BINPRM_BUF_SIZE bytes that execve has read of the file already, or NULL
 * @kept: where the sha256 digest is kept, with a reference
 * @at: how often the file had been opened for writing when it had that digest
 * @sha256: the digest of the whole file
 * @verity: what fs-verity says
 */
struct bh_content {
	u32 kinds;
	const char *why_none;
	const char *head;
	struct bh_kept *kept;
	s64 at;
	u8 sha256[32];
	u8 verity[BH_DIGEST_MAX];
};

int bh_content_peek(const struct file *file, u32 kinds, struct bh_content *content);
int bh_content_read(const struct file *file, u32 kinds, struct bh_content *content);
int bh_content_rely(struct bh_content *content);
void bh_content_put(struct bh_content *content);

/* Nothing was told yet. @head: as in struct bh_content. */
static inline void bh_content_clear(struct bh_content *content, const char *head)
{
	content->kinds = 0;
	content->head = head;
	content->why_none = NULL;
	content->kept = NULL;
}

/* The bytes of the digest of a kind, or NULL if it was not told. */
static inline const u8 *bh_content_digest(const struct bh_content *content,
					  enum bh_digest_kind kind)
{
	if (!(content->kinds & 1 << kind))
		return NULL;
	return kind == BH_SHA256 ? content->sha256 : content->verity;
}

u32 bh_content_unknown_kinds(void);

struct inode *bh_content_inode(const struct file *file);
int bh_content_written(struct inode *inode);
int bh_content_exchanged(struct inode *inode);

bool bh_content_is_asked(void);
int bh_content_init(struct bh_hook *overlay);
void bh_content_exit(void);

u64 bh_content_hits(void);
u64 bh_content_misses(void);

#endif /* BULKHEAD_DIGEST_H */
