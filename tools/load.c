// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies on their way to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "judge.h"
#include "load.h"
#include "message.h"
#include "state.h"

/* Bytes written between two signs of life. */
#define CHUNK 1048576

/** load_is_signed() - is it a DER message rather than text? */
bool load_is_signed(const char *s, size_t len)
{
	return len > 2 && s[0] == 0x30 && ((unsigned char)s[1] & 0x80);
}

/** load_version() - the version under which a policy is loaded, or 0 */
u64 load_version(const char *name)
{
	char *file = xasprintf("policies/%s/info", name), *at;
	struct buf info = { 0 };
	u64 version = 0;

	if (!ctl_try_read(file, &info)) {
		at = strncmp(info.s, "version ", 8) ? strstr(info.s, "\nversion ") : info.s - 1;
		if (at)
			version = strtoull(at + strlen("\nversion "), NULL, 10);
	}
	buf_free(&info);
	free(file);
	return version;
}

static void progress(const char *label, size_t done, size_t len)
{
	if (len <= CHUNK || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s: %zu of %zu MiB%s", label, done >> 20, len >> 20,
		done == len ? "\n" : "");
}

static int write_document(int fd, const char *label, const char *s, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t ret = write(fd, s + done, len - done < CHUNK ? len - done : CHUNK);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0) {
			ret = errno;
			/* What is wrong begins a line. */
			if (done && isatty(STDERR_FILENO))
				fputc('\n', stderr);
			return ret;
		}
		done += ret;
		progress(label, done, len);
	}
	return 0;
}

/* The kernel's lines, as a person or an editor reads them. Returns how many are errors. */
static int tell_outcome(const char *label, char *outcome, bool quiet)
{
	unsigned int row, column;
	int errors = 0, at;
	char *line;

	for (line = strtok(outcome, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "error %u:%u %n", &row, &column, &at) == 2) {
			say_at(label, row, column, SEVERITY_ERROR, "%s", line + at);
			errors++;
		} else if (!strncmp(line, "ok ", 3) && !quiet) {
			printf("%s\n", line);
		}
	}
	return errors;
}

/* Gives a document to the kernel. Return: 0 or the positive errno that it refuses with. */
static int send(const char *label, const char *s, size_t len, struct buf *outcome)
{
	int fd = ctl_open("load", O_RDWR), err;

	if (fd < 0)
		die("no %s/load: this is not bulkhead's directory", ctl_dir());
	err = write_document(fd, label, s, len);
	if (read_fd(fd, outcome))
		outcome->len = 0;
	if (close(fd) && !err)
		err = errno;
	return err;
}

/* What to do about a refusal, where it is plain. */
static void advise(const char *s, int err)
{
	/* A signed document begins with a sequence of DER. */
	bool is_signed = *s == 0x30;

	if (err == ESTALE)
		say(is_signed ? "sign it with a higher version" :
				"give it a higher version, or load it with --bump");
	else if (err == ENOKEY)
		say("to trust the signer, write its certificate, in DER, to %s/keys", ctl_dir());
}

/**
 * load_text() - give a document to the kernel, and say what it answers
 * @label: what diagnostics call the document
 * @s: the document, signed or not
 * @len: its length
 * @quiet: say only what is wrong
 *
 * Return: DONE or NO.
 */
int load_text(const char *label, const char *s, size_t len, bool quiet)
{
	struct buf outcome = { 0 };
	int err = send(label, s, len, &outcome), told;

	told = outcome.len ? tell_outcome(label, outcome.s, quiet) : 0;
	if (err && !told)
		say("%s: the kernel refuses it: %s", label, ctl_refusal(err));
	else if (len)
		advise(s, err);
	buf_free(&outcome);
	return err || told ? NO : DONE;
}

/* --bump */

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a block says, a string for each line, sorted: the order means nothing. */
static char **block_lines(const struct doc *doc, const struct doc_block *block, size_t *nr)
{
	char **lines = xcalloc(block->end - block->first, sizeof(*lines));
	size_t i;

	*nr = 0;
	for (i = block->first; i < block->end; i++) {
		struct buf code = { 0 };

		if (!doc->lines[i].nr_words || doc->lines[i].kind == DOC_POLICY)
			continue;
		doc_write_code(&code, &doc->lines[i]);
		/* So it is without a word. */
		if (!strcmp(code.s, "mode enforce"))
			buf_free(&code);
		else
			lines[(*nr)++] = code.s;
	}
	qsort(lines, *nr, sizeof(*lines), by_string);
	return lines;
}

/** load_same_rules() - are two blocks the same but for version, order and comments? */
bool load_same_rules(const struct doc *a, const struct doc_block *x, const struct doc *b,
		     const struct doc_block *y)
{
	size_t n, m, i;
	char **left = block_lines(a, x, &n), **right = block_lines(b, y, &m);
	bool same = n == m;

	for (i = 0; i < n && same; i++)
		same = !strcmp(left[i], right[i]);
	for (i = 0; i < n; i++)
		free(left[i]);
	for (i = 0; i < m; i++)
		free(right[i]);
	free(left);
	free(right);
	return same;
}

/* The version that the block has to have to take effect. */
static u64 wanted_version(const struct doc *doc, const struct doc_block *block, bool *raised)
{
	u64 written = strtoull(doc->lines[block->first].words[3].key, NULL, 10);
	char *file = xasprintf("policies/%s/text", block->name);
	u64 loaded = load_version(block->name);
	struct doc there = { .label = file };
	const struct doc_block *other;

	*raised = false;
	if (loaded && loaded >= written && !ctl_try_read(file, &there.text)) {
		doc_parse(&there);
		other = doc_block_named(&there, block->name);
		*raised = !other || !load_same_rules(doc, block, &there, other);
		written = loaded + *raised;
	}
	doc_free(&there);
	free(file);
	return written;
}

/* Appends a block with another version. */
static void write_with_version(struct buf *out, const struct doc *doc,
			       const struct doc_block *block, u64 version)
{
	const struct doc_cond *number = &doc->lines[block->first].words[3];
	const char *text;
	size_t len;

	text = doc_block_text(doc, block, &len);
	buf_add(out, text, number->column - 1);
	buf_printf(out, "%llu", version);
	buf_add(out, text + number->end - 1, len - (number->end - 1));
	buf_puts(out, "\n");
}

static void bump_versions(struct buf *out, const struct doc *doc)
{
	size_t i, line = 0;

	for (i = 0; i < doc->nr_blocks; i++) {
		const struct doc_block *block = &doc->blocks[i];
		bool raised;
		u64 version = wanted_version(doc, block, &raised);

		/* Lines keep their numbers. */
		for (; line < block->first; line++)
			buf_puts(out, "\n");
		line = block->end;
		if (raised)
			say_at(doc->label, block->first + 1, 1, SEVERITY_NOTE,
			       "loaded as version %llu", version);
		write_with_version(out, doc, block, version);
	}
}

/**
 * load_unknown_kinds() - what digests the loaded module's kernel cannot tell
 *
 * Return: a bit for each enum bh_digest_kind.
 */
u32 load_unknown_kinds(void)
{
	struct buf features = { 0 };
	char *list, *word;
	u32 kinds = 0, i;

	ctl_try_read("features", &features);
	list = features.s ? state_value(features.s, "digests") : NULL;
	for (i = 0; list && i < BH_DIGEST_KINDS; i++) {
		word = strstr(list, bh_digest_descs[i].name);
		if (!word || (word > list && word[-1] != ' '))
			kinds |= 1 << i;
	}
	free(list);
	buf_free(&features);
	return kinds;
}

/* A mistake in what is signed would stop the kernel behind the blocks before it. */
static int judge_signed(const struct doc *doc)
{
	struct doc document = { .label = doc->label };
	int status = message_read(doc->label, &doc->text, &document.text);

	if (!status) {
		doc_parse(&document);
		status = judge_document_for(&document, load_unknown_kinds());
	}
	doc_free(&document);
	return status;
}

/**
 * load_file() - give a file to the kernel, if it is right; says what is wrong
 * @path: its name, or `-`
 * @bump: raise versions that are loaded with other content
 *
 * Return: DONE, NO or TROUBLE.
 */
int load_file(const char *path, bool bump)
{
	struct doc doc = { 0 };
	struct buf bumped = { 0 };
	int status;

	status = read_file(path, &doc.text);
	doc.label = file_label(path);
	if (status)
		goto out;
	if (load_is_signed(doc.text.s, doc.text.len)) {
		status = judge_signed(&doc) ?:
			 load_text(doc.label, doc.text.s, doc.text.len, false);
		goto out;
	}
	doc_parse(&doc);
	/* Before the kernel takes the blocks that stand before a mistake. */
	status = judge_document_for(&doc, load_unknown_kinds());
	if (status)
		goto out;
	if (bump)
		bump_versions(&bumped, &doc);
	status = bump ? load_text(doc.label, bumped.s, bumped.len, false) :
		 load_text(doc.label, doc.text.s, doc.text.len, false);
out:
	buf_free(&bumped);
	doc_free(&doc);
	return status;
}
