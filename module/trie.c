// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matching against patterns that are literal but for a star at their end.
 *
 * Most patterns of a policy are such. They are compiled into a radix tree, in which a
 * string follows one way: a match costs one comparison of each byte, and one look for a
 * child where patterns part, however many patterns there are.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trie.h"
#include "vec.h"

/**
 * bh_trie_takes() - can a pattern be one of a trie?
 * @tokens: the pattern
 * @len: how many tokens
 */
bool bh_trie_takes(const u16 *tokens, u32 len)
{
	u32 i;

	for (i = 0; i < len && bh_token_is_literal(tokens[i]); i++)
		;
	return i == len || (i + 1 == len && bh_token_is_star(tokens[i]));
}

/* Building */

/* While a trie is built, a node that is to be expanded has its patterns' range in ->kids, ->id. */
struct build {
	struct bh_trie *trie;
	const struct bh_patterns *p;
	const u32 *sorted;
	u32 *depths;		/* of the nodes: how many bytes stand before their labels */
};

static u32 literal_len(const struct build *b, u32 i)
{
	u32 pattern = b->sorted[i], len = bh_pattern_len(b->p, pattern);

	return len && bh_token_is_star(bh_pattern_tokens(b->p, pattern)[len - 1]) ? len - 1 : len;
}

static u16 token_at(const struct build *b, u32 i, u32 depth)
{
	return bh_pattern_tokens(b->p, b->sorted[i])[depth];
}

/*
 * The length of the literal bytes that patterns @lo and @hi have in common. All that are sorted
 * between the two have them, too.
 */
static u32 common_len(const struct build *b, u32 lo, u32 hi, u32 depth)
{
	u32 end = min(literal_len(b, lo), literal_len(b, hi));

	while (depth < end && token_at(b, lo, depth) == token_at(b, hi, depth))
		depth++;
	return depth;
}

static u8 end_kind(const struct build *b, u32 i)
{
	u32 len = literal_len(b, i);

	if (len == bh_pattern_len(b->p, b->sorted[i]))
		return BH_ENDS_EXACT;
	return token_at(b, i, len) == BH_TOKEN_STAR ? BH_ENDS_STAR : BH_ENDS_GLOBSTAR;
}

/* Gives node @n its label, what ends there, and children for the rest of its patterns. */
static void expand_trie_node(struct build *b, u32 n)
{
	struct bh_trie *trie = b->trie;
	struct bh_trie_node *node = &trie->nodes[n];
	u32 lo = node->kids, hi = node->id, depth = b->depths[n], end, i;

	end = common_len(b, lo, hi - 1, depth);
	node->label = trie->nr_labels;
	node->len = end - depth;
	for (i = depth; i < end; i++)
		trie->labels[trie->nr_labels++] = token_at(b, lo, i);
	node->id = lo;
	while (lo < hi && literal_len(b, lo) == end)
		node->ends |= end_kind(b, lo++);
	node->kids = trie->nr_nodes;
	for (; lo < hi; lo = i) {
		u16 token = token_at(b, lo, end);

		for (i = lo + 1; i < hi && token_at(b, i, end) == token; i++)
			;
		trie->keys[trie->nr_nodes] = token;
		b->depths[trie->nr_nodes] = end;
		trie->nodes[trie->nr_nodes++] = (struct bh_trie_node){ .kids = lo, .id = i };
		node->nr_kids++;
	}
}

/* A pattern adds two nodes at most: where it parts from the others, and its own end. */
static int alloc_trie(struct build *b, u32 nr)
{
	struct bh_trie *trie = b->trie;
	u32 i;

	for (i = 0; i < nr; i++)
		trie->nr_labels += literal_len(b, i);
	trie->nodes = kvmalloc_array(2 * nr, sizeof(*trie->nodes), BH_GFP_LOAD);
	trie->keys = kvmalloc(2 * nr, BH_GFP_LOAD);
	trie->labels = kvmalloc(trie->nr_labels + 1, BH_GFP_LOAD);
	b->depths = kvmalloc_array(2 * nr, sizeof(*b->depths), BH_GFP_LOAD);
	trie->nr_labels = 0;
	return trie->nodes && trie->keys && trie->labels && b->depths ? 0 : -ENOMEM;
}

/**
 * bh_trie_build() - compile patterns
 * @trie: the trie to fill; on failure it is left empty
 * @p: the patterns
 * @sorted: those to compile, each once: bytewise, and of those that differ only in
 *          their end the one without a star first, then `*`, then `**`. A pattern's place
 *          here is the id that bh_trie_match() reports it by.
 * @nr: how many
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_trie_build(struct bh_trie *trie, const struct bh_patterns *p, const u32 *sorted, u32 nr)
{
	struct build b = { .trie = trie, .p = p, .sorted = sorted };
	int err;
	u32 n;

	memset(trie, 0, sizeof(*trie));
	if (!nr)
		return 0;
	err = alloc_trie(&b, nr);
	if (err)
		goto out;
	trie->nodes[0] = (struct bh_trie_node){ .kids = 0, .id = nr };
	trie->keys[0] = 0;
	b.depths[0] = 0;
	trie->nr_nodes = 1;
	for (n = 0; n < trie->nr_nodes; n++) {
		expand_trie_node(&b, n);
		cond_resched();
	}
	err = bh_trim((void **)&trie->nodes, trie->nr_nodes, sizeof(*trie->nodes));
	if (!err)
		err = bh_trim((void **)&trie->keys, trie->nr_nodes, sizeof(*trie->keys));
	if (!err)
		err = bh_trim((void **)&trie->labels, trie->nr_labels, sizeof(*trie->labels));
out:
	kvfree(b.depths);
	if (err)
		bh_trie_free(trie);
	return err;
}

/**
 * bh_trie_free() - give back a trie's memory
 * @trie: the trie; empty afterwards
 */
void bh_trie_free(struct bh_trie *trie)
{
	kvfree(trie->nodes);
	kvfree(trie->keys);
	kvfree(trie->labels);
	memset(trie, 0, sizeof(*trie));
}

/**
 * bh_trie_bytes() - memory that a trie holds
 * @trie: the trie
 */
size_t bh_trie_bytes(const struct bh_trie *trie)
{
	return trie->nr_nodes * (sizeof(*trie->nodes) + sizeof(*trie->keys)) + trie->nr_labels;
}

/* The weight of the patterns that end at a node, and the last one's id. */
static u64 weight_of_ends(const struct bh_trie_node *node, const u32 *weights, u8 ends, u32 *last)
{
	u32 id = node->id, kind;
	u64 sum = 0;

	for (kind = BH_ENDS_EXACT; kind <= BH_ENDS_GLOBSTAR; kind <<= 1) {
		if (!(node->ends & kind))
			continue;
		if (ends & kind) {
			sum += weights[id];
			*last = id;
		}
		id++;
	}
	return sum;
}

/**
 * bh_trie_heaviest() - how much can patterns that match one string weigh?
 * @trie: the trie
 * @weights: of each pattern, by its id
 * @weight: the heaviest sum that any string can reach
 * @id: one of the patterns that make it up; BH_NO_PATTERN if there is none
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int bh_trie_heaviest(const struct bh_trie *trie, const u32 *weights, u64 *weight, u32 *id)
{
	u64 *passed;
	u32 n, k;

	*weight = 0;
	*id = BH_NO_PATTERN;
	if (!trie->nr_nodes)
		return 0;
	passed = kvcalloc(trie->nr_nodes, sizeof(*passed), BH_GFP_LOAD);
	if (!passed)
		return -ENOMEM;
	for (n = 0; n < trie->nr_nodes; n++) {
		const struct bh_trie_node *node = &trie->nodes[n];
		u32 last = BH_NO_PATTERN, unused;
		u64 all = passed[n] + weight_of_ends(node, weights, U8_MAX, &last);

		cond_resched();
		if (all > *weight) {
			*weight = all;
			*id = last;
		}
		passed[n] += weight_of_ends(node, weights, BH_ENDS_STAR | BH_ENDS_GLOBSTAR,
					    &unused);
		for (k = node->kids; k < node->kids + node->nr_kids; k++)
			passed[k] = passed[n];
	}
	kvfree(passed);
	return 0;
}

/* Matching */

/* The child whose label begins with @c, or 0, which is the root and no one's child. */
static u32 find_kid(const struct bh_trie *trie, const struct bh_trie_node *node, u8 c)
{
	u32 lo = node->kids, hi = lo + node->nr_kids;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (trie->keys[mid] == c)
			return mid;
		if (trie->keys[mid] < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static int add_hit(const struct bh_trie_node *node, u8 ends, gfp_t gfp, struct bh_vec *hits)
{
	u32 id = node->id, kind;
	int err = 0;

	for (kind = BH_ENDS_EXACT; kind <= BH_ENDS_GLOBSTAR && !err; kind <<= 1) {
		if (!(node->ends & kind))
			continue;
		if (ends & kind)
			err = bh_vec_push(hits, id, gfp);
		id++;
	}
	return err;
}

/**
 * bh_trie_match() - which patterns match a string?
 * @trie: the patterns
 * @s: the string
 * @len: its length in bytes
 * @gfp: how @hits may grow
 * @hits: where their ids are appended, ascending
 *
 * Return: 0 or -ENOMEM.
 */
int bh_trie_match(const struct bh_trie *trie, const u8 *s, u32 len, gfp_t gfp,
		  struct bh_vec *hits)
{
	u32 pos = 0, slash = len, n = 0;
	int err = 0;

	if (!trie->nr_nodes)
		return 0;
	/* A final `*` matches what follows from here on: there is no '/' any more. */
	while (slash && s[slash - 1] != '/')
		slash--;
	do {
		const struct bh_trie_node *node = &trie->nodes[n];

		if (len - pos < node->len || memcmp(trie->labels + node->label, s + pos, node->len))
			return 0;
		pos += node->len;
		if (node->ends)
			err = add_hit(node, BH_ENDS_GLOBSTAR | (pos == len ? BH_ENDS_EXACT : 0) |
				      (pos >= slash ? BH_ENDS_STAR : 0), gfp, hits);
		if (err || pos == len)
			return err;
		n = find_kid(trie, node, s[pos]);
	} while (n);
	return 0;
}
