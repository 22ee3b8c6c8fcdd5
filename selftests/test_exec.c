// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: the keys but path, interpreters, files without a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include <kselftest_harness.h>

#include "exec.h"
#include "modprobe.h"
#include "program.h"

#define BINFMT "/proc/sys/fs/binfmt_misc"
#define DENY "default exec deny\n"
#define KILLED (1000 + SIGKILL)

FIXTURE(keys) {};

FIXTURE_SETUP(keys)
{
	make_top(_metadata);
}

FIXTURE_TEARDOWN(keys)
{
}

/* from= */

/* Executes /bin/busybox as a shell; the exit status of @command. */
static int shell(void *command)
{
	execl("/bin/busybox", "sh", "-c", command, NULL);
	return 125;
}

static int shell_child(void *command)
{
	return bh_child(shell, command);
}

#define BY_SHELL PROG "; exit $?"
/* What a shell makes of EACCES. */
#define REFUSED(policy, ...) GIVES(0, 126, shell_child, policy, BY_SHELL, __VA_ARGS__)

TEST_F(keys, from)
{
	struct bh_trial trials[] = {
		REFUSED("deny exec from=/bin/busybox", " exe=\"/bin/busybox\"",
			" path=\"" PROG "\"", " comm=\"busybox\""),
		REFUSED("deny exec from=/bin/b*", " rule=2 "),
		ALLOWED(shell_child, "deny exec from=/bin/busyboxes", BY_SHELL),
		ALLOWED(shell_child, "deny exec path=" PROG " from!=/bin/busybox", BY_SHELL),
		REFUSED(DENY "allow exec path=/bin/busybox", " rule=default "),
		REFUSED(DENY "allow exec path=/bin/busybox\nallow exec path=" PROG " from=/nope",
			" rule=default "),
		ALLOWED(shell_child, DENY "allow exec path=/bin/busybox\n"
			"allow exec path=" PROG " from=/nope,/bin/busybox", BY_SHELL),
		REFUSED(DENY "allow exec path=/bin/busybox\nallow exec from!=/bin/busybox",
			" path=\"" PROG "\""),
	};

	bh_try_all(_metadata, trials);
}

/* setid= */

static void make_setid_files(struct __test_metadata *_metadata)
{
	struct vfs_cap_data caps = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data[0].permitted = 1 << CAP_NET_RAW,
	};

	bh_make_program(BIN "/suid");
	bh_make_program(BIN "/sgid");
	bh_make_program(BIN "/sgid-x");
	bh_make_program(BIN "/caps");
	ASSERT_EQ(0, chmod(BIN "/suid", 04755));
	ASSERT_EQ(0, chmod(BIN "/sgid", 02755));
	ASSERT_EQ(0, chmod(BIN "/sgid-x", 02705));
	ASSERT_EQ(0, setxattr(BIN "/caps", "security.capability", &caps, XATTR_CAPS_SZ_2, 0));
}

/* The same files on a mount with other flags. */
static void make_view(struct __test_metadata *_metadata, const char *dir, int flags)
{
	ASSERT_EQ(0, mkdir(dir, 0755));
	ASSERT_EQ(0, mount(BIN, dir, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | flags, NULL));
}

TEST_F(keys, setid)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec setid=yes", BIN "/suid", " setid=yes "),
		DENIED(exec_path, "deny exec setid=yes", BIN "/sgid", " setid=yes "),
		DENIED(exec_path, "deny exec setid=yes", BIN "/caps", " setid=yes "),
		ALLOWED(exec_path, "deny exec setid=yes", BIN "/sgid-x"),
		ALLOWED(exec_path, "deny exec setid=yes", PROG),
		ALLOWED(exec_path, "deny exec setid=yes", TOP "/nosuid/suid"),
		ALLOWED(exec_path, "deny exec setid=yes", TOP "/nosuid/sgid"),
		ALLOWED(exec_path, "deny exec setid=yes", TOP "/nosuid/caps"),
		DENIED(exec_path, "deny exec setid=no", PROG, " setid=no "),
		DENIED(exec_path, "deny exec setid=no", TOP "/nosuid/suid", " setid=no "),
		DENIED(exec_path, "deny exec setid!=yes", PROG),
		ALLOWED(exec_path, "deny exec setid=no", BIN "/suid"),
		ALLOWED(exec_path, "deny exec setid=no", BIN "/caps"),
		DENIED(exec_path, "deny exec setid=yes,no", PROG),
	};

	make_setid_files(_metadata);
	make_view(_metadata, TOP "/nosuid", MS_NOSUID);
	bh_try_all(_metadata, trials);
}

/* has=, lacks=, fstype= */

TEST_F(keys, flags_of_the_mount)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec has=ro", TOP "/ro/prog", " mflags=ro"),
		ALLOWED(exec_path, "deny exec has=ro", PROG),
		DENIED(exec_path, "deny exec lacks=ro", PROG, " mflags=-"),
		ALLOWED(exec_path, "deny exec lacks=ro", TOP "/ro/prog"),
		DENIED(exec_path, "deny exec has=nosuid", TOP "/nosuid/prog", " mflags=nosuid"),
		DENIED(exec_path, "deny exec has=nodev", TOP "/nodev/prog", " mflags=nodev"),
		ALLOWED(exec_path, "deny exec has=nodev", TOP "/nosuid/prog"),
		/* All of them, or none of them. */
		ALLOWED(exec_path, "deny exec has=ro,nosuid", TOP "/ro/prog"),
		DENIED(exec_path, "deny exec has=ro,nosuid", TOP "/both/prog",
		       " mflags=ro,nosuid"),
		ALLOWED(exec_path, "deny exec lacks=ro,nosuid", TOP "/ro/prog"),
		DENIED(exec_path, "deny exec lacks=ro,nosuid", TOP "/nodev/prog"),
		ALLOWED(exec_path, "deny exec lacks=ro has=nodev", TOP "/both/prog"),
		DENIED(exec_path, "deny exec lacks=noexec", PROG),
		ALLOWED(exec_path, "deny exec has=noexec", PROG),
		/* The kernel's own answer comes first. */
		GIVES(EACCES, EACCES, exec_path, "default exec allow", TOP "/noexec/prog", NULL),
		GIVES(EACCES, EACCES, exec_path, "default exec deny", TOP "/noexec/prog", NULL),
	};

	make_view(_metadata, TOP "/ro", MS_RDONLY);
	make_view(_metadata, TOP "/nosuid", MS_NOSUID);
	make_view(_metadata, TOP "/nodev", MS_NODEV);
	make_view(_metadata, TOP "/noexec", MS_NOEXEC);
	make_view(_metadata, TOP "/both", MS_RDONLY | MS_NOSUID);
	bh_try_all(_metadata, trials);
}

TEST_F(keys, a_read_only_super_block_is_ro)
{
	struct bh_trial trial = DENIED(exec_path, "deny exec has=ro", TOP "/sb/prog", " mflags=ro");

	ASSERT_EQ(0, mkdir(TOP "/sb", 0755));
	ASSERT_EQ(0, mount("sb", TOP "/sb", "tmpfs", 0, NULL));
	bh_make_program(TOP "/sb/prog");
	ASSERT_EQ(0, mount(NULL, TOP "/sb", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	ASSERT_EQ(0, mount(NULL, TOP "/sb", NULL, MS_REMOUNT | MS_BIND, NULL));
	bh_try(_metadata, &trial);
}

TEST_F(keys, fstype)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec fstype=tmpfs", PROG, " fstype=\"tmpfs\""),
		DENIED(exec_path, "deny exec fstype=t?p*", PROG),
		DENIED(exec_path, "deny exec fstype=ramfs,tmpfs", PROG),
		ALLOWED(exec_path, "deny exec fstype=tmp", PROG),
		ALLOWED(exec_path, "deny exec fstype!=tmpfs", PROG),
		DENIED(exec_path, "deny exec fstype!=tmpfs", TOP "/ram/prog",
		       " fstype=\"ramfs\""),
		ALLOWED(exec_path, "deny exec fstype=tmpfs", TOP "/ram/prog"),
		DENIED(exec_path, DENY "allow exec fstype=ramfs", PROG, "rule=default"),
		ALLOWED(exec_path, DENY "allow exec fstype=ramfs", TOP "/ram/prog"),
	};

	ASSERT_EQ(0, mkdir(TOP "/ram", 0755));
	ASSERT_EQ(0, mount("ram", TOP "/ram", "ramfs", 0, NULL));
	bh_make_program(TOP "/ram/prog");
	bh_try_all(_metadata, trials);
}

TEST_F(keys, conditions_are_anded)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" PROG " fstype=tmpfs setid=no lacks=ro", PROG,
		       " rule=2 "),
		ALLOWED(exec_path, "deny exec path=" PROG " fstype=ramfs", PROG),
		ALLOWED(exec_path, "deny exec path=" PROG " setid=yes", PROG),
		ALLOWED(exec_path, "deny exec path=" PROG " backing=deleted", PROG),
		ALLOWED(exec_path, "deny exec path=" PROG " as=interpreter", PROG),
		ALLOWED(exec_path, "deny exec path=" PROG " from=/nope", PROG),
		DENIED(exec_path, "deny exec", PROG, " rule=2 "),
	};

	bh_try_all(_metadata, trials);
}

/* as=: scripts */

#define SCRIPT BIN "/script"
#define OUTER BIN "/outer"

static void make_scripts(void)
{
	bh_make_file(SCRIPT, "#!" PROG "\n", 0755);
	bh_make_file(OUTER, "#!" SCRIPT " -x\n", 0755);
	bh_make_file(BIN "/arg", "#! " PROG " -x -y\n", 0755);
}

TEST_F(keys, scripts)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec as=program", PROG, " as=program "),
		ALLOWED(exec_path, "deny exec as=interpreter", PROG),
		DENIED(exec_path, "deny exec as=program", SCRIPT,
		       " as=program ", " path=\"" SCRIPT "\""),
		DENIED(exec_path, "deny exec as=interpreter", SCRIPT,
		       " as=interpreter ", " path=\"" PROG "\""),
		DENIED(exec_path, "deny exec as!=program", SCRIPT, " as=interpreter "),
		/* A forbidden interpreter; a forbidden script. */
		DENIED(exec_path, DENY "allow exec path=" SCRIPT, SCRIPT,
		       " as=interpreter ", " path=\"" PROG "\"", "rule=default"),
		DENIED(exec_path, DENY "allow exec path=" PROG, SCRIPT,
		       " as=program ", " path=\"" SCRIPT "\"", "rule=default"),
		ALLOWED(exec_path, DENY "allow exec path=" PROG "," SCRIPT, SCRIPT),
		ALLOWED(exec_path, "deny exec path=" PROG " as=program", SCRIPT),
		ALLOWED(exec_path, "deny exec path=" SCRIPT " as=interpreter", SCRIPT),
		DENIED(exec_path, "deny exec path=" PROG " as=program", PROG),
		DENIED(exec_path, DENY "allow exec path=" PROG " as=interpreter", PROG),
		DENIED(exec_path, "deny exec path=" PROG, BIN "/arg", " as=interpreter ",
		       " path=\"" PROG "\""),
		ALLOWED(exec_path, "deny exec path=" PROG "?*", BIN "/arg"),
		GIVES(0, KILLED, exec_path, "kill exec as=interpreter", SCRIPT,
		      "verdict=kill", " path=\"" PROG "\""),
	};

	make_scripts();
	bh_try_all(_metadata, trials);
}

TEST_F(keys, scripts_of_scripts)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" OUTER, OUTER, " as=program "),
		DENIED(exec_path, "deny exec path=" SCRIPT, OUTER, " as=interpreter "),
		DENIED(exec_path, "deny exec path=" PROG, OUTER, " as=interpreter "),
		DENIED(exec_path, DENY "allow exec path=" OUTER "," SCRIPT, OUTER,
		       " path=\"" PROG "\""),
		DENIED(exec_path, DENY "allow exec path=" OUTER "," PROG, OUTER,
		       " path=\"" SCRIPT "\""),
		ALLOWED(exec_path, DENY "allow exec path=" OUTER " as=program\n"
			"allow exec path=" SCRIPT "," PROG " as=interpreter", OUTER),
	};

	make_scripts();
	bh_try_all(_metadata, trials);
}

/* as=: ELF */

#define LD BIN "/ld"
#define DYNAMIC BIN "/dynamic"

TEST_F(keys, elf_interpreters)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" LD, DYNAMIC,
		       " as=interpreter ", " path=\"" LD "\""),
		DENIED(exec_path, "deny exec as=interpreter", DYNAMIC, " path=\"" LD "\""),
		DENIED(exec_path, DENY "allow exec path=" DYNAMIC, DYNAMIC,
		       "rule=default", " as=interpreter ", " path=\"" LD "\""),
		DENIED(exec_path, DENY "allow exec path=" LD, DYNAMIC,
		       " as=program ", " path=\"" DYNAMIC "\""),
		ALLOWED(exec_path, "deny exec path=" LD " as=program", DYNAMIC),
		ALLOWED(exec_path, DENY "allow exec path=" DYNAMIC " as=program\n"
			"allow exec path=" LD " as=interpreter", DYNAMIC),
		GIVES(0, KILLED, exec_path, "kill exec as=interpreter", DYNAMIC,
		      "verdict=kill", " path=\"" LD "\""),
		/* Judged by what was opened. */
		DENIED(exec_path, "deny exec path=" LD, BIN "/linked", " path=\"" LD "\""),
		ALLOWED(exec_path, "deny exec path=" TOP "/link", BIN "/linked"),
	};

	bh_make_loader(LD);
	bh_make_elf(DYNAMIC, 0, LD);
	ASSERT_EQ(0, symlink(LD, TOP "/link"));
	bh_make_elf(BIN "/linked", 0, TOP "/link");
	bh_try_all(_metadata, trials);
}

TEST_F(keys, the_elf_interpreter_of_a_script_interpreter)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, DENY "allow exec path=" DYNAMIC "," SCRIPT, SCRIPT,
		       " as=interpreter ", " path=\"" LD "\"", " rule=default "),
		DENIED(exec_path, DENY "allow exec path=" LD "," SCRIPT, SCRIPT,
		       " as=interpreter ", " path=\"" DYNAMIC "\""),
		DENIED(exec_path, DENY "allow exec path=" LD "," DYNAMIC, SCRIPT,
		       " as=program ", " path=\"" SCRIPT "\""),
		ALLOWED(exec_path, DENY "allow exec path=" LD "," SCRIPT "," DYNAMIC, SCRIPT),
	};

	bh_make_loader(LD);
	bh_make_elf(DYNAMIC, 0, LD);
	bh_make_file(SCRIPT, "#!" DYNAMIC " argument\n", 0755);
	bh_try_all(_metadata, trials);
}

/* as=: binfmt_misc */

#define MAGIC BIN "/magic"

static void try_binfmt(struct __test_metadata *_metadata, const char *flags)
{
	struct bh_trial trials[] = {
		DENIED(exec_path, "deny exec path=" PROG, MAGIC,
		       " as=interpreter ", " path=\"" PROG "\""),
		DENIED(exec_path, "deny exec as=interpreter", MAGIC, " path=\"" PROG "\""),
		DENIED(exec_path, "deny exec path=" MAGIC, MAGIC, " as=program "),
		DENIED(exec_path, DENY "allow exec path=" MAGIC, MAGIC,
		       " path=\"" PROG "\"", "rule=default"),
		DENIED(exec_path, DENY "allow exec path=" PROG, MAGIC,
		       " path=\"" MAGIC "\"", "rule=default"),
		ALLOWED(exec_path, "deny exec path=" PROG " as=program", MAGIC),
		ALLOWED(exec_path, DENY "allow exec path=" MAGIC " as=program\n"
			"allow exec path=" PROG " as=interpreter", MAGIC),
		GIVES(0, KILLED, exec_path, "kill exec as=interpreter", MAGIC, "verdict=kill"),
	};

	ASSERT_EQ(0, mount("binfmt_misc", BINFMT, "binfmt_misc", 0, NULL));
	bh_make_file(MAGIC, "BHMAGIC", 0755);
	ASSERT_EQ(0, bh_write(BINFMT "/register", ":bulkhead:M::BHMAGIC::%s:%s", PROG, flags));
	bh_try_all(_metadata, trials);
	EXPECT_EQ(0, bh_write(BINFMT "/bulkhead", "-1"));
}

TEST_F(keys, binfmt_misc)
{
	if (access(BINFMT, F_OK))
		SKIP(return, "binfmt_misc is not there");
	try_binfmt(_metadata, "");
}

TEST_F(keys, binfmt_misc_with_a_fixed_interpreter)
{
	if (access(BINFMT, F_OK))
		SKIP(return, "binfmt_misc is not there");
	try_binfmt(_metadata, "F");
}

/* The kernel asks for the module of a format that it does not know, until 6.13. */

#define UNKNOWN BIN "/unknown"
#define ASKED 250

static int exec_unknown(void *unused)
{
	int err = bh_exec(UNKNOWN);

	return bh_modprobe_asked("binfmt-") ? ASKED : err;
}

TEST_F(keys, no_module_is_loaded_for_a_format_that_nothing_allows)
{
	struct bh_trial trials[] = {
		GIVES(ASKED, EACCES, exec_unknown, "deny exec path=" UNKNOWN, NULL, "verdict=deny",
		      " path=\"" UNKNOWN "\""),
		GIVES(ASKED, EACCES, exec_unknown, DENY, NULL, "verdict=deny",
		      " path=\"" UNKNOWN "\""),
		GIVES(ASKED, 1000 + SIGKILL, exec_unknown, "kill exec path=" UNKNOWN, NULL,
		      "verdict=kill", " path=\"" UNKNOWN "\""),
		GIVES(ASKED, ASKED, exec_unknown, DENY "allow exec path=" UNKNOWN, NULL),
	};
	struct bh_modprobe modprobe;
	int asked;

	bh_make_file(UNKNOWN, "\1\2\3\4 no format of any kind\n", 0755);
	if (!bh_modprobe_begin(&modprobe))
		SKIP(return, "the kernel loads no modules");
	asked = exec_unknown(NULL);
	if (asked == ASKED)
		bh_try_all(_metadata, trials);
	bh_modprobe_end(&modprobe);
	if (asked != ASKED)
		SKIP(return, "the kernel loads no module for a format: %d", asked);
}

/* backing= */

static int open_memfd(const char *from, unsigned int flags)
{
	int fd = memfd_create("bulkhead", flags);
	char bytes[4096];
	ssize_t n = bh_read(from, bytes, sizeof(bytes));

	if (fd < 0 || n < 0 || write(fd, bytes, n) != n)
		return -1;
	return fd;
}

static int exec_by_proc(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return bh_exec(path);
}

static int exec_memfd(void *arg)
{
	return bh_execveat(open_memfd(PROG, MFD_CLOEXEC), "", AT_EMPTY_PATH);
}

/* Of the memory that its processes share, a file that was never opened. */
static int exec_shared_memory(void *arg)
{
	char path[64], *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				  -1, 0);

	if (at == MAP_FAILED || bh_read(PROG, at, 4096) < 0)
		return 255;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)at,
		 (unsigned long)at + 4096);
	return bh_exec(path);
}

static int exec_memfd_by_proc(void *arg)
{
	return exec_by_proc(open_memfd(PROG, MFD_CLOEXEC));
}

static int exec_memfd_script(void *flags)
{
	bh_make_file(SCRIPT, "#!" PROG "\n", 0755);
	return bh_execveat(open_memfd(SCRIPT, *(int *)flags), "", AT_EMPTY_PATH);
}

static int open_deleted(int flags)
{
	int fd;

	bh_make_program(TOP "/gone");
	fd = open(TOP "/gone", flags | O_CLOEXEC);
	unlink(TOP "/gone");
	return fd;
}

static int exec_deleted(void *arg)
{
	return bh_execveat(open_deleted(O_PATH), "", AT_EMPTY_PATH);
}

static int exec_deleted_by_proc(void *arg)
{
	return exec_by_proc(open_deleted(O_RDONLY));
}

static int exec_tmpfile(void *arg)
{
	int fd = open(TOP, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0755), again;
	char bytes[4096], path[64];
	ssize_t n = bh_read(PROG, bytes, sizeof(bytes));

	if (fd < 0 || write(fd, bytes, n) != n)
		return errno;
	/* What is open for writing cannot be executed. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	return bh_execveat(again, "", AT_EMPTY_PATH);
}

static int exec_o_path(void *arg)
{
	return bh_execveat(open(PROG, O_PATH | O_CLOEXEC), "", AT_EMPTY_PATH);
}

TEST_F(keys, memfd)
{
	int cloexec = MFD_CLOEXEC, none = 0;
	struct bh_trial trials[] = {
		DENIED(exec_memfd, "deny exec backing=memfd", NULL, " backing=memfd ", " path=- "),
		DENIED(exec_memfd_by_proc, "deny exec backing=memfd", NULL, " backing=memfd "),
		DENIED(exec_shared_memory, "deny exec backing=memfd", NULL, " backing=memfd "),
		DENIED(exec_shared_memory, DENY "allow exec path=/**", NULL, " path=- "),
		DENIED(exec_memfd, "deny exec backing!=file", NULL),
		DENIED(exec_memfd, DENY "allow exec path=/**,**", NULL, " path=- "),
		DENIED(exec_memfd_by_proc, DENY "allow exec path=/**", NULL, " path=- "),
		DENIED(exec_memfd, DENY "allow exec backing=file,deleted", NULL),
		ALLOWED(exec_memfd, "deny exec backing=file,deleted", NULL),
		ALLOWED(exec_memfd, DENY "allow exec backing=memfd", NULL),
		DENIED(exec_memfd_script, "deny exec backing=memfd", &none,
		       " as=program ", " backing=memfd "),
		DENIED(exec_memfd_script, "deny exec path=" PROG, &none,
		       " as=interpreter ", " backing=file "),
		/* The interpreter could not open it; so says the kernel, after the policy. */
		GIVES(ENOENT, EACCES, exec_memfd_script, "deny exec backing=memfd", &cloexec,
		      "verdict=deny", " backing=memfd "),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(keys, deleted)
{
	struct bh_trial trials[] = {
		DENIED(exec_deleted, "deny exec backing=deleted", NULL,
		       " backing=deleted ", " path=- "),
		DENIED(exec_deleted_by_proc, "deny exec backing=deleted", NULL,
		       " backing=deleted "),
		DENIED(exec_tmpfile, "deny exec backing=deleted", NULL, " backing=deleted "),
		DENIED(exec_deleted, DENY "allow exec path=/**,**", NULL, " path=- "),
		DENIED(exec_tmpfile, DENY "allow exec path=/**,**", NULL, " path=- "),
		DENIED(exec_deleted, "deny exec path!=/nope", NULL),
		ALLOWED(exec_deleted, "deny exec backing=file,memfd", NULL),
		ALLOWED(exec_deleted, "deny exec path=" TOP "/**", NULL),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(keys, files_by_descriptor)
{
	struct bh_trial trials[] = {
		DENIED(exec_o_path, "deny exec backing=file", NULL,
		       " backing=file ", " path=\"" PROG "\""),
		DENIED(exec_o_path, "deny exec path=" PROG, NULL, " as=program "),
		ALLOWED(exec_o_path, DENY "allow exec path=" PROG " backing=file", NULL),
		ALLOWED(exec_path, "deny exec backing=memfd,deleted", PROG),
		DENIED(exec_path, "deny exec backing=file", PROG),
	};

	bh_try_all(_metadata, trials);
}

TEST_HARNESS_MAIN
