/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name: 5.14 split it off.
 */
#ifndef BULKHEAD_COMPAT_PANIC_H
#define BULKHEAD_COMPAT_PANIC_H

#include <linux/kernel.h>

#endif /* BULKHEAD_COMPAT_PANIC_H */
