// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes and their namespaces.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include "proc.h"

const char *const ns_names[NS_TYPES] = { "pid", "user", "mnt" };

/** ns_type_find() - a type by its name, or -1 */
int ns_type_find(const char *name)
{
	int type;

	for (type = 0; type < NS_TYPES; type++)
		if (!strcmp(ns_names[type], name))
			return type;
	return -1;
}

/**
 * ns_is_initial() - is it one that every host has, and that cannot be bound?
 *
 * The kernel gives the initial pid and user namespaces these inodes by definition.
 * The initial mount namespace is pid 1's, as seen from here.
 */
bool ns_is_initial(enum ns_type type, unsigned long inode)
{
	static unsigned long mnt;
	struct stat st;

	if (type == NS_PID)
		return inode == 0xEFFFFFFC;
	if (type == NS_USER)
		return inode == 0xEFFFFFFD;
	if (!mnt && !stat("/proc/1/ns/mnt", &st))
		mnt = st.st_ino;
	return inode == mnt;
}

/** processes_parent() - the namespace above, or 0 */
unsigned long processes_parent(const struct processes *processes, unsigned long ns)
{
	size_t i;

	for (i = 0; i < processes->nr_parents; i++)
		if (processes->parent[i][0] == ns)
			return processes->parent[i][1];
	return 0;
}

static bool parent_is_known(const struct processes *processes, unsigned long ns)
{
	size_t i;

	for (i = 0; i < processes->nr_parents; i++)
		if (processes->parent[i][0] == ns)
			return true;
	return false;
}

/* Enters a namespace's ancestors up to the initial one. */
static void note_parents(struct processes *processes, int fd, unsigned long ns)
{
	struct stat st;
	int up;

	while (fd >= 0 && !parent_is_known(processes, ns)) {
		up = ioctl(fd, NS_GET_PARENT);
		if (up < 0 || fstat(up, &st))
			st.st_ino = 0;
		GROW(processes->parent, processes->nr_parents, processes->cap_parents);
		processes->parent[processes->nr_parents][0] = ns;
		processes->parent[processes->nr_parents++][1] = st.st_ino;
		close(fd);
		fd = up;
		ns = st.st_ino;
	}
	if (fd >= 0)
		close(fd);
}

static void read_namespaces(struct processes *processes, struct process *process, int dir)
{
	struct stat st;
	char name[16];
	int type;

	for (type = 0; type < NS_TYPES; type++) {
		snprintf(name, sizeof(name), "ns/%s", ns_names[type]);
		if (fstatat(dir, name, &st, 0))
			continue;
		process->ns[type] = st.st_ino;
		if (type != NS_MNT && !ns_is_initial(type, st.st_ino) &&
		    !parent_is_known(processes, st.st_ino))
			note_parents(processes, openat(dir, name, O_RDONLY | O_CLOEXEC), st.st_ino);
	}
}

static char *read_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct buf buf = { 0 };

	if (fd < 0)
		return NULL;
	if (read_fd(fd, &buf)) {
		buf_free(&buf);
		buf.s = NULL;
	}
	close(fd);
	return buf.s;
}

/* The line of the unified hierarchy: 0::/PATH */
static char *read_cgroup(int dir)
{
	char *all = read_at(dir, "cgroup"), *line = all, *cgroup = NULL;

	while (line && *line) {
		if (!strncmp(line, "0::", 3)) {
			cgroup = xstrndup(line + 3, strcspn(line + 3, "\n"));
			break;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(all);
	return cgroup ?: xstrdup("-");
}

static bool is_kernel_thread(int dir)
{
	char target[16];

	/* It has no executable; a process that may not be looked at gives EACCES. */
	return readlinkat(dir, "exe", target, sizeof(target)) < 0 && errno == ENOENT;
}

static void read_process(struct processes *processes, int proc, const char *name)
{
	struct process process = { .pid = atoi(name) };
	int dir = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *comm;

	if (dir < 0)
		return;
	if (!is_kernel_thread(dir)) {
		comm = read_at(dir, "comm");
		snprintf(process.comm, sizeof(process.comm), "%.*s",
			 (int)strcspn(comm ?: "", "\n"), comm ?: "");
		free(comm);
		process.cgroup = read_cgroup(dir);
		read_namespaces(processes, &process, dir);
		GROW(processes->v, processes->nr, processes->cap);
		processes->v[processes->nr++] = process;
	}
	close(dir);
}

/** processes_read() - look at all processes that there are */
void processes_read(struct processes *processes)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	*processes = (struct processes){ 0 };
	if (!dir)
		die("cannot read /proc: %s", strerror(errno));
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			read_process(processes, dirfd(dir), entry->d_name);
	closedir(dir);
}

void processes_free(struct processes *processes)
{
	size_t i;

	for (i = 0; i < processes->nr; i++)
		free(processes->v[i].cgroup);
	free(processes->v);
	free(processes->parent);
}
