/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which namespace carries which policy.
 */
#ifndef BULKHEAD_BINDING_H
#define BULKHEAD_BINDING_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "newcomer.h"
#include "ns.h"
#include "registry.h"

/**
 * struct bh_origin - what the binding of a namespace shares with those of its copies
 * @users: bindings that refer to it: the namespace's own, a replaced one until it is freed,
 *         and, of a mount namespace, those of all that were copied from it
 * @nr: how many of them are in the table; under bh_config_mutex
 * @entrants: who executed something after being brought into this pid namespace
 */
struct bh_origin {
	refcount_t users;
	unsigned int nr;
	struct bh_entrants entrants;
};

/**
 * struct bh_caption - what a binding is shown with, and its copies
 * @users: bindings that refer to it
 * @label: what the binding is called, for people; or NULL
 * @cgroup: where the namespace's first process was when it was bound
 */
struct bh_caption {
	refcount_t users;
	const char *label;
	char cgroup[];
};

/**
 * struct bh_binding - a namespace that carries a policy
 * @node: in the table, by the namespace's address
 * @list: in the list of all, oldest first; under bh_config_mutex
 * @ns: the namespace, with a reference: as long as the binding is in the table
 *      no other namespace can have its address or its number. Whoever may see the binding
 *      when it is not in the table any more must not look at a mount namespace
 * @inum: its number
 * @entry: the policy's name
 * @released: was its reference to the namespace dropped, or given to what replaces it?
 * @armed: is it in force? Once set it stays so.
 * @copied: did bh_bind_copy() make it?
 * @maker: for whom the assignment table made it (assign.c), or 0: by hand
 * @origin: with a reference; shared by a mount namespace and all that were copied from it
 * @caption: with a reference; shared by copies
 * @source: what its reports are counted under, with a reference
 * @free: frees it, where one may sleep, after the last check that may see it
 */
struct bh_binding {
	struct hlist_node node;
	struct list_head list;
	struct bh_ns ns;
	unsigned int inum;
	struct bh_entry *entry;
	bool released;
	bool armed;
	bool copied;
	unsigned long maker;
	struct bh_origin *origin;
	struct bh_caption *caption;
	struct bh_source *source;
	struct rcu_work free;
};

/* Namespaces of a task that can carry a binding: its own and all above; mount ones have none. */
#define BH_CONFINING_MAX ((BH_NS_TYPES - 1) * BH_NS_DEPTH_MAX + 1)

struct bh_binding *bh_binding_alloc(unsigned long maker, const char *cgroup, const char *label);
void bh_binding_free(struct bh_binding *binding);
int bh_bind(const struct bh_ns *ns, struct bh_entry *entry, bool armed,
	    struct bh_binding *binding);
int bh_bind_copy(const struct bh_ns *from, const struct bh_ns *to);
int bh_bind_made(struct ns_common *made);
bool bh_binding_put_mnt(struct ns_common *mnt);
int bh_unbind(const struct bh_ns *ns);
int bh_unbind_inum(enum bh_ns_type type, unsigned int inum);
void bh_bindings_reap(void);
struct list_head *bh_bindings_list(void);
unsigned int bh_bindings_nr(void);
unsigned int bh_bindings_of_maker(unsigned long maker);

unsigned int bh_bindings_above(const struct bh_ns *from, struct bh_binding **found,
			       unsigned int room);
unsigned int bh_bindings_of_task(struct task_struct *task, struct bh_binding **found);
bool bh_task_has_bindings(struct task_struct *task);
bool bh_binding_covers(const struct bh_binding *binding, struct task_struct *task);
bool bh_binding_spares(const struct bh_binding *binding, struct task_struct *task);
const struct bh_binding *bh_current_pid_binding(void);
bool bh_task_is_confined(struct task_struct *task);
void bh_bindings_note_attach(struct task_struct *task);

bool bh_container_may_be_bound(void);

/**
 * bh_current_may_be_bound() - may any binding, armed or not, apply to the current task?
 *
 * All that a check costs the host, and containers without a policy. Any context.
 *
 * Return: false if none applies; true if bh_check_begin() shall find out.
 */
static __always_inline bool bh_current_may_be_bound(void)
{
	return !bh_task_in_initial_ns(current) && bh_container_may_be_bound();
}

/**
 * bh_current_parent_level() - the level of the current process's parent's pid namespace
 *
 * That namespace is the process's own or one above it: see newcomer.c. So the parent is in each
 * of the process's pid namespaces whose level is not greater, and the process was brought into
 * none of them. Under RCU.
 *
 * Return: the level; -1, as for a parent that is in none, if the parent is about to change.
 */
static inline int bh_current_parent_level(void)
{
	const struct task_struct *parent = rcu_dereference(current->group_leader->real_parent);
	struct pid *pid = READ_ONCE(parent->thread_pid);

	return pid ? (int)pid->level : -1;
}

/**
 * bh_binding_note_exec() - the current task is about to execute a program
 * @binding: one that applies to it, armed or not
 * @level: what bh_current_parent_level() said, or -1: it was not asked
 *
 * See struct bh_entrants. Under RCU.
 */
static inline void bh_binding_note_exec(const struct bh_binding *binding, int level)
{
	struct pid_namespace *ns = binding->ns.ns;

	if (binding->ns.ops == &bh_ns_types[BH_NS_PID] && (int)ns->level > level &&
	    !bh_task_is_init_of(current->group_leader, ns))
		bh_entrants_note(&binding->origin->entrants, ns);
}

/**
 * bh_current_lives_with() - is another task in all pid bindings of the current one?
 * @task: the other task, which RCU keeps
 *
 * If both live in the same pid namespace and @task is no newcomer to it. Otherwise
 * bh_binding_covers() tells for each binding. Under RCU.
 */
static inline bool bh_current_lives_with(struct task_struct *task)
{
	return ns_of_pid(task_pid(task)) == ns_of_pid(task_pid(current)) &&
	       bh_task_has_executed(task);
}

int bh_bindings_init(void);
void bh_bindings_exit(void);

#endif /* BULKHEAD_BINDING_H */
