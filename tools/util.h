/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all commands need: sentences for people, memory, files.
 */
#ifndef BULKHEAD_TOOLS_UTIL_H
#define BULKHEAD_TOOLS_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define printf_like(a, b) __attribute__((format(printf, a, b)))

/* Largest file that is read: more than any policy, so that memory has a bound. */
#define FILE_MAX (256u << 20)

/* A growing byte string; ->s is terminated whenever it is not NULL. */
struct buf {
	char *s;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *buf, const char *s, size_t len);
void buf_puts(struct buf *buf, const char *s);
void buf_printf(struct buf *buf, const char *format, ...) printf_like(2, 3);
void buf_free(struct buf *buf);

void say(const char *format, ...) printf_like(1, 2);
void die(const char *format, ...) printf_like(1, 2) __attribute__((noreturn));

/* How much an operator should mind. */
enum severity {
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTE,
};

void say_at(const char *file, unsigned int line, unsigned int column, enum severity severity,
	    const char *format, ...) printf_like(5, 6);

/* Colours for a stream; empty strings where there shall be none. */
enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_DIM,
};

const char *colour(FILE *stream, enum colour colour);
unsigned int terminal_width(FILE *stream);

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *format, ...) printf_like(1, 2);

/* Makes room for one more element in an array that grows by doubling. */
#define GROW(array, nr, cap) ({						\
	typeof(array) *__array = &(array);				\
	grow_array(__array, nr, &(cap), sizeof(**__array));		\
})

void grow_array(void *array, size_t nr, size_t *cap, size_t size);

const char *file_label(const char *path);
int read_fd(int fd, struct buf *buf);
int read_file(const char *path, struct buf *buf);
int replace_file(const char *path, const char *s, size_t len);
int write_output(const char *path, const char *s, size_t len);
int finish(int status);

#endif /* BULKHEAD_TOOLS_UTIL_H */
