/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of key=value words as the module writes them.
 */
#ifndef BULKHEAD_TOOLS_KV_H
#define BULKHEAD_TOOLS_KV_H

#include "util.h"

/**
 * struct kv - a word
 * @key: terminated; "" for a word without '='
 * @value: unquoted, terminated, may hold any byte but NUL
 * @len: its length
 * @quoted: it stood in quotes, so that `-` is a name and not the lack of one
 * @cut: the module left out the rest of it
 */
struct kv {
	char *key;
	char *value;
	size_t len;
	bool quoted;
	bool cut;
};

struct kvs {
	struct kv *v;
	size_t nr;
	size_t cap;
};

/* How strings are written. */
enum kv_form {
	KV_ESCAPED,	/* quoted, with escapes, as the module does */
	KV_AUDIT,	/* quoted without escapes, as audit does what is plain */
};

int kvs_parse(struct kvs *kvs, const char *line, size_t len, enum kv_form form, const char **why);
const struct kv *kvs_find(const struct kvs *kvs, const char *key);
const char *kvs_get(const struct kvs *kvs, const char *key, const char *missing);
bool kv_is_none(const struct kv *kv);
void kvs_free(struct kvs *kvs);

#endif /* BULKHEAD_TOOLS_KV_H */
