// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules as files and in the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kmodule.h"

/* .modinfo is KEY=VALUE words, each ended by a NUL; one that begins the section has it before. */
static const char *find_info(const struct buf *bytes, const char *key)
{
	size_t length = strlen(key);
	const char *at = bytes->s, *end = bytes->s + bytes->len;

	while (at && (at = memmem(at, end - at, key, length))) {
		if (at > bytes->s && !at[-1] && memchr(at, '\0', end - at))
			return at + length;
		at++;
	}
	return NULL;
}

/* By the first bytes, whatever the name: NULL for one that is not packed. */
static const char *unpacker(const struct buf *bytes)
{
	static const struct {
		const char *program, *magic;
	} packers[] = {
		{ "xz", "\3757zXZ" }, { "gzip", "\x1f\x8b" }, { "zstd", "\x28\xb5\x2f\xfd" },
	};
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(packers); i++) {
		length = strlen(packers[i].magic);
		if (bytes->len > length && !memcmp(bytes->s, packers[i].magic, length))
			return packers[i].program;
	}
	return NULL;
}

/* The positive errno; EIO where the unpacker fails. */
static int unpack(const char *program, const char *path, struct buf *bytes)
{
	int pipes[2], err, status;
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC))
		return errno;
	child = fork();
	if (!child) {
		dup2(pipes[1], STDOUT_FILENO);
		execlp(program, program, "-dc", "--", path, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	err = child < 0 ? errno : read_fd(pipes[0], bytes);
	close(pipes[0]);
	if (child > 0 && (waitpid(child, &status, 0) != child || status))
		err = EIO;
	return err;
}

static bool read_image(struct image *image, const char *path)
{
	const char *program;
	int err;

	*image = (struct image){ .path = path };
	if (read_file(path, &image->bytes))
		return false;
	program = unpacker(&image->bytes);
	if (!program)
		return true;
	buf_free(&image->bytes);
	err = unpack(program, path, &image->bytes);
	if (err)
		say("cannot unpack %s: %s", path, strerror(err));
	return !err;
}

static bool is_for_this_kernel(const char *vermagic)
{
	struct utsname kernel;
	size_t length;

	uname(&kernel);
	length = strlen(kernel.release);
	return vermagic && !strncmp(vermagic, kernel.release, length) && vermagic[length] == ' ';
}

bool image_read(struct image *image, const char *path)
{
	const char *name, *vermagic;

	if (!read_image(image, path))
		return false;
	name = find_info(&image->bytes, "name=");
	vermagic = find_info(&image->bytes, "vermagic=");
	if (!name || strcmp(name, "bulkhead")) {
		say("%s is not the module bulkhead", path);
		return false;
	}
	if (!is_for_this_kernel(vermagic)) {
		say("%s is for another kernel: %s", path, vermagic ? vermagic : "?");
		return false;
	}
	image->version = find_info(&image->bytes, "version=") ? : "unknown";
	image->srcversion = find_info(&image->bytes, "srcversion=");
	return true;
}

static const char loaded_srcversion[] = "/sys/module/bulkhead/srcversion";

/* srcversion does not count every header; the linker's note tells any two builds apart. */
static bool has_loaded_build_id(const struct image *image)
{
	static const char path[] = "/sys/module/bulkhead/notes/.note.gnu.build-id";
	struct buf note = { 0 };
	bool same;

	if (access(path, R_OK))
		return true;
	same = !read_file(path, &note) && note.len &&
	       memmem(image->bytes.s, image->bytes.len, note.s, note.len);
	buf_free(&note);
	return same;
}

static bool is_loaded_one(const struct image *image)
{
	struct buf loaded = { 0 };
	bool same;

	if (access(loaded_srcversion, R_OK) || !image->srcversion ||
	    read_file(loaded_srcversion, &loaded))
		return false;
	loaded.s[strcspn(loaded.s, "\n")] = '\0';
	same = !strcmp(loaded.s, image->srcversion);
	buf_free(&loaded);
	return same && has_loaded_build_id(image);
}

bool image_find_loaded(struct image *image, const char *path)
{
	static const char *const usual[] = {
		"updates/dkms/bulkhead.ko", "updates/dkms/bulkhead.ko.xz",
		"updates/dkms/bulkhead.ko.zst", "updates/bulkhead.ko", "extra/bulkhead.ko",
	};
	struct utsname kernel;
	size_t i;

	if (path) {
		if (!image_read(image, path))
			return false;
		/* The first versions do not tell. */
		if (access(loaded_srcversion, R_OK) || is_loaded_one(image))
			return true;
		say("%s is not the module that is loaded", path);
		return false;
	}
	path = "/run/bulkhead/bulkhead.ko";
	if (!access(path, R_OK) && image_read(image, path) && is_loaded_one(image))
		return true;
	uname(&kernel);
	for (i = 0; i < ARRAY_SIZE(usual); i++) {
		path = xasprintf("/lib/modules/%s/%s", kernel.release, usual[i]);
		if (!access(path, R_OK) && image_read(image, path) && is_loaded_one(image))
			return true;
	}
	say("no file is that of the module that is loaded, to come back to: name it by --old");
	return false;
}

int image_load(const struct image *image)
{
	return syscall(SYS_init_module, image->bytes.s, image->bytes.len, "") ? errno : 0;
}

/* Not when it is in use: whoever is frozen might be the one that uses it. */
int image_unload(void)
{
	return syscall(SYS_delete_module, "bulkhead", O_NONBLOCK) ? errno : 0;
}
