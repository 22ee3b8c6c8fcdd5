// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount namespaces have no parent by which a binding could be found. So a copy of a bound one
 * is bound like it before any task is in it, and a task that is confined by one cannot leave
 * it by setns. When its last user goes, so does the binding.
 *
 * Who lives in a bound pid namespace may change its mount namespace. But somebody outside may
 * have made the one that it enters, and mounted there what it may not: so that is a bind of all
 * that is there. Newcomers enter the container's, and are not asked, nor is who goes to where
 * another process of the container is: what it enters has been let be.
 */
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/mnt_namespace.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "check.h"
#include "compat/internal.h"
#include "fresh.h"
#include "hooks.h"
#include "mount_op.h"
#include "stay.h"

BH_DEFINE_ORIGINAL(copy_mnt_ns);
BH_DEFINE_ORIGINAL(mntns_install);
BH_DEFINE_ORIGINAL(put_mnt_ns);
BH_DEFINE_ORIGINAL(mntns_put);

static struct bh_ns ns_of(struct ns_common *common)
{
	return (struct bh_ns){ &bh_ns_types[BH_NS_MNT], common };
}

/* Binds the copy before anyone is in it; without a binding there is no copy. */
static noinline struct mnt_namespace *copy_and_bind(unsigned long flags, struct mnt_namespace *ns,
						    struct user_namespace *user_ns,
						    struct fs_struct *new_fs)
{
	struct mnt_namespace *copy = BH_ORIGINAL(copy_mnt_ns)(flags, ns, user_ns, new_fs);
	struct bh_ns from = ns_of(bh_mnt_common(ns)), to;
	int err;

	if (!IS_ERR(copy)) {
		to = ns_of(bh_mnt_common(copy));
		bh_fresh_note_made(to.ns);
		err = bh_bind_copy(&from, &to);
		if (err) {
			bh_mnt_put(bh_mnt_common(copy));
			copy = ERR_PTR(err);
		}
	}
	bh_stay_end();
	bh_hook_leave();
	return copy;
}

static struct mnt_namespace *hook_copy_mnt_ns(unsigned long flags, struct mnt_namespace *ns,
					      struct user_namespace *user_ns,
					      struct fs_struct *new_fs)
{
	bh_hook_enter();
	if (flags & CLONE_NEWNS && READ_ONCE(bh_bound[BH_NS_MNT]) && bh_stay_begin())
		return copy_and_bind(flags, ns, user_ns, new_fs);
	bh_hook_leave();
	return BH_ORIGINAL(copy_mnt_ns)(flags, ns, user_ns, new_fs);
}

/* Does the process live in a mount namespace, and for the container? Under RCU. */
static bool lives_there(const struct bh_binding *binding, struct task_struct *leader,
			const struct bh_ns *target)
{
	struct bh_ns ns;

	task_lock(leader);
	bh_ns_of_task(BH_NS_MNT, leader, &ns);
	task_unlock(leader);
	return ns.ns == target->ns && !bh_binding_spares(binding, leader);
}

/* Does any process of a bound pid namespace? Under RCU. */
static bool is_inhabited(const struct bh_binding *binding, const struct bh_ns *target)
{
	struct pid_namespace *pid_ns = binding->ns.ns;
	struct task_struct *leader;
	struct pid *pid;
	int nr;

	idr_for_each_entry(&pid_ns->idr, pid, nr) {
		leader = pid_task(pid, PIDTYPE_TGID);
		if (leader && lives_there(binding, leader, target))
			return true;
	}
	return false;
}

/* Is what is mounted in a mount namespace new to the current task's container? */
static bool brings_mounts(const struct bh_ns *target)
{
	const struct bh_binding *binding;
	bool brings;

	rcu_read_lock();
	binding = bh_current_pid_binding();
	brings = binding && !lives_there(binding, current, target) &&
		 !is_inhabited(binding, target);
	rcu_read_unlock();
	return brings;
}

/* Not inlined into judge_install(): gcc makes no tail jump where a local's address is taken. */
static noinline int check_install(struct ns_common *ns)
{
	struct bh_mount_op operation = { .op = BH_OP_BIND, .target_name = "/" };
	struct bh_ns target = ns_of(ns);

	if (READ_ONCE(bh_bound[BH_NS_MNT]) && bh_check_leaves(&target))
		return -EPERM;
	return brings_mounts(&target) ? bh_mount_judge(&operation) : 0;
}

static noinline int judge_install(struct nsset *nsset, struct ns_common *ns)
{
	int err = check_install(ns);

	bh_hook_leave();
	return err ?: BH_ORIGINAL(mntns_install)(nsset, ns);
}

/* setns, by whatever kind of descriptor. */
static int hook_mntns_install(struct nsset *nsset, struct ns_common *ns)
{
	bh_hook_enter();
	if (bh_bindings_nr())
		return judge_install(nsset, ns);
	bh_hook_leave();
	return BH_ORIGINAL(mntns_install)(nsset, ns);
}

/* The two of them drop a reference. Which calls the other without a call differs by kernel. */
static void hook_put_mnt_ns(struct mnt_namespace *ns)
{
	bool dropped;

	bh_hook_enter();
	dropped = READ_ONCE(bh_bound[BH_NS_MNT]) && bh_binding_put_mnt(bh_mnt_common(ns));
	bh_hook_leave();
	if (!dropped)
		BH_ORIGINAL(put_mnt_ns)(ns);
}

static void hook_mntns_put(struct ns_common *ns)
{
	bool dropped;

	bh_hook_enter();
	dropped = READ_ONCE(bh_bound[BH_NS_MNT]) && bh_binding_put_mnt(ns);
	bh_hook_leave();
	if (!dropped)
		BH_ORIGINAL(mntns_put)(ns);
}

struct bh_hook bh_ns_hooks[] = {
	BH_HOOK(copy_mnt_ns, "mount: nothing, but a copied namespace is bound there",
		hook_copy_mnt_ns),
	BH_HOOK(mntns_install, "mount: setns out of a bound mount namespace, or into another",
		hook_mntns_install),
	BH_HOOK(put_mnt_ns, "mount: nothing, but the end of a bound namespace is seen there",
		hook_put_mnt_ns),
	BH_HOOK(mntns_put, "mount: as put_mnt_ns", hook_mntns_put),
	{ }
};
