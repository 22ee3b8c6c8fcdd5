/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes, their namespaces, and containers' names.
 */
#ifndef BULKHEAD_TOOLS_PROC_H
#define BULKHEAD_TOOLS_PROC_H

#include "util.h"

enum ns_type {
	NS_PID,
	NS_USER,
	NS_MNT,
	NS_TYPES,
};

extern const char *const ns_names[NS_TYPES];

int ns_type_find(const char *name);

/**
 * struct process - a process that is not a kernel thread
 * @pid: its number here
 * @ns: inodes of its namespaces; 0 where they cannot be seen
 * @comm: its name
 * @cgroup: its place in the unified hierarchy
 */
struct process {
	pid_t pid;
	unsigned long ns[NS_TYPES];
	char comm[20];
	char *cgroup;
};

/**
 * struct processes - all of them, and which namespace lies in which
 * @v: the processes
 * @parent: pairs of inodes: a namespace and the one above it
 */
struct processes {
	struct process *v;
	size_t nr;
	size_t cap;
	unsigned long (*parent)[2];
	size_t nr_parents;
	size_t cap_parents;
};

void processes_read(struct processes *processes);
void processes_free(struct processes *processes);
unsigned long processes_parent(const struct processes *processes, unsigned long ns);
bool ns_is_initial(enum ns_type type, unsigned long inode);

/**
 * struct target - what is to be bound
 * @pid: a process in it, or 0 where a namespace's file was named
 * @pidfd: holds the process, or -1
 * @name: a container's name as it was given, or NULL
 * @fd: by type: the namespace, or -1
 */
struct target {
	pid_t pid;
	int pidfd;
	const char *name;
	int fd[NS_TYPES];
};

int target_open(struct target *target, const char *text);
void target_close(struct target *target);

#endif /* BULKHEAD_TOOLS_PROC_H */
