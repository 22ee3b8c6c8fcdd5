/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files below /sys/kernel/security/bulkhead.
 */
#ifndef BULKHEAD_SECURITYFS_H
#define BULKHEAD_SECURITYFS_H

#include "attach.h"

int bh_securityfs_init(struct bh_hook *const *tables, unsigned int nr);
void bh_securityfs_exit(void);

#endif /* BULKHEAD_SECURITYFS_H */
