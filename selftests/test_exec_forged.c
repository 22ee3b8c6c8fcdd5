// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: what would make a rule believe something that is not so; and what is only asked.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "exec.h"
#include "fuse.h"
#include "program.h"

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

#define OTHER BIN "/other"
#define SCRIPT BIN "/script"
#define OWNER 7

FIXTURE(forged) {};

FIXTURE_SETUP(forged)
{
	make_top(_metadata);
	bh_make_program(OTHER);
}

FIXTURE_TEARDOWN(forged)
{
}

extern char __executable_start, etext, edata, end;

/* Ways to set the executable: 0, or -1 and an errno. */
static int set_file(int fd)
{
	return prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0);
}

/* For which a capability in one's own user namespace is enough. */
static int set_map(int fd)
{
	unsigned long here = (unsigned long)&fd;
	struct prctl_mm_map map = {
		.start_code = (unsigned long)&__executable_start, .end_code = (unsigned long)&etext,
		.start_data = (unsigned long)&etext, .end_data = (unsigned long)&edata,
		.start_brk = (unsigned long)&end, .brk = (unsigned long)sbrk(0),
		.start_stack = here, .arg_start = here, .arg_end = here, .env_start = here,
		.env_end = here, .exe_fd = fd,
	};

	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

static int (*set_exe)(int fd) = set_file;

static int forge(void *path)
{
	char exe[256] = "";
	int err = bh_leave_file(), fd = open(path, O_RDONLY);

	if (err)
		return 200;
	if (set_exe(fd))
		return errno;
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0 || strcmp(exe, path))
		return 201;
	return bh_exec(PROG);
}

static int forge_by_map(void *path)
{
	set_exe = set_map;
	return forge(path);
}

#define ONLY_FROM_OTHER "default exec deny\nallow exec path=" PROG " from=" OTHER "\n"
#define KEEPS_IT "a running program keeps its executable"

TEST_F(forged, the_executable_of_a_running_program)
{
	const struct bh_trial trials[] = {
		GIVES(0, EPERM, forge, ONLY_FROM_OTHER, OTHER, "verdict=deny class=exec", KEEPS_IT),
		GIVES(0, EPERM, forge_by_map, ONLY_FROM_OTHER, OTHER, "verdict=deny class=exec",
		      KEEPS_IT),
		GIVES(0, 0, forge, "mode audit\ndefault exec deny\n", OTHER,
		      "verdict=would-deny class=exec", KEEPS_IT),
	};
	struct bh_trial by_root_of_a_user_namespace = trials[1];

	bh_try_all(_metadata, trials);
	by_root_of_a_user_namespace.flags = CLONE_NEWUSER | CLONE_NEWPID;
	bh_try(_metadata, &by_root_of_a_user_namespace);
}

static int ask(void *path)
{
	return syscall(SYS_execveat, AT_FDCWD, path, NULL, NULL, AT_EXECVE_CHECK) ? errno : 0;
}

static int ask_descriptor(int fd)
{
	return syscall(SYS_execveat, fd, "", NULL, NULL, AT_EMPTY_PATH | AT_EXECVE_CHECK) ?
	       errno : 0;
}

static int ask_opened(void *path)
{
	return ask_descriptor(open(path, O_PATH | O_CLOEXEC));
}

static int ask_memfd(void *script)
{
	int fd = memfd_create("x", MFD_CLOEXEC);

	return write(fd, script, strlen(script)) < 0 ? -1 : ask_descriptor(fd);
}

TEST_F(forged, what_is_only_asked)
{
	const struct bh_trial trials[] = {
		DENIED(ask, "deny exec path=" OTHER "\n", OTHER, OTHER, "check=yes"),
		/* Nobody dies of a question. */
		GIVES(0, EACCES, ask, "kill exec path=" OTHER "\n", OTHER,
		      "verdict=kill class=exec", "check=yes"),
		GIVES(0, 0, ask, "audit allow exec path=" OTHER "\n", OTHER,
		      "verdict=allow class=exec", "check=yes"),
		GIVES(0, 0, ask, "mode audit\ndeny exec\n", OTHER, "verdict=would-deny",
		      "check=yes"),
		ALLOWED(ask, "deny exec path=" PROG "\n", OTHER),
		DENIED(ask, "deny exec path=" SCRIPT "\n", SCRIPT, SCRIPT, "check=yes",
		       "as=program"),
		DENIED(ask_opened, "deny exec path=" OTHER "\n", OTHER, OTHER, "check=yes"),
		DENIED(ask_memfd, "deny exec backing=memfd\n", "#!" PROG "\n", "backing=memfd",
		       "check=yes"),
		ALLOWED(ask_memfd, "deny exec backing=deleted,file\n", "#!" PROG "\n"),
		GIVES(0, 0, ask_opened, "default exec deny\nallow exec setid=no path=" OTHER "\n",
		      OTHER),
	};
	/* The init of a namespace that is not armed: the answer is that of the execution. */
	const struct bh_trial unarmed = {
		.rules = "deny exec path=" OTHER "\n", .act = ask, .arg = OTHER, .with = EACCES,
		.arm = "exec", .words = { "verdict=deny class=exec", "check=yes" },
	};

	if (ask(OTHER) == EINVAL)
		SKIP(return, "this kernel answers no such question");
	bh_make_file(SCRIPT, "#!" PROG "\n", 0755);
	bh_try_all(_metadata, trials);
	bh_try(_metadata, &unarmed);
}

static int ask_then_exec(void *path)
{
	if (!ask(path))
		return 0;
	/* Were the namespace armed by that, this would be denied. */
	return bh_exec(PROG);
}

TEST_F(forged, a_question_arms_nothing)
{
	const struct bh_trial trial = {
		.rules = "deny exec\n", .act = ask_then_exec, .arg = OTHER, .arm = "exec",
		.words = { "verdict=deny class=exec", "check=yes" },
	};

	if (ask(OTHER) == EINVAL)
		SKIP(return, "this kernel answers no such question");
	bh_try(_metadata, &trial);
}

/* A loader that exits with the user that it runs as. */
static void make_telltale(const char *path)
{
	/* mov $107,%eax; syscall; mov %eax,%edi; mov $60,%eax; syscall */
	static const unsigned char code[] = {
		0xb8, 107, 0, 0, 0, 0x0f, 0x05, 0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05,
	};
	const unsigned long size = 120 + sizeof(code);
	int fd;

	bh_make_loader(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, code, sizeof(code), 120) < 0 || pwrite(fd, &size, 8, 96) < 0 ||
	    pwrite(fd, &size, 8, 104) < 0)
		exit(1);
	close(fd);
}

/* While the kernel looks for the program's interpreter: it has been judged by then. */
static void raise_it(void)
{
	if (chmod(PROG, 04755))
		_exit(1);
}

/* The user that the program ran as, or why it did not. */
static int exec_while_raised(void *unused)
{
	int status;
	pid_t pid;

	if (chmod(PROG, 0755))
		return 200;
	pid = fork();
	if (!pid) {
		execl(PROG, "prog", NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 201;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 202;
}

/* Did it come while the kernel looked? Forgets that it did. */
static bool was_raised(int told)
{
	char byte;
	bool any = false;

	while (read(told, &byte, 1) == 1)
		any = true;
	return any;
}

TEST_F(forged, privilege_that_comes_meanwhile)
{
	const struct bh_trial trials[] = {
		/* It is judged as it was seen first, and again as the kernel took it. */
		GIVES(OWNER, EACCES, exec_while_raised, "audit allow exec setid=no\n"
		      "deny exec setid=yes path=" PROG "\n", NULL,
		      "verdict=deny class=exec", "setid=yes", PROG),
		GIVES(OWNER, EACCES, exec_while_raised, "audit allow exec setid=no\n"
		      "deny exec setid=yes path=" PROG "\n", NULL,
		      "verdict=allow class=exec", "setid=no", PROG),
		GIVES(OWNER, OWNER, exec_while_raised, "deny exec setid=no path=" OTHER "\n", NULL),
	};
	int told[2], owner;
	bool raised;
	pid_t server;

	ASSERT_EQ(0, mkdir(TOP "/fuse", 0755));
	ASSERT_EQ(0, pipe2(told, O_CLOEXEC | O_NONBLOCK));
	make_telltale(TOP "/" FUSE_LINK);
	bh_make_elf(PROG, 0, TOP "/fuse/" FUSE_LINK);
	ASSERT_EQ(0, chown(PROG, OWNER, 0));
	server = fuse_start(TOP "/fuse", FUSE_READLINK, told[1], raise_it);
	if (server < 0)
		SKIP(return, "no fuse here");
	owner = exec_while_raised(NULL);
	raised = was_raised(told[0]);
	if (raised)
		bh_try_all(_metadata, trials);
	umount2(TOP "/fuse", MNT_DETACH);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	if (!raised)
		SKIP(return, "the kernel did not look for the interpreter: %d", owner);
}

TEST_HARNESS_MAIN
