// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts: what a policy says to a request.
 */
#include <kunit/test.h>

#include "../module/decide.h"
#include "../module/limits.h"
#include "../module/memo.h"
#include "load.h"
#include "model.h"
#include "oracle.h"
#include "random.h"
#include "suites.h"

struct fixture {
	struct bh_reading reading;
	struct bh_decision decision;
};

static int decide_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	bh_decision_init(&f->decision, GFP_KERNEL);
	test->priv = f;
	return 0;
}

static void decide_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	bh_reading_free(&f->reading);
	bh_decision_free(&f->decision);
}

static void load(struct kunit *test, const char *doc, size_t len)
{
	struct fixture *f = test->priv;

	bh_reading_free(&f->reading);
	bh_load(&f->reading, doc, len);
	KUNIT_ASSERT_EQ_MSG(test, f->reading.nr, 1, "%u:%u %s in %.*s", f->reading.error.line,
			    f->reading.error.column, f->reading.error.message, (int)len, doc);
}

static struct bh_verdict decide(struct kunit *test, const struct bh_request *request)
{
	struct fixture *f = test->priv;
	struct bh_verdict verdict = { .action = 99 };

	KUNIT_ASSERT_EQ(test, bh_decide(f->reading.policy[0], request, &f->decision, &verdict), 0);
	return verdict;
}

/* Rules, a request, and the verdict; the first rule is in line 2. */

struct verdict {
	const char *rules;
	struct bh_request request;
	u8 action;
	u32 line;
	u8 report;
};

#define S(text) { text, sizeof(text) - 1 }
#define ASK_EXEC(path) { .class = BH_EXEC, .string[BH_EXEC_PATH] = S(path) }
#define ASK_EXEC_FROM(path, by)	{						\
	.class = BH_EXEC,							\
	.string[BH_EXEC_PATH] = S(path), .string[BH_EXEC_FROM] = S(by) }
#define ASK_EXEC_ATTR(slot, bits) {						\
	.class = BH_EXEC, .string[BH_EXEC_PATH] = S("/x"), .attr[slot] = bits }
#define ASK_NO_PATH { .class = BH_EXEC }
#define ASK_DIGEST(kind, bytes) { .class = BH_EXEC, .digest[kind] = bytes }
#define ELSEWHERE(path) { path, sizeof(path) - 1, true }
#define ASK_ELSEWHERE(path) { .class = BH_EXEC, .string[BH_EXEC_PATH] = ELSEWHERE(path) }
#define ASK_FROM_ELSEWHERE(path, by) {						\
	.class = BH_EXEC,							\
	.string[BH_EXEC_PATH] = S(path), .string[BH_EXEC_FROM] = ELSEWHERE(by) }
#define ASK_FLAGS(bits) { .class = BH_EXEC, .flags = bits }
#define STEP_MOUNT(what, type) {						\
	.class = BH_MOUNT, .attr[BH_MOUNT_OP] = what,				\
	.string[BH_MOUNT_FSTYPE] = S(type), .flags_unknown = true,		\
	.unknown = 1 << BH_MOUNT_TARGET | 1 << BH_MOUNT_SOURCE }
#define ASK_MOUNT(what, type, from, to) {					\
	.class = BH_MOUNT, .attr[BH_MOUNT_OP] = what,				\
	.string[BH_MOUNT_FSTYPE] = S(type), .string[BH_MOUNT_SOURCE] = S(from),	\
	.string[BH_MOUNT_TARGET] = S(to) }
#define ASK_PTRACE(how, as, whom, what) {					\
	.class = BH_PTRACE, .attr[BH_PTRACE_ACCESS] = how, .attr[BH_PTRACE_ROLE] = as,	\
	.attr[BH_PTRACE_PEER] = whom, .string[BH_PTRACE_EXE] = S(what) }
#define TRACER(whom) ASK_PTRACE(BH_ACCESS_READ, BH_ROLE_TRACER, whom, "/x")
#define TRACEE(whom) ASK_PTRACE(BH_ACCESS_READ, BH_ROLE_TRACEE, whom, "/x")
#define NOSUID_NODEV (BH_FLAG_NOSUID | BH_FLAG_NODEV)

static const u8 ones[BH_DIGEST_MAX] = { [0 ... BH_DIGEST_MAX - 1] = 0x11 };
static const u8 twos[BH_DIGEST_MAX] = { [0 ... BH_DIGEST_MAX - 1] = 0x22 };

#define SHA_1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define SHA_2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"

static const struct verdict verdicts[] = {
	/* Defaults. */
	{ "", ASK_EXEC("/x"), BH_ALLOW, 0, BH_PLAIN },
	{ "default exec deny", ASK_EXEC("/x"), BH_DENY, 0, BH_PLAIN },
	{ "default exec kill", ASK_EXEC("/x"), BH_KILL, 0, BH_PLAIN },
	{ "default mount deny", ASK_EXEC("/x"), BH_ALLOW, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path=/y", ASK_EXEC("/x"), BH_DENY, 0, BH_PLAIN },
	{ "default exec kill\nallow exec path=/x", ASK_EXEC("/x"), BH_ALLOW, 3, BH_PLAIN },

	/* Kill beats deny beats allow, in whatever order. */
	{ "allow exec\ndeny exec\nkill exec", ASK_EXEC("/x"), BH_KILL, 4, BH_PLAIN },
	{ "kill exec\ndeny exec\nallow exec", ASK_EXEC("/x"), BH_KILL, 2, BH_PLAIN },
	{ "allow exec\ndeny exec", ASK_EXEC("/x"), BH_DENY, 3, BH_PLAIN },
	{ "deny exec\nallow exec", ASK_EXEC("/x"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/**\nallow exec path=/x", ASK_EXEC("/x"), BH_DENY, 2, BH_PLAIN },
	{ "allow exec path=/x\ndeny exec path=/**", ASK_EXEC("/x"), BH_DENY, 3, BH_PLAIN },
	{ "allow exec path=/x\nkill exec", ASK_EXEC("/x"), BH_KILL, 3, BH_PLAIN },
	{ "kill exec path=/y\ndeny exec path=/x", ASK_EXEC("/x"), BH_DENY, 3, BH_PLAIN },
	{ "deny mount\nkill ptrace\nallow exec", ASK_EXEC("/x"), BH_ALLOW, 4, BH_PLAIN },

	/* Of equally strict ones: who reports most, then the first. */
	{ "deny exec\ndeny exec path=/x", ASK_EXEC("/x"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/x\ndeny exec", ASK_EXEC("/x"), BH_DENY, 2, BH_PLAIN },
	{ "audit allow exec", ASK_EXEC("/x"), BH_ALLOW, 2, BH_AUDIT },
	{ "quiet deny exec", ASK_EXEC("/x"), BH_DENY, 2, BH_QUIET },
	{ "quiet deny exec\ndeny exec", ASK_EXEC("/x"), BH_DENY, 3, BH_PLAIN },
	{ "deny exec\naudit deny exec\nquiet deny exec", ASK_EXEC("/x"), BH_DENY, 3, BH_AUDIT },
	{ "audit allow exec\nquiet deny exec", ASK_EXEC("/x"), BH_DENY, 3, BH_QUIET },
	{ "default exec deny\nquiet deny exec path=/x", ASK_EXEC("/y"), BH_DENY, 0, BH_PLAIN },

	/* Conditions are ANDed, values ORed. */
	{ "deny exec path=/x from=/f", ASK_EXEC_FROM("/x", "/f"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/x from=/f", ASK_EXEC_FROM("/x", "/g"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path=/x from=/f", ASK_EXEC_FROM("/y", "/f"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path=/x,/y", ASK_EXEC("/y"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/x,/x", ASK_EXEC("/x"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/x,/y", ASK_EXEC("/z"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path=/a* path=/*b", ASK_EXEC("/axb"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/a* path=/*b", ASK_EXEC("/ax"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path=/a* path!=/ab,/ac", ASK_EXEC("/ad"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path=/a* path!=/ab,/ac", ASK_EXEC("/ac"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path=/f from=/x", ASK_EXEC_FROM("/x", "/f"), BH_ALLOW, 0, BH_PLAIN },

	/* `!=`. */
	{ "deny exec path!=/x", ASK_EXEC("/x"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path!=/x", ASK_EXEC("/y"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec path!=/x,/y", ASK_EXEC("/y"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path!=/x path!=/y", ASK_EXEC("/y"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path!=/usr/**", ASK_EXEC("/usr/bin/x"), BH_ALLOW, 0, BH_PLAIN },

	/* What has no path matches no `=`, not even every path, and each `!=`. */
	{ "deny exec path=/**", ASK_NO_PATH, BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path=**", ASK_NO_PATH, BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path!=/**", ASK_NO_PATH, BH_DENY, 2, BH_PLAIN },
	{ "deny exec path!=**", ASK_NO_PATH, BH_DENY, 2, BH_PLAIN },
	{ "deny exec path!=/x from=/f", ASK_NO_PATH, BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec from!=/x fstype!=y", ASK_NO_PATH, BH_DENY, 2, BH_PLAIN },
	{ "deny exec", ASK_NO_PATH, BH_DENY, 2, BH_PLAIN },

	/* But nothing that is said of a path allows it. */
	{ "default exec deny\nallow exec path=/**", ASK_NO_PATH, BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path!=/x", ASK_NO_PATH, BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path!=/x backing=file", ASK_NO_PATH, BH_DENY, 0,
	  BH_PLAIN },
	{ "default exec deny\nallow exec from!=/x", ASK_EXEC("/y"), BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec fstype!=x", ASK_NO_PATH, BH_ALLOW, 3, BH_PLAIN },
	{ "default exec deny\nallow exec", ASK_NO_PATH, BH_ALLOW, 3, BH_PLAIN },

	/* A path of another mount namespace is one for rules that refuse, and for no other. */
	{ "default exec deny\nallow exec path=/x", ASK_ELSEWHERE("/x"), BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path=/**", ASK_ELSEWHERE("/x"), BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path!=/y", ASK_ELSEWHERE("/x"), BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec", ASK_ELSEWHERE("/x"), BH_ALLOW, 3, BH_PLAIN },
	{ "deny exec path=/x", ASK_ELSEWHERE("/x"), BH_DENY, 2, BH_PLAIN },
	{ "kill exec path=/x", ASK_ELSEWHERE("/x"), BH_KILL, 2, BH_PLAIN },
	{ "deny exec path=/y", ASK_ELSEWHERE("/x"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path!=/x", ASK_ELSEWHERE("/x"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec path!=/y", ASK_ELSEWHERE("/x"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec from=/run", ASK_FROM_ELSEWHERE("/x", "/run"), BH_DENY, 2, BH_PLAIN },
	{ "deny exec from=/y", ASK_FROM_ELSEWHERE("/x", "/run"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec from!=/run", ASK_FROM_ELSEWHERE("/x", "/run"), BH_ALLOW, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path=/x from=/run", ASK_FROM_ELSEWHERE("/x", "/run"),
	  BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec path=/x", ASK_FROM_ELSEWHERE("/x", "/run"), BH_ALLOW, 3,
	  BH_PLAIN },
	{ "deny exec path=**", { .class = BH_EXEC, .string[BH_EXEC_PATH] = S("") },
	  BH_DENY, 2, BH_PLAIN },

	/* Words. A request may be of several, and of none that is known. */
	{ "deny exec as=program", ASK_EXEC_ATTR(BH_EXEC_AS, BH_AS_PROGRAM), BH_DENY, 2, BH_PLAIN },
	{ "deny exec as=program", ASK_EXEC_ATTR(BH_EXEC_AS, BH_AS_INTERPRETER), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "deny exec as!=program", ASK_EXEC_ATTR(BH_EXEC_AS, BH_AS_INTERPRETER), BH_DENY, 2,
	  BH_PLAIN },
	{ "deny exec as=program,interpreter", ASK_EXEC_ATTR(BH_EXEC_AS, BH_AS_INTERPRETER),
	  BH_DENY, 2, BH_PLAIN },
	{ "deny exec as!=interpreter", ASK_EXEC_ATTR(BH_EXEC_AS, BH_AS_INTERPRETER), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "deny exec setid=yes", ASK_EXEC_ATTR(BH_EXEC_SETID, BH_SETID_YES), BH_DENY, 2, BH_PLAIN },
	{ "deny exec setid=yes", ASK_EXEC_ATTR(BH_EXEC_SETID, BH_SETID_NO), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec setid=no", ASK_EXEC_ATTR(BH_EXEC_SETID, BH_SETID_NO), BH_DENY, 2, BH_PLAIN },
	{ "kill exec backing=memfd", ASK_EXEC_ATTR(BH_EXEC_BACKING, BH_BACKING_MEMFD), BH_KILL, 2,
	  BH_PLAIN },
	{ "kill exec backing=deleted", ASK_EXEC_ATTR(BH_EXEC_BACKING,
						     BH_BACKING_MEMFD | BH_BACKING_DELETED),
	  BH_KILL, 2, BH_PLAIN },
	{ "deny exec backing=file", ASK_EXEC_ATTR(BH_EXEC_BACKING, BH_BACKING_MEMFD), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "deny exec backing=file", ASK_NO_PATH, BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec backing!=file", ASK_NO_PATH, BH_DENY, 2, BH_PLAIN },
	{ "deny exec fstype=tmp*", { .class = BH_EXEC, .string[BH_EXEC_FSTYPE] = S("tmpfs") },
	  BH_DENY, 2, BH_PLAIN },
	{ "deny exec fstype=tmp", { .class = BH_EXEC, .string[BH_EXEC_FSTYPE] = S("tmpfs") },
	  BH_ALLOW, 0, BH_PLAIN },

	/* Digests. What has none is no reason to allow, not even that it is another. */
	{ "deny exec digest=" SHA_1, ASK_DIGEST(BH_SHA256, ones), BH_DENY, 2, BH_PLAIN },
	{ "deny exec digest=" SHA_1, ASK_DIGEST(BH_SHA256, twos), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec digest=" SHA_1, ASK_DIGEST(BH_VERITY_SHA256, ones), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec digest=" SHA_1, ASK_NO_PATH, BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec digest=" SHA_2 "," SHA_1, ASK_DIGEST(BH_SHA256, ones), BH_DENY, 2, BH_PLAIN },
	{ "deny exec digest=" SHA_1 "," SHA_1, ASK_DIGEST(BH_SHA256, ones), BH_DENY, 2, BH_PLAIN },
	{ "deny exec digest=" SHA_1 " digest=fsverity-" SHA_2, ASK_DIGEST(BH_SHA256, ones),
	  BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec digest=" SHA_1 " path=/x", ASK_DIGEST(BH_SHA256, ones), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "deny exec digest=fsverity-" SHA_1, ASK_DIGEST(BH_VERITY_SHA256, ones), BH_DENY, 2,
	  BH_PLAIN },
	{ "deny exec digest!=" SHA_1, ASK_DIGEST(BH_SHA256, ones), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec digest!=" SHA_1, ASK_DIGEST(BH_SHA256, twos), BH_DENY, 2, BH_PLAIN },
	{ "kill exec digest!=" SHA_1, ASK_NO_PATH, BH_KILL, 2, BH_PLAIN },
	{ "default exec deny\nallow exec digest=" SHA_1, ASK_DIGEST(BH_SHA256, ones), BH_ALLOW, 3,
	  BH_PLAIN },
	{ "default exec deny\nallow exec digest=" SHA_1, ASK_NO_PATH, BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec digest!=" SHA_1, ASK_NO_PATH, BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec digest!=" SHA_1, ASK_DIGEST(BH_SHA256, ones), BH_DENY, 0,
	  BH_PLAIN },
	{ "default exec deny\nallow exec digest!=" SHA_1, ASK_DIGEST(BH_SHA256, twos), BH_ALLOW, 3,
	  BH_PLAIN },
	{ "default exec deny\nallow exec digest!=" SHA_1, ASK_DIGEST(BH_VERITY_SHA256, twos),
	  BH_DENY, 0, BH_PLAIN },
	{ "default exec deny\nallow exec digest!=" SHA_2 ",fsverity-" SHA_2,
	  ASK_DIGEST(BH_SHA256, ones), BH_DENY, 0, BH_PLAIN },

	/* Flags: all set, all unset; negated: none set, none unset. */
	{ "deny exec has=nosuid,nodev", ASK_FLAGS(NOSUID_NODEV), BH_DENY, 2, BH_PLAIN },
	{ "deny exec has=nosuid,nodev", ASK_FLAGS(NOSUID_NODEV | BH_FLAG_RO), BH_DENY, 2,
	  BH_PLAIN },
	{ "deny exec has=nosuid,nodev", ASK_FLAGS(BH_FLAG_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec has=nosuid,nodev", ASK_FLAGS(0), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec has=nosuid has=nodev", ASK_FLAGS(BH_FLAG_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec has!=nosuid,nodev", ASK_FLAGS(BH_FLAG_RO), BH_DENY, 2, BH_PLAIN },
	{ "deny exec has!=nosuid,nodev", ASK_FLAGS(BH_FLAG_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec has!=nosuid,nodev", ASK_FLAGS(NOSUID_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec lacks=nosuid,nodev", ASK_FLAGS(BH_FLAG_RO), BH_DENY, 2, BH_PLAIN },
	{ "deny exec lacks=nosuid,nodev", ASK_FLAGS(BH_FLAG_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec lacks=nosuid,nodev", ASK_FLAGS(NOSUID_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec lacks!=nosuid,nodev", ASK_FLAGS(NOSUID_NODEV), BH_DENY, 2, BH_PLAIN },
	{ "deny exec lacks!=nosuid,nodev", ASK_FLAGS(BH_FLAG_NODEV), BH_ALLOW, 0, BH_PLAIN },
	{ "deny exec has=ro lacks=noexec", ASK_FLAGS(BH_FLAG_RO), BH_DENY, 2, BH_PLAIN },

	/* Mounts. */
	{ "default mount deny\nallow mount op=mount fstype=tmpfs target=/tmp/**",
	  ASK_MOUNT(BH_OP_MOUNT, "tmpfs", "none", "/tmp/x"), BH_ALLOW, 3, BH_PLAIN },
	{ "default mount deny\nallow mount op=mount fstype=tmpfs target=/tmp/**",
	  ASK_MOUNT(BH_OP_MOUNT, "proc", "none", "/tmp/x"), BH_DENY, 0, BH_PLAIN },
	{ "default mount deny\nallow mount op=mount fstype=tmpfs target=/tmp/**",
	  ASK_MOUNT(BH_OP_BIND, "tmpfs", "none", "/tmp/x"), BH_DENY, 0, BH_PLAIN },
	{ "default mount deny\nallow mount op=mount fstype=tmpfs target=/tmp/**",
	  ASK_MOUNT(BH_OP_MOUNT, "tmpfs", "none", "/etc"), BH_DENY, 0, BH_PLAIN },
	{ "deny mount source=/dev/*", ASK_MOUNT(BH_OP_MOUNT, "ext4", "/dev/vda", "/m"), BH_DENY, 2,
	  BH_PLAIN },
	{ "deny mount target=/dev/*", ASK_MOUNT(BH_OP_MOUNT, "ext4", "/dev/vda", "/m"), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "deny mount op=umount,pivot_root", ASK_MOUNT(BH_OP_PIVOT_ROOT, "", "", "/"), BH_DENY, 2,
	  BH_PLAIN },

	/* Steps. What allows counts unless contradicted, what denies once all is known. */
	{ "default mount deny\nallow mount op=mount fstype=tmpfs target=/tmp/** has=ro",
	  STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_ALLOW, 3, BH_PLAIN },
	{ "default mount deny\nallow mount target=/tmp/** fstype=proc",
	  STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_DENY, 0, BH_PLAIN },
	{ "default mount deny\nallow mount op=bind target=/tmp/**",
	  STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_DENY, 0, BH_PLAIN },
	{ "default mount deny\nallow mount target!=/tmp/**",
	  STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_ALLOW, 3, BH_PLAIN },
	{ "default mount deny\naudit allow mount fstype=tmpfs lacks=rec",
	  STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_ALLOW, 3, BH_PLAIN },
	{ "deny mount fstype=tmpfs", STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_DENY, 2, BH_PLAIN },
	{ "deny mount fstype=tmpfs target=/tmp/**", STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "kill mount target!=/tmp/**", STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_ALLOW, 0, BH_PLAIN },
	{ "deny mount lacks=nosuid", STEP_MOUNT(BH_OP_MOUNT, "tmpfs"), BH_ALLOW, 0, BH_PLAIN },
	{ "allow mount target=/tmp/**\ndeny mount op=mount", STEP_MOUNT(BH_OP_MOUNT, "tmpfs"),
	  BH_DENY, 3, BH_PLAIN },

	/* Who traces. A rule, and the default, speak of the tracer unless they say otherwise. */
	{ "default ptrace deny", TRACER(BH_PEER_INSIDE), BH_DENY, 0, BH_PLAIN },
	{ "default ptrace deny", TRACEE(BH_PEER_OUTSIDE), BH_ALLOW, 0, BH_PLAIN },
	{ "deny ptrace", TRACER(BH_PEER_INSIDE), BH_DENY, 2, BH_PLAIN },
	{ "deny ptrace", TRACEE(BH_PEER_OUTSIDE), BH_ALLOW, 0, BH_PLAIN },
	{ "deny ptrace role=tracer", TRACEE(BH_PEER_OUTSIDE), BH_ALLOW, 0, BH_PLAIN },
	{ "deny ptrace role=tracee", TRACEE(BH_PEER_OUTSIDE), BH_DENY, 2, BH_PLAIN },
	{ "deny ptrace role=tracee", TRACER(BH_PEER_INSIDE), BH_ALLOW, 0, BH_PLAIN },
	{ "deny ptrace role!=tracer", TRACEE(BH_PEER_INSIDE), BH_DENY, 2, BH_PLAIN },
	{ "deny ptrace role=tracer,tracee", TRACEE(BH_PEER_INSIDE), BH_DENY, 2, BH_PLAIN },
	{ "deny ptrace role=tracer,tracee", TRACER(BH_PEER_INSIDE), BH_DENY, 2, BH_PLAIN },
	{ "default ptrace deny\nallow ptrace peer=inside", TRACER(BH_PEER_INSIDE), BH_ALLOW, 3,
	  BH_PLAIN },
	{ "default ptrace deny\nallow ptrace peer=inside", TRACER(BH_PEER_OUTSIDE), BH_DENY, 0,
	  BH_PLAIN },
	{ "default ptrace deny\nallow ptrace peer=descendant",
	  TRACER(BH_PEER_INSIDE | BH_PEER_DESCENDANT), BH_ALLOW, 3, BH_PLAIN },
	{ "deny ptrace peer!=descendant", TRACER(BH_PEER_INSIDE | BH_PEER_DESCENDANT), BH_ALLOW, 0,
	  BH_PLAIN },
	{ "deny ptrace access=attach", TRACER(BH_PEER_INSIDE), BH_ALLOW, 0, BH_PLAIN },
	{ "deny ptrace access=attach exe=/usr/sbin/*",
	  ASK_PTRACE(BH_ACCESS_ATTACH, BH_ROLE_TRACER, BH_PEER_INSIDE, "/usr/sbin/sshd"), BH_DENY,
	  2, BH_PLAIN },
};

static void describe_verdict(const struct verdict *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", row->rules);
	for (; *desc; desc++)
		if (*desc == '\n')
			*desc = ';';
}

KUNIT_ARRAY_PARAM(verdict, verdicts, describe_verdict);

static void decides(struct kunit *test)
{
	const struct verdict *row = test->param_value;
	struct bh_verdict verdict;
	char doc[512];

	snprintf(doc, sizeof(doc), "policy t version 1\n%s\nend\n", row->rules);
	load(test, doc, strlen(doc));
	verdict = decide(test, &row->request);
	KUNIT_EXPECT_EQ(test, verdict.action, row->action);
	KUNIT_EXPECT_EQ(test, verdict.line, row->line);
	KUNIT_EXPECT_EQ(test, verdict.report, row->report);
}

/* Against the model */

static void decides_like_the_model(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct bh_model *read = kunit_kzalloc(test, sizeof(*read), GFP_KERNEL);
	struct bh_model_request *ask = kunit_kzalloc(test, sizeof(*ask), GFP_KERNEL);
	char *doc = kunit_kzalloc(test, BH_MODEL_TEXT, GFP_KERNEL);
	const struct bh_policy *policy;
	struct bh_verdict verdict, want;
	u32 round, i, decided = 0;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, model);
	KUNIT_ASSERT_NOT_NULL(test, read);
	KUNIT_ASSERT_NOT_NULL(test, ask);
	KUNIT_ASSERT_NOT_NULL(test, doc);
	kunit_info(test, "seed %u", BH_TEST_SEED);
	for (round = 0; round < 50 * BH_TEST_SCALE; round++) {
		bh_model_fill(model, &random, bh_random_below(&random, BH_MODEL_RULES + 1));
		len = bh_model_write(model, &random, doc);
		load(test, doc, len);
		policy = ((struct fixture *)test->priv)->reading.policy[0];
		KUNIT_ASSERT_TRUE(test, bh_model_read(read, policy->text, policy->text_len));
		for (i = 0; i < 20; i++) {
			bh_model_ask(ask, &random);
			verdict = decide(test, &ask->request);
			want = bh_model_decide(model, &ask->request);
			KUNIT_ASSERT_EQ(test, bh_model_decide(read, &ask->request).action,
					want.action);
			KUNIT_ASSERT_STREQ_MSG(test, bh_oracle_verdict(&ask->request, verdict,
								       want), "",
					       "%u %.*s: %.*s", ask->request.class,
					       (int)ask->request.string[0].len,
					       ask->request.string[0].s ?: "", (int)len, doc);
			decided += !!verdict.line;
		}
	}
	/* A model whose rules never match would be a poor one. */
	KUNIT_EXPECT_GE(test, decided, round * 20 / 5);
	kunit_info(test, "%u of %u requests decided by a rule", decided, round * 20);
}

/* Each case of ptrace has a place of its own, and there the verdict on it. */
static void knows_all_cases(struct kunit *test)
{
	static const char rules[] = "policy t version 1\ndefault ptrace deny\n"
				    "allow ptrace access=read peer=inside\n"
				    "allow ptrace peer=descendant\naudit allow ptrace peer!=inside\n"
				    "kill ptrace role=tracee access=attach peer!=descendant\nend\n";
	struct bh_request request = { .class = BH_PTRACE };
	struct fixture *f = test->priv;
	struct bh_verdict cases[BH_PTRACE_CASES], verdict;
	u32 access, role, peer, seen = 0, number;

	load(test, rules, strlen(rules));
	KUNIT_ASSERT_EQ(test, bh_decide_cases(f->reading.policy[0], &f->decision, cases), 0);
	for (access = 1; access <= BH_ACCESS_ATTACH; access++) {
		for (role = 1; role <= BH_ROLE_TRACEE; role++) {
			for (peer = 1; peer <= 6; peer += peer == 2 ? 3 : 1) {
				request.attr[BH_PTRACE_ACCESS] = access;
				request.attr[BH_PTRACE_ROLE] = role;
				request.attr[BH_PTRACE_PEER] = peer;
				number = bh_ptrace_case(request.attr);
				KUNIT_ASSERT_TRUE(test, number < BH_PTRACE_CASES);
				seen |= 1 << number;
				verdict = decide(test, &request);
				KUNIT_EXPECT_EQ(test, cases[number].action, verdict.action);
				KUNIT_EXPECT_EQ(test, cases[number].report, verdict.report);
				KUNIT_EXPECT_EQ(test, cases[number].line, verdict.line);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, seen, (1u << BH_PTRACE_CASES) - 1);
}

/* What is remembered */

/* Another request that differs from the last one in one thing, or in none. */
static void change_request(struct bh_model_request *ask, struct bh_random *random)
{
	struct bh_request *request = &ask->request;
	struct bh_string *string = &request->string[bh_random_below(random, BH_STRINGS)];

	switch (bh_random_below(random, 9)) {
	case 0:
		bh_model_ask(ask, random);
		break;
	case 1:
		request->class = bh_random_below(random, BH_CLASSES);
		break;
	case 2:
		request->flags ^= 1 << bh_random_below(random, 15);
		break;
	case 3:
		request->attr[bh_random_below(random, BH_ATTRS)] ^= 1 << bh_random_below(random, 3);
		break;
	case 4:
		string->unreached = !string->unreached;
		break;
	case 5:
		if (string->s)
			((char *)string->s)[bh_random_below(random, string->len)] ^= 3;
		break;
	case 6:
		string->s = NULL;
		break;
	case 7:
		request->digest[bh_random_below(random, BH_DIGEST_KINDS)] =
			request->digest[bh_random_below(random, BH_DIGEST_KINDS)];
		break;
	}
}

static u32 remember(struct kunit *test, struct bh_memo *memo, struct bh_random *random)
{
	const struct bh_policy *policy = ((struct fixture *)test->priv)->reading.policy[0];
	struct bh_model_request *ask = kunit_kzalloc(test, sizeof(*ask), GFP_KERNEL);
	const struct bh_class_rules *rules;
	struct bh_verdict verdict, found;
	u32 i, hits = 0;

	KUNIT_ASSERT_NOT_NULL(test, ask);
	bh_model_ask(ask, random);
	for (i = 0; i < 200; i++) {
		change_request(ask, random);
		verdict = decide(test, &ask->request);
		rules = &policy->classes[ask->request.class];
		if (!bh_memo_find(memo, policy, rules, &ask->request, &found)) {
			bh_memo_keep(memo, policy, &ask->request, &verdict);
			continue;
		}
		hits++;
		KUNIT_ASSERT_EQ(test, found.action, verdict.action);
		KUNIT_ASSERT_EQ(test, found.report, verdict.report);
		KUNIT_ASSERT_EQ(test, found.line, verdict.line);
	}
	return hits;
}

static void remembers_what_was_decided(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct bh_memo *memo = kunit_kzalloc(test, sizeof(*memo), GFP_KERNEL);
	char *doc = kunit_kzalloc(test, BH_MODEL_TEXT, GFP_KERNEL);
	u32 round, hits = 0;

	KUNIT_ASSERT_NOT_NULL(test, model);
	KUNIT_ASSERT_NOT_NULL(test, memo);
	KUNIT_ASSERT_NOT_NULL(test, doc);
	for (round = 0; round < 10 * BH_TEST_SCALE; round++) {
		bh_model_fill(model, &random, bh_random_below(&random, 8));
		load(test, doc, bh_model_write(model, &random, doc));
		((struct fixture *)test->priv)->reading.policy[0]->id = round + 1;
		hits += remember(test, memo, &random);
	}
	kunit_info(test, "%u of %u requests were remembered", hits, round * 200);
	KUNIT_EXPECT_GE(test, hits, round * 200 / 20);
}

/* Limits */

/* A document of many rules; the rule of number i is written by a format that takes i twice. */
static void load_many(struct kunit *test, struct bh_reading *reading, const char *rule, u32 rules)
{
	size_t size = 64 + rules * 64, len;
	char *doc = kvmalloc(size, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, doc);
	bh_reading_free(reading);
	len = snprintf(doc, size, "policy t version 1\ndefault exec kill\n");
	for (i = 0; i < rules; i++)
		len += snprintf(doc + len, size - len, rule, i, i);
	len += snprintf(doc + len, size - len, "end\n");
	bh_load(reading, doc, len);
	kvfree(doc);
}

static const struct {
	const char *rule;
	u32 rules;
	int err;
	const char *message;
} loads[] = {
	/* Rules that nothing tells apart. */
	{ "allow exec\n", BH_UNINDEXED_MAX, 0, "" },
	{ "allow exec\n", BH_UNINDEXED_MAX + 1, -E2BIG, "rules of a class without a pattern" },
	{ "allow exec path!=/%u\n", BH_UNINDEXED_MAX + 1, -E2BIG,
	  "rules of a class without a pattern" },
	{ "allow mount op=bind\n", BH_UNINDEXED_MAX + 1, -E2BIG,
	  "rules of a class without a pattern" },
	{ "allow exec path=/x\n", BH_SHARED_MAX, 0, "" },
	{ "allow exec path=/x\n", BH_SHARED_MAX + 1, -E2BIG, "differ in no pattern" },
	{ "allow exec path=/x from!=/%u\n", BH_SHARED_MAX + 1, -E2BIG, "differ in no pattern" },
	/* One pattern that differs is enough, whichever. */
	{ "allow exec path=/x from=/%u\n", BH_SHARED_MAX + 1, 0, "" },
	{ "allow exec path=/%u from=/x\n", BH_SHARED_MAX + 1, 0, "" },
	{ "allow exec path=/x fstype=%u from=/x\n", BH_SHARED_MAX + 1, 0, "" },
	{ "allow exec path=/* path=/%u\n", BH_SHARED_MAX + 1, 0, "" },
	{ "allow exec path=/x,/%u from=/%u\n", BH_SHARED_MAX + 1, 0, "" },
	{ "allow exec path=/x,/%u\n", BH_SHARED_MAX + 1, -E2BIG, "differ in no pattern" },
};

/* What a verdict could cost is told from the rules, and the rule that is too much is named. */
static const struct {
	const char *rule;
	u32 rules;
	const char *message;
	u32 from;	/* lines, one of which is to blame; 0: none is too much */
	u32 to;
} costs[] = {
	/* One of many literal paths, or of many prefixes that part, is what a file has. */
	{ "allow exec path=/usr/lib/%u/x%u*\n", 20000, "", 0, 0 },
	{ "allow exec path=/**/d%u/**\n", 1000, "", 0, 0 },
	/* A file may lie in all of these. */
	{ "allow exec path=/**/d%u/** from!=/%u\n", 20000, "a verdict could take too long",
	  3, 20002 },
	/* Any of these may be what a mount comes to that is made in steps. */
	{ "allow mount target=/%u has=ro lacks=nosuid\n", 60000, "a verdict could take too long",
	  3, 60002 },
	{ "deny mount target=/%u has=ro lacks=nosuid\n", 60000, "", 0, 0 },
	/* And here each combination of what was seen is a state. */
	{ "deny exec path=/**%u**x%u**y\n", 400, "wildcards before their end", 3, 402 },
};

static void limits_what_a_verdict_costs(struct kunit *test)
{
	struct bh_reading *reading = &((struct fixture *)test->priv)->reading;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(costs); i++) {
		const char *rule = costs[i].rule;

		load_many(test, reading, rule, costs[i].rules);
		KUNIT_EXPECT_EQ_MSG(test, reading->ret, costs[i].from ? -E2BIG : 0, "%s", rule);
		KUNIT_EXPECT_TRUE_MSG(test, !costs[i].from ||
				      strstr(reading->error.message, costs[i].message), "%s: %s",
				      rule, reading->error.message);
		KUNIT_EXPECT_GE_MSG(test, reading->error.line, costs[i].from, "%s", rule);
		KUNIT_EXPECT_LE_MSG(test, reading->error.line, costs[i].to, "%s", rule);
	}
}

static void limits_what_a_check_looks_at(struct kunit *test)
{
	struct bh_reading *reading = &((struct fixture *)test->priv)->reading;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		load_many(test, reading, loads[i].rule, loads[i].rules);
		KUNIT_EXPECT_EQ_MSG(test, reading->ret, loads[i].err, "%u times %s",
				    loads[i].rules, loads[i].rule);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(reading->error.message, loads[i].message),
				      "%s", reading->error.message);
		if (loads[i].err)
			KUNIT_EXPECT_EQ(test, reading->error.line, loads[i].rules + 3);
	}
}

static void finds_one_rule_of_many(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bh_request request = { .class = BH_EXEC };
	u32 i, rules = 100000;
	char path[32];

	load_many(test, &f->reading, "deny exec path=/usr/%u/bin-%u\n", rules);
	KUNIT_ASSERT_EQ(test, f->reading.nr, 1);
	kunit_info(test, "%u rules, %u bytes, of them %u of text", rules,
		   (u32)f->reading.policy[0]->bytes, (u32)f->reading.policy[0]->text_len);
	for (i = 0; i < rules + 1000; i += 499) {
		struct bh_verdict verdict;

		request.string[BH_EXEC_PATH] = (struct bh_string){
			path, snprintf(path, sizeof(path), "/usr/%u/bin-%u", i, i),
		};
		verdict = decide(test, &request);
		KUNIT_EXPECT_EQ_MSG(test, verdict.line, i < rules ? i + 3 : 0, "%s", path);
		KUNIT_EXPECT_EQ(test, verdict.action, i < rules ? BH_DENY : BH_KILL);
	}
}

/* The digest that is numbered @i in the policy of the next test. */
static const u8 *number_to_digest(u8 *bytes, u32 i)
{
	struct bh_random random = { i };
	u32 b;

	for (b = 0; b < 32; b++)
		bytes[b] = bh_random_u32(&random);
	return bytes;
}

static size_t write_digests(char *doc, size_t size, u32 rules)
{
	size_t len = snprintf(doc, size, "policy t version 1\ndefault exec kill\n");
	u8 bytes[32];
	u32 i, b;

	for (i = 0; i < rules; i++) {
		number_to_digest(bytes, i);
		len += snprintf(doc + len, size - len, "allow exec digest=sha256:");
		for (b = 0; b < sizeof(bytes); b++)
			len += snprintf(doc + len, size - len, "%02x", bytes[b]);
		len += snprintf(doc + len, size - len, "\n");
	}
	return len + snprintf(doc + len, size - len, "end\n");
}

static void finds_one_digest_of_many(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bh_request request = { .class = BH_EXEC };
	u32 i, rules = 100000;
	size_t size = 64 + rules * 96;
	char *doc = kvmalloc(size, GFP_KERNEL);
	u8 bytes[32];

	KUNIT_ASSERT_NOT_NULL(test, doc);
	bh_load(&f->reading, doc, write_digests(doc, size, rules));
	kvfree(doc);
	KUNIT_ASSERT_EQ(test, f->reading.nr, 1);
	for (i = 0; i < rules + 1000; i += 499) {
		struct bh_verdict verdict;

		request.digest[BH_SHA256] = number_to_digest(bytes, i);
		verdict = decide(test, &request);
		KUNIT_EXPECT_EQ_MSG(test, verdict.line, i < rules ? i + 3 : 0, "%u", i);
		KUNIT_EXPECT_EQ(test, verdict.action, i < rules ? BH_ALLOW : BH_KILL);
	}
}

static struct kunit_case decide_cases[] = {
	KUNIT_CASE_PARAM(decides, verdict_gen_params),
	KUNIT_CASE(decides_like_the_model),
	KUNIT_CASE(knows_all_cases),
	KUNIT_CASE(remembers_what_was_decided),
	KUNIT_CASE(limits_what_a_check_looks_at),
	KUNIT_CASE(limits_what_a_verdict_costs),
	KUNIT_CASE(finds_one_rule_of_many),
	KUNIT_CASE(finds_one_digest_of_many),
	{}
};

struct kunit_suite bh_decide_suite = {
	.name = "bh_decide",
	.init = decide_init,
	.exit = decide_exit,
	.test_cases = decide_cases,
};
