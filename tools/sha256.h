/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256, by libcrypto.
 */
#ifndef BULKHEAD_TOOLS_SHA256_H
#define BULKHEAD_TOOLS_SHA256_H

#include <stddef.h>

#define SHA256_SIZE 32
/* A digest in hexadecimal digits, with its terminator. */
#define SHA256_HEX 65

struct sha256;

struct sha256 *sha256_begin(void);
void sha256_add(struct sha256 *hash, const void *bytes, size_t len);
void sha256_end(struct sha256 *hash, char *hex);
void sha256_bytes(const void *bytes, size_t len, unsigned char *digest);
void sha256_of(const void *bytes, size_t len, char *hex);

#endif /* BULKHEAD_TOOLS_SHA256_H */
