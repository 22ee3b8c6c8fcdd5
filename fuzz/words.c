// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the language's words as a dictionary, from the tables of the parser.
 */
#include "../kunit/userspace/host.h"
#include "../module/policy.h"

#define DIGITS "1111111111111111"

static void print(const char *prefix, const char *word, const char *suffix)
{
	host_print("\"%s%s%s\"\n", prefix, word, suffix);
}

static void print_words(const struct bh_word *words)
{
	for (; words && words->name; words++)
		print("", words->name, "");
}

int main(void)
{
	static const char *const structure[] = {
		"policy t version 1\\x0a", "\\x0aend\\x0a", "mode enforce\\x0a", "mode audit\\x0a",
		"default ", "policy=a ns=pid ", "ns=", "cgroup=", "!=", "**", "[!", "\\\\x", "\\\"",
	};
	const struct bh_key *key;
	u32 i;

	for (i = 0; i < sizeof(structure) / sizeof(structure[0]); i++)
		print("", structure[i], "");
	print_words(bh_action_words);
	print_words(bh_report_words);
	for (i = 0; i < BH_DIGEST_KINDS; i++)
		print("", bh_digest_descs[i].name, ":");
	print("sha256:", DIGITS DIGITS DIGITS DIGITS, "");
	print("fsverity-sha256:", DIGITS DIGITS DIGITS DIGITS, "");
	for (i = 0; i < BH_CLASSES; i++) {
		print("", bh_classes[i].name, "");
		for (key = bh_classes[i].keys; key->name; key++) {
			print(" ", key->name, "=");
			print_words(key->words);
		}
	}
	return 0;
}
