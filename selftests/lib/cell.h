/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process in new namespaces that does one act after the other.
 */
#ifndef BULKHEAD_SELFTESTS_CELL_H
#define BULKHEAD_SELFTESTS_CELL_H

#include <sys/types.h>

#include "bulkhead.h"

/**
 * struct bh_cell - pid 1 of new namespaces, which waits for acts
 * @pid: the process, as the initial namespace numbers it
 * @to: acts go there
 * @from: results come from there
 */
struct bh_cell {
	pid_t pid;
	int to;
	int from;
};

/* @flags: CLONE_NEW*, and CLONE_NEWPID in any case. 0 or a negative errno. */
int bh_cell_start(struct bh_cell *cell, int flags);

/*
 * What @act returns in the cell; -1 if the cell died of it. The cell sees what
 * @arg points to as it was when the cell was started.
 */
int bh_cell_run(const struct bh_cell *cell, int (*act)(void *arg), void *arg);

/* Kills the cell with all that lives in it and waits for its end. */
void bh_cell_stop(struct bh_cell *cell);

/* The inode number of the cell's namespace, 0 if it cannot be had. */
unsigned int bh_cell_inum(const struct bh_cell *cell, const char *ns);
int bh_cell_bind(const struct bh_cell *cell, const char *policy);

/* The line of `bindings` with this number, in a static buffer, or NULL. */
const char *bh_binding_line(unsigned int inum);

/* Gives up every capability but those whose bits are set in @keep. */
int bh_keep_caps(unsigned long long keep);

#endif /* BULKHEAD_SELFTESTS_CELL_H */
