// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead check: parses policies as the kernel would, and finds what is legal but
 * probably a mistake.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "judge.h"
#include "lint.h"

static const struct option options[] = {
	{ "lint", no_argument, NULL, 'l' },
	{ "root", required_argument, NULL, 'r' },
	{ "strict", no_argument, NULL, 's' },
	COMMON_OPTIONS
};

static int check_file(const char *path, bool lint, const char *root, bool strict)
{
	struct doc doc = { 0 };
	int status = doc_read(&doc, path);
	size_t warnings = 0;

	if (!status)
		status = judge_document(&doc);
	if (!status && lint)
		status = lint_document(&doc, root, &warnings);
	if (!status && warnings && strict)
		status = NO;
	doc_free(&doc);
	return status;
}

/* The tree without links and a final slash in its name; NULL if it is none, said why. */
static char *open_root(const char *name)
{
	char *root = realpath(name, NULL);
	struct stat st;

	if (!root || stat(root, &st)) {
		say("cannot open %s: %s", name, strerror(errno));
		free(root);
		return NULL;
	}
	if (!S_ISDIR(st.st_mode)) {
		say("%s is not a directory: --root wants an image's root, unpacked", name);
		free(root);
		return NULL;
	}
	if (!strcmp(root, "/"))
		*root = '\0';
	return root;
}

static int run(int argc, char **argv)
{
	bool lint = false, strict = false;
	int status = DONE, option, ret;
	char *root = NULL;

	while ((option = next_option(argc, argv, "lr:s", options)) >= 0) {
		lint = true;
		if (option == 's')
			strict = true;
		if (option != 'r')
			continue;
		free(root);
		root = open_root(optarg);
		if (!root)
			return TROUBLE;
	}
	if (optind == argc) {
		say("no file to check");
		return usage_error();
	}
	for (; optind < argc; optind++) {
		ret = check_file(argv[optind], lint, root, strict);
		if (ret > status)
			status = ret;
	}
	free(root);
	return status;
}

const struct command cmd_check = {
	.name = "check",
	.summary = "parse policies as the kernel would, and find mistakes",
	.synopsis = "[OPTION]... FILE...",
	.help = "Parses policies as the kernel would; the module need not be loaded.\n\n"
		"  -l, --lint           warn of what is legal and probably a mistake\n"
		"  -r, --root=DIR       with the root of the image that the policies are for:\n"
		"                       warn of patterns that match no file in it as well\n"
		"  -s, --strict         exit status 1 if there is a warning\n",
	.run = run,
};
