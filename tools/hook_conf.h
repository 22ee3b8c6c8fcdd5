/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook.conf(5): what the hook does for containers, as the host's operator says.
 */
#ifndef BULKHEAD_TOOLS_HOOK_CONF_H
#define BULKHEAD_TOOLS_HOOK_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <bulkhead.h>

#define HOOK_CONF		"/etc/bulkhead/hook.conf"
#define HOOK_CONF_ALLOWED_MAX	256	/* names in "allowed" */
#define HOOK_CONF_ERROR_MAX	(PATH_MAX + 256)

struct hook_conf {
	char fallback[BULKHEAD_NAME_MAX + 1];	/* "default"; empty: none */
	char (*allowed)[BULKHEAD_NAME_MAX + 1];
	size_t n_allowed;
	bool limited;		/* "allowed" was said, be it empty */
	bool require;
	bool hostpid_mnt;	/* without a pid namespace of its own: bind the mount namespace */
	char runtime[PATH_MAX];	/* for bulkhead-runc; empty: look for one */
};

/**
 * is_policy_name() - whether the module could know a policy of this name
 * @name: not necessarily terminated
 * @length: of @name in bytes
 */
bool is_policy_name(const char *name, size_t length);

/**
 * hook_conf_read() - read the configuration
 * @conf: filled in; what the file does not say is as hook.conf(5) tells
 * @path: the file; one that does not exist is the same as an empty one
 * @error: takes the reason, with file and line, when false is returned
 *
 * Whoever cannot read what the operator said must not start a container.
 *
 * Return: false with @error set if the file cannot be read or is wrong.
 */
bool hook_conf_read(struct hook_conf *conf, const char *path, char error[HOOK_CONF_ERROR_MAX]);

/**
 * hook_conf_allows() - whether an annotation may choose this policy
 * @conf: as hook_conf_read() filled it
 * @policy: its name
 */
bool hook_conf_allows(const struct hook_conf *conf, const char *policy);

#endif /* BULKHEAD_TOOLS_HOOK_CONF_H */
