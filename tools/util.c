// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all commands need: sentences for people, memory, files.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "util.h"

/* Sentences */

/**
 * say() - a diagnostic on standard error
 * @format: a sentence without a full stop
 */
void say(const char *format, ...)
{
	va_list args;

	fputs("bulkhead: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/**
 * die() - say why, and end with TROUBLE
 * @format: a sentence without a full stop
 */
void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("bulkhead: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(TROUBLE);
}

static bool wants_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no && *no) && term && strcmp(term, "dumb");
}

/**
 * colour() - what switches a colour on, or off with COLOUR_NONE
 * @stream: where it is to be written
 * @colour: which
 *
 * Return: a sequence, empty where colour is not wanted.
 */
const char *colour(FILE *stream, enum colour colour)
{
	static const char *const sequences[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_BOLD] = "\033[1m",
		[COLOUR_RED] = "\033[1;31m",
		[COLOUR_GREEN] = "\033[32m",
		[COLOUR_YELLOW] = "\033[33m",
		[COLOUR_DIM] = "\033[2m",
	};

	return wants_colour(stream) ? sequences[colour] : "";
}

/**
 * terminal_width() - columns of a terminal
 * @stream: what may be one
 *
 * Return: its columns, at least 40; 80 where it cannot be told; 0 if it is no terminal.
 */
unsigned int terminal_width(FILE *stream)
{
	struct winsize size;

	if (!isatty(fileno(stream)))
		return 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col < 40 ? 40 : size.ws_col;
}

/**
 * say_at() - a diagnostic about a place in a file, as editors read it
 * @file: its name
 * @line: counted from 1
 * @column: counted from 1
 * @severity: error, warning or note
 * @format: a sentence without a full stop
 */
void say_at(const char *file, unsigned int line, unsigned int column, enum severity severity,
	    const char *format, ...)
{
	static const char *const words[] = { "error", "warning", "note" };
	static const enum colour colours[] = { COLOUR_RED, COLOUR_YELLOW, COLOUR_BOLD };
	va_list args;

	fprintf(stderr, "%s:%u:%u: %s%s:%s ", file, line, column,
		colour(stderr, colours[severity]), words[severity], colour(stderr, COLOUR_NONE));
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Memory */

static void *or_die(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

void *xmalloc(size_t size)
{
	return or_die(malloc(size ?: 1));
}

void *xcalloc(size_t n, size_t size)
{
	return or_die(calloc(n ?: 1, size));
}

void *xrealloc(void *p, size_t n, size_t size)
{
	return or_die(reallocarray(p, n, size));
}

/**
 * grow_array() - what GROW() does
 * @array: the address of a pointer to the elements
 * @nr: how many there are
 * @cap: how many fit
 * @size: of one
 */
void grow_array(void *array, size_t nr, size_t *cap, size_t size)
{
	void *elements;

	if (nr < *cap)
		return;
	*cap = *cap ? *cap * 2 : 8;
	memcpy(&elements, array, sizeof(elements));
	elements = xrealloc(elements, *cap, size);
	memcpy(array, &elements, sizeof(elements));
}

char *xstrdup(const char *s)
{
	return or_die(strdup(s));
}

char *xstrndup(const char *s, size_t len)
{
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *s;
	int len;

	va_start(args, format);
	len = vasprintf(&s, format, args);
	va_end(args);
	return or_die(len < 0 ? NULL : s);
}

static void buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap * 2;

	if (buf->cap - buf->len > more)
		return;
	if (cap < buf->len + more + 1)
		cap = buf->len + more + 1;
	buf->s = xrealloc(buf->s, cap, 1);
	buf->cap = cap;
}

void buf_add(struct buf *buf, const char *s, size_t len)
{
	buf_reserve(buf, len);
	if (len)
		memcpy(buf->s + buf->len, s, len);
	buf->len += len;
	buf->s[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	buf_reserve(buf, len);
	va_start(args, format);
	vsnprintf(buf->s + buf->len, len + 1, format, args);
	va_end(args);
	buf->len += len;
}

void buf_free(struct buf *buf)
{
	free(buf->s);
	*buf = (struct buf){ 0 };
}

/* Files */

/** file_label() - how diagnostics name a file: `-` is standard input */
const char *file_label(const char *path)
{
	return strcmp(path, "-") ? path : "<stdin>";
}

/**
 * read_fd() - append what a descriptor has to a buffer
 * @fd: the descriptor
 * @buf: the buffer, terminated afterwards
 *
 * Return: 0 or a positive errno; EFBIG for more than FILE_MAX bytes.
 */
int read_fd(int fd, struct buf *buf)
{
	ssize_t len;

	do {
		if (buf->len > FILE_MAX) {
			errno = EFBIG;
			return errno;
		}
		buf_reserve(buf, 65536);
		len = read(fd, buf->s + buf->len, buf->cap - buf->len - 1);
		if (len < 0 && errno != EINTR)
			return errno;
		if (len > 0)
			buf->len += len;
	} while (len);
	buf->s[buf->len] = '\0';
	return 0;
}

/**
 * read_file() - append a file to a buffer; says what is wrong
 * @path: its name, or `-` for standard input
 * @buf: the buffer
 *
 * Return: 0 or TROUBLE.
 */
int read_file(const char *path, struct buf *buf)
{
	int fd = STDIN_FILENO, err;

	if (strcmp(path, "-")) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			say("cannot open %s: %s", path, strerror(errno));
			return TROUBLE;
		}
	}
	err = read_fd(fd, buf);
	if (fd != STDIN_FILENO)
		close(fd);
	if (!err)
		return 0;
	say("cannot read %s: %s", file_label(path), strerror(err));
	return TROUBLE;
}

static int write_all(int fd, const char *s, size_t len)
{
	while (len) {
		ssize_t done = write(fd, s, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		s += done;
		len -= done;
	}
	return 0;
}

/* The new content under a name of its own, with the old one's mode and owner. */
static int write_beside(const char *path, char *temporary, const char *s, size_t len)
{
	int fd = mkostemp(temporary, O_CLOEXEC), err;
	struct stat old;
	mode_t mask;

	if (fd < 0)
		return errno;
	mask = umask(022);
	umask(mask);
	if (stat(path, &old))
		err = fchmod(fd, 0666 & ~mask) ? errno : 0;
	else
		err = (fchown(fd, old.st_uid, old.st_gid) && errno != EPERM) ||
		      fchmod(fd, old.st_mode & 07777) ? errno : 0;
	if (!err)
		err = write_all(fd, s, len);
	if (!err && fsync(fd))
		err = errno;
	if (close(fd) && !err)
		err = errno;
	return err;
}

/**
 * replace_file() - give a file other content, all or nothing; says what is wrong
 * @path: its name; a symbolic link stays one
 * @s: the content
 * @len: its length
 *
 * Return: 0 or TROUBLE, with the old file as it was.
 */
int replace_file(const char *path, const char *s, size_t len)
{
	char *real = realpath(path, NULL), *temporary;
	int err;

	if (!real)
		real = xstrdup(path);
	temporary = xasprintf("%s.XXXXXX", real);
	err = write_beside(real, temporary, s, len);
	if (!err && rename(temporary, real))
		err = errno;
	if (err) {
		unlink(temporary);
		say("cannot write %s: %s", path, strerror(err));
	}
	free(temporary);
	free(real);
	return err ? TROUBLE : 0;
}

/**
 * write_output() - write a command's result
 * @path: a file, or NULL or `-` for standard output
 * @s: the result
 * @len: its length
 *
 * Return: 0 or TROUBLE.
 */
int write_output(const char *path, const char *s, size_t len)
{
	struct stat st;

	if (!path || !strcmp(path, "-")) {
		fwrite(s, 1, len, stdout);
		return 0;
	}
	/* A device or a pipe is written to, not replaced. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		int fd = open(path, O_WRONLY | O_CLOEXEC), err;

		err = fd < 0 ? errno : write_all(fd, s, len);
		if (fd >= 0)
			close(fd);
		if (err)
			say("cannot write %s: %s", path, strerror(err));
		return err ? TROUBLE : 0;
	}
	return replace_file(path, s, len);
}

/**
 * finish() - was all of the output written?
 * @status: what the command ends with if so
 *
 * Return: @status, or TROUBLE with a sentence.
 */
int finish(int status)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	say("cannot write to standard output: %s", strerror(errno ?: EIO));
	return TROUBLE;
}
