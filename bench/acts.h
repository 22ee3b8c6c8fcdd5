/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured: four system calls, in guest instructions.
 *
 * Under QEMU's -icount shift=0 the time stamp counter counts instructions.
 */
#ifndef BULKHEAD_BENCH_ACTS_H
#define BULKHEAD_BENCH_ACTS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLES		301
#define PROGRAMS	"/bench/programs"
#define PROGRAM		PROGRAMS "/5/bin/prog-5"

/* What the program holds, and its SHA-256. */
#define CONTENT		"none"
#define CONTENT_SHA256	"140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"

enum act {
	ACT_EXEC,
	ACT_MAP,
	ACT_MOUNT,
	ACT_PTRACE,
	ACTS,
};

static const char * const act_names[ACTS] = { "exec", "map", "mount", "ptrace" };

/* The file that is executed, and mapped. */
static const char *program = PROGRAM;
static int program_fd;

static inline void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline uint64_t now(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * The program is text without a "#!", so that execve() fails, but only after the
 * check, and without the kernel's looking for a module that knows the format. Memory
 * cannot be mapped at an address that is no page's, which the kernel too finds out
 * after the check. A directory that nothing is mounted on cannot be remounted. kcmp()
 * asks to read the child.
 */
static inline void act(enum act which, pid_t child)
{
	static char * const argv[] = { "x", NULL };
	long ret;

	switch (which) {
	case ACT_EXEC:
		ret = execve(program, argv, argv + 1);
		if (ret != -1 || (errno != ENOEXEC && errno != EACCES))
			die("execve");
		break;
	case ACT_MAP:
		if (mmap((void *)(1UL << 40 | 1), 4096, PROT_READ | PROT_EXEC,
			 MAP_PRIVATE | MAP_FIXED, program_fd, 0) != MAP_FAILED ||
		    (errno != EINVAL && errno != EACCES))
			die("mmap");
		break;
	case ACT_MOUNT:
		ret = mount(NULL, "/bench/mnt", NULL, MS_REMOUNT, NULL);
		if (ret != -1 || (errno != EINVAL && errno != EPERM))
			die("mount");
		break;
	default:
		ret = syscall(SYS_kcmp, getpid(), child, KCMP_VM, 0, 0);
		if (ret < 0)
			die("kcmp");
	}
}

/*
 * Has the kernel's allocators hold other memory at hand: while a call finds none there, each
 * costs some 280 instructions more.
 */
static inline void stir(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("fork");
}

/* The least cost of an act, in instructions: what is above it is other work. */
static inline uint64_t measure(enum act which, pid_t child)
{
	uint64_t samples[SAMPLES];
	int i;

	for (i = -SAMPLES; i < SAMPLES; i++) {
		uint64_t start;

		if (!(i % 64))
			stir();
		start = now();
		act(which, child);
		if (i >= 0)
			samples[i] = now() - start;
	}
	qsort(samples, SAMPLES, sizeof(*samples), compare);
	return samples[0];
}

static inline void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		die(path);
	close(fd);
}

static inline void open_program(void)
{
	mkdir(PROGRAMS, 0755);
	mkdir(PROGRAMS "/5", 0755);
	mkdir(PROGRAMS "/5/bin", 0755);
	mkdir("/bench/mnt", 0755);
	program_fd = open(PROGRAM, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (program_fd < 0 || write(program_fd, CONTENT, 4) != 4)
		die("program");
	close(program_fd);
	program_fd = open(PROGRAM, O_RDONLY | O_CLOEXEC);
	if (program_fd < 0)
		die("program");
}

/*
 * A thousand instructions must take a thousand ticks, or no figure means anything. Unless other
 * work comes between: so the least of some tries counts.
 */
static inline void calibrate(void)
{
	uint64_t start, ticks = UINT64_MAX;
	long n;
	int i;

	for (i = 0; i < 10; i++) {
		n = 100000;
		start = now();
		__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) :: "cc");
		start = now() - start;
		ticks = start < ticks ? start : ticks;
	}
	if (ticks < 199000 || ticks > 202000) {
		fprintf(stderr, "bench: 200000 instructions took %lu ticks: not under -icount?\n",
			(unsigned long)ticks);
		exit(1);
	}
}

#endif /* BULKHEAD_BENCH_ACTS_H */
