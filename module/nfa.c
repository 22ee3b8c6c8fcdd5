// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns as a nondeterministic automaton, of which dfa.c makes a deterministic one.
 *
 * Patterns that begin with the same tokens share their nodes. A node is alive once the
 * string read so far matches the tokens that lead to it; a star is alive from there on, as
 * long as it may go on (Thompson's construction).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "limits.h"
#include "nfa.h"
#include "vec.h"

/* While it is built, a node that is to be expanded has its patterns' range in ->kids, ->id. */
struct build {
	struct bh_nfa *nfa;
	const struct bh_patterns *p;
	const u32 *sorted;
	u32 *depths;		/* of the nodes, in tokens */
};

static u16 token_at(const struct build *b, u32 i, u32 depth)
{
	return bh_pattern_tokens(b->p, b->sorted[i])[depth];
}

/* As many nodes as there are different prefixes. */
static u64 count_nodes(const struct build *b, u32 lo, u32 hi)
{
	u64 nodes = 1 + bh_pattern_len(b->p, b->sorted[lo]);
	u32 i, same, len;

	for (i = lo + 1; i < hi; i++) {
		len = bh_pattern_len(b->p, b->sorted[i]);
		for (same = 0; same < len && same < bh_pattern_len(b->p, b->sorted[i - 1]); same++)
			if (token_at(b, i, same) != token_at(b, i - 1, same))
				break;
		nodes += len - same;
		cond_resched();
	}
	return nodes;
}

/* Adds the children of @node for those tokens of the patterns @lo to @hi that are @literal. */
static void add_kids(struct build *b, struct bh_nfa_node *node, u32 depth, u32 lo, u32 hi,
		     bool literal)
{
	struct bh_nfa *nfa = b->nfa;
	u32 end;

	for (; lo < hi; lo = end) {
		u16 token = token_at(b, lo, depth);

		for (end = lo + 1; end < hi && token_at(b, end, depth) == token; end++)
			;
		if (bh_token_is_literal(token) != literal)
			continue;
		b->depths[nfa->nr_nodes] = depth + 1;
		nfa->nodes[nfa->nr_nodes++] = (struct bh_nfa_node){
			.kids = lo, .id = end, .token = token,
		};
		node->nr_kids++;
		node->nr_lit += literal;
	}
}

static void expand_nfa_node(struct build *b, u32 n)
{
	struct bh_nfa_node *node = &b->nfa->nodes[n];
	u32 lo = node->kids, hi = node->id, depth = b->depths[n];

	node->id = BH_NO_PATTERN;
	if (bh_pattern_len(b->p, b->sorted[lo]) == depth)
		node->id = lo++;
	node->kids = b->nfa->nr_nodes;
	add_kids(b, node, depth, lo, hi, true);
	add_kids(b, node, depth, lo, hi, false);
}

/*
 * May node @n be dropped when @star, the next star behind it, is alive? @slash: is there a '/'
 * between the two?
 */
static bool gives_way(const struct bh_nfa_node *n, const struct bh_nfa_node *star, bool slash)
{
	if (star->token == BH_TOKEN_GLOBSTAR)
		return true;
	return n->token != BH_TOKEN_GLOBSTAR && !slash;
}

/*
 * Sets ->better. Once the `a` of `*a*b` was found, the first star need not look for a later
 * `a`: the second star matches all that the first one does. So a star is dropped as soon as
 * a star behind it in the same pattern is alive, unless patterns part between the two, one
 * ends there, or a '/' stands there that the second star does not match.
 *
 * Goes from the children up, and takes ->better for the next star at first.
 */
static void find_better(struct bh_nfa *nfa, bool *slash)
{
	u32 n = nfa->nr_nodes;

	while (n--) {
		struct bh_nfa_node *node = &nfa->nodes[n];
		const struct bh_nfa_node *kid = &nfa->nodes[node->kids];

		cond_resched();
		slash[n] = false;
		if (node->nr_kids != 1 || (node->id != BH_NO_PATTERN && !bh_nfa_passes(node)))
			continue;
		node->better = bh_token_is_star(kid->token) ? node->kids : kid->better;
		if (node->better != node->kids)
			slash[n] = slash[node->kids] || kid->token == '/';
	}
	for (n = 0; n < nfa->nr_nodes; n++) {
		struct bh_nfa_node *node = &nfa->nodes[n];

		if (node->better && !gives_way(node, &nfa->nodes[node->better], slash[n]))
			node->better = 0;
	}
}

/**
 * bh_nfa_build() - make an automaton of patterns
 * @nfa: the automaton to fill; on failure it is left empty
 * @p: the patterns; their sets are used as long as the automaton is
 * @sorted: patterns by their tokens, each once; a pattern's place here is its id
 * @lo: the first to take
 * @hi: where to stop
 *
 * May sleep. Return: 0, -E2BIG (BH_NODES_MAX) or -ENOMEM.
 */
int bh_nfa_build(struct bh_nfa *nfa, const struct bh_patterns *p, const u32 *sorted, u32 lo,
		 u32 hi)
{
	struct build b = { .nfa = nfa, .p = p, .sorted = sorted };
	u64 nodes = count_nodes(&b, lo, hi);
	bool *slash;
	u32 n;

	memset(nfa, 0, sizeof(*nfa));
	if (nodes > BH_NODES_MAX)
		return -E2BIG;
	nfa->sets = p->sets;
	nfa->nodes = kvmalloc_array(nodes, sizeof(*nfa->nodes), BH_GFP_LOAD);
	b.depths = kvmalloc_array(nodes, sizeof(*b.depths), BH_GFP_LOAD);
	slash = kvmalloc_array(nodes, sizeof(*slash), BH_GFP_LOAD);
	if (!nfa->nodes || !b.depths || !slash) {
		kvfree(slash);
		kvfree(b.depths);
		bh_nfa_free(nfa);
		return -ENOMEM;
	}
	nfa->nodes[0] = (struct bh_nfa_node){ .kids = lo, .id = hi };
	b.depths[0] = 0;
	nfa->nr_nodes = 1;
	for (n = 0; n < nfa->nr_nodes; n++) {
		expand_nfa_node(&b, n);
		cond_resched();
	}
	find_better(nfa, slash);
	kvfree(slash);
	kvfree(b.depths);
	return 0;
}

/**
 * bh_nfa_free() - give back an automaton's memory
 * @nfa: the automaton; empty afterwards
 */
void bh_nfa_free(struct bh_nfa *nfa)
{
	kvfree(nfa->nodes);
	memset(nfa, 0, sizeof(*nfa));
}

/*
 * Node @n comes alive. If it is the `**` at the end of a pattern, the pattern has matched, and
 * the node need not stay alive.
 */
static int enter_node(const struct bh_nfa *nfa, u32 n, struct bh_nfa_live *live)
{
	const struct bh_nfa_node *node = &nfa->nodes[n];
	int err = 0;

	if (bh_nfa_passes(node))
		err = bh_vec_push(&live->passed, node->id, BH_GFP_LOAD);
	if (!err && (node->nr_kids || !bh_nfa_passes(node)))
		err = bh_vec_push(&live->nodes, n, BH_GFP_LOAD);
	return err;
}

/*
 * Node @n comes alive, and with it the stars right behind it, since a star may stand for
 * nothing. A star never stands behind a star.
 */
static int arrive_at_node(const struct bh_nfa *nfa, u32 n, struct bh_nfa_live *live)
{
	const struct bh_nfa_node *node = &nfa->nodes[n];
	u32 kid = node->kids + node->nr_lit, end = node->kids + node->nr_kids;
	int err = enter_node(nfa, n, live);

	for (; kid < end && !err; kid++)
		if (bh_token_is_star(nfa->nodes[kid].token))
			err = enter_node(nfa, kid, live);
	return err;
}

/* Marks a node that gives way; more than there can be nodes. */
#define GONE 0x80000000u

static bool is_alive(const struct bh_vec *nodes, u32 n)
{
	u32 lo = 0, hi = nodes->nr;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2, node = nodes->v[mid] & ~GONE;

		if (node == n)
			return true;
		if (node < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Sorts what is alive, and drops the nodes of which a better one is alive. */
static void settle_live(const struct bh_nfa *nfa, struct bh_nfa_live *live)
{
	struct bh_vec *nodes = &live->nodes;
	u32 i, better, nr = 0;

	bh_vec_sort(&live->passed, 0);
	bh_vec_sort(nodes, 0);
	/* From the end: a better node comes later, and is itself dropped only for a better one. */
	for (i = nodes->nr; i--;) {
		better = nfa->nodes[nodes->v[i]].better;
		while (better && !is_alive(nodes, better))
			better = nfa->nodes[better].better;
		if (better)
			nodes->v[i] |= GONE;
	}
	for (i = 0; i < nodes->nr; i++)
		if (!(nodes->v[i] & GONE))
			nodes->v[nr++] = nodes->v[i];
	nodes->nr = nr;
}

/**
 * bh_nfa_start() - what is alive before anything has been read?
 * @nfa: the automaton
 * @live: emptied and filled
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_nfa_start(const struct bh_nfa *nfa, struct bh_nfa_live *live)
{
	int err;

	live->nodes.nr = 0;
	live->passed.nr = 0;
	err = arrive_at_node(nfa, 0, live);
	settle_live(nfa, live);
	return err;
}

/* The child of @node for a literal byte, or 0, which is no one's child. */
static u32 literal_kid(const struct bh_nfa *nfa, const struct bh_nfa_node *node, u8 c)
{
	u32 lo = node->kids, hi = lo + node->nr_lit;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (nfa->nodes[mid].token == c)
			return mid;
		if (nfa->nodes[mid].token < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static bool token_takes(const struct bh_nfa *nfa, u32 token, u8 c)
{
	if (token >= BH_TOKEN_SET)
		return bh_set_has(&nfa->sets[token - BH_TOKEN_SET], c);
	return token == BH_TOKEN_ANY && c != '/';
}

/* Where node @n goes by byte @c. */
static int follow_byte(const struct bh_nfa *nfa, u32 n, u8 c, struct bh_nfa_live *next)
{
	const struct bh_nfa_node *node = &nfa->nodes[n];
	u32 kid = literal_kid(nfa, node, c), end = node->kids + node->nr_kids;
	int err = 0;

	if (kid)
		err = arrive_at_node(nfa, kid, next);
	for (kid = node->kids + node->nr_lit; kid < end && !err; kid++)
		if (token_takes(nfa, nfa->nodes[kid].token, c))
			err = arrive_at_node(nfa, kid, next);
	if (!err && (node->token == BH_TOKEN_GLOBSTAR ||
		     (node->token == BH_TOKEN_STAR && c != '/')))
		err = bh_vec_push(&next->nodes, n, BH_GFP_LOAD);
	return err;
}

/**
 * bh_nfa_step() - what is alive when one byte more has been read?
 * @nfa: the automaton
 * @nodes: what was alive before
 * @nr: how many
 * @c: the byte
 * @next: emptied and filled
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_nfa_step(const struct bh_nfa *nfa, const u32 *nodes, u32 nr, u8 c,
		struct bh_nfa_live *next)
{
	int err = 0;
	u32 i;

	next->nodes.nr = 0;
	next->passed.nr = 0;
	for (i = 0; i < nr && !err; i++)
		err = follow_byte(nfa, nodes[i], c, next);
	settle_live(nfa, next);
	return err;
}
