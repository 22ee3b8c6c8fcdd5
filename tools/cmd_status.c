// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead status: what is confined by what, and what is not.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command.h"
#include "ctl.h"
#include "proc.h"
#include "refused.h"
#include "state.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "unconfined", no_argument, NULL, 'u' },
	COMMON_OPTIONS
};

/* A namespace that no binding covers. */
struct uncovered {
	enum ns_type type;
	unsigned long ns;
	size_t processes;
	const struct process *first;
};

/* By the namespace or one above it, as the kernel looks. */
static bool is_covered(const struct state *state, const struct processes *all,
		       const struct process *process)
{
	unsigned long ns;
	int type;

	if (state_binds(state, NS_MNT, process->ns[NS_MNT]))
		return true;
	for (type = NS_PID; type <= NS_USER; type++)
		for (ns = process->ns[type]; ns; ns = processes_parent(all, ns))
			if (state_binds(state, type, ns))
				return true;
	return false;
}

/* The namespace that a container would be bound by; NS_TYPES if it has none of its own. */
static enum ns_type own_type(const struct process *process)
{
	int type;

	for (type = 0; type < NS_TYPES; type++)
		if (process->ns[type] && !ns_is_initial(type, process->ns[type]))
			return type;
	return NS_TYPES;
}

static int by_place(const void *a, const void *b)
{
	const struct uncovered *x = a, *y = b;
	int order = strcmp(x->first->cgroup, y->first->cgroup);

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return order ?: (x->ns > y->ns) - (x->ns < y->ns);
}

static size_t find_uncovered(const struct state *state, const struct processes *all,
			     struct uncovered **list)
{
	size_t nr = 0, cap = 0, i, j;

	*list = NULL;
	for (i = 0; i < all->nr; i++) {
		const struct process *process = &all->v[i];
		enum ns_type type = own_type(process);

		if (type == NS_TYPES || is_covered(state, all, process))
			continue;
		for (j = 0; j < nr; j++)
			if ((*list)[j].type == type && (*list)[j].ns == process->ns[type])
				break;
		if (j == nr) {
			GROW(*list, nr, cap);
			(*list)[nr++] = (struct uncovered){
				.type = type, .ns = process->ns[type], .first = process,
			};
		}
		(*list)[j].processes++;
	}
	if (nr)
		qsort(*list, nr, sizeof(**list), by_place);
	return nr;
}

/* Processes in a namespace or below it. */
static size_t count_inside(const struct processes *all, int type, unsigned long ns)
{
	size_t nr = 0, i;
	unsigned long at;

	for (i = 0; i < all->nr; i++)
		for (at = all->v[i].ns[type]; at; at = type == NS_MNT ? 0 :
						       processes_parent(all, at))
			if (at == ns) {
				nr++;
				break;
			}
	return nr;
}

static size_t binding_processes(const struct processes *all, const struct kvs *binding)
{
	int type = ns_type_find(kvs_get(binding, "ns", ""));

	if (type < 0)
		return 0;
	return count_inside(all, type, strtoul(kvs_get(binding, "inum", "0"), NULL, 10));
}

/* For people */

/* Others choose cgroups' names: a terminal gets nothing that it would obey. */
static void print_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			printf("\\x%02x", (unsigned char)*text);
		else
			putchar(*text);
}

static void heading(const char *title, size_t nr)
{
	printf("\n%s%s%s", colour(stdout, COLOUR_BOLD), title, colour(stdout, COLOUR_NONE));
	puts(nr ? "" : ": none");
}

static void print_module(const struct state *state)
{
	char *version = state_value(state->features, "version");

	printf("bulkhead%s%s, ABI %llu, %zu decision points attached, %s\n", version ? " " : "",
	       version ?: "", state_number(state->features, "abi"),
	       state_count(state->features, "point"), state_lock(state));
	printf("%llu checks, %llu denials, %llu events lost\n",
	       state_number(state->stats, "checks"), state_number(state->stats, "denials"),
	       state_number(state->stats, "events_lost"));
	free(version);
}

static void print_policies(const struct state *state)
{
	size_t i;

	heading("Policies", state->nr_policies);
	if (state->nr_policies)
		printf("  %-22s %7s %-7s %6s %8s %5s %8s %8s\n", "NAME", "VERSION", "MODE", "RULES",
		       "BYTES", "BOUND", "CHECKS", "DENIALS");
	for (i = 0; i < state->nr_policies; i++) {
		const struct state_policy *policy = &state->policies[i];
		char *mode = state_value(policy->info, "mode");

		printf("  %-22s %7llu %-7s %6llu %8llu %5llu %8llu %8llu\n", policy->name,
		       state_number(policy->info, "version"), mode ?: "?",
		       state_number(policy->info, "rules"), state_number(policy->info, "bytes"),
		       state_number(policy->stats, "bindings"),
		       state_number(policy->stats, "checks"),
		       state_number(policy->stats, "denials"));
		free(mode);
	}
}

/* What a line of 80 columns has left; a longer one, as orchestrators make, gets its own. */
#define LABEL_ROOM	18

/* What there is none of is missing, or `-` without quotes. */
static const char *text_of(const struct kvs *binding, const char *key, const char *missing)
{
	return kv_is_none(kvs_find(binding, key)) ? missing : kvs_get(binding, key, missing);
}

/* A line below a binding's, unless it is empty. */
static void print_line(const char *text)
{
	if (!*text)
		return;
	fputs("      ", stdout);
	print_text(text);
	putchar('\n');
}

static void print_label(const char *label)
{
	fputs(strlen(label) > LABEL_ROOM ? "\n      " : " ", stdout);
	print_text(label);
}

static void print_bindings(const struct state *state, const struct processes *all)
{
	size_t i;

	heading("Bindings", state->nr_bindings);
	if (state->nr_bindings)
		printf("  %-17s %-22s %-5s %-6s %5s %s\n", "NAMESPACE", "POLICY", "ARMED", "BY",
		       "PROCS", "LABEL");
	for (i = 0; i < state->nr_bindings; i++) {
		const struct kvs *binding = &state->bindings[i];
		char *ns = xasprintf("%s:[%s]", kvs_get(binding, "ns", "?"),
				     kvs_get(binding, "inum", "?"));

		printf("  %-17s %-22s %-5s %-6s %5zu", ns, kvs_get(binding, "policy", "?"),
		       kvs_get(binding, "armed", "?"), kvs_get(binding, "by", "?"),
		       binding_processes(all, binding));
		print_label(text_of(binding, "label", "-"));
		putchar('\n');
		print_line(text_of(binding, "cgroup", ""));
		free(ns);
	}
}

static void print_table(const struct state *state)
{
	const char *line = state->table;
	size_t len;

	/* Of a table without lines there is what ends it. */
	heading("Assignment table", *line && strcmp(line, "end\n"));
	for (; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (len && strncmp(line, "end", 3))
			printf("  %.*s\n", (int)len, line);
	}
}

static void print_refused(const struct refused *refused)
{
	size_t i;

	if (!refused->nr)
		return;
	heading("Containers that were not started", 1);
	for (i = 0; i < refused->nr; i++) {
		const struct kvs *words = &refused->v[i];

		printf("  %s ", kvs_get(words, "time", "-"));
		print_text(kvs_get(words, "container", "-"));
		printf("\n      %s: ", kvs_get(words, "by", "-"));
		print_text(kvs_get(words, "reason", "-"));
		putchar('\n');
	}
}

static void print_uncovered(const struct uncovered *list, size_t nr)
{
	size_t i;

	if (!nr) {
		puts("Every namespace with processes but the host's own is covered by a binding.");
		return;
	}
	printf("%-17s %5s %7s %-15s %s\n", "NAMESPACE", "PROCS", "PID", "COMMAND", "CGROUP");
	for (i = 0; i < nr; i++) {
		char *ns = xasprintf("%s:[%lu]", ns_names[list[i].type], list[i].ns);

		printf("%-17s %5zu %7d ", ns, list[i].processes, list[i].first->pid);
		print_text(list[i].first->comm);
		printf("%*s ", (int)(15 - strlen(list[i].first->comm)), "");
		print_text(list[i].first->cgroup);
		putchar('\n');
		free(ns);
	}
}

/* For programs */

static json_t *json_text(const char *s)
{
	json_t *string = json_string(s);
	struct buf buf = { 0 };

	if (string)
		return string;
	for (; *s; s++)
		if ((signed char)*s < 0)
			buf_printf(&buf, "\\x%02x", (unsigned char)*s);
		else
			buf_add(&buf, s, 1);
	string = json_string(buf.s);
	buf_free(&buf);
	return string;
}

static const char policy_format[] = "{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I}";
static const char binding_format[] = "{s:s, s:I, s:s, s:I, s:b, s:s, s:o, s:o, s:I}";
static const char uncovered_format[] = "{s:s, s:I, s:I, s:i, s:o, s:o}";
static const char module_format[] = "{s:s?, s:I, s:I, s:s}";

static json_t *json_policies(const struct state *state)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < state->nr_policies; i++) {
		const struct state_policy *policy = &state->policies[i];
		char *mode = state_value(policy->info, "mode");
		json_t *entry;

		entry = json_pack(policy_format, "name", policy->name,
				  "version", (json_int_t)state_number(policy->info, "version"),
				  "mode", mode ?: "",
				  "rules", (json_int_t)state_number(policy->info, "rules"),
				  "bytes", (json_int_t)state_number(policy->info, "bytes"),
				  "bound", (json_int_t)state_number(policy->stats, "bindings"),
				  "checks", (json_int_t)state_number(policy->stats, "checks"),
				  "denials", (json_int_t)state_number(policy->stats, "denials"));
		json_array_append_new(list, entry);
		free(mode);
	}
	return list;
}

static json_t *json_bindings(const struct state *state, const struct processes *all)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < state->nr_bindings; i++) {
		const struct kvs *binding = &state->bindings[i];

		json_int_t version = strtoll(kvs_get(binding, "version", "0"), NULL, 10);
		json_int_t inum = strtoll(kvs_get(binding, "inum", "0"), NULL, 10);
		json_t *entry;

		entry = json_pack(binding_format, "ns", kvs_get(binding, "ns", ""),
				  "inum", inum, "policy", kvs_get(binding, "policy", ""),
				  "policy_version", version,
				  "armed", !strcmp(kvs_get(binding, "armed", ""), "yes"),
				  "by", kvs_get(binding, "by", ""),
				  "label", json_text(text_of(binding, "label", "")),
				  "cgroup", json_text(text_of(binding, "cgroup", "")),
				  "processes", (json_int_t)binding_processes(all, binding));
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *json_uncovered(const struct uncovered *list, size_t nr)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++) {
		json_t *entry;

		entry = json_pack(uncovered_format, "ns", ns_names[list[i].type],
				  "inum", (json_int_t)list[i].ns,
				  "processes", (json_int_t)list[i].processes,
				  "pid", (int)list[i].first->pid,
				  "comm", json_text(list[i].first->comm),
				  "cgroup", json_text(list[i].first->cgroup));
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *json_refused(const struct refused *refused)
{
	static const char *const keys[] = { "time", "by", "container", "policy", "reason" };
	json_t *list = json_array();
	size_t i, j;

	for (i = 0; i < refused->nr; i++) {
		json_t *entry = json_object();

		for (j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			json_object_set_new(entry, keys[j],
					    json_text(kvs_get(&refused->v[i], keys[j], "")));
		json_array_append_new(list, entry);
	}
	return list;
}

static void print_json(const struct state *state, const struct processes *all,
		       const struct refused *refused, const struct uncovered *list, size_t nr,
		       bool unconfined)
{
	json_t *document = json_object(), *module;
	char *version = state_value(state->features, "version");

	json_object_set_new(document, "version", json_integer(1));
	module = json_pack(module_format, "version", version,
			   "abi", (json_int_t)state_number(state->features, "abi"),
			   "decision_points", (json_int_t)state_count(state->features, "point"),
			   "lock", state_lock(state));
	json_object_set_new(document, "module", module);
	json_object_set_new(document, "checks",
			    json_integer(state_number(state->stats, "checks")));
	json_object_set_new(document, "denials",
			    json_integer(state_number(state->stats, "denials")));
	json_object_set_new(document, "events_lost",
			    json_integer(state_number(state->stats, "events_lost")));
	json_object_set_new(document, "policies", json_policies(state));
	json_object_set_new(document, "bindings", json_bindings(state, all));
	json_object_set_new(document, "table", json_text(state->table));
	json_object_set_new(document, "not_started", json_refused(refused));
	if (unconfined)
		json_object_set_new(document, "unconfined", json_uncovered(list, nr));
	json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
	free(version);
}

static int run(int argc, char **argv)
{
	bool json = false, unconfined = false;
	struct uncovered *list = NULL;
	struct refused refused;
	struct processes all;
	struct state state;
	size_t nr = 0;
	int option;

	while ((option = next_option(argc, argv, "ju", options)) >= 0) {
		if (option == 'j')
			json = true;
		else
			unconfined = true;
	}
	if (optind < argc) {
		say("unexpected argument \"%s\"", argv[optind]);
		return usage_error();
	}
	refused_read(&refused);
	/* Where there is no module, that is the reason. */
	if (!json && !ctl_loaded())
		print_refused(&refused);
	state_read(&state);
	processes_read(&all);
	if (unconfined)
		nr = find_uncovered(&state, &all, &list);
	if (json) {
		print_json(&state, &all, &refused, list, nr, unconfined);
	} else if (unconfined) {
		print_uncovered(list, nr);
	} else {
		print_module(&state);
		print_policies(&state);
		print_bindings(&state, &all);
		print_table(&state);
		print_refused(&refused);
	}
	free(list);
	refused_free(&refused);
	processes_free(&all);
	state_free(&state);
	return DONE;
}

const struct command cmd_status = {
	.name = "status",
	.summary = "what is confined by what, and what is not",
	.synopsis = "[OPTION]...",
	.help = "Shows the module, the policies, the bindings with the processes that they\n"
		"cover now, the assignment table, how many events were lost, and which\n"
		"containers were not started since the boot, and why.\n\n"
		"  -u, --unconfined     instead: namespaces with processes that no binding\n"
		"                       covers, by type and cgroup; not the host's own\n"
		"  -j, --json           one JSON document\n",
	.run = run,
};
