/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of a file that may be written to although nobody has it open for writing.
 */
#ifndef BULKHEAD_PINS_H
#define BULKHEAD_PINS_H

struct inode;

int bh_pins_end(struct inode *inode);

#endif /* BULKHEAD_PINS_H */
