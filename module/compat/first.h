/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before anything else, also by sources that know no kernel: where a
 * declaration is that has moved to another header since.
 */
#ifndef BULKHEAD_FIRST_H
#define BULKHEAD_FIRST_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
/*
 * 5.16 moved kvmalloc() and its like to slab.h. What is included here must see the
 * definition that each source has of pr_fmt.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/mm.h>
#endif

/* Out of kernel.h since 7.0. */
#include <linux/hex.h>

#endif /* BULKHEAD_FIRST_H */
