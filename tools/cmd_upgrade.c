// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead upgrade: another module in the place of the loaded one, while all that is
 * confined stands still.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "ctl.h"
#include "freeze.h"
#include "kmodule.h"
#include "snapshot.h"
#include "turn.h"

#define CERTS_MAX	64
#define UNLOAD_TRIES	60	/* 50 ms after each */

static const struct option options[] = {
	{ "old", required_argument, NULL, 'o' },
	{ "cert", required_argument, NULL, 'c' },
	{ "timeout", required_argument, NULL, 't' },
	COMMON_OPTIONS
};

struct upgrade {
	struct image old, new;
	struct snapshot snapshot;
	struct buf certs[CERTS_MAX];
	size_t n_certs;
	unsigned int seconds;
	bool journal;	/* bulkhead-journal.service is to be started again */
};

/* systemctl, if there is one. Returns whether it succeeded. */
static bool systemctl(const char *verb, const char *unit)
{
	int status;
	pid_t child = fork();

	if (!child) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execlp("systemctl", "systemctl", verb, unit, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

/* Wherever the process has securityfs. */
static bool is_modules_file(const char *path, const char *link)
{
	struct stat file, dir;

	return strstr(link, "/bulkhead/") && !stat(path, &file) && !stat(ctl_dir(), &dir) &&
	       file.st_dev == dir.st_dev;
}

static bool holds_file(const char *pid, char *link, size_t size)
{
	char path[600];
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.32s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.32s/fd/%s", pid, entry->d_name);
		len = readlink(path, link, size - 1);
		if (len < 0)
			continue;
		link[len] = '\0';
		found = is_modules_file(path, link);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* A module whose files are open stays. */
static bool is_held(void)
{
	struct dirent *entry;
	bool held = false;
	char link[4096];
	DIR *proc;

	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !holds_file(entry->d_name, link, sizeof(link)))
			continue;
		say("process %s has %s open, which keeps the module: end it first",
		    entry->d_name, link);
		held = true;
	}
	if (proc)
		closedir(proc);
	return held;
}

/* Nothing has happened yet: what cannot work is refused now. */
static bool prepare(struct upgrade *upgrade)
{
	struct buf lock = { 0 };
	bool locked;

	/* Either lock holds until reboot, and so does the module. */
	ctl_read("lock", &lock);
	locked = lock.len && lock.s[0] != '0';
	buf_free(&lock);
	if (locked) {
		say("the module is locked until reboot: it cannot be replaced");
		return false;
	}
	/* Until this program ends. */
	if (turn_take(LOCK_EX) < 0) {
		if (errno == EWOULDBLOCK)
			say("containers are started all the time: try again when fewer are");
		else
			say("nothing keeps others from binding meanwhile: %s", strerror(errno));
		return false;
	}
	upgrade->journal = systemctl("is-active", "bulkhead-journal.service") &&
			   systemctl("stop", "bulkhead-journal.service");
	return !is_held();
}

/* From here to the thaw nothing may end this process. */
static void hold_on(void)
{
	static const int signals[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP, SIGTTOU,
	};
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_IGN);
	if (fd >= 0) {
		if (write(fd, "-1000", 5) < 0)
			say("this process may be ended for want of memory: %s", strerror(errno));
		close(fd);
	}
	mlockall(MCL_CURRENT);
}

static bool save(struct upgrade *upgrade)
{
	const struct saved_binding *lost;

	if (!freeze_confined(&upgrade->snapshot, upgrade->seconds))
		return false;
	if (!snapshot_bindings(&upgrade->snapshot))
		return false;
	lost = snapshot_find_rest(&upgrade->snapshot);
	if (lost) {
		say("the %s namespace %lu, bound to %s, is not to be found: no task is in it",
		    ns_names[lost->type], lost->inum, lost->policy);
		return false;
	}
	return snapshot_rest(&upgrade->snapshot) &&
	       snapshot_has_certificates(&upgrade->snapshot, upgrade->certs, upgrade->n_certs);
}

/* Loads an image and gives it the state. */
static bool put_in_force(struct upgrade *upgrade, const struct image *image)
{
	int err = image_load(image);

	if (err) {
		say("%s does not load: %s; the kernel's log says why", image->path, strerror(err));
		return false;
	}
	return snapshot_restore(&upgrade->snapshot, upgrade->certs, upgrade->n_certs);
}

static bool go_back(struct upgrade *upgrade)
{
	int err;

	if (ctl_loaded()) {
		err = image_unload();
		if (err) {
			say("the new module does not go either: %s", strerror(err));
			return false;
		}
	}
	if (!put_in_force(upgrade, &upgrade->old))
		return false;
	say("the old module is back, with all that it held");
	return true;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec + (now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Who only passes through the module, or reads one of its files, is gone in a moment. */
static int unload(void)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	unsigned int i;
	int err;

	for (i = 0; i < UNLOAD_TRIES; i++) {
		err = image_unload();
		if (err != EWOULDBLOCK && err != EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	return err;
}

/* All is frozen and saved. */
static int swap(struct upgrade *upgrade)
{
	struct timespec start;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &start);
	err = unload();
	if (err) {
		say("the loaded module does not go: %s", err == EWOULDBLOCK || err == EBUSY ?
		    "it is in use" : strerror(err));
		freeze_thaw();
		return NO;
	}
	if (put_in_force(upgrade, &upgrade->new)) {
		freeze_thaw();
		printf("upgraded to version %s: %zu policies, %zu bindings; %.2f s without them\n",
		       upgrade->new.version, upgrade->snapshot.n_policies,
		       upgrade->snapshot.n_bindings, seconds_since(&start));
		return DONE;
	}
	if (go_back(upgrade)) {
		freeze_thaw();
		return NO;
	}
	say("what was confined stays frozen: load a module, its policies, bind, then thaw");
	freeze_list();
	return NO;
}

static int upgrade_module(struct upgrade *upgrade)
{
	int status = NO;

	if (prepare(upgrade)) {
		hold_on();
		if (save(upgrade)) {
			status = swap(upgrade);
		} else {
			freeze_thaw();
			say("nothing was changed");
		}
	}
	if (upgrade->journal)
		systemctl("start", "bulkhead-journal.service");
	return status;
}

static int read_cert(struct upgrade *upgrade, const char *path)
{
	if (upgrade->n_certs == CERTS_MAX) {
		say("more than %d certificates", CERTS_MAX);
		return TROUBLE;
	}
	return read_file(path, &upgrade->certs[upgrade->n_certs++]);
}

static int run(int argc, char **argv)
{
	static struct upgrade upgrade = { .seconds = 10 };
	const char *old = NULL;
	int option;
	char *end;

	while ((option = next_option(argc, argv, "", options)) >= 0)
		switch (option) {
		case 'o':
			old = optarg;
			break;
		case 'c':
			if (read_cert(&upgrade, optarg))
				return TROUBLE;
			break;
		case 't':
			upgrade.seconds = strtoul(optarg, &end, 10);
			if (*end || !*optarg || !upgrade.seconds || upgrade.seconds > 3600) {
				say("--timeout=%s is not a number of seconds", optarg);
				return usage_error();
			}
			break;
		}
	if (optind != argc - 1) {
		say(optind == argc ? "no module to upgrade to" : "more than one module");
		return usage_error();
	}
	if (!image_read(&upgrade.new, argv[optind]))
		return TROUBLE;
	/* Whoever may not is told before anything else is asked of him. */
	close(ctl_open("lock", O_RDONLY));
	if (!image_find_loaded(&upgrade.old, old))
		return TROUBLE;
	return upgrade_module(&upgrade);
}

const struct command cmd_upgrade = {
	.name = "upgrade",
	.summary = "replace the loaded module without a gap",
	.synopsis = "[OPTION]... MODULE.ko",
	.help = "Freezes all that is confined, saves policies, bindings and table, puts\n"
		"the file in the loaded module's place, gives it what was saved, and thaws.\n"
		"On any failure the old module and its state come back before the thaw.\n\n"
		"      --old=FILE       the loaded module's own file, where it is not in its\n"
		"                       usual place or that holds the new one already\n"
		"      --cert=FILE      a certificate that was written to \"keys\", in DER\n"
		"      --timeout=SECONDS\n"
		"                       how long freezing may take; 10 if nothing is said\n",
	.run = run,
};
