// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead events: what was refused, and what was changed.
 */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "command.h"
#include "event.h"

enum {
	OPTION_RAW = 0x200,
};

static const struct option options[] = {
	{ "follow", no_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "raw", no_argument, NULL, OPTION_RAW },
	{ "policy", required_argument, NULL, 'p' },
	{ "class", required_argument, NULL, 'c' },
	{ "verdict", required_argument, NULL, 'v' },
	{ "label", required_argument, NULL, 'l' },
	{ "file", required_argument, NULL, 'F' },
	COMMON_OPTIONS
};

/* Both of the others: objects with the kernel's line in them. */
enum form {
	FORM_TEXT = 0,
	FORM_JSON = 1,
	FORM_RAW = 2,
};

static atomic_bool interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = true;
}

static void print_json(const struct event *event, bool raw)
{
	json_t *object = event_json(event);

	/* Bytes that are no text are in saved lines only: the kernel escapes them. */
	if (raw)
		json_object_set_new(object, "raw", json_stringn(event->raw, event->len) ?:
				    json_null());
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static void print_event(const struct event *event, unsigned int form)
{
	if (form & FORM_JSON) {
		print_json(event, form & FORM_RAW);
	} else if (form & FORM_RAW) {
		fwrite(event->raw, 1, event->len, stdout);
		putchar('\n');
	} else {
		event_describe(event, stdout);
	}
}

static int show(struct event_source *source, const struct event_filter *filter, unsigned int form,
		bool follow)
{
	struct event event = { 0 };
	int ret;

	for (;;) {
		ret = event_next(source, 0, &event);
		if (!ret && follow && !interrupted && !event_ended(source)) {
			/* What there is shall be seen before the wait for more. */
			if (fflush(stdout))
				return DONE;
			/* Not for ever: the signal may have come just before. */
			ret = event_next(source, 1000, &event);
			if (!ret)
				continue;
		}
		if (ret <= 0)
			return ret < 0 ? TROUBLE : DONE;
		if (event_matches(&event, filter))
			print_event(&event, form);
		event_free(&event);
	}
}

static bool is_verdict(const char *word)
{
	return !strcmp(word, "allow") || !strcmp(word, "deny") || !strcmp(word, "kill") ||
	       !strcmp(word, "would-deny");
}

static int check_filter(const struct event_filter *filter)
{
	if (filter->verdict && !is_verdict(filter->verdict))
		say("no verdict \"%s\": there are allow, deny, kill, would-deny", filter->verdict);
	else if (filter->class && strcmp(filter->class, "exec") && strcmp(filter->class, "map") &&
		 strcmp(filter->class, "mount") && strcmp(filter->class, "ptrace") &&
		 strcmp(filter->class, "config"))
		say("no class \"%s\": there are exec, map, mount, ptrace, config", filter->class);
	else
		return DONE;
	return usage_error();
}

static int run(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct event_filter filter = { 0 };
	struct event_source *source;
	unsigned int form = FORM_TEXT;
	const char *file = NULL;
	bool follow = false;
	int option, status;

	while ((option = next_option(argc, argv, "fjp:c:v:l:F:", options)) >= 0) {
		switch (option) {
		case 'f':
			follow = true;
			break;
		case 'j':
			form |= FORM_JSON;
			break;
		case OPTION_RAW:
			form |= FORM_RAW;
			break;
		case 'p':
			filter.policy = optarg;
			break;
		case 'c':
			filter.class = optarg;
			break;
		case 'v':
			filter.verdict = optarg;
			break;
		case 'l':
			filter.label = optarg;
			break;
		case 'F':
			file = optarg;
			break;
		}
	}
	if (optind < argc) {
		say("unexpected argument \"%s\"", argv[optind]);
		return usage_error();
	}
	if (file && follow) {
		say("a file is read to its end: --follow is for the kernel's events");
		return usage_error();
	}
	status = check_filter(&filter);
	if (status)
		return status;
	source = file ? event_open_file(file) : event_open_ring();
	if (!source)
		return TROUBLE;
	/* So that an interrupted --follow ends as one that was read to its end. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = show(source, &filter, form, follow);
	event_close(source);
	return status;
}

const struct command cmd_events = {
	.name = "events",
	.summary = "what was refused, and what was changed",
	.synopsis = "[OPTION]...",
	.help = "Shows events from the kernel's ring, from the oldest still held on, or from\n"
		"saved lines. A loss of events is shown whatever is asked for.\n\n"
		"  -f, --follow         wait for more\n"
		"  -j, --json           an object a line\n"
		"      --raw            the kernel's lines; with --json a member more\n"
		"  -F, --file=FILE      saved lines, or what \"ausearch --raw\" prints\n"
		"  -p, --policy=NAME    only events of this policy\n"
		"  -c, --class=CLASS    only exec, map, mount, ptrace or config\n"
		"  -v, --verdict=WORD   only allow, deny, kill or would-deny\n"
		"  -l, --label=TEXT     only events of the binding with this label\n",
	.run = run,
};
