// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256, by libcrypto.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "sha256.h"
#include "util.h"

/* libcrypto's context under a name of its own. */
static EVP_MD_CTX *context(struct sha256 *hash)
{
	return (EVP_MD_CTX *)hash;
}

/**
 * sha256_begin() - begin to hash
 *
 * Return: what sha256_add() and sha256_end() take.
 */
struct sha256 *sha256_begin(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		die("libcrypto has no SHA-256");
	return (struct sha256 *)ctx;
}

/**
 * sha256_add() - hash more
 * @hash: from sha256_begin()
 * @bytes: the bytes
 * @len: how many
 */
void sha256_add(struct sha256 *hash, const void *bytes, size_t len)
{
	EVP_DigestUpdate(context(hash), bytes, len);
}

static void print_hex(const unsigned char *digest, char *hex)
{
	size_t i;

	for (i = 0; i < SHA256_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
}

/**
 * sha256_end() - tell the digest
 * @hash: from sha256_begin(); freed
 * @hex: SHA256_HEX bytes for it
 */
void sha256_end(struct sha256 *hash, char *hex)
{
	unsigned char digest[SHA256_SIZE];

	EVP_DigestFinal_ex(context(hash), digest, NULL);
	EVP_MD_CTX_free(context(hash));
	print_hex(digest, hex);
}

/**
 * sha256_bytes() - the digest of some bytes
 * @bytes: the bytes
 * @len: how many
 * @digest: SHA256_SIZE bytes for it
 */
void sha256_bytes(const void *bytes, size_t len, unsigned char *digest)
{
	if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		die("libcrypto has no SHA-256");
}

/**
 * sha256_of() - the digest of some bytes, in digits
 * @bytes: the bytes
 * @len: how many
 * @hex: SHA256_HEX bytes for it
 */
void sha256_of(const void *bytes, size_t len, char *hex)
{
	unsigned char digest[SHA256_SIZE];

	sha256_bytes(bytes, len, digest);
	print_hex(digest, hex);
}
