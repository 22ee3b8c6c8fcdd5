// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of key=value words as the module writes them: the inverse of escape.c.
 *
 * Values are chosen by those whom the line accuses. What is not exactly what the
 * module writes is refused, so that no line says two things.
 */
#include <stdlib.h>
#include <string.h>

#include "kv.h"

struct reader {
	const char *s;
	const char *end;
	enum kv_form form;
	const char **why;
};

static int bad(struct reader *r, const char *why)
{
	*r->why = why;
	return -1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int read_escape(struct reader *r, char *byte)
{
	if (r->end - r->s >= 2 && (r->s[1] == '"' || r->s[1] == '\\')) {
		*byte = r->s[1];
		r->s += 2;
		return 0;
	}
	if (r->end - r->s < 4 || r->s[1] != 'x' || hex_digit(r->s[2]) < 0 || hex_digit(r->s[3]) < 0)
		return bad(r, "unknown escape in a string");
	*byte = hex_digit(r->s[2]) << 4 | hex_digit(r->s[3]);
	r->s += 4;
	return *byte ? 0 : bad(r, "NUL in a string");
}

/* From behind the opening quote on. */
static int read_quoted(struct reader *r, struct kv *kv)
{
	while (r->s < r->end && *r->s != '"') {
		char c = *r->s;

		if (c < ' ' || c > '~')
			return bad(r, "a byte that the module escapes");
		if (c != '\\' || r->form != KV_ESCAPED)
			r->s++;
		else if (read_escape(r, &c))
			return -1;
		kv->value[kv->len++] = c;
	}
	if (r->s == r->end)
		return bad(r, "unclosed quote");
	r->s++;
	kv->quoted = true;
	if (r->end - r->s >= 3 && !memcmp(r->s, "...", 3)) {
		kv->cut = true;
		r->s += 3;
	}
	if (r->s < r->end && *r->s != ' ')
		return bad(r, "no blank behind a string");
	return 0;
}

static int read_bare(struct reader *r, struct kv *kv)
{
	for (; r->s < r->end && *r->s != ' '; r->s++) {
		if (*r->s < ' ' || *r->s > '~' || *r->s == '"')
			return bad(r, "a byte that the module escapes");
		kv->value[kv->len++] = *r->s;
	}
	return 0;
}

static int read_word(struct reader *r, struct kv *kv)
{
	const char *word = r->s;

	while (r->s < r->end && *r->s != ' ' && *r->s != '=' && *r->s != '"')
		r->s++;
	if (r->s == r->end || *r->s != '=') {
		/* A word without a key is a value. */
		r->s = word;
		kv->key = xstrdup("");
	} else {
		kv->key = xstrndup(word, r->s - word);
		r->s++;
	}
	kv->value = xmalloc(r->end - r->s + 1);
	if (r->s < r->end && *r->s == '"') {
		r->s++;
		return read_quoted(r, kv);
	}
	return read_bare(r, kv);
}

/**
 * kvs_parse() - take a line apart
 * @kvs: empty; to be freed whatever is returned
 * @line: the line, without its newline
 * @len: its length
 * @form: how its strings are written
 * @why: where to put a sentence on failure
 *
 * Return: 0, or -1 if it is not a line that the module writes.
 */
int kvs_parse(struct kvs *kvs, const char *line, size_t len, enum kv_form form, const char **why)
{
	struct reader r = { .s = line, .end = line + len, .form = form, .why = why };

	while (r.s < r.end) {
		struct kv *kv;
		int err;

		if (*r.s == ' ') {
			r.s++;
			continue;
		}
		GROW(kvs->v, kvs->nr, kvs->cap);
		kv = &kvs->v[kvs->nr++];
		*kv = (struct kv){ 0 };
		err = read_word(&r, kv);
		kv->value[kv->len] = '\0';
		if (err)
			return err;
		if (*kv->key && kvs_find(kvs, kv->key) != kv)
			return bad(&r, "a key twice");
	}
	return 0;
}

/** kvs_find() - the first word with a key, or NULL */
const struct kv *kvs_find(const struct kvs *kvs, const char *key)
{
	size_t i;

	for (i = 0; i < kvs->nr; i++)
		if (!strcmp(kvs->v[i].key, key))
			return &kvs->v[i];
	return NULL;
}

/** kvs_get() - the value of a key, or @missing if there is none */
const char *kvs_get(const struct kvs *kvs, const char *key, const char *missing)
{
	const struct kv *kv = kvs_find(kvs, key);

	return kv && !kv_is_none(kv) ? kv->value : missing;
}

/** kv_is_none() - does the module say that there is no such thing? */
bool kv_is_none(const struct kv *kv)
{
	return !kv || (!kv->quoted && !strcmp(kv->value, "-"));
}

void kvs_free(struct kvs *kvs)
{
	size_t i;

	for (i = 0; i < kvs->nr; i++) {
		free(kvs->v[i].key);
		free(kvs->v[i].value);
	}
	free(kvs->v);
	*kvs = (struct kvs){ 0 };
}
