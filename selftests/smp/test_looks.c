// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content under rules that name digests, while another processor looks at it all the time.
 */
#include <signal.h>
#include <string.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "trial.h"

#define TOP "/tmp/looks"
#define PROG TOP "/prog"
#define OPENINGS 3000

#define NO_PROGRAM "0000000000000000000000000000000000000000000000000000000000000000"

FIXTURE(looks)
{
	struct bh_cell cell;
	int *count;
	pid_t pid;
};

static int look_for_ever(void *arg)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC), *count = arg;

	for (;;) {
		void *memory = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

		if (memory != MAP_FAILED)
			return 1;
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
	}
}

FIXTURE_SETUP(looks)
{
	self->count = bh_shared();
	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_elf(PROG, 0, NULL);
	ASSERT_EQ(0, bh_policy("looks", "default map deny\nallow map digest=sha256:" NO_PROGRAM));
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "looks"));
	self->pid = fork();
	if (!self->pid)
		_exit(bh_cell_run(&self->cell, look_for_ever, self->count));
}

FIXTURE_TEARDOWN(looks)
{
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
	bh_cell_stop(&self->cell);
}

static int looks_so_far(const int *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* Who may only read a file keeps nobody from writing to it by having it looked at. */
TEST_F_TIMEOUT(looks, keep_no_writer_out, 300)
{
	int i, fd, refused = 0, before = looks_so_far(self->count);

	for (i = 0; i < OPENINGS; i++) {
		fd = open(PROG, O_WRONLY | O_CLOEXEC);
		refused += fd < 0;
		close(fd);
	}
	TH_LOG("%d openings, %d refused, %d looks meanwhile", OPENINGS, refused,
	       looks_so_far(self->count) - before);
	EXPECT_EQ(0, refused);
	EXPECT_LT(before + 100, looks_so_far(self->count));
}

TEST_HARNESS_MAIN
