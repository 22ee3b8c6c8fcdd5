/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binds new namespaces by the assignment table, without help from what makes them.
 */
#ifndef BULKHEAD_ASSIGN_H
#define BULKHEAD_ASSIGN_H

#include <linux/fs.h>

#include "ns.h"

struct bh_assignment;
struct bh_error;
struct seq_file;

int bh_assignment_parse(struct bh_assignment **assignment, const char *text, size_t len,
			struct bh_error *error);
int bh_assignment_replace(struct bh_assignment **assignment, struct bh_error *error);
void bh_assignment_free(struct bh_assignment *assignment);
void bh_assignment_show(struct seq_file *m);
u64 bh_assigned(void);

bool bh_assign_is_in_force(void);
int bh_assign_at_exec(const struct file *file);

void bh_assign_exit(void);

#endif /* BULKHEAD_ASSIGN_H */
