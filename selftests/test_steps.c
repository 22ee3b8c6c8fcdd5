// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mount made in steps is one operation: fsopen, fsconfig, fsmount, fspick,
 * open_tree, mount_setattr, move_mount in private mount namespaces.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <kselftest_harness.h>

#include "fuse.h"
#include "modprobe.h"
#include "program.h"
#include "race.h"
#include "trial.h"

/* A file system of each test's own; each act gets a copy of the mounts. */
#define TOP "/tmp/s"
#define EMPTY TOP "/empty"
#define OTHER TOP "/other"
#define SOURCE TOP "/source"
#define SECRET TOP "/secret"
#define MOUNTED TOP "/mounted"
#define READONLY TOP "/ro"
#define LINK TOP "/" FUSE_LINK
#define SERVED TOP "/fuse"
#define TURNING SERVED "/" FUSE_LINK

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS)

#define GIVES(before, after, what, how, policy, ...) {				\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = (void *)(how), .flags = NAMESPACES, .words = { __VA_ARGS__ },	\
}

#define DENIED(what, how, policy, ...)						\
	GIVES(0, EPERM, what, how, policy, "verdict=deny class=mount", __VA_ARGS__)

#define ALLOWED(what, how, policy) GIVES(0, 0, what, how, policy)

FIXTURE(steps) {};

FIXTURE_SETUP(steps)
{
	static const char *const dirs[] = {
		EMPTY, OTHER, SOURCE, SOURCE "/sub", SECRET, MOUNTED, READONLY,
	};
	size_t i;

	ASSERT_EQ(0, bh_scratch(TOP));
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		ASSERT_EQ(0, mkdir(dirs[i], 0755));
	ASSERT_EQ(0, mount("one", MOUNTED, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount("two", READONLY, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount(NULL, READONLY, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID,
			   NULL));
	bh_make_file(SECRET "/file", "secret\n", 0644);
}

FIXTURE_TEARDOWN(steps)
{
}

/* 5.10 has no mount_setattr. */
static bool lacks_setattr(void)
{
	return mount_setattr(-1, "", 0, NULL, 0) && errno == ENOSYS;
}

#define NO_SETATTR "the kernel has no mount_setattr"

/* 0, or the errno of a call whose result is -1. */
static int failed(long ret)
{
	return ret < 0 ? errno : 0;
}

/* A name that leads elsewhere when it is read again */

static const char *turns[2];

static void turn_link(const char *to)
{
	unlink(LINK);
	if (symlink(to, LINK))
		_exit(1);
}

/* When TURNING is followed next it leads to the first place, and from then on to the second. */
static void begin_turning(void)
{
	turn_link(EMPTY);
}

static void turn(void)
{
	char to[64] = "";

	turn_link(turns[readlink(LINK, to, sizeof(to)) > 0 && strcmp(to, EMPTY)]);
}

/* Has @delay done each time that TURNING is followed, which leads to where LINK does. */
static pid_t serve_link(struct __test_metadata *_metadata, void (*delay)(void))
{
	int told[2];

	ASSERT_EQ(0, mkdir(SERVED, 0755));
	ASSERT_EQ(0, pipe(told));
	return fuse_start(SERVED, FUSE_READLINK, told[1], delay);
}

/* The server's pid, or a negative errno where there is no fuse. */
static pid_t serve_turning(struct __test_metadata *_metadata, const char *first,
			   const char *second)
{
	turns[0] = first;
	turns[1] = second;
	return serve_link(_metadata, turn);
}

static void end_serving(struct __test_metadata *_metadata, pid_t server)
{
	ASSERT_EQ(0, umount2(SERVED, MNT_DETACH));
	ASSERT_EQ(server, waitpid(server, NULL, 0));
}

#define NO_FUSE "no fuse here"

/* A new file system */

struct make {
	const char *type;
	const char *source;
	const char *target;		/* NULL: it is used by its descriptor */
	unsigned int attr;
	unsigned int later;		/* attributes set on the detached mount */
};

static int finish(int fd, const struct make *make)
{
	struct mount_attr attr = { .attr_set = make->later };
	int err = 0;

	if (make->later)
		err = failed(mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	if (!err && make->target)
		err = failed(move_mount(fd, "", AT_FDCWD, make->target, MOVE_MOUNT_F_EMPTY_PATH));
	if (!err && !make->target)
		err = failed(mkdirat(fd, "dir", 0755));
	return err;
}

static int do_make(void *arg)
{
	const struct make *make = arg;
	int fs = fsopen(make->type, FSOPEN_CLOEXEC), err = 0, fd;

	if (fs < 0)
		return errno;
	if (make->source)
		err = failed(fsconfig(fs, FSCONFIG_SET_STRING, "source", make->source, 0));
	if (!err)
		err = failed(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	if (err)
		return err;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, make->attr);
	return fd < 0 ? errno : finish(fd, make);
}

static int do_fsopen(void *type)
{
	return failed(fsopen(type, FSOPEN_CLOEXEC));
}

static int do_create(void *arg)
{
	const struct make *make = arg;
	int fs = fsopen(make->type, FSOPEN_CLOEXEC), err;

	if (fs < 0)
		return 1;
	err = failed(fsconfig(fs, FSCONFIG_SET_STRING, "source", make->source, 0));
	return err ? 1 : failed(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}

#define MAKE(...) (&(const struct make){ .type = __VA_ARGS__ })
#define TMPFS MAKE("tmpfs", "word", EMPTY)

TEST_F(steps, a_new_file_system)
{
	const struct bh_trial trials[] = {
		DENIED(do_make, TMPFS, "default mount deny\n", "op=mount fstype=\"tmpfs\"",
		       "mflags=- source=- target=-"),
		ALLOWED(do_make, TMPFS, "default mount deny\n"
			"allow mount op=mount fstype=tmpfs source=word target=" EMPTY "\n"),
		/* The last step decides on the whole. */
		DENIED(do_make, TMPFS, "default mount deny\n"
		       "allow mount op=mount fstype=tmpfs source=word target=" OTHER "\n",
		       "op=mount mflags=- fstype=\"tmpfs\" source=\"word\" target=\"" EMPTY "\""),
		DENIED(do_make, MAKE("tmpfs", "word", EMPTY, MOUNT_ATTR_NOSUID),
		       "default mount deny\nallow mount has=nosuid,nodev\n",
		       "mflags=nosuid target=\"" EMPTY "\""),
		ALLOWED(do_make, MAKE("tmpfs", "word", EMPTY, MOUNT_ATTR_NOSUID),
			"default mount deny\nallow mount op=mount has=nosuid lacks=ro\n"),
		/* What denies does so once all that it names is known. */
		DENIED(do_make, TMPFS, "deny mount fstype=tmpfs target=" EMPTY "\n",
		       "rule=2", "op=mount fstype=\"tmpfs\" source=\"word\" target=\"" EMPTY "\""),
		ALLOWED(do_make, TMPFS, "deny mount fstype=tmpfs target=" OTHER "\n"),
		ALLOWED(do_make, TMPFS, "deny mount op=bind,remount,setattr,move\n"),
		DENIED(do_make, MAKE("tmpfs", "word", EMPTY), "deny mount lacks=nosuid\n",
		       "target=\"" EMPTY "\""),
		/* Nobody can use what may not be made. */
		DENIED(do_make, MAKE("ramfs", NULL, NULL),
		       "default mount deny\nallow mount fstype=tmpfs\n", "fstype=\"ramfs\""),
		ALLOWED(do_make, MAKE("tmpfs", NULL, NULL),
			"default mount deny\nallow mount fstype=tmpfs target=" EMPTY "\n"),
	};

	bh_try_all(_metadata, trials);
}

/* As the library of mount(8) has it. */
TEST_F(steps, attributes_set_on_a_new_file_system)
{
	const struct bh_trial trials[] = {
		ALLOWED(do_make, MAKE("tmpfs", "word", EMPTY, 0, MOUNT_ATTR_NOSUID),
			"default mount deny\nallow mount op=mount has=nosuid lacks=ro\n"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

TEST_F(steps, a_type_that_nothing_allows_is_not_opened)
{
	const struct bh_trial trials[] = {
		DENIED(do_fsopen, "proc", "default mount deny\nallow mount fstype=tmpfs\n",
		       "op=mount mflags=- fstype=\"proc\" source=- target=-"),
		DENIED(do_fsopen, "tmpfs", "default mount deny\nallow mount op=bind\n",
		       "fstype=\"tmpfs\""),
		DENIED(do_fsopen, "tmpfs", "deny mount fstype=tmpfs\n", "rule=2"),
		ALLOWED(do_fsopen, "tmpfs", "default mount deny\n"
			"allow mount fstype=tmpfs source=/a target=/b has=ro lacks=rec\n"),
		ALLOWED(do_fsopen, "tmpfs", "deny mount fstype=tmpfs target=/a\n"),
	};

	bh_try_all(_metadata, trials);
}

/* The kernel asks for the module of a type that it does not know. */

static int do_ask(void *steps)
{
	int err = steps ? do_fsopen("bhnone") : failed(mount("a", EMPTY, "bhnone", 0, NULL));

	return bh_modprobe_asked("fs-bhnone") ? EEXIST : err;
}

/* A device that no driver serves: asked for when it is opened. */
static int do_ask_device(void *steps)
{
	int err = steps ? do_create((void *)MAKE("ext4", OTHER "/device")) :
			  failed(mount(OTHER "/device", EMPTY, "ext4", 0, NULL));

	return bh_modprobe_asked("block-major-") ? EEXIST : err;
}

TEST_F(steps, no_module_is_loaded_for_a_type_that_nothing_allows)
{
	const struct bh_trial trials[] = {
		GIVES(EEXIST, EPERM, do_ask, 1UL, "default mount deny\nallow mount fstype=tmpfs\n",
		      "op=mount mflags=- fstype=\"bhnone\" source=- target=-"),
		GIVES(EEXIST, EPERM, do_ask, 0UL, "default mount deny\nallow mount fstype=tmpfs\n",
		      "op=mount fstype=\"bhnone\""),
		GIVES(EEXIST, EEXIST, do_ask, 1UL, "default mount deny\nallow mount fstype=bh*\n"),
	};
	struct bh_modprobe modprobe;

	if (!bh_modprobe_begin(&modprobe))
		SKIP(return, "the kernel loads no modules");
	bh_try_all(_metadata, trials);
	bh_modprobe_end(&modprobe);
}

TEST_F(steps, no_module_is_loaded_for_a_device_that_nothing_allows)
{
	const struct bh_trial trials[] = {
		GIVES(EEXIST, EPERM, do_ask_device, 0UL, "deny mount source=" OTHER "/device\n",
		      "op=mount", "source=\"" OTHER "/device\""),
		GIVES(EEXIST, EPERM, do_ask_device, 1UL, "deny mount source=" OTHER "/device\n",
		      "op=mount", "source=\"" OTHER "/device\""),
		GIVES(EEXIST, EEXIST, do_ask_device, 0UL,
		      "default mount deny\nallow mount source=" OTHER "/device\n"),
	};
	const struct bh_env free = { .flags = NAMESPACES };
	struct bh_modprobe modprobe;

	ASSERT_EQ(0, mknod(OTHER "/device", S_IFBLK | 0600, makedev(240, 0)));
	if (!bh_modprobe_begin(&modprobe))
		SKIP(return, "the kernel loads no modules");
	if (bh_run(&free, do_ask_device, NULL) == EEXIST)
		bh_try_all(_metadata, trials);
	else
		SKIP(bh_modprobe_end(&modprobe); return, "the kernel loads no module for a device");
	bh_modprobe_end(&modprobe);
}

TEST_F(steps, a_source_counts_when_the_super_block_is_made)
{
	const struct bh_trial trials[] = {
		DENIED(do_create, TMPFS, "default mount deny\nallow mount source=other\n",
		       "op=mount mflags=- fstype=\"tmpfs\" source=\"word\" target=-"),
		ALLOWED(do_create, TMPFS, "default mount deny\nallow mount source=word\n"),
	};

	bh_try_all(_metadata, trials);
}

/* On a device */

#define DISK TOP "/disk"
#define OTHER_DISK TOP "/disk2"
#define EXT4(source) MAKE("ext4", source, EMPTY)
#define ALLOW_DISK(target)							\
	"default mount deny\nallow mount fstype=ext4 source=" DISK " target=" target "\n"

/* The link leads elsewhere once the super block is made. */
static int do_make_and_turn(void *arg)
{
	const struct make *make = arg;
	int fs = fsopen(make->type, FSOPEN_CLOEXEC), fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", LINK, 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return errno;
	if (unlink(LINK) || symlink(make->source, LINK))
		return 1;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? errno : finish(fd, make);
}

static int do_turn(void *arg)
{
	int err = do_make_and_turn(arg);

	/* All trials share the file system that it lies in. */
	turn_link(DISK);
	return err;
}

static void make_disks(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, mknod(DISK, S_IFBLK | 0600, makedev(1, 0)));
	ASSERT_EQ(0, mknod(OTHER_DISK, S_IFBLK | 0600, makedev(1, 1)));
	ASSERT_EQ(0, symlink(DISK, LINK));
	ASSERT_EQ(0, system("/sbin/mkfs.ext4 -qF " DISK " 4096"));
	ASSERT_EQ(0, system("/sbin/mkfs.ext4 -qF " OTHER_DISK " 4096"));
}

TEST_F(steps, a_device_is_told_by_its_path)
{
	const struct bh_trial trials[] = {
		DENIED(do_make, EXT4(DISK), ALLOW_DISK(OTHER),
		       "op=mount fstype=\"ext4\" source=\"" DISK "\" target=\"" EMPTY "\""),
		ALLOWED(do_make, EXT4(DISK), ALLOW_DISK(EMPTY)),
		ALLOWED(do_make, EXT4(LINK), ALLOW_DISK(EMPTY)),
		DENIED(do_make, EXT4(LINK), "deny mount source=" DISK " target=" EMPTY "\n",
		       "rule=2", "source=\"" DISK "\" target=\"" EMPTY "\""),
		DENIED(do_make, EXT4(LINK), "default mount deny\nallow mount source=" LINK "\n",
		       "source=\"" DISK "\" target=-"),
	};

	make_disks(_metadata);
	bh_try_all(_metadata, trials);
}

/* What has been made of a device stays that device's. */
TEST_F(steps, a_name_turned_to_another_device)
{
	const struct bh_trial trials[] = {
		DENIED(do_turn, EXT4(OTHER_DISK), "deny mount source=" DISK " target=" EMPTY "\n",
		       "op=mount fstype=\"ext4\""),
		DENIED(do_turn, EXT4("word"), "deny mount source=" DISK " target=" EMPTY "\n",
		       "op=mount fstype=\"ext4\""),
		ALLOWED(do_turn, EXT4(OTHER_DISK), "deny mount target=" OTHER "\n"),
	};

	make_disks(_metadata);
	bh_try_all(_metadata, trials);
}

static int do_mount_device(void *arg)
{
	const struct make *make = arg;

	return failed(mount(make->source, make->target, make->type, 0, NULL));
}

static int do_mount_turning(void *make)
{
	begin_turning();
	return do_mount_device(make);
}

static int do_create_turning(void *make)
{
	begin_turning();
	return do_create(make);
}

/* The kernel looks the device up again once all has been judged. */
TEST_F(steps, a_name_that_turns_while_it_is_judged)
{
	const struct bh_trial trials[] = {
		DENIED(do_mount_turning, EXT4(TURNING), ALLOW_DISK(EMPTY),
		       "op=mount fstype=\"ext4\"", "target=\"" EMPTY "\""),
		DENIED(do_mount_turning, EXT4(TURNING), "deny mount source=" OTHER_DISK "\n",
		       "op=mount fstype=\"ext4\"", "target=\"" EMPTY "\""),
		ALLOWED(do_mount_turning, EXT4(TURNING),
			"default mount deny\nallow mount fstype=ext4\n"),
		DENIED(do_create_turning, EXT4(TURNING), ALLOW_DISK(EMPTY),
		       "op=mount fstype=\"ext4\"", "target=-"),
		ALLOWED(do_create_turning, EXT4(TURNING),
			"default mount deny\nallow mount fstype=ext4\n"),
	};
	pid_t server;

	make_disks(_metadata);
	server = serve_turning(_metadata, DISK, OTHER_DISK);
	if (server < 0)
		SKIP(return, NO_FUSE);
	bh_try_all(_metadata, trials);
	end_serving(_metadata, server);
}

/*
 * The smallest image of erofs, which takes a file for a device since 6.12: its super block
 * and an empty directory.
 */

#define HELD TOP "/held"	/* the file is read as that of a disk is */
#define IMAGE HELD "/image"
#define ON_EROFS(source) MAKE("erofs", source, EMPTY)
#define ALLOW_EROFS "default mount deny\nallow mount fstype=erofs source=" DISK "\n"

static int write_erofs(const char *file)
{
	static const struct {
		uint32_t magic, checksum, compat;
		uint8_t block_bits, slots;
		uint16_t root;
		uint32_t rest[28];
		uint16_t format, xattrs, mode, links;
		uint32_t size, unused, block, ino, ids, more;
	} super = {
		.magic = 0xe0f5e1e2, .block_bits = 12, .root = (1024 + 128) / 32,
		.mode = S_IFDIR | 0755, .links = 2, .ino = 1,
	};
	int fd = open(file, O_RDWR | O_CREAT, 0644), err;

	/* A device has its size. */
	err = fd < 0 || (ftruncate(fd, 16384) && errno != EINVAL) ||
	      pwrite(fd, &super, sizeof(super), 1024) != sizeof(super);
	close(fd);
	return err;
}

TEST_F(steps, a_device_that_turns_into_a_file)
{
	const struct bh_trial trials[] = {
		DENIED(do_mount_turning, ON_EROFS(TURNING), ALLOW_EROFS,
		       "op=mount fstype=\"erofs\"", "target=\"" EMPTY "\""),
		DENIED(do_create_turning, ON_EROFS(TURNING), ALLOW_EROFS,
		       "op=mount fstype=\"erofs\"", "target=-"),
		ALLOWED(do_mount_turning, ON_EROFS(TURNING),
			"default mount deny\nallow mount fstype=erofs\n"),
	};
	const struct bh_env free = { .flags = NAMESPACES };
	pid_t server;

	make_disks(_metadata);
	ASSERT_EQ(0, mkdir(HELD, 0755));
	ASSERT_EQ(0, mount(OTHER_DISK, HELD, "ext4", 0, NULL));
	ASSERT_EQ(0, write_erofs(IMAGE));
	ASSERT_EQ(0, write_erofs(DISK));
	if (bh_run(&free, do_mount_device, (void *)ON_EROFS(IMAGE)))
		SKIP(return, "the kernel has no erofs, or takes no file for a device");
	server = serve_turning(_metadata, DISK, IMAGE);
	if (server < 0)
		SKIP(return, NO_FUSE);
	bh_try_all(_metadata, trials);
	end_serving(_metadata, server);
}

#define ON_BTRFS(source) MAKE("btrfs", source, EMPTY)
#define ALLOW_BTRFS(source)							\
	"default mount deny\nallow mount fstype=btrfs source=" source "\n"

/* Its super block does not tell which device it is on, or did not before 6.15. */
TEST_F(steps, a_device_that_its_file_system_hides)
{
	const struct bh_trial trials[] = {
		DENIED(do_mount_turning, ON_BTRFS(TURNING), ALLOW_BTRFS(DISK),
		       "op=mount fstype=\"btrfs\"", "target=\"" EMPTY "\""),
		DENIED(do_create_turning, ON_BTRFS(TURNING), ALLOW_BTRFS(DISK),
		       "op=mount fstype=\"btrfs\"", "target=-"),
		DENIED(do_mount_turning, ON_BTRFS(TURNING), "deny mount source=" OTHER_DISK "\n",
		       "op=mount fstype=\"btrfs\"", "target=\"" EMPTY "\""),
		ALLOWED(do_mount_turning, ON_BTRFS(TURNING),
			"default mount deny\nallow mount fstype=btrfs\n"),
	};
	const struct bh_env free = { .flags = NAMESPACES };
	pid_t server;
	size_t i;

	make_disks(_metadata);
	if (system("mkfs.btrfs -q -f --mixed " DISK " >/dev/null 2>&1") ||
	    system("mkfs.btrfs -q -f --mixed " OTHER_DISK " >/dev/null 2>&1") ||
	    bh_run(&free, do_mount_device, (void *)ON_BTRFS(DISK)))
		SKIP(return, "no btrfs here");
	server = serve_turning(_metadata, DISK, OTHER_DISK);
	if (server < 0)
		SKIP(return, NO_FUSE);
	/* Without a policy the kernel is who looks first, and it reads the name three times. */
	EXPECT_EQ(0, bh_run(&free, do_mount_device, (void *)ON_BTRFS(OTHER_DISK)));
	for (i = 0; i < ARRAY_SIZE(trials); i++)
		bh_try_with(_metadata, &trials[i]);
	end_serving(_metadata, server);
}

/* Clones */

struct clone {
	const char *from;
	const char *to;			/* NULL: read it by the descriptor */
	unsigned int flags;
	unsigned long long set;
	unsigned long long clear;
};

#define CLONE(...) (&(const struct clone){ .from = __VA_ARGS__ })

static int do_clone(void *arg)
{
	const struct clone *clone = arg;
	struct mount_attr attr = { .attr_set = clone->set, .attr_clr = clone->clear };
	int fd = open_tree(AT_FDCWD, clone->from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
						  clone->flags);
	int err = 0;

	if (fd < 0)
		return errno;
	if (attr.attr_set || attr.attr_clr)
		err = failed(mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	if (err)
		return err;
	if (clone->to)
		return failed(move_mount(fd, "", AT_FDCWD, clone->to, MOVE_MOUNT_F_EMPTY_PATH));
	return failed(openat(fd, "file", O_RDONLY));
}

/* By a descriptor and no name. */
static int do_clone_fd(void *dir)
{
	int at = open(dir, O_PATH);

	return failed(syscall(SYS_open_tree, at, "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
}

#define BIND_SOURCE "default mount deny\nallow mount op=bind source=" SOURCE "\n"

TEST_F(steps, a_clone_keeps_its_source)
{
	const struct bh_trial trials[] = {
		ALLOWED(do_clone, CLONE(SOURCE, EMPTY), BIND_SOURCE),
		DENIED(do_clone, CLONE(SECRET, EMPTY), BIND_SOURCE,
		       "op=bind mflags=- fstype=\"tmpfs\" source=\"" SECRET "\" target=-"),
		DENIED(do_clone, CLONE(SECRET, NULL), BIND_SOURCE, "op=bind", SECRET),
		DENIED(do_clone_fd, SECRET, BIND_SOURCE, "op=bind", SECRET),
		ALLOWED(do_clone_fd, SOURCE, BIND_SOURCE),
		DENIED(do_clone, CLONE(SOURCE "/sub", EMPTY), BIND_SOURCE, SOURCE "/sub"),
		/* A clone of a whole mount is a bind, too. */
		DENIED(do_clone, CLONE(MOUNTED, EMPTY), "deny mount op=bind\n", "rule=2",
		       "op=bind"),
		ALLOWED(do_clone, CLONE(MOUNTED, EMPTY), "deny mount op=mount\n"),
		/* Joined with where it goes. */
		DENIED(do_clone, CLONE(SOURCE, EMPTY), "default mount deny\n"
		       "allow mount op=bind source=" SOURCE " target=" OTHER "\n"
		       "allow mount op=bind source=" SECRET " target=" EMPTY "\n",
		       "op=bind fstype=\"tmpfs\" source=\"" SOURCE "\" target=\"" EMPTY "\""),
		ALLOWED(do_clone, CLONE(TOP, EMPTY, AT_RECURSIVE), "deny mount op=mount\n"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(steps, attributes_set_on_a_clone)
{
	const struct bh_trial trials[] = {
		ALLOWED(do_clone, CLONE(SOURCE, EMPTY, 0, MOUNT_ATTR_RDONLY),
			"default mount deny\nallow mount op=bind has=ro\n"),
		DENIED(do_clone, CLONE(SOURCE, EMPTY, 0, MOUNT_ATTR_NOEXEC),
		       "default mount deny\nallow mount op=bind has=ro\n",
		       "op=bind", "mflags=noexec target=\"" EMPTY "\""),
		/* What protects the source is not lifted from a clone of it. */
		DENIED(do_clone, CLONE(READONLY, EMPTY, 0, 0, MOUNT_ATTR_RDONLY),
		       "default mount deny\nallow mount op=bind\n", "op=remount", "mflags=nosuid"),
		ALLOWED(do_clone, CLONE(READONLY, EMPTY, 0, 0, MOUNT_ATTR_RDONLY),
			"default mount deny\nallow mount op=bind,remount\n"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

/* Trees */

#define TREE TOP "/tree"
#define SUB EMPTY "/sub"

/* A mount and one below it, which is protected. */
static void make_tree(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, mkdir(TREE, 0755));
	ASSERT_EQ(0, mount("tree", TREE, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(TREE "/sub", 0755));
	ASSERT_EQ(0, mount("sub", TREE "/sub", "tmpfs", MS_RDONLY | MS_NOSUID, NULL));
	ASSERT_EQ(0, mount(NULL, TREE "/sub", NULL,
			   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL));
}

/* 0 or EROFS: the latter if the mount at @place still has @flag. */
static int lacks_flag(const char *place, unsigned long flag)
{
	struct statvfs st;

	return statvfs(place, &st) ? errno : st.f_flag & flag ? EROFS : 0;
}

/* Attributes of a clone and of all below it. */
static int do_clone_deep(void *arg)
{
	const struct clone *clone = arg;
	struct mount_attr attr = { .attr_set = clone->set, .attr_clr = clone->clear };
	int fd = open_tree(AT_FDCWD, clone->from, OPEN_TREE_CLONE | AT_RECURSIVE), err;

	if (fd < 0)
		return errno;
	err = failed(mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)));
	if (!err)
		err = failed(move_mount(fd, "", AT_FDCWD, clone->to, MOVE_MOUNT_F_EMPTY_PATH));
	return err ?: lacks_flag(SUB, clone->clear & MOUNT_ATTR_NOSUID ? ST_NOSUID : 0);
}

TEST_F(steps, attributes_lifted_below_a_clone)
{
	const struct clone *lift = CLONE(TREE, EMPTY, 0, 0, MOUNT_ATTR_NOSUID);
	const struct bh_trial trials[] = {
		DENIED(do_clone_deep, lift, "default mount deny\nallow mount op=bind\n",
		       "op=remount", "mflags=rec"),
		ALLOWED(do_clone_deep, lift, "default mount deny\nallow mount op=bind,remount\n"),
		ALLOWED(do_clone_deep, CLONE(TREE, EMPTY, 0, MOUNT_ATTR_NOEXEC),
			"default mount deny\nallow mount op=bind has=noexec,rec\n"),
		DENIED(do_clone_deep, CLONE(TREE, EMPTY, 0, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID),
		       "deny mount op=remount\n", "op=remount"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	make_tree(_metadata);
	bh_try_all(_metadata, trials);
}

TEST_F(steps, a_recursive_clone_stays_one)
{
	const struct bh_trial trials[] = {
		DENIED(do_clone, CLONE(TREE, EMPTY, AT_RECURSIVE), "deny mount op=bind has=rec\n",
		       "op=bind", "mflags=rec source=\"" TREE "\" target=\"" EMPTY "\""),
		DENIED(do_clone, CLONE(TREE, EMPTY, AT_RECURSIVE),
		       "default mount deny\nallow mount op=bind lacks=rec\n", "op=bind"),
		ALLOWED(do_clone, CLONE(TREE, EMPTY),
			"default mount deny\nallow mount lacks=rec\n"),
		ALLOWED(do_clone, CLONE(TREE, EMPTY, AT_RECURSIVE),
			"default mount deny\nallow mount op=bind has=rec\n"),
	};

	make_tree(_metadata);
	bh_try_all(_metadata, trials);
}

static int make_nosuid(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	close(fs);
	return fd;
}

static int set_nosuid(int fd, unsigned int flags, bool on)
{
	struct mount_attr attr = { };

	*(on ? &attr.attr_set : &attr.attr_clr) = MOUNT_ATTR_NOSUID;
	return mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr));
}

/* One new mount hidden in another: what has changed below does not show at the top. */
static int do_hide(void *how)
{
	int top = make_nosuid(), below = make_nosuid();

	if (top < 0 || below < 0 || mkdirat(top, "sub", 0755))
		return 1;
	if (move_mount(below, "", top, "sub", MOVE_MOUNT_F_EMPTY_PATH))
		return errno;
	if (how ? set_nosuid(below, 0, false) :
	    set_nosuid(top, AT_RECURSIVE, false) || set_nosuid(top, 0, true))
		return errno;
	if (move_mount(top, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH))
		return errno;
	return lacks_flag(SUB, ST_NOSUID);
}

static int do_nest(void *unused)
{
	int top = make_nosuid(), below = make_nosuid();

	if (top < 0 || below < 0 || mkdirat(top, "sub", 0755))
		return 1;
	if (move_mount(below, "", top, "sub", MOVE_MOUNT_F_EMPTY_PATH))
		return errno;
	return failed(move_mount(top, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH));
}

#define ALLOW_NOSUID "default mount deny\nallow mount op=mount,umount has=nosuid\n"		\
	"allow mount op=umount\n"

TEST_F(steps, a_mount_hidden_in_another)
{
	const struct bh_trial trials[] = {
		DENIED(do_hide, 0UL, ALLOW_NOSUID, "op=remount"),
		/* The kernel itself changes no more than whole detached trees. */
		GIVES(EINVAL, EPERM, do_hide, 1UL, ALLOW_NOSUID, "verdict=deny", "op=remount"),
		ALLOWED(do_nest, NULL, ALLOW_NOSUID),
		ALLOWED(do_hide, 0UL, ALLOW_NOSUID "allow mount op=remount\n"),
	};
	const struct bh_env free = { .flags = NAMESPACES };

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	if (bh_run(&free, do_nest, NULL) == EINVAL)
		SKIP(return, "the kernel attaches nothing to what is detached");
	bh_try_all(_metadata, trials);
}

/* By a descriptor that has attached it before, a mount is moved. */
static int do_attach_twice(void *unused)
{
	int fd = make_nosuid();

	if (move_mount(fd, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH))
		return errno;
	return failed(move_mount(fd, "", AT_FDCWD, OTHER, MOVE_MOUNT_F_EMPTY_PATH));
}

TEST_F(steps, what_is_attached_is_moved)
{
	const struct bh_trial trials[] = {
		DENIED(do_attach_twice, NULL, ALLOW_NOSUID, "op=move",
		       "source=\"" EMPTY "\" target=\"" OTHER "\""),
		ALLOWED(do_attach_twice, NULL, ALLOW_NOSUID "allow mount op=move\n"),
	};

	bh_try_all(_metadata, trials);
}

/* In a mount namespace of its own, with the same descriptors: SOURCE is another place there. */
static int clone_elsewhere(void)
{
	if (unshare(CLONE_NEWNS) || mount(SECRET, SOURCE, NULL, MS_BIND, NULL))
		return 255;
	return open_tree(AT_FDCWD, SOURCE, OPEN_TREE_CLONE);
}

static int do_attach_from_elsewhere(void *unused)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	int status;

	if (!pid)
		_exit(clone_elsewhere());
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) == 255)
		return 1;
	return failed(move_mount(WEXITSTATUS(status), "", AT_FDCWD, EMPTY,
				 MOVE_MOUNT_F_EMPTY_PATH)) ?: failed(access(EMPTY "/file", F_OK));
}

TEST_F(steps, a_source_of_another_namespace_is_not_believed)
{
	const struct bh_trial trials[] = {
		DENIED(do_attach_from_elsewhere, NULL,
		       BIND_SOURCE "allow mount op=bind source=" SECRET " target=" SOURCE "\n",
		       "op=bind", "source=- target=\"" EMPTY "\""),
		ALLOWED(do_attach_from_elsewhere, NULL,
			"default mount deny\nallow mount op=bind\n"),
	};

	bh_try_all(_metadata, trials);
}

/* Changes of what is mounted */

struct change {
	const char *place;
	unsigned int flags;
	struct mount_attr attr;
};

#define CHANGE(...) (&(const struct change){ .place = __VA_ARGS__ })

static int do_change(void *arg)
{
	const struct change *change = arg;

	return failed(mount_setattr(AT_FDCWD, change->place, change->flags,
				    (struct mount_attr *)&change->attr, sizeof(change->attr)));
}

static int do_change_by_link(void *arg)
{
	return symlink(MOUNTED, LINK) && errno != EEXIST ? errno : do_change(arg);
}

static int do_lift(void *arg)
{
	int err = do_change(arg);

	return err ?: failed(mkdir(READONLY "/dir", 0755)) ?: failed(rmdir(READONLY "/dir"));
}

#define BOTH CHANGE(MOUNTED, 0, { MOUNT_ATTR_NOEXEC, .propagation = MS_SHARED })
#define LIFT CHANGE(READONLY, 0, { .attr_clr = MOUNT_ATTR_RDONLY })

/* open_tree and mount_setattr in one */

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

static bool lacks_open_tree_attr(void)
{
	return syscall(SYS_open_tree_attr, -1, "", 0, NULL, 0) && errno == ENOSYS;
}

static int do_clone_attr(void *arg)
{
	const struct clone *clone = arg;
	struct mount_attr attr = { .attr_set = clone->set, .attr_clr = clone->clear };
	int fd = syscall(SYS_open_tree_attr, AT_FDCWD, clone->from, OPEN_TREE_CLONE | clone->flags,
			 &attr, sizeof(attr));

	return fd < 0 ? errno :
	       failed(move_mount(fd, "", AT_FDCWD, clone->to, MOVE_MOUNT_F_EMPTY_PATH));
}

static int do_change_attr(void *arg)
{
	const struct change *change = arg;

	return failed(syscall(SYS_open_tree_attr, AT_FDCWD, change->place, change->flags,
			      &change->attr, sizeof(change->attr)));
}

/* Without attributes. */
static int do_clone_plain(void *from)
{
	return failed(syscall(SYS_open_tree_attr, AT_FDCWD, from, OPEN_TREE_CLONE, NULL, 0));
}

TEST_F(steps, open_tree_attr)
{
	const struct bh_trial trials[] = {
		ALLOWED(do_clone_attr, CLONE(SOURCE, EMPTY, 0, MOUNT_ATTR_RDONLY),
			"default mount deny\nallow mount op=bind source=" SOURCE " has=ro\n"),
		DENIED(do_clone_attr, CLONE(SECRET, EMPTY, 0, MOUNT_ATTR_RDONLY), BIND_SOURCE,
		       "op=bind fstype=\"tmpfs\" source=\"" SECRET "\" target=-"),
		DENIED(do_clone_attr, CLONE(SOURCE, EMPTY, 0, MOUNT_ATTR_NOEXEC),
		       "default mount deny\nallow mount op=bind has=ro\n",
		       "op=bind", "mflags=noexec target=\"" EMPTY "\""),
		DENIED(do_clone_attr, CLONE(READONLY, EMPTY, 0, 0, MOUNT_ATTR_RDONLY),
		       "default mount deny\nallow mount op=bind\n", "op=remount",
		       "mflags=nosuid target=-"),
		ALLOWED(do_clone_attr, CLONE(READONLY, EMPTY, 0, 0, MOUNT_ATTR_RDONLY),
			"default mount deny\nallow mount op=bind,remount\n"),
		/* Not of a clone: it is mount_setattr. */
		DENIED(do_change_attr, LIFT, "deny mount op=remount\n",
		       "op=remount mflags=nosuid fstype=\"tmpfs\" source=-",
		       "target=\"" READONLY "\""),
		ALLOWED(do_change_attr, LIFT, "default mount deny\n"
			"allow mount op=remount target=" READONLY "\n"),
		DENIED(do_change_attr, BOTH, "deny mount op=propagation\n", "op=propagation",
		       "target=\"" MOUNTED "\""),
		DENIED(do_clone_plain, SECRET, BIND_SOURCE, "op=bind", SECRET),
		ALLOWED(do_clone_plain, SOURCE, BIND_SOURCE),
	};

	if (lacks_open_tree_attr())
		SKIP(return, "the kernel has no open_tree_attr");
	bh_try_all(_metadata, trials);
}

/* Attributes of a clone and of what is mounted below it, in one call. */
static int do_clone_attr_deep(void *clone)
{
	return do_clone_attr(clone) ?: lacks_flag(SUB, ST_NOSUID);
}

TEST_F(steps, open_tree_attr_lifts_nothing_below)
{
	const struct clone *lift = CLONE(TREE, EMPTY, AT_RECURSIVE, 0, MOUNT_ATTR_NOSUID);
	const struct bh_trial trials[] = {
		DENIED(do_clone_attr_deep, lift, "default mount deny\nallow mount op=bind\n",
		       "op=remount", "mflags=rec"),
		DENIED(do_clone_attr_deep, lift, "deny mount op=remount lacks=nosuid\n",
		       "op=remount", "mflags=rec"),
		ALLOWED(do_clone_attr_deep, lift,
			"default mount deny\nallow mount op=bind,remount\n"),
		/* Not of what lies below. */
		GIVES(EROFS, EROFS, do_clone_attr_deep,
		      CLONE(TREE, EMPTY, AT_RECURSIVE, MOUNT_ATTR_NOEXEC),
		      "default mount deny\nallow mount op=bind has=noexec\n"),
	};

	if (lacks_open_tree_attr())
		SKIP(return, "the kernel has no open_tree_attr");
	make_tree(_metadata);
	bh_try_all(_metadata, trials);
}

/* A mount namespace of its own */

#define INTO_NAMESPACE 2	/* OPEN_TREE_NAMESPACE and FSMOUNT_NAMESPACE */

static int do_clone_alone(void *arg)
{
	const struct clone *clone = arg;

	return failed(open_tree(AT_FDCWD, clone->from, INTO_NAMESPACE | clone->flags));
}

/* By a descriptor and no name, through the call that takes attributes. */
static int do_clone_alone_fd(void *dir)
{
	int at = open(dir, O_PATH);

	return failed(syscall(SYS_open_tree_attr, at, "", AT_EMPTY_PATH | INTO_NAMESPACE, NULL, 0));
}

static int do_make_alone(void *arg)
{
	const struct make *make = arg;
	int fs = fsopen(make->type, FSOPEN_CLOEXEC);

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", make->source, 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return 1;
	return failed(fsmount(fs, INTO_NAMESPACE, make->attr));
}

TEST_F(steps, into_a_mount_namespace_of_its_own)
{
	const struct bh_trial trials[] = {
		DENIED(do_clone_alone, CLONE(SECRET), BIND_SOURCE,
		       "op=bind mflags= fstype=\"tmpfs\" source=\"" SECRET "\" target=\"/\""),
		ALLOWED(do_clone_alone, CLONE(SOURCE), "default mount deny\n"
			"allow mount op=bind source=" SOURCE " target=/ lacks=rec\n"),
		DENIED(do_clone_alone, CLONE(SOURCE), "default mount deny\n"
		       "allow mount op=bind source=" SOURCE " target=" EMPTY "\n",
		       "source=\"" SOURCE "\" target=\"/\""),
		DENIED(do_clone_alone, CLONE(TOP, NULL, AT_RECURSIVE), "deny mount has=rec\n",
		       "mflags=rec source=\"" TOP "\" target=\"/\""),
		DENIED(do_clone_alone_fd, SECRET, BIND_SOURCE, "op=bind", SECRET, "target=\"/\""),
		ALLOWED(do_clone_alone_fd, SOURCE, BIND_SOURCE),
		DENIED(do_make_alone, TMPFS, "default mount deny\n"
		       "allow mount op=mount fstype=tmpfs source=word target=" EMPTY "\n",
		       "op=mount mflags=- fstype=\"tmpfs\" source=\"word\" target=\"/\""),
		ALLOWED(do_make_alone, TMPFS, "default mount deny\n"
			"allow mount op=mount fstype=tmpfs source=word target=/\n"),
		DENIED(do_make_alone, MAKE("tmpfs", "word", NULL, MOUNT_ATTR_NOSUID),
		       "deny mount has=nosuid\n", "mflags=nosuid target=\"/\""),
	};

	if (do_clone_alone((void *)CLONE(SOURCE)))
		SKIP(return, "the kernel makes no mount namespaces so");
	bh_try_all(_metadata, trials);
}

TEST_F(steps, mount_setattr)
{
	const struct bh_trial trials[] = {
		DENIED(do_lift, LIFT, "deny mount op=remount\n",
		       "op=remount mflags=nosuid fstype=\"tmpfs\" source=-",
		       "target=\"" READONLY "\""),
		ALLOWED(do_lift, LIFT, "default mount deny\n"
			"allow mount op=remount target=" READONLY " has=nosuid lacks=ro\n"),
		DENIED(do_lift, LIFT, "default mount deny\nallow mount op=remount has=ro\n",
		       "op=remount", "mflags=nosuid"),
		DENIED(do_lift, LIFT,
		       "default mount deny\nallow mount op=propagation,setattr,bind,mount\n",
		       "op=remount"),
		DENIED(do_change, CHANGE(MOUNTED, AT_RECURSIVE, { .attr_set = MOUNT_ATTR_RDONLY }),
		       "deny mount op=remount has=rec\n", "mflags=ro,rec"),
		ALLOWED(do_change, CHANGE(MOUNTED, 0, { .attr_set = MOUNT_ATTR_RDONLY }),
			"deny mount op=remount has=rec\n"),
		DENIED(do_change, CHANGE(MOUNTED, 0, { MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME }),
		       "deny mount op=remount has=strictatime\n", "mflags=strictatime"),
		GIVES(EINVAL, EINVAL, do_change_by_link,
		      CHANGE(LINK, AT_SYMLINK_NOFOLLOW, { .attr_set = MOUNT_ATTR_RDONLY }),
		      "deny mount op=remount target=" MOUNTED "\n"),
		DENIED(do_change_by_link, CHANGE(LINK, 0, { .attr_set = MOUNT_ATTR_RDONLY }),
		       "deny mount op=remount target=" MOUNTED "\n", "target=\"" MOUNTED "\""),
		DENIED(do_change, CHANGE(MOUNTED, 0, { .propagation = MS_SHARED }),
		       "deny mount op=propagation\n", "op=propagation", "target=\"" MOUNTED "\""),
		ALLOWED(do_change, CHANGE(MOUNTED, 0, { .propagation = MS_SHARED }),
			"default mount deny\nallow mount op=propagation target=" MOUNTED "\n"),
		DENIED(do_change, BOTH,
		       "default mount deny\nallow mount op=remount\n", "op=propagation"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

static int do_share(void *flags)
{
	return failed(mount(NULL, MOUNTED, NULL, MS_SHARED | (uintptr_t)flags, NULL));
}

/* By mount(2) and by mount_setattr alike. */
TEST_F(steps, propagation_has_a_type)
{
	const struct change *share = CHANGE(MOUNTED, 0, { .propagation = MS_SHARED });
	const char *allow = "default mount deny\nallow mount op=propagation fstype=tmpfs\n";
	const struct bh_trial trials[] = {
		DENIED(do_share, 0UL, "deny mount op=propagation fstype=tmpfs\n", "rule=2",
		       "op=propagation mflags=- fstype=\"tmpfs\""),
		DENIED(do_share, MS_REC, "deny mount op=propagation fstype!=ext4\n", "rule=2",
		       "op=propagation mflags=rec fstype=\"tmpfs\""),
		ALLOWED(do_share, 0UL, allow),
	};
	const struct bh_trial newer[] = {
		DENIED(do_change, share, "deny mount op=propagation fstype=tmpfs\n", "rule=2",
		       "op=propagation mflags=- fstype=\"tmpfs\""),
		ALLOWED(do_change, share, allow),
	};

	bh_try_all(_metadata, trials);
	if (!lacks_setattr())
		bh_try_all(_metadata, newer);
}

static int do_idmap(void *unused)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };

	attr.userns_fd = open("/proc/self/ns/user", O_RDONLY);
	return failed(mount_setattr(AT_FDCWD, MOUNTED, 0, &attr, sizeof(attr)));
}

TEST_F(steps, an_idmap_is_setattr)
{
	/* The initial user namespace is no mapping, which the kernel says at once. */
	const struct bh_trial trials[] = {
		GIVES(EPERM, EPERM, do_idmap, NULL, "default mount deny\nallow mount op=remount\n",
		      "verdict=deny", "op=setattr", "target=\"" MOUNTED "\""),
		GIVES(EPERM, EPERM, do_idmap, NULL, "default mount deny\nallow mount op=setattr\n"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

static int do_bad_setattr(void *how)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	switch ((uintptr_t)how) {
	case 0:
		return failed(syscall(SYS_mount_setattr, AT_FDCWD, MOUNTED, 0, &attr, 8));
	case 1:
		return failed(syscall(SYS_mount_setattr, AT_FDCWD, MOUNTED, 0, &attr, 1 << 20));
	case 2:
		return failed(syscall(SYS_mount_setattr, AT_FDCWD, MOUNTED, 0, NULL, sizeof(attr)));
	case 3:
		return failed(syscall(SYS_mount_setattr, AT_FDCWD, TOP "/none", 0, &attr,
				      sizeof(attr)));
	case 4:
		attr.attr_set = 1ULL << 60;
		return failed(syscall(SYS_mount_setattr, AT_FDCWD, MOUNTED, 0, &attr,
				      sizeof(attr)));
	default:
		return failed(syscall(SYS_mount_setattr, AT_FDCWD, MOUNTED, 1 << 30, &attr,
				      sizeof(attr)));
	}
}

TEST_F(steps, mistakes_are_answered_as_ever)
{
	const struct bh_trial trials[] = {
		GIVES(EINVAL, EINVAL, do_bad_setattr, 0UL, "allow mount\n"),
		GIVES(E2BIG, E2BIG, do_bad_setattr, 1UL, "allow mount\n"),
		GIVES(EFAULT, EFAULT, do_bad_setattr, 2UL, "allow mount\n"),
		GIVES(ENOENT, ENOENT, do_bad_setattr, 3UL, "allow mount\n"),
		GIVES(EINVAL, EINVAL, do_bad_setattr, 4UL, "allow mount\n"),
		GIVES(EINVAL, EINVAL, do_bad_setattr, 5UL, "allow mount\n"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

static int reconfigure(int fs, const char *flag)
{
	int err;

	if (fs < 0)
		return errno;
	err = failed(fsconfig(fs, FSCONFIG_SET_FLAG, flag, NULL, 0));
	return err ?: failed(fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

static int do_pick(void *flag)
{
	return reconfigure(fspick(AT_FDCWD, MOUNTED, FSPICK_CLOEXEC), flag);
}

static int do_pick_by_descriptor(void *flag)
{
	int fd = open(MOUNTED, O_PATH | O_CLOEXEC);

	return reconfigure(fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT), flag);
}

TEST_F(steps, fspick_is_a_remount)
{
	const struct bh_trial trials[] = {
		DENIED(do_pick, "ro", "deny mount op=remount\n",
		       "op=remount mflags=- fstype=\"tmpfs\" source=- target=\"" MOUNTED "\""),
		DENIED(do_pick, "ro", "deny mount op=remount has=ro\n",
		       "op=remount", "mflags=ro target=\"" MOUNTED "\""),
		DENIED(do_pick_by_descriptor, "ro", "deny mount op=remount target=" MOUNTED "\n",
		       "op=remount", "mflags=- target=\"" MOUNTED "\""),
		ALLOWED(do_pick, "ro", "default mount deny\n"
			"allow mount op=remount target=" MOUNTED " has=ro\n"),
		DENIED(do_pick, "ro", "default mount deny\n"
		       "allow mount op=remount target=" OTHER "\n", "target=\"" MOUNTED "\""),
		DENIED(do_pick, "sync", "default mount deny\nallow mount op=remount has=dirsync\n",
		       "op=remount", "sync"),
	};

	bh_try_all(_metadata, trials);
}

/* Made by the host before, which left no word of what it is. */
static int handed_in;

static int do_attach_handed_in(void *unused)
{
	return failed(move_mount(handed_in, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH));
}

static void make_handed_in(struct __test_metadata *_metadata)
{
	handed_in = open_tree(AT_FDCWD, SOURCE, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	ASSERT_LE(0, handed_in);
}

TEST_F(steps, what_is_handed_in_may_be_anything)
{
	const struct bh_trial trials[] = {
		DENIED(do_attach_handed_in, NULL, "deny mount op=mount\n", "op=mount",
		       "target=\"" EMPTY "\""),
		DENIED(do_attach_handed_in, NULL, "deny mount op=bind\n", "op=bind"),
		DENIED(do_attach_handed_in, NULL, "default mount deny\nallow mount op=mount\n",
		       "op=bind"),
		ALLOWED(do_attach_handed_in, NULL,
			"default mount deny\nallow mount op=mount,bind\n"),
	};
	const struct bh_env free = { .flags = trials[0].flags };
	size_t i;

	make_handed_in(_metadata);
	EXPECT_EQ(0, bh_run(&free, do_attach_handed_in, NULL));
	close(handed_in);
	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		make_handed_in(_metadata);
		bh_try_with(_metadata, &trials[i]);
		close(handed_in);
	}
}

static int do_set_group(void *unused)
{
	if (mount(NULL, MOUNTED, NULL, MS_SHARED, NULL))
		return 1;
	if (mount(MOUNTED, EMPTY, NULL, MS_BIND, NULL) ||
	    mount(NULL, EMPTY, NULL, MS_PRIVATE, NULL))
		return 2;
	return failed(syscall(SYS_move_mount, AT_FDCWD, MOUNTED, AT_FDCWD, EMPTY, 0x100));
}

TEST_F(steps, a_group_is_joined_by_propagation)
{
	const struct bh_trial trials[] = {
		DENIED(do_set_group, NULL, "deny mount op=propagation source=" MOUNTED "\n",
		       "op=propagation", "source=\"" MOUNTED "\" target=\"" EMPTY "\""),
		ALLOWED(do_set_group, NULL, "deny mount op=move\n"),
	};

	bh_try_all(_metadata, trials);
}

/* What a call is given changes between two looks: of the check, and of the kernel */

#define BOUND_RO TOP "/bound-ro"

/*
 * Tries something twice. The first time TURNING leads to what is allowed, and elsewhere if it
 * is followed a second time meanwhile: so no chance decides whether the window is hit. The
 * second time it leads to what is not allowed at once.
 */
static int do_twice(void *once)
{
	int err;

	begin_turning();
	err = ((int (*)(void))once)();
	return err == EPERM ? EACCES : err ? ((int (*)(void))once)() : 0;
}

/* 0 if the secret can be written to through the clone. */
static int reach_secret(int clone)
{
	int err;

	if (clone < 0)
		return errno;
	err = failed(faccessat(clone, "file", W_OK, 0));
	close(clone);
	return err;
}

static int clone_once(void)
{
	return reach_secret(open_tree(AT_FDCWD, TURNING, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

static int clone_attr_once(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOEXEC };

	return reach_secret(syscall(SYS_open_tree_attr, AT_FDCWD, TURNING, OPEN_TREE_CLONE, &attr,
				    sizeof(attr)));
}

static int bind_once(void)
{
	int err;

	if (mount(TURNING, EMPTY, NULL, MS_BIND, NULL))
		return errno;
	err = failed(access(EMPTY "/file", W_OK));
	umount2(EMPTY, MNT_DETACH);
	return err;
}

/* 0 if it is the read-only mount that came to lie there. */
static int move_once(void)
{
	if (mount(TURNING, EMPTY, NULL, MS_MOVE, NULL))
		return errno;
	return lacks_flag(EMPTY, ST_RDONLY) ? 0 : EAGAIN;
}

static int lift_once(void)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	return failed(mount_setattr(AT_FDCWD, TURNING, 0, &attr, sizeof(attr))) ?:
	       failed(access(READONLY, W_OK));
}

static int lift_attr_once(void)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	return failed(syscall(SYS_open_tree_attr, AT_FDCWD, TURNING, 0, &attr, sizeof(attr))) ?:
	       failed(access(READONLY, W_OK));
}

/* The kernel picks what the name leads to when it is followed the second time. */
static int do_pick_turning(void *unused)
{
	begin_turning();
	return failed(fspick(AT_FDCWD, TURNING, FSPICK_CLOEXEC));
}

#define ALLOW_OF(operation, key, place)						\
	"default mount deny\nallow mount op=umount\n"				\
	"allow mount op=" operation " " key "=" place "\n"

/* With a name that leads to @first and then to @second. */
#define try_turning(metadata, first, second, trials)				\
do {										\
	pid_t server_ = serve_turning(metadata, first, second);			\
										\
	if (server_ < 0)							\
		SKIP(return, NO_FUSE);						\
	bh_try_all(metadata, trials);						\
	end_serving(metadata, server_);						\
} while (0)

TEST_F(steps, a_source_that_turns_into_another)
{
	const struct bh_trial trials[] = {
		DENIED(do_twice, clone_once, ALLOW_OF("bind", "source", SOURCE), "op=bind", SECRET),
		DENIED(do_twice, bind_once, ALLOW_OF("bind", "source", SOURCE), "op=bind", SECRET),
	};

	try_turning(_metadata, SOURCE, SECRET, trials);
}

/* Two mounts of one directory, of which the one that is allowed cannot be written to. */
static void bind_read_only(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, mkdir(BOUND_RO, 0755));
	ASSERT_EQ(0, mount(SECRET, BOUND_RO, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, BOUND_RO, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

TEST_F(steps, a_source_that_turns_into_another_mount_of_the_same)
{
	const struct bh_trial trials[] = {
		DENIED(do_twice, clone_once, ALLOW_OF("bind", "source", BOUND_RO), "op=bind",
		       "source=\"" SECRET "\""),
		DENIED(do_twice, bind_once, ALLOW_OF("bind", "source", BOUND_RO), "op=bind",
		       "source=\"" SECRET "\""),
	};

	bind_read_only(_metadata);
	try_turning(_metadata, BOUND_RO, SECRET, trials);
}

TEST_F(steps, a_source_of_open_tree_attr_that_turns)
{
	const struct bh_trial trials[] = {
		DENIED(do_twice, clone_attr_once, ALLOW_OF("bind", "source", BOUND_RO), "op=bind",
		       "source=\"" SECRET "\""),
	};

	if (lacks_open_tree_attr())
		SKIP(return, "the kernel has no open_tree_attr");
	bind_read_only(_metadata);
	try_turning(_metadata, BOUND_RO, SECRET, trials);
}

TEST_F(steps, a_mount_that_turns_into_another)
{
	const struct bh_trial trials[] = {
		DENIED(do_twice, move_once, ALLOW_OF("move", "source", MOUNTED), "op=move",
		       "source=\"" READONLY "\""),
		/* It is not the one that was judged: its path is not told. */
		DENIED(do_pick_turning, NULL, ALLOW_OF("remount", "target", MOUNTED),
		       "op=remount", "target=-"),
	};

	try_turning(_metadata, MOUNTED, READONLY, trials);
}

TEST_F(steps, a_mount_whose_attributes_change_turns_into_another)
{
	const struct bh_trial trials[] = {
		DENIED(do_twice, lift_once, ALLOW_OF("remount", "target", MOUNTED), "op=remount",
		       "target=\"" READONLY "\""),
	};
	const struct bh_trial newer[] = {
		DENIED(do_twice, lift_attr_once, ALLOW_OF("remount", "target", MOUNTED),
		       "op=remount", "target=\"" READONLY "\""),
	};
	pid_t server;

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	server = serve_turning(_metadata, MOUNTED, READONLY);
	if (server < 0)
		SKIP(return, NO_FUSE);
	bh_try_all(_metadata, trials);
	if (!lacks_open_tree_attr())
		bh_try_all(_metadata, newer);
	end_serving(_metadata, server);
}

/* Attributes in memory that is shared with the server of TURNING. */
static struct mount_attr *shared_attr;

static void turn_attr(void)
{
	shared_attr->attr_set = 0;
	shared_attr->attr_clr = MOUNT_ATTR_RDONLY;
}

static int change_attr(long by)
{
	int err = failed(syscall(by, AT_FDCWD, TURNING, 0, shared_attr, sizeof(*shared_attr)));

	return err ?: failed(access(READONLY, W_OK));
}

/*
 * While the path of the first call is followed, the attributes come to be others. The kernel
 * has copied them by then; the second call has what they have become.
 */
static int do_turn_attr(void *by)
{
	int err;

	*shared_attr = (struct mount_attr){ .attr_set = MOUNT_ATTR_NOEXEC };
	err = change_attr((long)by);
	if (err == EROFS && shared_attr->attr_clr)
		return change_attr((long)by);
	return err ? EACCES : 0;
}

TEST_F(steps, attributes_that_turn_into_others)
{
	const struct bh_trial trials[] = {
		DENIED(do_turn_attr, SYS_mount_setattr, "deny mount op=remount lacks=ro\n",
		       "op=remount"),
	};
	const struct bh_trial newer[] = {
		DENIED(do_turn_attr, SYS_open_tree_attr, "deny mount op=remount lacks=ro\n",
		       "op=remount"),
	};
	pid_t server;

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	shared_attr = (void *)bh_shared();
	ASSERT_EQ(0, symlink(READONLY, LINK));
	server = serve_link(_metadata, turn_attr);
	if (server < 0)
		SKIP(return, NO_FUSE);
	bh_try_all(_metadata, trials);
	if (!lacks_open_tree_attr())
		bh_try_all(_metadata, newer);
	end_serving(_metadata, server);
}

/* Flags and attachment, against a thread that changes them in between */

struct toggled {
	int fd;
	bool other;
};

static void toggle(void *arg)
{
	int fd = __atomic_load_n(&((struct toggled *)arg)->fd, __ATOMIC_RELAXED);

	if (fd < 0)
		return;
	set_nosuid(fd, 0, false);
	set_nosuid(fd, 0, true);
}

/* A mount that is made nosuid is attached without. */
static enum bh_race_try attach_toggled(void *arg)
{
	enum bh_race_try told = BH_RACE_MISSED;
	struct toggled *toggled = arg;
	int fd = make_nosuid();

	__atomic_store_n(&toggled->fd, fd, __ATOMIC_RELAXED);
	bh_race_pause();
	if (move_mount(fd, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH)) {
		told = errno == EBUSY || errno == EPERM ? BH_RACE_HIT : BH_RACE_MISSED;
	} else {
		/* What was decided while it was detached may still be under way. */
		sched_yield();
		told = lacks_flag(EMPTY, ST_NOSUID) ? BH_RACE_MISSED : BH_RACE_BAD;
		umount2(EMPTY, MNT_DETACH);
	}
	__atomic_store_n(&toggled->fd, -1, __ATOMIC_RELAXED);
	close(fd);
	return told;
}

static void attach_other(void *arg)
{
	int fd = __atomic_load_n(&((struct toggled *)arg)->fd, __ATOMIC_RELAXED);

	if (fd >= 0)
		move_mount(fd, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH);
}

/* What one thread has attached the other one does not move away by attaching it. */
static enum bh_race_try attach_twice(void *arg)
{
	enum bh_race_try told = BH_RACE_MISSED;
	struct stat made, there;
	struct toggled *toggled = arg;
	int fd = make_nosuid();

	__atomic_store_n(&toggled->fd, fd, __ATOMIC_RELAXED);
	bh_race_pause();
	if (move_mount(fd, "", AT_FDCWD, OTHER, MOVE_MOUNT_F_EMPTY_PATH)) {
		told = errno == EBUSY || errno == EPERM ? BH_RACE_HIT : BH_RACE_MISSED;
	} else {
		sched_yield();
		if (!fstat(fd, &made) && !stat(OTHER, &there) && made.st_dev != there.st_dev)
			told = BH_RACE_BAD;
	}
	__atomic_store_n(&toggled->fd, -1, __ATOMIC_RELAXED);
	umount2(OTHER, MNT_DETACH);
	umount2(EMPTY, MNT_DETACH);
	close(fd);
	return told;
}

static int run_race(struct bh_race *race)
{
	struct toggled toggled = { .fd = -1 };
	int err;

	race->arg = &toggled;
	/* A machine that is busy gives two threads few chances. */
	race->milliseconds = 90000;
	race->enough = 20;
	err = bh_race(race);
	if (err)
		return err;
	return race->seen[BH_RACE_BAD] ? EEXIST : race->seen[BH_RACE_HIT] ? 0 : EAGAIN;
}

static int race_toggle(void *unused)
{
	return run_race(&(struct bh_race){ .act = attach_toggled, .rival = toggle });
}

static int race_attach(void *unused)
{
	return run_race(&(struct bh_race){ .act = attach_twice, .rival = attach_other });
}

TEST_F_TIMEOUT(steps, threads_do_not_win_by_flags, 600)
{
	const struct bh_trial trials[] = {
		GIVES(EEXIST, 0, race_toggle, NULL, ALLOW_NOSUID, "verdict=deny"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

/* Does the root of a mount namespace lack nosuid? */
static int look_inside(void *fd)
{
	return setns((uintptr_t)fd, CLONE_NEWNS) ? 1 : lacks_flag("/", ST_NOSUID) ? 2 : 3;
}

static enum bh_race_try clone_toggled(void *arg)
{
	enum bh_race_try told = BH_RACE_MISSED;
	struct toggled *toggled = arg;
	int fd = make_nosuid(), ns;

	__atomic_store_n(&toggled->fd, fd, __ATOMIC_RELAXED);
	bh_race_pause();
	ns = open_tree(fd, "", AT_EMPTY_PATH | INTO_NAMESPACE);
	if (ns < 0)
		told = errno == EBUSY || errno == EPERM ? BH_RACE_HIT : BH_RACE_MISSED;
	else if (bh_child(look_inside, (void *)(uintptr_t)ns) == 3)
		told = BH_RACE_BAD;
	__atomic_store_n(&toggled->fd, -1, __ATOMIC_RELAXED);
	close(ns);
	close(fd);
	return told;
}

static int race_namespace(void *unused)
{
	return run_race(&(struct bh_race){ .act = clone_toggled, .rival = toggle });
}

TEST_F_TIMEOUT(steps, threads_do_not_win_by_flags_of_a_namespace, 600)
{
	const struct bh_trial trials[] = {
		GIVES(EEXIST, 0, race_namespace, NULL, ALLOW_NOSUID, "verdict=deny"),
	};

	if (do_clone_alone((void *)CLONE(SOURCE)))
		SKIP(return, "the kernel makes no mount namespaces so");
	bh_try_all(_metadata, trials);
}

TEST_F_TIMEOUT(steps, threads_do_not_move_by_attaching, 600)
{
	const struct bh_trial trials[] = {
		GIVES(EEXIST, 0, race_attach, NULL, ALLOW_NOSUID, "verdict=deny", "op=move"),
	};

	bh_try_all(_metadata, trials);
}

/* By int 0x80: the arguments lie below 4 GiB. */

static long call_32(long nr, long a, long b, long c, long d, long e)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory", "r8", "r9",
			   "r10", "r11");
	return ret;
}

static int do_32(void *how)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct mount_attr *attr = (void *)(low + 256);
	long ret;

	if (low == MAP_FAILED)
		return 1;
	switch ((uintptr_t)how) {
	case 0:
		strcpy(low, "tmpfs");
		ret = call_32(430, (long)low, 0, 0, 0, 0);
		break;
	case 1:
		strcpy(low, SECRET);
		ret = call_32(428, AT_FDCWD, (long)low, OPEN_TREE_CLONE, 0, 0);
		break;
	case 2:
		strcpy(low, MOUNTED);
		ret = call_32(433, AT_FDCWD, (long)low, 0, 0, 0);
		break;
	default:
		strcpy(low, READONLY);
		attr->attr_clr = MOUNT_ATTR_RDONLY;
		ret = call_32(442, AT_FDCWD, (long)low, 0, (long)attr, sizeof(*attr));
		if (!ret)
			ret = -failed(mkdir(READONLY "/dir", 0755) ?: rmdir(READONLY "/dir"));
	}
	return ret < 0 ? -ret : 0;
}

TEST_F(steps, thirty_two_bit_entries)
{
	const struct bh_trial trials[] = {
		DENIED(do_32, 0UL, "deny mount fstype=tmpfs\n", "op=mount"),
		DENIED(do_32, 1UL, BIND_SOURCE, "op=bind", SECRET),
		DENIED(do_32, 2UL, "deny mount op=remount target=" MOUNTED "\n", "op=remount"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(steps, thirty_two_bit_setattr)
{
	const struct bh_trial trials[] = {
		DENIED(do_32, 3UL, "deny mount op=remount lacks=ro\n", "op=remount"),
		ALLOWED(do_32, 3UL, "deny mount op=remount has=ro\n"),
	};

	if (lacks_setattr())
		SKIP(return, NO_SETATTR);
	bh_try_all(_metadata, trials);
}

TEST_HARNESS_MAIN
