/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before anything else, by every source: headers to which, or from which, the
 * kernel has moved a declaration. So pure sources need not know where it is.
 */
#ifndef BULKHEAD_FIRST_H
#define BULKHEAD_FIRST_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
/*
 * kvmalloc(), kvcalloc(), kvfree(): in linux/slab.h since 5.16, in linux/mm.h before. That
 * includes linux/printk.h, so pr_fmt must be defined here, as each source defines it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/mm.h>
#endif

/* hex_to_bin() and its like: in linux/hex.h since 7.0, in linux/kernel.h before. */
#include <linux/hex.h>

#endif /* BULKHEAD_FIRST_H */
