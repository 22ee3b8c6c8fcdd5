/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that the tests make, and a call as 32-bit programs make it.
 */
#ifndef BULKHEAD_SELFTESTS_PROGRAM_H
#define BULKHEAD_SELFTESTS_PROGRAM_H

/*
 * Makes a program that exits with @code, where it does not have the ELF
 * interpreter @interpreter. Its memory does not collide with that of one from
 * bh_make_program(). Fails the process if it cannot.
 */
void bh_make_elf(const char *path, int code, const char *interpreter);

/*
 * An ELF interpreter for such a program, which exits with 0 in its place: one of
 * bh_make_program() whose segment is writable, since the kernel clears what lies behind it.
 */
void bh_make_loader(const char *path);

/* A program as bh_make_program() makes it, which wants its stack executable. */
void bh_make_stack_program(const char *path);

/* A 32-bit program that exits with 0; with @stack it says that its stack is not to execute. */
void bh_make_program_32(const char *path, int stack);

/*
 * A program with a second segment of two pages, which has @flags and of which the first
 * @content bytes are the file's. It writes code to the second page, calls it and exits with 0.
 * Its memory does not collide with that of one from bh_make_elf(): it may be its interpreter.
 */
void bh_make_bss_program(const char *path, unsigned int flags, unsigned int content);
void bh_make_bss_program_32(const char *path, unsigned int flags, unsigned int content);

/* Within the strings of the environment, if they are long and ADDR_NO_RANDOMIZE holds. */
#define BH_ON_STACK (0x7ffffffff000 - 2048)

/* A program that begins at BH_ON_STACK, wants its stack executable and maps no content. */
void bh_make_program_on_stack(const char *path);

/*
 * What this program has mapped of its own file becomes a copy of it, so that nothing of the
 * file is left: 0 or a positive errno.
 */
int bh_leave_file(void);

/* Copies a file with its mode; fails the process if it cannot. */
void bh_copy(const char *from, const char *to);

/* mount(2) by the entry for 32-bit programs: 0 or a positive errno. */
int bh_mount_32(const char *source, const char *target, const char *type, unsigned long flags);

#endif /* BULKHEAD_SELFTESTS_PROGRAM_H */
