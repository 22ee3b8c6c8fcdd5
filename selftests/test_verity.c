// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that name what fs-verity says of a file, on ext4 and through overlayfs.
 */
#include <linux/fsverity.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "program.h"
#include "trial.h"

#define TOP "/tmp/v"
#define DIR TOP "/dir"
#define UP TOP "/up"
#define META TOP "/meta"
#define MERGED TOP "/merged"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static bool kernel_tells(void)
{
	char features[16384] = "";

	bh_read(BULKHEAD_DIR "/features", features, sizeof(features));
	return strstr(features, "fsverity-sha512");
}

/* A kernel that cannot judge a digest refuses the rule, and says where it stands. */
TEST(is_known_or_refused)
{
	static const char *const digests[] = {
		"fsverity-sha256:" ZEROS, "fsverity-sha512:" ZEROS ZEROS,
	};
	char doc[512];
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(doc, sizeof(doc), "policy v version 1\nallow exec digest=%s\nend\n",
			 digests[i]);
		if (kernel_tells()) {
			EXPECT_EQ(0, strncmp(bh_load(doc), "ok v 1", 6));
			bh_write("remove", "v");
		} else {
			EXPECT_EQ(0, strncmp(bh_load(doc), "error 2:19 ", 11));
			EXPECT_EQ(-EOPNOTSUPP,
				  bh_policy("v", "allow exec digest=%s\n", digests[i]));
		}
	}
}

FIXTURE(verity)
{
	const char *missing;		/* what is not here, or NULL */
	struct bh_cell cell;
	char digest[160];
};

FIXTURE_VARIANT(verity)
{
	__u32 algorithm;
	const char *name;
};

FIXTURE_VARIANT_ADD(verity, sha256) { FS_VERITY_HASH_ALG_SHA256, "sha256" };
FIXTURE_VARIANT_ADD(verity, sha512) { FS_VERITY_HASH_ALG_SHA512, "sha512" };

/* Puts a file under fs-verity; 0 or an errno. */
static int enable(const char *path, __u32 algorithm, const char *salt)
{
	struct fsverity_enable_arg arg = {
		.version = 1, .hash_algorithm = algorithm, .block_size = 4096,
		.salt_size = strlen(salt), .salt_ptr = (uintptr_t)salt,
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) ? errno : 0;

	close(fd);
	return err;
}

/* A program under fs-verity; 0 or an errno. */
static int make(const char *path, __u32 algorithm, const char *salt)
{
	bh_make_elf(path, 0, NULL);
	return enable(path, algorithm, salt);
}

static void measure(const char *path, const char *name, char *text)
{
	struct {
		struct fsverity_digest digest;
		unsigned char bytes[64];
	} m = { .digest.digest_size = 64 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), i;

	if (ioctl(fd, FS_IOC_MEASURE_VERITY, &m))
		perror(path);
	close(fd);
	text += sprintf(text, "fsverity-%s:", name);
	for (i = 0; i < m.digest.digest_size; i++)
		text += sprintf(text, "%02x", m.digest.digest[i]);
}

static int run(void *path)
{
	return bh_exec(path);
}

static int map(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	err = memory == MAP_FAILED ? errno : 0;
	munmap(memory, 4096);
	close(fd);
	return err;
}

static int protect(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	err = mprotect(memory, 4096, PROT_READ | PROT_EXEC) ? errno : 0;
	munmap(memory, 4096);
	close(fd);
	return err;
}

#define IN_CELL(act, path) bh_cell_run(&self->cell, act, path)

FIXTURE_SETUP(verity)
{
	int err;

	self->missing = "fs-verity that tells modules";
	if (!kernel_tells())
		return;
	ASSERT_EQ(0, bh_scratch(TOP));
	ASSERT_EQ(0, mkdir(DIR, 0755));
	self->missing = "ext4 with verity";
	if (system("mkfs.ext4 -q -F -b 4096 -O verity /dev/ram0 >/dev/null 2>&1") ||
	    mount("/dev/ram0", DIR, "ext4", 0, NULL))
		return;
	self->missing = "fs-verity with this algorithm";
	err = make(DIR "/prog", variant->algorithm, "");
	if (err == ENOPKG || err == EOPNOTSUPP || err == ENOTTY)
		return;
	ASSERT_EQ(0, err);
	self->missing = NULL;
	ASSERT_EQ(0, make(DIR "/salted", variant->algorithm, "salt"));
	bh_make_elf(DIR "/plain", 0, NULL);
	measure(DIR "/prog", variant->name, self->digest);
	ASSERT_EQ(0, bh_policy("v", "default exec deny\nallow exec digest=%s\n"
			       "default map deny\nallow map digest=%s\n", self->digest,
			       self->digest));
	ASSERT_EQ(0, bh_cell_start(&self->cell, CLONE_NEWPID));
	ASSERT_EQ(0, bh_cell_bind(&self->cell, "v"));
}

#define NEED_VERITY()								\
do {										\
	if (self->missing)							\
		SKIP(return, "no %s here", self->missing);			\
} while (0)

FIXTURE_TEARDOWN(verity)
{
	if (!self->missing)
		bh_cell_stop(&self->cell);
	umount2(MERGED, MNT_DETACH);
	umount2(DIR, MNT_DETACH);
}

TEST_F(verity, counts)
{
	char words[160] = "digest=";
	int events;

	NEED_VERITY();
	measure(DIR "/salted", variant->name, words + strlen(words));
	events = bh_events();
	EXPECT_EQ(0, IN_CELL(run, DIR "/prog"));
	EXPECT_EQ(0, IN_CELL(map, DIR "/prog"));
	/* What was looked at before, mprotect is told as well. */
	EXPECT_EQ(0, IN_CELL(protect, DIR "/prog"));
	EXPECT_EQ(EACCES, IN_CELL(run, DIR "/plain"));
	EXPECT_EQ(EACCES, IN_CELL(map, DIR "/plain"));
	EXPECT_EQ(EACCES, IN_CELL(protect, DIR "/plain"));
	/* The same content by another measure. */
	EXPECT_EQ(EACCES, IN_CELL(run, DIR "/salted"));
	EXPECT_NE(NULL, bh_find_event(events, "class=exec", DIR "/salted", words, NULL));
	close(events);
}

/* Which page of memory shows how a file begins; 0 if that cannot be told. */
static __u64 page_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	__u64 entry = 0;

	if (memory == MAP_FAILED || *memory != 0x7f ||
	    pread(pagemap, &entry, sizeof(entry), (uintptr_t)memory / 4096 * 8) != sizeof(entry))
		entry = 0;
	munmap(memory, 4096);
	close(pagemap);
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

/* A page that somebody has from before is not what fs-verity checks. */
TEST_F(verity, of_a_page_that_is_held)
{
	struct iovec iov = { .iov_len = 4096 };
	int held[2], fd;
	__u64 page;

	NEED_VERITY();
	bh_make_elf(DIR "/held", 0, NULL);
	fd = open(DIR "/held", O_RDWR | O_CLOEXEC);
	iov.iov_base = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_EQ(0, pipe2(held, O_CLOEXEC));
	ASSERT_EQ(4096, vmsplice(held[1], &iov, 1, 0));
	munmap(iov.iov_base, 4096);
	close(fd);
	ASSERT_EQ(0, enable(DIR "/held", variant->algorithm, ""));
	page = page_of(DIR "/held");
	ASSERT_NE(0ULL, page);
	EXPECT_EQ(0, IN_CELL(run, DIR "/held"));
	EXPECT_NE(page, page_of(DIR "/held"));
	close(held[0]);
	close(held[1]);
}

/* Through an overlay it is that of the file with the data; a copy has none. */
TEST_F(verity, through_an_overlay)
{
	NEED_VERITY();
	ASSERT_EQ(0, mkdir(UP, 0755));
	ASSERT_EQ(0, mkdir(UP "/upper", 0755));
	ASSERT_EQ(0, mkdir(UP "/work", 0755));
	ASSERT_EQ(0, mkdir(MERGED, 0755));
	if (mount("overlay", MERGED, "overlay", 0,
		  "lowerdir=" DIR ",upperdir=" UP "/upper,workdir=" UP "/work"))
		SKIP(return, "no overlay here: %s", strerror(errno));
	EXPECT_EQ(0, IN_CELL(run, MERGED "/prog"));
	EXPECT_EQ(0, IN_CELL(map, MERGED "/prog"));
	EXPECT_EQ(EACCES, IN_CELL(run, MERGED "/plain"));
	ASSERT_EQ(0, chmod(MERGED "/prog", 0700));
	EXPECT_EQ(EACCES, IN_CELL(run, MERGED "/prog"));
	EXPECT_EQ(EACCES, IN_CELL(map, MERGED "/prog"));
}

/* As composefs does it: the names in one layer, the data in another that has none. */
TEST_F(verity, of_a_layer_of_data)
{
	NEED_VERITY();
	ASSERT_EQ(0, mkdir(META, 0755));
	ASSERT_EQ(0, mkdir(MERGED, 0755));
	bh_make_file(META "/named", "", 0755);
	ASSERT_EQ(0, truncate(META "/named", 4096));
	ASSERT_EQ(0, setxattr(META "/named", "trusted.overlay.metacopy", "", 0, 0));
	ASSERT_EQ(0, setxattr(META "/named", "trusted.overlay.redirect", "/prog", 5, 0));
	if (mount("overlay", MERGED, "overlay", 0,
		  "metacopy=on,redirect_dir=follow,lowerdir=" META "::" DIR))
		SKIP(return, "no layers of data here: %s", strerror(errno));
	EXPECT_EQ(0, IN_CELL(run, MERGED "/named"));
	EXPECT_EQ(0, IN_CELL(map, MERGED "/named"));
}

TEST_HARNESS_MAIN
