/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), so that a test can name the digest of what it has made.
 */
#ifndef BULKHEAD_SELFTESTS_SHA256_H
#define BULKHEAD_SELFTESTS_SHA256_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulkhead.h"

static inline uint32_t sha256_rotate(uint32_t x, int by)
{
	return x >> by | x << (32 - by);
}

/* The first 32 bits behind the point of the roots of the first primes. */
static inline uint32_t sha256_root(int nth, int cube)
{
	unsigned __int128 lo = 0, hi, mid, power;
	unsigned int prime = 1, i;

	for (; nth >= 0; nth--) {
		do {
			for (prime++, i = 2; i < prime && prime % i; i++)
				;
		} while (i != prime);
	}
	/* The largest x, in units of 2^-32, whose square or cube is not above the prime. */
	hi = (unsigned __int128)(cube ? 8 : 32) << 32;
	while (hi - lo > 1) {
		mid = (lo + hi) / 2;
		power = cube ? mid * mid * mid : mid * mid;
		if (power > (unsigned __int128)prime << (cube ? 96 : 64))
			hi = mid;
		else
			lo = mid;
	}
	return lo;
}

static inline void sha256_block(uint32_t *h, const unsigned char *p)
{
	static uint32_t k[64];
	uint32_t w[64], v[8], a, b;
	int i;

	for (i = 0; i < 64 && !k[63]; i++)
		k[i] = sha256_root(i, 1);
	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 |
		       p[4 * i + 3];
	for (; i < 64; i++) {
		a = sha256_rotate(w[i - 15], 7) ^ sha256_rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
		b = sha256_rotate(w[i - 2], 17) ^ sha256_rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
	memcpy(v, h, sizeof(v));
	for (i = 0; i < 64; i++) {
		a = v[7] + (sha256_rotate(v[4], 6) ^ sha256_rotate(v[4], 11) ^
			    sha256_rotate(v[4], 25)) +
		    ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		b = (sha256_rotate(v[0], 2) ^ sha256_rotate(v[0], 13) ^ sha256_rotate(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += a;
		v[0] = a + b;
	}
	for (i = 0; i < 8; i++)
		h[i] += v[i];
}

/* The digest of a file as 64 hexadecimal digits, in static memory; NULL if it cannot be read. */
static inline const char *sha256_file(const char *path)
{
	static char hex[65];
	unsigned char block[64];
	uint32_t h[8];
	uint64_t bits = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC), i;

	if (fd < 0)
		return NULL;
	for (i = 0; i < 8; i++)
		h[i] = sha256_root(i, 0);
	while ((n = read(fd, block, 64)) == 64) {
		sha256_block(h, block);
		bits += 512;
	}
	close(fd);
	bits += n * 8;
	memset(block + n, 0, 64 - n);
	block[n] = 0x80;
	if (n >= 56) {
		sha256_block(h, block);
		memset(block, 0, 64);
	}
	for (i = 0; i < 8; i++)
		block[63 - i] = bits >> 8 * i;
	sha256_block(h, block);
	for (i = 0; i < 8; i++)
		sprintf(hex + 8 * i, "%08x", h[i]);
	return hex;
}

/* Loads a policy that lets nothing be executed or mapped but what equals the file. */
static inline int sha256_allow(const char *policy, const char *path)
{
	const char *digest = sha256_file(path);

	return bh_policy(policy, "default exec deny\nallow exec digest=sha256:%s\n"
			 "default map deny\nallow map digest=sha256:%s\n", digest, digest);
}

#endif /* BULKHEAD_SELFTESTS_SHA256_H */
