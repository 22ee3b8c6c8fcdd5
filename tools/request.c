// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, from what events say or a person types; what the module's decision makes of
 * them; and the rule that would make it say yes.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <parse.h>

#include "command.h"
#include "request.h"

/* The event's name of a string that a rule's key looks at. */
static const char *event_key(enum bh_class class, const struct bh_key *key)
{
	if ((class == BH_EXEC || class == BH_MAP) && !strcmp(key->name, "from"))
		return "exe";
	if (class == BH_PTRACE && !strcmp(key->name, "exe"))
		return "peer_exe";
	return key->name;
}

/* The bits of `word,word`; -1 if one is unknown. */
static int read_words(const struct bh_word *words, const char *value)
{
	const struct bh_word *word;
	int bits = 0;
	size_t len;

	for (; *value; value += len + (value[len] == ',')) {
		len = strcspn(value, ",");
		word = bh_word_find(words, value, len);
		if (!word)
			return -1;
		bits |= word->bit;
	}
	return bits;
}

static void set_string(struct request *request, const struct bh_key *key, const struct kv *kv)
{
	struct bh_string *string = &request->r.string[key->index];

	if (kv_is_none(kv))
		return;
	string->s = xstrndup(kv->value, kv->len);
	string->len = kv->len;
	if (kv->cut)
		request->cut |= 1 << key->index;
}

/* `KIND:HEX,KIND:HEX`, as rules and events have them. */
static int set_digests(struct request *request, const char *value)
{
	struct bh_digest digest;
	const char *why;
	size_t len;
	char *one;
	int err;

	for (; *value; value += len + (value[len] == ',')) {
		len = strcspn(value, ",");
		one = xstrndup(value, len);
		err = bh_digest_read(&digest, one, len, &why);
		free(one);
		if (err)
			return -1;
		memcpy(request->digests[digest.kind], digest.bytes, BH_DIGEST_MAX);
		request->r.digest[digest.kind] = request->digests[digest.kind];
	}
	return 0;
}

static int take_event_key(struct request *request, const struct kvs *kvs, const struct bh_key *key)
{
	const struct kv *kv;
	int bits;

	switch (key->kind) {
	case BH_KEY_PATH:
	case BH_KEY_PATTERN:
		set_string(request, key, kvs_find(kvs, event_key(request->r.class, key)));
		return 0;
	case BH_KEY_ENUM:
		kv = kvs_find(kvs, key->name);
		bits = kv_is_none(kv) ? 0 : read_words(key->words, kv->value);
		if (bits < 0)
			return -1;
		request->r.attr[key->index] = bits;
		return 0;
	case BH_KEY_HAS:
		kv = kvs_find(kvs, "mflags") ?: kvs_find(kvs, "flags");
		bits = kv_is_none(kv) ? 0 : read_words(key->words, kv->value);
		if (bits < 0)
			return -1;
		request->r.flags = bits;
		return 0;
	case BH_KEY_DIGEST:
		kv = kvs_find(kvs, key->name);
		return kv_is_none(kv) ? 0 : set_digests(request, kv->value);
	default:
		return 0;
	}
}

/**
 * request_from_event() - the request that an event tells of
 * @request: empty
 * @event: an event of a verdict
 * @why: where to put a sentence on failure
 *
 * Return: 0, or -1 if the event is of a version with other words.
 */
int request_from_event(struct request *request, const struct event *event, const char **why)
{
	const char *class = event_get(event, "class", "");
	int number = bh_class_find(class, strlen(class));
	const struct bh_key *key;

	*why = "this command does not know the event's class";
	if (event->kind != EVENT_VERDICT || number < 0)
		return -1;
	request->r.class = number;
	*why = "this command does not know a word of the event: it is of another version";
	for (key = bh_classes[number].keys; key->name; key++)
		if (take_event_key(request, &event->kvs, key))
			return -1;
	if (number == BH_PTRACE && !request->r.attr[BH_PTRACE_ROLE])
		request->r.attr[BH_PTRACE_ROLE] = BH_ROLE_TRACER;
	return 0;
}

/* What a person takes for granted. */
static const struct {
	enum bh_class class;
	const char *key;
	const char *word;
} assumptions[] = {
	{ BH_EXEC, "as", "program" },
	{ BH_EXEC, "setid", "no" },
	{ BH_EXEC, "backing", "file" },
	{ BH_EXEC, "layer", "lower" },
	{ BH_MAP, "backing", "file" },
	{ BH_MAP, "layer", "lower" },
	{ BH_MOUNT, "op", "mount" },
	{ BH_PTRACE, "access", "read" },
	{ BH_PTRACE, "role", "tracer" },
	{ BH_PTRACE, "peer", "inside" },
};

static void assume(struct request *request)
{
	const struct bh_key *key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(assumptions); i++) {
		if (assumptions[i].class != request->r.class)
			continue;
		key = bh_key_find(request->r.class, assumptions[i].key,
				  strlen(assumptions[i].key));
		if (!key || request->r.attr[key->index])
			continue;
		request->r.attr[key->index] = read_words(key->words, assumptions[i].word);
		buf_printf(&request->assumed, "%s%s=%s", request->assumed.len ? " " : "",
			   assumptions[i].key, assumptions[i].word);
	}
}

/* The key that a word of the command line means: a rule's, or an event's. */
static const struct bh_key *find_key(enum bh_class class, const char *name, size_t len)
{
	const struct bh_key *key;

	if ((len == 5 && !memcmp(name, "flags", 5)) || (len == 6 && !memcmp(name, "mflags", 6))) {
		name = "has";
		len = 3;
	}
	key = bh_key_find(class, name, len);
	if (key)
		return key;
	for (key = bh_classes[class].keys; key->name; key++) {
		const char *known = event_key(class, key);

		if (strlen(known) == len && !memcmp(known, name, len))
			return key;
	}
	return NULL;
}

static void say_words(const struct bh_word *words)
{
	fputs("there are", stderr);
	for (; words->name; words++)
		fprintf(stderr, " %s", words->name);
	fputc('\n', stderr);
}

static void say_keys(enum bh_class class)
{
	const struct bh_key *key;
	struct buf keys = { 0 };

	for (key = bh_classes[class].keys; key->name; key++)
		if (key->kind != BH_KEY_LACKS)
			buf_printf(&keys, " %s", key->kind == BH_KEY_HAS ? "flags" : key->name);
	say("the keys of %s are%s", bh_classes[class].name, keys.s);
	buf_free(&keys);
}

/* As events have it, "-" is what there is none of. */
static int take_string(struct request *request, const struct bh_key *key, const char *word,
		       const char *value)
{
	struct bh_string *string = &request->r.string[key->index];

	if (key->kind == BH_KEY_PATH && *value != '/' && strcmp(value, "-")) {
		say("\"%s\" is no path: it begins with /, or is - where there is none", word);
		return TROUBLE;
	}
	free((char *)string->s);
	*string = (struct bh_string){ 0 };
	if (strcmp(value, "-"))
		*string = (struct bh_string){ .s = xstrdup(value), .len = strlen(value) };
	return 0;
}

/* A request has one value of each key. */
static int take_key(enum bh_class class, const char *word, const struct bh_key **key, u32 *given)
{
	const char *equals = strchr(word, '=');
	u32 bit;

	*key = equals ? find_key(class, word, equals - word) : NULL;
	if (!*key || (*key)->kind == BH_KEY_LACKS) {
		say("\"%s\" is not KEY=VALUE of a request of class %s", word,
		    bh_classes[class].name);
		say_keys(class);
		return TROUBLE;
	}
	bit = 1U << (*key - bh_classes[class].keys);
	if (*given & bit) {
		say("\"%s\" says once more what was said: a request has one value of a key", word);
		return TROUBLE;
	}
	*given |= bit;
	return 0;
}

static int take_word(struct request *request, const char *word, u32 *given)
{
	const char *equals = strchr(word, '=');
	const struct bh_key *key;
	int bits = 0;
	int err = take_key(request->r.class, word, &key, given);

	if (err)
		return err;
	if (bh_key_is_pattern(key))
		return take_string(request, key, word, equals + 1);
	if (key->kind == BH_KEY_DIGEST) {
		if (!strcmp(equals + 1, "-") || !set_digests(request, equals + 1))
			return 0;
		say("\"%s\" is no digest: sha256:HEX, fsverity-sha256:HEX or fsverity-sha512:HEX",
		    word);
		return TROUBLE;
	}
	if (strcmp(equals + 1, "-"))
		bits = equals[1] ? read_words(key->words, equals + 1) : -1;
	if (bits < 0) {
		fprintf(stderr, "bulkhead: unknown value in \"%s\": ", word);
		say_words(key->words);
		return TROUBLE;
	}
	if (key->kind == BH_KEY_HAS)
		request->r.flags = bits;
	else
		request->r.attr[key->index] = bits;
	return 0;
}

/**
 * request_from_words() - the request that a person typed; says what is wrong
 * @request: empty
 * @class: the class
 * @words: KEY=VALUE each
 * @nr: how many
 *
 * Return: 0 or TROUBLE.
 */
int request_from_words(struct request *request, const char *class, char **words, int nr)
{
	int number = bh_class_find(class, strlen(class)), i, err;
	u32 given = 0;

	if (number < 0) {
		say("unknown class \"%s\": there are exec, map, mount, ptrace", class);
		return TROUBLE;
	}
	request->r.class = number;
	for (i = 0; i < nr; i++) {
		err = take_word(request, words[i], &given);
		if (err)
			return err;
	}
	assume(request);
	return 0;
}

void request_free(struct request *request)
{
	int slot;

	for (slot = 0; slot < BH_STRINGS; slot++)
		free((char *)request->r.string[slot].s);
	buf_free(&request->assumed);
	*request = (struct request){ 0 };
}

/**
 * request_decide() - what does a policy say?
 * @policy: the policy
 * @request: the request
 * @verdict: the answer
 *
 * Return: 0; without memory the program ends.
 */
int request_decide(const struct bh_policy *policy, const struct request *request,
		   struct bh_verdict *verdict)
{
	struct bh_decision *decision = xmalloc(sizeof(*decision));
	int err;

	bh_decision_init(decision, GFP_KERNEL);
	err = bh_decide(policy, &request->r, decision, verdict);
	bh_decision_free(decision);
	free(decision);
	if (err)
		die("out of memory");
	return 0;
}

/* A rule alone in a policy matches if it decides. */
struct alone {
	const struct request *request;
	bool matched;
};

static int try_alone(struct bh_policy *policy, void *data, const char **why)
{
	struct alone *alone = data;
	struct bh_verdict verdict;

	(void)why;
	request_decide(policy, alone->request, &verdict);
	alone->matched = verdict.line;
	bh_policy_free(policy);
	return 0;
}

/**
 * request_matches() - all rules that match, each asked alone
 * @doc: a document that the module takes
 * @block: the policy in it
 * @request: the request
 * @lines: an allocated list of indices into @doc->lines
 *
 * Return: how many there are.
 */
size_t request_matches(const struct doc *doc, const struct doc_block *block,
		       const struct request *request, size_t **lines)
{
	struct alone alone = { .request = request };
	struct bh_parser *parser = bh_parser_alloc(try_alone, &alone);
	size_t nr = 0, cap = 0, i;

	if (!parser)
		die("out of memory");
	*lines = NULL;
	for (i = block->first; i < block->end; i++) {
		const struct doc_line *line = &doc->lines[i];

		if (line->kind != DOC_RULE || line->class != (int)request->r.class)
			continue;
		alone.matched = false;
		bh_parser_feed(parser, "policy p version 1\n", 19);
		bh_parser_feed(parser, line->s, line->len);
		bh_parser_feed(parser, "\nend\n", 5);
		if (!alone.matched)
			continue;
		GROW(*lines, nr, cap);
		(*lines)[nr++] = i;
	}
	bh_parser_free(parser);
	return nr;
}

/* Rules */

/** suggest_pattern() - append a value that matches exactly these bytes */
void suggest_pattern(struct buf *out, const char *s, size_t len)
{
	struct buf pattern = { 0 };
	size_t i;

	for (i = 0; i < len; i++) {
		if (strchr("?*[]\\", s[i]) && s[i])
			buf_puts(&pattern, "\\");
		buf_add(&pattern, s + i, 1);
	}
	doc_write_value(out, pattern.s ?: "", pattern.len);
	buf_free(&pattern);
}

static void add_string(struct buf *out, const struct request *request, const char *name)
{
	const struct bh_key *key = bh_key_find(request->r.class, name, strlen(name));
	const struct bh_string *string = &request->r.string[key->index];
	struct buf value = { 0 };

	if (!string->s || !string->len)
		return;
	buf_printf(out, " %s=", name);
	suggest_pattern(&value, string->s, string->len);
	/* Of a string that the event cuts only the beginning is known. */
	if (request->cut & (1 << key->index)) {
		if (value.s[value.len - 1] == '"') {
			value.len--;
			buf_puts(&value, "**\"");
		} else {
			buf_puts(&value, "**");
		}
	}
	buf_add(out, value.s, value.len);
	buf_free(&value);
}

/* The first word of those that apply. */
static void add_word(struct buf *out, const struct request *request, const char *name)
{
	const struct bh_key *key = bh_key_find(request->r.class, name, strlen(name));
	const struct bh_word *word;

	for (word = key->words; word->name; word++) {
		if (!(word->bit & request->r.attr[key->index]))
			continue;
		buf_printf(out, " %s=%s", name, word->name);
		return;
	}
}

/* Flags that take rights away are worth asking for. */
static void add_flags(struct buf *out, const struct request *request)
{
	static const u32 wanted = BH_FLAG_RO | BH_FLAG_NOSUID | BH_FLAG_NODEV | BH_FLAG_NOEXEC;
	const struct bh_key *key = bh_key_find(request->r.class, "has", 3);
	const struct bh_word *word;
	const char *before = " has=";

	for (word = key->words; word->name; word++) {
		if (!(word->bit & request->r.flags & wanted))
			continue;
		buf_printf(out, "%s%s", before, word->name);
		before = ",";
	}
}

static void suggest_file(struct buf *out, const struct request *request)
{
	bool is_exec = request->r.class == BH_EXEC;
	u32 backing = request->r.attr[BH_EXEC_BACKING];

	add_string(out, request, "path");
	if (!request->r.string[BH_EXEC_PATH].s) {
		if (backing)
			add_word(out, request, "backing");
		if (!backing || backing == BH_BACKING_FILE)
			add_string(out, request, "fstype");
		add_string(out, request, "from");
	}
	if (is_exec && request->r.attr[BH_EXEC_AS] == BH_AS_INTERPRETER)
		buf_puts(out, " as=interpreter");
}

static void suggest_mount(struct buf *out, const struct request *request)
{
	const struct bh_string *source = &request->r.string[BH_MOUNT_SOURCE];

	add_word(out, request, "op");
	add_string(out, request, "fstype");
	if (source->s && source->len && source->s[0] == '/')
		add_string(out, request, "source");
	add_string(out, request, "target");
	add_flags(out, request);
}

static void suggest_ptrace(struct buf *out, const struct request *request)
{
	add_word(out, request, "access");
	if (request->r.attr[BH_PTRACE_ROLE] == BH_ROLE_TRACEE)
		buf_puts(out, " role=tracee");
	add_word(out, request, "peer");
	add_string(out, request, "exe");
}

/**
 * request_suggest() - the narrowest short rule that a request matches
 * @request: the request
 *
 * Return: the rule, to be freed.
 */
char *request_suggest(const struct request *request)
{
	struct buf out = { 0 };

	buf_printf(&out, "allow %s", bh_classes[request->r.class].name);
	switch (request->r.class) {
	case BH_MOUNT:
		suggest_mount(&out, request);
		break;
	case BH_PTRACE:
		suggest_ptrace(&out, request);
		break;
	default:
		suggest_file(&out, request);
	}
	return out.s;
}

/**
 * request_except() - a rule that refuses, with an exception for a request
 * @rule: the rule
 * @request: the request
 *
 * Return: the rule, to be freed; NULL if the request has no name to be excepted by.
 */
char *request_except(const struct doc_line *rule, const struct request *request)
{
	const char *name = request->r.class == BH_MOUNT ? "target" :
			   request->r.class == BH_PTRACE ? "exe" : "path";
	const struct bh_key *key = bh_key_find(request->r.class, name, strlen(name));
	const struct bh_string *string = &request->r.string[key->index];
	struct buf out = { 0 };
	bool done = false;
	size_t i;

	if (!string->s || request->cut & (1 << key->index))
		return NULL;
	for (i = 0; i < rule->nr_words; i++) {
		if (i)
			buf_puts(&out, " ");
		doc_write_cond(&out, &rule->words[i]);
		if (!done && rule->words[i].negated && !strcmp(rule->words[i].key, name)) {
			buf_puts(&out, ",");
			suggest_pattern(&out, string->s, string->len);
			done = true;
		}
	}
	if (!done) {
		buf_printf(&out, " %s!=", name);
		suggest_pattern(&out, string->s, string->len);
	}
	return out.s;
}
