// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks without memory: what a policy denies never succeeds, and what was denied is
 * reported or counted as lost.
 */
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <kselftest_harness.h>

#include "exec.h"
#include "fault.h"
#include "program.h"

#define POLICY "fault.check"
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS)

#define SCRIPT BIN "/script"
#define DYNAMIC BIN "/dynamic"
#define LOADER BIN "/loader"
#define EMPTY TOP "/empty"
#define MOUNTED TOP "/mounted"
#define PEER TOP "/peer"
#define SOURCE TOP "/source"
#define DEVICE TOP "/device"
#define DEVICE_LINK TOP "/link"

#define LOWER TOP "/lower"
#define MERGED TOP "/merged"
#define IN_MERGED MERGED "/program"

static int memfd = -1;

/*
 * Allows nothing, for which more states are kept alive than a match has room for without
 * memory: each two bytes of the path, one behind the other, are a different one.
 */
static size_t add_rules(char *text, const char *what, const char *path)
{
	size_t len = 0, i, j;

	for (i = 1; path[i]; i++)
		for (j = i + 1; path[j]; j++)
			len += sprintf(text + len, "allow %s=/**%c**%c**Q\n", what, path[i],
				       path[j]);
	return len;
}

/* Nothing but these rules denies, and each needs a string that may not be had. */
static int load_policy(const char *rules)
{
	char *text = malloc(65536);
	size_t len;
	int err;

	len = add_rules(text, "exec path", PROG);
	len += add_rules(text + len, "map path", PROG);
	len += add_rules(text + len, "mount target", EMPTY);
	strcpy(text + len, rules);
	err = bh_policy(POLICY, "%s", text);
	free(text);
	return err;
}

FIXTURE(check) {
	long bindings;
};

FIXTURE_SETUP(check)
{
	int i, in;

	if (fault_setup())
		return;
	self->bindings = bh_number("stats", "bindings");
	make_top(_metadata);
	ASSERT_EQ(0, mkdir(EMPTY, 0755));
	ASSERT_EQ(0, mkdir(MOUNTED, 0755));
	ASSERT_EQ(0, mkdir(SOURCE, 0755));
	ASSERT_EQ(0, mount("one", MOUNTED, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(PEER, 0755));
	ASSERT_EQ(0, mount(MOUNTED, PEER, NULL, MS_BIND, NULL));
	bh_make_file(SCRIPT, "#!" PROG "\n", 0755);
	bh_make_loader(LOADER);
	bh_make_elf(DYNAMIC, 0, LOADER);
	ASSERT_EQ(0, mkdir(LOWER, 0755));
	ASSERT_EQ(0, mkdir(MERGED, 0755));
	ASSERT_EQ(0, mkdir(TOP "/upper", 0755));
	ASSERT_EQ(0, mkdir(TOP "/work", 0755));
	bh_make_program(LOWER "/program");
	ASSERT_EQ(0, mount("overlay", MERGED, "overlay", 0, "lowerdir=" LOWER ",upperdir=" TOP
			   "/upper,workdir=" TOP "/work"));
	memfd = memfd_create("fault", MFD_CLOEXEC);
	in = open(PROG, O_RDONLY | O_CLOEXEC);
	for (i = 0; i < 4096; i++) {
		char byte;

		if (read(in, &byte, 1) != 1)
			break;
		ASSERT_EQ(1, write(memfd, &byte, 1));
	}
	close(in);
}

FIXTURE_TEARDOWN(check)
{
	int i;

	for (i = 0; i < 100 && bh_number("stats", "bindings") > self->bindings; i++)
		usleep(100000);
	EXPECT_EQ(self->bindings, bh_number("stats", "bindings"));
	bh_write("remove", POLICY);
}

/* Each row first without a policy, where it must succeed, and then under one. */
static void deny(struct __test_metadata *_metadata, const char *rules,
		 const struct fault_row *rows, size_t nr, const char *ns)
{
	const struct bh_env without = { .flags = NAMESPACES };
	const struct bh_env with = { .policy = POLICY, .ns = ns, .flags = NAMESPACES };
	struct fault_tally tally;
	size_t i;

	ASSERT_EQ(0, load_policy(rules));
	for (i = 0; i < nr; i++) {
		struct fault_row row = rows[i];

		row.expect = 0;
		fault_sweep(&row, FAULT_NONE, &without, &tally);
		EXPECT_STREQ("", tally.wrong)
			TH_LOG("%s, without a policy", row.name);
		fault_try(_metadata, &rows[i], &with);
	}
}

#define DENY(rules, rows) deny(_metadata, rules, rows, ARRAY_SIZE(rows), NULL)

/* exec */

static int do_exec(const void *path)
{
	return fault_exec(AT_FDCWD, path, 0);
}

static int do_exec_memfd(const void *unused)
{
	return fault_exec(memfd, "", 0);
}

TEST_F_TIMEOUT(check, no_program_that_is_denied_runs, 3600)
{
	const struct fault_row programs[] = {
		{ "exec: program", do_exec, PROG, EACCES, .least = 1 },
		{ "exec: script", do_exec, SCRIPT, EACCES, .least = 1 },
		{ "exec: memfd", do_exec_memfd, NULL, EACCES, .least = 1 },
	};
	const struct fault_row loaders[] = {
		{ "exec: loader", do_exec, DYNAMIC, EACCES, .least = 1 },
	};

	const struct fault_row layers[] = {
		{ "exec: layer", do_exec, IN_MERGED, EACCES, .least = 1 },
	};

	FAULTS_OR_SKIP();
	DENY("deny exec path=" PROG " from!=/none\n"
	     "deny exec backing=memfd fstype=tmpfs\n", programs);
	DENY("deny exec path=" LOADER " as=interpreter layer=none\n", loaders);
	/* It is on an overlay, but not on the one that is the root. */
	DENY("deny exec fstype=overlay layer=none\n", layers);
}

/* map */

static int do_mmap(const void *unused)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC), err;
	void *at;

	fault_begin();
	at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	err = at == MAP_FAILED ? errno : 0;
	fault_end();
	if (!err)
		munmap(at, 4096);
	close(fd);
	return err;
}

static int do_mprotect(const void *unused)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	fault_begin();
	err = mprotect(at, 4096, PROT_READ | PROT_EXEC) ? errno : 0;
	fault_end();
	munmap(at, 4096);
	return err;
}

static int do_shmat(const void *unused)
{
	int id = shmget(IPC_PRIVATE, 4096, 0700), err;
	void *at;

	fault_begin();
	at = shmat(id, NULL, SHM_EXEC);
	err = at == (void *)-1 ? errno : 0;
	fault_end();
	if (!err)
		shmdt(at);
	shmctl(id, IPC_RMID, NULL);
	return err;
}

TEST_F_TIMEOUT(check, no_memory_that_is_denied_executes, 3600)
{
	const struct fault_row rows[] = {
		{ "map: mmap", do_mmap, NULL, EACCES, .least = 0 },
		{ "map: mprotect", do_mprotect, NULL, EACCES, .least = 0 },
		{ "map: shmat", do_shmat, NULL, EACCES, .least = 1 },
	};

	FAULTS_OR_SKIP();
	DENY("deny map path=" PROG " fstype=tmpfs from!=/none\n"
	     "deny map backing=anonymous from!=/none\n", rows);
}

/* mount */

/* What is mounted. A policy that denies all of it leaves that as it is. */
static char mounts[2][16384];

static const char *judge_mounts(const void *arg, int result)
{
	if (bh_read("/proc/self/mountinfo", mounts[1], sizeof(mounts[1])) < 0)
		return "mountinfo cannot be read";
	return result && strcmp(mounts[0], mounts[1]) ? "the mounts have changed" : NULL;
}

struct call {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
};

static int note_mounts(void)
{
	return bh_read("/proc/self/mountinfo", mounts[0], sizeof(mounts[0])) < 0;
}

static int do_mount(const void *arg)
{
	const struct call *call = arg;
	int err;

	if (note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	err = mount(call->source, call->target, call->type, call->flags, NULL) ? errno : 0;
	fault_end();
	return err;
}

static int do_umount(const void *target)
{
	int err;

	if (note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	err = umount2(target, MNT_DETACH) ? errno : 0;
	fault_end();
	return err;
}

static int do_pivot_root(const void *unused)
{
	int err;

	if (note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	err = syscall(SYS_pivot_root, MOUNTED, MOUNTED) ? errno : 0;
	fault_end();
	return err;
}

#define MOUNT(title, ...)								\
	{ "mount: " title, do_mount, &(struct call){ __VA_ARGS__ }, EPERM,		\
	  judge_mounts, .least = 1 }

TEST_F_TIMEOUT(check, nothing_that_is_denied_is_mounted, 900)
{
	const struct fault_row rows[] = {
		MOUNT("new", "word", EMPTY, "tmpfs", 0),
		MOUNT("bind", SOURCE, EMPTY, NULL, MS_BIND),
		MOUNT("move", MOUNTED, EMPTY, NULL, MS_MOVE),
		MOUNT("remount", NULL, TOP, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY),
		MOUNT("propagation", NULL, TOP, NULL, MS_SHARED),
		{ "mount: umount", do_umount, MOUNTED, EPERM, judge_mounts, .least = 1 },
		{ "mount: pivot_root", do_pivot_root, NULL, EPERM, .least = 1 },
	};

	FAULTS_OR_SKIP();
	DENY("deny mount target=" TOP "," TOP "/**\n", rows);
}

/* A device by another name is that device, though it cannot be looked up. */
TEST_F_TIMEOUT(check, a_device_has_no_other_name, 3600)
{
	const struct fault_row rows[] = {
		MOUNT("device by a link", DEVICE_LINK, EMPTY, "tmpfs", 0),
	};

	FAULTS_OR_SKIP();
	ASSERT_EQ(0, mknod(DEVICE, S_IFBLK | 0600, makedev(1, 0)));
	ASSERT_EQ(0, symlink(DEVICE, DEVICE_LINK));
	DENY("deny mount source=" DEVICE "\n", rows);
}

/* mount, in steps */

static int do_fsopen(const void *type)
{
	int fd, err;

	fault_begin();
	fd = syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	err = fd < 0 ? errno : 0;
	fault_end();
	close(fd);
	return err;
}

static int do_fsconfig(const void *source)
{
	int fd = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), err;

	if (fd < 0 || syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "source", source, 0))
		return FAULT_BROKEN;
	fault_begin();
	err = syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ? errno : 0;
	fault_end();
	close(fd);
	return err;
}

static int do_fspick(const void *place)
{
	int fd, err;

	fault_begin();
	fd = syscall(SYS_fspick, AT_FDCWD, place, 0);
	err = fd < 0 ? errno : 0;
	fault_end();
	close(fd);
	return err;
}

static int do_open_tree(const void *place)
{
	int fd, err;

	fault_begin();
	fd = syscall(SYS_open_tree, AT_FDCWD, place, OPEN_TREE_CLONE);
	err = fd < 0 ? errno : 0;
	fault_end();
	close(fd);
	return err;
}

static int attach(int fd, const char *target)
{
	return syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) ?
	       errno : 0;
}

static int do_move_mount(const void *target)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, BIN, OPEN_TREE_CLONE), err;

	if (fd < 0 || note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	err = attach(fd, target);
	fault_end();
	close(fd);
	return err;
}

/* What a mount was made of is remembered, or it is made for nothing: it cannot be attached. */

static int do_clone_and_attach(const void *source)
{
	int fd, err;

	if (note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	fd = syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE);
	err = fd < 0 ? errno : 0;
	fault_end();
	if (!err)
		err = attach(fd, EMPTY);
	close(fd);
	return err;
}

static int do_fsmount_and_attach(const void *source)
{
	int fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), fd, err;

	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", source, 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) || note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	err = fd < 0 ? errno : 0;
	fault_end();
	if (!err)
		err = attach(fd, EMPTY);
	close(fd);
	close(fs);
	return err;
}

static int do_set_group(const void *peer)
{
	int err;

	if (mount(NULL, MOUNTED, NULL, MS_SHARED, NULL) ||
	    mount(NULL, peer, NULL, MS_PRIVATE, NULL) || note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	err = syscall(SYS_move_mount, AT_FDCWD, MOUNTED, AT_FDCWD, peer, MOVE_MOUNT_SET_GROUP) ?
	      errno : 0;
	fault_end();
	return err;
}

static int do_setattr(const void *place)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int err;

	if (note_mounts())
		return FAULT_BROKEN;
	fault_begin();
	err = mount_setattr(AT_FDCWD, place, 0, &attr, sizeof(attr)) ? errno : 0;
	fault_end();
	return err;
}

TEST_F_TIMEOUT(check, no_step_that_is_denied_is_taken, 900)
{
	const struct fault_row rows[] = {
		{ "steps: fspick", do_fspick, MOUNTED, EPERM, .least = 1 },
	};
	const struct fault_row sources[] = {
		{ "steps: fsopen", do_fsopen, "ramfs", EPERM, .least = 1 },
		{ "steps: fsconfig", do_fsconfig, "word", EPERM, .least = 0 },
		{ "steps: open_tree", do_open_tree, SOURCE, EPERM, .least = 1 },
		{ "steps: move_mount", do_move_mount, EMPTY, EPERM, judge_mounts, .least = 1 },
		{ "steps: mount_setattr", do_setattr, TOP, EPERM, judge_mounts, .least = 1 },
		{ "steps: set_group", do_set_group, PEER, EPERM, judge_mounts, .least = 1 },
	};

	const struct fault_row made[] = {
		{ "steps: made of a clone", do_clone_and_attach, SOURCE, EPERM, judge_mounts,
		  .least = 1 },
		{ "steps: made of a device", do_fsmount_and_attach, "word", EPERM, judge_mounts,
		  .least = 1 },
		{ "steps: made of a node", do_fsmount_and_attach, DEVICE, EPERM, judge_mounts,
		  .least = 1 },
	};

	FAULTS_OR_SKIP();
	ASSERT_EQ(0, mknod(DEVICE, S_IFBLK | 0600, makedev(1, 0)));
	/* Nothing here asks for a source: without its target the deny rule must hold. */
	DENY("deny mount op=remount target=" MOUNTED "\n", rows);
	DENY("deny mount fstype=ramfs\n"
	     "deny mount op=mount source=word\n"
	     "deny mount op=remount target=" TOP "\n"
	     "deny mount op=propagation source=" MOUNTED "\n"
	     "deny mount op=bind source=" SOURCE "\n"
	     "deny mount op=bind target=" EMPTY "\n", sources);
	DENY("deny mount source=" SOURCE ",word," DEVICE " target=" EMPTY "\n", made);
}

/* What is allowed fails, too, and leaves nothing behind. */
TEST_F_TIMEOUT(check, what_is_allowed_leaves_nothing_behind, 3600)
{
	const struct fault_row rows[] = {
		{ "allowed: mount_setattr", do_setattr, MOUNTED, 0, judge_mounts, .least = 1 },
		{ "allowed: open_tree", do_open_tree, SOURCE, 0, .least = 1 },
		{ "allowed: fspick", do_fspick, MOUNTED, 0, .least = 1 },
		{ "allowed: exec", do_exec, DYNAMIC, 0, .least = 1 },
	};
	const struct bh_env env = { .policy = POLICY, .flags = NAMESPACES };

	FAULTS_OR_SKIP();
	ASSERT_EQ(0, load_policy("allow mount source=" SOURCE " target=" TOP "\n"));
	fault_try_all(_metadata, rows, &env);
}

/* ptrace */

static pid_t start_peer(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

static void stop_peer(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int do_seize(const void *unused)
{
	pid_t pid = start_peer();
	int err;

	fault_begin();
	err = ptrace(PTRACE_SEIZE, pid, 0, 0) ? errno : 0;
	fault_end();
	stop_peer(pid);
	return err;
}

static int do_readv(const void *unused)
{
	static long from = 1, to;
	struct iovec local = { &to, sizeof(to) }, remote = { &from, sizeof(from) };
	pid_t pid = start_peer();
	int err;

	fault_begin();
	err = process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 ? errno : 0;
	fault_end();
	stop_peer(pid);
	return err;
}

static int do_traceme(const void *unused)
{
	int *err = bh_shared(), ret;
	pid_t pid;

	*err = FAULT_BROKEN;
	pid = fork();
	if (!pid) {
		fault_begin();
		*err = ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0;
		fault_end();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ret = *err;
	munmap(err, 4096);
	return ret;
}

TEST_F_TIMEOUT(check, nobody_is_traced_who_must_not_be, 3600)
{
	const struct fault_row rows[] = {
		{ "ptrace: seize", do_seize, NULL, EPERM, .least = 0 },
		{ "ptrace: process_vm_readv", do_readv, NULL, EPERM, .least = 0 },
		{ "ptrace: traceme", do_traceme, NULL, EPERM, .least = 0 },
	};

	FAULTS_OR_SKIP();
	DENY("default ptrace deny\nallow ptrace exe=/nobody peer=descendant\n", rows);
}

/* Mount namespaces: what is copied is bound, and none is left. */

static int do_unshare(const void *flags)
{
	int *err = bh_shared(), ret;
	pid_t pid = fork();

	if (!pid) {
		fault_begin();
		ret = unshare((long)flags) ? errno : 0;
		fault_end();
		*err = ret ? ret : bh_exec(PROG);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ret = *err;
	munmap(err, 4096);
	return ret;
}

static int do_setns(const void *unused)
{
	int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC), err;

	fault_begin();
	err = setns(fd, CLONE_NEWNS) ? errno : 0;
	fault_end();
	close(fd);
	close(own);
	return err;
}

TEST_F_TIMEOUT(check, no_mount_namespace_sheds_its_binding, 3600)
{
	const struct fault_row rows[] = {
		{ "ns: unshare", do_unshare, (void *)CLONE_NEWNS, EACCES, .least = 5 },
		{ "ns: unshare, user", do_unshare, (void *)(CLONE_NEWNS | CLONE_NEWUSER), EACCES,
		  .least = 5, .single = true },
		{ "ns: setns", do_setns, NULL, EPERM, .least = 0 },
	};

	FAULTS_OR_SKIP();
	deny(_metadata, "deny exec path=" PROG "\n", rows, ARRAY_SIZE(rows), "mnt");
}

TEST_HARNESS_MAIN
