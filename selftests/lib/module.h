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

static inline int bh_unload_module(void)
{
	return syscall(SYS_delete_module, "bulkhead", O_NONBLOCK) ? -errno : 0;
}

static inline bool bh_module_is_loaded(void)
{
	return !access(BULKHEAD_DIR "/features", F_OK);
}

#endif /* BULKHEAD_SELFTESTS_MODULE_H */
