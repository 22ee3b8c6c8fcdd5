// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: the module's lines, and audit's records of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "ctl.h"
#include "event.h"

/* Keys whose values others choose; in an audit record they may be in hex. */
static const char *const text_keys[] = {
	"label", "cgroup", "comm", "exe", "path", "from", "fstype", "source", "target",
	"peer_comm", "peer_exe", "reason", "digest", "signer", NULL,
};

/* Keys whose values are numbers. */
static const char *const number_keys[] = {
	"seq", "version", "inum", "pid", "uid", "peer_pid", "lost", "auid", "ses",
	"dropped", NULL,
};

/* Keys whose values are lists of flags. */
static const char *const list_keys[] = { "flags", "mflags", NULL };

/* @keys ends with NULL. */
static bool is_one_of(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (!strcmp(key, *keys))
			return true;
	return false;
}

/* Audit records */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* As audit_log_untrustedstring() writes what is not plain. -1: no string of the kernel's. */
static int decode_hex(struct kv *kv)
{
	size_t i;

	if (kv->quoted || !kv->len || kv->len % 2)
		return 0;
	for (i = 0; i < kv->len; i++)
		if (hex_digit(kv->value[i]) < 0)
			return 0;
	for (i = 0; i < kv->len / 2; i++)
		kv->value[i] = hex_digit(kv->value[2 * i]) << 4 | hex_digit(kv->value[2 * i + 1]);
	kv->len /= 2;
	kv->value[kv->len] = '\0';
	kv->quoted = true;
	return memchr(kv->value, '\0', kv->len) ? -1 : 0;
}

/* The module cuts a label, a name and a path behind so many bytes. */
static bool is_cut_length(size_t len)
{
	return len == 64 || len == 128 || len == 900;
}

static int decode_text(struct kv *kv)
{
	if (decode_hex(kv))
		return -1;
	if (!kv->quoted || kv->len < 3 || memcmp(kv->value + kv->len - 3, "...", 3) ||
	    !is_cut_length(kv->len - 3))
		return 0;
	kv->len -= 3;
	kv->value[kv->len] = '\0';
	kv->cut = true;
	return 0;
}

static void add_kv(struct kvs *kvs, const char *key, const char *value, size_t len)
{
	if (kvs_find(kvs, key))
		return;
	GROW(kvs->v, kvs->nr, kvs->cap);
	kvs->v[kvs->nr++] = (struct kv){
		.key = xstrdup(key), .value = xstrndup(value, len), .len = len,
	};
}

/* The record's own text and its time, or NULL if the line is no record. */
static const char *skip_audit_header(const char *line, size_t len, const char **time,
				     size_t *time_len)
{
	const char *msg = memmem(line, len, "msg=audit(", 10), *end, *colon;

	if ((strncmp(line, "type=", 5) && strncmp(line, "node=", 5)) || !msg)
		return NULL;
	msg += strlen("msg=audit(");
	end = memmem(msg, line + len - msg, "):", 2);
	colon = end ? memchr(msg, ':', end - msg) : NULL;
	if (!colon)
		return NULL;
	*time = msg;
	*time_len = colon - msg;
	return end + strlen("):");
}

static int parse_audit(struct event *event, const char *record, const char *end,
		       const char *time, size_t time_len, const char **why)
{
	/* auditd may append what it made of the numbers. */
	const char *enriched = memchr(record, '\x1d', end - record);
	static const char name[] = "bulkhead";
	size_t i;

	if (enriched)
		end = enriched;
	while (record < end && *record == ' ')
		record++;
	event->kind = EVENT_FOREIGN;
	if ((size_t)(end - record) < sizeof(name) || memcmp(record, name, sizeof(name) - 1))
		return 0;
	while (record < end && *record != ' ')
		record++;
	if (kvs_parse(&event->kvs, record, end - record, KV_AUDIT, why))
		return -1;
	for (i = 0; i < event->kvs.nr; i++)
		if (is_one_of(event->kvs.v[i].key, text_keys) && decode_text(&event->kvs.v[i])) {
			*why = "NUL in a string";
			return -1;
		}
	add_kv(&event->kvs, "time", time, time_len);
	return 1;
}

/* Events */

static int classify(struct event *event, const char **why)
{
	const char *class = event_get(event, "class", NULL);

	if (kvs_find(&event->kvs, "lost")) {
		event->kind = EVENT_LOST;
	} else if (class && !strcmp(class, "config")) {
		event->kind = EVENT_CONFIG;
	} else if (class && event_get(event, "verdict", NULL)) {
		event->kind = EVENT_VERDICT;
	} else {
		*why = "neither a verdict, nor a change, nor a loss";
		return -1;
	}
	return 0;
}

/**
 * event_parse() - read an event
 * @event: empty; to be freed whatever is returned
 * @line: a line of `events`, or one of `ausearch --raw`
 * @len: its length, without the newline
 * @why: where to put a sentence on failure
 *
 * Return: 0, or -1 if it is not an event.
 */
int event_parse(struct event *event, const char *line, size_t len, const char **why)
{
	const char *record, *time;
	size_t time_len;
	int ret;

	event->raw = xstrndup(line, len);
	event->len = len;
	if (len > EVENT_LINE_MAX) {
		*why = "longer than any event";
		return -1;
	}
	record = skip_audit_header(event->raw, len, &time, &time_len);
	if (record) {
		ret = parse_audit(event, record, event->raw + len, time, time_len, why);
		if (ret <= 0)
			return ret;
	} else if (kvs_parse(&event->kvs, line, len, KV_ESCAPED, why)) {
		return -1;
	}
	return classify(event, why);
}

void event_free(struct event *event)
{
	kvs_free(&event->kvs);
	free(event->raw);
	*event = (struct event){ 0 };
}

/** event_get() - the value of a key, or @missing */
const char *event_get(const struct event *event, const char *key, const char *missing)
{
	return kvs_get(&event->kvs, key, missing);
}

static bool agrees(const struct event *event, const char *key, const char *wanted)
{
	return !wanted || !strcmp(event_get(event, key, ""), wanted);
}

/** event_matches() - is it one that is wanted? Losses always are. */
bool event_matches(const struct event *event, const struct event_filter *filter)
{
	if (event->kind == EVENT_LOST)
		return true;
	return event->kind != EVENT_FOREIGN && agrees(event, "policy", filter->policy) &&
	       agrees(event, "class", filter->class) &&
	       agrees(event, "verdict", filter->verdict) && agrees(event, "label", filter->label);
}

/* For people */

static void put_text(const struct kv *kv, FILE *out)
{
	struct buf text = { 0 };
	size_t i;

	if (kv_is_none(kv)) {
		fputs("-", out);
		return;
	}
	/* A terminal gets nothing that it would obey. */
	for (i = 0; i < kv->len; i++)
		if ((unsigned char)kv->value[i] < ' ' || kv->value[i] == 0x7f ||
		    (unsigned char)kv->value[i] >= 0x80)
			buf_printf(&text, "\\x%02x", (unsigned char)kv->value[i]);
		else
			buf_add(&text, kv->value + i, 1);
	fprintf(out, "%s%s", text.s ?: "\"\"", kv->cut ? "..." : "");
	buf_free(&text);
}

static void put_value(const struct event *event, const char *before, const char *key, FILE *out)
{
	const struct kv *kv = kvs_find(&event->kvs, key);

	if (kv_is_none(kv))
		return;
	fputs(before, out);
	put_text(kv, out);
}

static void put_time(const struct event *event, FILE *out)
{
	time_t seconds = strtoll(event_get(event, "time", "0"), NULL, 10);
	char text[32];
	struct tm tm;

	if (!seconds || !localtime_r(&seconds, &tm))
		return;
	strftime(text, sizeof(text), "%H:%M:%S ", &tm);
	fputs(text, out);
}

static enum colour verdict_colour(const char *verdict)
{
	if (!strcmp(verdict, "deny") || !strcmp(verdict, "kill"))
		return COLOUR_RED;
	return strcmp(verdict, "would-deny") ? COLOUR_GREEN : COLOUR_YELLOW;
}

/* What was to be done: the object of the class. */
static void put_object(const struct event *event, FILE *out)
{
	const char *class = event_get(event, "class", "");

	if (!strcmp(class, "mount")) {
		put_value(event, " ", "op", out);
		put_value(event, " ", "fstype", out);
		put_value(event, " ", "source", out);
		put_value(event, " on ", "target", out);
	} else if (!strcmp(class, "ptrace")) {
		put_value(event, " ", "access", out);
		put_value(event, " ", "peer_exe", out);
		put_value(event, " of ", "peer_comm", out);
		put_value(event, "[", "peer_pid", out);
		fputs(kvs_find(&event->kvs, "peer_pid") ? "]" : "", out);
		put_value(event, " ", "peer", out);
	} else {
		put_value(event, " ", "path", out);
		if (strcmp(event_get(event, "backing", "file"), "file"))
			put_value(event, " ", "backing", out);
		else if (kv_is_none(kvs_find(&event->kvs, "path")))
			fputs(" a file without a path", out);
		if (!strcmp(event_get(event, "as", ""), "interpreter"))
			fputs(" as interpreter", out);
		if (!strcmp(event_get(event, "layer", ""), "upper"))
			fputs(" in the upper layer", out);
	}
}

static void describe_verdict(const struct event *event, FILE *out)
{
	const char *verdict = event_get(event, "verdict", "?");
	const char *rule = event_get(event, "rule", "?");

	fprintf(out, "%s%s%s %s", colour(out, verdict_colour(verdict)), verdict,
		colour(out, COLOUR_NONE), event_get(event, "class", "?"));
	put_object(event, out);
	put_value(event, " by ", "exe", out);
	put_value(event, " ", "comm", out);
	fprintf(out, "[%s]", event_get(event, "pid", "?"));
	put_value(event, ": ", "reason", out);
	fprintf(out, "%s (%s:%s", colour(out, COLOUR_DIM), event_get(event, "policy", "?"), rule);
	put_value(event, " ", "label", out);
	fprintf(out, ")%s", colour(out, COLOUR_NONE));
}

/* The number that audit shows where nobody has logged in. */
#define NO_LOGIN "4294967295"

static void describe_change(const struct event *event, FILE *out)
{
	const char *result = event_get(event, "result", "?");

	fprintf(out, "%s", event_get(event, "op", "change"));
	put_value(event, " ", "policy", out);
	put_value(event, " version ", "version", out);
	put_value(event, " on ", "ns", out);
	put_value(event, ":", "inum", out);
	put_value(event, " ", "label", out);
	/* Who logged in, however he became root; a service has not. */
	put_value(event, " by uid ", strcmp(event_get(event, "auid", NO_LOGIN), NO_LOGIN) ?
		  "auid" : "uid", out);
	put_value(event, " ", "comm", out);
	if (strcmp(result, "ok"))
		fprintf(out, " %srefused%s: %s", colour(out, COLOUR_RED),
			colour(out, COLOUR_NONE), result);
	put_value(event, ": ", "reason", out);
}

/**
 * event_describe() - a line about an event, for people
 * @event: a verdict, a change or a loss
 * @out: where to
 */
void event_describe(const struct event *event, FILE *out)
{
	put_time(event, out);
	switch (event->kind) {
	case EVENT_VERDICT:
		describe_verdict(event, out);
		break;
	case EVENT_CONFIG:
		describe_change(event, out);
		break;
	default:
		fprintf(out, "%s%s events were lost%s", colour(out, COLOUR_YELLOW),
			event_get(event, "lost", "?"), colour(out, COLOUR_NONE));
		put_value(event, " of policy ", "policy", out);
		put_value(event, " ", "label", out);
	}
	fputc('\n', out);
}

/* For programs */

static json_t *json_list(const char *value)
{
	json_t *list = json_array();
	size_t len;

	for (; *value; value += len + (value[len] == ',')) {
		len = strcspn(value, ",");
		json_array_append_new(list, json_stringn(value, len));
	}
	return list;
}

/* JSON holds no bytes, only characters: others are shown as the module does. */
static json_t *json_escaped(const struct kv *kv)
{
	struct buf text = { 0 };
	json_t *string;
	size_t i;

	for (i = 0; i < kv->len; i++)
		if ((signed char)kv->value[i] < 0)
			buf_printf(&text, "\\x%02x", (unsigned char)kv->value[i]);
		else
			buf_add(&text, kv->value + i, 1);
	string = json_string(text.s);
	buf_free(&text);
	return string;
}

static json_t *json_value(const struct kv *kv, json_t *escaped)
{
	json_t *value;
	char *end;
	long long number;

	if (kv_is_none(kv) && !is_one_of(kv->key, list_keys))
		return json_null();
	if (is_one_of(kv->key, list_keys))
		return json_list(kv_is_none(kv) ? "" : kv->value);
	if (is_one_of(kv->key, number_keys) || !strcmp(kv->key, "rule")) {
		errno = 0;
		number = strtoll(kv->value, &end, 10);
		if (end != kv->value && !*end && !errno)
			return json_integer(number);
	}
	value = json_stringn(kv->value, kv->len);
	if (value)
		return value;
	json_array_append_new(escaped, json_string(kv->key));
	return json_escaped(kv);
}

/**
 * event_json() - an event as an object
 * @event: the event
 *
 * Return: a new reference.
 */
json_t *event_json(const struct event *event)
{
	json_t *object = json_object(), *cut = json_array(), *escaped = json_array();
	size_t i;

	for (i = 0; i < event->kvs.nr; i++) {
		const struct kv *kv = &event->kvs.v[i];

		if (!*kv->key)
			continue;
		json_object_set_new(object, kv->key, json_value(kv, escaped));
		if (kv->cut)
			json_array_append_new(cut, json_string(kv->key));
	}
	if (json_array_size(cut))
		json_object_set(object, "cut", cut);
	if (json_array_size(escaped))
		json_object_set(object, "escaped", escaped);
	json_decref(cut);
	json_decref(escaped);
	return object;
}

/* Where they come from */

/* Lines that are no events and are named; of more only the number is told. */
#define BAD_NAMED 5

struct event_source {
	const char *label;
	int fd;
	unsigned long line;
	unsigned long bad;
	char *bytes;
	size_t len;
	size_t done;
	bool ended;
};

static struct event_source *new_source(const char *label, int fd)
{
	struct event_source *source = xcalloc(1, sizeof(*source));

	source->label = label;
	source->fd = fd;
	source->bytes = xmalloc(2 * EVENT_LINE_MAX);
	return source;
}

/** event_open_ring() - the module's events, from the oldest still held on */
struct event_source *event_open_ring(void)
{
	int fd = ctl_open("events", O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		die("no %s/events: this is not bulkhead's directory", ctl_dir());
	return new_source("events", fd);
}

/** event_open_file() - saved lines; NULL if the file cannot be opened, said why */
struct event_source *event_open_file(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

	if (fd >= 0)
		return new_source(file_label(path), fd);
	say("cannot open %s: %s", path, strerror(errno));
	return NULL;
}

/* 1 if there is a line in the buffer, whose end is put into @end. */
static int find_line(struct event_source *source, size_t *end)
{
	char *start = source->bytes + source->done;
	char *newline = memchr(start, '\n', source->len - source->done);

	if (newline)
		*end = newline - source->bytes;
	else if ((source->ended && source->done < source->len) ||
		 source->len - source->done > EVENT_LINE_MAX)
		*end = source->len;
	else
		return 0;
	return 1;
}

/* 1 if more was read, 0 at the end or after the timeout, -1 on failure. */
static int fill(struct event_source *source, int timeout_ms)
{
	struct pollfd pollfd = { .fd = source->fd, .events = POLLIN };
	ssize_t len;

	memmove(source->bytes, source->bytes + source->done, source->len - source->done);
	source->len -= source->done;
	source->done = 0;
	len = read(source->fd, source->bytes + source->len, 2 * EVENT_LINE_MAX - source->len);
	if (len > 0) {
		source->len += len;
		return 1;
	}
	if (!len) {
		source->ended = true;
		return source->len > 0;
	}
	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN) {
		say("cannot read %s: %s", source->label, strerror(errno));
		return -1;
	}
	if (!timeout_ms || poll(&pollfd, 1, timeout_ms) <= 0)
		return 0;
	return 1;
}

static void complain(struct event_source *source, const char *why)
{
	source->bad++;
	if (source->bad <= BAD_NAMED)
		say("%s:%lu: not an event: %s", source->label, source->line, why);
}

/**
 * event_next() - the next event
 * @source: where from
 * @timeout_ms: how long to wait for one if there is none; -1 for ever
 * @event: empty; filled if 1 is returned, to be freed then
 *
 * Lines that are no events are said so and skipped.
 *
 * Return: 1; 0 at the end, after the timeout or a signal; -1 on failure, said why.
 */
int event_next(struct event_source *source, int timeout_ms, struct event *event)
{
	const char *why = "";
	size_t start, end;
	int ret;

	for (;;) {
		while (!find_line(source, &end)) {
			ret = source->ended ? 0 : fill(source, timeout_ms);
			if (ret <= 0)
				return ret;
		}
		start = source->done;
		source->done = end < source->len ? end + 1 : end;
		source->line++;
		if (start == end)
			continue;
		ret = event_parse(event, source->bytes + start, end - start, &why);
		if (!ret && event->kind != EVENT_FOREIGN) {
			event->file = source->label;
			event->line = source->line;
			return 1;
		}
		if (ret)
			complain(source, why);
		event_free(event);
	}
}

/** event_ended() - will there never be another one? */
bool event_ended(const struct event_source *source)
{
	return source->ended;
}

void event_close(struct event_source *source)
{
	if (source->bad > BAD_NAMED)
		say("%s: %lu lines in all are not events", source->label, source->bad);
	if (source->fd != STDIN_FILENO)
		close(source->fd);
	free(source->bytes);
	free(source);
}
