/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.ko: whoever comes to a function of the kernel waits there.
 */
#ifndef BULKHEAD_SELFTESTS_HOLD_H
#define BULKHEAD_SELFTESTS_HOLD_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bulkhead.h"

#define HOLD "/hold.ko"
#define HOLD_PARAMETERS "/sys/module/hold/parameters/"

/*
 * @more: further parameters of the module. 0 or a positive errno: ENOENT if the test has no such
 * module, or the kernel no such function.
 */
static inline int hold_begin_with(const char *function, const char *more)
{
	int fd = open(HOLD, O_RDONLY | O_CLOEXEC), err;
	char options[64];

	if (fd < 0)
		return errno;
	snprintf(options, sizeof(options), "function=%s %s", function, more);
	err = syscall(SYS_finit_module, fd, options, 0) ? errno : 0;
	close(fd);
	return err;
}

static inline int hold_begin(const char *function)
{
	return hold_begin_with(function, "");
}

static inline void hold_end(void)
{
	syscall(SYS_delete_module, "hold", O_NONBLOCK);
}

/* Lets those who wait go on, or lets others wait again. */
static inline int hold_set(bool held)
{
	return bh_write(HOLD_PARAMETERS "held", held ? "1" : "0");
}

/* Waits for half a minute at most. */
static inline bool hold_wait_for(bool (*happens)(void *arg), void *arg)
{
	int tries;

	for (tries = 0; tries < 600 && !happens(arg); tries++)
		usleep(50000);
	return tries < 600;
}

/* For hold_wait_for(): does anybody wait? */
static inline bool hold_waits(void *unused)
{
	char text[16];

	return bh_read(HOLD_PARAMETERS "waiting", text, sizeof(text)) > 0 && atoi(text) > 0;
}

#endif /* BULKHEAD_SELFTESTS_HOLD_H */
