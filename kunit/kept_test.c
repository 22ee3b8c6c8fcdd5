// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of inodes: how much at most, and what goes first. In a kernel only.
 *
 * The inodes are made up. Of most only the address is looked at.
 */
#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "suites.h"

#include "../module/kept.c"

#define EXTRA 1000
#define SOMEBODY 1
#define ANOTHER 2
#define THIRD 3

/* Addresses of inodes that nobody looks into. */
static char *paper;

static const struct inode *inode_nr(unsigned int nr)
{
	return (const struct inode *)(paper + nr);
}

static int kept_init(struct kunit *test)
{
	paper = kvzalloc(BH_DIGESTS_MAX + 2 * EXTRA, GFP_KERNEL);
	if (!paper)
		return -ENOMEM;
	return bh_kept_init();
}

static void kept_exit(struct kunit *test)
{
	bh_kept_exit();
	kvfree(paper);
}

static void keep_for(struct kunit *test, const struct inode *inode, unsigned long who)
{
	struct bh_kept *kept = bh_kept_get(inode, who);

	KUNIT_ASSERT_TRUE(test, !!kept);
	bh_kept_put(kept);
}

static void keep(struct kunit *test, const struct inode *inode)
{
	keep_for(test, inode, SOMEBODY);
}

static void keep_from_to_for(struct kunit *test, unsigned int from, unsigned int to,
			     unsigned long who)
{
	for (; from < to; from++) {
		keep_for(test, inode_nr(from), who);
		cond_resched();
	}
}

static void keep_from_to(struct kunit *test, unsigned int from, unsigned int to)
{
	keep_from_to_for(test, from, to, SOMEBODY);
}

static struct bh_kept *find(const struct inode *inode)
{
	struct bh_kept *kept;

	rcu_read_lock();
	kept = bh_kept_find(inode);
	rcu_read_unlock();
	return kept;
}

static bool is_kept(const struct inode *inode)
{
	return find(inode);
}

static size_t how_many(void)
{
	return bh_kept_bytes() / sizeof(struct bh_kept);
}

/* Who makes ever more files that are looked at has the oldest dropped, and takes no more memory. */
static void has_a_limit(struct kunit *test)
{
	unsigned int nr;

	keep_from_to(test, 0, BH_DIGESTS_MAX);
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
	KUNIT_EXPECT_TRUE(test, is_kept(inode_nr(0)));
	keep_from_to(test, BH_DIGESTS_MAX, BH_DIGESTS_MAX + EXTRA);
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
	for (nr = 0; nr < EXTRA && !is_kept(inode_nr(nr)); nr++)
		;
	KUNIT_EXPECT_EQ(test, nr, (unsigned int)EXTRA);
	while (nr < BH_DIGESTS_MAX + EXTRA && is_kept(inode_nr(nr)))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, (unsigned int)BH_DIGESTS_MAX + EXTRA);
}

static unsigned int how_many_of(unsigned int from, unsigned int to)
{
	unsigned int nr = 0;

	for (; from < to; from++)
		nr += is_kept(inode_nr(from));
	return nr;
}

/* Who has many files looked at pushes out his own, were others' there before or not. */
static void takes_it_from_who_has_most(struct kunit *test)
{
	keep_from_to_for(test, 0, EXTRA, ANOTHER);
	keep_from_to(test, EXTRA, BH_DIGESTS_MAX + EXTRA);
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
	KUNIT_EXPECT_EQ(test, how_many_of(0, EXTRA), (unsigned int)EXTRA);
	/* Who comes later has room made for him at once. */
	keep_from_to_for(test, BH_DIGESTS_MAX + EXTRA, BH_DIGESTS_MAX + 2 * EXTRA, THIRD);
	KUNIT_EXPECT_EQ(test, how_many_of(BH_DIGESTS_MAX + EXTRA, BH_DIGESTS_MAX + 2 * EXTRA),
			(unsigned int)EXTRA);
	KUNIT_EXPECT_EQ(test, how_many_of(0, EXTRA), (unsigned int)EXTRA);
	KUNIT_EXPECT_FALSE(test, is_kept(inode_nr(EXTRA)));
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
}

/* Two who have many come to the same. */
static void is_shared_by_those_who_have_most(struct kunit *test)
{
	const unsigned int half = BH_DIGESTS_MAX / 2;

	keep_from_to_for(test, 0, half + EXTRA, ANOTHER);
	keep_from_to(test, half + EXTRA, BH_DIGESTS_MAX + EXTRA);
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
	KUNIT_EXPECT_GE(test, how_many_of(0, half + EXTRA), half - 1);
	KUNIT_EXPECT_GE(test, how_many_of(half + EXTRA, BH_DIGESTS_MAX + EXTRA), half - 1);
}

/* Each who has one has no more to lose than others. */
static void many_who_have_one_each(struct kunit *test)
{
	unsigned int nr;

	for (nr = 0; nr < BH_DIGESTS_MAX + EXTRA; nr++) {
		keep_for(test, inode_nr(nr), THIRD + nr);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, how_many_of(EXTRA, BH_DIGESTS_MAX + EXTRA),
			(unsigned int)BH_DIGESTS_MAX);
	for (nr = 0; nr < BH_DIGESTS_MAX + EXTRA; nr++)
		bh_kept_forget(inode_nr(nr));
	KUNIT_EXPECT_EQ(test, bh_kept_bytes(), (size_t)0);
}

static void gives_back_what_dies(struct kunit *test)
{
	unsigned int nr;

	keep_from_to(test, 0, EXTRA);
	/* One that nothing is kept of is none of ours. */
	for (nr = 0; nr < EXTRA + 10; nr++)
		bh_kept_forget(inode_nr(nr));
	KUNIT_EXPECT_EQ(test, bh_kept_bytes(), (size_t)0);
	keep(test, inode_nr(0));
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)1);
}

/* An inode with a mapping, of which somebody maps something, or nobody. */
static struct inode *make_inode(struct kunit *test, bool mapped)
{
	struct inode *inode = kunit_kzalloc(test, sizeof(*inode), GFP_KERNEL);
	static struct rb_node anybody;

	KUNIT_ASSERT_TRUE(test, !!inode);
	inode->i_mapping = &inode->i_data;
	if (mapped)
		inode->i_data.i_mmap.rb_root.rb_node = &anybody;
	return inode;
}

/* What is in use outlasts younger ones: what it allowed must not be written to. */
static void spares_what_is_in_use(struct kunit *test)
{
	const struct inode *held = make_inode(test, false), *passing = make_inode(test, false);
	const struct inode *running = make_inode(test, true), *ended = make_inode(test, false);
	const struct inode *idle = make_inode(test, true);
	struct bh_kept *kept = bh_kept_get(held, SOMEBODY);

	KUNIT_ASSERT_TRUE(test, !!kept);
	keep(test, passing);
	refcount_inc(&find(passing)->refs);
	keep(test, running);
	atomic_or(BH_KEPT_RELIED, &find(running)->state);
	keep(test, ended);
	atomic_or(BH_KEPT_RELIED, &find(ended)->state);
	keep(test, idle);
	keep_from_to(test, 0, BH_DIGESTS_MAX + EXTRA);
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
	KUNIT_EXPECT_TRUE(test, is_kept(held));
	KUNIT_EXPECT_TRUE(test, is_kept(passing));
	KUNIT_EXPECT_TRUE(test, is_kept(running));
	KUNIT_EXPECT_EQ(test, atomic_read(&find(running)->state), BH_KEPT_RELIED);
	KUNIT_EXPECT_FALSE(test, is_kept(ended));
	KUNIT_EXPECT_FALSE(test, is_kept(idle));
	bh_kept_put(kept);
}

/* Where all are in use there are more than there should be, until some are not. */
static void comes_back_to_its_limit(struct kunit *test)
{
	unsigned int nr;

	keep_from_to(test, 0, BH_DIGESTS_MAX);
	for (nr = 0; nr < BH_DIGESTS_MAX; nr++)
		refcount_inc(&find(inode_nr(nr))->refs);
	keep_from_to(test, BH_DIGESTS_MAX, BH_DIGESTS_MAX + 3);
	KUNIT_EXPECT_GE(test, how_many(), (size_t)BH_DIGESTS_MAX + 1);
	for (nr = 0; nr < BH_DIGESTS_MAX; nr++)
		bh_kept_put(find(inode_nr(nr)));
	keep_from_to(test, BH_DIGESTS_MAX + 3, BH_DIGESTS_MAX + 4);
	KUNIT_EXPECT_EQ(test, how_many(), (size_t)BH_DIGESTS_MAX);
}

static struct kunit_case kept_cases[] = {
	KUNIT_CASE(has_a_limit),
	KUNIT_CASE(takes_it_from_who_has_most),
	KUNIT_CASE(is_shared_by_those_who_have_most),
	KUNIT_CASE(many_who_have_one_each),
	KUNIT_CASE(gives_back_what_dies),
	KUNIT_CASE(spares_what_is_in_use),
	KUNIT_CASE(comes_back_to_its_limit),
	{}
};

struct kunit_suite bh_kept_suite = {
	.name = "bh_kept",
	.init = kept_init,
	.exit = kept_exit,
	.test_cases = kept_cases,
};
