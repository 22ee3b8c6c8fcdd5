/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layers: does a file of an overlay lie in the layer that is written to?
 */
#ifndef BULKHEAD_LAYER_H
#define BULKHEAD_LAYER_H

struct path;

int bh_layer_of(const struct path *path);

/* Sees the path when overlayfs opens the directory that lies beneath its own. */
void bh_layer_saw_open(const struct path *path);

#endif /* BULKHEAD_LAYER_H */
