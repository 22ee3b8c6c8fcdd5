// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binds new namespaces by the assignment table, without help from what makes them.
 *
 * A container's first program is executed in namespaces that are new. They are bound at that
 * execve: by then the runtime has built what it wants, and nothing of the container has run. A
 * namespace is new as long as no program was executed in it (fresh.c): so those that run
 * already are left alone, whenever the table is written.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "assign.h"
#include "assign_table.h"
#include "binding.h"
#include "check.h"
#include "event.h"
#include "fresh.h"
#include "path.h"
#include "task.h"

/**
 * struct bh_assignment - a table and the policies that it names
 * @table: the table
 * @types: a bit for each type of namespace that it speaks of
 * @overriding: a bit for each of which a line has override=no
 * @entries: the policy of each line, each counted in &bh_entry.assigned as long
 *           as the table is in force
 */
struct bh_assignment {
	struct bh_assign_table table;
	u32 types;
	u32 overriding;
	struct bh_entry **entries;
};

/* The table in force, or NULL. Replaced as a whole, under bh_config_mutex; read under RCU. */
struct bh_assignment __rcu *bh_assign_in_force;

/* Bindings made so far; under bh_config_mutex. */
static u64 nr_assigned;

/* The table */

/**
 * bh_assignment_parse() - read a table
 * @assignment: set to the table, for bh_assignment_replace() or bh_assignment_free()
 * @text: as written
 * @len: its length
 * @error: says on failure where and why
 *
 * May sleep. Return: 0 or a negative errno, as bh_assign_parse().
 */
int bh_assignment_parse(struct bh_assignment **assignment, const char *text, size_t len,
			struct bh_error *error)
{
	struct bh_word types[BH_NS_TYPES + 1] = { };
	struct bh_assignment *new;
	unsigned int type, i;
	int err;

	for (type = 0; type < BH_NS_TYPES; type++)
		types[type] = (struct bh_word){ bh_ns_types[type].name, type };
	*error = (struct bh_error){ .err = -ENOMEM, .message = "out of memory" };
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = bh_assign_parse(&new->table, text, len, types, error);
	if (err) {
		kfree(new);
		return err;
	}
	new->entries = kvcalloc(new->table.nr + 1, sizeof(*new->entries), GFP_KERNEL);
	if (!new->entries) {
		*error = (struct bh_error){ .err = -ENOMEM, .message = "out of memory" };
		bh_assignment_free(new);
		return -ENOMEM;
	}
	for (i = 0; i < new->table.nr; i++) {
		new->types |= 1 << new->table.lines[i].type;
		if (!new->table.lines[i].override)
			new->overriding |= 1 << new->table.lines[i].type;
	}
	*assignment = new;
	return 0;
}

/**
 * bh_assignment_free() - free a table that is not in force
 * @assignment: the table, or NULL
 *
 * May sleep.
 */
void bh_assignment_free(struct bh_assignment *assignment)
{
	if (!assignment)
		return;
	bh_assign_table_free(&assignment->table);
	kvfree(assignment->entries);
	kfree(assignment);
}

static int find_entries(struct bh_assignment *assignment, struct bh_error *error)
{
	u32 i;

	for (i = 0; i < assignment->table.nr; i++) {
		const struct bh_assign_line *line = &assignment->table.lines[i];

		assignment->entries[i] = bh_registry_find(line->policy, strlen(line->policy));
		if (assignment->entries[i])
			continue;
		*error = (struct bh_error){
			.err = -ENOENT, .line = line->number, .column = 1,
			.message = "the policy is not loaded",
		};
		return -ENOENT;
	}
	return 0;
}

static bool speaks_of_mnt(const struct bh_assignment *assignment)
{
	return assignment && assignment->types & (1 << BH_NS_MNT);
}

/* While the table speaks of mount namespaces, hooks look at those of all tasks. */
static void count_mnt(const struct bh_assignment *assignment, int by)
{
	if (speaks_of_mnt(assignment))
		WRITE_ONCE(bh_bound[BH_NS_MNT], bh_bound[BH_NS_MNT] + by);
}

static struct bh_assignment *put_in_force(struct bh_assignment *new)
{
	struct bh_assignment *old;
	u32 i;

	old = rcu_dereference_protected(bh_assign_in_force, lockdep_is_held(&bh_config_mutex));
	count_mnt(new, 1);
	if (speaks_of_mnt(new) && !speaks_of_mnt(old))
		bh_fresh_begin();
	rcu_assign_pointer(bh_assign_in_force, new);
	count_mnt(old, -1);
	for (i = 0; new && i < new->table.nr; i++)
		new->entries[i]->assigned++;
	for (i = 0; old && i < old->table.nr; i++)
		old->entries[i]->assigned--;
	return old;
}

/**
 * bh_assignment_replace() - put a table in force
 * @assignment: the table; set to the one that was in force, which the caller
 *              frees when RCU readers have ended
 * @error: says on failure where and why
 *
 * Under bh_config_mutex. Return: 0 or -ENOENT (a policy is not loaded): nothing
 * has changed then.
 */
int bh_assignment_replace(struct bh_assignment **assignment, struct bh_error *error)
{
	int err;

	lockdep_assert_held(&bh_config_mutex);
	err = find_entries(*assignment, error);
	if (!err)
		*assignment = put_in_force(*assignment);
	return err;
}

/**
 * bh_assignment_show() - write the table in force in its canonical form
 * @m: where to
 *
 * Takes bh_config_mutex. May sleep.
 */
void bh_assignment_show(struct seq_file *m)
{
	const struct bh_assignment *assignment;

	mutex_lock(&bh_config_mutex);
	assignment = rcu_dereference_protected(bh_assign_in_force,
					       lockdep_is_held(&bh_config_mutex));
	if (assignment)
		seq_write(m, assignment->table.text, assignment->table.text_len);
	seq_puts(m, "end\n");
	mutex_unlock(&bh_config_mutex);
}

/** bh_assigned() - bindings made by a table so far; under bh_config_mutex */
u64 bh_assigned(void)
{
	lockdep_assert_held(&bh_config_mutex);
	return nr_assigned;
}

/* The first exec */

/**
 * struct assigning - a namespace that may have to be bound
 * @ns: the namespace, with a reference
 * @request: what is asked of the table
 * @space: for the match
 * @reason: why a string is missing
 * @exe: the program's path
 */
struct assigning {
	struct bh_ns ns;
	struct bh_assign_request request;
	struct bh_assign_space space;
	const char *reason;
	char exe[BH_PATH_MAX];
};

/*
 * Is there nothing to do for a namespace? It carries a policy already, and if that was bound by
 * hand, no line overrides it. Or a namespace above carries @covered, the policy of the line.
 */
static bool is_settled(const struct bh_ns *ns, const struct bh_entry *covered, bool overriding)
{
	struct bh_binding *found[BH_NS_DEPTH_MAX];
	unsigned int nr, i;
	bool settled = false;

	rcu_read_lock();
	nr = bh_bindings_above(ns, found, BH_NS_DEPTH_MAX);
	for (i = 0; i < nr; i++) {
		if (found[i]->ns.ns == ns->ns)
			settled |= found[i]->maker || !overriding;
		else
			settled |= found[i]->entry == covered && READ_ONCE(found[i]->armed);
	}
	rcu_read_unlock();
	return settled;
}

/* The types of the current task's namespaces that a table could bind now. */
static u32 assignable_types(void)
{
	const struct bh_assignment *assignment;
	u32 types, overriding, type, new = 0;
	struct bh_ns ns;

	rcu_read_lock();
	assignment = rcu_dereference(bh_assign_in_force);
	types = assignment ? assignment->types : 0;
	overriding = assignment ? assignment->overriding : 0;
	rcu_read_unlock();
	for (type = 0; type < BH_NS_TYPES; type++) {
		if (!(types & (1 << type)))
			continue;
		bh_ns_of_task(type, current, &ns);
		if (!ns.ops->is_initial(ns.ns) &&
		    !is_settled(&ns, NULL, overriding & (1 << type)) &&
		    bh_ns_is_new(type, ns.ns))
			new |= 1 << type;
	}
	return new;
}

static void take_exe(struct assigning *a, const struct file *file)
{
	struct bh_string *string = &a->request.string[BH_ASSIGN_EXE];
	char *name;
	int err = bh_path_name(&file->f_path, a->exe, &name);

	if (err) {
		a->request.failed |= 1 << BH_ASSIGN_EXE;
		a->reason = err == -ENAMETOOLONG ? "path too long" : "path lookup failed";
	} else if (name) {
		*string = (struct bh_string){ name, strlen(name) };
	}
}

static void take_cgroup(struct assigning *a, const char *cgroup)
{
	size_t len = strlen(cgroup);

	a->request.string[BH_ASSIGN_CGROUP] = (struct bh_string){ };
	a->request.failed &= ~(1 << BH_ASSIGN_CGROUP);
	/* cgroup_path() cuts a path that does not fit: one that fills the room may be cut. */
	if (len < BH_PATH_MAX - 1) {
		a->request.string[BH_ASSIGN_CGROUP] = (struct bh_string){ cgroup, len };
		return;
	}
	a->request.failed |= 1 << BH_ASSIGN_CGROUP;
	a->reason = "path too long";
}

/* May any line match the namespace? bh_config_mutex is taken only if so. */
static bool may_match(struct assigning *a)
{
	const struct bh_assignment *assignment;
	const struct bh_assign_line *line = NULL;
	bool failed;
	int err = 0;

	a->space.scratch.gfp = GFP_ATOMIC | __GFP_NOWARN;
	rcu_read_lock();
	assignment = rcu_dereference(bh_assign_in_force);
	if (assignment)
		err = bh_assign_match(&assignment->table, &a->request, &a->space, &line, &failed);
	rcu_read_unlock();
	return line || err;
}

/* The policy cannot be bound: the exec is denied unless it is in audit mode. */
static int refuse_exec(const struct assigning *a, struct bh_entry *entry, const char *reason)
{
	struct bh_binding unbound = {
		.ns = a->ns, .inum = a->ns.ops->inum(a->ns.ns), .entry = entry,
	};
	struct bh_request request = {
		.class = BH_EXEC,
		.string[BH_EXEC_PATH] = a->request.string[BH_ASSIGN_EXE],
		.attr[BH_EXEC_AS] = BH_AS_PROGRAM,
	};
	struct bh_event event = {
		.reason = reason,
		.binding = &unbound,
		.subject = current,
		.request = &request,
	};
	bool audit;

	rcu_read_lock();
	event.policy = rcu_dereference(entry->loaded)->policy;
	audit = event.policy->audit_mode;
	event.verdict = audit ? "would-deny" : "deny";
	bh_entry_count(entry, !audit);
	bh_check_count(!audit);
	bh_event_report(&event, GFP_ATOMIC);
	rcu_read_unlock();
	return audit ? 0 : -EACCES;
}

/* Somebody who keeps making namespaces must not take the bindings that others need. */
static bool has_room(unsigned long maker)
{
	unsigned int bound = bh_bindings_nr();

	/* First as if the maker had made all of them: counting its own takes longer. */
	if (bh_assign_has_room(bound, bound))
		return true;
	bh_bindings_reap();
	return bh_assign_has_room(bh_bindings_nr(), bh_bindings_of_maker(maker));
}

/* @new: what the binding takes, or NULL without memory; set to NULL if it is used */
static int bind_to(struct assigning *a, struct bh_entry *entry, struct bh_binding **new)
{
	if (!*new)
		return refuse_exec(a, entry, "out of memory");
	if (!has_room((*new)->maker) || bh_bind(&a->ns, entry, true, *new))
		return refuse_exec(a, entry, "too many bindings");
	*new = NULL;
	nr_assigned++;
	return 0;
}

/* Binds the namespace as the table in force wants it, if no one has meanwhile. */
static int bind_by_table(struct assigning *a, struct bh_binding **new)
{
	const struct bh_assignment *assignment;
	const struct bh_assign_line *line;
	struct bh_entry *entry;
	bool failed;
	int err;

	lockdep_assert_held(&bh_config_mutex);
	assignment = rcu_dereference_protected(bh_assign_in_force,
					       lockdep_is_held(&bh_config_mutex));
	if (!assignment)
		return 0;
	a->space.scratch.gfp = GFP_KERNEL;
	err = bh_assign_match(&assignment->table, &a->request, &a->space, &line, &failed);
	if (err || !line)
		return err;
	entry = assignment->entries[line - assignment->table.lines];
	if (is_settled(&a->ns, entry, !line->override))
		return 0;
	if (failed)
		return refuse_exec(a, entry, a->reason);
	return bind_to(a, entry, new);
}

/* What a binding takes is allocated while no lock is held: see bh_binding_alloc(). */
static int assign_matched(struct assigning *a, const char *cgroup)
{
	struct bh_binding *new = bh_binding_alloc(bh_current_maker(), cgroup, NULL);
	int err = mutex_lock_killable(&bh_config_mutex);

	if (!err) {
		err = bind_by_table(a, &new);
		mutex_unlock(&bh_config_mutex);
	}
	bh_binding_free(new);
	return err;
}

static int assign_type(struct assigning *a, enum bh_ns_type type)
{
	char *cgroup;
	int err;

	err = bh_ns_of_pid(type, 0, &a->ns, &cgroup);
	if (err)
		return err;
	a->request.type = type;
	take_cgroup(a, cgroup);
	if (may_match(a))
		err = assign_matched(a, cgroup);
	a->ns.ops->put(a->ns.ns);
	kfree(cgroup);
	return err;
}

static int assign_types(u32 types, const struct file *file)
{
	struct assigning *a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);
	u32 type;
	int err = 0;

	if (!a)
		return -ENOMEM;
	bh_assign_space_init(&a->space, GFP_KERNEL);
	take_exe(a, file);
	for (type = 0; type < BH_NS_TYPES && !err; type++)
		if (types & (1 << type))
			err = assign_type(a, type);
	bh_assign_space_free(&a->space);
	kfree(a);
	return err;
}

/**
 * bh_assign_new() - bind the current task's new namespaces by the table
 * @file: the program that it is about to execute
 *
 * Context and return as bh_assign_at_exec().
 */
int bh_assign_new(const struct file *file)
{
	u32 types = assignable_types();
	int err = 0;

	if (types)
		err = assign_types(types, file);
	if (!err && READ_ONCE(bh_bound[BH_NS_MNT]))
		bh_fresh_note_exec();
	return err;
}

/** bh_assign_exit() - drop the table; no check runs any more */
void bh_assign_exit(void)
{
	struct bh_assignment *old;

	mutex_lock(&bh_config_mutex);
	old = put_in_force(NULL);
	mutex_unlock(&bh_config_mutex);
	bh_assignment_free(old);
}
