// SPDX-License-Identifier: GPL-2.0-only
/*
 * intruder PID: what an intruder tries who has taken over a service, a line NAME=done or
 * NAME=denied each. The file lies in the image at the place of the service's own program,
 * so that every rule for that program holds for it, too. It is static and needs no other
 * file. PID is a process of the host's, as the host numbers it, whose /proc is at /media.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *host;

/* Does the child end well that executes these words, or the open file if there is one? */
static bool runs(int fd, const char *path, const char *argument)
{
	char *argv[] = { (char *)"true", (char *)argument, NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (fd >= 0)
			fexecve(fd, argv, environ);
		else
			execv(path, argv);
		_exit(100);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* A program that does nothing, and no failure to write it counts as a denial. */
static void copy(int fd)
{
	int from = open("/usr/bin/true", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || from < 0 || fstat(from, &st) ||
	    sendfile(fd, from, NULL, st.st_size) != st.st_size) {
		perror("no payload");
		exit(1);
	}
	close(from);
}

static void drop(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);

	copy(fd);
	close(fd);
}

static bool run_from(const char *path)
{
	drop(path);
	return runs(-1, path, NULL);
}

static bool act_shm(void)
{
	return run_from("/dev/shm/payload");
}

static bool act_run(void)
{
	return run_from("/run/payload");
}

static bool act_drift(void)
{
	return run_from("/usr/bin/payload");
}

static bool act_memfd(void)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);

	copy(fd);
	return runs(fd, NULL, NULL);
}

static bool act_deleted(void)
{
	int fd;

	drop("/root/gone");
	fd = open("/root/gone", O_RDONLY | O_CLOEXEC);
	unlink("/root/gone");
	return runs(fd, NULL, NULL);
}

static bool act_loader(void)
{
	drop("/dev/shm/program");
	return runs(-1, "/lib64/ld-linux-x86-64.so.2", "/dev/shm/program");
}

static bool act_proc(void)
{
	return !mount("proc", "/srv", "proc", 0, NULL);
}

static bool act_overmount(void)
{
	return !mount("/etc", "/usr/local", NULL, MS_BIND, NULL);
}

static bool act_unmask(void)
{
	return !umount2("/proc/keys", 0);
}

static bool act_remount(void)
{
	return !mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static bool act_propagation(void)
{
	return !mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL);
}

static bool reads(const char *name)
{
	char path[64], byte;
	int fd;

	snprintf(path, sizeof(path), "/media/%s/%s", host, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &byte, 1) == 1;
}

static bool act_host_environ(void)
{
	return reads("environ");
}

static bool act_host_maps(void)
{
	return reads("maps");
}

static const struct {
	const char *name;
	bool (*succeeds)(void);
} acts[] = {
	{ "shm", act_shm },
	{ "run", act_run },
	{ "memfd", act_memfd },
	{ "deleted", act_deleted },
	{ "drift", act_drift },
	{ "loader", act_loader },
	{ "proc", act_proc },
	{ "overmount", act_overmount },
	{ "unmask", act_unmask },
	{ "remount", act_remount },
	{ "propagation", act_propagation },
	{ "host-environ", act_host_environ },
	{ "host-maps", act_host_maps },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc != 2)
		return 2;
	host = argv[1];
	for (i = 0; i < ARRAY_SIZE(acts); i++) {
		printf("%s=%s\n", acts[i].name, acts[i].succeeds() ? "done" : "denied");
		fflush(stdout);
	}
	return 0;
}
