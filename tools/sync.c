// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's state after that of a directory.
 *
 * All is compared before anything is changed: what the kernel would refuse for its version,
 * for a lock or for a name in the table is refused here, for the whole directory. Policies go
 * first, then the table, which names them; what is removed goes last, when the table does not
 * name it any more.
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

/* What `lock` forbids is not tried. */
static int check_lock(const struct sync_file *file, const struct doc_block *block,
		      const char *lock)
{
	if (lock[0] == '0' || (file->is_signed && strncmp(lock, "1", 1)))
		return DONE;
	say_at(file->label, block->first + 1, 1, SEVERITY_ERROR,
	       lock[0] == '1' ? "the module is locked: nothing can be changed until reboot" :
	       "the module is locked: only signed documents, NAME.p7s, are taken");
	return NO;
}

static int check_block(const struct sync_file *file, const struct doc_block *block,
		       const char *lock)
{
	switch (compare(&file->doc, block)) {
	case SAME:
		return DONE;
	case REFUSED:
		return NO;
	default:
		return check_lock(file, block, lock);
	}
}

static bool has_policy(const struct sync_dir *dir, const char *name)
{
	size_t i;

	for (i = 0; i < dir->nr; i++)
		if (doc_block_named(&dir->files[i].doc, name))
			return true;
	return false;
}

/* Where a line of a text says `policy=`, counted from 1. */
static unsigned int find_column(const char *text, unsigned int line)
{
	const char *at, *end;

	for (; line > 1 && text; line--) {
		text = strchr(text, '\n');
		text += !!text;
	}
	at = text ? strstr(text, "policy=") : NULL;
	end = text ? strchr(text, '\n') : NULL;
	return at && (!end || at < end) ? at - text + 1 : 1;
}

static int check_table_names(const struct sync_dir *dir)
{
	const char *text = dir->table.doc.text.s ?: "";
	struct bh_assign_table table = { 0 };
	int status = DONE;
	u32 i;

	if (!dir->table.label || sync_parse_table(&table, text, dir->table.doc.text.len))
		return DONE;
	for (i = 0; i < table.nr; i++) {
		const struct bh_assign_line *line = &table.lines[i];

		if (has_policy(dir, line->policy) || load_version(line->policy))
			continue;
		say_at(dir->table.label, line->number, find_column(text, line->number),
		       SEVERITY_ERROR, "policy \"%s\" is neither here nor loaded", line->policy);
		status = NO;
	}
	bh_assign_table_free(&table);
	return status;
}

/**
 * sync_check() - would the kernel take all of a directory? Says what not, and why.
 * @dir: as sync_read() found it right
 *
 * Return: DONE or NO.
 */
int sync_check(const struct sync_dir *dir)
{
	int status = check_table_names(dir);
	struct buf lock = { 0 };
	size_t i, b;

	ctl_read("lock", &lock);
	for (i = 0; i < dir->nr; i++)
		for (b = 0; b < dir->files[i].doc.nr_blocks; b++)
			if (check_block(&dir->files[i], &dir->files[i].doc.blocks[b],
					lock.len ? lock.s : "0"))
				status = NO;
	buf_free(&lock);
	return status;
}

static void say_loading(const struct doc *doc, const struct doc_block *block,
			enum difference difference)
{
	printf("%s: %s version %llu\n", difference == NEW ? "loading" : "replacing", block->name,
	       version_of(doc, block));
}

/* The blocks that differ, each on its own lines, so that diagnostics are of the file. */
static int load_blocks(const struct sync_file *file, bool *changed)
{
	const struct doc *doc = &file->doc;
	struct buf text = { 0 };
	size_t b, line = 0, len;
	enum difference difference;
	const char *block_text;
	int status = DONE;

	for (b = 0; b < doc->nr_blocks; b++) {
		const struct doc_block *block = &doc->blocks[b];

		difference = compare(doc, block);
		if (difference == SAME)
			continue;
		say_loading(doc, block, difference);
		for (; line < block->first; line++)
			buf_puts(&text, "\n");
		line = block->end;
		block_text = doc_block_text(doc, block, &len);
		buf_add(&text, block_text, len);
		buf_puts(&text, "\n");
	}
	if (text.len && !file->is_signed)
		status = load_text(doc->label, text.s, text.len, true);
	else if (text.len)
		status = load_text(doc->label, file->message.s, file->message.len, true);
	*changed |= text.len && !status;
	buf_free(&text);
	return status;
}

/* Is the signer's key one that the module tells? The kernel's own ones it cannot. */
static bool has_known_signer(const struct sync_file *file, const char *keys)
{
	char *id = xasprintf(" id=%s ", file->signer);
	bool known = *file->signer && strstr(keys, id);

	free(id);
	return known;
}

/* First what the kernel may refuse for its signer: then nothing has changed yet. */
static int load_all(const struct sync_dir *dir, bool *changed)
{
	struct buf keys = { 0 };
	int status = DONE, round;
	size_t i;

	ctl_try_read("keys", &keys);
	for (round = 0; round < 2; round++)
		for (i = 0; i < dir->nr && !status; i++) {
			const struct sync_file *file = &dir->files[i];
			bool doubtful = file->is_signed && !has_known_signer(file, keys.s ?: "");

			if (doubtful == !round)
				status = load_blocks(file, changed);
		}
	buf_free(&keys);
	return status;
}

/* As the kernel shows a table: in canonical form. */
static char *canonical(const char *text, size_t len)
{
	struct bh_assign_table table = { 0 };
	char *copy = NULL;

	if (!sync_parse_table(&table, text, len))
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
	say("cannot replace the assignment table: %s; the kernel's log may say more",
	    ctl_refusal(err));
	return NO;
}

static int remove_others(const struct sync_dir *dir)
{
	struct state state;
	int status = DONE, err;
	size_t i;

	state_read(&state);
	for (i = 0; i < state.nr_policies; i++) {
		const char *name = state.policies[i].name;

		if (has_policy(dir, name))
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
 * @dir: as sync_check() found it right
 * @prune: remove what it does not have
 *
 * Return: DONE or NO.
 */
int sync_apply(const struct sync_dir *dir, bool prune)
{
	bool changed = false;
	int status = load_all(dir, &changed);

	if (!status && dir->table.label)
		status = write_table(dir->table.doc.text.s ?: "", dir->table.doc.text.len);
	else if (!status && prune)
		status = write_table("end\n", strlen("end\n"));
	if (status)
		say(changed ? "what was loaded before that stays: mend it, and run sync again" :
		    "nothing was changed");
	else if (prune)
		status = remove_others(dir);
	return status;
}
