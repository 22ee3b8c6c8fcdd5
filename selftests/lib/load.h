/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open `load` file, written and read step by step.
 */
#ifndef BULKHEAD_SELFTESTS_LOAD_H
#define BULKHEAD_SELFTESTS_LOAD_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulkhead.h"

/* The version of a policy that is in force, or -1. */
static inline long bh_version_of(const char *name)
{
	char file[128];

	snprintf(file, sizeof(file), "policies/%s/info", name);
	return bh_number(file, "version");
}

/* The errno of a write(2), or 0 if all was taken. */
static inline int bh_put(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	if (n < 0)
		return errno;
	return n == (ssize_t)strlen(text) ? 0 : EIO;
}

static inline int bh_open_load(void)
{
	return open(BULKHEAD_DIR "/load", O_RDWR | O_CLOEXEC);
}

/* What there is to read, from where the file stands. */
static inline const char *bh_outcome_of(int fd)
{
	static char outcome[65536];
	ssize_t n = read(fd, outcome, sizeof(outcome) - 1);

	outcome[n < 0 ? 0 : n] = '\0';
	return outcome;
}

#endif /* BULKHEAD_SELFTESTS_LOAD_H */
