// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where an image lies: a root directory, an OCI layout, an archive in a file or a pipe.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "image.h"
#include "util.h"

#define CHUNK 262144

/* Root directories */

static struct image_content *read_local(const struct image *image, const char *path, mode_t mode)
{
	struct image_reader *reader = image_read_begin(image);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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
			  read_local(image, entry->fts_accpath, entry->fts_statp->st_mode));
		break;
	case FTS_SL:
	case FTS_SLNONE:
		len = readlink(entry->fts_accpath, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		image_put(image, path, S_IFLNK, target, NULL);
		break;
	}
}

/* An image that is unpacked. */
static int from_directory(struct image *image, const char *path)
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

/* Archives */

/* Copies what @archive has unpacked of @label to a file without a name. */
static FILE *copy_unpacked(struct archive *archive, const char *label)
{
	FILE *copy = tmpfile();
	const void *bytes;
	la_int64_t offset;
	int ret = ARCHIVE_OK;
	size_t n;

	if (!copy)
		die("%s: cannot keep it: %s", label, strerror(errno));
	while ((ret = archive_read_data_block(archive, &bytes, &n, &offset)) == ARCHIVE_OK)
		if (fwrite(bytes, 1, n, copy) != n)
			die("%s: cannot keep it: %s", label, strerror(errno));
	if (fflush(copy))
		die("%s: cannot keep it: %s", label, strerror(errno));
	if (ret == ARCHIVE_EOF)
		return copy;
	say("%s: %s", label, archive_error_string(archive));
	fclose(copy);
	return NULL;
}

/*
 * An archive is read more than once, from its start or from wherever a layer lies. That a
 * pipe cannot, and of what is compressed as a whole each time would cost all of it.
 */
static int from_archive(struct image *image, int fd, const char *label, bool is_pipe)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *whole;
	FILE *copy = NULL;
	char *path;
	int status;

	image_filters(archive);
	archive_read_support_format_raw(archive);
	archive_read_support_format_empty(archive);
	if (archive_read_open_fd(archive, fd, CHUNK) != ARCHIVE_OK ||
	    archive_read_next_header(archive, &whole) != ARCHIVE_OK) {
		say("%s: %s", label, archive_error_string(archive) ?: "it is empty");
		archive_read_free(archive);
		return TROUBLE;
	}
	if (is_pipe || archive_filter_count(archive) > 1) {
		copy = copy_unpacked(archive, label);
		fd = copy ? fileno(copy) : -1;
	}
	archive_read_free(archive);
	path = xasprintf("/proc/self/fd/%d", fd);
	status = fd < 0 ? TROUBLE : image_from_archive(image, path, label);
	free(path);
	if (copy)
		fclose(copy);
	return status;
}

/**
 * image_from() - read an image, whatever it lies in
 * @image: empty, but for what is wanted
 * @source: a directory, a file, or `-` for an archive on standard input
 *
 * Return: DONE or TROUBLE.
 */
int image_from(struct image *image, const char *source)
{
	char *layout = xasprintf("%s/oci-layout", source);
	bool is_layout = !access(layout, F_OK);
	struct stat st;
	int fd, status = TROUBLE;

	free(layout);
	if (!strcmp(source, "-"))
		return from_archive(image, STDIN_FILENO, file_label(source), true);
	fd = open(source, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		say("%s: %s", source, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		status = from_archive(image, fd, source, !S_ISREG(st.st_mode));
	else
		status = is_layout ? image_from_layout(image, source) :
				     from_directory(image, source);
	if (fd >= 0)
		close(fd);
	return status;
}
