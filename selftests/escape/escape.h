/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A way out of a container, tried in one without a policy and in one with.
 */
#ifndef BULKHEAD_ESCAPE_H
#define BULKHEAD_ESCAPE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell.h"

#define ESC_TOP "/tmp/e"
#define ESC_WORDS 5

/* What an attack returns beside 0, for success, and a positive errno. */
#define ESC_SKIP (-2)	/* the kernel has not what it needs; esc->reason */
#define ESC_BROKEN (-3)	/* what leads up to it failed; esc->reason */

/**
 * struct escape - an attack, and what stops it
 * @row: its line in the catalogue
 * @technique: in words
 * @class: of the policy that stops it
 * @attack: called as root of the container, with every capability
 * @arg: its argument
 * @flags: CLONE_NEWUSER, or 0
 * @host_pid: the container has the host's pid namespace
 * @others: there is another container, with a policy, and a policy without one
 * @turn: done each time that ESC_TURNING is followed, by a process of the host; or NULL, and
 *        there is no such link
 * @policy: the lines of a policy of its own; if NULL, container-default holds
 * @ns: the namespace bound: "pid" if NULL
 * @with: what the attack returns under the policy
 * @words: what the event contains; if there are none, none is looked for
 */
struct escape {
	int row;
	const char *technique;
	const char *class;
	int (*attack)(void *arg);
	void *arg;
	int flags;
	bool host_pid;
	bool others;
	void (*turn)(void);
	const char *policy;
	const char *ns;
	int with;
	const char *words[ESC_WORDS];
};

/**
 * struct esc_shared - memory of the test, the container and the victim
 * @reason: why the attack was skipped or could not be made
 * @result: what the attack returned
 * @victim: a process outside, as the host numbers it
 * @pidfd: of the victim, leaked into the container
 * @leaked: a directory below a mask, opened before the mask came
 * @binary: a program of the host, opened by it and leaked
 * @module: its file, for who unloaded it
 * @marker: in the victim's memory, which is a copy of the test's
 * @turned: how often ESC_TURNING was followed
 * @word: what the attack gives to the kernel
 * @other: what the attack would have in its place
 */
struct esc_shared {
	char reason[160];
	int result;
	pid_t victim;
	int pidfd;
	int leaked;
	int binary;
	int module;
	long *marker;
	int turned;
	char word[64];
	char other[64];
};

/*
 * In the container a link that leads to where ESC_LINK does, and whose following takes as long
 * as what is to happen meanwhile: so no chance decides whether a window is hit.
 */
#define ESC_TURNING "/vol/served/link"
#define ESC_LINK "/vol/link"

/* Two mounts of one directory, of which the second cannot be written to. */
#define ESC_WRITABLE "/vol/rw"
#define ESC_READ_ONLY "/vol/ro"

/* ESC_LINK comes to lead to @word the first time, then to @other, then to @word, ... */
void esc_turn_link(void);

/* @word comes to be @other. */
void esc_turn_word(void);

extern struct esc_shared *esc;

/* The text of the policy that is shipped. */
extern const char container_default[], container_default_end[];

int esc_skip(const char *reason);
int esc_broken(const char *what);

/* 0 or the errno of a system call that just returned @ret. */
#define esc_errno(ret) ((ret) < 0 ? errno : 0)

/*
 * Runs the attack in a new container, confined by @policy, or by nothing if that
 * is NULL. What it returned; -1 if there is no container, 1000 + the signal that
 * killed it.
 */
int esc_run(const struct escape *escape, const char *policy);

/* Loads the policy that stops the attack and gives its name, or NULL. */
const char *esc_policy(const struct escape *escape);

/* A line of the catalogue: how the attack ended without a policy and with one. */
void esc_tell(const struct escape *escape, int without, int with);

#endif /* BULKHEAD_ESCAPE_H */
