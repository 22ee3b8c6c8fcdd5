// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead learn: from what was, or would have been, refused to a policy that allows it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <uapi/bulkhead.h>

#include "command.h"
#include "explain.h"
#include "judge.h"
#include "learn.h"

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "merge", required_argument, NULL, 'm' },
	{ "name", required_argument, NULL, 'n' },
	{ "events", required_argument, NULL, 'e' },
	{ "follow", required_argument, NULL, 'f' },
	{ "generalize", required_argument, NULL, 'g' },
	{ "interactive", no_argument, NULL, 'i' },
	{ "policy", required_argument, NULL, 'p' },
	{ "label", required_argument, NULL, 'l' },
	COMMON_OPTIONS
};

/* What is asked for. */
struct task {
	const char *output;
	const char *merge;
	const char *name;
	const char *events;
	unsigned int follow;
	int level;
	bool interactive;
	struct event_filter filter;
};

static atomic_bool interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = true;
}

/* Events */

static int take_events(struct lesson *lesson, struct event_source *source,
		       const struct task *task, const struct bh_policy *policy)
{
	time_t end = time(NULL) + task->follow;
	struct event event = { 0 };
	int ret;

	while (!interrupted) {
		ret = event_next(source, task->follow ? 500 : 0, &event);
		if (ret < 0)
			return TROUBLE;
		if (ret && event_matches(&event, &task->filter))
			learn_event(lesson, &event, policy);
		event_free(&event);
		if (task->follow ? time(NULL) >= end || event_ended(source) : !ret)
			break;
	}
	return DONE;
}

static int read_events(struct lesson *lesson, const struct task *task,
		       const struct bh_policy *policy)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct event_source *source;
	int status;

	source = task->events ? event_open_file(task->events) : event_open_ring();
	if (!source)
		return TROUBLE;
	/* What was seen until then is not thrown away. */
	if (task->follow)
		sigaction(SIGINT, &action, NULL);
	status = take_events(lesson, source, task, policy);
	event_close(source);
	if (status)
		return status;
	if (lesson->lost)
		say("%lu events were lost: the policy lacks what they told; run the workload again",
		    lesson->lost);
	return DONE;
}

/* Questions */

static bool allows(const struct learnt_rule *rule, const struct request *request)
{
	struct doc doc = { .label = "" };
	size_t *lines, nr;

	buf_puts(&doc.text, "policy p version 1\n");
	learnt_rule_write(&doc.text, rule);
	buf_puts(&doc.text, "\nend\n");
	doc_parse(&doc);
	nr = request_matches(&doc, &doc.blocks[0], request, &lines);
	free(lines);
	doc_free(&doc);
	return nr;
}

static void ask_about(const struct learnt_rule *rule, size_t number, size_t of)
{
	struct buf text = { 0 };

	learnt_rule_comment(&text, rule);
	buf_puts(&text, "\n  ");
	learnt_rule_write(&text, rule);
	fprintf(stderr, "\n%s%zu of %zu%s\n  %s\n", colour(stderr, COLOUR_BOLD), number, of,
		colour(stderr, COLOUR_NONE), text.s);
	if (caution(rule->pattern, rule->rest))
		fprintf(stderr, "  %s\n", caution(rule->pattern, rule->rest));
	fputs("[y]es, [n]o, e[x]act names only, [a]ll that is left, [q]uit? ", stderr);
	buf_free(&text);
}

static char read_answer(FILE *answers)
{
	char line[64];

	if (!fgets(line, sizeof(line), answers))
		return 'q';
	return line[0] == '\n' ? 'y' : line[0];
}

/* Replaces a rule by those of the names that it stands for. */
static void keep_exact(struct lesson *kept, const struct lesson *lesson,
		       const struct learnt_rule *rule)
{
	size_t i;

	for (i = 0; i < lesson->nr_refusals; i++)
		if (allows(rule, lesson->refusals[i].request))
			learn_exact(kept, &lesson->refusals[i]);
}

static void keep(struct lesson *kept, struct learnt_rule *rule)
{
	GROW(kept->rules, kept->nr_rules, kept->cap_rules);
	kept->rules[kept->nr_rules++] = *rule;
	*rule = (struct learnt_rule){ 0 };
}

/* Leaves those rules that are wanted; false: none of them, and nothing shall be written. */
static bool choose_rules(struct lesson *lesson, FILE *answers)
{
	struct lesson kept = { 0 };
	size_t i, nr = lesson->nr_rules;
	char answer = 0;

	for (i = 0; i < nr && answer != 'q'; i++) {
		if (answer != 'a') {
			ask_about(&lesson->rules[i], i + 1, nr);
			answer = read_answer(answers);
		}
		if (answer == 'y' || answer == 'a')
			keep(&kept, &lesson->rules[i]);
		else if (answer == 'x')
			keep_exact(&kept, lesson, &lesson->rules[i]);
		else if (answer != 'n' && answer != 'q')
			i--;
	}
	for (i = 0; i < nr; i++)
		learnt_rule_drop(&lesson->rules[i]);
	free(lesson->rules);
	lesson->rules = kept.rules;
	lesson->nr_rules = kept.nr_rules;
	lesson->cap_rules = kept.cap_rules;
	return answer != 'q';
}

static bool ask_questions(struct lesson *lesson, const struct task *task)
{
	/* Where the events come from standard input, the answers cannot. */
	bool taken = task->events && !strcmp(task->events, "-");
	FILE *answers = taken ? fopen("/dev/tty", "re") : stdin;
	bool go_on;

	if (!answers)
		die("no terminal to ask on: %s", strerror(errno));
	go_on = choose_rules(lesson, answers);
	if (taken)
		fclose(answers);
	if (!go_on)
		say("nothing is written");
	return go_on;
}

/* A new policy */

static const char *const headings[BH_CLASSES] = {
	[BH_EXEC] = "Programs, their dynamic loader, and interpreters of scripts.",
	[BH_MAP] = "Libraries, and memory that becomes code.",
	[BH_MOUNT] = "Mounts.",
	[BH_PTRACE] = "Looks into other processes.",
};

static void write_rule(struct buf *out, const struct learnt_rule *rule)
{
	const char *why = caution(rule->pattern, rule->rest);

	buf_puts(out, "  ");
	learnt_rule_comment(out, rule);
	if (why)
		buf_printf(out, "\n  # Look twice: %s.", why);
	buf_puts(out, "\n  ");
	learnt_rule_write(out, rule);
	buf_puts(out, "\n");
}

static bool has_backing(const struct lesson *lesson, int class)
{
	size_t i;

	for (i = 0; i < lesson->nr_rules; i++)
		if (lesson->rules[i].class == class &&
		    (strstr(lesson->rules[i].rest, "backing=memfd") ||
		     strstr(lesson->rules[i].rest, "backing=deleted")))
			return true;
	return false;
}

/*
 * What an intruder brings, whatever a rule for a directory would allow: files that the
 * image does not hold, and such as have no name. Only where the workload has none.
 */
static void write_refusals(struct buf *out, const struct lesson *lesson, int class)
{
	const char *name = bh_classes[class].name;
	const char *before = " path!=";
	size_t i;

	if (lesson->lower) {
		buf_printf(out, "  deny %s layer=upper", name);
		for (i = 0; i < lesson->nr_rules; i++) {
			const struct learnt_rule *rule = &lesson->rules[i];

			if (rule->class != class || !rule->upper || !rule->pattern)
				continue;
			buf_puts(out, before);
			doc_write_value(out, rule->pattern, strlen(rule->pattern));
			before = ",";
		}
		buf_puts(out, "\n");
	}
	if (!has_backing(lesson, class))
		buf_printf(out, "  deny %s backing=memfd,deleted\n", name);
}

static void write_policy(struct buf *out, const struct lesson *lesson, const char *name)
{
	size_t i;
	int class;

	buf_printf(out,
		   "# What %lu events asked for. Each rule says how many, and shows one of them.\n"
		   "# What a rule allows, an intruder may do as well: take out what is not needed.\n"
		   "policy %s version %llu\n  mode enforce\n", lesson->events, name,
		   lesson->version + 1);
	for (class = 0; class < BH_CLASSES; class++) {
		buf_printf(out, "\n  # %s\n  default %s deny\n", headings[class],
			   bh_classes[class].name);
		if (class == BH_EXEC || class == BH_MAP)
			write_refusals(out, lesson, class);
		for (i = 0; i < lesson->nr_rules; i++)
			if (lesson->rules[i].class == class)
				write_rule(out, &lesson->rules[i]);
	}
	buf_puts(out, "end\n");
}

/* An old one */

/* Behind the last line that speaks of the class, or before the end. */
static size_t place_for(const struct doc *doc, const struct doc_block *block, int class)
{
	size_t place = block->end - 1, i;

	for (i = block->first; i < block->end; i++)
		if ((doc->lines[i].kind == DOC_RULE || doc->lines[i].kind == DOC_DEFAULT) &&
		    doc->lines[i].class == class)
			place = i + 1;
	return place;
}

static u64 version_of(const struct doc *doc, const struct doc_block *block)
{
	return strtoull(doc->lines[block->first].words[3].key, NULL, 10);
}

/* The `policy` line with another number and every other byte as it was. */
static void write_head(struct buf *out, const struct doc *doc, const struct doc_block *block,
		       u64 version)
{
	const struct doc_line *line = &doc->lines[block->first];
	const struct doc_cond *number = &line->words[3];

	buf_add(out, line->s, number->column - 1);
	buf_printf(out, "%llu", version);
	buf_add(out, line->s + number->end - 1, line->len - (number->end - 1));
}

static void write_merged(struct buf *out, const struct lesson *lesson, const struct doc *doc,
			 const struct doc_block *block)
{
	u64 version = version_of(doc, block), wanted = lesson->version + 1;
	const char *end = doc->text.s + doc->text.len, *next;
	size_t i, r;
	int class;

	for (i = 0; i < doc->nr_lines; i++) {
		for (class = 0; class < BH_CLASSES; class++)
			for (r = 0; r < lesson->nr_rules && i >= block->first &&
			     i == place_for(doc, block, class); r++)
				if (lesson->rules[r].class == class)
					write_rule(out, &lesson->rules[r]);
		next = i + 1 < doc->nr_lines ? doc->lines[i + 1].s : end;
		if (i != block->first || version >= wanted) {
			buf_add(out, doc->lines[i].s, next - doc->lines[i].s);
			continue;
		}
		write_head(out, doc, block, wanted);
		buf_add(out, doc->lines[i].s + doc->lines[i].len,
			next - doc->lines[i].s - doc->lines[i].len);
	}
}

/* The result */

/* Says what a rule of the policy refuses that no rule that allows can mend. */
static void say_refused(const struct doc *doc, const struct doc_block *block,
			const struct refusal *refusal)
{
	struct explanation e;

	if (explain(&e, doc, block, refusal->request))
		return;
	if (e.decides != SIZE_MAX && e.instead)
		say_at(doc->label, e.decides + 1, 1, SEVERITY_WARNING,
		       "this still refuses %lu events (%s): to allow them write \"%s\"",
		       refusal->count, refusal->example, e.instead);
	else if (e.decides != SIZE_MAX)
		say_at(doc->label, e.decides + 1, 1, SEVERITY_WARNING,
		       "this still refuses %lu events (%s)", refusal->count, refusal->example);
	explain_free(&e);
}

/* Is it a policy, and does it allow what it was made for? */
static int verify(const struct buf *text, const struct lesson *lesson, const struct task *task,
		  const char *name)
{
	struct doc doc = { .label = task->output ?: "the result" };
	const struct doc_block *block;
	struct bh_policy *policy;
	struct bh_verdict verdict;
	int status;
	size_t i;

	buf_add(&doc.text, text->s, text->len);
	doc_parse(&doc);
	status = judge_document(&doc);
	block = doc_block_named(&doc, name);
	policy = status || !block ? NULL : judge_block(&doc, block);
	for (i = 0; policy && i < lesson->nr_refusals; i++) {
		request_decide(policy, lesson->refusals[i].request, &verdict);
		if (verdict.action == BH_ALLOW)
			continue;
		/* What was declined is no surprise. */
		if (!task->interactive || verdict.line)
			say_refused(&doc, block, &lesson->refusals[i]);
		status = task->interactive ? status : NO;
	}
	bh_policy_free(policy);
	doc_free(&doc);
	return status;
}

static int write_result(const struct lesson *lesson, const struct task *task,
			const struct doc *doc, const struct doc_block *block)
{
	const char *name = task->name ?: block ? block->name : lesson->policy ?: "learnt";
	struct buf text = { 0 };
	int status = DONE, ret;

	if (!block)
		write_policy(&text, lesson, name);
	else if (lesson->nr_rules)
		write_merged(&text, lesson, doc, block);
	else
		buf_add(&text, doc->text.s, doc->text.len);
	status = verify(&text, lesson, task, name);
	ret = write_output(task->output, text.s, text.len);
	buf_free(&text);
	return ret > status ? ret : status;
}

static int learn(const struct task *task, const struct doc *doc, const struct doc_block *block)
{
	struct bh_policy *policy = block ? judge_block(doc, block) : NULL;
	struct lesson lesson = { 0 };
	int status = read_events(&lesson, task, policy);

	if (status)
		goto out;
	if (!lesson.events) {
		say("no event tells of a refusal: run the workload under \"mode audit\"");
		status = NO;
	} else if (lesson.several && !task->filter.policy) {
		say("the events are of several policies: choose one with --policy=NAME");
		status = TROUBLE;
	} else {
		learn_finish(&lesson, task->level);
		if (!task->interactive || ask_questions(&lesson, task))
			status = write_result(&lesson, task, doc, block);
	}
out:
	learn_free(&lesson);
	bh_policy_free(policy);
	return status;
}

static int merge(struct task *task)
{
	struct doc doc = { 0 };
	const struct doc_block *block;
	int status = doc_read(&doc, task->merge);

	if (!status)
		status = judge_document(&doc);
	if (status)
		goto out;
	block = doc_block_named(&doc, task->name);
	if (!block || (!task->name && doc.nr_blocks > 1)) {
		say(block ? "%s: several policies: choose one with --name=NAME" :
		    "%s: no policy of that name", doc.label);
		status = TROUBLE;
		goto out;
	}
	if (!task->filter.policy)
		task->filter.policy = block->name;
	status = learn(task, &doc, block);
out:
	doc_free(&doc);
	return status;
}

static bool read_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return *text && !*end && *number <= max && text[0] != '-';
}

static int read_options(struct task *task, int argc, char **argv)
{
	unsigned long number;
	int option;

	while ((option = next_option(argc, argv, "o:m:n:e:f:g:ip:l:", options)) >= 0) {
		switch (option) {
		case 'o':
			task->output = optarg;
			break;
		case 'm':
			task->merge = optarg;
			break;
		case 'n':
			if (!bh_policy_is_name(optarg)) {
				say("\"%s\" is no name of a policy", optarg);
				return usage_error();
			}
			task->name = optarg;
			break;
		case 'e':
			task->events = optarg;
			break;
		case 'i':
			task->interactive = true;
			break;
		case 'p':
			task->filter.policy = optarg;
			break;
		case 'l':
			task->filter.label = optarg;
			break;
		case 'f':
			if (!read_number(optarg, 1000000, &number) || !number) {
				say("--follow wants seconds, not \"%s\"", optarg);
				return usage_error();
			}
			task->follow = number;
			break;
		case 'g':
			if (!read_number(optarg, GENERALIZE_MAX, &number)) {
				say("--generalize is 0 to %d, not \"%s\"", GENERALIZE_MAX, optarg);
				return usage_error();
			}
			task->level = number;
			break;
		}
	}
	if (optind == argc)
		return DONE;
	say("unexpected argument \"%s\"", argv[optind]);
	return usage_error();
}

static int run(int argc, char **argv)
{
	struct task task = { .level = GENERALIZE_FULL };
	int status = read_options(&task, argc, argv);

	if (status)
		return status;
	if (task.events && task.follow) {
		say("--follow is of the kernel's events, --events of saved ones");
		return usage_error();
	}
	return task.merge ? merge(&task) : learn(&task, NULL, NULL);
}

const struct command cmd_learn = {
	.name = "learn",
	.summary = "from what was refused to a policy that allows it",
	.synopsis = "[OPTION]...",
	.help =
		"Makes a policy of refusals: let the workload run under a policy in \"mode audit\"\n"
		"with \"default exec deny\", \"default map deny\" and so on, then learn from its\n"
		"events. Exit status 1 if something is still refused.\n\n"
		"  -o, --output=FILE    write to FILE instead of standard output\n"
		"  -m, --merge=FILE     add to this policy; its bytes stay, but for the version,\n"
		"                       which is raised above that of the events\n"
		"  -n, --name=NAME      the policy's name; that of the events if nothing is said\n"
		"  -e, --events=FILE    saved events or \"ausearch --raw\" instead of the ring\n"
		"  -f, --follow=SECONDS listen so long; Ctrl-C ends it, and nothing is lost\n"
		"  -g, --generalize=N   0: exact names; 1: versions, hashes, numbers, temporary\n"
		"                       names become patterns; 2 (if nothing is said): and many\n"
		"                       files of a directory; 3: and whole directories\n"
		"  -i, --interactive    ask about one group at a time: what one rule is for\n"
		"  -p, --policy=NAME    only from events of this policy\n"
		"  -l, --label=TEXT     only from events of the binding with this label\n",
	.run = run,
};
