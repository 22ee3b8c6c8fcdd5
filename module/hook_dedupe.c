// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content: sees that a file is given the blocks of another that equals it.
 *
 * Whoever may write to a file need not open it for that, so that no count shows a writer. And
 * what the kernel compares is pages: the blocks beneath may hold something else (pages.c).
 *
 * Anybody may ask for it. So it is seen where the file systems compare the two, once the kernel
 * has found that the caller may write to the file. It is over at the latest when the kernel gives
 * back the right to write to the file's mount, which it has taken before.
 */
#include <linux/fs.h>
#include <linux/mount.h>

#include "digest.h"
#include "exchange.h"
#include "hooks.h"

BH_DEFINE_ORIGINAL(generic_remap_file_range_prep);
BH_DEFINE_ORIGINAL(mnt_drop_write_file);

static noinline int note_exchange(struct file *file)
{
	int err = bh_content_exchanged(file_inode(file));

	bh_hook_leave();
	return err;
}

static int hook_remap_prep(struct file *from, loff_t from_pos, struct file *file, loff_t pos,
			   loff_t *len, unsigned int flags)
{
	int err = 0;

	bh_hook_enter();
	if (flags & REMAP_FILE_DEDUP)
		err = note_exchange(file);
	else
		bh_hook_leave();
	return err ?: BH_ORIGINAL(generic_remap_file_range_prep)(from, from_pos, file, pos, len,
								 flags);
}

static void hook_drop_write_file(struct file *file)
{
	bh_hook_enter();
	bh_exchange_end(file_inode(file));
	bh_hook_leave();
	BH_ORIGINAL(mnt_drop_write_file)(file);
}

struct bh_hook bh_dedupe_hooks[] = {
	BH_HOOK(generic_remap_file_range_prep, "content: files given another's blocks",
		hook_remap_prep),
	BH_HOOK(mnt_drop_write_file, "content: the end of that", hook_drop_write_file),
	{ }
};
