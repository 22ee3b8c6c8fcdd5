/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of bulkhead. A file cmd_NAME.c for each, and a line in the table in
 * bulkhead.c.
 */
#ifndef BULKHEAD_TOOLS_COMMAND_H
#define BULKHEAD_TOOLS_COMMAND_H

#include <getopt.h>

/* What the command ends with. */
enum {
	DONE = 0,
	NO = 1,		/* the answer is no, or the kernel refused */
	TROUBLE = 2,	/* usage, an unreadable file, no module */
};

/**
 * struct command - a command
 * @name: as it is called
 * @summary: one line for the list of commands, without a full stop
 * @synopsis: its arguments, for the usage line
 * @help: what --help says of its options, lines of up to 79 characters
 * @run: does it; argv[0] is the command's name. Returns DONE, NO or TROUBLE.
 */
struct command {
	const char *name;
	const char *summary;
	const char *synopsis;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_bind;
extern const struct command cmd_check;
extern const struct command cmd_digest;
extern const struct command cmd_events;
extern const struct command cmd_explain;
extern const struct command cmd_fmt;
extern const struct command cmd_image;
extern const struct command cmd_learn;
extern const struct command cmd_load;
extern const struct command cmd_metrics;
extern const struct command cmd_remove;
extern const struct command cmd_sign;
extern const struct command cmd_status;
extern const struct command cmd_sync;
extern const struct command cmd_try;
extern const struct command cmd_unbind;
extern const struct command cmd_upgrade;
extern const struct command cmd_verify;

/* Ends a command's options; --help and --version are added by next_option(). */
#define COMMON_OPTIONS { NULL, 0, NULL, 0 }

int next_option(int argc, char **argv, const char *letters, const struct option *options);
int usage_error(void);

#endif /* BULKHEAD_TOOLS_COMMAND_H */
