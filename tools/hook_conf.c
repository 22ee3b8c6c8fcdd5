// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads hook.conf: lines KEY = VALUE, blank lines, lines that begin with #.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook_conf.h"

/* What one line is read into; each returns NULL or what is wrong with the value. */
struct key {
	const char *name;
	const char *(*set)(struct hook_conf *conf, char *value);
};

bool is_policy_name(const char *name, size_t length)
{
	size_t i;

	if (length < 1 || length > BULKHEAD_NAME_MAX || name[0] == '.')
		return false;
	for (i = 0; i < length; i++) {
		unsigned char c = name[i];

		if (!(isascii(c) && isalnum(c)) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return text;
}

static const char *set_default(struct hook_conf *conf, char *value)
{
	if (!is_policy_name(value, strlen(value)))
		return "is not the name of a policy";
	strcpy(conf->fallback, value);
	return NULL;
}

/* An empty list is one; an empty name in a list is a mistake. */
static const char *set_allowed(struct hook_conf *conf, char *value)
{
	char *name, *rest = *value ? value : NULL;

	conf->limited = true;
	conf->allowed = calloc(HOOK_CONF_ALLOWED_MAX, sizeof(*conf->allowed));
	if (!conf->allowed)
		return "does not fit into memory";
	while ((name = strsep(&rest, ","))) {
		name = trim(name);
		if (!*name)
			return "has a comma with no policy before or after it";
		if (!is_policy_name(name, strlen(name)))
			return "names something that is not the name of a policy";
		if (conf->n_allowed == HOOK_CONF_ALLOWED_MAX)
			return "names too many policies";
		strcpy(conf->allowed[conf->n_allowed++], name);
	}
	return NULL;
}

static const char *set_require(struct hook_conf *conf, char *value)
{
	conf->require = strcmp(value, "yes") == 0;
	return conf->require || strcmp(value, "no") == 0 ? NULL : "is neither yes nor no";
}

static const char *set_hostpid(struct hook_conf *conf, char *value)
{
	conf->hostpid_mnt = strcmp(value, "mnt") == 0;
	return conf->hostpid_mnt || strcmp(value, "refuse") == 0 ? NULL :
	       "is neither refuse nor mnt";
}

static const char *set_runtime(struct hook_conf *conf, char *value)
{
	if (value[0] != '/' || strlen(value) >= sizeof(conf->runtime))
		return "is not an absolute path";
	strcpy(conf->runtime, value);
	return NULL;
}

static const struct key keys[] = {
	{ "default", set_default },
	{ "allowed", set_allowed },
	{ "require", set_require },
	{ "hostpid", set_hostpid },
	{ "runtime", set_runtime },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* NULL, or what is wrong, in @error. */
static const char *read_line(struct hook_conf *conf, char *line, unsigned int *said, char *error,
			     size_t size)
{
	char *name = trim(line), *value = strchr(name, '=');
	const char *wrong;
	size_t i;

	if (!*name || *name == '#')
		return NULL;
	if (!value)
		return "expected KEY = VALUE";
	*value++ = '\0';
	name = trim(name);
	value = trim(value);
	for (i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			break;
	if (i == N_KEYS) {
		snprintf(error, size, "unknown key \"%.64s\"", name);
		return error;
	}
	if (*said & 1u << i) {
		snprintf(error, size, "%s is said twice", name);
		return error;
	}
	*said |= 1u << i;
	wrong = keys[i].set(conf, value);
	if (!wrong)
		return NULL;
	snprintf(error, size, "%s %s", name, wrong);
	return error;
}

static bool read_lines(struct hook_conf *conf, FILE *file, const char *path, char *error)
{
	unsigned int number = 0, said = 0;
	const char *wrong = NULL;
	char reason[128];
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while (!wrong && (length = getline(&line, &size, file)) >= 0) {
		number++;
		wrong = strlen(line) == (size_t)length ?
			read_line(conf, line, &said, reason, sizeof(reason)) :
			"a NUL byte";
	}
	if (wrong)
		snprintf(error, HOOK_CONF_ERROR_MAX, "%s:%u: %s", path, number, wrong);
	else if (ferror(file))
		snprintf(error, HOOK_CONF_ERROR_MAX, "cannot read %s: %s", path, strerror(errno));
	free(line);
	return !wrong && !ferror(file);
}

bool hook_conf_read(struct hook_conf *conf, const char *path, char error[HOOK_CONF_ERROR_MAX])
{
	FILE *file;
	bool good;

	memset(conf, 0, sizeof(*conf));
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return true;
	if (!file) {
		snprintf(error, HOOK_CONF_ERROR_MAX, "cannot open %s: %s", path, strerror(errno));
		return false;
	}
	good = read_lines(conf, file, path, error);
	fclose(file);
	return good;
}

bool hook_conf_allows(const struct hook_conf *conf, const char *policy)
{
	size_t i;

	if (!conf->limited || strcmp(policy, conf->fallback) == 0)
		return true;
	for (i = 0; i < conf->n_allowed; i++)
		if (strcmp(policy, conf->allowed[i]) == 0)
			return true;
	return false;
}
