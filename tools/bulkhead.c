// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead: what an operator works with. This file knows the commands, their help and
 * their exit status; each command has a file of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uapi/bulkhead.h>

#include "command.h"
#include "util.h"

/* In the order in which they are listed. */
static const struct command *const commands[] = {
	&cmd_check,
	&cmd_fmt,
	&cmd_load,
	&cmd_remove,
	&cmd_sync,
	&cmd_bind,
	&cmd_unbind,
	&cmd_status,
	&cmd_events,
	&cmd_try,
	&cmd_explain,
	&cmd_learn,
	&cmd_metrics,
	&cmd_upgrade,
	&cmd_image,
	&cmd_sign,
	&cmd_verify,
	&cmd_digest,
};

/* The one that runs. */
static const struct command *current;

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void list_commands(FILE *out)
{
	size_t i;

	fputs("Usage: bulkhead COMMAND [OPTION]... [ARGUMENT]...\n\n", out);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n\"bulkhead COMMAND --help\" tells more. FILE may be - for standard input.\n"
	      "Exit status: 0 done; 1 the answer is no, or the kernel refused; 2 wrong\n"
	      "usage, a file that cannot be read, or the module is not loaded.\n", out);
}

static void print_usage(FILE *out)
{
	if (current)
		fprintf(out, "Usage: bulkhead %s%s%s\n", current->name,
			*current->synopsis ? " " : "", current->synopsis);
	else
		fputs("Usage: bulkhead COMMAND [OPTION]... [ARGUMENT]...\n", out);
}

static void print_help(void)
{
	print_usage(stdout);
	printf("\n%s", current->help);
	puts("      --help       show this\n      --version    show the version");
}

static void print_version(void)
{
	puts("bulkhead " BULKHEAD_VERSION);
}

/**
 * usage_error() - what to return after saying what is wrong with the arguments
 *
 * Return: TROUBLE.
 */
int usage_error(void)
{
	print_usage(stderr);
	fprintf(stderr, "Try \"bulkhead %s%s--help\".\n", current ? current->name : "",
		current ? " " : "");
	return TROUBLE;
}

/* Their values never meet those of an option's letter, or of a command's own. */
enum {
	OPTION_HELP = 0x10000,
	OPTION_VERSION,
};

#define OPTIONS_MAX 32

/* A command's options and those that every command has. */
static void join_options(struct option *all, const struct option *options)
{
	size_t nr = 0;

	while (options[nr].name && nr < OPTIONS_MAX) {
		all[nr] = options[nr];
		nr++;
	}
	all[nr++] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	all[nr++] = (struct option){ "version", no_argument, NULL, OPTION_VERSION };
	all[nr] = (struct option){ NULL, 0, NULL, 0 };
}

/**
 * next_option() - the command's next option
 * @argc: as the command got it
 * @argv: as the command got it
 * @letters: as for getopt()
 * @options: ends with COMMON_OPTIONS
 *
 * --help, --version and mistakes end the program here.
 *
 * Return: the option's value, or -1 when there are no more.
 */
int next_option(int argc, char **argv, const char *letters, const struct option *options)
{
	struct option all[OPTIONS_MAX + 3];
	int option;

	join_options(all, options);
	/* getopt() begins its sentences with this. */
	argv[0] = "bulkhead";
	option = getopt_long(argc, argv, letters, all, NULL);
	switch (option) {
	case OPTION_HELP:
		print_help();
		exit(finish(DONE));
	case OPTION_VERSION:
		print_version();
		exit(finish(DONE));
	case '?':
	case ':':
		exit(usage_error());
	}
	return option;
}

static int run_help(int argc, char **argv)
{
	if (argc < 2) {
		list_commands(stdout);
		return DONE;
	}
	current = find_command(argv[1]);
	if (!current) {
		say("unknown command \"%s\"", argv[1]);
		return usage_error();
	}
	print_help();
	return DONE;
}

static int run(int argc, char **argv)
{
	const char *name = argv[1];

	if (!name)
		return usage_error();
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		return run_help(argc - 1, argv + 1);
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		print_version();
		return DONE;
	}
	current = find_command(name);
	if (!current) {
		say("unknown %s \"%s\"", name[0] == '-' ? "option" : "command", name);
		return usage_error();
	}
	return current->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	return finish(run(argc, argv));
}
