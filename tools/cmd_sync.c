// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead sync: keeps the kernel's state that of a directory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "load.h"
#include "sync.h"

static const struct option options[] = {
	{ "watch", no_argument, NULL, 'w' },
	{ "prune", no_argument, NULL, 'p' },
	COMMON_OPTIONS
};

#define SETTLE_MS	200	/* who writes one file writes another soon */
#define LOOK_MS		2000	/* for what inotify does not tell */

static atomic_bool interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = true;
}

/* One at a time: two would each see what the other is about to change. */
static int take_turn(void)
{
	int fd = open(ctl_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	say("another sync is at work: waiting for it to end");
	while (flock(fd, LOCK_EX) && errno == EINTR && !interrupted)
		;
	return fd;
}

static int sync_once(const char *path, bool prune)
{
	struct sync_dir dir = { .unknown_kinds = load_unknown_kinds() };
	int status, turn, others;

	others = ctl_require_turn();
	turn = take_turn();
	status = sync_read(&dir, path) ?: sync_check(&dir);
	if (status)
		say("nothing was changed");
	else
		status = sync_apply(&dir, prune);
	sync_free(&dir);
	if (turn >= 0)
		close(turn);
	if (others >= 0)
		close(others);
	return finish(status);
}

/* What was looked at, to notice when a name leads to something else. */
struct identity {
	dev_t dev;
	ino_t ino;
};

static struct identity identify(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return (struct identity){ 0 };
	return (struct identity){ st.st_dev, st.st_ino };
}

static bool is_same(struct identity a, struct identity b)
{
	return a.dev == b.dev && a.ino == b.ino;
}

static bool drain(int fd)
{
	char bytes[4096] __attribute__((aligned(8)));
	bool any = false;

	while (read(fd, bytes, sizeof(bytes)) > 0)
		any = true;
	return any;
}

/**
 * struct watch - a directory that is followed
 * @fd: inotify
 * @wd: the watch of the directory, or -1
 * @dir: what its name leads to, through links
 * @module: the module's directory: another one after a reload
 */
struct watch {
	int fd;
	int wd;
	struct identity dir;
	struct identity module;
};

static void look_anew(struct watch *watch, const char *path)
{
	if (watch->wd >= 0)
		inotify_rm_watch(watch->fd, watch->wd);
	watch->wd = inotify_add_watch(watch->fd, path,
				      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
				      IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB);
	watch->dir = identify(path);
	watch->module = identify(ctl_dir());
	drain(watch->fd);
}

/* Waits for a change, and until it is over. */
static void wait_for_change(struct watch *watch, const char *path)
{
	struct pollfd pollfd = { .fd = watch->fd, .events = POLLIN };

	while (!interrupted) {
		poll(&pollfd, 1, LOOK_MS);
		if (drain(watch->fd))
			break;
		if (!is_same(watch->dir, identify(path)) ||
		    !is_same(watch->module, identify(ctl_dir())))
			return;
	}
	while (!interrupted && poll(&pollfd, 1, SETTLE_MS) > 0)
		drain(watch->fd);
}

static int follow(const char *path, bool prune)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct watch watch = { .wd = -1 };

	watch.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch.fd < 0)
		die("cannot watch: %s", strerror(errno));
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!interrupted) {
		/* Before it is read: what changes from then on is told. */
		look_anew(&watch, path);
		if (ctl_loaded())
			sync_once(path, prune);
		else
			say("the module is not loaded: waiting for it");
		wait_for_change(&watch, path);
	}
	close(watch.fd);
	return DONE;
}

static int run(int argc, char **argv)
{
	bool watch = false, prune = false;
	int option;

	while ((option = next_option(argc, argv, "wp", options)) >= 0) {
		if (option == 'w')
			watch = true;
		else
			prune = true;
	}
	if (argc - optind != 1) {
		say("sync one directory");
		return usage_error();
	}
	if (watch)
		ctl_require();
	return watch ? follow(argv[optind], prune) : sync_once(argv[optind], prune);
}

const struct command cmd_sync = {
	.name = "sync",
	.summary = "make the kernel's state that of a directory",
	.synopsis = "[OPTION]... DIR",
	.help = "Loads every *.policy and *.p7s of DIR, and the assignment table in its file\n"
		"assign, and says what changes. A file that is wrong is named, and nothing\n"
		"changes then; so it is with a version that is not higher than the loaded one.\n\n"
		"  -w, --watch          follow DIR until interrupted; also the swap of a\n"
		"                       Kubernetes ConfigMap volume, and a reload of the module\n"
		"  -p, --prune          remove policies and the table that DIR does not have\n",
	.run = run,
};
