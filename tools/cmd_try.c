// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead try: what would a policy say?
 */
#include "command.h"
#include "explain.h"
#include "judge.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "policy", required_argument, NULL, 'p' },
	COMMON_OPTIONS
};

static const struct doc_block *choose_block(const struct doc *doc, const char *name)
{
	const struct doc_block *block = doc_block_named(doc, name);

	if (!block)
		say("%s: no policy \"%s\" in it", doc->label, name);
	else if (!name && doc->nr_blocks > 1)
		say("%s: several policies: choose one with --policy=NAME", doc->label);
	else
		return block;
	return NULL;
}

static void print_answer(const struct explanation *e, const struct doc *doc,
			 const struct doc_block *block, const struct request *request, bool json)
{
	json_t *object;

	if (json) {
		object = explain_json(e, doc, block);
		json_object_set_new(object, "assumed", json_string(request->assumed.s ?: ""));
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
		return;
	}
	puts(e->word);
	explain_print(e, doc, block);
	if (request->assumed.len)
		printf("taken for granted: %s\n", request->assumed.s);
}

static int answer(const struct doc *doc, const char *name, int argc, char **argv, bool json)
{
	const struct doc_block *block = choose_block(doc, name);
	struct request request = { 0 };
	struct explanation e;
	int status;

	if (!block)
		return TROUBLE;
	status = request_from_words(&request, argv[0], argv + 1, argc - 1);
	if (!status)
		status = explain(&e, doc, block, &request);
	if (!status) {
		print_answer(&e, doc, block, &request, json);
		status = e.word[0] == 'd' || e.word[0] == 'k' ? NO : DONE;
		explain_free(&e);
	}
	request_free(&request);
	return status;
}

static int run(int argc, char **argv)
{
	const char *name = NULL;
	struct doc doc = { 0 };
	bool json = false;
	int option, status;

	while ((option = next_option(argc, argv, "+jp:", options)) >= 0) {
		if (option == 'j')
			json = true;
		else
			name = optarg;
	}
	if (argc - optind < 2) {
		say("a request is a class and KEY=VALUE...");
		return usage_error();
	}
	status = doc_read(&doc, argv[optind]);
	if (!status)
		status = judge_document(&doc);
	if (!status)
		status = answer(&doc, name, argc - optind - 1, argv + optind + 1, json);
	doc_free(&doc);
	return status;
}

const struct command cmd_try = {
	.name = "try",
	.summary = "what a policy would say to a request",
	.synopsis = "[OPTION]... POLICY-FILE CLASS [KEY=VALUE]...",
	.help = "Shows what a policy says to a request, which rule decides, which rules matched\n"
		"and lost, and what would allow it. Keys are those of rules and of events; a\n"
		"value is what the request has, not a pattern; flags=FLAG,... are a mount's.\n"
		"Exit status 1 if it would be denied.\n\n"
		"    bulkhead try web.policy exec path=/tmp/x layer=upper\n"
		"    bulkhead try web.policy mount fstype=tmpfs target=/mnt flags=nosuid,nodev\n\n"
		"  -j, --json           the answer as JSON\n"
		"  -p, --policy=NAME    the policy, if the file has several\n",
	.run = run,
};
