// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module holds: policies, bindings, the table, counters.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "ctl.h"
#include "state.h"

static char *read_or_empty(const char *file)
{
	struct buf buf = { 0 };

	if (ctl_try_read(file, &buf) || !buf.s) {
		buf_free(&buf);
		return xstrdup("");
	}
	return buf.s;
}

static int by_name(const void *a, const void *b)
{
	const struct state_policy *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void read_policies(struct state *state)
{
	char *path = xasprintf("%s/policies", ctl_dir()), *file;
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t cap = 0;

	if (!dir && (errno == EACCES || errno == EPERM))
		die("not permitted to read %s: run this as root of the host, unconfined", path);
	while (dir && (entry = readdir(dir))) {
		struct state_policy policy;

		if (entry->d_name[0] == '.')
			continue;
		file = xasprintf("policies/%s/info", entry->d_name);
		policy.info = read_or_empty(file);
		free(file);
		file = xasprintf("policies/%s/stats", entry->d_name);
		policy.stats = read_or_empty(file);
		free(file);
		policy.name = xstrdup(entry->d_name);
		GROW(state->policies, state->nr_policies, cap);
		state->policies[state->nr_policies++] = policy;
	}
	if (dir)
		closedir(dir);
	if (state->nr_policies)
		qsort(state->policies, state->nr_policies, sizeof(*state->policies), by_name);
	free(path);
}

static void read_bindings(struct state *state)
{
	struct buf buf = { 0 };
	struct kvs *binding;
	const char *why;
	size_t cap = 0;
	char *line;

	ctl_read("bindings", &buf);
	for (line = strtok(buf.s, "\n"); line; line = strtok(NULL, "\n")) {
		GROW(state->bindings, state->nr_bindings, cap);
		state->bindings[state->nr_bindings] = (struct kvs){ 0 };
		binding = &state->bindings[state->nr_bindings++];
		if (kvs_parse(binding, line, strlen(line), KV_ESCAPED, &why))
			say("a line of bindings cannot be read: %s", why);
	}
	buf_free(&buf);
}

/** state_read() - read all; without the module or the right to the program ends */
void state_read(struct state *state)
{
	*state = (struct state){ 0 };
	ctl_require();
	read_bindings(state);
	read_policies(state);
	state->features = read_or_empty("features");
	state->stats = read_or_empty("stats");
	state->lock = read_or_empty("lock");
	state->table = read_or_empty("assign");
}

void state_free(struct state *state)
{
	size_t i;

	for (i = 0; i < state->nr_policies; i++) {
		free(state->policies[i].name);
		free(state->policies[i].info);
		free(state->policies[i].stats);
	}
	for (i = 0; i < state->nr_bindings; i++)
		kvs_free(&state->bindings[i]);
	free(state->policies);
	free(state->bindings);
	free(state->features);
	free(state->stats);
	free(state->lock);
	free(state->table);
}

/** state_value() - what stands behind a name that begins a line; NULL if none does */
char *state_value(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (*text) {
		if (!strncmp(text, name, len) && text[len] == ' ')
			return xstrndup(text + len + 1, strcspn(text + len + 1, "\n"));
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

/** state_number() - the number that stands there, or 0 */
unsigned long long state_number(const char *text, const char *name)
{
	char *value = state_value(text, name);
	unsigned long long number = value ? strtoull(value, NULL, 10) : 0;

	free(value);
	return number;
}

/** state_count() - lines that begin with a word */
size_t state_count(const char *text, const char *word)
{
	size_t len = strlen(word), nr = 0;

	while (*text) {
		nr += !strncmp(text, word, len) && text[len] == ' ';
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return nr;
}

/** state_lock() - what is locked, for people */
const char *state_lock(const struct state *state)
{
	if (!strncmp(state->lock, "1", 1))
		return "locked until reboot";
	if (strstr(state->lock, "policy"))
		return "only signed policies";
	return "not locked";
}

/**
 * state_binds() - is a namespace bound?
 * @state: what the module holds
 * @type: the namespace's type
 * @inum: its number
 */
bool state_binds(const struct state *state, enum ns_type type, unsigned long inum)
{
	size_t i;

	for (i = 0; i < state->nr_bindings; i++)
		if (!strcmp(kvs_get(&state->bindings[i], "ns", ""), ns_names[type]) &&
		    strtoul(kvs_get(&state->bindings[i], "inum", "0"), NULL, 10) == inum)
			return true;
	return false;
}
