/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every maximum of the module. Going over one is E2BIG; docs/performance.md lists those
 * that a user can meet.
 */
#ifndef BULKHEAD_LIMITS_H
#define BULKHEAD_LIMITS_H

#include <uapi/bulkhead.h>

/* A policy document. */
#define BH_NAME_MAX		BULKHEAD_NAME_MAX
#define BH_LINE_MAX		16384		/* bytes in a line */
#define BH_BLOCK_MAX		(32 << 20)	/* bytes in a block */
#define BH_RULES_MAX		131072		/* rules in a policy */
#define BH_HITS_PART		512		/* rules whose hits one piece of memory counts */
#define BH_CONDS_MAX		32		/* conditions in a rule */
#define BH_VALUES_MAX		256		/* values of a condition */
#define BH_NEVER_TRIES_MAX	65536		/* comparisons of a rule's values */
#define BH_PATTERN_MAX		4096		/* bytes in a pattern */
#define BH_SETS_MAX		1024		/* different sets in one key's patterns */
#define BH_NODES_MAX		16777216	/* tokens of the patterns of an automaton */
#define BH_VEC_MAX		(2 * BH_NODES_MAX) /* elements of a growing vector */

/*
 * Patterns with wildcards before their end, of one key: they are made into automata, each
 * of which looks at each byte of a string. Patterns whose states would multiply are parted.
 */
#define BH_DFAS_MAX		24		/* automata */
#define BH_DFA_STATES_MAX	262144		/* their states */
#define BH_DFA_POOL_MAX		4194304		/* nodes in all states of one, as it is made */
#define BH_DFA_EDGES_MAX	2097152		/* edges of one */
#define BH_DFA_SPEAKERS_MAX	4096		/* states of one that pass a final `**` */
#define BH_DFA_ROWS_MAX		32768		/* bytes of a table instead of edges */

/*
 * A verdict looks at the rules whose anchor, a pattern or a digest, matched, and at the rules
 * without one. Both are bounded, so that no policy makes a verdict walk over all its rules.
 */
#define BH_UNINDEXED_MAX	1024		/* rules of a class without a positive pattern */
#define BH_SHARED_MAX		1024		/* rules that hang on the same pattern */

/* What a verdict may cost, in instructions, as work.c reckons when a policy is loaded. */
#define BH_WORK_MAX		5000000

/* What a user may pile up. */
#define BH_POLICIES_MAX		4096		/* loaded policies */
#define BH_BINDINGS_MAX		65536		/* bound namespaces */
#define BH_COPIES_MAX		1024		/* of a bound mount namespace, alive at once */
#define BH_ENTRANTS_MAX		8		/* kinds of brought-in processes told apart */
#define BH_TABLE_BITS		13		/* of the buckets that bindings hash to */
#define BH_FILTER_BITS		16		/* of the counters that tell who is not bound */
#define BH_OUTCOME_MAX		65536		/* bytes of answers for one open `load` */
#define BH_STARTED_BITS		10		/* of sets of mount namespaces that are not new */
#define BH_STARTED_WAYS		8		/* in each set */
#define BH_FREEING_MAX		16		/* ended bindings that are freed at once */
#define BH_BIND_WRITE_MAX	65536		/* bytes in one write to `bind` and the like */
#define BH_ASSIGN_MAX		262144		/* bytes in an assignment table */
#define BH_ASSIGN_LINES_MAX	4096		/* lines in it that assign */

#define BH_SLAB_MAX		8192		/* bytes; more are rounded up to a power of two */

/* Kernel namespaces nest no deeper than this (MAX_PID_NS_LEVEL, user_namespaces(7)). */
#define BH_NS_DEPTH_MAX		33

/* A path as the kernel knows it (PATH_MAX), with its terminator. */
#define BH_PATH_MAX		4096
#define BH_TREE_DEPTH_MAX	1024		/* detached mounts on top of each other */
#define BH_PARENT_TRIES_MAX	64		/* looks for the parent of one whose parent dies */
#define BH_DESCENT_MAX		1024		/* processes between a tracer and its descendant */
#define BH_OWNER_TRIES_MAX	64		/* looks for a task that memory is to be left to */
#define BH_TASK_LOCK_TRIES_MAX	1024		/* tries of a lock that must not be waited for */
#define BH_UNLOAD_SECONDS	10		/* that an unload waits for checks */
#define BH_STAYS_NAMED		6		/* tasks on each processor that it can name */
#define BH_JUDGED_SLOTS		256		/* execs at once that know what was judged */

/* Signed documents. */
#define BH_SIGNER_MAX		128		/* bytes of a signer's name that are shown */
#define BH_SIGNED_MAX		(BH_BLOCK_MAX + (1 << 20))	/* bytes in a signed document */
#define BH_KEYS_MAX		1024		/* certificates that are written to `keys` */
#define BH_CERTIFICATE_MAX	65536		/* bytes in one */

/* Digests of files. */
#define BH_DIGESTS_MAX		65536		/* kept ones */
#define BH_DIGEST_BUCKET_BITS	14		/* of the table that they are kept in */
#define BH_KEEPER_BITS		10		/* of buckets of those who have them kept */
#define BH_DIGEST_TRIES_MAX	64		/* looks for one that may be dropped */
#define BH_PAGES_BATCH		256		/* pages looked at before others may run */
#define BH_PAGES_TRIES_MAX	20		/* looks at a page that somebody holds */
#define BH_PAGES_COMMIT_TRIES_MAX	1000	/* the same where a journal may hold it */
#define BH_PAGES_WAIT_MS	5		/* between two of them */
#define BH_PAGES_DRAIN_MS	100		/* that all CPUs are waited for */
#define BH_DIGEST_PATIENCE_MS	100		/* in which whoever reads must have read: */
#define BH_DIGEST_CHUNKS_MIN	32		/* 16 KiB each */
#define BH_DIGEST_MS_BYTES	4096		/* bytes for which he is waited for 1 ms more */
#define BH_EXCHANGE_BITS	8		/* of buckets of files whose blocks are exchanged */
#define BH_EXCHANGE_TRIES_MAX	200		/* looks whether that is over */
#define BH_EXCHANGE_WAIT_MS	5		/* between two of them */
#define BH_DIGEST_READS_MAX	8		/* times that a check reads a file */
#define BH_EXECVE_WAIT_MS	10u		/* until an execve is looked at, ever longer */
#define BH_EXECVE_WAIT_MAX_MS	1000u		/* at most */
#define BH_DIGEST_FILE_MAX	(16LL << 30)	/* bytes in a file that is read for its digest */

#define BH_RENAME_TRIES_MAX	4		/* reads of names before renaming is locked out */

/* Verdicts that each processor remembers; a power of two. */
#define BH_MEMO_ENTRIES		32
#define BH_MEMO_BYTES		196		/* of a request's strings and digests, at most */

/*
 * Reports. A line has room for all of its strings, each cut to its share; audit's form of
 * it stays below the 8,970 bytes that libaudit takes.
 */
#define BH_LABEL_MAX		128		/* bytes in a binding's label */
#define BH_EVENT_MAX		8704		/* bytes in a line of `events`, or in a record */
#define BH_RING_SIZE		1048576		/* bytes held for readers that are behind */
#define BH_MAKERS_BITS		10		/* of the buckets that makers of sources hash to */

/*
 * Audit's backlog holds 64 records unless its daemon asks for more, and a machine may
 * panic when it is full. All bindings together send no more than half of that at once.
 */
#define BH_AUDIT_BURST		16		/* records that a binding may send at once */
#define BH_AUDIT_RATE		4		/* records in a second, then */
#define BH_AUDIT_ALL_BURST	32		/* the same for all bindings together */
#define BH_AUDIT_ALL_RATE	16

#endif /* BULKHEAD_LIMITS_H */
