// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading the module without memory: it is loaded with all of its hooks, or there is
 * nothing of it. And after all that was done in this boot, nothing has leaked.
 */
#include <stdlib.h>
#include <time.h>

#include <kselftest_harness.h>

#include "fault.h"
#include "module.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define TRACING "/sys/kernel/tracing/"

/* Loading allocates so often that not every n fits into this time. */
#define SECONDS 100

static char text[65536];

/* Is any function redirected to the module? */
static bool has_hooks(void)
{
	return bh_read(TRACING "enabled_functions", text, sizeof(text)) < 0 ||
	       strstr(text, "[bulkhead]");
}

static int leaks(void)
{
	int i;

	/* Memory is suspected of nothing while it is younger than that. */
	for (i = 0; i < 2; i++) {
		sleep(6);
		if (bh_write(KMEMLEAK, "scan"))
			return -1;
	}
	return bh_read(KMEMLEAK, text, sizeof(text));
}

/*
 * The reports about memory that is not the kernel's own loss: a slab cache whose directory
 * in sysfs cannot be made loses the name of that.
 */
static const char *leaks_of_ours(void)
{
	static const char begin[] = "unreferenced object";
	char *at, *next;

	for (at = strstr(text, begin); at; at = next) {
		next = strstr(at + 1, begin);
		if (next)
			next[-1] = '\0';
		if (!strstr(at, "sysfs_slab_add+"))
			return at;
	}
	return "";
}

FIXTURE(module) {};

FIXTURE_SETUP(module)
{
}

FIXTURE_TEARDOWN(module)
{
}

/* Before the module is unloaded, whose functions then have names no more. */
TEST_F_TIMEOUT(module, nothing_has_leaked, 3600)
{
	FAULTS_OR_SKIP();
	EXPECT_EQ(0, leaks())
		TH_LOG("%s", text);
}

/* Empties the trace. */
static void forget(void)
{
	int fd = open(TRACING "trace", O_WRONLY | O_TRUNC);

	if (fd >= 0)
		close(fd);
}

/* Did the module's own code run? What the kernel allocates before that is not ours. */
static bool init_ran(void)
{
	return bh_read(TRACING "trace", text, sizeof(text)) >= 0 &&
	       strstr(text, "initcall_start: ");
}

static int do_load(const void *unused)
{
	int fd = open(BH_MODULE, O_RDONLY | O_CLOEXEC), err;

	forget();
	fault_begin();
	err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
	fault_end();
	close(fd);
	return err;
}

static const char *judge_load(const void *unused, int result)
{
	const char *wrong = NULL;

	if (result && has_hooks())
		wrong = "hooks are left";
	if (result && !access(BULKHEAD_DIR, F_OK))
		wrong = "files are left";
	if (!result && !bh_module_is_loaded())
		wrong = "there is no module";
	if (!result && bh_unload_module())
		wrong = "it cannot be unloaded";
	return wrong;
}

TEST_F_TIMEOUT(module, the_module_is_there_with_all_of_it_or_not_at_all, 3600)
{
	const struct fault_row row = {
		"module: load", do_load, NULL, .judge = judge_load, .least = 10,
		.seconds = SECONDS, .begun = init_ran,
	};

	FAULTS_OR_SKIP();
	ASSERT_EQ(0, bh_unload_module());
	EXPECT_FALSE(has_hooks());
	ASSERT_EQ(0, bh_write(TRACING "events/initcall/initcall_start/enable", "1"));
	fault_try(_metadata, &row, NULL);
	EXPECT_EQ(0, bh_load_module());
	EXPECT_TRUE(has_hooks());
	EXPECT_LE(0, leaks());
	EXPECT_STREQ("", leaks_of_ours());
}

TEST_HARNESS_MAIN
