/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From events to rules.
 */
#ifndef BULKHEAD_TOOLS_LEARN_H
#define BULKHEAD_TOOLS_LEARN_H

#include "generalize.h"
#include "request.h"

/**
 * struct learnt_rule - a rule that events ask for
 * @class: enum bh_class
 * @pattern: of a file's path, or NULL for rules that are about something else
 * @more: the other patterns of a rule for several programs, each with a comma before, or NULL
 * @starter: what executed the file, or NULL
 * @rest: the conditions beside it, each with a blank before; never NULL
 * @count: how many events it allows
 * @example: one of them, in words
 * @upper: a file of the upper layer is among what it allows
 * @members: how many different names it stands for
 */
struct learnt_rule {
	int class;
	char *pattern;
	char *more;
	char *starter;
	char *rest;
	unsigned long count;
	char *example;
	bool upper;
	unsigned int members;
};

/**
 * struct refusal - what was refused, once however often it was
 * @request: as the module's decision takes it
 * @count: how many events told of it
 * @by_rule: a rule that refuses decided, and no rule that allows would change that
 * @example: in words
 */
struct refusal {
	struct request *request;
	unsigned long count;
	bool by_rule;
	char *example;
};

/**
 * struct lesson - what events teach
 * @rules: the rules, sorted once learn_finish() was called
 * @refusals: what was refused, each once
 * @events: how many there were
 * @lost: how many were lost
 * @lower: files of a lower layer were executed or mapped
 * @version: the highest version of a policy that reported
 * @policy: that policy's name, or NULL
 * @several: there were events of others
 */
struct lesson {
	struct learnt_rule *rules;
	size_t nr_rules;
	size_t cap_rules;
	struct refusal *refusals;
	size_t nr_refusals;
	size_t cap_refusals;
	void *seen;
	unsigned long events;
	unsigned long lost;
	bool lower;
	u64 version;
	char *policy;
	bool several;
};

void learn_event(struct lesson *lesson, const struct event *event, const struct bh_policy *policy);
void learn_finish(struct lesson *lesson, int level);
void learn_exact(struct lesson *lesson, const struct refusal *refusal);
void learn_free(struct lesson *lesson);
void learnt_rule_drop(struct learnt_rule *rule);

void learnt_rule_write(struct buf *out, const struct learnt_rule *rule);
void learnt_rule_comment(struct buf *out, const struct learnt_rule *rule);

#endif /* BULKHEAD_TOOLS_LEARN_H */
