// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others add to the calls that bench.c measures.
 *
 * peer base				prints what each call costs, for the others
 * peer NAME COST COST COST COST	prints what the security module NAME adds to that
 *
 * The kernel was booted with that module alone. Each has RULES rules of the paths of
 * programs, of which one allows the act, or as near to that as it comes.
 */
#define _GNU_SOURCE
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#ifdef BENCH_BPF
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#endif

#include "acts.h"

#define RULES 1000

static uint64_t base[ACTS];

/* Confined as its parent is, of which not all may execute a program. */
static pid_t fork_child(void)
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

static void print_row(const char *label)
{
	pid_t child = fork_child();
	int which;

	printf("%-36s", label);
	for (which = 0; which < ACTS; which++)
		printf(" %8ld ", (long)(measure(which, child) - base[which]));
	printf("\n");
	fflush(stdout);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void print_base(void)
{
	pid_t child = fork_child();
	int which;

	for (which = 0; which < ACTS; which++)
		printf("%lu ", (unsigned long)measure(which, child));
	printf("\n");
	kill(child, SIGKILL);
}

static const char *nth_program(int i)
{
	static char path[64];

	snprintf(path, sizeof(path), PROGRAMS "/%d/bin/prog-%d", i, i);
	return path;
}

static int run(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* It misses its configuration, which it does not need. */
		close(STDERR_FILENO);
		open("/dev/null", O_WRONLY);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die(argv[0]);
	return status;
}

static int print_apparmor(void)
{
	static const char profile[] = "/bench/profile";
	char *const parser[] = { "/sbin/apparmor_parser", "-K", "-r", (char *)profile, NULL };
	FILE *f = fopen(profile, "w");
	int i;

	if (!f)
		die(profile);
	fprintf(f, "profile bench {\n  capability,\n  signal,\n  ptrace peer=bench,\n");
	fprintf(f, "  remount /bench/**,\n  /** rwk,\n  " PROGRAMS "/** m,\n");
	for (i = 0; i < RULES; i++)
		fprintf(f, "  %s ix,\n", nth_program(i));
	fprintf(f, "}\n");
	fclose(f);
	print_row("AppArmor, unconfined");
	if (run(parser))
		return 1;
	write_file("/proc/self/attr/current", "changeprofile bench", 19);
	print_row("AppArmor, confined, 1000 rules");
	return 0;
}

static int allow_execute(int rules, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	int err = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);

	close(rule.parent_fd);
	return err;
}

/* Has no rules for map; and denies every mount. */
static int print_landlock(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE };
	int rules, i;

	print_row("Landlock, no domain");
	rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return 1;
	mkdir("/bench/more", 0755);
	for (i = 0; i < RULES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/bench/more/%d", i);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
		if (allow_execute(rules, path))
			return 1;
	}
	if (allow_execute(rules, PROGRAM) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, rules, 0))
		return 1;
	print_row("Landlock, in a domain (mount: no)");
	return 0;
}

/* What was written for this program before its execution put the module in force. */
static int print_tomoyo(void)
{
	char rule[128];
	int i;

	for (i = 0; i < RULES; i++) {
		int len = snprintf(rule, sizeof(rule), "select <kernel> /bench/peer\n"
				   "file execute %s\n", nth_program(i));

		write_file("/sys/kernel/security/tomoyo/domain_policy", rule, len);
	}
	print_row("TOMOYO, confined, 1000 rules");
	return 0;
}

#ifdef BENCH_BPF
struct namespaces {
	unsigned int pid;
	unsigned int mnt;
};

static unsigned int inum(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die(path);
	return st.st_ino;
}

static int allow_paths(int rules)
{
	static const char *const names[] = { "prog-5", "mnt" };
	unsigned char one = 1;
	char key[256];
	int i;

	for (i = 0; i < RULES + 2; i++) {
		memset(key, 0, sizeof(key));
		strcpy(key, i < RULES ? nth_program(i) : names[i - RULES]);
		if (bpf_map_update_elem(rules, key, &one, BPF_ANY))
			return 1;
	}
	return 0;
}

static int print_bpf(void)
{
	struct namespaces own = { inum("/proc/self/ns/pid"), inum("/proc/self/ns/mnt") };
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct bpf_object *object = bpf_object__open_file("/bench/peer.bpf.o", NULL);
	struct bpf_program *program;
	int rules, bound;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (!object || bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return 1;
	print_row("BPF LSM, task of no namespace");
	rules = bpf_object__find_map_fd_by_name(object, "rules");
	bound = bpf_object__find_map_fd_by_name(object, "bound");
	if (allow_paths(rules) || bpf_map_update_elem(bound, &own, &rules, BPF_ANY))
		return 1;
	print_row("BPF LSM, 1000 paths in a hash");
	return 0;
}
#else
static int print_bpf(void)
{
	return 1;
}
#endif

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*print)(void);
	} peers[] = {
		{ "apparmor", print_apparmor }, { "landlock", print_landlock },
		{ "tomoyo", print_tomoyo }, { "bpf", print_bpf },
	};
	unsigned int i;

	calibrate();
	open_program();
	if (argc == 2) {
		print_base();
		return 0;
	}
	for (i = 0; i < ACTS; i++)
		base[i] = strtoul(argv[2 + i], NULL, 10);
	for (i = 0; i < sizeof(peers) / sizeof(*peers); i++)
		if (!strcmp(argv[1], peers[i].name))
			return peers[i].print();
	return 2;
}
