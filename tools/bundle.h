/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bundle's config.json, to which a hook is added without touching another byte.
 */
#ifndef BULKHEAD_TOOLS_BUNDLE_H
#define BULKHEAD_TOOLS_BUNDLE_H

#include <stddef.h>

/**
 * bundle_add_hook() - add a hook of the stage createRuntime
 * @text: the configuration
 * @length: of @text in bytes
 * @hook: the hook's JSON object
 * @path: the string "path" of that object, as it stands there, without quotes
 * @added: set to the new text, to be freed, or to NULL where nothing need be added
 * @added_length: of @added
 *
 * Nothing need be added where the list holds @hook letter for letter, or holds a hook
 * of this @path and @hook has no arguments.
 *
 * The text is scanned, not parsed and printed: numbers beyond 63 bits are in use there.
 *
 * Return: NULL, or what is wrong with the text.
 */
const char *bundle_add_hook(const char *text, size_t length, const char *hook, const char *path,
			    char **added, size_t *added_length);

#endif /* BULKHEAD_TOOLS_BUNDLE_H */
