// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding without memory: what was bound stays, or the new binding is there. A namespace
 * that the assignment table speaks of is bound before its first program runs, or the
 * program does not run.
 */
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "fault.h"
#include "trial.h"

#define A "fault.a"
#define B "fault.b"
#define PROG "/tmp/fault.prog"

static struct bh_cell cell;

/* Enough patterns that a match of them needs more than is at hand. */
static char table[32768];

struct command {
	const char *ns;
	const char *how;	/* as it stands in the line */
	const char *arm;
	const char *old;	/* what it is bound to before, or NULL */
};

/* How the cell is told of: its pid, and descriptors of its. */
static char by_pid[32], by_ns[32], by_pidfd[32];

/* The policy that the cell's namespace is bound to, "" if to none. */
static const char *bound_to(const char *ns, const char **armed)
{
	static char policy[64], word[16];
	const char *line = bh_binding_line(bh_cell_inum(&cell, ns));

	*policy = *word = '\0';
	if (line)
		sscanf(line, "ns=%*s inum=%*u policy=%63s version=%*u armed=%15s", policy, word);
	*armed = word;
	return policy;
}

static int prepare(const struct command *command)
{
	const char *armed;

	bh_write("unbind", "ns=%s pid=%d", command->ns, cell.pid);
	if (command->old && bh_write("bind", "policy=%s ns=%s pid=%d", command->old, command->ns,
				     cell.pid))
		return FAULT_BROKEN;
	return strcmp(bound_to(command->ns, &armed), command->old ? command->old : "") ?
	       FAULT_BROKEN : 0;
}

static int do_bind(const void *arg)
{
	const struct command *command = arg;
	int err;

	if (prepare(command))
		return FAULT_BROKEN;
	fault_begin();
	err = -bh_write("bind", "policy=%s ns=%s %s arm=%s", B, command->ns, command->how,
			command->arm);
	fault_end();
	return err;
}

static const char *judge_bind(const void *arg, int result)
{
	const struct command *command = arg;
	const char *armed, *now = bound_to(command->ns, &armed);
	const char *want = result ? command->old ? command->old : "" : B;

	if (strcmp(now, want))
		return result ? "the old binding does not stand" : "not bound";
	if (!result && strcmp(armed, strcmp(command->arm, "exec") ? "yes" : "no"))
		return "armed otherwise";
	return result && result != ENOMEM ? "an errno that is not ENOMEM" : NULL;
}

static int do_unbind(const void *arg)
{
	const struct command *command = arg;
	int err;

	if (prepare(command))
		return FAULT_BROKEN;
	fault_begin();
	err = -bh_write("unbind", "ns=%s %s", command->ns, command->how);
	fault_end();
	return err;
}

static const char *judge_unbind(const void *arg, int result)
{
	const struct command *command = arg;
	const char *armed, *now = bound_to(command->ns, &armed);

	if (strcmp(now, result ? command->old : ""))
		return result ? "unbound in spite of an error" : "still bound";
	return result && result != ENOMEM ? "an errno that is not ENOMEM" : NULL;
}

/* A writer in a mount namespace of its own, which does it the favour. */
static int do_bind_self(const void *arg)
{
	long before = bh_number("stats", "bindings");
	int *err = bh_shared(), status;
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWNS))
			_exit(1);
		*err = 0;
		fault_begin();
		*err = -bh_write("bind", "policy=%s ns=mnt self", B);
		fault_end();
		/* One more than before, or none. */
		_exit(bh_number("stats", "bindings") != before + !*err ? 2 : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		*err = FAULT_BROKEN;
	while (bh_number("stats", "bindings") > before)
		usleep(1000);
	status = *err;
	munmap(err, 4096);
	return status;
}

FIXTURE(bind) {
	long policies;
	long bindings;
	int ns;
	int pidfd;
};

FIXTURE_SETUP(bind)
{
	size_t len = 0;
	char path[64];
	int i, j;

	if (fault_setup())
		return;
	self->policies = bh_number("stats", "policies");
	self->bindings = bh_number("stats", "bindings");
	bh_make_program(PROG);
	ASSERT_EQ(0, bh_policy(A, "deny exec path=" PROG));
	ASSERT_EQ(0, bh_policy(B, "deny exec path=" PROG));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER | CLONE_NEWNS));
	snprintf(by_pid, sizeof(by_pid), "pid=%d", cell.pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", cell.pid);
	self->ns = open(path, O_RDONLY | O_CLOEXEC);
	self->pidfd = syscall(SYS_pidfd_open, cell.pid, 0);
	ASSERT_LE(0, self->ns);
	ASSERT_LE(0, self->pidfd);
	snprintf(by_ns, sizeof(by_ns), "fd=%d", self->ns);
	snprintf(by_pidfd, sizeof(by_pidfd), "fd=%d", self->pidfd);
	/* More states than a match has room for without memory. */
	for (i = 1; PROG[i]; i++)
		for (j = i + 1; PROG[j]; j++)
			len += snprintf(table + len, sizeof(table) - len,
					"policy=" A " ns=pid exe=/**%c**%c**Q cgroup=/**%d\n",
					PROG[i], PROG[j], i);
	snprintf(table + len, sizeof(table) - len,
		 "policy=" A " ns=pid exe=/**/fault.prog cgroup=/**\n"
		 "policy=" B " ns=user exe=/**/fault.prog cgroup=/**\n"
		 "end\n");
}

FIXTURE_TEARDOWN(bind)
{
	int i;

	if (!cell.pid)
		return;
	bh_cell_stop(&cell);
	/* An open pid namespace keeps the user namespace that owns it. */
	close(self->ns);
	close(self->pidfd);
	EXPECT_EQ(0, bh_write("assign", "end\n"));
	for (i = 0; i < 100 && bh_number("stats", "bindings") > self->bindings; i++)
		usleep(100000);
	EXPECT_EQ(self->bindings, bh_number("stats", "bindings"));
	EXPECT_EQ(0, bh_write("remove", A));
	EXPECT_EQ(0, bh_write("remove", B));
	EXPECT_EQ(self->policies, bh_number("stats", "policies"));
}

#define BIND(title, ...)								\
	{ "bind: " title, do_bind, &(struct command){ __VA_ARGS__ },			\
	  .judge = judge_bind, .least = 5 }

#define UNBIND(title, ...)								\
	{ "unbind: " title, do_unbind, &(struct command){ __VA_ARGS__ },		\
	  .judge = judge_unbind, .least = 3 }

TEST_F_TIMEOUT(bind, the_new_binding_is_there_or_the_old_one_is, 3600)
{
	const struct fault_row rows[] = {
		BIND("pid pid now", "pid", by_pid, "now", NULL),
		BIND("pid fd exec", "pid", by_ns, "exec", NULL),
		BIND("user pidfd now", "user", by_pidfd, "now", NULL),
		BIND("mnt pidfd exec", "mnt", by_pidfd, "exec", NULL),
		BIND("mnt pid now", "mnt", by_pid, "now", NULL),
		BIND("pid, replaced", "pid", by_pid, "now", A),
		BIND("user, replaced", "user", by_pid, "exec", A),
		BIND("mnt, replaced", "mnt", by_pidfd, "now", A),
		UNBIND("pid", "pid", by_pid, NULL, A),
		UNBIND("mnt pidfd", "mnt", by_pidfd, NULL, A),
		{ "bind: mnt self", do_bind_self, NULL, .least = 5 },
	};

	FAULTS_OR_SKIP();
	fault_try_all(_metadata, rows, NULL);
}

/* The assignment table */

static char is_table[32768], was_table[32768];

static int do_assign(const void *arg)
{
	int err;

	if (bh_write("assign", "policy=%s ns=user exe=/old\nend\n", A) ||
	    bh_read("assign", was_table, sizeof(was_table)) < 0)
		return FAULT_BROKEN;
	fault_begin();
	err = -bh_write_bytes("assign", table, strlen(table));
	fault_end();
	return err;
}

static const char *judge_assign(const void *arg, int result)
{
	if (bh_read("assign", is_table, sizeof(is_table)) < 0)
		return "cannot be read";
	if (result && strcmp(is_table, was_table))
		return "the old table does not stand";
	if (!result && !strstr(is_table, "policy=" B " ns=user"))
		return "the new table is not there";
	return result && result != ENOMEM ? "an errno that is not ENOMEM" : NULL;
}

TEST_F_TIMEOUT(bind, the_new_table_is_there_or_the_old_one_is, 3600)
{
	const struct fault_row rows[] = {
		/* A try takes seconds there, and there are a thousand of them. */
		{ "assign", do_assign, NULL, .judge = judge_assign, .least = 20, .seconds = 120 },
	};

	FAULTS_OR_SKIP();
	fault_try_all(_metadata, rows, NULL);
}

/* The policy denies the program: if it runs, it runs unbound. */
static int do_first_exec(const void *flags)
{
	return fault_exec(AT_FDCWD, PROG, (long)flags);
}

TEST_F_TIMEOUT(bind, no_program_runs_unbound, 3600)
{
	const struct fault_row rows[] = {
		{ "assign: exec, pid", do_first_exec, (void *)CLONE_NEWPID, EACCES, .least = 3 },
		{ "assign: exec, user", do_first_exec, (void *)CLONE_NEWUSER, EACCES, .least = 3,
		  .single = true },
		{ "assign: exec, both", do_first_exec, (void *)(CLONE_NEWUSER | CLONE_NEWPID),
		  EACCES, .least = 3, .single = true },
	};

	FAULTS_OR_SKIP();
	EXPECT_EQ(0, fault_exec(AT_FDCWD, PROG, CLONE_NEWPID | CLONE_NEWUSER));
	ASSERT_EQ(0, bh_write_bytes("assign", table, strlen(table)));
	fault_try_all(_metadata, rows, NULL);
}

TEST_HARNESS_MAIN
