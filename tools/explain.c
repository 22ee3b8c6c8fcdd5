// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a policy says what it says: the rule that decides, those that matched and lost, and
 * the smallest change that would allow it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "explain.h"
#include "generalize.h"
#include "judge.h"

static size_t find_default(const struct doc *doc, const struct doc_block *block, int class)
{
	size_t i;

	for (i = block->first; i < block->end; i++)
		if (doc->lines[i].kind == DOC_DEFAULT && doc->lines[i].class == class)
			return i;
	return SIZE_MAX;
}

/* The policy with a rule more, and perhaps a line changed: does it allow the request? */
static bool would_allow(const struct doc *doc, const struct doc_block *block,
			const struct request *request, const char *allow, size_t changed,
			const char *instead)
{
	struct doc other = { .label = "" };
	struct bh_verdict verdict = { .action = BH_DENY };
	struct bh_policy *policy;
	size_t i;

	for (i = block->first; i + 1 < block->end; i++) {
		if (i == changed)
			buf_puts(&other.text, instead);
		else
			buf_add(&other.text, doc->lines[i].s, doc->lines[i].len);
		buf_puts(&other.text, "\n");
	}
	buf_printf(&other.text, "%s\nend\n", allow);
	doc_parse(&other);
	policy = other.nr_blocks ? judge_block(&other, &other.blocks[0]) : NULL;
	if (policy)
		request_decide(policy, request, &verdict);
	bh_policy_free(policy);
	doc_free(&other);
	return verdict.action == BH_ALLOW;
}

static void find_remedy(struct explanation *e, const struct doc *doc,
			const struct doc_block *block, const struct request *request)
{
	char *allow = request_suggest(request), *instead;

	if (would_allow(doc, block, request, allow, SIZE_MAX, NULL)) {
		e->allow = allow;
		return;
	}
	instead = e->is_default || e->decides == SIZE_MAX ? NULL :
		  request_except(&doc->lines[e->decides], request);
	if (instead && would_allow(doc, block, request, "", e->decides, instead)) {
		e->instead = instead;
		instead = NULL;
	} else if (instead && would_allow(doc, block, request, allow, e->decides, instead)) {
		e->instead = instead;
		e->allow = allow;
		return;
	}
	free(instead);
	free(allow);
}

static const char *verdict_word(const struct bh_policy *policy, const struct bh_verdict *verdict)
{
	if (policy->audit_mode && verdict->action != BH_ALLOW)
		return "would-deny";
	return bh_word_name(bh_action_words, verdict->action);
}

/* The file that a rule would name. */
static const char *file_of(const struct request *request)
{
	if (request->r.class != BH_EXEC && request->r.class != BH_MAP)
		return NULL;
	return request->r.string[BH_EXEC_PATH].s;
}

/**
 * explain() - what a policy answers to a request, and why
 * @e: filled
 * @doc: a document that the module takes
 * @block: the policy in it
 * @request: the request
 *
 * Return: 0, or TROUBLE with a sentence.
 */
int explain(struct explanation *e, const struct doc *doc, const struct doc_block *block,
	    const struct request *request)
{
	struct bh_policy *policy = judge_block(doc, block);
	size_t i, *matches;

	if (!policy) {
		say("%s: this command's parser does not take the policy", doc->label);
		return TROUBLE;
	}
	*e = (struct explanation){ .decides = SIZE_MAX };
	request_decide(policy, request, &e->verdict);
	e->word = verdict_word(policy, &e->verdict);
	if (e->verdict.line) {
		e->decides = block->first + e->verdict.line - 1;
	} else {
		e->decides = find_default(doc, block, request->r.class);
		e->is_default = true;
		/* The class's default does not speak of those that are traced. */
		if (request->r.class == BH_PTRACE && e->verdict.action == BH_ALLOW &&
		    policy->defaults[BH_PTRACE] != BH_ALLOW)
			e->decides = SIZE_MAX;
	}
	e->nr_losers = request_matches(doc, block, request, &matches);
	e->losers = matches;
	for (i = 0; i < e->nr_losers; i++)
		if (matches[i] == e->decides) {
			memmove(matches + i, matches + i + 1,
				(--e->nr_losers - i) * sizeof(*matches));
			break;
		}
	if (e->verdict.action != BH_ALLOW)
		find_remedy(e, doc, block, request);
	if (e->allow)
		e->caution = caution(file_of(request), e->allow);
	bh_policy_free(policy);
	return 0;
}

static void print_line(const struct doc *doc, const struct doc_block *block, size_t i)
{
	struct buf code = { 0 };

	doc_write_code(&code, &doc->lines[i]);
	printf("  line %zu: %s\n", i - block->first + 1, code.s);
	buf_free(&code);
}

static void print_reason(const struct explanation *e, const struct doc *doc,
			 const struct doc_block *block)
{
	size_t i;

	if (e->is_default && e->decides == SIZE_MAX)
		puts("no rule matches, and no default speaks of it");
	else if (e->is_default)
		puts("no rule matches; the default decides:");
	else
		puts("the rule that decides:");
	if (e->decides != SIZE_MAX)
		print_line(doc, block, e->decides);
	if (e->nr_losers)
		puts("matched, and lost to it:");
	for (i = 0; i < e->nr_losers; i++)
		print_line(doc, block, e->losers[i]);
}

/**
 * explain_print() - for people
 * @e: the explanation
 * @doc: of which document
 * @block: of which policy in it; lines are counted from its first
 */
void explain_print(const struct explanation *e, const struct doc *doc,
		   const struct doc_block *block)
{
	print_reason(e, doc, block);
	if (e->verdict.action == BH_ALLOW)
		return;
	if (e->instead)
		printf("to allow it, change line %zu to:\n  %s\n",
		       e->decides - block->first + 1, e->instead);
	if (e->allow)
		printf("%s\n  %s\n", e->instead ? "and add:" : "to allow it, add:", e->allow);
	if (e->caution)
		printf("look twice: %s\n", e->caution);
	if (!e->allow && !e->instead)
		printf("to allow it, take line %zu out: no rule that allows beats it\n",
		       e->decides - block->first + 1);
}

static json_t *json_line(const struct doc *doc, const struct doc_block *block, size_t i)
{
	struct buf code = { 0 };
	json_t *line;

	doc_write_code(&code, &doc->lines[i]);
	line = json_pack("{s:I, s:s}", "line", (json_int_t)(i - block->first + 1), "text", code.s);
	buf_free(&code);
	return line;
}

/** explain_json() - the same for programs; a new reference */
json_t *explain_json(const struct explanation *e, const struct doc *doc,
		     const struct doc_block *block)
{
	json_t *object = json_object(), *losers = json_array();
	size_t i;

	json_object_set_new(object, "version", json_integer(1));
	json_object_set_new(object, "policy", json_string(block->name));
	json_object_set_new(object, "verdict", json_string(e->word));
	json_object_set_new(object, "default", json_boolean(e->is_default));
	json_object_set_new(object, "decides", e->decides == SIZE_MAX ? json_null() :
			    json_line(doc, block, e->decides));
	for (i = 0; i < e->nr_losers; i++)
		json_array_append_new(losers, json_line(doc, block, e->losers[i]));
	json_object_set_new(object, "lost", losers);
	json_object_set_new(object, "allow", e->allow ? json_string(e->allow) : json_null());
	json_object_set_new(object, "instead", e->instead ? json_string(e->instead) : json_null());
	return object;
}

void explain_free(struct explanation *e)
{
	free(e->losers);
	free(e->allow);
	free(e->instead);
	*e = (struct explanation){ 0 };
}
