/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that is kept packed. Pure.
 */
#ifndef BULKHEAD_PACK_H
#define BULKHEAD_PACK_H

#include <linux/types.h>

#include "vec.h"

/* Bytes that a line can share with the one before: as many as one byte counts. */
#define BH_PACK_SHARED_MAX	255

/**
 * struct bh_pack - text on its way into a pack
 * @packed: what is packed
 * @text_len: bytes of the text
 * @nr_last: how many of @last there are
 * @last: the first bytes of the last line, without its newline
 */
struct bh_pack {
	struct bh_buffer packed;
	size_t text_len;
	u32 nr_last;
	char last[BH_PACK_SHARED_MAX];
};

int bh_pack_add(struct bh_pack *pack, const char *line, size_t len);
void bh_pack_clear(struct bh_pack *pack);
void bh_unpack(const char *packed, size_t len, char *text);

#endif /* BULKHEAD_PACK_H */
