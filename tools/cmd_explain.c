// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead explain: why an event happened.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "ctl.h"
#include "explain.h"
#include "judge.h"
#include "load.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "policy", required_argument, NULL, 'p' },
	{ "seq", required_argument, NULL, 's' },
	{ "file", required_argument, NULL, 'F' },
	{ "check", no_argument, NULL, 'c' },
	COMMON_OPTIONS
};

/* What is asked for. */
struct question {
	const char *policy_file;
	const char *seq;
	bool json;
	bool check;
	unsigned long explained;
	unsigned long differ;
};

/* A file, or the file of that version in a directory where all are kept. */
static int read_policy(const char *path, const char *name, const char *version, struct doc *doc)
{
	struct stat st;
	char *file;
	int err;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		err = doc_read(doc, path);
		return err ?: judge_document(doc);
	}
	file = xasprintf("%s/%s.%s", path, name, version);
	err = doc_read(doc, file);
	/* A mistake is told with the name of the file, which ends here. */
	err = err ?: judge_document(doc);
	doc->label = path;
	free(file);
	return err;
}

/* The policy that made the event, from the file that was named or the kernel. */
static int find_policy(const struct question *question, const struct event *event, struct doc *doc)
{
	const char *name = event_get(event, "policy", "");
	const char *version = event_get(event, "version", "");
	char *file;
	int err;

	if (!*name || strchr(name, '/') || strchr(version, '/')) {
		say("the event names no policy");
		return TROUBLE;
	}
	if (question->policy_file)
		return read_policy(question->policy_file, name, version, doc);
	file = xasprintf("policies/%s/text", name);
	err = ctl_try_read(file, &doc->text);
	free(file);
	if (err) {
		say("policy \"%s\" is not loaded: name its file with --policy=FILE", name);
		return TROUBLE;
	}
	if (load_version(name) != strtoull(version, NULL, 10)) {
		say("\"%s\" is loaded as version %llu, the event is of %s: use --policy=FILE",
		    name, load_version(name), version);
		return TROUBLE;
	}
	doc->label = "the loaded policy";
	doc_parse(doc);
	return DONE;
}

/* Is it the answer that the kernel gave? Not where it had reasons of its own, or saw more. */
static bool agrees(const struct event *event, const struct explanation *e,
		   const struct doc_block *block, const struct request *request)
{
	size_t line = e->is_default ? 0 : e->decides - block->first + 1;

	if (event_get(event, "reason", NULL) || request->cut)
		return true;
	return !strcmp(event_get(event, "verdict", ""), e->word) &&
	       strtoul(event_get(event, "rule", ""), NULL, 10) == line;
}

static void compare(const struct event *event, const struct explanation *e,
		    const struct doc_block *block, const struct request *request)
{
	const char *rule = event_get(event, "rule", "");
	const char *reason = event_get(event, "reason", NULL);

	if (reason)
		printf("the kernel denied it for a reason of its own: %s\n", reason);
	else if (request->cut)
		printf("the event cuts a name short; the kernel saw all of it: rule %s decided\n",
		       rule);
	else if (!agrees(event, e, block, request))
		printf("the kernel said %s by rule %s: it had another policy, or knew more\n",
		       event_get(event, "verdict", "?"), rule);
}

static int print_explanation(struct question *question, const struct event *event,
			     const struct doc *doc, const struct doc_block *block,
			     const struct request *request)
{
	struct explanation e;
	json_t *object;
	int status = explain(&e, doc, block, request);

	if (status)
		return status;
	question->explained++;
	if (question->check && agrees(event, &e, block, request)) {
		explain_free(&e);
		return DONE;
	}
	question->differ++;
	if (question->json) {
		object = explain_json(&e, doc, block);
		json_object_set_new(object, "event", event_json(event));
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	} else {
		if (question->differ > 1)
			putchar('\n');
		event_describe(event, stdout);
		compare(event, &e, block, request);
		explain_print(&e, doc, block);
	}
	explain_free(&e);
	return question->check ? NO : DONE;
}

static int explain_event(struct question *question, const struct event *event)
{
	const char *name = event_get(event, "policy", "");
	const struct doc_block *block;
	struct request request = { 0 };
	struct doc doc = { 0 };
	const char *why;
	int status;

	status = find_policy(question, event, &doc);
	if (status)
		goto out;
	block = doc_block_named(&doc, name);
	if (!block) {
		say("%s: no policy \"%s\", which the event is of", doc.label, name);
		status = TROUBLE;
	} else if (request_from_event(&request, event, &why)) {
		if (event->file)
			say("%s:%lu: %s", event->file, event->line, why);
		else
			say("%s", why);
		status = TROUBLE;
	} else {
		status = print_explanation(question, event, &doc, block, &request);
	}
out:
	request_free(&request);
	doc_free(&doc);
	return status;
}

static int explain_line(struct question *question, const char *line)
{
	struct event event = { 0 };
	const char *why = "";
	int status = TROUBLE;

	if (event_parse(&event, line, strcspn(line, "\n"), &why) || event.kind == EVENT_FOREIGN)
		say("not an event: %s", *why ? why : "an audit record of something else");
	else if (event.kind != EVENT_VERDICT)
		say("only a verdict can be explained");
	else
		status = explain_event(question, &event);
	event_free(&event);
	return status;
}

static int explain_source(struct question *question, struct event_source *source)
{
	struct event event = { 0 };
	int status = DONE, ret;

	if (!source)
		return TROUBLE;
	while ((ret = event_next(source, 0, &event)) > 0) {
		const char *seq = event_get(&event, "seq", "");

		if (event.kind == EVENT_VERDICT &&
		    (!question->seq || !strcmp(seq, question->seq))) {
			ret = explain_event(question, &event);
			if (ret > status)
				status = ret;
		}
		event_free(&event);
	}
	event_close(source);
	if (ret < 0)
		return TROUBLE;
	if (!question->explained && !status) {
		if (question->seq)
			say("no verdict with seq=%s is held any more, or not yet", question->seq);
		else
			say("no verdict to explain");
		return question->seq ? NO : TROUBLE;
	}
	return status;
}

static int run(int argc, char **argv)
{
	struct question question = { 0 };
	const char *file = NULL;
	int option, status = DONE, ret;

	while ((option = next_option(argc, argv, "jp:s:F:c", options)) >= 0) {
		switch (option) {
		case 'j':
			question.json = true;
			break;
		case 'p':
			question.policy_file = optarg;
			break;
		case 's':
			question.seq = optarg;
			break;
		case 'F':
			file = optarg;
			break;
		case 'c':
			question.check = true;
			break;
		}
	}
	if (question.seq && (!*question.seq || question.seq[strspn(question.seq, "0123456789")])) {
		say("--seq wants the number of an event, not \"%s\"", question.seq);
		return usage_error();
	}
	if (optind < argc && (question.seq || file)) {
		say("an event is given by its line, or by --seq or --file, not by both");
		return usage_error();
	}
	if (optind == argc) {
		if (question.seq && !file)
			return explain_source(&question, event_open_ring());
		return explain_source(&question, event_open_file(file ?: "-"));
	}
	for (; optind < argc; optind++) {
		ret = explain_line(&question, argv[optind]);
		if (ret > status)
			status = ret;
	}
	return status;
}

const struct command cmd_explain = {
	.name = "explain",
	.summary = "why an event happened, and what would allow it",
	.synopsis = "[OPTION]... [EVENT-LINE]...",
	.help = "Shows for an event which rule decided, why, which rules matched and lost, and\n"
		"the smallest change of the policy that would allow it. The event is a line of\n"
		"\"bulkhead events --raw\" or an audit record, from standard input if there is\n"
		"no argument; the policy is the loaded one of the event's name and version.\n\n"
		"  -s, --seq=N          the event with this number, from the kernel's ring\n"
		"  -F, --file=FILE      saved events\n"
		"  -p, --policy=FILE    the policy's file, instead of the loaded one; or a\n"
		"                       directory that has it as NAME.VERSION\n"
		"  -c, --check          only what the kernel answered otherwise; exit status 1\n"
		"                       then\n"
		"  -j, --json           an object for each event, a line each\n",
	.run = run,
};
