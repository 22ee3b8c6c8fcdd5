/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel modules as files and in the kernel.
 */
#ifndef BULKHEAD_TOOLS_KMODULE_H
#define BULKHEAD_TOOLS_KMODULE_H

#include "util.h"

/* A module's image in memory, with what it says of itself. */
struct image {
	const char *path;
	struct buf bytes;
	const char *version;	/* or "unknown" */
	const char *srcversion;	/* or NULL */
};

/**
 * image_read() - read a module's file
 * @image: takes it
 * @path: the file, packed by xz, gzip or zstd or not
 *
 * Return: whether it is bulkhead for the running kernel; if not it has said why.
 */
bool image_read(struct image *image, const char *path);

/**
 * image_find_loaded() - find the file of the module that is loaded
 * @image: takes it
 * @path: where to look, or NULL for the usual places
 *
 * Return: whether a file is that of the loaded module; if not it has said why.
 */
bool image_find_loaded(struct image *image, const char *path);

/**
 * image_load() - put a module into the kernel
 * @image: as it was read
 *
 * Return: 0 or a positive errno.
 */
int image_load(const struct image *image);

/**
 * image_unload() - take the module out of the kernel
 *
 * Return: 0 or a positive errno.
 */
int image_unload(void);

#endif /* BULKHEAD_TOOLS_KMODULE_H */
