// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways out by mounts: rows 2 to 5, 15 and 20 to 26 of the catalogue.
 */
#include <linux/mount.h>
#include <sched.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <kselftest_harness.h>

#include "race.h"
#include "try.h"

ESCAPES()

#define MOUNTED(number, how, what, object, ...)					\
	.row = number, .technique = how, .class = "mount", .attack = what,	\
	.arg = (void *)(object), .with = EPERM, EVENT("class=mount", __VA_ARGS__)

struct call {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
	const char *data;
	int unshare;
};

static int attack_mount(void *arg)
{
	const struct call *call = arg;

	if (call->unshare && syscall(SYS_unshare, call->unshare))
		return esc_broken("unshare");
	if (!syscall(SYS_mount, call->source, call->target, call->type, call->flags, call->data))
		return 0;
	return errno == ENODEV ? esc_skip("the kernel lacks the file system") : errno;
}

#define MOUNT(...) (&(const struct call){ .source = __VA_ARGS__ })

/* A file system made in steps and used by its descriptor alone. */
struct steps {
	const char *type;
	const char *key;
	const char *value;
	const char *file;
	int unshare;
};

#define STEPS(...) (&(const struct steps){ .type = __VA_ARGS__ })

static int fs_of(const struct steps *steps)
{
	int fs;

	if (steps->unshare && syscall(SYS_unshare, steps->unshare))
		return -EIO;
	fs = syscall(SYS_fsopen, steps->type, 0);
	return fs < 0 ? -errno : fs;
}

static int attack_steps(void *arg)
{
	const struct steps *steps = arg;
	int fs = fs_of(steps), mnt, fd;

	if (fs < 0)
		return fs == -ENODEV ? esc_skip("the kernel lacks the file system") : -fs;
	/* A hierarchy of cgroup v1 without a controller. */
	if (!strcmp(steps->type, "cgroup") &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "none", NULL, 0))
		return errno;
	if (steps->key &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, steps->key, steps->value, 0))
		return errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return errno;
	mnt = syscall(SYS_fsmount, fs, 0, 0);
	if (mnt < 0)
		return errno;
	if (!steps->file)
		return 0;
	fd = syscall(SYS_openat, mnt, steps->file, O_WRONLY);
	if (fd < 0)
		return errno;
	/* Help, of sysrq: nothing happens but a line in the log. */
	return syscall(SYS_write, fd, "h", 1) == 1 ? 0 : errno;
}

/* The file system sees options before there is a mount. */
static int attack_options(void *arg)
{
	const struct steps *steps = arg;
	int fs = fs_of(steps);

	if (fs < 0)
		return fs == -ENODEV ? esc_skip("the kernel lacks the file system") : -fs;
	return esc_errno(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, steps->key, steps->value,
				 0));
}

#define NEWROOT (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP)

/* 2 */

ESCAPE(r02_cgroup, MOUNTED(2, "cgroup v1 mounted for release_agent", attack_mount,
	MOUNT("cgroup", "/mnt/a", "cgroup", 0, "none,name=escape"),
	"op=mount fstype=\"cgroup\"", "target=\"/mnt/a\""));
ESCAPE(r02_cgroup_newns, MOUNTED(2, "the same in a new mount namespace", attack_mount,
	MOUNT("cgroup", "/mnt/a", "cgroup", 0, "none,name=escape", CLONE_NEWNS),
	"op=mount fstype=\"cgroup\"", "target=\"/mnt/a\""));
ESCAPE(r02_cgroup2_newuser, MOUNTED(2, "cgroup2 in new user, mount and cgroup namespaces",
	attack_mount, MOUNT("cgroup", "/mnt/a", "cgroup2", 0, NULL, NEWROOT),
	"op=mount fstype=\"cgroup2\"", "target=\"/mnt/a\""));
ESCAPE(r02_cgroup_steps, MOUNTED(2, "cgroup v1 by fsopen", attack_steps,
	STEPS("cgroup", "name", "escape"), "op=mount fstype=\"cgroup\""));

/* 3 */

static int attack_setattr_proc(void *arg)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	if (!syscall(SYS_mount_setattr, AT_FDCWD, "/proc/sys", 0, &attr, sizeof(attr)))
		return 0;
	return errno == ENOSYS ? esc_skip("the kernel lacks mount_setattr") : errno;
}

ESCAPE(r03_proc, MOUNTED(3, "a fresh proc", attack_mount,
	MOUNT("proc", "/mnt/a", "proc", 0, NULL), "op=mount fstype=\"proc\"",
	"target=\"/mnt/a\""));
ESCAPE(r03_proc_over, MOUNTED(3, "a fresh proc over the masked one", attack_mount,
	MOUNT("proc", "/proc", "proc", 0, NULL), "op=mount fstype=\"proc\"",
	"target=\"/proc\""));
ESCAPE(r03_proc_detached, MOUNTED(3, "sysrq through a detached proc", attack_steps,
	STEPS("proc", NULL, NULL, "sysrq-trigger"), "op=mount fstype=\"proc\""));
ESCAPE(r03_remount, MOUNTED(3, "remount of /proc/sys", attack_mount,
	MOUNT(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL), "op=remount",
	"target=\"/proc/sys\""));
ESCAPE(r03_bind_sys, MOUNTED(3, "bind of the host's /proc over the masked one", attack_mount,
	MOUNT("/host/proc", "/proc", NULL, MS_BIND | MS_REC, NULL), "op=bind",
	"target=\"/proc\""));
ESCAPE(r03_setattr, MOUNTED(3, "mount_setattr clears ro of /proc/sys", attack_setattr_proc, NULL,
	"op=remount", "target=\"/proc/sys\""));

/* 4 */

#define SPECIAL(type)								\
ESCAPE(r04_##type, MOUNTED(4, #type " mounted", attack_mount,			\
	MOUNT(#type, "/mnt/a", #type, 0, NULL), "op=mount fstype=\"" #type "\"",	\
	"target=\"/mnt/a\""));							\
ESCAPE(r04_##type##_steps, MOUNTED(4, #type " by fsopen", attack_steps,		\
	STEPS(#type), "op=mount fstype=\"" #type "\""))

SPECIAL(binfmt_misc);
SPECIAL(sysfs);
SPECIAL(debugfs);
SPECIAL(tracefs);
SPECIAL(securityfs);
SPECIAL(bpf);
SPECIAL(cgroup2);
SPECIAL(devtmpfs);
SPECIAL(devpts);

/* 5 */

ESCAPE(r05_ext4, MOUNTED(5, "options of ext4 in a new user namespace", attack_options,
	STEPS("ext4", "source", "/dev/none", NULL, CLONE_NEWUSER | CLONE_NEWNS),
	"op=mount fstype=\"ext4\""));
ESCAPE(r05_cgroup2, MOUNTED(5, "options of cgroup2", attack_options,
	STEPS("cgroup2", "source", "none"), "op=mount fstype=\"cgroup2\""));
ESCAPE(r05_overlay, MOUNTED(5, "options of overlay in a new user namespace", attack_options,
	STEPS("overlay", "source", "none", NULL, CLONE_NEWUSER | CLONE_NEWNS),
	"op=mount fstype=\"overlay\""));

/* 15 */

/* A payload under a name that is allowed. */
static int attack_bound_name(void *arg)
{
	int err;

	bh_make_program("/vol/payload");
	if (syscall(SYS_mount, "/vol/payload", "/bin/prog", NULL, MS_BIND, NULL))
		return errno;
	err = bh_exec("/bin/prog");
	return err;
}

static int attack_bound_dir(void *arg)
{
	bh_make_program("/vol/prog");
	if (syscall(SYS_mount, "/vol", "/bin", NULL, MS_BIND, NULL))
		return errno;
	return bh_exec("/bin/prog");
}

static int attack_chroot(void *arg)
{
	if (mkdir("/vol/root", 0755) || mkdir("/vol/root/bin", 0755))
		return esc_broken("mkdir");
	bh_make_program("/vol/root/bin/prog");
	if (syscall(SYS_chroot, "/vol/root") || chdir("/"))
		return esc_broken("chroot");
	return bh_exec("/bin/prog");
}

ESCAPE(r15_bind_file, MOUNTED(15, "payload bound over an allowed name", attack_bound_name, NULL,
	"op=bind", "source=\"/vol/payload\"", "target=\"/bin/prog\""));
ESCAPE(r15_bind_dir, MOUNTED(15, "directory bound over that of an allowed name",
	attack_bound_dir, NULL, "op=bind", "source=\"/vol\"", "target=\"/bin\""));
ESCAPE(r15_chroot, .row = 15, .technique = "allowed path forged by chroot", .class = "exec",
	.attack = attack_chroot, .policy = "default exec deny\nallow exec path=/bin/prog",
	.with = EACCES, EVENT("class=exec", "path=\"/vol/root/bin/prog\""));

/* 20 */

#define LAYERS "lowerdir=/bin,upperdir=/vol/u,workdir=/vol/w"

static int attack_overlay(void *arg)
{
	const struct call *call = arg;

	if (mkdir("/vol/u", 0755) || mkdir("/vol/w", 0755))
		return esc_broken("mkdir");
	return attack_mount((void *)call);
}

static int attack_fuse(void *arg)
{
	char data[64];
	int fd;

	if (mknod("/dev/fuse", S_IFCHR | 0666, makedev(10, 229)))
		return esc_broken("mknod");
	fd = open("/dev/fuse", O_RDWR);
	if (fd < 0)
		return esc_skip("the kernel lacks fuse");
	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	return esc_errno(syscall(SYS_mount, "fuse", "/mnt/a", "fuse", 0, data));
}

ESCAPE(r20_overlay, MOUNTED(20, "overlay over the image", attack_overlay,
	MOUNT("overlay", "/mnt/a", "overlay", 0, LAYERS), "op=mount fstype=\"overlay\""));
ESCAPE(r20_fuse, MOUNTED(20, "fuse", attack_fuse, NULL, "op=mount fstype=\"fuse\""));

/* 21 */

static int attack_setattr(void *arg)
{
	struct mount_attr attr = { .attr_clr = (uintptr_t)arg };

	if (!syscall(SYS_mount_setattr, AT_FDCWD, "/ro", 0, &attr, sizeof(attr)))
		return 0;
	return errno == ENOSYS ? esc_skip("the kernel lacks mount_setattr") : errno;
}

static int attack_fspick(void *arg)
{
	int fs = syscall(SYS_fspick, AT_FDCWD, "/ro", 0);

	if (fs < 0)
		return errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "rw", NULL, 0))
		return errno;
	return esc_errno(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

ESCAPE(r21_remount, MOUNTED(21, "MS_REMOUNT", attack_mount,
	MOUNT(NULL, "/ro", NULL, MS_REMOUNT, NULL), "op=remount", "target=\"/ro\""));
ESCAPE(r21_remount_bind, MOUNTED(21, "MS_REMOUNT|MS_BIND", attack_mount,
	MOUNT(NULL, "/ro", NULL, MS_REMOUNT | MS_BIND, NULL), "op=remount", "target=\"/ro\""));
ESCAPE(r21_remount_newns, MOUNTED(21, "MS_REMOUNT|MS_BIND in a new mount namespace",
	attack_mount, MOUNT(NULL, "/ro", NULL, MS_REMOUNT | MS_BIND, NULL, CLONE_NEWNS),
	"op=remount", "target=\"/ro\""));
ESCAPE(r21_setattr_ro, MOUNTED(21, "mount_setattr clears ro", attack_setattr, MOUNT_ATTR_RDONLY,
	"op=remount", "target=\"/ro\""));
ESCAPE(r21_setattr_nosuid, MOUNTED(21, "mount_setattr clears nosuid", attack_setattr,
	MOUNT_ATTR_NOSUID, "op=remount", "target=\"/ro\""));
ESCAPE(r21_setattr_noexec, MOUNTED(21, "mount_setattr clears noexec", attack_setattr,
	MOUNT_ATTR_NOEXEC, "op=remount", "target=\"/ro\""));
ESCAPE(r21_setattr_nodev, MOUNTED(21, "mount_setattr clears nodev", attack_setattr,
	MOUNT_ATTR_NODEV, "op=remount", "target=\"/ro\""));
ESCAPE(r21_fspick, MOUNTED(21, "fspick and reconfigure", attack_fspick, NULL, "op=remount",
	"target=\"/ro\""));

/* Below a clone of all that there is, the read-only mount has lost what protects it. */
static int attack_clone(void *arg)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_NOSUID };
	int tree = syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE), ro;
	struct statvfs st;

	if (tree < 0)
		return errno;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)))
		return errno == ENOSYS ? esc_skip("the kernel lacks mount_setattr") : errno;
	ro = syscall(SYS_openat, tree, "ro", O_RDONLY | O_DIRECTORY);
	if (ro < 0 || fstatvfs(ro, &st))
		return esc_broken("ro");
	return st.f_flag & ST_NOSUID ? EROFS : 0;
}

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static void toggle(void *fd)
{
	struct mount_attr on = { .attr_set = SAFE }, off = { .attr_clr = SAFE };
	int mnt = __atomic_load_n((int *)fd, __ATOMIC_RELAXED);

	syscall(SYS_mount_setattr, mnt, "", AT_EMPTY_PATH, &off, sizeof(off));
	syscall(SYS_mount_setattr, mnt, "", AT_EMPTY_PATH, &on, sizeof(on));
}

static enum bh_race_try attach(void *fd)
{
	enum bh_race_try told = BH_RACE_HIT;
	int fs = syscall(SYS_fsopen, "tmpfs", 0), mnt;
	struct statvfs st;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return BH_RACE_MISSED;
	mnt = syscall(SYS_fsmount, fs, 0, SAFE);
	__atomic_store_n((int *)fd, mnt, __ATOMIC_RELAXED);
	bh_race_pause();
	if (!syscall(SYS_move_mount, mnt, "", AT_FDCWD, "/mnt/a", MOVE_MOUNT_F_EMPTY_PATH)) {
		sched_yield();
		if (!statvfs("/mnt/a", &st) && !(st.f_flag & ST_NOSUID))
			told = BH_RACE_BAD;
		else
			told = BH_RACE_MISSED;
		syscall(SYS_umount2, "/mnt/a", MNT_DETACH);
	}
	close(mnt);
	close(fs);
	return told;
}

static int attack_toggle(void *arg)
{
	int fd = -1, err;
	struct bh_race race = {
		.act = attach, .rival = toggle, .arg = &fd, .milliseconds = 60000, .enough = 50,
	};

	if (syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) && errno == ENOSYS)
		return esc_skip("the kernel lacks mount_setattr");
	err = bh_race(&race);
	if (err || race.seen[BH_RACE_BAD])
		return err;
	return race.seen[BH_RACE_HIT] ? EPERM : esc_broken("the window was never hit");
}

static int make_safe(void)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 0);

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	return syscall(SYS_fsmount, fs, 0, SAFE);
}

/* What is changed in a mount below a new one does not show at the top, which is attached. */
static int attack_hidden(void *arg)
{
	struct mount_attr on = { .attr_set = SAFE }, off = { .attr_clr = SAFE };
	int top = make_safe(), below = make_safe();
	struct statvfs st;

	if (top < 0 || below < 0 || mkdirat(top, "sub", 0755))
		return esc_broken("fsmount");
	if (syscall(SYS_move_mount, below, "", top, "sub", MOVE_MOUNT_F_EMPTY_PATH))
		return errno == EINVAL ? esc_skip("the kernel attaches nothing there") : errno;
	if (syscall(SYS_mount_setattr, top, "", AT_EMPTY_PATH | AT_RECURSIVE, &off, sizeof(off)) ||
	    syscall(SYS_mount_setattr, top, "", AT_EMPTY_PATH, &on, sizeof(on)) ||
	    syscall(SYS_move_mount, top, "", AT_FDCWD, "/mnt/a", MOVE_MOUNT_F_EMPTY_PATH))
		return errno;
	if (statvfs("/mnt/a/sub", &st))
		return esc_broken("sub");
	return st.f_flag & ST_NOSUID ? EROFS : 0;
}

ESCAPE(r21_hidden, MOUNTED(21, "flags cleared of a mount below a new one", attack_hidden, NULL,
	"op=remount"), .policy = "default mount deny\nallow mount op=mount has=nosuid");
ESCAPE(r21_clone, MOUNTED(21, "recursive mount_setattr on a clone of all", attack_clone, NULL,
	"op=remount"), .policy = "default mount deny\nallow mount op=bind");
/* Who comes second is told that the mount is busy, which is no denial. */
ESCAPE(r21_toggle, .row = 21, .technique = "flags toggled while a tmpfs is attached",
	.class = "mount", .attack = attack_toggle, .with = EPERM);
ESCAPE(r21_toggle_newuser, .row = 21, .technique = "the same in a user namespace",
	.class = "mount", .attack = attack_toggle, .flags = CLONE_NEWUSER, .with = EPERM);

/* 22 */

struct unmask {
	const char *target;
	int flags;
};

static int attack_umount(void *arg)
{
	const struct unmask *mask = arg;
	int ret = syscall(SYS_umount2, mask->target, mask->flags);

	/* The first call but marks the mount. */
	if (ret && errno == EAGAIN && mask->flags & MNT_EXPIRE)
		ret = syscall(SYS_umount2, mask->target, mask->flags);
	return esc_errno(ret);
}

#define UNMASK(...) (&(const struct unmask){ .target = __VA_ARGS__ })

static int attack_move_mount(void *arg)
{
	return esc_errno(syscall(SYS_move_mount, AT_FDCWD, "/sys/firmware", AT_FDCWD, "/mnt/a", 0));
}

ESCAPE(r22_kcore, MOUNTED(22, "umount of the mask on /proc/kcore", attack_umount,
	UNMASK("/proc/kcore"), "op=umount", "target=\"/proc/kcore\""));
ESCAPE(r22_firmware, MOUNTED(22, "lazy umount of the mask on /sys/firmware", attack_umount,
	UNMASK("/sys/firmware", MNT_DETACH), "op=umount", "target=\"/sys/firmware\""));
ESCAPE(r22_expire, MOUNTED(22, "expiry of the mask on /sys/firmware", attack_umount,
	UNMASK("/sys/firmware", MNT_EXPIRE), "op=umount", "target=\"/sys/firmware\""));
ESCAPE(r22_move, MOUNTED(22, "move of the mask", attack_mount,
	MOUNT("/sys/firmware", "/mnt/a", NULL, MS_MOVE, NULL), "op=move",
	"target=\"/mnt/a\""));
ESCAPE(r22_move_mount, MOUNTED(22, "move of the mask by move_mount", attack_move_mount, NULL,
	"op=move", "target=\"/mnt/a\""));

/* 23 */

static int attack_setattr_shared(void *arg)
{
	struct mount_attr attr = { .propagation = (uintptr_t)arg };

	if (!syscall(SYS_mount_setattr, AT_FDCWD, "/vol", 0, &attr, sizeof(attr)))
		return 0;
	return errno == ENOSYS ? esc_skip("the kernel lacks mount_setattr") : errno;
}

ESCAPE(r23_shared, MOUNTED(23, "MS_SHARED", attack_mount,
	MOUNT(NULL, "/vol", NULL, MS_SHARED, NULL), "op=propagation", "target=\"/vol\""));
ESCAPE(r23_shared_root, MOUNTED(23, "MS_SHARED of all mounts", attack_mount,
	MOUNT(NULL, "/", NULL, MS_SHARED | MS_REC, NULL), "op=propagation", "target=\"/\""));
ESCAPE(r23_setattr, MOUNTED(23, "mount_setattr makes shared", attack_setattr_shared, MS_SHARED,
	"op=propagation", "target=\"/vol\""));
ESCAPE(r23_volume, MOUNTED(23, "mount on a volume of the host", attack_mount,
	MOUNT("none", "/vol", "tmpfs", 0, NULL), "op=mount", "target=\"/vol\""));

/* 24 */

/* What lies below a mask, by a descriptor that was opened before. */
static int attack_open_tree(void *arg)
{
	int tree = syscall(SYS_open_tree, esc->leaked, "",
			   OPEN_TREE_CLONE | AT_EMPTY_PATH | (uintptr_t)arg);

	if (tree < 0)
		return errno;
	return esc_errno(syscall(SYS_openat, tree, ".", O_RDONLY | O_DIRECTORY));
}

static int attack_open_tree_own(void *arg)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, "/host/proc",
			   OPEN_TREE_CLONE | (uintptr_t)arg);

	if (tree < 0)
		return errno;
	return esc_errno(syscall(SYS_openat, tree, "sysrq-trigger", O_WRONLY));
}

ESCAPE(r24_leaked, MOUNTED(24, "open_tree clone of a leaked directory", attack_open_tree, NULL,
	"op=bind"));
ESCAPE(r24_path, MOUNTED(24, "open_tree clone used by descriptor", attack_open_tree_own, NULL,
	"op=bind", "source=\"/host/proc\""));
ESCAPE(r24_path_rec, MOUNTED(24, "recursive open_tree clone", attack_open_tree_own,
	AT_RECURSIVE, "op=bind", "source=\"/host/proc\""));

/* 25 */

static int attack_pivot(void *arg)
{
	if (mkdir("/vol/old", 0755))
		return esc_broken("mkdir");
	return esc_errno(syscall(SYS_pivot_root, "/vol", "/vol/old"));
}

static int attack_pivot_dot(void *arg)
{
	if (chdir("/vol"))
		return esc_broken("chdir");
	return esc_errno(syscall(SYS_pivot_root, ".", "."));
}

ESCAPE(r25_pivot, MOUNTED(25, "pivot_root", attack_pivot, NULL, "op=pivot_root"));
ESCAPE(r25_pivot_dot, MOUNTED(25, "pivot_root of the working directory", attack_pivot_dot, NULL,
	"op=pivot_root"));

/* 26 */

/* A disk that has no file system is as good a disk: the kernel reads it. */
static int attack_disk(void *arg)
{
	if (mknod("/mnt/disk", S_IFBLK | 0600, makedev(1, 0)))
		return esc_broken("mknod");
	return attack_mount(arg);
}

static int attack_disk_read(void *arg)
{
	int err = attack_disk(arg);

	/* What the kernel says of an empty disk, or of one without a driver. */
	if (err == EINVAL || err == EUCLEAN)
		return 0;
	return err == ENXIO || err == ENOTBLK ? esc_skip("the machine has no such disk") : err;
}

ESCAPE(r26_ext4, MOUNTED(26, "block device as ext4", attack_disk_read,
	MOUNT("/mnt/disk", "/mnt/a", "ext4", MS_RDONLY, NULL), "op=mount fstype=\"ext4\"",
	"source=\"/mnt/disk\""));

TEST_HARNESS_MAIN
