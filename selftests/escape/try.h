/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each way out is a test, with both halves. For the kselftest harness, which is
 * to be included first.
 */
#ifndef BULKHEAD_ESCAPE_TRY_H
#define BULKHEAD_ESCAPE_TRY_H

#include "escape.h"

static inline void esc_with(struct __test_metadata *_metadata, const struct escape *escape,
			    int *result)
{
	const char *words[ESC_WORDS], *event, *policy = esc_policy(escape);
	char name[80];
	int events, i;

	ASSERT_NE(NULL, policy)
		TH_LOG("policy not loaded: %s", escape->policy ? escape->policy : "the default");
	for (i = 0; i < ESC_WORDS; i++)
		words[i] = escape->words[i] ? escape->words[i] : "";
	events = bh_events();
	ASSERT_LE(0, events);
	*result = esc_run(escape, policy);
	EXPECT_EQ(escape->with, *result)
		TH_LOG("under policy %s: %s", policy, esc->reason);
	if (escape->words[0]) {
		snprintf(name, sizeof(name), "policy=%s ", policy);
		event = bh_find_event(events, name, words[0], words[1], words[2], words[3],
				      words[4], NULL);
		EXPECT_NE(NULL, event)
			TH_LOG("no event with %s %s %s %s %s", words[0], words[1], words[2],
			       words[3], words[4]);
	}
	close(events);
}

/* Both halves. The reason for which it was skipped, or NULL. */
static inline const char *esc_try(struct __test_metadata *_metadata,
				  const struct escape *escape)
{
	int without = esc_run(escape, NULL), with = -1;

	if (without == ESC_SKIP)
		return esc->reason;
	EXPECT_EQ(0, without)
		TH_LOG("without a policy: %s", esc->reason);
	esc_with(_metadata, escape, &with);
	esc_tell(escape, without, with);
	return NULL;
}

/*
 * For attacks that turn something: @once is tried twice. The first time the kernel is given
 * what is allowed, which turns into the other while it looks; the second time it is given the
 * other.
 */
static inline int esc_twice(int (*once)(void))
{
	int err = once();

	if (!esc->turned)
		return esc_skip("the kernel lacks fuse");
	if (err == EACCES || err == EPERM)
		return esc_broken("what is allowed is denied");
	return err ? once() : 0;
}

/* Each attack is a test. */
#define ESCAPES()								\
FIXTURE(escape) {};								\
FIXTURE_VARIANT(escape) { struct escape escape; };				\
FIXTURE_SETUP(escape) {}							\
FIXTURE_TEARDOWN(escape) {}							\
TEST_F(escape, is_stopped)							\
{										\
	const char *reason = esc_try(_metadata, &variant->escape);		\
										\
	if (reason)								\
		SKIP(return, "%s", reason);					\
}

#define ESCAPE(name, ...)							\
FIXTURE_VARIANT_ADD(escape, name) { .escape = { __VA_ARGS__ } }

#define EVENT(...) .words = { "verdict=deny", __VA_ARGS__ }

#endif /* BULKHEAD_ESCAPE_TRY_H */
