// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exec and map rules ask about a file.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>

#include "compat/compat.h"
#include "file_request.h"
#include "layer.h"
#include "path.h"

/* Tells a memfd from other memory. The kernel, not the user, puts the prefix before its name. */
static u32 kernel_memory(const struct path *path)
{
	static const char prefix[] = "memfd:";

	return strncmp(path->dentry->d_name.name, prefix, sizeof(prefix) - 1) ?
	       BH_BACKING_ANONYMOUS : BH_BACKING_MEMFD;
}

/*
 * Is the super block one that only the kernel makes, for files without a path? On mounts of
 * its own (SB_KERNMOUNT) are memfds, shared anonymous memory and System V segments; SB_NOUSER
 * have the files that stand for a ring, a socket or a buffer. No user can make such a super
 * block, whatever is done with its mounts.
 */
static bool is_kernel_memory(const struct super_block *sb)
{
	if (sb->s_flags & SB_NOUSER)
		return true;
	return (sb->s_magic == TMPFS_MAGIC || sb->s_magic == HUGETLBFS_MAGIC) &&
	       sb->s_flags & SB_KERNMOUNT;
}

/**
 * bh_file_backing() - what is behind a file, BH_BACKING_*
 * @file: the file
 *
 * Any context.
 */
u32 bh_file_backing(const struct file *file)
{
	const struct path *path = file_user_path(file);
	const struct inode *inode = d_inode(path->dentry);

	/* These have no link either, but are not files that were deleted. */
	if (is_kernel_memory(inode->i_sb))
		return kernel_memory(path);
	return inode->i_nlink ? BH_BACKING_FILE : BH_BACKING_DELETED;
}

static u32 flags_of(const struct path *path)
{
	const struct super_block *sb = path->dentry->d_sb;
	int mnt_flags = READ_ONCE(path->mnt->mnt_flags);
	u32 flags = 0;

	if (mnt_flags & MNT_READONLY || sb_rdonly(sb))
		flags |= BH_FLAG_RO;
	if (mnt_flags & MNT_NOSUID)
		flags |= BH_FLAG_NOSUID;
	if (mnt_flags & MNT_NODEV || sb->s_iflags & SB_I_NODEV)
		flags |= BH_FLAG_NODEV;
	if (mnt_flags & MNT_NOEXEC || sb->s_iflags & SB_I_NOEXEC)
		flags |= BH_FLAG_NOEXEC;
	return flags;
}

static int gather_file(struct bh_check *check, unsigned int which, char *buf,
		       struct bh_string *string)
{
	const struct path *path = file_user_path(check->data);

	switch (which) {
	case BH_EXEC_PATH:
		return bh_path_find(path, buf, string);
	case BH_EXEC_FSTYPE:
		string->s = path->dentry->d_sb->s_type->name;
		string->len = strlen(string->s);
		return 0;
	default:
		return bh_check_exe(check, current, buf, string);
	}
}

/**
 * bh_file_attr() - fetch an enumeration of a file
 * @check: a check that bh_file_request() filled in
 * @attr: BH_EXEC_LAYER
 *
 * Under RCU. Return: as for bh_gather_attr_t.
 */
int bh_file_attr(struct bh_check *check, unsigned int attr)
{
	return bh_layer_of(file_user_path(check->data));
}

/**
 * bh_file_request() - fill in what a check asks of a file
 * @check: the check, of class exec or map
 * @file: the file, which lives as long as the check
 * @backing: its bh_file_backing()
 *
 * Any context.
 */
void bh_file_request(struct bh_check *check, const struct file *file, u32 backing)
{
	check->request.attr[BH_EXEC_BACKING] = backing;
	check->request.flags = flags_of(file_user_path(file));
	check->gather = gather_file;
	check->gather_attr = bh_file_attr;
	check->there |= BH_GATHER_ATTR(BH_EXEC_LAYER) | BH_GATHER_DIGEST;
	check->sleeps = BH_GATHER_DIGEST;
	check->data = file;
	check->path = file_user_path(file);
	check->file = file;
}

static int gather_exe(struct bh_check *check, unsigned int which, char *buf,
		      struct bh_string *string)
{
	return which == BH_EXEC_FROM || which == BH_EXE ?
	       bh_check_exe(check, check->subject, buf, string) : 0;
}

/**
 * bh_memory_request() - fill in what a check asks of memory that is no file's
 * @check: the check, of class map; its subject is as bh_check_exe() wants it
 *
 * Any context.
 */
void bh_memory_request(struct bh_check *check)
{
	check->request.attr[BH_EXEC_BACKING] = BH_BACKING_ANONYMOUS;
	check->request.attr[BH_EXEC_LAYER] = BH_LAYER_NONE;
	check->gather = gather_exe;
}
