// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audit may let whoever changes the configuration wait, while its backlog is full, which a
 * container can see to. Nobody else waits with him.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "cell.h"

#define HOLD "/hold.ko"
#define PARAMETERS "/sys/module/hold/parameters/"

/* What is refused, each in its own way, and what succeeds. */
static const struct {
	const char *file;
	const char *text;
} changes[] = {
	{ "bind", "policy=audited.none ns=pid pid=1\n" },
	{ "unbind", "ns=pid inum=1\n" },
	{ "remove", "audited.none\n" },
	{ "lock", "2\n" },
	{ "keys", "none" },
	{ "assign", "policy=audited.none ns=pid\nend\n" },
	{ "assign", "end\n" },
	{ "load", "policy audited.none version x\nend\n" },
};

FIXTURE(audit) {
	pid_t writer;
	pid_t other;
};

static int load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
	close(fd);
	return err;
}

static int number_of(const char *parameter)
{
	char text[16];

	return bh_read(parameter, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

FIXTURE_SETUP(audit)
{
	if (access(HOLD, F_OK))
		SKIP(return, HOLD " is not there");
	if (load_module(HOLD))
		SKIP(return, "no audit");
}

static void end(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

FIXTURE_TEARDOWN(audit)
{
	end(&self->writer);
	end(&self->other);
	syscall(SYS_delete_module, "hold", O_NONBLOCK);
}

/* Writes again until audit lets it wait, which it is not asked to at once after many reports. */
static void write_for_ever(const char *file, const char *text)
{
	for (;;) {
		bh_write_bytes(file, text, strlen(text));
		usleep(50000);
	}
}

/* Waits for half a minute at most. */
static bool wait_for(bool (*happens)(void *arg), void *arg)
{
	int tries;

	for (tries = 0; tries < 600 && !happens(arg); tries++)
		usleep(50000);
	return tries < 600;
}

static bool one_waits(void *unused)
{
	return number_of(PARAMETERS "waiting") > 0;
}

static bool has_ended(void *pid)
{
	return waitpid(*(pid_t *)pid, NULL, WNOHANG) == *(pid_t *)pid;
}

static bool is_loaded(void *unused)
{
	return !access(BULKHEAD_DIR "/policies/audited", F_OK);
}

/* Takes what all changes take: the configuration, and the files of policies. */
static bool others_go_on(pid_t *other)
{
	char text[4096];

	*other = fork();
	if (!*other)
		_exit(bh_read("stats", text, sizeof(text)) < 0);
	if (!wait_for(has_ended, other))
		return false;
	*other = fork();
	/* This one comes to audit itself, when all is done. */
	if (!*other)
		_exit(bh_policy("audited", "default exec allow"));
	return wait_for(is_loaded, NULL);
}

TEST_F_TIMEOUT(audit, nobody_waits_with_the_writer, 600)
{
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		self->writer = fork();
		if (!self->writer)
			write_for_ever(changes[i].file, changes[i].text);
		ASSERT_TRUE(wait_for(one_waits, NULL))
			TH_LOG("%s: audit is not asked", changes[i].file);
		EXPECT_TRUE(others_go_on(&self->other))
			TH_LOG("%s: others wait", changes[i].file);
		end(&self->writer);
		end(&self->other);
		EXPECT_EQ(0, bh_write(PARAMETERS "held", "0"));
		bh_write("remove", "audited");
		EXPECT_EQ(0, bh_write(PARAMETERS "held", "1"));
	}
}

TEST_HARNESS_MAIN
