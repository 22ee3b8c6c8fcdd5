/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signed documents, as far as they can be judged without the kernel's keys.
 */
#ifndef BULKHEAD_TOOLS_MESSAGE_H
#define BULKHEAD_TOOLS_MESSAGE_H

#include "util.h"

/**
 * struct signature - what a message's signature is worth
 * @wrong: why the kernel will refuse it, whomever it trusts; or NULL
 * @id: the signer's key as the file `keys` shows it; "" if the message does not tell
 */
struct signature {
	const char *wrong;
	char id[65];
};

struct CMS_ContentInfo_st;

/* signature.c */
const char *signature_weakness(struct CMS_ContentInfo_st *cms);
void signature_examine(struct signature *signature, const char *s, size_t len);

/* message.c */
bool message_is_whole(const char *label, const char *s, size_t len);
int message_read(const char *label, const struct buf *text, struct buf *document);

#endif /* BULKHEAD_TOOLS_MESSAGE_H */
