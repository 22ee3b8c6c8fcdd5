/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name: 5.11 split it off.
 */
#ifndef BULKHEAD_COMPAT_SHA2_H
#define BULKHEAD_COMPAT_SHA2_H

#include <crypto/sha.h>

#endif /* BULKHEAD_COMPAT_SHA2_H */
