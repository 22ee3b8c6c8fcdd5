// SPDX-License-Identifier: GPL-2.0-only
/*
 * From events to rules: each refusal asks for a rule, equal rules become one, and those
 * of one directory become one where there are many.
 */
#define _GNU_SOURCE
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "learn.h"

/* Events */

struct seen {
	char *key;
	size_t index;
};

static int by_key(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* All that tells one refusal from another, for tsearch(). */
static char *key_of(const struct request *request)
{
	struct buf key = { 0 };
	struct buf pattern = { 0 };
	int i;

	buf_printf(&key, "%d %x", request->r.class, request->r.flags);
	for (i = 0; i < BH_ATTRS; i++)
		buf_printf(&key, " %x", request->r.attr[i]);
	for (i = 0; i < BH_STRINGS; i++) {
		buf_puts(&key, request->r.string[i].s ? " " : " -");
		if (!request->r.string[i].s)
			continue;
		suggest_pattern(&pattern, request->r.string[i].s, request->r.string[i].len);
		buf_add(&key, pattern.s, pattern.len);
		pattern.len = 0;
	}
	buf_free(&pattern);
	return key.s;
}

/* Text in a comment: one line, of ASCII, and not too long. */
static void put_comment(struct buf *out, const struct event *event, const char *key)
{
	const struct kv *kv = kvs_find(&event->kvs, key);
	size_t i;

	if (kv_is_none(kv)) {
		buf_puts(out, "?");
		return;
	}
	for (i = 0; i < kv->len && i < 160; i++) {
		unsigned char c = kv->value[i];

		if (c < ' ' || c > '~')
			buf_printf(out, "\\x%02x", c);
		else
			buf_add(out, (char *)&c, 1);
	}
	if (i < kv->len || kv->cut)
		buf_puts(out, "...");
}

static void put_file(struct buf *out, const struct event *event, const struct request *request)
{
	if (request->r.string[BH_EXEC_PATH].s)
		put_comment(out, event, "path");
	else if (request->r.attr[BH_EXEC_BACKING] == BH_BACKING_FILE)
		buf_puts(out, "a file without a path");
	else
		put_comment(out, event, "backing");
}

static char *describe(const struct event *event, const struct request *request)
{
	struct buf out = { 0 };

	put_comment(&out, event, kv_is_none(kvs_find(&event->kvs, "exe")) ? "comm" : "exe");
	switch (request->r.class) {
	case BH_EXEC:
		buf_puts(&out, request->r.attr[BH_EXEC_AS] == BH_AS_INTERPRETER ?
			 " ran, as interpreter, " : " ran ");
		put_file(&out, event, request);
		break;
	case BH_MAP:
		if (request->r.attr[BH_EXEC_BACKING] == BH_BACKING_ANONYMOUS) {
			buf_puts(&out, " made memory executable");
			break;
		}
		buf_puts(&out, " mapped ");
		put_file(&out, event, request);
		break;
	case BH_MOUNT:
		buf_puts(&out, ": ");
		put_comment(&out, event, "op");
		buf_puts(&out, " of ");
		put_comment(&out, event, "fstype");
		buf_puts(&out, " on ");
		put_comment(&out, event, "target");
		break;
	default:
		buf_puts(&out, ": ");
		put_comment(&out, event, "access");
		buf_puts(&out, " of ");
		put_comment(&out, event, kv_is_none(kvs_find(&event->kvs, "peer_exe")) ?
			    "peer_comm" : "peer_exe");
	}
	return out.s;
}

static bool is_refusal(const struct event *event)
{
	const char *verdict = event_get(event, "verdict", "");

	return event->kind == EVENT_VERDICT && strcmp(verdict, "allow");
}

static void note_policy(struct lesson *lesson, const struct event *event)
{
	const char *name = event_get(event, "policy", "");
	u64 version = strtoull(event_get(event, "version", "0"), NULL, 10);

	if (version > lesson->version)
		lesson->version = version;
	if (!lesson->policy)
		lesson->policy = xstrdup(name);
	else if (strcmp(lesson->policy, name))
		lesson->several = true;
}

static void note_layer(struct lesson *lesson, const struct request *request)
{
	if (request->r.class == BH_EXEC || request->r.class == BH_MAP)
		lesson->lower |= request->r.attr[BH_EXEC_LAYER] == BH_LAYER_LOWER;
}

static void add_refusal(struct lesson *lesson, const struct event *event, struct request *request,
			bool by_rule)
{
	struct seen wanted = { .key = key_of(request) }, *seen, **found;

	found = tfind(&wanted, &lesson->seen, by_key);
	if (found) {
		lesson->refusals[(*found)->index].count++;
		free(wanted.key);
		request_free(request);
		free(request);
		return;
	}
	seen = xmalloc(sizeof(*seen));
	*seen = (struct seen){ wanted.key, lesson->nr_refusals };
	if (!tsearch(seen, &lesson->seen, by_key))
		die("out of memory");
	GROW(lesson->refusals, lesson->nr_refusals, lesson->cap_refusals);
	lesson->refusals[lesson->nr_refusals++] = (struct refusal){
		.request = request, .count = 1, .by_rule = by_rule,
		.example = describe(event, request),
	};
}

/**
 * learn_event() - take an event in
 * @lesson: what was learnt so far
 * @event: any event
 * @policy: what allows already need not be learnt, or NULL
 */
void learn_event(struct lesson *lesson, const struct event *event, const struct bh_policy *policy)
{
	struct request *request;
	struct bh_verdict verdict;
	const char *why;

	if (event->kind == EVENT_LOST)
		lesson->lost += strtoul(event_get(event, "lost", "0"), NULL, 10);
	if (!is_refusal(event))
		return;
	request = xcalloc(1, sizeof(*request));
	if (request_from_event(request, event, &why)) {
		say("%s:%lu: this event is left out: %s", event->file, event->line, why);
		goto drop;
	}
	lesson->events++;
	note_policy(lesson, event);
	note_layer(lesson, request);
	verdict = (struct bh_verdict){ .action = BH_DENY };
	if (policy)
		request_decide(policy, request, &verdict);
	if (verdict.action != BH_ALLOW) {
		add_refusal(lesson, event, request, verdict.line);
		return;
	}
drop:
	request_free(request);
	free(request);
}

/* Rules */

static void add_rule(struct lesson *lesson, const struct learnt_rule *rule)
{
	GROW(lesson->rules, lesson->nr_rules, lesson->cap_rules);
	lesson->rules[lesson->nr_rules++] = *rule;
}

/** learnt_rule_drop() - free what a rule is made of */
void learnt_rule_drop(struct learnt_rule *rule)
{
	free(rule->pattern);
	free(rule->more);
	free(rule->starter);
	free(rule->rest);
	free(rule->example);
}

static char *string_pattern(const struct request *request, int slot, int level)
{
	char *pattern = generalize_path(request->r.string[slot].s, level), *cut;

	if (!(request->cut & (1 << slot)))
		return pattern;
	/* Of what the event cuts, only the beginning is known. */
	cut = xasprintf("%s**", pattern);
	free(pattern);
	return cut;
}

static void put_condition(struct buf *out, const struct request *request, const char *key,
			  int slot, int level)
{
	char *pattern;

	if (!request->r.string[slot].s || !request->r.string[slot].len)
		return;
	pattern = string_pattern(request, slot, level);
	buf_printf(out, " %s=", key);
	doc_write_value(out, pattern, strlen(pattern));
	free(pattern);
}

static void put_word(struct buf *out, const struct request *request, const char *name)
{
	const struct bh_key *key = bh_key_find(request->r.class, name, strlen(name));
	const struct bh_word *word;

	for (word = key->words; word->name; word++)
		if (word->bit & request->r.attr[key->index]) {
			buf_printf(out, " %s=%s", name, word->name);
			return;
		}
}

/* The dynamic loader changes its name with the C library's release. */
static char *loader_pattern(char *pattern, int level)
{
	char *name = strrchr(pattern, '/'), *loader;

	if (level < GENERALIZE_NAMES || !name || strncmp(name, "/ld-", 4) || !strstr(name, ".so"))
		return pattern;
	loader = xasprintf("%.*s/ld-*.so*", (int)(name - pattern), pattern);
	free(pattern);
	return loader;
}

static void file_rule(struct learnt_rule *rule, const struct request *request, int level)
{
	u32 backing = request->r.attr[BH_EXEC_BACKING];
	struct buf rest = { 0 };

	if (request->r.string[BH_EXEC_PATH].s && backing != BH_BACKING_ANONYMOUS) {
		rule->pattern = string_pattern(request, BH_EXEC_PATH, level);
		rule->upper = request->r.attr[BH_EXEC_LAYER] == BH_LAYER_UPPER;
		if (request->r.string[BH_EXEC_FROM].s)
			rule->starter = xstrdup(request->r.string[BH_EXEC_FROM].s);
	} else {
		if (backing)
			put_word(&rest, request, "backing");
		if (!backing || backing == BH_BACKING_FILE)
			put_condition(&rest, request, "fstype", BH_EXEC_FSTYPE, GENERALIZE_NOT);
		put_condition(&rest, request, "from", BH_EXEC_FROM, level);
	}
	if (request->r.class == BH_EXEC && request->r.attr[BH_EXEC_AS] == BH_AS_INTERPRETER) {
		buf_puts(&rest, " as=interpreter");
		if (rule->pattern)
			rule->pattern = loader_pattern(rule->pattern, level);
	}
	rule->rest = rest.s;
}

static void mount_rule(struct learnt_rule *rule, const struct request *request, int level)
{
	static const u32 wanted = BH_FLAG_RO | BH_FLAG_NOSUID | BH_FLAG_NODEV | BH_FLAG_NOEXEC;
	const struct bh_key *has = bh_key_find(BH_MOUNT, "has", 3);
	const char *source = request->r.string[BH_MOUNT_SOURCE].s, *before = " has=";
	const struct bh_word *word;
	struct buf rest = { 0 };

	put_word(&rest, request, "op");
	put_condition(&rest, request, "fstype", BH_MOUNT_FSTYPE, GENERALIZE_NOT);
	if (source && source[0] == '/')
		put_condition(&rest, request, "source", BH_MOUNT_SOURCE, level);
	put_condition(&rest, request, "target", BH_MOUNT_TARGET, level);
	for (word = has->words; word->name; word++) {
		if (!(word->bit & request->r.flags & wanted))
			continue;
		buf_printf(&rest, "%s%s", before, word->name);
		before = ",";
	}
	rule->rest = rest.s;
}

static void ptrace_rule(struct learnt_rule *rule, const struct request *request, int level)
{
	bool inside = request->r.attr[BH_PTRACE_PEER] & BH_PEER_INSIDE;
	bool tracee = request->r.attr[BH_PTRACE_ROLE] == BH_ROLE_TRACEE;
	struct buf rest = { 0 };

	if (!inside || level < GENERALIZE_FULL)
		put_word(&rest, request, "access");
	if (tracee)
		buf_puts(&rest, " role=tracee");
	put_word(&rest, request, "peer");
	if (!inside)
		put_condition(&rest, request, "exe", BH_PTRACE_EXE, level);
	rule->rest = rest.s;
}

static struct learnt_rule rule_for(const struct refusal *refusal, int level)
{
	struct learnt_rule rule = {
		.class = refusal->request->r.class, .count = refusal->count, .members = 1,
		.example = xstrdup(refusal->example),
	};

	switch (rule.class) {
	case BH_MOUNT:
		mount_rule(&rule, refusal->request, level);
		break;
	case BH_PTRACE:
		ptrace_rule(&rule, refusal->request, level);
		break;
	default:
		file_rule(&rule, refusal->request, level);
	}
	if (!rule.rest)
		rule.rest = xstrdup("");
	return rule;
}

/* Order */

static int by_text(const void *a, const void *b)
{
	const struct learnt_rule *x = a, *y = b;
	int order;

	if (x->class != y->class)
		return x->class - y->class;
	/* Files first, then what has no name. */
	if (!x->pattern != !y->pattern)
		return x->pattern ? -1 : 1;
	order = x->pattern ? strcmp(x->pattern, y->pattern) : 0;
	return order ?: strcmp(x->rest, y->rest);
}

static bool is_same(const struct learnt_rule *x, const struct learnt_rule *y)
{
	if (x->class != y->class || !x->pattern != !y->pattern ||
	    (x->pattern && strcmp(x->pattern, y->pattern)))
		return false;
	/* Without a word on it a rule is of programs and of interpreters. */
	return !strcmp(x->rest, y->rest) || (!*x->rest && !strcmp(y->rest, " as=interpreter"));
}

/* @names: what becomes the same stood for different names */
static void sort_and_join(struct lesson *lesson, bool names)
{
	size_t to = 0, i;

	if (!lesson->nr_rules)
		return;
	qsort(lesson->rules, lesson->nr_rules, sizeof(*lesson->rules), by_text);
	for (i = 1; i < lesson->nr_rules; i++) {
		struct learnt_rule *last = &lesson->rules[to], *rule = &lesson->rules[i];

		if (!is_same(last, rule)) {
			lesson->rules[++to] = *rule;
			continue;
		}
		last->count += rule->count;
		last->members += names ? rule->members : 0;
		last->upper |= rule->upper;
		learnt_rule_drop(rule);
	}
	lesson->nr_rules = to + 1;
}

/* Directories. Each tells what a rule would become, or NULL if nothing. */

static const char *name_of(const char *pattern)
{
	const char *slash = strrchr(pattern, '/');

	return slash ? slash + 1 : pattern;
}

static const char *ending(const char *pattern)
{
	return strstr(name_of(pattern), ".so") ? "*.so*" : "*";
}

static unsigned int depth_of(const char *s, size_t len)
{
	unsigned int depth = 0;

	while (len--)
		depth += s[len] == '/';
	return depth;
}

static char *library_directory(const struct learnt_rule *rule)
{
	const char *name = name_of(rule->pattern);

	if (rule->class != BH_MAP || name - rule->pattern < 2)
		return NULL;
	return xasprintf("%.*s%s", (int)(name - rule->pattern), rule->pattern,
			 ending(rule->pattern));
}

/* Where a language's package manager puts its trees. */
static char *package_tree(const struct learnt_rule *rule)
{
	static const char *const trees[] = {
		"/site-packages/", "/dist-packages/", "/node_modules/", "/gems/", "/perl5/",
	};
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trees) && rule->class == BH_MAP; i++) {
		at = strstr(rule->pattern, trees[i]);
		if (at)
			return xasprintf("%.*s*%s", (int)(at - rule->pattern + strlen(trees[i])),
					 rule->pattern, ending(rule->pattern));
	}
	return NULL;
}

/* A tree with libraries in several of its directories: not /usr/lib itself. */
static char *library_tree(const struct learnt_rule *rule)
{
	const char *end = name_of(rule->pattern) - 1;

	if (rule->class != BH_MAP || end <= rule->pattern)
		return NULL;
	end = memrchr(rule->pattern, '/', end - rule->pattern);
	if (!end || depth_of(rule->pattern, end - rule->pattern) < 3)
		return NULL;
	return xasprintf("%.*s/*%s", (int)(end - rule->pattern), rule->pattern,
			 ending(rule->pattern));
}

static bool is_system_directory(const char *pattern, size_t len)
{
	static const char *const directories[] = {
		"/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/local/bin/",
		"/usr/local/sbin/",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++)
		if (strlen(directories[i]) == len && !memcmp(directories[i], pattern, len))
			return true;
	return false;
}

/* Many programs of one package; what all packages share is another matter. */
static char *program_directory(const struct learnt_rule *rule)
{
	const char *name = name_of(rule->pattern);
	size_t len = name - rule->pattern;

	if (rule->class != BH_EXEC || len < 2 || is_system_directory(rule->pattern, len))
		return NULL;
	return xasprintf("%.*s*", (int)len, rule->pattern);
}

static char *whole_directory(const struct learnt_rule *rule)
{
	const char *end = rule->pattern, *slash;
	unsigned int parts = rule->class == BH_MAP && strncmp(end, "/usr/local/", 11) ? 2 : 3;

	if (rule->class == BH_EXEC)
		return xasprintf("%.*s**", (int)(name_of(rule->pattern) - rule->pattern),
				 rule->pattern);
	while (parts--) {
		slash = strchr(end + 1, '/');
		if (!slash)
			break;
		end = slash;
	}
	return xasprintf("%.*s/**", (int)(end - rule->pattern), rule->pattern);
}

/* What a rule would become, for qsort(). */
struct target {
	char *pattern;
	size_t rule;
};

static int by_target(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

/* Gives rules that would become the same their new pattern, if there are enough of them. */
static void widen(struct lesson *lesson, char *(*become)(const struct learnt_rule *rule),
		  size_t enough)
{
	struct target *targets = xcalloc(lesson->nr_rules, sizeof(*targets));
	size_t nr = 0, i, j, k;

	for (i = 0; i < lesson->nr_rules; i++) {
		char *pattern = lesson->rules[i].pattern;

		pattern = pattern && !is_anyones(pattern) ? become(&lesson->rules[i]) : NULL;
		if (pattern)
			targets[nr++] = (struct target){ pattern, i };
	}
	if (nr)
		qsort(targets, nr, sizeof(*targets), by_target);
	for (i = 0; i < nr; i = j) {
		for (j = i + 1; j < nr && !strcmp(targets[i].pattern, targets[j].pattern); j++)
			;
		for (k = i; k < j && j - i >= enough; k++) {
			char **pattern = &lesson->rules[targets[k].rule].pattern;

			free(*pattern);
			*pattern = xstrdup(targets[k].pattern);
		}
	}
	for (i = 0; i < nr; i++)
		free(targets[i].pattern);
	free(targets);
	sort_and_join(lesson, true);
}

/* Programs of one directory that one program starts: a rule for them all, as by hand. */

#define TOGETHER_MIN	3	/* fewer stay rules of their own */
#define TOGETHER_WIDTH	96	/* bytes of a rule, behind which the next begins */

static bool stands_alone(const struct learnt_rule *rule)
{
	return rule->class != BH_EXEC || !rule->pattern || !rule->starter || rule->upper ||
	       is_anyones(rule->pattern);
}

static size_t directory_len(const struct learnt_rule *rule)
{
	return name_of(rule->pattern) - rule->pattern;
}

static int by_company(const void *a, const void *b)
{
	const struct learnt_rule *x = a, *y = b;
	size_t len, other;
	int order;

	if (stands_alone(x) || stands_alone(y))
		return stands_alone(x) - stands_alone(y) ?: by_text(a, b);
	len = directory_len(x);
	other = directory_len(y);
	order = strncmp(x->pattern, y->pattern, len < other ? len : other);
	order = order ?: (len > other) - (len < other);
	order = order ?: strcmp(x->rest, y->rest);
	order = order ?: strcmp(x->starter, y->starter);
	return order ?: strcmp(x->pattern, y->pattern);
}

static bool is_company(const struct learnt_rule *x, const struct learnt_rule *y)
{
	return !stands_alone(x) && !stands_alone(y) && directory_len(x) == directory_len(y) &&
	       !strncmp(x->pattern, y->pattern, directory_len(x)) && !strcmp(x->rest, y->rest) &&
	       !strcmp(x->starter, y->starter);
}

/* Makes @rule a part of @first; false: the line would be too long. */
static bool take_in(struct learnt_rule *first, struct learnt_rule *rule)
{
	struct buf more = { 0 };

	buf_printf(&more, "%s,", first->more ?: "");
	doc_write_value(&more, rule->pattern, strlen(rule->pattern));
	if (strlen("allow exec path=") + strlen(first->pattern) + more.len + strlen(first->rest) >
	    TOGETHER_WIDTH) {
		buf_free(&more);
		return false;
	}
	free(first->more);
	first->more = more.s;
	first->count += rule->count;
	first->members += rule->members;
	learnt_rule_drop(rule);
	return true;
}

static void put_together(struct lesson *lesson)
{
	struct learnt_rule *rules = lesson->rules;
	size_t nr = lesson->nr_rules, to = 0, i, j, company;

	if (!nr)
		return;
	qsort(rules, nr, sizeof(*rules), by_company);
	for (i = 0; i < nr; i = j) {
		for (j = i + 1; j < nr && is_company(&rules[i], &rules[j]); j++)
			;
		company = j - i;
		rules[to++] = rules[i];
		while (++i < j)
			if (company < TOGETHER_MIN || !take_in(&rules[to - 1], &rules[i]))
				rules[to++] = rules[i];
	}
	lesson->nr_rules = to;
	qsort(rules, to, sizeof(*rules), by_text);
}

/**
 * learn_finish() - make rules of what was refused
 * @lesson: with all events taken in
 * @level: GENERALIZE_*
 */
void learn_finish(struct lesson *lesson, int level)
{
	struct learnt_rule rule;
	size_t i;

	for (i = 0; i < lesson->nr_refusals; i++) {
		if (lesson->refusals[i].by_rule)
			continue;
		rule = rule_for(&lesson->refusals[i], level);
		add_rule(lesson, &rule);
	}
	sort_and_join(lesson, false);
	if (level >= GENERALIZE_FULL) {
		widen(lesson, package_tree, 3);
		widen(lesson, library_directory, 5);
		widen(lesson, library_tree, 4);
		widen(lesson, program_directory, 12);
	}
	if (level >= GENERALIZE_WIDE)
		widen(lesson, whole_directory, 1);
	put_together(lesson);
}

/** learn_exact() - add a rule for a refusal alone */
void learn_exact(struct lesson *lesson, const struct refusal *refusal)
{
	struct learnt_rule rule = rule_for(refusal, GENERALIZE_NOT);

	add_rule(lesson, &rule);
}

static void free_seen(void *node)
{
	struct seen *seen = node;

	free(seen->key);
	free(seen);
}

void learn_free(struct lesson *lesson)
{
	size_t i;

	for (i = 0; i < lesson->nr_rules; i++)
		learnt_rule_drop(&lesson->rules[i]);
	for (i = 0; i < lesson->nr_refusals; i++) {
		request_free(lesson->refusals[i].request);
		free(lesson->refusals[i].request);
		free(lesson->refusals[i].example);
	}
	tdestroy(lesson->seen, free_seen);
	free(lesson->rules);
	free(lesson->refusals);
	free(lesson->policy);
}

/** learnt_rule_write() - append a rule, without indent and end of line */
void learnt_rule_write(struct buf *out, const struct learnt_rule *rule)
{
	buf_printf(out, "allow %s", bh_classes[rule->class].name);
	if (rule->pattern) {
		buf_puts(out, " path=");
		doc_write_value(out, rule->pattern, strlen(rule->pattern));
		buf_puts(out, rule->more ?: "");
	}
	buf_puts(out, rule->rest);
}

/** learnt_rule_comment() - append what it is for: `# 3 events: ...` */
void learnt_rule_comment(struct buf *out, const struct learnt_rule *rule)
{
	buf_printf(out, "# %lu event%s", rule->count, rule->count == 1 ? "" : "s");
	if (rule->members > 1)
		buf_printf(out, ", %u names", rule->members);
	buf_printf(out, ": %s", rule->example);
}
