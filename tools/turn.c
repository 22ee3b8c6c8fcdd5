// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock on a file that only root may open, so that nobody else keeps it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"
#include "turn.h"

#define TURN_FILE	"turn"
#define PAUSE_MS	50
#define TRIES		(TURN_SECONDS * 1000 / PAUSE_MS)

/*
 * The directory is that of bulkhead.service. Where nothing has made it, an upgrade does, and
 * whoever has found none before has bound by the time that this goes on.
 */
static int open_file(int operation)
{
	int dir, fd;

	if (operation == LOCK_EX && mkdir(REPORT_DIR, 0755) == 0)
		sleep(1);
	dir = open(REPORT_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return -1;
	fd = openat(dir, TURN_FILE, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	close(dir);
	return fd;
}

int turn_take(int operation)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000 * 1000 };
	unsigned int i;
	int fd, error;

	fd = open_file(operation);
	if (fd < 0)
		return -1;
	for (i = 0; flock(fd, operation | LOCK_NB); i++) {
		error = errno;
		if (error != EWOULDBLOCK || i == TRIES) {
			close(fd);
			errno = error;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}
