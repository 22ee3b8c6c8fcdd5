/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an image holds once its layers are applied: names, and of programs their digests.
 */
#ifndef BULKHEAD_TOOLS_IMAGE_H
#define BULKHEAD_TOOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sha256.h"

/* What a file is to execve and to the loader. */
enum image_kind {
	IMAGE_OTHER,
	IMAGE_ELF,
	IMAGE_SCRIPT,
};

/**
 * struct image_content - the content of a file, which hard links share
 * @kind: what it is
 * @mode: its permissions
 * @sha256: its digest; of programs, libraries and scripts only
 * @verity: what fs-verity would say with its usual parameters
 * @refs: nodes that have it
 */
struct image_content {
	enum image_kind kind;
	mode_t mode;
	char sha256[SHA256_HEX];
	char verity[SHA256_HEX];
	unsigned int refs;
};

/**
 * struct image_node - a name in the image
 * @path: absolute
 * @type: S_IFREG and its like
 * @layer: number of the layer that it comes from
 * @target: of a symbolic link
 * @content: of a regular file
 */
struct image_node {
	struct image_node *next;
	char *path;
	mode_t type;
	unsigned int layer;
	char *target;
	struct image_content *content;
};

#define IMAGE_BUCKETS 65536

struct image {
	struct image_node *bucket[IMAGE_BUCKETS];
	size_t nr;
	unsigned int layer;
};

/* A file's content while it is read, from its first byte to its last. */
struct image_reader;

struct image_reader *image_read_begin(void);
bool image_read_add(struct image_reader *reader, const void *bytes, size_t len);
struct image_content *image_read_end(struct image_reader *reader, mode_t mode);

char *image_path(const struct image *image, const char *name, const char **why);
struct image_node *image_find(const struct image *image, const char *path);
void image_put(struct image *image, const char *path, mode_t type, const char *target,
	       struct image_content *content);
void image_whiteout(struct image *image, const char *path, bool opaque);
void image_free(struct image *image);

int image_from_directory(struct image *image, const char *path);
int image_from_layout(struct image *image, const char *path);
int image_from_archive(struct image *image, const char *path);

#endif /* BULKHEAD_TOOLS_IMAGE_H */
