/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From names that were seen to patterns that hold tomorrow.
 */
#ifndef BULKHEAD_TOOLS_GENERALIZE_H
#define BULKHEAD_TOOLS_GENERALIZE_H

#include "util.h"

/* How far. */
enum {
	GENERALIZE_NOT,		/* exact names */
	GENERALIZE_NAMES,	/* versions, hashes, numbers, temporary names */
	GENERALIZE_FULL,	/* and directories with many entries */
	GENERALIZE_WIDE,	/* and whole directories */
	GENERALIZE_MAX = GENERALIZE_WIDE,
};

/* Files below this may be anyone's: names there are widened, directories never. */
bool is_anyones(const char *path);
const char *caution(const char *path, const char *rest);

char *generalize_path(const char *path, int level);

#endif /* BULKHEAD_TOOLS_GENERALIZE_H */
