// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which namespace carries which policy.
 *
 * A binding is found by the address of the namespace object, never by an inode
 * number, and holds a reference to it, so that neither can be handed out again
 * while the binding exists. That reference would keep a dead namespace for
 * ever; the reaper drops it when no task can act in the namespace any more.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "binding.h"
#include "limits.h"

/* How long a dead namespace may stay; a dead one confines no one. */
#define REAP_INTERVAL HZ

static const struct rhashtable_params table_params = {
	.key_len = sizeof(void *),
	.key_offset = offsetof(struct bh_binding, key),
	.head_offset = offsetof(struct bh_binding, node),
	.automatic_shrinking = true,
};

static struct rhashtable table;
static LIST_HEAD(bindings);
static unsigned int nr_bindings;
static u64 last_origin;
static struct workqueue_struct *wq;

static void reap_later(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(reaper, reap_later);

static void free_binding(struct bh_binding *binding)
{
	binding->ns.ops->put(binding->ns.ns);
	kfree(binding->cgroup);
	kfree(binding);
}

static void free_binding_work(struct work_struct *work)
{
	free_binding(container_of(to_rcu_work(work), struct bh_binding, free));
}

/* See bh_task_is_ordinary(). */
static void count_mnt(const struct bh_binding *binding, int by)
{
	if (binding->ns.ops == &bh_ns_types[BH_NS_MNT])
		WRITE_ONCE(bh_mnt_bound, bh_mnt_bound + by);
}

/* Out of sight of new checks; freed when the last one that sees it has ended. */
static void drop(struct bh_binding *binding)
{
	lockdep_assert_held(&bh_config_mutex);
	list_del(&binding->list);
	nr_bindings--;
	count_mnt(binding, -1);
	binding->entry->bound--;
	INIT_RCU_WORK(&binding->free, free_binding_work);
	queue_rcu_work(wq, &binding->free);
}

static void unbind(struct bh_binding *binding)
{
	rhashtable_remove_fast(&table, &binding->node, table_params);
	drop(binding);
}

/* As bh_bind(), of a namespace that is alive and not an initial one. */
static int bind(const struct bh_ns *ns, struct bh_entry *entry, bool armed, bool assigned,
		char *cgroup)
{
	struct bh_binding *binding, *old;
	int err;

	lockdep_assert_held(&bh_config_mutex);
	/* Not each time: whoever binds n namespaces would wait for n * n looks. */
	if (nr_bindings == BH_BINDINGS_MAX)
		bh_bindings_reap();
	old = rhashtable_lookup_fast(&table, &ns->ns, table_params);
	err = -E2BIG;
	if (!old && nr_bindings == BH_BINDINGS_MAX)
		goto out_free;
	err = -ENOMEM;
	binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	if (!binding)
		goto out_free;
	binding->key = ns->ns;
	binding->ns = *ns;
	binding->entry = entry;
	binding->armed = armed;
	binding->assigned = assigned;
	binding->origin = ++last_origin;
	binding->cgroup = cgroup;
	if (old)
		err = rhashtable_replace_fast(&table, &old->node, &binding->node, table_params);
	else
		err = rhashtable_insert_fast(&table, &binding->node, table_params);
	if (err) {
		kfree(binding);
		goto out_free;
	}
	ns->ops->get(ns->ns);
	list_add_tail(&binding->list, &bindings);
	WRITE_ONCE(nr_bindings, nr_bindings + 1);
	count_mnt(binding, 1);
	entry->bound++;
	if (old)
		drop(old);
	queue_delayed_work(wq, &reaper, REAP_INTERVAL);
	return 0;

out_free:
	kfree(cgroup);
	return err;
}

/**
 * bh_bind() - let a namespace carry a policy
 * @ns: the namespace; the binding takes its own reference
 * @entry: the policy's name
 * @armed: in force at once, or only when the namespace's init executes its program
 * @assigned: by the assignment table, not by hand
 * @cgroup: to be shown; the binding owns it whatever is returned
 *
 * Replaces the namespace's binding, if it has one, without a moment in between
 * in which there is none. Under bh_config_mutex.
 *
 * Return: 0, -EINVAL (an initial namespace), -ESRCH (a dead one), -E2BIG
 * (BH_BINDINGS_MAX) or -ENOMEM.
 */
int bh_bind(const struct bh_ns *ns, struct bh_entry *entry, bool armed, bool assigned,
	    char *cgroup)
{
	/* The initial ones have no count that would tell whether they are alive. */
	int err = ns->ops->is_initial(ns->ns) ? -EINVAL :
		  ns->ops->is_dead(ns->ns) ? -ESRCH : 0;

	if (err) {
		kfree(cgroup);
		return err;
	}
	return bind(ns, entry, armed, assigned, cgroup);
}

/**
 * bh_bind_copy() - bind a copied mount namespace as what it was copied from
 * @from: what it was copied from
 * @to: the copy, which no task is in yet
 *
 * May sleep. Return: 0, also if there is nothing to copy; otherwise the copy must not
 * be used: errors as bh_bind().
 */
int bh_bind_copy(const struct bh_ns *from, const struct bh_ns *to)
{
	struct bh_binding *old, *new;
	char *cgroup;
	int err = 0;

	mutex_lock(&bh_config_mutex);
	old = rhashtable_lookup_fast(&table, &from->ns, table_params);
	if (!old)
		goto out;
	err = -ENOMEM;
	cgroup = kstrdup(old->cgroup, GFP_KERNEL);
	if (!cgroup)
		goto out;
	err = bind(to, old->entry, READ_ONCE(old->armed), old->assigned, cgroup);
	if (err)
		goto out;
	new = rhashtable_lookup_fast(&table, &to->ns, table_params);
	new->origin = old->origin;
out:
	mutex_unlock(&bh_config_mutex);
	return err;
}

/**
 * bh_bind_made() - bind a mount namespace that the current task made as its own is
 * @made: the namespace's public part; no task is in it yet
 *
 * May sleep. Return: as bh_bind_copy().
 */
int bh_bind_made(struct ns_common *made)
{
	struct bh_ns to = { &bh_ns_types[BH_NS_MNT], made }, own;

	if (!READ_ONCE(bh_mnt_bound))
		return 0;
	bh_ns_of_task(BH_NS_MNT, current, &own);
	return bh_bind_copy(&own, &to);
}

/**
 * bh_unbind() - end a namespace's binding
 * @ns: the namespace; under bh_config_mutex
 *
 * Return: 0, or -ENOENT if it has none.
 */
int bh_unbind(const struct bh_ns *ns)
{
	struct bh_binding *binding;

	lockdep_assert_held(&bh_config_mutex);
	binding = rhashtable_lookup_fast(&table, &ns->ns, table_params);
	if (!binding)
		return -ENOENT;
	unbind(binding);
	return 0;
}

/**
 * bh_unbind_inum() - end the binding of a namespace known by its number
 * @type: its type
 * @inum: the number
 *
 * Under bh_config_mutex. Return: 0, or -ENOENT if no such namespace is bound.
 */
int bh_unbind_inum(enum bh_ns_type type, unsigned int inum)
{
	struct bh_binding *binding;

	lockdep_assert_held(&bh_config_mutex);
	list_for_each_entry(binding, &bindings, list) {
		if (binding->ns.ops != &bh_ns_types[type] ||
		    binding->ns.ops->inum(binding->ns.ns) != inum)
			continue;
		unbind(binding);
		return 0;
	}
	return -ENOENT;
}

/** bh_bindings_reap() - drop the bindings of dead namespaces; under bh_config_mutex */
void bh_bindings_reap(void)
{
	struct bh_binding *binding, *next;

	lockdep_assert_held(&bh_config_mutex);
	list_for_each_entry_safe(binding, next, &bindings, list)
		if (binding->ns.ops->is_dead(binding->ns.ns))
			unbind(binding);
}

static void reap_later(struct work_struct *work)
{
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	if (nr_bindings)
		queue_delayed_work(wq, &reaper, REAP_INTERVAL);
	mutex_unlock(&bh_config_mutex);
}

/** bh_bindings_list() - all bindings, oldest first; under bh_config_mutex */
struct list_head *bh_bindings_list(void)
{
	lockdep_assert_held(&bh_config_mutex);
	return &bindings;
}

/** bh_bindings_nr() - how many bindings there are */
unsigned int bh_bindings_nr(void)
{
	return READ_ONCE(nr_bindings);
}

/**
 * bh_bindings_above() - the bindings of a namespace and of all above it
 * @from: the namespace
 * @found: filled with the bindings, innermost first
 * @room: how many fit; BH_NS_DEPTH_MAX always suffices
 *
 * Under RCU, which keeps what was found.
 *
 * Return: how many were found.
 */
unsigned int bh_bindings_above(const struct bh_ns *from, struct bh_binding **found,
			       unsigned int room)
{
	const struct bh_ns_ops *ops = from->ops;
	unsigned int nr = 0;
	void *ns;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "bindings are looked up under RCU");
	for (ns = from->ns; ns && !ops->is_initial(ns); ns = ops->parent(ns)) {
		struct bh_binding *binding = rhashtable_lookup(&table, &ns, table_params);

		if (!binding)
			continue;
		if (WARN_ON_ONCE(nr == room))
			break;
		found[nr++] = binding;
	}
	return nr;
}

/**
 * bh_bindings_of_task() - the bindings, armed or not, that apply to a task
 * @task: the current task, or one that RCU keeps
 * @found: filled in; room for BH_CONFINING_MAX
 *
 * Under RCU, which keeps what was found.
 *
 * Return: how many were found.
 */
unsigned int bh_bindings_of_task(struct task_struct *task, struct bh_binding **found)
{
	unsigned int nr = 0;
	struct bh_ns ns;
	int type;

	if (!READ_ONCE(nr_bindings))
		return 0;
	for (type = 0; type < BH_NS_TYPES; type++) {
		bh_ns_of_task(type, task, &ns);
		nr += bh_bindings_above(&ns, found + nr, BH_CONFINING_MAX - nr);
	}
	return nr;
}

/* Mount namespaces have no parent: below one is what was copied from it. */
static bool is_copy(const struct bh_binding *binding, const struct bh_ns *ns)
{
	struct bh_binding *own;

	own = ns->ns ? rhashtable_lookup(&table, &ns->ns, table_params) : NULL;
	return own && own->origin == binding->origin;
}

/**
 * bh_binding_covers() - does a task live in a binding's namespace or below it?
 * @binding: the binding
 * @task: the task, as for bh_ns_of_task()
 *
 * Under RCU, which keeps both.
 */
bool bh_binding_covers(const struct bh_binding *binding, struct task_struct *task)
{
	const struct bh_ns_ops *ops = binding->ns.ops;
	struct bh_ns own;
	void *ns;

	bh_ns_of_task(ops - bh_ns_types, task, &own);
	if (ops == &bh_ns_types[BH_NS_MNT])
		return is_copy(binding, &own);
	for (ns = own.ns; ns && !ops->is_initial(ns); ns = ops->parent(ns))
		if (ns == binding->ns.ns)
			return true;
	return false;
}

/**
 * bh_task_is_confined() - does any armed binding apply to a task?
 * @task: the current task, or one that the caller keeps
 */
bool bh_task_is_confined(struct task_struct *task)
{
	struct bh_binding *found[BH_CONFINING_MAX];
	unsigned int nr, i;
	bool confined = false;

	rcu_read_lock();
	nr = bh_bindings_of_task(task, found);
	for (i = 0; i < nr; i++)
		confined |= READ_ONCE(found[i]->armed);
	rcu_read_unlock();
	return confined;
}

/**
 * bh_bindings_init() - make an empty table
 *
 * Return: 0 or -ENOMEM.
 */
int bh_bindings_init(void)
{
	int err;

	/* To let a mount namespace go is to wait in a kernel thread for a grace period. */
	wq = alloc_workqueue("bulkhead", WQ_MEM_RECLAIM | WQ_UNBOUND, BH_FREEING_MAX);
	if (!wq)
		return -ENOMEM;
	err = rhashtable_init(&table, &table_params);
	if (err)
		destroy_workqueue(wq);
	return err;
}

/** bh_bindings_exit() - drop all bindings; no check runs any more */
void bh_bindings_exit(void)
{
	struct bh_binding *binding, *next;

	mutex_lock(&bh_config_mutex);
	list_for_each_entry_safe(binding, next, &bindings, list)
		unbind(binding);
	mutex_unlock(&bh_config_mutex);
	cancel_delayed_work_sync(&reaper);
	/* What call_rcu() holds back is queued by then, and run by the next. */
	rcu_barrier();
	destroy_workqueue(wq);
	rhashtable_destroy(&table);
}
