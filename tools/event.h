/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: the module's lines, and audit's records of them.
 */
#ifndef BULKHEAD_TOOLS_EVENT_H
#define BULKHEAD_TOOLS_EVENT_H

#include <jansson.h>

#include "kv.h"

/* Longest line that is looked at; the module's and audit's are shorter. */
#define EVENT_LINE_MAX 65536

enum event_kind {
	EVENT_VERDICT,
	EVENT_CONFIG,		/* a change, class=config */
	EVENT_LOST,
	EVENT_FOREIGN,		/* an audit record of something else */
};

/**
 * struct event - an event
 * @kind: what it tells
 * @kvs: its words
 * @raw: the line
 * @len: its length
 * @file: where event_next() found it, or NULL
 * @line: in there, counted from 1
 */
struct event {
	enum event_kind kind;
	struct kvs kvs;
	char *raw;
	size_t len;
	const char *file;
	unsigned long line;
};

/* Which events are wanted; NULL: any. */
struct event_filter {
	const char *policy;
	const char *class;
	const char *verdict;
	const char *label;
};

int event_parse(struct event *event, const char *line, size_t len, const char **why);
void event_free(struct event *event);
const char *event_get(const struct event *event, const char *key, const char *missing);
bool event_matches(const struct event *event, const struct event_filter *filter);
void event_describe(const struct event *event, FILE *out);
json_t *event_json(const struct event *event);

/* Where events come from. */
struct event_source;

struct event_source *event_open_ring(void);
struct event_source *event_open_file(const char *path);
int event_next(struct event_source *source, int timeout_ms, struct event *event);
bool event_ended(const struct event_source *source);
void event_close(struct event_source *source);

#endif /* BULKHEAD_TOOLS_EVENT_H */
