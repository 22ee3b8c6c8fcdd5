/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name: 5.15 took it from the compiler.
 */
#ifndef BULKHEAD_COMPAT_STDARG_H
#define BULKHEAD_COMPAT_STDARG_H

#include <stdarg.h>

#endif /* BULKHEAD_COMPAT_STDARG_H */
