/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's state after that of a directory.
 */
#ifndef BULKHEAD_TOOLS_SYNC_H
#define BULKHEAD_TOOLS_SYNC_H

#include "doc.h"

/**
 * struct sync_file - a file of the directory
 * @label: DIR/NAME
 * @doc: its content; of a signed one, what is signed
 * @is_signed: a *.p7s
 * @message: all of a signed one
 * @signer: its key as the file `keys` shows it, or ""
 */
struct sync_file {
	char *label;
	struct doc doc;
	bool is_signed;
	struct buf message;
	char signer[65];
};

/**
 * struct sync_dir - what a directory holds
 * @files: its policies, sorted by name
 * @table: its assignment table; ->label is NULL if it has none
 * @unknown_kinds: a bit for each kind of digest that this kernel cannot tell
 */
struct sync_dir {
	struct sync_file *files;
	size_t nr;
	size_t cap;
	struct sync_file table;
	u32 unknown_kinds;
};

struct bh_assign_table;

int sync_parse_table(struct bh_assign_table *table, const char *text, size_t len);
int sync_read(struct sync_dir *dir, const char *path);
void sync_free(struct sync_dir *dir);
int sync_check(const struct sync_dir *dir);
int sync_apply(const struct sync_dir *dir, bool prune);

#endif /* BULKHEAD_TOOLS_SYNC_H */
