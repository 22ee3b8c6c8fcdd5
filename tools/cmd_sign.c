// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead sign and verify: documents as `load` takes them, CMS in DER, by libcrypto.
 */
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "command.h"
#include "message.h"

static const struct option sign_options[] = {
	{ "key", required_argument, NULL, 'k' },
	{ "cert", required_argument, NULL, 'c' },
	{ "output", required_argument, NULL, 'o' },
	COMMON_OPTIONS
};

static const struct option verify_options[] = {
	{ "cert", required_argument, NULL, 'c' },
	{ "output", required_argument, NULL, 'o' },
	COMMON_OPTIONS
};

/* What both commands are told. */
struct task {
	const char *key;
	const char *cert;
	const char *output;
	const char *file;
};

/* @letters and @options are those of the command, which wants all but the output. */
static int read_options(struct task *task, int argc, char **argv, const char *letters,
			const struct option *options)
{
	bool wants_key = *letters == 'k';
	int option;

	while ((option = next_option(argc, argv, letters, options)) >= 0)
		*(option == 'k' ? &task->key :
		  option == 'c' ? &task->cert : &task->output) = optarg;
	task->file = argv[optind];
	if (argc - optind == 1 && task->cert && (task->key || !wants_key))
		return DONE;
	say(wants_key ? "sign needs --key, --cert and a file" : "verify needs --cert and a file");
	return usage_error();
}

/* The last reason that libcrypto has given. */
static const char *last_error(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "no reason given";
}

static X509 *read_certificate(const char *path)
{
	struct buf text = { 0 };
	X509 *cert = NULL;
	BIO *bio;

	if (read_file(path, &text))
		return NULL;
	bio = BIO_new_mem_buf(text.s, text.len);
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!cert) {
		BIO_reset(bio);
		cert = d2i_X509_bio(bio, NULL);
	}
	BIO_free(bio);
	buf_free(&text);
	if (!cert)
		say("%s: not a certificate: %s", path, last_error());
	return cert;
}

static EVP_PKEY *read_key(const char *path)
{
	EVP_PKEY *key;
	FILE *file = fopen(path, "re");

	if (!file) {
		say("%s: %s", path, strerror(errno));
		return NULL;
	}
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	if (!key)
		say("%s: not a private key: %s", path, last_error());
	return key;
}

/* Would the kernel take what is inside? A signature over a mistake helps nobody. */
static int check_document(const char *path)
{
	char *argv[] = { "check", "--", (char *)path, NULL };

	optind = 0;
	return cmd_check.run(3, argv);
}

static int write_message(CMS_ContentInfo *cms, const char *path)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der), status;

	if (len < 0) {
		say("cannot write the message: %s", last_error());
		return TROUBLE;
	}
	status = write_output(path, (char *)der, len);
	OPENSSL_free(der);
	return status ? TROUBLE : DONE;
}

static int sign(const char *path, X509 *cert, EVP_PKEY *key, const char *out)
{
	int flags = CMS_BINARY | CMS_NOATTR | CMS_PARTIAL, status = TROUBLE;
	struct buf text = { 0 };
	CMS_ContentInfo *cms;
	BIO *bio;

	if (read_file(path, &text))
		return TROUBLE;
	bio = BIO_new_mem_buf(text.s, text.len);
	cms = CMS_sign(NULL, NULL, NULL, bio, flags);
	if (cms && CMS_add1_signer(cms, cert, key, EVP_sha256(), flags) &&
	    CMS_final(cms, bio, NULL, flags & ~CMS_PARTIAL))
		status = write_message(cms, out);
	else
		say("%s: cannot be signed: %s", path, last_error());
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	buf_free(&text);
	return status;
}

/* Signs with a key that must be the certificate's. */
static int sign_with(const struct task *task, const char *output)
{
	X509 *cert = read_certificate(task->cert);
	EVP_PKEY *key = cert ? read_key(task->key) : NULL;
	int status = TROUBLE;

	if (key && X509_check_private_key(cert, key) != 1)
		say("%s: not the key of %s", task->key, task->cert);
	else if (key)
		status = sign(task->file, cert, key, output);
	EVP_PKEY_free(key);
	X509_free(cert);
	return status;
}

static int run_sign(int argc, char **argv)
{
	struct task task = { .key = NULL };
	bool is_stdin;
	char *output;
	int status;

	if (read_options(&task, argc, argv, "k:c:o:", sign_options))
		return TROUBLE;
	is_stdin = !strcmp(task.file, "-");
	output = task.output ? xstrdup(task.output) :
		 is_stdin ? xstrdup("-") : xasprintf("%s.p7s", task.file);
	/* Standard input can be read only once. */
	status = is_stdin ? DONE : check_document(task.file);
	if (!status)
		status = sign_with(&task, output);
	free(output);
	return finish(status);
}

const struct command cmd_sign = {
	.name = "sign",
	.summary = "sign a policy, so that a locked node takes it",
	.synopsis = "--key KEY --cert CERT [-o OUT] FILE",
	.help = "Signs a policy file, which is checked first.\n\n"
		"  -k, --key=KEY        the private key, in PEM\n"
		"  -c, --cert=CERT      its certificate, in PEM or DER\n"
		"  -o, --output=OUT     write to OUT instead of FILE.p7s\n",
	.run = run_sign,
};

/* verify */

static void say_unverified(const char *label, const char *cert)
{
	switch (ERR_GET_REASON(ERR_peek_last_error())) {
	case CMS_R_CERTIFICATE_VERIFY_ERROR:
	case CMS_R_SIGNER_CERTIFICATE_NOT_FOUND:
		say("%s: it is signed with another key than that of %s", label, cert);
		break;
	default:
		say("%s: the signature does not hold: it or what is signed was changed: %s", label,
		    last_error());
	}
}

/* @cert: the name of @ca's file */
static int check_message(CMS_ContentInfo *cms, X509 *ca, const char *cert, BIO *content,
			 const char *label)
{
	X509_STORE *store = X509_STORE_new();
	struct stack_st_X509 *certs = sk_X509_new_null();
	const char *weak = signature_weakness(cms);
	int status = NO;

	sk_X509_push(certs, ca);
	X509_STORE_add_cert(store, ca);
	/* As the kernel: a key that is trusted is, whatever its certificate's dates and purpose. */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
	if (weak)
		say("%s: %s", label, weak);
	else if (CMS_verify(cms, certs, store, NULL, content, CMS_BINARY) != 1)
		say_unverified(label, cert);
	else
		status = DONE;
	sk_X509_free(certs);
	X509_STORE_free(store);
	return status;
}

static int verify(const struct task *task, X509 *ca)
{
	const char *label = file_label(task->file), *out = task->output;
	struct buf text = { 0 }, inside = { 0 };
	CMS_ContentInfo *cms = NULL;
	const unsigned char *at;
	char *document;
	BIO *content;
	int status;
	long len;

	if (read_file(task->file, &text))
		return TROUBLE;
	content = BIO_new(BIO_s_mem());
	status = message_read(label, &text, &inside);
	if (!status) {
		at = (const unsigned char *)text.s;
		cms = d2i_CMS_ContentInfo(NULL, &at, text.len);
		status = cms ? check_message(cms, ca, task->cert, content, label) : NO;
	}
	if (!status && out) {
		len = BIO_get_mem_data(content, &document);
		status = write_output(out, document, len) ? TROUBLE : DONE;
	} else if (!status) {
		printf("%s: signed, and the signature holds\n", label);
	}
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	buf_free(&inside);
	buf_free(&text);
	return status;
}

static int run_verify(int argc, char **argv)
{
	struct task task = { .key = NULL };
	int status;
	X509 *ca;

	if (read_options(&task, argc, argv, "c:o:", verify_options))
		return TROUBLE;
	ca = read_certificate(task.cert);
	status = ca ? verify(&task, ca) : TROUBLE;
	X509_free(ca);
	return finish(status);
}

const struct command cmd_verify = {
	.name = "verify",
	.summary = "check a signed policy as a node with this key would",
	.synopsis = "--cert CA [-o OUT] FILE",
	.help = "Checks a signed policy as a node that trusts this certificate would. Exit\n"
		"status 1 if the node would refuse it.\n\n"
		"  -c, --cert=CA        the certificate that is trusted, in PEM or DER\n"
		"  -o, --output=OUT     write the policy that is signed to OUT\n",
	.run = run_verify,
};
