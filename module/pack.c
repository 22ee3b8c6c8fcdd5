// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that is kept packed. Pure.
 *
 * A policy's rules name paths that begin alike. So of each line is kept how many bytes it begins
 * with that the line before begins with, and the rest, with its newline.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pack.h"

/* Lines between two chances for others to run. */
#define LINES_AT_ONCE 4096

/* How many bytes do the line and the last one begin with that are the same? */
static u32 count_shared(const struct bh_pack *pack, const char *line, size_t len)
{
	u32 most = min_t(size_t, len, pack->nr_last), i = 0;
	u64 a, b;

	for (; i + sizeof(a) <= most; i += sizeof(a)) {
		memcpy(&a, pack->last + i, sizeof(a));
		memcpy(&b, line + i, sizeof(b));
		if (a != b)
			break;
	}
	while (i < most && pack->last[i] == line[i])
		i++;
	return i;
}

/**
 * bh_pack_add() - add a line
 * @pack: zero, or added to before
 * @line: the line, without a newline in it
 * @len: its length
 *
 * May sleep. Return: 0, or -ENOMEM with nothing added.
 */
int bh_pack_add(struct bh_pack *pack, const char *line, size_t len)
{
	u32 shared = count_shared(pack, line, len);
	struct bh_buffer *packed = &pack->packed;
	size_t rest = len - shared;

	if (bh_buffer_reserve(packed, rest + 2))
		return -ENOMEM;
	packed->s[packed->len++] = shared;
	memcpy(packed->s + packed->len, line + shared, rest);
	packed->len += rest;
	packed->s[packed->len++] = '\n';
	pack->text_len += len + 1;
	pack->nr_last = min_t(size_t, len, BH_PACK_SHARED_MAX);
	if (pack->nr_last > shared)
		memcpy(pack->last + shared, line + shared, pack->nr_last - shared);
	return 0;
}

/**
 * bh_pack_clear() - forget what was added
 * @pack: a pack that was added to, or zero
 */
void bh_pack_clear(struct bh_pack *pack)
{
	pack->packed.len = 0;
	pack->text_len = 0;
	pack->nr_last = 0;
}

/**
 * bh_unpack() - the text that was packed
 * @packed: all that was packed
 * @len: bytes in it
 * @text: filled in; room for &bh_pack.text_len bytes
 *
 * May sleep.
 */
void bh_unpack(const char *packed, size_t len, char *text)
{
	const char *end = packed + len, *newline, *last = text;
	u32 shared, lines = 0;
	char *line;

	while (packed < end) {
		line = text;
		shared = (u8)*packed++;
		newline = memchr(packed, '\n', end - packed);
		memcpy(text, last, shared);
		text += shared;
		memcpy(text, packed, newline + 1 - packed);
		text += newline + 1 - packed;
		packed = newline + 1;
		last = line;
		if (!(++lines % LINES_AT_ONCE))
			cond_resched();
	}
}
