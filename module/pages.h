/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a file hold what its pages show, and will it?
 */
#ifndef BULKHEAD_PAGES_H
#define BULKHEAD_PAGES_H

#include <linux/types.h>

struct inode;

int bh_pages_settle(struct inode *inode);
int bh_pages_check_end(struct inode *inode, loff_t size);

#endif /* BULKHEAD_PAGES_H */
