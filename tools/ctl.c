// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's files in securityfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <uapi/bulkhead.h>

#include "command.h"
#include "ctl.h"
#include "turn.h"

/** ctl_dir() - the directory that the module's files are in */
const char *ctl_dir(void)
{
	const char *dir = secure_getenv(CTL_ENVIRONMENT);

	return dir && *dir ? dir : BULKHEAD_DIR;
}

/** ctl_loaded() - is the module loaded, as far as this process can see? */
bool ctl_loaded(void)
{
	return !access(ctl_dir(), F_OK);
}

/** ctl_require() - end the program with a sentence if the module is not loaded */
void ctl_require(void)
{
	static const char securityfs[] = "/sys/kernel/security";
	struct statfs fs;

	if (ctl_loaded())
		return;
	if (errno == EACCES)
		die("not permitted to look into %s: run this as root of the host", ctl_dir());
	if (!strcmp(ctl_dir(), BULKHEAD_DIR) &&
	    (statfs(securityfs, &fs) || fs.f_type != SECURITYFS_MAGIC))
		die("no securityfs on %s: mount -t securityfs none %s", securityfs, securityfs);
	die("the module is not loaded (no %s): modprobe bulkhead, or insmod bulkhead.ko",
	    ctl_dir());
}

/**
 * ctl_require_turn() - as ctl_require(), for whoever changes something: "bulkhead upgrade" does
 * not, from then on
 *
 * Return: the turn, which ends when it is closed; or -1 if there is none to take.
 */
int ctl_require_turn(void)
{
	int turn = -1;

	if (!secure_getenv(CTL_ENVIRONMENT)) {
		turn = turn_take(LOCK_SH);
		if (turn < 0 && errno == EWOULDBLOCK)
			die("\"bulkhead upgrade\" is at work, for more than %d seconds: try again",
			    TURN_SECONDS);
	}
	ctl_require();
	return turn;
}

/**
 * ctl_open() - open a file of the module, or end the program with a sentence
 * @file: its name below ctl_dir()
 * @flags: as for open()
 *
 * Return: a descriptor, or -ENOENT if the module is there but not the file.
 */
int ctl_open(const char *file, int flags)
{
	char *path = xasprintf("%s/%s", ctl_dir(), file);
	int fd;

	ctl_require();
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		free(path);
		return -ENOENT;
	}
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		die("not permitted to open %s: run this as root of the host, unconfined", path);
	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	free(path);
	return fd;
}

/**
 * ctl_try_read() - append a file of the module to a buffer
 * @file: its name below ctl_dir()
 * @buf: the buffer
 *
 * Return: 0, or -ENOENT if there is no such file; other errors end the program.
 */
int ctl_try_read(const char *file, struct buf *buf)
{
	int fd = ctl_open(file, O_RDONLY), err;

	if (fd < 0)
		return fd;
	err = read_fd(fd, buf);
	close(fd);
	/* A policy may go while its files are open. */
	if (err == ENOENT || err == ENODEV)
		return -ENOENT;
	if (err)
		die("cannot read %s/%s: %s", ctl_dir(), file, strerror(err));
	return 0;
}

/** ctl_read() - as ctl_try_read(), for a file that must be there */
void ctl_read(const char *file, struct buf *buf)
{
	if (ctl_try_read(file, buf))
		die("no %s/%s: this module is of another version than this command",
		    ctl_dir(), file);
}

/**
 * ctl_write() - write to a file of the module, in one call
 * @file: its name below ctl_dir()
 * @s: the bytes
 * @len: how many
 *
 * Return: 0 or the positive errno that the kernel refuses with.
 */
int ctl_write(const char *file, const char *s, size_t len)
{
	int fd = ctl_open(file, O_WRONLY), err = 0;

	if (fd < 0)
		die("no %s/%s: this module is of another version than this command",
		    ctl_dir(), file);
	if (write(fd, s, len) < 0)
		err = errno;
	if (close(fd) && !err)
		err = errno;
	return err;
}

/** ctl_refusal() - what an errno of a write means, for whoever has to mend it */
const char *ctl_refusal(int err)
{
	switch (err) {
	case EPERM:
		return
			"not permitted: it takes CAP_MAC_ADMIN, an unconfined caller, and no lock";
	case E2BIG:
		return "a limit of the module is reached";
	case ENOMEM:
		return "the kernel is out of memory; nothing has changed";
	case EKEYREJECTED:
		return "only signed policies are accepted, or the signature does not hold";
	case ENOKEY:
		return "the signer's key is not trusted; see the file keys";
	case ESRCH:
		return "the process or its namespace is gone";
	default:
		return strerror(err);
	}
}
