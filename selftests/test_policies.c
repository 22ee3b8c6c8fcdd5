// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shipped policies and those that the documents show, under attack: what an intruder
 * does who is root in the container succeeds without the policy and fails with it.
 *
 * The container's root is an overlay, as the engines make it.
 */
#include <dirent.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <kselftest_harness.h>
#include "cell.h"
#include "trial.h"

#define TOP "/tmp/policies"
#define ROOT TOP "/root"
#define MASKED "/masked"
#define DROPPED "/tmp/dropped"

static int outside;	/* a pidfd */

/* Exec and map */

static int exec_dropped(void *path)
{
	bh_make_program(path);
	return bh_exec(path);
}

static int exec_memfd(void *unused)
{
	int fd = syscall(SYS_memfd_create, "x", MFD_CLOEXEC), from, err;
	char bytes[4096];
	ssize_t n;

	bh_make_program(DROPPED);
	from = open(DROPPED, O_RDONLY | O_CLOEXEC);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(fd, bytes, n) != n)
			return -1;
	close(from);
	err = bh_execveat(fd, "", AT_EMPTY_PATH);
	close(fd);
	return err;
}

static int exec_deleted(void *unused)
{
	int fd, err;

	bh_make_program(DROPPED);
	fd = open(DROPPED, O_RDONLY | O_CLOEXEC);
	unlink(DROPPED);
	err = bh_execveat(fd, "", AT_EMPTY_PATH);
	close(fd);
	return err;
}

static int map_fd(int fd, int prot, int later)
{
	char *memory = mmap(NULL, 4096, prot, MAP_PRIVATE, fd, 0);
	int err = memory == MAP_FAILED ? errno : 0;

	if (!err && later)
		err = mprotect(memory, 4096, later) ? errno : 0;
	if (memory != MAP_FAILED)
		munmap(memory, 4096);
	close(fd);
	return err;
}

static int map_dropped(void *path)
{
	bh_make_program(path);
	return map_fd(open(path, O_RDONLY | O_CLOEXEC), PROT_READ | PROT_EXEC, 0);
}

static int map_dropped_later(void *path)
{
	bh_make_program(path);
	return map_fd(open(path, O_RDONLY | O_CLOEXEC), PROT_READ, PROT_READ | PROT_EXEC);
}

static int map_memfd(void *unused)
{
	int fd = syscall(SYS_memfd_create, "x", MFD_CLOEXEC);

	return ftruncate(fd, 4096) ?: map_fd(fd, PROT_READ | PROT_EXEC, 0);
}

/* Mount */

static int undo(const char *place, int err)
{
	if (!err)
		umount2(place, MNT_DETACH);
	return err;
}

static int mount_type(void *type)
{
	return undo("/mnt", mount("x", "/mnt", type, 0, NULL) ? errno : 0);
}

static int mount_type_by_steps(void *type)
{
	int context = syscall(SYS_fsopen, type, 0), fd, err;

	if (context < 0)
		return errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return errno;
	fd = syscall(SYS_fsmount, context, 0, 0);
	if (fd < 0)
		return errno;
	err = syscall(SYS_move_mount, fd, "", AT_FDCWD, "/mnt", MOVE_MOUNT_F_EMPTY_PATH) ?
	      errno : 0;
	close(fd);
	close(context);
	return undo("/mnt", err);
}

static int bind_over(void *unused)
{
	return undo("/mnt", mount("/run", "/mnt", NULL, MS_BIND, NULL) ? errno : 0);
}

static int clone_tree(void *unused)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE), err;

	if (fd < 0)
		return errno;
	err = syscall(SYS_move_mount, fd, "", AT_FDCWD, "/mnt", MOVE_MOUNT_F_EMPTY_PATH) ?
	      errno : 0;
	close(fd);
	return undo("/mnt", err);
}

static int mask(void)
{
	return mount("mask", MASKED, "tmpfs", MS_RDONLY, NULL) ? errno : 0;
}

static int unmask(void *unused)
{
	return umount2(MASKED, 0) ? errno : mask();
}

static int move_mask(void *unused)
{
	return mount(MASKED, "/mnt", NULL, MS_MOVE, NULL) ? errno : undo("/mnt", 0) ?: mask();
}

static int make_writable(void *unused)
{
	return mount(NULL, MASKED, NULL, MS_REMOUNT | MS_BIND, NULL) ? errno : 0;
}

static int propagate(void *unused)
{
	return mount(NULL, MASKED, NULL, MS_SHARED, NULL) ? errno :
	       mount(NULL, MASKED, NULL, MS_PRIVATE, NULL) ? errno : 0;
}

/* What is outside */

static int take_descriptor(void *unused)
{
	int fd = syscall(SYS_pidfd_getfd, outside, 0, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static const struct {
	char name[48];
	int (*act)(void *arg);
	void *arg;
} acts[] = {
	{ "exec what was dropped into /tmp", exec_dropped, DROPPED },
	{ "exec what was dropped beside the programs", exec_dropped, "/usr/bin/dropped" },
	{ "exec what was dropped on another mount", exec_dropped, "/run/dropped" },
	{ "exec a memfd", exec_memfd, NULL },
	{ "exec what is deleted", exec_deleted, NULL },
	{ "map what was dropped into /tmp", map_dropped, DROPPED },
	{ "map what was dropped beside the libraries", map_dropped, "/usr/lib/dropped.so" },
	{ "map what was dropped on another mount", map_dropped_later, "/run/dropped" },
	{ "map a memfd", map_memfd, NULL },
	{ "mount proc", mount_type, "proc" },
	{ "mount sysfs by steps", mount_type_by_steps, "sysfs" },
	{ "mount a tmpfs that executes", mount_type, "tmpfs" },
	{ "mount bind over", bind_over, NULL },
	{ "mount a clone", clone_tree, NULL },
	{ "mount unmask", unmask, NULL },
	{ "mount move a mask", move_mask, NULL },
	{ "mount make writable", make_writable, NULL },
	{ "mount propagate", propagate, NULL },
	{ "ptrace take a descriptor from outside", take_descriptor, NULL },
};

/* What a policy does not stop, by the beginning of the act's name: its own words say why. */
static const struct {
	const char *file;
	const char *act;
} lets[] = {
	{ "ci-builder-nested.policy", "exec " },
	{ "ci-builder-nested.policy", "map " },
	{ "ci-builder-nested.policy", "mount propagate" },
	{ "container-build.policy", "exec what was dropped beside the programs" },
	{ "container-build.policy", "map what was dropped beside the libraries" },
	/* Is about who looks in only. */
	{ "bulkhead.policy.5.4", "exec " },
	{ "bulkhead.policy.5.4", "map " },
	{ "bulkhead.policy.5.4", "mount " },
	{ "bulkhead.policy.5.4", "ptrace " },
};

static bool is_let(const char *file, const char *act)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lets); i++)
		if (!strcmp(lets[i].file, file) && !strncmp(lets[i].act, act, strlen(lets[i].act)))
			return true;
	return false;
}

/* Takes the overlay for root, and gives it what a container has. */
static int enter(void *unused)
{
	if (chdir(ROOT) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) ||
	    chdir("/") || mount("run", "/run", "tmpfs", 0, NULL))
		return errno;
	return mask();
}

/* The lines between the first and the last, in force; NULL if it is no policy. */
static const char *read_rules(const char *path)
{
	static char text[65536];
	char *end, *mode;

	if (bh_read(path, text, sizeof(text)) <= 0)
		return NULL;
	mode = strstr(text, "mode audit");
	if (mode)
		memset(mode, ' ', strlen("mode audit"));
	end = strrchr(text, 'd');
	while (end && strncmp(end, "\nend", 4))
		end = end > text ? end - 1 : NULL;
	mode = strstr(text, "\npolicy ");
	mode = strchr(mode ? mode + 1 : text, '\n');
	if (!end || !mode || end < mode)
		return NULL;
	*end = '\0';
	return mode + 1;
}

static void attack(struct __test_metadata *_metadata, const char *file, const char *rules)
{
	struct bh_cell cell;
	size_t i;
	int err;

	ASSERT_EQ(0, bh_policy(BH_TRIAL, "%s", rules))
		TH_LOG("%s", file);
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_run(&cell, enter, NULL));
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		EXPECT_EQ(0, bh_cell_run(&cell, acts[i].act, acts[i].arg))
			TH_LOG("without a policy: %s", acts[i].name);
	ASSERT_EQ(0, bh_cell_bind(&cell, BH_TRIAL));
	for (i = 0; i < ARRAY_SIZE(acts); i++) {
		err = bh_cell_run(&cell, acts[i].act, acts[i].arg);
		EXPECT_EQ(is_let(file, acts[i].name), !err)
			TH_LOG("%s: %s: %d", file, acts[i].name, err);
		EXPECT_TRUE(!err || err == EACCES || err == EPERM || err == 1000 + SIGKILL)
			TH_LOG("%s: %s: %d", file, acts[i].name, err);
	}
	bh_cell_stop(&cell);
}

FIXTURE(policies) {};

FIXTURE_SETUP(policies)
{
	static const char *const dirs[] = {
		ROOT, TOP "/upper", TOP "/work", TOP "/low", TOP "/low/usr", TOP "/low/usr/bin",
		TOP "/low/usr/lib", TOP "/low/tmp", TOP "/low/run", TOP "/low/mnt",
		TOP "/low" MASKED,
	};
	size_t i;

	ASSERT_EQ(0, bh_scratch(TOP));
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		ASSERT_EQ(0, mkdir(dirs[i], 0755));
	outside = syscall(SYS_pidfd_open, getpid(), 0);
	ASSERT_LE(0, outside);
	if (mount("overlay", ROOT, "overlay", 0,
		  "lowerdir=" TOP "/low,upperdir=" TOP "/upper,workdir=" TOP "/work"))
		SKIP(return, "no overlay here: %s", strerror(errno));
}

FIXTURE_TEARDOWN(policies)
{
	umount2(ROOT, MNT_DETACH);
}

TEST_F_TIMEOUT(policies, under_attack, 300)
{
	DIR *dir = opendir("/tests/policies");
	const struct dirent *entry;
	const char *rules;
	char path[512];
	int nr = 0;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/tests/policies/%s", entry->d_name);
		rules = read_rules(path);
		ASSERT_NE(NULL, rules)
			TH_LOG("%s is no policy", path);
		attack(_metadata, entry->d_name, rules);
		nr++;
	}
	closedir(dir);
	EXPECT_LE(16, nr);
}

TEST_HARNESS_MAIN
