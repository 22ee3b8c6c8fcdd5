// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's state after that of a directory.
 *
 * All is compared before anything is changed: what the kernel would refuse for its version
 * is refused here, for the whole directory. Policies go first, then the table, which names
 * them; what is removed goes last, when the table does not name it any more.
 */
#define _GNU_SOURCE
#include <assign_table.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "load.h"
#include "state.h"
#include "sync.h"

enum difference {
	SAME,
	NEW,
	HIGHER,		/* than the loaded one */
	REFUSED,
};

static u64 version_of(const struct doc *doc, const struct doc_block *block)
{
	return strtoull(doc->lines[block->first].words[3].key, NULL, 10);
}

static bool is_loaded_so(const struct doc *doc, const struct doc_block *block)
{
	char *file = xasprintf("policies/%s/text", block->name);
	struct doc there = { .label = file };
	const struct doc_block *other;
	bool same = false;

	if (!ctl_try_read(file, &there.text)) {
		doc_parse(&there);
		other = doc_block_named(&there, block->name);
		same = other && load_same_rules(doc, block, &there, other);
	}
	doc_free(&there);
	free(file);
	return same;
}

static enum difference compare(const struct doc *doc, const struct doc_block *block)
{
	u64 written = version_of(doc, block), loaded = load_version(block->name);

	if (!loaded)
		return NEW;
	if (written > loaded)
		return HIGHER;
	if (written == loaded && is_loaded_so(doc, block))
		return SAME;
	if (written == loaded)
		say_at(doc->label, block->first + 1, doc->lines[block->first].words[3].column,
		       SEVERITY_ERROR,
		       "version %llu of \"%s\" is loaded with other content: write version %llu",
		       loaded, block->name, loaded + 1);
	else
		say_at(doc->label, block->first + 1, doc->lines[block->first].words[3].column,
		       SEVERITY_ERROR,
		       "version %llu of \"%s\" is loaded, which is higher: write version %llu",
		       loaded, block->name, loaded + 1);
	return REFUSED;
}

static int compare_all(const struct sync_dir *dir)
{
	int status = DONE;
	size_t i, b;

	for (i = 0; i < dir->nr; i++)
		for (b = 0; b < dir->files[i].doc.nr_blocks; b++)
			if (compare(&dir->files[i].doc, &dir->files[i].doc.blocks[b]) == REFUSED)
				status = NO;
	return status;
}

/* The blocks that differ, each on its own lines, so that diagnostics are of the file. */
static int load_blocks(const struct sync_file *file)
{
	const struct doc *doc = &file->doc;
	struct buf text = { 0 };
	size_t b, line = 0, nr = 0, len;
	enum difference difference;
	const char *block_text;
	int status = DONE;

	for (b = 0; b < doc->nr_blocks; b++) {
		const struct doc_block *block = &doc->blocks[b];

		difference = compare(doc, block);
		if (difference == SAME)
			continue;
		for (; line < block->first; line++)
			buf_puts(&text, "\n");
		line = block->end;
		block_text = doc_block_text(doc, block, &len);
		buf_add(&text, block_text, len);
		buf_puts(&text, "\n");
		nr++;
		printf("%s: %s version %llu\n", difference == NEW ? "loading" : "replacing",
		       block->name, version_of(doc, block));
	}
	if (nr)
		status = load_text(doc->label, text.s, text.len, true);
	buf_free(&text);
	return status;
}

/* Names of the policies that the kernel took or has: `ok NAME VERSION`. */
struct names {
	char **v;
	size_t nr;
	size_t cap;
};

static void add_name(struct names *names, const char *name, size_t len)
{
	GROW(names->v, names->nr, names->cap);
	names->v[names->nr++] = xstrndup(name, len);
}

static void add_outcome(struct names *names, const char *outcome)
{
	static const char blanks[] = { ' ', '\n', '\0' };

	for (; outcome && *outcome; outcome = strchr(outcome, '\n')) {
		outcome += *outcome == '\n';
		if (!strncmp(outcome, "ok ", 3))
			add_name(names, outcome + 3, strcspn(outcome + 3, blanks));
	}
}

/* A signed document is opaque here: the kernel says what is in it. */
static int load_signed(const struct sync_file *file, struct names *names)
{
	struct buf outcome = { 0 };
	int err, status;

	err = load_send(file->label, file->doc.text.s, file->doc.text.len, &outcome);
	add_outcome(names, outcome.s);
	status = load_tell(file->label, err, &outcome, true);
	buf_free(&outcome);
	return status;
}

/* As the kernel shows a table: in canonical form. */
static char *canonical(const char *text, size_t len)
{
	static const struct bh_word types[] = {
		{ "pid", 1 }, { "user", 2 }, { "mnt", 4 }, { NULL, 0 },
	};
	struct bh_assign_table table = { 0 };
	struct bh_error error = { 0 };
	char *copy = NULL;
	size_t lines_len;

	if (bh_assign_end(text, len, &lines_len) &&
	    !bh_assign_parse(&table, text, lines_len, types, &error))
		copy = xstrndup(table.text ?: "", table.text_len);
	bh_assign_table_free(&table);
	return copy;
}

static int write_table(const char *text, size_t len)
{
	struct buf loaded = { 0 };
	char *have, *want;
	int err = 0;

	ctl_read("assign", &loaded);
	have = canonical(loaded.s ?: "", loaded.len);
	want = canonical(text, len);
	if (!have || !want || strcmp(have, want)) {
		puts("replacing: the assignment table");
		err = ctl_write("assign", text, len);
	}
	free(have);
	free(want);
	buf_free(&loaded);
	if (!err)
		return DONE;
	if (err == ENOENT)
		say("the assignment table names a policy that is neither here nor loaded");
	else
		say("cannot replace the assignment table: %s; the kernel's log may say more",
		    ctl_refusal(err));
	return NO;
}

static bool is_wanted(const struct sync_dir *dir, const struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < dir->nr; i++)
		if (doc_block_named(&dir->files[i].doc, name))
			return true;
	for (i = 0; i < names->nr; i++)
		if (!strcmp(names->v[i], name))
			return true;
	return false;
}

static int remove_others(const struct sync_dir *dir, const struct names *names)
{
	struct state state;
	int status = DONE, err;
	size_t i;

	state_read(&state);
	for (i = 0; i < state.nr_policies; i++) {
		const char *name = state.policies[i].name;

		if (is_wanted(dir, names, name))
			continue;
		err = ctl_write("remove", name, strlen(name));
		if (!err)
			printf("removing: %s\n", name);
		else if (err == EBUSY)
			say("policy \"%s\" is not here any more, but stays: it is in use", name);
		else if (err != ENOENT)
			say("cannot remove policy \"%s\": %s", name, ctl_refusal(err));
		if (err && err != ENOENT)
			status = NO;
	}
	state_free(&state);
	return status;
}

/**
 * sync_apply() - make the kernel's state that of a directory; says what changes
 * @dir: as sync_read() found it right
 * @prune: remove what it does not have
 *
 * Return: DONE or NO.
 */
int sync_apply(const struct sync_dir *dir, bool prune)
{
	struct names names = { 0 };
	int status = compare_all(dir), ret;
	size_t i;

	for (i = 0; i < dir->nr && !status; i++)
		status = dir->files[i].is_signed ? load_signed(&dir->files[i], &names) :
			 load_blocks(&dir->files[i]);
	if (!status && dir->table.label)
		status = write_table(dir->table.doc.text.s ?: "", dir->table.doc.text.len);
	else if (!status && prune)
		status = write_table("end\n", strlen("end\n"));
	if (!status && prune) {
		ret = remove_others(dir, &names);
		status = ret > status ? ret : status;
	}
	for (i = 0; i < names.nr; i++)
		free(names.v[i]);
	free(names.v);
	return status;
}
