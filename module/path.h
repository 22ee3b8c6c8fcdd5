/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths: the name of a file as its mount namespace has it.
 */
#ifndef BULKHEAD_PATH_H
#define BULKHEAD_PATH_H

#include <linux/path.h>
#include <linux/types.h>

#include "decide.h"
#include "function.h"

struct vfsmount;

extern const struct bh_function bh_path_functions[];

int bh_path_find(const struct path *path, char *buf, struct bh_string *string);
int bh_path_name(const struct path *path, char *buf, char **name);
bool bh_path_is_here(const struct path *path);
bool bh_path_is_root(const struct vfsmount *mnt);

int bh_path_init(void);

#endif /* BULKHEAD_PATH_H */
