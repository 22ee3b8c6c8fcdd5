// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces: which ones a task lives in, and what can be told of each.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/proc_ns.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "limits.h"
#include "ns.h"

static void *pid_parent(void *ns)
{
	return ((struct pid_namespace *)ns)->parent;
}

static void pid_get(void *ns)
{
	get_pid_ns(ns);
}

static void pid_put(void *ns)
{
	put_pid_ns(ns);
}

static bool pid_is_initial(void *ns)
{
	return ns == &init_pid_ns;
}

/*
 * A pid namespace is dead when its count of pids is zero: the last task was reaped, or the
 * first could not be forked. The count never rises again; while a namespace waits for its init
 * it has PIDNS_ADDING in it. It is also dead when nobody else refers to it: then it has no
 * task.
 */
static bool pid_is_dead(void *ns)
{
	struct pid_namespace *pid_ns = ns;

	return !READ_ONCE(pid_ns->pid_allocated) || __ns_ref_read(&pid_ns->ns) == 1;
}

static unsigned int pid_inum(void *ns)
{
	return ((struct pid_namespace *)ns)->ns.inum;
}

static bool pid_is_init(void *ns)
{
	/* The exec of any thread of init makes that thread pid 1. */
	return task_tgid_nr_ns(current, ns) == 1;
}

static void *user_parent(void *ns)
{
	return ((struct user_namespace *)ns)->parent;
}

static void user_get(void *ns)
{
	get_user_ns(ns);
}

static void user_put(void *ns)
{
	put_user_ns(ns);
}

static bool user_is_initial(void *ns)
{
	return ns == &init_user_ns;
}

/* Credentials, child namespaces and open nsfs files all hold references. */
static bool user_is_dead(void *ns)
{
	return __ns_ref_read(&((struct user_namespace *)ns)->ns) == 1;
}

static unsigned int user_inum(void *ns)
{
	return ((struct user_namespace *)ns)->ns.inum;
}

static bool user_is_init(void *ns)
{
	return true;
}

/* The operations of mount namespaces, which are not exported by name. */
static const struct proc_ns_operations *mntns_ops;

ptrdiff_t bh_mnt_common_offset;

unsigned int bh_bound[BH_NS_TYPES];
const struct mnt_namespace *bh_initial_mnt;

/**
 * bh_mnt_put() - drop a reference to a mount namespace
 * @common: its public part
 *
 * May sleep.
 */
void bh_mnt_put(struct ns_common *common)
{
	mntns_ops->put(common);
}

/** bh_mnt_refs() - how many refer to a mount namespace, by its public part; any context */
unsigned int bh_mnt_refs(struct ns_common *common)
{
	return __ns_ref_read(common);
}

/**
 * bh_mnt_dec_not_one() - drop a reference to a mount namespace, unless it is the last
 * @common: its public part
 *
 * Any context. Return: was it dropped?
 */
bool bh_mnt_dec_not_one(struct ns_common *common)
{
	return bh_ns_ref_dec_not_one(common);
}

static void *mnt_parent(void *ns)
{
	return NULL;
}

static void mnt_get(void *ns)
{
	__ns_ref_inc((struct ns_common *)ns);
}

static void mnt_put(void *ns)
{
	bh_mnt_put(ns);
}

static bool mnt_is_initial(void *ns)
{
	return ns == bh_mnt_common(bh_initial_mnt);
}

/* Tasks and open nsfs files hold references. */
static bool mnt_is_dead(void *ns)
{
	return __ns_ref_read((struct ns_common *)ns) == 1;
}

static unsigned int mnt_inum(void *ns)
{
	return ((struct ns_common *)ns)->inum;
}

static bool mnt_is_init(void *ns)
{
	return true;
}

const struct bh_ns_ops bh_ns_types[BH_NS_TYPES] = {
	[BH_NS_PID] = {
		.name = "pid",
		.parent = pid_parent,
		.get = pid_get,
		.put = pid_put,
		.is_initial = pid_is_initial,
		.is_dead = pid_is_dead,
		.inum = pid_inum,
		.is_init = pid_is_init,
	},
	[BH_NS_USER] = {
		.name = "user",
		.parent = user_parent,
		.get = user_get,
		.put = user_put,
		.is_initial = user_is_initial,
		.is_dead = user_is_dead,
		.inum = user_inum,
		.is_init = user_is_init,
	},
	[BH_NS_MNT] = {
		.name = "mnt",
		.parent = mnt_parent,
		.get = mnt_get,
		.put = mnt_put,
		.is_initial = mnt_is_initial,
		.is_dead = mnt_is_dead,
		.inum = mnt_inum,
		.is_init = mnt_is_init,
	},
};

/**
 * bh_ns_of_task() - the namespace of a task
 * @type: which
 * @task: the current task, or one that RCU or a reference keeps and, for a mount
 *        namespace, whose task_lock() is held
 * @ns: filled in; its ->ns is NULL if the task has given its namespace up.
 *      No reference is taken: RCU keeps the user namespace of another task, as
 *      it keeps its credentials, and the task its pid namespace.
 *
 * Of pid namespaces it is the one that the task lives in, which never changes, not the one
 * that unshare prepared for its children. The user namespace is that of the real credentials:
 * a file system that overrides the effective ones to do its work takes the task out of nothing.
 *
 * Any context; under RCU unless @task is current.
 */
void bh_ns_of_task(enum bh_ns_type type, struct task_struct *task, struct bh_ns *ns)
{
	ns->ops = &bh_ns_types[type];
	if (type == BH_NS_PID)
		ns->ns = ns_of_pid(task_pid(task));
	else if (type == BH_NS_MNT)
		ns->ns = task->nsproxy ? bh_mnt_common(task->nsproxy->mnt_ns) : NULL;
	else
		ns->ns = rcu_dereference_check(task->real_cred, task == current)->user_ns;
}

/* The path of a task's cgroup in the unified hierarchy, for people to read. */
static char *task_cgroup_name(struct task_struct *task)
{
	char *name = kzalloc(BH_PATH_MAX, GFP_KERNEL_ACCOUNT);

	if (!name)
		return NULL;
	rcu_read_lock();
	if (cgroup_path(task_css_set(task)->dfl_cgrp, name, BH_PATH_MAX) < 0)
		name[0] = '\0';
	rcu_read_unlock();
	return name;
}

/* Takes the namespace of a task that the caller keeps, with a reference. */
static int take_ns(enum bh_ns_type type, struct task_struct *task, struct bh_ns *ns, char **cgroup)
{
	*cgroup = task_cgroup_name(task);
	if (!*cgroup)
		return -ENOMEM;
	if (type == BH_NS_MNT) {
		*ns = (struct bh_ns){ &bh_ns_types[type], mntns_ops->get(task) };
		goto out;
	}
	rcu_read_lock();
	bh_ns_of_task(type, task, ns);
	/* A task that was reaped has no pid and thus no namespace any more. */
	if (ns->ns && !pid_alive(task))
		ns->ns = NULL;
	if (ns->ns)
		ns->ops->get(ns->ns);
	rcu_read_unlock();
out:
	if (ns->ns)
		return 0;
	kfree(*cgroup);
	return -ESRCH;
}

/**
 * bh_ns_of_pid() - the namespace of a process
 * @type: which
 * @nr: the process as the caller numbers it, or 0 for the caller
 * @ns: filled in, with a reference for the caller
 * @cgroup: set to the process's cgroup, to be freed with kfree()
 *
 * May sleep. Return: 0, -ESRCH (no such process) or -ENOMEM.
 */
int bh_ns_of_pid(enum bh_ns_type type, pid_t nr, struct bh_ns *ns, char **cgroup)
{
	struct task_struct *task;
	int err;

	if (!nr)
		return take_ns(type, current, ns, cgroup);
	rcu_read_lock();
	task = get_pid_task(find_vpid(nr), PIDTYPE_PID);
	rcu_read_unlock();
	if (!task)
		return -ESRCH;
	err = take_ns(type, task, ns, cgroup);
	put_task_struct(task);
	return err;
}

/*
 * The process of a pidfd, or NULL for any other file. pidfd_pid() is not exported. Only the
 * kernel gives a super block its magic, and the dentry of an anonymous inode its name: no
 * other file can pass for a pidfd.
 */
static struct pid *pid_of_pidfd(const struct file *file)
{
	switch (file_inode(file)->i_sb->s_magic) {
	case PID_FS_MAGIC:
		return file_inode(file)->i_private;
	case ANON_INODE_FS_MAGIC:
		if (!strcmp(file->f_path.dentry->d_name.name, "[pidfd]"))
			return file->private_data;
		break;
	}
	return NULL;
}

static int ns_of_pidfd(enum bh_ns_type type, struct pid *pid, struct bh_ns *ns, char **cgroup)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	int err;

	if (!task)
		return -ESRCH;
	err = take_ns(type, task, ns, cgroup);
	put_task_struct(task);
	return err;
}

static int ns_of_nsfs(enum bh_ns_type type, const struct inode *inode, struct bh_ns *ns,
		      char **cgroup)
{
	static const int clone_flags[BH_NS_TYPES] = {
		[BH_NS_PID] = CLONE_NEWPID,
		[BH_NS_USER] = CLONE_NEWUSER,
		[BH_NS_MNT] = CLONE_NEWNS,
	};
	struct ns_common *common = inode->i_private;
	struct task_struct *init = NULL;

	if (bh_ns_type(common) != clone_flags[type])
		return -EINVAL;
	ns->ops = &bh_ns_types[type];
	if (type == BH_NS_PID) {
		ns->ns = container_of(common, struct pid_namespace, ns);
		rcu_read_lock();
		init = get_pid_task(find_pid_ns(1, ns->ns), PIDTYPE_PID);
		rcu_read_unlock();
	} else if (type == BH_NS_USER) {
		ns->ns = container_of(common, struct user_namespace, ns);
	} else {
		ns->ns = common;
	}
	*cgroup = init ? task_cgroup_name(init) : kstrdup("", GFP_KERNEL);
	if (init)
		put_task_struct(init);
	if (!*cgroup)
		return -ENOMEM;
	ns->ops->get(ns->ns);
	return 0;
}

/**
 * bh_ns_of_fd() - the namespace that a file descriptor stands for
 * @type: which
 * @fd: the caller's descriptor of a /proc/PID/ns file or of a process
 * @ns: filled in, with a reference for the caller
 * @cgroup: set to the cgroup of the process, or of a pid namespace's init; ""
 *          if there is none; to be freed with kfree()
 *
 * May sleep. Return: 0; -EBADF (not open), -EINVAL (another kind of file, or of namespace),
 * -ESRCH (the process is gone), -ENOMEM.
 */
int bh_ns_of_fd(enum bh_ns_type type, int fd, struct bh_ns *ns, char **cgroup)
{
	struct file *file = fget(fd);
	struct pid *pid;
	int err = -EINVAL;

	if (!file)
		return -EBADF;
	pid = pid_of_pidfd(file);
	if (pid)
		err = ns_of_pidfd(type, pid, ns, cgroup);
	else if (file_inode(file)->i_sb->s_magic == NSFS_MAGIC)
		err = ns_of_nsfs(type, file_inode(file), ns, cgroup);
	fput(file);
	return err;
}

/* The initial mount namespace is taken to be that of pid 1 when the module is loaded. */
static int find_initial_mnt(void)
{
	struct ns_common *own = mntns_ops->get(current), *initial = NULL;
	struct task_struct *init;
	bool known;

	if (!own)
		return -ESRCH;
	bh_mnt_common_offset = (char *)own - (char *)current->nsproxy->mnt_ns;
	known = bh_ns_refs_known(current->nsproxy->mnt_ns, own);
	mntns_ops->put(own);
	if (!known) {
		pr_err("a mount namespace's references are not where this kernel has them\n");
		return -EOPNOTSUPP;
	}
	rcu_read_lock();
	init = get_pid_task(find_pid_ns(1, &init_pid_ns), PIDTYPE_PID);
	rcu_read_unlock();
	if (init)
		initial = mntns_ops->get(init);
	if (initial) {
		bh_initial_mnt = (void *)((char *)initial - bh_mnt_common_offset);
		mntns_ops->put(initial);
	}
	if (init)
		put_task_struct(init);
	return initial ? 0 : -ESRCH;
}

/**
 * bh_ns_init() - find the operations of mount namespaces and the initial one
 *
 * The kernel log tells what is missing. May sleep.
 *
 * Return: 0; -ENOENT or another errno of open(2) (no /proc), -EOPNOTSUPP (another layout than
 * this kernel's headers say), -ESRCH (pid 1 has no mount namespace).
 */
int bh_ns_init(void)
{
	struct ns_common *common;
	struct file *file = filp_open("/proc/self/ns/mnt", O_RDONLY, 0);

	if (IS_ERR(file)) {
		pr_err("/proc/self/ns/mnt is not there: is /proc mounted?\n");
		return PTR_ERR(file);
	}
	common = file_inode(file)->i_private;
	if (file_inode(file)->i_sb->s_magic == NSFS_MAGIC && bh_ns_type(common) == CLONE_NEWNS)
		mntns_ops = common->ops;
	fput(file);
	if (mntns_ops)
		return find_initial_mnt();
	pr_err("/proc/self/ns/mnt is no namespace: is /proc mounted?\n");
	return -ENOENT;
}
