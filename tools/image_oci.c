// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images as engines keep them: OCI layouts, directories or archives, and archives of
 * docker. Which manifest is meant, and which layers it names.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command.h"
#include "image.h"
#include "util.h"

#define CHUNK 262144
/* Largest manifest or configuration that is read. */
#define JSON_MAX (8u << 20)
/* Indexes within indexes. */
#define INDEX_DEPTH 4

/* Where blobs lie: in a directory, or in an archive that is read again for each. */

struct store {
	const char *path;
	const char *label;
	bool is_archive;
	bool *broken;	/* set when it is said why an archive cannot be read */
};

static struct archive *open_archive(const struct store *store)
{
	struct archive *archive = archive_read_new();

	image_filters(archive);
	archive_read_support_format_tar(archive);
	archive_read_set_options(archive, "hdrcharset=BINARY");
	if (archive_read_open_filename(archive, store->path, CHUNK) == ARCHIVE_OK)
		return archive;
	say("%s: %s", store->label, archive_error_string(archive));
	*store->broken = true;
	archive_read_free(archive);
	return NULL;
}

/* The archive, standing at the entry of this name; NULL and a word if there is none. */
static struct archive *open_member(const struct store *store, const char *name, bool quiet)
{
	struct archive *archive = open_archive(store);
	struct archive_entry *entry;
	const char *path;
	int ret = ARCHIVE_FATAL;

	while (archive && ((ret = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
			   ret == ARCHIVE_WARN)) {
		path = archive_entry_pathname(entry);
		if (path && !strncmp(path, "./", 2))
			path += 2;
		if (path && !strcmp(path, name) && archive_entry_filetype(entry) == AE_IFREG)
			return archive;
	}
	if (archive && ret != ARCHIVE_EOF) {
		say("%s: %s", store->label, archive_error_string(archive));
		*store->broken = true;
	} else if (archive && !quiet) {
		say("%s: has no %s", store->label, name);
	}
	if (archive)
		archive_read_free(archive);
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
	if (n)
		say("%s: %s: %s", store->label, name,
		    n < 0 ? archive_error_string(archive) : "too large");
	archive_read_free(archive);
	return n ? TROUBLE : DONE;
}

/* A file of a directory that someone else may have made: no pipe, no device. */
static int open_blob(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0) {
		say("%s: %s", path, strerror(errno));
		return -1;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	say("%s: not a file", path);
	close(fd);
	return -1;
}

static int read_blob(const char *path, struct buf *text)
{
	int fd = open_blob(path), err;

	if (fd < 0)
		return TROUBLE;
	err = read_fd(fd, text);
	close(fd);
	if (err)
		say("%s: %s", path, strerror(err));
	return err ? TROUBLE : DONE;
}

static json_t *read_json(const struct store *store, const char *name, const char *sha256,
			 bool quiet)
{
	char *path = xasprintf("%s/%s", store->path, name), hex[SHA256_HEX];
	struct buf text = { 0 };
	json_t *json = NULL;
	bool there;

	there = store->is_archive ? !read_member(store, name, &text, quiet) :
				    !read_blob(path, &text);
	sha256_of(text.s ? text.s : "", text.len, hex);
	if (there && sha256 && strcmp(hex, sha256)) {
		say("%s: %s has the digest sha256:%s", store->label, name, hex);
	} else if (there) {
		json = json_loadb(text.s ? text.s : "", text.len, 0, NULL);
		if (!json)
			say("%s: %s is not JSON", store->label, name);
	}
	buf_free(&text);
	free(path);
	return json;
}

/* The digits of a digest, or NULL if it is no sha256 digest. */
static const char *digits_of(const char *digest)
{
	if (!digest || strncmp(digest, "sha256:", 7) || strlen(digest) != 7 + 64 ||
	    strspn(digest + 7, "0123456789abcdef") != 64)
		return NULL;
	return digest + 7;
}

static const char *string_in(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* What a descriptor speaks of, or NULL and a word. */
static char *blob_name(const struct store *store, json_t *descriptor, const char **sha256)
{
	*sha256 = digits_of(string_in(descriptor, "digest"));
	if (*sha256)
		return xasprintf("blobs/sha256/%s", *sha256);
	say("%s: a descriptor without a digest of sha256, in lower case", store->label);
	return NULL;
}

static json_t *read_blob_json(const struct store *store, json_t *descriptor)
{
	const char *sha256;
	char *name = blob_name(store, descriptor, &sha256);
	json_t *json = name ? read_json(store, name, sha256, false) : NULL;

	free(name);
	return json;
}

static int apply_blob(struct image *image, const struct store *store, const char *name,
		      const char *sha256, const char *diff_id)
{
	struct image_layer layer = {
		.fd = -1, .label = name, .sha256 = sha256, .diff_id = diff_id,
	};
	char *path = xasprintf("%s/%s", store->path, name);
	int status = TROUBLE;

	if (store->is_archive)
		layer.from = open_member(store, name, false);
	else
		layer.fd = open_blob(path);
	if (layer.from || layer.fd >= 0)
		status = image_apply_layer(image, &layer);
	if (layer.from)
		archive_read_free(layer.from);
	if (layer.fd >= 0)
		close(layer.fd);
	free(path);
	return status;
}

/* Platforms */

struct platform {
	char os[32];
	char arch[32];
	char variant[32];
};

/* This machine's, as Go names it. */
static void host_platform(struct platform *platform)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "i686", "386" }, { "aarch64", "arm64" },
		{ "armv7l", "arm" }, { "armv6l", "arm" }, { "ppc64le", "ppc64le" },
		{ "s390x", "s390x" }, { "riscv64", "riscv64" }, { "loongarch64", "loong64" },
		{ "mips64", "mips64le" },
	};
	struct utsname host;
	size_t i;

	*platform = (struct platform){ .os = "linux", .arch = "amd64" };
	if (uname(&host))
		return;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(host.machine, names[i][0]))
			strcpy(platform->arch, names[i][1]);
}

/**
 * image_is_platform() - is it a platform as --platform takes it?
 * @text: OS/ARCHITECTURE[/VARIANT]
 */
bool image_is_platform(const char *text)
{
	struct platform platform;
	char rest;
	int n = sscanf(text, "%31[a-z0-9]/%31[a-z0-9]/%31[a-z0-9]%c", platform.os, platform.arch,
		       platform.variant, &rest);

	return (n == 2 || n == 3) && text[strlen(text) - 1] != '/';
}

static void wanted_platform(const struct image *image, struct platform *platform)
{
	*platform = (struct platform){ .os = "" };
	if (image->platform)
		sscanf(image->platform, "%31[a-z0-9]/%31[a-z0-9]/%31[a-z0-9]", platform->os,
		       platform->arch, platform->variant);
	else
		host_platform(platform);
}

/* Is a value of a platform the wanted one? Not what a document does not say. */
static bool is_value(json_t *of, const char *key, const char *wanted)
{
	const char *value = string_in(of, key);

	return value && !strcmp(value, wanted);
}

static bool is_platform(json_t *of, const struct platform *wanted)
{
	return is_value(of, "os", wanted->os) && is_value(of, "architecture", wanted->arch) &&
	       (!*wanted->variant || is_value(of, "variant", wanted->variant));
}

static void print_platform(struct buf *out, json_t *of)
{
	const char *os = string_in(of, "os"), *arch = string_in(of, "architecture");
	const char *variant = string_in(of, "variant");

	buf_printf(out, "%s%s/%s%s%s", out->len ? ", " : "", os ? os : "?", arch ? arch : "?",
		   variant ? "/" : "", variant ? variant : "");
}

/* Manifests */

/* Builders put what they attest of an image beside it, under a platform of its own. */
static bool is_image(json_t *descriptor)
{
	json_t *platform = json_object_get(descriptor, "platform");

	return json_is_object(descriptor) && !is_value(platform, "os", "unknown") &&
	       !json_object_get(json_object_get(descriptor, "annotations"),
				"vnd.docker.reference.type");
}

/* Why none was chosen: there is none for the platform, or there are several. */
static void say_choice(const struct store *store, json_t *list, const struct platform *wanted,
		       bool several)
{
	struct buf names = { 0 };
	json_t *descriptor;
	const char *ref;
	size_t i;

	json_array_foreach(list, i, descriptor) {
		ref = string_in(json_object_get(descriptor, "annotations"),
				"org.opencontainers.image.ref.name");
		if (!is_image(descriptor))
			continue;
		if (several && ref)
			buf_printf(&names, "%s%s", names.len ? ", " : "", ref);
		else
			print_platform(&names, json_object_get(descriptor, "platform"));
	}
	if (!names.len)
		say("%s: names no image", store->label);
	else if (several)
		say("%s: has several images, of which one is wanted: %s", store->label, names.s);
	else
		say("%s: has nothing for %s/%s%s%s; --platform may be: %s", store->label,
		    wanted->os, wanted->arch, *wanted->variant ? "/" : "", wanted->variant,
		    names.s);
	buf_free(&names);
}

/* A variant that nobody asked for is taken only where there is no other. */
static bool is_better(json_t *descriptor, json_t *chosen, const struct platform *wanted)
{
	json_t *of = json_object_get(descriptor, "platform");

	return !*wanted->variant && !string_in(of, "variant") &&
	       string_in(json_object_get(chosen, "platform"), "variant");
}

/*
 * The only one there is, unless a platform was asked for; or the one for the platform that
 * was asked for, or for this machine. NULL, with a word, where that is none or several.
 */
static json_t *choose(const struct image *image, const struct store *store, json_t *list)
{
	json_t *descriptor, *platform, *chosen = NULL, *only = NULL;
	struct platform wanted;
	bool several = false;
	size_t i, images = 0;

	wanted_platform(image, &wanted);
	json_array_foreach(list, i, descriptor) {
		if (!is_image(descriptor))
			continue;
		images++;
		only = descriptor;
		platform = json_object_get(descriptor, "platform");
		if (platform && !is_platform(platform, &wanted))
			continue;
		if (!chosen || is_better(descriptor, chosen, &wanted)) {
			chosen = descriptor;
			several = false;
		} else if (!is_better(chosen, descriptor, &wanted) &&
			   !json_equal(json_object_get(descriptor, "digest"),
				       json_object_get(chosen, "digest"))) {
			several = true;
		}
	}
	if (images == 1 && !image->platform)
		return only;
	if (chosen && !several)
		return chosen;
	say_choice(store, list, &wanted, several);
	return NULL;
}

/* What was asked for explicitly must be what the image says of itself. */
static int check_platform(const struct image *image, const struct store *store, json_t *config)
{
	struct platform wanted;
	struct buf is = { 0 };

	wanted_platform(image, &wanted);
	/* Few builders write one here. */
	wanted.variant[0] = '\0';
	if (!image->platform || is_platform(config, &wanted))
		return DONE;
	print_platform(&is, config);
	say("%s: is for %s, not for %s", store->label, is.s, image->platform);
	buf_free(&is);
	return TROUBLE;
}

static int apply_manifest(struct image *image, const struct store *store, json_t *manifest)
{
	json_t *layers = json_object_get(manifest, "layers"), *layer, *config;
	const char *sha256;
	int status = DONE;
	size_t i;

	if (!json_is_array(layers)) {
		say("%s: a manifest without layers", store->label);
		return TROUBLE;
	}
	if (image->platform) {
		config = read_blob_json(store, json_object_get(manifest, "config"));
		status = config ? check_platform(image, store, config) : TROUBLE;
		json_decref(config);
	}
	for (i = 0; !status && i < json_array_size(layers); i++) {
		layer = json_array_get(layers, i);
		char *name = blob_name(store, layer, &sha256);

		status = name ? apply_blob(image, store, name, sha256, NULL) : TROUBLE;
		free(name);
	}
	return status;
}

/* Takes @index's reference. */
static int from_index(struct image *image, const struct store *store, json_t *index)
{
	json_t *list, *chosen, *next;
	int depth, status = TROUBLE;

	for (depth = 0; (list = json_object_get(index, "manifests")); depth++) {
		chosen = depth < INDEX_DEPTH ? choose(image, store, list) : NULL;
		if (depth == INDEX_DEPTH)
			say("%s: indexes within indexes", store->label);
		next = chosen ? read_blob_json(store, chosen) : NULL;
		json_decref(index);
		index = next;
	}
	if (index)
		status = apply_manifest(image, store, index);
	json_decref(index);
	return status;
}

/* docker */

/* The name of a layer is its digest where the archive is an OCI layout besides. */
static int apply_docker_layer(struct image *image, const struct store *store, const char *name,
			      const char *diff_id)
{
	if (!name) {
		say("%s: manifest.json names no layer", store->label);
		return TROUBLE;
	}
	if (!strncmp(name, "blobs/sha256/", 13))
		return apply_blob(image, store, name, name + 13, diff_id);
	if (diff_id)
		return apply_blob(image, store, name, NULL, diff_id);
	say("%s: %s: the configuration names no digest of it", store->label, name);
	return TROUBLE;
}

static int from_manifest(struct image *image, const struct store *store, json_t *manifests)
{
	json_t *manifest = json_array_get(manifests, 0), *layers, *ids, *config = NULL;
	const char *name;
	const char *config_name = string_in(manifest, "Config");
	int status = TROUBLE;
	size_t i;

	layers = json_object_get(manifest, "Layers");
	if (json_array_size(manifests) > 1)
		say("%s: has several images, of which one is wanted", store->label);
	else if (!config_name || !json_is_array(layers))
		say("%s: manifest.json describes no image", store->label);
	else
		config = read_json(store, config_name, NULL, false);
	if (config)
		status = check_platform(image, store, config);
	ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	for (i = 0; !status && i < json_array_size(layers); i++) {
		name = json_string_value(json_array_get(layers, i));
		status = apply_docker_layer(image, store, name,
					    digits_of(json_string_value(json_array_get(ids, i))));
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
	bool broken = false;
	struct store store = { path, path, false, &broken };
	json_t *index = read_json(&store, "index.json", NULL, false);

	return index ? from_index(image, &store, index) : TROUBLE;
}

static int from_archive(struct image *image, const struct store *store)
{
	json_t *index = read_json(store, "index.json", NULL, true), *manifests;
	int status = TROUBLE;

	if (index || *store->broken)
		return index ? from_index(image, store, index) : TROUBLE;
	manifests = read_json(store, "manifest.json", NULL, true);
	if (manifests)
		status = from_manifest(image, store, manifests);
	else if (!*store->broken)
		say("%s: neither an OCI archive nor one of docker", store->label);
	json_decref(manifests);
	return status;
}

/**
 * image_from_archive() - an image in an archive of podman, skopeo or docker
 * @image: the image
 * @path: the archive, not compressed: a file that can be read again from the start
 * @label: what diagnostics call it
 *
 * Return: DONE or TROUBLE.
 */
int image_from_archive(struct image *image, const char *path, const char *label)
{
	bool broken = false;
	struct store store = { path, label, true, &broken };

	return from_archive(image, &store);
}
