// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layer of an image: unpacked as it is read, compared with its digests, and applied.
 *
 * Layers come from strangers. Nothing of them is written anywhere, no program is run to
 * unpack them, and names that lead out of the image end the reading.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "image.h"
#include "util.h"

#define CHUNK 262144
/* Between two words of progress. */
#define STRIDE (16u << 20)

/**
 * struct stream - a layer while it is read
 * @layer: what is read
 * @stored: of all that lies in the store, compressed or not
 * @unpacked: of all that the reader of entries was given
 * @raw: unpacks what lies in the store
 * @ended: there is no more to unpack
 * @done: bytes that the reader of entries was given
 * @bytes: what is read of the store at a time
 */
struct stream {
	const struct image_layer *layer;
	struct sha256 *stored;
	struct sha256 *unpacked;
	struct archive *raw;
	bool ended;
	unsigned long long done;
	char bytes[CHUNK];
};

/**
 * image_filters() - take what images are compressed with
 * @archive: what is to unpack
 *
 * libarchive knows more, some of which it leaves to programs that it runs.
 */
void image_filters(struct archive *archive)
{
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
}

static la_ssize_t read_stored(struct archive *archive, void *data, const void **bytes)
{
	struct stream *stream = data;
	const struct image_layer *layer = stream->layer;
	ssize_t n = layer->from ? archive_read_data(layer->from, stream->bytes, CHUNK) :
				  read(layer->fd, stream->bytes, CHUNK);

	if (n < 0) {
		archive_set_error(archive, EIO, "%s", layer->from ?
				  archive_error_string(layer->from) : strerror(errno));
		return -1;
	}
	sha256_add(stream->stored, stream->bytes, n);
	*bytes = stream->bytes;
	return n;
}

static void show_progress(struct stream *stream, size_t n)
{
	unsigned long long before = stream->done;

	stream->done += n;
	if (stream->done / STRIDE != before / STRIDE && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%.40s: %llu MB ", stream->layer->label, stream->done >> 20);
}

static void end_progress(const struct stream *stream)
{
	if (stream->done >= STRIDE && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%*s\r", 60, "");
}

static la_ssize_t read_unpacked(struct archive *archive, void *data, const void **bytes)
{
	struct stream *stream = data;
	la_int64_t offset;
	size_t n;
	int ret;

	if (stream->ended)
		return 0;
	ret = archive_read_data_block(stream->raw, bytes, &n, &offset);
	stream->ended = ret == ARCHIVE_EOF;
	if (stream->ended)
		return 0;
	if (ret != ARCHIVE_OK) {
		archive_set_error(archive, EIO, "%s", archive_error_string(stream->raw));
		return -1;
	}
	if (stream->unpacked)
		sha256_add(stream->unpacked, *bytes, n);
	show_progress(stream, n);
	return n;
}

/* Entries */

static struct image_content *read_entry(const struct image *image, struct archive *archive,
					mode_t mode, int *err)
{
	struct image_reader *reader = image_read_begin(image);
	const void *bytes;
	la_int64_t offset, next = 0;
	bool more = true;
	int ret = ARCHIVE_OK;
	size_t n;

	while (more && ret == ARCHIVE_OK) {
		ret = archive_read_data_block(archive, &bytes, &n, &offset);
		if (ret != ARCHIVE_OK)
			break;
		/* What a sparse file leaves out is zeros. */
		more = image_read_zeros(reader, offset - next) && image_read_add(reader, bytes, n);
		next = offset + n;
	}
	*err = ret != ARCHIVE_OK && ret != ARCHIVE_EOF;
	return image_read_end(reader, mode);
}

/* Is it one of the names by which a layer takes others away? Then it is done. */
static bool apply_whiteout(struct image *image, char *path)
{
	char *name = strrchr(path, '/');

	if (!name || strncmp(name + 1, ".wh.", 4))
		return false;
	if (!strcmp(name + 1, ".wh..wh..opq")) {
		*name = '\0';
		image_whiteout(image, path, true);
	} else {
		memmove(name + 1, name + 5, strlen(name + 5) + 1);
		image_whiteout(image, path, false);
	}
	return true;
}

/* Builders write the target of a hard link with and without a leading slash. */
static int put_link(struct image *image, const char *path, const char *to, const char **why)
{
	char *target = image_path(image, to + strspn(to, "/"), why);
	struct image_node *node = target ? image_find(image, target) : NULL;

	if (target && (!node || node->type == S_IFDIR)) {
		*why = "a hard link to what is not there";
		node = NULL;
	}
	free(target);
	if (!node)
		return -1;
	image_put(image, path, node->type, node->target, node->content);
	return 0;
}

static int put_file(struct image *image, const char *path, struct archive *archive,
		    struct archive_entry *entry, const char **why)
{
	int err;
	struct image_content *content = read_entry(image, archive, archive_entry_mode(entry), &err);

	image_put(image, path, S_IFREG, NULL, content);
	if (err)
		*why = archive_error_string(archive);
	return err;
}

static int put_node(struct image *image, const char *path, struct archive *archive,
		    struct archive_entry *entry, const char **why)
{
	const char *link = archive_entry_hardlink(entry);

	if (link)
		return put_link(image, path, link, why);
	switch (archive_entry_filetype(entry)) {
	case S_IFREG:
		return put_file(image, path, archive, entry, why);
	case S_IFLNK:
		image_put(image, path, S_IFLNK, archive_entry_symlink(entry), NULL);
		return 0;
	case S_IFDIR:
		image_put(image, path, S_IFDIR, NULL, NULL);
		return 0;
	default:
		say("%s: a device, a pipe or a socket: left out", path);
		image_put(image, path, archive_entry_filetype(entry), NULL, NULL);
		return 0;
	}
}

/* Return: 0 or -1, with @why. */
static int put_entry(struct image *image, struct archive *archive, struct archive_entry *entry,
		     const char **why)
{
	const char *name = archive_entry_pathname(entry);
	char *path = name ? image_path(image, name, why) : NULL;
	int err = 0;

	if (!path)
		return -1;
	if (*path && !apply_whiteout(image, path))
		err = put_node(image, path, archive, entry, why);
	free(path);
	return err ? -1 : 0;
}

/* Return: DONE or TROUBLE, with a word. */
static int read_entries(struct image *image, struct archive *archive, const char *label)
{
	struct archive_entry *entry;
	const char *why, *name;
	int ret;

	for (;;) {
		why = NULL;
		ret = archive_read_next_header(archive, &entry);
		if (ret == ARCHIVE_EOF)
			return DONE;
		/* A warning is of a date or an owner. */
		if (ret != ARCHIVE_OK && ret != ARCHIVE_WARN) {
			say("%s: not a layer: %s", label, archive_error_string(archive));
			return TROUBLE;
		}
		if (put_entry(image, archive, entry, &why)) {
			name = archive_entry_pathname(entry);
			say("%s: %s: %s", label, name ? name : "?", why ? why : "unreadable");
			return TROUBLE;
		}
	}
}

/* What is hashed goes on behind the end of what was read. */
static int read_rest(struct archive *archive, struct stream *stream)
{
	const void *rest;
	la_ssize_t n;

	while ((n = read_unpacked(archive, stream, &rest)) > 0)
		;
	while (n == 0 && (n = read_stored(archive, stream, &rest)) > 0)
		;
	if (n < 0)
		say("%s: not a layer: %s", stream->layer->label, archive_error_string(archive));
	return n < 0 ? TROUBLE : DONE;
}

static int read_layer(struct image *image, struct stream *stream)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *whole;
	const char *label = stream->layer->label;
	int ret, status = TROUBLE;

	stream->raw = archive_read_new();
	image_filters(stream->raw);
	archive_read_support_format_raw(stream->raw);
	archive_read_support_format_empty(stream->raw);
	archive_read_support_format_tar(archive);
	archive_read_support_format_empty(archive);
	/* Names are bytes, in whatever locale. */
	archive_read_set_options(archive, "hdrcharset=BINARY");
	ret = archive_read_open(stream->raw, stream, NULL, read_stored, NULL);
	if (ret == ARCHIVE_OK)
		ret = archive_read_next_header(stream->raw, &whole);
	stream->ended = ret == ARCHIVE_EOF;
	if (ret != ARCHIVE_OK && ret != ARCHIVE_EOF)
		say("%s: not a layer: %s", label, archive_error_string(stream->raw));
	else if (archive_read_open(archive, stream, NULL, read_unpacked, NULL) != ARCHIVE_OK)
		say("%s: not a layer: %s", label, archive_error_string(archive));
	else
		status = read_entries(image, archive, label);
	if (!status)
		status = read_rest(archive, stream);
	end_progress(stream);
	archive_read_free(archive);
	archive_read_free(stream->raw);
	return status;
}

static int compare(const char *label, struct sha256 *hash, const char *wanted)
{
	char hex[SHA256_HEX];

	sha256_end(hash, hex);
	if (!wanted || !strcmp(hex, wanted))
		return DONE;
	say("%s: has the digest sha256:%s, not sha256:%s", label, hex, wanted);
	return TROUBLE;
}

/**
 * image_apply_layer() - read a layer and apply it
 * @image: the image, with the layers below
 * @layer: the layer
 *
 * Return: DONE; TROUBLE if it cannot be read or is not what its digests say.
 */
int image_apply_layer(struct image *image, const struct image_layer *layer)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));
	int status, same;

	stream->layer = layer;
	stream->stored = sha256_begin();
	stream->unpacked = layer->diff_id ? sha256_begin() : NULL;
	image->layer++;
	status = read_layer(image, stream);
	same = compare(layer->label, stream->stored, status ? NULL : layer->sha256);
	if (stream->unpacked && compare(layer->label, stream->unpacked,
					status ? NULL : layer->diff_id))
		same = TROUBLE;
	free(stream);
	return status ?: same;
}
