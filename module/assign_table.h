/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The assignment table: which new namespace gets which policy. Pure.
 */
#ifndef BULKHEAD_ASSIGN_TABLE_H
#define BULKHEAD_ASSIGN_TABLE_H

#include <linux/types.h>

#include "decide.h"
#include "parse.h"

/* The strings that a line may ask about. */
enum {
	BH_ASSIGN_CGROUP,
	BH_ASSIGN_EXE,
	BH_ASSIGN_STRINGS,
};

/**
 * struct bh_assign_line - a line of the table
 * @number: where it was written
 * @type: of namespace, the bit of its word
 * @policy: the policy's name
 * @override: may a binding that was made by hand stay?
 * @pattern: by BH_ASSIGN_CGROUP and its like: the pattern's id, or BH_NO_PATTERN
 */
struct bh_assign_line {
	u32 number;
	u32 type;
	bool override;
	char policy[BH_NAME_MAX + 1];
	u32 pattern[BH_ASSIGN_STRINGS];
};

/**
 * struct bh_assign_table - the table; immutable once parsed
 * @lines: in the order in which they are asked
 * @nr: how many
 * @cap: how many fit
 * @matcher: all patterns of each string
 * @text: its canonical form, not terminated
 * @text_len: bytes in @text
 */
struct bh_assign_table {
	struct bh_assign_line *lines;
	u32 nr;
	u32 cap;
	struct bh_matcher matcher[BH_ASSIGN_STRINGS];
	char *text;
	size_t text_len;
};

/**
 * struct bh_assign_request - a namespace whose first process executes its program
 * @type: of namespace
 * @string: NULL where there is none
 * @failed: a bit for each string that could not be had
 */
struct bh_assign_request {
	u32 type;
	struct bh_string string[BH_ASSIGN_STRINGS];
	u8 failed;
};

/* What bh_assign_match() needs beside its input; for one match at a time. */
struct bh_assign_space {
	struct bh_scratch scratch;
	struct bh_vec hits[BH_ASSIGN_STRINGS];
};

/**
 * bh_assign_has_room() - may a table bind one more namespace for somebody?
 * @bound: how many are bound
 * @own: of these, how many it bound for them
 *
 * Nobody gets more than half of what is left for others, so that there is always something
 * left: who is alone gets a third of all.
 */
static inline bool bh_assign_has_room(u32 bound, u32 own)
{
	return bound < BH_BINDINGS_MAX && own < (BH_BINDINGS_MAX - bound) / 2;
}

size_t bh_assign_end(const char *text, size_t len, size_t *lines_len);
bool bh_assign_is_blank(const char *text, size_t len);
int bh_assign_parse(struct bh_assign_table *table, const char *text, size_t len,
		    const struct bh_word *types, struct bh_error *error);
void bh_assign_table_free(struct bh_assign_table *table);

void bh_assign_space_init(struct bh_assign_space *space, gfp_t gfp);
void bh_assign_space_free(struct bh_assign_space *space);

int __must_check bh_assign_match(const struct bh_assign_table *table,
				 const struct bh_assign_request *request,
				 struct bh_assign_space *space,
				 const struct bh_assign_line **line, bool *failed);

#endif /* BULKHEAD_ASSIGN_TABLE_H */
