// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audit may let whoever changes the configuration wait, while its backlog is full, which a
 * container can see to. Nobody else waits with him.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "hold.h"

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

FIXTURE_SETUP(audit)
{
	int err = hold_begin("audit_log_start");

	if (err)
		SKIP(return, "nobody can be held in audit here: %s", strerror(err));
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
	hold_end();
}

/* Writes again until audit lets it wait, which it is not asked to at once after many reports. */
static void write_for_ever(const char *file, const char *text)
{
	for (;;) {
		bh_write_bytes(file, text, strlen(text));
		usleep(50000);
	}
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
	if (!hold_wait_for(has_ended, other))
		return false;
	*other = fork();
	/* This one comes to audit itself, when all is done. */
	if (!*other)
		_exit(bh_policy("audited", "default exec allow"));
	return hold_wait_for(is_loaded, NULL);
}

TEST_F_TIMEOUT(audit, nobody_waits_with_the_writer, 600)
{
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		self->writer = fork();
		if (!self->writer)
			write_for_ever(changes[i].file, changes[i].text);
		ASSERT_TRUE(hold_wait_for(hold_waits, NULL))
			TH_LOG("%s: audit is not asked", changes[i].file);
		EXPECT_TRUE(others_go_on(&self->other))
			TH_LOG("%s: others wait", changes[i].file);
		end(&self->writer);
		end(&self->other);
		EXPECT_EQ(0, hold_set(false));
		bh_write("remove", "audited");
		EXPECT_EQ(0, hold_set(true));
	}
}

TEST_HARNESS_MAIN
