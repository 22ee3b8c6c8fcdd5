// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of a report. The fields that nobody can choose come first. Then come strings that a
 * container chooses, each cut to its share, so that none pushes another out of the line.
 *
 * Written by appends: printf formats would cost more time than the check.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "event_line.h"
#include "limits.h"

/* What each string may take: bytes of the string in audit's form, of the text in ours. */
struct room {
	size_t raw;
	size_t escaped;
};

static const struct room label_room = { BH_LABEL_MAX, 4 * BH_LABEL_MAX + 8 };
static const struct room name_room = { 64, 264 };
static const struct room path_room = { 900, 1024 };

static void put_field(struct bh_text *text, const char *s)
{
	bh_text_append(text, s, strlen(s));
}

static void put_key(struct bh_text *text, const char *key)
{
	bh_text_append(text, " ", 1);
	put_field(text, key);
	bh_text_append(text, "=", 1);
}

static void put_word(struct bh_text *text, const char *key, const char *word)
{
	put_key(text, key);
	put_field(text, word);
}

static void put_number(struct bh_text *text, const char *key, u64 number)
{
	put_key(text, key);
	bh_text_append_number(text, number);
}

static void put_words(struct bh_text *text, const char *key, const struct bh_word *words, u32 bits)
{
	const char *comma = "";

	put_key(text, key);
	if (!bits)
		bh_text_append(text, "-", 1);
	for (; bits && words->name; words++) {
		if (!(words->bit & bits))
			continue;
		put_field(text, comma);
		put_field(text, words->name);
		bits &= ~words->bit;
		comma = ",";
	}
}

/* A missing string is shown as `-`, which no string that is there is, since it has quotes. */
static void put_string(struct bh_text *text, const char *key, const struct bh_string *string,
		       const struct room *room, enum bh_form form)
{
	put_key(text, key);
	if (!string->s)
		bh_text_append(text, "-", 1);
	else if (form == BH_FORM_AUDIT)
		bh_text_append_audit(text, string->s, string->len, room->raw);
	else
		bh_text_append_cut(text, string->s, string->len, room->escaped);
}

/* As rules name them. */
static void put_digests(struct bh_text *text, const struct bh_request *request)
{
	const char *comma = NULL;
	u32 kind;

	for (kind = 0; kind < BH_DIGEST_KINDS; kind++) {
		const struct bh_digest_desc *desc = &bh_digest_descs[kind];

		if (!request->digest[kind])
			continue;
		if (!comma)
			put_key(text, "digest");
		else
			bh_text_append(text, comma, 1);
		put_field(text, desc->name);
		bh_text_append(text, ":", 1);
		bh_text_append_hex(text, request->digest[kind], desc->len);
		comma = ",";
	}
}

/* The fields of a request that are no strings, by its class. */
static void put_fixed(struct bh_text *text, const struct bh_facts *facts)
{
	const struct bh_request *request = facts->request;
	const struct bh_key *key, *keys = bh_classes[request->class].keys;

	for (key = keys; key->name; key++)
		if (key->kind == BH_KEY_ENUM)
			put_words(text, key->name, key->words, request->attr[key->index]);
	if (facts->has_peer)
		put_number(text, "peer_pid", facts->peer_pid);
	for (key = keys; key->name; key++)
		if (key->kind == BH_KEY_HAS)
			put_words(text, "mflags", key->words, request->flags);
	if (facts->check)
		put_word(text, "check", "yes");
}

static void put_file(struct bh_text *text, const struct bh_request *request, enum bh_form form)
{
	put_string(text, "path", &request->string[BH_EXEC_PATH], &path_room, form);
	put_digests(text, request);
	put_string(text, "fstype", &request->string[BH_EXEC_FSTYPE], &name_room, form);
}

static void put_mount(struct bh_text *text, const struct bh_request *request, enum bh_form form)
{
	put_string(text, "fstype", &request->string[BH_MOUNT_FSTYPE], &name_room, form);
	put_string(text, "source", &request->string[BH_MOUNT_SOURCE], &path_room, form);
	put_string(text, "target", &request->string[BH_MOUNT_TARGET], &path_room, form);
}

static void put_strings(struct bh_text *text, const struct bh_facts *facts, enum bh_form form)
{
	const struct bh_request *request = facts->request;

	put_string(text, "label", &facts->label, &label_room, form);
	put_string(text, "cgroup", &facts->cgroup, &path_room, form);
	put_string(text, "comm", &facts->comm, &name_room, form);
	put_string(text, "exe", &facts->exe, &path_room, form);
	switch (request->class) {
	case BH_EXEC:
	case BH_MAP:
		put_file(text, request, form);
		break;
	case BH_MOUNT:
		put_mount(text, request, form);
		break;
	default:
		if (facts->has_peer)
			put_string(text, "peer_comm", &facts->peer_comm, &name_room, form);
		put_string(text, "peer_exe", &request->string[BH_PTRACE_EXE], &path_room, form);
	}
}

/**
 * bh_facts_write() - write the report of a verdict
 * @text: where to; room for BH_EVENT_MAX
 * @facts: the verdict
 * @form: how untrusted strings are written
 */
void bh_facts_write(struct bh_text *text, const struct bh_facts *facts, enum bh_form form)
{
	struct bh_string reason = { facts->reason };

	put_field(text, "verdict=");
	put_field(text, facts->verdict);
	put_word(text, "class", bh_classes[facts->request->class].name);
	put_word(text, "policy", facts->policy);
	put_number(text, "version", facts->version);
	if (facts->line)
		put_number(text, "rule", facts->line);
	else
		put_word(text, "rule", "default");
	put_word(text, "ns", facts->ns);
	put_number(text, "inum", facts->inum);
	put_number(text, "pid", facts->pid);
	put_number(text, "uid", facts->uid);
	put_fixed(text, facts);
	put_strings(text, facts, form);
	if (!reason.s)
		return;
	reason.len = strlen(reason.s);
	put_string(text, "reason", &reason, &path_room, form);
}

/**
 * bh_change_write() - write the report of a change of the configuration
 * @text: where to; room for BH_EVENT_MAX
 * @change: the change
 * @form: how untrusted strings are written
 */
void bh_change_write(struct bh_text *text, const struct bh_change *change, enum bh_form form)
{
	put_field(text, "class=config op=");
	put_field(text, change->op);
	put_word(text, "result", change->result);
	put_word(text, "policy", change->policy ?: "-");
	put_number(text, "auid", change->auid);
	put_number(text, "ses", change->ses);
	if (change->ns) {
		put_word(text, "ns", change->ns);
		if (change->inum)
			put_number(text, "inum", change->inum);
	}
	put_number(text, "pid", change->pid);
	put_number(text, "uid", change->uid);
	if (change->label.s)
		put_string(text, "label", &change->label, &label_room, form);
	if (change->signer.s)
		put_string(text, "signer", &change->signer, &label_room, form);
	put_string(text, "comm", &change->comm, &name_room, form);
	if (change->reason.s)
		put_string(text, "reason", &change->reason, &path_room, form);
}
