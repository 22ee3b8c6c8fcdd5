/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BULKHEAD_HOOK_CAPS_H
#define BULKHEAD_HOOK_CAPS_H

#include <jansson.h>

void hook_warn_capabilities(const json_t *state);

#endif /* BULKHEAD_HOOK_CAPS_H */
