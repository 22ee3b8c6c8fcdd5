// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files below /sys/kernel/security/bulkhead, and who may write to them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "late.h"
#include "load.h"
#include "log.h"

#define PROG "/tmp/files.prog"

/* A name of each test's own, since versions only grow. */
FIXTURE(files) {
	char name[64];
	char text[65536];
};

FIXTURE_SETUP(files)
{
	snprintf(self->name, sizeof(self->name), "files.%d", getpid());
}

FIXTURE_TEARDOWN(files)
{
	bh_write("remove", "%s", self->name);
}

/* The tree */

static const struct {
	const char *name;
	mode_t mode;
} modes[] = {
	{ "", S_IFDIR | 0711 },
	{ "load", S_IFREG | 0600 },
	{ "remove", S_IFREG | 0200 },
	{ "bind", S_IFREG | 0200 },
	{ "unbind", S_IFREG | 0200 },
	{ "bindings", S_IFREG | 0400 },
	{ "events", S_IFREG | 0400 },
	{ "assign", S_IFREG | 0600 },
	{ "stats", S_IFREG | 0400 },
	{ "features", S_IFREG | 0444 },
	{ "self", S_IFREG | 0444 },
	{ "lock", S_IFREG | 0600 },
	{ "policies", S_IFDIR | 0700 },
};

TEST_F(files, modes)
{
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		snprintf(self->text, 256, BULKHEAD_DIR "/%s", modes[i].name);
		ASSERT_EQ(0, stat(self->text, &st))
			TH_LOG("%s: %m", self->text);
		EXPECT_EQ(modes[i].mode, st.st_mode)
			TH_LOG("%s: mode %o", self->text, st.st_mode);
		EXPECT_EQ((uid_t)0, st.st_uid);
		EXPECT_EQ((gid_t)0, st.st_gid);
	}
}

TEST_F(files, features)
{
	static const char *const lines[] = {
		"abi 1\n", "\nversion ", "namespaces pid user mnt\n", "assign pid user mnt\n",
		"class exec keys ", "class mount keys ", "class ptrace keys ", "\npoint ",
		"\nfunction d_absolute_path found=kprobe ", "\nfunction our_mnt found=kprobe ",
	};
	size_t i;

	ASSERT_LT(0, bh_read("features", self->text, sizeof(self->text)));
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		EXPECT_NE(NULL, strstr(self->text, lines[i]))
			TH_LOG("not there: line %zu", i);
}

TEST_F(files, stats)
{
	static const char *const names[] = {
		"checks", "denials", "events_lost", "bindings", "assigned", "policies", "bytes",
		"cache_hits",
	};
	long policies = bh_number("stats", "policies"), bytes = bh_number("stats", "bytes");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_LE(0, bh_number("stats", names[i]))
			TH_LOG("name %zu", i);
	ASSERT_EQ(0, bh_policy(self->name, "default exec deny"));
	EXPECT_EQ(policies + 1, bh_number("stats", "policies"));
	EXPECT_LT(bytes, bh_number("stats", "bytes"));
	ASSERT_EQ(0, bh_write("remove", "%s", self->name));
	EXPECT_EQ(policies, bh_number("stats", "policies"));
	EXPECT_EQ(bytes, bh_number("stats", "bytes"));
}

static void sha256_of(const char *path, char *hex, size_t size)
{
	char command[512];
	FILE *pipe;

	snprintf(command, sizeof(command), "/bin/sha256sum %s", path);
	pipe = popen(command, "r");
	if (!pipe || !fgets(hex, size, pipe))
		hex[0] = '\0';
	if (pipe)
		pclose(pipe);
	hex[strcspn(hex, "\n ")] = '\0';
}

TEST_F(files, a_policy_and_its_files)
{
	static const char *const files[] = { "text", "info", "stats" };
	char path[256], hex[256], line[512];
	struct stat st;
	size_t i;

	ASSERT_EQ(0, bh_policy(self->name, "mode audit\ndefault exec deny\nallow exec path=/a\n"
			       "deny mount"));
	snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s", self->name);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ((mode_t)(S_IFDIR | 0700), st.st_mode);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s/%s", self->name, files[i]);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ((mode_t)(S_IFREG | 0400), st.st_mode);
		EXPECT_GT(0, bh_write(path, "x"));
	}
	/* Of the canonical form: without comments and with what goes without saying. */
	snprintf(line, sizeof(line), "policy %s version 1\n  mode audit\n  default exec deny\n"
		 "  allow exec path=/a\n  deny mount\nend\n", self->name);
	bh_make_file("/tmp/canonical", line, 0644);
	sha256_of("/tmp/canonical", hex, sizeof(hex));
	EXPECT_EQ(64UL, strlen(hex));
	snprintf(path, sizeof(path), "policies/%s/info", self->name);
	ASSERT_LT(0, bh_read(path, self->text, sizeof(self->text)));
	snprintf(line, sizeof(line), "sha256 %s\n", hex);
	EXPECT_NE(NULL, strstr(self->text, line))
		TH_LOG("%s\n# without %s", self->text, line);
	EXPECT_NE(NULL, strstr(self->text, "version 1\n"));
	EXPECT_NE(NULL, strstr(self->text, "mode audit\n"));
	EXPECT_EQ(2, bh_number(path, "rules"));
	EXPECT_LT(0, bh_number(path, "bytes"));
	snprintf(path, sizeof(path), "policies/%s/stats", self->name);
	EXPECT_EQ(0, bh_number(path, "checks"));
	EXPECT_EQ(0, bh_number(path, "denials"));
}

TEST_F(files, lock_is_open)
{
	EXPECT_EQ(2, bh_read("lock", self->text, sizeof(self->text)));
	EXPECT_STREQ("0\n", self->text);
}

/* remove */

static void *remove_late(void *page)
{
	int fd = open(BULKHEAD_DIR "/remove", O_WRONLY | O_CLOEXEC);

	return (void *)(write(fd, page, 16) + close(fd));
}

TEST_F(files, remove)
{
	char path[128];

	EXPECT_EQ(-ENOENT, bh_write("remove", "files.none"));
	ASSERT_EQ(0, bh_policy(self->name, "default exec deny"));
	snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s", self->name);
	EXPECT_EQ(0, access(path, F_OK));
	EXPECT_EQ(0, bh_write("remove", "%s\n", self->name));
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(-ENOENT, bh_write("remove", "%s", self->name));
	/* A name that is gone may come back with any version. */
	ASSERT_EQ(0, bh_policy(self->name, "default exec kill"));
	EXPECT_EQ(1, bh_version_of(self->name));
}

/* Text that never comes delays nobody. */
TEST_F(files, a_write_that_does_not_end)
{
	pthread_t writer;
	char *page;
	int uffd = late_page(&page);

	if (uffd < 0)
		SKIP(return, "no userfaultfd here");
	ASSERT_EQ(0, pthread_create(&writer, NULL, remove_late, page));
	EXPECT_TRUE(is_waited_for(uffd));
	EXPECT_EQ(0, bh_policy(self->name, "deny exec path=/x"));
	EXPECT_EQ(0, bh_write("remove", "%s", self->name));
	close(uffd);
	pthread_join(writer, NULL);
	munmap(page, 4096);
}

static int make_container(void *unused)
{
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID))
		return errno;
	pid = fork();
	if (!pid) {
		execl(PROG, "prog", NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

/* What others do: each takes the lock under which the configuration changes. */
static int do_others_work(const char *policy)
{
	struct bh_cell cell;
	int err = bh_number("stats", "checks") < 0;

	err = err ?: bh_write("assign", "policy=%s ns=pid exe=" PROG "\nend\n", policy);
	err = err ?: bh_cell_start(&cell, CLONE_NEWNS);
	err = err ?: bh_write("bind", "policy=%s ns=mnt pid=%d", policy, cell.pid);
	/* Copies the mount namespace; and executes as the first of a new pid namespace. */
	err = err ?: bh_cell_run(&cell, make_container, NULL);
	err = err ?: bh_write("assign", "end\n");
	return err ? 1 : 0;
}

static int change_policies(void)
{
	return bh_policy("files.listed", "deny exec path=/x") ?: bh_write("remove", "files.listed");
}

TEST_F_TIMEOUT(files, a_listing_that_does_not_end, 300)
{
	struct listing listing = { .dir = BULKHEAD_DIR "/policies" };
	pid_t worker, changer;
	int status;

	bh_make_program(PROG);
	ASSERT_EQ(0, bh_policy(self->name, "deny exec path=/x"));
	if (!listing_start(&listing))
		SKIP(return, "no userfaultfd here");
	EXPECT_TRUE(is_waited_for(listing.uffd));
	changer = fork();
	if (!changer)
		_exit(close(listing.uffd) || change_policies());
	worker = fork();
	if (!worker)
		_exit(close(listing.uffd) || do_others_work(self->name));
	EXPECT_TRUE(ends(changer, &status));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(ends(worker, &status));
	EXPECT_EQ(0, status);
	listing_stop(&listing);
}

/* A task that holds a directory's lock may hold up who looks for a name that is not there. */
static int try_list(void *name)
{
	int dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = dir < 0 ? errno : 0;
	char entries[1024];

	if (dir >= 0 && syscall(SYS_getdents64, dir, entries, sizeof(entries)) <= 0)
		err = EIO;
	close(dir);
	return err;
}

TEST_F(files, a_confined_task_lists_nothing)
{
	char path[128];
	char *const names[] = { BULKHEAD_DIR, BULKHEAD_DIR "/policies", path };
	struct bh_cell cell;
	size_t i;

	ASSERT_EQ(0, bh_policy(self->name, "default mount deny"));
	snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s", self->name);
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(0, bh_cell_run(&cell, try_list, names[i]));
	ASSERT_EQ(0, bh_cell_bind(&cell, self->name));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(EACCES, bh_cell_run(&cell, try_list, names[i]));
	bh_cell_stop(&cell);
}

TEST_F(files, an_open_file_does_not_keep_a_removed_policy)
{
	char path[128];
	int text;

	ASSERT_EQ(0, bh_policy(self->name, "default exec deny"));
	snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s/text", self->name);
	text = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, text);
	EXPECT_EQ(0, bh_write("remove", "%s", self->name));
	EXPECT_EQ(-1, access(path, F_OK));
	/* It still reads what it was. */
	EXPECT_LT(0, read(text, self->text, sizeof(self->text)));
	EXPECT_EQ(0, bh_policy(self->name, "default exec kill"));
	close(text);
	EXPECT_EQ(1, bh_version_of(self->name));
}

/* Whoever may open a directory may stay in it. */
TEST_F(files, nobody_in_a_directory_keeps_a_removed_policy)
{
	char path[128];
	int dir;

	ASSERT_EQ(0, bh_policy(self->name, "default exec deny"));
	snprintf(path, sizeof(path), BULKHEAD_DIR "/policies/%s", self->name);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	EXPECT_EQ(0, bh_write("remove", "%s", self->name));
	EXPECT_EQ(-1, access(path, F_OK));
	EXPECT_EQ(0, bh_policy(self->name, "default exec kill"));
	EXPECT_EQ(1, bh_version_of(self->name));
	close(dir);
}

TEST_F(files, bad_names_to_remove)
{
	static const char *const names[] = {
		"..", "../stats", "files none", "/", "policies/x", "\xff",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(-ENOENT, bh_write("remove", "%s", names[i]))
			TH_LOG("name %zu", i);
}

/* Words for people, and what is wrong where */

TEST_F(files, a_label_is_shown)
{
	struct bh_cell cell;
	char want[128];

	ASSERT_EQ(0, bh_policy(self->name, "default exec allow"));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(0, bh_write("bind", "policy=%s ns=pid pid=%d label=\"a \\\"b\\\" \\x01\"",
			      self->name, cell.pid));
	snprintf(want, sizeof(want), "inum=%u policy=%s ", bh_cell_inum(&cell, "pid"), self->name);
	ASSERT_LT(0, bh_read("bindings", self->text, sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, want));
	EXPECT_NE(NULL, strstr(self->text, " by=bind label=\"a \\\"b\\\" \\x01\" cgroup=\"/"));
	bh_cell_stop(&cell);
}

/* Whoever is confined may read by what, as people call it. */
TEST_F(files, self_has_the_label)
{
	char want[128];
	int status;
	pid_t pid;

	ASSERT_EQ(0, bh_policy(self->name, "default mount deny"));
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) ||
		    bh_write("bind", "policy=%s ns=mnt self label=\"a b\"", self->name) ||
		    bh_read("self", self->text, sizeof(self->text)) <= 0)
			_exit(1);
		snprintf(want, sizeof(want), " policy=%s version=1 armed=yes label=\"a b\"\n",
			 self->name);
		_exit(!strstr(self->text, want));
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Nobody is known to be in a namespace that a file stands for: no cgroup, rather than "". */
TEST_F(files, a_binding_without_a_cgroup)
{
	struct bh_cell cell;
	char want[128];
	int fd;

	ASSERT_EQ(0, bh_policy(self->name, "default mount deny"));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	snprintf(want, sizeof(want), "/proc/%d/ns/mnt", cell.pid);
	fd = open(want, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, bh_write("bind", "policy=%s ns=mnt fd=%d", self->name, fd));
	close(fd);
	ASSERT_LT(0, bh_read("bindings", self->text, sizeof(self->text)));
	snprintf(want, sizeof(want), "policy=%s version=1 armed=yes by=bind cgroup=-\n",
		 self->name);
	EXPECT_NE(NULL, strstr(self->text, want))
		TH_LOG("%s", self->text);
	bh_cell_stop(&cell);
}

static const struct {
	const char *line;
	int err;
	const char *where;
} complaints[] = {
	{ "policy=%s ns=pid self nonsense", EINVAL, "unknown word" },
	{ "policy=%s ns=uts self", EINVAL, "is pid, user or mnt" },
	{ "policy=%s ns=pid", EINVAL, "1:1 needs one of self" },
	{ "ns=pid self", EINVAL, "1:1 needs policy=" },
	{ "policy=%s ns=pid self label=\"x", EINVAL, "no value, or quotes" },
	{ "policy=%s ns=pid self arm=never", EINVAL, "is now or exec" },
	{ "ns=pid self policy=files.none", ENOENT, "1:20 no such policy is loaded" },
	{ "\n\n  ns=pid self pid=1", EINVAL, "3:3 needs one of self" },
};

/* Each is told in an event, and in the log. */
TEST_F(files, complaints_of_bind)
{
	int events = bh_events(), log = log_open();
	char name[96];
	size_t i;

	ASSERT_LE(0, events);
	ASSERT_LE(0, log);
	ASSERT_EQ(0, bh_policy(self->name, "default exec allow"));
	for (i = 0; i < ARRAY_SIZE(complaints); i++) {
		snprintf(name, sizeof(name), "policy=%s", !strstr(complaints[i].line, "policy=") ?
			 "-" : complaints[i].err == ENOENT ? "files.none" : self->name);
		EXPECT_EQ(-complaints[i].err, bh_write("bind", complaints[i].line, self->name))
			TH_LOG("line %zu", i);
		EXPECT_NE(NULL, bh_find_event(events, "class=config op=bind result=", name, "pid=",
					      complaints[i].err == EINVAL ? "result=EINVAL" :
					      "result=ENOENT", complaints[i].where, NULL))
			TH_LOG("line %zu: no event with %s", i, complaints[i].where);
		EXPECT_TRUE(log_has(log, ": bind: error ", complaints[i].where))
			TH_LOG("line %zu: not logged: %s", i, complaints[i].where);
	}
	EXPECT_EQ(-ENOENT, bh_write("unbind", "ns=pid inum=1"));
	EXPECT_TRUE(log_has(log, ": unbind: error 1:", "no such namespace is bound"));
	close(log);
	close(events);
}

TEST_F(files, changes_are_events)
{
	int events = bh_events(), log = log_open();
	char want[128];

	ASSERT_LE(0, events);
	ASSERT_LE(0, log);
	ASSERT_EQ(0, bh_policy(self->name, "default exec allow"));
	snprintf(want, sizeof(want), "class=config op=load result=ok policy=%s auid=", self->name);
	EXPECT_NE(NULL, bh_find_event(events, want, NULL));
	EXPECT_GT(0, bh_write("load", "policy x version 1\nallow nothing\n"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=load result=EINVAL policy=x auid=",
				      "reason=\"2:7 ", NULL));
	EXPECT_TRUE(log_has(log, ": load: error 2:7 ", NULL));
	EXPECT_GT(0, bh_write("load", "policy .y version 1\n"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=load result=EINVAL policy=- auid=",
				      "reason=\"1:8 ", NULL));
	EXPECT_EQ(0, bh_write("remove", "%s", self->name));
	snprintf(want, sizeof(want), "class=config op=remove result=ok policy=%s", self->name);
	EXPECT_NE(NULL, bh_find_event(events, want, NULL));
	EXPECT_EQ(-ENOENT, bh_write("remove", "%s", self->name));
	snprintf(want, sizeof(want), "class=config op=remove result=ENOENT policy=%s", self->name);
	EXPECT_NE(NULL, bh_find_event(events, want, NULL));
	EXPECT_EQ(-ENOENT, bh_write("remove", "no name uid=0"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=remove result=ENOENT policy=-",
				      NULL));
	EXPECT_EQ(0, bh_write("assign", "end\n"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=assign result=ok policy=-",
				      " uid=0 ", NULL));
	EXPECT_EQ(-EINVAL, bh_write("assign", "\npolicy=a ns=uts\nend\n"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=assign result=EINVAL",
				      "reason=\"2:10 unknown type", NULL));
	EXPECT_TRUE(log_has(log, ": assign: error 2:10 unknown type", NULL));
	EXPECT_EQ(-ENOENT, bh_write("assign", "policy=files.none ns=pid\nend\n"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=assign result=ENOENT",
				      "reason=\"1:1 the policy is not loaded\"", NULL));
	EXPECT_EQ(-EINVAL, bh_write("keys", "no certificate"));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=keys result=EINVAL policy=-",
				      "reason=\"not an X.509 certificate in DER\"", NULL));
	EXPECT_TRUE(log_has(log, ": keys: error not an X.509", NULL));
	close(log);
	close(events);
}

/* Writers */

TEST_F(files, two_writers_at_once)
{
	int a = bh_open_load(), b = bh_open_load();
	char line[128], want[128];

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	snprintf(line, sizeof(line), "policy %s version 1\n", self->name);
	EXPECT_EQ(0, bh_put(a, line));
	snprintf(line, sizeof(line), "policy %s.b version 1\ndeny nonsense\n", self->name);
	EXPECT_EQ(EINVAL, bh_put(b, line));
	EXPECT_EQ(0, bh_put(a, "deny exec\n"));
	EXPECT_EQ(0, bh_put(a, "end\n"));
	snprintf(want, sizeof(want), "ok %s 1\n", self->name);
	EXPECT_STREQ(want, bh_outcome_of(a));
	EXPECT_EQ(0, strncmp("error 2:6 ", bh_outcome_of(b), 10));
	close(a);
	close(b);
}

static void load_for_ever(const char *name, int first)
{
	char text[256];
	int i;

	for (i = first;; i += 2) {
		snprintf(text, sizeof(text), "policy %s version %d\ndeny exec path=/%d\nend\n",
			 name, i, i);
		bh_load(text);
	}
}

/* Versions only grow, and what is read is one of them. */
TEST_F(files, racing_writers)
{
	pid_t writers[2];
	long last = 0, version;
	char path[128], want[64];
	int i;

	ASSERT_EQ(0, bh_policy(self->name, "deny exec path=/1"));
	for (i = 0; i < 2; i++) {
		writers[i] = fork();
		if (!writers[i])
			load_for_ever(self->name, 2 + i);
	}
	snprintf(path, sizeof(path), "policies/%s/text", self->name);
	for (i = 0; i < 300; i++) {
		version = bh_version_of(self->name);
		EXPECT_LE(last, version);
		last = version;
		ASSERT_LT(0, bh_read(path, self->text, sizeof(self->text)));
		version = strtol(strstr(self->text, "version ") + 8, NULL, 10);
		snprintf(want, sizeof(want), "path=/%ld\n", version);
		EXPECT_NE(NULL, strstr(self->text, want));
	}
	EXPECT_LT(1, last);
	for (i = 0; i < 2; i++) {
		kill(writers[i], SIGKILL);
		waitpid(writers[i], NULL, 0);
	}
}

TEST_F(files, a_writer_is_killed_half_way)
{
	int status, pipefd[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipefd));
	snprintf(self->text, sizeof(self->text), "policy %s version 1\ndefault exec deny\n",
		 self->name);
	pid = fork();
	if (!pid) {
		bh_put(bh_open_load(), self->text);
		if (write(pipefd[1], "w", 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(1, read(pipefd[0], &byte, 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(-1, bh_version_of(self->name));
	EXPECT_EQ(0, bh_policy(self->name, "default exec deny"));
}

TEST_F(files, parent_and_child_share_the_file)
{
	int fd = bh_open_load(), status;
	char want[128];
	pid_t pid;

	ASSERT_LE(0, fd);
	snprintf(self->text, sizeof(self->text), "policy %s version 1\ndefault ex", self->name);
	EXPECT_EQ(0, bh_put(fd, self->text));
	pid = fork();
	if (!pid)
		_exit(bh_put(fd, "ec deny\nen"));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-1, bh_version_of(self->name));
	EXPECT_EQ(0, bh_put(fd, "d\n"));
	snprintf(want, sizeof(want), "ok %s 1\n", self->name);
	EXPECT_STREQ(want, bh_outcome_of(fd));
	close(fd);
}

TEST_F(files, seeking_moves_what_is_read_only)
{
	int fd = bh_open_load();
	char want[128];

	ASSERT_LE(0, fd);
	snprintf(want, sizeof(want), "ok %s 1\n", self->name);
	snprintf(self->text, sizeof(self->text), "policy %s version 1\n", self->name);
	EXPECT_EQ(0, bh_put(fd, self->text));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(0, bh_put(fd, "end\n"));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_STREQ(want, bh_outcome_of(fd));
	EXPECT_STREQ("", bh_outcome_of(fd));
	EXPECT_EQ(3, lseek(fd, 3, SEEK_SET));
	EXPECT_STREQ(want + 3, bh_outcome_of(fd));
	close(fd);
}

TEST_F(files, writes_from_bad_memory)
{
	int load = bh_open_load(), bind = open(BULKHEAD_DIR "/bind", O_WRONLY | O_CLOEXEC);
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_LE(0, load);
	ASSERT_LE(0, bind);
	ASSERT_NE(MAP_FAILED, none);
	EXPECT_EQ(-1, write(load, none, 100));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, write(load, "", 0));
	EXPECT_EQ(-1, write(bind, none, 100));
	EXPECT_EQ(EFAULT, errno);
	close(load);
	close(bind);
}

/* Who may write */

#define CHANGES 6

/* One attempt at each file that changes something. */
static int try_change(int which)
{
	switch (which) {
	case 0:
		return bh_write("load", "policy files.forbidden version 1\nend\n");
	case 1:
		return bh_write("remove", "files.spare");
	case 2:
		return bh_write("bind", "policy=files.spare ns=pid self");
	case 3:
		return bh_write("unbind", "ns=pid self");
	case 4:
		return bh_write("unbind", "ns=pid inum=1");
	default:
		return bh_write("lock", "1");
	}
}

static int try_all_changes(void *err)
{
	int i;

	for (i = 0; i < CHANGES; i++)
		if (try_change(i) != -(long)err)
			return i + 1;
	return 0;
}

/* Writes to descriptors that someone else opened; 0 if each gave EPERM. */
static int passed[4];

static int try_passed(void *unused)
{
	static const char *const words[] = {
		"end\n", "files.spare", "policy=files.spare ns=pid self", "ns=pid self",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(passed); i++)
		if (bh_put(passed[i], words[i]) != EPERM)
			return i + 1;
	return 0;
}

static void open_passed(struct __test_metadata *_metadata)
{
	static const char *const names[] = { "load", "remove", "bind", "unbind" };
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(passed); i++) {
		snprintf(path, sizeof(path), BULKHEAD_DIR "/%s", names[i]);
		passed[i] = open(path, O_WRONLY | O_CLOEXEC);
		ASSERT_LE(0, passed[i]);
	}
	EXPECT_EQ(0, bh_put(passed[0], "policy files.forbidden version 1\n"));
}

static void expect_nothing_changed(struct __test_metadata *_metadata)
{
	EXPECT_EQ(-1, bh_version_of("files.forbidden"));
	EXPECT_LT(0, bh_version_of("files.spare"));
	EXPECT_EQ(0, bh_write("remove", "files.spare"));
}

TEST_F(files, a_confined_writer)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_policy("files.spare", "default exec allow"));
	ASSERT_EQ(0, bh_policy(self->name, "default exec allow"));
	open_passed(_metadata);
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_bind(&cell, self->name));
	/* Root of the initial user namespace with all capabilities. */
	EXPECT_EQ(0, bh_cell_run(&cell, try_all_changes, (void *)EPERM));
	EXPECT_EQ(0, bh_cell_run(&cell, try_passed, NULL));
	bh_cell_stop(&cell);
	expect_nothing_changed(_metadata);
}

/* The same acts by one who is not confined: it was the confinement. */
static int try_load(void *unused)
{
	return -bh_write("load", "policy files.free version 1\nend\n");
}

TEST_F(files, a_writer_in_a_namespace_that_is_not_bound)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	EXPECT_EQ(0, bh_cell_run(&cell, try_load, NULL));
	EXPECT_EQ(1, bh_version_of("files.free"));
	EXPECT_EQ(0, bh_write("remove", "files.free"));
	bh_cell_stop(&cell);
}

TEST_F(files, a_writer_without_the_capability)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, bh_policy("files.spare", "default exec allow"));
	open_passed(_metadata);
	pid = fork();
	if (!pid) {
		if (bh_keep_caps(~(1ULL << CAP_MAC_ADMIN)))
			_exit(255);
		_exit(try_all_changes((void *)EPERM) ?: 100 + try_passed(NULL));
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(100, WEXITSTATUS(status));
	expect_nothing_changed(_metadata);
}

TEST_F(files, a_writer_with_nothing_but_the_capability)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (bh_keep_caps(1ULL << CAP_MAC_ADMIN))
			_exit(255);
		_exit(try_load(NULL));
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(0, bh_write("remove", "files.free"));
}

TEST_F(files, a_writer_in_another_user_namespace)
{
	struct bh_cell cell;

	ASSERT_EQ(0, bh_policy("files.spare", "default exec allow"));
	open_passed(_metadata);
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWUSER));
	EXPECT_EQ(0, bh_cell_run(&cell, try_all_changes, (void *)EPERM));
	EXPECT_EQ(0, bh_cell_run(&cell, try_passed, NULL));
	bh_cell_stop(&cell);
	expect_nothing_changed(_metadata);
}

/* A descriptor that was opened without the right does not get it from who writes. */
TEST_F(files, a_file_opened_by_one_without_the_capability)
{
	int fd;

	ASSERT_EQ(0, chmod(BULKHEAD_DIR "/load", 0666));
	ASSERT_EQ(0, seteuid(65534));
	fd = bh_open_load();
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, chmod(BULKHEAD_DIR "/load", 0600));
	ASSERT_LE(0, fd);
	EXPECT_EQ(EPERM, bh_put(fd, "policy files.lent version 1\nend\n"));
	EXPECT_EQ(-1, bh_version_of("files.lent"));
	close(fd);
}

TEST_HARNESS_MAIN
