// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that another makes useless.
 *
 * A rule implies another if each of the other's conditions follows from one of its own.
 * That is told where it is certain, and only there: a warning that is wrong is worse than
 * one that is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lint.h"

/* Pairs of rules are compared: more rules of a class than this are let be. */
#define RULES_MAX 3000

/* Does every string that matches @a match @b? False where that is not certain. */
static bool pattern_within(const char *a, const char *b)
{
	size_t len = strlen(b);

	if (!strcmp(a, b) || !strcmp(b, "**"))
		return true;
	/* What begins like b up to its final `**`. */
	if (len > 2 && !strcmp(b + len - 2, "**") && !memchr(b, '*', len - 2) &&
	    !strpbrk(b, "?[\\"))
		return !strncmp(a, b, len - 2);
	return false;
}

static bool is_within_any(const char *s, const struct doc_cond *cond)
{
	size_t i;

	for (i = 0; i < cond->nr; i++)
		if (pattern_within(s, cond->values[i].s))
			return true;
	return false;
}

static bool all_within(const struct doc_cond *a, const struct doc_cond *b)
{
	size_t i;

	for (i = 0; i < a->nr; i++)
		if (!is_within_any(a->values[i].s, b))
			return false;
	return true;
}

static u32 bits_of(const struct bh_key *key, const struct doc_cond *cond)
{
	const struct bh_word *word;
	u32 bits = 0;
	size_t i;

	for (i = 0; i < cond->nr; i++) {
		word = bh_word_find(key->words, cond->values[i].s, cond->values[i].len);
		bits |= word ? word->bit : 0;
	}
	return bits;
}

/* Does the one condition follow from the other, on the same key? */
static bool cond_implies(int class, const struct doc_cond *a, const struct doc_cond *b)
{
	const struct bh_key *key = bh_key_find(class, a->key, strlen(a->key));
	u32 x, y;

	if (!key || strcmp(a->key, b->key) || a->negated != b->negated)
		return false;
	if (bh_key_has_values(key))
		return a->negated ? all_within(b, a) : all_within(a, b);
	x = bits_of(key, a);
	y = bits_of(key, b);
	/* Of an enumeration one value suffices, of flags all are needed. */
	if (key->kind == BH_KEY_ENUM && !a->negated)
		return !(x & ~y);
	return !(y & ~x);
}

static bool is_tracer(const struct doc_line *rule)
{
	const struct doc_cond *role = doc_find(rule, "role");

	return !role || (role->nr == 1 && !role->negated && !strcmp(role->values[0].s, "tracer"));
}

/* Does every request that matches @a match @b? */
static bool rule_implies(const struct doc_line *a, const struct doc_line *b)
{
	size_t i, j;

	/* Without a word on it a rule speaks of the tracer. */
	if (a->class == BH_PTRACE && is_tracer(a) != is_tracer(b))
		return false;
	for (i = 0; i < b->nr_conds; i++) {
		if (a->class == BH_PTRACE && is_tracer(b) && !strcmp(b->conds[i].key, "role"))
			continue;
		for (j = 0; j < a->nr_conds; j++)
			if (cond_implies(a->class, &a->conds[j], &b->conds[i]))
				break;
		if (j == a->nr_conds)
			return false;
	}
	return true;
}

/* Is @a never what decides, because of @b? */
static bool makes_useless(const struct doc_line *a, const struct doc_line *b, bool later)
{
	if (a->class != b->class || b->action < a->action || !rule_implies(a, b))
		return false;
	if (b->action > a->action)
		return true;
	/* Of two that say the same the later one goes. */
	return b->report > a->report || (b->report == a->report && (later || !rule_implies(b, a)));
}

static void warn_useless(struct lint *lint, size_t i, size_t by)
{
	const struct doc_line *a = &lint->doc->lines[i], *b = &lint->doc->lines[by];
	struct buf code = { 0 };

	doc_write_code(&code, b);
	if (a->action == BH_ALLOW && b->action != BH_ALLOW)
		lint_warn(lint, i, a->words[0].column,
			  "this never counts: line %zu (%s) refuses all of it: take it out, or narrow line %zu",
			  by + 1, code.s, by + 1);
	else if (a->report == BH_QUIET && b->report != BH_QUIET)
		lint_warn(lint, i, a->words[0].column,
			  "this is not quiet: line %zu (%s) reports all of it: write \"quiet\" there, or narrow it",
			  by + 1, code.s);
	else
		lint_warn(lint, i, a->words[0].column,
			  "this adds nothing to line %zu (%s): take it out", by + 1, code.s);
	buf_free(&code);
}

/**
 * lint_useless() - warn of rules that another makes useless
 * @lint: the policy
 */
void lint_useless(struct lint *lint)
{
	const struct doc_line *lines = lint->doc->lines;
	size_t nr = 0, i, j;

	for (i = lint->block->first; i < lint->block->end; i++)
		nr += lines[i].kind == DOC_RULE;
	for (i = lint->block->first; i < lint->block->end && nr <= RULES_MAX; i++) {
		if (lines[i].kind != DOC_RULE)
			continue;
		for (j = lint->block->first; j < lint->block->end; j++)
			if (i != j && lines[j].kind == DOC_RULE &&
			    makes_useless(&lines[i], &lines[j], j < i)) {
				warn_useless(lint, i, j);
				break;
			}
	}
}
