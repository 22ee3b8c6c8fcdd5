/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BULKHEAD_USERSPACE_NOMEM_TEST_H
#define BULKHEAD_USERSPACE_NOMEM_TEST_H

#include <kunit/test.h>

extern struct kunit_suite bh_nomem_suite;

#endif /* BULKHEAD_USERSPACE_NOMEM_TEST_H */
