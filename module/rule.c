// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a block, from their lines to what a policy keeps.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "hint.h"
#include "line.h"
#include "never.h"

/* A path is absolute, so a pattern that begins otherwise could never match. */
static bool is_path_pattern(const char *s, size_t len)
{
	return len && (s[0] == '/' || (len > 1 && s[0] == '*' && s[1] == '*'));
}

/* Adds the number of a pattern or a digest to those of the condition. */
static int add_number(struct bh_line *l, u32 number)
{
	struct bh_parser *p = l->parser;
	struct bh_policy *policy = p->policy;

	if (bh_reserve((void **)&policy->values, &p->cap_values, policy->nr_values + 1,
		       sizeof(*policy->values)))
		return bh_line_fail(l, -ENOMEM, "");
	policy->values[policy->nr_values++] = number;
	return 0;
}

static int add_pattern(struct bh_line *l, enum bh_class class, const struct bh_key *key,
		       const char *s, size_t len)
{
	struct bh_patterns *patterns = &l->parser->patterns.slot[class][key->index];
	const char *why;
	int ret;

	/* A backslash before it says that it is meant. */
	if (bh_hint_begins_oddly(s, len))
		return bh_line_fail(l, -EINVAL, bh_hint_bytes(s, len));
	if (key->kind == BH_KEY_PATH && !is_path_pattern(s, len))
		return bh_line_fail(l, -EINVAL, "a path pattern begins with / or **");
	ret = bh_patterns_add(patterns, s, len, &why);
	if (ret < 0)
		return bh_line_fail(l, ret, why);
	why = key->kind == BH_KEY_PATH ? bh_never_path(patterns, ret) : NULL;
	return why ? bh_line_fail(l, -EINVAL, why) : add_number(l, ret);
}

static int add_digest(struct bh_line *l, enum bh_class class, char *s, size_t len)
{
	struct bh_parser *p = l->parser;
	struct bh_digest digest;
	const char *why;
	int ret;

	ret = bh_digest_read(&digest, s, len, &why);
	if (ret)
		return bh_line_fail(l, ret, why);
	if (p->unknown_kinds & (1 << digest.kind))
		return bh_line_fail(l, -EOPNOTSUPP, "this kernel does not tell such digests");
	ret = bh_digests_add(&p->patterns.digests[class], &digest);
	return ret < 0 ? bh_line_fail(l, ret, "") : add_number(l, ret);
}

static int read_value(struct bh_line *l, enum bh_class class, const struct bh_key *key,
		      struct bh_cond *cond, char *s, size_t len)
{
	const struct bh_word *word;
	char hint[BH_HINT_MAX];

	if (!len)
		return bh_line_fail(l, -EINVAL, "empty value");
	if (bh_key_has_values(key)) {
		cond->nr++;
		return key->kind == BH_KEY_DIGEST ? add_digest(l, class, s, len) :
						    add_pattern(l, class, key, s, len);
	}
	word = bh_word_find(key->words, s, len);
	if (!word) {
		bh_hint_value(hint, key, s, len);
		return bh_line_fail(l, -EINVAL, bh_hint_bytes(s, len) ?: hint);
	}
	cond->arg |= word->bit;
	return 0;
}

static int fail_key(struct bh_line *l, enum bh_class class, size_t name_len)
{
	const char *name = l->parser->token;
	char hint[BH_HINT_MAX];

	bh_hint_key(hint, class, name, name_len);
	return bh_line_fail(l, -EINVAL, bh_hint_bytes(name, name_len) ?: hint);
}

/* Is there a brace that is not quoted, and not closed before the value ends? */
static bool opens_brace(const char *s)
{
	bool open = false;

	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '{' || *s == '}')
			open = *s == '{';
	}
	return open;
}

/*
 * A comma parts /usr/{bin,sbin} into two values, which is not what a shell makes of it.
 * Return: does a value open a brace, and a later one close it? The column is the first's.
 */
static bool find_brace(struct bh_line *l)
{
	const char *s = l->parser->token + l->value;
	u32 i, open = l->nr_values;

	if (l->nr_values < 2)
		return false;
	for (i = 0; i < l->nr_values; i++, s += strlen(s) + 1) {
		if (open < i && strchr(s, '}')) {
			l->column = l->parser->columns[open];
			return true;
		}
		if (open == l->nr_values && opens_brace(s))
			open = i;
	}
	return false;
}

/* Reads the token `key=value,value` that stands in the parser. */
static int read_cond(struct bh_line *l, enum bh_class class, struct bh_cond *cond)
{
	struct bh_parser *p = l->parser;
	char *token = p->token;
	const struct bh_key *key;
	size_t at = l->value, len, name_len = l->operator < 0 ? l->len_token : l->operator;
	u32 i;
	int err;

	key = bh_key_find(class, token, name_len);
	if (!key)
		return fail_key(l, class, name_len);
	if (l->operator < 0)
		return bh_line_fail_word(l, "expected = or != after", token, l->len_token);
	if (bh_key_is_pattern(key) && find_brace(l))
		return bh_line_fail(l, -EINVAL, "no braces: write each value out, or \\{ for one");
	*cond = (struct bh_cond){
		.key = key - bh_classes[class].keys,
		.negated = token[l->operator] == '!',
		.arg = bh_key_has_values(key) ? p->policy->nr_values : 0,
	};
	err = bh_buffer_append(&p->text, " ", 1) ?: bh_buffer_append(&p->text, token, l->value);
	for (i = 0; i < l->nr_values && !err; i++, at += len + 1) {
		len = i + 1 < l->nr_values ? strlen(token + at) : l->len_token - at;
		l->column = p->columns[i];
		err = read_value(l, class, key, cond, token + at, len);
		if (!err && i)
			err = bh_buffer_append(&p->text, ",", 1);
		if (!err)
			err = l->bare ? bh_buffer_append(&p->text, token + at, len) :
					bh_buffer_append_value(&p->text, token + at, len);
	}
	return err == -ENOMEM ? bh_line_fail(l, err, "") : err;
}

static int add_cond(struct bh_parser *p, struct bh_rule *rule, const struct bh_cond *cond)
{
	struct bh_policy *policy = p->policy;

	if (bh_reserve((void **)&policy->conds, &p->cap_conds, policy->nr_conds + 1, sizeof(*cond)))
		return bh_parser_fail(p, -ENOMEM, p->line, 1, "");
	policy->conds[policy->nr_conds++] = *cond;
	rule->nr_conds++;
	return 0;
}

static void note_descendant(struct bh_policy *policy, const struct bh_rule *rule)
{
	const struct bh_key *keys = bh_classes[BH_PTRACE].keys;
	const struct bh_key *peer = bh_key_find(BH_PTRACE, "peer", 4);
	u32 c;

	for (c = rule->cond; c < rule->cond + rule->nr_conds; c++)
		if (&keys[policy->conds[c].key] == peer &&
		    policy->conds[c].arg & BH_PEER_DESCENDANT)
			policy->asks_descendant = true;
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

	note_descendant(p->policy, rule);
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

/* A rule that cannot match is a mistake, of which a rule that refuses would never tell. */
static int refuse_contradiction(struct bh_line *l, const struct bh_rule *rule)
{
	struct bh_parser *p = l->parser;
	const struct bh_key *key;
	u32 cond;

	if (!bh_never_rule(p->policy, rule, &p->patterns, &cond))
		return 0;
	key = &bh_classes[rule->class].keys[p->policy->conds[rule->cond + cond].key];
	l->column = p->cond_columns[cond];
	return bh_line_fail_word(l, "never matches: another condition of the rule contradicts",
				 key->name, strlen(key->name));
}

static int read_conds(struct bh_line *l, struct bh_rule *rule)
{
	struct bh_cond cond;
	int ret;

	while ((ret = bh_line_next(l)) > 0) {
		if (rule->nr_conds == BH_CONDS_MAX)
			return bh_line_fail(l, -E2BIG, "too many conditions");
		l->parser->cond_columns[rule->nr_conds] = l->column;
		ret = read_cond(l, rule->class, &cond);
		if (!ret)
			ret = add_cond(l->parser, rule, &cond);
		if (ret)
			return ret;
	}
	if (!ret)
		ret = refuse_contradiction(l, rule);
	if (!ret && rule->class == BH_PTRACE)
		ret = complete_ptrace_rule(l->parser, rule);
	return ret;
}

/* The rule's canonical text up to its conditions. */
static int begin_text(struct bh_parser *p, const struct bh_word *report,
		      const struct bh_word *action, const struct bh_rule *rule)
{
	int err = bh_buffer_append(&p->text, "  ", 2);

	if (!err && report)
		err = bh_buffer_append_string(&p->text, report->name) ?:
		      bh_buffer_append(&p->text, " ", 1);
	return err ?: bh_buffer_append_string(&p->text, action->name) ?:
	       bh_buffer_append(&p->text, " ", 1) ?:
	       bh_buffer_append_string(&p->text, bh_classes[rule->class].name);
}

/**
 * bh_rule_read() - read a rule into the policy
 * @l: its line, of which the first token has been read
 *
 * May sleep. Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int bh_rule_read(struct bh_line *l)
{
	struct bh_parser *p = l->parser;
	struct bh_policy *policy = p->policy;
	const struct bh_word *report, *action;
	struct bh_rule rule = {
		.line = p->line - p->policy_line + 1, .cond = policy->nr_conds, .report = BH_PLAIN,
	};
	int ret;

	if (policy->nr_rules == BH_RULES_MAX)
		return bh_line_fail(l, -E2BIG, "too many rules");
	report = bh_word_find(bh_report_words, p->token, l->len_token);
	if (report) {
		rule.report = report->bit;
		ret = bh_line_want(l, "expected allow, deny or kill");
		if (ret)
			return ret;
	}
	action = bh_word_find(bh_action_words, p->token, l->len_token);
	if (!action)
		return bh_line_fail_unknown(l, !report);
	rule.action = action->bit;
	ret = bh_line_class(l);
	if (ret < 0)
		return ret;
	rule.class = ret;

	ret = begin_text(p, report, action, &rule);
	if (!ret)
		ret = read_conds(l, &rule);
	if (!ret)
		ret = bh_buffer_append(&p->text, "\n", 1);
	if (!ret)
		ret = bh_reserve((void **)&policy->rules, &p->cap_rules, policy->nr_rules + 1,
				 sizeof(rule));
	if (ret)
		return p->error.err ? ret : bh_line_fail(l, ret, "");
	policy->rules[policy->nr_rules++] = rule;
	return 0;
}
