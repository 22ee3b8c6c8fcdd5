// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is read from a signed message and from a certificate beside their signatures.
 *
 * The kernel verifies signatures, but takes SHA-1 on some releases, any number of signers,
 * and does not tell who has signed. A message in DER is walked through here, from one
 * length to the next, before the kernel sees it.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "cms.h"

#define INTEGER		0x02
#define BIT_STRING	0x03
#define OCTET_STRING	0x04
#define OID		0x06
#define SEQUENCE	0x30
#define SET		0x31
#define TAGGED(n)	(0xa0 + (n))
#define IMPLICIT(n)	(0x80 + (n))

static const u8 oid_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };
static const u8 oid_signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const u8 oid_key_id[] = { 0x55, 0x1d, 0x0e };

/* sha256, sha384, sha512 are 1, 2, 3 below this. */
static const u8 oid_sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
/* sha256, sha384, sha512 with RSA are 11, 12, 13 below this. */
static const u8 oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 };
/* ECDSA with sha256, sha384, sha512 are 2, 3, 4 below this. */
static const u8 oid_ecdsa[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03 };

/* The header of an element: its length in bytes, 0 if it is not all there, or -EINVAL. */
static int read_header(const struct bh_der *in, u8 *tag, size_t *len)
{
	size_t bytes, i;

	if (in->len < 2)
		return 0;
	*tag = in->s[0];
	*len = in->s[1];
	if ((*tag & 0x1f) == 0x1f)
		return -EINVAL;
	if (*len < 0x80)
		return 2;
	bytes = *len & 0x7f;
	if (!bytes || bytes > 4)
		return -EINVAL;
	if (in->len < 2 + bytes)
		return 0;
	for (*len = 0, i = 0; i < bytes; i++)
		*len = *len << 8 | in->s[2 + i];
	/* DER has no other way to write a length than the shortest. */
	if (*len < 0x80 || *len >> (8 * (bytes - 1)) == 0)
		return -EINVAL;
	return 2 + bytes;
}

/* Takes the next element if it has this tag. @content may be @in, and then replaces it. */
static bool take_der(struct bh_der *in, u8 want, struct bh_der *content)
{
	struct bh_der at = *in;
	size_t len;
	u8 tag;
	int header = read_header(in, &tag, &len);

	if (header <= 0 || tag != want || len > in->len - header)
		return false;
	in->s += header + len;
	in->len -= header + len;
	*content = (struct bh_der){ at.s + header, len };
	return true;
}

/* Takes the next element, whatever it is, with its header. */
static bool take_any(struct bh_der *in, u8 *tag, struct bh_der *whole)
{
	size_t len;
	int header = read_header(in, tag, &len);

	if (header <= 0 || len > in->len - header)
		return false;
	*whole = (struct bh_der){ in->s, header + len };
	in->s += header + len;
	in->len -= header + len;
	return true;
}

static bool next_is(const struct bh_der *in, u8 tag)
{
	return in->len && in->s[0] == tag;
}

static bool is_same_element(const struct bh_der *a, const struct bh_der *b)
{
	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

static bool is_oid(const struct bh_der *oid, const u8 *bytes, size_t len)
{
	return oid->len == len && !memcmp(oid->s, bytes, len);
}

/* Is the identifier @bytes, followed by a number from @first to @first + 2? */
static bool is_one_of(const struct bh_der *oid, const u8 *bytes, size_t len, u8 first)
{
	return oid->len == len + 1 && !memcmp(oid->s, bytes, len) && oid->s[len] >= first &&
	       oid->s[len] <= first + 2;
}

static bool take_algorithm(struct bh_der *in, struct bh_der *oid)
{
	struct bh_der algorithm;

	return take_der(in, SEQUENCE, &algorithm) && take_der(&algorithm, OID, oid);
}

/* Names */

/* The short name of an attribute of X.520, by its number below 2.5.4, or NULL. */
static const char *attribute_name(const struct bh_der *oid)
{
	if (oid->len != 3 || oid->s[0] != 0x55 || oid->s[1] != 0x04)
		return NULL;
	switch (oid->s[2]) {
	case 3:
		return "CN";
	case 6:
		return "C";
	case 7:
		return "L";
	case 8:
		return "ST";
	case 10:
		return "O";
	case 11:
		return "OU";
	}
	return NULL;
}

/**
 * bh_certificate_name() - write a distinguished name as people read it
 * @name: the name
 * @text: where to, as "O=Example, CN=Build"; what has no room or no short name is left out
 * @size: bytes there, at least 1
 */
void bh_certificate_name(const struct bh_der *name, char *text, size_t size)
{
	struct bh_der in = *name, set, pair, oid, value;
	const char *key;
	size_t at = 0, i;
	u8 tag;

	text[0] = '\0';
	while (take_der(&in, SET, &set)) {
		if (!take_der(&set, SEQUENCE, &pair) || !take_der(&pair, OID, &oid) ||
		    !take_any(&pair, &tag, &value))
			return;
		key = attribute_name(&oid);
		if (!key || !take_der(&value, tag, &value))
			continue;
		if (at + strlen(key) + value.len + 4 > size)
			return;
		at += scnprintf(text + at, size - at, "%s%s=", at ? ", " : "", key);
		for (i = 0; i < value.len; i++)
			text[at++] = value.s[i] ?: '?';
		text[at] = '\0';
	}
}

/* Certificates */

static void find_key_id(struct bh_der tbs, struct bh_certificate *certificate)
{
	struct bh_der extensions, list, extension, oid, value, id;
	u8 tag;

	while (tbs.len && !next_is(&tbs, TAGGED(3)))
		if (!take_any(&tbs, &tag, &value))
			return;
	if (!take_der(&tbs, TAGGED(3), &extensions) || !take_der(&extensions, SEQUENCE, &list))
		return;
	while (take_der(&list, SEQUENCE, &extension))
		if (take_der(&extension, OID, &oid) &&
		    is_oid(&oid, oid_key_id, sizeof(oid_key_id)) &&
		    take_der(&extension, OCTET_STRING, &value) &&
		    take_der(&value, OCTET_STRING, &id))
			certificate->key_id = id;
}

/**
 * bh_certificate_read() - read a certificate
 * @certificate: filled in; points into @s
 * @s: the certificate in DER
 * @len: its length; nothing may stand behind it
 *
 * Return: 0 or -EINVAL.
 */
int bh_certificate_read(struct bh_certificate *certificate, const u8 *s, size_t len)
{
	struct bh_der in = { s, len }, whole, tbs, skip;

	*certificate = (struct bh_certificate){ };
	if (!take_der(&in, SEQUENCE, &whole) || in.len || !take_der(&whole, SEQUENCE, &tbs) ||
	    !take_algorithm(&whole, &certificate->algorithm) ||
	    !take_der(&whole, BIT_STRING, &skip) || whole.len)
		return -EINVAL;
	if (next_is(&tbs, TAGGED(0)) && !take_der(&tbs, TAGGED(0), &skip))
		return -EINVAL;
	if (!take_der(&tbs, INTEGER, &certificate->serial) || !take_der(&tbs, SEQUENCE, &skip) ||
	    !take_der(&tbs, SEQUENCE, &certificate->issuer) || !take_der(&tbs, SEQUENCE, &skip) ||
	    !take_der(&tbs, SEQUENCE, &certificate->subject) || !take_der(&tbs, SEQUENCE, &skip))
		return -EINVAL;
	find_key_id(tbs, certificate);
	return 0;
}

static bool is_strong(const struct bh_der *algorithm)
{
	return is_one_of(algorithm, oid_rsa, sizeof(oid_rsa), 11) ||
	       is_one_of(algorithm, oid_ecdsa, sizeof(oid_ecdsa), 2);
}

/* Messages */

/* The signer's name and key, as the message says them. */
struct signer {
	struct bh_der issuer;
	struct bh_der serial;
	struct bh_der key_id;
};

static int read_signer(struct bh_der in, struct signer *signer, const char **why)
{
	struct bh_der info, skip, sid, digest;

	*why = "the message must have one signer";
	if (!take_der(&in, SEQUENCE, &info) || in.len)
		return -EKEYREJECTED;
	*why = "the signer is not described as in CMS";
	if (!take_der(&info, INTEGER, &skip))
		return -EKEYREJECTED;
	if (next_is(&info, SEQUENCE)) {
		if (!take_der(&info, SEQUENCE, &sid) ||
		    !take_der(&sid, SEQUENCE, &signer->issuer) ||
		    !take_der(&sid, INTEGER, &signer->serial))
			return -EKEYREJECTED;
	} else if (!take_der(&info, IMPLICIT(0), &signer->key_id)) {
		return -EKEYREJECTED;
	}
	if (!take_algorithm(&info, &digest))
		return -EKEYREJECTED;
	*why = "the message is not signed with SHA-256, SHA-384 or SHA-512";
	return is_one_of(&digest, oid_sha2, sizeof(oid_sha2), 1) ? 0 : -EKEYREJECTED;
}

static bool is_signers(const struct bh_certificate *certificate, const struct signer *signer)
{
	if (signer->key_id.len)
		return is_same_element(&certificate->key_id, &signer->key_id);
	return is_same_element(&certificate->issuer, &signer->issuer) &&
	       is_same_element(&certificate->serial, &signer->serial);
}

/* Looks through the certificates for the signer's; weak ones make no chain of trust. */
static int read_certificates(struct bh_der in, const struct signer *signer, struct bh_cms *cms,
			     const char **why)
{
	struct bh_certificate certificate;
	struct bh_der whole;
	u8 tag;

	bh_certificate_name(&signer->issuer, cms->signer, sizeof(cms->signer));
	while (in.len) {
		*why = "a certificate in the message is none";
		if (!take_any(&in, &tag, &whole) ||
		    bh_certificate_read(&certificate, whole.s, whole.len))
			return -EKEYREJECTED;
		*why = "a certificate is not signed with SHA-256 or better";
		if (!is_strong(&certificate.algorithm))
			return -EKEYREJECTED;
		if (is_signers(&certificate, signer))
			bh_certificate_name(&certificate.subject, cms->signer,
					    sizeof(cms->signer));
	}
	return 0;
}

static int read_content(struct bh_der *data, struct bh_der *content)
{
	struct bh_der info, oid, wrapped;

	if (!take_der(data, SEQUENCE, &info) || !take_der(&info, OID, &oid) ||
	    !is_oid(&oid, oid_data, sizeof(oid_data)) || !take_der(&info, TAGGED(0), &wrapped) ||
	    info.len || !take_der(&wrapped, OCTET_STRING, content) || wrapped.len)
		return -EKEYREJECTED;
	return 0;
}

/**
 * bh_cms_size() - how long is a message in DER?
 * @s: how it begins
 * @len: bytes that are there
 * @size: set to all that it has
 *
 * Return: 1; 0 if more must be seen; -EKEYREJECTED if it is no DER.
 */
int bh_cms_size(const u8 *s, size_t len, size_t *size)
{
	struct bh_der in = { s, len };
	u8 tag;
	int header = read_header(&in, &tag, size);

	if (header < 0 || (len && s[0] != SEQUENCE))
		return -EKEYREJECTED;
	*size += header;
	return header > 0;
}

/**
 * bh_cms_read() - read a signed message, but for its signature
 * @cms: filled in; points into @s
 * @s: the message in DER
 * @len: its length
 * @why: where to put a static sentence on failure
 *
 * Return: 0; -EKEYREJECTED: it is no message with one signer, with its content in it, and
 * with algorithms that are strong enough.
 */
int bh_cms_read(struct bh_cms *cms, const u8 *s, size_t len, const char **why)
{
	struct bh_der in = { s, len }, info, oid, wrapped, data, skip, certificates = { }, signers;
	struct signer signer = { };
	int err;

	*cms = (struct bh_cms){ };
	*why = "not a signed message (CMS, DER)";
	if (!take_der(&in, SEQUENCE, &info) || in.len || !take_der(&info, OID, &oid) ||
	    !is_oid(&oid, oid_signed_data, sizeof(oid_signed_data)) ||
	    !take_der(&info, TAGGED(0), &wrapped) || info.len ||
	    !take_der(&wrapped, SEQUENCE, &data) ||
	    wrapped.len || !take_der(&data, INTEGER, &skip) || !take_der(&data, SET, &skip))
		return -EKEYREJECTED;
	*why = "the message does not contain the document (-nodetach)";
	if (read_content(&data, &cms->content))
		return -EKEYREJECTED;
	*why = "not a signed message (CMS, DER)";
	if (next_is(&data, TAGGED(0)) && !take_der(&data, TAGGED(0), &certificates))
		return -EKEYREJECTED;
	if (next_is(&data, TAGGED(1)) && !take_der(&data, TAGGED(1), &skip))
		return -EKEYREJECTED;
	if (!take_der(&data, SET, &signers) || data.len)
		return -EKEYREJECTED;
	err = read_signer(signers, &signer, why);
	return err ?: read_certificates(certificates, &signer, cms, why);
}
