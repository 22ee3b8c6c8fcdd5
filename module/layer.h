/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layers: does a file of an overlay lie in the layer that is written to?
 */
#ifndef BULKHEAD_LAYER_H
#define BULKHEAD_LAYER_H

#include <linux/types.h>

struct path;

int bh_layer_of(const struct path *path);
bool bh_layer_takes(const struct path *path);

#endif /* BULKHEAD_LAYER_H */
