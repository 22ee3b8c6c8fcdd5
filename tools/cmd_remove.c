// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead remove: unloads policies.
 */
#include <errno.h>
#include <string.h>

#include <policy.h>

#include "command.h"
#include "ctl.h"

static const struct option options[] = {
	COMMON_OPTIONS
};

static int remove_policy(const char *name)
{
	int err;

	/* The kernel takes a name a line, and nothing for an empty one. */
	if (!bh_policy_is_name(name)) {
		say("\"%s\" is no name of a policy", name);
		return NO;
	}
	err = ctl_write("remove", name, strlen(name));
	if (!err)
		return DONE;
	if (err == ENOENT)
		say("policy \"%s\" is not loaded", name);
	else if (err == EBUSY)
		say("policy \"%s\" is in use: by a binding or the table, see \"bulkhead status\"",
		    name);
	else
		say("cannot remove policy \"%s\": %s", name, ctl_refusal(err));
	return NO;
}

static int run(int argc, char **argv)
{
	int status = DONE;

	while (next_option(argc, argv, "", options) >= 0)
		;
	if (optind == argc) {
		say("no policy to remove");
		return usage_error();
	}
	ctl_require_turn();
	for (; optind < argc; optind++)
		if (remove_policy(argv[optind]))
			status = NO;
	return status;
}

const struct command cmd_remove = {
	.name = "remove",
	.summary = "unload policies that nothing is bound to",
	.synopsis = "NAME...",
	.help = "Unloads policies that nothing is bound to.\n\n",
	.run = run,
};
