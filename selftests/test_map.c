// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map: memory that becomes executable, by mmap, mprotect and what amounts to them.
 */
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "trial.h"

#define TOP "/tmp/p"
#define LIB TOP "/lib"
#define OTHER TOP "/other"

#define GIVES(before, after, what, how, policy, ...) {				\
	.without = before, .with = after, .rules = policy, .act = what,		\
	.arg = (void *)(how), .words = { __VA_ARGS__ },				\
}

#define DENIED(what, how, policy, ...)						\
	GIVES(0, EACCES, what, how, policy, "verdict=deny class=map", __VA_ARGS__)

#define ALLOWED(what, how, policy) GIVES(0, 0, what, how, policy)

#define RX (PROT_READ | PROT_EXEC)
#define RW (PROT_READ | PROT_WRITE)
#define RWX (RW | PROT_EXEC)
#define R PROT_READ

FIXTURE(map) {};

FIXTURE_SETUP(map)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_program(LIB);
	bh_make_program(OTHER);
}

FIXTURE_TEARDOWN(map)
{
}

static int got(const void *memory)
{
	return memory == MAP_FAILED ? errno : 0;
}

static void *map_fd(int fd, int prot, int flags)
{
	return mmap(NULL, 4096, prot, flags, fd, 0);
}

/* Files */

struct file_act {
	const char *path;
	int prot;		/* of mmap */
	int flags;
	int write;		/* a byte, before the protection changes */
	int then;		/* of mprotect */
};

#define FILE_ACT(...) (&(const struct file_act){ .path = __VA_ARGS__ })

static int do_file(void *arg)
{
	const struct file_act *act = arg;
	char *memory = map_fd(open(act->path, O_RDWR), act->prot, act->flags);

	if (memory == MAP_FAILED)
		return errno;
	if (act->write)
		memory[100] = 1;
	if (!act->then)
		return 0;
	return mprotect(memory, 4096, act->then) ? errno : 0;
}

static int do_pkey(void *unused)
{
	char *memory = map_fd(open(OTHER, O_RDONLY), R, MAP_PRIVATE);

	return syscall(SYS_pkey_mprotect, memory, 4096, RX, -1) ? errno : 0;
}

#define ONLY_LIB "default map deny\nallow map path=" LIB "\n"

TEST_F(map, files)
{
	const struct bh_trial trials[] = {
		ALLOWED(do_file, FILE_ACT(LIB, RX, MAP_PRIVATE), ONLY_LIB),
		DENIED(do_file, FILE_ACT(OTHER, RX, MAP_PRIVATE), ONLY_LIB,
		       "path=\"" OTHER "\"", "backing=file layer=none", "fstype=\"tmpfs\""),
		DENIED(do_file, FILE_ACT(OTHER, PROT_EXEC, MAP_SHARED), ONLY_LIB, OTHER),
		ALLOWED(do_file, FILE_ACT(OTHER, R, MAP_PRIVATE), ONLY_LIB),
		ALLOWED(do_file, FILE_ACT(OTHER, RW, MAP_SHARED), ONLY_LIB),
		DENIED(do_file, FILE_ACT(OTHER, R, MAP_PRIVATE, 0, RX), ONLY_LIB, OTHER),
		DENIED(do_pkey, NULL, ONLY_LIB, OTHER),
		ALLOWED(do_file, FILE_ACT(LIB, R, MAP_PRIVATE, 0, RX), ONLY_LIB),
		ALLOWED(do_file, FILE_ACT(LIB, RX, MAP_PRIVATE, 0, RX), ONLY_LIB),
		/* Written over, it is the file's content no more. */
		DENIED(do_file, FILE_ACT(LIB, RW, MAP_PRIVATE, 1, RX), ONLY_LIB,
		       "path=- ", "backing=anonymous layer=none"),
		DENIED(do_file, FILE_ACT(LIB, RWX, MAP_PRIVATE), ONLY_LIB, "backing=anonymous"),
		DENIED(do_file, FILE_ACT(LIB, R, MAP_PRIVATE, 0, RWX), ONLY_LIB,
		       "backing=anonymous"),
		DENIED(do_file, FILE_ACT(LIB, RX, MAP_PRIVATE, 0, RWX), ONLY_LIB,
		       "backing=anonymous"),
		ALLOWED(do_file, FILE_ACT(LIB, RWX, MAP_PRIVATE),
			ONLY_LIB "allow map backing=anonymous\n"),
		ALLOWED(do_file, FILE_ACT(LIB, RW, MAP_SHARED, 1, RX), ONLY_LIB),
	};

	bh_try_all(_metadata, trials);
}

/* No files */

struct memory_act {
	int prot;
	int flags;
	int then;
};

#define MEMORY(...) (&(const struct memory_act){ .prot = __VA_ARGS__ })

static int do_memory(void *arg)
{
	const struct memory_act *act = arg;
	char *memory = map_fd(-1, act->prot, act->flags | MAP_ANONYMOUS);

	if (memory == MAP_FAILED)
		return errno;
	if (act->prot & PROT_WRITE)
		memory[0] = 1;
	return act->then && mprotect(memory, 4096, act->then) ? errno : 0;
}

static int do_zero(void *flags)
{
	return got(map_fd(open("/dev/zero", O_RDWR), RX, (long)flags));
}

static int do_stack(void *unused)
{
	char here[8192];
	unsigned long page = ((unsigned long)here + 4095) & ~4095UL;

	return mprotect((void *)page, 4096, RWX) ? errno : 0;
}

static int do_heap(void *unused)
{
	char *heap = sbrk(8192);
	unsigned long page = ((unsigned long)heap + 4095) & ~4095UL;

	return mprotect((void *)page, 4096, RX) ? errno : 0;
}

static int do_shm(void *unused)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700), err;

	err = got(shmat(id, NULL, SHM_EXEC));
	shmctl(id, IPC_RMID, NULL);
	return err;
}

static int do_memfd(void *unused)
{
	int fd = memfd_create("x", 0);

	if (ftruncate(fd, 4096))
		return 1;
	return got(map_fd(fd, RX, MAP_PRIVATE));
}

static int do_deleted(void *unused)
{
	int fd = open(TOP, O_TMPFILE | O_RDWR, 0700);

	if (ftruncate(fd, 4096))
		return 1;
	return got(map_fd(fd, RX, MAP_PRIVATE));
}

/* Reading means executing. */
static int do_personality(void *file)
{
	if (personality(READ_IMPLIES_EXEC) < 0)
		return 1;
	return got(map_fd(file ? open(file, O_RDONLY) : -1, R,
			  file ? MAP_PRIVATE : MAP_PRIVATE | MAP_ANONYMOUS));
}

static int do_mmap2_32(void *unused)
{
	long ret;

	/* mmap2(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) */
	__asm__ volatile("push %%rbp; xor %%ebp, %%ebp; int $0x80; pop %%rbp" : "=a"(ret)
			 : "a"(192), "b"(0), "c"(4096), "d"(RX), "S"(0x22), "D"(-1)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret < 0 && (int)ret > -4096 ? -(int)ret : 0;
}

/* brk(2), by the entry for 32-bit programs too: the break that results. */
static char *move_break(char *to, int entry_32)
{
	long ret;

	if (!entry_32)
		return (char *)syscall(SYS_brk, to);
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(45), "b"(to)
			 : "memory", "r8", "r9", "r10", "r11");
	return (char *)(ret & 0xffffffff);
}

/* A heap that executes, though no one asked for executable memory. */
static int do_break(void *entry_32)
{
	char *end = move_break(NULL, !!entry_32), *to = end + 8192;

	if (personality(READ_IMPLIES_EXEC) < 0)
		return 1;
	if (move_break(to, !!entry_32) != to)
		return move_break(NULL, !!entry_32) == end ? ENOMEM : 2;
	to -= 4096;
	*to = (char)0xc3;
	((void (*)(void))to)();
	return 0;
}

/* The heap of a program that asks for nothing special. */
static int do_plain_break(void *unused)
{
	char *end = move_break(NULL, 0);

	return move_break(end + 8192, 0) == end + 8192 ? 0 : ENOMEM;
}

/* Memory that the kernel shares with a program through a descriptor. */
static int do_ring(void *unused)
{
	struct io_uring_params params = { };
	int fd = syscall(SYS_io_uring_setup, 8, &params);
	void *memory = mmap(NULL, 4096, RX, MAP_SHARED, fd, IORING_OFF_SQES);

	return fd < 0 ? 1 : got(memory);
}

#define NO_SHELLCODE "deny map backing=anonymous\n"

TEST_F(map, anonymous_memory)
{
	const struct bh_trial trials[] = {
		DENIED(do_memory, MEMORY(RWX, MAP_PRIVATE), NO_SHELLCODE,
		       "backing=anonymous layer=none", "path=- fstype=-"),
		DENIED(do_memory, MEMORY(RX, MAP_SHARED), NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_memory, MEMORY(RW, MAP_PRIVATE, RX), NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_memory, MEMORY(RW, MAP_SHARED, RX), NO_SHELLCODE, "backing=anonymous"),
		ALLOWED(do_memory, MEMORY(RW, MAP_PRIVATE, R), NO_SHELLCODE),
		DENIED(do_zero, MAP_PRIVATE, NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_zero, MAP_SHARED, NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_stack, NULL, NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_heap, NULL, NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_shm, NULL, NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_personality, NULL, NO_SHELLCODE, "backing=anonymous"),
		DENIED(do_mmap2_32, NULL, NO_SHELLCODE, "backing=anonymous"),
		GIVES(0, ENOMEM, do_break, 0, NO_SHELLCODE, "class=map", "backing=anonymous"),
		GIVES(0, ENOMEM, do_break, 1, NO_SHELLCODE, "class=map", "backing=anonymous"),
		GIVES(0, 1000 + 9, do_break, 0, "kill map backing=anonymous\n", "verdict=kill"),
		ALLOWED(do_break, 0, "deny map backing=memfd,file,deleted\n"),
		ALLOWED(do_plain_break, NULL, NO_SHELLCODE),
		ALLOWED(do_memory, MEMORY(RWX, MAP_PRIVATE), "default map deny\n"
			"allow map backing=anonymous\n"),
		DENIED(do_memory, MEMORY(RWX, MAP_PRIVATE), "default map deny\n"
		       "allow map path=**\nallow map backing=file,memfd,deleted\n"),
	};

	bh_try_all(_metadata, trials);
}

TEST_F(map, a_ring)
{
	const struct bh_trial trials[] = {
		DENIED(do_ring, NULL, NO_SHELLCODE, "backing=anonymous", "path=- fstype=-"),
	};

	if (do_ring(NULL) == EPERM)
		SKIP(return, "the kernel executes nothing that has an anonymous inode");
	bh_try_all(_metadata, trials);
}

TEST_F(map, files_without_a_name)
{
	const struct bh_trial trials[] = {
		DENIED(do_memfd, NULL, "deny map backing=memfd\n", "backing=memfd"),
		DENIED(do_deleted, NULL, "deny map backing=deleted\n", "backing=deleted"),
		DENIED(do_memfd, NULL, "default map deny\nallow map path=**\n", "path=-"),
		DENIED(do_personality, OTHER, ONLY_LIB, OTHER),
		ALLOWED(do_memfd, NULL, "deny map backing=anonymous,deleted,file\n"),
	};

	bh_try_all(_metadata, trials);
}

/* What execve itself maps is not asked for; a killed one does not come back. */
static int do_exec(void *unused)
{
	return bh_exec(OTHER);
}

static int do_exec_path(void *path)
{
	return bh_exec(path);
}

static int do_exec_implied(void *path)
{
	return personality(READ_IMPLIES_EXEC) < 0 ? errno : bh_exec(path);
}

static int do_exec_page_0(void *path)
{
	return personality(MMAP_PAGE_ZERO) < 0 ? errno : bh_exec(path);
}

#define NO_PAGE 200

/* This program, executed so, makes the page writable that the kernel may have put there. */
__attribute__((constructor)) static void use_page_0(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[0], "page 0"))
		_exit(!mprotect(NULL, 4096, RWX) ? 0 : errno == ENOMEM ? NO_PAGE : errno);
}

static int do_use_page_0(void *unused)
{
	char *argv[] = { "page 0", "", NULL };

	if (personality(MMAP_PAGE_ZERO) < 0)
		return errno;
	execv("/proc/self/exe", argv);
	return errno;
}

/* In a child: what it executes lies where the test lies. */
static int do_exec_and_use(void *unused)
{
	return bh_child(do_use_page_0, NULL);
}

#define RWX_STACK TOP "/stack"
#define RWX_DATA TOP "/data"
#define OLD_32 TOP "/old32"
#define NEW_32 TOP "/new32"

/* What a program executes beside its file's content: past the point of no return. */
TEST_F(map, exec_makes_no_other_memory)
{
	const struct bh_trial trials[] = {
#define SHOT(what, how)	GIVES(0, 1000 + 11, what, how, NO_SHELLCODE, "verdict=deny class=map", \
			      "backing=anonymous")
		SHOT(do_exec_path, RWX_STACK),
		SHOT(do_exec_path, RWX_DATA),
		ALLOWED(do_exec_path, RWX_STACK, "default map deny\n"
			"allow map backing=anonymous\n"),
		ALLOWED(do_exec_implied, OTHER, NO_SHELLCODE),
		/* The page is not there, if it could be at all: that is no error of execve. */
		ALLOWED(do_exec_page_0, OTHER, "quiet deny map backing=anonymous\n"),
	};
	const struct bh_trial page_0[] = {
		GIVES(0, NO_PAGE, do_exec_and_use, NULL, NO_SHELLCODE, "verdict=deny class=map",
		      "backing=anonymous"),
		ALLOWED(do_exec_and_use, NULL, "default map deny\nallow map backing=anonymous\n"
			"allow map path=**\n"),
	};
	const struct bh_trial trials_32[] = {
		SHOT(do_exec_path, OLD_32),
		SHOT(do_exec_implied, NEW_32),
		ALLOWED(do_exec_path, NEW_32, NO_SHELLCODE),
		ALLOWED(do_exec_path, OLD_32, "default map deny\nallow map backing=anonymous\n"),
	};

	bh_make_stack_program(RWX_STACK);
	bh_make_loader(RWX_DATA);
	bh_make_program_32(OLD_32, 0);
	bh_make_program_32(NEW_32, 1);
	bh_try_all(_metadata, trials);
	if (!do_exec_and_use(NULL))
		bh_try_all(_metadata, page_0);
	if (bh_exec(OLD_32))
		SKIP(return, "no 32-bit programs here");
	bh_try_all(_metadata, trials_32);
}

/*
 * Memory that is filled in without ever having been writable
 */

/* Whence a userfaultfd comes. */
enum { BY_CALL, BY_CALL_32, BY_DEVICE };

static int make_uffd(int how)
{
	struct uffdio_api api = { .api = UFFD_API };
	long fd;

	if (how == BY_CALL_32) {
		__asm__ volatile("int $0x80" : "=a"(fd) : "a"(374), "b"(O_CLOEXEC)
				 : "memory", "r8", "r9", "r10", "r11");
		errno = -(int)fd;
		fd = (int)fd < 0 ? -1 : (int)fd;
#ifdef USERFAULTFD_IOC_NEW
	} else if (how == BY_DEVICE) {
		fd = ioctl(open("/dev/userfaultfd", O_RDWR | O_CLOEXEC), USERFAULTFD_IOC_NEW,
			   O_CLOEXEC);
#endif
	} else {
		fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	}
	return fd < 0 || !ioctl(fd, UFFDIO_API, &api) ? fd : -1;
}

static int register_page(int fd, const void *at)
{
	struct uffdio_register range = {
		.range = { .start = (unsigned long)at, .len = 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return ioctl(fd, UFFDIO_REGISTER, &range) ? errno : 0;
}

static int fill_page(int fd, const void *at)
{
	static char code[4096] __attribute__((aligned(4096))) = { (char)0xc3 };
	struct uffdio_copy copy = {
		.dst = (unsigned long)at, .src = (unsigned long)code, .len = 4096,
	};

	return ioctl(fd, UFFDIO_COPY, &copy) ? errno : 0;
}

/* A process outside, which does with a descriptor what it is asked for. */
struct request {
	int (*act)(int fd, const void *at);
	const void *at;
};

static int outside[2];

static void serve_outside(void)
{
	struct request request;
	int fd, ret;

	close(outside[1]);
	while ((fd = bh_receive_fd(outside[0])) >= 0 &&
	       read(outside[0], &request, sizeof(request)) == sizeof(request)) {
		ret = request.act(fd, request.at);
		if (write(outside[0], &ret, sizeof(ret)) != sizeof(ret))
			break;
		close(fd);
	}
	_exit(0);
}

/* It ends with the last of those that may ask it. */
static int start_outside(void)
{
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, outside))
		return errno;
	pid = fork();
	if (!pid)
		serve_outside();
	close(outside[0]);
	return pid < 0 ? errno : 0;
}

static int ask_outside(int fd, int (*act)(int fd, const void *at), const void *at)
{
	struct request request = { .act = act, .at = at };
	int ret;

	bh_send_fd(outside[1], fd);
	if (write(outside[1], &request, sizeof(request)) != sizeof(request) ||
	    read(outside[1], &ret, sizeof(ret)) != sizeof(ret))
		return 202;
	return ret;
}

static int fill_registered(int fd, const void *at)
{
	return register_page(fd, at) ?: fill_page(fd, at);
}

/* The pages of the mapping that are there already are not filled in. */
static char *map_hole(int prot)
{
	char *at = map_fd(open(LIB, O_RDONLY | O_CLOEXEC), prot, MAP_PRIVATE);

	return at == MAP_FAILED || madvise(at, 4096, MADV_DONTNEED) ? NULL : at;
}

/* @how: BY_CALL and the like. By one outside, who is not asked. */
static int fill_by_another(void *how)
{
	char *at = map_hole(RX);
	int err, fd;

	if (!at)
		return 200;
	fd = make_uffd((long)how);
	if (fd < 0)
		return errno;
	err = ask_outside(fd, fill_registered, at);
	if (!err)
		((void (*)(void))at)();
	return err;
}

static int fill_before_it_executes(void *unused)
{
	char *at = map_hole(R);
	int err, fd = make_uffd(BY_CALL);

	if (fd < 0)
		return errno;
	err = register_page(fd, at);
	if (!err)
		err = mprotect(at, 4096, RX) ? errno : fill_page(fd, at);
	if (!err)
		((void (*)(void))at)();
	return err;
}

static int early_uffd = -1;
static char *early_hole;

static int begin_early(void *unused)
{
	early_hole = map_hole(RX);
	early_uffd = make_uffd(BY_CALL);
	return early_hole && early_uffd >= 0 ? 0 : errno;
}

static int register_early(void *unused)
{
	return register_page(early_uffd, early_hole);
}

static int register_early_by_child(void *unused)
{
	return bh_child(register_early, NULL);
}

/* Of a file of 4 KiB no page is there that was not written. */
static void make_hole(void)
{
	unlink(LIB);
	bh_make_file(LIB, "", 0755);
	if (truncate(LIB, 4096))
		perror(LIB);
}

#define FILLED(act, how) DENIED(act, how, NO_SHELLCODE, "backing=anonymous")

TEST_F(map, what_is_filled_in)
{
	const struct bh_trial trials[] = {
		FILLED(fill_before_it_executes, NULL),
		FILLED(fill_by_another, BY_CALL),
		ALLOWED(fill_by_another, BY_CALL, "default map deny\nallow map path=" LIB "\n"
			"allow map backing=anonymous\n"),
	};
	const struct bh_trial of_32[] = { FILLED(fill_by_another, BY_CALL_32) };
	const struct bh_trial of_device[] = { FILLED(fill_by_another, BY_DEVICE) };

	make_hole();
	if (make_uffd(BY_CALL) < 0)
		SKIP(return, "no userfaultfd here");
	ASSERT_EQ(0, start_outside());
	bh_try_all(_metadata, trials);
	if (make_uffd(BY_CALL_32) >= 0)
		bh_try_all(_metadata, of_32);
	if (!access("/dev/userfaultfd", F_OK))
		bh_try_all(_metadata, of_device);
}

/* A descriptor from before the policy registers nothing under it. */
TEST_F(map, an_early_userfaultfd)
{
	struct bh_cell cell;

	make_hole();
	if (make_uffd(BY_CALL) < 0)
		SKIP(return, "no userfaultfd here");
	ASSERT_EQ(0, bh_policy(BH_TRIAL, NO_SHELLCODE));
	ASSERT_EQ(0, bh_cell_start(&cell, CLONE_NEWPID));
	EXPECT_EQ(0, bh_cell_run(&cell, begin_early, NULL));
	EXPECT_EQ(0, bh_cell_bind(&cell, BH_TRIAL));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, register_early, NULL));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, register_early_by_child, NULL));
	EXPECT_EQ(EACCES, bh_cell_run(&cell, begin_early, NULL));
	bh_cell_stop(&cell);
}

TEST_F(map, exec_maps_what_exec_allows)
{
	const struct bh_trial trials[] = {
		ALLOWED(do_exec, NULL, "default map deny\n"),
		GIVES(0, 1000 + 9, do_memory, MEMORY(RWX, MAP_PRIVATE), "kill map\n",
		      "verdict=kill class=map"),
		GIVES(0, 0, do_memory, MEMORY(RWX, MAP_PRIVATE), "mode audit\ndeny map\n",
		      "verdict=would-deny class=map"),
		ALLOWED(do_memory, MEMORY(RWX, MAP_PRIVATE), "default exec deny\n"),
		ALLOWED(do_file, FILE_ACT(OTHER, RX, MAP_PRIVATE),
			"default map deny\nallow map path!=/bin/sh fstype=tmpfs lacks=ro\n"),
		DENIED(do_file, FILE_ACT(OTHER, RX, MAP_PRIVATE),
		       "deny map from!=/bin/sh has=nodev,nosuid\ndeny map lacks=nodev,nosuid\n"),
	};

	bh_try_all(_metadata, trials);
}

/* Writing over what may not be written to */

static const char constant[4096] __attribute__((aligned(4096))) = "constant";

static int nothing(void)
{
	return 0;
}

/* Writes what is there already, by a descriptor of somebody's memory. */
static int write_over(int mem, const void *at)
{
	ssize_t done = pwrite(mem, at, 1, (off_t)(uintptr_t)at);

	return done == 1 ? 0 : done < 0 ? errno : 199;
}

static int open_mem(void)
{
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static int over_code(void *unused)
{
	int mem = open_mem();

	return mem < 0 ? 300 : write_over(mem, nothing);
}

static int over_constants(void *unused)
{
	int mem = open_mem();

	return mem < 0 ? 300 : write_over(mem, constant);
}

static int by_a_child(int (*act)(int mem, pid_t parent))
{
	int mem = open_mem(), status;
	pid_t parent = getpid(), pid = fork();

	if (!pid)
		_exit(act(mem, parent));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 301;
}

/* A child has memory of its own, and is not asked about what it was given. */
static int write_given(int mem, pid_t parent)
{
	return mem < 0 ? 44 : write_over(mem, nothing);
}

static int over_code_of_its_parent(void *unused)
{
	return by_a_child(write_given);
}

static int poke(int mem, pid_t parent)
{
	long word;
	int err;

	memcpy(&word, nothing, sizeof(word));
	if (ptrace(PTRACE_ATTACH, parent, 0, 0) || waitpid(parent, NULL, __WALL) != parent)
		return 45;
	err = ptrace(PTRACE_POKETEXT, parent, nothing, word) ? errno : 0;
	return ptrace(PTRACE_DETACH, parent, 0, 0) ? 46 : err;
}

static int over_code_by_ptrace(void *unused)
{
	return by_a_child(poke);
}

/* Data may be written to by /proc/self/mem all the same. */
static int over_data(void *unused)
{
	static char data = 1;
	int mem = open_mem();

	return pwrite(mem, "", 1, (off_t)(uintptr_t)&data) == 1 && !data ? 0 : 302;
}

/* From what may be written to into what may not. */
static int over_a_boundary(void *unused)
{
	char *two = mmap(NULL, 8192, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mem = open_mem();
	ssize_t done;

	if (two == MAP_FAILED || mem < 0 || mprotect(two + 4096, 4096, PROT_READ))
		return 303;
	done = pwrite(mem, "ab", 2, (off_t)(uintptr_t)(two + 4095));
	return done == 2 ? 0 : done < 0 ? errno : 304;
}

#define OVER(act) GIVES(0, EIO, act, NULL, NO_SHELLCODE, "verdict=deny class=map",	\
			"backing=anonymous")

TEST(writing_over_what_may_not_be_written_to)
{
	const struct bh_trial trials[] = {
		OVER(over_code),
		OVER(over_code_of_its_parent),
		OVER(over_constants),
		OVER(over_a_boundary),
		ALLOWED(over_code, NULL, "default map deny\nallow map backing=anonymous\n"),
		ALLOWED(over_data, NULL, NO_SHELLCODE),
	};

	if (over_code(NULL))
		SKIP(return, "this kernel forces no write to /proc/PID/mem");
	bh_try_all(_metadata, trials);
}

/*
 * The same by somebody outside, who was given the descriptor
 */

#define SOMEBODY 1234

/* Without any capability. */
static int as_somebody(int (*act)(int fd, const void *at), int fd, const void *at)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(setresgid(SOMEBODY, SOMEBODY, SOMEBODY) ||
		      setresuid(SOMEBODY, SOMEBODY, SOMEBODY) ? 203 : act(fd, at));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 204;
}

static int somebody_writes(int mem, const void *at)
{
	return as_somebody(write_over, mem, at);
}

static int over_code_from_outside(void *unused)
{
	return ask_outside(open_mem(), somebody_writes, nothing);
}

static int over_code_by_root_outside(void *unused)
{
	return ask_outside(open_mem(), write_over, nothing);
}

static int over_data_from_outside(void *unused)
{
	static char data = 1;

	return ask_outside(open_mem(), somebody_writes, &data);
}

static int ask_for_given(int mem, pid_t parent)
{
	return ask_outside(mem, somebody_writes, nothing);
}

/* Who gives the descriptor away is another one than whose memory it is of. */
static int over_code_of_its_maker(void *unused)
{
	return by_a_child(ask_for_given);
}

/* The thread group's leader owns the memory until it ends. */
static void *ask_without_leader(void *unused)
{
	char path[64], number[32] = "", text[256] = "";
	int tries, fd;

	if (readlink("/proc/self", number, sizeof(number) - 1) < 0)
		_exit(205);
	snprintf(path, sizeof(path), "/proc/self/task/%s/stat", number);
	for (tries = 0; tries < 3000 && !strstr(text, ") Z "); tries++) {
		usleep(10000);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
			_exit(205);
		close(fd);
	}
	fd = open("/proc/thread-self/mem", O_RDWR | O_CLOEXEC);
	_exit(strstr(text, ") Z ") ? ask_outside(fd, somebody_writes, nothing) : 206);
}

static int leave_to_a_thread(void *unused)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, ask_without_leader, NULL))
		return 207;
	syscall(SYS_exit, 0);
	return 208;
}

static int over_code_without_leader(void *unused)
{
	return bh_child(leave_to_a_thread, NULL);
}

/* What a debugger of the same user does, outside. */
static int trace_and_write(int mem, const void *pid_at)
{
	pid_t pid = (intptr_t)pid_at;
	long word;
	int err;

	memcpy(&word, nothing, sizeof(word));
	if (ptrace(PTRACE_ATTACH, pid, 0, 0) || waitpid(pid, NULL, __WALL) != pid)
		return 209;
	err = ptrace(PTRACE_POKETEXT, pid, nothing, word) ? errno : 0;
	if (!err)
		err = write_over(mem, nothing);
	return ptrace(PTRACE_DETACH, pid, 0, 0) ? 210 : err;
}

static int somebody_traces(int mem, const void *pid)
{
	return as_somebody(trace_and_write, mem, pid);
}

static int over_code_by_its_tracer(void *unused)
{
	char number[32] = "";
	int mem;

	if (setresgid(SOMEBODY, SOMEBODY, SOMEBODY) || setresuid(SOMEBODY, SOMEBODY, SOMEBODY) ||
	    prctl(PR_SET_DUMPABLE, 1))
		return 211;
	/* Only where Yama asks. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	mem = open_mem();
	/* As those outside number it. */
	if (mem < 0 || readlink("/proc/self", number, sizeof(number) - 1) < 0)
		return 212;
	return ask_outside(mem, somebody_traces, (void *)(intptr_t)atoi(number));
}

/* Who has its parent's memory until it executes. */
static int over_code_by_tracer_of_child(void *unused)
{
	int status;
	pid_t pid = vfork();

	if (!pid)
		_exit(over_code_by_its_tracer(NULL));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 214;
}

static int write_as_tracer(int mem, const void *at)
{
	pid_t pid = fork();
	int err, status;

	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP));
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return 215;
	err = write_over(mem, at);
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, __WALL) == pid ? err : 216;
}

static int somebody_else_traces(int mem, const void *at)
{
	return as_somebody(write_as_tracer, mem, at);
}

/* Who traces somebody else. */
static int over_code_by_another_tracer(void *unused)
{
	return ask_outside(open_mem(), somebody_else_traces, nothing);
}

TEST(writing_over_it_from_outside)
{
	const struct bh_trial trials[] = {
		OVER(over_code_from_outside),
		OVER(over_code_of_its_maker),
		OVER(over_code_without_leader),
		OVER(over_code_by_another_tracer),
		/* Who writes is not killed. */
		GIVES(0, EIO, over_code_from_outside, NULL, "kill map backing=anonymous\n",
		      "verdict=kill class=map", "backing=anonymous"),
		GIVES(0, 0, over_code_from_outside, NULL, "mode audit\n" NO_SHELLCODE,
		      "verdict=would-deny class=map", "backing=anonymous"),
		ALLOWED(over_code_from_outside, NULL,
			"default map deny\nallow map backing=anonymous\n"),
		ALLOWED(over_data_from_outside, NULL, NO_SHELLCODE),
		ALLOWED(over_code_by_root_outside, NULL, NO_SHELLCODE),
		ALLOWED(over_code_by_its_tracer, NULL, NO_SHELLCODE),
		ALLOWED(over_code_by_tracer_of_child, NULL, NO_SHELLCODE),
	};

	if (over_code(NULL))
		SKIP(return, "this kernel forces no write to /proc/PID/mem");
	ASSERT_EQ(0, start_outside());
	bh_try_all(_metadata, trials);
}

static int handed[2];

static int hand_over(void *unused)
{
	bh_send_fd(handed[0], open_mem());
	return 0;
}

static int write_handed(void *unused)
{
	int mem = bh_receive_fd(handed[1]);

	return mem < 0 ? 217 : write_over(mem, nothing);
}

/* One who is confined writes to the memory of one whose policy is stricter. */
TEST(writing_over_another_containers)
{
	struct bh_cell strict, lax;

	if (over_code(NULL))
		SKIP(return, "this kernel forces no write to /proc/PID/mem");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, handed));
	ASSERT_EQ(0, bh_policy(BH_TRIAL, NO_SHELLCODE));
	ASSERT_EQ(0, bh_policy("lax", "deny map path=" LIB "\n"));
	ASSERT_EQ(0, bh_cell_start(&strict, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_start(&lax, CLONE_NEWPID));
	EXPECT_EQ(0, bh_cell_bind(&lax, "lax"));
	EXPECT_EQ(0, bh_cell_run(&strict, hand_over, NULL));
	EXPECT_EQ(0, bh_cell_run(&lax, write_handed, NULL));
	EXPECT_EQ(0, bh_cell_bind(&strict, BH_TRIAL));
	EXPECT_EQ(0, bh_cell_run(&strict, hand_over, NULL));
	EXPECT_EQ(EIO, bh_cell_run(&lax, write_handed, NULL));
	bh_cell_stop(&strict);
	bh_cell_stop(&lax);
}

TEST(poking_into_what_may_not_be_written_to)
{
	const struct bh_trial trials[] = {
		OVER(over_code_by_ptrace),
		ALLOWED(over_code_by_ptrace, NULL, "deny map path=" LIB "\n"),
	};

	bh_try_all(_metadata, trials);
}

TEST_HARNESS_MAIN
