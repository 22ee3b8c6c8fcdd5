// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead load: gives policies to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "load.h"

static const struct option options[] = {
	{ "bump", no_argument, NULL, 'b' },
	COMMON_OPTIONS
};

static int run(int argc, char **argv)
{
	int option, status = DONE, ret;
	bool bump = false;

	while ((option = next_option(argc, argv, "b", options)) >= 0)
		bump = true;
	if (optind == argc) {
		say("no file to load");
		return usage_error();
	}
	ctl_require_turn();
	for (; optind < argc; optind++) {
		ret = load_file(argv[optind], bump);
		if (ret > status)
			status = ret;
	}
	return status;
}

const struct command cmd_load = {
	.name = "load",
	.summary = "give policies to the kernel",
	.synopsis = "[--bump] FILE...",
	.help = "Gives policies to the kernel. A file that is wrong changes nothing. A policy\n"
		"that is loaded already is replaced, at once for all that is bound to it, if\n"
		"the file's version is higher.\n\n"
		"  -b, --bump       where a version is loaded with other content, load this\n"
		"                   content under the next version; the file stays as it is\n",
	.run = run,
};
