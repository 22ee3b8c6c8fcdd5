/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading and unloading the module.
 */
#ifndef BULKHEAD_SELFTESTS_MODULE_H
#define BULKHEAD_SELFTESTS_MODULE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bulkhead.h"

/* 0 or a negative errno. */
static inline int bh_load_module(void)
{
	int fd = open(BH_MODULE, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

/* A file that was closed a moment ago may hold the module for as long. */
static inline int bh_unload_module(void)
{
	int tries, err;

	for (tries = 0; tries < 100; tries++) {
		err = syscall(SYS_delete_module, "bulkhead", O_NONBLOCK) ? -errno : 0;
		if (err != -EAGAIN)
			return err;
		usleep(20000);
	}
	return err;
}

static inline bool bh_module_is_loaded(void)
{
	return !access(BULKHEAD_DIR "/features", F_OK);
}

#endif /* BULKHEAD_SELFTESTS_MODULE_H */
