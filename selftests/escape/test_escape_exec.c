// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways out by execution: rows 10 to 14 and 19 of the catalogue, the forged executable of
 * row 15 and the set-user-ID half of row 20.
 */
#include <linux/prctl.h>
#include <sched.h>

#include <kselftest_harness.h>

#include "program.h"
#include "try.h"

ESCAPES()

#define EXECUTED(number, how, what, object, ...)				\
	.row = number, .technique = how, .class = "exec", .attack = what,	\
	.arg = (void *)(object), .with = EACCES, EVENT("class=exec", __VA_ARGS__)

#define DRIFT "deny exec layer=upper"

/* 10 */

/* The program /bin/prog in memory. */
static int memory_program(unsigned int flags)
{
	char bytes[4096];
	int fd = syscall(SYS_memfd_create, "payload", flags), from = open("/bin/prog", O_RDONLY);
	ssize_t len = read(from, bytes, sizeof(bytes));

	if (fd < 0 || len <= 0 || write(fd, bytes, len) != len)
		return -1;
	close(from);
	return fd;
}

static int attack_memfd(void *arg)
{
	int fd = memory_program(0);

	return fd < 0 ? esc_broken("memfd") : bh_execveat(fd, "", AT_EMPTY_PATH);
}

static int attack_memfd_path(void *arg)
{
	char path[64];
	int fd = memory_program(0);

	if (fd < 0)
		return esc_broken("memfd");
	snprintf(path, sizeof(path), "%s/%d", (const char *)arg, fd);
	return bh_exec(path);
}

/* MFD_ALLOW_SEALING: sealed, as runtimes have themselves copied. */
static int attack_memfd_sealed(void *arg)
{
	int fd = memory_program(2);

	if (fd < 0 || fcntl(fd, 1033 /* F_ADD_SEALS */, 0xf))
		return esc_broken("memfd");
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

/* A script that lies in memory has an interpreter that does not. */
static int attack_memfd_script(void *arg)
{
	static const char script[] = "#!/bin/prog\n";
	int fd = syscall(SYS_memfd_create, "script", 0);

	if (fd < 0 || write(fd, script, sizeof(script) - 1) < 0)
		return esc_broken("memfd");
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

ESCAPE(r10_memfd, EXECUTED(10, "memfd executed by execveat", attack_memfd, NULL,
	"backing=memfd"));
ESCAPE(r10_memfd_proc, EXECUTED(10, "memfd executed through /proc/self/fd", attack_memfd_path,
	"/proc/self/fd", "backing=memfd"));
ESCAPE(r10_memfd_thread, EXECUTED(10, "memfd executed through /proc/thread-self/fd",
	attack_memfd_path, "/proc/thread-self/fd", "backing=memfd"));
ESCAPE(r10_memfd_sealed, EXECUTED(10, "sealed memfd", attack_memfd_sealed, NULL,
	"backing=memfd"));
ESCAPE(r10_memfd_script, EXECUTED(10, "script in a memfd", attack_memfd_script, NULL,
	"backing=memfd"));

/* 11 */

static int attack_drop(void *arg)
{
	bh_make_program(arg);
	return bh_exec(arg);
}

static int attack_drop_fd(void *arg)
{
	int fd;

	bh_make_program(arg);
	fd = open(arg, O_PATH);
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

static int attack_drop_link(void *arg)
{
	bh_make_program(arg);
	if (symlink(arg, "/bin/innocent"))
		return esc_broken("symlink");
	return bh_exec("/bin/innocent");
}

ESCAPE(r11_shm, EXECUTED(11, "payload on /dev/shm", attack_drop, "/dev/shm/payload",
	"path=\"/dev/shm/payload\""));
ESCAPE(r11_volume, EXECUTED(11, "payload on a volume", attack_drop, "/vol/payload",
	"path=\"/vol/payload\""));
ESCAPE(r11_fd, EXECUTED(11, "payload on a volume by descriptor", attack_drop_fd, "/vol/payload",
	"path=\"/vol/payload\""));
ESCAPE(r11_link, EXECUTED(11, "payload on a volume behind a symbolic link", attack_drop_link,
	"/vol/payload", "path=\"/vol/payload\""));
ESCAPE(r11_writable, EXECUTED(11, "payload on what is not read-only", attack_drop,
	"/vol/payload", "path=\"/vol/payload\""), .policy = "deny exec lacks=ro fstype=tmpfs");

/* 12 */

ESCAPE(r12_drift, EXECUTED(12, "new file executed", attack_drop, "/bin/payload",
	"path=\"/bin/payload\"", "layer=upper"), .policy = DRIFT);
ESCAPE(r12_drift_fd, EXECUTED(12, "new file executed by descriptor", attack_drop_fd,
	"/tmp/payload", "path=\"/tmp/payload\"", "layer=upper"), .policy = DRIFT);
ESCAPE(r12_drift_link, EXECUTED(12, "new file behind a symbolic link", attack_drop_link,
	"/tmp/payload", "path=\"/tmp/payload\"", "layer=upper"), .policy = DRIFT);

/* 13 */

static int attack_rewrite(void *arg)
{
	int fd = open("/bin/prog", O_WRONLY);
	char last;

	/* The bytes stay: it is the writing that makes the file another. */
	if (fd < 0 || pread(open("/bin/prog", O_RDONLY), &last, 1, 0) != 1 ||
	    pwrite(fd, &last, 1, 0) != 1)
		return esc_broken("write");
	close(fd);
	return bh_exec("/bin/prog");
}

static int attack_rename(void *arg)
{
	bh_make_program("/tmp/payload");
	if (rename("/tmp/payload", "/bin/prog"))
		return esc_broken("rename");
	return bh_exec("/bin/prog");
}

static int attack_link(void *arg)
{
	bh_make_program("/tmp/payload");
	if (unlink("/bin/prog") || link("/tmp/payload", "/bin/prog"))
		return esc_broken("link");
	return bh_exec("/bin/prog");
}

static int attack_exchange(void *arg)
{
	bh_make_program("/tmp/payload");
	if (syscall(SYS_renameat2, AT_FDCWD, "/tmp/payload", AT_FDCWD, "/bin/prog",
		    2 /* RENAME_EXCHANGE */))
		return esc_broken("renameat2");
	return bh_exec("/bin/prog");
}

/* The change of an attribute copies the file up. */
static int attack_chmod(void *arg)
{
	if (chmod("/bin/prog", 04755))
		return esc_broken("chmod");
	return bh_exec("/bin/prog");
}

#define CHANGED(name, how, what)						\
ESCAPE(name, EXECUTED(13, how, what, NULL, "path=\"/bin/prog\"", "layer=upper"),	\
	.policy = DRIFT)

CHANGED(r13_rewrite, "image binary changed in place", attack_rewrite);
CHANGED(r13_rename, "image binary replaced by rename", attack_rename);
CHANGED(r13_link, "image binary replaced by hard link", attack_link);
CHANGED(r13_exchange, "image binary exchanged", attack_exchange);
CHANGED(r13_chmod, "image binary made set-user-ID", attack_chmod);

/* 14 */

static int attack_unlinked(void *arg)
{
	int fd;

	bh_make_program(arg);
	fd = open(arg, O_RDONLY);
	if (fd < 0 || unlink(arg))
		return esc_broken("unlink");
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

static int attack_tmpfile(void *arg)
{
	char bytes[4096], path[64];
	int from = open("/bin/prog", O_RDONLY), to = open(arg, O_TMPFILE | O_RDWR, 0755);
	ssize_t len = read(from, bytes, sizeof(bytes));
	int fd;

	if (to < 0)
		return esc_skip("no O_TMPFILE there");
	if (write(to, bytes, len) != len)
		return esc_broken("write");
	/* Nobody may have it open for writing. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	fd = open(path, O_RDONLY);
	close(to);
	return bh_execveat(fd, "", AT_EMPTY_PATH);
}

ESCAPE(r14_unlinked, EXECUTED(14, "unlinked file", attack_unlinked, "/tmp/payload",
	"backing=deleted"));
ESCAPE(r14_unlinked_image, EXECUTED(14, "unlinked file of the image", attack_unlinked,
	"/bin/prog", "backing=deleted"));
ESCAPE(r14_unlinked_volume, EXECUTED(14, "unlinked file of a volume", attack_unlinked,
	"/vol/payload", "backing=deleted"));
ESCAPE(r14_tmpfile, EXECUTED(14, "O_TMPFILE on a volume", attack_tmpfile, "/vol",
	"backing=deleted"));

/* 15 */

/* In a user namespace of its own, where it has every capability. */
static int attack_forge(void *arg)
{
	char here, *brk = sbrk(0);
	__u64 stack = (unsigned long)&here;
	struct prctl_mm_map map = {
		.start_code = (unsigned long)&here - 2, .end_code = (unsigned long)&here - 1,
		.start_data = (unsigned long)brk - 2, .end_data = (unsigned long)brk - 1,
		.start_brk = (unsigned long)brk, .brk = (unsigned long)brk,
		.start_stack = stack, .arg_start = stack, .arg_end = stack,
		.env_start = stack, .env_end = stack,
	};

	if (bh_leave_file())
		return esc_broken("leave_file");
	map.exe_fd = open("/bin/prog", O_RDONLY);
	if (syscall(SYS_unshare, CLONE_NEWUSER))
		return esc_broken("unshare");
	if (syscall(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		return errno;
	return bh_exec("/bin/victim");
}

ESCAPE(r15_forged, .row = 15, .technique = "executable forged by PR_SET_MM_MAP", .class = "exec",
	.attack = attack_forge,
	.policy = "default exec deny\nallow exec path=/bin/victim from=/bin/prog",
	.with = EPERM, EVENT("class=exec", "a running program keeps its executable"));

/* 19 */

static int attack_script(void *arg)
{
	bh_make_program("/vol/interpreter");
	bh_make_program("/bin/allowed");
	bh_make_file("/tmp/script", arg, 0755);
	return bh_exec("/tmp/script");
}

static int attack_nested_script(void *arg)
{
	bh_make_program("/vol/interpreter");
	bh_make_file("/tmp/inner", "#!/vol/interpreter\n", 0755);
	bh_make_file("/tmp/script", "#!/tmp/inner\n", 0755);
	return bh_exec("/tmp/script");
}

static int attack_volume_script(void *arg)
{
	bh_make_file("/vol/script", "#!/bin/prog\n", 0755);
	return bh_exec("/vol/script");
}

static int attack_elf_interpreter(void *arg)
{
	int fd;

	bh_make_program("/vol/interpreter");
	/* An interpreter's segment is cleared behind its end: let it be writable. */
	fd = open("/vol/interpreter", O_WRONLY);
	if (fd < 0 || pwrite(fd, "\7", 1, 68) != 1)
		return esc_broken("interpreter");
	close(fd);
	bh_make_elf("/bin/dynamic", 0, "/vol/interpreter");
	return bh_exec("/bin/dynamic");
}

/* The default policy would stop the script itself, which is new. */
#define ON_THE_ROOT "default exec deny\nallow exec fstype=overlay"

ESCAPE(r19_interpreter, EXECUTED(19, "script with a forbidden interpreter", attack_script,
	"#!/vol/interpreter\n", "path=\"/vol/interpreter\"", "as=interpreter"),
	.policy = ON_THE_ROOT);
ESCAPE(r19_nested, EXECUTED(19, "script whose interpreter is a script", attack_nested_script,
	NULL, "path=\"/vol/interpreter\"", "as=interpreter"),
	.policy = ON_THE_ROOT);
ESCAPE(r19_script, EXECUTED(19, "forbidden script with an allowed interpreter",
	attack_volume_script, NULL, "path=\"/vol/script\"", "as=program"));
ESCAPE(r19_elf, EXECUTED(19, "forbidden ELF interpreter", attack_elf_interpreter, NULL,
	"path=\"/vol/interpreter\"", "as=interpreter"),
	.policy = ON_THE_ROOT);
ESCAPE(r19_as, EXECUTED(19, "an interpreter where only programs are allowed", attack_script,
	"#!/bin/allowed\n", "path=\"/bin/allowed\"", "as=interpreter"),
	.policy = "deny exec as=interpreter path!=/bin/prog");

/* 20 */

static int attack_setid(void *arg)
{
	bh_make_program(arg);
	if (chmod(arg, 04755))
		return esc_broken("chmod");
	return bh_exec(arg);
}

ESCAPE(r20_setid_volume, EXECUTED(20, "set-user-ID file on a volume", attack_setid,
	"/vol/payload", "path=\"/vol/payload\"", "setid=yes"));
ESCAPE(r20_setid_upper, EXECUTED(20, "set-user-ID file in the upper layer", attack_setid,
	"/bin/payload", "path=\"/bin/payload\"", "setid=yes"),
	.policy = "deny exec setid=yes layer=upper");

TEST_HARNESS_MAIN
