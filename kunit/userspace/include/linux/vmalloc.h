/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's allocator of whole pages, as one of those in linux/slab.h. */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/slab.h>

static inline void *__vmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp);
}

#endif /* _LINUX_VMALLOC_H */
