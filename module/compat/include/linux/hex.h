/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name: 6.4 split it off kernel.h, which
 * whoever needs it includes.
 */
#ifndef BULKHEAD_COMPAT_HEX_H
#define BULKHEAD_COMPAT_HEX_H

#endif /* BULKHEAD_COMPAT_HEX_H */
