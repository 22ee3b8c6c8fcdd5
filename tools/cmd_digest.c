// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead digest: the digests of files, as rules name them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "sha256.h"
#include "util.h"

static const struct option options[] = {
	COMMON_OPTIONS
};

static int print_sha256(int fd, const char *label)
{
	struct sha256 *hash = sha256_begin();
	char bytes[65536], hex[SHA256_HEX];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sha256_add(hash, bytes, n);
	sha256_end(hash, hex);
	if (n < 0) {
		say("%s: %s", label, strerror(errno));
		return TROUBLE;
	}
	printf("sha256:%s  %s\n", hex, label);
	return DONE;
}

/* What fs-verity says; nothing where the file has none. */
static void print_verity(int fd, const char *label)
{
	union {
		struct fsverity_digest digest;
		char room[sizeof(struct fsverity_digest) + 64];
	} m = { .digest.digest_size = 64 };
	const char *name;
	unsigned int i;

	if (ioctl(fd, FS_IOC_MEASURE_VERITY, &m))
		return;
	name = m.digest.digest_algorithm == FS_VERITY_HASH_ALG_SHA512 ? "sha512" : "sha256";
	printf("fsverity-%s:", name);
	for (i = 0; i < m.digest.digest_size; i++)
		printf("%02x", m.digest.digest[i]);
	printf("  %s\n", label);
}

/* Neither waits for a fifo's writer nor for what a device has. Says what is wrong. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		say("%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		say("%s: %s", path, S_ISDIR(st.st_mode) ? strerror(EISDIR) : "not a regular file");
		close(fd);
		return -1;
	}
	return fd;
}

static int digest(const char *path)
{
	const char *label = file_label(path);
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open_regular(path), status;

	if (fd < 0)
		return TROUBLE;
	status = print_sha256(fd, label);
	if (!status && !is_stdin)
		print_verity(fd, label);
	if (!is_stdin)
		close(fd);
	return status;
}

static int run(int argc, char **argv)
{
	int status = DONE, i;

	while (next_option(argc, argv, "", options) >= 0)
		;
	if (optind == argc) {
		say("which file?");
		return usage_error();
	}
	for (i = optind; i < argc; i++)
		if (digest(argv[i]))
			status = TROUBLE;
	return finish(status);
}

const struct command cmd_digest = {
	.name = "digest",
	.summary = "print the digests of files, as rules name them",
	.synopsis = "FILE...",
	.help = "A line for each digest: sha256:HEX, and what fs-verity says where the file has\n"
		"it.\n\n",
	.run = run,
};
