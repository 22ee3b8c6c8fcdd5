// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a message, and a certificate.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "../module/cms.h"
#include "fuzz.h"

static bool lies_in(const struct bh_der *piece, const u8 *data, size_t size)
{
	return !piece->len || (piece->s >= data && piece->s + piece->len <= data + size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bh_certificate certificate;
	char name[BH_SIGNER_MAX + 1];
	struct bh_cms cms;
	const char *why = NULL;
	size_t total = 0;
	int err;

	err = bh_cms_read(&cms, data, size, &why);
	fuzz_expect_true(!err || err == -EKEYREJECTED, "another error");
	fuzz_expect_true(!err || why, "an error without a reason");
	if (!err) {
		fuzz_expect_true(lies_in(&cms.content, data, size), "content from elsewhere");
		fuzz_expect_true(strlen(cms.signer) <= BH_SIGNER_MAX, "a name without an end");
		fuzz_expect_true(bh_cms_size(data, size, &total) == 1 && total == size,
				 "another length");
	}
	if (!bh_certificate_read(&certificate, data, size)) {
		fuzz_expect_true(lies_in(&certificate.subject, data, size) &&
				 lies_in(&certificate.key_id, data, size), "names from elsewhere");
		bh_certificate_name(&certificate.subject, name, sizeof(name));
	}
	return 0;
}
