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

/**
 * sha256_end() - tell the digest
 * @hash: from sha256_begin(); freed
 * @hex: SHA256_HEX bytes for it
 */
void sha256_end(struct sha256 *hash, char *hex)
{
	unsigned char bytes[32];
	size_t i;

	EVP_DigestFinal_ex(context(hash), bytes, NULL);
	EVP_MD_CTX_free(context(hash));
	for (i = 0; i < sizeof(bytes); i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
}
