/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths: the name of a file as its mount namespace has it.
 */
#ifndef BULKHEAD_PATH_H
#define BULKHEAD_PATH_H

#include <linux/path.h>
#include <linux/types.h>

struct file;
struct vfsmount;

struct vfsmount *bh_ns_bottom(void);
struct file *bh_open_as_kernel(const struct path *path, int flags);
int bh_path_name(const struct path *path, const struct vfsmount *bottom, char *buf, char **name);
int bh_path_name_atomic(const struct path *path, bool trust_root, char *buf, char **name);

int bh_path_init(void);
void bh_path_exit(void);

#endif /* BULKHEAD_PATH_H */
