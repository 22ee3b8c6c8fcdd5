// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel functions that the pure files call, on top of the C library.
 *
 * This side includes the library's headers, the pure files' side the shims in
 * include/: the two never meet in one file.
 */
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "host.h"

#define GFP_ZERO 4u

/* Stands before each allocation, out of reach of who got it. */
struct header {
	size_t is_kv;
	size_t size;
};

static unsigned long calls, fail_at;
static long live;

/**
 * alloc_fail_at() - let an allocation fail
 * @nth: which one, counted from 1 on from now; 0 for none
 */
void alloc_fail_at(unsigned long nth)
{
	calls = 0;
	fail_at = nth;
}

/* Allocations since alloc_fail_at(). */
unsigned long alloc_count(void)
{
	return calls;
}

/* Allocations that were not given back yet. */
long alloc_live(void)
{
	return live;
}

static void *allocate(size_t size, unsigned int gfp, bool is_kv)
{
	struct header *header;

	if (++calls == fail_at || size > INT32_MAX)
		return NULL;
	header = malloc(sizeof(*header) + size);
	if (!header)
		return NULL;
	/* A value that is neither zero nor plausible, for who forgets to initialise. */
	memset(header + 1, gfp & GFP_ZERO ? 0 : 0xa5, size);
	*header = (struct header){ .is_kv = is_kv, .size = size };
	ASAN_POISON_MEMORY_REGION(header, sizeof(*header));
	live++;
	return header + 1;
}

static void release(const void *p, bool is_kv)
{
	struct header *header;

	if (!p)
		return;
	header = (struct header *)p - 1;
	ASAN_UNPOISON_MEMORY_REGION(header, sizeof(*header));
	if (header->is_kv && !is_kv) {
		fprintf(stderr, "kfree() of what kvmalloc() gave\n");
		abort();
	}
	free(header);
	live--;
}

void *kmalloc(size_t size, unsigned int gfp)
{
	return allocate(size, gfp, false);
}

void kfree(const void *p)
{
	release(p, false);
}

void *kvmalloc(size_t size, unsigned int gfp)
{
	return allocate(size, gfp, true);
}

void kvfree(const void *p)
{
	release(p, true);
}

struct compare {
	int (*cmp)(const void *a, const void *b, const void *priv);
	const void *priv;
};

static int call_compare(const void *a, const void *b, void *data)
{
	const struct compare *compare = data;

	return compare->cmp(a, b, compare->priv);
}

/* The C library's sort is stable by accident; nothing here may count on that. */
void sort_r(void *base, size_t num, size_t size,
	    int (*cmp)(const void *a, const void *b, const void *priv),
	    void (*swap)(void *a, void *b, int size, const void *priv), const void *priv)
{
	struct compare compare = { .cmp = cmp, .priv = priv };

	(void)swap;
	qsort_r(base, num, size, call_compare, &compare);
}

void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b),
	  void (*swap)(void *a, void *b, int size))
{
	(void)swap;
	qsort(base, num, size, cmp);
}

int hex_to_bin(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -7;
	if (len < size) {
		memcpy(to, from, len + 1);
		return len;
	}
	memcpy(to, from, size - 1);
	to[size - 1] = '\0';
	return -7;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	if (len < 0 || !size)
		return 0;
	return (size_t)len < size ? len : (int)size - 1;
}

void host_vprint(const char *fmt, va_list args)
{
	vprintf(fmt, args);
	fflush(stdout);
}

void host_print(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	host_vprint(fmt, args);
	va_end(args);
}

double host_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static jmp_buf catcher;

/* Calls a function; returns 1 if it ended by host_throw(), else 0. */
int host_try(void (*call)(void *data), void *data)
{
	if (setjmp(catcher))
		return 1;
	call(data);
	return 0;
}

void host_throw(void)
{
	longjmp(catcher, 1);
}
