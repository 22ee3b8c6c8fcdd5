// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead check: parses policies as the kernel would, and finds what is legal but
 * probably a mistake.
 */
#include "command.h"
#include "judge.h"

static const struct option options[] = {
	COMMON_OPTIONS
};

static int check_file(const char *path)
{
	struct doc doc = { 0 };
	int status = doc_read(&doc, path);

	if (!status)
		status = judge_document(&doc);
	doc_free(&doc);
	return status;
}

static int run(int argc, char **argv)
{
	int status = DONE, option, ret;

	while ((option = next_option(argc, argv, "", options)) >= 0)
		;
	if (optind == argc) {
		say("no file to check");
		return usage_error();
	}
	for (; optind < argc; optind++) {
		ret = check_file(argv[optind]);
		if (ret > status)
			status = ret;
	}
	return status;
}

const struct command cmd_check = {
	.name = "check",
	.summary = "parse policies as the kernel would, and find mistakes",
	.synopsis = "[OPTION]... FILE...",
	.help = "Parses policies as the kernel would; the module need not be loaded.\n\n",
	.run = run,
};
