// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content under rules that name digests: pages that are not what the file is.
 */
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "hold.h"
#include "program.h"
#include "sha256.h"
#include "trial.h"

#define TOP "/tmp/c"
#define PROG TOP "/prog"
#define DIR TOP "/dir"
#define PAGE 4096
#define SIZE (16 * PAGE)
#define PLACE (SIZE - PAGE + 200)

/* Large enough to take seconds of a machine that is emulated. */
#define BIG_SIZE (48 << 20)

/* <linux/fs.h> does not go with <sys/mount.h>. */
struct dedupe {
	__s64 offset;
	__u64 length;
	__u16 files;
	__u16 reserved1;
	__u32 reserved2;
	struct {
		__s64 fd;
		__u64 offset;
		__u64 deduped;
		__s32 status;
		__u32 reserved;
	} to[2];
};

#define DEDUPE_RANGE _IOC(_IOC_READ | _IOC_WRITE, 0x94, 54, 24)

/* As fs/ext4/ext4.h. */
struct move_extent {
	__u32 reserved;
	__u32 donor_fd;
	__u64 orig_start;
	__u64 donor_start;
	__u64 len;
	__u64 moved_len;
};

#define EXT4_IOC_MOVE_EXT _IOWR('f', 15, struct move_extent)

FIXTURE(pages)
{
	struct bh_cell cell;
};

/* With content everywhere, so that no block is missing. */
static void make(const char *path, off_t size)
{
	static char bytes[SIZE];
	int fd;

	bh_make_elf(path, 0, NULL);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (truncate(path, size) || pread(fd, bytes, size, 0) != size ||
	    pwrite(fd, bytes, size, 0) != size || fsync(fd) || close(fd))
		_exit(1);
}

FIXTURE_SETUP(pages)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	ASSERT_EQ(0, mkdir(DIR, 0755));
	make(PROG, SIZE);
	ASSERT_EQ(0, sha256_allow("c", PROG));
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "c"));
}

FIXTURE_TEARDOWN(pages)
{
	bh_cell_stop(&self->cell);
	umount2(DIR, MNT_DETACH);
}

/* Is nothing mapped where the digest has nothing? 0, an errno, or -1. */
static int look(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	err = memory == MAP_FAILED ? errno : 0;
	close(fd);
	if (err)
		return err;
	err = memory[PLACE] ? -1 : 0;
	munmap(memory, SIZE);
	return err;
}

static int run(void *path)
{
	return bh_exec(path);
}

#define RUN(path) bh_cell_run(&self->cell, run, path)
#define LOOK(path) bh_cell_run(&self->cell, look, path)

static bool mount_disk(const char *type, const char *options)
{
	char command[128];

	snprintf(command, sizeof(command), "mkfs.%s -q %s /dev/ram0 >/dev/null 2>&1", type,
		 options);
	return !system(command) && !mount("/dev/ram0", DIR, type, 0, NULL);
}

/* Writes behind the end of a file by way of its last page. */
static int write_behind(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, SIZE - PAGE);

	close(fd);
	if (page == MAP_FAILED)
		return errno;
	page[PLACE % PAGE] = 'x';
	return munmap(page, PAGE) ? errno : 0;
}

/* What stands there is mapped with the file, and no digest tells of it. */
TEST_F(pages, behind_the_end)
{
	make(TOP "/short", SIZE - PAGE + 100);
	ASSERT_EQ(0, sha256_allow("c", TOP "/short"));
	EXPECT_EQ(0, LOOK(TOP "/short"));
	ASSERT_EQ(0, write_behind(TOP "/short"));
	EXPECT_EQ(EACCES, LOOK(TOP "/short"));
	EXPECT_EQ(EACCES, RUN(TOP "/short"));
	ASSERT_EQ(0, truncate(TOP "/short", SIZE - PAGE + 99));
	ASSERT_EQ(0, truncate(TOP "/short", SIZE - PAGE + 100));
	EXPECT_EQ(0, LOOK(TOP "/short"));
}

/* A disk has nothing there. */
TEST_F(pages, behind_the_end_on_a_disk)
{
	if (!mount_disk("ext4", "-F"))
		SKIP(return, "no ext4 here");
	make(DIR "/short", SIZE - PAGE + 100);
	ASSERT_EQ(0, sha256_allow("c", DIR "/short"));
	ASSERT_EQ(0, write_behind(DIR "/short"));
	EXPECT_EQ(0, LOOK(DIR "/short"));
	EXPECT_EQ(0, RUN(DIR "/short"));
}

static int forget(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);

	close(fd);
	return err;
}

/* ext4 exchanges the blocks of two files and leaves the pages of one as they were. */
TEST_F(pages, blocks_that_were_exchanged)
{
	struct move_extent move = { .len = SIZE / PAGE };
	char bytes[SIZE];
	int evil, prog;

	if (!mount_disk("ext4", "-F -b 4096"))
		SKIP(return, "no ext4 here");
	make(DIR "/prog", SIZE);
	make(DIR "/evil", SIZE);
	evil = open(DIR "/evil", O_RDWR | O_CLOEXEC);
	prog = open(DIR "/prog", O_RDWR | O_CLOEXEC);
	ASSERT_EQ(1, pwrite(evil, "x", 1, PLACE));
	ASSERT_EQ(0, fsync(evil));
	ASSERT_EQ(SIZE, pread(prog, bytes, SIZE, 0));
	move.donor_fd = prog;
	ASSERT_EQ(0, ioctl(evil, EXT4_IOC_MOVE_EXT, &move));
	close(evil);
	close(prog);
	EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
	EXPECT_EQ(0, forget(DIR "/prog"));
	EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
	EXPECT_EQ(EACCES, RUN(DIR "/prog"));
}

static int dedupe(const char *from, const char *to)
{
	struct dedupe range = { .length = SIZE, .files = 1 };
	int fd = open(from, O_RDONLY | O_CLOEXEC), err;

	range.to[0].fd = open(to, O_RDONLY | O_CLOEXEC);
	err = ioctl(fd, DEDUPE_RANGE, &range) ? errno :
	      range.to[0].status < 0 ? -range.to[0].status : 0;
	close(range.to[0].fd);
	close(fd);
	return err;
}

/* Its owner need not have a file open for writing to have it share another's blocks. */
TEST_F(pages, shared_with_what_equals_it)
{
	int fd;
	void *memory;
	long misses;

	if (!mount_disk("btrfs", "-f --mixed"))
		SKIP(return, "no btrfs here");
	make(DIR "/prog", SIZE);
	make(DIR "/other", SIZE);
	EXPECT_EQ(0, LOOK(DIR "/prog"));
	fd = open(DIR "/prog", O_RDONLY | O_CLOEXEC);
	memory = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	EXPECT_EQ(ETXTBSY, dedupe(DIR "/other", DIR "/prog"));
	EXPECT_EQ(0, dedupe(DIR "/prog", DIR "/other"));
	munmap(memory, SIZE);
	close(fd);
	EXPECT_EQ(0, LOOK(DIR "/prog"));
	misses = bh_number("stats", "cache_misses");
	EXPECT_EQ(0, dedupe(DIR "/other", DIR "/prog"));
	EXPECT_EQ(0, LOOK(DIR "/prog"));
	EXPECT_EQ(misses + 1, bh_number("stats", "cache_misses"));
}

static pid_t start(int (*act)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(act(arg) & 0xff);
	return pid;
}

/* Does it get to a state, as /proc tells it? Its end is none. */
static bool gets_to(pid_t pid, const char *proc, char state)
{
	char path[64], stat[512], what[8] = { ')', ' ', state, ' ' };
	int i;

	snprintf(path, sizeof(path), "%s/%d/stat", proc, pid);
	for (i = 0; i < 3000; i++) {
		if (bh_read(path, stat, sizeof(stat)) <= 0 || strstr(stat, ") Z "))
			return false;
		if (strstr(stat, what))
			return true;
		usleep(10000);
	}
	return false;
}

/* Who shares blocks of files that nobody asked about has nothing made of them. */
TEST_F(pages, shared_where_nobody_asked)
{
	long bytes;

	if (!mount_disk("btrfs", "-f --mixed"))
		SKIP(return, "no btrfs here");
	make(DIR "/prog", SIZE);
	make(DIR "/other", SIZE);
	EXPECT_EQ(0, LOOK(PROG));
	bytes = bh_number("stats", "cache_bytes");
	EXPECT_LT(0, bytes);
	EXPECT_EQ(0, dedupe(DIR "/prog", DIR "/other"));
	EXPECT_GE(bytes, bh_number("stats", "cache_bytes"));
}

static int dedupe_prog(void *unused)
{
	return dedupe(DIR "/other", DIR "/prog");
}

/* While it is under way a file has no digest, though nothing was kept of it when it began. */
TEST_F(pages, while_it_is_shared)
{
	pid_t pid;
	int status, err;

	if (!mount_disk("btrfs", "-f --mixed"))
		SKIP(return, "no btrfs here");
	make(DIR "/prog", SIZE);
	make(DIR "/other", SIZE);
	err = hold_begin("filemap_write_and_wait_range");
	if (err)
		SKIP(return, "nobody can be held here: %s", strerror(err));
	pid = start(dedupe_prog, NULL);
	EXPECT_TRUE(hold_wait_for(hold_waits, NULL));
	EXPECT_EQ(EACCES, LOOK(DIR "/prog"));
	EXPECT_EQ(0, LOOK(DIR "/other"));
	EXPECT_EQ(0, hold_set(false));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	hold_end();
	EXPECT_EQ(0, LOOK(DIR "/prog"));
}

#define SHARED TOP "/shared"

static bool mount_over_disk(void)
{
	mkdir(DIR "/low", 0755);
	mkdir(DIR "/upper", 0755);
	mkdir(DIR "/work", 0755);
	mkdir(SHARED, 0755);
	return !mount("overlay", SHARED, "overlay", 0,
		      "lowerdir=" DIR "/low,upperdir=" DIR "/upper,workdir=" DIR "/work");
}

/* Holds the lock of overlayfs' inode until there is something in the pipe. */
static int splice_to_second(void *arg)
{
	int *pipe = arg, fd = open(SHARED "/second", O_WRONLY | O_CLOEXEC);

	close(pipe[1]);
	return splice(pipe[0], NULL, fd, NULL, PAGE, 0) < 0;
}

static int dedupe_two(void *arg)
{
	struct dedupe range = { .length = SIZE, .files = 2 };
	int *pipe = arg, fd = open(SHARED "/other", O_RDONLY | O_CLOEXEC);

	close(pipe[1]);
	range.to[0].fd = open(SHARED "/prog", O_RDONLY | O_CLOEXEC);
	range.to[1].fd = open(SHARED "/second", O_RDONLY | O_CLOEXEC);
	return ioctl(fd, DEDUPE_RANGE, &range) || range.to[0].status;
}

/* A file is held up no longer than it takes, whatever the same call waits for then. */
TEST_F(pages, shared_before_another)
{
	pid_t holder, pid;
	int status, ends[2];
	bool waits;

	if (!mount_disk("btrfs", "-f --mixed") || !mount_over_disk())
		SKIP(return, "no btrfs below an overlay here");
	make(SHARED "/prog", SIZE);
	make(SHARED "/other", SIZE);
	make(SHARED "/second", SIZE);
	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	holder = start(splice_to_second, ends);
	EXPECT_TRUE(gets_to(holder, "/proc", 'S'));
	pid = start(dedupe_two, ends);
	waits = gets_to(pid, "/proc", 'D');
	if (waits)
		EXPECT_EQ(0, LOOK(DIR "/upper/prog"));
	close(ends[1]);
	close(ends[0]);
	waitpid(holder, NULL, 0);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	umount2(SHARED, MNT_DETACH);
	if (!waits)
		SKIP(return, "nobody waits for a splice to an overlay here");
}

/* Without any right to write to either file. */
static int somebody_dedupes(void *unused)
{
	return setresgid(1234, 1234, 1234) || setresuid(1234, 1234, 1234) ? 200 :
	       dedupe(DIR "/source", PROG);
}

/* Who may not write to a file does not keep it from having a digest by asking for that. */
TEST_F(pages, shared_by_who_may_not_write)
{
	long misses;

	mkdir(TOP "/lower", 0755);
	mkdir(TOP "/upper", 0755);
	mkdir(TOP "/work", 0755);
	if (mount("o", DIR, "overlay", 0, "lowerdir=" TOP "/lower,upperdir=" TOP "/upper,workdir="
		  TOP "/work"))
		SKIP(return, "no overlayfs here");
	make(DIR "/source", SIZE);
	EXPECT_EQ(0, LOOK(PROG));
	misses = bh_number("stats", "cache_misses");
	EXPECT_NE(0, bh_child(somebody_dedupes, NULL));
	EXPECT_EQ(0, LOOK(PROG));
	EXPECT_EQ(misses, bh_number("stats", "cache_misses"));
}

/* Who only maps a page holds it as well, and must not keep a file from having a digest. */
TEST_F(pages, mapped_by_somebody)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC), held[2], i;
	char *memory = mmap(NULL, SIZE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	struct iovec page = { .iov_base = memory + PLACE - PLACE % PAGE, .iov_len = PAGE };

	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, pipe2(held, O_CLOEXEC));
	/* That does not explain what a pipe has. */
	ASSERT_EQ(PAGE, vmsplice(held[1], &page, 1, 0));
	EXPECT_EQ(EACCES, LOOK(PROG));
	close(held[0]);
	close(held[1]);
	EXPECT_EQ(0, LOOK(PROG));
	for (i = 0; i < SIZE; i += PAGE)
		EXPECT_EQ(i ? 0 : 0x7f, memory[i]);
	munmap(memory, SIZE);
	close(fd);
}

/*
 * execve reads how a file begins before it asks. A program of which the digest is not known
 * yet is judged when another task has read it, and who may write to it has had the time to
 * undo what execve has read: here that the program begins behind its first instruction.
 */

#define LOW DIR "/low"
#define MERGED DIR "/merged"

static int begin_at(const char *path, int step)
{
	const off_t place = offsetof(Elf64_Ehdr, e_entry);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	Elf64_Addr entry;
	int err;

	err = fd < 0 || pread(fd, &entry, sizeof(entry), place) != sizeof(entry);
	entry += step;
	err = err || pwrite(fd, &entry, sizeof(entry), place) != sizeof(entry);
	close(fd);
	return err;
}

static int execute(void *unused)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL };

	execve(MERGED "/prog", argv, envp);
	return errno;
}

static int execute_and_wait(void *unused)
{
	int status;

	waitpid(start(execute, NULL), &status, 0);
	return WEXITSTATUS(status);
}

static int run_what_was_read(void *unused)
{
	pid_t reader = start(look, LOW "/prog"), runner;
	int status;
	bool waits;

	if (mount("proc", TOP "/proc", "proc", 0, NULL))
		return -2;
	usleep(300000);
	runner = start(execute, NULL);
	waits = gets_to(runner, TOP "/proc", 'D');
	if (begin_at(LOW "/prog", -5))
		return -3;
	waitpid(reader, NULL, 0);
	waitpid(runner, &status, 0);
	umount2(TOP "/proc", MNT_DETACH);
	return !waits ? -4 : WIFEXITED(status) ? WEXITSTATUS(status) : -5;
}

TEST_F_TIMEOUT(pages, what_execve_has_read, 300)
{
	int events = bh_events();

	ASSERT_EQ(0, mkdir(LOW, 0755));
	ASSERT_EQ(0, mkdir(MERGED, 0755));
	ASSERT_EQ(0, mkdir(DIR "/upper", 0755));
	ASSERT_EQ(0, mkdir(DIR "/work", 0755));
	ASSERT_EQ(0, mkdir(TOP "/proc", 0755));
	if (mount("overlay", MERGED, "overlay", 0,
		  "lowerdir=" LOW ",upperdir=" DIR "/upper,workdir=" DIR "/work"))
		SKIP(return, "no overlay here: %s", strerror(errno));
	bh_make_elf(LOW "/prog", 7, NULL);
	ASSERT_EQ(0, truncate(LOW "/prog", BIG_SIZE));
	ASSERT_EQ(0, sha256_allow("c", LOW "/prog"));
	/* Behind "mov $7,%edi". */
	ASSERT_EQ(0, begin_at(LOW "/prog", 5));
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, run_what_was_read, NULL));
	EXPECT_NE(NULL, bh_find_event(events, "class=exec", MERGED "/prog", "changed meanwhile",
				      NULL));
	EXPECT_EQ(7, bh_cell_run(&self->cell, execute_and_wait, NULL));
	umount2(MERGED, MNT_DETACH);
	close(events);
}

TEST_HARNESS_MAIN
