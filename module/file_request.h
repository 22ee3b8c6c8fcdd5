/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exec and map ask of a file.
 */
#ifndef BULKHEAD_FILE_REQUEST_H
#define BULKHEAD_FILE_REQUEST_H

#include "check.h"

struct file;
struct path;

u32 bh_file_backing(const struct file *file);
void bh_file_request(struct bh_check *check, const struct file *file);

/* Sees the path when overlayfs opens the directory that lies beneath its own. */
void bh_layer_saw_open(const struct path *path);

#endif /* BULKHEAD_FILE_REQUEST_H */
