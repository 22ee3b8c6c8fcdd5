// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signed documents, by the module's own reader of them.
 */
#include <cms.h>

#include "command.h"
#include "message.h"

/**
 * message_is_whole() - is a message as long as it says? Says what is wrong.
 * @label: what diagnostics call it
 * @s: the message
 * @len: its length
 */
bool message_is_whole(const char *label, const char *s, size_t len)
{
	size_t size;

	if (bh_cms_size((const u8 *)s, len, &size) <= 0)
		say("%s: not a signed document (CMS, DER)", label);
	else if (len < size)
		say("%s: the signed document is cut: %zu of its %zu bytes are there", label, len,
		    size);
	else if (len > size)
		say("%s: %zu byte%s too many behind the signed document: no kernel takes it", label,
		    len - size, len - size == 1 ? "" : "s");
	else
		return true;
	return false;
}

/**
 * message_read() - take the document out of a message; says what is wrong
 * @label: what diagnostics call it
 * @text: the message
 * @document: where to append what is signed
 *
 * Whether the signature holds is not looked at.
 *
 * Return: DONE or NO.
 */
int message_read(const char *label, const struct buf *text, struct buf *document)
{
	struct bh_cms cms;
	const char *why;

	if (!message_is_whole(label, text->s, text->len))
		return NO;
	if (bh_cms_read(&cms, (const u8 *)text->s, text->len, &why)) {
		say("%s: %s", label, why);
		return NO;
	}
	buf_add(document, (const char *)cms.content.s, cms.content.len);
	return DONE;
}
