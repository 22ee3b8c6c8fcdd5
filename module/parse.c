// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the bytes of a document to policies.
 *
 * The document comes in pieces of any size. What is not a whole line yet waits
 * in a buffer; a whole line is cut into tokens and acted on; `end` makes the
 * policy and hands it on. Nothing outside the parser changes before that.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "parse.h"

/* A growing byte string. */
struct buffer {
	char *s;
	size_t len;
	size_t cap;
};

/**
 * struct bh_parser - a document being read
 * @sink: takes each complete policy
 * @data: for @sink
 * @error: the first error; nothing is taken after it
 * @line: the current line's number
 * @ended: the waiting line begins with an `end` that was already acted on
 * @block: bytes of the current block so far
 * @partial: a line whose newline has not come yet
 * @policy: the block's policy, NULL between blocks
 * @policy_line: the line in which its block begins
 * @version_column: where its version stands in that line
 * @seen_mode: the block has a `mode` line
 * @seen_default: classes whose default the block names
 * @cap_rules: rules that fit in the policy's array
 * @cap_conds: conditions that do
 * @cap_values: values that do
 * @patterns: the patterns that the values number
 * @text: the block's rules in canonical form
 * @token: the current token, decoded; values are separated by NUL
 * @columns: where each value of the token begins
 */
struct bh_parser {
	bh_policy_sink_t sink;
	void *data;
	struct bh_error error;
	u32 line;
	bool ended;
	size_t block;
	struct buffer partial;

	struct bh_policy *policy;
	u32 policy_line;
	u32 version_column;
	bool seen_mode;
	u8 seen_default;
	u32 cap_rules;
	u32 cap_conds;
	u32 cap_values;
	struct bh_policy_patterns patterns;
	struct buffer text;

	char token[BH_LINE_MAX + 1];
	u16 columns[BH_VALUES_MAX];
};

/**
 * struct line - a line while it is read
 * @parser: whose line it is
 * @s: its bytes
 * @len: how many
 * @pos: the next byte to look at
 * @column: where the current token begins
 * @len_token: bytes of the current token in parser->token
 * @operator: offset of its `=` or `!=`, or -1
 * @value: offset of what follows that
 * @nr_values: how many values follow it
 */
struct line {
	struct bh_parser *parser;
	const char *s;
	size_t len;
	size_t pos;
	u32 column;
	size_t len_token;
	int operator;
	size_t value;
	u32 nr_values;
};

/* Errors */

static int fail_at(struct bh_parser *p, int err, u32 line, u32 column, const char *message)
{
	p->error.err = err;
	p->error.line = line;
	p->error.column = column;
	snprintf(p->error.message, sizeof(p->error.message), "%s",
		 err == -ENOMEM ? "out of memory" : message);
	return err;
}

static int fail(struct line *l, int err, const char *message)
{
	return fail_at(l->parser, err, l->parser->line, l->column, message);
}

/* Fails and names the word, if it can be shown as it is. */
static int fail_word(struct line *l, const char *message, const char *word, size_t len)
{
	char text[sizeof(l->parser->error.message)];
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] == '"' || !isascii(word[i]) || !isprint(word[i]))
			return fail(l, -EINVAL, message);
	if (!len || len > 32)
		return fail(l, -EINVAL, message);
	snprintf(text, sizeof(text), "%s \"%.*s\"", message, (int)len, word);
	return fail(l, -EINVAL, text);
}

/* Growing arrays */

static int append(struct buffer *b, const char *s, size_t len)
{
	size_t cap = max3(b->len + len, b->cap * 2, (size_t)256);
	char *new;

	if (b->cap - b->len < len) {
		new = kvmalloc(cap, GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		if (b->len)
			memcpy(new, b->s, b->len);
		kvfree(b->s);
		b->s = new;
		b->cap = cap;
	}
	memcpy(b->s + b->len, s, len);
	b->len += len;
	return 0;
}

static int append_string(struct buffer *b, const char *s)
{
	return append(b, s, strlen(s));
}

/* Appends a value so that it is read back as the same bytes. */
static int append_value(struct buffer *b, const char *s, size_t len)
{
	bool bare = true;
	size_t i;
	int err;

	for (i = 0; i < len; i++)
		if (!isascii(s[i]) || !isgraph(s[i]) || strchr("\"#,", s[i]))
			bare = false;
	if (bare)
		return append(b, s, len);
	err = append(b, "\"", 1);
	for (i = 0; i < len && !err; i++) {
		char hex[5];

		if (!isascii(s[i]) || !isprint(s[i])) {
			snprintf(hex, sizeof(hex), "\\x%02x", (u8)s[i]);
			err = append(b, hex, 4);
			continue;
		}
		if (s[i] == '"' || s[i] == '\\')
			err = append(b, "\\", 1);
		if (!err)
			err = append(b, s + i, 1);
	}
	return err ?: append(b, "\"", 1);
}

/* Tokens */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void put(struct line *l, char c)
{
	/* A token is never longer than its line, and that fits. */
	l->parser->token[l->len_token++] = c;
}

static int begin_value(struct line *l)
{
	if (l->nr_values == BH_VALUES_MAX)
		return fail(l, -E2BIG, "too many values");
	l->parser->columns[l->nr_values++] = l->pos + 2;
	return 0;
}

/*
 * Takes the next byte of a token. The first '=' ends the key, whether quoted or
 * not: a quoted token, "path=/a b", is a token still. A comma separates values
 * only outside of quotes.
 */
static int put_byte(struct line *l, char c, bool quoted)
{
	size_t at = l->len_token;

	if (c == '=' && l->operator < 0) {
		l->operator = at && l->parser->token[at - 1] == '!' ? at - 1 : at;
		put(l, c);
		l->value = l->len_token;
		return begin_value(l);
	}
	if (c == ',' && !quoted && l->operator >= 0) {
		put(l, '\0');
		return begin_value(l);
	}
	put(l, c);
	return 0;
}

static int fail_here(struct line *l, const char *message)
{
	l->column = l->pos + 1;
	return fail(l, -EINVAL, message);
}

/* Reads an escape, from its backslash on. */
static int read_escape(struct line *l)
{
	size_t left = l->len - l->pos;
	const char *s = l->s + l->pos;
	int byte;

	if (left >= 2 && (s[1] == '"' || s[1] == '\\')) {
		put(l, s[1]);
		l->pos += 2;
		return 0;
	}
	if (left < 4 || s[1] != 'x' || !isxdigit(s[2]) || !isxdigit(s[3]))
		return fail_here(l, "unknown escape: there are \\\" \\\\ \\xHH");
	byte = hex_to_bin(s[2]) << 4 | hex_to_bin(s[3]);
	if (!byte)
		return fail_here(l, "a string cannot hold NUL");
	put(l, byte);
	l->pos += 4;
	return 0;
}

/* Reads a quoted part of a token, from its opening quote on. */
static int read_quoted(struct line *l)
{
	size_t open = l->pos++;
	int err = 0;

	while (l->pos < l->len && l->s[l->pos] != '"' && !err) {
		if (l->s[l->pos] == '\\') {
			err = read_escape(l);
			continue;
		}
		if (iscntrl(l->s[l->pos]))
			return fail_here(l, "control character: write \\xHH");
		err = put_byte(l, l->s[l->pos], true);
		l->pos++;
	}
	if (!err && l->pos == l->len) {
		l->pos = open;
		return fail_here(l, "unclosed quote");
	}
	l->pos++;
	return err;
}

/*
 * Reads the next token of the line.
 *
 * Return: 1, 0 at the end of the line, or a negative errno.
 */
static int next_token(struct line *l)
{
	int err = 0;

	while (l->pos < l->len && is_blank(l->s[l->pos]))
		l->pos++;
	l->column = l->pos + 1;
	l->len_token = 0;
	l->operator = -1;
	l->nr_values = 0;
	if (l->pos == l->len || l->s[l->pos] == '#')
		return 0;

	while (l->pos < l->len && !is_blank(l->s[l->pos]) && !err) {
		if (l->s[l->pos] == '"') {
			err = read_quoted(l);
			continue;
		}
		/* Cutting /a#b short would make a rule for another file. */
		if (l->s[l->pos] == '#')
			return fail_here(l, "quote a '#' inside a token");
		if (iscntrl(l->s[l->pos]))
			return fail_here(l, "control character");
		err = put_byte(l, l->s[l->pos], false);
		l->pos++;
	}
	if (err)
		return err;
	l->parser->token[l->len_token] = '\0';
	return 1;
}

static bool token_is(const struct line *l, const char *word)
{
	return l->len_token == strlen(word) && !memcmp(l->parser->token, word, l->len_token);
}

/* Reads a token that must be there. */
static int want_token(struct line *l, const char *missing)
{
	int ret = next_token(l);

	if (ret < 0)
		return ret;
	return ret ? 0 : fail(l, -EINVAL, missing);
}

static int want_end_of_line(struct line *l)
{
	int ret = next_token(l);

	if (ret <= 0)
		return ret;
	return fail_word(l, "unexpected", l->parser->token, l->len_token);
}

/* Lines */

static int read_name(struct line *l)
{
	const char *name = l->parser->token;
	size_t i;
	int err = want_token(l, "a policy needs a name");

	if (err)
		return err;
	if (l->len_token > BH_NAME_MAX)
		return fail(l, -E2BIG, "name too long");
	if (!l->len_token || name[0] == '.')
		return fail(l, -EINVAL, "a name is not empty and does not begin with '.'");
	for (i = 0; i < l->len_token; i++)
		if (!isascii(name[i]) || (!isalnum(name[i]) && !strchr("._-", name[i])))
			return fail(l, -EINVAL, "a name consists of A-Z a-z 0-9 . _ -");
	memcpy(l->parser->policy->name, name, l->len_token);
	return 0;
}

static int read_version(struct line *l)
{
	const char *digits = l->parser->token;
	u64 version = 0;
	size_t i;
	int err = want_token(l, "a policy needs \"version\" and a number");

	if (err)
		return err;
	if (!token_is(l, "version"))
		return fail_word(l, "expected \"version\", not", digits, l->len_token);
	err = want_token(l, "a version is a number");
	if (err)
		return err;
	for (i = 0; i < l->len_token; i++) {
		unsigned int digit = digits[i] - '0';

		if (digit > 9)
			return fail_word(l, "a version is a number, not", digits, l->len_token);
		if (version > (U64_MAX - digit) / 10)
			return fail(l, -EINVAL, "version above 2^64-1");
		version = version * 10 + digit;
	}
	if (!version)
		return fail(l, -EINVAL, "versions begin with 1");
	l->parser->policy->version = version;
	l->parser->policy_line = l->parser->line;
	l->parser->version_column = l->column;
	return 0;
}

static int begin_policy(struct line *l)
{
	struct bh_parser *p = l->parser;
	int err;

	p->policy = kzalloc(sizeof(*p->policy), GFP_KERNEL);
	if (!p->policy)
		return fail(l, -ENOMEM, "");
	p->seen_mode = false;
	p->seen_default = 0;
	p->cap_rules = 0;
	p->cap_conds = 0;
	p->cap_values = 0;
	p->text.len = 0;
	p->block = 0;
	err = read_name(l);
	return err ?: read_version(l);
}

static int read_mode(struct line *l)
{
	struct bh_parser *p = l->parser;
	int err;

	if (p->seen_mode)
		return fail(l, -EINVAL, "mode is given twice");
	p->seen_mode = true;
	err = want_token(l, "mode is enforce or audit");
	if (err)
		return err;
	p->policy->audit_mode = token_is(l, "audit");
	if (!p->policy->audit_mode && !token_is(l, "enforce"))
		return fail_word(l, "mode is enforce or audit, not", p->token, l->len_token);
	return 0;
}

static int read_class(struct line *l)
{
	int err = want_token(l, "expected a class");
	int class;

	if (err)
		return err;
	class = bh_class_find(l->parser->token, l->len_token);
	if (class < 0)
		return fail_word(l, "unknown class", l->parser->token, l->len_token);
	return class;
}

static int read_default(struct line *l)
{
	struct bh_parser *p = l->parser;
	const struct bh_word *action;
	int class = read_class(l);
	int err;

	if (class < 0)
		return class;
	if (p->seen_default & (1 << class))
		return fail(l, -EINVAL, "the default of this class is given twice");
	p->seen_default |= 1 << class;
	err = want_token(l, "a default is allow, deny or kill");
	if (err)
		return err;
	action = bh_word_find(bh_action_words, p->token, l->len_token);
	if (!action)
		return fail_word(l, "a default is allow, deny or kill, not", p->token,
				 l->len_token);
	p->policy->defaults[class] = action->bit;
	return 0;
}

/* A path is absolute, so a pattern that begins otherwise could never match. */
static bool is_path_pattern(const char *s, size_t len)
{
	return len && (s[0] == '/' || (len > 1 && s[0] == '*' && s[1] == '*'));
}

static int add_pattern(struct line *l, enum bh_class class, const struct bh_key *key,
		       const char *s, size_t len)
{
	struct bh_parser *p = l->parser;
	struct bh_policy *policy = p->policy;
	const char *why;
	int ret;

	if (key->kind == BH_KEY_PATH && !is_path_pattern(s, len))
		return fail(l, -EINVAL, "a path pattern begins with / or **");
	ret = bh_patterns_add(&p->patterns.slot[class][key->index], s, len, &why);
	if (ret < 0)
		return fail(l, ret, why);
	if (bh_reserve((void **)&policy->values, &p->cap_values, policy->nr_values + 1,
		       sizeof(*policy->values)))
		return fail(l, -ENOMEM, "");
	policy->values[policy->nr_values++] = ret;
	return 0;
}

static int read_value(struct line *l, enum bh_class class, const struct bh_key *key,
		      struct bh_cond *cond, const char *s, size_t len)
{
	const struct bh_word *word;

	if (!len)
		return fail(l, -EINVAL, "empty value");
	if (bh_key_is_pattern(key)) {
		cond->nr++;
		return add_pattern(l, class, key, s, len);
	}
	word = bh_word_find(key->words, s, len);
	if (!word)
		return fail_word(l, "unknown value", s, len);
	cond->arg |= word->bit;
	return 0;
}

/* Reads the token `key=value,value` that stands in the parser. */
static int read_cond(struct line *l, enum bh_class class, struct bh_cond *cond)
{
	struct bh_parser *p = l->parser;
	const char *token = p->token;
	const struct bh_key *key;
	size_t at = l->value, len;
	u32 i;
	int err;

	key = bh_key_find(class, token, l->operator < 0 ? l->len_token : l->operator);
	if (!key)
		return fail_word(l, "unknown key", token,
				 l->operator < 0 ? l->len_token : l->operator);
	if (l->operator < 0)
		return fail_word(l, "expected = or != after", token, l->len_token);
	*cond = (struct bh_cond){
		.key = key - bh_classes[class].keys,
		.negated = token[l->operator] == '!',
		.arg = bh_key_is_pattern(key) ? p->policy->nr_values : 0,
	};
	err = append(&p->text, " ", 1) ?: append(&p->text, token, l->value);
	for (i = 0; i < l->nr_values && !err; i++, at += len + 1) {
		len = strlen(token + at);
		l->column = p->columns[i];
		err = read_value(l, class, key, cond, token + at, len);
		if (!err && i)
			err = append(&p->text, ",", 1);
		if (!err)
			err = append_value(&p->text, token + at, len);
	}
	return err == -ENOMEM ? fail(l, err, "") : err;
}

static int add_cond(struct bh_parser *p, struct bh_rule *rule, const struct bh_cond *cond)
{
	struct bh_policy *policy = p->policy;

	if (bh_reserve((void **)&policy->conds, &p->cap_conds, policy->nr_conds + 1, sizeof(*cond)))
		return fail_at(p, -ENOMEM, p->line, 1, "");
	policy->conds[policy->nr_conds++] = *cond;
	rule->nr_conds++;
	return 0;
}

/*
 * A ptrace rule speaks of the tracer unless it says otherwise. The condition
 * that says so is added to the rule, but not to its text.
 */
static int complete_ptrace_rule(struct bh_parser *p, struct bh_rule *rule)
{
	const struct bh_key *keys = bh_classes[BH_PTRACE].keys;
	const struct bh_key *role = bh_key_find(BH_PTRACE, "role", 4);
	struct bh_cond implied = { .key = role - keys, .arg = BH_ROLE_TRACER };
	u32 c;

	for (c = rule->cond; c < rule->cond + rule->nr_conds; c++) {
		const struct bh_cond *cond = &p->policy->conds[c];

		if (&keys[cond->key] != role)
			continue;
		if ((cond->negated ? ~cond->arg : cond->arg) & BH_ROLE_TRACEE)
			p->policy->asks_tracee = true;
		return 0;
	}
	return add_cond(p, rule, &implied);
}

static int read_conds(struct line *l, struct bh_rule *rule)
{
	struct bh_cond cond;
	int ret;

	while ((ret = next_token(l)) > 0) {
		if (rule->nr_conds == BH_CONDS_MAX)
			return fail(l, -E2BIG, "too many conditions");
		ret = read_cond(l, rule->class, &cond);
		if (!ret)
			ret = add_cond(l->parser, rule, &cond);
		if (ret)
			return ret;
	}
	if (!ret && rule->class == BH_PTRACE)
		ret = complete_ptrace_rule(l->parser, rule);
	return ret;
}

/* Reads a rule whose first word is in the parser. */
static int read_rule(struct line *l)
{
	struct bh_parser *p = l->parser;
	struct bh_policy *policy = p->policy;
	const struct bh_word *report, *action;
	struct bh_rule rule = {
		.line = p->line, .cond = policy->nr_conds, .report = BH_PLAIN,
	};
	int ret;

	if (policy->nr_rules == BH_RULES_MAX)
		return fail(l, -E2BIG, "too many rules");
	report = bh_word_find(bh_report_words, p->token, l->len_token);
	if (report) {
		rule.report = report->bit;
		ret = want_token(l, "expected allow, deny or kill");
		if (ret)
			return ret;
	}
	action = bh_word_find(bh_action_words, p->token, l->len_token);
	if (!action)
		return fail_word(l, "unknown word", p->token, l->len_token);
	rule.action = action->bit;
	ret = read_class(l);
	if (ret < 0)
		return ret;
	rule.class = ret;

	ret = append(&p->text, "  ", 2);
	if (!ret && report)
		ret = append_string(&p->text, report->name) ?: append(&p->text, " ", 1);
	if (!ret)
		ret = append_string(&p->text, action->name) ?: append(&p->text, " ", 1);
	if (!ret)
		ret = append_string(&p->text, bh_classes[rule.class].name);
	if (!ret)
		ret = read_conds(l, &rule);
	if (!ret)
		ret = append(&p->text, "\n", 1);
	if (!ret)
		ret = bh_reserve((void **)&policy->rules, &p->cap_rules, policy->nr_rules + 1,
				 sizeof(rule));
	if (ret)
		return p->error.err ? ret : fail(l, ret, "");
	policy->rules[policy->nr_rules++] = rule;
	return 0;
}

/* The end of a block */

static void drop_block(struct bh_parser *p)
{
	int class, slot;

	bh_policy_free(p->policy);
	p->policy = NULL;
	for (class = 0; class < BH_CLASSES; class++)
		for (slot = 0; slot < BH_STRINGS; slot++)
			bh_patterns_free(&p->patterns.slot[class][slot]);
}

/* Puts the canonical text together: name, mode, defaults, then the rules as written. */
static int write_text(struct bh_parser *p)
{
	struct bh_policy *policy = p->policy;
	char head[BH_NAME_MAX + 256];
	int len, class;

	len = snprintf(head, sizeof(head), "policy %s version %llu\n  mode %s\n", policy->name,
		       (unsigned long long)policy->version,
		       policy->audit_mode ? "audit" : "enforce");
	for (class = 0; class < BH_CLASSES; class++)
		if (p->seen_default & (1 << class))
			len += snprintf(head + len, sizeof(head) - len, "  default %s %s\n",
					bh_classes[class].name,
					bh_word_name(bh_action_words, policy->defaults[class]));
	policy->text_len = len + p->text.len + strlen("end\n");
	policy->text = kvmalloc(policy->text_len, GFP_KERNEL);
	if (!policy->text)
		return -ENOMEM;
	memcpy(policy->text, head, len);
	if (p->text.len)
		memcpy(policy->text + len, p->text.s, p->text.len);
	memcpy(policy->text + len + p->text.len, "end\n", strlen("end\n"));
	return 0;
}

/* Cuts an array down to what is used. */
static int trim(void **array, u32 nr, size_t size)
{
	void *new;

	if (!*array)
		return 0;
	new = kvmalloc_array(nr, size, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	memcpy(new, *array, nr * size);
	kvfree(*array);
	*array = new;
	return 0;
}

static int end_policy(struct line *l)
{
	struct bh_parser *p = l->parser;
	struct bh_policy *policy = p->policy;
	const char *why = "";
	int err;

	err = write_text(p);
	if (!err)
		err = trim((void **)&policy->rules, policy->nr_rules, sizeof(*policy->rules));
	if (!err)
		err = trim((void **)&policy->conds, policy->nr_conds, sizeof(*policy->conds));
	if (!err)
		err = trim((void **)&policy->values, policy->nr_values, sizeof(*policy->values));
	if (!err)
		err = bh_policy_index(policy, &p->patterns, &why);
	if (err)
		return fail(l, err, why);

	p->policy = NULL;
	drop_block(p);
	err = p->sink(policy, p->data, &why);
	return err ? fail_at(p, err, p->policy_line, p->version_column, why) : 0;
}

static int read_line_in_block(struct line *l)
{
	int err;

	if (token_is(l, "mode"))
		err = read_mode(l);
	else if (token_is(l, "default"))
		err = read_default(l);
	else if (token_is(l, "policy"))
		err = fail(l, -EINVAL, "the block before has no end");
	else
		return read_rule(l);
	return err ?: want_end_of_line(l);
}

static int read_line_outside(struct line *l)
{
	int err;

	if (!token_is(l, "policy"))
		return fail_word(l, "expected \"policy\", not", l->parser->token, l->len_token);
	err = begin_policy(l);
	return err ?: want_end_of_line(l);
}

/* Column of the first byte that is not UTF-8 (RFC 3629), or 0. */
static u32 find_bad_utf8(const char *line, size_t len)
{
	const u8 *s = (const u8 *)line;
	size_t i = 0, n, k;

	while (i < len) {
		u8 lo = 0x80, hi = 0xbf;

		if (s[i] < 0x80) {
			i++;
			continue;
		}
		if (s[i] < 0xc2 || s[i] > 0xf4)
			return i + 1;
		n = s[i] < 0xe0 ? 1 : s[i] < 0xf0 ? 2 : 3;
		/* No overlong forms, no surrogates, nothing above U+10FFFF. */
		if (s[i] == 0xe0)
			lo = 0xa0;
		else if (s[i] == 0xed)
			hi = 0x9f;
		else if (s[i] == 0xf0)
			lo = 0x90;
		else if (s[i] == 0xf4)
			hi = 0x8f;
		for (k = 1; k <= n; k++, lo = 0x80, hi = 0xbf)
			if (i + k >= len || s[i + k] < lo || s[i + k] > hi)
				return i + 1;
		i += n + 1;
	}
	return 0;
}

static int read_line(struct bh_parser *p, const char *s, size_t len)
{
	struct line l = { .parser = p, .s = s, .len = len };
	u32 column = find_bad_utf8(s, len);
	int ret;

	if (column)
		return fail_at(p, -EINVAL, p->line, column, "not UTF-8");
	ret = next_token(&l);
	if (ret <= 0)
		return ret;
	if (!token_is(&l, "end") || (!p->policy && !p->ended)) {
		/* What seemed to be an `end` stood in the block, and is as wrong as there. */
		if (p->ended)
			return fail_word(&l, "unknown word", p->token, l.len_token);
		return p->policy ? read_line_in_block(&l) : read_line_outside(&l);
	}
	ret = want_end_of_line(&l);
	if (!ret && !p->ended)
		ret = end_policy(&l);
	return ret;
}

/*
 * The length of the waiting line up to an `end` that needs nothing more to be
 * one, or 0. What stands behind it is judged when the newline comes.
 */
static size_t find_end(const struct buffer *line)
{
	size_t at = 0;

	while (at < line->len && is_blank(line->s[at]))
		at++;
	if (line->len - at < 3 || memcmp(line->s + at, "end", 3))
		return 0;
	at += 3;
	return at == line->len || is_blank(line->s[at]) ? at : 0;
}

/* Takes a piece of a line: all of it up to the newline, or what there is. */
static int take_piece(struct bh_parser *p, const char *s, size_t len, bool newline)
{
	const char *nul = memchr(s, '\0', len);
	u32 column = p->partial.len + 1;
	int err;

	if (nul)
		return fail_at(p, -EINVAL, p->line, column + (nul - s), "NUL in the document");
	if (p->partial.len + len > BH_LINE_MAX)
		return fail_at(p, -E2BIG, p->line, BH_LINE_MAX + 1, "line too long");
	p->block += len + newline;
	if (p->policy && p->block > BH_BLOCK_MAX)
		return fail_at(p, -E2BIG, p->line, column, "policy too long");
	if (newline && !p->partial.len) {
		err = read_line(p, s, len);
	} else {
		err = append(&p->partial, s, len);
		if (err)
			return fail_at(p, err, p->line, column, "");
		if (!newline) {
			/* A document need not end in a newline. */
			len = p->policy ? find_end(&p->partial) : 0;
			if (!len)
				return 0;
			err = read_line(p, p->partial.s, len);
			p->ended = true;
			return err;
		}
		err = read_line(p, p->partial.s, p->partial.len);
		p->partial.len = 0;
	}
	p->ended = false;
	p->line++;
	return err;
}

/**
 * bh_parser_alloc() - begin to read a document
 * @sink: takes each policy when its block is complete
 * @data: for @sink
 *
 * Return: the parser, to be given to bh_parser_free(), or NULL without memory.
 */
struct bh_parser *bh_parser_alloc(bh_policy_sink_t sink, void *data)
{
	struct bh_parser *p = kvzalloc(sizeof(*p), GFP_KERNEL);

	if (p) {
		p->sink = sink;
		p->data = data;
		p->line = 1;
	}
	return p;
}

/**
 * bh_parser_free() - end a document; a block without an `end` is dropped
 * @p: the parser or NULL
 */
void bh_parser_free(struct bh_parser *p)
{
	if (!p)
		return;
	drop_block(p);
	kvfree(p->partial.s);
	kvfree(p->text.s);
	kvfree(p);
}

/**
 * bh_parser_feed() - read a piece of the document
 * @p: the parser
 * @buf: the next bytes
 * @len: how many
 *
 * Policies that are complete have gone to the sink on return, those before an
 * error too. May sleep; one caller at a time.
 *
 * Return: 0; -EINVAL (not the language, or after an earlier error), -E2BIG
 * (over a limit), -ENOMEM, or what the sink returned. bh_parser_error() has the
 * first error's place and reason.
 */
int bh_parser_feed(struct bh_parser *p, const char *buf, size_t len)
{
	const char *end = buf + len;
	int err = 0;

	if (p->error.err)
		return -EINVAL;
	while (buf < end && !err) {
		const char *newline = memchr(buf, '\n', end - buf);

		err = take_piece(p, buf, (newline ?: end) - buf, newline);
		buf = newline ? newline + 1 : end;
	}
	if (err)
		drop_block(p);
	return err;
}

/**
 * bh_parser_error() - why and where a document was refused
 * @p: the parser
 *
 * Return: the first error, whose ->err is 0 if there is none.
 */
const struct bh_error *bh_parser_error(const struct bh_parser *p)
{
	return &p->error;
}
