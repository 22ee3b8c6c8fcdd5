// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest instructions per check.
 *
 * Runs in a machine whose time is its count of instructions (QEMU's -icount
 * shift=0): the time stamp counter then counts instructions, and the same
 * program on the same kernel gives the same figures. Each figure is the cost
 * of a system call with the check less its cost without the module.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bulkhead.h>

#define SAMPLES		301
#define PROGRAMS	"/bench/programs"
#define MODULE		"/bulkhead.ko"

enum act {
	ACT_EXEC,
	ACT_MAP,
	ACT_MOUNT,
	ACT_PTRACE,
	ACTS,
};

static const char * const act_names[ACTS] = { "exec", "map", "mount", "ptrace" };

/* The file that is mapped. */
static int program;

/* What an act costs without the module. */
static uint64_t base[ACTS];

static void die(const char *what)
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

static int compare(const void *a, const void *b)
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
static void act(enum act which, pid_t child)
{
	static char * const argv[] = { "x", NULL };
	long ret;

	switch (which) {
	case ACT_EXEC:
		ret = execve(PROGRAMS "/5/bin/prog-5", argv, argv + 1);
		if (ret != -1 || errno != ENOEXEC)
			die("execve");
		break;
	case ACT_MAP:
		if (mmap((void *)(1UL << 40 | 1), 4096, PROT_READ | PROT_EXEC,
			 MAP_PRIVATE | MAP_FIXED, program, 0) != MAP_FAILED || errno != EINVAL)
			die("mmap");
		break;
	case ACT_MOUNT:
		ret = mount(NULL, "/bench/mnt", NULL, MS_REMOUNT, NULL);
		if (ret != -1 || errno != EINVAL)
			die("mount");
		break;
	default:
		ret = syscall(SYS_kcmp, getpid(), child, KCMP_VM, 0, 0);
		if (ret < 0)
			die("kcmp");
	}
}

/* A child to be looked at. Its number decides on what it costs to find it. */
static pid_t start_child(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (!child) {
		pause();
		_exit(0);
	}
	return child;
}

/* The least cost of an act, in instructions: what is above it is other work. */
static uint64_t measure(enum act which, pid_t child)
{
	uint64_t samples[SAMPLES];
	int i;

	for (i = -SAMPLES; i < SAMPLES; i++) {
		uint64_t start = now();

		act(which, child);
		if (i >= 0)
			samples[i] = now() - start;
	}
	qsort(samples, SAMPLES, sizeof(*samples), compare);
	return samples[0];
}

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		die(path);
	close(fd);
}

static void command(const char *name, const char *format, ...)
{
	char path[128], text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(path, sizeof(path), BULKHEAD_DIR "/%s", name);
	write_file(path, text, len);
}

static void insmod(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die("insmod");
	close(fd);
}

/* A policy of @rules rules, of which one allows the acts. */
static char *write_policy(const char *name, int rules, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	int i;

	fprintf(f, "policy %s version 1\ndefault exec deny\ndefault mount deny\n", name);
	fprintf(f, "default map deny\ndefault ptrace deny\n");
	fprintf(f, "allow map path=" PROGRAMS "/**\n");
	fprintf(f, "allow mount op=remount target=/bench/**\n");
	fprintf(f, "allow ptrace exe=/bench/*\n");
	for (i = 0; i < rules - 3; i++)
		fprintf(f, "allow exec path=" PROGRAMS "/%d/bin/prog-%d\n", i, i);
	fprintf(f, "end\n");
	fclose(f);
	return text;
}

static unsigned long policy_info(const char *policy, const char *key)
{
	char path[256], line[256];
	unsigned long value = 0;
	FILE *f;

	snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s/info", policy);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			value = strtoul(line + strlen(key), NULL, 10);
	fclose(f);
	return value;
}

static void load_rules(int rules)
{
	char name[32];
	uint64_t cost;
	size_t len;
	char *text;

	snprintf(name, sizeof(name), "rules-%d", rules);
	text = write_policy(name, rules, &len);
	cost = now();
	write_file(BULKHEAD_DIR "/load", text, len);
	cost = now() - cost;
	printf("load %6d rules: %6lu instructions and %4lu bytes for each\n", rules,
	       (unsigned long)(cost / rules), policy_info(name, "bytes ") / rules);
	fflush(stdout);
	free(text);
}

static void print_costs(const char *label, pid_t child)
{
	int which;

	printf("%-34s", label);
	for (which = 0; which < ACTS; which++)
		printf(" %8ld", (long)(measure(which, child) - base[which]));
	printf("\n");
	fflush(stdout);
}

/* In a pid namespace of its own, which is bound to a policy. */
static void confine_and_print(const char *label, const char *policy)
{
	int go[2], status;
	pid_t pid;
	char c;

	if (pipe(go) || unshare(CLONE_NEWPID))
		die("unshare");
	pid = fork();
	if (!pid) {
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		print_costs(label, start_child());
		_exit(0);
	}
	command("bind", "policy=%s ns=pid pid=%d\n", policy, pid);
	if (write(go[1], "g", 1) != 1 || waitpid(pid, &status, 0) != pid || status)
		die("confined child");
	_exit(0);
}

static void print_confined(const char *label, const char *policy)
{
	int status;
	pid_t pid;

	/* A process can make but one pid namespace for its children. */
	pid = fork();
	if (!pid)
		confine_and_print(label, policy);
	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
}

/* Binds @nr user namespaces, which live as long as their files are open. */
static void bind_namespaces(int nr, const char *policy, int *fds)
{
	char path[64];
	int ready[2], go[2];
	pid_t pid;
	char c;
	int i;

	for (i = 0; i < nr; i++) {
		if (pipe(ready) || pipe(go))
			die("pipe");
		pid = fork();
		if (!pid) {
			if (unshare(CLONE_NEWUSER) || write(ready[1], "r", 1) != 1 ||
			    read(go[0], &c, 1) != 1)
				_exit(1);
			_exit(0);
		}
		if (read(ready[0], &c, 1) != 1)
			die("user namespace");
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			die(path);
		command("bind", "policy=%s ns=user fd=%d\n", policy, fds[i]);
		if (write(go[1], "g", 1) != 1)
			die("write");
		waitpid(pid, NULL, 0);
		close(ready[0]);
		close(ready[1]);
		close(go[0]);
		close(go[1]);
	}
}

static void prepare(void)
{
	struct rlimit files = { 20480, 20480 };

	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
	write_file("/proc/sys/user/max_user_namespaces", "20480", 5);
	mkdir(PROGRAMS, 0755);
	mkdir(PROGRAMS "/5", 0755);
	mkdir(PROGRAMS "/5/bin", 0755);
	mkdir("/bench/mnt", 0755);
	program = open(PROGRAMS "/5/bin/prog-5", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (program < 0 || write(program, "none", 4) != 4)
		die("program");
	close(program);
	program = open(PROGRAMS "/5/bin/prog-5", O_RDONLY | O_CLOEXEC);
	if (program < 0)
		die("program");
}

/* A thousand instructions must take a thousand ticks, or no figure means anything. */
static void calibrate(void)
{
	uint64_t start = now(), ticks;
	long n = 100000;

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) :: "cc");
	ticks = now() - start;
	if (ticks < 199000 || ticks > 202000) {
		fprintf(stderr, "bench: 200000 instructions took %lu ticks: not under -icount?\n",
			(unsigned long)ticks);
		exit(1);
	}
}

int main(void)
{
	static const int rules[] = { 10, 1000, 100000 };
	static const int namespaces[] = { 1, 1000, 10000 };
	int *fds = calloc(namespaces[2], sizeof(*fds));
	char label[64], policy[32];
	int which, bound = 0;
	unsigned int i;
	pid_t child;

	calibrate();
	prepare();
	child = start_child();
	for (which = 0; which < ACTS; which++)
		base[which] = measure(which, child);
	insmod();
	for (i = 0; i < 3; i++)
		load_rules(rules[i]);
	printf("%-34s", "instructions added to a call");
	for (which = 0; which < ACTS; which++)
		printf(" %8s", act_names[which]);
	printf("\n");
	print_costs("unconfined, nothing bound", child);
	for (i = 0; i < 3; i++) {
		snprintf(policy, sizeof(policy), "rules-%d", rules[i]);
		snprintf(label, sizeof(label), "confined, %d rules", rules[i]);
		print_confined(label, policy);
	}
	for (i = 0; i < 3; i++) {
		bind_namespaces(namespaces[i] - bound, "rules-10", fds + bound);
		bound = namespaces[i];
		snprintf(label, sizeof(label), "unconfined, %d namespaces bound", bound);
		print_costs(label, child);
		snprintf(label, sizeof(label), "confined, %d namespaces bound", bound);
		print_confined(label, "rules-1000");
	}
	for (i = 0; i < (unsigned int)bound; i++)
		close(fds[i]);
	/* What is left is the error of the measurement. */
	sleep(3);
	if (syscall(SYS_delete_module, "bulkhead", 0))
		die("rmmod");
	print_costs("without the module again", child);
	kill(child, SIGKILL);
	free(fds);
	return 0;
}
