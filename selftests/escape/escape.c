// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container: namespaces of its own, an overlay as its root, the masks and
 * read-only mounts that runtimes make. It is given more than a container should
 * have, so that each attack has what it needs: the host's /proc on /host/proc,
 * leaked descriptors, and every capability.
 */
#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "escape.h"
#include "fuse.h"

#define LOWER ESC_TOP "/lower"
#define MERGED ESC_TOP "/merged"
#define VOLUME ESC_TOP "/volume"
#define OWN "escape"

/* Policies to play with: of another container, and of none. */
#define BOUND "bound"
#define SPARE "spare"

struct esc_shared *esc;
static long marker = 0x5ec3e7;

int esc_skip(const char *reason)
{
	snprintf(esc->reason, sizeof(esc->reason), "%s", reason);
	return ESC_SKIP;
}

int esc_broken(const char *what)
{
	snprintf(esc->reason, sizeof(esc->reason), "%s: %s", what, strerror(errno));
	return ESC_BROKEN;
}

const char *esc_policy(const struct escape *escape)
{
	if (escape->policy)
		return bh_policy(OWN, "%s", escape->policy) ? NULL : OWN;
	return strncmp(bh_load_bytes(container_default, container_default_end - container_default),
		       "ok ", 3) ? NULL : "container-default";
}

static const char *outcome(int result)
{
	static char text[32];

	if (!result)
		return "succeeds";
	if (result < 0)
		return "not tried";
	if (result < 1000 && strerrorname_np(result))
		return strerrorname_np(result);
	snprintf(text, sizeof(text), "%d", result);
	return text;
}

void esc_tell(const struct escape *escape, int without, int with)
{
	printf("# | %d | %s | %s", escape->row, escape->technique, outcome(without));
	printf(" | %s | %s |\n", outcome(with), escape->class);
	fflush(stdout);
}

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	esc->result = esc_broken(what);
	_exit(1);
}

static void must_mount(const char *source, const char *target, const char *type,
		       unsigned long flags, const char *data)
{
	must(mount(source, target, type, flags, data), target);
}

/* What an image has, and the places for what a runtime mounts. */
static void make_image(void)
{
	static const char *const dirs[] = {
		LOWER, ESC_TOP "/upper", ESC_TOP "/work", MERGED, VOLUME,
		LOWER "/bin", LOWER "/dev", LOWER "/proc", LOWER "/sys", LOWER "/tmp",
		LOWER "/mnt", LOWER "/mnt/a", LOWER "/mnt/b", LOWER "/vol", LOWER "/host",
		LOWER "/host/proc", LOWER "/old", LOWER "/ro", LOWER "/etc",
	};
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		must(mkdir(dirs[i], 0755), dirs[i]);
	bh_make_program(LOWER "/bin/prog");
	bh_make_program(LOWER "/bin/victim");
	bh_make_file(LOWER "/etc/passwd", "root:x:0:0::/:/bin/prog\n", 0644);
}

/* In the host: the mounts that come from there. */
static void prepare(void)
{
	must(syscall(SYS_unshare, CLONE_NEWNS), "unshare");
	must_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir(ESC_TOP, 0755);
	must_mount("scratch", ESC_TOP, "tmpfs", 0, "mode=755");
	make_image();
	must_mount("overlay", MERGED, "overlay", 0,
		   "lowerdir=" LOWER ",upperdir=" ESC_TOP "/upper,workdir=" ESC_TOP "/work");
	must_mount("volume", VOLUME, "tmpfs", 0, NULL);
	bh_make_program(ESC_TOP "/runtime");
	esc->module = open(BH_MODULE, O_RDONLY);
	esc->binary = open(ESC_TOP "/runtime", O_RDONLY);
}

void esc_turn_link(void)
{
	const char *to = esc->turned++ & 1 ? esc->other : esc->word;

	unlink(VOLUME "/link");
	if (symlink(to, VOLUME "/link"))
		_exit(1);
}

void esc_turn_word(void)
{
	esc->turned++;
	strcpy(esc->word, esc->other);
}

/* Where there is no fuse, nothing is served. */
static pid_t serve(const struct escape *escape)
{
	int fd, told[2];
	pid_t pid;

	must(mkdir(VOLUME "/served", 0755), "mkdir served");
	must(mkdir(VOLUME "/rw", 0755), "mkdir rw");
	must(mkdir(VOLUME "/ro", 0755), "mkdir ro");
	must_mount(VOLUME "/rw", VOLUME "/ro", NULL, MS_BIND, NULL);
	must_mount(NULL, VOLUME "/ro", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	must(pipe2(told, O_CLOEXEC), "pipe2");
	fd = fuse_mount(VOLUME "/served");
	if (fd < 0)
		return 0;
	pid = fork();
	must(pid, "fork");
	if (!pid) {
		syscall(SYS_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL);
		fuse_serve(fd, FUSE_READLINK, told[1], escape->turn);
	}
	close(fd);
	return pid;
}

/* A process of the host, or of another container, which a policy confines. */
static void start_victim(bool bound)
{
	struct clone_args args = {
		.flags = bound ? CLONE_NEWPID : 0, .exit_signal = SIGCHLD,
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	must(pid, "clone3");
	if (!pid) {
		/* Also if the container cannot be made. */
		syscall(SYS_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL);
		for (;;)
			pause();
	}
	esc->victim = pid;
	esc->marker = &marker;
	if (bound) {
		errno = -bh_write("bind", "policy=" BOUND " ns=pid pid=%d", pid);
		must(errno ? -1 : 0, "bind");
	}
	esc->pidfd = syscall(SYS_pidfd_open, pid, 0);
	must(esc->pidfd, "pidfd_open");
	/* Close-on-exec is what a leaked descriptor lacks. */
	fcntl(esc->pidfd, F_SETFD, 0);
}

/* In the container: its root, and the masks. */
static void build(bool own_proc)
{
	must_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	must_mount(MERGED, MERGED, NULL, MS_BIND | MS_REC, NULL);
	must_mount("/proc", MERGED "/host/proc", NULL, MS_BIND | MS_REC, NULL);
	if (own_proc)
		must_mount("proc", MERGED "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			   NULL);
	else
		must_mount("/proc", MERGED "/proc", NULL, MS_BIND | MS_REC, NULL);
	must_mount("/sys", MERGED "/sys", NULL, MS_BIND | MS_REC, NULL);
	must_mount("dev", MERGED "/dev", "tmpfs", MS_NOSUID, "mode=755");
	must(mkdir(MERGED "/dev/shm", 01777), "mkdir /dev/shm");
	must_mount("shm", MERGED "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	bh_make_file(MERGED "/dev/null", "", 0666);
	must_mount("/dev/null", MERGED "/dev/null", NULL, MS_BIND, NULL);
	must_mount(VOLUME, MERGED "/vol", NULL, MS_BIND | MS_REC, NULL);
	must_mount(MERGED "/proc/sys", MERGED "/proc/sys", NULL, MS_BIND | MS_REC, NULL);
	must_mount(NULL, MERGED "/proc/sys", NULL,
		   MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	must_mount("/dev/null", MERGED "/proc/kcore", NULL, MS_BIND, NULL);
	esc->leaked = open(MERGED "/sys/firmware", O_PATH | O_DIRECTORY);
	must_mount("mask", MERGED "/sys/firmware", "tmpfs", MS_RDONLY, NULL);
	must_mount("ro", MERGED "/ro", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		   NULL);
	must(chdir(MERGED), "chdir");
	must(syscall(SYS_pivot_root, ".", "old"), "pivot_root");
	must(chdir("/"), "chdir");
	must(umount2("/old", MNT_DETACH), "umount /old");
}

static void container(const struct escape *escape, int ready, int go)
{
	char c = 0;

	/* Whoever makes it may fail after this. */
	syscall(SYS_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL);
	/* Root is mapped by who waits for the first word. */
	if (write(ready, &c, 1) != 1 || read(go, &c, 1) != 1)
		_exit(1);
	build(!escape->host_pid);
	if (write(ready, &c, 1) != 1 || read(go, &c, 1) != 1)
		_exit(1);
	esc->result = escape->attack(escape->arg);
	_exit(0);
}

static void map_root(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	must(bh_write(path, "0 0 4294967295\n"), path);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	must(bh_write(path, "0 0 4294967295\n"), path);
}

static pid_t clone_container(const struct escape *escape)
{
	struct clone_args args = {
		.flags = escape->flags | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
			 (escape->host_pid ? 0 : CLONE_NEWPID),
		.exit_signal = SIGCHLD,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

/* A process of the host that makes the container and lives until it ends. */
static int make(const struct escape *escape, const char *policy)
{
	int ready[2], go[2], status;
	pid_t pid, server = 0;
	char c = 0;

	prepare();
	if (escape->turn)
		server = serve(escape);
	if (escape->others) {
		errno = -bh_policy(BOUND, "%s", "") - bh_policy(SPARE, "%s", "");
		must(errno ? -1 : 0, "policy");
	}
	start_victim(escape->others);
	must(pipe2(ready, O_CLOEXEC), "pipe2");
	must(pipe2(go, O_CLOEXEC), "pipe2");
	pid = clone_container(escape);
	must(pid, "clone3");
	if (!pid)
		container(escape, ready[1], go[0]);
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &c, 1) == 1 && escape->flags & CLONE_NEWUSER)
		map_root(pid);
	if (write(go[1], &c, 1) == 1 && read(ready[0], &c, 1) == 1) {
		if (policy) {
			errno = -bh_write("bind", "policy=%s ns=%s pid=%d", policy,
					  escape->ns ? escape->ns : "pid", pid);
			must(errno ? -1 : 0, "bind");
		}
		must(write(go[1], &c, 1), "go");
	}
	/* A stop is one of a process that is traced. */
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		syscall(SYS_ptrace, 7 /* PTRACE_CONT */, pid, 0, 0);
	kill(esc->victim, SIGKILL);
	if (server)
		kill(server, SIGKILL);
	return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : 0;
}

int esc_run(const struct escape *escape, const char *policy)
{
	int status;
	pid_t pid;

	if (!esc)
		esc = mmap(NULL, sizeof(*esc), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (esc == MAP_FAILED)
		exit(1);
	memset(esc, 0, sizeof(*esc));
	esc->result = -1;
	pid = fork();
	if (!pid)
		_exit(make(escape, policy));
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) > 100)
		return 1000 + WEXITSTATUS(status) - 100;
	return esc->result;
}
