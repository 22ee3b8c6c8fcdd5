// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting rid of the policy, or round it: rows 27 to 30 of the catalogue. What
 * shows that the policy holds is an exec, a mount or a write that it denies.
 */
#include <linux/mount.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include <kselftest_harness.h>

#include "module.h"
#include "program.h"
#include "try.h"

ESCAPES()

#define PAYLOAD "/vol/payload"

/* 27 */

/* What the policy denies, by who may have got rid of it. */
static int forbidden(void)
{
	bh_make_program(PAYLOAD);
	return bh_exec(PAYLOAD);
}

/* In a child; its errno by shared memory. */
static int in_child(int (*act)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(act(arg) & 0xff);
	if (pid < 0 || waitpid(pid, &status, __WALL) != pid || !WIFEXITED(status))
		return esc_broken("child");
	return WEXITSTATUS(status);
}

static int then_forbidden(void *arg)
{
	return forbidden();
}

static int shed_unshare(void *flags)
{
	if (syscall(SYS_unshare, (long)flags))
		return errno == EINVAL ? esc_skip("the kernel lacks the namespace") :
					 esc_broken("unshare");
	return in_child(then_forbidden, NULL);
}

static int shed_clone3(void *flags)
{
	struct clone_args args = { .flags = (uintptr_t)flags, .exit_signal = SIGCHLD };
	int status;
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(forbidden());
	if (pid < 0)
		return errno == EINVAL ? esc_skip("the kernel lacks the namespace") :
					 esc_broken("clone3");
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return esc_broken("child");
	return WEXITSTATUS(status);
}

static int second_fork(void *arg)
{
	return in_child(then_forbidden, NULL);
}

static int shed_double_fork(void *arg)
{
	if (syscall(SYS_setsid) < 0 && errno != EPERM)
		return esc_broken("setsid");
	return in_child(second_fork, NULL);
}

/* The middle process goes; who is left is given to the init or a subreaper. */
static int shed_reparented(void *arg)
{
	int result[2], err = -1;

	if ((arg && prctl(PR_SET_CHILD_SUBREAPER, 1)) || pipe(result))
		return esc_broken("subreaper");
	if (!fork()) {
		pid_t middle = getpid();

		if (fork())
			_exit(0);
		while (getppid() == middle)
			sched_yield();
		err = forbidden();
		_exit(write(result[1], &err, sizeof(err)) != sizeof(err));
	}
	if (read(result[0], &err, sizeof(err)) != sizeof(err))
		return esc_broken("read");
	return err;
}

static int shed_chroot(void *arg)
{
	bh_make_program(PAYLOAD);
	if (syscall(SYS_chroot, "/vol") || chdir("/"))
		return esc_broken("chroot");
	return bh_exec("/payload");
}

static int shed_ids(void *arg)
{
	bh_make_program(PAYLOAD);
	if (syscall(SYS_setresgid, 99, 99, 99) || syscall(SYS_setresuid, 99, 99, 99))
		return esc_broken("setresuid");
	return bh_exec(PAYLOAD);
}

/* A sibling has namespaces of its own; who joins it is no less confined. */
static int shed_setns(void *kind)
{
	char path[64];
	int go[2], fd;
	pid_t pid;
	char c;

	if (pipe(go))
		return esc_broken("pipe");
	pid = fork();
	if (!pid) {
		if (syscall(SYS_unshare, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNET))
			_exit(1);
		if (!fork())
			pause();
		c = write(go[1], "g", 1);
		pause();
	}
	if (read(go[0], &c, 1) != 1)
		return esc_broken("sibling");
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, (const char *)kind);
	fd = open(path, O_RDONLY);
	if (fd < 0 || syscall(SYS_setns, fd, 0))
		return esc_broken("setns");
	return in_child(then_forbidden, NULL);
}

/* Containers in containers. Only who is mapped may make a further user namespace. */
static int shed_nested(void *depth)
{
	if (!depth)
		return forbidden();
	if (syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS) ||
	    bh_write("/host/proc/self/setgroups", "deny") ||
	    bh_write("/host/proc/self/uid_map", "0 0 1\n") ||
	    bh_write("/host/proc/self/gid_map", "0 0 1\n"))
		return ECHILD;
	return in_child(shed_nested, (void *)((long)depth - 1));
}

static int shed_nested_clone(void *depth)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD,
	};
	int status;
	pid_t pid;

	if (!depth)
		return forbidden();
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(shed_nested_clone((void *)((long)depth - 1)));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return esc_broken("clone3");
	return WEXITSTATUS(status);
}

static int exec_kept(void *arg)
{
	int fd = open("/bin/prog", O_PATH);

	return syscall(SYS_unshare, CLONE_NEWNS) ? ECHILD : bh_execveat(fd, "", AT_EMPTY_PATH);
}

/* What was opened before lies in another mount namespace. */
static int shed_kept(void *arg)
{
	return in_child(exec_kept, NULL);
}

static int exec_kept_alone(void *arg)
{
	return syscall(SYS_unshare, CLONE_NEWNS) ? ECHILD : exec_kept(NULL);
}

/* The namespace that it lies in ends with the only one that was in it. */
static int shed_kept_alone(void *arg)
{
	return in_child(exec_kept_alone, NULL);
}

static void *thread_forbidden(void *result)
{
	*(int *)result = forbidden();
	return NULL;
}

static int shed_thread(void *arg)
{
	int result = -1;
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_forbidden, &result) || pthread_join(thread, NULL))
		return esc_broken("pthread_create");
	return result;
}

static int shed_clone_parent(void *arg)
{
	struct clone_args args = {
		.flags = CLONE_PARENT, .exit_signal = 0,
	};
	int result[2], err;
	pid_t pid;

	if (pipe(result))
		return esc_broken("pipe");
	/* Pid 1 may not make siblings; a child of it may. */
	if (!fork()) {
		pid = syscall(SYS_clone3, &args, sizeof(args));
		if (!pid) {
			err = forbidden();
			_exit(write(result[1], &err, sizeof(err)) != sizeof(err));
		}
		_exit(pid < 0);
	}
	close(result[1]);
	if (read(result[0], &err, sizeof(err)) != sizeof(err))
		return esc_broken("CLONE_PARENT");
	return err;
}

#define SHED(name, how, what, object)						\
ESCAPE(name, .row = 27, .technique = how, .class = "exec", .attack = what,	\
	.arg = (void *)(object), .with = EACCES, EVENT("class=exec", "payload\""))

#define ALL_NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | \
			CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWUSER)

#define KIND(kind, flag)							\
SHED(r27_unshare_##kind, "unshare of " #kind, shed_unshare, flag);		\
SHED(r27_clone3_##kind, "clone3 of " #kind, shed_clone3, flag)

KIND(pid, CLONE_NEWPID);
KIND(mnt, CLONE_NEWNS);
KIND(uts, CLONE_NEWUTS);
KIND(ipc, CLONE_NEWIPC);
KIND(net, CLONE_NEWNET);
KIND(cgroup, CLONE_NEWCGROUP);
KIND(user, CLONE_NEWUSER);
KIND(time, 0x80 /* CLONE_NEWTIME */);
KIND(all, ALL_NAMESPACES);
SHED(r27_double_fork, "double fork", shed_double_fork, NULL);
SHED(r27_reparented, "reparenting", shed_reparented, NULL);
SHED(r27_subreaper, "reparenting to a subreaper", shed_reparented, 1);
SHED(r27_chroot, "chroot", shed_chroot, NULL);
SHED(r27_ids, "another user", shed_ids, NULL);
SHED(r27_thread, "another thread", shed_thread, NULL);
SHED(r27_clone_parent, "CLONE_PARENT", shed_clone_parent, NULL);
SHED(r27_setns_pid, "setns to a sibling's pid namespace", shed_setns, "pid_for_children");
SHED(r27_setns_mnt, "setns to a sibling's mnt namespace", shed_setns, "mnt");
SHED(r27_setns_uts, "setns to a sibling's uts namespace", shed_setns, "uts");
SHED(r27_setns_net, "setns to a sibling's net namespace", shed_setns, "net");
ESCAPE(r27_kept, .row = 27, .technique = "a kept descriptor executed after unshare of mnt",
	.class = "exec", .attack = shed_kept, .policy = "deny exec path=/bin/prog",
	.with = EACCES, EVENT("class=exec", "path=\"/bin/prog\""));
/* By its path it is known no more, but by the lack of one. */
ESCAPE(r27_kept_alone, .row = 27, .technique = "the same when its mount namespace has ended",
	.class = "exec", .attack = shed_kept_alone,
	.policy = "deny exec path=/bin/prog\ndeny exec path!=/**",
	.with = EACCES, EVENT("class=exec", "rule=3", "path=-"));
SHED(r27_nested, "containers nested ten deep, with user namespaces", shed_nested, 10);
SHED(r27_nested_clone, "containers nested ten deep", shed_nested_clone, 10);

/* 28 */

struct put {
	const char *file;
	const char *text;
};

static int attack_put(void *arg)
{
	const struct put *put = arg;
	int fd = syscall(SYS_openat, AT_FDCWD, put->file, O_WRONLY), err;

	if (fd < 0)
		return errno;
	err = esc_errno(syscall(SYS_write, fd, put->text, strlen(put->text)));
	close(fd);
	return err;
}

/* The binding goes with the namespace that is made for it. */
static int attack_bind(void *arg)
{
	struct put put = { BULKHEAD_DIR "/bind", arg };
	int status;
	pid_t pid;

	if (syscall(SYS_unshare, CLONE_NEWPID))
		return esc_broken("unshare");
	pid = fork();
	if (!pid)
		_exit(attack_put(&put));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return esc_broken("fork");
	return WEXITSTATUS(status);
}

static int attack_unbind(void *arg)
{
	struct put put = { .file = BULKHEAD_DIR "/unbind" };
	char line[32];

	snprintf(line, sizeof(line), "ns=pid fd=%d", esc->pidfd);
	put.text = line;
	return attack_put(&put);
}

static int attack_rmmod(void *arg)
{
	int err = -bh_unload_module();

	if (err)
		return err;
	/* For the half to come. */
	return esc_errno(syscall(SYS_finit_module, esc->module, "", 0));
}

/* As long as it is loaded, tracing cannot be switched off: not by anyone. */
static int attack_ftrace(void *arg)
{
	static const char *const file = "/host/proc/sys/kernel/ftrace_enabled";
	bool unloaded = !bh_unload_module();
	int err = attack_put(&(struct put){ file, "0\n" });

	if (!err && attack_put(&(struct put){ file, "1\n" }))
		return esc_broken("ftrace_enabled");
	if (unloaded && syscall(SYS_finit_module, esc->module, "", 0))
		return esc_broken("finit_module");
	if (err == EOPNOTSUPP)
		return esc_skip("the kernel does not let anyone switch it off");
	return err;
}

#define SELF BULKHEAD_DIR "/"
#define OFF(name, how, what, object, ...)					\
ESCAPE(name, .row = 28, .technique = how, .class = "self-protection",		\
	.attack = what, .arg = (void *)(object), .with = __VA_ARGS__)
#define PUT(...) (&(struct put){ __VA_ARGS__ })

OFF(r28_load, "write to load", attack_put,
    PUT(SELF "load", "policy intruder version 1\nend\n"), EPERM);
OFF(r28_remove, "write to remove", attack_put, PUT(SELF "remove", "spare"), EPERM, .others = true);
OFF(r28_bind, "write to bind", attack_bind, "policy=spare ns=pid self", EPERM, .others = true);
OFF(r28_unbind, "write to unbind", attack_unbind, NULL, EPERM,
    .others = true);
OFF(r28_assign, "write to assign", attack_put, PUT(SELF "assign", "end\n"), EPERM);
OFF(r28_rmmod, "rmmod", attack_rmmod, NULL, EAGAIN);
OFF(r28_ftrace, "rmmod and kernel.ftrace_enabled=0", attack_ftrace, NULL, EBUSY);

/* Who is not confined would lock this machine for the tests to come as well. */
TEST(r28_lock)
{
	struct escape escape = {
		.row = 28, .technique = "write to lock", .class = "self-protection",
		.attack = attack_put, .arg = PUT(SELF "lock", "1"), .with = EPERM,
	};
	int with = -1;

	esc_with(_metadata, &escape, &with);
	esc_tell(&escape, ESC_SKIP, with);
}

/* 29 */

/* A call of another ABI, whose pointers have 32 bits. */
static char low_path[] = PAYLOAD;

static long call_i386(long nr, const void *first)
{
	long ret;

	/* What the compiler would not know of: r8 to r11 are lost. */
	asm volatile("int $0x80" : "=a" (ret) : "a" (nr), "b" (first), "c" (0), "d" (0)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static int exec_i386(void *arg)
{
	return -call_i386(11, low_path);
}

static int exec_x32(void *arg)
{
	return esc_errno(syscall(0x40000000 | 520, low_path, NULL, NULL));
}

static int attack_exec_abi(void *act)
{
	int err;

	bh_make_program(PAYLOAD);
	err = in_child((int (*)(void *arg))act, NULL);
	return err == ENOSYS ? esc_skip("the kernel lacks the entry") : err;
}

static int attack_mount_i386(void *arg)
{
	return bh_mount_32("proc", "/mnt/a", "proc", 0);
}

static int attack_mount_x32(void *arg)
{
	int ret = syscall(0x40000000 | SYS_mount, "proc", "/mnt/a", "proc", 0, NULL);

	return ret && errno == ENOSYS ? esc_skip("the kernel lacks the entry") : esc_errno(ret);
}

static int attack_umount_i386(void *arg)
{
	static char target[] = "/proc/kcore";

	return -call_i386(52, target);
}

ESCAPE(r29_exec_i386, .row = 29, .technique = "execve by int 0x80", .class = "exec",
	.attack = attack_exec_abi, .arg = exec_i386, .with = EACCES,
	EVENT("class=exec", "path=\"" PAYLOAD "\""));
ESCAPE(r29_exec_x32, .row = 29, .technique = "execve of x32", .class = "exec",
	.attack = attack_exec_abi, .arg = exec_x32, .with = EACCES,
	EVENT("class=exec", "path=\"" PAYLOAD "\""));
ESCAPE(r29_mount_i386, .row = 29, .technique = "mount by int 0x80", .class = "mount",
	.attack = attack_mount_i386, .with = EPERM,
	EVENT("class=mount", "op=mount fstype=\"proc\""));
ESCAPE(r29_mount_x32, .row = 29, .technique = "mount of x32", .class = "mount",
	.attack = attack_mount_x32, .with = EPERM,
	EVENT("class=mount", "op=mount fstype=\"proc\""));
ESCAPE(r29_umount_i386, .row = 29, .technique = "umount2 by int 0x80", .class = "mount",
	.attack = attack_umount_i386, .with = EPERM,
	EVENT("class=mount", "op=umount", "target=\"/proc/kcore\""));

/* 30 */

/*
 * What the kernel is given changes while it looks a path up: after it has read its words, and
 * before it does what they say. A thread would hit that now and then. A link that is followed
 * through fuse hits it each time.
 */

/* The payload exits with 42; the allowed program with 0. */
static int run_once(const char *path)
{
	char *argv[] = { "program", NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execve, path, argv, NULL);
		_exit(errno == 42 ? 1 : errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EIO;
	if (WEXITSTATUS(status) == 42)
		return 0;
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : EAGAIN;
}

static int set_words(const char *word, const char *other)
{
	strcpy(esc->word, word);
	strcpy(esc->other, other);
	return symlink("/mnt/a", ESC_LINK) && errno != EEXIST ? esc_broken("symlink") : 0;
}

static int exec_word(void)
{
	return run_once(esc->word);
}

static int race_exec(void *arg)
{
	bh_make_elf("/vol/load", 42, NULL);
	if (symlink("/bin/prog", ESC_LINK))
		return esc_broken("symlink");
	return set_words(ESC_TURNING, "/vol/load") ?: esc_twice(exec_word);
}

static int exec_link(void)
{
	return run_once(ESC_TURNING);
}

static int race_exec_link(void *arg)
{
	bh_make_elf("/vol/load", 42, NULL);
	return set_words("/bin/prog", "/vol/load") ?: esc_twice(exec_link);
}

static dev_t device_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_dev;
}

#define QUIET_MOUNT (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Whether the file system became sysfs, which is forbidden. */
static int mount_type(void)
{
	int ret = syscall(SYS_mount, "none", ESC_TURNING, esc->word, QUIET_MOUNT, NULL);
	int err = errno;

	if (ret)
		return err;
	ret = access("/mnt/a/kernel", F_OK);
	umount2("/mnt/a", MNT_DETACH);
	return ret ? EAGAIN : 0;
}

/* Whether the mount came to lie on the volume, which is forbidden. */
static int mount_target(void)
{
	dev_t before = device_of("/vol/a");
	int ret = syscall(SYS_mount, "none", esc->word, "tmpfs", QUIET_MOUNT, NULL);
	int err = errno;

	if (ret)
		return err;
	if (device_of("/vol/a") != before)
		return 0;
	umount2("/mnt/a", MNT_DETACH);
	return EAGAIN;
}

static int race_type(void *arg)
{
	return set_words("tmpfs", "sysfs") ?: esc_twice(mount_type);
}

static int race_target(void *arg)
{
	if (mkdir("/vol/a", 0755))
		return esc_broken("mkdir");
	return set_words(ESC_TURNING, "/vol/a") ?: esc_twice(mount_target);
}

/* Whether the clone can be written to. */
static int clone_turning(void)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, ESC_TURNING, OPEN_TREE_CLONE);

	return fd < 0 ? errno : esc_errno(mkdirat(fd, "made", 0755));
}

static int race_clone(void *arg)
{
	return set_words(ESC_READ_ONLY, ESC_WRITABLE) ?: esc_twice(clone_turning);
}

ESCAPE(r30_exec, .row = 30, .technique = "path changed during execve", .class = "exec",
	.attack = race_exec, .turn = esc_turn_word, .with = EACCES,
	EVENT("class=exec", "path=\"/vol/load\""));
ESCAPE(r30_exec_link, .row = 30, .technique = "symbolic link changed during execve",
	.class = "exec", .attack = race_exec_link, .turn = esc_turn_link, .with = EACCES,
	EVENT("class=exec", "path=\"/vol/load\""));
ESCAPE(r30_type, .row = 30, .technique = "type changed during mount", .class = "mount",
	.attack = race_type, .turn = esc_turn_word, .with = EPERM,
	EVENT("class=mount", "op=mount fstype=\"sysfs\""));
ESCAPE(r30_target, .row = 30, .technique = "target changed during mount", .class = "mount",
	.attack = race_target, .turn = esc_turn_word, .with = EPERM,
	EVENT("class=mount", "op=mount", "target=\"/vol/a\""));
ESCAPE(r30_clone, .row = 30,
	.technique = "symbolic link changed to another mount during open_tree",
	.class = "mount", .attack = race_clone, .turn = esc_turn_link, .with = EPERM,
	.policy = "default mount deny\nallow mount op=bind source=" ESC_READ_ONLY,
	EVENT("class=mount", "op=bind", "source=\"" ESC_WRITABLE "\""));

TEST_HARNESS_MAIN
