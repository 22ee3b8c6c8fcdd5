/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system with nothing in it but FUSE_LINK, a link to a file of that name in its parent
 * directory. It takes its time over one kind of request.
 */
#ifndef BULKHEAD_SELFTESTS_FUSE_H
#define BULKHEAD_SELFTESTS_FUSE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FUSE_LINK "link"
#define FUSE_LINK_ID 2

struct fuse_answer {
	struct fuse_out_header header;
	union {
		struct fuse_init_out init;
		struct fuse_attr_out attr;
		struct fuse_statfs_out statfs;
		struct fuse_entry_out entry;
		char link[sizeof("../" FUSE_LINK)];
	};
};

/* The descriptor to serve it by, or a negative errno. */
static inline int fuse_mount(const char *dir)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), err;
	char options[128];

	if (fd < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (!mount("fuse", dir, "fuse", 0, options))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static inline void fuse_answer(int fd, const struct fuse_in_header *request)
{
	struct fuse_answer answer = { .header.unique = request->unique };
	size_t len = 0;

	switch (request->opcode) {
	case FUSE_INIT:
		answer.init = (struct fuse_init_out){
			.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
			.max_write = 4096,
		};
		len = sizeof(answer.init);
		break;
	case FUSE_GETATTR:
		answer.attr.attr.ino = FUSE_ROOT_ID;
		answer.attr.attr.mode = S_IFDIR | 0755;
		answer.attr.attr.nlink = 2;
		len = sizeof(answer.attr);
		break;
	case FUSE_STATFS:
		answer.statfs.st = (struct fuse_kstatfs){ .bsize = 4096, .namelen = 255 };
		len = sizeof(answer.statfs);
		break;
	case FUSE_LOOKUP:
		if (strcmp((const char *)(request + 1), FUSE_LINK)) {
			answer.header.error = -ENOENT;
			break;
		}
		answer.entry = (struct fuse_entry_out){
			.nodeid = FUSE_LINK_ID,
			.attr = { .ino = FUSE_LINK_ID, .mode = S_IFLNK | 0777, .nlink = 1 },
		};
		len = sizeof(answer.entry);
		break;
	case FUSE_ACCESS:
		/* Not asked again. */
		answer.header.error = -ENOSYS;
		break;
	case FUSE_READLINK:
		len = strlen(strcpy(answer.link, "../" FUSE_LINK));
		break;
	default:
		answer.header.error = -EOPNOTSUPP;
	}
	answer.header.len = sizeof(answer.header) + len;
	if (write(fd, &answer, answer.header.len) < 0)
		_exit(1);
}

/*
 * Serves until the file system is gone. Of a request of the kind @slow, @told gets a byte;
 * it is answered after what @delay does, or never if that is NULL.
 */
static inline void fuse_serve(int fd, unsigned int slow, int told, void (*delay)(void))
{
	static char request[FUSE_MIN_READ_BUFFER + 4096];
	const struct fuse_in_header *header = (void *)request;

	while (read(fd, request, sizeof(request)) > 0) {
		if (header->opcode == FUSE_FORGET || header->opcode == FUSE_INTERRUPT)
			continue;
		if (header->opcode == slow) {
			if (write(told, "t", 1) != 1)
				break;
			if (!delay)
				continue;
			delay();
		}
		fuse_answer(fd, header);
	}
	_exit(0);
}

/* Mounts and serves it: the server's pid, or a negative errno. */
static inline pid_t fuse_start(const char *dir, unsigned int slow, int told, void (*delay)(void))
{
	int fd = fuse_mount(dir);
	pid_t pid;

	if (fd < 0)
		return fd;
	pid = fork();
	if (!pid)
		fuse_serve(fd, slow, told, delay);
	close(fd);
	return pid;
}

/**
 * struct fuse_file - the only file of a file system, by whatever name it is looked up
 * @content: a file of at most FUSE_FILE_SIZE bytes, of which it has the content
 * @changes: its byte FUSE_FILE_CHANGES is another one each time that it is read
 * @never: a kind of request that is not answered, or 0
 * @told: gets a byte for each of those
 */
struct fuse_file {
	const char *content;
	bool changes;
	unsigned int never;
	int told;
};

#define FUSE_FILE_SIZE 4096
#define FUSE_FILE_CHANGES 4000

struct fuse_file_answer {
	struct fuse_out_header header;
	union {
		struct fuse_attr_out attr;
		struct fuse_entry_out entry;
		struct fuse_open_out open;
		char bytes[FUSE_FILE_SIZE];
	};
};

static inline size_t fuse_file_answer(const struct fuse_file *file,
				      const struct fuse_in_header *request,
				      struct fuse_file_answer *answer)
{
	const struct fuse_read_in *read_in = (void *)(request + 1);
	const struct fuse_attr attr = {
		.ino = FUSE_LINK_ID, .mode = S_IFREG | 0755, .nlink = 1, .size = FUSE_FILE_SIZE,
	};
	static unsigned int reads;
	int fd;

	switch (request->opcode) {
	case FUSE_LOOKUP:
		answer->entry.nodeid = FUSE_LINK_ID;
		answer->entry.attr = attr;
		return sizeof(answer->entry);
	case FUSE_GETATTR:
		answer->attr.attr = attr;
		return sizeof(answer->attr);
	case FUSE_OPEN:
		return sizeof(answer->open);
	case FUSE_READ:
		fd = open(file->content, O_RDONLY | O_CLOEXEC);
		if (pread(fd, answer->bytes, FUSE_FILE_SIZE, 0) <= 0)
			_exit(1);
		close(fd);
		if (file->changes)
			answer->bytes[FUSE_FILE_CHANGES] = reads++;
		return read_in->offset ? 0 : FUSE_FILE_SIZE;
	}
	answer->header.error = request->opcode == FUSE_FLUSH || request->opcode == FUSE_RELEASE ?
			       0 : -ENOSYS;
	return 0;
}

/* Serves such a file until the file system is gone. */
static inline void fuse_serve_file(int fd, const struct fuse_file *file)
{
	static char request[FUSE_MIN_READ_BUFFER + 4096];
	const struct fuse_in_header *header = (void *)request;

	while (read(fd, request, sizeof(request)) > 0) {
		struct fuse_file_answer answer = { .header.unique = header->unique };

		if (header->opcode == FUSE_FORGET || header->opcode == FUSE_INTERRUPT)
			continue;
		if (file->never && header->opcode == file->never) {
			if (write(file->told, "t", 1) != 1)
				break;
			continue;
		}
		if (header->opcode == FUSE_INIT ||
		    (header->opcode == FUSE_GETATTR && header->nodeid == FUSE_ROOT_ID)) {
			fuse_answer(fd, header);
			continue;
		}
		answer.header.len = sizeof(answer.header) +
				    fuse_file_answer(file, header, &answer);
		if (write(fd, &answer, answer.header.len) < 0)
			break;
	}
	_exit(0);
}

#endif /* BULKHEAD_SELFTESTS_FUSE_H */
