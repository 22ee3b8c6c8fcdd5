/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that does not come, and who waits for it.
 */
#ifndef BULKHEAD_SELFTESTS_LATE_H
#define BULKHEAD_SELFTESTS_LATE_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A page that never comes, since a process serves it: the descriptor to serve it by, or -1. */
static inline int late_page(char **page)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API };

	*page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (unsigned long)*page;
	range.range.len = 4096;
	if (uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api) && !ioctl(uffd, UFFDIO_REGISTER, &range))
		return uffd;
	close(uffd);
	return -1;
}

/* Does somebody wait for such a page? Half a minute is too long. */
static inline bool is_waited_for(int uffd)
{
	struct pollfd poll_fd = { .fd = uffd, .events = POLLIN };

	return poll(&poll_fd, 1, 30000) == 1;
}

/**
 * struct listing - a thread that lists a directory into such a page
 * @dir: the directory, whose lock the kernel keeps meanwhile
 * @uid: as whom
 * @uffd: the page comes as long as anybody has it: no child may keep it
 * @page: the page
 * @thread: the thread
 */
struct listing {
	const char *dir;
	uid_t uid;
	int uffd;
	char *page;
	pthread_t thread;
};

static inline void *listing_list(void *arg)
{
	const struct listing *listing = arg;
	int dir;

	/* Of this thread alone. */
	syscall(SYS_setresuid, listing->uid, listing->uid, listing->uid);
	dir = open(listing->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (void *)(syscall(SYS_getdents64, dir, listing->page, 4096) + close(dir));
}

/* False if there is no userfaultfd here. */
static inline bool listing_start(struct listing *listing)
{
	listing->uffd = late_page(&listing->page);
	return listing->uffd >= 0 && !pthread_create(&listing->thread, NULL, listing_list, listing);
}

static inline void listing_stop(struct listing *listing)
{
	close(listing->uffd);
	pthread_join(listing->thread, NULL);
	munmap(listing->page, 4096);
}

/* Does a process end? Half a minute is too long. */
static inline bool ends(pid_t pid, int *status)
{
	int tries;

	for (tries = 0; tries < 600; tries++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(50000);
	}
	return false;
}

/* Does a process wait for something that no signal ends? Half a minute is too long. */
static inline bool is_stuck(pid_t pid)
{
	char path[64], state = 0;
	int tries;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (tries = 0; tries < 600 && state != 'D'; tries++) {
		usleep(50000);
		file = fopen(path, "r");
		if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (file)
			fclose(file);
	}
	return state == 'D';
}

#endif /* BULKHEAD_SELFTESTS_LATE_H */
