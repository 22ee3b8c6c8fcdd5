/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is read from a signed message and from a certificate beside their signatures. Pure.
 */
#ifndef BULKHEAD_CMS_H
#define BULKHEAD_CMS_H

#include <linux/types.h>

#include "limits.h"

/**
 * struct bh_der - a piece of DER
 * @s: its bytes
 * @len: how many
 */
struct bh_der {
	const u8 *s;
	size_t len;
};

/**
 * struct bh_certificate - a certificate
 * @serial: its serial number
 * @issuer: who has issued it
 * @subject: whose it is
 * @key_id: the identifier of its key, or empty
 * @algorithm: that of its signature, an object identifier
 */
struct bh_certificate {
	struct bh_der serial;
	struct bh_der issuer;
	struct bh_der subject;
	struct bh_der key_id;
	struct bh_der algorithm;
};

/**
 * struct bh_cms - a signed message
 * @content: what is signed
 * @signer: the name in the certificate that goes with the message, or that of its issuer;
 *          terminated, any bytes
 */
struct bh_cms {
	struct bh_der content;
	char signer[BH_SIGNER_MAX + 1];
};

int bh_cms_size(const u8 *s, size_t len, size_t *size);
int bh_cms_read(struct bh_cms *cms, const u8 *s, size_t len, const char **why);

int bh_certificate_read(struct bh_certificate *certificate, const u8 *s, size_t len);
void bh_certificate_name(const struct bh_der *name, char *text, size_t size);

#endif /* BULKHEAD_CMS_H */
