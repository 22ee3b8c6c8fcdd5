// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading, removing and reading without memory: a policy is replaced as a whole, or what
 * was in force stays.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "fault.h"
#include "load.h"

#define POLICY "fault.load"
#define PROG "/tmp/fault.prog"
#define DOCUMENT_MAX 131072

/* Both versions of a policy deny the program, each by another rule. */
static const char *const short_rules =
	"  mode enforce\n"
	"  default exec allow\n"
	"  deny exec path=" PROG "\n"
	"  allow exec path=/usr/**,/lib/[a-z]*,\"/a b\" from!=/x as=interpreter has=ro,nosuid\n"
	"  audit allow map backing=memfd layer=none\n"
	"  deny mount op=bind source=/etc/** target=/tmp/? fstype=ext4\n"
	"  quiet kill ptrace exe=/usr/bin/gdb peer=outside role=tracee\n";

static struct bh_cell cell;
static long version;
static char document[DOCUMENT_MAX], before[DOCUMENT_MAX], after[DOCUMENT_MAX];

static int exec_prog(void *unused)
{
	return bh_exec(PROG);
}

static const char *const names[] = { POLICY, POLICY ".b", POLICY ".c" };
static ssize_t text_of(const char *name, char *buf)
{
	char file[128];

	snprintf(file, sizeof(file), "policies/%s/text", name);
	return bh_read(file, buf, DOCUMENT_MAX);
}

/* More rules than fit into a page of anything. */
static size_t long_rules(char *to, size_t size)
{
	size_t len = 0;
	int i;

	for (i = 0; i < 400; i++)
		len += snprintf(to + len, size - len,
				"  allow exec path=/opt/%d/[a-f%d]*/bin/** from=/opt/%d fstype=f%d\n",
				i, i % 7, i, i);
	return len;
}

static void write_block(const char *name, long number, bool is_long)
{
	size_t len = strlen(document);

	len += snprintf(document + len, sizeof(document) - len, "policy %s version %ld\n%s", name,
			number, short_rules);
	if (is_long)
		len += long_rules(document + len, sizeof(document) - len);
	snprintf(document + len, sizeof(document) - len, "end\n");
}

/* Opens, writes in pieces of @piece bytes, closes. */
static int load(size_t piece)
{
	size_t len = strlen(document), done = 0;
	ssize_t n = 0;
	int fd, err;

	fault_begin();
	fd = bh_open_load();
	while (fd >= 0 && done < len && n >= 0) {
		n = write(fd, document + done, len - done < piece ? len - done : piece);
		done += n > 0 ? n : 0;
	}
	err = fd < 0 || n < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	fault_end();
	return err;
}

static const char *judge_error(int result)
{
	return !result || result == ENOMEM ? NULL : "an errno that is not ENOMEM";
}

/* What is in force is what was, or the whole of what was written. */
static const char *judge_policy(const char *name, int result, long number)
{
	ssize_t len = text_of(name, after);
	bool is_new = bh_version_of(name) == number;

	if (len <= 0)
		return "the policy cannot be read";
	if (!result != is_new)
		return is_new ? "in force in spite of an error" : "not in force";
	if (!is_new && strcmp(before, after))
		return "the old policy has another text";
	return NULL;
}

static const char *judge_denial(void)
{
	return bh_cell_run(&cell, exec_prog, NULL) == EACCES ? NULL : "the program ran";
}

/* Replacing */

struct replace {
	bool is_long;
	size_t piece;
};

static int do_replace(const void *arg)
{
	const struct replace *how = arg;

	if (text_of(POLICY, before) <= 0)
		return FAULT_BROKEN;
	document[0] = '\0';
	write_block(POLICY, ++version, how->is_long);
	return load(how->piece);
}

static const char *judge_replace(const void *arg, int result)
{
	const char *wrong = judge_error(result);

	if (!wrong)
		wrong = judge_policy(POLICY, result, version);
	return wrong ? wrong : judge_denial();
}

/* The same once more: nothing changes. */
static int do_again(const void *arg)
{
	if (text_of(POLICY, before) <= 0)
		return FAULT_BROKEN;
	document[0] = '\0';
	write_block(POLICY, bh_version_of(POLICY), true);
	return load(DOCUMENT_MAX);
}

static const char *judge_again(const void *arg, int result)
{
	if (text_of(POLICY, after) <= 0 || strcmp(before, after))
		return "the policy has another text";
	return judge_error(result);
}

/* A first load */

static void remove_all(void)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(names); i++)
		bh_write("remove", "%s", names[i]);
}

static int do_first(const void *arg)
{
	remove_all();
	document[0] = '\0';
	write_block(names[1], 1, false);
	return load(DOCUMENT_MAX);
}

static const char *judge_first(const void *arg, int result)
{
	bool is_there = !access(BULKHEAD_DIR "/policies/" POLICY ".b", F_OK);

	if (!result != is_there)
		return is_there ? "there in spite of an error" : "not there";
	if (is_there && bh_version_of(names[1]) != 1)
		return "there, but cannot be read";
	return judge_error(result);
}

/* Blocks that were complete before the error stand, and are those that the outcome names. */

static char outcome[4096];

static int do_blocks(const void *arg)
{
	size_t i;
	ssize_t n;
	int fd, err = 0;

	remove_all();
	document[0] = '\0';
	outcome[0] = '\0';
	version++;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		write_block(names[i], version, false);
	fault_begin();
	fd = bh_open_load();
	if (fd < 0 || write(fd, document, strlen(document)) < 0)
		err = errno;
	fault_end();
	n = fd < 0 ? 0 : read(fd, outcome, sizeof(outcome) - 1);
	outcome[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return err;
}

static const char *judge_blocks(const void *arg, int result)
{
	char line[128];
	size_t i, nr = 0;
	bool told;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		bool is_new = bh_version_of(names[i]) == version;

		snprintf(line, sizeof(line), "ok %s %ld\n", names[i], version);
		told = strstr(outcome, line);
		if (is_new != told)
			return is_new ? "in force, but not in the outcome" : "only in the outcome";
		if (is_new && nr != i)
			return "in force behind one that is not";
		nr += is_new;
	}
	told = nr == ARRAY_SIZE(names);
	if (!result != told)
		return result ? "all in force in spite of an error" : "not all in force";
	/* An error that the parser saw is told there, one of open(2) is not. */
	told = strstr(outcome, "error ");
	if (told && !strstr(outcome, "out of memory") && !strstr(outcome, "directory"))
		return outcome;
	return judge_error(result);
}

static int do_remove(const void *arg)
{
	int err;

	if (bh_version_of(names[1]) < 0 && bh_policy(names[1], "default exec deny"))
		return FAULT_BROKEN;
	fault_begin();
	err = -bh_write("remove", "%s", names[1]);
	fault_end();
	return err;
}

static const char *judge_remove(const void *arg, int result)
{
	bool is_there = bh_version_of(names[1]) > 0;

	if (!result == is_there)
		return is_there ? "still there" : "gone in spite of an error";
	return judge_error(result);
}

FIXTURE(load) {
	long policies;
	long bytes;
};

FIXTURE_SETUP(load)
{
	if (fault_setup())
		return;
	bh_make_program(PROG);
	bh_write("remove", POLICY);
	remove_all();
	self->policies = bh_number("stats", "policies");
	self->bytes = bh_number("stats", "bytes");
	version = 1;
	document[0] = '\0';
	write_block(POLICY, version, false);
	ASSERT_EQ(0, bh_write_bytes("load", document, strlen(document)));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_run(&cell, exec_prog, NULL));
	ASSERT_EQ(0, bh_cell_bind(&cell, POLICY));
	ASSERT_EQ(EACCES, bh_cell_run(&cell, exec_prog, NULL));
}

FIXTURE_TEARDOWN(load)
{
	if (!cell.pid)
		return;
	EXPECT_EQ(0, bh_write("unbind", "ns=pid pid=%d", cell.pid));
	bh_cell_stop(&cell);
	EXPECT_EQ(0, bh_write("remove", POLICY));
	remove_all();
	EXPECT_EQ(self->policies, bh_number("stats", "policies"));
	EXPECT_EQ(self->bytes, bh_number("stats", "bytes"));
}

TEST_F_TIMEOUT(load, a_policy_is_replaced_as_a_whole, 3600)
{
	const struct fault_row rows[] = {
		{ "load: replace", do_replace, &(struct replace){ false, DOCUMENT_MAX },
		  .judge = judge_replace, .least = 20 },
		{ "load: replace, long", do_replace, &(struct replace){ true, DOCUMENT_MAX },
		  .judge = judge_replace, .least = 20 },
		{ "load: replace, pieces", do_replace, &(struct replace){ true, 5000 },
		  .judge = judge_replace, .least = 20 },
		{ "load: same version", do_again, NULL, .judge = judge_again, .least = 20 },
	};

	FAULTS_OR_SKIP();
	fault_try_all(_metadata, rows, NULL);
}

TEST_F_TIMEOUT(load, a_policy_is_there_with_all_its_files_or_not, 3600)
{
	const struct fault_row rows[] = {
		{ "load: first", do_first, .judge = judge_first, .least = 20 },
		{ "load: three blocks", do_blocks, .judge = judge_blocks, .least = 20 },
		{ "remove", do_remove, .judge = judge_remove, .least = 2 },
	};

	FAULTS_OR_SKIP();
	fault_try_all(_metadata, rows, NULL);
}

/* Reading: all or an error, never a part of it. */

static char wanted[DOCUMENT_MAX];

static int do_read(const void *file)
{
	int fd, err = 0;
	size_t len = 0;
	ssize_t n = 0;

	if (bh_read(file, wanted, sizeof(wanted)) < 0)
		return FAULT_BROKEN;
	fault_begin();
	fd = open(file, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, after + len, sizeof(after) - 1 - len)) > 0)
		len += n;
	if (fd < 0 || n < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	fault_end();
	after[len] = '\0';
	return err;
}

static const char *judge_read(const void *file, int result)
{
	if (!result && strcmp(wanted, after))
		return "read something else";
	return judge_error(result);
}

/* The oldest event that is held. */
static int read_event(char *line, size_t size)
{
	int fd = open(BULKHEAD_DIR "/events", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd < 0 ? -1 : read(fd, line, size - 1);
	int err = len < 0 ? errno : 0;

	line[len < 0 ? 0 : len] = '\0';
	close(fd);
	return err;
}

static int do_read_event(const void *unused)
{
	int err;

	if (read_event(wanted, 2048))
		return FAULT_BROKEN;
	fault_begin();
	err = read_event(after, 2048);
	fault_end();
	return err;
}

#define READ(file) {									\
	"read: " file, do_read, BULKHEAD_DIR "/" file, .judge = judge_read, .least = 3,	\
}

TEST_F_TIMEOUT(load, what_is_read_is_whole, 3600)
{
	const struct fault_row rows[] = {
		READ("policies/" POLICY "/text"),
		READ("policies/" POLICY "/info"),
		READ("policies/" POLICY "/stats"),
		READ("bindings"),
		READ("self"),
		READ("stats"),
		READ("features"),
		READ("assign"),
		READ("lock"),
		{ "read: events", do_read_event, .judge = judge_read, .least = 1 },
	};

	FAULTS_OR_SKIP();
	ASSERT_EQ(0, bh_write("assign", "policy=%s ns=user cgroup=/nowhere/**\nend\n", POLICY));
	fault_try_all(_metadata, rows, NULL);
	EXPECT_EQ(0, bh_write("assign", "end\n"));
}

TEST_HARNESS_MAIN
