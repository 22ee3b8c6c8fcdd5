// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matching of one string against many patterns at once.
 *
 * Patterns that are literal but for a star at their end, which are most, go into a radix
 * tree; the others into deterministic automata. Either looks at each byte of the string
 * once, whatever the patterns are: there is no backtracking and no list of live states that
 * a hostile path could blow up. What a match costs at most is known when the patterns are
 * compiled (bh_matcher_work()).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "limits.h"
#include "match.h"

/* Instructions, as measured: for a byte in the trie and in an automaton, and for a hit. */
#define WORK_TRIE	45
#define WORK_ROWS	12
#define WORK_EDGES	45
#define WORK_HIT	600	/* with its part of sorting thousands */

/**
 * bh_scratch_init() - prepare what bh_match() needs beside its input
 * @scratch: the scratch space
 * @gfp: how hits may be allocated for which a vector has no room
 */
void bh_scratch_init(struct bh_scratch *scratch, gfp_t gfp)
{
	scratch->gfp = gfp;
}

/* Building */

struct build {
	const struct bh_patterns *p;
	struct bh_matcher *m;
	u32 *sorted;		/* unique patterns: the trie's, then the others, by their tokens */
	u8 *trie;		/* of each pattern as added: is it the trie's? */
};

/* A token's place in the order of patterns: stars come before what they may stand for. */
static int rank_of_token(u16 token)
{
	return bh_token_is_star(token) ? token - (int)BH_TOKEN_STAR : token + 2;
}

static __always_inline u64 four_at(const u16 *tokens)
{
	u64 four;

	memcpy(&four, tokens, sizeof(four));
	return four;
}

static int compare_patterns(const struct build *build, u32 x, u32 y)
{
	const u16 *s = bh_pattern_tokens(build->p, x), *t = bh_pattern_tokens(build->p, y);
	u32 i, len;

	if (build->trie[x] != build->trie[y])
		return build->trie[x] ? -1 : 1;
	len = min(bh_pattern_len(build->p, x), bh_pattern_len(build->p, y));
	/* Four at a time: most patterns begin alike. */
	for (i = 0; i + 4 <= len && four_at(s + i) == four_at(t + i); i += 4)
		;
	for (; i < len && s[i] == t[i]; i++)
		;
	if (i < len)
		return rank_of_token(s[i]) - rank_of_token(t[i]);
	return (int)bh_pattern_len(build->p, x) - (int)bh_pattern_len(build->p, y);
}

static void rest_now_and_then(u32 i)
{
	if (!(i % 64))
		cond_resched();
}

/* The end of the run that begins at @from: of patterns that are in their order already. */
static u32 run_end(const struct build *b, const u32 *v, u32 from)
{
	while (++from < b->p->nr && compare_patterns(b, v[from - 1], v[from]) <= 0)
		rest_now_and_then(from);
	return min(from, b->p->nr);
}

/* Merges v[lo..mid) and v[mid..hi), each of which is in its order, into @to. */
static void merge_runs(const struct build *b, const u32 *v, u32 *to, u32 lo, u32 mid, u32 hi)
{
	u32 left = lo, right = mid;

	while (left < mid && right < hi) {
		*to++ = compare_patterns(b, v[left], v[right]) <= 0 ? v[left++] : v[right++];
		rest_now_and_then(left + right);
	}
	memcpy(to, v + left, (mid - left) * sizeof(*v));
	memcpy(to + mid - left, v + right, (hi - right) * sizeof(*v));
}

/*
 * Merges runs, two at a time, until there is one. Most policies are written in order and have
 * few. @spare has as much room as the patterns. Return: @v or @spare, where the result is.
 */
static u32 *merge_sort(const struct build *b, u32 *v, u32 *spare)
{
	u32 lo, mid, hi, runs;

	do {
		runs = 0;
		for (lo = 0; lo < b->p->nr; lo = hi, runs++) {
			mid = run_end(b, v, lo);
			hi = mid < b->p->nr ? run_end(b, v, mid) : mid;
			merge_runs(b, v, spare + lo, lo, mid, hi);
		}
		swap(v, spare);
	} while (runs > 1);
	return v;
}

/* Sorts, drops duplicates, and tells for each pattern added its place. */
static int sort_patterns(struct build *b, u32 *ids)
{
	const struct bh_patterns *p = b->p;
	u32 *spare = kvmalloc_array(p->nr, sizeof(*spare), BH_GFP_LOAD), *sorted;
	u32 i, nr = 0;

	if (!spare)
		return -ENOMEM;

	for (i = 0; i < p->nr; i++) {
		b->sorted[i] = i;
		b->trie[i] = bh_trie_takes(bh_pattern_tokens(p, i), bh_pattern_len(p, i));
	}
	sorted = merge_sort(b, b->sorted, spare);
	if (sorted == spare)
		swap(b->sorted, spare);
	kvfree(spare);
	for (i = 0; i < p->nr; i++) {
		u32 pattern = b->sorted[i];

		if (!nr || compare_patterns(b, b->sorted[nr - 1], pattern)) {
			b->sorted[nr++] = pattern;
			b->m->nr_trie += b->trie[pattern];
		}
		ids[pattern] = nr - 1;
		rest_now_and_then(i);
	}
	b->m->nr_patterns = nr;
	return 0;
}

static int add_dfa(struct build *b, u32 lo, u32 hi, u32 *states)
{
	struct bh_matcher *m = b->m;
	int err;

	if (m->nr_dfas == BH_DFAS_MAX)
		return -E2BIG;
	err = bh_dfa_build(&m->dfas[m->nr_dfas], b->p, b->sorted, lo, hi,
			   BH_DFA_STATES_MAX - *states);
	if (!err)
		*states += m->dfas[m->nr_dfas++].nr_states;
	return err;
}

/*
 * One automaton for all, if that does not have too many states; otherwise as few as halving
 * finds. Twice as many patterns are tried next as the last automaton took.
 */
static int build_dfas(struct build *b)
{
	struct bh_matcher *m = b->m;
	u32 lo = m->nr_trie, nr = m->nr_patterns - lo, states = 0;
	int err = 0;

	if (!nr)
		return 0;
	m->dfas = kcalloc(BH_DFAS_MAX, sizeof(*m->dfas), BH_GFP_LOAD);
	if (!m->dfas)
		return -ENOMEM;
	while (!err && lo < m->nr_patterns) {
		nr = min(nr, m->nr_patterns - lo);
		err = add_dfa(b, lo, lo + nr, &states);
		if (!err) {
			lo += nr;
			nr *= 2;
		} else if (err == -E2BIG && nr > 1 && m->nr_dfas < BH_DFAS_MAX) {
			nr /= 2;
			err = 0;
		}
	}
	if (err == -E2BIG)
		m->refused = b->sorted[lo];
	return err ?: bh_trim((void **)&m->dfas, m->nr_dfas, sizeof(*m->dfas));
}

/**
 * bh_matcher_build() - compile patterns
 * @m: the matcher to fill; on failure it is left empty, but for ->refused
 * @p: the patterns
 * @ids: for each pattern added, the id by which bh_match() reports it; equal
 *       patterns have the same id. Room for @p->nr.
 *
 * May sleep.
 *
 * Return: 0, -E2BIG (more than BH_DFAS_MAX automata or BH_DFA_STATES_MAX states) or -ENOMEM.
 */
int bh_matcher_build(struct bh_matcher *m, struct bh_patterns *p, u32 *ids)
{
	struct build b = { .p = p, .m = m };
	u32 refused;
	int err = -ENOMEM;

	memset(m, 0, sizeof(*m));
	if (!p->nr)
		return 0;
	b.sorted = kvmalloc_array(p->nr, sizeof(*b.sorted), BH_GFP_LOAD);
	b.trie = kvmalloc(p->nr, BH_GFP_LOAD);
	if (!b.sorted || !b.trie)
		goto out;
	err = sort_patterns(&b, ids);
	if (!err)
		err = bh_trie_build(&m->trie, p, b.sorted, m->nr_trie);
	if (!err)
		err = build_dfas(&b);
out:
	refused = m->refused;
	if (err)
		bh_matcher_free(m);
	m->refused = refused;
	kvfree(b.trie);
	kvfree(b.sorted);
	return err;
}

/**
 * bh_matcher_free() - give back a matcher's memory
 * @m: the matcher; empty afterwards
 */
void bh_matcher_free(struct bh_matcher *m)
{
	u32 i;

	bh_trie_free(&m->trie);
	for (i = 0; i < m->nr_dfas; i++)
		bh_dfa_free(&m->dfas[i]);
	kvfree(m->dfas);
	memset(m, 0, sizeof(*m));
}

/**
 * bh_matcher_bytes() - memory that a matcher holds
 * @m: the matcher
 *
 * Return: bytes asked of the allocator.
 */
size_t bh_matcher_bytes(const struct bh_matcher *m)
{
	size_t bytes = bh_trie_bytes(&m->trie) + m->nr_dfas * sizeof(*m->dfas);
	u32 i;

	for (i = 0; i < m->nr_dfas; i++)
		bytes += bh_dfa_bytes(&m->dfas[i]);
	return bytes;
}

/**
 * bh_matcher_work() - what can a match cost at most?
 * @m: the matcher
 *
 * Return: instructions for a string of BH_PATH_MAX bytes, roughly.
 */
u64 bh_matcher_work(const struct bh_matcher *m)
{
	u64 work = m->nr_trie ? BH_PATH_MAX * WORK_TRIE : 0;
	u32 i;

	for (i = 0; i < m->nr_dfas; i++) {
		const struct bh_dfa *dfa = &m->dfas[i];

		work += BH_PATH_MAX * (dfa->rows ? WORK_ROWS : WORK_EDGES);
		work += (u64)dfa->most * WORK_HIT;
	}
	return work;
}

/**
 * bh_match() - which patterns match a string?
 * @m: the patterns
 * @s: the string; bytes are compared, nothing is normalised
 * @len: its length in bytes
 * @scratch: working space
 * @hits: where the ids of the matching patterns go, ascending, each once;
 *        emptied first
 *
 * Any context that @scratch->gfp suits.
 *
 * Return: 0, or -ENOMEM: @hits is then incomplete and must not be used.
 */
int bh_match(const struct bh_matcher *m, const char *s, size_t len,
	     struct bh_scratch *scratch, struct bh_vec *hits)
{
	u32 i, from;
	int err;

	hits->nr = 0;
	err = bh_trie_match(&m->trie, (const u8 *)s, len, scratch->gfp, hits);
	from = hits->nr;
	for (i = 0; i < m->nr_dfas && !err; i++)
		err = bh_dfa_match(&m->dfas[i], (const u8 *)s, len, &scratch->spoken,
				   scratch->gfp, hits);
	if (m->nr_dfas)
		bh_vec_sort(hits, from);
	return err;
}
