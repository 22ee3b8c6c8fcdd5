/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before anything else by the sources of KUnit, which are those of 6.1.
 */
#ifndef BULKHEAD_KUNIT_H
#define BULKHEAD_KUNIT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
/* kthread_complete_and_exit(): 5.17; complete_and_exit() before. */
#define kthread_complete_and_exit(done, code) complete_and_exit(done, code)
#endif

#endif /* BULKHEAD_KUNIT_H */
