// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is legal and probably a mistake: each with the place, and with what to write.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "judge.h"
#include "lint.h"
#include "request.h"

/**
 * lint_warn() - keep a warning about a line, until all are said in their order
 * @lint: the policy
 * @line: index of the line
 * @column: counted from 1
 * @format: a sentence that says what to write
 */
void lint_warn(struct lint *lint, size_t line, unsigned int column, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die("out of memory");
	va_end(args);
	GROW(lint->warnings, lint->nr, lint->cap);
	lint->warnings[lint->nr] = (struct lint_warning){ line, column, lint->nr, text };
	lint->nr++;
}

static int by_place(const void *a, const void *b)
{
	const struct lint_warning *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* As a compiler does, so that an editor can step through them. */
static void say_warnings(struct lint *lint)
{
	size_t i;

	if (lint->nr)
		qsort(lint->warnings, lint->nr, sizeof(*lint->warnings), by_place);
	for (i = 0; i < lint->nr; i++) {
		say_at(lint->doc->label, lint->warnings[i].line + 1, lint->warnings[i].column,
		       SEVERITY_WARNING, "%s", lint->warnings[i].text);
		free(lint->warnings[i].text);
	}
	free(lint->warnings);
}

/** pattern_is_literal() - does a pattern match only one string? */
bool pattern_is_literal(const char *s)
{
	return !strpbrk(s, "?*[\\");
}

static const struct doc_line *line_at(const struct lint *lint, size_t i)
{
	return &lint->doc->lines[i];
}

static bool has_default(const struct lint *lint, int class)
{
	size_t i;

	for (i = lint->block->first; i < lint->block->end; i++)
		if (line_at(lint, i)->kind == DOC_DEFAULT && line_at(lint, i)->class == class)
			return true;
	return false;
}

static size_t count_rules(const struct lint *lint, int class, int action)
{
	size_t nr = 0, i;

	for (i = lint->block->first; i < lint->block->end; i++) {
		const struct doc_line *line = line_at(lint, i);

		nr += line->kind == DOC_RULE && line->class == class &&
		      (action < 0 || line->action == action);
	}
	return nr;
}

static bool is_mentioned(const struct lint *lint, int class)
{
	return has_default(lint, class) || count_rules(lint, class, -1);
}

static size_t default_line(const struct lint *lint, int class)
{
	size_t i;

	for (i = lint->block->first; i < lint->block->end; i++)
		if (line_at(lint, i)->kind == DOC_DEFAULT && line_at(lint, i)->class == class)
			return i;
	return lint->block->first;
}

/* Would the policy let the file run? */
static bool runs(const struct lint *lint, enum bh_class class, const char *path, u32 as)
{
	struct request request = { .r.class = class };
	struct bh_verdict verdict;

	request.r.string[BH_EXEC_PATH] = (struct bh_string){ path, strlen(path) };
	request.r.string[BH_EXEC_FROM] = (struct bh_string){ "/usr/bin/x", 10 };
	request.r.string[BH_EXEC_FSTYPE] = (struct bh_string){ "overlay", 7 };
	request.r.attr[BH_EXEC_AS] = class == BH_EXEC ? as : 0;
	request.r.attr[BH_EXEC_SETID] = class == BH_EXEC ? BH_SETID_NO : 0;
	request.r.attr[BH_EXEC_BACKING] = BH_BACKING_FILE;
	request.r.attr[BH_EXEC_LAYER] = BH_LAYER_LOWER;
	request.r.flags = BH_FLAG_RO;
	request_decide(lint->policy, &request, &verdict);
	return verdict.action == BH_ALLOW;
}

/* The policy as a whole */

static void lint_mode(struct lint *lint)
{
	size_t i;

	for (i = lint->block->first; i < lint->block->end; i++)
		if (line_at(lint, i)->kind == DOC_MODE && lint->policy->audit_mode)
			lint_warn(lint, i, line_at(lint, i)->words[0].column,
				  "nothing is denied in this mode: write \"mode enforce\" when the events have gone quiet");
}

static void lint_nothing(struct lint *lint)
{
	int class;

	for (class = 0; class < BH_CLASSES; class++)
		if (lint->policy->defaults[class] != BH_ALLOW ||
		    count_rules(lint, class, BH_DENY) || count_rules(lint, class, BH_KILL))
			return;
	lint_warn(lint, lint->block->first, 1,
		  "this policy refuses nothing: write \"default exec deny\", \"default mount deny\" and so on");
}

static void lint_map(struct lint *lint)
{
	if (lint->policy->defaults[BH_EXEC] == BH_ALLOW || is_mentioned(lint, BH_MAP))
		return;
	lint_warn(lint, default_line(lint, BH_EXEC), 1,
		  "not a word on map: LD_PRELOAD and \"ld.so PROGRAM\" get round exec rules: write \"default map deny\" and \"allow map path=...\" for the libraries");
}

static void lint_forgotten(struct lint *lint)
{
	static const struct {
		int class;
		const char *harm;
	} classes[] = {
		{ BH_MOUNT, "a fresh proc or cgroup, or what covers a mask, may be mounted" },
		{ BH_PTRACE, "processes outside may be looked into and traced" },
	};
	size_t i;

	if (lint->policy->defaults[BH_EXEC] == BH_ALLOW)
		return;
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		const char *name = bh_classes[classes[i].class].name;

		if (is_mentioned(lint, classes[i].class))
			continue;
		lint_warn(lint, lint->block->first, 1,
			  "not a word on %s: %s: write \"default %s deny\", or \"default %s allow\" if that is meant",
			  name, classes[i].harm, name, name);
	}
}

static void lint_interpreter(struct lint *lint)
{
	static const char *const loaders[] = {
		"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
		"/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
		"/usr/lib64/ld-linux-x86-64.so.2", "/usr/lib/ld-linux-x86-64.so.2",
		"/usr/lib/ld-linux-aarch64.so.1", "/usr/lib64/ld-linux-aarch64.so.1",
		"/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1",
		"/lib64/ld-linux-x86-64.so.2",
	};
	size_t i;

	if (lint->policy->defaults[BH_EXEC] == BH_ALLOW || !count_rules(lint, BH_EXEC, BH_ALLOW))
		return;
	for (i = 0; i < ARRAY_SIZE(loaders); i++)
		if (runs(lint, BH_EXEC, loaders[i], BH_AS_INTERPRETER))
			return;
	for (i = lint->block->first; i < lint->block->end; i++)
		if (line_at(lint, i)->kind == DOC_RULE && doc_find(line_at(lint, i), "digest"))
			return;
	lint_warn(lint, default_line(lint, BH_EXEC), 1,
		  "no dynamic program can start: its loader runs as interpreter and needs a rule: write \"allow exec path=/usr/lib/**/ld-*.so* as=interpreter\"");
}

/* Rules */

static void lint_allow_in_allow(struct lint *lint, size_t i)
{
	const struct doc_line *rule = line_at(lint, i);
	const char *name = bh_classes[rule->class].name;

	if (rule->action != BH_ALLOW || rule->report == BH_AUDIT ||
	    lint->policy->defaults[rule->class] != BH_ALLOW)
		return;
	/* No default speaks of those that trace. */
	if (rule->class == BH_PTRACE && doc_find(rule, "role"))
		return;
	lint_warn(lint, i, rule->words[0].column,
		  "this changes nothing, since %s is allowed where no rule matches: write \"default %s deny\"",
		  name, name);
}

static bool has_word(const struct doc_cond *cond, const char *word)
{
	size_t i;

	for (i = 0; i < cond->nr; i++)
		if (!strcmp(cond->values[i].s, word))
			return true;
	return false;
}

static void lint_kill_tracee(struct lint *lint, size_t i)
{
	const struct doc_line *rule = line_at(lint, i);
	const struct doc_cond *role = doc_find(rule, "role");

	if (rule->action != BH_KILL || rule->class != BH_PTRACE || !role)
		return;
	if (has_word(role, "tracee") != role->negated)
		lint_warn(lint, i, role->column,
			  "this kills whoever looks in, a debugger or ps(1) of the host as well: write \"deny ptrace role=tracee ...\"");
}

static void lint_denylist(struct lint *lint, size_t i)
{
	const struct doc_line *rule = line_at(lint, i);
	const struct doc_cond *path = doc_find(rule, "path");

	if (rule->action == BH_ALLOW || (rule->class != BH_EXEC && rule->class != BH_MAP) ||
	    lint->policy->defaults[rule->class] != BH_ALLOW || !path || path->negated ||
	    !pattern_is_literal(path->values[0].s))
		return;
	lint_warn(lint, i, path->column,
		  "a copy under another name is not refused: write \"default %s deny\" and allow what is needed",
		  bh_classes[rule->class].name);
}

static bool asks_for(const struct doc_line *rule, const char *key, const char *value)
{
	const struct doc_cond *cond = doc_find(rule, key);

	return cond && !cond->negated && has_word(cond, value);
}

/* Does it speak of directories called dev only? */
static bool is_for_devices(const struct doc_line *rule)
{
	const struct doc_cond *target = doc_find(rule, "target");
	size_t i;

	for (i = 0; target && i < target->nr; i++) {
		const struct doc_value *value = &target->values[i];

		if (value->len < 4 || strcmp(value->s + value->len - 4, "/dev"))
			return false;
	}
	return target && !target->negated;
}

static void lint_mount(struct lint *lint, size_t i)
{
	const struct doc_line *rule = line_at(lint, i);
	unsigned int column = rule->words[0].column;
	bool mounts, safe;

	if (rule->class != BH_MOUNT || rule->action != BH_ALLOW ||
	    lint->policy->defaults[BH_MOUNT] == BH_ALLOW)
		return;
	mounts = !doc_find(rule, "op") || asks_for(rule, "op", "mount");
	safe = asks_for(rule, "has", "nosuid") &&
	       (asks_for(rule, "has", "nodev") || is_for_devices(rule));
	/* Devices are what the one is for; from huge pages no program runs. */
	safe |= asks_for(rule, "fstype", "devpts") || asks_for(rule, "fstype", "hugetlbfs");
	if (mounts && !doc_find(rule, "fstype"))
		lint_warn(lint, i, column,
			  "this allows every file system, proc and cgroup among them: write \"fstype=tmpfs\" or what is needed");
	else if (mounts && !safe)
		lint_warn(lint, i, column,
			  "what is mounted may hold set-id programs and devices: write \"has=nosuid,nodev\"");
	if (asks_for(rule, "op", "bind") && !doc_find(rule, "source") && !doc_find(rule, "target"))
		lint_warn(lint, i, column,
			  "this lets anything be bound over anything: write \"source=\" and \"target=\"");
}

static void lint_outside(struct lint *lint, size_t i)
{
	const struct doc_line *rule = line_at(lint, i);

	if (rule->class != BH_PTRACE || rule->action != BH_ALLOW || doc_find(rule, "role"))
		return;
	if (asks_for(rule, "peer", "outside") && !doc_find(rule, "exe"))
		lint_warn(lint, i, doc_find(rule, "peer")->column,
			  "this shows the container every process of the host: write \"peer=inside\", or name the peer by \"exe=\"");
	else if (!doc_find(rule, "peer") && !doc_find(rule, "exe"))
		lint_warn(lint, i, rule->words[0].column,
			  "this speaks of processes outside as well: write \"peer=inside\"");
}

static void lint_script(struct lint *lint, size_t i)
{
	static const char *const interpreters[] = {
		"/usr/bin/dash", "/usr/bin/bash", "/bin/busybox", "/usr/bin/busybox",
		"/usr/bin/python3", "/usr/bin/python3.11", "/usr/bin/perl", "/usr/bin/env",
		"/bin/sh", "/bin/bash", "/usr/bin/sh",
	};
	static const char *const suffixes[] = { ".sh", ".py", ".pl", ".bash" };
	const struct doc_line *rule = line_at(lint, i);
	const struct doc_cond *path = doc_find(rule, "path");
	const char *dot = path ? strrchr(path->values[0].s, '.') : NULL;
	bool script = false;
	size_t s;

	for (s = 0; dot && s < ARRAY_SIZE(suffixes); s++)
		script |= !strcmp(dot, suffixes[s]);
	if (!script || rule->class != BH_EXEC || rule->action != BH_ALLOW || path->negated ||
	    lint->policy->defaults[BH_EXEC] == BH_ALLOW)
		return;
	for (s = 0; s < ARRAY_SIZE(interpreters); s++)
		if (runs(lint, BH_EXEC, interpreters[s], BH_AS_INTERPRETER))
			return;
	lint_warn(lint, i, path->column,
		  "a script is judged again as its interpreter, which no rule allows: write \"allow exec path=/usr/bin/dash as=interpreter\" or what its first line names");
}

/* Values */

/* What is wrong with a pattern, and what to write; NULL: nothing. */
struct value_check {
	bool paths_only;
	const char *(*wrong)(const struct doc_line *rule, const struct doc_cond *cond,
			     const char *value, struct buf *say);
};

static const char *wrong_brace(const struct doc_line *rule, const struct doc_cond *cond,
			       const char *value, struct buf *say)
{
	if (!strpbrk(value, "{}"))
		return NULL;
	(void)rule;
	buf_printf(say,
		   "braces are bytes like any other: write each value in full, \"%s=/a/x,/b/x\"",
		   cond->key);
	return say->s;
}

static const char *wrong_quotes(const struct doc_line *rule, const struct doc_cond *cond,
				const char *value, struct buf *say)
{
	(void)rule;
	(void)cond;
	if (!strstr(value, "\xe2\x80\x9c") && !strstr(value, "\xe2\x80\x9d") &&
	    !strstr(value, "\xe2\x80\x98") && !strstr(value, "\xe2\x80\x99"))
		return NULL;
	buf_puts(say, "a typographic quote belongs to the value here: write \" on both sides");
	return say->s;
}

static const char *wrong_negated_set(const struct doc_line *rule, const struct doc_cond *cond,
				     const char *value, struct buf *say)
{
	(void)rule;
	(void)cond;
	if (!strstr(value, "[^"))
		return NULL;
	buf_puts(say, "[^a] is a set of ^ and a: write [!a] for what is not in it");
	return say->s;
}

static const char *wrong_regex(const struct doc_line *rule, const struct doc_cond *cond,
			       const char *value, struct buf *say)
{
	size_t len = strlen(value);

	(void)rule;
	(void)cond;
	if (!strstr(value, "/.*") && !strstr(value, "\\.") && !strstr(value, ".+") &&
	    !(len > 1 && value[len - 1] == '$'))
		return NULL;
	buf_puts(say,
		 "this is not a regular expression: write * for a run without /, ** for any run, and . for itself");
	return say->s;
}

static const char *wrong_variable(const struct doc_line *rule, const struct doc_cond *cond,
				  const char *value, struct buf *say)
{
	(void)rule;
	(void)cond;
	if (!strstr(value, "/~") && !strstr(value, "$") && !strstr(value, "@{"))
		return NULL;
	buf_puts(say, "there are no variables and no home directories: write the path in full");
	return say->s;
}

/* Does another value of the condition name the file, or a directory that it is in? */
static bool has_value(const struct doc_cond *cond, const char *value)
{
	size_t i, len;

	for (i = 0; i < cond->nr; i++) {
		const char *s = cond->values[i].s;

		len = strlen(s);
		if (!strcmp(s, value) || (len > 2 && !strcmp(s + len - 2, "**") &&
					  !strncmp(s, value, len - 2)))
			return true;
	}
	return false;
}

static const char *wrong_merged_usr(const struct doc_line *rule, const struct doc_cond *cond,
				    const char *value, struct buf *say)
{
	static const char *const merged[] = { "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/" };
	char *usr;
	size_t i;

	(void)rule;
	for (i = 0; i < ARRAY_SIZE(merged); i++)
		if (!strncmp(value, merged[i], strlen(merged[i])))
			break;
	/* musl's loader lies there, whatever the image. */
	if (i == ARRAY_SIZE(merged) || !strncmp(value, "/lib/ld-musl", 12))
		return NULL;
	usr = xasprintf("/usr%s", value);
	if (!has_value(cond, usr))
		buf_printf(say,
			   "where /usr is merged, as on Debian 12, the file's path is in /usr: write \"%s=%s\", or both",
			   cond->key, usr);
	free(usr);
	return say->s;
}

static const char *wrong_directory(const struct doc_line *rule, const struct doc_cond *cond,
				   const char *value, struct buf *say)
{
	static const char *const directories[] = {
		"/", "/bin", "/sbin", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64",
		"/usr/libexec", "/usr/local", "/usr/local/bin", "/usr/share", "/lib", "/lib64",
		"/etc", "/opt", "/tmp", "/var", "/var/tmp", "/home", "/root", "/run", "/dev/shm",
		"/srv", "/app", "/mnt",
	};
	size_t len = strlen(value), i;

	if (rule->class == BH_MOUNT)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(directories); i++)
		if (!strcmp(value, directories[i]))
			buf_printf(say,
				   "this is a directory, and no file in it matches: write \"%s=%s/**\"",
				   cond->key, len > 1 ? value : "");
	return say->s;
}

static const char *wrong_library(const struct doc_line *rule, const struct doc_cond *cond,
				 const char *value, struct buf *say)
{
	static const char *const one_level[] = {
		"/usr/lib/*", "/usr/lib/*.so", "/usr/lib/*.so*", "/usr/lib/*.so.*", "/lib/*.so*",
	};
	const char *so = strstr(value, ".so.");
	size_t i;

	if (rule->class != BH_MAP || rule->action != BH_ALLOW || cond->negated)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(one_level); i++)
		if (!strcmp(value, one_level[i])) {
			buf_puts(say,
				 "* stops at /, and libraries lie a directory deeper: write \"path=/usr/lib/**\"");
			return say->s;
		}
	/* Two numbers or more behind .so: the next update brings others. */
	if (so && pattern_is_literal(value) && strchr(so + 4, '.'))
		buf_printf(say,
			   "the next update brings another number: write \"%s=%.*s*\"",
			   cond->key,
			   (int)(so + 4 - value), value);
	return say->s;
}

static const char *wrong_writable(const struct doc_line *rule, const struct doc_cond *cond,
				  const char *value, struct buf *say)
{
	static const char *const anyones[] = {
		"/tmp/", "/var/tmp/", "/dev/shm/", "/run/", "/proc/", "/home/", "**",
	};
	size_t i;

	if (rule->action != BH_ALLOW || cond->negated || strcmp(cond->key, "path") ||
	    doc_find(rule, "digest") || doc_find(rule, "layer") || doc_find(rule, "has"))
		return NULL;
	if (!strcmp(value, "/**") || !strcmp(value, "**")) {
		buf_puts(say,
			 "this allows every file, what an intruder brings as well: write the directories of the image, or \"layer=lower\"");
		return say->s;
	}
	for (i = 0; i + 1 < ARRAY_SIZE(anyones); i++)
		if (!strncmp(value, anyones[i], strlen(anyones[i])) && !pattern_is_literal(value))
			buf_printf(say,
				   "who may write to %s may run what they like: add \"digest=\" or \"layer=lower\", or name another directory",
				   anyones[i]);
	return say->s;
}

static const char *wrong_from(const struct doc_line *rule, const struct doc_cond *cond,
			      const char *value, struct buf *say)
{
	const char *dot = strrchr(value, '.');

	(void)rule;
	if ((strcmp(cond->key, "from") && strcmp(cond->key, "exe")) || !dot ||
	    (strcmp(dot, ".sh") && strcmp(dot, ".py") && strcmp(dot, ".pl") && strcmp(dot, ".js")))
		return NULL;
	buf_printf(say,
		   "a script's executable is its interpreter: write \"%s=/usr/bin/dash\" or the like",
		   cond->key);
	return say->s;
}

static const char *wrong_never(const struct doc_line *rule, const struct doc_cond *cond,
			       const char *value, struct buf *say)
{
	size_t len = strlen(value);

	(void)rule;
	if (strstr(value, "//") || strstr(value, "/./") || strstr(value, "/../"))
		buf_puts(say, "no path holds //, /./ or /../: write it without");
	else if (len > 1 && value[len - 1] == '/')
		buf_printf(say,
			   "no path ends with /: write \"%s=%s**\" for what is below",
			   cond->key,
			   value);
	else if (!strncmp(value, "/proc/self/", 11) || !strncmp(value, "/dev/fd/", 8))
		buf_puts(say,
			 "a file is known by its own path, not by a link to it: write the path that the link leads to");
	return say->s;
}

static const struct value_check value_checks[] = {
	{ false, wrong_brace },
	{ false, wrong_quotes },
	{ false, wrong_negated_set },
	{ true, wrong_never },
	{ true, wrong_regex },
	{ true, wrong_variable },
	{ true, wrong_merged_usr },
	{ true, wrong_directory },
	{ true, wrong_library },
	{ true, wrong_writable },
	{ true, wrong_from },
};

/* The first thing that is wrong with a value; more would only repeat it. */
static void lint_value(struct lint *lint, size_t i, const struct doc_cond *cond,
		       const struct doc_value *value, const struct bh_key *key)
{
	const struct doc_line *rule = line_at(lint, i);
	struct buf say = { 0 };
	size_t c;

	for (c = 0; c < ARRAY_SIZE(value_checks) && !say.len; c++) {
		if (value_checks[c].paths_only && key->kind != BH_KEY_PATH)
			continue;
		/* A tree at hand knows better than a list. */
		if (lint->root && value_checks[c].wrong == wrong_merged_usr)
			continue;
		value_checks[c].wrong(rule, cond, value->s, &say);
	}
	if (say.len)
		lint_warn(lint, i, value->column, "%s", say.s);
	buf_free(&say);
}

static void lint_values(struct lint *lint, size_t i)
{
	const struct doc_line *rule = line_at(lint, i);
	const struct bh_key *key;
	size_t c, v;

	for (c = 0; c < rule->nr_conds; c++) {
		const struct doc_cond *cond = &rule->conds[c];

		key = bh_key_find(rule->class, cond->key, strlen(cond->key));
		if (!key || !bh_key_is_pattern(key))
			continue;
		for (v = 0; v < cond->nr; v++)
			lint_value(lint, i, cond, &cond->values[v], key);
	}
}

static void lint_block(struct lint *lint)
{
	static void (*const of_policy[])(struct lint *lint) = {
		lint_mode, lint_nothing, lint_map, lint_forgotten, lint_interpreter,
	};
	static void (*const of_rule[])(struct lint *lint, size_t i) = {
		lint_allow_in_allow, lint_kill_tracee, lint_denylist, lint_mount, lint_outside,
		lint_script, lint_values,
	};
	size_t i, c;

	for (c = 0; c < ARRAY_SIZE(of_policy); c++)
		of_policy[c](lint);
	for (i = lint->block->first; i < lint->block->end; i++)
		for (c = 0; c < ARRAY_SIZE(of_rule) && line_at(lint, i)->kind == DOC_RULE; c++)
			of_rule[c](lint, i);
	lint_useless(lint);
	if (lint->root)
		lint_root(lint);
	say_warnings(lint);
}

/**
 * lint_document() - warn of what is probably a mistake
 * @doc: a document that the module takes
 * @root: the root of the image that it is for, or NULL
 * @warnings: set to how many there were
 *
 * Return: DONE; TROUBLE if not all of the tree could be read, said so.
 */
int lint_document(const struct doc *doc, const char *root, size_t *warnings)
{
	int status = DONE;
	size_t i;

	*warnings = 0;
	for (i = 0; i < doc->nr_blocks; i++) {
		struct bh_policy *policy = judge_block(doc, &doc->blocks[i]);
		struct lint lint = {
			.doc = doc, .block = &doc->blocks[i], .policy = policy, .root = root,
		};

		if (policy)
			lint_block(&lint);
		bh_policy_free(policy);
		*warnings += lint.nr;
		if (lint.blind)
			status = TROUBLE;
	}
	return status;
}
