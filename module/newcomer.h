/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Newcomers: processes that someone outside of a pid namespace made there and that have
 * executed nothing since.
 */
#ifndef BULKHEAD_NEWCOMER_H
#define BULKHEAD_NEWCOMER_H

#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "limits.h"

/**
 * struct bh_entrants - what is known of executions by those who were brought in
 * @lock: between writers; readers take none
 * @nr: how many in @seen
 * @blind: may any have been missed? Then only what cannot be forged counts.
 * @closed: was one taken over that could not be remembered? Then nobody is a newcomer.
 * @seen: by what they or a sibling of theirs have: ->parent_exec_id is @parent, and
 *        ->self_exec_id is @from or more if they had executed a program, or were taken over
 */
struct bh_entrants {
	spinlock_t lock;	/* of all */
	unsigned int nr;
	bool blind;
	bool closed;
	struct {
		u64 parent;
		u64 from;
	} seen[BH_ENTRANTS_MAX];
};

void bh_entrants_init(struct bh_entrants *entrants);
void bh_entrants_scan(struct bh_entrants *entrants, struct pid_namespace *ns);
void bh_entrants_note(struct bh_entrants *entrants, struct pid_namespace *ns);
void bh_entrants_note_attach(struct bh_entrants *entrants, struct pid_namespace *ns,
			     struct task_struct *task);
bool bh_entrants_may_be_own(const struct bh_entrants *entrants, u64 parent, u64 self);

bool bh_task_was_brought_in(struct task_struct *leader, struct pid_namespace *ns);
bool bh_task_is_newcomer(const struct bh_entrants *entrants, struct pid_namespace *ns,
			 struct task_struct *task);

/* The namespace's first process came with it, not into it. As pid_nr_ns(). Under RCU. */
static inline bool bh_task_is_init_of(struct task_struct *leader, const struct pid_namespace *ns)
{
	const struct pid *pid = task_pid(leader);

	return pid && ns->level <= pid->level && pid->numbers[ns->level].ns == ns &&
	       pid->numbers[ns->level].nr == 1;
}

/* Has the task's process executed any program since it was made? Then it is no newcomer. */
static inline bool bh_task_has_executed(const struct task_struct *task)
{
	const struct task_struct *leader = READ_ONCE(task->group_leader);

	/* The leader itself changes its other flags meanwhile. */
	return !(data_race(READ_ONCE(leader->flags)) & PF_FORKNOEXEC);
}

#endif /* BULKHEAD_NEWCOMER_H */
