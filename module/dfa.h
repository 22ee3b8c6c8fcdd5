/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Matching against patterns with wildcards anywhere. Pure.
 */
#ifndef BULKHEAD_DFA_H
#define BULKHEAD_DFA_H

#include <linux/types.h>

#include "limits.h"
#include "pattern.h"
#include "vec.h"

/**
 * struct bh_dfa_state - a state: what is known of a string of which a part has been read
 * @edges: the first of the edges that leave it; each is a class of bytes, and above that,
 *         shifted by BH_DFA_CLASS_BITS, the state that follows
 * @other: the state that follows all other classes
 * @ids: the first of its patterns' ids
 * @nr_edges: how many edges
 * @nr_passed: of its patterns, those that match whatever follows; they come first
 * @nr_ended: those that match if the string ends here
 * @speaker: its number among the states that have any @nr_passed
 */
struct bh_dfa_state {
	u32 edges;
	u32 other;
	u32 ids;
	u16 nr_edges;
	u16 nr_passed;
	u16 nr_ended;
	u16 speaker;
};

#define BH_DFA_CLASS_BITS	8
#define BH_DFA_CLASSES		256	/* two to the power of the bits */

/* Where no pattern can match any more, and where each string begins. */
#define BH_DFA_DEAD		0
#define BH_DFA_START		1

/* In a row: the state that follows is dead, or has passed a pattern. */
#define BH_DFA_STOP		0x8000

/**
 * struct bh_dfa - a deterministic automaton, immutable
 * @class: the class of each byte. No pattern tells bytes of one class apart
 * @states: the states
 * @edges: their edges; NULL if there are @rows
 * @ids: their patterns
 * @rows: for each state and each class the row of the state that follows, with BH_DFA_STOP;
 *        NULL if they would take more than BH_DFA_ROWS_MAX bytes
 * @nr_classes: how many classes
 * @nr_states: how many states
 * @nr_edges: how many edges
 * @nr_ids: how many ids
 * @nr_speakers: states that have any @nr_passed
 * @most: the most hits that one string can have
 */
struct bh_dfa {
	u8 class[256];
	struct bh_dfa_state *states;
	u32 *edges;
	u32 *ids;
	u16 *rows;
	u32 nr_classes;
	u32 nr_states;
	u32 nr_edges;
	u32 nr_ids;
	u32 nr_speakers;
	u32 most;
};

/* The states that one match has reported @nr_passed of: a bit for each @speaker. */
struct bh_dfa_spoken {
	u64 bits[BH_DFA_SPEAKERS_MAX / 64];
};

int bh_dfa_build(struct bh_dfa *dfa, const struct bh_patterns *p, const u32 *sorted, u32 lo,
		 u32 hi, u32 max_states);
void bh_dfa_free(struct bh_dfa *dfa);
size_t bh_dfa_bytes(const struct bh_dfa *dfa);

int __must_check bh_dfa_match(const struct bh_dfa *dfa, const u8 *s, u32 len,
			      struct bh_dfa_spoken *spoken, gfp_t gfp, struct bh_vec *hits);

#endif /* BULKHEAD_DFA_H */
