/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the headers of the module's pure files take for granted of the kernel's
 * types, beside the C library. The pure files themselves are built as the tests
 * build them, with kunit/userspace/include.
 */
#ifndef BULKHEAD_TOOLS_LINUX_TYPES_H
#define BULKHEAD_TOOLS_LINUX_TYPES_H

#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef unsigned int gfp_t;

#define U32_MAX ((u32)~0U)
#define GFP_KERNEL 1u

#define __must_check __attribute__((__warn_unused_result__))
#ifndef __printf
#define __printf(a, b) __attribute__((__format__(__printf__, a, b)))
#endif
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define noinline __attribute__((__noinline__))

#endif /* BULKHEAD_TOOLS_LINUX_TYPES_H */
