// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where an image lies: a root directory, an OCI layout, an archive of podman or docker.
 *
 * Layers are read through libarchive as they are, compressed or not, and nothing of them
 * is written anywhere.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "image.h"
#include "util.h"

#define CHUNK 262144
/* Largest manifest or configuration that is read. */
#define JSON_MAX (8u << 20)

/* Root directories */

static struct image_content *read_local(const char *path, mode_t mode)
{
	struct image_reader *reader = image_read_begin();
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	static char bytes[CHUNK];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
		if (!image_read_add(reader, bytes, n))
			break;
	if (n < 0)
		say("%s: %s: left out", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return image_read_end(reader, n < 0 ? 0 : mode);
}

static void put_local(struct image *image, const char *path, const FTSENT *entry)
{
	char target[PATH_MAX];
	ssize_t len;

	switch (entry->fts_info) {
	case FTS_D:
		image_put(image, path, S_IFDIR, NULL, NULL);
		break;
	case FTS_F:
		image_put(image, path, S_IFREG, NULL,
			  read_local(entry->fts_accpath, entry->fts_statp->st_mode));
		break;
	case FTS_SL:
	case FTS_SLNONE:
		len = readlink(entry->fts_accpath, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		image_put(image, path, S_IFLNK, target, NULL);
		break;
	}
}

/**
 * image_from_directory() - an image that is unpacked
 * @image: the image
 * @path: its root
 *
 * Return: DONE or TROUBLE.
 */
int image_from_directory(struct image *image, const char *path)
{
	char *roots[] = { (char *)path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t top = strlen(path);
	int status = DONE;
	FTSENT *entry;

	if (!fts)
		die("%s: %s", path, strerror(errno));
	while ((entry = fts_read(fts))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS) {
			say("%s: %s", entry->fts_path, strerror(entry->fts_errno));
			status = TROUBLE;
		}
		if (entry->fts_level > 0) {
			char *name = xasprintf("%s%s", entry->fts_path[top] == '/' ? "" : "/",
					       entry->fts_path + top);

			put_local(image, name, entry);
			free(name);
		}
	}
	fts_close(fts);
	return status;
}

/* Layers */

/**
 * struct blob - a layer while it is read
 * @from: the archive in which it lies, or NULL
 * @fd: the file in which it lies, or -1
 * @hash: of all that was read
 * @label: what diagnostics call it
 * @bytes: what is read at a time
 */
struct blob {
	struct archive *from;
	int fd;
	struct sha256 *hash;
	const char *label;
	char bytes[CHUNK];
};

static la_ssize_t read_blob(struct archive *archive, void *data, const void **bytes)
{
	struct blob *blob = data;
	ssize_t n = blob->from ? archive_read_data(blob->from, blob->bytes, CHUNK) :
				 read(blob->fd, blob->bytes, CHUNK);

	if (n < 0) {
		archive_set_error(archive, EIO, "%s", blob->from ?
				  archive_error_string(blob->from) : strerror(errno));
		return -1;
	}
	sha256_add(blob->hash, blob->bytes, n);
	*bytes = blob->bytes;
	return n;
}

static struct image_content *read_entry(struct archive *archive, mode_t mode, int *err)
{
	struct image_reader *reader = image_read_begin();
	static char bytes[CHUNK];
	la_ssize_t n;

	while ((n = archive_read_data(archive, bytes, sizeof(bytes))) > 0)
		if (!image_read_add(reader, bytes, n))
			break;
	*err = n < 0;
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

static int put_link(struct image *image, const char *path, const char *to, const char **why)
{
	char *target = image_path(image, to, why);
	struct image_node *node = target ? image_find(image, target) : NULL;

	free(target);
	if (target && (!node || node->type != S_IFREG))
		*why = "a hard link to what is no file";
	if (!node || node->type != S_IFREG)
		return -1;
	image_put(image, path, S_IFREG, NULL, node->content);
	return 0;
}

/* Return: 0 or -1, with @why. */
static int put_entry(struct image *image, struct archive *archive, struct archive_entry *entry,
		     const char **why)
{
	const char *name = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	char *path = name ? image_path(image, name, why) : NULL;
	mode_t type = archive_entry_filetype(entry);
	int err = 0;

	if (!path)
		return -1;
	if (!*path || apply_whiteout(image, path))
		goto out;
	if (link) {
		err = put_link(image, path, link, why);
	} else if (type == S_IFREG) {
		image_put(image, path, type, NULL,
			  read_entry(archive, archive_entry_mode(entry), &err));
		if (err)
			*why = archive_error_string(archive);
	} else if (type == S_IFLNK) {
		image_put(image, path, type, archive_entry_symlink(entry), NULL);
	} else if (type == S_IFDIR) {
		if (!image_find(image, path) || image_find(image, path)->type != S_IFDIR)
			image_put(image, path, type, NULL, NULL);
	} else {
		say("%s: a device, a pipe or a socket: left out", path);
		image_put(image, path, type, NULL, NULL);
	}
out:
	free(path);
	return err ? -1 : 0;
}

static int read_layer(struct image *image, struct blob *blob)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	const char *why = NULL, *name;
	const void *rest;
	int ret;

	archive_read_support_filter_all(archive);
	archive_read_support_format_tar(archive);
	archive_read_support_format_empty(archive);
	ret = archive_read_open(archive, blob, NULL, read_blob, NULL);
	while (ret == ARCHIVE_OK && (ret = archive_read_next_header(archive, &entry)) == ARCHIVE_OK)
		if (put_entry(image, archive, entry, &why)) {
			name = archive_entry_pathname(entry);
			say("%s: %s: %s", blob->label, name ? name : "?", why ? why : "unreadable");
			ret = ARCHIVE_FATAL + 1;
		}
	if (ret != ARCHIVE_EOF && ret != ARCHIVE_FATAL + 1)
		say("%s: not a layer: %s", blob->label, archive_error_string(archive));
	/* The end of what is hashed may lie behind the end of what was unpacked. */
	while (ret == ARCHIVE_EOF && read_blob(archive, blob, &rest) > 0)
		;
	archive_read_free(archive);
	return ret == ARCHIVE_EOF ? DONE : TROUBLE;
}

/* Reads a layer and compares its digest with what the manifest says, if it does. */
static int apply_layer(struct image *image, struct archive *from, int fd, const char *label,
		       const char *sha256)
{
	struct blob *blob = xcalloc(1, sizeof(*blob));
	char hex[SHA256_HEX];
	int status;

	blob->from = from;
	blob->fd = fd;
	blob->label = label;
	blob->hash = sha256_begin();
	image->layer++;
	status = read_layer(image, blob);
	sha256_end(blob->hash, hex);
	if (!status && sha256 && strcmp(hex, sha256)) {
		say("%s: has the digest sha256:%s, not sha256:%s", label, hex, sha256);
		status = TROUBLE;
	}
	free(blob);
	return status;
}

/* Where blobs lie: in a directory, or in an archive that is read again for each. */

struct store {
	const char *path;
	bool is_archive;
};

static struct archive *open_archive(const char *path)
{
	struct archive *archive = archive_read_new();

	archive_read_support_filter_all(archive);
	archive_read_support_format_tar(archive);
	if (archive_read_open_filename(archive, path, CHUNK) == ARCHIVE_OK)
		return archive;
	say("%s: %s", path, archive_error_string(archive));
	archive_read_free(archive);
	return NULL;
}

/* The archive, standing at the entry of this name; NULL and a word if there is none. */
static struct archive *open_member(const struct store *store, const char *name, bool quiet)
{
	struct archive *archive = open_archive(store->path);
	struct archive_entry *entry;
	const char *path;

	while (archive && archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		path = archive_entry_pathname(entry);
		if (path && !strncmp(path, "./", 2))
			path += 2;
		if (path && !strcmp(path, name) && archive_entry_filetype(entry) == AE_IFREG)
			return archive;
	}
	if (archive)
		archive_read_free(archive);
	if (!quiet)
		say("%s: has no %s", store->path, name);
	return NULL;
}

static int read_member(const struct store *store, const char *name, struct buf *text, bool quiet)
{
	struct archive *archive = open_member(store, name, quiet);
	char bytes[65536];
	la_ssize_t n = 0;

	if (!archive)
		return TROUBLE;
	while (text->len <= JSON_MAX && (n = archive_read_data(archive, bytes, sizeof(bytes))) > 0)
		buf_add(text, bytes, n);
	archive_read_free(archive);
	return n ? TROUBLE : DONE;
}

static json_t *read_json(const struct store *store, const char *name, const char *sha256,
			 bool quiet)
{
	struct buf text = { 0 };
	char *path = xasprintf("%s/%s", store->path, name), hex[SHA256_HEX];
	json_t *json = NULL;
	struct sha256 *hash = sha256_begin();
	bool there = store->is_archive ? !read_member(store, name, &text, quiet) :
		     quiet && access(path, R_OK) ? false : !read_file(path, &text);

	sha256_add(hash, text.s ? text.s : "", text.len);
	sha256_end(hash, hex);
	if (there && sha256 && strcmp(hex, sha256))
		say("%s: %s has the digest sha256:%s", store->path, name, hex);
	else if (there)
		json = json_loadb(text.s ? text.s : "", text.len, 0, NULL);
	if (there && !json && !sha256)
		say("%s: %s is not JSON", store->path, name);
	buf_free(&text);
	free(path);
	return json;
}

/* The digits of a descriptor's digest, or NULL if it is no sha256 digest. */
static const char *digest_of(json_t *descriptor)
{
	const char *digest = json_string_value(json_object_get(descriptor, "digest"));

	if (!digest || strncmp(digest, "sha256:", 7) || strlen(digest) != 7 + 64 ||
	    strspn(digest + 7, "0123456789abcdef") != 64)
		return NULL;
	return digest + 7;
}

static json_t *read_blob_json(const struct store *store, json_t *descriptor)
{
	const char *digest = digest_of(descriptor);
	char *name;
	json_t *json;

	if (!digest) {
		say("%s: a descriptor without a sha256 digest", store->path);
		return NULL;
	}
	name = xasprintf("blobs/sha256/%s", digest);
	json = read_json(store, name, digest, false);
	free(name);
	return json;
}

static int apply_blob(struct image *image, const struct store *store, const char *name,
		      const char *sha256)
{
	struct archive *from = NULL;
	char *path = xasprintf("%s/%s", store->path, name);
	int fd = -1, status = TROUBLE;

	if (store->is_archive)
		from = open_member(store, name, false);
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		say("%s: %s", path, strerror(errno));
	if (from || fd >= 0)
		status = apply_layer(image, from, fd, name, sha256);
	if (from)
		archive_read_free(from);
	if (fd >= 0)
		close(fd);
	free(path);
	return status;
}

/* OCI */

/* Of several, the manifest for this machine; of one, that one. */
static json_t *choose_manifest(json_t *list)
{
	json_t *descriptor, *platform;
	size_t i;

	json_array_foreach(list, i, descriptor) {
		platform = json_object_get(descriptor, "platform");
		const char *arch = json_string_value(json_object_get(platform, "architecture"));

		if (json_array_size(list) == 1 || (arch && !strcmp(arch, "amd64")))
			return descriptor;
	}
	return json_array_get(list, 0);
}

static int apply_manifest(struct image *image, const struct store *store, json_t *manifest)
{
	json_t *layers = json_object_get(manifest, "layers"), *layer;
	int status = DONE;
	size_t i;

	if (!json_is_array(layers)) {
		say("%s: a manifest without layers", store->path);
		return TROUBLE;
	}
	json_array_foreach(layers, i, layer) {
		const char *digest = digest_of(layer);
		char *name = digest ? xasprintf("blobs/sha256/%s", digest) : NULL;

		if (!digest)
			say("%s: a layer without a sha256 digest", store->path);
		status = name ? apply_blob(image, store, name, digest) : TROUBLE;
		free(name);
		if (status)
			break;
	}
	return status;
}

static int from_index(struct image *image, const struct store *store, json_t *index)
{
	json_t *chosen = choose_manifest(json_object_get(index, "manifests")), *manifest;
	int status = TROUBLE;

	if (!chosen) {
		say("%s: index.json names no image", store->path);
		return TROUBLE;
	}
	manifest = read_blob_json(store, chosen);
	if (manifest && json_object_get(manifest, "manifests")) {
		json_t *inner = choose_manifest(json_object_get(manifest, "manifests"));
		json_t *next = inner ? read_blob_json(store, inner) : NULL;

		json_decref(manifest);
		manifest = next;
	}
	if (manifest)
		status = apply_manifest(image, store, manifest);
	json_decref(manifest);
	return status;
}

/* docker */

/* The digest that a layer should have: its name's, or that of its unpacked form. */
static const char *docker_digest(const char *name, json_t *diff_ids, size_t i)
{
	const char *id = json_string_value(json_array_get(diff_ids, i));

	if (!strncmp(name, "blobs/sha256/", 13))
		return name + 13;
	return id && !strncmp(id, "sha256:", 7) ? id + 7 : NULL;
}

static int from_manifest(struct image *image, const struct store *store, json_t *manifests)
{
	json_t *manifest = json_array_get(manifests, 0), *layer, *diff_ids, *config = NULL;
	const char *config_name = json_string_value(json_object_get(manifest, "Config"));
	int status = DONE;
	size_t i;

	if (config_name)
		config = read_json(store, config_name, NULL, false);
	if (!config || !json_is_array(json_object_get(manifest, "Layers"))) {
		say("%s: manifest.json describes no image", store->path);
		json_decref(config);
		return TROUBLE;
	}
	diff_ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	json_array_foreach(json_object_get(manifest, "Layers"), i, layer) {
		const char *name = json_string_value(layer);

		status = name ? apply_blob(image, store, name, docker_digest(name, diff_ids, i)) :
				TROUBLE;
		if (status)
			break;
	}
	json_decref(config);
	return status;
}

/**
 * image_from_layout() - an image in an OCI layout
 * @image: the image
 * @path: the directory
 *
 * Return: DONE or TROUBLE.
 */
int image_from_layout(struct image *image, const char *path)
{
	struct store store = { path, false };
	json_t *index = read_json(&store, "index.json", NULL, false);
	int status = index ? from_index(image, &store, index) : TROUBLE;

	json_decref(index);
	return status;
}

/**
 * image_from_archive() - an image in an archive of podman, skopeo or docker
 * @image: the image
 * @path: the archive
 *
 * Return: DONE or TROUBLE.
 */
int image_from_archive(struct image *image, const char *path)
{
	struct store store = { path, true };
	json_t *index = read_json(&store, "index.json", NULL, true), *manifest;
	int status = TROUBLE;

	if (index) {
		status = from_index(image, &store, index);
		json_decref(index);
		return status;
	}
	manifest = read_json(&store, "manifest.json", NULL, true);
	if (manifest)
		status = from_manifest(image, &store, manifest);
	else
		say("%s: neither an OCI archive nor one of docker", path);
	json_decref(manifest);
	return status;
}
