// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random policies, and a judge of them who knows of no index and no parser.
 *
 * The vocabulary comes from the module's own tables, which tests of single
 * documents check. What the words mean is written a second time here.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "load.h"
#include "model.h"

/* A rule that is written down, with room to spare. */
#define RULE_TEXT 16384

/* Making one up */

static void fill_pattern(struct bh_model_cond *cond, struct bh_random *random)
{
	char *s = cond->value[cond->nr].s;
	size_t len, head = 0;

	if (cond->key->kind == BH_KEY_PATH) {
		head = 1 + bh_random_once_in(random, 4);
		memset(s, head == 1 ? '/' : '*', head);
	}
	do {
		len = head + bh_random_pattern(random, s + head,
					       1 + bh_random_below(random, BH_MODEL_PIECES));
	} while (!bh_naive_is_pattern(s, len));
	cond->value[cond->nr++].len = len;
}

/* The digests that there are: one byte, over and over. */
#define DIGESTS 3
static const u8 digests[DIGESTS][BH_DIGEST_MAX] = {
	{ [0 ... BH_DIGEST_MAX - 1] = 0x11 },
	{ [0 ... BH_DIGEST_MAX - 1] = 0x22 },
	{ [0 ... BH_DIGEST_MAX - 1] = 0xee },
};

/* Writes a digest as rules name it; returns its length. */
static size_t write_digest(char *s, enum bh_digest_kind kind, const u8 *bytes)
{
	size_t len = snprintf(s, BH_MODEL_VALUE, "%s:", bh_digest_descs[kind].name);
	u32 i;

	for (i = 0; i < bh_digest_descs[kind].len; i++)
		len += snprintf(s + len, BH_MODEL_VALUE - len, "%02x", bytes[i]);
	return len;
}

static void fill_digest(struct bh_model_cond *cond, struct bh_random *random)
{
	u32 kind = bh_random_below(random, BH_DIGEST_KINDS);

	cond->value[cond->nr].len = write_digest(cond->value[cond->nr].s, kind,
						 digests[bh_random_below(random, DIGESTS)]);
	cond->nr++;
}

static const struct bh_word *random_word(const struct bh_key *key, struct bh_random *random)
{
	u32 nr = 0;

	while (key->words[nr].name)
		nr++;
	return &key->words[bh_random_below(random, nr)];
}

static void fill_cond(struct bh_model_cond *cond, enum bh_class class, struct bh_random *random)
{
	const struct bh_key *keys = bh_classes[class].keys;
	u32 nr = 0, values = 1 + bh_random_below(random, BH_MODEL_VALUES);

	while (keys[nr].name)
		nr++;
	*cond = (struct bh_model_cond){
		.key = &keys[bh_random_below(random, bh_random_once_in(random, 2) ? nr : 3)],
		.negated = bh_random_once_in(random, 4),
	};
	while (values--) {
		if (cond->key->kind == BH_KEY_DIGEST)
			fill_digest(cond, random);
		else if (bh_key_is_pattern(cond->key))
			fill_pattern(cond, random);
		else
			cond->bits |= random_word(cond->key, random)->bit;
	}
}

static const struct bh_word *random_action(struct bh_random *random)
{
	return &bh_action_words[bh_random_below(random, 3)];
}

/**
 * bh_model_fill_rule() - make up a rule, which may be one that can never match
 * @rule: the rule
 * @random: where it comes from
 */
void bh_model_fill_rule(struct bh_model_rule *rule, struct bh_random *random)
{
	u32 c;

	rule->class = bh_random_below(random, BH_CLASSES);
	rule->action = random_action(random)->bit;
	rule->report = BH_PLAIN;
	if (bh_random_once_in(random, 3))
		rule->report = bh_report_words[bh_random_below(random, 2)].bit;
	rule->nr = bh_random_below(random, BH_MODEL_CONDS);
	for (c = 0; c < rule->nr; c++)
		fill_cond(&rule->cond[c], rule->class, random);
}

/* Writing it down */

struct pen {
	struct bh_random *random;
	char *text;
	size_t len;
	u32 line;
};

static void put(struct pen *pen, const char *s, size_t len)
{
	memcpy(pen->text + pen->len, s, len);
	pen->len += len;
}

static void put_string(struct pen *pen, const char *s)
{
	put(pen, s, strlen(s));
}

/* A word or a value, in quotes or not. */
static void put_text(struct pen *pen, const char *s, size_t len)
{
	size_t i;

	if (!bh_random_once_in(pen->random, 4)) {
		put(pen, s, len);
		return;
	}
	put_string(pen, "\"");
	for (i = 0; i < len; i++) {
		char hex[5];

		if (bh_random_once_in(pen->random, 4)) {
			snprintf(hex, sizeof(hex), "\\x%02x", (u8)s[i]);
			put_string(pen, hex);
			continue;
		}
		if (s[i] == '\\' || s[i] == '"')
			put_string(pen, "\\");
		put(pen, s + i, 1);
	}
	put_string(pen, "\"");
}

static void put_word(struct pen *pen, const char *word)
{
	if (pen->len && pen->text[pen->len - 1] != '\n')
		put_string(pen, bh_random_once_in(pen->random, 6) ? "\t " : " ");
	put_text(pen, word, strlen(word));
}

static void end_line(struct pen *pen)
{
	static const char *const ends[] = { "\n", "\n", "\n", "\n\n", " # end\n", "\n#x\"\n\t\n" };
	const char *end = ends[bh_random_below(pen->random, ARRAY_SIZE(ends))];

	put_string(pen, end);
	for (; *end; end++)
		pen->line += *end == '\n';
}

static void put_cond(struct pen *pen, const struct bh_model_cond *cond)
{
	const struct bh_word *word;
	bool first = true;
	u32 i;

	put_string(pen, " ");
	put_string(pen, cond->key->name);
	put_string(pen, cond->negated ? "!=" : "=");
	for (i = 0; i < cond->nr; i++) {
		put_string(pen, i ? "," : "");
		put_text(pen, cond->value[i].s, cond->value[i].len);
	}
	for (word = cond->key->words; word && word->name; word++) {
		if (!(cond->bits & word->bit))
			continue;
		put_string(pen, first ? "" : ",");
		put_text(pen, word->name, strlen(word->name));
		first = false;
	}
}

static void put_rule(struct pen *pen, struct bh_model_rule *rule)
{
	u32 c;

	rule->line = pen->line;
	if (rule->report != BH_PLAIN)
		put_word(pen, bh_word_name(bh_report_words, rule->report));
	put_word(pen, bh_word_name(bh_action_words, rule->action));
	put_word(pen, bh_classes[rule->class].name);
	for (c = 0; c < rule->nr; c++)
		put_cond(pen, &rule->cond[c]);
	end_line(pen);
}

/**
 * bh_model_write() - write a policy down as a document
 * @model: the policy; its rules learn their lines
 * @random: for what the language leaves open: blanks, comments, quotes
 * @text: room for BH_MODEL_TEXT; no terminator
 *
 * Return: the document's length.
 */
size_t bh_model_write(struct bh_model *model, struct bh_random *random, char *text)
{
	struct pen pen = { .random = random, .text = text, .line = 1 };
	u32 class, r;

	put_string(&pen, "policy random version 1");
	end_line(&pen);
	for (class = 0; class < BH_CLASSES; class++) {
		put_word(&pen, "default");
		put_word(&pen, bh_classes[class].name);
		put_word(&pen, bh_word_name(bh_action_words, model->defaults[class]));
		end_line(&pen);
	}
	for (r = 0; r < model->nr; r++)
		put_rule(&pen, &model->rule[r]);
	put_string(&pen, "end\n");
	return pen.len;
}

/* Does the parser take a rule? It refuses those that can never match. */
static bool is_taken(struct bh_model_rule *rule, struct bh_random *random)
{
	struct bh_reading *reading = kvzalloc(sizeof(*reading), GFP_KERNEL);
	struct pen pen = { .random = random, .text = kvmalloc(RULE_TEXT, GFP_KERNEL) };
	bool taken = true;

	if (reading && pen.text) {
		put_string(&pen, "policy random version 1\n");
		put_rule(&pen, rule);
		put_string(&pen, "end\n");
		bh_load(reading, pen.text, pen.len);
		taken = reading->ret != -EINVAL;
		bh_reading_free(reading);
	}
	kvfree(pen.text);
	kvfree(reading);
	return taken;
}

/**
 * bh_model_fill() - make up a policy
 * @model: the policy
 * @random: where it comes from
 * @rules: how many rules it shall have, at most BH_MODEL_RULES
 */
void bh_model_fill(struct bh_model *model, struct bh_random *random, u32 rules)
{
	struct bh_model_rule *rule;
	u32 class;

	model->nr = rules;
	for (class = 0; class < BH_CLASSES; class++)
		model->defaults[class] = random_action(random)->bit;
	for (rule = model->rule; rule < model->rule + rules; rule++)
		do {
			bh_model_fill_rule(rule, random);
		} while (!is_taken(rule, random));
}

/* Reading it from a canonical text */

struct canon {
	const char *at;
	const char *end;
};

/* Takes what stands next if it is @s. */
static bool take(struct canon *canon, const char *s)
{
	size_t len = strlen(s);

	if (canon->end - canon->at < len || memcmp(canon->at, s, len))
		return false;
	canon->at += len;
	return true;
}

/* A byte of a value in quotes. */
static char take_quoted(struct canon *canon)
{
	char c = *canon->at++;

	if (c != '\\')
		return c;
	c = *canon->at++;
	if (c != 'x')
		return c;
	canon->at += 2;
	return hex_to_bin(canon->at[-2]) << 4 | hex_to_bin(canon->at[-1]);
}

/* A value up to a blank or a comma; its length, or -1 if there is no room. */
static int take_value(struct canon *canon, char *s, size_t size)
{
	bool quoted = take(canon, "\"");
	size_t len = 0;

	while (quoted ? *canon->at != '"' : !strchr(" ,\n", *canon->at)) {
		if (len == size)
			return -1;
		s[len++] = quoted ? take_quoted(canon) : *canon->at++;
	}
	canon->at += quoted;
	return len;
}

/* The bit of the word that stands next; -1 if none of them does. */
static int take_word(struct canon *canon, const struct bh_word *words)
{
	const char *at = canon->at;

	for (; words->name; words++) {
		if (take(canon, words->name) && strchr(" ,\n", *canon->at))
			return words->bit;
		canon->at = at;
	}
	return -1;
}

static const struct bh_key *take_key(struct canon *canon, enum bh_class class)
{
	const struct bh_key *key = bh_classes[class].keys;
	const char *at = canon->at;

	for (; key->name; key++) {
		if (take(canon, key->name) && strchr("=!", *canon->at))
			return key;
		canon->at = at;
	}
	return NULL;
}

static bool take_cond(struct canon *canon, enum bh_class class, struct bh_model_cond *cond)
{
	int got;

	*cond = (struct bh_model_cond){ .key = take_key(canon, class) };
	if (!cond->key)
		return false;
	cond->negated = take(canon, "!");
	if (!take(canon, "="))
		return false;
	do {
		if (bh_key_has_values(cond->key)) {
			if (cond->nr == BH_MODEL_VALUES)
				return false;
			got = take_value(canon, cond->value[cond->nr].s,
					 sizeof(cond->value[0].s));
			cond->value[cond->nr++].len = got;
		} else {
			got = take_word(canon, cond->key->words);
			cond->bits |= got;
		}
	} while (got >= 0 && take(canon, ","));
	return got >= 0;
}

static int take_class(struct canon *canon)
{
	int class;

	for (class = 0; class < BH_CLASSES; class++)
		if (take(canon, bh_classes[class].name))
			return class;
	return -1;
}

static bool take_rule(struct canon *canon, struct bh_model_rule *rule)
{
	int report = take_word(canon, bh_report_words), action, class;

	if (report >= 0)
		take(canon, " ");
	action = take_word(canon, bh_action_words);
	take(canon, " ");
	class = take_class(canon);
	if (action < 0 || class < 0)
		return false;
	rule->report = report >= 0 ? report : BH_PLAIN;
	rule->action = action;
	rule->class = class;
	for (rule->nr = 0; take(canon, " "); rule->nr++)
		if (rule->nr == BH_MODEL_CONDS ||
		    !take_cond(canon, rule->class, &rule->cond[rule->nr]))
			return false;
	return take(canon, "\n");
}

/**
 * bh_model_read() - read a policy's canonical text
 * @model: the policy
 * @text: the text; what it is not is not told
 * @len: its length
 *
 * Return: false if the policy is too large for a model.
 */
bool bh_model_read(struct bh_model *model, const char *text, size_t len)
{
	struct canon canon = { text, text + len };
	u32 line = 3;
	int class;

	model->nr = 0;
	memset(model->defaults, BH_ALLOW, sizeof(model->defaults));
	/* Its name and its mode decide nothing. */
	canon.at = strchr(strchr(canon.at, '\n') + 1, '\n') + 1;
	for (; take(&canon, "  default "); line++) {
		class = take_class(&canon);
		take(&canon, " ");
		model->defaults[class] = take_word(&canon, bh_action_words);
		take(&canon, "\n");
	}
	for (; take(&canon, "  "); line++) {
		if (model->nr == BH_MODEL_RULES || !take_rule(&canon, &model->rule[model->nr]))
			return false;
		model->rule[model->nr++].line = line;
	}
	return true;
}

/* Judging by it */

/**
 * bh_model_ask() - make up a request
 * @request: the request
 * @random: where it comes from
 */
void bh_model_ask(struct bh_model_request *request, struct bh_random *random)
{
	struct bh_request *r = &request->request;
	u32 i;

	*r = (struct bh_request){
		.class = bh_random_below(random, BH_CLASSES),
		.flags = bh_random_u32(random) & bh_random_u32(random) & 0x7fff,
	};
	for (i = 0; i < BH_STRINGS; i++) {
		size_t len = 1 + bh_random_string(random, request->string[i] + 1,
						  BH_MODEL_STRING - 1);

		r->string[i].unreached = bh_random_once_in(random, 8);
		if (bh_random_once_in(random, 8))
			continue;
		request->string[i][0] = bh_random_once_in(random, 4) ? 'a' : '/';
		r->string[i].s = request->string[i];
		r->string[i].len = len;
	}
	for (i = 0; i < BH_DIGEST_KINDS; i++)
		if (!bh_random_once_in(random, 3))
			r->digest[i] = digests[bh_random_below(random, DIGESTS)];
	for (i = 0; i < BH_ATTRS; i++)
		r->attr[i] = bh_random_once_in(random, 4) ? bh_random_below(random, 128) :
							    1 << bh_random_below(random, 3);
	if (!bh_random_once_in(random, 4))
		return;
	r->unknown = bh_random_below(random, 1 << BH_STRINGS);
	r->flags_unknown = bh_random_once_in(random, 2);
}

/* Takes away what no request of its kind has. */
static void take_impossible(struct bh_request *r)
{
	bool exec = r->class == BH_EXEC || r->class == BH_MAP;
	u32 kind, nowhere = BH_BACKING_MEMFD | BH_BACKING_ANONYMOUS;

	if (exec && r->attr[BH_EXEC_BACKING] & nowhere) {
		r->string[BH_EXEC_PATH] = (struct bh_string){ };
		r->attr[BH_EXEC_LAYER] = BH_LAYER_NONE;
	}
	if (exec && r->attr[BH_EXEC_BACKING] == BH_BACKING_ANONYMOUS) {
		r->string[BH_EXEC_FSTYPE] = (struct bh_string){ };
		for (kind = 0; kind < BH_DIGEST_KINDS; kind++)
			r->digest[kind] = NULL;
		r->flags = 0;
	}
	if (r->class == BH_MOUNT && r->attr[BH_MOUNT_OP] & (BH_OP_UMOUNT | BH_OP_PIVOT_ROOT))
		r->flags = 0;
}

/**
 * bh_model_ask_possible() - make up a request as there may be one
 * @ask: the request: its paths are normal, one word of a key applies at a time, and it has
 *       nothing that those of its kind never have
 * @random: where it comes from
 * @class: its class
 */
void bh_model_ask_possible(struct bh_model_request *ask, struct bh_random *random,
			   enum bh_class class)
{
	struct bh_request *r = &ask->request;
	const struct bh_key *key;
	u32 i;

	do {
		bh_model_ask(ask, random);
	} while (r->class != class);
	for (i = 0; i < BH_STRINGS; i++)
		if (r->string[i].s && !bh_naive_is_path(r->string[i].s, r->string[i].len))
			r->string[i] = (struct bh_string){ .s = "/a", .len = 2 };
	r->unknown = 0;
	r->flags_unknown = false;
	for (key = bh_classes[class].keys; key->name; key++)
		if (key->kind == BH_KEY_ENUM)
			r->attr[key->index] = random_word(key, random)->bit;
	take_impossible(r);
	if (class != BH_PTRACE)
		return;
	r->attr[BH_PTRACE_PEER] = bh_random_once_in(random, 2) ? BH_PEER_INSIDE :
								 BH_PEER_OUTSIDE;
	if (bh_random_once_in(random, 2))
		r->attr[BH_PTRACE_PEER] |= BH_PEER_DESCENDANT;
}

static bool is_unknown(const struct bh_key *key, const struct bh_request *request)
{
	if (key->kind == BH_KEY_HAS || key->kind == BH_KEY_LACKS)
		return request->flags_unknown;
	return bh_key_is_pattern(key) && request->unknown & (1 << key->index);
}

/* Is the value a digest of the file? @lacks is set if the file has none of its kind. */
static bool is_digest(const char *value, size_t len, const struct bh_request *request, bool *lacks)
{
	u32 kind = 0;
	char s[BH_MODEL_VALUE];

	while (strncmp(value, bh_digest_descs[kind].name, strlen(bh_digest_descs[kind].name)))
		kind++;
	if (!request->digest[kind])
		*lacks = true;
	return request->digest[kind] && write_digest(s, kind, request->digest[kind]) == len &&
	       !memcmp(s, value, len);
}

static bool digest_holds(const struct bh_model_cond *cond, const struct bh_request *request,
			 u8 action)
{
	bool lacks = false;
	u32 i;

	for (i = 0; i < cond->nr; i++)
		if (is_digest(cond->value[i].s, cond->value[i].len, request, &lacks))
			return !cond->negated;
	return cond->negated && !(lacks && action == BH_ALLOW);
}

static bool holds(const struct bh_model_cond *cond, const struct bh_request *request, u8 action)
{
	const struct bh_string *string = &request->string[cond->key->index];
	u32 set = request->flags & cond->bits, i;

	switch (cond->key->kind) {
	case BH_KEY_HAS:
		return cond->negated ? !set : set == cond->bits;
	case BH_KEY_LACKS:
		return cond->negated ? set == cond->bits : !set;
	case BH_KEY_DIGEST:
		return digest_holds(cond, request, action);
	case BH_KEY_ENUM:
		return !(request->attr[cond->key->index] & cond->bits) == cond->negated;
	default:
		break;
	}
	/* Nothing that is said of a path allows a file that the task's paths do not lead to. */
	if (action == BH_ALLOW &&
	    (string->unreached || (!string->s && cond->key->kind == BH_KEY_PATH)))
		return false;
	for (i = 0; string->s && i < cond->nr; i++)
		if (bh_naive_match(cond->value[i].s, cond->value[i].len, string->s, string->len))
			return !cond->negated;
	return cond->negated;
}

static bool matches(const struct bh_model_rule *rule, const struct bh_request *request)
{
	bool names_role = false;
	u32 c;

	if (rule->class != request->class)
		return false;
	for (c = 0; c < rule->nr; c++) {
		if (is_unknown(rule->cond[c].key, request)) {
			if (rule->action != BH_ALLOW)
				return false;
		} else if (!holds(&rule->cond[c], request, rule->action)) {
			return false;
		}
		names_role |= !strcmp(rule->cond[c].key->name, "role");
	}
	return rule->class != BH_PTRACE || names_role ||
	       request->attr[BH_PTRACE_ROLE] & BH_ROLE_TRACER;
}

/**
 * bh_model_decide() - what does a policy say to a request?
 * @model: a policy that was written down
 * @request: the request
 *
 * Return: the verdict, by asking every rule.
 */
struct bh_verdict bh_model_decide(const struct bh_model *model, const struct bh_request *request)
{
	struct bh_verdict best = { .action = model->defaults[request->class], .report = BH_PLAIN };
	const struct bh_model_rule *rule;
	int score, best_score = -1;

	if (request->class == BH_PTRACE && request->attr[BH_PTRACE_ROLE] != BH_ROLE_TRACER)
		best.action = BH_ALLOW;
	for (rule = model->rule; rule < model->rule + model->nr; rule++) {
		score = rule->action * 3 + rule->report;
		if (score <= best_score || !matches(rule, request))
			continue;
		best_score = score;
		best = (struct bh_verdict){
			.action = rule->action, .report = rule->report, .line = rule->line,
		};
	}
	return best;
}
