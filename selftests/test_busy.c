// SPDX-License-Identifier: GPL-2.0-only
/*
 * A decision point that someone else has redirected, as a livepatch does: the
 * module does not load, says which point it is, and attaches nothing.
 */
#include <stdio.h>
#include <string.h>

#include <kselftest_harness.h>

#include "bulkhead.h"
#include "log.h"
#include "module.h"

#define REDIRECT "/redirect.ko"
#define FOLLOW "/follow.ko"
#define FOLLOWED "/sys/module/follow/parameters/followed"
#define FTRACE_ENABLED "/proc/sys/kernel/ftrace_enabled"

/* The decision points that are there from the beginning, as `features` lists them. */
#define POINTS_MAX 64

static char features[65536];
static const char *functions[POINTS_MAX];
static int nr_functions;

static void read_functions(void)
{
	char *line, *rest = features, *name;

	if (bh_read("features", features, sizeof(features)) < 0)
		return;
	while ((line = strsep(&rest, "\n")) != NULL && nr_functions < POINTS_MAX) {
		if (strncmp(line, "point ", 6) || !strstr(line, " attached=ftrace "))
			continue;
		name = line + 6;
		name[strcspn(name, " ")] = '\0';
		functions[nr_functions++] = name;
	}
}

FIXTURE(busy) {
	int log;
};

FIXTURE_SETUP(busy)
{
	if (access(REDIRECT, F_OK))
		SKIP(return, REDIRECT " is not there");
	self->log = log_open();
	ASSERT_LE(0, self->log);
	/* What others needed before is not needed yet. */
	ASSERT_EQ(0, bh_unload_module());
	ASSERT_EQ(0, bh_load_module());
	read_functions();
	ASSERT_LT(0, nr_functions);
	ASSERT_EQ(0, bh_unload_module());
}

FIXTURE_TEARDOWN(busy)
{
	syscall(SYS_delete_module, "redirect", O_NONBLOCK);
	if (!bh_module_is_loaded())
		bh_load_module();
	close(self->log);
}

static int load(const char *module, const char *options)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, options, 0) ? -errno : 0;
	close(fd);
	return err;
}

static int redirect(const char *function)
{
	char options[128];

	snprintf(options, sizeof(options), "function=%s", function);
	return load(REDIRECT, options);
}

/* How many functions the module redirects now: not those that wait until someone needs them. */
static int count_attached(void)
{
	static char text[65536];
	const char *at = text;
	int nr = 0;

	if (bh_read("features", text, sizeof(text)) < 0)
		return -1;
	for (; (at = strstr(at, " attached=ftrace ")) != NULL; at++)
		nr++;
	return nr;
}

/* How many functions are redirected, by whomever. */
static int count_redirected(void)
{
	static char text[1048576];
	char *line, *rest = text;
	int nr = 0;

	if (bh_read("/sys/kernel/tracing/enabled_functions", text, sizeof(text)) < 0)
		return -1;
	while ((line = strsep(&rest, "\n")) != NULL)
		nr += !!strstr(line, " I");
	return nr;
}

TEST_F_TIMEOUT(busy, the_module_does_not_load_and_says_why, 300)
{
	int i;

	/* Some of each table, and the first and the last: each try attaches all before it. */
	for (i = 0; i < nr_functions; i++) {
		if (i % 6 && i != nr_functions - 1)
			continue;
		ASSERT_EQ(0, redirect(functions[i]));
		EXPECT_EQ(1, count_redirected());
		EXPECT_EQ(-EBUSY, bh_load_module());
		EXPECT_TRUE(log_has(self->log, functions[i], "redirects it already"))
			TH_LOG("%s is not named", functions[i]);
		EXPECT_FALSE(bh_module_is_loaded());
		EXPECT_EQ(1, count_redirected());
		ASSERT_EQ(0, syscall(SYS_delete_module, "redirect", O_NONBLOCK));
		EXPECT_EQ(0, count_redirected());
	}
	EXPECT_EQ(0, bh_load_module());
	EXPECT_LT(30, count_attached());
	EXPECT_EQ(count_attached(), count_redirected());
	/* And the other way round. */
	EXPECT_EQ(-EBUSY, redirect(functions[0]));
}

/* Others trace the same functions, and follow what these are called with. */
TEST_F_TIMEOUT(busy, the_test_calls_can_be_followed, 300)
{
	char options[4096] = "functions=", *end = options + strlen(options), count[32];
	int i, attached;

	if (access(FOLLOW, F_OK))
		SKIP(return, FOLLOW " is not there");
	for (i = 0; i < nr_functions; i++)
		end += sprintf(end, "%s%s", i ? "," : "", functions[i]);
	ASSERT_EQ(0, load(FOLLOW, options));
	EXPECT_EQ(0, bh_load_module());
	attached = count_attached();
	EXPECT_LT(30, attached);
	ASSERT_LT(0, bh_read(FOLLOWED, count, sizeof(count)));
	EXPECT_LE(16 * attached, atoi(count));
	EXPECT_EQ(0, syscall(SYS_delete_module, "follow", O_NONBLOCK));
}

TEST_F(busy, that_ftrace_is_off_is_not_blamed_on_others)
{
	int err = bh_write(FTRACE_ENABLED, "0");

	if (err == -EOPNOTSUPP)
		SKIP(return, "this kernel does not let ftrace be switched off");
	ASSERT_EQ(0, err);
	EXPECT_EQ(-EBUSY, bh_load_module());
	EXPECT_EQ(0, bh_write(FTRACE_ENABLED, "1"));
	EXPECT_TRUE(log_has(self->log, functions[0], "see sysctl kernel.ftrace_enabled"));
	EXPECT_FALSE(bh_module_is_loaded());
	EXPECT_EQ(0, bh_load_module());
}

TEST_HARNESS_MAIN
