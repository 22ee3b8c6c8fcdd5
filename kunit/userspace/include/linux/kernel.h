/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H

#include <linux/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON: " #cond)

/* As strict as the kernel's: both sides must have the same type. */
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define __cmp(x, y, op) ({						\
	typeof(x) __x = (x);						\
	typeof(y) __y = (y);						\
	(void)(&__x == &__y);						\
	__x op __y ? __x : __y; })
#define __cmp_t(type, x, y, op) ({					\
	type __tx = (x);						\
	type __ty = (y);						\
	__tx op __ty ? __tx : __ty; })

#define min(x, y) __cmp(x, y, <)
#define max(x, y) __cmp(x, y, >)
#define min_t(type, x, y) __cmp_t(type, x, y, <)
#define max_t(type, x, y) __cmp_t(type, x, y, >)
#define __max3(x, y, z) ({						\
	typeof(x) __xy = max(x, y);					\
	typeof(z) __z = (z);						\
	(void)(&__xy == &__z);						\
	__xy > __z ? __xy : __z; })
#define max3(x, y, z) __max3(x, y, z)

#define swap(a, b) do {							\
	typeof(a) __swap = (a);						\
	(a) = (b);							\
	(b) = __swap;							\
} while (0)

int hex_to_bin(unsigned char c);
int __printf(3, 4) snprintf(char *buf, size_t size, const char *fmt, ...);
int __printf(3, 4) scnprintf(char *buf, size_t size, const char *fmt, ...);

#endif /* _LINUX_KERNEL_H */
