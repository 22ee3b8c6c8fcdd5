// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezes what is confined. Nothing here ends the program.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "freeze.h"

/* A confined task that makes others faster than they are frozen is one too many. */
#define ROUNDS_MAX	100

/* Of a control group that was frozen here. */
struct frozen {
	char *path;	/* below the mount */
	bool before;	/* somebody else had frozen it */
};

/* Of a process that was moved, since its own group could not be frozen. */
struct moved {
	pid_t pid;
	char *path;
};

static char mount_point[PATH_MAX];
static char own_path[PATH_MAX];		/* the caller's group */
static char shelter[64];		/* where moved processes are */
static struct frozen *frozen;
static size_t n_frozen, frozen_cap;
static struct moved *moved;
static size_t n_moved, moved_cap;

static bool find_mount(void)
{
	char *line = NULL, point[PATH_MAX];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	bool found = false;
	size_t size = 0;

	while (mounts && !found && getline(&line, &size, mounts) > 0) {
		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*s %*s %*s / %4095s", point) != 1)
			continue;
		strcpy(mount_point, point);
		found = true;
	}
	free(line);
	if (mounts)
		fclose(mounts);
	if (!found)
		say("no cgroup2 is mounted, by which containers could be frozen");
	return found;
}

static bool read_cgroup(const char *file, char path[PATH_MAX])
{
	char line[PATH_MAX + 8] = "";
	FILE *cgroups = fopen(file, "re");
	bool found = false;

	while (cgroups && !found && fgets(line, sizeof(line), cgroups)) {
		if (strncmp(line, "0::", 3))
			continue;
		line[strcspn(line, "\n")] = '\0';
		/* A name that is too long is cut, and then is no group's. */
		memcpy(path, line + 3, PATH_MAX - 1);
		path[PATH_MAX - 1] = '\0';
		found = true;
	}
	if (cgroups)
		fclose(cgroups);
	return found;
}

static int open_group(const char *path, const char *file, int flags)
{
	char name[2 * PATH_MAX];

	snprintf(name, sizeof(name), "%s%s/%s", mount_point, path, file);
	return open(name, flags | O_CLOEXEC);
}

/* The positive errno. */
static int write_group(const char *path, const char *file, const char *text)
{
	int fd = open_group(path, file, O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static bool group_says(const char *path, const char *file, const char *words)
{
	char text[256];
	int fd = open_group(path, file, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	return strstr(text, words);
}

/* Is the group that, or above it? */
static bool is_above(const char *group, const char *path)
{
	size_t len = strlen(group);

	return !strcmp(group, "/") ||
	       (!strncmp(group, path, len) && (path[len] == '/' || !path[len]));
}

static bool is_frozen(const char *path)
{
	size_t i;

	for (i = 0; i < n_frozen; i++)
		if (is_above(frozen[i].path, path))
			return true;
	return false;
}

static bool freeze_group(const char *path)
{
	bool before = group_says(path, "cgroup.freeze", "1");
	int err = write_group(path, "cgroup.freeze", "1");

	/* Gone, and with it whatever was in it. */
	if (err == ENOENT || err == ENODEV)
		return true;
	if (err) {
		say("cannot freeze %s: %s", path, strerror(err));
		return false;
	}
	GROW(frozen, n_frozen, frozen_cap);
	frozen[n_frozen++] = (struct frozen){ xstrdup(path), before };
	return true;
}

static bool move_process(pid_t pid, const char *path)
{
	char number[16], name[2 * PATH_MAX];
	int err;

	if (!*shelter) {
		snprintf(shelter, sizeof(shelter), "/bulkhead-upgrade.%d", (int)getpid());
		snprintf(name, sizeof(name), "%s%s", mount_point, shelter);
		if (mkdir(name, 0755) || !freeze_group(shelter)) {
			say("cannot make %s: %s", name, strerror(errno));
			return false;
		}
	}
	snprintf(number, sizeof(number), "%d", (int)pid);
	err = write_group(shelter, "cgroup.procs", number);
	if (err == ESRCH)
		return true;
	if (err) {
		say("process %d cannot be moved out of %s, which is also this command's: %s",
		    (int)pid, path, strerror(err));
		return false;
	}
	GROW(moved, n_moved, moved_cap);
	moved[n_moved++] = (struct moved){ pid, xstrdup(path) };
	return true;
}

/* What has ended executes nothing, and cannot be moved. */
static bool has_ended(pid_t pid, const char *tid)
{
	char path[64], text[512];
	const char *state;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stat", (int)pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return true;
	text[len] = '\0';
	state = strrchr(text, ')');
	return !state || state[1] != ' ' || state[2] == 'Z' || state[2] == 'X';
}

/* @found: set when a task was met that was not frozen before */
static bool freeze_task(struct snapshot *snapshot, pid_t pid, const char *tid, bool *found)
{
	char name[64], path[PATH_MAX];
	bool confined = false, is_leader = strtol(tid, NULL, 10) == pid;
	int dir, type;

	snprintf(name, sizeof(name), "/proc/%d/task/%.16s/ns", (int)pid, tid);
	dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return true;
	for (type = 0; type < NS_TYPES; type++)
		confined |= snapshot_is_confined(snapshot, dir, type, is_leader ? pid : 0);
	close(dir);
	snprintf(name, sizeof(name), "/proc/%d/task/%.16s/cgroup", (int)pid, tid);
	if (!confined || !read_cgroup(name, path) || is_frozen(path) || has_ended(pid, tid))
		return true;
	*found = true;
	if (!is_above(path, own_path))
		return freeze_group(path);
	snapshot_forget_process(snapshot, pid);
	return move_process(pid, path);
}

static bool freeze_process(struct snapshot *snapshot, pid_t pid, bool *found)
{
	struct dirent *entry;
	char path[64];
	bool good = true;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && good && (entry = readdir(tasks)))
		if (isdigit((unsigned char)entry->d_name[0]))
			good = freeze_task(snapshot, pid, entry->d_name, found);
	if (tasks)
		closedir(tasks);
	return good;
}

static bool freeze_round(struct snapshot *snapshot, bool *found)
{
	struct dirent *entry;
	bool good = true;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc) {
		say("cannot open /proc: %s", strerror(errno));
		return false;
	}
	*found = false;
	while (good && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			good = freeze_process(snapshot, strtol(entry->d_name, NULL, 10), found);
	closedir(proc);
	return good;
}

/* A group is frozen when the last of its tasks is, which may have to come back from a call. */
static bool wait_until_frozen(time_t deadline)
{
	const struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };
	struct timespec now;
	size_t i;

	for (i = 0; i < n_frozen; i++)
		while (group_says(frozen[i].path, "cgroup.events", "frozen 0") &&
		       group_says(frozen[i].path, "cgroup.events", "populated 1")) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			if (now.tv_sec >= deadline) {
				say("%s does not freeze: a task in it waits in the kernel",
				    frozen[i].path);
				return false;
			}
			nanosleep(&pause, NULL);
		}
	return true;
}

bool freeze_confined(struct snapshot *snapshot, unsigned int seconds)
{
	struct timespec now;
	int rounds, quiet = 0;
	bool found;

	if (!find_mount() || !read_cgroup("/proc/self/cgroup", own_path))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* Twice: who forks and ends while the list of processes is read may leave one out. */
	for (rounds = 0; quiet < 2; rounds++) {
		if (rounds == ROUNDS_MAX) {
			say("confined tasks appear faster than they are frozen");
			return false;
		}
		/* Bindings may have come with new containers. */
		if (!snapshot_bindings(snapshot) || !freeze_round(snapshot, &found) ||
		    !wait_until_frozen(now.tv_sec + seconds))
			return false;
		quiet = found ? 0 : quiet + 1;
	}
	return true;
}

void freeze_thaw(void)
{
	char number[16], name[2 * PATH_MAX];
	size_t i;

	/* Back first, then on: a group that is frozen gives its processes away all the same. */
	for (i = 0; i < n_moved; i++) {
		snprintf(number, sizeof(number), "%d", (int)moved[i].pid);
		write_group(moved[i].path, "cgroup.procs", number);
	}
	for (i = 0; i < n_frozen; i++)
		if (!frozen[i].before)
			write_group(frozen[i].path, "cgroup.freeze", "0");
	if (*shelter) {
		snprintf(name, sizeof(name), "%s%s", mount_point, shelter);
		rmdir(name);
	}
}

void freeze_list(void)
{
	size_t i;

	for (i = 0; i < n_frozen; i++)
		if (!frozen[i].before)
			say("frozen: %s%s/cgroup.freeze", mount_point, frozen[i].path);
}
