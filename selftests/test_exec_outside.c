// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: interpreters and executables from outside, and how often one is reported.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <kselftest_harness.h>

#include "exec.h"

#define BINFMT "/proc/sys/fs/binfmt_misc"
#define DENY "default exec deny\n"
#define ZEROS "00000000000000000000000000000000"
#define BY_DIGEST "allow exec digest=sha256:" ZEROS ZEROS "\n"
#define MAGIC BIN "/magic"
#define SCRIPT BIN "/script"

FIXTURE(outside) {};

FIXTURE_SETUP(outside)
{
	make_top(_metadata);
}

FIXTURE_TEARDOWN(outside)
{
}

/* binfmt_misc */

static int register_type(const char *flags)
{
	if (mount("binfmt_misc", BINFMT, "binfmt_misc", 0, NULL))
		return -errno;
	bh_make_file(MAGIC, "BHMAGIC", 0755);
	return bh_write(BINFMT "/register", ":bulkhead:M::BHMAGIC::%s:%s", PROG, flags);
}

static int exec_elsewhere(void *path)
{
	return unshare(CLONE_NEWNS) ? errno : bh_exec(path);
}

/* It was opened in the mount namespace of whoever registered it. */
TEST_F(outside, a_fixed_interpreter_lies_elsewhere)
{
	struct bh_trial trials[] = {
		DENIED(exec_elsewhere, DENY "allow exec path=/**", MAGIC,
		       " as=interpreter ", " path=- "),
		DENIED(exec_elsewhere, DENY "allow exec path=" MAGIC "\n"
		       "allow exec path!=/nope as=interpreter", MAGIC, " path=- "),
		DENIED(exec_elsewhere, "deny exec path=" PROG, MAGIC, " as=interpreter ",
		       " path=\"" PROG "\""),
		ALLOWED(exec_elsewhere, "deny exec path!=/**", MAGIC),
		ALLOWED(exec_elsewhere, DENY "allow exec path=" MAGIC "\n"
			"allow exec as=interpreter", MAGIC),
	};

	if (access(BINFMT, F_OK))
		SKIP(return, "binfmt_misc is not there");
	ASSERT_EQ(0, register_type("F"));
	bh_try_all(_metadata, trials);
	EXPECT_EQ(0, bh_write(BINFMT "/bulkhead", "-1"));
}

TEST_F(outside, an_interpreter_with_the_credentials_of_the_file)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" PROG, MAGIC, " as=interpreter "),
		DENIED(exec_path, "deny exec path=" MAGIC, MAGIC, " as=program "),
		GIVES(0, 1000 + SIGKILL, exec_path, "kill exec as=interpreter", MAGIC,
		      "verdict=kill", " path=\"" PROG "\""),
	};

	if (access(BINFMT, F_OK))
		SKIP(return, "binfmt_misc is not there");
	ASSERT_EQ(0, register_type("OC"));
	bh_try_all(_metadata, trials);
	EXPECT_EQ(0, bh_write(BINFMT "/bulkhead", "-1"));
}

/* from= */

/* This test was executed before its mount namespace was made. */
TEST_F(outside, an_executable_lies_elsewhere)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, DENY "allow exec from=/**,**", PROG, " exe=- "),
		DENIED(exec_path, DENY "allow exec from!=/nope", PROG, " exe=- "),
		DENIED(exec_path, "deny exec from=/**", PROG, " exe=\"/",
		       " reason=\"the path is one of another mount namespace\""),
		DENIED(exec_path, "deny exec from!=/nope", PROG, " exe=\"/"),
		ALLOWED(exec_path, "deny exec from!=/**", PROG),
		ALLOWED(exec_path, "deny exec from=/usr/bin/x", PROG),
	};

	bh_try_all(_metadata, trials);
}

/* backing= */

/* Deleted under one name, but not under another. */
static int exec_half_deleted(void *arg)
{
	int fd;

	bh_make_program(TOP "/one");
	unlink(TOP "/two");
	if (link(TOP "/one", TOP "/two"))
		return errno;
	fd = open(TOP "/one", O_PATH | O_CLOEXEC);
	unlink(TOP "/one");
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

TEST_F(outside, a_deleted_name_of_a_file_that_has_another)
{
	struct bh_trial trials[] = {
		DENIED(exec_half_deleted, "deny exec backing=file", NULL,
		       " backing=file ", " path=- "),
		ALLOWED(exec_half_deleted, "deny exec backing=deleted", NULL),
		DENIED(exec_half_deleted, DENY "allow exec path=/**", NULL, " path=- "),
	};

	bh_try_all(_metadata, trials);
}

/* Reports */

static int count_events(int events, const char *words)
{
	int nr = 0;

	while (bh_find_event(events, "policy=" BH_TRIAL " ", words, NULL))
		nr++;
	return nr;
}

/* How many events of a policy the execution of a script makes. */
static int events_of_script(struct __test_metadata *_metadata, const char *rules,
			    const char *words)
{
	int events, nr;

	ASSERT_EQ(0, bh_policy(BH_TRIAL, "%s", rules));
	events = bh_events();
	bh_confined(BH_TRIAL, exec_path, SCRIPT);
	nr = count_events(events, words);
	close(events);
	return nr;
}

TEST_F(outside, each_file_on_the_way_is_reported)
{
	bh_make_file(SCRIPT, "#!" PROG "\n", 0755);
	EXPECT_EQ(1, events_of_script(_metadata, "audit allow exec", " as=program "));
	/* The kernel opens a script's interpreter and then executes it: one file, one report. */
	EXPECT_EQ(1, events_of_script(_metadata, "audit allow exec", " as=interpreter "));
	EXPECT_EQ(1, events_of_script(_metadata, BY_DIGEST "audit allow exec",
				      " as=interpreter "));
	EXPECT_EQ(1, events_of_script(_metadata, "deny exec", "verdict=deny"));
	EXPECT_EQ(1, events_of_script(_metadata, "deny exec as=interpreter", "verdict=deny"));
}

TEST_HARNESS_MAIN
