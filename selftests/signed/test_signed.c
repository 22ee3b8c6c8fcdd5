// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signed documents and the keys that are trusted. /signed is what `make` beside this made.
 */
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "load.h"
#include "trial.h"

#define DIR "/signed/"
#define MAX 65536

static unsigned char bytes[MAX];

/* Reads a file of /signed; its length. */
static size_t get(const char *name)
{
	char path[128];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), DIR "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	return n < 0 ? 0 : n;
}

/* Writes to `load` in pieces; the errno of the first that fails, or of close(). */
static int put_pieces(const unsigned char *s, size_t len, size_t piece)
{
	int fd = bh_open_load(), err = 0;
	size_t at;

	for (at = 0; at < len && !err; at += piece)
		if (write(fd, s + at, len - at < piece ? len - at : piece) < 0)
			err = errno;
	if (close(fd) && !err)
		err = errno;
	return err;
}

static int put(const char *name)
{
	size_t len = get(name);

	return len ? put_pieces(bytes, len, len) : ENOENT;
}

static int trust(const char *name)
{
	size_t len = get(name);

	return bh_write_bytes("keys", bytes, len);
}

/* The module is built with `make CERTS=`. Comes first, before a key is written. */
TEST(built_in)
{
	char keys[4096] = "";

	bh_read(BULKHEAD_DIR "/keys", keys, sizeof(keys));
	EXPECT_NE(NULL, strstr(keys, "subject=\"O=Bulkhead, CN=builtin\" id="));
	EXPECT_NE(NULL, strstr(keys, "subject=\"O=Bulkhead, CN=builtin2\" id="));
	EXPECT_NE(NULL, strstr(keys, " origin=built-in\n"));
	EXPECT_EQ(NULL, strstr(keys, " origin=written\n"));
	EXPECT_EQ(ENOKEY, put("rsa2048.p7s"));
	EXPECT_EQ(0, put("builtin.p7s"));
	EXPECT_EQ(7, bh_version_of("signed"));
	EXPECT_EQ(0, put("builtin2.p7s"));
	EXPECT_EQ(8, bh_version_of("signed"));
}

/* Debian's 6.1 has no ECDSA. */
static int no_ecdsa;

FIXTURE(signed_doc) {};

FIXTURE_SETUP(signed_doc)
{
	static const char *const keys[] = {
		"rsa2048.der", "rsa4096.der", "ec256.der", "ec384.der", "usage.der", "expired.der",
		"future.der",
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		err = trust(keys[i]);
		if (!strncmp(keys[i], "ec", 2) && err)
			no_ecdsa = 1;
		else
			ASSERT_EQ(0, err);
	}
	bh_write("remove", "signed");
}

FIXTURE_TEARDOWN(signed_doc)
{
}

TEST_F(signed_doc, are_taken)
{
	/* Dates and purposes of certificates are not looked at. */
	static const char *const names[] = {
		"rsa2048", "rsa4096", "attributes", "smime", "nocerts", "keyid", "sha512", "usage",
		"expired", "future",
	};
	static const int versions[] = { 10, 11, 20, 21, 22, 23, 24, 25, 26, 27 };
	int events = bh_events();
	char name[64], info[1024] = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(name, sizeof(name), "%s.p7s", names[i]);
		EXPECT_EQ(0, put(name))
			TH_LOG("%s", name);
		EXPECT_EQ(versions[i], bh_version_of("signed"))
			TH_LOG("%s", name);
	}
	bh_read(BULKHEAD_DIR "/policies/signed/info", info, sizeof(info));
	EXPECT_NE(NULL, strstr(info, "\nsigner \"O=Bulkhead, CN=future\"\n"))
		TH_LOG("info: %s.", info);
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=load result=ok policy=signed ",
				      "signer=\"O=Bulkhead, CN=rsa2048\"", NULL));
	close(events);
	EXPECT_EQ(ESTALE, put("older.p7s"));
	/* Who may remove a policy may begin anew: see zz_lock_policy. */
	EXPECT_EQ(0, bh_write("remove", "signed"));
	EXPECT_EQ(0, put("older.p7s"));
}

TEST_F(signed_doc, with_ecdsa)
{
	if (no_ecdsa)
		SKIP(return, "this kernel has no ECDSA");
	EXPECT_EQ(0, put("ec256.p7s"));
	EXPECT_EQ(12, bh_version_of("signed"));
	EXPECT_EQ(0, put("ec384.p7s"));
	EXPECT_EQ(13, bh_version_of("signed"));
}

TEST_F(signed_doc, are_refused)
{
	static const struct {
		const char *name;
		int err;
	} refused[] = {
		{ "untrusted.p7s", ENOKEY }, { "sha1.p7s", EKEYREJECTED },
		{ "two.p7s", EKEYREJECTED }, { "detached.p7s", EKEYREJECTED },
		{ "nested.p7s", EKEYREJECTED }, { "unclosed.p7s", EINVAL },
		{ "wrong.p7s", EINVAL }, { "rsa2048.der", EKEYREJECTED },
		/* It says when it was signed, and its certificate was not valid then. */
		{ "late.p7s", EKEYREJECTED },
		/* openssl adds S/MIME capabilities to the attributes, which no kernel knows. */
		{ "capabilities.p7s", EKEYREJECTED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_EQ(refused[i].err, put(refused[i].name))
			TH_LOG("document %u", i);
}

/* What has come in whole in pieces of any size; what was cut or changed, not at all. */
TEST_F(signed_doc, whole_or_not_at_all)
{
	size_t len = get("rsa2048.p7s"), i;

	for (i = 1; i < len; i++) {
		put_pieces(bytes, i, i);
		ASSERT_EQ(-1, bh_version_of("signed"))
			TH_LOG("cut to %zu of %zu", i, len);
	}
	for (i = 0; i < len; i += 3) {
		bytes[i] ^= 0x20;
		put_pieces(bytes, len, len);
		bytes[i] ^= 0x20;
		/* Some bytes nobody looks at: of a certificate that comes along, say. */
		if (bh_version_of("signed") == 10)
			bh_write("remove", "signed");
		ASSERT_EQ(-1, bh_version_of("signed"));
	}
	bytes[len] = '\n';
	EXPECT_EQ(EKEYREJECTED, put_pieces(bytes, len + 1, len + 1));
	EXPECT_EQ(-1, bh_version_of("signed"));
	EXPECT_EQ(0, put_pieces(bytes, len, 1));
	EXPECT_EQ(10, bh_version_of("signed"));
}

/* What was written is kept: the writer's memory may change before the rest is written. */
TEST_F(signed_doc, changes_meanwhile)
{
	size_t len = get("rsa2048.p7s"), half = len / 2;
	int fd = bh_open_load();

	ASSERT_EQ((ssize_t)half, write(fd, bytes, half));
	memset(bytes, 'x', half);
	ASSERT_EQ((ssize_t)(len - half), write(fd, bytes + half, len - half));
	EXPECT_EQ(10, bh_version_of("signed"));
	/* And nothing can be added. */
	EXPECT_EQ(-1, write(fd, "x", 1));
	close(fd);
	EXPECT_EQ(10, bh_version_of("signed"));
}

TEST_F(signed_doc, a_length_is_no_promise)
{
	static const unsigned char huge[] = { 0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 6, 9 };
	static const unsigned char endless[] = { 0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48 };

	EXPECT_EQ(E2BIG, put_pieces(huge, sizeof(huge), sizeof(huge)));
	EXPECT_EQ(EKEYREJECTED, put_pieces(endless, sizeof(endless), sizeof(endless)));
}

TEST_F(signed_doc, keys)
{
	char keys[4096] = "";
	size_t len = get("other.der");

	EXPECT_EQ(-EINVAL, bh_write_bytes("keys", "none", 4));
	/* A certificate of 2 GB, says its first byte. */
	EXPECT_EQ(-EINVAL, bh_write_bytes("keys", "\x30\x84\x7f\xff\xff\xff\x30\x03", 8));
	EXPECT_EQ(-EINVAL, bh_write_bytes("keys", bytes, len - 1));
	EXPECT_EQ(-EINVAL, bh_write_bytes("keys", bytes, len + 1));
	bh_read(BULKHEAD_DIR "/keys", keys, sizeof(keys));
	EXPECT_NE(NULL, strstr(keys, "subject=\"O=Bulkhead, CN=rsa4096\" id="));
	EXPECT_NE(NULL, strstr(keys, " origin=written\n"));
	EXPECT_EQ(NULL, strstr(keys, "CN=other"));
}

/* The number of the module's keyring, or 0. */
static int keyring(void)
{
	FILE *keys = fopen("/proc/keys", "r");
	char line[256];
	int found = 0;

	while (keys && fgets(line, sizeof(line), keys))
		if (strstr(line, " .bulkhead:"))
			found = strtoul(line, NULL, 16);
	if (keys)
		fclose(keys);
	return found;
}

/* Root of a container without a user namespace is the keyring's owner. */
TEST_F(signed_doc, keys_stay)
{
	int id = keyring();

	ASSERT_NE(0, id);
	EXPECT_EQ(-1, syscall(SYS_keyctl, KEYCTL_INVALIDATE, id));
	EXPECT_EQ(-1, syscall(SYS_keyctl, KEYCTL_REVOKE, id));
	EXPECT_EQ(-1, syscall(SYS_keyctl, KEYCTL_CLEAR, id));
	EXPECT_EQ(-1, syscall(SYS_keyctl, KEYCTL_SETPERM, id, -1));
	EXPECT_EQ(-1, syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, id, 1));
	EXPECT_EQ(id, keyring());
	EXPECT_EQ(0, put("rsa2048.p7s"));
}

/* Each write is told, whatever came of it. */
TEST_F(signed_doc, keys_are_told)
{
	int events = bh_events();

	ASSERT_EQ(0, trust("rsa2048.der"));
	EXPECT_EQ(-EINVAL, bh_write_bytes("keys", "none", 4));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=keys result=ok",
				      "signer=\"O=Bulkhead, CN=rsa2048\"", NULL));
	EXPECT_NE(NULL, bh_find_event(events, "class=config op=keys result=EINVAL", NULL));
	close(events);
}

/* There is a limit; those that are known stay so. */
TEST_F(signed_doc, many_keys)
{
	size_t len = get("many.der");
	char *name = memmem(bytes, len, "key00000", 8), digits[16];
	int i, err = 0;

	ASSERT_NE(NULL, name);
	for (i = 0; i < 10000 && !err; i++) {
		snprintf(digits, sizeof(digits), "%05d", i);
		memcpy(name + 3, digits, 5);
		err = bh_write_bytes("keys", bytes, len);
	}
	EXPECT_EQ(-E2BIG, err);
	EXPECT_LT(1000, i);
	EXPECT_GT(1030, i);
	EXPECT_EQ(0, trust("rsa2048.der"));
	EXPECT_EQ(-E2BIG, trust("other.der"));
	EXPECT_EQ(0, put("rsa2048.p7s"));
}

/* Last of all, since it holds until reboot. */
TEST_F(signed_doc, zz_lock_policy)
{
	char state[16] = "";

	ASSERT_EQ(0, put("keyid.p7s"));
	ASSERT_EQ(0, bh_write("lock", "policy"));
	bh_read(BULKHEAD_DIR "/lock", state, sizeof(state));
	EXPECT_STREQ("policy\n", state);
	EXPECT_EQ(0, strncmp("error 1:", bh_load("policy free version 1\nend\n"), 8));
	EXPECT_EQ(-EKEYREJECTED, bh_policy("free", "deny exec\n"));
	EXPECT_EQ(-EPERM, bh_write("remove", "signed"));
	EXPECT_EQ(-EPERM, trust("rsa2048.der"));
	EXPECT_EQ(ENOKEY, put("untrusted.p7s"));
	EXPECT_EQ(ESTALE, put("older.p7s"));
	EXPECT_EQ(0, put("sha512.p7s"));
	EXPECT_EQ(24, bh_version_of("signed"));
}

TEST_HARNESS_MAIN
