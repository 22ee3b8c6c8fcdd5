// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page that somebody holds, and a processor that does nothing but a real-time task: what that
 * processor holds itself, of pages added lately, cannot be asked for.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "sha256.h"
#include "trial.h"

#define TOP "/tmp/drain"
#define PROG TOP "/prog"
#define RUNTIME "/proc/sys/kernel/sched_rt_runtime_us"

FIXTURE(drain)
{
	struct bh_cell cell;
	char runtime[32];
	pid_t hog;
};

static int stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int set_runtime(const char *text)
{
	int fd = open(RUNTIME, O_WRONLY | O_CLOEXEC);
	ssize_t len = write(fd, text, strlen(text));

	close(fd);
	return len < 0;
}

static void have_for_oneself(int cpu)
{
	const struct sched_param param = { .sched_priority = 50 };

	if (stay_on(cpu) || sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	for (;;)
		;
}

FIXTURE_SETUP(drain)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_elf(PROG, 0, NULL);
	ASSERT_EQ(0, sha256_allow("drain", PROG));
	ASSERT_EQ(0, stay_on(0));
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "drain"));
	ASSERT_LT(0, bh_read(RUNTIME, self->runtime, sizeof(self->runtime)));
	ASSERT_EQ(0, set_runtime("-1"));
	self->hog = fork();
	if (!self->hog)
		have_for_oneself(1);
}

FIXTURE_TEARDOWN(drain)
{
	kill(self->hog, SIGKILL);
	waitpid(self->hog, NULL, 0);
	set_runtime(self->runtime);
	bh_cell_stop(&self->cell);
}

/* What execve says, which half a minute is enough for; -1 if it does not end then. */
static int run_while_held(void *unused)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL };
	int fd = open(PROG, O_RDONLY | O_CLOEXEC), ends[2], status, tries;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) || splice(fd, NULL, ends[1], NULL, 4096, 0) <= 0)
		return -2;
	close(fd);
	pid = fork();
	if (!pid) {
		execve(PROG, argv, envp);
		_exit(errno);
	}
	for (tries = 0; tries < 1500; tries++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -3;
		usleep(20000);
	}
	kill(pid, SIGKILL);
	return -1;
}

TEST_F_TIMEOUT(drain, waits_for_no_processor, 300)
{
	int status;

	/* It is there, and stays. */
	usleep(500000);
	ASSERT_EQ(0, waitpid(self->hog, &status, WNOHANG));
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, run_while_held, NULL));
}

TEST_HARNESS_MAIN
