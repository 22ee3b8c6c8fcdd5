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
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bulkhead.h>

#define SAMPLES		301
#define PROGRAMS	"/bench/programs"
#define PROGRAM		PROGRAMS "/5/bin/prog-5"
#define MODULE		"/bulkhead.ko"
#define NAMESPACES	10000

enum act {
	ACT_EXEC,
	ACT_MAP,
	ACT_MOUNT,
	ACT_PTRACE,
	ACTS,
};

static const char * const act_names[ACTS] = { "exec", "map", "mount", "ptrace" };

/* What each may cost; 0: it is not measured. */
struct targets {
	long of[ACTS];
};

static const struct targets host = { { 65, 65, 65, 65 } };
static const struct targets unbound = { { 120, 120, 120, 120 } };
static const struct targets confined = { { 1000, 1000, 900, 350 } };
static const struct targets layer = { { 2000, 2000, 0, 0 } };
static const struct targets kept = { { 1500, 1500, 0, 0 } };

#define FURTHER_POLICY	150
#define EVENT		8000
#define GLOBSTAR_BYTE	12
#define HASH_BYTE	25
#define RULE_LOAD	10000
#define RULE_BYTES	100

/* The file that is executed, and mapped. */
static const char *program = PROGRAM;
static int program_fd;

/* Where acts are done. */
enum place {
	PLACE_HOST,
	PLACE_OVERLAY,
	PLACE_PATH_30,
	PLACE_PATH_300,
	PLACE_PATH_4000,
	PLACES,
};

static const size_t path_bytes[PLACES] = {
	[PLACE_PATH_30] = 40, [PLACE_PATH_300] = 300, [PLACE_PATH_4000] = 4000,
};

/**
 * struct results - what processes share
 * @base: what an act costs without the module
 * @missed: figures above their targets
 * @last: the last cost of an exec
 */
static struct results {
	uint64_t base[PLACES][ACTS];
	int missed;
	long last;
} *results;

static enum place place;

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

static unsigned long free_memory(void)
{
	struct sysinfo info;

	/* What call_rcu() holds back comes back first. */
	sleep(1);
	if (sysinfo(&info))
		die("sysinfo");
	return info.freeram * info.mem_unit;
}

/* The file is empty while the caller writes it. */
static FILE *begin_policy(const char *name, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);

	fprintf(f, "policy %s version 1\n", name);
	return f;
}

static void end_policy(FILE *f, char **text, size_t *len)
{
	fprintf(f, "end\n");
	fclose(f);
	write_file(BULKHEAD_DIR "/load", *text, *len);
	free(*text);
}

static void load_policy(const char *name, const char *rules)
{
	char *text = NULL;
	size_t len;
	FILE *f = begin_policy(name, &text, &len);

	fputs(rules, f);
	end_policy(f, &text, &len);
}

static void print_against(const char *label, long value, long target)
{
	printf("%-44s %8ld%c     target %6ld\n", label, value, value > target ? '!' : ' ', target);
	fflush(stdout);
	results->missed += value > target;
}

/* A policy of so many rules, of which one of each class allows the act. */
static void load_rules(int rules)
{
	unsigned long memory = free_memory();
	char name[32], label[64], *text = NULL;
	uint64_t cost;
	size_t len;
	FILE *f;
	int i;

	snprintf(name, sizeof(name), "rules-%d", rules);
	f = begin_policy(name, &text, &len);
	fprintf(f, "default exec deny\ndefault mount deny\n");
	fprintf(f, "default map deny\ndefault ptrace deny\n");
	fprintf(f, "allow map path=" PROGRAM "\n");
	fprintf(f, "allow mount op=remount target=/bench/mnt\n");
	fprintf(f, "allow ptrace peer=inside\n");
	for (i = 0; i < rules - 3; i++)
		fprintf(f, "allow exec path=" PROGRAMS "/%d/bin/prog-%d\n", i, i);
	cost = now();
	end_policy(f, &text, &len);
	cost = now() - cost;
	snprintf(label, sizeof(label), "load, for each of %d rules", rules);
	print_against(label, cost / rules, RULE_LOAD);
	if (rules < 1000)
		return;
	snprintf(label, sizeof(label), "free memory, for each of %d rules", rules);
	print_against(label, (long)(memory - free_memory()) / rules, RULE_BYTES);
}

/* Prints what each act costs that has a target. */
static void print_costs(const char *label, const struct targets *targets)
{
	pid_t child = start_child();
	int which;
	long cost;

	printf("%-34s", label);
	for (which = 0; which < ACTS; which++) {
		if (!targets->of[which]) {
			printf(" %9s", "");
			continue;
		}
		cost = (long)(measure(which, child) - results->base[place][which]);
		printf(" %8ld%c", cost, cost > targets->of[which] ? '!' : ' ');
		results->missed += cost > targets->of[which];
	}
	printf("  target");
	for (which = 0; which < ACTS; which++)
		if (targets->of[which])
			printf(" %5ld", targets->of[which]);
	printf("\n");
	fflush(stdout);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Runs @measure in a child, whose own namespaces it may leave. */
static void in_child(void (*measure)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		measure(arg);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
}

/**
 * struct bound - what is measured where
 * @policy: bound to each of the pid namespaces, or NULL
 * @depth: pid namespaces, one in the other
 * @measure: what is done in the innermost
 * @arg: its argument
 * @label: for print_bound()
 * @targets: for print_bound()
 */
struct bound {
	const char *policy;
	int depth;
	void (*measure)(struct bound *bound);
	const void *arg;
	const char *label;
	const struct targets *targets;
};

static int ask_binder, told_by_binder;

static void bind_own(const char *policy)
{
	char c;

	if (write(ask_binder, policy, 32) != 32 || read(told_by_binder, &c, 1) != 1)
		die("binder");
}

static void nest(void *arg)
{
	struct bound *bound = arg;

	if (!bound->depth--) {
		bound->measure(bound);
		return;
	}
	if (unshare(CLONE_NEWPID))
		die("unshare");
	in_child(nest, bound);
}

/* The pids of a line of descendants, each the only child of the one before. */
static pid_t only_child(pid_t pid)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%d", &pid) != 1)
		die(path);
	fclose(f);
	return pid;
}

/* Outside, where bindings can be made, for those inside. */
static void serve(int ask, int tell, pid_t outer, int depth)
{
	char policy[32];
	int i;

	while (read(ask, policy, sizeof(policy)) == sizeof(policy)) {
		pid_t pid = outer;

		for (i = 0; i < depth; i++) {
			pid = only_child(pid);
			command("bind", "policy=%s ns=pid pid=%d\n", policy, pid);
		}
		if (write(tell, "", 1) != 1)
			die("write");
	}
}

static void run_bound(struct bound *bound)
{
	int ask[2], tell[2], status, depth = bound->depth;
	pid_t pid;

	if (pipe2(ask, O_CLOEXEC) || pipe2(tell, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (!pid) {
		close(ask[0]);
		ask_binder = ask[1];
		told_by_binder = tell[0];
		nest(bound);
		_exit(0);
	}
	close(ask[1]);
	serve(ask[0], tell[1], pid, depth);
	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
	close(ask[0]);
	close(tell[0]);
	close(tell[1]);
}

static void bind_if_asked(const struct bound *bound)
{
	char policy[32] = "";

	if (!bound->policy)
		return;
	snprintf(policy, sizeof(policy), "%s", bound->policy);
	bind_own(policy);
}

static void measure_bound(struct bound *bound)
{
	bind_if_asked(bound);
	print_costs(bound->label, bound->targets);
}

static void print_bound(const char *label, const char *policy, int depth,
			const struct targets *targets)
{
	struct bound bound = {
		.policy = policy, .depth = depth, .measure = measure_bound, .label = label,
		.targets = targets,
	};

	run_bound(&bound);
}

static void print_nested(int depth)
{
	struct targets targets = confined;
	char label[64];
	int i;

	for (i = 0; i < ACTS; i++)
		targets.of[i] += (depth - 1) * FURTHER_POLICY;
	snprintf(label, sizeof(label), "confined by %d nested policies", depth);
	print_bound(label, "rules-1000", depth, &targets);
}

static void measure_event(struct bound *bound)
{
	bind_if_asked(bound);
	print_against(bound->label, (long)(measure(ACT_MAP, 0) - results->base[place][ACT_MAP]),
		      EVENT);
}

static void print_event(void)
{
	struct bound bound = {
		.policy = "none", .depth = 1, .measure = measure_event,
		.label = "a map that is denied, and its event",
	};

	load_policy("none", "default map deny\n");
	run_bound(&bound);
}

/* Of what open_program() writes. */
#define DIGEST "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"

/* The first look at a file, whose digest nobody has computed. */
static void measure_hash(struct bound *bound)
{
	long size = 4 << 20, cost;
	uint64_t start;

	program_fd = open("/bench/large", O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	if (program_fd < 0 || ftruncate(program_fd, size))
		die("large");
	close(program_fd);
	program_fd = open("/bench/large", O_RDONLY | O_CLOEXEC);
	bind_if_asked(bound);
	start = now();
	act(ACT_MAP, 0);
	cost = (now() - start) / (size / 100);
	print_against(bound->label, cost / 100, HASH_BYTE);
	printf("%-44s %8ld\n", "MB of it in a billion instructions", 100000 / cost);
}

static void print_digests(void)
{
	struct bound bound = {
		.policy = "digest", .depth = 1, .measure = measure_hash,
		.label = "a digest that is computed, for each byte",
	};

	load_policy("digest", "default exec deny\nallow exec digest=sha256:" DIGEST "\n"
		    "default map deny\nallow map digest=sha256:" DIGEST "\n");
	print_bound("confined, by a digest that is kept", "digest", 1, &kept);
	run_bound(&bound);
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

static void open_program(void)
{
	mkdir(PROGRAMS, 0755);
	mkdir(PROGRAMS "/5", 0755);
	mkdir(PROGRAMS "/5/bin", 0755);
	mkdir("/bench/mnt", 0755);
	program_fd = open(PROGRAM, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (program_fd < 0 || write(program_fd, "none", 4) != 4)
		die("program");
	close(program_fd);
	program_fd = open(PROGRAM, O_RDONLY | O_CLOEXEC);
	if (program_fd < 0)
		die("program");
}

static void prepare(void)
{
	struct rlimit files = { 20480, 20480 };

	results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED || setrlimit(RLIMIT_NOFILE, &files))
		die("prepare");
	write_file("/proc/sys/user/max_user_namespaces", "20480", 5);
	open_program();
}

/* Places */

/* An overlay as the root, with the program in its lower layer. */
static void enter_overlay(void)
{
	static const char options[] =
		"lowerdir=/bench/o/lower,upperdir=/bench/o/upper,workdir=/bench/o/work";
	static const char *const dirs[] = {
		"/bench/o/lower", "/bench/o/upper", "/bench/o/work", "/bench/o/root",
		"/bench/o/lower/old", "/bench/o/lower/bench", "/bench/o/lower/proc",
		"/bench/o/lower" PROGRAMS, "/bench/o/lower" PROGRAMS "/5",
		"/bench/o/lower" PROGRAMS "/5/bin",
	};
	unsigned int i;
	int fd;

	mkdir("/bench/o", 0755);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("o", "/bench/o", "tmpfs", 0, NULL))
		die("tmpfs");
	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdir(dirs[i], 0755))
			die(dirs[i]);
	fd = open("/bench/o/lower" PROGRAM, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, "none", 4) != 4)
		die("lower");
	close(fd);
	if (mount("o", "/bench/o/root", "overlay", 0, options) || chdir("/bench/o/root") ||
	    syscall(SYS_pivot_root, ".", "old") || chdir("/"))
		die("overlay");
	/* To open it for writing would copy it up. */
	program_fd = open(PROGRAM, O_RDONLY | O_CLOEXEC);
	if (program_fd < 0)
		die("program");
}

/* A chain of directories, so that the program's path has so many bytes. */
static void enter_path(size_t len)
{
	static char path[4096];
	int fd;

	strcpy(path, PROGRAMS);
	while (strlen(path) + 210 < len) {
		strcat(path, "/");
		memset(path + strlen(path), 'd', 200);
		mkdir(path, 0755);
	}
	strcat(path, "/");
	memset(path + strlen(path), 'p', len - strlen(path));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, "none", 4) != 4)
		die(path);
	close(fd);
	program = path;
}

static void enter(enum place where)
{
	place = where;
	if (place == PLACE_OVERLAY)
		enter_overlay();
	else if (path_bytes[place])
		enter_path(path_bytes[place]);
}

static void measure_base(void *where)
{
	pid_t child = start_child();
	int which;

	enter(*(enum place *)where);
	for (which = 0; which < ACTS; which++)
		if (place == PLACE_HOST || which == ACT_EXEC || which == ACT_MAP)
			results->base[place][which] = measure(which, child);
	kill(child, SIGKILL);
}

static void measure_bases(void)
{
	enum place where;

	for (where = 0; where < PLACES; where++)
		in_child(measure_base, &where);
}

static void measure_place(struct bound *bound)
{
	enter(*(const enum place *)bound->arg);
	measure_bound(bound);
	results->last = measure(ACT_EXEC, 0) - results->base[place][ACT_EXEC];
}

static long print_at(enum place where, const char *label, const char *policy,
		     const struct targets *targets)
{
	struct bound bound = {
		.policy = policy, .depth = 1, .measure = measure_place, .arg = &where,
		.label = label, .targets = targets,
	};

	run_bound(&bound);
	return results->last;
}

/* What a byte of the path costs a pattern that it runs through. */
static void print_paths(void)
{
	static const struct targets none = { { 1000000 } };
	long few, many;

	load_policy("globstar", "default exec deny\nallow exec path=/**/?*\n");
	load_policy("all", "default exec deny\nallow exec path=/**\n");
	print_at(PLACE_PATH_30, "path of 40 bytes, /**", "all", &none);
	print_at(PLACE_PATH_300, "path of 300 bytes, /**", "all", &none);
	print_at(PLACE_PATH_4000, "path of 4000 bytes, /**", "all", &none);
	few = print_at(PLACE_PATH_300, "path of 300 bytes, /**/?*", "globstar", &none);
	many = print_at(PLACE_PATH_4000, "path of 4000 bytes, /**/?*", "globstar", &none);
	print_against("a pattern with **, for each byte", (many - few) / 3700, GLOBSTAR_BYTE);
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

static void print_rules(void)
{
	static const int rules[] = { 10, 1000, 100000 };
	char label[64], policy[32];
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(policy, sizeof(policy), "rules-%d", rules[i]);
		snprintf(label, sizeof(label), "confined, %d rules", rules[i]);
		print_bound(label, policy, 1, &confined);
	}
}

static void print_bindings(void)
{
	static const int namespaces[] = { 1, 1000, NAMESPACES };
	int *fds = calloc(NAMESPACES, sizeof(*fds)), i, bound = 0;
	char label[64];

	for (i = 0; i < 3; i++) {
		bind_namespaces(namespaces[i] - bound, "rules-10", fds + bound);
		bound = namespaces[i];
		snprintf(label, sizeof(label), "host, %d namespaces bound", bound);
		print_costs(label, &host);
		snprintf(label, sizeof(label), "container unbound, %d others bound", bound);
		print_bound(label, NULL, 1, &unbound);
		snprintf(label, sizeof(label), "confined, %d namespaces bound", bound);
		print_bound(label, "rules-1000", 1, &confined);
	}
	for (i = 0; i < bound; i++)
		close(fds[i]);
	free(fds);
}

int main(void)
{
	static const struct targets rest = { { 20, 20, 20, 20 } };
	int which;

	calibrate();
	prepare();
	measure_bases();
	insmod();
	load_rules(10);
	load_rules(1000);
	load_rules(100000);
	printf("%-34s", "instructions added to a call");
	for (which = 0; which < ACTS; which++)
		printf(" %8s ", act_names[which]);
	printf("\n");
	print_costs("host, nothing bound", &host);
	print_rules();
	load_policy("layer", "default exec deny\ndefault map deny\n"
		    "allow exec layer=lower\nallow map layer=lower\n");
	print_at(PLACE_OVERLAY, "confined, layer=lower on overlay", "layer", &layer);
	print_nested(2);
	print_nested(4);
	print_nested(8);
	print_event();
	print_digests();
	print_paths();
	print_bindings();
	/* What is left is the error of the measurement. */
	sleep(3);
	if (syscall(SYS_delete_module, "bulkhead", 0))
		die("rmmod");
	print_costs("without the module again", &rest);
	printf("%d figures above their targets\n", results->missed);
	return 0;
}
