// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module's parser and decision say, asked from userspace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "judge.h"
#include "lint.h"

/* The versions that a document's blocks have taken so far. */
struct seen {
	char name[BH_NAME_MAX + 1];
	u64 version;
};

struct document {
	struct seen *seen;
	size_t nr;
	size_t cap;
};

/* Stands for the registry: in one document, too, a name takes only higher versions. */
static int take_policy(struct bh_policy *policy, void *data, const char **why)
{
	struct document *document = data;
	size_t i;
	int err = 0;

	for (i = 0; i < document->nr; i++)
		if (!strcmp(document->seen[i].name, policy->name))
			break;
	if (i == document->nr) {
		GROW(document->seen, document->nr, document->cap);
		strcpy(document->seen[document->nr++].name, policy->name);
	} else if (policy->version <= document->seen[i].version) {
		*why = "version not higher than that of the block of this name before";
		err = -ESTALE;
	}
	document->seen[i].version = policy->version;
	bh_policy_free(policy);
	return err;
}

static int say_error(const struct doc *doc, const struct bh_error *error)
{
	say_at(doc->label, error->line, error->column, SEVERITY_ERROR, "%s", error->message);
	lint_hint(doc, error->line, error->column);
	return NO;
}

/* What the kernel says when a file is closed before `end`. */
static int check_closed(const struct doc *doc)
{
	const struct doc_block *last = doc_block_named(doc, NULL);

	if (!last) {
		say_at(doc->label, 1, 1, SEVERITY_ERROR,
		       "no policy in this file: it begins with \"policy NAME version NUMBER\"");
		return NO;
	}
	if (last->closed)
		return DONE;
	say_at(doc->label, last->first + 1, 1, SEVERITY_ERROR,
	       "policy \"%s\" has no \"end\" line: nothing of it would be loaded", last->name);
	return NO;
}

/**
 * judge_document() - would a module take a document? Says where not, and why.
 * @doc: the document
 *
 * Return: DONE or NO.
 */
int judge_document(const struct doc *doc)
{
	return judge_document_for(doc, 0);
}

/**
 * judge_document_for() - the same for the module of a kernel that cannot tell every digest
 * @doc: the document
 * @unknown_kinds: a bit for each kind of digest that the kernel cannot tell
 *
 * Return: DONE or NO.
 */
int judge_document_for(const struct doc *doc, u32 unknown_kinds)
{
	struct document document = { 0 };
	struct bh_parser *parser = bh_parser_alloc(take_policy, &document);
	int status = DONE;

	if (!parser)
		die("out of memory");
	bh_parser_refuse_digests(parser, unknown_kinds);
	bh_parser_feed(parser, doc->text.s, doc->text.len);
	/* What stands behind the last block, in a line that does not end, counts as well. */
	if (doc->text.len && doc->text.s[doc->text.len - 1] != '\n')
		bh_parser_feed(parser, "\n", 1);
	if (bh_parser_error(parser)->err)
		status = say_error(doc, bh_parser_error(parser));
	else
		status = check_closed(doc);
	bh_parser_free(parser);
	free(document.seen);
	return status;
}

static int keep_policy(struct bh_policy *policy, void *data, const char **why)
{
	struct bh_policy **kept = data;

	(void)why;
	bh_policy_free(*kept);
	*kept = policy;
	return 0;
}

/**
 * judge_block() - compile a block of a document that the module would take
 * @doc: the document
 * @block: the block; rules' lines are counted from its first
 *
 * Return: the policy, or NULL if it is not the language.
 */
struct bh_policy *judge_block(const struct doc *doc, const struct doc_block *block)
{
	struct bh_policy *policy = NULL;
	struct bh_parser *parser = bh_parser_alloc(keep_policy, &policy);
	const char *text;
	size_t len;

	if (!parser)
		die("out of memory");
	text = doc_block_text(doc, block, &len);
	bh_parser_feed(parser, text, len);
	bh_parser_feed(parser, "\n", 1);
	bh_parser_free(parser);
	return policy;
}
