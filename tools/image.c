// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an image holds once its layers are applied: names, and of programs their digests.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image.h"
#include "util.h"

/* Contents */

#define BLOCK 4096

/*
 * The digest of fs-verity is one of a tree whose leaves are those of the blocks. The
 * leaves of the largest program that is taken are some megabytes.
 */
struct image_reader {
	bool wants_verity;
	struct sha256 *hash;
	struct buf leaves;
	unsigned char head[4];
	size_t head_len;
	unsigned char block[BLOCK];
	size_t in_block;
	unsigned long long size;
};

/**
 * image_read_begin() - begin to read a file
 * @image: the image, which says what is wanted of it
 *
 * Return: the reader, for image_read_end().
 */
struct image_reader *image_read_begin(const struct image *image)
{
	struct image_reader *reader = xcalloc(1, sizeof(*reader));

	reader->wants_verity = image->wants_verity;
	return reader;
}

static enum image_kind kind_of(const struct image_reader *reader)
{
	if (reader->head_len == 4 && !memcmp(reader->head, "\177ELF", 4))
		return IMAGE_ELF;
	if (reader->head_len >= 2 && !memcmp(reader->head, "#!", 2))
		return IMAGE_SCRIPT;
	return IMAGE_OTHER;
}

static void end_block(struct image_reader *reader)
{
	unsigned char digest[32];

	memset(reader->block + reader->in_block, 0, BLOCK - reader->in_block);
	sha256_bytes(reader->block, BLOCK, digest);
	buf_add(&reader->leaves, (char *)digest, sizeof(digest));
	reader->in_block = 0;
}

/* Hashes what is known to be a program. */
static void add_program(struct image_reader *reader, const unsigned char *s, size_t len)
{
	sha256_add(reader->hash, s, len);
	while (len && reader->wants_verity) {
		size_t n = BLOCK - reader->in_block < len ? BLOCK - reader->in_block : len;

		memcpy(reader->block + reader->in_block, s, n);
		reader->in_block += n;
		s += n;
		len -= n;
		if (reader->in_block == BLOCK)
			end_block(reader);
	}
}

/**
 * image_read_add() - read more of a file
 * @reader: from image_read_begin()
 * @bytes: the bytes
 * @len: how many
 *
 * Return: false if the rest need not be read.
 */
bool image_read_add(struct image_reader *reader, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	for (; len && reader->head_len < 4; s++, len--) {
		reader->head[reader->head_len++] = *s;
		reader->size++;
	}
	if (reader->head_len < 4)
		return true;
	if (kind_of(reader) == IMAGE_OTHER)
		return false;
	if (!reader->hash) {
		reader->hash = sha256_begin();
		add_program(reader, reader->head, 4);
	}
	add_program(reader, s, len);
	reader->size += len;
	return true;
}

/**
 * image_read_zeros() - a file goes on with zeros
 * @reader: from image_read_begin()
 * @len: how many
 *
 * Return: false if the rest need not be read.
 */
bool image_read_zeros(struct image_reader *reader, unsigned long long len)
{
	static const char zeros[65536];
	bool more = true;

	for (; more && len; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		more = image_read_add(reader, zeros, len < sizeof(zeros) ? len : sizeof(zeros));
	return more;
}

/* The digest of the digests, block by block, until one is left; then of the descriptor. */
static void end_verity(struct image_reader *reader, char *hex)
{
	unsigned char descriptor[256] = { 1, 1, 12 };
	struct buf level = reader->leaves;
	size_t i;

	reader->leaves = (struct buf){ 0 };
	while (level.len > 32) {
		struct image_reader above = { .in_block = 0 };

		for (i = 0; i < level.len; i += BLOCK) {
			above.in_block = level.len - i < BLOCK ? level.len - i : BLOCK;
			memcpy(above.block, level.s + i, above.in_block);
			end_block(&above);
		}
		buf_free(&level);
		level = above.leaves;
	}
	for (i = 0; i < 8; i++)
		descriptor[8 + i] = reader->size >> 8 * i;
	if (level.len)
		memcpy(descriptor + 16, level.s, 32);
	buf_free(&level);
	sha256_of(descriptor, sizeof(descriptor), hex);
}

/**
 * image_read_end() - all of a file was read
 * @reader: from image_read_begin(); freed
 * @mode: its permissions
 *
 * Return: its content, for image_put().
 */
struct image_content *image_read_end(struct image_reader *reader, mode_t mode)
{
	struct image_content *content = xcalloc(1, sizeof(*content));

	content->kind = kind_of(reader);
	content->mode = mode;
	if (content->kind != IMAGE_OTHER && !reader->hash) {
		reader->hash = sha256_begin();
		add_program(reader, reader->head, reader->head_len);
	}
	if (reader->hash) {
		if (reader->in_block)
			end_block(reader);
		sha256_end(reader->hash, content->sha256);
		if (reader->wants_verity)
			end_verity(reader, content->verity);
	}
	buf_free(&reader->leaves);
	free(reader);
	return content;
}

static void content_put(struct image_content *content)
{
	if (content && !--content->refs)
		free(content);
}

/* Names */

static struct image_node **slot(const struct image *image, const char *path)
{
	struct image_node **at;
	unsigned int hash = 5381;
	const char *c;

	for (c = path; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	at = (struct image_node **)&image->bucket[hash % IMAGE_BUCKETS];
	while (*at && strcmp((*at)->path, path))
		at = &(*at)->next;
	return at;
}

/**
 * image_find() - a name of the image
 * @image: the image
 * @path: absolute
 *
 * Return: the name's node or NULL.
 */
struct image_node *image_find(const struct image *image, const char *path)
{
	return *slot(image, path);
}

static void free_node(struct image *image, struct image_node **at)
{
	struct image_node *node = *at;

	*at = node->next;
	content_put(node->content);
	free(node->target);
	free(node->path);
	free(node);
	image->nr--;
}

/* Takes away what lies below @path and comes from a layer before @layer. */
static void remove_below(struct image *image, const char *path, unsigned int layer)
{
	size_t len = strlen(path), i;

	for (i = 0; i < IMAGE_BUCKETS; i++) {
		struct image_node **at = &image->bucket[i];

		while (*at) {
			const char *name = (*at)->path;

			if ((*at)->layer < layer && !strncmp(name, path, len) && name[len] == '/')
				free_node(image, at);
			else
				at = &(*at)->next;
		}
	}
}

/* A layer may name a file and not its directories. */
static void put_parents(struct image *image, const char *path)
{
	char *parent = xstrdup(path), *slash = strrchr(parent, '/');

	if (slash)
		*slash = '\0';
	if (slash && *parent && !image_find(image, parent))
		image_put(image, parent, S_IFDIR, NULL, NULL);
	free(parent);
}

/* Makes way for a new node, but for a directory that stays one. Is the old one still there? */
static bool replace(struct image *image, const char *path, mode_t type)
{
	struct image_node **at = slot(image, path);

	if (!*at)
		return false;
	if ((*at)->type == S_IFDIR && type == S_IFDIR) {
		(*at)->layer = image->layer;
		return true;
	}
	if ((*at)->type == S_IFDIR)
		remove_below(image, path, UINT_MAX);
	free_node(image, slot(image, path));
	return false;
}

/**
 * image_put() - a layer has this name
 * @image: the image
 * @path: absolute
 * @type: S_IFREG and its like
 * @target: of a symbolic link
 * @content: of a regular file; a reference is taken
 */
void image_put(struct image *image, const char *path, mode_t type, const char *target,
	       struct image_content *content)
{
	struct image_node **at, *node;

	/* First of all: the old node may be what @target and @content belong to. */
	node = xcalloc(1, sizeof(*node));
	*node = (struct image_node){
		.path = xstrdup(path), .type = type, .layer = image->layer,
		.target = target ? xstrdup(target) : NULL, .content = content,
	};
	if (content)
		content->refs++;
	image->nr++;
	if (replace(image, path, type)) {
		free_node(image, &node);
		return;
	}
	put_parents(image, path);
	at = slot(image, path);
	*at = node;
}

/**
 * image_whiteout() - a layer takes away what those before it have
 * @image: the image
 * @path: what, absolute
 * @opaque: only what lies below it
 */
void image_whiteout(struct image *image, const char *path, bool opaque)
{
	const struct image_node *node = image_find(image, path);

	/* The root has no node. Looking for what lies below a file would be a look at all. */
	if (!*path || (node && node->type == S_IFDIR))
		remove_below(image, path, image->layer);
	if (!opaque && node && node->layer < image->layer)
		free_node(image, slot(image, path));
}

/* As many links as the kernel follows in one path. */
#define LINKS_MAX 40

/**
 * struct walk - a walk to a directory
 * @image: the image, whose root is that of the walk
 * @links: symbolic links that were followed
 * @why: a sentence, once the walk has failed
 */
struct walk {
	const struct image *image;
	unsigned int links;
	const char *why;
};

static char *walk_to(struct walk *walk, const char *path);

/* The directory above. Names have no "..": a link has led here. */
static void walk_up(struct walk *walk, char *done)
{
	char *slash = strrchr(done, '/');

	if (slash)
		*slash = '\0';
	else
		walk->why = "a link leads out of the tree";
}

/* The directory @name in @done, or what it leads to if it is a link; frees @done. */
static char *walk_down(struct walk *walk, char *done, const char *name)
{
	char *next = xasprintf("%s/%s", done, name), *target;
	const struct image_node *node = image_find(walk->image, next);

	if (strlen(next) >= PATH_MAX)
		walk->why = "too long a name";
	if (node && node->type == S_IFLNK && ++walk->links > LINKS_MAX)
		walk->why = "too many links";
	if (node && node->type == S_IFLNK && !walk->why) {
		target = xasprintf("%s/%s", node->target[0] == '/' ? "" : done, node->target);
		free(next);
		next = walk_to(walk, target);
		free(target);
	}
	free(done);
	return next;
}

/* The directory that @path leads to, through symbolic links, as in the image's own root. */
static char *walk_to(struct walk *walk, const char *path)
{
	char *copy = xstrdup(path), *rest = copy, *done = xstrdup(""), *name;

	while (!walk->why && (name = strsep(&rest, "/"))) {
		if (!strcmp(name, ".."))
			walk_up(walk, done);
		else if (*name && strcmp(name, "."))
			done = walk_down(walk, done, name);
	}
	free(copy);
	return done;
}

/* What is wrong with a name as such, or NULL. */
static const char *why_no_name(const char *name)
{
	const char *c;

	if (name[0] == '/')
		return "an absolute name";
	if (strlen(name) >= PATH_MAX)
		return "too long a name";
	for (c = name; (c = strstr(c, "..")); c += 2)
		if ((c == name || c[-1] == '/') && (!c[2] || c[2] == '/'))
			return "a name with \"..\"";
	return NULL;
}

/**
 * image_path() - where a name in an archive lies in the image
 * @image: the image
 * @name: as the archive has it
 * @why: set to a sentence on failure
 *
 * Return: the path, to be freed; empty for the root; NULL if it leads out of the tree, or
 * nowhere.
 */
char *image_path(const struct image *image, const char *name, const char **why)
{
	struct walk walk = { .image = image, .why = why_no_name(name) };
	char *copy, *last, *path, *whole;

	*why = walk.why;
	if (*why)
		return NULL;
	copy = xstrdup(name);
	while (*copy && copy[strlen(copy) - 1] == '/')
		copy[strlen(copy) - 1] = '\0';
	last = strrchr(copy, '/');
	if (last)
		*last++ = '\0';
	path = walk_to(&walk, last ? copy : "");
	last = last ?: copy;
	if (*last && strcmp(last, ".")) {
		whole = xasprintf("%s/%s", path, last);
		free(path);
		path = whole;
	}
	free(copy);
	*why = walk.why;
	if (!*why)
		return path;
	free(path);
	return NULL;
}

/**
 * image_free() - forget an image
 * @image: the image
 */
void image_free(struct image *image)
{
	size_t i;

	for (i = 0; i < IMAGE_BUCKETS; i++)
		while (image->bucket[i])
			free_node(image, &image->bucket[i]);
}
