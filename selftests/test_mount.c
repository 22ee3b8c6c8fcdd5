// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount: mount(2), umount2(2), pivot_root(2) and move_mount(2) in private mount
 * namespaces.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "trial.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

/* A file system of each test's own; each act gets a copy of the mounts. */
#define TOP "/tmp/m"
#define EMPTY TOP "/empty"
#define OTHER TOP "/other"
#define SOURCE TOP "/source"
#define MOUNTED TOP "/mounted"
#define INNER MOUNTED "/inner"
#define MASKED TOP "/masked"
#define ROOT TOP "/root"
#define JAIL TOP "/jail"
#define NODE TOP "/node"

#define DENY "default mount deny\n"
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS)
#define KILLED (1000 + SIGKILL)

#define GIVES(before, after, what, call, policy, ...) {				\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = (void *)(call), .flags = NAMESPACES, .words = { __VA_ARGS__ },	\
}

#define DENIED(what, call, policy, ...)						\
	GIVES(0, EPERM, what, call, policy, "verdict=deny class=mount", __VA_ARGS__)

#define ALLOWED(what, call, policy) GIVES(0, 0, what, call, policy)

/* The arguments of mount(2). */
struct call {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
	const char *data;
};

static int do_mount(void *arg)
{
	const struct call *call = arg;

	return mount(call->source, call->target, call->type, call->flags, call->data) ? errno : 0;
}

static const struct call tmpfs_on_empty = { .source = "word", EMPTY, "tmpfs" };

static void make_tree(struct __test_metadata *_metadata)
{
	static const char *const dirs[] = {
		EMPTY, OTHER, SOURCE, SOURCE "/sub", MOUNTED, ROOT, JAIL, JAIL "/in",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		ASSERT_EQ(0, mkdir(dirs[i], 0755));
	bh_make_file(MASKED, "secret\n", 0644);
	ASSERT_EQ(0, symlink("empty", TOP "/link"));
	ASSERT_EQ(0, symlink("source", TOP "/source-link"));
	ASSERT_EQ(0, mknod(NODE, S_IFBLK | 0600, makedev(7, 0)));
	ASSERT_EQ(0, symlink("node", TOP "/node-link"));
}

FIXTURE(mounts) {};

FIXTURE_SETUP(mounts)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	make_tree(_metadata);
	ASSERT_EQ(0, mount("one", MOUNTED, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(INNER, 0755));
	ASSERT_EQ(0, mount("/dev/null", MASKED, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount("two", ROOT, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(ROOT "/old", 0755));
	ASSERT_EQ(0, mkdir(ROOT "/place", 0755));
}

FIXTURE_TEARDOWN(mounts)
{
}

/* Other calls */

struct umount_call {
	const char *target;
	int flags;
};

static int do_umount(void *arg)
{
	const struct umount_call *call = arg;
	int ret = umount2(call->target, call->flags);

	/* The first call but marks the mount. */
	if (ret && errno == EAGAIN && call->flags & MNT_EXPIRE)
		ret = umount2(call->target, call->flags);
	return ret ? errno : 0;
}

static int do_pivot_root(void *arg)
{
	return syscall(SYS_pivot_root, ROOT, ROOT "/old") ? errno : 0;
}

static int do_move_mount(void *arg)
{
	return move_mount(AT_FDCWD, MOUNTED, AT_FDCWD, EMPTY, 0) ? errno : 0;
}

/* Without a name: by descriptors of both places. */
static int do_move_mount_by_fd(void *arg)
{
	int from = open(MOUNTED, O_PATH | O_CLOEXEC), to = open(EMPTY, O_PATH | O_CLOEXEC);
	int ret = move_mount(from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	return ret ? errno : 0;
}

static int attach(int fd)
{
	int err;

	if (fd < 0)
		return errno;
	err = move_mount(fd, "", AT_FDCWD, EMPTY, MOVE_MOUNT_F_EMPTY_PATH) ? errno : 0;
	close(fd);
	return err;
}

static int do_fsmount(void *attr)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), err = 0;

	if (fs < 0)
		return errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		err = errno;
	if (!err)
		err = attach(fsmount(fs, FSMOUNT_CLOEXEC, (uintptr_t)attr));
	close(fs);
	return err;
}

static int do_open_tree(void *dir)
{
	return attach(open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

/* Operations */

static const char *const ops[] = {
	"mount", "bind", "move", "remount", "propagation", "umount", "pivot_root",
};

/**
 * struct operation - one way to ask for an operation
 * @op: what it is
 * @act: how it is done
 * @arg: argument of @act
 * @exact: conditions that hold for it, and all of which are known only at its end
 * @words: what the event says of it
 */
struct operation {
	const char *op;
	int (*act)(void *arg);
	const void *arg;
	const char *exact;
	const char *words[2];
};

#define CALL(...) (&(const struct call){ .source = __VA_ARGS__ })
#define UMOUNT(...) (&(const struct umount_call){ .target = __VA_ARGS__ })

#define SHOWN(op, fstype, source, target, flags)					\
	" op=" op " mflags=" flags " fstype=" fstype " source=" source " target=\"" target "\""

static const struct operation operations[] = {
	{ "mount", do_mount, CALL("word", EMPTY, "tmpfs", MS_NOSUID | MS_NOEXEC),
	  "fstype=tmpfs source=word target=" EMPTY " has=nosuid,noexec lacks=ro,rec",
	  { SHOWN("mount", "\"tmpfs\"", "\"word\"", EMPTY, "nosuid,noexec") } },
	{ "mount", do_mount, CALL(NULL, EMPTY, "tmpfs"),
	  "fstype=tmpfs source!=** target=" EMPTY,
	  { SHOWN("mount", "\"tmpfs\"", "-", EMPTY, "-") } },
	{ "bind", do_mount, CALL(SOURCE, EMPTY, NULL, MS_BIND),
	  "fstype=tmpfs source=" SOURCE " target=" EMPTY " lacks=rec",
	  { SHOWN("bind", "\"tmpfs\"", "\"" SOURCE "\"", EMPTY, "-") } },
	{ "bind", do_mount, CALL(TOP, EMPTY, NULL, MS_BIND | MS_REC),
	  "fstype=tmpfs source=" TOP " target=" EMPTY " has=rec",
	  { SHOWN("bind", "\"tmpfs\"", "\"" TOP "\"", EMPTY, "rec") } },
	{ "move", do_mount, CALL(MOUNTED, EMPTY, NULL, MS_MOVE),
	  "fstype=tmpfs source=" MOUNTED " target=" EMPTY,
	  { SHOWN("move", "\"tmpfs\"", "\"" MOUNTED "\"", EMPTY, "-") } },
	{ "move", do_move_mount, NULL, "fstype=tmpfs source=" MOUNTED " target=" EMPTY,
	  { SHOWN("move", "\"tmpfs\"", "\"" MOUNTED "\"", EMPTY, "-") } },
	{ "move", do_move_mount_by_fd, NULL, "fstype=tmpfs source=" MOUNTED " target=" EMPTY,
	  { SHOWN("move", "\"tmpfs\"", "\"" MOUNTED "\"", EMPTY, "-") } },
	{ "remount", do_mount, CALL(NULL, MOUNTED, NULL, MS_REMOUNT | MS_RDONLY),
	  "fstype=tmpfs target=" MOUNTED " has=ro",
	  { SHOWN("remount", "\"tmpfs\"", "-", MOUNTED, "ro") } },
	{ "remount", do_mount, CALL(NULL, MOUNTED, NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC),
	  "fstype=tmpfs target=" MOUNTED " has=noexec lacks=ro",
	  { SHOWN("remount", "\"tmpfs\"", "-", MOUNTED, "noexec") } },
	{ "propagation", do_mount, CALL(NULL, MOUNTED, NULL, MS_SHARED),
	  "fstype=tmpfs target=" MOUNTED,
	  { SHOWN("propagation", "\"tmpfs\"", "-", MOUNTED, "-") } },
	{ "propagation", do_mount, CALL(NULL, MOUNTED, NULL, MS_PRIVATE), "target=" MOUNTED,
	  { SHOWN("propagation", "\"tmpfs\"", "-", MOUNTED, "-") } },
	{ "propagation", do_mount, CALL(NULL, MOUNTED, NULL, MS_SLAVE), "target=" MOUNTED,
	  { SHOWN("propagation", "\"tmpfs\"", "-", MOUNTED, "-") } },
	{ "propagation", do_mount, CALL(NULL, MOUNTED, NULL, MS_UNBINDABLE), "target=" MOUNTED,
	  { SHOWN("propagation", "\"tmpfs\"", "-", MOUNTED, "-") } },
	{ "propagation", do_mount, CALL(NULL, TOP, NULL, MS_SHARED | MS_REC), "target=" TOP,
	  { SHOWN("propagation", "\"tmpfs\"", "-", TOP, "rec") } },
	{ "propagation", do_mount, CALL(NULL, "/", NULL, MS_PRIVATE | MS_REC), "target=/",
	  { "op=propagation mflags=rec fstype=", "source=- target=\"/\"" } },
	{ "umount", do_umount, UMOUNT(MOUNTED, 0), "target=" MOUNTED " fstype=tmpfs",
	  { SHOWN("umount", "\"tmpfs\"", "-", MOUNTED, "-") } },
	{ "umount", do_umount, UMOUNT(MASKED, 0), "target=" MASKED " fstype=devtmpfs",
	  { SHOWN("umount", "\"devtmpfs\"", "-", MASKED, "-") } },
	{ "umount", do_umount, UMOUNT(MASKED, MNT_DETACH), "target=" MASKED " fstype=devtmpfs",
	  { SHOWN("umount", "\"devtmpfs\"", "-", MASKED, "-") } },
	{ "umount", do_umount, UMOUNT(MASKED, UMOUNT_NOFOLLOW),
	  "target=" MASKED " fstype=devtmpfs",
	  { SHOWN("umount", "\"devtmpfs\"", "-", MASKED, "-") } },
	{ "umount", do_umount, UMOUNT(TOP, MNT_DETACH), "target=" TOP " fstype=tmpfs",
	  { SHOWN("umount", "\"tmpfs\"", "-", TOP, "-") } },
	{ "pivot_root", do_pivot_root, NULL, "target=" ROOT " source=" ROOT "/old",
	  { SHOWN("pivot_root", "-", "\"" ROOT "/old\"", ROOT, "-") } },
	{ "mount", do_fsmount, (void *)(MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY),
	  "fstype=tmpfs target=" EMPTY " has=ro,nosuid lacks=noexec",
	  { "op=mount mflags=ro,nosuid fstype=\"tmpfs\" source= target=\"" EMPTY "\"" } },
	{ "bind", do_open_tree, SOURCE, "fstype=tmpfs target=" EMPTY,
	  { " op=bind fstype=\"tmpfs\"", " target=\"" EMPTY "\"" } },
};

/* The operations but one. */
static const char *ops_but(const char *op)
{
	static char list[128];
	const char *comma = "";
	size_t i;

	list[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!strcmp(ops[i], op))
			continue;
		strcat(strcat(list, comma), ops[i]);
		comma = ",";
	}
	return list;
}

static void try_operation(struct __test_metadata *_metadata, const struct operation *operation,
			  const char *format, const char *condition, int with,
			  const char *const words[2])
{
	char rules[512], op[32];
	struct bh_trial trial = {
		.rules = rules, .act = operation->act, .arg = (void *)operation->arg,
		.with = with, .flags = NAMESPACES,
	};

	snprintf(rules, sizeof(rules), format, condition);
	snprintf(op, sizeof(op), " op=%s ", operation->op);
	if (with) {
		trial.words[0] = "verdict=deny class=mount";
		trial.words[1] = op;
		trial.words[2] = words[0];
		trial.words[3] = words[1];
	}
	bh_try(_metadata, &trial);
}

TEST_F(mounts, operations_allowed_by_an_exact_rule)
{
	char condition[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		const struct operation *operation = &operations[i];

		snprintf(condition, sizeof(condition), "op=%s %s", operation->op,
			 operation->exact);
		try_operation(_metadata, operation, DENY "allow mount %s", condition, 0, NULL);
	}
}

TEST_F(mounts, operations_denied_by_an_exact_rule)
{
	char condition[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		const struct operation *operation = &operations[i];

		snprintf(condition, sizeof(condition), "op=%s %s", operation->op,
			 operation->exact);
		try_operation(_metadata, operation, "deny mount %s", condition, EPERM,
			      operation->words);
	}
}

TEST_F(mounts, operations_denied_by_default)
{
	static const char *const words[2] = { " rule=default " };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		try_operation(_metadata, &operations[i], DENY "%s", "", EPERM, words);
}

TEST_F(mounts, operations_are_not_allowed_by_the_rules_of_others)
{
	static const char *const words[2] = { " rule=default " };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		try_operation(_metadata, &operations[i], DENY "allow mount op=%s",
			      ops_but(operations[i].op), EPERM, words);
}

TEST_F(mounts, operations_are_not_denied_by_the_rules_of_others)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		try_operation(_metadata, &operations[i], "deny mount op=%s",
			      ops_but(operations[i].op), 0, NULL);
}

/* Where the flags ask for several operations, it is the kernel that chooses one. */
TEST_F(mounts, which_operation_flags_mean)
{
	const struct {
		const struct call *call;
		const char *event;
		int before;
	} cases[] = {
		{ CALL(SOURCE, MOUNTED, NULL, MS_REMOUNT | MS_MOVE | MS_SHARED),
		  " op=remount ", 0 },
		{ CALL(SOURCE, MOUNTED, NULL, MS_REMOUNT | MS_BIND | MS_MOVE),
		  " op=remount ", 0 },
		{ CALL(SOURCE, MOUNTED, NULL, MS_BIND | MS_MOVE | MS_PRIVATE), " op=bind ", 0 },
		{ CALL(SOURCE, MOUNTED, NULL, MS_PRIVATE | MS_MOVE), " op=propagation ",
		  EINVAL },
		{ CALL("word", EMPTY, "tmpfs", MS_MGC_VAL | MS_NODEV), "mflags=nodev", 0 },
		{ CALL("word", EMPTY, "tmpfs", MS_MGC_VAL),
		  SHOWN("mount", "\"tmpfs\"", "\"word\"", EMPTY, "-\n"), 0 },
		{ CALL(SOURCE, EMPTY, "tmpfs", MS_MGC_VAL | MS_BIND), " op=bind ", 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bh_trial trial = DENIED(do_mount, cases[i].call, DENY, cases[i].event);

		trial.without = cases[i].before;
		bh_try(_metadata, &trial);
	}
}

/* Flags */

static const struct {
	const char *name;
	unsigned long flag;
} flags[] = {
	{ "ro", MS_RDONLY },
	{ "nosuid", MS_NOSUID },
	{ "nodev", MS_NODEV },
	{ "noexec", MS_NOEXEC },
	{ "noatime", MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME },
	{ "relatime", MS_RELATIME },
	{ "strictatime", MS_STRICTATIME },
	{ "nosymfollow", MS_NOSYMFOLLOW },
	{ "sync", MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC },
	{ "lazytime", MS_LAZYTIME },
	{ "rec", MS_REC },
	{ "silent", MS_SILENT },
};

static void try_flag(struct __test_metadata *_metadata, const char *condition, const char *name,
		     unsigned long flag, bool denied)
{
	struct call call = { .source = "word", EMPTY, "tmpfs", flag };
	char rules[64], words[64];
	struct bh_trial trial = {
		.rules = rules, .act = do_mount, .arg = &call, .flags = NAMESPACES,
	};

	snprintf(rules, sizeof(rules), "deny mount %s%s", condition, name);
	snprintf(words, sizeof(words), "mflags=%s", flag ? name : "-");
	if (denied) {
		trial.with = EPERM;
		trial.words[0] = "verdict=deny";
		trial.words[1] = words;
	}
	bh_try(_metadata, &trial);
}

TEST_F(mounts, flags)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		try_flag(_metadata, "has=", flags[i].name, flags[i].flag, true);
		try_flag(_metadata, "has=", flags[i].name, 0, false);
		try_flag(_metadata, "lacks=", flags[i].name, flags[i].flag, false);
		try_flag(_metadata, "lacks=", flags[i].name, 0, true);
	}
}

/* No flag stands for another one. */
TEST_F(mounts, flags_are_told_apart)
{
	struct call call = { .source = "word", EMPTY, "tmpfs" };
	struct bh_trial trial = ALLOWED(do_mount, &call, NULL);
	char rules[64];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		call.flags = 0;
		for (j = 0; j < ARRAY_SIZE(flags); j++)
			if (j != i)
				call.flags |= flags[j].flag;
		snprintf(rules, sizeof(rules), "deny mount has=%s", flags[i].name);
		trial.rules = rules;
		bh_try(_metadata, &trial);
	}
}

/*
 * The kernel warns of mandlock each time that it would be honoured, so that
 * this comes from one who may not mount: events alone make the difference.
 */
static int mount_mandlock(void *flags)
{
	struct call call = { .source = "word", EMPTY, "tmpfs", (uintptr_t)flags };

	return bh_keep_caps(~(1ULL << 21 /* CAP_SYS_ADMIN */)) ? -2 : do_mount(&call);
}

TEST_F(mounts, mandlock)
{
	void *const set = (void *)MS_MANDLOCK;
	struct bh_trial trials[] = {
		GIVES(EPERM, EPERM, mount_mandlock, set, "deny mount has=mandlock",
		      "verdict=deny", "mflags=mandlock"),
		GIVES(EPERM, EPERM, mount_mandlock, NULL, "deny mount has=mandlock"),
		GIVES(EPERM, EPERM, mount_mandlock, set, "deny mount lacks=mandlock"),
		GIVES(EPERM, EPERM, mount_mandlock, NULL, "deny mount lacks=mandlock",
		      "verdict=deny", "mflags=-"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(mounts, several_flags)
{
	const struct call *two = CALL("word", EMPTY, "tmpfs", MS_NOSUID | MS_NODEV);
	const struct call *one = CALL("word", EMPTY, "tmpfs", MS_NOSUID);
	struct bh_trial trials[] = {
		DENIED(do_mount, two, "deny mount has=nosuid,nodev", "mflags=nosuid,nodev"),
		ALLOWED(do_mount, one, "deny mount has=nosuid,nodev"),
		ALLOWED(do_mount, two, DENY "allow mount has=nosuid,nodev lacks=ro,noexec"),
		DENIED(do_mount, one, DENY "allow mount has=nosuid,nodev", "mflags=nosuid"),
		ALLOWED(do_mount, one, "deny mount lacks=nosuid,nodev"),
		DENIED(do_mount, &tmpfs_on_empty, "deny mount lacks=nosuid,nodev", "mflags=-"),
		DENIED(do_mount, two, DENY "allow mount lacks=nodev", " rule=default "),
	};

	bh_try_all(_metadata, trials);
}

static void try_attr(struct __test_metadata *_metadata, const char *name, uintptr_t attr)
{
	char rules[64];
	const struct bh_trial trials[] = {
		GIVES(0, EPERM, do_fsmount, attr, rules, "verdict=deny", " op=mount ", name),
		ALLOWED(do_fsmount, NULL, rules),
	};

	snprintf(rules, sizeof(rules), "deny mount target=" EMPTY " has=%s", name);
	bh_try_all(_metadata, trials);
}

TEST_F(mounts, flags_of_a_detached_mount)
{
	static const struct {
		const char *name;
		uintptr_t attr;
	} attrs[] = {
		{ "ro", MOUNT_ATTR_RDONLY },
		{ "nosuid", MOUNT_ATTR_NOSUID },
		{ "nodev", MOUNT_ATTR_NODEV },
		{ "noexec", MOUNT_ATTR_NOEXEC },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "nodiratime", MOUNT_ATTR_NODIRATIME },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		try_attr(_metadata, attrs[i].name, attrs[i].attr);
}

TEST_F(mounts, nosymfollow_of_a_detached_mount)
{
	const uintptr_t nosymfollow = 0x00200000;	/* MOUNT_ATTR_NOSYMFOLLOW */

	if (do_fsmount((void *)nosymfollow) == EINVAL)
		SKIP(return, "fsmount knows no nosymfollow");
	ASSERT_EQ(0, umount2(EMPTY, MNT_DETACH));
	try_attr(_metadata, "nosymfollow", nosymfollow);
}

/* Types */

TEST_F(mounts, fstype)
{
	const struct call *overlay = CALL("word", EMPTY, "overlay", 0, "lowerdir=" SOURCE ":"
					  OTHER);
	const struct call *tmpfs = &tmpfs_on_empty;
	struct bh_trial trials[] = {
		DENIED(do_mount, tmpfs, "deny mount fstype=tmpfs", " fstype=\"tmpfs\""),
		DENIED(do_mount, tmpfs, "deny mount fstype=tmp*", " fstype=\"tmpfs\""),
		DENIED(do_mount, tmpfs, "deny mount fstype=overlay,tmpfs"),
		DENIED(do_mount, tmpfs, "deny mount fstype!=overlay"),
		ALLOWED(do_mount, tmpfs, "deny mount fstype=tmp"),
		ALLOWED(do_mount, tmpfs, "deny mount fstype!=tmpfs"),
		ALLOWED(do_mount, tmpfs, "deny mount fstype=overlay,proc"),
		DENIED(do_mount, overlay, "deny mount fstype=overlay", " fstype=\"overlay\""),
		ALLOWED(do_mount, overlay, DENY "allow mount fstype=overlay"),
		DENIED(do_mount, overlay, DENY "allow mount fstype=tmpfs"),
		/* A bind mount's type is that of what is bound. */
		DENIED(do_mount, CALL("/proc", EMPTY, NULL, MS_BIND), "deny mount fstype=proc",
		       " op=bind fstype=\"proc\""),
		/* The one that is given does not matter there. */
		DENIED(do_mount, CALL("/proc", EMPTY, "tmpfs", MS_BIND),
		       "deny mount fstype=proc"),
		/* That which is mounted, not what the caller says it is. */
		DENIED(do_mount, CALL(NULL, MOUNTED, "proc", MS_REMOUNT),
		       "deny mount fstype=tmpfs", " op=remount fstype=\"tmpfs\""),
	};

	bh_try_all(_metadata, trials);
}

static int mount_fuse(void *arg)
{
	char data[64];
	struct call call = { .source = "word", EMPTY, "fuse.sshfs", 0, data };
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	return do_mount(&call);
}

/* Where the kernel has no fuse, the policy speaks first all the same. */
TEST_F(mounts, a_type_with_a_subtype)
{
	int before = access("/dev/fuse", F_OK) ? ENODEV : 0;
	struct bh_trial trials[] = {
		GIVES(before, EPERM, mount_fuse, NULL, "deny mount fstype=fuse",
		      "verdict=deny", " fstype=\"fuse\""),
		GIVES(before, before, mount_fuse, NULL, "deny mount fstype=fuse.sshfs"),
		GIVES(before, before, mount_fuse, NULL, DENY "allow mount fstype=fuse"),
	};

	bh_try_all(_metadata, trials);
}

/* Sources */

TEST_F(mounts, a_source_that_is_a_word)
{
	const struct call *word = &tmpfs_on_empty;
	const struct call *path = CALL(TOP "/source-link", EMPTY, "tmpfs");
	struct bh_trial trials[] = {
		DENIED(do_mount, word, "deny mount source=word", " source=\"word\""),
		DENIED(do_mount, word, "deny mount source=w*", " source=\"word\""),
		ALLOWED(do_mount, word, "deny mount source=words,wor"),
		ALLOWED(do_mount, word, DENY "allow mount source=word"),
		DENIED(do_mount, CALL("no such", EMPTY, "tmpfs"), DENY
		       "allow mount source=word", " source=\"no such\""),
		DENIED(do_mount, CALL("a\n\"b", EMPTY, "tmpfs"), "deny mount source=a*",
		       " source=\"a\\x0a\\\"b\""),
		/* The name of something that is no device is a word, too. */
		DENIED(do_mount, path, "deny mount source=" TOP "/source-link",
		       " source=\"" TOP "/source-link\""),
		ALLOWED(do_mount, path, "deny mount source=" SOURCE),
		/* No source matches no pattern. */
		ALLOWED(do_mount, CALL(NULL, EMPTY, "tmpfs"), "deny mount source=**"),
		DENIED(do_mount, CALL("", EMPTY, "tmpfs"), "deny mount source=**",
		       " source=\"\""),
	};

	bh_try_all(_metadata, trials);
}

static int mount_in_top(void *call)
{
	return chdir(TOP) ? -2 : do_mount(call);
}

/* tmpfs takes any source, so that the device need not exist. */
TEST_F(mounts, a_source_that_is_a_block_device)
{
	const struct call *device = CALL(NODE, EMPTY, "tmpfs");
	const struct call *link = CALL(TOP "/node-link", EMPTY, "tmpfs");
	const struct call *spelt = CALL(TOP "//jail/../node", EMPTY, "tmpfs");
	struct bh_trial trials[] = {
		DENIED(do_mount, device, "deny mount source=" NODE, " source=\"" NODE "\""),
		DENIED(do_mount, link, "deny mount source=" NODE, " source=\"" NODE "\""),
		DENIED(do_mount, spelt, "deny mount source=" NODE, " source=\"" NODE "\""),
		ALLOWED(do_mount, link, "deny mount source=" TOP "/node-link"),
		ALLOWED(do_mount, link, DENY "allow mount source=" NODE),
		DENIED(do_mount, link, DENY "allow mount source=" TOP "/node-link"),
	};

	bh_try_all(_metadata, trials);
}

/* The kernel looks a device up from where the task is. */
TEST_F(mounts, a_block_device_with_a_relative_name)
{
	struct bh_trial trials[] = {
		DENIED(mount_in_top, CALL("node", EMPTY, "tmpfs"), "deny mount source=" NODE,
		       " source=\"" NODE "\""),
		DENIED(mount_in_top, CALL("./node-link", EMPTY, "tmpfs"),
		       "deny mount source=" NODE, " source=\"" NODE "\""),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(mounts, the_source_of_a_bind_mount)
{
	const struct call *link = CALL(TOP "/source-link", EMPTY, NULL, MS_BIND);
	const struct call *relative = CALL("source", EMPTY, NULL, MS_BIND);
	const struct call *file = CALL("/proc/self/exe", MASKED, NULL, MS_BIND);
	struct bh_trial trials[] = {
		DENIED(do_mount, link, "deny mount source=" SOURCE, " source=\"" SOURCE "\""),
		ALLOWED(do_mount, link, "deny mount source=" TOP "/source-link"),
		DENIED(mount_in_top, relative, "deny mount source=" SOURCE,
		       " source=\"" SOURCE "\""),
		ALLOWED(mount_in_top, relative, DENY "allow mount source=/tmp/*/source"),
		DENIED(do_mount, CALL(SOURCE "/sub", EMPTY, NULL, MS_BIND),
		       "deny mount source=" SOURCE "/**"),
		ALLOWED(do_mount, CALL(SOURCE, EMPTY, NULL, MS_BIND),
			"deny mount source=" SOURCE "/**"),
		/* It lies in another mount namespace: what refuses knows its path there. */
		GIVES(EINVAL, EINVAL, do_mount, file, "deny mount source!=**"),
		GIVES(EINVAL, EPERM, do_mount, file, "deny mount source=**/test_mount",
		      "verdict=deny", "another mount namespace"),
		GIVES(EINVAL, EPERM, do_mount, file, DENY "allow mount source=**",
		      "verdict=deny", " op=bind "),
	};

	bh_try_all(_metadata, trials);
}

/* The kernel asks for the capability before it looks for the source. */
static int mount_nothing_powerless(void *call)
{
	return bh_keep_caps(~(1ULL << 21 /* CAP_SYS_ADMIN */)) ? -2 : do_mount(call);
}

TEST_F(mounts, a_source_that_does_not_exist)
{
	const struct call *none = CALL(TOP "/none", EMPTY, NULL, MS_BIND);
	const struct call *null = CALL(NULL, EMPTY, NULL, MS_BIND);
	const struct call *move = CALL(TOP "/none", EMPTY, NULL, MS_MOVE);
	struct bh_trial trials[] = {
		GIVES(ENOENT, ENOENT, do_mount, none, DENY "allow mount op=bind"),
		GIVES(ENOENT, ENOENT, do_mount, move, DENY "allow mount op=move"),
		GIVES(ENOENT, EPERM, do_mount, none, DENY, "verdict=deny", " op=bind "),
		/* What it would be cannot be told. */
		GIVES(ENOENT, ENOENT, do_mount, none, DENY "allow mount source=" TOP "/**"),
		GIVES(ENOENT, ENOENT, do_mount, none, "deny mount source=" SOURCE),
		GIVES(ENOENT, ENOENT, do_mount, move, "deny mount fstype=tmpfs"),
		GIVES(ENOENT, EPERM, do_mount, none, "deny mount target=" EMPTY, "verdict=deny",
		      " op=bind ", " source=-"),
		GIVES(EPERM, EPERM, mount_nothing_powerless, none, "deny mount source=" SOURCE),
		GIVES(EINVAL, EINVAL, do_mount, null, DENY "allow mount op=bind"),
		GIVES(EINVAL, EINVAL, do_mount, null, DENY "allow mount source=**"),
	};

	bh_try_all(_metadata, trials);
}

/* Targets */

TEST_F(mounts, target_patterns)
{
	const struct call *call = &tmpfs_on_empty;
	const struct call *inner = CALL("word", INNER, "tmpfs");
	struct bh_trial trials[] = {
		DENIED(do_mount, call, "deny mount target=" EMPTY, " rule=2 "),
		DENIED(do_mount, call, "deny mount target=" TOP "/*"),
		DENIED(do_mount, call, "deny mount target=/tmp/**"),
		DENIED(do_mount, call, "deny mount target=**/empty"),
		DENIED(do_mount, call, "deny mount target=" OTHER "," EMPTY),
		DENIED(do_mount, call, "deny mount target!=" OTHER),
		ALLOWED(do_mount, call, "deny mount target=" OTHER),
		ALLOWED(do_mount, call, "deny mount target=" EMPTY "/**"),
		ALLOWED(do_mount, call, "deny mount target=/tmp/*"),
		ALLOWED(do_mount, call, "deny mount target!=" TOP "/**"),
		/* On a mount: its names go on where those of the mount below end. */
		DENIED(do_mount, inner, "deny mount target=" INNER, " target=\"" INNER "\""),
		ALLOWED(do_mount, inner, DENY "allow mount target=" MOUNTED "/**"),
		DENIED(do_mount, CALL("word", "/", "tmpfs"), "deny mount target=/",
		       " target=\"/\""),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(mounts, a_target_is_judged_as_the_real_place)
{
	const struct call *link = CALL("word", TOP "/link", "tmpfs");
	const struct call *spelt = CALL("word", TOP "//jail/../empty/.", "tmpfs");
	const struct call *proc = CALL("word", "/proc/self/root" EMPTY, "tmpfs");
	struct bh_trial trials[] = {
		DENIED(do_mount, link, "deny mount target=" EMPTY, " target=\"" EMPTY "\""),
		ALLOWED(do_mount, link, "deny mount target=" TOP "/link"),
		DENIED(do_mount, spelt, "deny mount target=" EMPTY, " target=\"" EMPTY "\""),
		DENIED(do_mount, proc, "deny mount target=" EMPTY, " target=\"" EMPTY "\""),
		DENIED(mount_in_top, CALL("word", "empty", "tmpfs"),
		       "deny mount target=" EMPTY, " target=\"" EMPTY "\""),
		DENIED(mount_in_top, CALL("word", "link", "tmpfs"), "deny mount target=" EMPTY),
		DENIED(mount_in_top, CALL("word", ".", "tmpfs"), "deny mount target=" TOP,
		       " target=\"" TOP "\""),
	};

	bh_try_all(_metadata, trials);
}

/* A mount by who was put into a jail: a directory, or a mount. */
struct jailed_call {
	const char *jail;
	struct call call;
};

static const struct jailed_call in_directory = { JAIL, { .source = "word", "/in", "tmpfs" } };
static const struct jailed_call in_mount = { MOUNTED, { .source = "word", "/inner", "tmpfs" } };

static int mount_in_jail(void *arg)
{
	struct jailed_call *jailed = arg;

	return chroot(jailed->jail) || chdir("/") ? -2 : do_mount(&jailed->call);
}

static int umount_in_jail(void *arg)
{
	if (chroot(TOP) || chdir("/"))
		return -2;
	return umount("/masked") ? errno : 0;
}

TEST_F(mounts, a_chroot_does_not_forge_paths)
{
	struct bh_trial trials[] = {
		DENIED(mount_in_jail, &in_directory, "deny mount target=" JAIL "/in",
		       " target=\"" JAIL "/in\""),
		DENIED(mount_in_jail, &in_directory, DENY "allow mount target=/in"),
		ALLOWED(mount_in_jail, &in_directory, DENY "allow mount target=" JAIL "/in"),
		DENIED(mount_in_jail, &in_mount, "deny mount target=" INNER,
		       " target=\"" INNER "\""),
		DENIED(mount_in_jail, &in_mount, DENY "allow mount target=/inner"),
		DENIED(umount_in_jail, &in_directory, "deny mount op=umount target=" MASKED,
		       " target=\"" MASKED "\""),
	};

	bh_try_all(_metadata, trials);
}

static int mount_after_pivot_root(void *arg)
{
	return do_pivot_root(NULL) || chdir("/") ? -2 : do_mount(arg);
}

TEST_F(mounts, paths_begin_at_the_new_root_after_pivot_root)
{
	const struct call *at_place = CALL("word", "/place", "tmpfs");
	const struct call *at_old = CALL("word", "/old" EMPTY, "tmpfs");
	struct bh_trial trials[] = {
		DENIED(mount_after_pivot_root, at_place, "deny mount target=/place",
		       " target=\"/place\""),
		ALLOWED(mount_after_pivot_root, at_place, "deny mount target=" ROOT "/place"),
		DENIED(mount_after_pivot_root, at_old, "deny mount target=/old" EMPTY,
		       " target=\"/old" EMPTY "\""),
	};

	bh_try_all(_metadata, trials);
}

/* Uncovering */

TEST_F(mounts, a_mask_stays)
{
	const struct call *move = CALL(MASKED, TOP "/file", NULL, MS_MOVE);
	const struct call *cover = CALL(SOURCE "/file", MASKED, NULL, MS_BIND);
	const struct umount_call *through_link = UMOUNT(TOP "/mask-link", MNT_DETACH);
	struct bh_trial trials[] = {
		DENIED(do_umount, UMOUNT(MASKED, MNT_DETACH), "deny mount target=" MASKED,
		       " op=umount ", " target=\"" MASKED "\""),
		DENIED(do_umount, through_link, "deny mount target=" MASKED,
		       " target=\"" MASKED "\""),
		DENIED(do_mount, move, "deny mount source=" MASKED, " op=move ",
		       " source=\"" MASKED "\""),
		DENIED(do_mount, cover, "deny mount target=" MASKED, " op=bind "),
		ALLOWED(do_umount, UMOUNT(MOUNTED, 0), "deny mount target=" MASKED),
	};

	bh_make_file(TOP "/file", "", 0644);
	bh_make_file(SOURCE "/file", "", 0644);
	ASSERT_EQ(0, symlink("masked", TOP "/mask-link"));
	bh_try_all(_metadata, trials);
}

/*
 * A mount expires if no one has used it since the first call. A check does not use it.
 */
TEST_F(mounts, umount_of_what_has_expired)
{
	const struct umount_call *call = UMOUNT(MOUNTED, MNT_EXPIRE);
	struct bh_trial trials[] = {
		DENIED(do_umount, call, DENY, " op=umount ", " target=\"" MOUNTED "\""),
		DENIED(do_umount, call, "deny mount target=" MOUNTED, " op=umount "),
		ALLOWED(do_umount, call, DENY "allow mount op=umount"),
		ALLOWED(do_umount, call, "deny mount target=" EMPTY),
		GIVES(0, 0, do_umount, call, "mode audit\ndeny mount target=" MOUNTED,
		      "verdict=would-deny", " op=umount "),
	};

	bh_try_all(_metadata, trials);
}

/* Verdicts */

TEST_F(mounts, verdicts_and_reports)
{
	const struct call *call = &tmpfs_on_empty;
	struct bh_trial trials[] = {
		ALLOWED(do_mount, call, "allow mount"),
		GIVES(0, 0, do_mount, call, "audit allow mount", "verdict=allow class=mount",
		      " rule=2 ", " target=\"" EMPTY "\""),
		GIVES(0, 0, do_mount, call, DENY "audit allow mount op=mount", "verdict=allow"),
		GIVES(0, EPERM, do_mount, call, "quiet deny mount"),
		GIVES(0, EPERM, do_mount, call, "quiet deny mount\ndeny mount op=mount",
		      "verdict=deny", " rule=3 "),
		GIVES(0, 0, do_mount, call, "mode audit\n" DENY,
		      "verdict=would-deny class=mount", " rule=default "),
		GIVES(0, 0, do_mount, call, "mode audit\nkill mount", "verdict=would-deny",
		      " rule=3 "),
		GIVES(0, 0, do_mount, call, "mode audit\nquiet deny mount"),
		GIVES(0, KILLED, do_mount, call, "kill mount", "verdict=kill class=mount",
		      " rule=2 ", " op=mount "),
		GIVES(0, KILLED, do_mount, call, "default mount kill", "verdict=kill",
		      " rule=default "),
		GIVES(0, KILLED, do_mount, call, "quiet kill mount"),
		GIVES(0, KILLED, do_mount, call, "allow mount\ndeny mount\nkill mount",
		      "verdict=kill", " rule=4 "),
		GIVES(0, EPERM, do_mount, call, "allow mount\ndeny mount op=mount",
		      "verdict=deny", " rule=3 "),
		ALLOWED(do_mount, call, "default mount kill\nallow mount op=mount"),
		/* Rules of other classes say nothing of mounts. */
		ALLOWED(do_mount, call, "default exec deny\ndefault ptrace kill\ndeny ptrace"),
	};

	bh_try_all(_metadata, trials);
}

static int is_empty_mounted(void *call)
{
	struct stat above, here;
	int err = bh_child(do_mount, call);

	if (stat(TOP, &above) || stat(EMPTY, &here))
		return -2;
	return above.st_dev == here.st_dev ? err : -3;
}

TEST_F(mounts, what_is_denied_does_not_take_place)
{
	struct bh_trial trials[] = {
		GIVES(-3, EPERM, is_empty_mounted, &tmpfs_on_empty, DENY, "verdict=deny"),
		GIVES(-3, KILLED, is_empty_mounted, &tmpfs_on_empty, "kill mount",
		      "verdict=kill"),
		GIVES(-3, -3, is_empty_mounted, &tmpfs_on_empty, "mode audit\n" DENY,
		      "verdict=would-deny"),
	};

	bh_try_all(_metadata, trials);
}

/* Bad arguments */

#define NOWHERE ((const char *)8)

TEST_F(mounts, bad_pointers_fault)
{
	static const struct call calls[] = {
		{ .source = NOWHERE, EMPTY, "tmpfs" },
		{ .source = "word", NOWHERE, "tmpfs" },
		{ .source = "word", EMPTY, NOWHERE },
		{ .source = "word", EMPTY, "tmpfs", 0, NOWHERE },
		{ .source = NOWHERE, EMPTY, NULL, MS_BIND },
	};
	struct bh_trial trial = GIVES(EFAULT, EFAULT, do_mount, NULL, DENY);
	struct bh_trial umounted = GIVES(EFAULT, EFAULT, do_umount, UMOUNT(NOWHERE), DENY);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		trial.arg = (void *)&calls[i];
		bh_try(_metadata, &trial);
	}
	bh_try(_metadata, &umounted);
}

TEST_F(mounts, targets_that_are_not_there)
{
	struct bh_trial trials[] = {
		GIVES(ENOENT, ENOENT, do_mount, CALL("word", TOP "/none", "tmpfs"), DENY),
		GIVES(ENOENT, ENOENT, do_umount, UMOUNT(TOP "/none"), DENY),
		GIVES(EINVAL, EINVAL, do_umount, UMOUNT(EMPTY), DENY),
	};

	bh_try_all(_metadata, trials);
}

/* No type: the policy speaks first, and there is nothing for a pattern to match. */
TEST_F(mounts, no_type)
{
	const struct call *call = CALL("word", EMPTY);
	struct bh_trial trials[] = {
		GIVES(EINVAL, EINVAL, do_mount, call, "deny mount fstype=**"),
		GIVES(EINVAL, EPERM, do_mount, call, "deny mount fstype!=tmpfs", "verdict=deny",
		      " op=mount fstype=- "),
	};

	bh_try_all(_metadata, trials);
}

/* Who is confined */

static int mount_32(void *arg)
{
	return bh_mount_32("word", EMPTY, "tmpfs", 0);
}

TEST_F(mounts, the_entry_for_32_bit_programs)
{
	struct bh_trial trials[] = {
		DENIED(mount_32, NULL, DENY, " op=mount fstype=\"tmpfs\""),
		ALLOWED(mount_32, NULL, DENY "allow mount fstype=tmpfs target=" EMPTY),
	};

	bh_try_all(_metadata, trials);
}

static int mount_in_a_new_namespace(void *flags)
{
	if (unshare((uintptr_t)flags))
		return -2;
	return do_mount((void *)&tmpfs_on_empty);
}

TEST_F(mounts, no_new_namespace_helps)
{
	struct bh_trial trials[] = {
		DENIED(mount_in_a_new_namespace, (void *)CLONE_NEWNS, DENY),
		DENIED(mount_in_a_new_namespace, (void *)(CLONE_NEWUSER | CLONE_NEWNS), DENY),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(mounts, root_of_a_bound_user_namespace)
{
	struct bh_trial trials[] = {
		DENIED(do_mount, &tmpfs_on_empty, DENY, " ns=user ",
		       SHOWN("mount", "\"tmpfs\"", "\"word\"", EMPTY, "-")),
		DENIED(mount_in_jail, &in_directory, "deny mount target=" JAIL "/in", " ns=user "),
		ALLOWED(do_mount, &tmpfs_on_empty, DENY "allow mount fstype=tmpfs"),
		GIVES(0, KILLED, do_mount, &tmpfs_on_empty, "kill mount", "verdict=kill",
		      " ns=user "),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		trials[i].ns = "user";
		trials[i].flags = NAMESPACES | CLONE_NEWUSER;
		bh_try(_metadata, &trials[i]);
	}
}

static int mount_and_umount(void *call)
{
	int err = do_mount(call);

	return err ? err : umount(((struct call *)call)->target) ? errno : 0;
}

TEST_F(mounts, others_are_not_hindered)
{
	struct bh_cell bound, unbound;
	void *call = (void *)&tmpfs_on_empty;

	ASSERT_EQ(0, bh_policy(BH_TRIAL, "default mount kill\ndeny mount op=mount"));
	ASSERT_EQ(0, bh_cell_start(&bound, CLONE_NEWNS));
	ASSERT_EQ(0, bh_cell_start(&unbound, CLONE_NEWNS));
	EXPECT_EQ(0, bh_cell_run(&bound, mount_and_umount, call));
	ASSERT_EQ(0, bh_cell_bind(&bound, BH_TRIAL));
	EXPECT_EQ(EPERM, bh_cell_run(&bound, mount_and_umount, call));
	EXPECT_EQ(0, bh_cell_run(&unbound, mount_and_umount, call));
	EXPECT_EQ(0, mount_and_umount(call));
	bh_cell_stop(&bound);
	EXPECT_EQ(0, bh_cell_run(&unbound, mount_and_umount, call));
	bh_cell_stop(&unbound);
}

TEST_HARNESS_MAIN
