/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freezes what is confined, by control groups of version 2.
 */
#ifndef BULKHEAD_TOOLS_FREEZE_H
#define BULKHEAD_TOOLS_FREEZE_H

#include "snapshot.h"

/**
 * freeze_confined() - freeze every task that a binding confines
 * @snapshot: the bindings
 * @seconds: how long that may take
 *
 * The control group of each such task is frozen. Where that would freeze the caller, the
 * process is moved into a group of its own until freeze_thaw(). Tasks that come into being
 * meanwhile are frozen as well: the function returns when none is left that is not.
 *
 * Return: whether all are frozen. If not it has said why; freeze_thaw() is due all the same.
 */
bool freeze_confined(struct snapshot *snapshot, unsigned int seconds);

/** freeze_thaw() - let everything go on, but what was frozen before */
void freeze_thaw(void);

/** freeze_list() - say what is frozen, for whoever has to thaw it by hand */
void freeze_list(void);

#endif /* BULKHEAD_TOOLS_FREEZE_H */
