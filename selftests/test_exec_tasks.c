// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: verdicts, the ways to start a program, and when a binding arms.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "exec.h"
#include "fuse.h"

#define DENY "default exec deny"
#define KILLED (1000 + SIGKILL)
#define WITNESS TOP "/witness"

FIXTURE(tasks) {};

/* What acts and other processes tell the test. */
static int *shared;

FIXTURE_SETUP(tasks)
{
	make_top(_metadata);
	shared = bh_shared();
}

FIXTURE_TEARDOWN(tasks)
{
}

/* Verdicts */

TEST_F(tasks, verdicts)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "default exec deny", PROG, "verdict=deny", "rule=default"),
		DENIED(exec_path, "deny exec path=/tmp/**", PROG, "verdict=deny", "rule=2 "),
		ALLOWED(exec_path, "default exec allow", PROG),
		ALLOWED(exec_path, "default mount deny\ndefault ptrace kill", PROG),
		ALLOWED(exec_path, "", PROG),
		GIVES(0, KILLED, exec_path, "default exec kill", PROG, "verdict=kill class=exec",
		      "rule=default"),
		GIVES(0, KILLED, exec_path, "kill exec path=/tmp/**", PROG,
		      "verdict=kill class=exec", " rule=2 ", " path=\"" PROG "\""),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(tasks, precedence)
{
	struct bh_trial trials[] = {
		GIVES(0, KILLED, exec_path, "deny exec\nkill exec path=" PROG "\nallow exec", PROG,
		      "verdict=kill", " rule=3 "),
		DENIED(exec_path, "allow exec path=" PROG "\ndeny exec path=/tmp/**", PROG,
		       " rule=3 "),
		DENIED(exec_path, "deny exec path=/tmp/**\nallow exec path=" PROG, PROG,
		       " rule=2 "),
		ALLOWED(exec_path, "default exec kill\nallow exec path=" PROG, PROG),
		DENIED(exec_path, "default exec kill\ndeny exec path=" PROG, PROG, " rule=3 "),
		DENIED(exec_path, "default exec allow\ndeny exec path=" PROG, PROG, " rule=3 "),
		GIVES(0, KILLED, exec_path, "default exec deny\nkill exec path=/nope,/tmp/**", PROG,
		      "verdict=kill", " rule=3 "),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(tasks, audit_and_quiet)
{
	struct bh_trial trials[] = {
		GIVES(0, 0, exec_path, "audit allow exec", PROG, "verdict=allow class=exec",
		      " rule=2 ", " path=\"" PROG "\""),
		ALLOWED(exec_path, "allow exec", PROG),
		GIVES(0, EACCES, exec_path, "quiet deny exec", PROG, NULL),
		GIVES(0, KILLED, exec_path, "quiet kill exec", PROG, NULL),
		DENIED(exec_path, "audit deny exec", PROG, " rule=2 "),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(tasks, audit_mode)
{
	struct bh_trial trials[] = {
		GIVES(0, 0, exec_path, "mode audit\ndefault exec deny", PROG,
		      "verdict=would-deny class=exec", " rule=default ", " path=\"" PROG "\""),
		GIVES(0, 0, exec_path, "mode audit\ndeny exec path=/tmp/**", PROG,
		      "verdict=would-deny", " rule=3 "),
		GIVES(0, 0, exec_path, "mode audit\nkill exec", PROG, "verdict=would-deny"),
		GIVES(0, 0, exec_path, "mode audit\nquiet deny exec", PROG, NULL),
		GIVES(0, 0, exec_path, "mode audit\nallow exec", PROG, NULL),
		GIVES(0, 0, exec_path, "mode audit\naudit allow exec", PROG, "verdict=allow"),
		DENIED(exec_path, "mode enforce\ndeny exec", PROG, " rule=3 "),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(tasks, denials_are_counted)
{
	struct bh_trial trial = DENIED(exec_path, DENY, PROG, "rule=default");
	long before = bh_number("stats", "denials"), checks = bh_number("stats", "checks");

	ASSERT_LE(0, before);
	ASSERT_LE(0, checks);
	bh_try(_metadata, &trial);
	EXPECT_EQ(before + 1, bh_number("stats", "denials"));
	EXPECT_EQ(checks + 1, bh_number("stats", "checks"));
}

/* Killing */

static int exec_self(void *path)
{
	execl(path, "program", NULL);
	return errno;
}

/* Becomes a program that leaves a mark. */
static int become_witness(void *arg)
{
	execl("/bin/busybox", "touch", WITNESS, NULL);
	return errno;
}

TEST_F(tasks, pid_1_is_killed)
{
	struct bh_env env = { };
	int events;

	/* There is no one left to give a result. */
	ASSERT_EQ(-1, bh_run(&env, become_witness, NULL));
	ASSERT_EQ(0, unlink(WITNESS));
	ASSERT_EQ(0, bh_policy(BH_TRIAL, "kill exec path=/bin/busybox"));
	events = bh_events();
	EXPECT_EQ(KILLED, bh_confined(BH_TRIAL, become_witness, NULL));
	EXPECT_EQ(-1, access(WITNESS, F_OK));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=kill", " path=\"/bin/busybox\"", NULL));
	close(events);
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *exec_in_thread(void *path)
{
	execl(path, "program", NULL);
	return (void *)(intptr_t)errno;
}

static int exec_beside_threads(void *path)
{
	pthread_t thread;
	void *err;
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&thread, NULL, idle, NULL);
	pthread_create(&thread, NULL, exec_in_thread, path);
	pthread_join(thread, &err);
	return (intptr_t)err;
}

static int exec_beside_threads_child(void *path)
{
	return bh_child(exec_beside_threads, path);
}

/* In the leader, while the others idle. */
static int exec_as_leader(void *path)
{
	pthread_t thread;

	pthread_create(&thread, NULL, idle, NULL);
	pthread_create(&thread, NULL, idle, NULL);
	return (intptr_t)exec_in_thread(path);
}

static int exec_as_leader_child(void *path)
{
	return bh_child(exec_as_leader, path);
}

TEST_F(tasks, threads)
{
	struct bh_trial trials[] = {
		DENIED(exec_beside_threads_child, DENY, PROG, " path=\"" PROG "\""),
		DENIED(exec_as_leader_child, DENY, PROG, " path=\"" PROG "\""),
		GIVES(0, KILLED, exec_beside_threads_child, "kill exec", PROG, "verdict=kill"),
		GIVES(0, KILLED, exec_as_leader_child, "kill exec", PROG, "verdict=kill"),
		ALLOWED(exec_beside_threads_child, DENY "\nallow exec path=" PROG, PROG),
	};

	bh_try_all(_metadata, trials);
}

/* Ways to start a program */

static int exec_vfork(void *path)
{
	int status;
	pid_t pid;

	shared[0] = 0;
	pid = vfork();
	if (!pid) {
		execl(path, "program", NULL);
		shared[0] = errno;
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : shared[0];
}

static int exec_spawn(void *path)
{
	char *const argv[] = { "program", NULL };
	int status, err;
	pid_t pid;

	err = posix_spawn(&pid, path, NULL, NULL, argv, NULL);
	if (!err && waitpid(pid, &status, 0) != pid)
		return -1;
	return err;
}

static int exec_thrice(void *path)
{
	int first = bh_exec(path), second = bh_exec(path), third = bh_exec(path);

	return first == second && second == third ? first : -2;
}

TEST_F(tasks, ways_to_start_a_program)
{
	struct bh_trial trials[] = {
		DENIED(exec_vfork, DENY, PROG, " path=\"" PROG "\""),
		GIVES(0, KILLED, exec_vfork, "kill exec", PROG, "verdict=kill"),
		DENIED(exec_spawn, DENY, PROG, " path=\"" PROG "\""),
		DENIED(exec_thrice, DENY, PROG, " path=\"" PROG "\""),
		ALLOWED(exec_thrice, DENY "\nallow exec path=" PROG, PROG),
	};

	bh_try_all(_metadata, trials);
}

/* A call of another ABI, whose pointers have 32 bits: its path, no arguments. */
static long call_32(long nr, const char *path, bool x32)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	strcpy(low, path);
	if (x32)
		return syscall(0x40000000 | nr, low, NULL, NULL) ? -errno : 0;
	/* What the compiler would not know of: r8 to r11 are lost. */
	asm volatile("int $0x80" : "=a" (ret) : "a" (nr), "b" (low), "c" (0), "d" (0)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static int call_i386(void *path)
{
	return -call_32(11, path, false);
}

static int call_x32(void *path)
{
	return -call_32(520, path, true);
}

static int exec_i386(void *path)
{
	return bh_child(call_i386, path);
}

static int exec_x32(void *path)
{
	return bh_child(call_x32, path);
}

TEST_F(tasks, the_32_bit_entry)
{
	struct bh_trial trial = DENIED(exec_i386, DENY, PROG, " path=\"" PROG "\"");

	if (bh_confined(NULL, exec_i386, PROG))
		SKIP(return, "the kernel has no 32-bit calls");
	bh_try(_metadata, &trial);
}

TEST_F(tasks, the_x32_entry)
{
	struct bh_trial trial = DENIED(exec_x32, DENY, PROG, " path=\"" PROG "\"");

	if (bh_confined(NULL, exec_x32, PROG))
		SKIP(return, "the kernel has no x32 calls");
	bh_try(_metadata, &trial);
}

/* A name that changes while it is used */

#define FROG BIN "/frog"
#define SERVED BIN "/served"

/* Like PROG, but exits with 1. */
static void make_frog(struct __test_metadata *_metadata)
{
	/* inc %edi, which begins as 0, in the place of xor %edi,%edi */
	static const unsigned char inc[] = { 0xff, 0xc7 };
	int fd;

	bh_make_program(FROG);
	fd = open(FROG, O_WRONLY | O_CLOEXEC);
	ASSERT_EQ(2, pwrite(fd, inc, 2, 0x78));
	close(fd);
}

/* By the server of SERVED, while the kernel follows a link there. */
static void turn_name(void)
{
	strcpy((char *)shared, FROG);
}

/*
 * The kernel is given the name of the link to PROG and, while it follows that, the name comes
 * to be the frog's. It has read the name by then. Whoever reads it again is given the frog's,
 * as the second execution is. 1: that is executed.
 */
static int exec_turning(void *unused)
{
	int err;

	strcpy((char *)shared, SERVED "/" FUSE_LINK);
	err = bh_child(exec_self, shared);
	if (err)
		return err == 1 ? 1 : 200;
	if (strcmp((char *)shared, FROG))
		return 201;
	return bh_child(exec_self, shared) == 1;
}

TEST_F(tasks, a_name_that_turns_into_another)
{
	struct bh_trial trial = GIVES(1, 0, exec_turning, DENY "\nallow exec path=" PROG, NULL,
				      "verdict=deny", " path=\"" FROG "\"");
	int told[2];
	pid_t server;

	make_frog(_metadata);
	ASSERT_EQ(0, mkdir(SERVED, 0755));
	ASSERT_EQ(0, symlink(PROG, BIN "/" FUSE_LINK));
	ASSERT_EQ(0, pipe2(told, O_CLOEXEC));
	server = fuse_start(SERVED, FUSE_READLINK, told[1], turn_name);
	if (server < 0)
		SKIP(return, "no fuse here");
	bh_try(_metadata, &trial);
	umount2(SERVED, MNT_DETACH);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* Replacing a policy while it is asked */

#define ROUNDS 25

static void *exec_rounds(void *path)
{
	intptr_t denied = 0;
	int i;

	for (i = 0; i < ROUNDS; i++)
		denied += bh_exec(path) == EACCES;
	return (void *)denied;
}

static int exec_many(void *path)
{
	pthread_t threads[4];
	void *denied;
	int i, sum = 0;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, exec_rounds, path);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &denied);
		sum += (intptr_t)denied;
	}
	return sum;
}

static void replace_for_ever(void)
{
	for (;; shared[0]++) {
		if (bh_policy(BH_TRIAL, "%s", DENY "\nallow exec path=/nope") ||
		    bh_policy(BH_TRIAL, "%s", "deny exec path=/tmp/**\nallow exec"))
			shared[1]++;
	}
}

TEST_F(tasks, a_policy_is_replaced_without_a_gap)
{
	struct bh_env env = { };
	pid_t replacer;

	ASSERT_EQ(0, bh_run(&env, exec_many, PROG));
	ASSERT_EQ(0, bh_policy(BH_TRIAL, DENY));
	replacer = fork();
	if (!replacer)
		replace_for_ever();
	EXPECT_EQ(4 * ROUNDS, bh_confined(BH_TRIAL, exec_many, PROG));
	kill(replacer, SIGKILL);
	waitpid(replacer, NULL, 0);
	EXPECT_LT(0, shared[0]);
	EXPECT_EQ(0, shared[1]);
}

/* Arming */

#define ARMING(before, after, what, space, flag, policy, ...) {			\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arm = "exec", .ns = space, .flags = flag, .words = { __VA_ARGS__ },	\
}

static int children_only(void *arg)
{
	return bh_exec(PROG);
}

static int failed_exec_first(void *arg)
{
	int err = exec_self("/nope");

	return err == ENOENT ? bh_exec(PROG) : -2;
}

static int later_child(void *pipe_end)
{
	char go;

	if (read(*(int *)pipe_end, &go, 1) != 1)
		return 255;
	return exec_self(PROG);
}

/* Init is denied its program. Then so are its children, whenever they began. */
static int init_first(void *arg)
{
	int go[2], before, own, after, earlier, status;
	pid_t pid;

	if (pipe(go))
		return errno;
	before = bh_exec(PROG);
	pid = fork();
	if (!pid)
		_exit(later_child(&go[0]));
	own = exec_self(PROG);
	after = bh_exec(PROG);
	if (write(go[1], "g", 1) != 1 || waitpid(pid, &status, 0) != pid)
		return -2;
	earlier = WEXITSTATUS(status);
	return !before && own == EACCES && after == EACCES && earlier == EACCES ? EACCES : -2;
}

TEST_F(tasks, arming_waits_for_init)
{
	struct bh_trial trials[] = {
		ARMING(0, 0, children_only, "pid", 0, DENY, NULL),
		ARMING(0, 0, failed_exec_first, "pid", 0, DENY, NULL),
	};
	struct bh_trial armed = ARMING(0, EACCES, init_first, "pid", 0, DENY, "rule=default",
				       " as=program ", " path=\"" PROG "\"");

	bh_try_all(_metadata, trials);
	/* Init would be gone if there were no policy. */
	bh_try_with(_metadata, &armed);
}

TEST_F(tasks, arming_may_kill_init)
{
	struct bh_trial trial = ARMING(0, KILLED, exec_self, "pid", 0, "kill exec",
				       "verdict=kill");

	trial.arg = PROG;
	bh_try_with(_metadata, &trial);
}

static int become_shell(void *command)
{
	execl("/bin/busybox", "sh", "-c", command, NULL);
	return errno;
}

/* A runtime's way: allowed to execute the program, which then is confined. */
TEST_F(tasks, init_arms_by_executing_its_program)
{
	struct bh_env env = { .policy = BH_TRIAL, .arm = "exec" };
	char status[16];

	ASSERT_EQ(0, bh_policy(BH_TRIAL, DENY "\nallow exec path=/bin/busybox"));
	ASSERT_EQ(-1, bh_run(&env, become_shell, PROG "; echo $? >" WITNESS));
	ASSERT_LT(0, bh_read(WITNESS, status, sizeof(status)));
	EXPECT_STREQ("126\n", status);
	env.policy = NULL;
	ASSERT_EQ(-1, bh_run(&env, become_shell, PROG "; echo $? >" WITNESS));
	ASSERT_LT(0, bh_read(WITNESS, status, sizeof(status)));
	EXPECT_STREQ("0\n", status);
}

TEST_F(tasks, arming_a_user_namespace)
{
	int flags = CLONE_NEWUSER | CLONE_NEWPID;
	struct bh_trial trials[] = {
		ARMING(0, EACCES, children_only, "user", flags, DENY, " ns=user ",
		       " path=\"" PROG "\""),
		ARMING(0, EACCES, failed_exec_first, "user", flags, DENY, " ns=user "),
	};

	bh_try_all(_metadata, trials);
}

TEST_HARNESS_MAIN
