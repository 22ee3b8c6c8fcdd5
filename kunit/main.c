// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suites when the module is loaded. A kernel without CONFIG_KUNIT
 * does not look for suites in a module, so they are handed to KUnit here.
 */
#include <linux/module.h>

#include "suites.h"

static struct kunit_suite *suites[] = {
	&bh_match_suite,
	&bh_parse_suite,
	&bh_text_suite,
	&bh_decide_suite,
	&bh_escape_suite,
	&bh_event_suite,
	&bh_assign_suite,
	&bh_digest_suite,
	&bh_cms_suite,
	&bh_binding_suite,
	&bh_kept_suite,
};

static int __init bulkhead_kunit_init(void)
{
	return __kunit_test_suites_init(suites, ARRAY_SIZE(suites));
}

static void __exit bulkhead_kunit_exit(void)
{
	__kunit_test_suites_exit(suites, ARRAY_SIZE(suites));
}

module_init(bulkhead_kunit_init);
module_exit(bulkhead_kunit_exit);
MODULE_DESCRIPTION("KUnit suites of bulkhead");
MODULE_LICENSE("GPL");
