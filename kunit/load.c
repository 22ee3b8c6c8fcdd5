// SPDX-License-Identifier: GPL-2.0-only
/*
 * A document read from the first byte to the last, and what came of it.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "load.h"

static int take(struct bh_policy *policy, void *data, const char **why)
{
	struct bh_reading *reading = data;

	if (reading->ret)
		reading->late = true;
	if (reading->refuse) {
		bh_policy_free(policy);
		*why = "refused";
		return reading->refuse;
	}
	if (reading->nr < BH_READING_POLICIES)
		reading->policy[reading->nr] = policy;
	else
		bh_policy_free(policy);
	reading->nr++;
	return 0;
}

static void feed(struct bh_reading *reading, struct bh_parser *parser, const char *s, size_t len)
{
	int ret = bh_parser_feed(parser, s, len);

	if (reading->ret && ret != -EINVAL)
		reading->late = true;
	if (!reading->ret)
		reading->ret = ret;
}

static struct bh_parser *begin(struct bh_reading *reading)
{
	struct bh_parser *parser;

	*reading = (struct bh_reading){
		.refuse = reading->refuse, .refuse_digests = reading->refuse_digests,
	};
	parser = bh_parser_alloc(take, reading);
	if (parser)
		bh_parser_refuse_digests(parser, reading->refuse_digests);
	else
		reading->ret = -ENOMEM;
	return parser;
}

/* After an error nothing is taken, not even what would be right. */
static void end(struct bh_reading *reading, struct bh_parser *parser)
{
	static const char good[] = "\npolicy late version 1\nend\n";

	reading->error = *bh_parser_error(parser);
	if (reading->ret) {
		feed(reading, parser, good, strlen(good));
		if (memcmp(&reading->error, bh_parser_error(parser), sizeof(reading->error)))
			reading->late = true;
	}
	bh_parser_free(parser);
}

/**
 * bh_load() - read a document at once
 * @reading: what came of it; to be given to bh_reading_free()
 * @doc: the document
 * @len: its length
 */
void bh_load(struct bh_reading *reading, const char *doc, size_t len)
{
	struct bh_parser *parser = begin(reading);

	if (!parser)
		return;
	feed(reading, parser, doc, len);
	end(reading, parser);
}

/**
 * bh_load_bytewise() - read a document byte by byte
 * @reading: what came of it; to be given to bh_reading_free()
 * @doc: the document
 * @len: its length
 */
void bh_load_bytewise(struct bh_reading *reading, const char *doc, size_t len)
{
	struct bh_parser *parser = begin(reading);

	if (!parser)
		return;
	while (len--)
		feed(reading, parser, doc++, 1);
	end(reading, parser);
}

/**
 * bh_load_in_pieces() - read a document in pieces of any size
 * @reading: what came of it; to be given to bh_reading_free()
 * @doc: the document
 * @len: its length
 * @random: tells where to cut
 */
void bh_load_in_pieces(struct bh_reading *reading, const char *doc, size_t len,
		       struct bh_random *random)
{
	struct bh_parser *parser = begin(reading);
	size_t piece;

	if (!parser)
		return;
	for (; len; doc += piece, len -= piece) {
		piece = bh_random_below(random, bh_random_once_in(random, 2) ? 4 : 100);
		piece = min(piece, len);
		feed(reading, parser, doc, piece);
	}
	end(reading, parser);
}

/**
 * bh_reading_free() - free what came of a document
 * @reading: what; empty afterwards but for ->refuse
 */
void bh_reading_free(struct bh_reading *reading)
{
	u32 i;

	for (i = 0; i < reading->nr && i < BH_READING_POLICIES; i++)
		bh_policy_free(reading->policy[i]);
	*reading = (struct bh_reading){ .refuse = reading->refuse };
}
