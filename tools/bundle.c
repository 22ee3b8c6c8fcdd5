// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the place in a config.json where a hook belongs.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bundle.h"

#define DEPTH_MAX	128

struct text {
	const char *at, *end;
};

struct span {
	const char *from, *to;
};

static void skip_blanks(struct text *text)
{
	while (text->at < text->end && strchr(" \t\r\n", *text->at) && *text->at)
		text->at++;
}

/* Takes @c, whatever blanks there are before it. */
static bool take(struct text *text, char c)
{
	skip_blanks(text);
	if (text->at == text->end || *text->at != c)
		return false;
	text->at++;
	return true;
}

/* A string's letters, without quotes and with what is escaped in it. */
static bool take_string(struct text *text, struct span *string)
{
	if (!take(text, '"'))
		return false;
	string->from = text->at;
	for (; text->at < text->end && *text->at != '"'; text->at++)
		if (*text->at == '\\' && ++text->at == text->end)
			return false;
	string->to = text->at;
	return take(text, '"');
}

static bool take_key(struct text *text, struct span *key)
{
	return take_string(text, key) && take(text, ':');
}

/*
 * Brackets that match, and strings. What is wrong in other ways is left for the
 * runtime to refuse.
 */
static bool take_value(struct text *text)
{
	char closing[DEPTH_MAX];
	struct span string;
	int depth = 0;

	do {
		skip_blanks(text);
		if (text->at == text->end)
			return false;
		switch (*text->at) {
		case '"':
			if (!take_string(text, &string))
				return false;
			break;
		case '{':
		case '[':
			if (depth == DEPTH_MAX)
				return false;
			closing[depth++] = *text->at++ == '{' ? '}' : ']';
			break;
		case '}':
		case ']':
			if (!depth || closing[--depth] != *text->at++)
				return false;
			break;
		case ',':
		case ':':
			if (!depth)
				return false;
			text->at++;
			break;
		default:
			while (text->at < text->end && (isalnum((unsigned char)*text->at) ||
							strchr("+-.", *text->at)))
				if (!*text->at++)
					return false;
			if (text->at < text->end && !strchr(" \t\r\n,:]}", *text->at))
				return false;
		}
	} while (depth);
	return true;
}

static bool is(const struct span *span, const char *word)
{
	return (size_t)(span->to - span->from) == strlen(word) &&
	       memcmp(span->from, word, strlen(word)) == 0;
}

/* Runtimes in Go know their words in any case, and others the last of several. */
static bool is_other(const struct span *key, const char *word)
{
	return memchr(key->from, '\\', key->to - key->from) ||
	       ((size_t)(key->to - key->from) == strlen(word) &&
		strncasecmp(key->from, word, strlen(word)) == 0);
}

/*
 * The value of @word in the object at @text; one that is null, or not there, has no @from.
 * The place behind the opening brace is left in @inside.
 */
static const char *find_member(struct text text, const char *word, struct span *value,
			       const char **inside)
{
	struct span key;

	value->from = NULL;
	if (!take(&text, '{'))
		return "an object was expected";
	*inside = text.at;
	if (take(&text, '}'))
		return NULL;
	do {
		if (!take_key(&text, &key))
			return "not valid JSON";
		skip_blanks(&text);
		if (is(&key, word)) {
			if (value->from)
				return "a name is given twice";
			value->from = text.at;
		} else if (is_other(&key, word)) {
			return "a name is spelled in an unusual way";
		}
		if (!take_value(&text))
			return "not valid JSON";
		if (is(&key, word))
			value->to = text.at;
	} while (take(&text, ','));
	if (!take(&text, '}'))
		return "not valid JSON";
	return NULL;
}

static bool is_null(const struct span *value)
{
	return value->from && is(value, "null");
}

static bool is_string(const struct span *value, const char *word)
{
	return value->from && value->to - value->from > 2 &&
	       is(&(struct span){ value->from + 1, value->to - 1 }, word);
}

/* Whether the list at @text holds @hook, or, where that has no arguments, any of its @path. */
static const char *find_hook(struct text text, const char *hook, const char *path, bool *found,
			     bool *empty)
{
	const char *wrong, *inside;
	struct span element, value;

	*found = false;
	if (!take(&text, '['))
		return "hooks.createRuntime is not a list";
	skip_blanks(&text);
	*empty = text.at < text.end && *text.at == ']';
	if (*empty)
		return NULL;
	do {
		skip_blanks(&text);
		element.from = text.at;
		if (!take_value(&text))
			return "not valid JSON";
		element.to = text.at;
		wrong = find_member((struct text){ element.from, element.to }, "path", &value,
				    &inside);
		if (wrong)
			return wrong;
		if (is(&element, hook) || (!strstr(hook, "\"args\"") && is_string(&value, path)))
			*found = true;
	} while (take(&text, ','));
	return take(&text, ']') ? NULL : "not valid JSON";
}

/* @words in the place of what is from @from to @to. */
static const char *replace(const char *text, size_t length, struct span place, const char *words,
			   char **added, size_t *added_length)
{
	size_t before = place.from - text, after = text + length - place.to;

	*added_length = before + strlen(words) + after;
	*added = malloc(*added_length);
	if (!*added)
		return "out of memory";
	memcpy(*added, text, before);
	memcpy(*added + before, words, strlen(words));
	memcpy(*added + before + strlen(words), place.to, after);
	return NULL;
}

/* Into an object behind its opening brace, @inside, or in the place of a null. */
static void new_place(struct span *place, const struct span *null, const char *inside)
{
	if (null->from)
		*place = *null;
	else
		*place = (struct span){ inside, inside };
}

static bool is_empty_object(const char *inside, const char *end)
{
	return take(&(struct text){ inside, end }, '}');
}

const char *bundle_add_hook(const char *text, size_t length, const char *hook, const char *path,
			    char **added, size_t *added_length)
{
	struct text whole = { text, text + length };
	struct span hooks, list, place;
	const char *wrong, *inside;
	bool found, empty;
	char *words;
	int printed;

	*added = NULL;
	wrong = find_member(whole, "hooks", &hooks, &inside);
	if (wrong)
		return wrong;
	if (!hooks.from || is_null(&hooks)) {
		new_place(&place, &hooks, inside);
		printed = asprintf(&words, "%s{\"createRuntime\":[%s]}%s",
				   hooks.from ? "" : "\"hooks\":", hook,
				   hooks.from || is_empty_object(inside, whole.end) ? "" : ",");
		goto insert;
	}
	wrong = find_member((struct text){ hooks.from, hooks.to }, "createRuntime", &list, &inside);
	if (wrong)
		return wrong;
	if (!list.from || is_null(&list)) {
		new_place(&place, &list, inside);
		printed = asprintf(&words, "%s[%s]%s", list.from ? "" : "\"createRuntime\":", hook,
				   list.from || is_empty_object(inside, hooks.to) ? "" : ",");
		goto insert;
	}
	wrong = find_hook((struct text){ list.from, list.to }, hook, path, &found, &empty);
	if (wrong || found)
		return wrong;
	/* Last, so that no other hook binds after it. */
	place = (struct span){ list.to - 1, list.to - 1 };
	printed = asprintf(&words, "%s%s", empty ? "" : ",", hook);
insert:
	if (printed < 0)
		return "out of memory";
	wrong = replace(text, length, place, words, added, added_length);
	free(words);
	return wrong;
}
