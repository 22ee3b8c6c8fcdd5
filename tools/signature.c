// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a message's signature hold? By libcrypto, with the certificate that it carries.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "command.h"
#include "message.h"

/**
 * signature_weakness() - why no kernel takes a signature that holds
 * @cms: the message
 *
 * The digest that the only signer has used must be one that the kernel takes. The kernel
 * takes no S/MIME capabilities, which openssl adds unless it is told not to.
 *
 * Return: a sentence, or NULL.
 */
const char *signature_weakness(CMS_ContentInfo *cms)
{
	struct stack_st_CMS_SignerInfo *infos = CMS_get0_SignerInfos(cms);
	X509_ALGOR *digest = NULL;
	CMS_SignerInfo *signer;
	const ASN1_OBJECT *oid;
	int nid;

	if (sk_CMS_SignerInfo_num(infos) != 1)
		return "it must have one signer";
	signer = sk_CMS_SignerInfo_value(infos, 0);
	if (CMS_signed_get_attr_by_NID(signer, NID_SMIMECapabilities, -1) >= 0)
		return "it has S/MIME capabilities: sign with -noattr or -nosmimecap";
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, digest);
	nid = OBJ_obj2nid(oid);
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512 ?
	       NULL : "it is not signed with SHA-256, SHA-384 or SHA-512";
}

static void show_id(char id[65], const ASN1_STRING *bytes)
{
	int i;

	for (i = 0; i < ASN1_STRING_length(bytes) && i < 32; i++)
		snprintf(id + 2 * i, 3, "%02x", ASN1_STRING_get0_data(bytes)[i]);
}

/* The signer's certificate, if the message carries it: then it is set by CMS_verify(). */
static void find_id(CMS_ContentInfo *cms, struct signature *signature)
{
	CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	X509 *cert = NULL;

	CMS_SignerInfo_get0_algs(signer, NULL, &cert, NULL, NULL);
	if (cert)
		show_id(signature->id, X509_get0_subject_key_id(cert) ?:
			X509_get0_serialNumber(cert));
}

static void verify(CMS_ContentInfo *cms, struct signature *signature)
{
	BIO *content = BIO_new(BIO_s_null());
	int flags = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY;
	unsigned long error;

	if (CMS_verify(cms, NULL, NULL, NULL, content, flags) != 1) {
		error = ERR_peek_last_error();
		/* Who does not send the certificate along may have a right signature. */
		if (ERR_GET_REASON(error) != CMS_R_SIGNER_CERTIFICATE_NOT_FOUND)
			signature->wrong =
				"the signature does not hold: it or what is signed was changed";
	}
	find_id(cms, signature);
	BIO_free(content);
}

/**
 * signature_examine() - find out what can be told of a signature without the kernel
 * @signature: filled in
 * @s: a message that message_read() has taken
 * @len: its length
 */
void signature_examine(struct signature *signature, const char *s, size_t len)
{
	const unsigned char *at = (const unsigned char *)s;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, len);

	*signature = (struct signature){ 0 };
	ERR_clear_error();
	if (!cms)
		return;
	if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) == 1) {
		verify(cms, signature);
		signature->wrong = signature_weakness(cms) ?: signature->wrong;
	}
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
}
