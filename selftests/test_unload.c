// SPDX-License-Identifier: GPL-2.0-only
/*
 * What anyone may hold of the module's files while it is unloaded. Each test
 * leaves the module loaded.
 */
#include <linux/kcmp.h>
#include <linux/mount.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <kselftest_harness.h>

#include "bpf.h"
#include "cell.h"
#include "fuse.h"
#include "late.h"
#include "log.h"
#include "module.h"
#include "program.h"
#include "sha256.h"
#include "trial.h"

#define SLOW "/tmp/slow"
#define PLACE "/tmp/place"
#define PROGRAM "/tmp/program"

FIXTURE(unload) {
	int held;
};

FIXTURE_SETUP(unload)
{
	self->held = -1;
	ASSERT_TRUE(bh_module_is_loaded());
	ASSERT_EQ(0, bh_policy("unload", "default exec deny"));
}

FIXTURE_TEARDOWN(unload)
{
	close(self->held);
	if (!bh_module_is_loaded())
		EXPECT_EQ(0, bh_load_module());
}

/* A place that is held without being open. */
static int hold(const char *path)
{
	return open(path, O_PATH | O_CLOEXEC);
}

static void try_reload(struct __test_metadata *_metadata)
{
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(-1, access(BULKHEAD_DIR, F_OK));
	EXPECT_EQ(0, bh_load_module());
	EXPECT_TRUE(bh_module_is_loaded());
	EXPECT_LE(0, bh_number("stats", "checks"));
}

TEST_F(unload, nobody_in_the_directory_prevents_loading_it_again)
{
	self->held = hold(BULKHEAD_DIR);
	ASSERT_LE(0, self->held);
	try_reload(_metadata);
}

TEST_F(unload, nobody_among_the_policies_prevents_loading_it_again)
{
	self->held = hold(BULKHEAD_DIR "/policies/unload");
	ASSERT_LE(0, self->held);
	try_reload(_metadata);
	EXPECT_EQ(0, bh_policy("unload", "default exec deny"));
}

/* Without the module, a file's operations are no longer in memory. */
static void try_held_file(struct __test_metadata *_metadata, int *held, const char *path)
{
	char again[64];
	int fd;

	*held = hold(path);
	ASSERT_LE(0, *held);
	EXPECT_EQ(0, bh_unload_module());
	snprintf(again, sizeof(again), "/proc/self/fd/%d", *held);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-1, fd);
	close(fd);
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(0, bh_load_module());
}

TEST_F(unload, a_file_that_is_held_leads_nowhere)
{
	try_held_file(_metadata, &self->held, BULKHEAD_DIR "/features");
}

TEST_F(unload, a_file_of_a_policy_that_is_held_leads_nowhere)
{
	try_held_file(_metadata, &self->held, BULKHEAD_DIR "/policies/unload/text");
}

/* The root of securityfs belongs to everybody: who keeps its lock keeps nobody. */
#define ROOT_DIR "/sys/kernel/security"

static bool try_meanwhile(const struct listing *listing, int (*act)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(close(listing->uffd) || act());
	return ends(pid, &status) && !status;
}

TEST_F_TIMEOUT(unload, who_lists_the_root_of_securityfs_prevents_nothing, 300)
{
	struct listing listing = { .dir = ROOT_DIR, .uid = 65534 };
	int status;
	pid_t pid;

	if (!listing_start(&listing))
		SKIP(return, "no userfaultfd here");
	EXPECT_TRUE(is_waited_for(listing.uffd));
	/* Who waits to change the directory keeps its lock from those, too, who only read. */
	pid = fork();
	if (!pid)
		_exit(close(listing.uffd) || setuid(65534) || !mkdir(ROOT_DIR "/new", 0755));
	EXPECT_TRUE(is_stuck(pid));
	EXPECT_TRUE(try_meanwhile(&listing, bh_unload_module));
	EXPECT_TRUE(try_meanwhile(&listing, bh_load_module));
	EXPECT_TRUE(bh_module_is_loaded());
	EXPECT_EQ(0, bh_policy("unload", "default exec deny"));
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	listing_stop(&listing);
	EXPECT_TRUE(ends(pid, &status));
	EXPECT_EQ(0, status);
}

/* What was said of a mount while it was made is forgotten with the module. */
static int clone_and_keep(void *unused)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/tmp", OPEN_TREE_CLONE) < 0 ? errno : 0;
}

TEST_F(unload, mounts_that_are_nowhere_yet_do_not_prevent_it)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_policy("unload", "deny mount source=/nowhere"));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_bind(&cell, "unload"));
	EXPECT_EQ(0, bh_cell_run(&cell, clone_and_keep, NULL));
	try_reload(_metadata);
	bh_cell_stop(&cell);
}

/* Shorter than unloading waits for anybody. */
static int *answered;

static void answer_late(void)
{
	sleep(5);
	*answered = 1;
}

/* The source may be a device, which must be looked up. */
static int mount_slowly(void *unused)
{
	return mount(SLOW "/device", PLACE, "tmpfs", 0, NULL) ? errno : 0;
}

static int execute(void *unused)
{
	execl(PROGRAM, PROGRAM, NULL);
	return errno;
}

/* Its loader lies where it takes time to look. */
static int execute_slowly(void *unused)
{
	return bh_child(execute, NULL);
}

/* Who waits for a server in a check. */
struct waiting {
	struct bh_cell cell;
	pid_t server;
	pid_t pid;
};

/* False if there is no fuse here. */
static bool start_waiting(struct __test_metadata *_metadata, struct waiting *waiting,
			  int (*act)(void *arg), void (*delay)(void))
{
	int told[2];
	char byte;

	mkdir(SLOW, 0755);
	mkdir(PLACE, 0755);
	bh_make_elf(PROGRAM, 0, SLOW "/loader");
	EXPECT_EQ(0, pipe(told));
	waiting->server = fuse_start(SLOW, FUSE_LOOKUP, told[1], delay);
	if (waiting->server < 0)
		return false;
	EXPECT_EQ(0, bh_policy("waiting", "deny mount source=/nowhere"));
	EXPECT_EQ(0, bh_cell_start(&waiting->cell, CLONE_NEWNS));
	EXPECT_EQ(0, bh_cell_bind(&waiting->cell, "waiting"));
	waiting->pid = fork();
	if (!waiting->pid)
		_exit(bh_cell_run(&waiting->cell, act, NULL));
	close(told[1]);
	EXPECT_EQ(1, read(told[0], &byte, 1));
	close(told[0]);
	return true;
}

static void stop_waiting(struct waiting *waiting)
{
	kill(waiting->server, SIGKILL);
	waitpid(waiting->server, NULL, 0);
	waitpid(waiting->pid, NULL, 0);
	bh_cell_stop(&waiting->cell);
	umount2(SLOW, MNT_DETACH);
}

TEST_F_TIMEOUT(unload, who_sleeps_in_a_check_is_waited_for, 300)
{
	struct waiting waiting;

	answered = bh_shared();
	if (!start_waiting(_metadata, &waiting, mount_slowly, answer_late))
		SKIP(return, "no fuse here");
	EXPECT_EQ(0, *answered);
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(1, *answered);
	EXPECT_EQ(0, bh_load_module());
	stop_waiting(&waiting);
}

static bool is_in_force(struct __test_metadata *_metadata)
{
	struct bh_cell cell;
	bool denied;

	EXPECT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(0, bh_cell_bind(&cell, "unload"));
	denied = bh_cell_run(&cell, execute_slowly, NULL) == EACCES;
	bh_cell_stop(&cell);
	return denied;
}

/* Whoever unloads the module can give it up. */
static void try_kill(struct __test_metadata *_metadata, int log)
{
	pid_t unloader = fork();
	int status, tries;
	bool told = false;

	if (!unloader)
		_exit(-bh_unload_module());
	for (tries = 0; tries < 300 && !told; tries++) {
		usleep(100000);
		told = log_has(log, "unloading waits for test_unload[", NULL);
	}
	EXPECT_TRUE(told);
	kill(unloader, SIGKILL);
	EXPECT_EQ(unloader, waitpid(unloader, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		TH_LOG("status %#x", status);
	EXPECT_TRUE(is_in_force(_metadata));
}

static void try_never(struct __test_metadata *_metadata, int (*act)(void *arg), bool patient)
{
	int log = log_open();
	struct waiting waiting;

	ASSERT_LE(0, log);
	if (!start_waiting(_metadata, &waiting, act, NULL))
		SKIP(return, "no fuse here");
	if (patient) {
		EXPECT_EQ(-EBUSY, bh_unload_module());
		EXPECT_TRUE(log_has(log, "because of test_unload[", NULL));
		EXPECT_TRUE(is_in_force(_metadata));
	} else {
		try_kill(_metadata, log);
	}
	stop_waiting(&waiting);
	close(log);
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(0, bh_load_module());
}

TEST_F_TIMEOUT(unload, who_sleeps_in_a_mount_for_ever_is_not, 300)
{
	try_never(_metadata, mount_slowly, false);
}

TEST_F_TIMEOUT(unload, who_sleeps_in_an_exec_for_ever_is_not, 300)
{
	try_never(_metadata, execute_slowly, true);
}

/*
 * A program that a digest allowed has a pass until it leaves execve, which waits for its other
 * threads to end, and these wait for whoever traces them.
 */
struct kept {
	int told[2];
	int tid[2];
	int go[2];
};

static void *wait_traced(void *kept)
{
	pid_t tid = gettid();

	if (write(((struct kept *)kept)->tid[1], &tid, sizeof(tid)) == sizeof(tid))
		pause();
	return NULL;
}

static void execute_with_thread(struct kept *kept)
{
	pthread_t thread;
	char byte;

	if (!pthread_create(&thread, NULL, wait_traced, kept) && read(kept->go[0], &byte, 1) == 1)
		execute(NULL);
	_exit(1);
}

static int keep_in_exec(void *arg)
{
	struct kept *kept = arg;
	siginfo_t info;
	pid_t tid;

	if (!fork())
		execute_with_thread(kept);
	if (read(kept->tid[0], &tid, sizeof(tid)) != sizeof(tid) ||
	    ptrace(PTRACE_SEIZE, tid, NULL, NULL) || write(kept->go[1], "g", 1) != 1 ||
	    waitid(P_PID, tid, &info, WEXITED | WNOWAIT | __WALL) ||
	    write(kept->told[1], "t", 1) != 1)
		return 1;
	pause();
	return 0;
}

TEST_F_TIMEOUT(unload, who_is_kept_in_an_exec_by_another_is_not, 300)
{
	int log = log_open();
	struct bh_cell cell;
	struct kept kept;
	pid_t pid;
	char byte;

	ASSERT_LE(0, log);
	ASSERT_EQ(0, pipe(kept.told) ?: pipe(kept.tid) ?: pipe(kept.go));
	bh_make_elf(PROGRAM, 0, NULL);
	ASSERT_EQ(0, bh_policy("waiting", "default exec deny\nallow exec digest=sha256:%s",
			       sha256_file(PROGRAM)));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&cell, "waiting"));
	pid = fork();
	if (!pid)
		_exit(bh_cell_run(&cell, keep_in_exec, &kept));
	ASSERT_EQ(1, read(kept.told[0], &byte, 1));
	try_kill(_metadata, log);
	bh_cell_stop(&cell);
	waitpid(pid, NULL, 0);
	close(log);
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(0, bh_load_module());
}

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* A page that the module maps for the time of a call, where it will lie. */
static void *expected;
static int sealed;

static void *seal(void *unused)
{
	while (syscall(SYS_mseal, __atomic_load_n(&expected, __ATOMIC_ACQUIRE), 4096, 0))
		;
	__atomic_store_n(&sealed, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* 0 if a page was sealed while it was mapped. */
static int seal_page(void *unused)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID };
	time_t end = time(NULL) + 60;
	pthread_t thread;
	void *next;

	if (pthread_create(&thread, NULL, seal, NULL))
		return 1;
	next = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(next, 4096);
	__atomic_store_n(&expected, next, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&sealed, __ATOMIC_ACQUIRE) && time(NULL) < end)
		syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr));
	return sealed ? 0 : 2;
}

/* What cannot be unmapped keeps the module; whoever did that is named, and can be killed. */
TEST_F_TIMEOUT(unload, whoever_seals_a_page_is_named, 300)
{
	int log = log_open();
	struct bh_cell cell;

	if (syscall(SYS_mseal, 0, 0, 0) && errno == ENOSYS)
		SKIP(return, "this kernel seals no memory");
	ASSERT_LE(0, log);
	ASSERT_EQ(0, bh_policy("unload", "default exec deny"));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_bind(&cell, "unload"));
	EXPECT_EQ(0, bh_cell_run(&cell, seal_page, NULL));
	EXPECT_EQ(-EBUSY, bh_unload_module());
	EXPECT_TRUE(log_has(log, "not unloaded: test_unload[", NULL));
	EXPECT_TRUE(is_in_force(_metadata));
	bh_cell_stop(&cell);
	EXPECT_EQ(0, bh_unload_module());
	EXPECT_EQ(0, bh_load_module());
	close(log);
}

/* Who is answered before its handler begins is not waited for. */
TEST_F_TIMEOUT(unload, who_answers_in_our_place_prevents_nothing, 300)
{
	int fd = bpf_refuse("security_ptrace_access_check"), i, err;

	if (fd < 0)
		SKIP(return, "no such BPF program here: %s", strerror(-fd));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(-1, syscall(SYS_kcmp, getpid(), getppid(), KCMP_VM, 0, 0));
		ASSERT_EQ(EPERM, errno);
	}
	EXPECT_EQ(0, bh_unload_module());
	/* The point would not be reached: so the module does not load, nor hang. */
	err = bh_load_module();
	EXPECT_TRUE(err == -ENXIO || err == -EBUSY)
		TH_LOG("loading: %d", err);
	EXPECT_FALSE(bh_module_is_loaded());
	close(fd);
	EXPECT_EQ(0, bh_load_module());
}

TEST_HARNESS_MAIN
