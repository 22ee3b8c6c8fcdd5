// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matching of one string against many patterns at once.
 *
 * All patterns of a key are compiled into one trie whose edges are tokens: a
 * byte, `?`, `*`, `**` or a set. The trie is run as a nondeterministic
 * automaton (Thompson's construction): each byte of the input is looked at
 * once, and a state is alive at most once at a time. A match therefore costs at
 * most (length of the input) * (states), whatever the patterns are; there is no
 * backtracking that a hostile path could blow up. Patterns that share nothing
 * with the input cost nothing.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "limits.h"
#include "match.h"

/* Tokens below this are bytes. The order is the order of a node's children. */
#define TOKEN_ANY	256u	/* `?`: one byte but '/' */
#define TOKEN_STAR	257u	/* `*`: any run without '/' */
#define TOKEN_GLOBSTAR	258u	/* `**`: any run */
#define TOKEN_SET	512u	/* `[...]`: TOKEN_SET + its number */

static bool is_star(u32 token)
{
	return token == TOKEN_STAR || token == TOKEN_GLOBSTAR;
}

static bool is_literal(u32 token)
{
	return token < TOKEN_ANY;
}

/* Growing arrays */

/**
 * bh_vec_init() - make a vector empty
 * @vec: the vector; must not move in memory afterwards
 */
void bh_vec_init(struct bh_vec *vec)
{
	vec->v = vec->space;
	vec->nr = 0;
	vec->cap = BH_VEC_INLINE;
}

/**
 * bh_vec_free() - give back what a vector allocated and make it empty
 * @vec: an initialised vector
 */
void bh_vec_free(struct bh_vec *vec)
{
	if (vec->v != vec->space)
		kvfree(vec->v);
	bh_vec_init(vec);
}

/**
 * bh_vec_grow() - double the room of a vector
 * @vec: an initialised vector
 * @gfp: how to allocate
 *
 * Return: 0, or -ENOMEM with the vector unchanged.
 */
int bh_vec_grow(struct bh_vec *vec, gfp_t gfp)
{
	u32 cap = vec->cap * 2;
	u32 *v;

	if (cap > BH_NODES_MAX * 2)
		return -ENOMEM;
	v = kvmalloc_array(cap, sizeof(*v), gfp);
	if (!v)
		return -ENOMEM;
	memcpy(v, vec->v, vec->nr * sizeof(*v));
	if (vec->v != vec->space)
		kvfree(vec->v);
	vec->v = v;
	vec->cap = cap;
	return 0;
}

/**
 * bh_scratch_init() - prepare what bh_match() needs beside its input
 * @scratch: the scratch space; must not move in memory afterwards
 * @gfp: how a match may allocate when the space in it does not suffice
 */
void bh_scratch_init(struct bh_scratch *scratch, gfp_t gfp)
{
	int i;

	for (i = 0; i < 2; i++) {
		bh_vec_init(&scratch->plain[i]);
		bh_vec_init(&scratch->star[i]);
	}
	bh_vec_init(&scratch->fresh);
	scratch->gfp = gfp;
}

/**
 * bh_scratch_free() - give back what matches allocated
 * @scratch: an initialised scratch space
 */
void bh_scratch_free(struct bh_scratch *scratch)
{
	int i;

	for (i = 0; i < 2; i++) {
		bh_vec_free(&scratch->plain[i]);
		bh_vec_free(&scratch->star[i]);
	}
	bh_vec_free(&scratch->fresh);
}

/* Patterns */

/**
 * bh_reserve() - make room in an array that grows by doubling
 * @array: the array, or a NULL pointer
 * @cap: elements that fit
 * @want: elements that shall fit
 * @size: of an element
 *
 * May sleep. Return: 0, or -ENOMEM with the array unchanged.
 */
int bh_reserve(void **array, u32 *cap, u32 want, size_t size)
{
	u32 room = max3(want, *cap * 2, 16u);
	void *new;

	if (want <= *cap)
		return 0;
	new = kvmalloc_array(room, size, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	if (*cap)
		memcpy(new, *array, *cap * size);
	kvfree(*array);
	*array = new;
	*cap = room;
	return 0;
}

static void set_add(struct bh_set *set, u8 byte)
{
	set->bits[byte / 8] |= 1 << (byte % 8);
}

static bool set_has(const struct bh_set *set, u8 byte)
{
	return set->bits[byte / 8] & (1 << (byte % 8));
}

/* A pattern's text while it is read. */
struct text {
	const u8 *s;
	size_t len;
	size_t pos;
	const char **why;
};

static int bad(struct text *t, const char *why)
{
	*t->why = why;
	return -EINVAL;
}

/* One byte of a set, which a backslash may quote. */
static int read_set_byte(struct text *t, u8 *byte)
{
	if (t->s[t->pos] == '\\') {
		if (t->pos + 1 >= t->len)
			return bad(t, "trailing backslash in a pattern");
		t->pos++;
	}
	*byte = t->s[t->pos++];
	return 0;
}

/* Reads a set from behind its '['. A ']' that comes first stands for itself. */
static int read_set(struct text *t, struct bh_set *set)
{
	bool negated = false, first = true;
	u32 byte;
	u8 lo, hi;
	int err, i;

	memset(set, 0, sizeof(*set));
	if (t->pos < t->len && t->s[t->pos] == '!') {
		negated = true;
		t->pos++;
	}
	for (;; first = false) {
		if (t->pos >= t->len)
			return bad(t, "unclosed set in a pattern");
		if (t->s[t->pos] == ']' && !first)
			break;
		err = read_set_byte(t, &lo);
		if (err)
			return err;
		hi = lo;
		if (t->pos + 1 < t->len && t->s[t->pos] == '-' && t->s[t->pos + 1] != ']') {
			t->pos++;
			err = read_set_byte(t, &hi);
			if (err)
				return err;
		}
		if (hi < lo)
			return bad(t, "reversed range in a set");
		for (byte = lo; byte <= hi; byte++)
			set_add(set, byte);
	}
	t->pos++;
	if (negated)
		for (i = 0; i < ARRAY_SIZE(set->bits); i++)
			set->bits[i] = ~set->bits[i];
	return 0;
}

/* The number of a set, new or seen before. */
static int number_set(struct bh_patterns *p, const struct bh_set *set, const char **why)
{
	u32 i;
	int err;

	for (i = 0; i < p->nr_sets; i++)
		if (!memcmp(&p->sets[i], set, sizeof(*set)))
			return i;
	if (p->nr_sets == BH_SETS_MAX) {
		*why = "too many different sets";
		return -E2BIG;
	}
	err = bh_reserve((void **)&p->sets, &p->cap_sets, p->nr_sets + 1, sizeof(*set));
	if (err)
		return err;
	p->sets[p->nr_sets] = *set;
	return p->nr_sets++;
}

/* Reads the next token; returns it, or a negative errno. */
static int read_token(struct bh_patterns *p, struct text *t)
{
	struct bh_set set;
	u8 c = t->s[t->pos++];
	int err;

	switch (c) {
	case '?':
		return TOKEN_ANY;
	case '*':
		if (t->pos == t->len || t->s[t->pos] != '*')
			return TOKEN_STAR;
		t->pos++;
		return TOKEN_GLOBSTAR;
	case '[':
		err = read_set(t, &set);
		if (err)
			return err;
		err = number_set(p, &set, t->why);
		return err < 0 ? err : TOKEN_SET + err;
	case '\\':
		if (t->pos == t->len)
			return bad(t, "trailing backslash in a pattern");
		return t->s[t->pos++];
	default:
		return c;
	}
}

/**
 * bh_patterns_add() - append a pattern
 * @p: the patterns so far; zeroed at first
 * @text: the pattern as written; not kept
 * @len: its length in bytes, at most BH_PATTERN_MAX
 * @why: where to put a static sentence if the pattern is refused
 *
 * A run of stars is one star, so that no star state has a star below it.
 * The set of bytes in `[...]` never has '/' in it: see step().
 *
 * Return: the pattern's index among those added, or -EINVAL (not a pattern),
 * -E2BIG (over a limit), -ENOMEM; @p is then unchanged but for its sets.
 */
int bh_patterns_add(struct bh_patterns *p, const char *text, size_t len, const char **why)
{
	struct text t = { .s = (const u8 *)text, .len = len, .why = why };
	u32 nr = p->nr_tokens;
	int err, token;

	*why = "out of memory";
	if (!len)
		return bad(&t, "empty pattern");
	if (len > BH_PATTERN_MAX) {
		*why = "pattern too long";
		return -E2BIG;
	}
	err = bh_reserve((void **)&p->tokens, &p->cap_tokens, nr + len, sizeof(*p->tokens));
	if (!err)
		err = bh_reserve((void **)&p->starts, &p->cap, p->nr + 2, sizeof(*p->starts));
	if (err)
		return err;

	while (t.pos < t.len) {
		token = read_token(p, &t);
		if (token < 0)
			return token;
		if (is_star(token) && nr > p->nr_tokens && is_star(p->tokens[nr - 1]))
			p->tokens[nr - 1] = max_t(u16, p->tokens[nr - 1], token);
		else
			p->tokens[nr++] = token;
	}
	p->starts[p->nr] = p->nr_tokens;
	p->starts[p->nr + 1] = nr;
	p->nr_tokens = nr;
	return p->nr++;
}

/**
 * bh_patterns_free() - give back patterns that were collected
 * @p: the patterns; empty afterwards
 */
void bh_patterns_free(struct bh_patterns *p)
{
	kvfree(p->tokens);
	kvfree(p->starts);
	kvfree(p->sets);
	memset(p, 0, sizeof(*p));
}

/* Building the trie */

/* A pattern in the sorted order, with what it shares with its neighbours. */
struct build {
	const struct bh_patterns *p;
	struct bh_matcher *m;
	u32 *sorted;		/* unique patterns, by their tokens */
	u16 *rests;		/* of each of them, where its literal end begins */
	u32 *depths;		/* of the nodes */
	u32 cap_nodes;
};

static u32 pattern_len(const struct bh_patterns *p, u32 i)
{
	return p->starts[i + 1] - p->starts[i];
}

static const u16 *pattern_tokens(const struct bh_patterns *p, u32 i)
{
	return p->tokens + p->starts[i];
}

/* Length of the prefix that two patterns share. */
static u32 shared_prefix(const struct bh_patterns *p, u32 a, u32 b)
{
	const u16 *x = pattern_tokens(p, a), *y = pattern_tokens(p, b);
	u32 len = min(pattern_len(p, a), pattern_len(p, b)), i;

	for (i = 0; i < len && x[i] == y[i]; i++)
		;
	return i;
}

static int compare_patterns(const void *a, const void *b, const void *priv)
{
	const struct bh_patterns *p = priv;
	u32 x = *(const u32 *)a, y = *(const u32 *)b;
	u32 i = shared_prefix(p, x, y);

	if (i == pattern_len(p, x) || i == pattern_len(p, y))
		return (int)pattern_len(p, x) - (int)pattern_len(p, y);
	return (int)pattern_tokens(p, x)[i] - (int)pattern_tokens(p, y)[i];
}

/* Sorts, drops duplicates, and tells for each pattern added its place. */
static void sort_patterns(struct build *b, u32 *ids)
{
	const struct bh_patterns *p = b->p;
	u32 i, nr = 0;

	for (i = 0; i < p->nr; i++)
		b->sorted[i] = i;
	sort_r(b->sorted, p->nr, sizeof(*b->sorted), compare_patterns, NULL, p);
	for (i = 0; i < p->nr; i++) {
		u32 pattern = b->sorted[i];

		if (!nr || compare_patterns(&b->sorted[nr - 1], &pattern, p))
			b->sorted[nr++] = pattern;
		ids[pattern] = nr - 1;
	}
	b->m->nr_patterns = nr;
}

/* From which depth on does each pattern consist of literal bytes? */
static void find_rests(struct build *b)
{
	u32 i, depth;

	for (i = 0; i < b->m->nr_patterns; i++) {
		const u16 *tokens = pattern_tokens(b->p, b->sorted[i]);

		depth = pattern_len(b->p, b->sorted[i]);
		while (depth && is_literal(tokens[depth - 1]))
			depth--;
		b->rests[i] = depth;
	}
}

/*
 * May the node at @depth of a pattern stand for all of its rest? Not if the
 * node is a star: its children are tried at each byte that the star passes.
 */
static bool ends_in_tail(const struct build *b, u32 sorted, u32 depth)
{
	u32 pattern = b->sorted[sorted];

	return depth && depth >= b->rests[sorted] && depth < pattern_len(b->p, pattern) &&
	       !is_star(pattern_tokens(b->p, pattern)[depth - 1]);
}

/* Counts the nodes and the bytes of tails that the patterns will need. */
static int measure(struct build *b, u32 *nr_tails)
{
	u64 nodes = 1, tails = 0;
	u32 i, before = 0, behind, depth, len;

	for (i = 0; i < b->m->nr_patterns; i++, before = behind) {
		behind = i + 1 < b->m->nr_patterns ?
			 shared_prefix(b->p, b->sorted[i], b->sorted[i + 1]) : 0;
		len = pattern_len(b->p, b->sorted[i]);
		depth = min(max(before, behind) + 1, len);
		while (depth < len && !ends_in_tail(b, i, depth))
			depth++;
		nodes += depth - before;
		tails += len - depth;
	}
	if (nodes > BH_NODES_MAX || tails > U32_MAX)
		return -E2BIG;
	b->cap_nodes = nodes;
	*nr_tails = tails;
	return 0;
}

/*
 * Expands a node for the patterns @lo to @hi (exclusive), which share the
 * prefix that it stands for. Until it is expanded itself, a child keeps its
 * own range in ->first and ->id.
 */
static void expand_node(struct build *b, u32 n)
{
	struct bh_matcher *m = b->m;
	struct bh_node *node = &m->nodes[n];
	u32 lo = node->first, hi = node->id, depth = b->depths[n], end;

	node->id = BH_NO_PATTERN;
	node->first = m->nr_nodes;
	if (hi - lo == 1 && ends_in_tail(b, lo, depth)) {
		const u16 *rest = pattern_tokens(b->p, b->sorted[lo]) + depth;
		u32 i;

		node->id = lo;
		node->first = m->nr_tails;
		node->tail = pattern_len(b->p, b->sorted[lo]) - depth;
		for (i = 0; i < node->tail; i++)
			m->tails[m->nr_tails++] = rest[i];
		return;
	}
	if (pattern_len(b->p, b->sorted[lo]) == depth)
		node->id = lo++;
	for (; lo < hi; lo = end) {
		u16 token = pattern_tokens(b->p, b->sorted[lo])[depth];
		struct bh_node *kid = &m->nodes[m->nr_nodes];

		end = lo + 1;
		while (end < hi && pattern_tokens(b->p, b->sorted[end])[depth] == token)
			end++;
		*kid = (struct bh_node){ .first = lo, .id = end, .token = token };
		b->depths[m->nr_nodes++] = depth + 1;
		node->nr_kids++;
		if (is_literal(token))
			node->nr_lit++;
	}
}

/**
 * bh_matcher_build() - compile patterns
 * @m: the matcher to fill; on failure it is left empty
 * @p: the patterns; their sets move into the matcher
 * @ids: for each pattern added, the id by which bh_match() reports it; equal
 *       patterns have the same id. Room for @p->nr.
 *
 * May sleep.
 *
 * Return: 0, -E2BIG (more than BH_NODES_MAX nodes) or -ENOMEM.
 */
int bh_matcher_build(struct bh_matcher *m, struct bh_patterns *p, u32 *ids)
{
	struct build b = { .p = p, .m = m };
	u32 nr_tails, n;
	int err = -ENOMEM;

	memset(m, 0, sizeof(*m));
	if (!p->nr)
		return 0;
	b.sorted = kvmalloc_array(p->nr, sizeof(*b.sorted), GFP_KERNEL);
	b.rests = kvmalloc_array(p->nr, sizeof(*b.rests), GFP_KERNEL);
	if (!b.sorted || !b.rests)
		goto out;
	sort_patterns(&b, ids);
	find_rests(&b);
	err = measure(&b, &nr_tails);
	if (err)
		goto out;

	err = -ENOMEM;
	m->nodes = kvmalloc_array(b.cap_nodes, sizeof(*m->nodes), GFP_KERNEL);
	m->tails = kvmalloc(nr_tails + 1, GFP_KERNEL);
	b.depths = kvmalloc_array(b.cap_nodes, sizeof(*b.depths), GFP_KERNEL);
	if (!m->nodes || !m->tails || !b.depths)
		goto out;

	m->nodes[0] = (struct bh_node){ .first = 0, .id = m->nr_patterns };
	b.depths[0] = 0;
	m->nr_nodes = 1;
	for (n = 0; n < m->nr_nodes; n++)
		expand_node(&b, n);

	m->sets = p->sets;
	m->nr_sets = p->nr_sets;
	p->sets = NULL;
	p->nr_sets = 0;
	p->cap_sets = 0;
	err = 0;
out:
	if (err)
		bh_matcher_free(m);
	kvfree(b.depths);
	kvfree(b.rests);
	kvfree(b.sorted);
	return err;
}

/**
 * bh_matcher_free() - give back a matcher's memory
 * @m: the matcher; empty afterwards
 */
void bh_matcher_free(struct bh_matcher *m)
{
	kvfree(m->nodes);
	kvfree(m->tails);
	kvfree(m->sets);
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
	return m->nr_nodes * sizeof(*m->nodes) + m->nr_tails + m->nr_sets * sizeof(*m->sets);
}

/* Running it */

struct walk {
	const struct bh_matcher *m;
	struct bh_scratch *scratch;
	struct bh_vec *hits;
	const u8 *s;
	u32 len;
	u32 pos;		/* bytes consumed */
	u32 slash;		/* there is no '/' from here on */
	unsigned int cur;	/* which half of the scratch holds the live states */
};

/* The child of @node for a literal byte, or 0, which is no one's child. */
static u32 literal_kid(const struct bh_matcher *m, const struct bh_node *node, u8 c)
{
	u32 lo = node->first, hi = lo + node->nr_lit;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (m->nodes[mid].token == c)
			return mid;
		if (m->nodes[mid].token < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

/* The state @n comes alive among @plain, and with it the stars below it. */
static int arrive(struct walk *w, u32 n, struct bh_vec *plain, struct bh_vec *fresh)
{
	const struct bh_node *node = &w->m->nodes[n];
	u32 kid, end;
	int err;

	if (node->tail) {
		if (node->tail != w->len - w->pos ||
		    memcmp(w->m->tails + node->first, w->s + w->pos, node->tail))
			return 0;
		return bh_vec_push(w->hits, node->id, w->scratch->gfp);
	}
	err = bh_vec_push(plain, n, w->scratch->gfp);
	end = node->first + node->nr_kids;
	for (kid = node->first + node->nr_lit; kid < end && !err; kid++) {
		if (w->m->nodes[kid].token > TOKEN_GLOBSTAR)
			break;
		if (is_star(w->m->nodes[kid].token))
			err = bh_vec_push(fresh, kid, w->scratch->gfp);
	}
	return err;
}

/* Follows the edges of state @n that the byte @c passes. */
static int step(struct walk *w, u32 n, u8 c, struct bh_vec *plain, struct bh_vec *fresh)
{
	const struct bh_matcher *m = w->m;
	const struct bh_node *node = &m->nodes[n];
	u32 kid = literal_kid(m, node, c), end = node->first + node->nr_kids;
	int err = 0;

	if (kid)
		err = arrive(w, kid, plain, fresh);
	/* Neither `?` nor a set, not even a negated one, matches a '/'. */
	if (c == '/')
		return err;
	for (kid = node->first + node->nr_lit; kid < end && !err; kid++) {
		u32 token = m->nodes[kid].token;

		if (token == TOKEN_ANY ||
		    (token >= TOKEN_SET && set_has(&m->sets[token - TOKEN_SET], c)))
			err = arrive(w, kid, plain, fresh);
	}
	return err;
}

/* The stars that live on and those that came alive, each once and in order. */
static int merge_stars(struct walk *w, u8 c, struct bh_vec *next)
{
	const struct bh_vec *old = &w->scratch->star[w->cur], *fresh = &w->scratch->fresh;
	u32 i = 0, j = 0;
	int err = 0;

	while ((i < old->nr || j < fresh->nr) && !err) {
		u32 x = i < old->nr ? old->v[i] : U32_MAX;
		u32 y = j < fresh->nr ? fresh->v[j] : U32_MAX;

		if (x <= y) {
			i++;
			if (x != y && c == '/' && w->m->nodes[x].token == TOKEN_STAR)
				continue;
		}
		if (y <= x)
			j++;
		err = bh_vec_push(next, min(x, y), w->scratch->gfp);
	}
	return err;
}

/*
 * Consumes a byte in all live states. Going through them in the order of their
 * numbers makes their children, too, come alive in that order.
 */
static int consume(struct walk *w, u8 c)
{
	struct bh_scratch *scratch = w->scratch;
	const struct bh_vec *plain = &scratch->plain[w->cur], *star = &scratch->star[w->cur];
	struct bh_vec *next_plain = &scratch->plain[!w->cur];
	struct bh_vec *next_star = &scratch->star[!w->cur];
	u32 i = 0, j = 0;
	int err = 0;

	next_plain->nr = 0;
	next_star->nr = 0;
	scratch->fresh.nr = 0;
	while ((i < plain->nr || j < star->nr) && !err) {
		u32 n;

		if (j == star->nr || (i < plain->nr && plain->v[i] < star->v[j]))
			n = plain->v[i++];
		else
			n = star->v[j++];
		err = step(w, n, c, next_plain, &scratch->fresh);
	}
	if (!err)
		err = merge_stars(w, c, next_star);
	w->cur = !w->cur;
	return err;
}

/* Where only a literal path lies ahead: no lists, one state. */
static void run_literally(struct walk *w, struct bh_vec *plain)
{
	const struct bh_matcher *m = w->m;
	u32 n = plain->v[0], kid;

	while (w->pos < w->len && m->nodes[n].nr_kids == m->nodes[n].nr_lit) {
		kid = literal_kid(m, &m->nodes[n], w->s[w->pos]);
		if (!kid) {
			plain->nr = 0;
			return;
		}
		/* arrive() looks at what is special about a state. */
		if (m->nodes[kid].tail || m->nodes[kid].nr_kids != m->nodes[kid].nr_lit)
			break;
		w->pos++;
		n = kid;
	}
	plain->v[0] = n;
}

/* At the end of the input: which live states are patterns' ends? */
static int collect(struct walk *w, const struct bh_vec *states)
{
	u32 i;
	int err = 0;

	for (i = 0; i < states->nr && !err; i++) {
		const struct bh_node *node = &w->m->nodes[states->v[i]];

		if (node->id != BH_NO_PATTERN)
			err = bh_vec_push(w->hits, node->id, w->scratch->gfp);
	}
	return err;
}

/* A single star with nothing behind it, the usual end of a pattern, is decided at once. */
static bool only_final_star(const struct walk *w)
{
	const struct bh_vec *star = &w->scratch->star[w->cur];
	const struct bh_node *node = &w->m->nodes[star->v[0]];

	return !w->scratch->plain[w->cur].nr && star->nr == 1 && !node->nr_kids &&
	       (node->token == TOKEN_GLOBSTAR || w->pos >= w->slash);
}

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
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
	struct walk w = {
		.m = m, .scratch = scratch, .hits = hits, .s = (const u8 *)s, .len = len,
	};
	struct bh_vec *plain, *star;
	int err;

	hits->nr = 0;
	if (!m->nr_patterns)
		return 0;
	w.slash = len;
	while (w.slash && s[w.slash - 1] != '/')
		w.slash--;

	scratch->plain[0].nr = 0;
	scratch->star[0].nr = 0;
	err = arrive(&w, 0, &scratch->plain[0], &scratch->star[0]);
	while (!err && w.pos < w.len) {
		plain = &scratch->plain[w.cur];
		star = &scratch->star[w.cur];
		if (!star->nr && plain->nr == 1) {
			run_literally(&w, plain);
			if (w.pos == w.len)
				break;
		}
		if (!plain->nr && !star->nr)
			break;
		if (star->nr && only_final_star(&w))
			break;
		w.pos++;
		err = consume(&w, w.s[w.pos - 1]);
	}
	if (!err)
		err = collect(&w, &scratch->plain[w.cur]);
	if (!err)
		err = collect(&w, &scratch->star[w.cur]);
	if (!err && hits->nr > 1)
		sort(hits->v, hits->nr, sizeof(*hits->v), compare_u32, NULL);
	return err;
}
