// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell.h"

/* The cell is a fork of the test, so that functions have the same addresses there. */
struct order {
	int (*act)(void *arg);
	void *arg;
};

static int settle(int flags)
{
	if (!(flags & CLONE_NEWNS))
		return 0;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? errno : 0;
}

static void serve(int from, int to, int flags)
{
	struct order order;
	int ret = settle(flags);

	if (write(to, &ret, sizeof(ret)) != sizeof(ret))
		_exit(1);
	while (read(from, &order, sizeof(order)) == sizeof(order)) {
		ret = order.act(order.arg);
		if (write(to, &ret, sizeof(ret)) != sizeof(ret))
			break;
	}
	_exit(0);
}

/* Root of the cell's user namespace is the test's user. */
static int map_root(pid_t pid)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	err = bh_write(path, "0 0 1\n");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return err ? err : bh_write(path, "0 0 1\n");
}

int bh_cell_start(struct bh_cell *cell, int flags)
{
	int to[2], from[2], ret = ECHILD;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -errno;
	cell->pid = syscall(SYS_clone, flags | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!cell->pid) {
		close(to[1]);
		close(from[0]);
		serve(to[0], from[1], flags);
	}
	if (cell->pid < 0)
		ret = errno;
	close(to[0]);
	close(from[1]);
	cell->to = to[1];
	cell->from = from[0];
	if (cell->pid > 0 && read(cell->from, &ret, sizeof(ret)) != sizeof(ret))
		ret = EIO;
	if (!ret && flags & CLONE_NEWUSER)
		ret = -map_root(cell->pid);
	return -ret;
}

int bh_cell_run(const struct bh_cell *cell, int (*act)(void *arg), void *arg)
{
	struct order order = { .act = act, .arg = arg };
	int ret;

	if (write(cell->to, &order, sizeof(order)) != sizeof(order) ||
	    read(cell->from, &ret, sizeof(ret)) != sizeof(ret))
		return -1;
	return ret;
}

void bh_cell_stop(struct bh_cell *cell)
{
	if (cell->pid > 0) {
		kill(cell->pid, SIGKILL);
		waitpid(cell->pid, NULL, 0);
		close(cell->to);
		close(cell->from);
	}
	cell->pid = 0;
}

unsigned int bh_cell_inum(const struct bh_cell *cell, const char *ns)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", cell->pid, ns);
	return stat(path, &st) ? 0 : st.st_ino;
}

int bh_cell_bind(const struct bh_cell *cell, const char *policy)
{
	return bh_write("bind", "policy=%s ns=pid pid=%d", policy, cell->pid);
}

const char *bh_binding_line(unsigned int inum)
{
	static char text[262144];
	char *line, *rest = text, want[32];

	snprintf(want, sizeof(want), " inum=%u ", inum);
	if (bh_read("bindings", text, sizeof(text)) < 0)
		return NULL;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (strstr(line, want))
			return line;
	return NULL;
}

int bh_keep_caps(unsigned long long keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	int i;

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (i = 0; i < 2; i++) {
		data[i].effective &= keep >> (32 * i);
		data[i].permitted &= keep >> (32 * i);
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}
