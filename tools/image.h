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

struct archive;

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
 * @verity: what fs-verity would say with its usual parameters, if the image wants that
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

/**
 * struct image - an image
 * @platform: OS/ARCHITECTURE[/VARIANT] of the one that is wanted; NULL is this machine's,
 *	or the only one
 * @wants_verity: fs-verity's digests are asked for
 * @bucket: the names, by their hash
 * @nr: how many
 * @layer: number of the layer that is read
 */
struct image {
	const char *platform;
	bool wants_verity;
	struct image_node *bucket[IMAGE_BUCKETS];
	size_t nr;
	unsigned int layer;
};

/**
 * struct image_layer - where a layer lies, and what it must be
 * @from: the archive in which it lies, at its entry, or NULL
 * @fd: the file in which it lies
 * @label: what diagnostics call it
 * @sha256: digest of what lies there, or NULL
 * @diff_id: digest of what it is unpacked, or NULL
 */
struct image_layer {
	struct archive *from;
	int fd;
	const char *label;
	const char *sha256;
	const char *diff_id;
};

/* A file's content while it is read, from its first byte to its last. */
struct image_reader;

struct image_reader *image_read_begin(const struct image *image);
bool image_read_zeros(struct image_reader *reader, unsigned long long len);
bool image_read_add(struct image_reader *reader, const void *bytes, size_t len);
struct image_content *image_read_end(struct image_reader *reader, mode_t mode);

char *image_path(const struct image *image, const char *name, const char **why);
struct image_node *image_find(const struct image *image, const char *path);
void image_put(struct image *image, const char *path, mode_t type, const char *target,
	       struct image_content *content);
void image_whiteout(struct image *image, const char *path, bool opaque);
void image_free(struct image *image);

void image_filters(struct archive *archive);
int image_apply_layer(struct image *image, const struct image_layer *layer);
bool image_is_platform(const char *text);
int image_from_layout(struct image *image, const char *path);
int image_from_archive(struct image *image, const char *path, const char *label);
int image_from(struct image *image, const char *source);

#endif /* BULKHEAD_TOOLS_IMAGE_H */
