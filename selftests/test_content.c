// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content under rules that name digests: who may change it unseen, and what takes its time.
 */
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "fuse.h"
#include "program.h"
#include "race.h"
#include "sha256.h"
#include "trial.h"

#define TOP "/tmp/c"
#define PROG TOP "/prog"
#define EVIL TOP "/evil"
#define DIR TOP "/dir"
#define SIZE 65536
#define PLACE 40000

/* <linux/fs.h> does not go with <sys/mount.h>. */
#ifndef FICLONE
#define FICLONE _IOW(0x94, 9, int)
struct file_clone_range {
	__s64 src_fd;
	__u64 src_offset;
	__u64 src_length;
	__u64 dest_offset;
};

#define FICLONERANGE _IOW(0x94, 13, struct file_clone_range)
#endif

/* Large enough to take seconds of a machine that is emulated. */
#define BIG TOP "/big"
#define BIG_SIZE (48 << 20)

FIXTURE(content)
{
	struct bh_cell cell;
};

/* All files of this size are programs whose last pages are empty. */
static void make(const char *path)
{
	bh_make_elf(path, 0, NULL);
	if (truncate(path, SIZE))
		_exit(1);
}

FIXTURE_SETUP(content)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	ASSERT_EQ(0, mkdir(DIR, 0755));
	make(PROG);
	ASSERT_EQ(0, sha256_allow("c", PROG));
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "c"));
}

FIXTURE_TEARDOWN(content)
{
	bh_cell_stop(&self->cell);
	umount2(DIR, MNT_DETACH);
}

static int run(void *path)
{
	return bh_exec(path);
}

/* Is what is mapped by an allowed digest what the digest is of? 0, an errno, or -1. */
static int look(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	err = memory == MAP_FAILED ? errno : 0;
	close(fd);
	if (err)
		return err;
	sched_yield();
	err = memory[PLACE] ? -1 : 0;
	munmap(memory, SIZE);
	return err;
}

#define RUN(path) bh_cell_run(&self->cell, run, path)
#define LOOK(path) bh_cell_run(&self->cell, look, path)

static int put_byte(const char *path, char byte)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err;

	err = fd < 0 || pwrite(fd, &byte, 1, PLACE) != 1;
	close(fd);
	return err;
}

/* While it is read for its digest, it grows, shrinks and changes. */
static void change(void *unused)
{
	if (!put_byte(PROG, 'x') && (truncate(PROG, SIZE + 1) || truncate(PROG, SIZE)))
		return;
	put_byte(PROG, 0);
}

static enum bh_race_try look_meanwhile(void *cell)
{
	int ret = bh_cell_run(cell, look, PROG);

	return ret < 0 ? BH_RACE_BAD : ret ? BH_RACE_HIT : BH_RACE_MISSED;
}

TEST_F_TIMEOUT(content, changes_while_it_is_read, 300)
{
	struct bh_race race = {
		.act = look_meanwhile, .rival = change, .arg = &self->cell,
		.milliseconds = 60000, .enough = 10,
	};

	ASSERT_EQ(0, bh_race(&race));
	EXPECT_EQ(0, race.seen[BH_RACE_BAD]);
	EXPECT_LT(0, race.seen[BH_RACE_HIT]);
	EXPECT_EQ(0, truncate(PROG, SIZE));
	EXPECT_EQ(0, put_byte(PROG, 0));
	EXPECT_EQ(0, LOOK(PROG));
}

/* While it is read, its names go, and it is written to by way of a descriptor. */
static void change_nameless(void *unused)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC);
	char again[32];

	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	if (!link(PROG, TOP "/again") && !unlink(PROG) && !unlink(TOP "/again"))
		put_byte(again, 'x');
	close(fd);
	make(TOP "/again");
	rename(TOP "/again", PROG);
}

TEST_F(content, loses_its_names_while_it_is_read)
{
	struct bh_race race = {
		.act = look_meanwhile, .rival = change_nameless, .arg = &self->cell,
		.milliseconds = 5000, .enough = 10,
	};

	ASSERT_EQ(0, bh_race(&race));
	EXPECT_EQ(0, race.seen[BH_RACE_BAD]);
	EXPECT_LT(0, race.seen[BH_RACE_HIT]);
	EXPECT_EQ(0, LOOK(PROG));
}

/* A ring keeps a file open that no descriptor names any more. */
TEST_F(content, written_by_a_ring)
{
	struct io_uring_params params = { };
	int ring = syscall(SYS_io_uring_setup, 4, &params), fd, tries;

	if (ring < 0)
		SKIP(return, "no io_uring here: %s", strerror(errno));
	fd = open(PROG, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1));
	close(fd);
	EXPECT_EQ(EACCES, LOOK(PROG));
	EXPECT_NE(0, RUN(PROG));
	EXPECT_EQ(0, syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0));
	close(ring);
	/* It lets go some time later. */
	for (tries = 0; tries < 1500 && LOOK(PROG); tries++)
		usleep(20000);
	EXPECT_EQ(0, LOOK(PROG));
	EXPECT_EQ(0, RUN(PROG));
}

/* Maps a page for writing, has it held, and closes the file: it has no writer then. */
static bool hold_page(const char *path, bool (*hold)(void *page))
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PLACE & ~4095);
	bool held = page != MAP_FAILED && hold(page);

	close(fd);
	munmap(page, 4096);
	return held;
}

static int held_ring;

static bool hold_by_ring(void *page)
{
	struct iovec buffer = { .iov_base = page, .iov_len = 4096 };
	struct io_uring_params params = { };

	held_ring = syscall(SYS_io_uring_setup, 4, &params);
	return held_ring >= 0 &&
	       !syscall(SYS_io_uring_register, held_ring, IORING_REGISTER_BUFFERS, &buffer, 1);
}

static int held_pipe[2];

static bool hold_by_pipe(void *page)
{
	struct iovec buffer = { .iov_base = page, .iov_len = 4096 };

	return !pipe2(held_pipe, O_CLOEXEC) && vmsplice(held_pipe[1], &buffer, 1, 0) == 4096;
}

static int expect_by_and_by(const struct bh_cell *cell, int want, char *path)
{
	int tries, got = -1;

	for (tries = 0; tries < 1500 && got != want; tries++) {
		got = bh_cell_run(cell, look, path);
		usleep(20000);
	}
	return got;
}

/* A ring can write into the page, which the kernel counts in no way that a file knows. */
TEST_F(content, held_by_a_ring)
{
	if (!hold_page(PROG, hold_by_ring))
		SKIP(return, "no buffers of io_uring in a file here: %s", strerror(errno));
	EXPECT_EQ(EACCES, LOOK(PROG));
	EXPECT_NE(0, RUN(PROG));
	close(held_ring);
	EXPECT_EQ(0, expect_by_and_by(&self->cell, 0, PROG));
	EXPECT_EQ(0, RUN(PROG));
}

/* Nor is it known what else does so by a mere reference. */
TEST_F(content, held_by_a_pipe)
{
	ASSERT_TRUE(hold_page(PROG, hold_by_pipe));
	EXPECT_EQ(EACCES, LOOK(PROG));
	close(held_pipe[0]);
	close(held_pipe[1]);
	EXPECT_EQ(0, LOOK(PROG));
}

/* Where the file lies on a disk, it gets another page, and runs. */
TEST_F(content, held_on_a_disk)
{
	char page[4096];

	if (system("mkfs.ext4 -q -F /dev/ram0 >/dev/null 2>&1") ||
	    mount("/dev/ram0", DIR, "ext4", 0, NULL))
		SKIP(return, "no ext4 here");
	make(DIR "/prog");
	ASSERT_TRUE(hold_page(DIR "/prog", hold_by_pipe));
	EXPECT_EQ(0, LOOK(DIR "/prog"));
	EXPECT_EQ(0, RUN(DIR "/prog"));
	EXPECT_EQ(4096, read(held_pipe[0], page, sizeof(page)));
	close(held_pipe[0]);
	close(held_pipe[1]);
}

/* What was just written is in the journal, and cannot be read from the disk until it is there. */
TEST_F(content, in_a_journal)
{
	if (system("mkfs.ext4 -q -F /dev/ram0 >/dev/null 2>&1") ||
	    mount("/dev/ram0", DIR, "ext4", 0, "data=journal"))
		SKIP(return, "no ext4 here");
	make(DIR "/prog");
	EXPECT_EQ(0, RUN(DIR "/prog"));
	EXPECT_EQ(0, put_byte(DIR "/prog", 'x'));
	EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
	EXPECT_EQ(0, put_byte(DIR "/prog", 0));
	EXPECT_EQ(0, LOOK(DIR "/prog"));
}

/* Nothing is lost, and nothing is believed, when memory is taken back. */
TEST_F(content, under_memory_pressure)
{
	if (system("mkfs.ext4 -q -F /dev/ram0 >/dev/null 2>&1") ||
	    mount("/dev/ram0", DIR, "ext4", 0, NULL))
		SKIP(return, "no ext4 here");
	make(DIR "/prog");
	EXPECT_EQ(0, RUN(DIR "/prog"));
	sync();
	EXPECT_EQ(0, system("echo 3 > /proc/sys/vm/drop_caches"));
	EXPECT_EQ(0, RUN(DIR "/prog"));
	EXPECT_EQ(0, put_byte(DIR "/prog", 'x'));
	sync();
	EXPECT_EQ(0, system("echo 3 > /proc/sys/vm/drop_caches"));
	EXPECT_EQ(EACCES, RUN(DIR "/prog"));
	EXPECT_EQ(0, put_byte(DIR "/prog", 0));
	EXPECT_EQ(0, RUN(DIR "/prog"));
}

/* Shares the blocks of another file, all or those of the place that is looked at. */
static int clone_all(int from, int to)
{
	return ioctl(to, FICLONE, from) ? errno : 0;
}

static int clone_range(int from, int to)
{
	struct file_clone_range range = {
		.src_fd = from, .src_offset = PLACE & ~4095, .src_length = 4096,
		.dest_offset = PLACE & ~4095,
	};

	return ioctl(to, FICLONERANGE, &range) ? errno : 0;
}

static int (*const clones[])(int from, int to) = { clone_all, clone_range };

/* Only some file systems can share blocks between files. */
TEST_F(content, cloned_over)
{
	int from, to;
	size_t i;

	if (system("mkfs.btrfs -q -f --mixed /dev/ram0 >/dev/null 2>&1") ||
	    mount("/dev/ram0", DIR, "btrfs", 0, NULL))
		SKIP(return, "no btrfs here");
	make(DIR "/evil");
	EXPECT_EQ(0, put_byte(DIR "/evil", 'x'));
	for (i = 0; i < ARRAY_SIZE(clones); i++) {
		make(DIR "/prog");
		EXPECT_EQ(0, RUN(DIR "/prog"));
		EXPECT_EQ(0, LOOK(DIR "/prog"));
		from = open(DIR "/evil", O_RDONLY | O_CLOEXEC);
		to = open(DIR "/prog", O_WRONLY | O_CLOEXEC);
		EXPECT_EQ(0, clones[i](from, to))
			TH_LOG("clone %zu", i);
		EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
		close(from);
		close(to);
		EXPECT_EQ(EACCES, RUN(DIR "/prog"));
		EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
		EXPECT_EQ(0, unlink(DIR "/prog"));
	}
}

/* What is kept goes with its inode. */
TEST_F(content, is_given_back)
{
	long bytes = bh_number("stats", "cache_bytes");
	int tries;

	EXPECT_EQ(0, RUN(PROG));
	EXPECT_LT(bytes, bh_number("stats", "cache_bytes"));
	EXPECT_EQ(0, unlink(PROG));
	for (tries = 0; tries < 1500 && bh_number("stats", "cache_bytes") > bytes; tries++)
		usleep(20000);
	EXPECT_GE(bytes, bh_number("stats", "cache_bytes"));
}

/* A file below two overlays: written to from the host, and by way of the other overlay. */
static int overlay(const char *name)
{
	char merged[64], upper[64], work[64], options[256];

	snprintf(merged, sizeof(merged), DIR "/%s", name);
	snprintf(upper, sizeof(upper), DIR "/%s.upper", name);
	snprintf(work, sizeof(work), DIR "/%s.work", name);
	snprintf(options, sizeof(options), "lowerdir=" DIR "/low,upperdir=%s,workdir=%s", upper,
		 work);
	return mkdir(merged, 0755) ?: mkdir(upper, 0755) ?: mkdir(work, 0755) ?:
	       mount("overlay", merged, "overlay", 0, options);
}

TEST_F(content, below_two_overlays)
{
	ASSERT_EQ(0, mkdir(DIR "/low", 0755));
	make(DIR "/low/prog");
	make(DIR "/low/other");
	if (overlay("a") || overlay("b"))
		SKIP(return, "no overlay here: %s", strerror(errno));
	EXPECT_EQ(0, RUN(DIR "/a/prog"));
	EXPECT_EQ(0, RUN(DIR "/b/prog"));
	EXPECT_EQ(0, put_byte(DIR "/b/prog", 'x'));
	EXPECT_EQ(0, RUN(DIR "/a/prog"));
	EXPECT_EQ(EACCES, RUN(DIR "/b/prog"));
	EXPECT_EQ(0, put_byte(DIR "/low/prog", 'x'));
	EXPECT_EQ(EACCES, RUN(DIR "/a/prog"));
	EXPECT_EQ(EACCES, LOOK(DIR "/a/prog"));

	EXPECT_EQ(0, RUN(DIR "/a/other"));
	EXPECT_EQ(0, put_byte(DIR "/low/other", 'x'));
	EXPECT_EQ(EACCES, RUN(DIR "/b/other"));
	umount2(DIR "/a", MNT_DETACH);
	umount2(DIR "/b", MNT_DETACH);
}

/*
 * Between the check and the mapping execve reads the old program's robust list, which a
 * userfaultfd holds up here. If io_uring has a request under way, execve cancels it before,
 * and runs task work for that.
 */

static int make_uffd(void *page)
{
	struct uffdio_register range = {
		.range = { .start = (unsigned long)page, .len = 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	return ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ? -1 : fd;
}

static int start_request(void)
{
	static struct __kernel_timespec hour = { .tv_sec = 3600 };
	struct io_uring_params params = { };
	int ring = syscall(SYS_io_uring_setup, 1, &params);
	char *queue = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
			   IORING_OFF_SQ_RING);
	struct io_uring_sqe *request = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
					    IORING_OFF_SQES);

	if (queue == MAP_FAILED || request == MAP_FAILED)
		return -1;
	*request = (struct io_uring_sqe){
		.opcode = IORING_OP_TIMEOUT, .fd = -1, .addr = (unsigned long)&hour, .len = 1,
	};
	*(unsigned int *)(queue + params.sq_off.array) = 0;
	*(unsigned int *)(queue + params.sq_off.tail) = 1;
	return syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) == 1 ? 0 : -1;
}

/* Puts another program in the place of the one that is being executed. 0 or an errno. */
static int replace_program(void)
{
	int fd = open(DIR "/low/prog", O_WRONLY | O_CLOEXEC), err = fd < 0 ? errno : 0;
	static char bytes[4096];

	if (fd >= 0 && (pread(open(EVIL, O_RDONLY | O_CLOEXEC), bytes, 4096, 0) <= 0 ||
			pwrite(fd, bytes, 4096, 0) != 4096))
		err = EIO;
	close(fd);
	return err;
}

/* Makes it a file of the upper layer, and its digest known. */
static int copy_program_up(void)
{
	return chmod(DIR "/a/prog", 0711) ? errno : look(DIR "/a/prog");
}

/* What is done in the middle of an execve. */
struct meanwhile {
	int (*act)(void);	/* 0 or an errno */
	bool with_request;
	int *err;		/* of @act; -1 if it was not done */
};

static const struct meanwhile writes = { .act = replace_program };
static const struct meanwhile requests = { replace_program, .with_request = true };
static const struct meanwhile copies_up = { .act = copy_program_up };

static void act_when_held_up(int uffd, void *page, const struct meanwhile *meanwhile)
{
	struct uffdio_copy copy = { .dst = (unsigned long)page, .len = 4096 };
	struct pollfd fault = { .fd = uffd, .events = POLLIN };
	static char list[4096];

	/* A list of itself is empty. */
	*(void **)list = page;
	copy.src = (unsigned long)list;
	if (poll(&fault, 1, 60000) != 1)
		return;
	*meanwhile->err = meanwhile->act();
	/* The program goes on. */
	ioctl(uffd, UFFDIO_COPY, &copy);
}

static int execute_held_up(const struct meanwhile *meanwhile)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *argv[] = { "program", NULL }, *envp[] = { NULL };
	int uffd = make_uffd(page);

	if (uffd < 0 || (meanwhile->with_request && start_request()))
		return 101;
	if (!fork()) {
		act_when_held_up(uffd, page, meanwhile);
		_exit(0);
	}
	syscall(SYS_set_robust_list, page, sizeof(struct robust_list_head));
	execve(DIR "/a/prog", argv, envp);
	return 102;
}

#define KILLED 255

/* The errno of what was done, and the exit status of the program. */
static int act_in_the_middle(void *arg)
{
	int *err = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct meanwhile meanwhile = *(const struct meanwhile *)arg;
	int status;
	pid_t pid;

	*err = -1;
	meanwhile.err = err;
	pid = fork();
	if (!pid)
		_exit(execute_held_up(&meanwhile));
	waitpid(pid, &status, 0);
	return *err * 256 + (WIFEXITED(status) ? WEXITSTATUS(status) : KILLED);
}

static bool opens_by_and_by(const char *path)
{
	int tries, fd = -1;

	for (tries = 0; tries < 3000 && fd < 0; tries++) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			usleep(10000);
	}
	close(fd);
	return fd >= 0;
}

static bool can_hold_up(void)
{
	return make_uffd(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) >= 0;
}

/* A program that is executed by way of an overlay, and allowed by its digest. */
static int allow_in_overlay(struct __test_metadata *_metadata)
{
	const char *digest;

	ASSERT_EQ(0, mkdir(DIR "/low", 0755));
	make(DIR "/low/prog");
	digest = sha256_file(DIR "/low/prog");
	ASSERT_EQ(0, bh_policy("c", "default exec deny\nallow exec digest=sha256:%s\n"
			       "default map deny\nallow map digest=sha256:%s\n"
			       "allow map backing=anonymous\n", digest, digest));
	return overlay("a");
}

TEST_F_TIMEOUT(content, written_in_the_middle_of_execve, 120)
{
	if (!can_hold_up() || start_request())
		SKIP(return, "no userfaultfd or no io_uring here: %s", strerror(errno));
	bh_make_elf(EVIL, 42, NULL);
	ASSERT_EQ(0, truncate(EVIL, SIZE));
	/* A file that is executed itself, and not by an overlay, the kernel keeps from writers. */
	if (allow_in_overlay(_metadata))
		SKIP(return, "no overlay here: %s", strerror(errno));
	EXPECT_EQ(ETXTBSY * 256, bh_cell_run(&self->cell, act_in_the_middle, (void *)&writes));
	EXPECT_EQ(ETXTBSY * 256, bh_cell_run(&self->cell, act_in_the_middle, (void *)&requests));
	EXPECT_TRUE(opens_by_and_by(DIR "/low/prog"));
	EXPECT_EQ(0, RUN(DIR "/a/prog"));
	umount2(DIR "/a", MNT_DETACH);
}

/* The headers may have been read of either file. */
TEST_F_TIMEOUT(content, copied_up_in_the_middle_of_execve, 120)
{
	if (!can_hold_up())
		SKIP(return, "no userfaultfd here: %s", strerror(errno));
	if (allow_in_overlay(_metadata))
		SKIP(return, "no overlay here: %s", strerror(errno));
	EXPECT_EQ(KILLED, bh_cell_run(&self->cell, act_in_the_middle, (void *)&copies_up));
	/* Before it, and after it, both are allowed. */
	EXPECT_EQ(0, RUN(DIR "/a/prog"));
	umount2(DIR "/a", MNT_DETACH);
}

/* What lies in a file changes with that file, and nobody sees it. */
TEST_F(content, on_a_loop_device)
{
	int events = bh_events(), control, loop, image;
	char device[32];

	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		SKIP(return, "no loop devices here");
	snprintf(device, sizeof(device), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	close(control);
	image = open(TOP "/image", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_EQ(0, ftruncate(image, 4 << 20));
	if (system("mkfs.ext4 -q -F " TOP "/image >/dev/null 2>&1"))
		SKIP(return, "no mkfs.ext4 here");
	loop = open(device, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, ioctl(loop, LOOP_SET_FD, image));
	ASSERT_EQ(0, mount(device, DIR, "ext4", 0, NULL));
	make(DIR "/prog");
	EXPECT_EQ(EACCES, RUN(DIR "/prog"));
	EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
	EXPECT_NE(NULL, bh_find_event(events, "class=exec", DIR "/prog", "no digest", NULL));
	EXPECT_EQ(0, umount2(DIR, 0));
	ioctl(loop, LOOP_CLR_FD, 0);
	close(loop);
	close(image);
	close(events);
}

/* A file that has another content each time that it is read. */
TEST_F(content, served_by_a_process)
{
	struct fuse_file file = { .content = PROG, .changes = true };
	int events = bh_events(), fd = fuse_mount(DIR);
	pid_t server;

	if (fd < 0)
		SKIP(return, "no fuse here: %s", strerror(-fd));
	server = fork();
	if (!server)
		fuse_serve_file(fd, &file);
	close(fd);
	EXPECT_EQ(0, bh_exec(DIR "/f"));
	EXPECT_EQ(EACCES, RUN(DIR "/f"));
	EXPECT_EQ(EACCES, LOOK(DIR "/f"));
	EXPECT_NE(NULL, bh_find_event(events, "class=exec", DIR "/f", "no digest", NULL));
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(events);
}

/* A program's interpreter must be allowed as well, or what ld.so is given to run. */
TEST_F(content, of_an_interpreter)
{
	bh_make_loader(TOP "/ld.so");
	bh_make_elf(TOP "/dynamic", 0, TOP "/ld.so");
	ASSERT_EQ(0, sha256_allow("c", TOP "/dynamic"));
	EXPECT_EQ(EACCES, RUN(TOP "/dynamic"));
	EXPECT_EQ(EACCES, RUN(TOP "/ld.so"));
	EXPECT_EQ(EACCES, LOOK(PROG));
	ASSERT_EQ(0, bh_policy("c", "default exec deny\nallow exec digest=sha256:%s\n"
			       "allow exec as=interpreter path=" TOP "/ld.so\n",
			       sha256_file(TOP "/dynamic")));
	EXPECT_EQ(0, RUN(TOP "/dynamic"));
}

static pid_t start(const char *path)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL };
	pid_t pid = fork();

	if (!pid) {
		execve(path, argv, envp);
		_exit(1);
	}
	return pid;
}

/*
 * Three want the same; one is killed while they wait, and need not wait any longer. Another
 * program does not wait for any of it.
 */
static int wait_for_one(void *path)
{
	pid_t pid[3];
	int i, status, failed = 0;

	for (i = 0; i < 3; i++)
		pid[i] = start(path);
	usleep(200000);
	if (bh_exec(PROG) || waitpid(-1, &status, WNOHANG))
		return 3;
	kill(pid[2], SIGKILL);
	if (waitpid(-1, &status, 0) != pid[2] || !WIFSIGNALED(status))
		return 1;
	for (i = 0; i < 2; i++)
		failed |= waitpid(pid[i], &status, 0) != pid[i] || status;
	return failed ? 2 : 0;
}

TEST_F(content, several_wait_for_one)
{
	char digest[65];
	long misses;

	bh_make_elf(BIG, 0, NULL);
	ASSERT_EQ(0, truncate(BIG, BIG_SIZE));
	strcpy(digest, sha256_file(PROG));
	ASSERT_EQ(0, bh_policy("c", "default exec deny\nallow exec digest=sha256:%s,sha256:%s\n",
			       digest, sha256_file(BIG)));
	EXPECT_EQ(0, RUN(PROG));
	misses = bh_number("stats", "cache_misses");
	EXPECT_EQ(0, bh_cell_run(&self->cell, wait_for_one, BIG));
	/* Whoever was killed may have begun to read. */
	EXPECT_GE(misses + 2, bh_number("stats", "cache_misses"));
	EXPECT_LT(misses, bh_number("stats", "cache_misses"));
}

static int slow_child;

/* Whoever computes beside it leaves it next to nothing of the processor. */
static int begin_slowly(void *path)
{
	struct sched_param param = { };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return 1;
	if (!fork())
		for (;;)
			;
	slow_child = fork();
	if (!slow_child) {
		sched_setscheduler(0, SCHED_IDLE, &param);
		_exit(bh_exec(path));
	}
	return 0;
}

static int is_through(void *unused)
{
	return !!waitpid(slow_child, NULL, WNOHANG);
}

/* Another container that reads a file with hardly any of the processor is not waited for. */
TEST_F_TIMEOUT(content, another_reads_slowly, 300)
{
	struct bh_cell slow;
	long misses;
	int tries;

	bh_make_elf(BIG, 0, NULL);
	ASSERT_EQ(0, truncate(BIG, BIG_SIZE));
	ASSERT_EQ(0, sha256_allow("c", BIG));
	misses = bh_number("stats", "cache_misses");
	ASSERT_EQ(0, bh_cell_start(&slow, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&slow, "c"));
	ASSERT_EQ(0, bh_cell_run(&slow, begin_slowly, BIG));
	for (tries = 0; tries < 6000 && bh_number("stats", "cache_misses") == misses; tries++)
		usleep(10000);
	EXPECT_EQ(misses + 1, bh_number("stats", "cache_misses"));
	EXPECT_EQ(0, bh_cell_run(&slow, is_through, NULL));
	EXPECT_EQ(0, LOOK(BIG));
	EXPECT_EQ(0, bh_cell_run(&slow, is_through, NULL));
	bh_cell_stop(&slow);
}

static int begin(void *path)
{
	slow_child = fork();
	if (!slow_child)
		_exit(bh_exec(path));
	return slow_child < 0;
}

#define INSTANCE DIR "/instances/bulkhead"

static int trace(const char *file, const char *what)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	err = fd < 0 || write(fd, what, strlen(what)) < 0 ? errno : 0;
	close(fd);
	return err;
}

/*
 * Who takes a tracer away waits until each task has slept, or been seen not to be in what goes.
 * The file is of holes, and takes longer to read than anything else here.
 */
TEST_F(content, tracers_do_not_wait_for_it)
{
	long misses = bh_number("stats", "cache_misses");
	int tries;

	if (mount("tracefs", DIR, "tracefs", 0, NULL) || mkdir(INSTANCE, 0700) ||
	    trace("set_ftrace_filter", "vfs_fsync_range") || trace("current_tracer", "function"))
		SKIP(return, "no function tracer here");
	bh_make_elf(BIG, 0, NULL);
	ASSERT_EQ(0, truncate(BIG, 15LL << 30));
	EXPECT_EQ(0, bh_cell_run(&self->cell, begin, BIG));
	for (tries = 0; tries < 6000 && bh_number("stats", "cache_misses") == misses; tries++)
		usleep(10000);
	EXPECT_EQ(0, bh_cell_run(&self->cell, is_through, NULL));
	EXPECT_EQ(0, trace("current_tracer", "nop"));
	EXPECT_EQ(0, bh_cell_run(&self->cell, is_through, NULL));
	EXPECT_EQ(0, rmdir(INSTANCE));
}

TEST_HARNESS_MAIN
