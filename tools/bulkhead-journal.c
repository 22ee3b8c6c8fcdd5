// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries bulkhead's events into the journal: an entry for each, with a sentence, a field
 * for each key, and a MESSAGE_ID that the catalogue explains.
 *
 * What it has carried is noted in a file, so that a restart repeats nothing.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bulkhead.h>

#include "report.h"

#define LINE_MAX_BYTES	16384	/* more than the module writes of an event */
#define KEYS_MAX	64
#define FIELDS_MAX	(KEYS_MAX + 8)

struct event {
	char line[LINE_MAX_BYTES];	/* as read */
	char words[LINE_MAX_BYTES];	/* cut into keys and values */
	char names[KEYS_MAX][40];	/* BULKHEAD_KEY */
	const char *values[KEYS_MAX];
	size_t n;
};

static const char prefix[] = "BULKHEAD_";

/* One word, KEY=VALUE or KEY="VALUE"; a quote inside is escaped. NULL at the line's end. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " "), *end;

	if (!*word)
		return NULL;
	end = word + strcspn(word, " \"");
	if (*end == '"')
		for (end++; *end && *end != '"'; end++)
			if (*end == '\\' && end[1])
				end++;
	end += *end == '"';
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static void add_value(struct event *event, char *word)
{
	char *value = strchr(word, '='), *name = event->names[event->n];
	size_t length, i;

	if (!value || value == word ||
	    (size_t)(value - word) > sizeof(event->names[0]) - sizeof(prefix))
		return;
	*value++ = '\0';
	length = strlen(value);
	if (*value == '"' && length > 1 && value[length - 1] == '"') {
		value[length - 1] = '\0';
		value++;
	}
	strcpy(name, prefix);
	for (i = 0; word[i]; i++)
		name[strlen(prefix) + i] = isalnum((unsigned char)word[i]) ?
					   toupper((unsigned char)word[i]) : '_';
	name[strlen(prefix) + i] = '\0';
	event->values[event->n++] = value;
}

static void split(struct event *event)
{
	char *rest = strcpy(event->words, event->line), *word;

	event->n = 0;
	while (event->n < KEYS_MAX && (word = next_word(&rest)))
		add_value(event, word);
}

/* NULL: the event has no such key, or has "-" there. */
static const char *value(const struct event *event, const char *name)
{
	size_t i;

	for (i = 0; i < event->n; i++)
		if (strcmp(event->names[i] + strlen(prefix), name) == 0)
			return strcmp(event->values[i], "-") ? event->values[i] : NULL;
	return NULL;
}

/* The first of these keys that the event has. */
static const char *one_of(const struct event *event, const char *const *names)
{
	const char *found = NULL;

	while (!found && *names)
		found = value(event, *names++);
	return found ? found : "?";
}

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

struct kind {
	const char *class, *id, *act, *denied;
};

/* See bulkhead.catalog. */
static const struct kind kinds[] = {
	{ "exec", "f3f2bbf05e78479d84518512d50be70b", "executes", "denied execution of" },
	{ "map", "2fe4fb28e99440d492e9f233f6b67e53", "maps", "denied mapping of" },
	{ "mount", "46d1eee7dd9a42ffb4986b7d9dbca4ba", "mounts on", "denied mounting on" },
	{ "ptrace", "af818eb4972a4f85b133c636513c99bc", "looks into", "denied a look into" },
};

#define WOULD_DENY_ID	"56e25feb2a694e9fbed8c320516f5c9f"
#define CONFIG_ID	"d7781608ebcb43d6a674329d3bc7a0fa"
#define LOST_ID		"cd046b233cbe4d03913d7f056d8e29b2"

static const char *thing_of(const struct event *event)
{
	return one_of(event, (const char *const[]){ "PATH", "TARGET", "PEER_EXE", "SOURCE",
						    "PEER_COMM", "BACKING", NULL });
}

/* Who did it, as an operator knows him. */
static const char *actor_of(const struct event *event)
{
	return one_of(event, (const char *const[]){ "LABEL", "CGROUP", "COMM", NULL });
}

/* The sentence, its id and its priority. */
static const char *describe(const struct event *event, char *message, size_t size,
			    const char **priority)
{
	const char *verdict = value(event, "VERDICT"), *class = value(event, "CLASS");
	const char *result = value(event, "RESULT"), *policy = value(event, "POLICY");
	const struct kind *kind = kinds;

	*priority = "4";
	if (value(event, "LOST")) {
		snprintf(message, size, "%s events were lost", value(event, "LOST"));
		return LOST_ID;
	}
	if (is(class, "config")) {
		*priority = is(result, "ok") ? "5" : "4";
		snprintf(message, size, "%s %s: %s", value(event, "OP") ? : "change",
			 policy ? : "", result ? : "?");
		return CONFIG_ID;
	}
	while (kind < kinds + sizeof(kinds) / sizeof(kinds[0]) - 1 && !is(class, kind->class))
		kind++;
	if (is(verdict, "deny") || is(verdict, "kill")) {
		snprintf(message, size, "%s %s by %s (policy %s, rule %s%s)", kind->denied,
			 thing_of(event), actor_of(event), policy ? : "?",
			 value(event, "RULE") ? : "?", is(verdict, "kill") ? ", killed" : "");
		return kind->id;
	}
	*priority = "6";
	snprintf(message, size, "%s %s %s (policy %s, rule %s, %s)", actor_of(event), kind->act,
		 thing_of(event), policy ? : "?", value(event, "RULE") ? : "?",
		 verdict ? : "?");
	return is(verdict, "would-deny") ? WOULD_DENY_ID : kind->id;
}

/* An entry that the journal does not take is offered again: it may be starting. */
static bool carry(const struct event *event)
{
	struct journal_field fields[FIELDS_MAX];
	const char *priority, *id;
	char message[2048];
	size_t n = 0, i;
	int tries;

	id = describe(event, message, sizeof(message), &priority);
	fields[n++] = (struct journal_field){ "MESSAGE", message };
	fields[n++] = (struct journal_field){ "MESSAGE_ID", id };
	fields[n++] = (struct journal_field){ "PRIORITY", priority };
	fields[n++] = (struct journal_field){ "SYSLOG_IDENTIFIER", "bulkhead" };
	for (i = 0; i < event->n; i++)
		fields[n++] = (struct journal_field){ event->names[i], event->values[i] };
	for (tries = 0; tries < 50; tries++) {
		if (journal_send(fields, n))
			return true;
		usleep(100 * 1000);
	}
	return false;
}

/* The time of the last event that was carried, as the event says it. */
static void note(int state, const struct event *event)
{
	const char *when = value(event, "TIME");

	if (state >= 0 && when && pwrite(state, when, strlen(when), 0) < 0)
		fprintf(stderr, "bulkhead-journal: cannot write down what was carried: %s\n",
			strerror(errno));
}

static bool is_later(const char *when, const char *than)
{
	char *fraction, *other;
	unsigned long long a = strtoull(when, &fraction, 10), b = strtoull(than, &other, 10);

	return a != b ? a > b : strcmp(fraction, other) > 0;
}

static bool is_news(const struct event *event, const char *carried)
{
	const char *when = value(event, "TIME");

	return !when || !*carried || is_later(when, carried);
}

static int follow(FILE *events, int state)
{
	static struct event event;
	char carried[64] = "";

	if (state >= 0 && pread(state, carried, sizeof(carried) - 1, 0) < 0)
		*carried = '\0';
	while (fgets(event.line, sizeof(event.line), events)) {
		event.line[strcspn(event.line, "\n")] = '\0';
		split(&event);
		if (!event.n || !is_news(&event, carried))
			continue;
		*carried = '\0';
		if (!carry(&event)) {
			fputs("bulkhead-journal: the journal takes nothing\n", stderr);
			return EXIT_FAILURE;
		}
		note(state, &event);
	}
	if (ferror(events)) {
		fprintf(stderr, "bulkhead-journal: cannot read events: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static void usage(FILE *out)
{
	fputs("Usage: bulkhead-journal [--state=FILE] [EVENTS]\n"
	      "\n"
	      "Carries bulkhead's events into the journal. FILE notes what was carried\n"
	      "(/run/bulkhead/journal); EVENTS is a file of them in place of the kernel's.\n", out);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "state", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *name = BULKHEAD_DIR "/events", *state = "/run/bulkhead/journal";
	FILE *events;
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1)
		switch (option) {
		case 's':
			state = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("bulkhead-journal " BULKHEAD_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return 2;
		}
	if (optind < argc)
		name = argv[optind];
	events = fopen(name, "re");
	if (!events) {
		fprintf(stderr, "bulkhead-journal: cannot open %s: %s\n", name, strerror(errno));
		return EXIT_FAILURE;
	}
	return follow(events, open(state, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}
