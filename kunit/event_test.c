// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of reports: its order, and that no string pushes another out.
 */
#include <kunit/test.h>

#include "../module/event_line.h"
#include "../module/limits.h"
#include "suites.h"

#define STRING(text) { .s = text, .len = sizeof(text) - 1 }

/* As libaudit takes it, with room for what audit and the module put before it. */
#define AUDIT_MAX (8970 - 128)

struct sheet {
	char s[BH_EVENT_MAX + 1];
	struct bh_text text;
};

static struct sheet *new_sheet(struct kunit *test)
{
	struct sheet *sheet = kunit_kzalloc(test, sizeof(*sheet), GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, sheet);
	sheet->text = (struct bh_text){ .s = sheet->s, .cap = BH_EVENT_MAX };
	return sheet;
}

static void expect_line(struct kunit *test, const struct bh_facts *facts, enum bh_form form,
			const char *want)
{
	struct sheet *sheet = new_sheet(test);

	bh_facts_write(&sheet->text, facts, form);
	sheet->s[sheet->text.len] = '\0';
	KUNIT_EXPECT_TRUE_MSG(test, !strcmp(sheet->s, want), "%s\ninstead of\n%s", sheet->s, want);
}

static const struct bh_request exec_request = {
	.class = BH_EXEC,
	.string[BH_EXEC_PATH] = STRING("/bin/a b"),
	.string[BH_EXEC_FSTYPE] = STRING("overlay"),
	.attr[BH_EXEC_AS] = BH_AS_PROGRAM,
	.attr[BH_EXEC_SETID] = BH_SETID_NO,
	.attr[BH_EXEC_BACKING] = BH_BACKING_FILE,
	.attr[BH_EXEC_LAYER] = BH_LAYER_UPPER,
	.flags = BH_FLAG_RO | BH_FLAG_NODEV,
};

static const struct bh_facts exec_facts = {
	.verdict = "deny", .policy = "web", .version = 18446744073709551615ULL, .line = 3,
	.ns = "pid", .inum = 4026532281U, .pid = 42, .uid = 1000,
	.request = &exec_request,
	.label = STRING("shop"), .cgroup = STRING("/a"), .comm = STRING("sh\n"),
	.exe = STRING("/bin/sh"),
};

static void one_of_exec(struct kunit *test)
{
	expect_line(test, &exec_facts, BH_FORM_LINE,
		    "verdict=deny class=exec policy=web version=18446744073709551615 rule=3"
		    " ns=pid inum=4026532281 pid=42 uid=1000 as=program setid=no backing=file"
		    " layer=upper mflags=ro,nodev label=\"shop\" cgroup=\"/a\" comm=\"sh\\x0a\""
		    " exe=\"/bin/sh\" path=\"/bin/a b\" fstype=\"overlay\"");
	expect_line(test, &exec_facts, BH_FORM_AUDIT,
		    "verdict=deny class=exec policy=web version=18446744073709551615 rule=3"
		    " ns=pid inum=4026532281 pid=42 uid=1000 as=program setid=no backing=file"
		    " layer=upper mflags=ro,nodev label=\"shop\" cgroup=\"/a\" comm=73680A"
		    " exe=\"/bin/sh\" path=2F62696E2F612062 fstype=\"overlay\"");
}

static void one_of_ptrace(struct kunit *test)
{
	struct bh_request request = {
		.class = BH_PTRACE,
		.attr[BH_PTRACE_ACCESS] = BH_ACCESS_READ,
		.attr[BH_PTRACE_ROLE] = BH_ROLE_TRACER,
		.attr[BH_PTRACE_PEER] = BH_PEER_INSIDE | BH_PEER_DESCENDANT,
	};
	struct bh_facts facts = {
		.verdict = "kill", .policy = "p", .version = 1, .ns = "user", .inum = 1,
		.request = &request, .has_peer = true, .peer_pid = 7,
		.peer_comm = STRING("x"), .reason = "out of memory",
	};

	expect_line(test, &facts, BH_FORM_LINE,
		    "verdict=kill class=ptrace policy=p version=1 rule=default ns=user inum=1"
		    " pid=0 uid=0 access=read role=tracer peer=inside,descendant peer_pid=7"
		    " label=- cgroup=- comm=- exe=- peer_comm=\"x\" peer_exe=-"
		    " reason=\"out of memory\"");
}

static void one_of_a_change(struct kunit *test)
{
	struct bh_change change = {
		.op = "bind", .result = "ENOENT", .policy = "web", .ns = "pid", .inum = 5,
		.pid = 1, .uid = 2, .auid = 4294967295U, .ses = 3, .comm = STRING("a b"),
		.reason = STRING("1:1 no such policy"),
	};
	struct sheet *sheet = new_sheet(test);

	bh_change_write(&sheet->text, &change, BH_FORM_LINE);
	sheet->s[sheet->text.len] = '\0';
	KUNIT_EXPECT_STREQ(test, sheet->s,
			   "class=config op=bind result=ENOENT policy=web auid=4294967295 ses=3"
			   " ns=pid inum=5 pid=1 uid=2 comm=\"a b\""
			   " reason=\"1:1 no such policy\"");
}

/* Whatever names a container chooses, each key is there, and so is each name's beginning. */
static void the_longest(struct kunit *test)
{
	char *name = kunit_kzalloc(test, 4096, GFP_KERNEL);
	struct bh_request request = { .class = BH_MOUNT, .flags = ~0, .attr[BH_MOUNT_OP] = ~0 };
	struct bh_facts facts = exec_facts;
	struct bh_string longest = { .s = name, .len = 4095 };
	int form, i;

	KUNIT_ASSERT_TRUE(test, name);
	memset(name, '\x02', 4095);
	for (i = 0; i < BH_STRINGS; i++)
		request.string[i] = longest;
	facts.request = &request;
	facts.exe = longest;
	facts.cgroup = longest;
	facts.label = (struct bh_string){ .s = name, .len = BH_LABEL_MAX };
	facts.comm = (struct bh_string){ .s = name, .len = 15 };
	for (form = BH_FORM_LINE; form <= BH_FORM_AUDIT; form++) {
		static const char *const ends[] = {
			[BH_FORM_LINE] = "\\x02\"...", [BH_FORM_AUDIT] = "022E2E2E",
		};
		struct sheet *sheet = new_sheet(test);
		size_t len = strlen(ends[form]);

		bh_facts_write(&sheet->text, &facts, form);
		KUNIT_EXPECT_LE(test, sheet->text.len, (size_t)AUDIT_MAX);
		KUNIT_EXPECT_TRUE(test, strstr(sheet->s, " source=") && strstr(sheet->s, " exe="));
		KUNIT_EXPECT_TRUE(test, !memcmp(sheet->s + sheet->text.len - len, ends[form], len));
	}
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(one_of_exec),
	KUNIT_CASE(one_of_ptrace),
	KUNIT_CASE(one_of_a_change),
	KUNIT_CASE(the_longest),
	{}
};

struct kunit_suite bh_event_suite = {
	.name = "bh_event",
	.test_cases = event_cases,
};
