// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any names and contents as a directory for sync, a ConfigMap's links among them.
 *
 * The input is records, each with a byte for its kind, one for the length of its name, one
 * for that of its content, then these.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync.h"
#include "fuzz/fuzz.h"

static const char *const names[] = {
	"a.policy", "b.policy", "assign", "..data", "..1", "s.p7s", "..1/a.policy", "..data/assign",
};

static char directory[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(directory, sizeof(directory), "/dev/shm/bulkhead-fuzz.%d", getpid());
	return 0;
}

static void make(int dir, unsigned int kind, const char *name, const unsigned char *content,
		 size_t len)
{
	char *target = xstrndup((const char *)content, len);
	int fd;

	switch (kind % 4) {
	case 0:
	case 1:
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd >= 0 && write(fd, content, len) < 0)
			len = 0;
		if (fd >= 0)
			close(fd);
		break;
	case 2:
		/* Nothing outside is to be read. */
		if (target[0] != '/' && !strstr(target, ".."))
			(void)!symlinkat(target, dir, name);
		else
			(void)!symlinkat("..1", dir, name);
		break;
	case 3:
		mkdirat(dir, name, 0700);
		break;
	}
	free(target);
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct sync_dir sync = { 0 };
	size_t len;
	int dir;

	mkdir(directory, 0700);
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (size > 3 && dir >= 0) {
		len = data[2] < size - 3 ? data[2] : size - 3;
		make(dir, data[0], names[data[1] % (sizeof(names) / sizeof(names[0]))], data + 3,
		     len);
		data += 3 + len;
		size -= 3 + len;
	}
	sync_read(&sync, directory);
	sync_free(&sync);
	if (dir >= 0)
		close(dir);
	nftw(directory, forget, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
