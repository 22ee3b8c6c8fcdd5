/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaces: which ones a task lives in, and what can be told of each.
 */
#ifndef BULKHEAD_NS_H
#define BULKHEAD_NS_H

#include <linux/cred.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>

struct bh_ns;

/**
 * struct bh_ns_ops - a type of namespace
 * @name: as in `ns=`
 * @parent: the namespace above, or NULL
 * @get: take a reference
 * @put: drop one; may sleep
 * @is_initial: is it the one that the kernel booted with?
 * @is_dead: can no task act in it any more, given that the caller holds the
 *           only reference that a binding takes?
 * @inum: the inode number that userspace knows it by
 * @is_init: is the current task, about to execute a program, the one whose
 *           exec ends the namespace's construction?
 */
struct bh_ns_ops {
	const char *name;
	void *(*parent)(void *ns);
	void (*get)(void *ns);
	void (*put)(void *ns);
	bool (*is_initial)(void *ns);
	bool (*is_dead)(void *ns);
	unsigned int (*inum)(void *ns);
	bool (*is_init)(void *ns);
};

/* A namespace of any type. */
struct bh_ns {
	const struct bh_ns_ops *ops;
	void *ns;
};

enum bh_ns_type {
	BH_NS_PID,
	BH_NS_USER,
	BH_NS_MNT,
	BH_NS_TYPES,
};

extern const struct bh_ns_ops bh_ns_types[BH_NS_TYPES];

void bh_ns_of_task(enum bh_ns_type type, struct task_struct *task, struct bh_ns *ns);
int bh_ns_of_pid(enum bh_ns_type type, pid_t nr, struct bh_ns *ns, char **cgroup);
int bh_ns_of_fd(enum bh_ns_type type, int fd, struct bh_ns *ns, char **cgroup);

/*
 * How many namespaces of each type are bound; one more of type mnt while the assignment table
 * has a line for such. Written under bh_config_mutex; read by READ_ONCE() without it.
 */
extern unsigned int bh_bound[BH_NS_TYPES];
extern const struct mnt_namespace *bh_initial_mnt;

/**
 * bh_task_in_initial_ns() - is a task in none but initial namespaces?
 * @task: the current task, or one whose task_lock() the caller holds and that
 *        RCU or a reference keeps
 *
 * Such a task is never confined, since an initial namespace cannot be bound. This question is
 * all that a hook costs the host. A mount namespace counts only while any is bound: services
 * of the host have their own. Any context; under RCU unless @task is current.
 */
static inline bool bh_task_in_initial_ns(const struct task_struct *task)
{
	const struct nsproxy *nsproxy = task->nsproxy;

	return ns_of_pid(task_pid((struct task_struct *)task)) == &init_pid_ns &&
	       rcu_dereference_check(task->real_cred, task == current)->user_ns == &init_user_ns &&
	       (!READ_ONCE(bh_bound[BH_NS_MNT]) || !nsproxy || nsproxy->mnt_ns == bh_initial_mnt);
}

/* From a mount namespace, which is the file system core's own, to its public part. */
extern ptrdiff_t bh_mnt_common_offset;

/**
 * bh_mnt_common() - the public part of a mount namespace
 * @ns: the namespace; not dereferenced
 *
 * The module uses it wherever it refers to a mount namespace. Any context.
 */
static inline struct ns_common *bh_mnt_common(const struct mnt_namespace *ns)
{
	return (struct ns_common *)((char *)ns + bh_mnt_common_offset);
}

void bh_mnt_put(struct ns_common *common);
unsigned int bh_mnt_refs(struct ns_common *common);
bool bh_mnt_dec_not_one(struct ns_common *common);

/**
 * bh_ns_first() - the namespace of a task, unless it is an initial one
 * @type: which; a constant
 * @task: as for bh_ns_of_task()
 *
 * Return: the namespace, or NULL.
 */
static __always_inline void *bh_ns_first(enum bh_ns_type type, struct task_struct *task)
{
	const struct nsproxy *nsproxy;
	void *ns;

	if (type == BH_NS_PID) {
		ns = ns_of_pid(task_pid(task));
		return ns == &init_pid_ns ? NULL : ns;
	}
	if (type == BH_NS_USER) {
		ns = rcu_dereference_check(task->real_cred, task == current)->user_ns;
		return ns == &init_user_ns ? NULL : ns;
	}
	nsproxy = task->nsproxy;
	return nsproxy && nsproxy->mnt_ns != bh_initial_mnt ? bh_mnt_common(nsproxy->mnt_ns) :
							      NULL;
}

/**
 * bh_ns_next() - the namespace above one that bh_ns_first() gave
 * @type: which; a constant
 * @ns: the namespace
 *
 * Return: the namespace, or NULL if it is the initial one, or there is none.
 */
static __always_inline void *bh_ns_next(enum bh_ns_type type, void *ns)
{
	if (type == BH_NS_PID) {
		ns = ((struct pid_namespace *)ns)->parent;
		return ns == &init_pid_ns ? NULL : ns;
	}
	if (type == BH_NS_USER) {
		ns = ((struct user_namespace *)ns)->parent;
		return ns == &init_user_ns ? NULL : ns;
	}
	return NULL;
}

int bh_ns_init(void);

#endif /* BULKHEAD_NS_H */
