// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies are replaced, by two at a time, namespaces are bound, bound again, released, made
 * and killed amidst of what they do, the assignment table is rewritten and everything is
 * read, each by tasks of its own, while others act in containers. All versions of the policy
 * deny the same acts and allow the same others: no act may ever be seen to go the other way,
 * and nothing is left in the end.
 *
 * BULKHEAD_RACE_SECONDS says how long (15), and until enough has happened, up to twenty
 * times that. No kernel text is patched meanwhile.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "tasks.h"

#define TOP "/race"
#define DENIED TOP "/denied"
#define ALLOWED TOP "/allowed"
#define ASSIGNED TOP "/assigned"
#define LIBRARY TOP "/library"
#define HERE TOP "/here"
#define THERE TOP "/there"

#define POLICY "race"

/* What differs between versions decides none of the acts. */
static const char *const bodies[] = {
	"default ptrace deny\n",
	"mode enforce\ndefault ptrace deny\nallow exec path=" ALLOWED "\n"
	"deny exec path=/nowhere/** from=/no/*\naudit allow map fstype=nofs\n",
	"default exec deny\nallow exec path!=" DENIED "," ASSIGNED "\ndefault ptrace deny\n"
	"deny mount source=/no/[a-z]*\n",
	"kill exec path=/nowhere\ndeny ptrace\nquiet deny exec path=" DENIED "\n"
	"deny exec layer=upper setid=yes backing=deleted\n",
};

#define ALWAYS								\
	"deny exec path=" DENIED "," ASSIGNED "\ndeny map path=" LIBRARY "\n"	\
	"deny mount target=" HERE "\n"

#define BODIES (sizeof(bodies) / sizeof(bodies[0]))

enum {
	REPLACED, BOUND, UNBOUND, TABLES, READS, IN_PID, IN_USER, IN_MNT, ASSIGNMENTS, KILLED,
	COUNTERS,
};

/* The least that must have happened. */
static const struct {
	const char *name;
	unsigned long least;
} counters[COUNTERS] = {
	[REPLACED] = { "versions of the policy", 20 },
	[BOUND] = { "bindings", 20 },
	[UNBOUND] = { "bindings taken back", 5 },
	[TABLES] = { "tables", 20 },
	[READS] = { "files read", 50 },
	[IN_PID] = { "acts denied in bound pid namespaces", 50 },
	[IN_USER] = { "acts denied in bound user namespaces", 50 },
	[IN_MNT] = { "acts denied in bound mount namespaces", 50 },
	[ASSIGNMENTS] = { "programs denied by an assigned policy", 5 },
	[KILLED] = { "containers killed amidst an act", 5 },
};

static struct {
	unsigned long count[COUNTERS];
	unsigned int broken;		/* a bit for each act that went the other way */
} *shared;

static double deadline, patience;

/* The host's mount namespace. */
static int outside = -1;

static void count_many(int counter, unsigned long nr)
{
	__atomic_add_fetch(&shared->count[counter], nr, __ATOMIC_RELAXED);
}

static void count(int counter)
{
	count_many(counter, 1);
}

static void broken(unsigned int acts)
{
	__atomic_or_fetch(&shared->broken, acts, __ATOMIC_RELAXED);
}

static bool enough(void)
{
	int i;

	for (i = 0; i < COUNTERS; i++)
		if (shared->count[i] < counters[i].least)
			return false;
	return true;
}

static bool is_over(void)
{
	double now = seconds_now();

	return shared->broken || (now >= deadline && (enough() || now >= patience));
}

/* Acts: 0 or an errno */

static int exec_denied(void)
{
	return bh_exec(DENIED);
}

static int exec_after_unshare(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID) ? 99 : bh_exec(DENIED));
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 99;
}

/* Whoever gets out is bound still, or does not get out. */
static int exec_after_setns(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		setns(outside, CLONE_NEWNS);
		_exit(bh_exec(DENIED));
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 99;
}

static int map_denied(void)
{
	int fd = open(LIBRARY, O_RDONLY | O_CLOEXEC), err = 0;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (memory == MAP_FAILED)
		err = errno;
	else
		munmap(memory, 4096);
	close(fd);
	return err;
}

static int mount_at(const char *place)
{
	if (mount("none", place, "tmpfs", 0, NULL))
		return errno;
	umount2(place, MNT_DETACH);
	return 0;
}

static int mount_denied(void)
{
	return mount_at(HERE);
}

static int mount_denied_in_steps(void)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 1), fd = -1, err = 0;

	if (fs < 0 || syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0))
		err = 99;
	if (!err)
		fd = syscall(SYS_fsmount, fs, 1, 0);
	if (!err && syscall(SYS_move_mount, fd, "", AT_FDCWD, HERE, 4))
		err = errno;
	if (!err)
		umount2(HERE, MNT_DETACH);
	close(fd);
	close(fs);
	return err;
}

static int trace_denied(void)
{
	pid_t pid = fork();
	int err = 0;

	if (!pid) {
		pause();
		_exit(0);
	}
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		err = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

static int exec_allowed(void)
{
	return bh_exec(ALLOWED);
}

static int mount_allowed(void)
{
	return mount_at(THERE);
}

static const struct {
	int (*act)(void);
	int want;
} acts[] = {
	{ exec_denied, EACCES },
	{ exec_after_unshare, EACCES },
	{ exec_after_setns, EACCES },
	{ map_denied, EACCES },
	{ mount_denied, EPERM },
	{ mount_denied_in_steps, EPERM },
	{ trace_denied, EPERM },
	{ exec_allowed, 0 },
	{ mount_allowed, 0 },
};

#define ACTS (sizeof(acts) / sizeof(acts[0]))
#define ALLOWED_ACTS 2

/* A bit for each act that came to something else than it should. */
static int act_all(void *unused)
{
	int wrong = 0;
	size_t i;

	for (i = 0; i < ACTS; i++)
		if (acts[i].act() != acts[i].want)
			wrong |= 1 << i;
	return wrong;
}

/* Tasks */

static void replace(void)
{
	unsigned int i;

	for (i = 0; !is_over(); i++)
		if (!bh_policy(POLICY, "%s%s", ALWAYS, bodies[i % BODIES]))
			count(REPLACED);
}

static const char *const types[] = { "pid", "user", "mnt" };

/* By its number, by a descriptor of it, or of its namespace. */
static int bind_cell(const struct bh_cell *cell, const char *policy, const char *type,
		     unsigned int how, const char *arm)
{
	char path[64];
	int fd, err;

	if (how % 3 == 0)
		return bh_write("bind", "policy=%s ns=%s pid=%d arm=%s", policy, type, cell->pid,
				arm);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", cell->pid, type);
	fd = how % 3 == 1 ? open(path, O_RDONLY | O_CLOEXEC) :
			    (int)syscall(SYS_pidfd_open, cell->pid, 0);
	err = bh_write("bind", "policy=%s ns=%s fd=%d arm=%s", policy, type, fd, arm);
	close(fd);
	return err;
}

static int flags_for(const char *type)
{
	return *type == 'u' ? CLONE_NEWNS | CLONE_NEWUSER : CLONE_NEWNS;
}

static int exec_anything(void *unused)
{
	return exec_allowed() ?: exec_denied();
}

/* A bit for what came to something else than it should: what is taken back was there. */
static void release(const struct bh_cell *cell, const char *type)
{
	if (bh_write("unbind", "ns=%s pid=%d", type, cell->pid) ||
	    bh_cell_run(cell, exec_anything, NULL))
		broken(1 << (ACTS + 2));
	else
		count(UNBOUND);
}

/* Containers of no interest, with a policy of their own that comes and goes. */
static void come_and_go(void)
{
	struct bh_cell cell;
	unsigned int i;
	char name[32];
	int err;

	snprintf(name, sizeof(name), "churn%d", getpid());
	for (i = 0; !is_over(); i++) {
		const char *type = types[i % 3];

		if (bh_policy(name, "deny exec path=/nowhere%u\n", i) ||
		    bh_cell_start(&cell, flags_for(type)))
			continue;
		if (!bind_cell(&cell, name, type, i, i & 1 ? "exec" : "now"))
			count(BOUND);
		if (bh_cell_run(&cell, exec_anything, NULL))
			broken(1 << (ACTS + 2));
		if (bind_cell(&cell, POLICY, type, i + 1, "now") ||
		    bh_cell_run(&cell, exec_anything, NULL) != EACCES)
			broken(1 << (ACTS + 1));
		if (i % 2)
			release(&cell, type);
		err = bh_write("remove", "%s", name);
		if (err && err != -EBUSY)
			broken(1 << (ACTS + 2));
		bh_cell_stop(&cell);
	}
	for (i = 0; i < 100 && bh_write("remove", "%s", name) == -EBUSY; i++)
		usleep(100000);
}

static void rewrite_table(void)
{
	static const char line[] = "policy=" POLICY " ns=user exe=" ASSIGNED "\n";
	unsigned int i;

	for (i = 0; !is_over(); i++)
		if (!bh_write("assign", "%s%s%send\n",
			      i & 1 ? "policy=" POLICY " ns=pid exe=/no\n" : "", line,
			      i & 2 ? "policy=" POLICY " ns=user cgroup=/no/**\n" : ""))
			count(TABLES);
}

static int exec_assigned(void *unused)
{
	return bh_exec(ASSIGNED);
}

/* As long as the table names it, in whatever words. */
static void be_assigned(void)
{
	const struct bh_env env = { .flags = CLONE_NEWPID | CLONE_NEWUSER };

	while (!is_over()) {
		if (bh_run(&env, exec_assigned, NULL) == EACCES)
			count(ASSIGNMENTS);
		else
			broken(1 << ACTS);
	}
}

static void read_files(void)
{
	static const char *const files[] = {
		"bindings", "stats", "policies/" POLICY "/text", "policies/" POLICY "/info",
		"policies/" POLICY "/stats", "self", "assign", "features",
	};
	int events = bh_events();
	static char buf[65536];
	unsigned int i;

	for (i = 0; !is_over(); i++) {
		if (bh_read(files[i % (sizeof(files) / sizeof(files[0]))], buf, sizeof(buf)) >= 0)
			count(READS);
		if (read(events, buf, sizeof(buf)) > 0)
			count(READS);
	}
}

/* In containers that last a while: each is bound again to the same policy meanwhile. */
static void act_in(const char *type, int counter)
{
	struct bh_cell cell;
	unsigned int i, round;
	int wrong = 0;

	for (i = 0; !is_over(); i++) {
		if (bh_cell_start(&cell, flags_for(type)))
			continue;
		wrong = bind_cell(&cell, POLICY, type, i, "now") ? 1 << (ACTS + 1) : 0;
		for (round = 0; round < 10 && !wrong && !is_over(); round++) {
			wrong = bh_cell_run(&cell, act_all, NULL);
			if (!wrong)
				count_many(counter, ACTS - ALLOWED_ACTS);
			if (bind_cell(&cell, POLICY, type, round, "now"))
				wrong |= 1 << (ACTS + 1);
		}
		if (wrong)
			broken(wrong);
		bh_cell_stop(&cell);
	}
}

static void act_in_pid(void)
{
	act_in("pid", IN_PID);
}

static void act_in_user(void)
{
	act_in("user", IN_USER);
}

static void act_in_mnt(void)
{
	act_in("mnt", IN_MNT);
}

static void die_amid_acts(void)
{
	struct bh_cell cell;
	pid_t killer;
	unsigned int i;
	int wrong;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; !is_over(); i++) {
		const char *type = types[i % 3];

		if (bh_cell_start(&cell, flags_for(type)))
			continue;
		if (bind_cell(&cell, POLICY, type, i, "now"))
			broken(1 << (ACTS + 1));
		killer = fork();
		if (!killer) {
			usleep(1000 * (i * 37 % 400));
			_exit(kill(cell.pid, SIGKILL));
		}
		do {
			wrong = bh_cell_run(&cell, act_all, NULL);
		} while (!wrong);
		if (wrong < 0)
			count(KILLED);
		else
			broken(wrong);
		waitpid(killer, NULL, 0);
		bh_cell_stop(&cell);
	}
}

static void (*const tasks[])(void) = {
	replace, replace, come_and_go, come_and_go, rewrite_table, be_assigned, read_files,
	act_in_pid, act_in_user, act_in_mnt, die_amid_acts,
};

#define TASKS (sizeof(tasks) / sizeof(tasks[0]))

FIXTURE(race) {
	long policies;
	long bindings;
	long bytes;
};

FIXTURE_SETUP(race)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	mkdir(TOP, 0755);
	mkdir(HERE, 0755);
	mkdir(THERE, 0755);
	bh_make_program(DENIED);
	bh_make_program(ALLOWED);
	bh_make_program(ASSIGNED);
	bh_make_file(LIBRARY, "library", 0755);
	outside = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, outside);
	self->policies = bh_number("stats", "policies");
	self->bindings = bh_number("stats", "bindings");
	self->bytes = bh_number("stats", "bytes");
}

FIXTURE_TEARDOWN(race)
{
}

TEST_F_TIMEOUT(race, no_act_goes_the_other_way, 72000)
{
	const struct bh_env free = { .flags = CLONE_NEWPID | CLONE_NEWNS };
	int i;

	/* Without a policy none of the acts is denied. */
	ASSERT_EQ((1 << (ACTS - ALLOWED_ACTS)) - 1, bh_run(&free, act_all, NULL));
	ASSERT_EQ(0, bh_policy(POLICY, "%s%s", ALWAYS, bodies[0]));
	ASSERT_EQ(0, bh_write("assign", "policy=" POLICY " ns=user exe=" ASSIGNED "\nend\n"));
	deadline = seconds_now() + setting("BULKHEAD_RACE_SECONDS", 15);
	patience = seconds_now() + 20 * setting("BULKHEAD_RACE_SECONDS", 15);
	EXPECT_EQ(0, run_tasks(tasks, TASKS, NULL));
	EXPECT_EQ(0U, shared->broken)
		TH_LOG("acts that went the other way: mask %#x", shared->broken);
	for (i = 0; i < COUNTERS; i++) {
		TH_LOG("%lu %s", shared->count[i], counters[i].name);
		EXPECT_LE(counters[i].least, shared->count[i]);
	}

	EXPECT_EQ(0, bh_write("assign", "end\n"));
	EXPECT_EQ(self->bindings, wait_for_bindings(self->bindings));
	EXPECT_EQ(0, bh_write("remove", POLICY));
	EXPECT_EQ(self->policies, bh_number("stats", "policies"));
	EXPECT_EQ(self->bytes, bh_number("stats", "bytes"));
}

TEST_HARNESS_MAIN
