/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module says in the kernel log.
 */
#ifndef BULKHEAD_SELFTESTS_LOG_H
#define BULKHEAD_SELFTESTS_LOG_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* A reader of what is said from now on, or a negative number. */
static inline int log_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return log < 0 || lseek(log, 0, SEEK_END) ? -1 : log;
}

/* Has a line of the module's since the last call both words? @more may be NULL. */
static inline bool log_has(int log, const char *words, const char *more)
{
	char line[8192];
	bool has = false;
	ssize_t len;

	/* EPIPE: lines were written over before they were read. */
	while ((len = read(log, line, sizeof(line) - 1)) > 0 || (len < 0 && errno == EPIPE)) {
		line[len > 0 ? len : 0] = '\0';
		has |= strstr(line, "bulkhead: ") && strstr(line, words) &&
		       (!more || strstr(line, more));
	}
	return has;
}

#endif /* BULKHEAD_SELFTESTS_LOG_H */
