// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways out by looking into processes of the host: rows 1 and 6 to 9 of the
 * catalogue.
 */
#include <linux/kcmp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <kselftest_harness.h>

#include "try.h"

ESCAPES()

#define TRACED(number, how, what, object, errnum, ...)				\
	.row = number, .technique = how, .class = "ptrace", .attack = what,	\
	.arg = (void *)(object), .with = errnum, EVENT("class=ptrace", __VA_ARGS__)

/* This program, executed as another, tests nothing. */
__attribute__((constructor)) static void when_executed(int argc, char **argv)
{
	if (argc && !strcmp(argv[0], "program"))
		_exit(0);
}

struct file {
	const char *name;
	int flags;
};

#define FILE_OF(...) (&(const struct file){ .name = __VA_ARGS__ })

/* A file of the victim in the host's /proc. */
static int open_victim(const struct file *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/host/proc/%d/%s", esc->victim, file->name);
	return syscall(SYS_openat, AT_FDCWD, path, file->flags | O_CLOEXEC);
}

static int attack_open(void *arg)
{
	return esc_errno(open_victim(arg));
}

static int attack_readlink(void *arg)
{
	char path[64], target[256];

	snprintf(path, sizeof(path), "/host/proc/%d/%s", esc->victim, (const char *)arg);
	return esc_errno(syscall(SYS_readlinkat, AT_FDCWD, path, target, sizeof(target)));
}

/* 1 */

static int attack_exec_self(void *arg)
{
	return bh_exec("/proc/self/exe");
}

static int attack_exec_leaked(void *arg)
{
	return bh_execveat(esc->binary, "", AT_EMPTY_PATH);
}

static int attack_exec_leaked_path(void *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", esc->binary);
	return bh_exec(path);
}

#define RUN(how, what)								\
	.row = 1, .technique = how, .class = "exec", .attack = what,		\
	.with = EACCES, EVENT("class=exec")

ESCAPE(r01_exe, TRACED(1, "/proc/PID/exe of the runtime opened", attack_open, FILE_OF("exe"),
	EACCES, "access=read"));
ESCAPE(r01_exe_path, TRACED(1, "/proc/PID/exe of the runtime opened O_PATH", attack_open,
	FILE_OF("exe", O_PATH), EACCES, "access=read"));
ESCAPE(r01_self, RUN("/proc/self/exe executed, whose binary is the host's", attack_exec_self));
ESCAPE(r01_leaked, RUN("leaked binary of the host executed", attack_exec_leaked));
ESCAPE(r01_leaked_proc, RUN("the same through /proc/self/fd", attack_exec_leaked_path));
ESCAPE(r01_own, RUN("the same by exec path!=", attack_exec_leaked),
	.policy = "deny exec path!=/bin/**");

/* 6 */

static int attack_setns(void *arg)
{
	int fd = open_victim(arg), err = bh_opened_ns(fd);

	return err ?: esc_errno(syscall(SYS_setns, fd, 0));
}

static int attack_setns_pidfd(void *arg)
{
	return esc_errno(syscall(SYS_setns, esc->pidfd, (int)(long)arg));
}

ESCAPE(r06_mnt, TRACED(6, "nsenter by /proc/1/ns/mnt", attack_setns, FILE_OF("ns/mnt"), EACCES,
	"access=read"));
ESCAPE(r06_uts, TRACED(6, "nsenter by /proc/1/ns/uts", attack_setns, FILE_OF("ns/uts"), EACCES,
	"access=read"));
ESCAPE(r06_pidfd, TRACED(6, "setns of a pidfd", attack_setns_pidfd, CLONE_NEWNS, EPERM,
	"access=read"));
ESCAPE(r06_pidfd_all, TRACED(6, "setns of a pidfd, several namespaces", attack_setns_pidfd,
	CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC, EPERM, "access=read"));

/* 7 */

/* Nothing is judged before the memory is read. */
static int attack_read(void *arg)
{
	char bytes[64];
	int fd = open_victim(arg);

	if (fd < 0)
		return errno;
	return esc_errno(syscall(SYS_read, fd, bytes, sizeof(bytes)));
}

#define LOOK(name, how, what, ...)						\
ESCAPE(name, TRACED(7, how, what, FILE_OF(__VA_ARGS__), EACCES, "access=read"))

LOOK(r07_root, "/proc/1/root", attack_open, "root", O_DIRECTORY);
LOOK(r07_root_file, "a file below /proc/1/root", attack_open, "root/init");
LOOK(r07_cwd, "/proc/1/cwd", attack_open, "cwd", O_DIRECTORY);
LOOK(r07_environ, "/proc/1/environ", attack_read, "environ");
LOOK(r07_maps, "/proc/1/maps", attack_read, "maps");
LOOK(r07_auxv, "/proc/1/auxv", attack_read, "auxv");
LOOK(r07_fd, "/proc/1/fd/0", attack_open, "fd/0", O_PATH);
ESCAPE(r07_readlink, TRACED(7, "readlink of /proc/1/cwd", attack_readlink, "cwd", EACCES,
	"access=read"));

/* 8 */

static int attack_mem(void *arg)
{
	struct file file = { "mem", O_RDWR };
	long word = 7;
	int fd = open_victim(&file);

	if (fd < 0)
		return errno;
	return esc_errno(syscall(SYS_pwrite64, fd, &word, sizeof(word), esc->marker));
}

static int attack_getfd(void *arg)
{
	return esc_errno(syscall(SYS_pidfd_getfd, esc->pidfd, 0, 0));
}

static int attack_ptrace(void *arg)
{
	long request = (long)arg;

	if (syscall(SYS_ptrace, request, esc->victim, 0, 0))
		return errno;
	if (request == PTRACE_ATTACH)
		syscall(SYS_wait4, esc->victim, NULL, __WALL, NULL);
	return 0;
}

static int attack_vm(void *arg)
{
	long word = 7;
	struct iovec local = { &word, sizeof(word) };
	struct iovec remote = { esc->marker, sizeof(word) };

	return esc_errno(syscall((long)arg, esc->victim, &local, 1, &remote, 1, 0));
}

static int attack_kcmp(void *arg)
{
	return esc_errno(syscall(SYS_kcmp, getpid(), esc->victim, KCMP_VM, 0, 0));
}

static int attack_madvise(void *arg)
{
	struct iovec remote = { (void *)((long)esc->marker & ~4095L), 4096 };

	if (syscall(SYS_process_madvise, esc->pidfd, &remote, 1, 20 /* MADV_COLD */, 0) >= 0)
		return 0;
	return errno == ENOSYS ? esc_skip("the kernel lacks process_madvise") : errno;
}

ESCAPE(r08_mem, TRACED(8, "/proc/PID/mem written", attack_mem, NULL, EACCES, "access=attach"));
ESCAPE(r08_getfd, TRACED(8, "pidfd_getfd", attack_getfd, NULL, EPERM, "access=attach"));
ESCAPE(r08_madvise, TRACED(8, "process_madvise", attack_madvise, NULL, EACCES, "access=read"));

/* With the host's numbers, in a container that is one by its mount namespace. */
#define HOST_PID .host_pid = true, .ns = "mnt"

ESCAPE(r08_attach, TRACED(8, "PTRACE_ATTACH", attack_ptrace, PTRACE_ATTACH, EPERM,
	"access=attach"), HOST_PID);
ESCAPE(r08_seize, TRACED(8, "PTRACE_SEIZE", attack_ptrace, PTRACE_SEIZE, EPERM,
	"access=attach"), HOST_PID);
ESCAPE(r08_writev, TRACED(8, "process_vm_writev", attack_vm, SYS_process_vm_writev, EPERM,
	"access=attach"), HOST_PID);
ESCAPE(r08_readv, TRACED(8, "process_vm_readv", attack_vm, SYS_process_vm_readv, EPERM,
	"access=attach"), HOST_PID);
ESCAPE(r08_kcmp, TRACED(8, "kcmp", attack_kcmp, NULL, EPERM, "access=read"), HOST_PID);

/* 9 */

static int attack_traceme(void *arg)
{
	if (syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0))
		return errno;
	return 0;
}

/* By the other entry to the kernel. */
static int attack_traceme_32(void *arg)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "a" (26), "b" (PTRACE_TRACEME), "c" (0), "d" (0), "S" (0)
		     : "memory", "r8", "r9", "r10", "r11");
	return -ret;
}

ESCAPE(r09_traceme, TRACED(9, "PTRACE_TRACEME towards the host", attack_traceme, NULL, EPERM,
	"access=attach"), .policy = "deny ptrace role=tracee peer=outside");
ESCAPE(r09_traceme_32, TRACED(9, "the same by the entry for 32-bit programs", attack_traceme_32,
	NULL, EPERM, "access=attach"), .policy = "deny ptrace role=tracee peer=outside");

TEST_HARNESS_MAIN
