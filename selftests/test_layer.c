// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layer of an overlay that a file lies in, for exec and map. Both layers lie on the
 * same file system, as a container engine has it, and then on two.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <kselftest_harness.h>

#include "fuse.h"
#include "program.h"
#include "trial.h"

#define TOP "/tmp/l"
#define MERGED TOP "/merged"
#define LOWER TOP "/low:" TOP "/lower2"
#define UPPER "upperdir=" TOP "/up/upper,workdir=" TOP "/up/work"

#define GIVES(before, after, what, how, policy, ...) {				\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = (void *)(how), .words = { __VA_ARGS__ },				\
}

#define UPPER_DENIED(what, how)							\
	GIVES(0, EACCES, what, how, "deny exec layer=upper\n", "verdict=deny class=exec",	\
	      "layer=upper")
#define LOWER_ALLOWED(what, how)						\
	GIVES(0, 0, what, how, "default exec deny\nallow exec layer=lower\n")

FIXTURE(layer) {};

FIXTURE_VARIANT(layer)
{
	const char *options;
	int two;
};

FIXTURE_VARIANT_ADD(layer, one_file_system) { .options = "" };
FIXTURE_VARIANT_ADD(layer, two_file_systems) { .options = "", .two = 1 };
FIXTURE_VARIANT_ADD(layer, metacopy) { .options = ",metacopy=on" };
FIXTURE_VARIANT_ADD(layer, index) { .options = ",index=on" };
FIXTURE_VARIANT_ADD(layer, metacopy_index) { .options = ",metacopy=on,index=on" };

FIXTURE_SETUP(layer)
{
	static const char *const dirs[] = {
		TOP "/low", TOP "/lower2", TOP "/up", MERGED,
	};
	static const char *const programs[] = {
		"plain", "changed", "linked", "moved", "touched", "replaced", "removed", "dir/in",
	};
	char path[256], options[512];
	size_t i;

	ASSERT_EQ(0, bh_scratch(TOP));
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		ASSERT_EQ(0, mkdir(dirs[i], 0755));
	if (variant->two)
		ASSERT_EQ(0, mount("up", TOP "/up", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(TOP "/up/upper", 0755));
	ASSERT_EQ(0, mkdir(TOP "/up/work", 0755));
	ASSERT_EQ(0, mkdir(TOP "/low/dir", 0755));
	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		snprintf(path, sizeof(path), TOP "/low/%s", programs[i]);
		bh_make_program(path);
	}
	bh_make_program(TOP "/lower2/second");
	ASSERT_EQ(0, link(TOP "/low/linked", TOP "/low/linked2"));
	snprintf(options, sizeof(options), "lowerdir=" LOWER ",%s%s", UPPER, variant->options);
	if (mount("overlay", MERGED, "overlay", 0, options))
		SKIP(return, "no overlay here: %s", strerror(errno));
}

FIXTURE_TEARDOWN(layer)
{
	umount2(MERGED, MNT_DETACH);
}

static int do_exec(void *path)
{
	return bh_exec(path);
}

static int do_removed(void *unused)
{
	int fd = open(MERGED "/removed", O_PATH | O_CLOEXEC), err;

	err = bh_execveat(fd, "", AT_EMPTY_PATH);
	close(fd);
	return err;
}

static int do_map(void *path)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE,
			    open(path, O_RDONLY), 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int do_mprotect(void *path)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open(path, O_RDONLY), 0);

	return mprotect(memory, 4096, PROT_READ | PROT_EXEC) ? errno : 0;
}

TEST_F(layer, files)
{
	int fd;

	bh_make_program(MERGED "/new");
	fd = open(MERGED "/changed", O_WRONLY | O_APPEND);
	ASSERT_EQ(1, write(fd, "x", 1));
	close(fd);
	ASSERT_EQ(0, chmod(MERGED "/touched", 0711));
	ASSERT_EQ(0, chmod(MERGED "/linked", 0711));
	ASSERT_EQ(0, link(MERGED "/plain", MERGED "/alias"));
	ASSERT_EQ(0, rename(MERGED "/moved", MERGED "/dir/elsewhere"));
	bh_make_program(MERGED "/next");
	ASSERT_EQ(0, rename(MERGED "/next", MERGED "/replaced"));

	const struct bh_trial trials[] = {
		UPPER_DENIED(do_exec, MERGED "/new"),
		UPPER_DENIED(do_exec, MERGED "/changed"),
		UPPER_DENIED(do_exec, MERGED "/replaced"),
		LOWER_ALLOWED(do_exec, MERGED "/dir/in"),
		LOWER_ALLOWED(do_exec, MERGED "/second"),
		LOWER_ALLOWED(do_removed, NULL),
		GIVES(0, EACCES, do_exec, MERGED "/second", "deny exec layer=lower\n",
		      "layer=lower"),
		GIVES(0, EACCES, do_map, MERGED "/new", "deny map layer=upper\n",
		      "class=map", "layer=upper"),
		GIVES(0, EACCES, do_mprotect, MERGED "/changed", "deny map layer=upper\n",
		      "class=map", "path=\"" MERGED "/changed\"", "layer=upper",
		      "fstype=\"overlay\""),
		GIVES(0, 0, do_map, MERGED "/dir/in", "deny map layer=upper,none\n"),
		GIVES(0, 0, do_mprotect, MERGED "/second", "deny map layer=upper,none\n"),
		/* No overlay */
		GIVES(0, EACCES, do_exec, TOP "/low/dir/in", "deny exec layer=none\n",
		      "layer=none"),
		GIVES(0, 0, do_exec, TOP "/low/dir/in", "deny exec layer=upper,lower\n"),
	};

	bh_try_all(_metadata, trials);
}

/*
 * Where only what is said of a file changed, its data may stay where it was, but it is
 * not the image's file any more; a file that has another name was put there.
 */
TEST_F(layer, copied_up)
{
	static const char *const files[] = {
		MERGED "/alias", MERGED "/dir/elsewhere", MERGED "/touched", MERGED "/linked",
		MERGED "/changed", MERGED "/dir/in",
	};
	const struct timespec past[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	size_t i;

	ASSERT_EQ(0, chmod(MERGED "/touched", 0711));
	ASSERT_EQ(0, chown(MERGED "/changed", 1, 1));
	ASSERT_EQ(0, utimensat(AT_FDCWD, MERGED "/dir/in", past, 0));
	ASSERT_EQ(0, chmod(MERGED "/linked", 0711));
	ASSERT_EQ(0, link(MERGED "/plain", MERGED "/alias"));
	ASSERT_EQ(0, rename(MERGED "/moved", MERGED "/dir/elsewhere"));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		const struct bh_trial upper = UPPER_DENIED(do_exec, files[i]);

		bh_try(_metadata, &upper);
	}
}

/* The other name of a file of which only the mode changed is the same file, or is not. */
TEST_F(layer, other_links)
{
	const struct bh_trial upper = UPPER_DENIED(do_exec, MERGED "/linked2");
	const struct bh_trial lower = LOWER_ALLOWED(do_exec, MERGED "/linked2");
	struct stat status;

	ASSERT_EQ(0, chmod(MERGED "/linked", 0711));
	ASSERT_EQ(0, stat(MERGED "/linked2", &status));
	EXPECT_EQ(!!strstr(variant->options, "index"), (status.st_mode & 0777) == 0711);
	bh_try(_metadata, strstr(variant->options, "index") ? &upper : &lower);
}

/* A directory that was renamed without a copy of what is in it. */
TEST_F(layer, moved_directory)
{
	const struct bh_trial trial = UPPER_DENIED(do_exec, MERGED "/elsewhere/in");

	if (!strstr(variant->options, "metacopy"))
		SKIP(return, "no redirect_dir on this overlay");
	ASSERT_EQ(0, rename(MERGED "/dir", MERGED "/elsewhere"));
	bh_try(_metadata, &trial);
}

static int do_tmpfile(void *unused)
{
	int fd = open(MERGED, O_TMPFILE | O_RDWR, 0700), err = 0;
	static char program[4096];
	int from = open(TOP "/low/plain", O_RDONLY), reader;
	ssize_t len = read(from, program, sizeof(program));
	char path[64];

	close(from);
	if (fd < 0 || write(fd, program, len) != len)
		return 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_PATH | O_CLOEXEC);
	close(fd);
	err = bh_execveat(reader, "", AT_EMPTY_PATH);
	close(reader);
	return err;
}

TEST_F(layer, a_file_without_a_name)
{
	const struct bh_trial trial = UPPER_DENIED(do_tmpfile, NULL);
	int fd = open(MERGED, O_TMPFILE | O_RDWR, 0700);

	if (fd < 0)
		SKIP(return, "no O_TMPFILE on this overlay");
	close(fd);
	bh_try(_metadata, &trial);
}

TEST_F(layer, without_an_upper_all_is_lower)
{
	const struct bh_trial trials[] = {
		LOWER_ALLOWED(do_exec, MERGED "/plain"),
		GIVES(0, 0, do_exec, MERGED "/plain", "deny exec layer=upper,none\n"),
	};

	ASSERT_EQ(0, umount2(MERGED, 0));
	ASSERT_EQ(0, mount("overlay", MERGED, "overlay", 0,
			   "lowerdir=" TOP "/low:" TOP "/lower2"));
	bh_try_all(_metadata, trials);
}

static bool is_ready(int fd, int milliseconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, milliseconds) > 0;
}

/* A process that executes a program under the policy; its end closes @done. */
static pid_t start_exec(char *path, int done[2])
{
	const struct bh_env env = { .policy = BH_TRIAL };
	pid_t pid;

	if (pipe(done))
		return -1;
	pid = fork();
	if (!pid)
		_exit(bh_run(&env, do_exec, path));
	close(done[1]);
	return pid;
}

TEST_F(layer, who_never_answers_holds_up_no_other)
{
	int opened[2], slow_done[2], done[2], status;
	pid_t server, slow, other;

	ASSERT_EQ(0, pipe(opened));
	ASSERT_EQ(0, mkdir(TOP "/fuse", 0755));
	ASSERT_EQ(0, mkdir(TOP "/slow", 0755));
	server = fuse_start(TOP "/fuse", FUSE_OPENDIR, opened[1], NULL);
	if (server < 0)
		SKIP(return, "no fuse here");
	ASSERT_EQ(0, mount("overlay", TOP "/slow", "overlay", 0,
			   "lowerdir=" TOP "/fuse:" TOP "/low"));
	ASSERT_EQ(0, bh_policy(BH_TRIAL, "default exec deny\nallow exec layer=lower\n"));

	slow = start_exec(TOP "/slow/plain", slow_done);
	ASSERT_TRUE(is_ready(opened[0], 10000));
	other = start_exec(MERGED "/plain", done);
	EXPECT_TRUE(is_ready(done[0], 10000));
	EXPECT_FALSE(is_ready(slow_done[0], 0));

	kill(server, SIGKILL);
	EXPECT_EQ(server, waitpid(server, NULL, 0));
	EXPECT_EQ(other, waitpid(other, &status, 0));
	EXPECT_EQ(0, status);
	/* What cannot be told is denied. */
	EXPECT_EQ(slow, waitpid(slow, &status, 0));
	EXPECT_EQ(EACCES, WEXITSTATUS(status));
	umount2(TOP "/slow", MNT_DETACH);
}

TEST_HARNESS_MAIN
