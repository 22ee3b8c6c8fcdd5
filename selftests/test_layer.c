// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layer of an overlay that a file lies in, for exec and map. Both layers lie on the
 * same file system, as a container engine has it, and then on two.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/fanotify.h>
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
	/* No image is as new as the clock's tick. */
	usleep(20000);
	snprintf(options, sizeof(options), "lowerdir=" LOWER ",%s%s", UPPER, variant->options);
	if (mount("overlay", MERGED, "overlay", 0, options))
		SKIP(return, "no overlay here: %s", strerror(errno));
}

FIXTURE_TEARDOWN(layer)
{
	umount2(MERGED, MNT_DETACH);
}

/* Into a mount namespace whose root is the overlay, as that of a container is. */
static void enter(void)
{
	if (unshare(CLONE_NEWNS) || chdir(MERGED) || syscall(SYS_pivot_root, ".", ".") ||
	    umount2(".", MNT_DETACH) || chdir("/")) {
		perror("overlay as root");
		_exit(255);
	}
}

/* A path below MERGED, from inside. */
static const char *inside(const char *path)
{
	enter();
	return path + strlen(MERGED);
}

static int do_exec(void *path)
{
	return bh_exec(inside(path));
}

static int do_exec_here(void *path)
{
	return bh_exec(path);
}

static int do_exec_chrooted(void *path)
{
	enter();
	return chroot("/dir") ? errno : bh_exec(path);
}

static int do_exec_bound(void *path)
{
	enter();
	if (mount("/dir", "/bound", NULL, MS_BIND, NULL))
		return errno;
	return bh_exec(path);
}

/* By a descriptor whose file has no name any more. */
static int do_exec_kept(void *fd)
{
	enter();
	return bh_execveat(*(int *)fd, "", AT_EMPTY_PATH);
}

/* By a descriptor from outside. */
static int do_exec_fd(void *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	enter();
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

#ifndef UNSHARE_EMPTY_MNTNS
#define UNSHARE_EMPTY_MNTNS 0x00100000
#endif

#define NOT_EMPTIED 200

/* By a descriptor, from a mount namespace that has nothing of the one before. */
static int do_exec_emptied(void *path)
{
	int fd = open(inside(path), O_PATH | O_CLOEXEC);

	return unshare(UNSHARE_EMPTY_MNTNS) ? NOT_EMPTIED : bh_execveat(fd, "", AT_EMPTY_PATH);
}

static int map_opened(int fd)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int do_map(void *path)
{
	return map_opened(open(inside(path), O_RDONLY));
}

static int do_mprotect(void *path)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open(inside(path), O_RDONLY), 0);

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
		LOWER_ALLOWED(do_exec_fd, MERGED "/removed"),
		GIVES(0, EACCES, do_exec, MERGED "/second", "deny exec layer=lower\n",
		      "layer=lower"),
		GIVES(0, EACCES, do_map, MERGED "/new", "deny map layer=upper\n",
		      "class=map", "layer=upper"),
		GIVES(0, EACCES, do_mprotect, MERGED "/changed", "deny map layer=upper\n",
		      "class=map", "path=\"/changed\"", "layer=upper",
		      "fstype=\"overlay\""),
		GIVES(0, 0, do_map, MERGED "/dir/in", "deny map layer=upper,none\n"),
		GIVES(0, 0, do_mprotect, MERGED "/second", "deny map layer=upper,none\n"),
		/* No overlay */
		GIVES(0, EACCES, do_exec_here, TOP "/low/dir/in", "deny exec layer=none\n",
		      "layer=none"),
		GIVES(0, 0, do_exec_here, TOP "/low/dir/in", "deny exec layer=upper,lower\n"),
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
	enter();
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

/* An overlay that is not the root of the task's mount namespace. */
TEST_F(layer, of_the_root_only)
{
	const struct bh_trial trials[] = {
		GIVES(0, EACCES, do_exec_here, MERGED "/plain",
		      "default exec deny\nallow exec layer=lower,upper\n", "layer=none"),
		GIVES(0, 0, do_exec_here, MERGED "/changed", "deny exec layer=upper,lower\n"),
		/* What lies on the root all the same, wherever the task sees its own. */
		LOWER_ALLOWED(do_exec_chrooted, "/in"),
		LOWER_ALLOWED(do_exec_bound, "/bound/in"),
		UPPER_DENIED(do_exec_bound, "/bound/new"),
	};

	ASSERT_EQ(0, mkdir(MERGED "/bound", 0755));
	bh_make_program(MERGED "/dir/new");
	bh_try_all(_metadata, trials);
}

/* What is left of a file that was changed, under whatever name it had. */
TEST_F(layer, unlinked)
{
	const char caps[20] = { [0] = 1, [3] = 2, [5] = 4 };
	struct stat status;
	char name[64];
	int fds[3], i;

	ASSERT_EQ(0, truncate(MERGED "/changed", 4096));
	ASSERT_EQ(0, setxattr(MERGED "/touched", "security.capability", caps, sizeof(caps), 0));
	/* The name that it has in the working directory, and that directory's. */
	ASSERT_EQ(0, chown(MERGED "/plain", 1, 1));
	ASSERT_EQ(0, stat(MERGED "/plain", &status));
	ASSERT_EQ(0, mkdir(MERGED "/work", 0755));
	snprintf(name, sizeof(name), MERGED "/work/#%lu", (unsigned long)status.st_ino);
	ASSERT_EQ(0, rename(MERGED "/plain", name));
	fds[0] = open(MERGED "/changed", O_PATH | O_CLOEXEC);
	fds[1] = open(MERGED "/touched", O_PATH | O_CLOEXEC);
	fds[2] = open(name, O_PATH | O_CLOEXEC);
	ASSERT_EQ(0, unlink(MERGED "/changed"));
	ASSERT_EQ(0, unlink(MERGED "/touched"));
	ASSERT_EQ(0, unlink(name));
	for (i = 0; i < 3; i++) {
		const struct bh_trial upper = UPPER_DENIED(do_exec_kept, &fds[i]);

		bh_try(_metadata, &upper);
	}
}

#define COMPOSED "lowerdir=" TOP "/low::" TOP "/data,metacopy=on,redirect_dir=on,"

/* An image whose files are one layer and their data another, as composefs has them. */
TEST_F(layer, data_of_its_own)
{
	const struct bh_trial trials[] = {
		LOWER_ALLOWED(do_exec, MERGED "/composed"),
		UPPER_DENIED(do_exec, MERGED "/composed2"),
	};
	static const char *const names[] = { TOP "/low/composed", TOP "/low/composed2" };
	struct stat status;
	int i;

	ASSERT_EQ(0, umount2(MERGED, 0));
	ASSERT_EQ(0, mkdir(TOP "/data", 0755));
	bh_make_program(TOP "/data/object");
	ASSERT_EQ(0, stat(TOP "/data/object", &status));
	for (i = 0; i < 2; i++) {
		bh_make_file(names[i], "", 0755);
		ASSERT_EQ(0, truncate(names[i], status.st_size));
		ASSERT_EQ(0, setxattr(names[i], "trusted.overlay.metacopy", "", 0, 0));
		ASSERT_EQ(0, setxattr(names[i], "trusted.overlay.redirect", "/object", 7, 0));
	}
	if (mount("overlay", MERGED, "overlay", 0, COMPOSED UPPER))
		SKIP(return, "no layers for data only on this kernel");
	ASSERT_EQ(0, chmod(MERGED "/composed2", 0711));
	bh_try_all(_metadata, trials);
}

/* On the root of which namespace it lay cannot be told any more: so nothing allows it. */
TEST_F(layer, out_of_an_empty_namespace)
{
	const struct bh_trial trials[] = {
		GIVES(0, EACCES, do_exec_emptied, MERGED "/new", "deny exec layer=upper\n",
		      "verdict=deny class=exec"),
		GIVES(0, EACCES, do_exec_emptied, MERGED "/new",
		      "default exec deny\nallow exec layer=none\n", "verdict=deny class=exec"),
		GIVES(0, 0, do_exec_emptied, MERGED "/new", "deny exec path=/nowhere\n"),
	};

	bh_make_program(MERGED "/new");
	if (bh_child(do_exec_emptied, MERGED "/new") == NOT_EMPTIED)
		SKIP(return, "no empty mount namespaces on this kernel");
	bh_try_all(_metadata, trials);
}

/*
 * A directory that is renamed all the time: what lies in it has one path and is the image's,
 * or has the other one and was moved. Never is it the one by its path and the other by its
 * layer.
 */

#define NEITHER "deny map path=/dir/in layer=lower\ndeny map path=/other/in layer=upper\n"

static void move_for_ever(void)
{
	for (;;) {
		rename(MERGED "/dir", MERGED "/other");
		rename(MERGED "/other", MERGED "/dir");
	}
}

/* EEXIST if it was ever let map. */
static int map_often(void *unused)
{
	void *memory = MAP_FAILED;
	int i, fd;

	enter();
	do {
		fd = open("/dir/in", O_RDONLY | O_CLOEXEC);
	} while (fd < 0);
	for (i = 0; i < 2000 && memory == MAP_FAILED; i++) {
		memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		/* Where there is one processor, the other one needs its turn. */
		if (i & 1)
			usleep(1);
	}
	return memory == MAP_FAILED ? 0 : EEXIST;
}

TEST_F_TIMEOUT(layer, a_moving_directory, 300)
{
	const char *stats = BULKHEAD_DIR "/policies/" BH_TRIAL "/stats";
	const struct bh_trial trial = GIVES(EEXIST, 0, map_often, NULL, NEITHER, "verdict=deny");
	char text[1024];
	pid_t mover;

	if (!strstr(variant->options, "metacopy"))
		SKIP(return, "no redirect_dir on this overlay");
	mover = fork();
	if (!mover)
		move_for_ever();
	bh_try(_metadata, &trial);
	kill(mover, SIGKILL);
	waitpid(mover, NULL, 0);
	/* Both were seen. */
	ASSERT_LT(0, bh_read(stats, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\nrule 2 hits "))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "\nrule 3 hits "))
		TH_LOG("%s", text);
}

static bool is_ready(int fd, int milliseconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, milliseconds) > 0;
}

/* What lies beneath is served by a process that never answers: no one asks it. */
TEST_F(layer, waits_for_no_one)
{
	const struct bh_trial trials[] = {
		LOWER_ALLOWED(do_exec, MERGED "/plain"),
		GIVES(0, EACCES, do_mprotect, MERGED "/plain", "deny map layer=lower\n",
		      "layer=lower"),
	};
	int opened[2];
	pid_t server;

	ASSERT_EQ(0, pipe(opened));
	ASSERT_EQ(0, mkdir(TOP "/fuse", 0755));
	server = fuse_start(TOP "/fuse", FUSE_OPENDIR, opened[1], NULL);
	if (server < 0)
		SKIP(return, "no fuse here");
	ASSERT_EQ(0, umount2(MERGED, 0));
	ASSERT_EQ(0, mount("overlay", MERGED, "overlay", 0,
			   "lowerdir=" TOP "/fuse:" TOP "/low"));
	bh_try_all(_metadata, trials);
	EXPECT_FALSE(is_ready(opened[0], 0));
	kill(server, SIGKILL);
	EXPECT_EQ(server, waitpid(server, NULL, 0));
}

/* Whoever marks a directory may let those wait who open it: none of the overlay's is opened. */
TEST_F(layer, opens_no_directory)
{
	static const char *const dirs[] = { MERGED, TOP "/up/upper", TOP "/low", TOP "/lower2" };
	const struct bh_trial trials[] = {
		LOWER_ALLOWED(do_exec, MERGED "/plain"),
		UPPER_DENIED(do_exec, MERGED "/new"),
		GIVES(0, EACCES, do_mprotect, MERGED "/plain", "deny map layer=lower\n",
		      "layer=lower"),
	};
	int marks = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
	pid_t opener;
	size_t i;

	bh_make_program(MERGED "/new");
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		if (fanotify_mark(marks, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ONDIR, AT_FDCWD,
				  dirs[i]))
			SKIP(return, "nobody can let others wait here: %s", strerror(errno));
	bh_try_all(_metadata, trials);
	EXPECT_FALSE(is_ready(marks, 0));
	/* It would have been so. */
	opener = fork();
	if (!opener)
		_exit(close(marks) || open(MERGED, O_RDONLY | O_DIRECTORY) < 0);
	EXPECT_TRUE(is_ready(marks, 30000));
	close(marks);
	EXPECT_EQ(opener, waitpid(opener, NULL, 0));
}

TEST_HARNESS_MAIN
