// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/string.h>

#include "seed.h"

/* The bit behind those of the strings. */
#define FLAGS_UNKNOWN 0x8
static_assert(FLAGS_UNKNOWN == 1 << BH_STRINGS);

/* Behind a bit for each string that is there, one for each that is out of reach. */
#define UNREACHED 0x8
static_assert(UNREACHED == 1 << BH_STRINGS);

struct bh_string seed_take(struct seed *seed)
{
	const u8 *s = seed->at, *stop = memchr(s, 0, seed->end - s);

	seed->at = stop ? stop + 1 : seed->end;
	return (struct bh_string){ (const char *)s, (stop ?: seed->end) - s };
}

u8 seed_byte(struct seed *seed)
{
	return seed->at < seed->end ? *seed->at++ : 0;
}

/* The digests of the request that was read last: one byte, over and over. */
static u8 digests[BH_DIGEST_KINDS][BH_DIGEST_MAX];

static void seed_digests(struct seed *seed, struct bh_request *request)
{
	u32 kind;
	u8 byte;

	for (kind = 0; kind < BH_DIGEST_KINDS; kind++) {
		byte = seed_byte(seed);
		if (!byte)
			continue;
		memset(digests[kind], byte, BH_DIGEST_MAX);
		request->digest[kind] = digests[kind];
	}
}

void seed_request(struct seed *seed, struct bh_request *request)
{
	u8 unknown, present, i;

	*request = (struct bh_request){ .class = seed_byte(seed) % BH_CLASSES };
	request->flags = seed_byte(seed);
	request->flags |= (seed_byte(seed) & 0x7f) << 8;
	for (i = 0; i < BH_ATTRS; i++)
		request->attr[i] = seed_byte(seed);
	unknown = seed_byte(seed);
	request->unknown = unknown & (FLAGS_UNKNOWN - 1);
	request->flags_unknown = unknown & FLAGS_UNKNOWN;
	seed_digests(seed, request);
	present = seed_byte(seed);
	for (i = 0; i < BH_STRINGS; i++) {
		if (present & 1 << i)
			request->string[i] = seed_take(seed);
		request->string[i].unreached = present & UNREACHED << i;
	}
}

size_t seed_put_request(u8 *to, size_t size, const struct bh_request *request)
{
	size_t len = 0, room = BH_ATTRS + 5 + BH_DIGEST_KINDS;
	u8 present = 0;
	u32 i;

	for (i = 0; i < BH_STRINGS; i++) {
		room += request->string[i].len + 1;
		present |= !!request->string[i].s << i;
		present |= request->string[i].unreached ? UNREACHED << i : 0;
	}
	if (room > size)
		return 0;
	to[len++] = request->class;
	to[len++] = request->flags;
	to[len++] = request->flags >> 8;
	for (i = 0; i < BH_ATTRS; i++)
		to[len++] = request->attr[i];
	to[len++] = request->unknown | (request->flags_unknown ? FLAGS_UNKNOWN : 0);
	for (i = 0; i < BH_DIGEST_KINDS; i++)
		to[len++] = request->digest[i] ? request->digest[i][0] : 0;
	to[len++] = present;
	for (i = 0; i < BH_STRINGS; i++) {
		if (!request->string[i].s)
			continue;
		memcpy(to + len, request->string[i].s, request->string[i].len);
		len += request->string[i].len;
		to[len++] = 0;
	}
	return len;
}
