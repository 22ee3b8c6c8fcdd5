// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: whom they confine, and when they end. In a kernel only.
 *
 * This file stands in for ns.c and registry.c: its namespaces are made up,
 * and so is what each task lives in.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "../module/newcomer.h"
#include "../module/ns.h"
#include "suites.h"

static void *fake_first(enum bh_ns_type type, struct task_struct *task);
static void *fake_next(enum bh_ns_type type, void *ns);
static unsigned int fake_refs(void *ns);
static bool fake_dec_not_one(void *ns);
static bool is_newcomer;

#define bh_ns_first fake_first
#define bh_ns_next fake_next
#define bh_mnt_refs(ns) fake_refs(ns)
#define bh_mnt_dec_not_one(ns) fake_dec_not_one(ns)
#define bh_entrants_init(entrants)
#define bh_entrants_scan(entrants, ns)
#define bh_entrants_note(entrants, ns)
#define bh_entrants_note_attach(entrants, ns, task)
#define bh_task_is_newcomer(entrants, ns, task) is_newcomer
#include "../module/binding.c"

/* As in registry.c. */
DEFINE_MUTEX(bh_config_mutex);

/* As in ns.c. */
ptrdiff_t bh_mnt_common_offset;

/* A namespace that exists on paper. */
struct fake {
	struct fake *parent;
	unsigned int inum;
	bool initial;
	bool dead;
	atomic_t refs;
};

static void *fake_parent(void *ns)
{
	return ((struct fake *)ns)->parent;
}

static void fake_get(void *ns)
{
	atomic_inc(&((struct fake *)ns)->refs);
}

static void fake_put(void *ns)
{
	atomic_dec(&((struct fake *)ns)->refs);
}

static bool fake_dec_not_one(void *ns)
{
	return atomic_add_unless(&((struct fake *)ns)->refs, -1, 1);
}

static unsigned int fake_refs(void *ns)
{
	return atomic_read(&((struct fake *)ns)->refs);
}

static bool fake_is_initial(void *ns)
{
	return ((struct fake *)ns)->initial;
}

static bool fake_is_dead(void *ns)
{
	return ((struct fake *)ns)->dead;
}

static unsigned int fake_inum(void *ns)
{
	return ((struct fake *)ns)->inum;
}

static bool fake_is_init(void *ns)
{
	return false;
}

#define FAKE_OPS {								\
	.name = "fake", .parent = fake_parent, .get = fake_get, .put = fake_put,	\
	.is_initial = fake_is_initial, .is_dead = fake_is_dead, .inum = fake_inum,	\
	.is_init = fake_is_init }

const struct bh_ns_ops bh_ns_types[BH_NS_TYPES] = {
	[0 ... BH_NS_TYPES - 1] = FAKE_OPS,
};

/*
 *	root --- a --- b --- c
 *	          \
 *	           d		each type has a tree of its own
 */
enum { ROOT, A, B, C, D, FAKES };

unsigned int bh_bound[BH_NS_TYPES];

static struct fake fakes[BH_NS_TYPES][FAKES];
static struct bh_entry entries[2];

/* Where each task lives, of each type. */
static int home[BH_NS_TYPES];

void bh_ns_of_task(enum bh_ns_type type, struct task_struct *task, struct bh_ns *ns)
{
	*ns = (struct bh_ns){ &bh_ns_types[type], &fakes[type][home[type]] };
}

static void *fake_first(enum bh_ns_type type, struct task_struct *task)
{
	return home[type] == ROOT ? NULL : &fakes[type][home[type]];
}

static void *fake_next(enum bh_ns_type type, void *ns)
{
	struct fake *parent = ((struct fake *)ns)->parent;

	return parent->initial || type == BH_NS_MNT ? NULL : parent;
}

static struct bh_ns fake_ns(enum bh_ns_type type, int which)
{
	return (struct bh_ns){ &bh_ns_types[type], &fakes[type][which] };
}

static int bind_fake(enum bh_ns_type type, int which, struct bh_entry *entry, bool armed)
{
	struct bh_binding *binding = bh_binding_alloc(0, "/", NULL);
	struct bh_ns ns = fake_ns(type, which);
	int err;

	if (!binding)
		return -ENOMEM;
	mutex_lock(&bh_config_mutex);
	err = bh_bind(&ns, entry, armed, binding);
	mutex_unlock(&bh_config_mutex);
	if (err)
		bh_binding_free(binding);
	return err;
}

static int unbind_fake(enum bh_ns_type type, int which)
{
	struct bh_ns ns = fake_ns(type, which);
	int err;

	mutex_lock(&bh_config_mutex);
	err = bh_unbind(&ns);
	mutex_unlock(&bh_config_mutex);
	return err;
}

static int unbind_inum(enum bh_ns_type type, unsigned int inum)
{
	int err;

	mutex_lock(&bh_config_mutex);
	err = bh_unbind_inum(type, inum);
	mutex_unlock(&bh_config_mutex);
	return err;
}

/* The bindings above a namespace, as the digits of their places, innermost first. */
static unsigned int above(enum bh_ns_type type, int which)
{
	struct bh_binding *found[BH_NS_DEPTH_MAX];
	struct bh_ns ns = fake_ns(type, which);
	unsigned int nr, i, digits = 0;

	rcu_read_lock();
	nr = bh_bindings_above(&ns, found, ARRAY_SIZE(found));
	for (i = 0; i < nr; i++)
		digits = digits * 10 + ((struct fake *)found[i]->ns.ns - fakes[type]);
	rcu_read_unlock();
	return digits;
}

static int binding_init(struct kunit *test)
{
	int type, i;

	memset(fakes, 0, sizeof(fakes));
	memset(entries, 0, sizeof(entries));
	memset(home, 0, sizeof(home));
	is_newcomer = false;
	for (type = 0; type < BH_NS_TYPES; type++) {
		for (i = 0; i < FAKES; i++)
			fakes[type][i].inum = 100 * type + i;
		fakes[type][ROOT].initial = true;
		fakes[type][A].parent = &fakes[type][ROOT];
		fakes[type][B].parent = &fakes[type][A];
		fakes[type][C].parent = &fakes[type][B];
		fakes[type][D].parent = &fakes[type][A];
	}
	return bh_bindings_init();
}

/* Whatever a test leaves bound must be given back with all that belongs to it. */
static void binding_exit(struct kunit *test)
{
	int type, i;

	bh_bindings_exit();
	for (type = 0; type < BH_NS_TYPES; type++)
		for (i = 0; i < FAKES; i++)
			KUNIT_EXPECT_EQ(test, atomic_read(&fakes[type][i].refs), 0);
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		KUNIT_EXPECT_EQ(test, entries[i].bound, 0);
	KUNIT_EXPECT_EQ(test, bh_bindings_nr(), 0);
}

/* What is bound, and what that means for each namespace of the tree. */
static const struct {
	unsigned int bound;
	unsigned int above[FAKES];
} trees[] = {
	{ 0, { 0, 0, 0, 0, 0 } },
	{ BIT(A), { 0, A, A, A, A } },
	{ BIT(B), { 0, 0, B, B, 0 } },
	{ BIT(C), { 0, 0, 0, C, 0 } },
	{ BIT(D), { 0, 0, 0, 0, D } },
	{ BIT(A) | BIT(C), { 0, A, A, C * 10 + A, A } },
	{ BIT(B) | BIT(D), { 0, 0, B, B, D } },
	{ BIT(A) | BIT(B) | BIT(C) | BIT(D),
	  { 0, A, B * 10 + A, C * 100 + B * 10 + A, D * 10 + A } },
};

static void confines_all_below(struct kunit *test)
{
	int row, i;

	for (row = 0; row < ARRAY_SIZE(trees); row++) {
		for (i = 0; i < FAKES; i++)
			if (trees[row].bound & BIT(i))
				KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, i, entries, true), 0);
		for (i = 0; i < FAKES; i++) {
			KUNIT_EXPECT_EQ_MSG(test, above(BH_NS_PID, i), trees[row].above[i],
					    "row %d namespace %d", row, i);
			/* The other types have trees of their own. */
			KUNIT_EXPECT_EQ(test, above(BH_NS_USER, i), 0);
		}
		KUNIT_EXPECT_EQ(test, bh_bindings_nr(), hweight32(trees[row].bound));
		KUNIT_EXPECT_EQ(test, entries[0].bound, hweight32(trees[row].bound));
		for (i = 0; i < FAKES; i++)
			KUNIT_EXPECT_EQ(test, unbind_fake(BH_NS_PID, i),
					trees[row].bound & BIT(i) ? 0 : -ENOENT);
	}
}

static void refuses_the_initial_one(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, ROOT, entries, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, atomic_read(&fakes[BH_NS_PID][ROOT].refs), 0);
	KUNIT_EXPECT_EQ(test, entries[0].bound, 0);
	KUNIT_EXPECT_EQ(test, bh_bindings_nr(), 0);
}

static void binds_again_by_replacing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_USER, B, &entries[0], true), 0);
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_USER, B, &entries[1], false), 0);
	KUNIT_EXPECT_EQ(test, bh_bindings_nr(), 1);
	KUNIT_EXPECT_EQ(test, entries[0].bound, 0);
	KUNIT_EXPECT_EQ(test, entries[1].bound, 1);
	KUNIT_EXPECT_EQ(test, above(BH_NS_USER, C), B);
	KUNIT_EXPECT_EQ(test, unbind_fake(BH_NS_USER, B), 0);
	KUNIT_EXPECT_EQ(test, above(BH_NS_USER, C), 0);
	KUNIT_EXPECT_EQ(test, unbind_fake(BH_NS_USER, B), -ENOENT);
}

static void unbinds_by_number(struct kunit *test)
{
	unsigned int inum = fakes[BH_NS_PID][B].inum;

	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, A, entries, true), 0);
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, B, entries, true), 0);
	KUNIT_EXPECT_EQ(test, unbind_inum(BH_NS_USER, inum), -ENOENT);
	KUNIT_EXPECT_EQ(test, unbind_inum(BH_NS_PID, 4711), -ENOENT);
	KUNIT_EXPECT_EQ(test, unbind_inum(BH_NS_PID, inum), 0);
	KUNIT_EXPECT_EQ(test, unbind_inum(BH_NS_PID, inum), -ENOENT);
	KUNIT_EXPECT_EQ(test, above(BH_NS_PID, C), A);
}

/* A namespace in the place of a dead one, by address and number, is another one. */
static void ends_with_its_namespace(struct kunit *test)
{
	struct fake *b = &fakes[BH_NS_PID][B];

	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, B, entries, true), 0);
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, D, entries, true), 0);
	b->dead = true;
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	mutex_unlock(&bh_config_mutex);
	b->dead = false;
	KUNIT_EXPECT_EQ(test, above(BH_NS_PID, B), 0);
	KUNIT_EXPECT_EQ(test, unbind_inum(BH_NS_PID, b->inum), -ENOENT);
	KUNIT_EXPECT_EQ(test, above(BH_NS_PID, D), D);
	KUNIT_EXPECT_EQ(test, entries[0].bound, 1);
}

/* No one has to ask: the reaper comes by itself, and lets the namespace go. */
static void is_reaped_in_time(struct kunit *test)
{
	struct fake *a = &fakes[BH_NS_PID][A];
	int i;

	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, A, entries, true), 0);
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, D, entries, true), 0);
	a->dead = true;
	for (i = 0; i < 100 && atomic_read(&a->refs); i++)
		msleep(100);
	KUNIT_EXPECT_EQ(test, atomic_read(&a->refs), 0);
	KUNIT_EXPECT_EQ(test, bh_bindings_nr(), 1);
	/* And again for what is still there. */
	fakes[BH_NS_PID][D].dead = true;
	for (i = 0; i < 100 && bh_bindings_nr(); i++)
		msleep(100);
	KUNIT_EXPECT_EQ(test, bh_bindings_nr(), 0);
}

static void confines_once_armed(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, bh_task_is_confined(current));
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, A, entries, false), 0);
	KUNIT_EXPECT_FALSE(test, bh_task_has_bindings(current));
	home[BH_NS_PID] = C;
	KUNIT_EXPECT_TRUE(test, bh_task_has_bindings(current));
	KUNIT_EXPECT_FALSE(test, bh_task_is_confined(current));
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_USER, B, entries, true), 0);
	KUNIT_EXPECT_FALSE(test, bh_task_is_confined(current));
	home[BH_NS_USER] = C;
	KUNIT_EXPECT_TRUE(test, bh_task_is_confined(current));
	KUNIT_EXPECT_EQ(test, unbind_fake(BH_NS_USER, B), 0);
	KUNIT_EXPECT_FALSE(test, bh_task_is_confined(current));
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, A, entries, true), 0);
	KUNIT_EXPECT_TRUE(test, bh_task_is_confined(current));
	home[BH_NS_PID] = ROOT;
	KUNIT_EXPECT_FALSE(test, bh_task_is_confined(current));
}

static void covers_who_lives_below(struct kunit *test)
{
	static const bool covered[FAKES] = { [B] = true, [C] = true };
	struct bh_binding *found[BH_CONFINING_MAX];
	struct bh_binding *binding;
	int i;

	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, B, entries, true), 0);
	home[BH_NS_PID] = B;
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, bh_bindings_of_task(current, found), 1);
	binding = found[0];
	for (i = 0; i < FAKES; i++) {
		home[BH_NS_PID] = i;
		KUNIT_EXPECT_EQ_MSG(test, bh_binding_covers(binding, current), covered[i], "%d", i);
	}
	rcu_read_unlock();
}

/* Whoever is in a bound mount namespace can copy it without end. */
static void copies_are_limited(struct kunit *test)
{
	struct fake *copies = kunit_kcalloc(test, BH_COPIES_MAX + 1, sizeof(*copies), GFP_KERNEL);
	struct bh_ns from = fake_ns(BH_NS_MNT, A), other = fake_ns(BH_NS_MNT, B), to;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, copies);
	KUNIT_ASSERT_EQ(test, bind_fake(BH_NS_MNT, A, entries, true), 0);
	for (i = 1; i < BH_COPIES_MAX; i++) {
		to = (struct bh_ns){ &bh_ns_types[BH_NS_MNT], &copies[i] };
		KUNIT_ASSERT_EQ(test, bh_bind_copy(&from, &to), 0);
	}
	/* A copy of a copy is one more of the first. */
	from.ns = &copies[1];
	to.ns = &copies[0];
	KUNIT_EXPECT_EQ(test, bh_bind_copy(&from, &to), -ENOSPC);
	KUNIT_EXPECT_EQ(test, atomic_read(&copies[0].refs), 0);
	/* Nor does it help to bind one of them again. Others are not affected. */
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_MNT, A, &entries[1], true), 0);
	KUNIT_EXPECT_EQ(test, bh_bind_copy(&from, &to), -ENOSPC);
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_MNT, B, entries, true), 0);
	KUNIT_EXPECT_EQ(test, bh_bind_copy(&other, &to), 0);
	copies[2].dead = true;
	to.ns = &copies[BH_COPIES_MAX];
	KUNIT_EXPECT_EQ(test, bh_bind_copy(&from, &to), 0);
	/* Before the memory of the namespaces goes. */
	for (i = 0; i <= BH_COPIES_MAX; i++)
		copies[i].dead = true;
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	mutex_unlock(&bh_config_mutex);
	rcu_barrier();
	flush_workqueue(binding_wq);
	for (i = 0; i <= BH_COPIES_MAX; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&copies[i].refs), 0);
}

/* What a newcomer to a pid namespace does is its maker's; of others it is a word for nothing. */
static void spares_newcomers(struct kunit *test)
{
	struct bh_binding *found[BH_CONFINING_MAX];

	is_newcomer = true;
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, A, entries, true), 0);
	home[BH_NS_PID] = B;
	KUNIT_EXPECT_FALSE(test, bh_task_is_confined(current));
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, bh_bindings_of_task(current, found), 1);
	KUNIT_EXPECT_TRUE(test, bh_binding_spares(found[0], current));
	KUNIT_EXPECT_FALSE(test, bh_binding_covers(found[0], current));
	is_newcomer = false;
	KUNIT_EXPECT_FALSE(test, bh_binding_spares(found[0], current));
	KUNIT_EXPECT_TRUE(test, bh_binding_covers(found[0], current));
	rcu_read_unlock();
	is_newcomer = true;
	KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_USER, A, entries, true), 0);
	home[BH_NS_USER] = A;
	KUNIT_EXPECT_TRUE(test, bh_task_is_confined(current));
}

/* Counts the moments in which a namespace that is always bound seemed not to be. */
static int watch(void *gaps)
{
	while (!kthread_should_stop()) {
		if (above(BH_NS_PID, C) != A)
			atomic_inc(gaps);
		cond_resched();
	}
	return 0;
}

static void leaves_no_gap_when_replaced(struct kunit *test)
{
	struct task_struct *watcher;
	atomic_t gaps = ATOMIC_INIT(0);
	int i;

	KUNIT_ASSERT_EQ(test, bind_fake(BH_NS_PID, A, &entries[0], true), 0);
	watcher = kthread_run(watch, &gaps, "bulkhead-watch");
	KUNIT_ASSERT_FALSE(test, IS_ERR(watcher));
	for (i = 0; i < 2000; i++) {
		KUNIT_EXPECT_EQ(test, bind_fake(BH_NS_PID, A, &entries[i % 2], true), 0);
		cond_resched();
	}
	kthread_stop(watcher);
	KUNIT_EXPECT_EQ(test, atomic_read(&gaps), 0);
	KUNIT_EXPECT_EQ(test, bh_bindings_nr(), 1);
}

static struct kunit_case binding_cases[] = {
	KUNIT_CASE(confines_all_below),
	KUNIT_CASE(refuses_the_initial_one),
	KUNIT_CASE(binds_again_by_replacing),
	KUNIT_CASE(unbinds_by_number),
	KUNIT_CASE(ends_with_its_namespace),
	KUNIT_CASE(is_reaped_in_time),
	KUNIT_CASE(confines_once_armed),
	KUNIT_CASE(covers_who_lives_below),
	KUNIT_CASE(copies_are_limited),
	KUNIT_CASE(spares_newcomers),
	KUNIT_CASE(leaves_no_gap_when_replaced),
	{}
};

struct kunit_suite bh_binding_suite = {
	.name = "bh_binding",
	.init = binding_init,
	.exit = binding_exit,
	.test_cases = binding_cases,
};
