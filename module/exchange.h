/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files whose blocks are being exchanged for those of others that equal them.
 */
#ifndef BULKHEAD_EXCHANGE_H
#define BULKHEAD_EXCHANGE_H

#include <linux/types.h>

struct inode;

int bh_exchange_begin(const struct inode *inode);
void bh_exchange_end(const struct inode *inode);
bool bh_exchange_is_under_way(const struct inode *inode);
void bh_exchange_exit(void);

#endif /* BULKHEAD_EXCHANGE_H */
