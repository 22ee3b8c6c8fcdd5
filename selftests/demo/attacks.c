// SPDX-License-Identifier: GPL-2.0-only
/*
 * The acts of a program that an intruder controls, each with its outcome in
 * plain words: a line "WORDS: done" or "WORDS: denied (ERRNO)" for each.
 *
 *	attacks [-p PID] [-w] ACT...
 *
 * PID is a process of the host, as /host/proc numbers it. With -w the program
 * then stays until its standard input is closed. Invoked as "payload" it only
 * shows that it ran.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAYLOAD_RAN	42
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct act {
	const char *name;
	const char *words;
	int (*run)(void);	/* 0, or a negative errno */
};

static const char *host_pid = "1";

static int failure(int result)
{
	return result < 0 ? -errno : 0;
}

static int copy_self_to(int to)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (self < 0 || fstat(self, &st))
		err(EXIT_FAILURE, "/proc/self/exe");
	if (sendfile(to, self, NULL, st.st_size) != st.st_size)
		err(EXIT_FAILURE, "cannot copy the payload");
	close(self);
	return to;
}

static void copy_self(const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (to < 0)
		err(EXIT_FAILURE, "%s", path);
	close(copy_self_to(to));
}

/* Runs act in a child, so that what it does to its process ends with it. */
static int in_child(int (*act)(int fd, const char *path), int fd, const char *path)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (pid == 0)
		_exit(-act(fd, path));
	if (waitpid(pid, &status, 0) != pid)
		err(EXIT_FAILURE, "waitpid");
	if (WIFSIGNALED(status))
		return -EINTR;
	return -WEXITSTATUS(status);
}

static int exec_payload(int fd, const char *path)
{
	char *const argv[] = { "payload", NULL };
	char *const envp[] = { NULL };

	return failure(syscall(SYS_execveat, fd, path, argv, envp, *path ? 0 : AT_EMPTY_PATH));
}

static int run_payload(int fd, const char *path)
{
	int result = in_child(exec_payload, fd, path);

	return result == -PAYLOAD_RAN ? 0 : result;
}

static int exec_image(void)
{
	return run_payload(AT_FDCWD, "/usr/bin/payload");
}

static int exec_tmpfs(void)
{
	copy_self("/tmp/payload");
	return run_payload(AT_FDCWD, "/tmp/payload");
}

static int exec_upper(void)
{
	copy_self("/usr/bin/update");
	return run_payload(AT_FDCWD, "/usr/bin/update");
}

static int exec_memfd(void)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);

	if (fd < 0)
		err(EXIT_FAILURE, "memfd_create");
	return run_payload(copy_self_to(fd), "");
}

static int mount_scratch(void)
{
	mkdir("/tmp/scratch", 0700);
	return failure(mount("scratch", "/tmp/scratch", "tmpfs", MS_NOSUID | MS_NODEV, NULL));
}

static int mount_tmpfs(void)
{
	int result;

	mkdir("/tmp/mnt", 0700);
	result = failure(mount("none", "/tmp/mnt", "tmpfs", 0, NULL));
	if (!result)
		umount2("/tmp/mnt", MNT_DETACH);
	return result;
}

static int mount_in_steps(void)
{
	int fs, mnt, result;

	mkdir("/tmp/mnt", 0700);
	fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0)
		return -errno;
	result = failure(move_mount(mnt, "", AT_FDCWD, "/tmp/mnt", MOVE_MOUNT_F_EMPTY_PATH));
	if (!result)
		umount2("/tmp/mnt", MNT_DETACH);
	return result;
}

static int unmask(void)
{
	return failure(umount2("/proc/kcore", MNT_DETACH));
}

static int remount(void)
{
	return failure(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int attach(int fd, const char *path)
{
	pid_t pid = fork();
	int result;

	(void)fd;
	(void)path;
	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (pid == 0) {
		pause();
		_exit(0);
	}
	result = failure(ptrace(PTRACE_SEIZE, pid, 0, 0));
	kill(pid, SIGKILL);
	return result;
}

static int trace_own(void)
{
	return in_child(attach, -1, NULL);
}

static int open_host(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/host/proc/%s/%s", host_pid, name);
	return open(path, flags | O_CLOEXEC);
}

static int host_memory(void)
{
	return failure(open_host("mem", O_RDWR));
}

static int host_files(void)
{
	return failure(open_host("root", O_RDONLY | O_DIRECTORY));
}

static int enter(int fd, const char *path)
{
	(void)path;
	return failure(setns(fd, CLONE_NEWNS));
}

static int host_mounts(void)
{
	int fd = open_host("ns/mnt", O_RDONLY);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs))
		return -errno;
	/* On 5.10 a refusal is to open the directory that the file is in. */
	return fs.f_type == NSFS_MAGIC ? in_child(enter, fd, NULL) : -EACCES;
}

static const struct act acts[] = {
	{ "exec-image", "run a program that the image ships", exec_image },
	{ "trace-own", "trace a process of its own", trace_own },
	{ "mount-scratch", "mount a tmpfs as the policy allows it", mount_scratch },
	{ "exec-tmpfs", "run a payload copied to a tmpfs", exec_tmpfs },
	{ "exec-memfd", "run a payload from memory (memfd)", exec_memfd },
	{ "exec-upper", "run a program added after the image was built", exec_upper },
	{ "mount-tmpfs", "mount a tmpfs", mount_tmpfs },
	{ "mount-in-steps", "mount a tmpfs by the new mount calls", mount_in_steps },
	{ "unmask", "unmount the mask on /proc/kcore", unmask },
	{ "remount", "make /proc/sys writable", remount },
	{ "host-memory", "open the memory of a host process", host_memory },
	{ "host-files", "open the host's files through its /proc", host_files },
	{ "host-mounts", "enter the host's mount namespace", host_mounts },
};

static const struct act *act_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			return &acts[i];
	errx(EXIT_FAILURE, "no act is named %s", name);
}

static void perform(const struct act *act)
{
	int result = act->run();

	if (result)
		printf("%s: denied (%s)\n", act->words, strerrorname_np(-result));
	else
		printf("%s: done\n", act->words);
	fflush(stdout);
}

static void wait_for_end_of_input(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	int option, wait = 0;

	if (strcmp(argv[0], "payload") == 0)
		return PAYLOAD_RAN;

	while ((option = getopt(argc, argv, "p:w")) != -1) {
		if (option == 'p')
			host_pid = optarg;
		else if (option == 'w')
			wait = 1;
		else
			return EXIT_FAILURE;
	}
	for (; optind < argc; optind++)
		perform(act_named(argv[optind]));
	if (wait)
		wait_for_end_of_input();
	return EXIT_SUCCESS;
}
