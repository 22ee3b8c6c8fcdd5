/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share: policies, confined processes, events.
 */
#ifndef BULKHEAD_SELFTESTS_H
#define BULKHEAD_SELFTESTS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <bulkhead.h>

#define BH_MODULE "/bulkhead.ko"

/* Writing: 0 or a negative errno. */
int bh_write(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
int bh_write_bytes(const char *file, const void *bytes, size_t len);

/* The outcome that `load` gives for a document, or "errno N" if none could be read. */
const char *bh_load(const char *document);
const char *bh_load_bytes(const void *bytes, size_t len);

/*
 * Loads a policy of this name whose lines are @format, with a version above all
 * that this boot has seen of it. 0 or a negative errno.
 */
int bh_policy(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A file's content, cut at @size - 1; its length or a negative errno. */
ssize_t bh_read(const char *path, char *buf, size_t size);

/* The number in the line "NAME NUMBER" of a file below BULKHEAD_DIR, or -1. */
long bh_number(const char *file, const char *name);

/**
 * struct bh_env - where an act takes place
 * @policy: what its namespace is bound to, or NULL: nothing
 * @ns: which of its namespaces: "pid" (if NULL) or "user"
 * @arm: "exec", or NULL
 * @flags: CLONE_NEW* of the namespaces made for it; CLONE_NEWPID if 0.
 *         With CLONE_NEWNS its mounts are private. With CLONE_NEWUSER root is
 *         mapped to root.
 */
struct bh_env {
	const char *policy;
	const char *ns;
	const char *arm;
	int flags;
};

/*
 * Runs @act as pid 1 of new namespaces, and returns what it returned: by
 * convention 0 or a positive errno. -1 if the environment could not be made, or
 * 1000 + the signal that ended the process. The binding is in force before @act
 * begins, and has ended with its namespace some time after the return.
 */
int bh_run(const struct bh_env *env, int (*act)(void *arg), void *arg);

/* bh_run() in a pid namespace bound to @policy, or to nothing. */
int bh_confined(const char *policy, int (*act)(void *arg), void *arg);

/* Executes a program as a child; the errno of execve(), 0, or 1000 + signal. */
int bh_exec(const char *path);
int bh_execveat(int fd, const char *path, int flags);

/*
 * The errno of having opened a file of /proc/PID/ns, or 0; does not close it. 5.10 gives
 * no error when a look at a namespace is refused: it opens the directory that the file is
 * in, where there is nothing to see. That is EACCES here.
 */
int bh_opened_ns(int fd);

/* Makes a program that exits with 0; fails the process if it cannot. */
void bh_make_program(const char *path);
void bh_make_file(const char *path, const char *content, mode_t mode);

/* A descriptor over a socket. Who cannot send one exits; a negative one is received then. */
void bh_send_fd(int to, int fd);
int bh_receive_fd(int from);

/* A reader of events that has read all there are so far. */
int bh_events(void);

/*
 * The first line, from where the reader stands, that has all of the strings up to NULL;
 * in a static buffer. NULL if there is none. A string that begins with a key is tokens,
 * each of which the line has whole and in this order; `key=` stands for any value, and
 * `key="/a` for one that begins so. Other strings are text that stands somewhere. Changes
 * of the configuration are passed over, unless one of the strings has class=config.
 */
const char *bh_find_event(int fd, ...) __attribute__((sentinel));

#endif /* BULKHEAD_SELFTESTS_H */
