// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: the path by which a file is judged.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "exec.h"
#include "race.h"

#define JAIL TOP "/jail"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

FIXTURE(paths) {};

FIXTURE_SETUP(paths)
{
	make_top(_metadata);
}

FIXTURE_TEARDOWN(paths)
{
}

/* Patterns */

static const struct pattern {
	const char *pattern;
	const char *file;
	bool matches;
} patterns[] = {
	{ "/tmp/x/bin/prog", PROG, true },
	{ "/tmp/x/bin/pro", PROG, false },
	{ "/tmp/x/bin/progs", PROG, false },
	{ "/tmp/x/bin", PROG, false },
	{ "/tmp/x/bin/pro?", PROG, true },
	{ "/tmp/x/bin/prog?", PROG, false },
	{ "/tmp/x?bin/prog", PROG, false },
	{ "/tmp/x/bin/*", PROG, true },
	{ "/tmp/x/bin/p*g", PROG, true },
	{ "/tmp/x/bin/prog*", PROG, true },
	{ "/tmp/*/bin/prog", PROG, true },
	{ "/tmp/x/*", PROG, false },
	{ "/tmp/*/prog", PROG, false },
	{ "/tmp/**", PROG, true },
	{ "/tmp/**/prog", PROG, true },
	{ "/**", PROG, true },
	{ "**", PROG, true },
	{ "**/prog", PROG, true },
	{ "**/bin", PROG, false },
	{ "/tmp/x/bin/[pq]rog", PROG, true },
	{ "/tmp/x/bin/[a-o]rog", PROG, false },
	{ "/tmp/x/bin/[a-p]rog", PROG, true },
	{ "/tmp/x/bin/[!p]rog", PROG, false },
	{ "/tmp/x/bin/[!a-o]rog", PROG, true },
	{ "/tmp/x/bin/\\p\\r\\og", PROG, true },
	{ "\"/tmp/x/bin/\\x70rog\"", PROG, true },
	{ "/tmp/x/bin/a\\*b", BIN "/a*b", true },
	{ "/tmp/x/bin/a\\*b", BIN "/axb", false },
	{ "/tmp/x/bin/a*b", BIN "/axb", true },
	{ "\"/tmp/x/bin/a\\\\*b\"", BIN "/a*b", true },
	{ "\"/tmp/x/bin/a\\\\*b\"", BIN "/axb", false },
	{ "\"/tmp/x/bin/with space\"", BIN "/with space", true },
	{ "/tmp/x/bin/with?space", BIN "/with space", true },
	{ "/tmp/x/bin/nope,/tmp/x/bin/prog", PROG, true },
	{ "/tmp/x/bin/nope,/tmp/x/bin/none", PROG, false },
};

static void make_pattern_files(void)
{
	bh_make_program(BIN "/a*b");
	bh_make_program(BIN "/axb");
	bh_make_program(BIN "/with space");
}

static void try_pattern(struct __test_metadata *_metadata, const struct pattern *pattern,
			const char *operator, bool matches)
{
	char rules[256], path[256];
	struct bh_trial trial = {
		.rules = rules, .act = exec_path, .arg = (void *)pattern->file,
	};

	snprintf(rules, sizeof(rules), "deny exec path%s%s", operator, pattern->pattern);
	snprintf(path, sizeof(path), " path=\"%s\"", pattern->file);
	if (matches) {
		trial.with = EACCES;
		trial.words[0] = "verdict=deny class=exec";
		trial.words[1] = path;
		trial.words[2] = " rule=2 ";
	}
	bh_try(_metadata, &trial);
}

TEST_F(paths, patterns)
{
	size_t i;

	make_pattern_files();
	for (i = 0; i < ARRAY_SIZE(patterns); i++)
		try_pattern(_metadata, &patterns[i], "=", patterns[i].matches);
}

TEST_F(paths, negated_patterns)
{
	size_t i;

	make_pattern_files();
	for (i = 0; i < ARRAY_SIZE(patterns); i++)
		try_pattern(_metadata, &patterns[i], "!=", !patterns[i].matches);
}

/* Names of a file */

TEST_F(paths, a_symlink_is_judged_as_what_it_leads_to)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" PROG, TOP "/link", " path=\"" PROG "\""),
		ALLOWED(exec_path, "deny exec path=" TOP "/link", TOP "/link"),
		DENIED(exec_path, "deny exec path=" PROG, TOP "/dir/prog", " path=\"" PROG "\""),
		DENIED(exec_path, "default exec deny\nallow exec path=" TOP "/*", TOP "/link",
		       " rule=default "),
	};

	ASSERT_EQ(0, symlink(PROG, TOP "/link"));
	ASSERT_EQ(0, symlink("bin", TOP "/dir"));
	bh_try_all(_metadata, trials);
}

static int exec_relative(void *path)
{
	return chdir(BIN) ? errno : bh_exec(path);
}

TEST_F(paths, spelling_does_not_matter)
{
	struct bh_trial trials[] = {
		DENIED(exec_relative, "deny exec path=" PROG, "prog", " path=\"" PROG "\""),
		DENIED(exec_relative, "deny exec path=" PROG, "./../bin//prog"),
		DENIED(exec_relative, "deny exec path=" PROG, "/proc/self/cwd/prog"),
		DENIED(exec_relative, "deny exec path=" PROG, "/proc/self/root/tmp/x/bin/prog"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(paths, each_hard_link_has_its_own_path)
{
	struct bh_trial trials[] = {
		ALLOWED(exec_path, "deny exec path=" PROG, TOP "/hard"),
		DENIED(exec_path, "deny exec path=" TOP "/hard", TOP "/hard",
		       " path=\"" TOP "/hard\"", " backing=file "),
		ALLOWED(exec_path, "deny exec path=" TOP "/hard", PROG),
	};

	ASSERT_EQ(0, link(PROG, TOP "/hard"));
	bh_try_all(_metadata, trials);
}

TEST_F(paths, a_bound_file_has_the_path_where_it_is_bound)
{
	struct bh_trial trials[] = {
		ALLOWED(exec_path, "deny exec path=" PROG, TOP "/bound"),
		DENIED(exec_path, "deny exec path=" TOP "/bound", TOP "/bound",
		       " path=\"" TOP "/bound\""),
		DENIED(exec_path, "deny exec path=" TOP "/bound/prog", TOP "/bound/prog"),
	};

	bh_make_file(TOP "/bound", "", 0755);
	ASSERT_EQ(0, mount(PROG, TOP "/bound", NULL, MS_BIND, NULL));
	bh_try(_metadata, &trials[0]);
	bh_try(_metadata, &trials[1]);
	ASSERT_EQ(0, umount(TOP "/bound"));
	ASSERT_EQ(0, unlink(TOP "/bound"));
	ASSERT_EQ(0, mkdir(TOP "/bound", 0755));
	ASSERT_EQ(0, mount(BIN, TOP "/bound", NULL, MS_BIND, NULL));
	bh_try(_metadata, &trials[2]);
}

static int make_overlay(void)
{
	static const char *const dirs[] = { TOP "/l", TOP "/u", TOP "/w", TOP "/o" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755))
			return -errno;
	bh_make_program(TOP "/l/low");
	bh_make_program(TOP "/u/up");
	return mount("o", TOP "/o", "overlay", 0,
		     "lowerdir=" TOP "/l,upperdir=" TOP "/u,workdir=" TOP "/w") ? -errno : 0;
}

TEST_F(paths, overlay)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" TOP "/o/low", TOP "/o/low",
		       " path=\"" TOP "/o/low\"", " fstype=\"overlay\""),
		DENIED(exec_path, "deny exec path=" TOP "/o/up", TOP "/o/up",
		       " path=\"" TOP "/o/up\""),
		ALLOWED(exec_path, "deny exec path=" TOP "/l/low," TOP "/u/up", TOP "/o/low"),
		ALLOWED(exec_path, "deny exec path=" TOP "/l/low," TOP "/u/up", TOP "/o/up"),
		ALLOWED(exec_path, "default exec deny\nallow exec path=" TOP "/o/**",
			TOP "/o/low"),
		ALLOWED(exec_path, "default exec deny\nallow exec path=" TOP "/o/**",
			TOP "/o/up"),
		DENIED(exec_path, "deny exec fstype=overlay", TOP "/o/low"),
		DENIED(exec_path, "deny exec fstype=over*", TOP "/o/up"),
		ALLOWED(exec_path, "deny exec fstype=tmpfs", TOP "/o/low"),
		ALLOWED(exec_path, "deny exec fstype=overlay", PROG),
	};

	ASSERT_EQ(0, make_overlay());
	bh_try_all(_metadata, trials);
}

/* Roots */

static int exec_chrooted(void *root)
{
	if (chroot(root) || chdir("/"))
		return errno;
	return bh_exec("/ok/prog");
}

static int exec_in_detached(void *root)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, root, OPEN_TREE_CLONE);

	if (fd < 0 || fchdir(fd) || chroot("."))
		return errno;
	return bh_exec("/ok/prog");
}

/* A whole new root, pivoted to: the only way to truly change paths. */
static int exec_pivoted(void *root)
{
	if (unshare(CLONE_NEWNS) || mount(root, root, NULL, MS_BIND, NULL) || chdir(root) ||
	    syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		return errno;
	return bh_exec("/ok/prog");
}

static void make_jail(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, mkdir(JAIL, 0755));
	ASSERT_EQ(0, mkdir(JAIL "/ok", 0755));
	bh_make_program(JAIL "/ok/prog");
}

TEST_F(paths, chroot_does_not_forge)
{
	struct bh_trial trials[] = {
		DENIED(exec_chrooted, "default exec deny\nallow exec path=/ok/prog", JAIL,
		       " path=\"" JAIL "/ok/prog\"", " rule=default "),
		ALLOWED(exec_chrooted, "default exec deny\nallow exec path=" JAIL "/ok/prog", JAIL),
		DENIED(exec_chrooted, "deny exec path=" JAIL "/ok/prog", JAIL),
		ALLOWED(exec_chrooted, "deny exec path=/ok/prog", JAIL),
	};

	make_jail(_metadata);
	bh_try_all(_metadata, trials);
}

TEST_F(paths, chroot_into_a_mount_does_not_forge)
{
	struct bh_trial trials[] = {
		DENIED(exec_chrooted, "default exec deny\nallow exec path=/ok/prog", TOP "/mnt",
		       " path=\"" TOP "/mnt/ok/prog\""),
		ALLOWED(exec_chrooted, "default exec deny\nallow exec path=" TOP "/mnt/ok/prog",
			TOP "/mnt"),
	};

	make_jail(_metadata);
	ASSERT_EQ(0, mkdir(TOP "/mnt", 0755));
	ASSERT_EQ(0, mount(JAIL, TOP "/mnt", NULL, MS_BIND, NULL));
	bh_try_all(_metadata, trials);
}

TEST_F(paths, chroot_into_a_detached_mount_does_not_forge)
{
	struct bh_trial trials[] = {
		DENIED(exec_in_detached,
		       "default exec deny\nallow exec path=/ok/prog," JAIL "/**,/**", JAIL,
		       " path=- "),
		DENIED(exec_in_detached, "deny exec path!=/**", JAIL, " path=- "),
		ALLOWED(exec_in_detached, "deny exec path=/**", JAIL),
	};

	make_jail(_metadata);
	bh_try_all(_metadata, trials);
}

TEST_F(paths, a_pivoted_root_is_the_root)
{
	struct bh_trial trials[] = {
		DENIED(exec_pivoted, "deny exec path=/ok/prog", JAIL, " path=\"/ok/prog\""),
		ALLOWED(exec_pivoted, "deny exec path=" JAIL "/ok/prog", JAIL),
	};

	make_jail(_metadata);
	bh_try_all(_metadata, trials);
}

/* Mount namespaces */

static int exec_unshared(void *path)
{
	return unshare(CLONE_NEWNS) ? errno : bh_exec(path);
}

TEST_F(paths, an_unshared_mount_namespace_keeps_paths)
{
	struct bh_trial trials[] = {
		DENIED(exec_unshared, "default exec deny", PROG, " path=\"" PROG "\""),
		DENIED(exec_unshared, "deny exec path=" PROG, PROG),
		ALLOWED(exec_unshared, "default exec deny\nallow exec path=" PROG, PROG),
	};

	bh_try_all(_metadata, trials);
}

static int to_foreigner[2];

/* Lives in a mount namespace of its own and hands out what it finds there. */
static void run_foreigner(const char *path)
{
	char byte;

	close(to_foreigner[0]);
	if (unshare(CLONE_NEWNS))
		_exit(1);
	while (read(to_foreigner[1], &byte, 1) == 1)
		bh_send_fd(to_foreigner[1], open(path, O_PATH | O_CLOEXEC));
	_exit(0);
}

static int exec_foreign(void *arg)
{
	int fd;

	if (write(to_foreigner[0], "?", 1) != 1)
		return errno;
	fd = bh_receive_fd(to_foreigner[0]);
	return fd < 0 ? EBADF : bh_execveat(fd, "", AT_EMPTY_PATH);
}

TEST_F(paths, a_file_of_another_mount_namespace_has_its_path_there)
{
	struct bh_trial trials[] = {
		DENIED(exec_foreign, "default exec deny\nallow exec path=" PROG ",/**,**", NULL,
		       " path=- ", " backing=file ", " fstype=\"tmpfs\""),
		DENIED(exec_foreign, "default exec deny\nallow exec path!=/nope", NULL,
		       " path=- "),
		DENIED(exec_foreign, "deny exec path=" PROG, NULL, " path=\"" PROG "\"",
		       " rule=2 "),
		DENIED(exec_foreign, "deny exec path!=/nope", NULL, " path=\"" PROG "\""),
		ALLOWED(exec_foreign, "deny exec path=/nope", NULL),
		ALLOWED(exec_foreign, "deny exec path!=" PROG, NULL),
	};

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_foreigner));
	if (!fork())
		run_foreigner(PROG);
	close(to_foreigner[1]);
	bh_try_all(_metadata, trials);
}

TEST_F(paths, a_lazily_unmounted_file_has_no_path)
{
	static const struct bh_trial trials[] = {
		DENIED(exec_fd, "default exec deny\nallow exec path=/**,**", NULL, " path=- "),
		DENIED(exec_fd, "deny exec path!=/**", NULL, " path=- ", " backing=file "),
		ALLOWED(exec_fd, "deny exec path=/**,**", NULL),
	};
	size_t i;
	int fd;

	ASSERT_EQ(0, mkdir(TOP "/lazy", 0755));
	ASSERT_EQ(0, mount("lazy", TOP "/lazy", "tmpfs", 0, NULL));
	bh_make_program(TOP "/lazy/prog");
	fd = open(TOP "/lazy/prog", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, umount2(TOP "/lazy", MNT_DETACH));
	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		struct bh_trial trial = trials[i];

		trial.arg = &fd;
		bh_try(_metadata, &trial);
	}
}

/* Moving and long */

static const char *const places[] = {
	TOP "/a/dir/prog", TOP "/a/dir/mid", TOP "/b/dir/mid", TOP "/b/dir/gorp",
};

/* Never is /a/dir/gorp or /b/dir/prog there: who mixes two moments says so. */
static void move_for_ever(void)
{
	for (;;) {
		rename(TOP "/a/dir/prog", TOP "/a/dir/mid");
		rename(TOP "/a/dir", TOP "/b/dir");
		rename(TOP "/b/dir/mid", TOP "/b/dir/gorp");
		rename(TOP "/b/dir/gorp", TOP "/b/dir/mid");
		rename(TOP "/b/dir", TOP "/a/dir");
		rename(TOP "/a/dir/mid", TOP "/a/dir/prog");
	}
}

static int exec_often(void *fd)
{
	int i, err = 0;

	for (i = 0; i < 100 && !err; i++)
		err = bh_execveat(*(int *)fd, "", AT_EMPTY_PATH);
	return err;
}

/*
 * At how many places it was seen. That it moved within a look, which does not sleep, cannot be
 * made sure of, least of all on one processor; that it moved between looks can.
 */
static int try_places(struct __test_metadata *_metadata, const struct bh_trial *trial)
{
	int events[ARRAY_SIZE(places)], seen = 0;
	char word[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		events[i] = bh_events();
	bh_try(_metadata, trial);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(word, sizeof(word), "path=\"%s\"", places[i]);
		seen += !!bh_find_event(events[i], "policy=" BH_TRIAL " ", word, NULL);
		close(events[i]);
	}
	return seen;
}

/* Only places where the file is at some moment are allowed, all others are not. */
TEST_F(paths, a_moving_file_has_a_path_that_it_had)
{
	struct bh_trial trial = {
		.rules = "default exec deny\n"
			 "audit allow exec path=" TOP "/a/dir/prog," TOP "/a/dir/mid," TOP
			 "/b/dir/mid," TOP "/b/dir/gorp",
		.act = exec_often, .words = { "verdict=allow", "/dir/" },
	};
	long end = bh_milliseconds() + 20000;
	int fd, seen;
	pid_t mover;

	ASSERT_EQ(0, mkdir(TOP "/a", 0755));
	ASSERT_EQ(0, mkdir(TOP "/b", 0755));
	ASSERT_EQ(0, mkdir(TOP "/a/dir", 0755));
	bh_make_program(TOP "/a/dir/prog");
	fd = open(TOP "/a/dir/prog", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	trial.arg = &fd;
	mover = fork();
	if (!mover)
		move_for_ever();
	do {
		seen = try_places(_metadata, &trial);
	} while (seen < 2 && bh_milliseconds() < end);
	EXPECT_LE(2, seen);
	trial.rules = "default exec deny\nallow exec path=" TOP "/c/**";
	trial.with = EACCES;
	trial.words[0] = "verdict=deny";
	bh_try(_metadata, &trial);
	kill(mover, SIGKILL);
	waitpid(mover, NULL, 0);
}

/* A program whose path is this long. */
static int exec_long(void *length)
{
	char name[256] = "";
	size_t len = strlen(TOP), want = *(size_t *)length - strlen("/p");

	if (chdir(TOP))
		return errno;
	while (len < want) {
		/* Never so much that nothing could come after the next slash. */
		size_t n = want - len - 1 > 255 ? 200 : want - len - 1;

		memset(name, 'd', n);
		name[n] = '\0';
		mkdir(name, 0755);
		if (chdir(name))
			return errno;
		len += n + 1;
	}
	bh_make_program("p");
	return bh_exec("./p");
}

TEST_F(paths, a_path_too_long_fails_closed)
{
	size_t fits = 4095, too_long = 4096, far_too_long = 9000;
	struct bh_trial trials[] = {
		ALLOWED(exec_long, "default exec deny\nallow exec path=/tmp/**/p", &fits),
		DENIED(exec_long, "deny exec path=/tmp/**/p", &fits, " rule=2 "),
		DENIED(exec_long, "default exec deny\nallow exec path=/tmp/**", &too_long,
		       " rule=default ", "reason=\"path too long\"", " path=- "),
		DENIED(exec_long, "deny exec path=/nope", &too_long, "reason=\"path too long\""),
		DENIED(exec_long, "deny exec path=/nope", &far_too_long,
		       "reason=\"path too long\""),
		DENIED(exec_long, "allow exec path!=/nope", &far_too_long,
		       "reason=\"path too long\""),
		/* A policy that asks for no path needs none. */
		ALLOWED(exec_long, "default exec deny\nallow exec backing=file", &far_too_long),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++)
		bh_try(_metadata, &trials[i]);
}

TEST_HARNESS_MAIN
