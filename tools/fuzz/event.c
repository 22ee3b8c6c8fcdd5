// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a line of events or of audit: nothing breaks, and what is taken for an
 * event is what the module would have written.
 */
#include <stdlib.h>
#include <string.h>

#include <escape.h>

#include "event.h"
#include "learn.h"
#include "request.h"
#include "fuzz/fuzz.h"

/* Written again as the module writes it, a string is read as the same bytes. */
static void write_again(const struct kv *kv)
{
	struct bh_text text = { .cap = 4 * kv->len + 64 };
	struct kvs kvs = { 0 };
	const char *why;

	text.s = xmalloc(text.cap);
	bh_text_append(&text, "k=", 2);
	bh_text_append_quoted(&text, kv->value, kv->len);
	if (kvs_parse(&kvs, text.s, text.len, KV_ESCAPED, &why) || kvs.nr != 1 ||
	    kvs.v[0].len != kv->len || memcmp(kvs.v[0].value, kv->value, kv->len))
		abort();
	kvs_free(&kvs);
	free(text.s);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static FILE *nowhere;
	struct request request = { 0 };
	struct lesson lesson = { 0 };
	struct event event = { 0 };
	const char *why;
	size_t i;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (!event_parse(&event, (const char *)data, size, &why) && event.kind != EVENT_FOREIGN) {
		for (i = 0; i < event.kvs.nr; i++)
			if (event.kvs.v[i].quoted)
				write_again(&event.kvs.v[i]);
		json_decref(event_json(&event));
		event_describe(&event, nowhere);
		if (!request_from_event(&request, &event, &why))
			free(request_suggest(&request));
		learn_event(&lesson, &event, NULL);
		learn_finish(&lesson, GENERALIZE_FULL);
	}
	learn_free(&lesson);
	request_free(&request);
	event_free(&event);
	return 0;
}
