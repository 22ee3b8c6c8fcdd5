// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layer: where an overlay is asked for its uppermost layer. Judges nothing.
 */
#include <linux/statfs.h>

#include "hooks.h"
#include "layer.h"

BH_DEFINE_ORIGINAL(vfs_statfs);

/* Nothing here sleeps, so that nobody is counted in. */
static int hook_statfs(const struct path *path, struct kstatfs *buf)
{
	if (bh_layer_takes(path))
		return -ECANCELED;
	return BH_ORIGINAL(vfs_statfs)(path, buf);
}

struct bh_hook bh_layer_hooks[] = {
	BH_HOOK(vfs_statfs, "nothing: tells an overlay's uppermost layer", hook_statfs),
	{ }
};
