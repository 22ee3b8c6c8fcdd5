/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The suites. All but bh_binding_suite and bh_kept_suite run in userspace, too.
 */
#ifndef BULKHEAD_TEST_SUITES_H
#define BULKHEAD_TEST_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite bh_match_suite;
extern struct kunit_suite bh_parse_suite;
extern struct kunit_suite bh_text_suite;
extern struct kunit_suite bh_decide_suite;
extern struct kunit_suite bh_escape_suite;
extern struct kunit_suite bh_event_suite;
extern struct kunit_suite bh_assign_suite;
extern struct kunit_suite bh_digest_suite;
extern struct kunit_suite bh_cms_suite;
extern struct kunit_suite bh_binding_suite;
extern struct kunit_suite bh_kept_suite;

#endif /* BULKHEAD_TEST_SUITES_H */
