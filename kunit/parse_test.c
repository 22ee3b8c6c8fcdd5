// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documents: what is one, what is none and where, and how they may arrive.
 */
#include <kunit/test.h>

#include "../module/limits.h"
#include "../module/never.h"
#include "../module/policy.h"
#include "load.h"
#include "model.h"
#include "oracle.h"
#include "random.h"
#include "suites.h"

static int parse_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct bh_reading), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static void parse_exit(struct kunit *test)
{
	if (test->priv)
		bh_reading_free(test->priv);
}

/* What is refused, where, and why */

struct refusal {
	const char *doc;
	int err;
	u32 line;
	u32 column;
	const char *message;
};

#define BLOCK "policy t version 1\n"
#define RULE(rule) BLOCK rule "\nend\n"
#define S32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define D64 "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define S64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct refusal refusals[] = {
	/* Outside of a block. */
	{ "x\n", -EINVAL, 1, 1, "expected \"policy\", not \"x\"" },
	{ "end\n", -EINVAL, 1, 1, "expected \"policy\", not \"end\"" },
	{ "\n\n  allow exec\n", -EINVAL, 3, 3, "expected \"policy\", not \"allow\"" },
	{ "Policy t version 1\nend\n", -EINVAL, 1, 1, "expected \"policy\", not \"Policy\"" },
	{ "\"\"\n", -EINVAL, 1, 1, "expected \"policy\", not" },
	{ "\xef\xbb\xbfpolicy t version 1\nend\n", -EINVAL, 1, 1, "a byte order mark: save" },
	{ "\xef\xbb\xbf\npolicy t version 1\nend\n", -EINVAL, 1, 1, "a byte order mark: save" },
	{ "\xe2\x80\x9cpolicy t version 1\nend\n", -EINVAL, 1, 1, "quote: write \"" },
	{ "\n\xc2\xa0policy t version 1\nend\n", -EINVAL, 2, 1, "a no-break space" },
	{ "policy t version 1\r  allow exec\rend\r\n", -EINVAL, 1, 19,
	  "end each line with LF or CR LF" },
	{ BLOCK "end\nend\n", -EINVAL, 3, 1, "expected \"policy\", not \"end\"" },
	{ BLOCK "end\nallow exec\n", -EINVAL, 3, 1, "expected \"policy\", not \"allow\"" },

	/* The name. */
	{ "policy\n", -EINVAL, 1, 7, "a policy needs a name" },
	{ "policy # t\n", -EINVAL, 1, 8, "a policy needs a name" },
	{ "policy \"\" version 1\n", -EINVAL, 1, 8, "a name is not empty" },
	{ "policy .t version 1\n", -EINVAL, 1, 8, "does not begin with '.'" },
	{ "policy .. version 1\n", -EINVAL, 1, 8, "does not begin with '.'" },
	{ "policy a/b version 1\n", -EINVAL, 1, 8, "a name consists of" },
	{ "policy \"a b\" version 1\n", -EINVAL, 1, 8, "a name consists of" },
	{ "policy a,b version 1\n", -EINVAL, 1, 8, "a name consists of" },
	{ "policy a=b,c version 1\n", -EINVAL, 1, 8, "a name consists of" },
	{ "policy \xc3\xa9 version 1\n", -EINVAL, 1, 8, "a name consists of" },
	{ "policy \xe2\x80\x9cweb\xe2\x80\x9d version 1\n", -EINVAL, 1, 8, "quote: write \"" },
	{ "policy " S64 "a version 1\n", -E2BIG, 1, 8, "name too long" },

	/* The version. */
	{ "policy t\n", -EINVAL, 1, 9, "a policy needs \"version\"" },
	{ "policy t vers 1\n", -EINVAL, 1, 10, "expected \"version\", not \"vers\"" },
	{ "policy t 1\n", -EINVAL, 1, 10, "expected \"version\", not \"1\"" },
	{ "policy t version\n", -EINVAL, 1, 17, "a version is a number" },
	{ "policy t version x\n", -EINVAL, 1, 18, "a version is a number, not \"x\"" },
	{ "policy t version \"\"\n", -EINVAL, 1, 18, "" },
	{ "policy t version -1\n", -EINVAL, 1, 18, "a version is a number, not \"-1\"" },
	{ "policy t version +1\n", -EINVAL, 1, 18, "a version is a number, not \"+1\"" },
	{ "policy t version 1.0\n", -EINVAL, 1, 18, "a version is a number, not \"1.0\"" },
	{ "policy t version 0x1\n", -EINVAL, 1, 18, "a version is a number, not \"0x1\"" },
	{ "policy t version 1a\n", -EINVAL, 1, 18, "a version is a number, not \"1a\"" },
	{ "policy t version 0\n", -EINVAL, 1, 18, "versions begin with 1" },
	{ "policy t version 00\n", -EINVAL, 1, 18, "versions begin with 1" },
	{ "policy t version 18446744073709551616\n", -EINVAL, 1, 18, "above 2^64-1" },
	{ "policy t version 18446744073709551620\n", -EINVAL, 1, 18, "above 2^64-1" },
	{ "policy t version 99999999999999999999\n", -EINVAL, 1, 18, "above 2^64-1" },
	{ "policy t version 184467440737095516150\n", -EINVAL, 1, 18, "above 2^64-1" },
	{ "policy t version 1 x\n", -EINVAL, 1, 20, "unexpected \"x\"" },
	{ "policy t version 1 mode audit\n", -EINVAL, 1, 20, "unexpected \"mode\"" },

	/* The block. */
	{ BLOCK "policy u version 1\nend\n", -EINVAL, 2, 1, "the block before has no end" },
	{ RULE("end x"), -EINVAL, 2, 5, "unexpected \"x\"" },
	{ RULE("end end"), -EINVAL, 2, 5, "unexpected \"end\"" },
	{ RULE("End"), -EINVAL, 2, 1, "unknown word \"End\"" },
	{ RULE("endpolicy t"), -EINVAL, 2, 1, "unknown word \"endpolicy\"" },
	{ RULE("mode"), -EINVAL, 2, 5, "mode is enforce or audit" },
	{ RULE("mode off"), -EINVAL, 2, 6, "mode is enforce or audit, not \"off\"" },
	{ RULE("mode audit x"), -EINVAL, 2, 12, "unexpected \"x\"" },
	{ RULE("mode audit\nmode audit"), -EINVAL, 3, 1, "mode is given twice" },
	{ RULE("mode enforce\n mode audit"), -EINVAL, 3, 2, "mode is given twice" },
	{ RULE("default"), -EINVAL, 2, 8, "expected a class" },
	{ RULE("default file deny"), -EINVAL, 2, 9,
	  "unknown class \"file\": this version knows exec map mount ptrace" },
	{ RULE("default exec"), -EINVAL, 2, 13, "a default is allow, deny or kill" },
	{ RULE("default exec audit"), -EINVAL, 2, 14, "or kill, not \"audit\"" },
	{ RULE("default exec deny x"), -EINVAL, 2, 19, "unexpected \"x\"" },
	{ RULE("default exec deny\ndefault exec deny"), -EINVAL, 3, 9, "given twice" },
	{ RULE("default deny exec"), -EINVAL, 2, 9, "unknown class \"deny\"" },

	/* The head of a rule. */
	{ RULE("permit exec"), -EINVAL, 2, 1,
	  "unknown word \"permit\": there are mode default end audit quiet allow deny kill" },
	{ RULE("ALLOW exec"), -EINVAL, 2, 1, "unknown word \"ALLOW\"" },
	{ RULE("allow,deny exec"), -EINVAL, 2, 1, "unknown word \"allow,deny\"" },
	{ RULE("audit"), -EINVAL, 2, 6, "expected allow, deny or kill" },
	{ RULE("audit exec"), -EINVAL, 2, 7, "unknown word \"exec\": there are allow deny kill" },
	{ RULE("deny net port=80"), -EINVAL, 2, 6, "unknown class \"net\": this version knows" },
	{ RULE("deny \xe2\x80\x9c"), -EINVAL, 2, 6, "quote: write \"" },
	{ RULE("quiet audit deny exec"), -EINVAL, 2, 7, "unknown word \"audit\"" },
	{ RULE("audit mode audit"), -EINVAL, 2, 7, "unknown word \"mode\"" },
	{ RULE("allow"), -EINVAL, 2, 6, "expected a class" },
	{ RULE("allow allow"), -EINVAL, 2, 7, "unknown class \"allow\"" },
	{ RULE("allow path=/x"), -EINVAL, 2, 7, "unknown class \"path=/x\"" },
	{ RULE("allow exec\001"), -EINVAL, 2, 11, "control character" },
	{ RULE("allow exec\r#"), -EINVAL, 2, 11, "end each line with LF or CR LF" },
	{ RULE("allow exec \x7f"), -EINVAL, 2, 12, "control character" },

	/* Keys. */
	{ RULE("allow exec /x"), -EINVAL, 2, 12, "unknown key \"/x\"" },
	{ RULE("allow exec x=y"), -EINVAL, 2, 12, "unknown key \"x\"" },
	{ RULE("allow exec Path=/x"), -EINVAL, 2, 12, "unknown key \"Path\"" },
	{ RULE("allow exec pat=/x"), -EINVAL, 2, 12, "unknown key \"pat\"" },
	{ RULE("allow exec paths=/x"), -EINVAL, 2, 12, "unknown key \"paths\"" },
	{ RULE("allow exec =/x"), -EINVAL, 2, 12, "unknown key" },
	{ RULE("allow exec !=/x"), -EINVAL, 2, 12, "unknown key" },
	{ RULE("allow exec path!!=/x"), -EINVAL, 2, 12, "unknown key \"path!\"" },
	{ RULE("allow exec path"), -EINVAL, 2, 12, "expected = or != after \"path\"" },
	{ RULE("allow exec path =/x"), -EINVAL, 2, 12, "expected = or != after \"path\"" },
	{ RULE("allow exec \"path\\x3d/x\""), -EINVAL, 2, 12, "unknown key \"path=/x\"" },
	{ RULE("allow exec path=/x x"), -EINVAL, 2, 20, "unknown key \"x\"" },

	/* Keys of another class. */
	{ RULE("allow exec op=mount"), -EINVAL, 2, 12,
	  "unknown key \"op\": it is one of mount, exec has path from fstype digest as setid" },
	{ RULE("allow exec port=80"), -EINVAL, 2, 12,
	  "unknown key \"port\": this version knows path from fstype digest as setid backing" },
	{ RULE("allow exec target=/x"), -EINVAL, 2, 12, "unknown key \"target\"" },
	{ RULE("allow exec access=read"), -EINVAL, 2, 12, "unknown key \"access\"" },
	{ RULE("allow mount path=/x"), -EINVAL, 2, 13, "unknown key \"path\"" },
	{ RULE("allow mount from=/x"), -EINVAL, 2, 13, "unknown key \"from\"" },
	{ RULE("allow mount setid=no"), -EINVAL, 2, 13, "unknown key \"setid\"" },
	{ RULE("allow ptrace path=/x"), -EINVAL, 2, 14, "unknown key \"path\"" },
	{ RULE("allow ptrace has=ro"), -EINVAL, 2, 14, "unknown key \"has\"" },
	{ RULE("allow ptrace op=mount"), -EINVAL, 2, 14, "unknown key \"op\"" },

	/* Values that are words. */
	{ RULE("allow exec as=Program"), -EINVAL, 2, 15, "unknown value \"Program\"" },
	{ RULE("allow exec as=program,x"), -EINVAL, 2, 23, "unknown value \"x\"" },
	{ RULE("allow exec as="), -EINVAL, 2, 15, "empty value" },
	{ RULE("allow exec as=,program"), -EINVAL, 2, 15, "empty value" },
	{ RULE("allow exec as=program,"), -EINVAL, 2, 23, "empty value" },
	{ RULE("allow exec as=program,,program"), -EINVAL, 2, 23, "empty value" },
	{ RULE("allow exec as=\"program,interpreter\""), -EINVAL, 2, 15, "unknown value" },
	{ RULE("allow exec as!=x"), -EINVAL, 2, 16, "unknown value \"x\"" },
	{ RULE("allow exec setid=maybe"), -EINVAL, 2, 18, "unknown value \"maybe\"" },
	{ RULE("allow exec setid=\"a\tb\""), -EINVAL, 2, 20, "control character: write \\xHH" },
	{ RULE("allow exec setid=\"a\\x22b\""), -EINVAL, 2, 18, "unknown value" },
	{ RULE("allow exec setid=" S32), -EINVAL, 2, 18, "unknown value \"" S32 "\"" },
	{ RULE("allow exec setid=" S32 "a"), -EINVAL, 2, 18, "unknown value" },
	{ RULE("allow exec has=noatime"), -EINVAL, 2, 16, "unknown value \"noatime\"" },
	{ RULE("allow exec has=rw"), -EINVAL, 2, 16, "unknown value \"rw\"" },
	{ RULE("allow mount lacks=ro,x"), -EINVAL, 2, 22, "unknown value \"x\"" },
	{ RULE("allow mount op=unmount"), -EINVAL, 2, 16, "unknown value \"unmount\"" },
	{ RULE("allow ptrace access=write"), -EINVAL, 2, 21, "unknown value \"write\"" },
	{ RULE("allow ptrace role=both"), -EINVAL, 2, 19, "unknown value \"both\"" },
	{ RULE("allow ptrace peer=self"), -EINVAL, 2, 19, "unknown value \"self\"" },

	/* Values that are patterns. */
	{ RULE("allow exec path="), -EINVAL, 2, 17, "empty value" },
	{ RULE("allow exec path=\"\""), -EINVAL, 2, 17, "empty value" },
	{ RULE("allow exec path=/x,"), -EINVAL, 2, 20, "empty value" },
	{ RULE("allow exec path=x"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow exec path=*"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow exec path=*/x"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow exec path=?x"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow exec path=[/]x"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow exec path=\xe2\x80\x9c/a b\xe2\x80\x9d"), -EINVAL, 2, 17, "write \"" },
	{ RULE("allow exec path=\xc2\xab/x\xc2\xbb"), -EINVAL, 2, 17, "quote: write \"" },
	{ RULE("deny mount fstype=\xe2\x80\x98proc\xe2\x80\x99"), -EINVAL, 2, 19, "write \"" },
	{ RULE("allow exec\xc2\xa0path=/x"), -EINVAL, 2, 7, "no-break space: write a blank" },
	{ RULE("allow exec as=\xe2\x80\x9dprogram\xe2\x80\x9d"), -EINVAL, 2, 15, "write \"" },
	{ RULE("allow exec path\xe2\x89\xa0/x"), -EINVAL, 2, 12, "write !=" },
	{ RULE("allow exec path=/usr/{bin,sbin}/x"), -EINVAL, 2, 17,
	  "no braces: write each value" },
	{ RULE("allow exec path=/a,/{b,/c,/d}"), -EINVAL, 2, 20, "no braces: write each value" },
	{ RULE("deny mount fstype={ext4,xfs}"), -EINVAL, 2, 19, "no braces: write each value" },
	{ RULE("allow exec path=\\/x"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow exec path=/x,y"), -EINVAL, 2, 20, "begins with / or **" },
	{ RULE("allow exec path!=x"), -EINVAL, 2, 18, "begins with / or **" },
	{ RULE("allow exec from=x"), -EINVAL, 2, 17, "begins with / or **" },
	{ RULE("allow mount target=x"), -EINVAL, 2, 20, "begins with / or **" },
	{ RULE("allow ptrace exe=x"), -EINVAL, 2, 18, "begins with / or **" },
	{ RULE("allow exec path=/[x"), -EINVAL, 2, 17, "unclosed set" },
	{ RULE("allow exec path=/[]"), -EINVAL, 2, 17, "unclosed set" },
	{ RULE("allow exec path=/a,/[z-a]"), -EINVAL, 2, 20, "reversed range" },
	{ RULE("allow exec path=/x\\"), -EINVAL, 2, 17, "trailing backslash" },
	{ RULE("allow exec path=/[\\"), -EINVAL, 2, 17, "trailing backslash" },
	{ RULE("allow exec fstype=[x"), -EINVAL, 2, 19, "unclosed set" },
	{ RULE("allow mount source=[x"), -EINVAL, 2, 20, "unclosed set" },

	/* Values that are digests. */
	{ RULE("allow exec digest=sha256:00"), -EINVAL, 2, 19, "64 hexadecimal digits" },
	{ RULE("allow exec digest=sha256:" S64 "0"), -EINVAL, 2, 19, "64 hexadecimal digits" },
	{ RULE("allow exec digest=fsverity-sha512:" S64), -EINVAL, 2, 19,
	  "128 hexadecimal digits" },
	{ RULE("allow exec digest=sha256:" S64 S64 S64), -EINVAL, 2, 19, "64 hexadecimal digits" },
	{ RULE("allow exec digest=sha256:" S64 ",sha256:" S32), -EINVAL, 2, 91,
	  "64 hexadecimal digits" },
	{ RULE("allow exec digest=sha256:g" S32), -EINVAL, 2, 19, "hexadecimal digits" },
	{ RULE("allow exec digest=sha256:"), -EINVAL, 2, 19, "64 hexadecimal digits" },
	{ RULE("allow exec digest=sha256"), -EINVAL, 2, 19, "a digest is sha256:HEX" },
	{ RULE("allow exec digest=" S64), -EINVAL, 2, 19, "a digest is sha256:HEX" },
	{ RULE("allow exec digest=SHA256:" S64), -EINVAL, 2, 19, "a digest is sha256:HEX" },
	{ RULE("allow exec digest=sha512:" S64 S64), -EINVAL, 2, 19, "a digest is sha256:HEX" },
	{ RULE("allow exec digest=md5:" S32), -EINVAL, 2, 19, "a digest is sha256:HEX" },
	{ RULE("allow exec digest="), -EINVAL, 2, 19, "empty value" },
	{ RULE("allow map digest!=x"), -EINVAL, 2, 19, "a digest is sha256:HEX" },
	{ RULE("allow mount digest=sha256:" S64), -EINVAL, 2, 13, "unknown key \"digest\"" },

	/* Quotes. */
	{ RULE("allow exec path=\"/x"), -EINVAL, 2, 17, "unclosed quote" },
	{ RULE("allow exec path=\"/x\\\""), -EINVAL, 2, 17, "unclosed quote" },
	{ RULE("\""), -EINVAL, 2, 1, "unclosed quote" },
	{ RULE("allow exec path=\"/\\n\""), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/\\*\""), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/\\x4\""), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/\\x4g\""), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/\\X41\""), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/\\x4"), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/\\"), -EINVAL, 2, 19, "unknown escape" },
	{ RULE("allow exec path=\"/a\\x00b\""), -EINVAL, 2, 20, "cannot hold NUL" },
	{ RULE("allow exec path=/a#b"), -EINVAL, 2, 19, "quote a '#'" },
	{ RULE("allow exec# comment"), -EINVAL, 2, 11, "quote a '#'" },
	{ RULE("allow exec path=\"/a\"#b"), -EINVAL, 2, 21, "quote a '#'" },

	/* Paths that no file has. */
	{ RULE("deny exec path=//x"), -EINVAL, 2, 16, "never matches: no path has //" },
	{ RULE("deny exec path=/a,/b//*"), -EINVAL, 2, 19, "never matches: no path has //" },
	{ RULE("deny exec path=**//x"), -EINVAL, 2, 16, "never matches: no path has //" },
	{ RULE("deny exec path=/\\/x"), -EINVAL, 2, 16, "never matches: no path has //" },
	{ RULE("deny exec path=/a/./b"), -EINVAL, 2, 16, "never matches: write paths without /./" },
	{ RULE("deny exec path=/../b"), -EINVAL, 2, 16, "never matches: write paths without /./" },
	{ RULE("deny exec path=/[.]./b"), -EINVAL, 2, 16, "without /./ and /../" },
	{ RULE("deny exec path=\"/\\x2e/b\""), -EINVAL, 2, 16, "without /./ and /../" },
	{ RULE("deny exec path=/usr/bin/"), -EINVAL, 2, 16, "no path ends with /, write /**" },
	{ RULE("deny exec path=/**/"), -EINVAL, 2, 16, "no path ends with /, write /**" },
	{ RULE("deny exec path=/a/.."), -EINVAL, 2, 16, "no path ends with /. or /.." },
	{ RULE("deny exec path=/."), -EINVAL, 2, 16, "no path ends with /. or /.." },
	{ RULE("deny exec path=/a[/]b"), -EINVAL, 2, 16, "/ is in no [...]" },
	{ RULE("deny exec path!=//x"), -EINVAL, 2, 17, "never matches: no path has //" },
	{ RULE("deny map from=/x/"), -EINVAL, 2, 15, "no path ends with /" },
	{ RULE("allow mount target=/x/../y"), -EINVAL, 2, 20, "without /./ and /../" },
	{ RULE("deny ptrace exe=/x//y"), -EINVAL, 2, 17, "no path has //" },

	/* Conditions that contradict each other. */
#define NEVER(rule, column, key)						\
	{ RULE(rule), -EINVAL, 2, column,					\
	  "never matches: another condition of the rule contradicts \"" key "\"" }
	NEVER("deny exec layer=none layer=upper", 22, "layer"),
	NEVER("deny exec layer=none,upper path=/x layer=lower", 36, "layer"),
	NEVER("deny exec layer!=upper,lower,none", 11, "layer"),
	NEVER("deny exec setid=yes setid!=yes", 21, "setid"),
	NEVER("deny exec as=program as=interpreter", 22, "as"),
	NEVER("deny map backing=file backing=anonymous", 23, "backing"),
	NEVER("deny mount op=bind op=mount,move", 20, "op"),
	NEVER("deny mount has=ro,nosuid lacks=nodev,ro", 26, "lacks"),
	NEVER("deny mount lacks=rec has=rec", 22, "has"),
	NEVER("deny exec has=ro has!=ro,nosuid", 18, "has"),
	NEVER("deny exec lacks!=ro lacks=ro", 21, "lacks"),
	NEVER("deny exec path=/x path=/y", 19, "path"),
	NEVER("deny exec path=/x,/z path=/y,/w", 22, "path"),
	NEVER("deny exec path=/usr/** path=/opt/*", 24, "path"),
	NEVER("deny exec path=/usr/x path=/usr/xy*", 23, "path"),
	NEVER("deny exec path=/x path!=/y,/x", 11, "path"),
	NEVER("deny exec path=/x/** path!=/x/**", 11, "path"),
	NEVER("deny exec path=/x path!=/*", 11, "path"),
	NEVER("deny exec path!=**/[a-c] path=/a,/x/b", 26, "path"),
	NEVER("deny exec path=/x path!=**", 11, "path"),
	NEVER("deny exec path=/x/a*[bc]/d** path!=/x/*[a-c]/**", 11, "path"),
	NEVER("deny exec path=/a/b/c path=/a/*", 23, "path"),
	NEVER("deny exec path=/a*b*c path=/aXcXbX", 23, "path"),
	NEVER("deny exec path=**.so path=/lib/**.a", 22, "path"),
	NEVER("allow exec path!=**", 12, "path"),
	NEVER("allow exec path=/x from!=/y,/**", 20, "from"),
	NEVER("deny exec from=/x from=/y", 19, "from"),
	NEVER("deny mount fstype=tmpfs fstype=proc", 25, "fstype"),
	NEVER("deny mount source=a source=b target=/x", 21, "source"),
	NEVER("deny exec digest=sha256:" S64 " digest=sha256:" D64, 90, "digest"),
	NEVER("deny exec digest=sha256:" S64 " digest!=sha256:" S64, 11, "digest"),
	NEVER("deny exec backing=memfd path=/x", 25, "path"),
	NEVER("deny exec path=/x backing=memfd", 11, "path"),
	NEVER("allow exec backing=memfd path!=/x", 26, "path"),
	NEVER("deny exec backing!=file,deleted layer!=none", 33, "layer"),
	NEVER("deny map backing=memfd,anonymous path=/x", 34, "path"),
	NEVER("deny map backing=anonymous fstype=tmpfs", 28, "fstype"),
	NEVER("deny map backing=anonymous digest=sha256:" S64, 28, "digest"),
	NEVER("deny map backing=anonymous layer=upper", 28, "layer"),
	NEVER("deny map backing=anonymous has=noexec", 28, "has"),
	NEVER("deny mount op=umount,pivot_root has=ro", 33, "has"),
	NEVER("deny mount lacks!=ro op=umount", 12, "lacks"),
	NEVER("deny ptrace access=read access=attach", 25, "access"),
	NEVER("deny ptrace role=tracer role=tracee", 25, "role"),
	NEVER("deny ptrace peer=inside peer=outside", 25, "peer"),
	NEVER("deny ptrace peer!=inside,outside", 13, "peer"),
#undef NEVER

	/* Keys and values of another class, or that are to come. */
	{ RULE("allow map as=program"), -EINVAL, 2, 11,
	  "unknown key \"as\": it is one of exec, map has path from fstype digest backing layer" },
	{ RULE("allow map setid=no"), -EINVAL, 2, 11, "unknown key \"setid\"" },
	{ RULE("allow exec layer=middle"), -EINVAL, 2, 18,
	  "unknown value \"middle\": there are upper lower none" },
	{ RULE("allow exec backing=anonymous"), -EINVAL, 2, 20, "unknown value \"anonymous\"" },
};

static void describe_refusal(const struct refusal *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s at %u:%u", row->message, row->line,
		 row->column);
}

KUNIT_ARRAY_PARAM(refusal, refusals, describe_refusal);

static void refuses(struct kunit *test)
{
	const struct refusal *row = test->param_value;
	struct bh_reading *reading = test->priv;
	bool has_good_block = !strncmp(row->doc, BLOCK "end\n", strlen(BLOCK "end\n"));

	bh_load(reading, row->doc, strlen(row->doc));
	KUNIT_EXPECT_EQ(test, reading->ret, row->err);
	KUNIT_EXPECT_EQ(test, reading->error.err, row->err);
	KUNIT_EXPECT_EQ(test, reading->error.line, row->line);
	KUNIT_EXPECT_EQ(test, reading->error.column, row->column);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(reading->error.message, row->message), "%s",
			      reading->error.message);
	KUNIT_EXPECT_EQ(test, reading->nr, has_good_block);
	KUNIT_EXPECT_FALSE(test, reading->late);
}

/* What is taken */

static const char *const good[] = {
	BLOCK "end\n",
	BLOCK "end", BLOCK "  end\t", BLOCK "end # \xc3\xa9", BLOCK "end # \xc3",
	"  policy\tt  version 1 # comment\n\t end # comment\n",
	"# comment\n\n \t\n" BLOCK "\n#\nend\n\n# comment",
	"\"policy\" \"t\" \"version\" \"1\"\n\"end\"\n",
	"pol\"icy\" \"\"t version 1\nen\"d\"\n",
	"policy t version 1\r\n\r\n  allow exec\r\nend\r\n", BLOCK "end\r",
	"policy " S64 " version 1\nend\n",
	"policy 0 version 1\nend\n",
	"policy a-._Z9 version 1\nend\n",
	"policy -t version 1\nend\n",
	"policy end version 1\nend\n",
	"policy policy version 1\nend\n",
	"policy t version 18446744073709551615\nend\n",
	"policy t version 00000000000000000000000000000001\nend\n",
	RULE("mode audit"), RULE("mode enforce"),
	RULE("default exec kill\ndefault mount deny\ndefault ptrace allow"),
	RULE("allow exec"), RULE("deny mount"), RULE("kill ptrace"),
	RULE("audit allow exec\nquiet deny exec\naudit kill exec"),
	RULE("allow exec path=/a,/b path!=/c,\"/d\""),
	RULE("allow exec path=/a=b"), RULE("allow exec path=/a!=b"),
	RULE("allow exec \"path=/a b\""), RULE("allow exec \"path\"=\"/a\""),
	RULE("allow exec path=\"/a#b\" # c"), RULE("allow exec path=\"/a,b\""),
	RULE("allow exec path=\"/\\\"\\\\\\\\\\x41\\xfF\""), RULE("allow exec path=/\"a\"b\"\""),
	RULE("allow exec path=/a\\*"), RULE("allow exec path=/\xc3\xa9"),
	RULE("allow exec path=**,**/a from=/a fstype=ext4,tmp*"),
	RULE("allow exec path=/,/.../x,/a./b,/.a,/..a,/*,/[!a],/?/?,**/,/.*/x,/a**/b,/[.a]/b"),
	RULE("deny mount target=/ source=a//b/../"),
	RULE("deny exec path=/{a},/b{,/c"), RULE("deny exec path=/\\{a,/b}"),
	RULE("deny exec path=\"/{a,b}\""), RULE("deny exec path=/\xe2\x80\x9c"),
	RULE("deny mount source=\\\xe2\x80\x9c"), RULE("deny exec path=/b},/{a"),
	RULE("deny exec path=/a path=/a"), RULE("deny exec path=/a,/b path=/b path!=/a,/c"),
	RULE("deny exec path=/usr/** path=/usr/bin/*"), RULE("deny exec path=/usr/* path=**/x"),
	RULE("deny exec path=/a* path=/a"), RULE("deny exec path=/a path=/a*"),
	RULE("deny exec path=/a/** path!=/a/b"), RULE("deny exec path!=/a path!=/b"),
	RULE("deny exec path=/a path!=/a*b"), RULE("deny exec from=/a path=/b"),
	RULE("deny exec path!=**"), RULE("deny exec path=/a/* path!=/a/b*"),
	RULE("deny exec path=/a/** path!=/a/*"), RULE("deny exec path=/?b path!=/[a-z]b"),
	RULE("deny exec path=/a*a path=/a*b*"), RULE("deny exec path=/x/aXbX path=/x/a*b*"),
	RULE("allow mount fstype!=**"), RULE("allow exec path!=/*"),
	RULE("deny exec backing=memfd path!=/x"), RULE("deny exec backing=memfd,file path=/x"),
	RULE("deny exec backing=deleted path=/x"), RULE("deny exec backing!=memfd path=/x"),
	RULE("allow map backing=anonymous fstype!=x"), RULE("deny map backing=anonymous lacks=ro"),
	RULE("deny map backing=memfd layer=none has=noexec"),
	RULE("deny mount op=umount,bind has=ro"), RULE("deny mount op=umount lacks=ro"),
	RULE("deny exec layer=none,upper layer=upper layer!=lower"),
	RULE("deny ptrace peer=inside peer=descendant"), RULE("deny ptrace peer!=inside"),
	RULE("deny ptrace peer=outside,descendant peer!=outside"),
	RULE("deny ptrace peer!=inside peer=descendant"),
	RULE("deny exec has=ro lacks=nosuid has!=nosuid lacks!=ro"),
	RULE("deny exec digest=sha256:" S64 " digest=fsverity-sha256:" D64),
	RULE("deny exec digest=sha256:" S64 ",sha256:" D64 " digest!=sha256:" S64),
	RULE("allow exec digest=sha256:" S64 ",sha256:" S64 ",fsverity-sha256:" S64),
	RULE("allow map digest!=fsverity-sha512:" S64 S64 " digest=\"sha256:" S64 "\""),
	RULE("allow exec as=program,interpreter setid=yes,no backing=file,memfd,deleted"),
	RULE("allow exec has=ro,nosuid lacks=nodev,noexec has!=nodev lacks!=ro"),
	RULE("allow exec has=ro,ro"),
	RULE("allow mount op=mount,bind,move,remount,propagation,umount,pivot_root,setattr"),
	RULE("allow mount fstype=tmpfs source=tmpfs target=/tmp/**"),
	RULE("allow mount has=ro,nosuid,nodev,noexec,noatime,nodiratime,relatime,strictatime"),
	RULE("allow mount lacks=nosymfollow,sync,dirsync,mandlock,lazytime,rec,silent"),
	RULE("allow ptrace access=read,attach role=tracer,tracee peer=inside,outside,descendant"),
	RULE("allow ptrace exe=/usr/bin/gdb"),
};

static void takes(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		bh_load(reading, good[i], strlen(good[i]));
		KUNIT_EXPECT_EQ_MSG(test, reading->ret, 0, "%s: %s", good[i],
				    reading->error.message);
		KUNIT_EXPECT_EQ_MSG(test, reading->nr, 1, "%s", good[i]);
		bh_reading_free(reading);
	}
}

/* What a kernel without fs-verity's digests makes of them. */
static void refuses_kinds_of_digests(struct kunit *test)
{
	static const char doc[] = RULE("allow exec digest=sha256:" S64 ",fsverity-sha256:" S64);
	struct bh_reading *reading = test->priv;

	reading->refuse_digests = 1 << BH_VERITY_SHA256 | 1 << BH_VERITY_SHA512;
	bh_load(reading, doc, strlen(doc));
	KUNIT_EXPECT_EQ(test, reading->ret, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, reading->error.line, 2);
	KUNIT_EXPECT_EQ(test, reading->error.column, 91);
	KUNIT_EXPECT_EQ(test, reading->nr, 0);
	bh_reading_free(reading);
	reading->refuse_digests = 1 << BH_VERITY_SHA512;
	bh_load(reading, doc, strlen(doc));
	KUNIT_EXPECT_EQ(test, reading->nr, 1);
}

static void reads_names_and_numbers(struct kunit *test)
{
	static const char doc[] = "policy a-._Z9 version 18446744073709551615\nmode audit\n"
				  "default mount kill\ndefault ptrace deny\n\n"
				  "audit deny ptrace role=tracee\nallow exec\nend\n";
	struct bh_reading *reading = test->priv;
	const struct bh_policy *policy;

	bh_load(reading, doc, strlen(doc));
	KUNIT_ASSERT_EQ(test, reading->nr, 1);
	policy = reading->policy[0];
	KUNIT_EXPECT_STREQ(test, policy->name, "a-._Z9");
	KUNIT_EXPECT_EQ(test, policy->version, U64_MAX);
	KUNIT_EXPECT_TRUE(test, policy->audit_mode);
	KUNIT_EXPECT_TRUE(test, policy->asks_tracee);
	KUNIT_EXPECT_EQ(test, policy->defaults[BH_EXEC], BH_ALLOW);
	KUNIT_EXPECT_EQ(test, policy->defaults[BH_MOUNT], BH_KILL);
	KUNIT_EXPECT_EQ(test, policy->defaults[BH_PTRACE], BH_DENY);
	KUNIT_ASSERT_EQ(test, policy->nr_rules, 2);
	KUNIT_EXPECT_EQ(test, policy->rules[0].line, 6);
	KUNIT_EXPECT_EQ(test, policy->rules[0].action, BH_DENY);
	KUNIT_EXPECT_EQ(test, policy->rules[0].report, BH_AUDIT);
	KUNIT_EXPECT_EQ(test, policy->rules[1].line, 7);
	KUNIT_EXPECT_GE(test, policy->bytes, sizeof(*policy) + policy->text_len);
}

static const struct {
	const char *rule;
	bool asks;
} tracees[] = {
	{ "allow ptrace", false },
	{ "deny ptrace role=tracer", false },
	{ "deny ptrace role!=tracee", false },
	{ "allow exec", false },
	{ "deny ptrace role=tracee", true },
	{ "allow ptrace role=tracer,tracee", true },
	{ "deny ptrace role!=tracer", true },
	{ "deny ptrace exe=/a role=tracee", true },
};

static void knows_who_asks_tracees(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	char doc[128];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tracees); i++) {
		snprintf(doc, sizeof(doc), RULE("%s"), tracees[i].rule);
		bh_load(reading, doc, strlen(doc));
		KUNIT_ASSERT_EQ(test, reading->nr, 1);
		KUNIT_EXPECT_EQ_MSG(test, reading->policy[0]->asks_tracee, tracees[i].asks, "%s",
				    doc);
		bh_reading_free(reading);
	}
}

/* Bytes that no C string can hold, and what is UTF-8 */

static const struct {
	struct {
		const char *s;
		size_t len;
	} doc;
	u32 line;
	u32 column;
} odd_bytes[] = {
#define BYTES(text) { text, sizeof(text) - 1 }
	{ BYTES("\0"), 1, 1 },
	{ BYTES("policy t\0 version 1\nend\n"), 1, 9 },
	{ BYTES(BLOCK "allow exec path=/a\0b\nend\n"), 2, 19 },
	{ BYTES(BLOCK "# \0\nend\n"), 2, 3 },
	{ BYTES(BLOCK "end\0\n"), 2, 4 },
	{ BYTES(BLOCK "end\n\0"), 3, 1 },
	{ BYTES(BLOCK "# \xff\nend\n"), 2, 3 },
	{ BYTES(BLOCK "allow exec path=/\xe9\nend\n"), 2, 18 },
	{ BYTES(BLOCK "allow exec path=\"/\xe9\"\nend\n"), 2, 19 },
	{ BYTES(BLOCK "end \xff\n"), 2, 5 },
#undef BYTES
};

static void refuses_odd_bytes(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(odd_bytes); i++) {
		bh_load(reading, odd_bytes[i].doc.s, odd_bytes[i].doc.len);
		KUNIT_EXPECT_EQ(test, reading->ret, odd_bytes[i].line ? -EINVAL : 0);
		KUNIT_EXPECT_EQ_MSG(test, reading->error.line, odd_bytes[i].line, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, reading->error.column, odd_bytes[i].column, "row %u", i);
		bh_reading_free(reading);
	}
}

/* Bytes in a comment, and which of them is not UTF-8, counted from 1. */
static const struct {
	const char *bytes;
	u32 bad;
} utf8[] = {
	{ "a", 0 },
	{ "\xc2\x80", 0 },
	{ "\xdf\xbf", 0 },
	{ "\xe0\xa0\x80", 0 },
	{ "\xec\xbf\xbf", 0 },
	{ "\xed\x9f\xbf", 0 },
	{ "\xee\x80\x80", 0 },
	{ "\xef\xbf\xbf", 0 },
	{ "\xf0\x90\x80\x80", 0 },
	{ "\xf3\xbf\xbf\xbf", 0 },
	{ "\xf4\x8f\xbf\xbf", 0 },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", 0 },
	{ "\x80", 1 },
	{ "\xbf", 1 },
	{ "a\x80", 2 },
	{ "\xc0\x80", 1 },
	{ "\xc1\xbf", 1 },
	{ "\xc2", 1 },
	{ "\302a", 1 },
	{ "\xc2\xc2\x80", 1 },
	{ "\xc2\x80\x80", 3 },
	{ "\xe0\x80\x80", 1 },
	{ "\xe0\x9f\xbf", 1 },
	{ "\xe1\x80", 1 },
	{ "\341\200a", 1 },
	{ "\xe1\x80\xc0", 1 },
	{ "\xed\xa0\x80", 1 },
	{ "\xed\xbf\xbf", 1 },
	{ "\xf0\x80\x80\x80", 1 },
	{ "\xf0\x8f\xbf\xbf", 1 },
	{ "\xf0\x90\x80", 1 },
	{ "\360\220\200a", 1 },
	{ "\xf4\x90\x80\x80", 1 },
	{ "\xf5\x80\x80\x80", 1 },
	{ "\xfe", 1 },
	{ "\xff", 1 },
};

static void knows_utf8(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	char doc[32];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(utf8); i++) {
		snprintf(doc, sizeof(doc), "# %s\n", utf8[i].bytes);
		bh_load(reading, doc, strlen(doc));
		KUNIT_EXPECT_EQ_MSG(test, reading->ret, utf8[i].bad ? -EINVAL : 0, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, reading->error.column,
				    utf8[i].bad ? utf8[i].bad + 2 : 0, "row %u", i);
		bh_reading_free(reading);
	}
}

/* What can never match */

/* Is there a normal path of up to so many more of these bytes that a pattern matches? */
static bool some_path_matches(const char *pattern, size_t len, char *path, size_t at, size_t left)
{
	static const char bytes[] = "/.ab";
	u32 i;

	if (bh_naive_is_path(path, at) && bh_naive_match(pattern, len, path, at))
		return true;
	for (i = 0; left && i < strlen(bytes); i++) {
		path[at] = bytes[i];
		if (some_path_matches(pattern, len, path, at + 1, left - 1))
			return true;
	}
	return false;
}

static size_t write_random_path_pattern(struct bh_random *random, char *s)
{
	static const char *const pieces[] = {
		"/", "/", "/", ".", ".", "a", "*", "**", "?", "[.]", "[a.]", "[!a]", "[!.]", "[/]",
	};
	u32 nr = 1 + bh_random_below(random, 3);
	size_t len = bh_random_once_in(random, 4) ? 2 : 1;

	memcpy(s, len == 2 ? "**" : "/", len);
	while (nr--) {
		const char *piece = pieces[bh_random_below(random, ARRAY_SIZE(pieces))];

		memcpy(s + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

static void knows_paths_that_no_file_has(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_patterns patterns = { };
	char pattern[32], path[16];
	u32 round, never = 0;

	for (round = 0; round < 10 * BH_TEST_SCALE; round++) {
		size_t len = write_random_path_pattern(&random, pattern);
		const char *why;
		int id = bh_patterns_add(&patterns, pattern, len, &why);

		KUNIT_ASSERT_GE(test, id, 0);
		why = bh_never_path(&patterns, id);
		never += !!why;
		KUNIT_EXPECT_EQ_MSG(test, !why, some_path_matches(pattern, len, path, 0, 6),
				    "%.*s: %s", (int)len, pattern, why ?: "may match");
		bh_patterns_free(&patterns);
	}
	KUNIT_EXPECT_GE(test, never, 1);
	KUNIT_EXPECT_LE(test, never, round - 1);
}

static void refuses_only_what_never_matches(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct bh_model_request *ask = kunit_kzalloc(test, sizeof(*ask), GFP_KERNEL);
	char *doc = kunit_kzalloc(test, BH_MODEL_TEXT, GFP_KERNEL);
	struct bh_reading *reading = test->priv;
	struct bh_verdict verdict;
	u32 round, i, refused = 0;

	KUNIT_ASSERT_TRUE(test, model && ask && doc);
	model->nr = 1;
	for (round = 0; round < 100 * BH_TEST_SCALE; round++) {
		bh_model_fill_rule(&model->rule[0], &random);
		bh_load(reading, doc, bh_model_write(model, &random, doc));
		if (reading->ret && strstr(reading->error.message, "another condition")) {
			refused++;
			for (i = 0; i < 100; i++) {
				bh_model_ask_possible(ask, &random, model->rule[0].class);
				verdict = bh_model_decide(model, &ask->request);
				KUNIT_ASSERT_EQ_MSG(test, verdict.line, 0, "%s",
						    reading->error.message);
			}
		}
		bh_reading_free(reading);
	}
	KUNIT_EXPECT_GE(test, refused, 1);
}

/* How it may arrive */

static const char several[] =
	"# three\n"
	"policy a version 1\n  mode audit\n  allow exec path=\"/a b\",/c\nend\n"
	"\n policy b version 2\n  default exec deny\n  mode enforce\nend # b\n"
	"policy c version 3\ndefault exec kill\nend";

/* Policies that are complete within the first @len bytes of several[]. */
static u32 count_ends(size_t len)
{
	u32 nr = 0;
	size_t at;

	for (at = 4; at <= len; at++)
		if (!memcmp(several + at - 4, "\nend", 4))
			nr++;
	return nr;
}

static void emits_nothing_unfinished(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	size_t len;

	for (len = 0; len < sizeof(several); len++) {
		bh_load(reading, several, len);
		KUNIT_EXPECT_EQ_MSG(test, reading->ret, 0, "%u bytes", (u32)len);
		KUNIT_EXPECT_EQ_MSG(test, reading->nr, count_ends(len), "%u bytes", (u32)len);
		bh_reading_free(reading);
	}
}

/* Reads it whole, bytewise and in pieces. */
static void read_every_way(struct kunit *test, struct bh_random *random, const char *doc,
			   size_t len)
{
	struct bh_reading *whole = test->priv;
	struct bh_reading *cut = kunit_kzalloc(test, sizeof(*cut), GFP_KERNEL);
	u32 way;

	KUNIT_ASSERT_NOT_NULL(test, cut);
	bh_load(whole, doc, len);
	for (way = 0; way < 2; way++) {
		if (way)
			bh_load_in_pieces(cut, doc, len, random);
		else
			bh_load_bytewise(cut, doc, len);
		KUNIT_EXPECT_STREQ(test, bh_oracle_same(whole, cut, doc, len), "");
		bh_reading_free(cut);
	}
	bh_reading_free(whole);
}

static void may_come_in_pieces(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	u32 i;

	read_every_way(test, &random, several, strlen(several));
	for (i = 0; i < ARRAY_SIZE(good); i++)
		read_every_way(test, &random, good[i], strlen(good[i]));
	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		read_every_way(test, &random, refusals[i].doc, strlen(refusals[i].doc));
	for (i = 0; i < ARRAY_SIZE(odd_bytes); i++)
		read_every_way(test, &random, odd_bytes[i].doc.s, odd_bytes[i].doc.len);
}

static int drop_policy(struct bh_policy *policy, void *data, const char **why)
{
	bh_policy_free(policy);
	return 0;
}

/* What is there when no more comes; and with the last byte that came nothing took effect. */
static const struct {
	const char *doc;
	int ret;
	u32 line;
} last_words[] = {
	{ "", 0, 0 },
	{ "# nothing", 0, 0 },
	{ " \t\r", 0, 0 },
	{ BLOCK "end", 0, 0 },
	{ BLOCK "end # of it", 0, 0 },
	{ BLOCK "end\n\n # more", 0, 0 },
	{ BLOCK, -EINVAL, 2 },
	{ BLOCK "en", -EINVAL, 2 },
	{ BLOCK "\"end\"", -EINVAL, 2 },
	{ BLOCK "deny exec # end", -EINVAL, 2 },
	{ BLOCK "end\npol", -EINVAL, 3 },
	{ "x\n", -EINVAL, 1 },
};

/* A parser that was fed with a document, and to which more may come. */
static struct bh_parser *feed_document(struct kunit *test, const char *doc)
{
	struct bh_parser *parser = bh_parser_alloc(drop_policy, NULL);

	KUNIT_ASSERT_NOT_NULL(test, parser);
	bh_parser_feed(parser, doc, strlen(doc));
	return parser;
}

static void knows_what_has_no_end(struct kunit *test)
{
	struct bh_parser *parser;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(last_words); i++) {
		parser = feed_document(test, last_words[i].doc);
		KUNIT_EXPECT_EQ_MSG(test, bh_parser_end(parser), last_words[i].ret, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, bh_parser_error(parser)->line, last_words[i].line,
				    "row %u", i);
		bh_parser_free(parser);
	}
}

/* In whose block a mistake is; of a name that is none, nothing is said. */
static const struct {
	const char *doc;
	const char *failed;
} failures[] = {
	{ "policy a version 1\nalow exec\n", "a" },
	{ "policy a version 1\nend\npolicy b version 1\nalow exec\n", "b" },
	{ "policy a version x\n", "a" },
	{ "policy a version 1\ndeny exec\n", "a" },
	{ "policy .a version 1\n", "" },
	{ "policy a version 1\nend\nalow exec\n", "" },
	{ "policy a version 1\nend\n", "" },
};

static void knows_whose_block_is_wrong(struct kunit *test)
{
	struct bh_parser *parser;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		parser = feed_document(test, failures[i].doc);
		bh_parser_end(parser);
		KUNIT_EXPECT_STREQ(test, bh_parser_failed(parser), failures[i].failed);
		bh_parser_free(parser);
	}
}

/* Several blocks, and errors after good ones */

static void takes_several_blocks(struct kunit *test)
{
	static const char last[] = "policy c version 3\n  mode enforce\n  default exec kill\nend\n";
	struct bh_reading *reading = test->priv;

	bh_load(reading, several, strlen(several));
	KUNIT_ASSERT_EQ(test, reading->nr, 3);
	KUNIT_EXPECT_STREQ(test, reading->policy[0]->name, "a");
	KUNIT_EXPECT_TRUE(test, reading->policy[0]->audit_mode);
	KUNIT_EXPECT_EQ(test, reading->policy[0]->rules[0].line, 3);
	KUNIT_EXPECT_STREQ(test, reading->policy[1]->name, "b");
	KUNIT_EXPECT_FALSE(test, reading->policy[1]->audit_mode);
	KUNIT_EXPECT_EQ(test, reading->policy[1]->nr_rules, 0);
	KUNIT_EXPECT_EQ(test, reading->policy[1]->defaults[BH_EXEC], BH_DENY);
	KUNIT_EXPECT_STREQ(test, reading->policy[2]->name, "c");
	KUNIT_EXPECT_EQ(test, reading->policy[2]->defaults[BH_EXEC], BH_KILL);
	KUNIT_EXPECT_EQ(test, reading->policy[2]->text_len, strlen(last));
	KUNIT_EXPECT_FALSE(test, memcmp(reading->policy[2]->text, last, strlen(last)));
}

static void keeps_what_stands_before_an_error(struct kunit *test)
{
	static const char doc[] = "policy a version 1\nend\npolicy b version 1\nallow exec\n"
				  "allow exec wrong\nend\npolicy c version 1\nend\n";
	struct bh_reading *reading = test->priv;

	bh_load(reading, doc, strlen(doc));
	KUNIT_EXPECT_EQ(test, reading->ret, -EINVAL);
	KUNIT_EXPECT_EQ(test, reading->error.line, 5);
	KUNIT_ASSERT_EQ(test, reading->nr, 1);
	KUNIT_EXPECT_STREQ(test, reading->policy[0]->name, "a");
	KUNIT_EXPECT_FALSE(test, reading->late);
}

static void reports_what_the_sink_says(struct kunit *test)
{
	static const char doc[] = "\n  policy a  version \t7\nallow exec\nend\n";
	struct bh_reading *reading = test->priv;

	reading->refuse = -ESTALE;
	bh_load(reading, doc, strlen(doc));
	KUNIT_EXPECT_EQ(test, reading->ret, -ESTALE);
	KUNIT_EXPECT_EQ(test, reading->error.err, -ESTALE);
	KUNIT_EXPECT_EQ(test, reading->error.line, 2);
	KUNIT_EXPECT_EQ(test, reading->error.column, 22);
	KUNIT_EXPECT_STREQ(test, reading->error.message, "refused");
	KUNIT_EXPECT_FALSE(test, reading->late);
}

/* Limits */

/* Feeds a text again and again until the parser refuses it. */
static u32 feed_until_refused(struct bh_parser *parser, const char *s, u32 times)
{
	u32 i;

	for (i = 0; i < times; i++)
		if (bh_parser_feed(parser, s, strlen(s)))
			break;
	return i;
}

static int refuse_all(struct bh_policy *policy, void *data, const char **why)
{
	bh_policy_free(policy);
	*why = "";
	return -EINVAL;
}

static void limits_lines(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	char *doc = kvmalloc(1 << 20, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, doc);
	memset(doc, '#', 1 << 20);
	doc[BH_LINE_MAX] = '\n';
	bh_load(reading, doc, BH_LINE_MAX + 1);
	KUNIT_EXPECT_EQ(test, reading->ret, 0);
	bh_load_bytewise(reading, doc, BH_LINE_MAX + 1);
	KUNIT_EXPECT_EQ(test, reading->ret, 0);
	bh_load(reading, doc, 1 << 20);
	KUNIT_EXPECT_EQ(test, reading->ret, -E2BIG);
	KUNIT_EXPECT_EQ(test, reading->error.line, 2);
	doc[BH_LINE_MAX] = '#';
	bh_load_bytewise(reading, doc, BH_LINE_MAX + 1);
	KUNIT_EXPECT_EQ(test, reading->ret, -E2BIG);
	KUNIT_EXPECT_EQ(test, reading->error.line, 1);
	KUNIT_EXPECT_EQ(test, reading->error.column, BH_LINE_MAX + 1);
	KUNIT_EXPECT_STREQ(test, reading->error.message, "line too long");
	bh_load(reading, doc, 1 << 20);
	KUNIT_EXPECT_EQ(test, reading->ret, -E2BIG);
	kvfree(doc);
}

static void limits_patterns(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	size_t len, head = strlen(BLOCK "deny exec path=");
	char *doc = kunit_kzalloc(test, BH_PATTERN_MAX + 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, doc);
	for (len = BH_PATTERN_MAX; len <= BH_PATTERN_MAX + 1; len++) {
		snprintf(doc, head + 1, "%s", BLOCK "deny exec path=");
		memset(doc + head, 'a', len);
		doc[head] = '/';
		snprintf(doc + head + len, 16, "%s", "\nend\n");
		bh_load(reading, doc, strlen(doc));
		KUNIT_EXPECT_EQ(test, reading->ret, len > BH_PATTERN_MAX ? -E2BIG : 0);
		KUNIT_EXPECT_EQ(test, reading->error.column, len > BH_PATTERN_MAX ? 16 : 0);
		bh_reading_free(reading);
	}
}

static const struct {
	const char *head;	/* of the rule */
	const char *more;	/* what is said again and again behind it */
	u32 times;
	u32 column;		/* of the error, or 0 */
	const char *message;
} repeats[] = {
	{ "deny exec", " path=/a", BH_CONDS_MAX, 0, "" },
	{ "deny exec", " path=/a", BH_CONDS_MAX + 1, 10 + BH_CONDS_MAX * 8 + 1,
	  "too many conditions" },
	{ "deny exec", " has=ro", BH_CONDS_MAX + 1, 10 + BH_CONDS_MAX * 7 + 1,
	  "too many conditions" },
	/* What a ptrace rule implies counts for nothing. */
	{ "deny ptrace", " exe=/a", BH_CONDS_MAX, 0, "" },
	{ "deny exec path=/a", ",/a", BH_VALUES_MAX - 1, 0, "" },
	{ "deny exec path=/a", ",/a", BH_VALUES_MAX, 11, "too many values" },
	{ "deny exec has=ro", ",ro", BH_VALUES_MAX - 1, 0, "" },
	{ "deny exec has=ro", ",ro", BH_VALUES_MAX, 11, "too many values" },
};

static void limits_conditions_and_values(struct kunit *test)
{
	struct bh_reading *reading = test->priv;
	const size_t size = 2048;
	char *doc = kunit_kzalloc(test, size, GFP_KERNEL);
	size_t len;
	u32 i, k;

	KUNIT_ASSERT_NOT_NULL(test, doc);
	for (i = 0; i < ARRAY_SIZE(repeats); i++) {
		len = snprintf(doc, size, BLOCK "%s", repeats[i].head);
		for (k = 0; k < repeats[i].times; k++)
			len += snprintf(doc + len, size - len, "%s", repeats[i].more);
		len += snprintf(doc + len, size - len, "\nend\n");
		bh_load(reading, doc, len);
		KUNIT_EXPECT_EQ_MSG(test, reading->ret, repeats[i].column ? -E2BIG : 0, "%s", doc);
		KUNIT_EXPECT_EQ_MSG(test, reading->error.column, repeats[i].column, "%s", doc);
		KUNIT_EXPECT_STREQ(test, reading->error.message, repeats[i].message);
		bh_reading_free(reading);
	}
}

static void limits_rules(struct kunit *test)
{
	struct bh_parser *parser = bh_parser_alloc(refuse_all, NULL);

	KUNIT_ASSERT_NOT_NULL(test, parser);
	KUNIT_EXPECT_EQ(test, bh_parser_feed(parser, BLOCK, strlen(BLOCK)), 0);
	KUNIT_EXPECT_EQ(test, feed_until_refused(parser, "allow exec\n", BH_RULES_MAX + 9),
			BH_RULES_MAX);
	KUNIT_EXPECT_EQ(test, bh_parser_error(parser)->err, -E2BIG);
	KUNIT_EXPECT_EQ(test, bh_parser_error(parser)->line, BH_RULES_MAX + 2);
	KUNIT_EXPECT_STREQ(test, bh_parser_error(parser)->message, "too many rules");
	bh_parser_free(parser);
}

static void limits_blocks(struct kunit *test)
{
	char *comment = kunit_kzalloc(test, BH_LINE_MAX + 1, GFP_KERNEL);
	struct bh_parser *parser;

	if (BH_TEST_SCALE == 1)
		kunit_skip(test, "reads 128 MB");
	parser = bh_parser_alloc(refuse_all, NULL);
	KUNIT_ASSERT_NOT_NULL(test, parser);
	KUNIT_ASSERT_NOT_NULL(test, comment);
	memset(comment, '#', BH_LINE_MAX);
	comment[BH_LINE_MAX - 1] = '\n';
	/* Between blocks there is no limit. */
	KUNIT_EXPECT_EQ(test, feed_until_refused(parser, comment, 4097), 4097);
	KUNIT_EXPECT_EQ(test, bh_parser_feed(parser, BLOCK, strlen(BLOCK)), 0);
	KUNIT_EXPECT_EQ(test, feed_until_refused(parser, comment, 4097),
			BH_BLOCK_MAX / BH_LINE_MAX);
	KUNIT_EXPECT_EQ(test, bh_parser_error(parser)->err, -E2BIG);
	KUNIT_EXPECT_STREQ(test, bh_parser_error(parser)->message, "policy too long");
	bh_parser_free(parser);
}

/* Nonsense */

static void expect_sane(struct kunit *test, const struct bh_reading *reading, const char *doc,
			size_t len)
{
	KUNIT_EXPECT_EQ(test, reading->ret, reading->error.err);
	KUNIT_EXPECT_STREQ(test, bh_oracle_error(&reading->error, doc, len), "");
}

#define NONSENSE_MAX 200

static void survives_nonsense(struct kunit *test)
{
	static const char bytes[] = "polic ersn1a\"\"\\\\x=,!#/*[]-\n\n\n \t\1\0\x7f\xc3\xa9\xff";
	static const char *const words[] = {
		"policy ", "t ", "version ", "1\n", "end\n", "allow ", "exec ", "ptrace ", "mount ",
		"path=", "role!=", "has=", "ro", "/a", ",", "\"", "\\", "#", "\n", "mode ",
		"audit ", "default ", "deny ", "policy a version 1\n", "[", "**", " ",
	};
	struct bh_random random = { BH_TEST_SEED };
	char *doc = kunit_kzalloc(test, NONSENSE_MAX, GFP_KERNEL);
	struct bh_reading *reading = test->priv;
	size_t len, want;
	u32 round;

	KUNIT_ASSERT_NOT_NULL(test, doc);
	for (round = 0; round < 200 * BH_TEST_SCALE; round++) {
		want = bh_random_below(&random, NONSENSE_MAX - 20);
		for (len = 0; len < want;) {
			const char *word = words[bh_random_below(&random, ARRAY_SIZE(words))];

			if (!bh_random_once_in(&random, 8)) {
				memcpy(doc + len, word, strlen(word));
				len += strlen(word);
			} else if (round % 2) {
				doc[len++] = bh_random_char(&random, bytes, sizeof(bytes));
			} else {
				doc[len++] = bh_random_u32(&random);
			}
		}
		bh_load(reading, doc, len);
		expect_sane(test, reading, doc, len);
		bh_reading_free(reading);
		if (round % 8 == 0)
			read_every_way(test, &random, doc, len);
	}
}

/* Good documents with a byte or two changed, dropped or doubled. */
static void survives_typing_errors(struct kunit *test)
{
	struct bh_random random = { BH_TEST_SEED };
	struct bh_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	char *doc = kunit_kzalloc(test, BH_MODEL_TEXT, GFP_KERNEL);
	struct bh_reading *reading = test->priv;
	u32 round, errors;
	size_t len, at;

	KUNIT_ASSERT_NOT_NULL(test, model);
	KUNIT_ASSERT_NOT_NULL(test, doc);
	for (round = 0; round < 50 * BH_TEST_SCALE; round++) {
		bh_model_fill(model, &random, bh_random_below(&random, 5));
		len = bh_model_write(model, &random, doc);
		for (errors = bh_random_below(&random, 3); errors; errors--) {
			at = bh_random_below(&random, len);
			if (bh_random_once_in(&random, 2))
				doc[at] ^= 1 << bh_random_below(&random, 8);
			else
				memmove(doc + at, doc + at + 1, --len - at);
		}
		bh_load(reading, doc, len);
		expect_sane(test, reading, doc, len);
		bh_reading_free(reading);
		if (round % 8 == 0)
			read_every_way(test, &random, doc, len);
	}
}

static struct kunit_case parse_cases[] = {
	KUNIT_CASE_PARAM(refuses, refusal_gen_params),
	KUNIT_CASE(takes),
	KUNIT_CASE(refuses_kinds_of_digests),
	KUNIT_CASE(reads_names_and_numbers),
	KUNIT_CASE(knows_who_asks_tracees),
	KUNIT_CASE(refuses_odd_bytes),
	KUNIT_CASE(knows_utf8),
	KUNIT_CASE(emits_nothing_unfinished),
	KUNIT_CASE(may_come_in_pieces),
	KUNIT_CASE(takes_several_blocks),
	KUNIT_CASE(keeps_what_stands_before_an_error),
	KUNIT_CASE(reports_what_the_sink_says),
	KUNIT_CASE(limits_lines),
	KUNIT_CASE(knows_paths_that_no_file_has),
	KUNIT_CASE(refuses_only_what_never_matches),
	KUNIT_CASE(knows_what_has_no_end),
	KUNIT_CASE(knows_whose_block_is_wrong),
	KUNIT_CASE(limits_patterns),
	KUNIT_CASE(limits_conditions_and_values),
	KUNIT_CASE(limits_rules),
	KUNIT_CASE(limits_blocks),
	KUNIT_CASE(survives_nonsense),
	KUNIT_CASE(survives_typing_errors),
	{}
};

struct kunit_suite bh_parse_suite = {
	.name = "bh_parse",
	.init = parse_init,
	.exit = parse_exit,
	.test_cases = parse_cases,
};
