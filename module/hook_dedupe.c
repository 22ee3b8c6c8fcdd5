// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content: sees that a file is given the blocks of another that equals it.
 *
 * Whoever may write to a file need not open it for that, so that no count shows a writer. And
 * what the kernel compares is pages: the blocks beneath may hold something else (pages.c).
 */
#include <linux/fs.h>

#include "digest.h"
#include "hooks.h"

BH_DEFINE_ORIGINAL(vfs_dedupe_file_range_one);

static loff_t hook_dedupe(struct file *from, loff_t from_pos, struct file *file, loff_t pos,
			  loff_t len, unsigned int flags)
{
	int err;

	bh_hook_enter();
	err = bh_content_changed(file_inode(file));
	bh_hook_leave();
	if (err)
		return err;
	return BH_ORIGINAL(vfs_dedupe_file_range_one)(from, from_pos, file, pos, len, flags);
}

struct bh_hook bh_dedupe_hooks[] = {
	BH_HOOK(vfs_dedupe_file_range_one, "content: files given another's blocks", hook_dedupe),
	{ }
};
