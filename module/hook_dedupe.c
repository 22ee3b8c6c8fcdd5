// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content: sees that a file is given the blocks of another that equals it.
 *
 * Whoever may write to a file need not open it for that, so that no count shows a writer. And
 * what the kernel compares is pages: the blocks beneath may hold something else (pages.c).
 *
 * Anybody may ask for it. So it is seen where the file systems compare the two, once the kernel
 * has found that the caller may write to the file. They hold their locks on both by then.
 */
#include <linux/fs.h>
#include <linux/sched/mm.h>

#include "digest.h"
#include "hooks.h"

BH_DEFINE_ORIGINAL(generic_remap_file_range_prep);

static noinline int note_change(struct file *file)
{
	/* The file system must not be asked for memory with its locks held. */
	unsigned int flags = memalloc_nofs_save();
	int err = bh_content_changed(file_inode(file));

	memalloc_nofs_restore(flags);
	bh_hook_leave();
	return err;
}

static int hook_remap_prep(struct file *from, loff_t from_pos, struct file *file, loff_t pos,
			   loff_t *len, unsigned int flags)
{
	int err = 0;

	bh_hook_enter();
	if (flags & REMAP_FILE_DEDUP)
		err = note_change(file);
	else
		bh_hook_leave();
	return err ?: BH_ORIGINAL(generic_remap_file_range_prep)(from, from_pos, file, pos, len,
								 flags);
}

struct bh_hook bh_dedupe_hooks[] = {
	BH_HOOK(generic_remap_file_range_prep, "content: files given another's blocks",
		hook_remap_prep),
	{ }
};
