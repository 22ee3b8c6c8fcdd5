/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's ctype is a table of Latin-1, not of a locale: a byte above 0xa0
 * is a letter or a punctuation mark there, so who means ASCII must say so. The
 * names are macros, as in the kernel, because the compiler knows the functions.
 */
#ifndef _LINUX_CTYPE_H
#define _LINUX_CTYPE_H

#include <linux/types.h>

static inline bool ctype_ascii(unsigned char c)
{
	return c <= 0x7f;
}

static inline bool ctype_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ctype_upper(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

static inline bool ctype_lower(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7);
}

static inline bool ctype_alpha(unsigned char c)
{
	return ctype_upper(c) || ctype_lower(c);
}

static inline bool ctype_alnum(unsigned char c)
{
	return ctype_alpha(c) || ctype_digit(c);
}

static inline bool ctype_xdigit(unsigned char c)
{
	return ctype_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static inline bool ctype_cntrl(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static inline bool ctype_graph(unsigned char c)
{
	return (c > 0x20 && c < 0x7f) || c > 0xa0;
}

static inline bool ctype_print(unsigned char c)
{
	return ctype_graph(c) || c == 0x20 || c == 0xa0;
}

static inline bool ctype_space(unsigned char c)
{
	return c == 0x20 || (c >= 0x09 && c <= 0x0d) || c == 0xa0;
}

static inline bool ctype_punct(unsigned char c)
{
	return ctype_graph(c) && !ctype_alnum(c);
}

#define isascii(c) ctype_ascii(c)
#define isdigit(c) ctype_digit(c)
#define isupper(c) ctype_upper(c)
#define islower(c) ctype_lower(c)
#define isalpha(c) ctype_alpha(c)
#define isalnum(c) ctype_alnum(c)
#define isxdigit(c) ctype_xdigit(c)
#define iscntrl(c) ctype_cntrl(c)
#define isgraph(c) ctype_graph(c)
#define isprint(c) ctype_print(c)
#define isspace(c) ctype_space(c)
#define ispunct(c) ctype_punct(c)

#endif /* _LINUX_CTYPE_H */
