// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exec: the program, and each interpreter on the way to it.
 *
 * What is judged is the file that the kernel opened, never the caller's string.
 */
#include <linux/binfmts.h>
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/security.h>
#include <linux/xattr.h>

#include "assign.h"
#include "check.h"
#include "compat/compat.h"
#include "file_request.h"
#include "hooks.h"

/* Would the file raise privilege where it lies? As bprm_fill_uid() and get_file_caps(). */
static u32 setid_of(const struct file *file)
{
	const struct path *path = &file->f_path;
	struct inode *inode = file_inode(file);
	umode_t mode = READ_ONCE(inode->i_mode);

	if (path->mnt->mnt_flags & MNT_NOSUID)
		return BH_SETID_NO;
	if (mode & S_ISUID || (mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		return BH_SETID_YES;
	if (__vfs_getxattr(path->dentry, inode, XATTR_NAME_CAPS, NULL, 0) > 0)
		return BH_SETID_YES;
	return BH_SETID_NO;
}

static int gather_attr(struct bh_check *check, unsigned int attr)
{
	return attr == BH_EXEC_SETID ? setid_of(check->data) : bh_file_attr(check, attr);
}

/* Return: 0 or -EACCES. */
static int check_exec(const struct file *file, u32 as, bool arms)
{
	struct bh_check *check;
	bool denied;

	if (!bh_task_has_bindings(current))
		return 0;
	check = bh_check_alloc(BH_EXEC, current, false);
	if (!check)
		return bh_check_denies_without_memory(BH_EXEC, current, arms) ? -EACCES : 0;
	bh_file_request(check, file);
	/* What shared memory is to a map, a memfd is to an exec: it has no file. */
	if (check->request.attr[BH_EXEC_BACKING] == BH_BACKING_ANONYMOUS)
		check->request.attr[BH_EXEC_BACKING] = BH_BACKING_MEMFD;
	check->request.attr[BH_EXEC_AS] = as;
	check->gather_attr = gather_attr;
	check->lazy |= BH_GATHER_ATTR(BH_EXEC_SETID);
	check->sleeps |= BH_GATHER_ATTR(BH_EXEC_SETID);
	check->arms = arms;
	denied = bh_check_denies(check);
	bh_check_free(check);
	return denied ? -EACCES : 0;
}

/*
 * Interpreters that hook_open_exec() has let pass and that the same exec may
 * show to hook_bprm_check() once more. Each task has one place, which it may
 * share with others: what is overwritten is judged twice, which does no harm.
 * An entry is good for one look and does not outlive the exec, so that a file
 * that comes to lie at the same address is not taken for it.
 */
static struct judged {
	const struct task_struct *task;
	const struct file *file;
} judged[BH_JUDGED_SLOTS];

static struct judged *judged_slot(void)
{
	return &judged[hash_ptr(current, ilog2(BH_JUDGED_SLOTS))];
}

static void remember_judged(const struct file *file)
{
	struct judged *slot = judged_slot();

	WRITE_ONCE(slot->file, file);
	WRITE_ONCE(slot->task, current);
}

static bool forget_judged(const struct file *file)
{
	struct judged *slot = judged_slot();

	if (READ_ONCE(slot->task) != current)
		return false;
	WRITE_ONCE(slot->task, NULL);
	return READ_ONCE(slot->file) == file;
}

BH_DEFINE_ORIGINAL(security_bprm_check);
BH_DEFINE_ORIGINAL(open_exec);

static noinline int judge_bprm(struct linux_binprm *bprm)
{
	u32 as = bprm->interp == bprm->filename ? BH_AS_PROGRAM : BH_AS_INTERPRETER;
	bool again = forget_judged(bprm->file);
	int err = 0;

	if (as == BH_AS_PROGRAM)
		err = bh_assign_at_exec(bprm->file);
	if (!err && (!again || as == BH_AS_PROGRAM))
		err = check_exec(bprm->file, as, true);
	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_bprm_check)(bprm);
}

/*
 * Called for the program and again for each interpreter that takes its place:
 * then the name of what is executed differs from what was asked for.
 */
static int hook_bprm_check(struct linux_binprm *bprm)
{
	bh_hook_enter();
	if (!bh_task_is_ordinary(current))
		return judge_bprm(bprm);
	bh_hook_leave();
	return BH_ORIGINAL(security_bprm_check)(bprm);
}

static noinline struct file *judge_interpreter(struct file *file)
{
	int err = check_exec(file, BH_AS_INTERPRETER, false);

	if (!err) {
		remember_judged(file);
		return file;
	}
	/* As the callers do; open_exec() denied writing. */
	exe_file_allow_write_access(file);
	fput(file);
	return ERR_PTR(err);
}

/*
 * Where an ELF interpreter is seen, which never becomes bprm->file. What counts is the
 * file that was opened, so this one calls through.
 */
static struct file *hook_open_exec(const char *name)
{
	struct file *file;

	if (bh_task_is_ordinary(current))
		return BH_ORIGINAL(open_exec)(name);
	bh_hook_enter();
	file = BH_ORIGINAL(open_exec)(name);
	if (!IS_ERR(file))
		file = judge_interpreter(file);
	bh_hook_leave();
	return file;
}

#ifdef BULKHEAD_HAS_BPRM_INTERPRETER
BH_DEFINE_ORIGINAL(bprm_open_interpreter);

/*
 * Since 7.3 an ELF interpreter may be one that binfmt_misc has opened in its place, and
 * open_exec() is part of this function. What that has judged all the same is not judged
 * again.
 */
static struct file *hook_bprm_open_interpreter(struct linux_binprm *bprm, const char *path)
{
	struct file *file;

	if (bh_task_is_ordinary(current))
		return BH_ORIGINAL(bprm_open_interpreter)(bprm, path);
	bh_hook_enter();
	file = BH_ORIGINAL(bprm_open_interpreter)(bprm, path);
	if (!IS_ERR(file) && !forget_judged(file))
		file = judge_interpreter(file);
	bh_hook_leave();
	return file;
}
#endif

struct bh_hook bh_exec_hooks[] = {
	BH_HOOK(security_bprm_check, "exec: programs, interpreters of scripts and of binfmt_misc",
		hook_bprm_check),
	BH_HOOK(open_exec, "exec: ELF interpreters", hook_open_exec),
#ifdef BULKHEAD_HAS_BPRM_INTERPRETER
	BH_HOOK(bprm_open_interpreter, "exec: ELF interpreters", hook_bprm_open_interpreter),
#endif
	{ }
};
