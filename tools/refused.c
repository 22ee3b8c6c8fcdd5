// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers that were not started. report.c writes the lines.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "refused.h"
#include "report.h"

static void add(struct refused *refused, const char *line, size_t len)
{
	struct kvs words = { 0 };
	const char *why;

	/* The last of a file may be half written. */
	if (kvs_parse(&words, line, len, KV_ESCAPED, &why) || !kvs_find(&words, "reason")) {
		kvs_free(&words);
		return;
	}
	if (refused->nr == REFUSED_MAX) {
		kvs_free(&refused->v[0]);
		refused->nr--;
		memmove(refused->v, refused->v + 1, refused->nr * sizeof(*refused->v));
	}
	refused->v[refused->nr++] = words;
}

static void read_lines(struct refused *refused, const char *name)
{
	const char *dir = getenv("BULKHEAD_RUN") ?: REPORT_DIR, *line;
	char *path = xasprintf("%s/%s", dir, name);
	struct buf text = { 0 };
	size_t len;

	if (!access(path, R_OK) && !read_file(path, &text))
		for (line = text.s ?: ""; *line; line += len + (line[len] == '\n')) {
			len = strcspn(line, "\n");
			add(refused, line, len);
		}
	buf_free(&text);
	free(path);
}

/**
 * refused_read() - read what the hook and bulkhead-runc have noted since the boot
 * @refused: to be freed by refused_free()
 *
 * Files that are not there hold nothing.
 */
void refused_read(struct refused *refused)
{
	*refused = (struct refused){ 0 };
	read_lines(refused, REPORT_OLD);
	read_lines(refused, REPORT_NEW);
}

/** refused_free() - free what refused_read() has read */
void refused_free(struct refused *refused)
{
	while (refused->nr)
		kvs_free(&refused->v[--refused->nr]);
}
