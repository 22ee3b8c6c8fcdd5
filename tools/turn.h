/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose turn it is to change the module's state. "bulkhead upgrade" has it alone: what somebody
 * bound after the state was saved would be lost.
 */
#ifndef BULKHEAD_TOOLS_TURN_H
#define BULKHEAD_TOOLS_TURN_H

#include <sys/file.h>

#define TURN_SECONDS	60	/* how long an upgrade, or all who start containers, may take */

/**
 * turn_take() - wait for a turn
 * @operation: LOCK_SH, or LOCK_EX to have it alone
 *
 * Return: a descriptor, which is the turn until it is closed; or -1 with errno: EWOULDBLOCK if
 * others had it for TURN_SECONDS, anything else if there is no file to take turns by.
 */
int turn_take(int operation);

#endif /* BULKHEAD_TOOLS_TURN_H */
