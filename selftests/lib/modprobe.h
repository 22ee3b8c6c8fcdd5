/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program in the place of modprobe that notes what the kernel would have it load. For tests
 * on the kselftest harness, which is to be included first.
 */
#ifndef BULKHEAD_SELFTESTS_MODPROBE_H
#define BULKHEAD_SELFTESTS_MODPROBE_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bulkhead.h"

#define BH_MODPROBE "/modprobe"
#define BH_ASKED "/modprobe.asked"

/**
 * struct bh_modprobe - what is to be put back
 * @fd: of the kernel's setting
 * @path: the program that was set
 */
struct bh_modprobe {
	int fd;
	char path[128];
};

/* False if the kernel loads no modules. */
static inline bool bh_modprobe_begin(struct bh_modprobe *modprobe)
{
	*modprobe = (struct bh_modprobe){ .fd = open("/proc/sys/kernel/modprobe", O_RDWR) };
	bh_make_file(BH_MODPROBE, "#!/bin/sh\necho \"$@\" >> " BH_ASKED "\n", 0755);
	unlink(BH_ASKED);
	return modprobe->fd >= 0 &&
	       read(modprobe->fd, modprobe->path, sizeof(modprobe->path) - 1) >= 0 &&
	       !lseek(modprobe->fd, 0, SEEK_SET) &&
	       write(modprobe->fd, BH_MODPROBE, sizeof(BH_MODPROBE)) > 0;
}

static inline void bh_modprobe_end(struct bh_modprobe *modprobe)
{
	if (lseek(modprobe->fd, 0, SEEK_SET) ||
	    write(modprobe->fd, modprobe->path, strlen(modprobe->path)) < 0)
		_exit(1);
	close(modprobe->fd);
}

/* Was a module asked for whose name has @word in it? Forgets that it was. The kernel has waited. */
static inline bool bh_modprobe_asked(const char *word)
{
	char asked[4096];
	bool any = bh_read(BH_ASKED, asked, sizeof(asked)) > 0 && strstr(asked, word);

	unlink(BH_ASKED);
	return any;
}

#endif /* BULKHEAD_SELFTESTS_MODPROBE_H */
