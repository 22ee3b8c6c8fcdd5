// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns that match nothing in the tree that a policy is for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <match.h>

#include "command.h"
#include "lint.h"

/* A pattern of the policy, and whether a file was found that matches. */
struct wanted {
	size_t line;
	const struct doc_cond *cond;
	const struct doc_value *value;
	u32 number;
};

/* All that the tree is asked for; nftw() takes no argument of its caller's. */
static struct {
	struct wanted *v;
	size_t nr;
	size_t cap;
	struct bh_patterns patterns;
	struct bh_matcher matcher;
	u32 *ids;
	bool *hit;
	struct bh_scratch scratch;
	struct bh_vec hits;
	size_t root_len;
	char *unreadable;
} search;

static void want_value(size_t line, const struct doc_cond *cond, const struct doc_value *value)
{
	const char *why;
	int number = bh_patterns_add(&search.patterns, value->s, value->len, &why);

	if (number < 0)
		return;
	GROW(search.v, search.nr, search.cap);
	search.v[search.nr++] = (struct wanted){ line, cond, value, number };
}

/* A rule that refuses may speak of what is not there yet; one that allows has a file in mind. */
static void want_rule(const struct lint *lint, size_t i)
{
	const struct doc_line *rule = &lint->doc->lines[i];
	size_t c, v;

	if (rule->kind != DOC_RULE || rule->class == BH_MOUNT)
		return;
	for (c = 0; c < rule->nr_conds; c++) {
		const struct doc_cond *cond = &rule->conds[c];
		const struct bh_key *key = bh_key_find(rule->class, cond->key, strlen(cond->key));

		if (!key || key->kind != BH_KEY_PATH)
			continue;
		for (v = 0; v < cond->nr; v++)
			if (rule->action == BH_ALLOW || pattern_is_literal(cond->values[v].s))
				want_value(i, cond, &cond->values[v]);
	}
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + search.root_len;
	u32 i;

	(void)ftw;
	if ((type == FTW_DNR || type == FTW_NS) && !search.unreadable)
		search.unreadable = xstrdup(path);
	if (type == FTW_NS)
		return 0;
	if (!S_ISREG(st->st_mode))
		return 0;
	search.hits.nr = 0;
	if (bh_match(&search.matcher, name, strlen(name), &search.scratch, &search.hits))
		die("out of memory");
	for (i = 0; i < search.hits.nr; i++)
		search.hit[search.hits.v[i]] = true;
	return 0;
}

/*
 * Where a path of the tree leads to when its links are followed inside of the tree.
 * NULL if to nothing, or nowhere else.
 */
static char *resolve(const char *root, const char *path)
{
	char *at = xstrdup(path), *next, *part, target[4096];
	struct buf real = { 0 };
	int links = 0;
	ssize_t len;
	char *full;

	for (part = at; *part && links < 40;) {
		next = part + 1 + strcspn(part + 1, "/");
		full = xasprintf("%s%s%.*s", root, real.s ?: "", (int)(next - part), part);
		len = readlink(full, target, sizeof(target) - 1);
		free(full);
		if (len <= 0) {
			buf_add(&real, part, next - part);
			part = next;
			continue;
		}
		target[len] = '\0';
		links++;
		/* What is left is looked up from where the link leads to. */
		if (target[0] == '/')
			real.len = 0;
		full = xasprintf("%s%s%s", target[0] == '/' ? "" : "/", target, next);
		free(at);
		at = full;
		part = at;
	}
	free(at);
	full = xasprintf("%s%s", root, real.s ?: "");
	if (!links || links == 40 || !real.s || strstr(real.s, "/..") || access(full, F_OK))
		buf_free(&real);
	free(full);
	return real.s;
}

/* The host's own root is kept as "", so that names can follow. */
static const char *shown_root(const struct lint *lint)
{
	return *lint->root ? lint->root : "/";
}

static void warn_unmatched(struct lint *lint, const struct wanted *wanted)
{
	const char *key = wanted->cond->key, *value = wanted->value->s;
	char *real = pattern_is_literal(value) ? resolve(lint->root, value) : NULL;

	if (real)
		lint_warn(lint, wanted->line, wanted->value->column,
			  "%s is a link in %s, and a file is known by its own path: write \"%s=%s\"",
			  value, shown_root(lint), key, real);
	else if (!strncmp(value, "/bin/", 5) || !strncmp(value, "/sbin/", 6) ||
		 !strncmp(value, "/lib", 4))
		lint_warn(lint, wanted->line, wanted->value->column,
			  "no file in %s matches: its programs and libraries are in /usr: write \"%s=/usr%s\"",
			  shown_root(lint), key, value);
	else
		lint_warn(lint, wanted->line, wanted->value->column,
			  "no file in %s matches %s: correct it, or take it out",
			  shown_root(lint), value);
	free(real);
}

static void end_search(void)
{
	bh_matcher_free(&search.matcher);
	bh_patterns_free(&search.patterns);
	bh_vec_free(&search.hits);
	free(search.ids);
	free(search.hit);
	free(search.v);
	free(search.unreadable);
	memset(&search, 0, sizeof(search));
}

/**
 * lint_root() - warn of patterns that match nothing in the tree
 * @lint: the policy, with a root
 */
void lint_root(struct lint *lint)
{
	size_t i;

	bh_scratch_init(&search.scratch, GFP_KERNEL);
	bh_vec_init(&search.hits);
	search.root_len = strlen(lint->root);
	for (i = lint->block->first; i < lint->block->end; i++)
		want_rule(lint, i);
	if (search.nr) {
		search.ids = xcalloc(search.patterns.nr, sizeof(*search.ids));
		search.hit = xcalloc(search.patterns.nr, sizeof(*search.hit));
		if (bh_matcher_build(&search.matcher, &search.patterns, search.ids))
			die("out of memory");
		if (nftw(shown_root(lint), visit, 64, FTW_PHYS))
			die("cannot walk through %s: %s", shown_root(lint), strerror(errno));
	}
	if (search.unreadable) {
		say("cannot read %s: what matches in %s is not known: run this as somebody who can",
		    search.unreadable, shown_root(lint));
		lint->blind = true;
	}
	for (i = 0; i < search.nr && !lint->blind; i++)
		if (!search.hit[search.ids[search.v[i].number]])
			warn_unmatched(lint, &search.v[i]);
	end_search();
}
