// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that name digests: what a file's content is, whatever was done to it.
 *
 * One confined process executes and maps; the test, outside, changes the file behind it.
 */
#include <linux/falloc.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "sha256.h"
#include "trial.h"

#define TOP "/tmp/g"
#define LOWER TOP "/lower"
#define UP TOP "/up"
#define DIR TOP "/dir"
#define PROG DIR "/prog"
#define EVIL DIR "/evil"

/* Where the exit status of a program of bh_make_elf() lies, more or less: any byte will do. */
#define PLACE 40

FIXTURE(digest)
{
	struct bh_cell cell;
	char good[65];
};

FIXTURE_VARIANT(digest)
{
	const char *type;
	const char *real;		/* where the file's content lies */
};

FIXTURE_VARIANT_ADD(digest, tmpfs) { .type = "tmpfs", .real = PROG };
FIXTURE_VARIANT_ADD(digest, ext4) { .type = "ext4", .real = PROG };
FIXTURE_VARIANT_ADD(digest, overlay) { .type = "overlay", .real = UP "/upper/prog" };

static int mount_dir(const char *type)
{
	if (!strcmp(type, "tmpfs"))
		return mount("t", DIR, "tmpfs", 0, NULL);
	if (!strcmp(type, "ext4"))
		return system("mkfs.ext4 -q -F /dev/ram0 >/dev/null 2>&1") ?:
		       mount("/dev/ram0", DIR, "ext4", 0, NULL);
	if (mkdir(LOWER, 0755))
		return -1;
	/* One that no rule allows, and one that is not known to anyone yet. */
	bh_make_elf(LOWER "/early", 1, NULL);
	bh_make_elf(LOWER "/same", 0, NULL);
	return mkdir(UP, 0755) ?: mount("u", UP, "tmpfs", 0, NULL) ?:
	       mkdir(UP "/upper", 0755) ?: mkdir(UP "/work", 0755) ?:
	       mount("overlay", DIR, "overlay", 0,
		     "lowerdir=" LOWER ",upperdir=" UP "/upper,workdir=" UP "/work");
}

static void make_good(void)
{
	bh_make_elf(PROG, 0, NULL);
}

static int run(void *path)
{
	return bh_exec(path);
}

static int map_fd(int fd)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (memory == MAP_FAILED)
		return errno;
	return munmap(memory, 4096);
}

static int map(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = map_fd(fd);

	close(fd);
	return err;
}

FIXTURE_SETUP(digest)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	ASSERT_EQ(0, mkdir(DIR, 0755));
	if (mount_dir(variant->type))
		SKIP(return, "no %s here: %s", variant->type, strerror(errno));
	make_good();
	bh_make_elf(EVIL, 0, NULL);
	ASSERT_EQ(0, truncate(EVIL, 200));
	ASSERT_EQ(0, system("chmod 755 " EVIL));
	strcpy(self->good, sha256_file(PROG));
	ASSERT_EQ(0, bh_policy("t", "default exec deny\nallow exec digest=sha256:%s\n"
			       "default map deny\nallow map digest=sha256:%s\n"
			       "deny map backing=anonymous\n", self->good, self->good));
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "t"));
}

FIXTURE_TEARDOWN(digest)
{
	bh_cell_stop(&self->cell);
	umount2(DIR, MNT_DETACH);
	umount2(UP, MNT_DETACH);
}

#define EXEC() bh_cell_run(&self->cell, run, PROG)
#define MAP() bh_cell_run(&self->cell, map, PROG)

/* Ways to change the file in place; each returns 0, or -1 where the file system cannot. */

static int write_byte(int fd)
{
	return pwrite(fd, "x", 1, PLACE) == 1 ? 0 : -1;
}

static int by_write(const char *real)
{
	int fd = open(PROG, O_RDWR | O_CLOEXEC), err = write_byte(fd);

	close(fd);
	return err;
}

static int below(const char *real)
{
	int fd = open(real, O_RDWR | O_CLOEXEC), err = write_byte(fd);

	close(fd);
	return err;
}

static int by_mapping(const char *real)
{
	int fd = open(PROG, O_RDWR | O_CLOEXEC);
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (memory == MAP_FAILED)
		return -1;
	memory[PLACE] ^= 1;
	return munmap(memory, 4096);
}

static int by_growth(const char *real)
{
	int fd = open(PROG, O_WRONLY | O_APPEND | O_CLOEXEC), err = write(fd, "x", 1) != 1;

	close(fd);
	return err;
}

static int by_cutting(const char *real)
{
	struct stat st;

	return stat(PROG, &st) ?: truncate(PROG, PLACE) ?: truncate(PROG, st.st_size);
}

static int by_hole(const char *real)
{
	int fd = open(PROG, O_RDWR | O_CLOEXEC), err;

	err = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8);
	close(fd);
	return err;
}

static int by_copy(const char *real)
{
	int from = open(EVIL, O_RDONLY | O_CLOEXEC), to = open(PROG, O_WRONLY | O_CLOEXEC);
	loff_t in = 0, out = PLACE;
	ssize_t n = syscall(SYS_copy_file_range, from, &in, to, &out, 8, 0);

	close(from);
	close(to);
	return n == 8 ? 0 : -1;
}

static int by_direct(const char *real)
{
	static char block[4096] __attribute__((aligned(4096)));
	int fd = open(PROG, O_RDWR | O_DIRECT | O_CLOEXEC), err;

	if (fd < 0)
		return -1;
	memset(block, 'x', sizeof(block));
	err = pwrite(fd, block, sizeof(block), 0) == sizeof(block) ? 0 : -1;
	close(fd);
	return err;
}

static int by_rename(const char *real)
{
	bh_copy(PROG, EVIL);
	return truncate(EVIL, 100) ?: rename(EVIL, PROG);
}

static int by_unlink(const char *real)
{
	if (unlink(PROG))
		return -1;
	bh_make_elf(PROG, 1, NULL);
	return truncate(PROG, 4000);
}

static int by_link(const char *real)
{
	int fd;

	unlink(EVIL);
	if (link(PROG, EVIL))
		return -1;
	fd = open(EVIL, O_RDWR | O_CLOEXEC);
	if (fd < 0 || write_byte(fd))
		return -1;
	return close(fd);
}

static const struct {
	const char *name;
	int (*change)(const char *real);
} changes[] = {
	{ "write", by_write }, { "write below", below }, { "mapping", by_mapping },
	{ "growth", by_growth }, { "cutting", by_cutting }, { "hole", by_hole },
	{ "copy_file_range", by_copy }, { "O_DIRECT", by_direct }, { "rename", by_rename },
	{ "unlink", by_unlink }, { "link", by_link },
};

TEST_F(digest, only_the_content_counts)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		make_good();
		EXPECT_EQ(0, EXEC());
		EXPECT_EQ(0, MAP());
		if (changes[i].change(variant->real)) {
			TH_LOG("not by %s: %s", changes[i].name, strerror(errno));
			continue;
		}
		EXPECT_EQ(EACCES, EXEC())
			TH_LOG("changed by %s", changes[i].name);
		EXPECT_EQ(EACCES, MAP())
			TH_LOG("changed by %s", changes[i].name);
	}
	unlink(PROG);
	make_good();
	EXPECT_EQ(0, EXEC());
}

/* Changed and changed back faster than any clock of a file system ticks. */
TEST_F(digest, in_the_same_tick)
{
	int i;

	for (i = 0; i < 50; i++) {
		make_good();
		ASSERT_EQ(0, EXEC());
		by_write(variant->real);
		ASSERT_EQ(EACCES, EXEC());
	}
}

TEST_F(digest, none_while_open_for_writing)
{
	int events = bh_events(), fd;
	void *memory;

	fd = open(PROG, O_RDWR | O_CLOEXEC);
	EXPECT_NE(0, EXEC());
	EXPECT_EQ(EACCES, MAP());
	EXPECT_NE(NULL, bh_find_event(events, "class=map", "open for writing", NULL));
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	EXPECT_EQ(EACCES, MAP());
	munmap(memory, 4096);
	EXPECT_EQ(0, MAP());
	EXPECT_EQ(0, EXEC());
	close(events);
}

TEST_F(digest, is_kept)
{
	long hits = bh_number("stats", "cache_hits"), misses = bh_number("stats", "cache_misses");

	EXPECT_EQ(0, EXEC());
	EXPECT_EQ(misses + 1, bh_number("stats", "cache_misses"));
	EXPECT_EQ(0, EXEC());
	EXPECT_EQ(0, link(PROG, DIR "/other"));
	EXPECT_EQ(0, rename(PROG, EVIL));
	EXPECT_EQ(0, bh_cell_run(&self->cell, run, EVIL));
	EXPECT_EQ(0, bh_cell_run(&self->cell, map, DIR "/other"));
	EXPECT_EQ(misses + 1, bh_number("stats", "cache_misses"));
	EXPECT_LE(hits + 3, bh_number("stats", "cache_hits"));
	EXPECT_LT(0, bh_number("stats", "cache_bytes"));
}

/* What runs by its digest stays what it is; afterwards it can be written to at once. */
static int map_and_write(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), writer;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (memory == MAP_FAILED)
		return errno;
	writer = open(path, O_RDWR | O_CLOEXEC);
	if (writer >= 0 || errno != ETXTBSY)
		return -1;
	if (!truncate(path, 1) || errno != ETXTBSY)
		return -2;
	munmap(memory, 4096);
	writer = open(path, O_RDWR | O_CLOEXEC);
	return writer < 0 ? -3 : 0;
}

TEST_F(digest, not_written_while_it_runs)
{
	EXPECT_EQ(0, bh_cell_run(&self->cell, map_and_write, PROG));
}

/* Is what is mapped held like this by other rules, too? */
static int map_and_write_freely(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), writer;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	int err = memory == MAP_FAILED ? errno : 0;

	writer = open(path, O_RDWR | O_CLOEXEC);
	if (!err && writer < 0)
		err = errno;
	close(writer);
	close(fd);
	munmap(memory, 4096);
	return err;
}

TEST_F(digest, not_written_only_where_a_digest_allowed)
{
	ASSERT_EQ(0, bh_policy("t", "deny map digest=sha256:%064d", 0));
	EXPECT_EQ(0, bh_cell_run(&self->cell, map_and_write_freely, PROG));
	ASSERT_EQ(0, bh_policy("t", "deny map digest!=sha256:%s", sha256_file(PROG)));
	EXPECT_EQ(0, bh_cell_run(&self->cell, map_and_write, PROG));
}

/*
 * Kernels before 6.12 drop what watches an inode when the last of its names goes, though it is
 * open and mapped still. It can be opened for writing then through its descriptor.
 */
static int write_nameless(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), writer;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	char again[32];

	if (memory == MAP_FAILED)
		return errno;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	if (link(path, DIR "/again") || unlink(path) || unlink(DIR "/again"))
		return -1;
	writer = open(again, O_RDWR | O_CLOEXEC);
	if (writer >= 0)
		return -2;
	if (errno != ETXTBSY)
		return -3;
	munmap(memory, 4096);
	writer = open(again, O_RDWR | O_CLOEXEC);
	if (writer < 0 || write_byte(writer) || close(writer))
		return -4;
	return map(again) == EACCES ? 0 : -5;
}

TEST_F(digest, not_written_while_it_runs_without_a_name)
{
	EXPECT_EQ(-2, write_nameless(PROG));
	make_good();
	EXPECT_EQ(0, bh_cell_run(&self->cell, write_nameless, PROG));
}

/* mprotect reads no file: what was not looked at before has no digest. */
static int protect(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	int err = mprotect(memory, 4096, PROT_READ | PROT_EXEC) ? errno : 0;

	munmap(memory, 4096);
	close(fd);
	return err;
}

TEST_F(digest, mprotect_knows_what_is_kept)
{
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, protect, PROG));
	EXPECT_EQ(0, MAP());
	EXPECT_EQ(0, bh_cell_run(&self->cell, protect, PROG));
	by_write(variant->real);
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, protect, PROG));
}

/*
 * A file of a lower layer is opened, and copied up with a content that is allowed: what the
 * early descriptor maps are still the pages below.
 */
static int map_early(void *unused)
{
	int fd = open(DIR "/early", O_RDONLY | O_CLOEXEC), err;

	if (map_fd(fd) != EACCES)
		return -1;
	bh_copy(PROG, DIR "/early");
	if (map(DIR "/early"))
		return -2;
	err = map_fd(fd);
	close(fd);
	return err;
}

/* It does no harm where what is below is allowed as well. */
static int early_same(void *unused)
{
	int fd = open(DIR "/same", O_RDONLY | O_CLOEXEC), err = map_fd(fd);

	err = err ?: chmod(DIR "/same", 0700) ?: map(DIR "/same") ?: map_fd(fd);
	close(fd);
	return err;
}

/* Without a policy it is seen that the early descriptor does map what is below. */
static int early_differs(void)
{
	int fd = open(DIR "/early", O_RDONLY | O_CLOEXEC);
	char *below, *now;

	bh_copy(PROG, DIR "/early");
	below = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	fd = open(DIR "/early", O_RDONLY | O_CLOEXEC);
	now = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return below != MAP_FAILED && now != MAP_FAILED && memcmp(below, now, 4096);
}

TEST_F(digest, opened_before_its_copy)
{
	if (strcmp(variant->type, "overlay"))
		SKIP(return, "nothing is copied up here");
	EXPECT_EQ(EACCES, bh_cell_run(&self->cell, map_early, NULL));
	EXPECT_EQ(0, bh_cell_run(&self->cell, early_same, NULL));
	EXPECT_NE(0, bh_number("stats", "cache_hits"));
}

TEST_F(digest, what_was_opened_before_its_copy_is_mapped)
{
	if (strcmp(variant->type, "overlay"))
		SKIP(return, "nothing is copied up here");
	EXPECT_EQ(1, early_differs());
}

TEST_F(digest, told_by_events)
{
	int events = bh_events();
	char words[128];

	by_write(variant->real);
	EXPECT_EQ(EACCES, EXEC());
	snprintf(words, sizeof(words), "digest=sha256:%s", sha256_file(PROG));
	EXPECT_NE(NULL, bh_find_event(events, "verdict=deny class=exec", PROG, words, NULL));
	close(events);
}

/* Rules without a file system of their own. */

TEST(refused_with_a_position)
{
	const char *zeros = "0000000000000000000000000000000000000000000000000000000000000000";
	char doc[512];

	snprintf(doc, sizeof(doc), "policy d version 1\nallow exec digest=sha256:%s0\nend\n",
		 zeros);
	EXPECT_EQ(0, strncmp(bh_load(doc), "error 2:19 ", 11));
	snprintf(doc, sizeof(doc), "policy d version 1\nallow exec digest=md5:%s\nend\n", zeros);
	EXPECT_EQ(0, strncmp(bh_load(doc), "error 2:19 ", 11));
}

/* A memfd is open for writing from the beginning, and no digest allows it. */
static int run_memfd(void *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = syscall(SYS_memfd_create, "m", 1);
	char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes));

	return write(to, bytes, n) == n ? bh_execveat(to, "", AT_EMPTY_PATH) : -1;
}

TEST(no_digest_of_a_memfd)
{
	struct bh_trial trial = {
		.act = run_memfd, .arg = "/tmp/in-memory", .with = EACCES,
		.words = { "class=exec", "no digest" },
	};
	char rules[256];

	bh_make_elf("/tmp/in-memory", 0, NULL);
	snprintf(rules, sizeof(rules), "default exec deny\nallow exec digest=sha256:%s\n",
		 sha256_file("/tmp/in-memory"));
	trial.rules = rules;
	bh_try(_metadata, &trial);
}

TEST_HARNESS_MAIN
