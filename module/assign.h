/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binds new namespaces by the assignment table, without help from what makes them.
 */
#ifndef BULKHEAD_ASSIGN_H
#define BULKHEAD_ASSIGN_H

#include <linux/fs.h>
#include <linux/rcupdate.h>

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

extern struct bh_assignment __rcu *bh_assign_in_force;

/** bh_assign_is_in_force() - is there a table? Any context. */
static inline bool bh_assign_is_in_force(void)
{
	return rcu_access_pointer(bh_assign_in_force);
}

int bh_assign_new(const struct file *file);

/**
 * bh_assign_at_exec() - bind the current task's new namespaces before it executes a program
 * @file: the program
 *
 * May sleep, and waits for bh_config_mutex until the task is killed.
 *
 * Return: 0; -EACCES if a namespace had to be bound and could not, which an event says;
 * -ENOMEM if that could not even be found out; -EINTR if the task was killed.
 */
static inline int bh_assign_at_exec(const struct file *file)
{
	return bh_assign_is_in_force() ? bh_assign_new(file) : 0;
}

void bh_assign_exit(void);

#endif /* BULKHEAD_ASSIGN_H */
