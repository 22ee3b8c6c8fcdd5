// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of the kernel that headers declare and that are not exported.
 *
 * Their addresses are found in the way in which those of hooks are. Whoever has a function
 * found proves at load that it does what it is called for: see bh_path_init().
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
 * bh_functions_find() - make the functions of a table callable by BH_CALL()
 * @table: the table, which ends with an empty entry
 *
 * The address comes from a kprobe that is registered disabled: the kernel resolves its symbol
 * like that of any other, and changes no code. A function that is missing is named in the
 * kernel log. May sleep.
 *
 * Return: 0, or what register_kprobe() says: -ENOENT if there is no such function.
 */
int bh_functions_find(const struct bh_function *table)
{
	int err = 0;

	for (; table->name && !err; table++)
		err = find_function(table);
	return err;
}
