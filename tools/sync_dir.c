// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a directory of policies holds.
 *
 * A Kubernetes ConfigMap volume is a directory of links to `..data/NAME`, where `..data`
 * is itself a link that is swapped for another one. It is resolved once, so that one
 * reading sees one version of all files.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assign_table.h>

#include "command.h"
#include "message.h"
#include "judge.h"
#include "load.h"
#include "sync.h"

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len > n && !strcmp(s + len - n, end);
}

static int open_directory(const char *path)
{
	char *data = xasprintf("%s/..data", path);
	int fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(data);
	return fd;
}

/* Neither waits for a fifo's writer nor reads what is no file. */
static int read_entry(int dir, const char *name, struct sync_file *file)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;
	struct stat st;

	if (fd < 0)
		err = errno;
	else if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else
		err = read_fd(fd, &file->doc.text);
	if (fd >= 0)
		close(fd);
	if (err)
		say("cannot read %s: %s", file->label,
		    err == EINVAL ? "it is not a file" : strerror(err));
	file->doc.label = file->label;
	return err ? TROUBLE : DONE;
}

/* What is signed takes the message's place. The kernel is not asked yet: that loads it. */
static int open_message(struct sync_file *file)
{
	struct signature signature;
	int status;

	if (!load_is_signed(file->doc.text.s, file->doc.text.len)) {
		say("%s: not a signed document: a policy in text is called NAME.policy",
		    file->label);
		return NO;
	}
	file->message = file->doc.text;
	file->doc.text = (struct buf){ 0 };
	status = message_read(file->label, &file->message, &file->doc.text);
	if (status)
		return status;
	signature_examine(&signature, file->message.s, file->message.len);
	if (signature.wrong) {
		say("%s: %s", file->label, signature.wrong);
		return NO;
	}
	strcpy(file->signer, signature.id);
	return DONE;
}

static int check_file(const struct sync_dir *dir, struct sync_file *file)
{
	int status = file->is_signed ? open_message(file) : DONE;

	if (status)
		return status;
	doc_parse(&file->doc);
	return judge_document_for(&file->doc, dir->unknown_kinds);
}

static const struct bh_word table_types[] = {
	{ "pid", 1 }, { "user", 2 }, { "mnt", 4 }, { NULL, 0 },
};

/**
 * sync_parse_table() - read an assignment table that ends with its `end`
 * @table: empty; to be freed by bh_assign_table_free() whatever is returned
 * @text: the table
 * @len: its length
 *
 * Return: 0 or a negative errno.
 */
int sync_parse_table(struct bh_assign_table *table, const char *text, size_t len)
{
	struct bh_error error = { 0 };
	size_t lines_len;

	if (!bh_assign_end(text, len, &lines_len))
		return -EINVAL;
	return bh_assign_parse(table, text, lines_len, table_types, &error);
}

static int check_table(const struct sync_file *file)
{
	struct bh_assign_table table = { 0 };
	struct bh_error error = { 0 };
	const char *text = file->doc.text.s ?: "";
	size_t len = file->doc.text.len, lines_len = 0, line = 1, i;
	size_t taken = bh_assign_end(text, len, &lines_len);
	int err;

	/* The line that says `end` is no part of what is parsed. */
	err = bh_assign_parse(&table, text, taken ? lines_len : len, table_types, &error);
	if (err) {
		say_at(file->label, error.line, error.column, SEVERITY_ERROR, "%s", error.message);
	} else if (!taken || !bh_assign_is_blank(text + taken, len - taken)) {
		for (i = 0; i < (taken ?: len); i++)
			line += text[i] == '\n';
		say_at(file->label, line, 1, SEVERITY_ERROR, "%s", taken ?
		       "nothing but comments may follow the line \"end\"" :
		       "the last line of a table must be: end");
		err = -EINVAL;
	}
	bh_assign_table_free(&table);
	return err ? NO : DONE;
}

static int take_entry(struct sync_dir *dir, int fd, const char *path, const char *name)
{
	struct sync_file file = { .is_signed = ends_with(name, ".p7s") };
	bool is_table = !strcmp(name, "assign");
	int status;

	/* Editors' and ConfigMaps' own files begin with a dot. */
	if (name[0] == '.' || (!is_table && !file.is_signed && !ends_with(name, ".policy")))
		return DONE;
	file.label = xasprintf("%s/%s", path, name);
	status = read_entry(fd, name, &file);
	if (is_table) {
		dir->table = file;
		return status ?: check_table(&dir->table);
	}
	GROW(dir->files, dir->nr, dir->cap);
	dir->files[dir->nr++] = file;
	return status ?: check_file(dir, &dir->files[dir->nr - 1]);
}

static int by_label(const void *a, const void *b)
{
	const struct sync_file *x = a, *y = b;

	return strcmp(x->label, y->label);
}

/* A policy in two files would be now the one and now the other. */
static int check_names(const struct sync_dir *dir)
{
	size_t i, j, b;
	int status = DONE;

	for (i = 0; i < dir->nr; i++)
		for (b = 0; b < dir->files[i].doc.nr_blocks; b++)
			for (j = 0; j < i; j++) {
				const struct doc_block *block = &dir->files[i].doc.blocks[b];

				if (!doc_block_named(&dir->files[j].doc, block->name))
					continue;
				say_at(dir->files[i].label, block->first + 1, 1, SEVERITY_ERROR,
				       "policy \"%s\" is in %s, too", block->name,
				       dir->files[j].label);
				status = NO;
			}
	return status;
}

/**
 * sync_read() - read and check a directory; says what is wrong
 * @dir: empty but for ->unknown_kinds; to be freed whatever is returned
 * @path: its name
 *
 * Return: DONE, NO (a file is wrong), or TROUBLE.
 */
int sync_read(struct sync_dir *dir, const char *path)
{
	int fd = open_directory(path), status = DONE, ret;
	struct dirent *entry;
	DIR *stream;

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		say("cannot open %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return TROUBLE;
	}
	while ((entry = readdir(stream))) {
		ret = take_entry(dir, fd, path, entry->d_name);
		if (ret > status)
			status = ret;
	}
	closedir(stream);
	if (dir->nr)
		qsort(dir->files, dir->nr, sizeof(*dir->files), by_label);
	return status ?: check_names(dir);
}

void sync_free(struct sync_dir *dir)
{
	size_t i;

	for (i = 0; i < dir->nr; i++) {
		doc_free(&dir->files[i].doc);
		buf_free(&dir->files[i].message);
		free(dir->files[i].label);
	}
	doc_free(&dir->table.doc);
	free(dir->table.label);
	free(dir->files);
	*dir = (struct sync_dir){ 0 };
}
