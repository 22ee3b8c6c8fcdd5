/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What trace.c records, and the marks that a program is traced between.
 *
 * A record is a sequence of 64-bit words, of which the uppermost four bits say what the others
 * are: an address, or a mark's kind and number.
 */
#ifndef BULKHEAD_BENCH_TRACE_H
#define BULKHEAD_BENCH_TRACE_H

enum { TRACE_INSN, TRACE_LOCKED, TRACE_STORE, TRACE_MARK };
enum { MARK_ARM, MARK_BEGIN, MARK_END };

#define TRACES 8	/* of each act; bench/locks knows that, too */

/* @kind and @number are literals or enumerators that the compiler knows. */
#define trace_mark(kind, number)						\
({										\
	__asm__ volatile("nopl %c0(%%rax)"					\
			 :: "i"(0x5eed0000 | (kind) << 8 | (number)) : "memory"); \
})

#endif /* BULKHEAD_BENCH_TRACE_H */
