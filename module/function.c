// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of the kernel that headers declare and that are not exported.
 *
 * They are found as the sites of hooks are. What finds them proves at load that they
 * do what they are called for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>

#include "function.h"

static int find_function(const struct bh_function *function)
{
	struct kprobe probe = {
		.symbol_name = function->name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&probe);

	if (err) {
		pr_err("%s: the kernel has no such function (%d)\n", function->name, err);
		return err;
	}
	__static_call_update(function->call, function->call_tramp, probe.addr);
	unregister_kprobe(&probe);
	return 0;
}

/**
 * bh_functions_find() - make the functions of a table callable
 * @table: the table
 *
 * A kprobe that is registered disabled is resolved like any other and touches no text.
 *
 * Return: 0, or what register_kprobe() says: -ENOENT if there is no such function. What
 * is missing goes to the kernel log.
 */
int bh_functions_find(const struct bh_function *table)
{
	int err = 0;

	for (; table->name && !err; table++)
		err = find_function(table);
	return err;
}
