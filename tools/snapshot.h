/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's state, from one module to the next.
 */
#ifndef BULKHEAD_TOOLS_SNAPSHOT_H
#define BULKHEAD_TOOLS_SNAPSHOT_H

#include <sys/types.h>

#include "proc.h"

struct saved_binding {
	enum ns_type type;
	unsigned long inum;
	char *policy;
	char *label;	/* as the module quotes it, or NULL */
	bool armed;
	int fd;		/* holds the namespace; -1 until one is found */
	pid_t pid;	/* of a process in it whose control group is its own, or 0 */
	int pidfd;	/* of that, or -1 */
};

struct saved_policy {
	char *name;
	struct buf text;
};

struct snapshot {
	struct saved_binding *bindings;
	size_t n_bindings, bindings_cap;
	struct saved_policy *policies;
	size_t n_policies, policies_cap;
	struct buf table;	/* the assignment table */
	struct buf keys;	/* those that were written */
};

/**
 * snapshot_bindings() - read the file bindings
 * @snapshot: takes them; descriptors that it has of namespaces stay
 *
 * Return: whether they could be read; if not it has said why.
 */
bool snapshot_bindings(struct snapshot *snapshot);

/**
 * snapshot_rest() - read policies, table and keys
 * @snapshot: takes them
 *
 * Return: whether they could be read; if not it has said why.
 */
bool snapshot_rest(struct snapshot *snapshot);

/**
 * snapshot_has_certificates() - is there one for each key that was written?
 * @snapshot: of the module that is loaded
 * @certs: in DER
 * @n_certs: how many
 *
 * Without them neither another module nor the old one can be given the keys again.
 *
 * Return: false if one is missing, which is said.
 */
bool snapshot_has_certificates(const struct snapshot *snapshot, const struct buf *certs,
			       size_t n_certs);

/**
 * snapshot_restore() - give the state to the module that is loaded now
 * @snapshot: the state
 * @certs: certificates of keys that were written to the old module, in DER
 * @n_certs: how many
 *
 * A namespace that has died meanwhile is left out.
 *
 * Return: whether all is in force again; if not it has said why.
 */
bool snapshot_restore(const struct snapshot *snapshot, const struct buf *certs, size_t n_certs);

/**
 * snapshot_is_confined() - does a binding confine whoever is in this namespace?
 * @snapshot: the bindings; one that is found on the way gets its descriptors
 * @dir: a directory /proc/PID/ns or /proc/PID/task/TID/ns
 * @type: which of its files
 * @pid: of the process, or 0 for a thread of it
 *
 * Return: false also where the task is gone.
 */
bool snapshot_is_confined(struct snapshot *snapshot, int dir, enum ns_type type, pid_t pid);

/**
 * snapshot_forget_process() - a process is no longer where its bindings' namespaces are known by
 * @snapshot: the bindings
 * @pid: the process, which is in another control group than it was
 */
void snapshot_forget_process(struct snapshot *snapshot, pid_t pid);

/**
 * snapshot_find_rest() - find namespaces in which no task is
 * @snapshot: the bindings
 *
 * Looks through open files and mounts.
 *
 * Return: NULL, or a binding whose namespace is not to be found.
 */
const struct saved_binding *snapshot_find_rest(struct snapshot *snapshot);

#endif /* BULKHEAD_TOOLS_SNAPSHOT_H */
