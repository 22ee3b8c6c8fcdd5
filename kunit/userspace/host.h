/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites' side can ask of the C library's side.
 */
#ifndef BULKHEAD_USERSPACE_HOST_H
#define BULKHEAD_USERSPACE_HOST_H

void alloc_fail_at(unsigned long nth);
unsigned long alloc_count(void);
long alloc_live(void);

void host_print(const char *fmt, ...);
void host_vprint(const char *fmt, __builtin_va_list args);
double host_seconds(void);
int host_try(void (*call)(void *data), void *data);
void host_throw(void);

#endif /* BULKHEAD_USERSPACE_HOST_H */
