// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to write instead of what is often written by mistake.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "hint.h"

/* What editors, word processors and web pages put in place of what was typed. */
static const struct {
	const char *bytes;
	const char *hint;
} odd[] = {
	{ "\xef\xbb\xbf", "a byte order mark: save the file as UTF-8 without one" },
	{ "\xe2\x80\x9c", "a typographic quote: write \"" },
	{ "\xe2\x80\x9d", "a typographic quote: write \"" },
	{ "\xe2\x80\x9e", "a typographic quote: write \"" },
	{ "\xe2\x80\x98", "a typographic quote: write \"" },
	{ "\xe2\x80\x99", "a typographic quote: write \"" },
	{ "\xc2\xab", "a typographic quote: write \"" },
	{ "\xc2\xbb", "a typographic quote: write \"" },
	{ "\xc2\xa0", "a no-break space: write a blank" },
	{ "\xe2\x80\x93", "a dash: write -" },
	{ "\xe2\x80\x94", "a dash: write -" },
	{ "\xe2\x89\xa0", "write != for \"is not\"" },
};

static const char *hint_at(const char *s, size_t len)
{
	u32 i;

	/* None of them is ASCII. */
	if (!len || isascii(*s))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		if (len >= strlen(odd[i].bytes) && !memcmp(s, odd[i].bytes, strlen(odd[i].bytes)))
			return odd[i].hint;
	return NULL;
}

/**
 * bh_hint_bytes() - what to write instead of characters that were hardly meant
 * @s: what is wrong
 * @len: its length
 *
 * Return: one line of printable ASCII, or NULL if there are none.
 */
const char *bh_hint_bytes(const char *s, size_t len)
{
	const char *hint = NULL;
	size_t i;

	for (i = 0; i < len && !hint; i++)
		hint = hint_at(s + i, len - i);
	return hint;
}

/**
 * bh_hint_begins_oddly() - does a value begin with a character that was hardly meant?
 * @s: the value
 * @len: its length
 */
bool bh_hint_begins_oddly(const char *s, size_t len)
{
	return hint_at(s, len);
}

/* A growing line, cut where there is no more room. */
static size_t add(char *text, size_t at, const char *s)
{
	return at + scnprintf(text + at, BH_HINT_MAX - at, "%s", s);
}

/* Begins with the word that is wrong, unless it cannot be shown as it is. */
static size_t add_wrong(char *text, const char *what, const char *word, size_t len)
{
	size_t at = add(text, 0, what), i;

	for (i = 0; i < len; i++)
		if (word[i] == '"' || !isascii(word[i]) || !isprint(word[i]))
			return at;
	if (!len || len > 32)
		return at;
	return at + scnprintf(text + at, BH_HINT_MAX - at, " \"%.*s\"", (int)len, word);
}

/* All of a list, or nothing: half of it would tell something else. */
static void add_list(char *text, size_t at, const char *head, const char *const *names, u32 nr)
{
	size_t len = strlen(head);
	u32 i;

	for (i = 0; i < nr; i++)
		len += 1 + strlen(names[i]);
	if (!nr || at + len >= BH_HINT_MAX)
		return;
	at = add(text, at, head);
	for (i = 0; i < nr; i++) {
		at = add(text, at, " ");
		at = add(text, at, names[i]);
	}
}

/* More than any key has words, and more than any class has keys. */
#define NAMES_MAX 16

/**
 * bh_hint_word() - what is said of a word that nothing in a block begins with
 * @text: BH_HINT_MAX bytes for it
 * @word: the word
 * @len: its length
 * @begins: is it the first of its line? Otherwise only an action may stand there.
 */
void bh_hint_word(char *text, const char *word, size_t len, bool begins)
{
	static const char *const names[] = {
		"mode", "default", "end", "audit", "quiet", "allow", "deny", "kill",
	};
	const u32 actions = ARRAY_SIZE(names) - 3;
	size_t at = add_wrong(text, "unknown word", word, len);

	if (begins)
		add_list(text, at, ": there are", names, ARRAY_SIZE(names));
	else
		add_list(text, at, ": there are", names + actions, ARRAY_SIZE(names) - actions);
}

/**
 * bh_hint_class() - what is said of a word where a class should stand
 * @text: BH_HINT_MAX bytes for it
 * @name: the word
 * @len: its length
 *
 * It may be a class of a later version.
 */
void bh_hint_class(char *text, const char *name, size_t len)
{
	size_t at = add_wrong(text, "unknown class", name, len);
	const char *names[BH_CLASSES];
	u32 c;

	for (c = 0; c < BH_CLASSES; c++)
		names[c] = bh_classes[c].name;
	add_list(text, at, ": this version knows", names, BH_CLASSES);
}

/**
 * bh_hint_key() - what is said of a key that a class does not have
 * @text: BH_HINT_MAX bytes for it
 * @class: the class
 * @name: the key's name
 * @len: its length
 *
 * It may be a key of other classes, or of a later version.
 */
void bh_hint_key(char *text, enum bh_class class, const char *name, size_t len)
{
	const char *names[NAMES_MAX], *head = ": this version knows";
	size_t at = add_wrong(text, "unknown key", name, len);
	const struct bh_key *key;
	char other[40];
	u32 nr = 0, c;

	for (c = 0; c < BH_CLASSES; c++) {
		if (!bh_key_find(c, name, len))
			continue;
		snprintf(other, sizeof(other), ": it is one of %s, %s has", bh_classes[c].name,
			 bh_classes[class].name);
		head = other;
		break;
	}
	for (key = bh_classes[class].keys; key->name && nr < NAMES_MAX; key++)
		names[nr++] = key->name;
	add_list(text, at, head, names, nr);
}

/**
 * bh_hint_value() - what is said of a word that a key does not take
 * @text: BH_HINT_MAX bytes for it
 * @key: the key
 * @value: the word
 * @len: its length
 */
void bh_hint_value(char *text, const struct bh_key *key, const char *value, size_t len)
{
	size_t at = add_wrong(text, "unknown value", value, len);
	const char *names[NAMES_MAX];
	u32 nr = 0;

	while (key->words[nr].name && nr < NAMES_MAX) {
		names[nr] = key->words[nr].name;
		nr++;
	}
	add_list(text, at, ": there are", names, nr);
}
