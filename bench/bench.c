// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest instructions per check.
 *
 * Runs in a machine whose time is its count of instructions (acts.h), so that the
 * same program on the same kernel gives the same figures. Each figure is the cost
 * of a system call with the check less its cost without the module.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
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

#include "acts.h"
#include "trace.h"

#define SELF		"/bench/bench"
#define SHARED		"/bench/shared"
#define MODULE		"/bulkhead.ko"
#define BUSYBOX		"/bin/busybox"
#define DEFAULT		"/bench/container-default.policy"
#define NAMESPACES	10000
#define ANY		LONG_MAX

/* What each may cost; 0: it is not measured. */
struct targets {
	long of[ACTS];
};

static const struct targets host = { { 65, 65, 65, 65 } };
static const struct targets unbound = { { 120, 120, 120, 120 } };
static const struct targets confined = { { 1000, 1000, 900, 350 } };
static const struct targets layer = { { 2000, 2000, 0, 0 } };
static const struct targets by_digest = { { 1500, 1500, 0, 0 } };

#define FURTHER_POLICY	150
#define WORST		5000000
#define FLAT		10	/* per cent */
#define EVENT		8000
#define GLOBSTAR_BYTE	12
#define HASH_BYTE	25
#define RULE_LOAD	10000
#define RULE_BYTES	100
#define STARTS		200
#define WORK_SAMPLES	5
#define HOST_WORK	10	/* hundredths of a per cent */
#define CONFINED_WORK	50
#define BRK_WORK	500

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

/* What programs do: more than a call. */
enum work {
	WORK_SHELLS,
	WORK_PS,
	WORK_BRK,
	WORKS,
};

static const char * const work_names[WORKS] = { "200 starts of sh", "ps", "brk" };

/**
 * struct bound - what is measured where
 * @policy: bound to each of the pid namespaces; empty: to none
 * @depth: pid namespaces, one in the other
 * @measure: what is done in the innermost, by a program that was executed there
 * @place: where
 * @act: for measure_one()
 * @label: for print_costs()
 * @targets: for print_costs()
 * @target: for measure_one()
 */
struct bound {
	char policy[32];
	int depth;
	void (*measure)(struct bound *bound);
	enum place place;
	enum act act;
	char label[64];
	struct targets targets;
	long target;
};

/**
 * struct results - what processes share
 * @base: what an act costs without the module
 * @base_work: what work costs without the module, on the host and in a container, where ps
 *             sees less
 * @missed: figures above their targets
 * @last: the last cost of each act
 * @bound: what is measured now
 * @ask_binder: where a process says what to bind it to
 * @told_by_binder: where it is told that this was done
 */
static struct results {
	uint64_t base[PLACES][ACTS];
	uint64_t base_work[2][WORKS];
	int missed;
	long last[ACTS];
	struct bound bound;
	int ask_binder;
	int told_by_binder;
} *results;

static enum place place;

#define PAUSE	"pause"

/*
 * A child to be looked at, which has executed a program, as most processes have. Its number
 * decides on what it costs to find it.
 */
static pid_t start_child(void)
{
	int ready[2];
	pid_t child;
	char c;

	if (pipe(ready))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		dup2(ready[1], STDOUT_FILENO);
		execl(SELF, SELF, PAUSE, NULL);
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		die("child");
	close(ready[0]);
	return child;
}

/* The child's program. */
static bool pause_if_child(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], PAUSE))
		return false;
	if (write(STDOUT_FILENO, "", 1) == 1)
		pause();
	return true;
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

/* Free pages that each processor keeps at hand, which the kernel does not count as free. */
static unsigned long kept_at_hand(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	unsigned long sum = 0, pages;
	char line[256];

	if (!f)
		die("/proc/zoneinfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %lu", &pages) == 1)
			sum += pages;
	fclose(f);
	return sum * sysconf(_SC_PAGESIZE);
}

/* Free memory, when what call_rcu() holds back, and what is only cached, has come back. */
static unsigned long free_memory(void)
{
	struct sysinfo info;

	sleep(1);
	write_file("/proc/sys/vm/drop_caches", "3", 1);
	if (sysinfo(&info))
		die("sysinfo");
	return info.freeram * info.mem_unit + kept_at_hand();
}

/* The text is empty while the caller writes it. */
static FILE *begin_policy(const char *name, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);

	fprintf(f, "policy %s version 1\n", name);
	return f;
}

static void end_policy(FILE *f)
{
	fprintf(f, "end\n");
	fclose(f);
}

static void load_policy(const char *name, const char *rules)
{
	char *text = NULL;
	size_t len;
	FILE *f = begin_policy(name, &text, &len);

	fputs(rules, f);
	end_policy(f);
	write_file(BULKHEAD_DIR "/load", text, len);
	free(text);
}

static void print_against(const char *label, long value, long target)
{
	if (target == ANY)
		printf("%-44s %8ld\n", label, value);
	else
		printf("%-44s %8ld%c     target %6ld\n", label, value,
		       value > target ? '!' : ' ', target);
	fflush(stdout);
	results->missed += value > target;
}

/* A policy of so many rules, of which one of each class allows the act. */
static char *make_rules(int rules, size_t *len)
{
	char name[32], *text = NULL;
	FILE *f;
	int i;

	snprintf(name, sizeof(name), "rules-%d", rules);
	f = begin_policy(name, &text, len);
	fprintf(f, "default exec deny\ndefault mount deny\n");
	fprintf(f, "default map deny\ndefault ptrace deny\n");
	fprintf(f, "allow map path=" PROGRAM "\n");
	fprintf(f, "allow mount op=remount target=/bench/mnt\n");
	fprintf(f, "allow ptrace peer=inside\n");
	for (i = 0; i < rules - 3; i++)
		fprintf(f, "allow exec path=" PROGRAMS "/%d/bin/prog-%d\n", i, i);
	end_policy(f);
	return text;
}

/* What loading costs beside its rules is that of the first policy, which has few. */
static void load_rules(int rules)
{
	static uint64_t few;
	size_t len;
	char label[64], *text = make_rules(rules, &len);
	unsigned long memory = free_memory();
	uint64_t cost = now();

	write_file(BULKHEAD_DIR "/load", text, len);
	cost = now() - cost;
	if (!few) {
		few = cost;
		printf("load of a policy of %d rules: %lu\n", rules, (unsigned long)cost);
	} else {
		snprintf(label, sizeof(label), "load, for each of %d rules", rules);
		print_against(label, (long)(cost - few) / rules, RULE_LOAD);
		snprintf(label, sizeof(label), "free memory, for each of %d rules", rules);
		print_against(label, (long)(memory - free_memory()) / rules, RULE_BYTES);
	}
	free(text);
}

static void stop_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Prints what each act costs that has a target. */
static void print_costs_with(pid_t child, const char *label, const struct targets *targets)
{
	int which;
	long cost;

	printf("%-36s", label);
	for (which = 0; which < ACTS; which++) {
		if (!targets->of[which]) {
			printf(" %9s", "");
			continue;
		}
		cost = (long)(measure(which, child) - results->base[place][which]);
		results->last[which] = cost;
		printf(" %8ld%c", cost, cost > targets->of[which] ? '!' : ' ');
		results->missed += cost > targets->of[which];
	}
	printf("  target");
	for (which = 0; which < ACTS; which++)
		if (targets->of[which])
			printf(" %5ld", targets->of[which]);
	printf("\n");
	fflush(stdout);
}

static void print_costs(const char *label, const struct targets *targets)
{
	pid_t child = start_child();

	print_costs_with(child, label, targets);
	stop_child(child);
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

/* Places */

static void copy_file(const char *from, const char *to)
{
	static char buf[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t len = 0;

	if (in < 0 || out < 0)
		die(to);
	while ((len = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, len) != len)
			die(to);
	close(in);
	close(out);
}

/* An overlay as the root, with the program and busybox in its lower layer. */
static void enter_overlay(void)
{
	static const char options[] =
		"lowerdir=/bench/o/lower,upperdir=/bench/o/upper,workdir=/bench/o/work";
	static const char *const dirs[] = {
		"/bench/o/lower", "/bench/o/upper", "/bench/o/work", "/bench/o/root",
		"/bench/o/lower/old", "/bench/o/lower/bench", "/bench/o/lower/proc",
		"/bench/o/lower" PROGRAMS, "/bench/o/lower" PROGRAMS "/5",
		"/bench/o/lower" PROGRAMS "/5/bin", "/bench/o/lower/bin",
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
	if (fd < 0 || write(fd, CONTENT, 4) != 4)
		die("lower");
	close(fd);
	copy_file(BUSYBOX, "/bench/o/lower" BUSYBOX);
	if (mount("o", "/bench/o/root", "overlay", 0, options) || chdir("/bench/o/root") ||
	    syscall(SYS_pivot_root, ".", "old") || chdir("/") ||
	    mount("proc", "/proc", "proc", 0, NULL))
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
	if (fd < 0 || write(fd, CONTENT, 4) != 4)
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

/* Work */

static void run(char *const argv[])
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		execv(BUSYBOX, argv);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die(argv[0]);
}

static void do_work(enum work which)
{
	static char *const shell[] = { "sh", "-c", ":", NULL }, *const ps[] = { "ps", NULL };
	int i;

	switch (which) {
	case WORK_SHELLS:
		for (i = 0; i < STARTS; i++)
			run(shell);
		break;
	case WORK_PS:
		run(ps);
		break;
	default:
		for (i = 0; i < STARTS; i++)
			if (sbrk(i & 1 ? -4096 : 4096) == (void *)-1)
				die("brk");
	}
}

/* Of some samples the least. What is printed goes nowhere. */
static uint64_t measure_work(enum work which)
{
	uint64_t least = UINT64_MAX, start, cost;
	int out = dup(STDOUT_FILENO), i;

	if (out < 0 || !freopen("/bench/nowhere", "w", stdout))
		die("nowhere");
	for (i = 0; i <= WORK_SAMPLES; i++) {
		start = now();
		do_work(which);
		cost = now() - start;
		/* The first fills caches. */
		if (i && cost < least)
			least = cost;
	}
	fflush(stdout);
	if (dup2(out, STDOUT_FILENO) < 0)
		die("stdout");
	close(out);
	return least;
}

static void print_works(const char *label, bool inside, long target)
{
	enum work which;
	char name[80];

	for (which = 0; which < WORKS; which++) {
		long base = results->base_work[inside][which], more = measure_work(which) - base;

		snprintf(name, sizeof(name), "%s, %s: more by 1/100 per cent", work_names[which],
			 label);
		print_against(name, more * 10000 / base, which == WORK_BRK ? BRK_WORK : target);
	}
}

static void measure_base_works(bool inside)
{
	enum work which;

	enter(PLACE_OVERLAY);
	for (which = 0; which < WORKS; which++)
		results->base_work[inside][which] = measure_work(which);
}

static void measure_host_work(void *loaded)
{
	if (!*(bool *)loaded) {
		measure_base_works(false);
		return;
	}
	enter(PLACE_OVERLAY);
	print_works("host", false, HOST_WORK);
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

/* Has the namespaces bound that the caller was put into. */
static void bind_if_asked(const struct bound *bound)
{
	char c;

	if (!*bound->policy)
		return;
	if (write(results->ask_binder, bound->policy, 32) != 32 ||
	    read(results->told_by_binder, &c, 1) != 1)
		die("binder");
}

static void nest(void *depth)
{
	if (!(*(int *)depth)--) {
		execl(SELF, SELF, "inside", NULL);
		die(SELF);
	}
	if (unshare(CLONE_NEWPID))
		die("unshare");
	in_child(nest, depth);
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

static void run_bound(const struct bound *bound)
{
	int ask[2], tell[2], status, depth = bound->depth;
	pid_t pid;

	if (pipe(ask) || pipe(tell))
		die("pipe");
	results->bound = *bound;
	results->ask_binder = ask[1];
	results->told_by_binder = tell[0];
	pid = fork();
	if (!pid) {
		close(ask[0]);
		nest(&depth);
		_exit(0);
	}
	close(ask[1]);
	serve(ask[0], tell[1], pid, bound->depth);
	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
	close(ask[0]);
	close(tell[0]);
	close(tell[1]);
}

static void measure_bound(struct bound *bound)
{
	/* Once the caller is bound, it may not be allowed to execute the child's program. */
	pid_t child = start_child();

	enter(bound->place);
	bind_if_asked(bound);
	print_costs_with(child, bound->label, &bound->targets);
	stop_child(child);
}

static void measure_work_inside(struct bound *bound)
{
	if (!*bound->policy) {
		measure_base_works(true);
		return;
	}
	enter(PLACE_OVERLAY);
	bind_if_asked(bound);
	print_works("confined", true, CONFINED_WORK);
}

static struct bound bound_to(const char *policy, const char *label)
{
	struct bound bound = { .depth = 1 };

	snprintf(bound.policy, sizeof(bound.policy), "%s", policy);
	snprintf(bound.label, sizeof(bound.label), "%s", label);
	return bound;
}

static void print_at(enum place where, const char *label, const char *policy,
		     const struct targets *targets)
{
	struct bound bound = bound_to(policy, label);

	bound.measure = measure_bound;
	bound.place = where;
	bound.targets = *targets;
	run_bound(&bound);
}

static void print_bound(const char *label, const char *policy, const struct targets *targets)
{
	print_at(PLACE_HOST, label, policy, targets);
}

/* Prints what is above what one policy costs, for each of those above it. */
static void print_nested(int depth)
{
	struct bound bound = bound_to("rules-1000", "");
	long one[ACTS];
	int i;

	memcpy(one, results->last, sizeof(one));
	snprintf(bound.label, sizeof(bound.label), "confined by %d nested policies", depth);
	bound.measure = measure_bound;
	bound.depth = depth;
	for (i = 0; i < ACTS; i++)
		bound.targets.of[i] = confined.of[i] + (depth - 1) * FURTHER_POLICY;
	run_bound(&bound);
	memcpy(results->last, one, sizeof(one));
}

static void measure_one(struct bound *bound)
{
	long cost;

	enter(bound->place);
	bind_if_asked(bound);
	cost = (long)(measure(bound->act, 0) - results->base[place][bound->act]);
	results->last[bound->act] = cost;
	print_against(bound->label, cost, bound->target);
}

/* What one act costs in one place. */
static void print_one(enum act which, enum place where, const char *label, const char *policy,
		      long target)
{
	struct bound bound = bound_to(policy, label);

	bound.measure = measure_one;
	bound.act = which;
	bound.place = where;
	bound.target = target;
	run_bound(&bound);
}

/* By the policy that is shipped for containers. */
static void print_work(void)
{
	struct bound bound = bound_to("container-default", "");
	bool loaded = true;
	static char text[65536];
	FILE *f = fopen(DEFAULT, "r");
	size_t len = f ? fread(text, 1, sizeof(text), f) : 0;

	if (!len)
		die(DEFAULT);
	fclose(f);
	write_file(BULKHEAD_DIR "/load", text, len);
	in_child(measure_host_work, &loaded);
	bound.measure = measure_work_inside;
	run_bound(&bound);
}

static void measure_base_work(void)
{
	struct bound bound = bound_to("", "");
	bool loaded = false;

	in_child(measure_host_work, &loaded);
	bound.measure = measure_work_inside;
	run_bound(&bound);
}

static void print_event(void)
{
	load_policy("none", "default map deny\n");
	print_one(ACT_MAP, PLACE_HOST, "a map that is denied, and its event", "none", EVENT);
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

/* In a file, which outlives an execution. */
static void share_results(void)
{
	int fd = open(SHARED, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*results)))
		die(SHARED);
	results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (results == MAP_FAILED)
		die(SHARED);
	close(fd);
}

static void prepare(void)
{
	struct rlimit files = { 20480, 20480 };

	if (setrlimit(RLIMIT_NOFILE, &files))
		die("prepare");
	write_file("/proc/sys/user/max_user_namespaces", "20480", 5);
	open_program();
}

/* What a byte of the path costs a pattern that it runs through. */
static void print_paths(void)
{
	long few;

	load_policy("globstar", "default exec deny\nallow exec path=/**/?*\n");
	load_policy("all", "default exec deny\nallow exec path=/**\n");
	print_one(ACT_EXEC, PLACE_PATH_30, "exec, path of 40 bytes, /**", "all", ANY);
	print_one(ACT_EXEC, PLACE_PATH_300, "exec, path of 300 bytes, /**", "all", ANY);
	print_one(ACT_EXEC, PLACE_PATH_4000, "exec, path of 4000 bytes, /**", "all", ANY);
	few = results->last[ACT_EXEC];
	print_one(ACT_EXEC, PLACE_PATH_4000, "exec, path of 4000 bytes, /**/?*", "globstar", ANY);
	print_against("a pattern with **, for each byte", (results->last[ACT_EXEC] - few) / 4000,
		      GLOBSTAR_BYTE);
}

/* As many rules of the costliest kind as the module takes. */
static bool load_heavy(int rules)
{
	char name[32], *text = NULL;
	size_t len;
	FILE *f;
	int i, fd;
	bool taken;

	snprintf(name, sizeof(name), "heavy-%d", rules);
	f = begin_policy(name, &text, &len);
	fprintf(f, "default exec deny\n");
	for (i = 0; i < rules; i++)
		fprintf(f, "allow exec path=/**d*p*%d,/**%dp*d*\n", i, i);
	end_policy(f);
	fd = open(BULKHEAD_DIR "/load", O_WRONLY | O_CLOEXEC);
	taken = fd >= 0 && write(fd, text, len) == (ssize_t)len;
	close(fd);
	free(text);
	return taken;
}

static void print_worst(void)
{
	char policy[32] = "", label[64];
	int rules;

	for (rules = 8; rules <= 65536 && load_heavy(rules); rules *= 2)
		snprintf(policy, sizeof(policy), "heavy-%d", rules);
	snprintf(label, sizeof(label), "exec, path of 4000 bytes, %d heavy rules", rules / 2);
	print_one(ACT_EXEC, PLACE_PATH_4000, label, policy, WORST);
}

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

	load_policy("digest", "default exec deny\nallow exec digest=sha256:" CONTENT_SHA256 "\n"
		    "default map deny\nallow map digest=sha256:" CONTENT_SHA256 "\n");
	print_bound("confined, by a digest that is kept", "digest", &by_digest);
	print_costs("host, a policy names digests", &host);
	run_bound(&bound);
}

/* How much more the last costs than the first did. */
static void print_flat(const char *what, const long *first)
{
	char label[64];
	int which;

	for (which = 0; which < ACTS; which++) {
		snprintf(label, sizeof(label), "%s: %s costs more by per cent", what,
			 act_names[which]);
		print_against(label, (results->last[which] - first[which]) * 100 / first[which],
			      FLAT);
	}
}

static void print_rules(const int *rules)
{
	long first[ACTS];
	char label[64], policy[32];
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(policy, sizeof(policy), "rules-%d", rules[i]);
		snprintf(label, sizeof(label), "confined, %d rules", rules[i]);
		print_bound(label, policy, &confined);
		if (!i)
			memcpy(first, results->last, sizeof(first));
	}
	print_flat("many rules", first);
}

static void print_bindings(int most)
{
	const int namespaces[] = { 1, most / 10, most };
	int *fds = calloc(most, sizeof(*fds)), i, bound = 0;
	long first[ACTS];
	char label[64];

	for (i = 0; i < 3; i++) {
		bind_namespaces(namespaces[i] - bound, "rules-10", fds + bound);
		bound = namespaces[i];
		snprintf(label, sizeof(label), "host, %d namespaces bound", bound);
		print_costs(label, &host);
		snprintf(label, sizeof(label), "unbound container, %d others bound", bound);
		print_bound(label, "", &unbound);
		snprintf(label, sizeof(label), "confined, %d namespaces bound", bound);
		print_bound(label, "rules-1000", &confined);
		if (!i)
			memcpy(first, results->last, sizeof(first));
	}
	print_flat("many bindings", first);
	for (i = 0; i < bound; i++)
		close(fds[i]);
	free(fds);
}

/* For bench/locks, which knows the order: each act as often as TRACES. */
static void trace_acts(pid_t child)
{
	int which, i;

	for (which = 0; which < ACTS; which++) {
		for (i = 0; i < TRACES; i++) {
			trace_mark(MARK_BEGIN, 0);
			act(which, child);
			trace_mark(MARK_END, 0);
		}
	}
}

static void trace_bound(struct bound *bound)
{
	pid_t child = start_child();

	bind_if_asked(bound);
	trace_acts(child);
	stop_child(child);
}

/* Without the module, and confined. */
static void trace_all(void)
{
	struct bound bound = bound_to("rules-10", "");
	pid_t child = start_child();

	trace_mark(MARK_ARM, 0);
	trace_acts(child);
	stop_child(child);
	insmod();
	load_rules(10);
	bound.measure = trace_bound;
	run_bound(&bound);
}

/* In a namespace of its own, executed by nest(). */
static int inside(void)
{
	struct bound bound = results->bound;

	open_program();
	bound.measure(&bound);
	return 0;
}

/* bench [quick]: with fewer rules and bindings. bench trace: under trace.c, no figures */
int main(int argc, char **argv)
{
	static const struct targets rest = { { 20, 20, 20, 20 } };
	bool quick = argc > 1 && !strcmp(argv[1], "quick");
	const int rules[] = { 10, 1000, quick ? 5000 : 100000 };
	int i;

	if (pause_if_child(argc, argv))
		return 0;
	share_results();
	if (argc > 1 && !strcmp(argv[1], "inside"))
		return inside();
	if (argc > 1 && !strcmp(argv[1], "trace")) {
		prepare();
		trace_all();
		return 0;
	}
	calibrate();
	prepare();
	measure_bases();
	measure_base_work();
	insmod();
	for (i = 0; i < 3; i++)
		load_rules(rules[i]);
	printf("%-36s", "instructions added to a call");
	for (i = 0; i < ACTS; i++)
		printf(" %8s ", act_names[i]);
	printf("\n");
	print_costs("host, nothing bound", &host);
	print_rules(rules);
	load_policy("layer", "default exec deny\ndefault map deny\n"
		    "allow exec layer=lower\nallow map layer=lower\n");
	print_at(PLACE_OVERLAY, "confined, layer=lower on overlay", "layer", &layer);
	print_nested(2);
	print_nested(4);
	print_nested(8);
	print_event();
	print_paths();
	print_worst();
	print_bindings(quick ? 40 : NAMESPACES);
	print_digests();
	print_work();
	/* What is left is the error of the measurement. */
	sleep(3);
	if (syscall(SYS_delete_module, "bulkhead", 0))
		die("rmmod");
	print_costs("without the module again", &rest);
	printf("%d figures above their targets\n", results->missed);
	return 0;
}
