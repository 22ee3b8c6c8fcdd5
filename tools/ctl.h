/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's files in securityfs.
 */
#ifndef BULKHEAD_TOOLS_CTL_H
#define BULKHEAD_TOOLS_CTL_H

#include "util.h"

/* Where they are, instead of BULKHEAD_DIR: for tests. */
#define CTL_ENVIRONMENT "BULKHEAD_SECURITYFS"

const char *ctl_dir(void);
bool ctl_loaded(void);
void ctl_require(void);
int ctl_require_turn(void);
int ctl_open(const char *file, int flags);
void ctl_read(const char *file, struct buf *buf);
int ctl_try_read(const char *file, struct buf *buf);
int ctl_write(const char *file, const char *s, size_t len);
const char *ctl_refusal(int err);

#endif /* BULKHEAD_TOOLS_CTL_H */
