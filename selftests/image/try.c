// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a container of an image can run.
 *
 *	try all		every program and every library that there is; says what failed
 *	try ACT...	what the image does not hold: a line "ACT: done" or
 *			"ACT: denied (ERRNO)" for each
 *	try enable DIR	fs-verity for what "bulkhead image" makes rules of below DIR
 *
 * Programs are executed so that their loader maps their libraries and ends: what they do
 * nobody wants here. Scripts end likewise, in their interpreter's loader.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fsverity.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define PROGRAM "/usr/bin/true"
#define NOT_EXECUTED 120
#define NOT_LOADED 127

/* Executes a program in its loader's way to tell what it would map; 0 or a negative errno. */
static int execute(int fd, const char *path, char *const argv[], bool trace)
{
	char *const env[] = { trace ? "LD_TRACE_LOADED_OBJECTS=1" : NULL, NULL };
	int report[2], error = 0, status, null;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		err(EXIT_FAILURE, "pipe");
	pid = fork();
	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		alarm(60);
		syscall(SYS_execveat, fd, path, argv, env, *path ? 0 : AT_EMPTY_PATH);
		error = errno;
		if (write(report[1], &error, sizeof(error)) < 0)
			_exit(NOT_EXECUTED + 1);
		_exit(NOT_EXECUTED);
	}
	close(report[1]);
	if (read(report[0], &error, sizeof(error)) < 0)
		err(EXIT_FAILURE, "read");
	close(report[0]);
	if (waitpid(pid, &status, 0) != pid)
		err(EXIT_FAILURE, "waitpid");
	if (error)
		return -error;
	/* Some library is executable, and no program. */
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSEGV ? 0 : -EINTR;
	return WEXITSTATUS(status) == NOT_LOADED ? -ELIBACC : 0;
}

static int run(const char *path)
{
	char *const argv[] = { (char *)path, NULL };

	return execute(AT_FDCWD, path, argv, true);
}

static int map_file(const char *path, bool later)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	void *at;

	if (fd < 0)
		return -errno;
	at = mmap(NULL, 4096, later ? PROT_READ : PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	ret = at == MAP_FAILED || (later && mprotect(at, 4096, PROT_READ | PROT_EXEC)) ? -errno : 0;
	if (at != MAP_FAILED)
		munmap(at, 4096);
	close(fd);
	return ret;
}

/* All that there is */

static unsigned int programs, libraries, failures, others;

static void tell(const char *act, const char *path, int ret)
{
	if (!ret)
		return;
	failures++;
	printf("%s %s: %s\n", act, path, strerror(-ret));
}

static int try_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static const char *const foreign[] = { "/proc", "/sys", "/dev", "/tmp", "/host" };
	char head[4] = "";
	size_t i;
	int fd;

	/* What is mounted has no part in the image. An overlay's files have many devices. */
	for (i = 0; ftw->level == 1 && i < ARRAY_SIZE(foreign); i++)
		if (!strcmp(path, foreign[i]))
			return FTW_SKIP_SUBTREE;
	if (type != FTW_F || !S_ISREG(st->st_mode) || !st->st_size)
		return FTW_CONTINUE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, head, sizeof(head)) < 0)
		tell("read", path, -errno);
	close(fd);
	if (!memcmp(head, ELFMAG, SELFMAG)) {
		libraries++;
		tell("map", path, map_file(path, false));
	}
	if (!(st->st_mode & 0111))
		return FTW_CONTINUE;
	if (!memcmp(head, ELFMAG, SELFMAG) || !memcmp(head, "#!", 2)) {
		programs++;
		tell("run", path, run(path));
	} else {
		others++;
		printf("%s is neither a program nor a script\n", path);
	}
	return FTW_CONTINUE;
}

static int try_all(void)
{
	if (nftw("/", try_file, 64, FTW_PHYS | FTW_ACTIONRETVAL))
		err(EXIT_FAILURE, "/");
	printf("%u programs ran and %u files were mapped, %u not; %u others\n", programs, libraries,
	       failures, others);
	return failures || programs < 100 || libraries < 100;
}

/* Where the image lies, before it is used */

static int enable_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct fsverity_enable_arg arg = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096,
	};
	char head[4] = "";
	int fd;

	if (!ftw->level || type != FTW_F || !S_ISREG(st->st_mode))
		return FTW_CONTINUE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, head, sizeof(head)) < 0)
		err(EXIT_FAILURE, "%s", path);
	if (!memcmp(head, ELFMAG, SELFMAG) || (st->st_mode & 0111 && !memcmp(head, "#!", 2))) {
		/* Another name of it was there before. */
		if (ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) && errno != EEXIST)
			err(EXIT_FAILURE, "%s: verity", path);
		programs++;
	}
	close(fd);
	return FTW_CONTINUE;
}

static int enable_all(const char *dir)
{
	if (nftw(dir, enable_file, 64, FTW_PHYS | FTW_ACTIONRETVAL))
		err(EXIT_FAILURE, "%s", dir);
	printf("%u files under fs-verity\n", programs);
	return programs < 100;
}

/* What the image does not hold */

static void copy(int to, const char *from)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (to < 0 || fd < 0 || fstat(fd, &st))
		err(EXIT_FAILURE, "%s", from);
	while (st.st_size > 0) {
		ssize_t n = sendfile(to, fd, NULL, st.st_size);

		if (n <= 0)
			err(EXIT_FAILURE, "%s: cannot be copied", from);
		st.st_size -= n;
	}
	close(fd);
	/* One byte more is another file. */
	if (write(to, "", 1) != 1)
		err(EXIT_FAILURE, "%s: cannot be changed", from);
}

static const char *put_changed(const char *from)
{
	static const char path[] = "/tmp/changed";
	int to;

	unlink(path);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	copy(to, from);
	close(to);
	return path;
}

static int run_changed(void)
{
	return run(put_changed(PROGRAM));
}

static int run_in_place(void)
{
	int fd = open(PROGRAM, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || write(fd, "", 1) != 1)
		err(EXIT_FAILURE, PROGRAM);
	close(fd);
	return run(PROGRAM);
}

static int run_script(void)
{
	static const char text[] = "#!/bin/sh\nexit 0\n";
	int fd = open("/tmp/script", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(EXIT_FAILURE, "/tmp/script");
	close(fd);
	return run("/tmp/script");
}

static int run_memfd(void)
{
	char *const argv[] = { "memfd", NULL };
	int fd = memfd_create("memfd", 0);

	copy(fd, PROGRAM);
	return execute(fd, "", argv, false);
}

static int run_loader(void)
{
	char *const argv[] = { LOADER, (char *)put_changed("/usr/bin/id"), NULL };

	return execute(AT_FDCWD, LOADER, argv, false);
}

static int map_changed(void)
{
	return map_file(put_changed(LOADER), false);
}

static int protect_changed(void)
{
	return map_file(put_changed(LOADER), true);
}

static int map_anonymous(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	return at == MAP_FAILED ? -errno : 0;
}

static int mount_scratch(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL) ? -errno : 0;
}

static const struct {
	const char *name;
	int (*act)(void);
} acts[] = {
	{ "changed", run_changed },
	{ "in-place", run_in_place },
	{ "script", run_script },
	{ "memfd", run_memfd },
	{ "loader", run_loader },
	{ "map", map_changed },
	{ "mprotect", protect_changed },
	{ "anonymous", map_anonymous },
	{ "mount", mount_scratch },
};

static void try_act(const char *name)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(acts); i++) {
		if (strcmp(acts[i].name, name))
			continue;
		ret = acts[i].act();
		if (ret)
			printf("%s: denied (%s)\n", name, strerrorname_np(-ret));
		else
			printf("%s: done\n", name);
		return;
	}
	errx(EXIT_FAILURE, "no act %s", name);
}

int main(int argc, char **argv)
{
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "all"))
		return try_all();
	if (argc == 3 && !strcmp(argv[1], "enable"))
		return enable_all(argv[2]);
	for (i = 1; i < argc; i++)
		try_act(argv[i]);
	return 0;
}
