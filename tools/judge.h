/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module's parser and decision say, asked from userspace.
 */
#ifndef BULKHEAD_TOOLS_JUDGE_H
#define BULKHEAD_TOOLS_JUDGE_H

#include <decide.h>
#include <parse.h>

#include "doc.h"

int judge_document(const struct doc *doc);
int judge_document_for(const struct doc *doc, u32 unknown_kinds);
struct bh_policy *judge_block(const struct doc *doc, const struct doc_block *block);

#endif /* BULKHEAD_TOOLS_JUDGE_H */
