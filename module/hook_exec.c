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
#include "compat/internal.h"
#include "file_request.h"
#include "hooks.h"
#include "ptrace_check.h"
#include "stay.h"

/*
 * Would the file raise privilege where it lies? As bprm_fill_uid() and get_file_caps(),
 * which look again when the program is about to run. Who may change the file can change it
 * in between: once anyone asks, what the kernel gave is compared as well.
 *
 * May sleep. Return: BH_SETID_*, or an errno as bh_attach_now().
 */
static int setid_of(const struct file *file)
{
	const struct path *path = &file->f_path;
	struct inode *inode = file_inode(file);
	umode_t mode = READ_ONCE(inode->i_mode);
	int err = bh_attach_now(bh_setid_hooks);

	if (err)
		return err;
	if (path->mnt->mnt_flags & MNT_NOSUID)
		return BH_SETID_NO;
	if (mode & S_ISUID || (mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		return BH_SETID_YES;
	/* A file system may take its time. */
	if (!bh_stay_begin())
		return -EINTR;
	err = __vfs_getxattr(path->dentry, inode, XATTR_NAME_CAPS, NULL, 0);
	bh_stay_end();
	return err > 0 ? BH_SETID_YES : BH_SETID_NO;
}

static int gather_attr(struct bh_check *check, unsigned int attr)
{
	return attr == BH_EXEC_SETID ? setid_of(check->data) : bh_file_attr(check, attr);
}

/* How an execution is judged, beside BH_CHECK_*. */
enum {
	EXEC_RAISES = 1 << 8,	/* the kernel has raised privilege for it */
	EXEC_MAPPED = 1 << 9,	/* it is being mapped, and must not be read */
};

/* @head: what was read of the file already, or NULL. Return: 0 or -EACCES. */
static __always_inline int check_exec_inline(const struct file *file, const char *head, u32 as,
					     unsigned int how)
{
	struct bh_check *check = bh_check_begin(BH_EXEC, current, how);
	u32 backing;

	if (IS_ERR_OR_NULL(check))
		return bh_check_end(check);
	backing = bh_file_backing(file);
	/* Exec rules have no `anonymous`: other memory of the kernel's counts as a memfd. */
	if (backing == BH_BACKING_ANONYMOUS)
		backing = BH_BACKING_MEMFD;
	bh_file_request(check, file, backing);
	check->request.attr[BH_EXEC_AS] = as;
	check->head = head;
	if (unlikely(how & (EXEC_RAISES | EXEC_MAPPED))) {
		check->mapped = how & EXEC_MAPPED;
		/* What is mapped was judged for privilege before. */
		check->request.attr[BH_EXEC_SETID] = how & EXEC_RAISES ? BH_SETID_YES :
								       BH_SETID_NO;
	} else {
		check->gather_attr = gather_attr;
		check->there |= BH_GATHER_ATTR(BH_EXEC_SETID);
		check->sleeps |= BH_GATHER_ATTR(BH_EXEC_SETID);
	}
	return bh_check_end(check);
}

/* For all but a program, which is asked about most often. */
static noinline int check_exec(const struct file *file, const char *head, u32 as, unsigned int how)
{
	return check_exec_inline(file, head, as, how);
}

/**
 * bh_exec_judge_copied() - judge what execve maps, where that was copied up in the middle of it
 * @mapped: the file that is mapped, a program's or an interpreter's
 * @copy: as it is opened now
 *
 * Of which of the two execve has read the headers, by which it maps, nobody knows; and the copy
 * may have been another then than it is now. So it has no digest.
 *
 * Under mmap_lock. Return: 0 or -EACCES.
 */
int bh_exec_judge_copied(const struct file *mapped, const struct file *copy)
{
	return check_exec(mapped, NULL, BH_AS_PROGRAM, EXEC_MAPPED) ?:
	       check_exec(copy, NULL, BH_AS_PROGRAM, EXEC_MAPPED | BH_CHECK_STALE);
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

static u32 role_of(const struct linux_binprm *bprm)
{
	return bprm->interp == bprm->filename ? BH_AS_PROGRAM : BH_AS_INTERPRETER;
}

/* Return: 0; -EACCES; -EPERM, if who traces the task must not; or as bh_assign_at_exec(). */
static int check_bprm(struct linux_binprm *bprm)
{
	u32 as = role_of(bprm);
	bool again = forget_judged(bprm->file);
	int err = 0;

	if (as == BH_AS_PROGRAM)
		err = bh_assign_at_exec(bprm->file) ?: bh_ptrace_check_exec();
	if (err)
		return err;
	if (!again || as == BH_AS_PROGRAM)
		return check_exec_inline(bprm->file, bprm->buf, as, BH_CHECK_ARMS);
	/* Its first bytes were read after it was judged: a digest must be of them, too. */
	return bh_content_is_asked() ? check_exec(bprm->file, bprm->buf, as, BH_CHECK_AGAIN) : 0;
}

/* A table may bind the task now; and its tracer may be confined. */
static noinline int judge_bprm(struct linux_binprm *bprm)
{
	int err = 0;

	if (bh_container_may_be_bound() || bh_assign_is_in_force() || current->ptrace)
		err = check_bprm(bprm);
	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_bprm_check)(bprm);
}

/*
 * The kernel calls this for the program and again for each interpreter that takes its place.
 * Then bprm->interp, the name of what is executed, is not bprm->filename.
 */
static int hook_bprm_check(struct linux_binprm *bprm)
{
	bh_hook_enter();
	if (!bh_task_in_initial_ns(current) || unlikely(current->ptrace))
		return judge_bprm(bprm);
	bh_hook_leave();
	return BH_ORIGINAL(security_bprm_check)(bprm);
}

static struct file *judge_interpreter(struct file *file)
{
	int err = check_exec(file, NULL, BH_AS_INTERPRETER, 0);

	if (!err) {
		remember_judged(file);
		return file;
	}
	/* As the callers do; open_exec() denied writing. */
	exe_file_allow_write_access(file);
	fput(file);
	return ERR_PTR(err);
}

/* Only for bound tasks is the original called. They stay in the module as long as it takes. */
static bool may_call_through(void)
{
	return !bh_task_in_initial_ns(current) && bh_task_has_bindings(current) && bh_stay_begin();
}

static noinline struct file *judge_open_exec(const char *name)
{
	struct file *file = BH_ORIGINAL(open_exec)(name);

	if (!IS_ERR(file))
		file = judge_interpreter(file);
	bh_stay_end();
	bh_hook_leave();
	return file;
}

/*
 * The ELF interpreter of a program, which never becomes bprm->file, is opened by open_exec().
 * The file that was opened is judged, so the original is called first, not jumped into.
 */
static struct file *hook_open_exec(const char *name)
{
	bh_hook_enter();
	if (may_call_through())
		return judge_open_exec(name);
	bh_hook_leave();
	return BH_ORIGINAL(open_exec)(name);
}

#ifdef BULKHEAD_HAS_BPRM_INTERPRETER
BH_DEFINE_ORIGINAL(bprm_open_interpreter);

static noinline struct file *judge_bprm_interpreter(struct linux_binprm *bprm, const char *path)
{
	struct file *file = BH_ORIGINAL(bprm_open_interpreter)(bprm, path);

	if (!IS_ERR(file) && !forget_judged(file))
		file = judge_interpreter(file);
	bh_stay_end();
	bh_hook_leave();
	return file;
}

/*
 * From 7.3 on the ELF interpreter is opened here, or binfmt_misc has opened another in its
 * place. An interpreter that hook_open_exec() has judged all the same, where the compiler did
 * not inline open_exec(), is not judged again.
 */
static struct file *hook_bprm_open_interpreter(struct linux_binprm *bprm, const char *path)
{
	bh_hook_enter();
	if (may_call_through())
		return judge_bprm_interpreter(bprm, path);
	bh_hook_leave();
	return BH_ORIGINAL(bprm_open_interpreter)(bprm, path);
}
#endif

/*
 * Has the kernel raised privilege for a program? Capabilities that a root user gets with any
 * program do not count.
 */
static bool is_raised(const struct cred *new, const struct cred *old)
{
	kuid_t root = make_kuid(new->user_ns, 0);

	if (!uid_eq(new->euid, old->euid) || !gid_eq(new->egid, old->egid))
		return true;
	if (uid_eq(new->uid, root) || uid_eq(new->euid, root))
		return false;
	return !cap_issubset(new->cap_permitted, old->cap_permitted);
}

BH_DEFINE_ORIGINAL(security_bprm_creds_from_file);

/*
 * The kernel computes the new credentials here, before the point of no return. What it gives
 * is judged, so the original is called first. A file that setid_of() foretold to raise
 * privilege is judged twice.
 */
static noinline int judge_creds(struct linux_binprm *bprm, BH_CREDS_FILE *file)
{
	int err = BH_ORIGINAL(security_bprm_creds_from_file)(bprm, file);
	u32 as = file == bprm->file ? role_of(bprm) : BH_AS_PROGRAM;

	if (!err && is_raised(bprm->cred, current_cred()))
		err = check_exec(file, NULL, as, EXEC_RAISES);
	bh_stay_end();
	bh_hook_leave();
	return err;
}

static int hook_creds_from_file(struct linux_binprm *bprm, BH_CREDS_FILE *file)
{
	bh_hook_enter();
	if (may_call_through())
		return judge_creds(bprm, file);
	bh_hook_leave();
	return BH_ORIGINAL(security_bprm_creds_from_file)(bprm, file);
}

struct bh_hook bh_setid_hooks[] = {
	BH_HOOK_ON_DEMAND(security_bprm_creds_from_file, "exec: what privilege was raised",
			  hook_creds_from_file),
	{ }
};

/*
 * from= and exe= name a task by its /proc/PID/exe. A task that may exchange that could pass
 * for any program that it can open, and go on running its own code. So no policy allows it.
 */
static noinline int judge_exe_file(void)
{
	bool refused = bh_bindings_nr() &&
		       bh_check_refuses(BH_EXEC, "a running program keeps its executable");

	bh_hook_leave();
	return refused ? -EPERM : 0;
}

#define BH_DEFINE_EXE_HOOK(fn, type)						\
BH_DEFINE_ORIGINAL(fn);								\
										\
static int hook_exe_file(struct mm_struct *mm, type file)			\
{										\
	int err;								\
										\
	bh_hook_enter();							\
	if (bh_task_in_initial_ns(current)) {					\
		bh_hook_leave();						\
	} else {								\
		err = judge_exe_file();						\
		if (err)							\
			return err;						\
	}									\
	return BH_ORIGINAL(fn)(mm, file);					\
}

/* prctl(PR_SET_MM), by PR_SET_MM_EXE_FILE or PR_SET_MM_MAP. */
#ifdef BULKHEAD_HAS_REPLACE_EXE
BH_DEFINE_EXE_HOOK(replace_mm_exe_file, struct file *)
#else
BH_DEFINE_EXE_HOOK(prctl_set_mm_exe_file, unsigned int)
#endif

#ifdef BULKHEAD_HAS_EXEC_CHECK
BH_DEFINE_ORIGINAL(security_bprm_creds_for_exec);

/* execveat(AT_EXECVE_CHECK), from 6.14 on, only asks whether an execution would be allowed. */
static noinline int judge_question(struct linux_binprm *bprm)
{
	int err = check_exec(bprm->file, NULL, BH_AS_PROGRAM, BH_CHECK_ASKS);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(security_bprm_creds_for_exec)(bprm);
}

static int hook_creds_for_exec(struct linux_binprm *bprm)
{
	bh_hook_enter();
	if (bprm->is_check && !bh_task_in_initial_ns(current))
		return judge_question(bprm);
	bh_hook_leave();
	return BH_ORIGINAL(security_bprm_creds_for_exec)(bprm);
}
#endif

struct bh_hook bh_exec_hooks[] = {
	BH_HOOK(security_bprm_check, "exec: programs, interpreters of scripts and of binfmt_misc",
		hook_bprm_check),
	BH_HOOK(open_exec, "exec: ELF interpreters", hook_open_exec),
#ifdef BULKHEAD_HAS_REPLACE_EXE
	BH_HOOK(replace_mm_exe_file, "exec: a running program's executable", hook_exe_file),
#else
	BH_HOOK(prctl_set_mm_exe_file, "exec: a running program's executable", hook_exe_file),
#endif
#ifdef BULKHEAD_HAS_EXEC_CHECK
	BH_HOOK(security_bprm_creds_for_exec, "exec: AT_EXECVE_CHECK", hook_creds_for_exec),
#endif
#ifdef BULKHEAD_HAS_BPRM_INTERPRETER
	BH_HOOK(bprm_open_interpreter, "exec: ELF interpreters", hook_bprm_open_interpreter),
#endif
	{ }
};
