// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead metrics: counters for Prometheus and its like, as OpenMetrics text.
 */
#include <stdlib.h>
#include <string.h>

#include <uapi/bulkhead.h>

#include "command.h"
#include "ctl.h"
#include "state.h"

static const struct option options[] = {
	COMMON_OPTIONS
};

/* Labels of the format may hold any byte but these, which have an escape. */
static void print_label(const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", stdout);
		else if (*value == '\\' || *value == '"')
			printf("\\%c", *value);
		else
			putchar(*value);
	}
}

/* A counter's family is named with its `_total`, as Prometheus and promtool want it. */
static void family(const char *name, bool is_gauge, const char *help)
{
	const char *end = is_gauge ? "" : "_total";

	printf("# HELP bulkhead_%s%s %s\n", name, end, help);
	printf("# TYPE bulkhead_%s%s %s\n", name, end, is_gauge ? "gauge" : "counter");
}

static void gauge(const char *name, const char *help, unsigned long long value)
{
	family(name, true, help);
	printf("bulkhead_%s %llu\n", name, value);
}

static void counter(const char *name, const char *help, unsigned long long value)
{
	family(name, false, help);
	printf("bulkhead_%s_total %llu\n", name, value);
}

/* A figure of each policy; @word begins its line in `info` or `stats`. */
static void of_policies(const struct state *state, const char *name, bool is_gauge,
			const char *help, const char *word)
{
	size_t i;

	if (!state->nr_policies)
		return;
	family(name, is_gauge, help);
	for (i = 0; i < state->nr_policies; i++) {
		const struct state_policy *policy = &state->policies[i];
		char *value = state_value(policy->stats, word) ?: state_value(policy->info, word);

		printf("bulkhead_%s%s{policy=\"%s\"} %s\n",
		       name, is_gauge ? "" : "_total", policy->name,
		       value && *value ? value : "0");
		free(value);
	}
}

/* Lines "class CLASS checks N denials N" of a policy's stats, where the module has them. */
static void of_classes(const struct state *state, const char *name, const char *help,
		       const char *word)
{
	static const char *const classes[] = { "exec", "map", "mount", "ptrace" };
	bool begun = false;
	size_t i, c;

	for (i = 0; i < state->nr_policies; i++) {
		for (c = 0; c < ARRAY_SIZE(classes); c++) {
			char *key = xasprintf("%s_%s", word, classes[c]);
			char *value = state_value(state->policies[i].stats, key);

			if (value && !begun)
				family(name, false, help);
			begun |= !!value;
			if (value)
				printf("bulkhead_%s_total{policy=\"%s\",class=\"%s\"} %s\n", name,
				       state->policies[i].name, classes[c], value);
			free(value);
			free(key);
		}
	}
}

static void of_bindings(const struct state *state)
{
	static const char *const types[] = { "pid", "user", "mnt" };
	size_t t, i, nr;

	family("bindings", true, "Bound namespaces.");
	for (t = 0; t < ARRAY_SIZE(types); t++) {
		for (i = 0, nr = 0; i < state->nr_bindings; i++)
			nr += !strcmp(kvs_get(&state->bindings[i], "ns", ""), types[t]);
		printf("bulkhead_bindings{ns=\"%s\"} %zu\n", types[t], nr);
	}
}

static void build_info(const struct state *state)
{
	char *version = state_value(state->features, "version");

	family("build_info", true, "The loaded module and this command.");
	fputs("bulkhead_build_info{module=\"", stdout);
	print_label(version ?: "unknown");
	printf("\",abi=\"%llu\",command=\"%s\"} 1\n", state_number(state->features, "abi"),
	       BULKHEAD_VERSION);
	free(version);
}

static int run(int argc, char **argv)
{
	struct state state;

	while (next_option(argc, argv, "", options) >= 0)
		;
	if (optind < argc) {
		say("unexpected argument \"%s\"", argv[optind]);
		return usage_error();
	}
	state_read(&state);
	build_info(&state);
	counter("checks", "Checks of confined tasks.", state_number(state.stats, "checks"));
	counter("denials", "Checks that were denied.", state_number(state.stats, "denials"));
	counter("events_lost", "Events dropped before any reader saw them.",
		state_number(state.stats, "events_lost"));
	of_bindings(&state);
	gauge("policies", "Loaded policies.", state.nr_policies);
	gauge("policy_bytes", "Memory that loaded policies hold.",
	      state_number(state.stats, "bytes"));
	gauge("locked", "1 if nothing can be changed until reboot.",
	      !strncmp(state.lock, "1", 1));
	of_policies(&state, "policy_version", true, "Version of a loaded policy.", "version");
	of_policies(&state, "policy_rules", true, "Rules of a loaded policy.", "rules");
	of_policies(&state, "policy_bindings", true, "Namespaces bound to a policy.",
		    "bindings");
	of_policies(&state, "policy_checks", false, "Checks by a policy.", "checks");
	of_policies(&state, "policy_denials", false, "Denials by a policy.", "denials");
	of_policies(&state, "policy_events_lost", false, "Events of a policy that were lost.",
		    "events_lost");
	of_classes(&state, "class_checks", "Checks by policy and class.", "checks");
	of_classes(&state, "class_denials", "Denials by policy and class.", "denials");
	puts("# EOF");
	state_free(&state);
	return DONE;
}

const struct command cmd_metrics = {
	.name = "metrics",
	.summary = "counters as OpenMetrics text",
	.synopsis = "",
	.help = "Prints counters as OpenMetrics text, for a textfile collector or a scrape.\n\n",
	.run = run,
};
