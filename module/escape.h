/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Untrusted bytes in a line of text. Pure.
 */
#ifndef BULKHEAD_ESCAPE_H
#define BULKHEAD_ESCAPE_H

#include <linux/types.h>

/**
 * struct bh_text - a line of text under construction
 * @s: its bytes; not terminated
 * @len: bytes used
 * @cap: bytes that fit
 */
struct bh_text {
	char *s;
	size_t len;
	size_t cap;
};

size_t bh_escaped_size(const char *s, size_t len);
void bh_text_append(struct bh_text *text, const char *s, size_t len);
void bh_text_append_quoted(struct bh_text *text, const char *s, size_t len);
void bh_text_append_cut(struct bh_text *text, const char *s, size_t len, size_t max);
void bh_text_append_audit(struct bh_text *text, const char *s, size_t len, size_t max);
void bh_text_append_number(struct bh_text *text, u64 number);
void bh_text_append_hex(struct bh_text *text, const u8 *bytes, size_t len);
void bh_text_append_word(struct bh_text *text, const char *s, size_t len);

#endif /* BULKHEAD_ESCAPE_H */
