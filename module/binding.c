// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which namespace carries which policy.
 *
 * A binding is found by the address of the namespace object, never by an inode
 * number, and holds a reference to it, so that neither can be handed out again
 * while the binding exists. That reference would keep a dead namespace for
 * ever; the reaper drops it when no task can act in the namespace any more.
 *
 * Not so of mount namespaces. The last reference to one unmounts all that is mounted in it,
 * and kernel threads leave that to a single work of the kernel's, which does one after the
 * other for all. Some file systems wait for somebody then. So hook_ns.c sees references go,
 * and when there is only one beside the binding's, the binding ends: whoever drops that one
 * unmounts, as without a binding.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "binding.h"
#include "event_ring.h"
#include "limits.h"

/* How long a dead namespace may stay; a dead one confines no one. */
#define REAP_INTERVAL HZ

static struct hlist_head *binding_table;
/* Of the table and the filter, beside bh_config_mutex; of references to what is in it. */
static DEFINE_SPINLOCK(binding_lock);

/*
 * Counts what is in the table, by another hash. A counter that is full stays so, and what
 * is not counted is not in the table.
 */
static u8 binding_filter[1 << BH_FILTER_BITS];

static LIST_HEAD(bindings);
static unsigned int nr_bindings;
/* Of those, the ones that bind_copy() made. */
static unsigned int nr_copies;
static struct workqueue_struct *binding_wq;

static void reap_later(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(reaper, reap_later);

/* Under RCU, which keeps what is found, under bh_config_mutex, which does too, or the lock. */
static __always_inline struct bh_binding *find_binding(const void *ns)
{
	struct bh_binding *binding;

	hlist_for_each_entry_rcu(binding, &binding_table[hash_ptr(ns, BH_TABLE_BITS)], node,
				 lockdep_is_held(&bh_config_mutex) ||
				 lockdep_is_held(&binding_lock))
		if (binding->ns.ns == ns)
			return binding;
	return NULL;
}

static void filter_binding(const void *ns, int by)
{
	u8 *counter = &binding_filter[hash_ptr(ns, BH_FILTER_BITS)];

	lockdep_assert_held(&binding_lock);
	if (*counter != U8_MAX)
		WRITE_ONCE(*counter, *counter + by);
}

/* May a namespace carry a binding? Where no counter says so, none does. */
static __always_inline bool may_be_bound(const void *ns)
{
	return READ_ONCE(binding_filter[hash_ptr(ns, BH_FILTER_BITS)]);
}

/**
 * bh_container_may_be_bound() - as bh_current_may_be_bound(), for a task in a container
 *
 * Services of the host have mount namespaces of their own, which matter only once any such
 * is bound. Any context.
 */
bool bh_container_may_be_bound(void)
{
	const struct pid_namespace *pid_ns = ns_of_pid(task_pid(current));
	const struct user_namespace *user_ns = current_real_cred()->user_ns;
	const struct nsproxy *nsproxy;

	for (; pid_ns != &init_pid_ns && pid_ns; pid_ns = pid_ns->parent)
		if (may_be_bound(pid_ns))
			return true;
	for (; user_ns != &init_user_ns; user_ns = user_ns->parent)
		if (may_be_bound(user_ns))
			return true;
	if (likely(!READ_ONCE(bh_bound[BH_NS_MNT])))
		return false;
	nsproxy = current->nsproxy;
	return nsproxy && may_be_bound(bh_mnt_common(nsproxy->mnt_ns));
}

static void put_origin(struct bh_origin *origin)
{
	if (refcount_dec_and_test(&origin->users))
		kfree(origin);
}

static void put_caption(struct bh_caption *caption)
{
	if (refcount_dec_and_test(&caption->users))
		kfree(caption);
}

static void free_binding(struct bh_binding *binding)
{
	if (binding->origin)
		put_origin(binding->origin);
	if (binding->caption)
		put_caption(binding->caption);
	bh_source_put(binding->source);
	kfree(binding);
}

static void free_binding_work(struct work_struct *work)
{
	struct bh_binding *binding = container_of(to_rcu_work(work), struct bh_binding, free);

	if (!binding->released)
		binding->ns.ops->put(binding->ns.ns);
	free_binding(binding);
}

static void count_bound(const struct bh_binding *binding, int by)
{
	unsigned int *bound = &bh_bound[binding->ns.ops - bh_ns_types];

	lockdep_assert_held(&bh_config_mutex);
	WRITE_ONCE(*bound, *bound + by);
	WRITE_ONCE(nr_bindings, nr_bindings + by);
	binding->entry->bound += by;
	binding->origin->nr += by;
	nr_copies += binding->copied ? by : 0;
}

/* Hides a binding from new checks. It is freed when the last check that sees it has ended. */
static void drop_binding(struct bh_binding *binding)
{
	lockdep_assert_held(&bh_config_mutex);
	list_del(&binding->list);
	count_bound(binding, -1);
	INIT_RCU_WORK(&binding->free, free_binding_work);
	queue_rcu_work(binding_wq, &binding->free);
}

/* Takes a binding out of the table, unless bh_binding_put_mnt() has. */
static void unhash_binding(struct bh_binding *binding)
{
	lockdep_assert_held(&binding_lock);
	if (hlist_unhashed(&binding->node))
		return;
	hlist_del_init_rcu(&binding->node);
	filter_binding(binding->ns.ns, -1);
}

/* Drops the reference to a mount namespace, unless it is the last one. */
static void release_mnt(struct bh_binding *binding)
{
	lockdep_assert_held(&binding_lock);
	if (!binding->released && binding->ns.ops == &bh_ns_types[BH_NS_MNT])
		binding->released = bh_mnt_dec_not_one(binding->ns.ns);
}

static void end_binding(struct bh_binding *binding)
{
	spin_lock(&binding_lock);
	unhash_binding(binding);
	release_mnt(binding);
	spin_unlock(&binding_lock);
	drop_binding(binding);
}

static struct bh_origin *new_origin(void)
{
	struct bh_origin *origin = kzalloc(sizeof(*origin), GFP_KERNEL_ACCOUNT);

	if (origin) {
		refcount_set(&origin->users, 1);
		bh_entrants_init(&origin->entrants);
	}
	return origin;
}

/* What a binding is shown with; a copy of the strings. */
static struct bh_caption *new_caption(const char *cgroup, const char *label)
{
	size_t cgroup_size = strlen(cgroup) + 1, label_size = label ? strlen(label) + 1 : 0;
	struct bh_caption *caption;

	caption = kzalloc(struct_size(caption, cgroup, cgroup_size + label_size),
			  GFP_KERNEL_ACCOUNT);
	if (!caption)
		return NULL;
	refcount_set(&caption->users, 1);
	memcpy(caption->cgroup, cgroup, cgroup_size);
	if (label)
		caption->label = memcpy(caption->cgroup + cgroup_size, label, label_size);
	return caption;
}

/**
 * bh_binding_alloc() - get the memory that a binding takes
 * @maker: for whom the assignment table makes it, or 0: by hand
 * @cgroup: to be shown
 * @label: to be shown, or NULL
 *
 * May sleep, and is charged to the current task: a container may have to wait for its own memory
 * here. So not under bh_config_mutex, where everybody would wait with it, unless the
 * administrator asks.
 *
 * Return: what bh_bind() takes, or bh_binding_free(); NULL without memory.
 */
struct bh_binding *bh_binding_alloc(unsigned long maker, const char *cgroup, const char *label)
{
	struct bh_binding *binding = kzalloc(sizeof(*binding), GFP_KERNEL_ACCOUNT);

	if (!binding)
		return NULL;
	binding->maker = maker;
	binding->origin = new_origin();
	binding->caption = new_caption(cgroup, label);
	binding->source = bh_source_alloc(maker);
	if (binding->origin && binding->caption && binding->source)
		return binding;
	free_binding(binding);
	return NULL;
}

/**
 * bh_binding_free() - give back what bh_binding_alloc() got and bh_bind() did not take
 * @binding: it, or NULL
 *
 * Any context.
 */
void bh_binding_free(struct bh_binding *binding)
{
	if (binding)
		free_binding(binding);
}

/* Says what a new binding is of. */
static void fill_binding(struct bh_binding *binding, const struct bh_ns *ns,
			 struct bh_entry *entry)
{
	binding->ns = *ns;
	binding->inum = ns->ops->inum(ns->ns);
	binding->entry = entry;
}

/* With the reference of the one that was there, or a new one. */
static void hash_binding(struct bh_binding *binding, struct bh_binding *old)
{
	const struct bh_ns *ns = &binding->ns;

	lockdep_assert_held(&binding_lock);
	if (old && !hlist_unhashed(&old->node)) {
		hlist_replace_rcu(&old->node, &binding->node);
		old->released = true;
	} else {
		ns->ops->get(ns->ns);
		filter_binding(ns->ns, 1);
		hlist_add_head_rcu(&binding->node, &binding_table[hash_ptr(ns->ns, BH_TABLE_BITS)]);
	}
}

/* Puts a binding into the table, in the place of the namespace's own if it has one. */
static void publish_binding(struct bh_binding *binding, struct bh_binding *old)
{
	list_add_tail(&binding->list, &bindings);
	count_bound(binding, 1);
	spin_lock(&binding_lock);
	hash_binding(binding, old);
	spin_unlock(&binding_lock);
	if (old)
		drop_binding(old);
	queue_delayed_work(binding_wq, &reaper, REAP_INTERVAL);
}

/* Is there room for one more? Reaping at every bind would make n binds O(n^2). */
static bool has_room(void)
{
	if (nr_bindings == BH_BINDINGS_MAX)
		bh_bindings_reap();
	return nr_bindings < BH_BINDINGS_MAX;
}

/* As the namespace's binding @old, which is replaced, or NULL. */
static void take_origin(struct bh_binding *binding, const struct bh_binding *old)
{
	if (!old)
		return;
	put_origin(binding->origin);
	refcount_inc(&old->origin->users);
	binding->origin = old->origin;
}

static int why_not_bound(const struct bh_ns *ns, const struct bh_binding *old)
{
	/* The initial ones have no count that would tell whether they are alive. */
	if (ns->ops->is_initial(ns->ns))
		return -EINVAL;
	if (ns->ops->is_dead(ns->ns))
		return -ESRCH;
	return old || has_room() ? 0 : -E2BIG;
}

/**
 * bh_bind() - let a namespace carry a policy
 * @ns: the namespace; the binding takes its own reference
 * @entry: the policy's name
 * @armed: in force at once, or only when the namespace's init executes its program
 * @binding: of bh_binding_alloc(); is taken over if the return is 0
 *
 * Replaces the namespace's binding, if it has one, without a moment in between
 * in which there is none. Under bh_config_mutex. Allocates nothing.
 *
 * Return: 0, -EINVAL (an initial namespace), -ESRCH (a dead one) or -E2BIG
 * (BH_BINDINGS_MAX).
 */
int bh_bind(const struct bh_ns *ns, struct bh_entry *entry, bool armed,
	    struct bh_binding *binding)
{
	struct bh_binding *old = find_binding(ns->ns);
	int err;

	lockdep_assert_held(&bh_config_mutex);
	err = why_not_bound(ns, old);
	if (err)
		return err;
	fill_binding(binding, ns, entry);
	take_origin(binding, old);
	bh_source_begin(binding->source, ns->ops->name, binding->inum, entry->name,
			entry->losses);
	binding->armed = armed;
	publish_binding(binding, old);
	/* From now on each execution is noted. */
	if (!old && ns->ops == &bh_ns_types[BH_NS_PID])
		bh_entrants_scan(&binding->origin->entrants, ns->ns);
	return 0;
}

/*
 * May one origin have another copy? Whoever is in a bound mount namespace makes copies
 * with unshare(CLONE_NEWNS), and must not take the bindings that others need: copies get one
 * half of all, whoever has the other.
 */
static bool may_copy(const struct bh_origin *origin)
{
	return origin->nr < BH_COPIES_MAX && nr_copies < BH_BINDINGS_MAX / 2 &&
	       nr_bindings < BH_BINDINGS_MAX;
}

/* @new: its memory; NULL if there was none; set to NULL if it is used */
static int bind_copy(const struct bh_binding *old, const struct bh_ns *to,
		     struct bh_binding **new)
{
	struct bh_binding *binding = *new;

	if (!may_copy(old->origin))
		bh_bindings_reap();
	if (!may_copy(old->origin))
		return -ENOSPC;
	if (!binding)
		return -ENOMEM;
	fill_binding(binding, to, old->entry);
	refcount_inc(&old->origin->users);
	binding->origin = old->origin;
	refcount_inc(&old->caption->users);
	binding->caption = old->caption;
	/* One share of the reports for all copies: who makes many gets no more. */
	binding->source = bh_source_get(old->source);
	binding->armed = READ_ONCE(old->armed);
	binding->maker = old->maker;
	binding->copied = true;
	publish_binding(binding, NULL);
	*new = NULL;
	return 0;
}

/**
 * bh_bind_copy() - bind a copied mount namespace as what it was copied from
 * @from: what it was copied from
 * @to: the copy, which no task is in yet
 *
 * May sleep, and waits for bh_config_mutex until the task is killed.
 *
 * Return: 0, also if there is nothing to copy; otherwise the copy must not be used:
 * -ENOSPC (BH_COPIES_MAX, or as many copies as half of all bindings), -ENOMEM, -EINTR.
 */
int bh_bind_copy(const struct bh_ns *from, const struct bh_ns *to)
{
	/* As said of bh_binding_alloc(). All else a copy shares with what it is copied from. */
	struct bh_binding *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT), *old;
	int err;

	if (mutex_lock_killable(&bh_config_mutex)) {
		kfree(new);
		return -EINTR;
	}
	old = find_binding(from->ns);
	err = old ? bind_copy(old, to, &new) : 0;
	mutex_unlock(&bh_config_mutex);
	kfree(new);
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

	if (!READ_ONCE(bh_bound[BH_NS_MNT]))
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
	binding = find_binding(ns->ns);
	if (!binding)
		return -ENOENT;
	end_binding(binding);
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

	/* Another namespace may have the number of one that has ended. */
	bh_bindings_reap();
	list_for_each_entry(binding, &bindings, list) {
		if (binding->ns.ops != &bh_ns_types[type] || binding->inum != inum)
			continue;
		end_binding(binding);
		return 0;
	}
	return -ENOENT;
}

/**
 * bh_binding_put_mnt() - drop a reference to a mount namespace that may be bound
 * @mnt: its public part; the reference is the caller's, who got it from nobody who may still
 *       give it to others
 *
 * If it is the last one beside the binding's, the binding ends and its reference is dropped
 * instead: the caller's is the last then. All who drop references come here first, as long as
 * hooks are attached, so that none goes meanwhile. May sleep.
 *
 * Return: was the caller's dropped?
 */
bool bh_binding_put_mnt(struct ns_common *mnt)
{
	struct bh_binding *binding;
	bool others = false;

	spin_lock(&binding_lock);
	binding = find_binding(mnt);
	if (binding) {
		others = bh_mnt_refs(mnt) > 2 && bh_mnt_dec_not_one(mnt);
		if (!others) {
			unhash_binding(binding);
			release_mnt(binding);
		}
	}
	spin_unlock(&binding_lock);
	return others;
}

static bool is_dead(const struct bh_binding *binding)
{
	bool dead;

	spin_lock(&binding_lock);
	dead = binding->released || binding->ns.ops->is_dead(binding->ns.ns);
	spin_unlock(&binding_lock);
	return dead;
}

/** bh_bindings_reap() - drop the bindings of dead namespaces; under bh_config_mutex */
void bh_bindings_reap(void)
{
	struct bh_binding *binding, *next;

	lockdep_assert_held(&bh_config_mutex);
	list_for_each_entry_safe(binding, next, &bindings, list)
		if (is_dead(binding))
			end_binding(binding);
}

static void reap_later(struct work_struct *work)
{
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	if (nr_bindings)
		queue_delayed_work(binding_wq, &reaper, REAP_INTERVAL);
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

/** bh_bindings_of_maker() - how many the table made for somebody; under bh_config_mutex */
unsigned int bh_bindings_of_maker(unsigned long maker)
{
	const struct bh_binding *binding;
	unsigned int nr = 0;

	lockdep_assert_held(&bh_config_mutex);
	list_for_each_entry(binding, &bindings, list)
		nr += binding->maker == maker;
	return nr;
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
		struct bh_binding *binding = find_binding(ns);

		if (!binding)
			continue;
		if (WARN_ON_ONCE(nr == room))
			break;
		found[nr++] = binding;
	}
	return nr;
}

/* As bh_bindings_above() of a task's namespace, without indirect calls. */
static __always_inline unsigned int bindings_of_type(enum bh_ns_type type,
						     struct task_struct *task,
						     struct bh_binding **found)
{
	struct bh_binding *binding;
	unsigned int nr = 0;
	void *ns;

	if (!READ_ONCE(bh_bound[type]))
		return 0;
	for (ns = bh_ns_first(type, task); ns; ns = bh_ns_next(type, ns)) {
		binding = find_binding(ns);
		if (binding && !WARN_ON_ONCE(nr == BH_NS_DEPTH_MAX))
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
	unsigned int nr;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "bindings are looked up under RCU");
	nr = bindings_of_type(BH_NS_PID, task, found);
	nr += bindings_of_type(BH_NS_USER, task, found + nr);
	return nr + bindings_of_type(BH_NS_MNT, task, found + nr);
}

static __always_inline bool has_binding(enum bh_ns_type type, struct task_struct *task)
{
	void *ns;

	if (!READ_ONCE(bh_bound[type]))
		return false;
	for (ns = bh_ns_first(type, task); ns; ns = bh_ns_next(type, ns))
		if (find_binding(ns))
			return true;
	return false;
}

/**
 * bh_task_has_bindings() - does any binding, armed or not, apply to a task?
 * @task: as for bh_bindings_of_task()
 *
 * Any context.
 */
bool bh_task_has_bindings(struct task_struct *task)
{
	bool has;

	rcu_read_lock();
	has = has_binding(BH_NS_PID, task) || has_binding(BH_NS_USER, task) ||
	      has_binding(BH_NS_MNT, task);
	rcu_read_unlock();
	return has;
}

/* Mount namespaces have no parent: below one is what was copied from it. */
static bool is_copy(const struct bh_binding *binding, const void *ns)
{
	const struct bh_binding *own = ns ? find_binding(ns) : NULL;

	return own && own->origin == binding->origin;
}

static __always_inline bool lives_below(enum bh_ns_type type, struct task_struct *task,
					const void *above)
{
	void *ns;

	for (ns = bh_ns_first(type, task); ns; ns = bh_ns_next(type, ns))
		if (ns == above)
			return true;
	return false;
}

/**
 * bh_binding_spares() - does a binding say nothing about a task that it applies to?
 * @binding: the binding, of a namespace of the task's or one above
 * @task: the task, as for bh_ns_of_task()
 *
 * So it is for newcomers to a pid namespace, in all that they do but execute. Under RCU.
 */
bool bh_binding_spares(const struct bh_binding *binding, struct task_struct *task)
{
	return binding->ns.ops == &bh_ns_types[BH_NS_PID] &&
	       bh_task_is_newcomer(&binding->origin->entrants, binding->ns.ns, task);
}

/**
 * bh_binding_covers() - does a task live in a binding's namespace or below it?
 * @binding: the binding
 * @task: the task, as for bh_ns_of_task()
 *
 * A newcomer does not yet. Under RCU, which keeps both.
 */
bool bh_binding_covers(const struct bh_binding *binding, struct task_struct *task)
{
	switch (binding->ns.ops - bh_ns_types) {
	case BH_NS_PID:
		return lives_below(BH_NS_PID, task, binding->ns.ns) &&
		       !bh_binding_spares(binding, task);
	case BH_NS_USER:
		return lives_below(BH_NS_USER, task, binding->ns.ns);
	default:
		return is_copy(binding, bh_ns_first(BH_NS_MNT, task));
	}
}

/**
 * bh_bindings_note_attach() - the current task may take over another one from now on
 * @task: the other task, which RCU keeps
 *
 * See struct bh_entrants. A newcomer acts for someone outside, and so do those that it traces.
 * Under RCU; not under tasklist_lock.
 */
void bh_bindings_note_attach(struct task_struct *task)
{
	struct bh_binding *binding;
	void *ns;

	if (!READ_ONCE(bh_bound[BH_NS_PID]))
		return;
	for (ns = bh_ns_first(BH_NS_PID, current); ns; ns = bh_ns_next(BH_NS_PID, ns)) {
		binding = find_binding(ns);
		if (binding && !bh_binding_spares(binding, current))
			bh_entrants_note_attach(&binding->origin->entrants, ns, task);
	}
}

/**
 * bh_current_pid_binding() - the innermost armed binding of a pid namespace that covers the task
 *
 * Under RCU, which keeps it. Return: the binding; NULL also for a newcomer to all that are bound.
 */
const struct bh_binding *bh_current_pid_binding(void)
{
	const struct bh_binding *binding;
	void *ns;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "bindings are looked up under RCU");
	if (!READ_ONCE(bh_bound[BH_NS_PID]))
		return NULL;
	for (ns = bh_ns_first(BH_NS_PID, current); ns; ns = bh_ns_next(BH_NS_PID, ns)) {
		binding = find_binding(ns);
		if (binding && READ_ONCE(binding->armed) && !bh_binding_spares(binding, current))
			return binding;
	}
	return NULL;
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
		confined |= READ_ONCE(found[i]->armed) && !bh_binding_spares(found[i], task);
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
	binding_table = kvcalloc(1 << BH_TABLE_BITS, sizeof(*binding_table), GFP_KERNEL);
	if (!binding_table)
		return -ENOMEM;
	/* The last reference to a mount namespace waits for a grace period: not in softirq. */
	binding_wq = alloc_workqueue("bulkhead", WQ_MEM_RECLAIM | WQ_UNBOUND, BH_FREEING_MAX);
	if (binding_wq)
		return 0;
	kvfree(binding_table);
	return -ENOMEM;
}

/** bh_bindings_exit() - drop all bindings; no check runs any more */
void bh_bindings_exit(void)
{
	struct bh_binding *binding, *next;

	mutex_lock(&bh_config_mutex);
	list_for_each_entry_safe(binding, next, &bindings, list)
		end_binding(binding);
	mutex_unlock(&bh_config_mutex);
	cancel_delayed_work_sync(&reaper);
	/* Waits for the RCU callbacks, which queue the work that destroy_workqueue() ends. */
	rcu_barrier();
	destroy_workqueue(binding_wq);
	kvfree(binding_table);
}
