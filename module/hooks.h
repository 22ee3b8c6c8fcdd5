/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of hooks, one for each class.
 */
#ifndef BULKHEAD_HOOKS_H
#define BULKHEAD_HOOKS_H

#include "attach.h"

struct file;

extern struct bh_hook bh_exec_hooks[];
extern struct bh_hook bh_setid_hooks[];
extern struct bh_hook bh_map_hooks[];
extern struct bh_hook bh_implied_hooks[];
extern struct bh_hook bh_remote_hooks[];
extern struct bh_hook bh_overlay_hooks[];
extern struct bh_hook bh_layer_hooks[];
extern struct bh_hook bh_mount_hooks[];
extern struct bh_hook bh_mount_context_hooks[];
extern struct bh_hook bh_mount_detached_hooks[];
extern struct bh_hook bh_mount_attach_hooks[];
extern struct bh_hook bh_mount_attr_hooks[];
extern struct bh_hook bh_ns_hooks[];
extern struct bh_hook bh_ptrace_hooks[];
extern struct bh_hook bh_unload_hooks[];
extern struct bh_hook bh_dedupe_hooks[];

int bh_map_start(void);
int bh_exec_judge_copied(const struct file *mapped, const struct file *copy);

int bh_content_start(void);
void bh_content_stop(void);

#endif /* BULKHEAD_HOOKS_H */
