// SPDX-License-Identifier: GPL-2.0-only
/*
 * attacker NAMESPACE DIRECTORY [bystander]: makes a namespace (pid, user or mnt) and in it,
 * as soon as the file DIRECTORY/go is there, tries again and again what the policy denies.
 *
 * DIRECTORY/tries counts the tries, /won those that succeeded, and /pid has the process as
 * the caller numbers it. A bystander tries nothing, and answers on the socket DIRECTORY/door,
 * a connection for as long as it lives.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *directory;

static int open_in(const char *name, int flags)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static unsigned long *counter(const char *name)
{
	int fd = open_in(name, O_RDWR | O_CREAT);
	void *page;

	if (fd < 0 || ftruncate(fd, 4096))
		err(1, "%s", name);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		err(1, "mmap");
	close(fd);
	return page;
}

static bool execute(void)
{
	char *const argv[] = { "payload", NULL };
	int status;
	pid_t child = fork();

	if (!child) {
		execve("/tmp/payload", argv, NULL);
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static bool mount_something(void)
{
	if (mount("none", "/mnt", "tmpfs", 0, NULL))
		return false;
	umount("/mnt");
	return true;
}

/* A child too many between fork and execve is what an upgrade must not miss. */
static void attack(void)
{
	unsigned long *tries = counter("tries"), *won = counter("won");

	for (;;) {
		if (execute())
			__atomic_fetch_add(won, 1, __ATOMIC_RELAXED);
		if (mount_something())
			__atomic_fetch_add(won, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(tries, 1, __ATOMIC_RELAXED);
	}
}

static void answer(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), caller;
	char letter;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/door", directory);
	if (bind(door, (struct sockaddr *)&address, sizeof(address)) || listen(door, 1))
		err(1, "door");
	caller = accept(door, NULL, NULL);
	while (read(caller, &letter, 1) == 1)
		if (write(caller, &letter, 1) != 1)
			err(1, "answer");
	errx(1, "the connection is lost");
}

static int flags_of(const char *ns)
{
	if (!strcmp(ns, "pid"))
		return CLONE_NEWPID | CLONE_NEWNS;
	if (!strcmp(ns, "user"))
		return CLONE_NEWUSER | CLONE_NEWNS;
	return CLONE_NEWNS;
}

static void say_pid(pid_t pid)
{
	int fd = open_in("pid.new", O_WRONLY | O_CREAT);
	char from[256], to[256];

	if (fd < 0 || dprintf(fd, "%d\n", (int)pid) < 0)
		err(1, "pid");
	close(fd);
	snprintf(from, sizeof(from), "%s/pid.new", directory);
	snprintf(to, sizeof(to), "%s/pid", directory);
	if (rename(from, to))
		err(1, "rename");
}

int main(int argc, char **argv)
{
	int flags, gate[2];
	pid_t child;

	if (argc < 3)
		errx(2, "attacker NAMESPACE DIRECTORY [bystander]");
	directory = argv[2];
	flags = flags_of(argv[1]);
	/* unshare of a pid namespace is for the children. */
	if (pipe2(gate, O_CLOEXEC) || unshare(flags) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "unshare");
	child = fork();
	if (!child) {
		char c;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(gate[0], &c, 1) != 1)
			_exit(1);
		if (argc > 3)
			answer();
		attack();
	}
	say_pid(child);
	while (open_in("go", O_RDONLY) < 0)
		usleep(50 * 1000);
	if (write(gate[1], "", 1) != 1)
		err(1, "gate");
	wait(NULL);
	return 1;
}
