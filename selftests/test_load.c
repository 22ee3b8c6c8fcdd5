// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documents that are written to `load`, and what becomes of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include <kselftest_harness.h>

#include "cell.h"
#include "load.h"
#include "log.h"

/* A name of each test's own, since versions only grow. */
FIXTURE(documents) {
	char name[64];
	char text[65536];
};

FIXTURE_SETUP(documents)
{
	snprintf(self->name, sizeof(self->name), "documents.%d", getpid());
}

FIXTURE_TEARDOWN(documents)
{
	bh_write("remove", "%s", self->name);
}

static int mount_anything(void *unused)
{
	return mount("x", "/tmp", "tmpfs", 0, NULL) ? errno : 0;
}

/* In pieces */

TEST_F(documents, byte_by_byte)
{
	static const char document[] =
		"  # a comment\n\npolicy %s version 7\n\tdefault exec deny\n"
		" allow exec path=\"/a b\",/c fstype!=tmpfs # and another\nend\n";
	char want[128];
	size_t len, i;
	int fd = bh_open_load();

	ASSERT_LE(0, fd);
	len = snprintf(self->text, sizeof(self->text), document, self->name);
	for (i = 0; i < len; i++) {
		ASSERT_EQ(1, write(fd, self->text + i, 1));
		/* In force with the end line, not before. */
		if (i < len - 2)
			ASSERT_STREQ("", bh_outcome_of(fd));
	}
	snprintf(want, sizeof(want), "ok %s 7\n", self->name);
	EXPECT_STREQ(want, bh_outcome_of(fd));
	EXPECT_EQ(7, bh_version_of(self->name));
	close(fd);
}

TEST_F(documents, a_document_need_not_end_in_a_newline)
{
	char want[128];

	snprintf(want, sizeof(want), "ok %s 1\n", self->name);
	snprintf(self->text, sizeof(self->text), "policy %s version 1\nend", self->name);
	EXPECT_STREQ(want, bh_load(self->text));
	EXPECT_EQ(1, bh_version_of(self->name));
}

TEST_F(documents, several_blocks)
{
	char want[256];

	snprintf(want, sizeof(want), "ok %s 1\nok %s 2\nok %s 5\n", self->name, self->name,
		 self->name);
	snprintf(self->text, sizeof(self->text),
		 "policy %s version 1\nend\n\n# between\npolicy %s version 2\n"
		 "default exec deny\nend\npolicy %s version 5\nend\n",
		 self->name, self->name, self->name);
	EXPECT_STREQ(want, bh_load(self->text));
	EXPECT_EQ(5, bh_version_of(self->name));
}

TEST_F(documents, blocks_before_an_error_stand)
{
	char want[256];
	int fd = bh_open_load();

	ASSERT_LE(0, fd);
	snprintf(self->text, sizeof(self->text),
		 "policy %s version 3\nend\npolicy %s.b version 1\nallow nothing\nend\n"
		 "policy %s version 4\nend\n", self->name, self->name, self->name);
	EXPECT_EQ(EINVAL, bh_put(fd, self->text));
	snprintf(want, sizeof(want), "ok %s 3\nerror 4:7 ", self->name);
	EXPECT_EQ(0, strncmp(want, bh_outcome_of(fd), strlen(want)));
	EXPECT_EQ(3, bh_version_of(self->name));
	snprintf(want, sizeof(want), "%s.b", self->name);
	EXPECT_EQ(-1, bh_version_of(want));

	/* The open file takes nothing more, not even what would be right. */
	snprintf(self->text, sizeof(self->text), "policy %s version 9\nend\n", self->name);
	EXPECT_EQ(EINVAL, bh_put(fd, self->text));
	EXPECT_EQ(EINVAL, bh_put(fd, "#\n"));
	EXPECT_EQ(3, bh_version_of(self->name));
	close(fd);
	EXPECT_EQ(0, strncmp("ok ", bh_load(self->text), 3));
}

TEST_F(documents, what_has_no_end_is_dropped)
{
	int fd = bh_open_load();

	snprintf(self->text, sizeof(self->text), "policy %s version 1\ndefault exec deny\nen",
		 self->name);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, bh_put(fd, self->text));
	EXPECT_STREQ("", bh_outcome_of(fd));
	close(fd);
	EXPECT_EQ(-1, bh_version_of(self->name));
	/* And the next one starts afresh. */
	EXPECT_EQ(0, strncmp("error 1:1 ", bh_load("d\n"), 10));
}

/* Wherever a document is cut off, the policy in force stays what it was. */
TEST_F(documents, cut_off_anywhere)
{
	static const char document[] =
		"policy %s version 2\nmode audit\ndefault exec deny\n"
		"quiet allow exec path=/usr/**,\"/a \\x41\" from!=/b as=program setid=no\n"
		"kill mount op=mount,bind has=ro,nosuid\ndeny ptrace access=attach\n";
	size_t len, i;

	ASSERT_EQ(0, bh_policy(self->name, "deny exec"));
	len = snprintf(self->text, sizeof(self->text), document, self->name);
	for (i = 0; i <= len; i++) {
		bh_load_bytes(self->text, i);
		ASSERT_EQ(1, bh_version_of(self->name))
			TH_LOG("after %zu bytes", i);
	}
	strcat(self->text, "end\n");
	EXPECT_EQ(0, strncmp("ok ", bh_load(self->text), 3));
	EXPECT_EQ(2, bh_version_of(self->name));
}

TEST_F(documents, the_text_loads_back)
{
	static const char document[] =
		"policy %s version 1 # why\r\n"
		"allow exec path=/a,\"/b c\",\"/d\\x0ae\",\"/\\\\*#\"\n\ndefault exec deny\n"
		"quiet  kill exec\tfrom!=/x as=program setid=yes has=ro\r\n"
		"# kept\ndefault ptrace kill\n\"deny\" mount\nend\n";
	char path[128], want[128], again[8192], kept[1024], *to = kept;
	const char *from;

	snprintf(self->text, sizeof(self->text), document, self->name);
	snprintf(want, sizeof(want), "ok %s 1\n", self->name);
	EXPECT_STREQ(want, bh_load(self->text));
	/* As it was written, but for the CR of CR LF. */
	for (from = self->text; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	snprintf(path, sizeof(path), "policies/%s/text", self->name);
	ASSERT_LT(0, bh_read(path, again, sizeof(again)));
	EXPECT_STREQ(kept, again);
	/* The same version is only taken if the content is the same. */
	EXPECT_STREQ(want, bh_load(again));
	ASSERT_EQ(0, bh_write("remove", "%s", self->name));
	EXPECT_STREQ(want, bh_load(again));
	ASSERT_LT(0, bh_read(path, again, sizeof(again)));
	EXPECT_STREQ(kept, again);
}

/* A block is numbered from its own first line, wherever it stands in what was written. */
TEST_F(documents, rules_are_numbered_by_the_text)
{
	int events = bh_events();
	struct bh_cell cell;
	char line[128];

	ASSERT_LE(0, events);
	snprintf(self->text, sizeof(self->text), "# one\n\npolicy %s version 1\n# four\n"
		 "deny mount\nend\n", self->name);
	EXPECT_EQ(0, strncmp("ok ", bh_load(self->text), 3));
	ASSERT_EQ(0, bh_cell_start(&cell, 0));
	ASSERT_EQ(0, bh_cell_bind(&cell, self->name));
	EXPECT_EQ(EPERM, bh_cell_run(&cell, mount_anything, NULL));
	EXPECT_NE(NULL, bh_find_event(events, "class=mount rule=3 ", NULL));
	snprintf(line, sizeof(line), "policies/%s/stats", self->name);
	ASSERT_LT(0, bh_read(line, self->text, sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, "\nrule 3 hits 1\n"));
	bh_cell_stop(&cell);
	close(events);
}

TEST_F(documents, closing_tells_what_has_no_end)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "policy %s version 1\ndeny exec\n", EINVAL },
		{ "policy %s version 1\ndeny exec\nen", EINVAL },
		{ "policy %s versi", EINVAL },
		{ "policy %s version 1\ndeny exec\nend", 0 },
		{ "policy %s version 1\ndeny exec\nend\n\n# more", 0 },
	};
	int log = log_open();
	size_t i;

	ASSERT_LE(0, log);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd = bh_open_load();

		ASSERT_LE(0, fd);
		snprintf(self->text, sizeof(self->text), rows[i].text, self->name);
		EXPECT_EQ(0, bh_put(fd, self->text));
		EXPECT_EQ(rows[i].err, close(fd) ? errno : 0)
			TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].err ? -1 : 1, bh_version_of(self->name));
		EXPECT_EQ(!!rows[i].err, log_has(log, ": load: error ", NULL))
			TH_LOG("row %zu: what the log has", i);
	}
	close(log);
}

TEST_F(documents, versions)
{
	static const struct {
		const char *version;
		const char *rules;
		const char *outcome;
		long after;
	} steps[] = {
		{ "5", "deny exec", "ok ", 5 },
		{ "5", "  deny    exec # the same", "ok ", 5 },
		{ "5", "deny mount", "error 1:", 5 },
		{ "4", "deny exec", "error 1:", 5 },
		{ "1", "", "error 1:", 5 },
		{ "6", "deny exec", "ok ", 6 },
		{ "5", "deny exec", "error 1:", 6 },
		{ "9223372036854775807", "", "ok ", 9223372036854775807L },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		const char *outcome;

		snprintf(self->text, sizeof(self->text), "policy %s version %s\n%s\nend\n",
			 self->name, steps[i].version, steps[i].rules);
		outcome = bh_load(self->text);
		EXPECT_EQ(0, strncmp(steps[i].outcome, outcome, strlen(steps[i].outcome)))
			TH_LOG("step %zu: %s", i, outcome);
		EXPECT_EQ(steps[i].after, bh_version_of(self->name));
		if (*steps[i].outcome == 'e')
			EXPECT_EQ(-ESTALE, bh_write("load", "%s", self->text));
	}
}

TEST_F(documents, the_longest_name)
{
	static const char letters[] = "0._-AZaz";
	char name[65] = "", want[128];
	int i;

	for (i = 0; i < 8; i++)
		strcat(name, letters);
	name[0] = '_';
	ASSERT_EQ(64UL, strlen(name));
	snprintf(want, sizeof(want), "ok %s 1\n", name);
	snprintf(self->text, sizeof(self->text), "policy %s version 1\nend\n", name);
	EXPECT_STREQ(want, bh_load(self->text));
	EXPECT_EQ(1, bh_version_of(name));
	EXPECT_EQ(0, bh_write("remove", "%s", name));
}

#define MANY "many.many.many.many.many.many.many.many.many.many.many.man%05d"

/* Loads policies by these names; how many were, and what was said of the one that was not. */
static int load_many(int from, int nr, char *said, size_t size)
{
	static char text[1 << 17];
	const char *line;
	size_t len = 0;
	int i;

	for (i = from; i < from + nr; i++)
		len += sprintf(text + len, "policy " MANY " version 1\nend\n", i);
	line = bh_load(text);
	for (i = 0; !strncmp(line, "ok ", 3); i++)
		line = strchr(line, '\n') + 1;
	snprintf(said, size, "%s", line);
	return i;
}

TEST_F_TIMEOUT(documents, too_many_policies, 600)
{
	long before = bh_number("stats", "policies");
	int loaded, i;
	char said[128];

	/* More than there is room for in what reading the file answers. */
	loaded = load_many(0, 1100, said, sizeof(said));
	EXPECT_LT(800, loaded);
	EXPECT_NE(NULL, strstr(said, "too many policies in one document"));
	/* More than may be loaded. */
	while (load_many(loaded, 500, said, sizeof(said)) == 500)
		loaded += 500;
	EXPECT_NE(NULL, strstr(said, " too many policies\n"));
	EXPECT_EQ(4096, bh_number("stats", "policies"));
	for (i = 0; i < 4096 - before; i++)
		EXPECT_EQ(0, bh_write("remove", MANY, i));
	EXPECT_EQ(before, bh_number("stats", "policies"));
}

TEST_F(documents, the_highest_version)
{
	char want[128];

	snprintf(self->text, sizeof(self->text), "policy %s version 18446744073709551615\nend\n",
		 self->name);
	snprintf(want, sizeof(want), "ok %s 18446744073709551615\n", self->name);
	EXPECT_STREQ(want, bh_load(self->text));
}

/* Documents that are none */

#define P "policy documents.bad version 1\n"

static const struct {
	const char *document;
	const char *where;
	int err;
} bad[] = {
	/* Heads. */
	{ "end\n", "1:1", EINVAL },
	{ "\n  policies x version 1\n", "2:3", EINVAL },
	{ "policy\n", "1:", EINVAL },
	{ "policy .hidden version 1\nend\n", "1:8", EINVAL },
	{ "policy a/b version 1\nend\n", "1:8", EINVAL },
	{ "policy \"a b\" version 1\nend\n", "1:8", EINVAL },
	{ "policy \"\" version 1\nend\n", "1:8", EINVAL },
	{ "policy \xc3\xa9 version 1\nend\n", "1:8", EINVAL },
	{ "policy 01234567890123456789012345678901234567890123456789012345678901234\n", "1:8",
	  E2BIG },
	{ "policy x 1\nend\n", "1:10", EINVAL },
	{ "policy x version\nend\n", "1:", EINVAL },
	{ "policy x version 0\nend\n", "1:18", EINVAL },
	{ "policy x version -1\nend\n", "1:18", EINVAL },
	{ "policy x version 1x\nend\n", "1:18", EINVAL },
	{ "policy x version 0x10\nend\n", "1:18", EINVAL },
	{ "policy x version 18446744073709551616\nend\n", "1:18", EINVAL },
	{ "policy x version 99999999999999999999999\nend\n", "1:18", EINVAL },
	{ "policy x version 1 more\nend\n", "1:20", EINVAL },
	{ P "policy y version 1\nend\n", "2:1", EINVAL },
	{ P "end of it\n", "2:5", EINVAL },
	/* mode, default. */
	{ P "mode\nend\n", "2:", EINVAL },
	{ P "mode enforced\nend\n", "2:6", EINVAL },
	{ P "mode audit now\nend\n", "2:12", EINVAL },
	{ P "mode audit\nmode audit\nend\n", "3:", EINVAL },
	{ P "default\nend\n", "2:", EINVAL },
	{ P "default file deny\nend\n", "2:9", EINVAL },
	{ P "default exec\nend\n", "2:", EINVAL },
	{ P "default exec refuse\nend\n", "2:14", EINVAL },
	{ P "default exec deny always\nend\n", "2:19", EINVAL },
	{ P "default exec deny\n default exec deny\nend\n", "3:", EINVAL },
	/* Rules. */
	{ P "permit exec\nend\n", "2:1", EINVAL },
	{ P "Allow exec\nend\n", "2:1", EINVAL },
	{ P "audit exec\nend\n", "2:7", EINVAL },
	{ P "audit quiet deny exec\nend\n", "2:7", EINVAL },
	{ P "deny\nend\n", "2:", EINVAL },
	{ P "deny map as=program\nend\n", "2:10", EINVAL },
	{ P "deny map backing=memory\nend\n", "2:18", EINVAL },
	{ P "deny exec path\nend\n", "2:11", EINVAL },
	{ P "deny exec colour=red\nend\n", "2:11", EINVAL },
	{ P "deny exec  colour=red\nend\n", "2:12", EINVAL },
	{ P "deny exec path=/a target=/b\nend\n", "2:19", EINVAL },
	{ P "deny exec op=mount\nend\n", "2:11", EINVAL },
	{ P "deny mount path=/a\nend\n", "2:12", EINVAL },
	{ P "deny mount access=read\nend\n", "2:12", EINVAL },
	{ P "deny ptrace from=/a\nend\n", "2:13", EINVAL },
	{ P "deny exec digest=sha256:00\nend\n", "2:18", EINVAL },
	{ P "deny exec layer=middle\nend\n", "2:17", EINVAL },
	{ P "deny exec =/a\nend\n", "2:11", EINVAL },
	{ P "deny exec !=/a\nend\n", "2:11", EINVAL },
	{ P "deny exec path=/a no\nend\n", "2:19", EINVAL },
	/* Values: the place of the one that is wrong. */
	{ P "deny exec path=\nend\n", "2:16", EINVAL },
	{ P "deny exec path=/a,\nend\n", "2:19", EINVAL },
	{ P "deny exec path=/a,,/b\nend\n", "2:19", EINVAL },
	{ P "deny exec path=\"\"\nend\n", "2:16", EINVAL },
	{ P "deny exec path=usr/bin\nend\n", "2:16", EINVAL },
	{ P "deny exec path=*\nend\n", "2:16", EINVAL },
	{ P "deny exec path=*/a\nend\n", "2:16", EINVAL },
	{ P "deny exec path=/a,b\nend\n", "2:19", EINVAL },
	{ P "deny exec path=/[a\nend\n", "2:16", EINVAL },
	{ P "deny exec path=/[\nend\n", "2:16", EINVAL },
	{ P "deny exec path=/a\\\nend\n", "2:16", EINVAL },
	{ P "deny exec fstype=\nend\n", "2:18", EINVAL },
	{ P "deny exec as=library\nend\n", "2:14", EINVAL },
	{ P "deny exec setid=maybe\nend\n", "2:17", EINVAL },
	{ P "deny exec backing=file,anonymous\nend\n", "2:24", EINVAL },
	{ P "deny exec has=noatime\nend\n", "2:15", EINVAL },
	{ P "deny exec lacks=ro,rw\nend\n", "2:20", EINVAL },
	{ P "deny mount op=mount,chroot\nend\n", "2:21", EINVAL },
	{ P "deny mount target=tmp\nend\n", "2:19", EINVAL },
	{ P "deny mount has=rw\nend\n", "2:16", EINVAL },
	{ P "deny ptrace access=write\nend\n", "2:20", EINVAL },
	{ P "deny ptrace peer=beside\nend\n", "2:18", EINVAL },
	{ P "deny ptrace role=both\nend\n", "2:18", EINVAL },
	{ P "deny ptrace exe=gdb\nend\n", "2:17", EINVAL },
	/* Quotes and bytes. */
	{ P "deny exec path=\"/a\nend\n", "2:16", EINVAL },
	{ P "deny exec path=\"/a\\n\"\nend\n", "2:19", EINVAL },
	{ P "deny exec path=\"/a\\x4\"\nend\n", "2:19", EINVAL },
	{ P "deny exec path=\"/a\\x00\"\nend\n", "2:19", EINVAL },
	{ P "deny exec path=/\xff\nend\n", "2:17", EINVAL },
	{ P "deny exec path=/\xc0\xaf\nend\n", "2:17", EINVAL },
	{ P "# a comment, too: \x80\nend\n", "2:19", EINVAL },
	{ P "deny exec path=/a\rend\n", "2:18", EINVAL },
};

TEST_F(documents, bad_documents)
{
	char want[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *outcome = bh_load(bad[i].document);
		bool open_end = bad[i].where[strlen(bad[i].where) - 1] == ':';

		snprintf(want, sizeof(want), "error %s%s", bad[i].where, open_end ? "" : " ");
		EXPECT_EQ(0, strncmp(want, outcome, strlen(want)))
			TH_LOG("%s\n# expected %s, got: %s", bad[i].document, want, outcome);
		EXPECT_EQ(-bad[i].err, bh_write("load", "%s", bad[i].document))
			TH_LOG("%s", bad[i].document);
		EXPECT_EQ(-1, bh_version_of("documents.bad"));
		EXPECT_EQ(-1, bh_version_of("x"));
		if (bh_version_of("documents.bad") >= 0)
			bh_write("remove", "documents.bad");
	}
}

TEST_F(documents, nul_is_an_error)
{
	static const char documents[][32] = {
		"policy n\0 version 1\nend\n", "\0policy n version 1\nend\n",
		"policy n version 1\n\0end\n", "policy n version 1\n#\0\nend\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(documents); i++) {
		EXPECT_EQ(-EINVAL, bh_write_bytes("load", documents[i], sizeof(documents[i]) - 1))
			TH_LOG("document %zu", i);
		EXPECT_EQ(-1, bh_version_of("n"));
	}
}

/*
 * Loads a rule made of @head, and then @times @word with @separator between
 * them, and removes it again. 0 or a positive errno.
 */
static int load_repeated(const char *head, const char *word, const char *separator, int times)
{
	char *text = malloc(128 + times * (strlen(word) + strlen(separator))), *at = text;
	int i, err;

	at += sprintf(at, "policy documents.big version 1\ndeny exec %s", head);
	for (i = 0; i < times; i++)
		at += sprintf(at, "%s%s", i ? separator : "", word);
	at += sprintf(at, "\nend\n");
	err = bh_write_bytes("load", text, at - text);
	free(text);
	return -(err ?: bh_write("remove", "documents.big"));
}

TEST_F(documents, what_is_too_big)
{
	static char line[1 << 20];

	/* A line. */
	memset(line, 'x', sizeof(line));
	EXPECT_EQ(-E2BIG, bh_write_bytes("load", line, sizeof(line)));
	memset(line, ' ', sizeof(line));
	EXPECT_EQ(-E2BIG, bh_write_bytes("load", line, sizeof(line)));
	line[0] = '#';
	EXPECT_EQ(-E2BIG, bh_write_bytes("load", line, sizeof(line)));
	/* Conditions of a rule. */
	EXPECT_EQ(0, load_repeated("", "setid=no", " ", 32));
	EXPECT_EQ(E2BIG, load_repeated("", "setid=no", " ", 33));
	/* Values of a condition. */
	EXPECT_EQ(0, load_repeated("path=", "/a", ",", 256));
	EXPECT_EQ(E2BIG, load_repeated("path=", "/a", ",", 257));
	/* Bytes of a pattern. */
	EXPECT_EQ(0, load_repeated("path=/", "a", "", 4095));
	EXPECT_EQ(E2BIG, load_repeated("path=/", "a", "", 4096));
	EXPECT_EQ(-1, bh_version_of("documents.big"));
}

TEST_F(documents, many_rules)
{
	char *text = malloc(2 << 20), *at = text, path[128];
	int i;

	at += sprintf(at, "policy %s version 1\n", self->name);
	for (i = 0; i < 20000; i++)
		at += sprintf(at, "allow exec path=/usr/lib/%d/**\n", i);
	at += sprintf(at, "end\n");
	EXPECT_EQ(0, bh_write_bytes("load", text, at - text));
	snprintf(path, sizeof(path), "policies/%s/info", self->name);
	EXPECT_EQ(20000, bh_number(path, "rules"));
	free(text);
}

/* Whatever is written, nothing but a document changes anything. */
TEST_F(documents, random_bytes)
{
	long policies = bh_number("stats", "policies"), bytes = bh_number("stats", "bytes");
	int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC), i;
	char noise[512], *first;

	ASSERT_LE(0, random);
	for (i = 0; i < 300; i++) {
		ASSERT_EQ((ssize_t)sizeof(noise), read(random, noise, sizeof(noise)));
		/* Half of them get past the first line. */
		first = i % 2 ? noise + strlen(P) : noise;
		memcpy(noise, P, first - noise);
		/*
		 * What begins as a signed document does is waited for until it is all there, a line
		 * until its end; and a comment is no fault.
		 */
		if (*first == 0x30 || strchr("# \t\r\n", *first))
			*first = 0;
		noise[sizeof(noise) - 1] = '\n';
		EXPECT_EQ(0, strncmp("error ", bh_load_bytes(noise, sizeof(noise)), 6));
	}
	EXPECT_EQ(policies, bh_number("stats", "policies"));
	EXPECT_EQ(bytes, bh_number("stats", "bytes"));
	close(random);
}

/* A good document, one byte of which is changed: taken or refused, never worse. */
TEST_F(documents, one_byte_changed)
{
	static const char document[] =
		"policy documents.mut version %d\nmode audit\ndefault exec deny\n"
		"quiet allow exec path=/usr/[a-z]**,\"/a \\x41\" from!=/b as=program\n"
		"kill mount op=mount has=ro\ndeny ptrace access=attach\nend\n";
	size_t len, i;
	int n;

	for (n = 0; n < 400; n++) {
		len = snprintf(self->text, sizeof(self->text), document, 100 + n);
		i = rand() % len;
		self->text[i] = rand();
		bh_load_bytes(self->text, len);
	}
	snprintf(self->text, sizeof(self->text), document, 1000);
	bh_load(self->text);
	bh_write("remove", "documents.mut");
}

TEST_HARNESS_MAIN
