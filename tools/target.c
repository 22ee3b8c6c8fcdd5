// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what an operator calls a container to its first process.
 *
 * Asked in this order: the state that runtimes keep in /run, the names of cgroups, and
 * the engines' own commands.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>

#include <jansson.h>

#include "command.h"
#include "proc.h"

#define ID_MIN		4	/* fewer letters of an id mean nothing */

/* What a search has found so far. */
struct search {
	const char *name;
	pid_t pid;
	bool ambiguous;
};

static void found(struct search *search, pid_t pid)
{
	if (pid <= 0 || pid == search->pid)
		return;
	if (search->pid)
		search->ambiguous = true;
	search->pid = pid;
}

/* The state of runtimes */

static pid_t pid_in_json(const char *path, const char *key)
{
	json_t *state = json_load_file(path, 0, NULL);
	pid_t pid = json_integer_value(json_object_get(state, key));

	json_decref(state);
	return pid;
}

static pid_t pid_in_file(const char *path, const char *before)
{
	size_t len = strlen(before);
	FILE *file = fopen(path, "re");
	char line[256];
	pid_t pid = 0;

	while (file && !pid && fgets(line, sizeof(line), file))
		if (!strncmp(line, before, len))
			pid = atoi(line + len);
	if (file)
		fclose(file);
	return pid;
}

static void ask_runtimes(struct search *search)
{
	static const struct {
		const char *path;	/* %s is the name */
		const char *key;	/* in JSON, or what stands before the pid in a line */
		bool is_json;
	} places[] = {
		{ "/run/crun/%s/status", "pid", true },
		{ "/run/runc/%s/state.json", "init_process_pid", true },
		{ "/run/systemd/machines/%s", "LEADER=", false },
		{ "/run/containerd/io.containerd.runtime.v2.task/default/%s/init.pid", "", false },
		{ "/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/init.pid", "", false },
		{ "/run/containerd/io.containerd.runtime.v2.task/moby/%s/init.pid", "", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places) && !search->pid; i++) {
		const char *mark = strstr(places[i].path, "%s");
		char *path = xasprintf("%.*s%s%s", (int)(mark - places[i].path), places[i].path,
				       search->name, mark + 2);

		found(search, places[i].is_json ? pid_in_json(path, places[i].key) :
		      pid_in_file(path, places[i].key));
		free(path);
	}
}

/* Cgroups */

static bool is_hex(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

/* docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, machine-NAME.scope, NAME */
static bool names_container(const char *directory, const char *name)
{
	size_t len = strlen(directory), name_len = strlen(name);
	const char *dash;

	if (!strcmp(directory, name))
		return true;
	if (len > 6 && !strcmp(directory + len - 6, ".scope"))
		len -= 6;
	if (len == name_len && !memcmp(directory, name, len))
		return true;
	dash = memrchr(directory, '-', len);
	if (dash && is_hex(name, name_len) && name_len >= ID_MIN &&
	    len - (dash + 1 - directory) >= name_len && !memcmp(dash + 1, name, name_len))
		return true;
	/* A cgroup that is called by the whole id. */
	if (is_hex(directory, len) && len == 64 && name_len >= ID_MIN)
		return !memcmp(directory, name, name_len);
	return len > name_len && !strncmp(directory, "machine-", 8) && len == name_len + 8 &&
	       !memcmp(directory + 8, name, name_len);
}

/* Is it pid 1 of a namespace that is not ours? */
static bool is_first(pid_t pid)
{
	char path[32], line[512];
	bool first = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *last = strrchr(line, '\t');

		if (!strncmp(line, "NSpid:", 6) && last)
			first = last != strchr(line, '\t') && atoi(last + 1) == 1;
	}
	if (file)
		fclose(file);
	return first;
}

static struct search *walking;

static int visit_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	FILE *file;
	char *procs;
	pid_t pid, first = 0, any = 0;

	(void)st;
	if (type != FTW_D || !ftw->level || !names_container(path + ftw->base, walking->name))
		return FTW_CONTINUE;
	procs = xasprintf("%s/cgroup.procs", path);
	file = fopen(procs, "re");
	free(procs);
	while (file && fscanf(file, "%d", &pid) == 1) {
		any = any ?: pid;
		if (!first && is_first(pid))
			first = pid;
	}
	if (file)
		fclose(file);
	if (!any) {
		/* The processes may be in one below. */
		procs = xasprintf("%s/container/cgroup.procs", path);
		any = pid_in_file(procs, "");
		free(procs);
	}
	found(walking, first ?: any);
	return FTW_SKIP_SUBTREE;
}

static void ask_cgroups(struct search *search)
{
	struct statfs fs;
	const char *root = "/sys/fs/cgroup";

	if (!statfs(root, &fs) && fs.f_type != CGROUP2_SUPER_MAGIC)
		root = "/sys/fs/cgroup/systemd";
	walking = search;
	nftw(root, visit_cgroup, 32, FTW_PHYS | FTW_ACTIONRETVAL);
}

/* Engines */

/* The number that a command prints. Its words are not ours: they are not shown. */
static pid_t ask(const char *const argv[])
{
	char text[32] = "";
	int fds[2], null;
	ssize_t len;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return 0;
	child = fork();
	if (!child) {
		null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	len = child < 0 ? 0 : read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return len > 0 ? atoi(text) : 0;
}

static void ask_engines(struct search *search)
{
	static const char *const engines[] = { "podman", "docker" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(engines) && !search->pid; i++) {
		const char *argv[] = {
			engines[i], "container", "inspect", "--format", "{{.State.Pid}}",
			search->name, NULL,
		};

		found(search, ask(argv));
	}
}

static pid_t find_container(const char *name)
{
	struct search search = { .name = name };

	if (name[0] == '-' || strchr(name, '/')) {
		say("\"%s\" is neither a process, nor a namespace, nor a container", name);
		return 0;
	}
	ask_runtimes(&search);
	if (!search.pid)
		ask_cgroups(&search);
	if (!search.pid)
		ask_engines(&search);
	if (search.ambiguous) {
		say("\"%s\" means more than one container: give more of its id", name);
		return 0;
	}
	if (!search.pid)
		say("no running container \"%s\" that a runtime, an engine or a cgroup knows",
		    name);
	return search.pid;
}

/* Targets */

/* What cannot be opened, for a reason that errno tells: NO if it is gone. */
static int cannot_open(const char *path)
{
	int err = errno;

	if (err == EACCES || err == EPERM)
		say("not permitted to open %s: run this as root of the host", path);
	else
		say("cannot open %s: %s", path, strerror(err));
	return err == ENOENT || err == ESRCH ? NO : TROUBLE;
}

static int open_process(struct target *target)
{
	struct pollfd exited = { .events = POLLIN };
	char path[48];
	int type;

	target->pidfd = syscall(SYS_pidfd_open, target->pid, 0);
	if (target->pidfd < 0) {
		say("no process %d: %s", target->pid, strerror(errno));
		return NO;
	}
	for (type = 0; type < NS_TYPES; type++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", target->pid, ns_names[type]);
		target->fd[type] = open(path, O_RDONLY | O_CLOEXEC);
		if (target->fd[type] < 0)
			return cannot_open(path);
	}
	/* Alive after all was opened: what was opened is its own, not a successor's. */
	exited.fd = target->pidfd;
	if (poll(&exited, 1, 0)) {
		say("process %d has ended", target->pid);
		return NO;
	}
	return DONE;
}

static int open_namespace(struct target *target, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), kind;
	struct statfs fs;

	if (fd < 0) {
		cannot_open(path);
		return TROUBLE;
	}
	kind = fstatfs(fd, &fs) || fs.f_type != NSFS_MAGIC ? -1 : ioctl(fd, NS_GET_NSTYPE);
	if (kind == CLONE_NEWPID) {
		target->fd[NS_PID] = fd;
	} else if (kind == CLONE_NEWUSER) {
		target->fd[NS_USER] = fd;
	} else if (kind == CLONE_NEWNS) {
		target->fd[NS_MNT] = fd;
	} else {
		close(fd);
		say("%s is not a pid, user or mount namespace, such as /proc/PID/ns/pid",
		    path);
		return TROUBLE;
	}
	return DONE;
}

/**
 * target_open() - find what an operator means; says what is wrong
 * @target: filled; to be closed whatever is returned
 * @text: a PID, a file of a namespace, or a container's id or name
 *
 * Return: DONE, NO (there is none), or TROUBLE.
 */
int target_open(struct target *target, const char *text)
{
	char *end;
	long pid;

	*target = (struct target){ .pidfd = -1, .fd = { -1, -1, -1 } };
	if (text[0] == '/')
		return open_namespace(target, text);
	pid = strtol(text, &end, 10);
	/* An id may look like a number, but no process has one of more than seven digits. */
	if (*text && !*end && strlen(text) <= 7) {
		target->pid = pid;
	} else {
		target->name = text;
		target->pid = find_container(text);
		if (!target->pid)
			return NO;
	}
	return open_process(target);
}

void target_close(struct target *target)
{
	int type;

	for (type = 0; type < NS_TYPES; type++)
		if (target->fd[type] >= 0)
			close(target->fd[type]);
	if (target->pidfd >= 0)
		close(target->pidfd);
}
