// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <uapi/bulkhead.h>

#include "assign.h"
#include "attach.h"
#include "binding.h"
#include "check.h"
#include "event.h"
#include "hooks.h"
#include "mount_op.h"
#include "ns.h"
#include "path.h"
#include "registry.h"
#include "securityfs.h"
#include "signed.h"

/* In the order in which they are attached: a hook that another one needs comes before it. */
static struct bh_hook *const hook_tables[] = {
	bh_layer_hooks, bh_exec_hooks, bh_setid_hooks, bh_map_hooks, bh_implied_hooks,
	bh_remote_hooks, bh_overlay_hooks, bh_mount_hooks, bh_mount_context_hooks,
	bh_mount_detached_hooks, bh_mount_attach_hooks, bh_mount_attr_hooks, bh_ns_hooks,
	bh_ptrace_hooks, bh_unload_hooks,
};

static int __init bulkhead_init(void)
{
	int err;

	err = bh_ns_init();
	if (err)
		return err;
	err = bh_path_init();
	if (err)
		return err;
	err = bh_events_init();
	if (err)
		return err;
	err = bh_keys_init();
	if (err)
		goto out_events;
	err = bh_bindings_init();
	if (err)
		goto out_keys;
	err = bh_check_init();
	if (err)
		goto out_bindings;
	err = bh_detached_init();
	if (err)
		goto out_check;
	err = bh_attach(hook_tables, ARRAY_SIZE(hook_tables));
	if (err)
		goto out_detached;
	err = bh_securityfs_init(hook_tables, ARRAY_SIZE(hook_tables));
	if (err)
		goto out_attach;
	pr_info("loaded, every decision point attached and tested\n");
	return 0;

out_attach:
	bh_detach(hook_tables, ARRAY_SIZE(hook_tables));
out_detached:
	bh_detached_exit();
out_check:
	bh_check_exit();
out_bindings:
	bh_bindings_exit();
out_keys:
	bh_keys_exit();
out_events:
	bh_events_exit();
	return err;
}

static void __exit bulkhead_exit(void)
{
	bh_securityfs_exit();
	bh_detach(hook_tables, ARRAY_SIZE(hook_tables));
	bh_content_stop();
	bh_detached_exit();
	bh_assign_exit();
	bh_check_exit();
	bh_bindings_exit();
	bh_registry_exit();
	bh_keys_exit();
	bh_events_exit();
	pr_info("unloaded, nothing is confined any more\n");
}

module_init(bulkhead_init);
module_exit(bulkhead_exit);
MODULE_DESCRIPTION("Per-namespace policy checks on exec, map, mount and ptrace");
MODULE_AUTHOR("The bulkhead developers");
MODULE_VERSION(BULKHEAD_VERSION);
MODULE_LICENSE("GPL");
