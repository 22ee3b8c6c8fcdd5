// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of a block other than rules, and what they come to at its `end`.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hint.h"
#include "line.h"

static int read_name(struct bh_line *l)
{
	const char *name = l->parser->token;
	size_t i;
	int err = bh_line_want(l, "a policy needs a name");

	if (err)
		return err;
	if (l->len_token > BH_NAME_MAX)
		return bh_line_fail(l, -E2BIG, "name too long");
	if (!l->len_token || name[0] == '.')
		return bh_line_fail(l, -EINVAL, "a name is not empty and does not begin with '.'");
	for (i = 0; i < l->len_token; i++)
		if (!isascii(name[i]) || (!isalnum(name[i]) && !strchr("._-", name[i])))
			return bh_line_fail(l, -EINVAL, bh_hint_bytes(name, l->len_token) ?:
					    "a name consists of A-Z a-z 0-9 . _ -");
	memcpy(l->parser->policy->name, name, l->len_token);
	return 0;
}

static int read_version(struct bh_line *l)
{
	const char *digits = l->parser->token;
	u64 version = 0;
	size_t i;
	int err = bh_line_want(l, "a policy needs \"version\" and a number");

	if (err)
		return err;
	if (!bh_line_is(l, "version"))
		return bh_line_fail_word(l, "expected \"version\", not", digits, l->len_token);
	err = bh_line_want(l, "a version is a number");
	if (err)
		return err;
	for (i = 0; i < l->len_token; i++) {
		unsigned int digit = digits[i] - '0';

		if (digit > 9)
			return bh_line_fail_word(l, "a version is a number, not", digits,
						 l->len_token);
		if (version > (U64_MAX - digit) / 10)
			return bh_line_fail(l, -EINVAL, "version above 2^64-1");
		version = version * 10 + digit;
	}
	if (!version)
		return bh_line_fail(l, -EINVAL, "versions begin with 1");
	l->parser->policy->version = version;
	l->parser->policy_line = l->parser->line;
	l->parser->version_column = l->column;
	return 0;
}

/**
 * bh_block_begin() - begin a policy
 * @l: its first line, of which `policy` has been read
 *
 * May sleep. Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int bh_block_begin(struct bh_line *l)
{
	struct bh_parser *p = l->parser;
	int err;

	p->policy = kzalloc(sizeof(*p->policy), BH_GFP_LOAD);
	if (!p->policy)
		return bh_line_fail(l, -ENOMEM, "");
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

static int read_mode(struct bh_line *l)
{
	struct bh_parser *p = l->parser;
	int err;

	if (p->seen_mode)
		return bh_line_fail(l, -EINVAL, "mode is given twice");
	p->seen_mode = true;
	err = bh_line_want(l, "mode is enforce or audit");
	if (err)
		return err;
	p->policy->audit_mode = bh_line_is(l, "audit");
	if (!p->policy->audit_mode && !bh_line_is(l, "enforce"))
		return bh_line_fail_word(l, "mode is enforce or audit, not", p->token,
					 l->len_token);
	return 0;
}

static int read_default(struct bh_line *l)
{
	struct bh_parser *p = l->parser;
	const struct bh_word *action;
	int class = bh_line_class(l);
	int err;

	if (class < 0)
		return class;
	if (p->seen_default & (1 << class))
		return bh_line_fail(l, -EINVAL, "the default of this class is given twice");
	p->seen_default |= 1 << class;
	err = bh_line_want(l, "a default is allow, deny or kill");
	if (err)
		return err;
	action = bh_word_find(bh_action_words, p->token, l->len_token);
	if (!action)
		return bh_line_fail_word(l, "a default is allow, deny or kill, not", p->token,
				 l->len_token);
	p->policy->defaults[class] = action->bit;
	return 0;
}

/* The end of a block */

/**
 * bh_block_drop() - forget the block that is being read
 * @p: the parser, between blocks or in one
 */
void bh_block_drop(struct bh_parser *p)
{
	int class, slot;

	bh_policy_free(p->policy);
	p->policy = NULL;
	for (class = 0; class < BH_CLASSES; class++)
		for (slot = 0; slot < BH_STRINGS; slot++)
			bh_patterns_free(&p->patterns.slot[class][slot]);
	for (class = 0; class < BH_CLASSES; class++)
		bh_digests_free(&p->patterns.digests[class]);
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
	policy->text = kvmalloc(policy->text_len, BH_GFP_LOAD);
	if (!policy->text)
		return -ENOMEM;
	memcpy(policy->text, head, len);
	if (p->text.len)
		memcpy(policy->text + len, p->text.s, p->text.len);
	memcpy(policy->text + len + p->text.len, "end\n", strlen("end\n"));
	return 0;
}

/* Hands the block's own text over to the policy. */
static int take_source(struct bh_parser *p)
{
	struct bh_policy *policy = p->policy;

	policy->source = p->source.packed.s;
	policy->packed_len = p->source.packed.len;
	policy->source_len = p->source.text_len;
	p->source = (struct bh_pack){ };
	return bh_trim((void **)&policy->source, policy->packed_len, 1);
}

/**
 * bh_block_end() - make the policy and hand it to the parser's sink
 * @l: the block's last line, of which all has been read
 *
 * May sleep. Return: 0, -E2BIG, -ENOMEM or what the sink returned.
 */
int bh_block_end(struct bh_line *l)
{
	struct bh_parser *p = l->parser;
	struct bh_policy *policy = p->policy;
	const char *why = "";
	u32 rule = BH_NO_RULE;
	int err;

	err = write_text(p);
	if (!err)
		err = take_source(p);
	if (!err)
		err = bh_trim((void **)&policy->rules, policy->nr_rules, sizeof(*policy->rules));
	if (!err)
		err = bh_trim((void **)&policy->conds, policy->nr_conds, sizeof(*policy->conds));
	if (!err)
		err = bh_trim((void **)&policy->values, policy->nr_values, sizeof(*policy->values));
	if (!err)
		err = bh_policy_index(policy, &p->patterns, &why, &rule);
	if (err && rule != BH_NO_RULE)
		return bh_parser_fail(p, err, p->policy_line + policy->rules[rule].line - 1,
				      1, why);
	if (err)
		return bh_line_fail(l, err, why);

	p->policy = NULL;
	bh_block_drop(p);
	err = p->sink(policy, p->data, &why);
	return err ? bh_parser_fail(p, err, p->policy_line, p->version_column, why) : 0;
}

/**
 * bh_block_line() - read a line between `policy` and `end`
 * @l: the line, of which the first token has been read
 *
 * May sleep. Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int bh_block_line(struct bh_line *l)
{
	int err;

	if (bh_line_is(l, "mode"))
		err = read_mode(l);
	else if (bh_line_is(l, "default"))
		err = read_default(l);
	else if (bh_line_is(l, "policy"))
		err = bh_line_fail(l, -EINVAL, "the block before has no end");
	else
		return bh_rule_read(l);
	return err ?: bh_line_want_end(l);
}
