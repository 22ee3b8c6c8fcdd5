// SPDX-License-Identifier: GPL-2.0-only
/*
 * A warning about containers that a policy cannot hold: whose configuration grants, in the
 * initial user namespace, a capability that reaches past every security module.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hook_caps.h"

/* docs/threat-model.md says what each of them does. */
static const char *const voiding[] = {
	"CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_DAC_READ_SEARCH", "CAP_MKNOD",
};

static json_t *read_config(const json_t *state)
{
	const char *bundle = json_string_value(json_object_get(state, "bundle"));
	char path[PATH_MAX];

	if (!bundle || snprintf(path, sizeof(path), "%s/config.json", bundle) >= (int)sizeof(path))
		return NULL;
	return json_load_file(path, 0, NULL);
}

/* In one of its own, a capability reaches no further than that. */
static bool has_user_namespace(const json_t *config)
{
	const json_t *namespaces, *ns;
	const char *type;
	size_t i;

	namespaces = json_object_get(json_object_get(config, "linux"), "namespaces");
	for (i = 0; (ns = json_array_get(namespaces, i)) != NULL; i++) {
		type = json_string_value(json_object_get(ns, "type"));
		if (type && !strcmp(type, "user"))
			return true;
	}
	return false;
}

/* May any program of the container come to have it? */
static bool is_granted(const json_t *config, const char *name)
{
	const json_t *sets, *word;
	const char *set, *s;
	json_t *words;
	size_t i;

	sets = json_object_get(json_object_get(config, "process"), "capabilities");
	json_object_foreach((json_t *)sets, set, words)
		for (i = 0; (word = json_array_get(words, i)) != NULL; i++) {
			s = json_string_value(word);
			if (s && !strcmp(s, name))
				return true;
		}
	return false;
}

static void add(char *list, size_t size, const char *name)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? ", " : "", name);
}

/**
 * hook_warn_capabilities() - warn about capabilities that make a policy's promises void
 * @state: the container's state, which names its bundle
 *
 * Says nothing where the bundle cannot be read: the hook needs nothing of it.
 */
void hook_warn_capabilities(const json_t *state)
{
	json_t *config = read_config(state);
	char list[256] = "";
	size_t i;

	if (!config || has_user_namespace(config)) {
		json_decref(config);
		return;
	}
	for (i = 0; i < sizeof(voiding) / sizeof(voiding[0]); i++)
		if (is_granted(config, voiding[i]))
			add(list, sizeof(list), voiding[i]);
	/* Which stands for these two. */
	if (is_granted(config, "CAP_SYS_ADMIN"))
		add(list, sizeof(list), "CAP_SYS_ADMIN");
	else if (is_granted(config, "CAP_BPF") && is_granted(config, "CAP_PERFMON"))
		add(list, sizeof(list), "CAP_BPF with CAP_PERFMON");
	if (list[0])
		fprintf(stderr, "%s: warning: no policy holds a container with %s: %s\n",
			"bulkhead-oci-hook", list, "drop it, or use a user namespace");
	json_decref(config);
}
