/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module holds: policies, bindings, the table, counters.
 */
#ifndef BULKHEAD_TOOLS_STATE_H
#define BULKHEAD_TOOLS_STATE_H

#include <stdbool.h>

#include "kv.h"
#include "proc.h"

/**
 * struct state_policy - a loaded policy
 * @name: its name
 * @info: the file of that name
 * @stats: the file of that name
 */
struct state_policy {
	char *name;
	char *info;
	char *stats;
};

/**
 * struct state - what the module holds
 * @policies: sorted by name
 * @bindings: lines of `bindings`
 * @features: the file of that name
 * @stats: the file of that name
 * @lock: the file of that name
 * @table: `assign`
 */
struct state {
	struct state_policy *policies;
	size_t nr_policies;
	struct kvs *bindings;
	size_t nr_bindings;
	char *features;
	char *stats;
	char *lock;
	char *table;
};

void state_read(struct state *state);
void state_free(struct state *state);

char *state_value(const char *text, const char *name);
unsigned long long state_number(const char *text, const char *name);
size_t state_count(const char *text, const char *word);
const char *state_lock(const struct state *state);
bool state_binds(const struct state *state, enum ns_type type, unsigned long inum);

#endif /* BULKHEAD_TOOLS_STATE_H */
