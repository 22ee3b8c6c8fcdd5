/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exec and map ask of a file.
 */
#ifndef BULKHEAD_FILE_REQUEST_H
#define BULKHEAD_FILE_REQUEST_H

#include "check.h"

struct file;

u32 bh_file_backing(const struct file *file);
int bh_file_attr(struct bh_check *check, unsigned int attr);
void bh_file_request(struct bh_check *check, const struct file *file, u32 backing);
void bh_memory_request(struct bh_check *check);

#endif /* BULKHEAD_FILE_REQUEST_H */
