// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signed messages and certificates, but for their signatures.
 */
#include <kunit/test.h>

#include "../module/cms.h"
#include "random.h"
#include "suites.h"

#define INTEGER		0x02
#define BIT_STRING	0x03
#define OCTET_STRING	0x04
#define OID		0x06
#define UTF8		0x0c
#define SEQUENCE	0x30
#define SET		0x31
#define TAGGED(n)	(0xa0 + (n))

#define CONTENT "policy p version 1\nend\n"

/* Written from its end, so that the length of what an element holds is known. */
struct der {
	u8 s[1024];
	size_t at;
};

static struct der der;	/* the suites run one after the other */

static void put(const void *s, size_t len)
{
	der.at -= len;
	memcpy(der.s + der.at, s, len);
}

/* The header of an element that goes from here to @end. */
static void head(u8 tag, size_t end)
{
	size_t len = end - der.at;
	u8 header[] = { tag, 0x82, len >> 8, len };

	if (len >= 256) {
		put(header, 4);
	} else if (len >= 128) {
		header[1] = 0x81;
		header[2] = len;
		put(header, 3);
	} else {
		header[1] = len;
		put(header, 2);
	}
}

static void element(u8 tag, const void *s, size_t len)
{
	size_t end = der.at;

	put(s, len);
	head(tag, end);
}

#define OBJECT(...) do {					\
	static const u8 oid[] = { __VA_ARGS__ };		\
								\
	element(OID, oid, sizeof(oid));				\
} while (0)

#define PKCS7(n) OBJECT(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, n)

enum algorithm { SHA1, SHA224, SHA256, SHA512, RSA_SHA1, RSA_SHA256, ECDSA_SHA384 };

#define OID_OF(...) { sizeof((u8[]){ __VA_ARGS__ }), { __VA_ARGS__ } }
#define NIST(n) OID_OF(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n)
#define PKCS1(n) OID_OF(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, n)

static const struct {
	u8 len;
	u8 oid[9];
} algorithms[] = {
	[SHA1] = OID_OF(0x2b, 0x0e, 0x03, 0x02, 0x1a),
	[SHA224] = NIST(4),
	[SHA256] = NIST(1),
	[SHA512] = NIST(3),
	[RSA_SHA1] = PKCS1(5),
	[RSA_SHA256] = PKCS1(11),
	[ECDSA_SHA384] = OID_OF(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 3),
};

static void algorithm(enum algorithm which)
{
	size_t end = der.at;

	element(OID, algorithms[which].oid, algorithms[which].len);
	head(SEQUENCE, end);
}

static void attribute(u8 which, const void *value, size_t len)
{
	const u8 oid[] = { 0x55, 0x04, which };
	size_t end = der.at;

	element(UTF8, value, len);
	element(OID, oid, sizeof(oid));
	head(SEQUENCE, end);
	head(SET, end);
}

/* O=Bulkhead, CN=NAME */
static void name(const char *common)
{
	size_t end = der.at;

	attribute(3, common, strlen(common));
	attribute(10, "Bulkhead", 8);
	head(SEQUENCE, end);
}

static void certificate(enum algorithm how)
{
	size_t end = der.at, tbs;

	element(BIT_STRING, "\0signature", 10);
	algorithm(how);
	tbs = der.at;
	element(SEQUENCE, "", 0);	/* the key */
	name("subject");
	element(SEQUENCE, "", 0);	/* from when to when */
	name("issuer");
	algorithm(how);
	element(INTEGER, "\7", 1);
	head(SEQUENCE, tbs);
	head(SEQUENCE, end);
}

static void signer(enum algorithm digest)
{
	size_t end = der.at, sid;

	element(OCTET_STRING, "signature", 9);
	algorithm(RSA_SHA256);
	algorithm(digest);
	sid = der.at;
	element(INTEGER, "\7", 1);
	name("issuer");
	head(SEQUENCE, sid);
	element(INTEGER, "\1", 1);
	head(SEQUENCE, end);
}

static const struct kind {
	const char *what;
	u8 type;		/* what is signed: 1 is data */
	u8 signers;
	bool detached;
	bool goes_along;	/* a certificate does */
	enum algorithm digest;
	enum algorithm how;	/* the certificate is signed */
	int err;
} kinds[] = {
	{ "usual", 1, 1, false, true, SHA256, RSA_SHA256 },
	{ "stronger", 1, 1, false, true, SHA512, ECDSA_SHA384 },
	{ "without a certificate", 1, 1, false, false, SHA256 },
	{ "nobody's", 1, 0, false, true, SHA256, RSA_SHA256, -EKEYREJECTED },
	{ "two signers'", 1, 2, false, true, SHA256, RSA_SHA256, -EKEYREJECTED },
	{ "detached", 1, 1, true, true, SHA256, RSA_SHA256, -EKEYREJECTED },
	{ "a message in it", 2, 1, false, true, SHA256, RSA_SHA256, -EKEYREJECTED },
	{ "SHA-1", 1, 1, false, true, SHA1, RSA_SHA256, -EKEYREJECTED },
	{ "SHA-224", 1, 1, false, true, SHA224, RSA_SHA256, -EKEYREJECTED },
	{ "a certificate by SHA-1", 1, 1, false, true, SHA256, RSA_SHA1, -EKEYREJECTED },
};

static void message(const struct kind *kind)
{
	size_t end = sizeof(der.s), part;
	u8 i;

	der.at = end;
	for (i = 0; i < kind->signers; i++)
		signer(kind->digest);
	head(SET, end);
	part = der.at;
	if (kind->goes_along) {
		certificate(kind->how);
		head(TAGGED(0), part);
		part = der.at;
	}
	if (!kind->detached) {
		element(OCTET_STRING, CONTENT, strlen(CONTENT));
		head(TAGGED(0), part);
	}
	if (kind->type == 1)
		PKCS7(1);
	else
		PKCS7(2);
	head(SEQUENCE, part);
	part = der.at;
	algorithm(kind->digest);
	head(SET, part);
	element(INTEGER, "\1", 1);
	head(SEQUENCE, end);
	head(TAGGED(0), end);
	PKCS7(2);
	head(SEQUENCE, end);
}

#define S (der.s + der.at)
#define LEN (sizeof(der.s) - der.at)

static void reads_messages(struct kunit *test)
{
	struct bh_cms cms;
	const char *why;
	size_t size;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		message(&kinds[i]);
		why = NULL;
		KUNIT_EXPECT_EQ_MSG(test, bh_cms_read(&cms, S, LEN, &why), kinds[i].err, "%s",
				    kinds[i].what);
		KUNIT_EXPECT_NOT_NULL(test, why);
		if (kinds[i].err)
			continue;
		KUNIT_EXPECT_EQ(test, bh_cms_size(S, LEN, &size), 1);
		KUNIT_EXPECT_EQ(test, size, LEN);
		KUNIT_EXPECT_EQ(test, cms.content.len, strlen(CONTENT));
		KUNIT_EXPECT_TRUE(test, !memcmp(cms.content.s, CONTENT, strlen(CONTENT)));
		KUNIT_EXPECT_STREQ(test, (const char *)cms.signer, kinds[i].goes_along ?
				   "O=Bulkhead, CN=subject" : "O=Bulkhead, CN=issuer");
	}
}

/* Cut at each byte, and with one byte more: the copy ends where the message does. */
static void is_whole(struct kunit *test)
{
	struct bh_cms cms;
	const char *why;
	size_t len, size;
	u8 *copy;

	message(&kinds[0]);
	for (len = 0; len <= LEN + 1; len++) {
		if (len == LEN)
			continue;
		copy = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, copy);
		memcpy(copy, S, min(len, LEN));
		KUNIT_EXPECT_EQ(test, bh_cms_read(&cms, copy, len, &why), -EKEYREJECTED);
		KUNIT_EXPECT_EQ(test, bh_cms_size(copy, len, &size), len < 4 ? 0 : 1);
		KUNIT_EXPECT_TRUE(test, len < 4 || size == LEN);
	}
}

/* Whatever stands in it, nothing from outside of it is told. */
static void survives_any_bytes(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_cms cms;
	const char *why;
	u32 round;

	for (round = 0; round < 1000 * BH_TEST_SCALE; round++) {
		message(&kinds[0]);
		do {
			S[bh_random_below(&random, LEN)] = bh_random_u32(&random);
		} while (!bh_random_once_in(&random, 3));
		if (bh_cms_read(&cms, S, LEN, &why))
			continue;
		KUNIT_ASSERT_TRUE(test, cms.content.s >= S &&
				  cms.content.s + cms.content.len <= S + LEN);
		KUNIT_ASSERT_TRUE(test, strlen(cms.signer) <= BH_SIGNER_MAX);
	}
}

static const struct {
	u8 s[8];
	u8 len;
	int ret;
	size_t size;
} lengths[] = {
	{ { 0x30 }, 0, 0 }, { { 0x30 }, 1, 0 }, { { 0x30, 0 }, 2, 1, 2 },
	{ { 0x30, 0x7f }, 2, 1, 129 }, { { 0x30, 0x81, 0x80 }, 3, 1, 131 },
	{ { 0x30, 0x82, 1 }, 3, 0 }, { { 0x30, 0x82, 1, 0 }, 4, 1, 260 },
	/* It may say anything, and is believed to want so much. */
	{ { 0x30, 0x84, 0x7f, 0xff, 0xff, 0xff }, 6, 1, 0x80000005UL },
	{ { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff }, 6, 1, 0x100000005ULL },
	/* Longer than need be, without an end, too long, another tag. */
	{ { 0x30, 0x81, 0x7f }, 3, -EKEYREJECTED }, { { 0x30, 0x82, 0, 0xff }, 4, -EKEYREJECTED },
	{ { 0x30, 0x80 }, 2, -EKEYREJECTED }, { { 0x30, 0x85, 1, 1, 1, 1, 1 }, 7, -EKEYREJECTED },
	{ { 0x31, 0 }, 2, -EKEYREJECTED }, { { 0x3f, 0 }, 2, -EKEYREJECTED },
	{ "policy", 6, -EKEYREJECTED },
};

static void believes_lengths(struct kunit *test)
{
	size_t size;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		size = 0;
		KUNIT_EXPECT_EQ_MSG(test, bh_cms_size(lengths[i].s, lengths[i].len, &size),
				    lengths[i].ret, "length %u", i);
		if (lengths[i].ret == 1)
			KUNIT_EXPECT_EQ_MSG(test, size, lengths[i].size, "length %u", i);
	}
}

static void reads_certificates(struct kunit *test)
{
	struct bh_certificate read;
	char text[64];
	size_t len;

	der.at = sizeof(der.s);
	certificate(RSA_SHA256);
	KUNIT_EXPECT_EQ(test, bh_certificate_read(&read, S, LEN), 0);
	KUNIT_EXPECT_EQ(test, read.key_id.len, (size_t)0);
	KUNIT_EXPECT_TRUE(test, read.serial.len == 1 && *read.serial.s == 7);
	bh_certificate_name(&read.issuer, text, sizeof(text));
	KUNIT_EXPECT_STREQ(test, (const char *)text, "O=Bulkhead, CN=issuer");
	/* What has no room is left out, and always there is an end. */
	bh_certificate_name(&read.issuer, text, 15);
	KUNIT_EXPECT_STREQ(test, (const char *)text, "O=Bulkhead");
	bh_certificate_name(&read.issuer, text, 1);
	KUNIT_EXPECT_STREQ(test, (const char *)text, "");
	for (len = 0; len < LEN; len++)
		KUNIT_EXPECT_EQ(test, bh_certificate_read(&read, S, len), -EINVAL);
	KUNIT_EXPECT_EQ(test, bh_certificate_read(&read, S - 1, LEN + 1), -EINVAL);
}

static struct kunit_case cms_cases[] = {
	KUNIT_CASE(reads_messages),
	KUNIT_CASE(is_whole),
	KUNIT_CASE(survives_any_bytes),
	KUNIT_CASE(believes_lengths),
	KUNIT_CASE(reads_certificates),
	{}
};

struct kunit_suite bh_cms_suite = {
	.name = "bh_cms",
	.test_cases = cms_cases,
};
