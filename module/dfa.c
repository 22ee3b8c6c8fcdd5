// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matching against patterns with wildcards anywhere.
 *
 * The patterns' nondeterministic automaton is made deterministic when the policy is loaded
 * (the subset construction): a state is a set of nodes that can be alive together. A match
 * then goes from state to state, one step a byte, however many patterns there are and
 * whatever the string is. What could make states innumerable is refused at load.
 *
 * A pattern that ends in `**` is reported when it has matched, and only then. No later state
 * has to remember that it did, so that patterns with `**` at both ends do not multiply the
 * states.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dfa.h"
#include "vec.h"
#include "nfa.h"

/* An automaton in the making. */
struct build {
	struct bh_dfa *dfa;
	struct bh_nfa nfa;	/* what it is made of */
	u8 reps[BH_DFA_CLASSES]; /* a byte of each class */
	u32 *pool;		/* the nodes of all states, one state behind the other */
	u32 *starts;		/* where each state's begin; the next one's start ends them */
	u32 *table;		/* states by their hash, open addressing; 0 is a free place */
	u32 mask;		/* places in it, less one */
	u32 max_states;
	u32 nr_pool;
	u32 cap_pool;
	u32 cap_starts;
	u32 cap_states;
	u32 cap_edges;
	u32 cap_ids;
	struct bh_nfa_live next; /* where a step leads */
};

/* Classes of bytes */

/* Parts the classes that @set has some bytes of, but not all. */
static void refine_classes(struct bh_dfa *dfa, const struct bh_set *set)
{
	u16 total[BH_DFA_CLASSES] = { }, inside[BH_DFA_CLASSES] = { }, parted[BH_DFA_CLASSES] = { };
	u32 c;

	for (c = 0; c < 256; c++) {
		total[dfa->class[c]]++;
		inside[dfa->class[c]] += bh_set_has(set, c);
	}
	for (c = 0; c < 256; c++) {
		u8 old = dfa->class[c];

		if (!bh_set_has(set, c) || inside[old] == total[old])
			continue;
		if (!parted[old])
			parted[old] = dfa->nr_classes++;
		dfa->class[c] = parted[old];
	}
}

static void refine_by_token(struct build *b, u32 token)
{
	struct bh_set one = { };

	if (token >= BH_TOKEN_SET) {
		refine_classes(b->dfa, &b->nfa.sets[token - BH_TOKEN_SET]);
	} else if (bh_token_is_literal(token)) {
		one.bits[token / 8] = 1 << (token % 8);
		refine_classes(b->dfa, &one);
	}
}

/* Bytes that no token tells apart are one class; '/' is one by itself. */
static void find_classes(struct build *b)
{
	u8 seen[(BH_TOKEN_SET + BH_SETS_MAX) / 8] = { };
	u32 n, c;

	b->dfa->nr_classes = 1;
	refine_by_token(b, '/');
	for (n = 1; n < b->nfa.nr_nodes; n++) {
		u32 token = b->nfa.nodes[n].token;

		if (seen[token / 8] & (1 << (token % 8)))
			continue;
		seen[token / 8] |= 1 << (token % 8);
		refine_by_token(b, token);
	}
	for (c = 0; c < 256; c++)
		b->reps[b->dfa->class[c]] = c;
}

/* States */

static u32 hash_u32s(u32 hash, const u32 *v, u32 nr)
{
	u32 i;

	/* FNV-1a, by words. */
	for (i = 0; i < nr; i++)
		hash = (hash ^ v[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static bool are_same(const u32 *a, const u32 *b, u32 nr)
{
	return !nr || !memcmp(a, b, nr * sizeof(*a));
}

static bool is_state(const struct build *b, u32 q, const struct bh_nfa_live *live)
{
	const struct bh_dfa_state *state = &b->dfa->states[q];

	return b->starts[q + 1] - b->starts[q] == live->nodes.nr &&
	       state->nr_passed == live->passed.nr &&
	       are_same(b->pool + b->starts[q], live->nodes.v, live->nodes.nr) &&
	       are_same(b->dfa->ids + state->ids, live->passed.v, live->passed.nr);
}

static int add_id(struct build *b, u32 id)
{
	struct bh_dfa *dfa = b->dfa;
	int err = bh_reserve((void **)&dfa->ids, &b->cap_ids, dfa->nr_ids + 1, sizeof(*dfa->ids));

	if (!err)
		dfa->ids[dfa->nr_ids++] = id;
	return err;
}

/* The patterns of a new state: those passed, then those that match if it is the last. */
static int add_ids(struct build *b, struct bh_dfa_state *state, const struct bh_nfa_live *live)
{
	u32 i, nr_ended = 0;
	int err = 0;

	state->ids = b->dfa->nr_ids;
	for (i = 0; i < live->passed.nr && !err; i++)
		err = add_id(b, live->passed.v[i]);
	for (i = 0; i < live->nodes.nr && !err; i++) {
		const struct bh_nfa_node *node = &b->nfa.nodes[live->nodes.v[i]];

		if (node->id == BH_NO_PATTERN || bh_nfa_passes(node))
			continue;
		nr_ended++;
		err = add_id(b, node->id);
	}
	if (!err && (live->passed.nr > U16_MAX || nr_ended > U16_MAX))
		err = -E2BIG;
	state->nr_passed = live->passed.nr;
	state->nr_ended = nr_ended;
	if (state->nr_passed)
		state->speaker = b->dfa->nr_speakers++;
	return b->dfa->nr_speakers > BH_DFA_SPEAKERS_MAX ? -E2BIG : err;
}

static int reserve_state(struct build *b, u32 nr_nodes)
{
	struct bh_dfa *dfa = b->dfa;
	int err;

	if (dfa->nr_states == b->max_states || nr_nodes > BH_DFA_POOL_MAX - b->nr_pool)
		return -E2BIG;
	err = bh_reserve((void **)&dfa->states, &b->cap_states, dfa->nr_states + 1,
			 sizeof(*dfa->states));
	if (!err)
		err = bh_reserve((void **)&b->starts, &b->cap_starts, dfa->nr_states + 2,
				 sizeof(*b->starts));
	if (!err)
		err = bh_reserve((void **)&b->pool, &b->cap_pool, b->nr_pool + nr_nodes,
				 sizeof(*b->pool));
	return err;
}

static int add_state(struct build *b, const struct bh_nfa_live *live)
{
	struct bh_dfa *dfa = b->dfa;
	struct bh_dfa_state state = { };
	int err = reserve_state(b, live->nodes.nr);

	if (!err)
		err = add_ids(b, &state, live);
	if (err)
		return err;
	if (live->nodes.nr)
		memcpy(b->pool + b->nr_pool, live->nodes.v, live->nodes.nr * sizeof(u32));
	b->starts[dfa->nr_states] = b->nr_pool;
	b->nr_pool += live->nodes.nr;
	dfa->states[dfa->nr_states++] = state;
	b->starts[dfa->nr_states] = b->nr_pool;
	return 0;
}

/* The state in which those nodes are alive, new or not. */
static int find_state(struct build *b, const struct bh_nfa_live *live, u32 *q)
{
	u32 hash = hash_u32s(2166136261u, live->nodes.v, live->nodes.nr), at;
	int err;

	/* No pattern can match any more. */
	if (!live->nodes.nr && !live->passed.nr) {
		*q = BH_DFA_DEAD;
		return 0;
	}
	hash = hash_u32s(hash, live->passed.v, live->passed.nr);
	for (at = hash & b->mask; b->table[at]; at = (at + 1) & b->mask) {
		if (is_state(b, b->table[at], live)) {
			*q = b->table[at];
			return 0;
		}
	}
	*q = b->dfa->nr_states;
	err = add_state(b, live);
	b->table[at] = *q;
	return err;
}

/* Edges */

static int find_step(struct build *b, u32 from, u32 class, u32 *to)
{
	u32 start = b->starts[from];
	int err = bh_nfa_step(&b->nfa, b->pool + start, b->starts[from + 1] - start,
			      b->reps[class], &b->next);

	return err ?: find_state(b, &b->next, to);
}

static void mark_class(u64 *classes, u32 class)
{
	classes[class / 64] |= 1ULL << (class % 64);
}

static bool is_marked(const u64 *classes, u32 class)
{
	return classes[class / 64] & (1ULL << (class % 64));
}

/* Marks the classes of bytes that lead from a node to a literal child, or to a set. */
static void mark_kids(const struct build *b, u32 n, u64 *classes)
{
	const struct bh_nfa_node *node = &b->nfa.nodes[n];
	u32 kid, c;

	for (kid = node->kids; kid < node->kids + node->nr_kids; kid++) {
		u32 token = b->nfa.nodes[kid].token;

		if (bh_token_is_literal(token))
			mark_class(classes, b->dfa->class[token]);
		for (c = 0; token >= BH_TOKEN_SET && c < b->dfa->nr_classes; c++)
			if (bh_set_has(&b->nfa.sets[token - BH_TOKEN_SET], b->reps[c]))
				mark_class(classes, c);
	}
}

static int add_edge(struct build *b, u32 class, u32 to)
{
	struct bh_dfa *dfa = b->dfa;
	int err;

	if (dfa->nr_edges == BH_DFA_EDGES_MAX)
		return -E2BIG;
	err = bh_reserve((void **)&dfa->edges, &b->cap_edges, dfa->nr_edges + 1,
			 sizeof(*dfa->edges));
	if (!err)
		dfa->edges[dfa->nr_edges++] = to << BH_DFA_CLASS_BITS | class;
	return err;
}

/* Finds the edges that leave state @q. This may add states, and so move dfa->states. */
static int add_edges(struct build *b, u32 q)
{
	u64 special[BH_DFA_CLASSES / 64] = { };
	struct bh_dfa *dfa = b->dfa;
	u32 i, class, to, other = BH_DFA_DEAD, edges = dfa->nr_edges;
	int err = 0;

	mark_class(special, dfa->class['/']);
	for (i = b->starts[q]; i < b->starts[q + 1]; i++)
		mark_kids(b, b->pool[i], special);
	for (class = 0; class < dfa->nr_classes && is_marked(special, class); class++)
		;
	if (class < dfa->nr_classes)
		err = find_step(b, q, class, &other);
	for (class = 0; class < dfa->nr_classes && !err; class++) {
		if (!is_marked(special, class))
			continue;
		err = find_step(b, q, class, &to);
		if (!err && to != other)
			err = add_edge(b, class, to);
	}
	dfa->states[q].other = other;
	dfa->states[q].edges = edges;
	dfa->states[q].nr_edges = dfa->nr_edges - edges;
	return err;
}

/* Replaces the edges of a small automaton by a table, in which a step is one look-up. */
static int make_rows(struct bh_dfa *dfa)
{
	u32 q, i;

	static_assert(BH_DFA_ROWS_MAX / sizeof(*dfa->rows) <= BH_DFA_STOP);
	if (dfa->nr_states >= BH_DFA_STOP ||
	    dfa->nr_states * dfa->nr_classes > BH_DFA_ROWS_MAX / sizeof(*dfa->rows))
		return 0;
	dfa->rows = kvmalloc_array(dfa->nr_states * dfa->nr_classes, sizeof(*dfa->rows),
				   BH_GFP_LOAD);
	if (!dfa->rows)
		return -ENOMEM;
	for (q = 0; q < dfa->nr_states; q++) {
		const struct bh_dfa_state *state = &dfa->states[q];
		u16 *row = dfa->rows + q * dfa->nr_classes;

		for (i = 0; i < dfa->nr_classes; i++)
			row[i] = state->other;
		for (i = state->edges; i < state->edges + state->nr_edges; i++)
			row[dfa->edges[i] % BH_DFA_CLASSES] = dfa->edges[i] >> BH_DFA_CLASS_BITS;
		for (i = 0; i < dfa->nr_classes; i++)
			row[i] = row[i] * dfa->nr_classes |
				 (row[i] == BH_DFA_DEAD || dfa->states[row[i]].nr_passed ?
				  BH_DFA_STOP : 0);
	}
	kvfree(dfa->edges);
	dfa->edges = NULL;
	dfa->nr_edges = 0;
	return 0;
}

static int finish_dfa(struct bh_dfa *dfa)
{
	u32 q, ended = 0;
	int err;

	for (q = 0; q < dfa->nr_states; q++) {
		dfa->most += dfa->states[q].nr_passed;
		ended = max_t(u32, ended, dfa->states[q].nr_ended);
	}
	dfa->most += ended;
	err = make_rows(dfa);
	if (!err)
		err = bh_trim((void **)&dfa->states, dfa->nr_states, sizeof(*dfa->states));
	if (!err)
		err = bh_trim((void **)&dfa->edges, dfa->nr_edges, sizeof(*dfa->edges));
	if (!err)
		err = bh_trim((void **)&dfa->ids, dfa->nr_ids, sizeof(*dfa->ids));
	return err;
}

static int build_dfa(struct build *b)
{
	u32 places = 16, q;
	int err;

	b->max_states = min(b->max_states, 4 * b->nfa.nr_nodes + 1024);
	while (places < 2 * b->max_states)
		places *= 2;
	b->mask = places - 1;
	b->table = kvcalloc(places, sizeof(*b->table), BH_GFP_LOAD);
	if (!b->table)
		return -ENOMEM;
	find_classes(b);
	/* So that the arrays are not NULL, even if they stay empty. */
	err = bh_reserve((void **)&b->pool, &b->cap_pool, 1, sizeof(*b->pool));
	if (!err)
		err = bh_reserve((void **)&b->dfa->ids, &b->cap_ids, 1, sizeof(*b->dfa->ids));
	/* The dead state is the one without nodes. */
	if (!err)
		err = add_state(b, &b->next);
	if (!err)
		err = bh_nfa_start(&b->nfa, &b->next);
	if (!err)
		err = find_state(b, &b->next, &q);
	for (q = BH_DFA_START; !err && q < b->dfa->nr_states; q++) {
		cond_resched();
		err = add_edges(b, q);
	}
	return err ?: finish_dfa(b->dfa);
}

/**
 * bh_dfa_build() - compile patterns
 * @dfa: the automaton to fill; on failure it is left empty
 * @p: the patterns
 * @sorted: they, by their tokens, each once. A pattern's place here is the id that
 *          bh_dfa_match() reports it by.
 * @lo: the first to take
 * @hi: where to stop
 * @max_states: the automaton may not have more
 *
 * May sleep.
 *
 * Return: 0, -E2BIG (the patterns need more states, BH_DFA_POOL_MAX, BH_DFA_EDGES_MAX or
 * BH_DFA_SPEAKERS_MAX) or -ENOMEM.
 */
int bh_dfa_build(struct bh_dfa *dfa, const struct bh_patterns *p, const u32 *sorted, u32 lo,
		 u32 hi, u32 max_states)
{
	struct build *b = kzalloc(sizeof(*b), BH_GFP_LOAD);
	int err;

	memset(dfa, 0, sizeof(*dfa));
	if (!b)
		return -ENOMEM;
	b->dfa = dfa;
	b->max_states = max_states;
	bh_vec_init(&b->next.nodes);
	bh_vec_init(&b->next.passed);
	err = bh_nfa_build(&b->nfa, p, sorted, lo, hi);
	if (!err)
		err = build_dfa(b);
	bh_nfa_free(&b->nfa);
	bh_vec_free(&b->next.nodes);
	bh_vec_free(&b->next.passed);
	kvfree(b->pool);
	kvfree(b->starts);
	kvfree(b->table);
	kfree(b);
	if (err)
		bh_dfa_free(dfa);
	return err;
}

/**
 * bh_dfa_free() - give back an automaton's memory
 * @dfa: the automaton; empty afterwards
 */
void bh_dfa_free(struct bh_dfa *dfa)
{
	kvfree(dfa->states);
	kvfree(dfa->edges);
	kvfree(dfa->ids);
	kvfree(dfa->rows);
	memset(dfa, 0, sizeof(*dfa));
}

/**
 * bh_dfa_bytes() - memory that an automaton holds, without itself
 * @dfa: the automaton
 */
size_t bh_dfa_bytes(const struct bh_dfa *dfa)
{
	size_t bytes = dfa->nr_states * sizeof(*dfa->states) + dfa->nr_ids * sizeof(*dfa->ids);

	if (dfa->rows)
		return bytes + dfa->nr_states * dfa->nr_classes * sizeof(*dfa->rows);
	return bytes + dfa->nr_edges * sizeof(*dfa->edges);
}

/* Matching */

/* What state @q has passed, unless it was here before. */
static int speak_once(const struct bh_dfa *dfa, u32 q, struct bh_dfa_spoken *spoken, gfp_t gfp,
		      struct bh_vec *hits)
{
	const struct bh_dfa_state *state = &dfa->states[q];
	u64 *word = &spoken->bits[state->speaker / 64], bit = 1ULL << (state->speaker % 64);

	if (!state->nr_passed || *word & bit)
		return 0;
	*word |= bit;
	return bh_vec_add_range(hits, dfa->ids + state->ids, state->nr_passed, gfp);
}

/* Edges ascend by their classes: of many, half are passed over at a time. */
static u32 follow_edges(const struct bh_dfa *dfa, u32 q, u8 class)
{
	const struct bh_dfa_state *state = &dfa->states[q];
	const u32 *edge = dfa->edges + state->edges, *end = edge + state->nr_edges;

	while (end - edge > 4) {
		const u32 *middle = edge + (end - edge) / 2;

		if ((u8)*middle > class)
			end = middle;
		else
			edge = middle;
	}
	for (; edge < end; edge++)
		if ((u8)*edge == class)
			return *edge >> BH_DFA_CLASS_BITS;
	return state->other;
}

/*
 * Goes on from state @q at byte @pos to the next state that is dead or has something to say,
 * or to the end. Return: the state; @pos is set to what is to be read there.
 */
static u32 run_rows(const struct bh_dfa *dfa, u32 q, const u8 *s, u32 len, u32 *pos)
{
	const u8 *at = s + *pos, *end = s + len;
	u32 row = q * dfa->nr_classes;

	while (at < end && !(row & BH_DFA_STOP))
		row = dfa->rows[row + dfa->class[*at++]];
	*pos = at - s;
	return (row & ~BH_DFA_STOP) / dfa->nr_classes;
}

/**
 * bh_dfa_match() - which patterns match a string?
 * @dfa: the patterns
 * @s: the string
 * @len: its length in bytes
 * @spoken: working space
 * @gfp: how @hits may grow
 * @hits: where their ids are appended, in any order, some more than once
 *
 * Return: 0 or -ENOMEM.
 */
int bh_dfa_match(const struct bh_dfa *dfa, const u8 *s, u32 len, struct bh_dfa_spoken *spoken,
		 gfp_t gfp, struct bh_vec *hits)
{
	const struct bh_dfa_state *last;
	u32 q = BH_DFA_START, pos = 0;
	int err;

	memset(spoken->bits, 0, (dfa->nr_speakers + 63) / 64 * sizeof(*spoken->bits));
	while (pos < len) {
		if (dfa->rows)
			q = run_rows(dfa, q, s, len, &pos);
		else
			q = follow_edges(dfa, q, dfa->class[s[pos++]]);
		if (q == BH_DFA_DEAD)
			return 0;
		err = speak_once(dfa, q, spoken, gfp, hits);
		if (err)
			return err;
	}
	last = &dfa->states[q];
	return bh_vec_add_range(hits, dfa->ids + last->ids + last->nr_passed, last->nr_ended, gfp);
}
