// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys that are trusted, and what they have signed.
 *
 * Trusted are the certificates that the module was built with, those that were written
 * to `keys`, both in a keyring of the module's own, and the kernel's trusted keyrings.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/key.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/verification.h>

#include "escape.h"
#include "registry.h"
#include "signed.h"

/**
 * struct shown_key - a key as `keys` shows it
 * @list: in shown_keys
 * @origin: where it comes from
 * @subject: whose it is, any bytes
 * @id: of the key or the certificate
 * @id_len: bytes in @id
 */
struct shown_key {
	struct list_head list;
	const char *origin;
	char subject[BH_SIGNER_MAX + 1];
	u8 id[32];
	u8 id_len;
};

static struct key *own_keyring;
static LIST_HEAD(shown_keys);	/* under bh_config_mutex */
static unsigned int nr_shown;

/* Is what the kernel found to be signed the content that bh_cms_read() found? */
static int compare_content(void *ctx, const void *data, size_t len, size_t asn1hdrlen)
{
	const struct bh_der *content = ctx;

	return data == content->s && len == content->len ? 0 : -EKEYREJECTED;
}

static const char *why_rejected(int err)
{
	return err == -ENOKEY ? "signed with a key that is not trusted" : "bad signature";
}

/**
 * bh_signed_verify() - verify a signed document
 * @s: the message in DER, which no one may change meanwhile
 * @len: its length
 * @cms: filled in
 * @why: where to put a static sentence on failure
 *
 * May sleep. Return: 0; -EKEYREJECTED, -ENOKEY (a key that is not trusted) or -ENOMEM.
 */
int bh_signed_verify(const u8 *s, size_t len, struct bh_cms *cms, const char **why)
{
	int err = bh_cms_read(cms, s, len, why);

	if (err)
		return err;
	err = verify_pkcs7_signature(NULL, 0, s, len, own_keyring, VERIFYING_UNSPECIFIED_SIGNATURE,
				     compare_content, &cms->content);
	if (err == -ENOKEY)
		err = verify_pkcs7_signature(NULL, 0, s, len, VERIFY_USE_SECONDARY_KEYRING,
					     VERIFYING_UNSPECIFIED_SIGNATURE, compare_content,
					     &cms->content);
	*why = why_rejected(err);
	if (err && err != -ENOKEY && err != -ENOMEM)
		err = -EKEYREJECTED;
	return err;
}

static struct shown_key *new_shown(const struct bh_certificate *certificate, const char *origin)
{
	const struct bh_der *id = certificate->key_id.len ? &certificate->key_id :
							    &certificate->serial;
	struct shown_key *shown = kzalloc(sizeof(*shown), GFP_KERNEL);

	if (!shown)
		return NULL;
	shown->origin = origin;
	bh_certificate_name(&certificate->subject, shown->subject, sizeof(shown->subject));
	shown->id_len = min(id->len, sizeof(shown->id));
	memcpy(shown->id, id->s, shown->id_len);
	return shown;
}

static bool is_shown(const struct shown_key *key)
{
	struct shown_key *other;

	list_for_each_entry(other, &shown_keys, list)
		if (other->id_len == key->id_len && !memcmp(other->id, key->id, key->id_len) &&
		    !strcmp(other->subject, key->subject))
			return true;
	return false;
}

static int add_key(const u8 *s, size_t len, const char *origin)
{
	struct bh_certificate certificate;
	struct shown_key *shown;
	key_ref_t key;
	int err = bh_certificate_read(&certificate, s, len);

	if (err)
		return err;
	shown = new_shown(&certificate, origin);
	if (!shown)
		return -ENOMEM;
	if (nr_shown == BH_KEYS_MAX && !is_shown(shown)) {
		kfree(shown);
		return -E2BIG;
	}
	key = key_create_or_update(make_key_ref(own_keyring, true), "asymmetric", NULL, s, len,
				   (KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW | KEY_USR_READ,
				   KEY_ALLOC_NOT_IN_QUOTA);
	if (IS_ERR(key)) {
		kfree(shown);
		err = PTR_ERR(key);
		/* The kernel has no such algorithm: it says either of the two. */
		if (err == -ENOPKG || err == -ENOENT)
			return -EKEYREJECTED;
		return err == -ENOMEM ? err : -EINVAL;
	}
	key_ref_put(key);
	if (is_shown(shown)) {
		kfree(shown);
		return 0;
	}
	list_add_tail(&shown->list, &shown_keys);
	nr_shown++;
	return 0;
}

/**
 * bh_keys_add() - trust a key from now on
 * @certificate: its certificate in DER
 * @len: its length
 *
 * Under bh_config_mutex. May sleep.
 *
 * Return: 0; -EINVAL (no certificate), -EKEYREJECTED (an algorithm that the kernel does
 * not have), -E2BIG (BH_KEYS_MAX) or -ENOMEM.
 */
int bh_keys_add(const u8 *certificate, size_t len)
{
	lockdep_assert_held(&bh_config_mutex);
	return add_key(certificate, len, "written");
}

/**
 * bh_keys_show() - write a line for each key of the module's own
 * @m: where to; the kernel's keyrings do not tell theirs to a module
 *
 * Under bh_config_mutex.
 */
void bh_keys_show(struct seq_file *m)
{
	struct shown_key *key;
	char line[4 * BH_SIGNER_MAX + 8];

	lockdep_assert_held(&bh_config_mutex);
	list_for_each_entry(key, &shown_keys, list) {
		struct bh_text text = { .s = line, .cap = sizeof(line) };

		bh_text_append_quoted(&text, key->subject, strlen(key->subject));
		seq_printf(m, "subject=%.*s id=%*phN origin=%s\n", (int)text.len, line,
			   key->id_len, key->id, key->origin);
	}
}

#ifdef BULKHEAD_HAS_CERTS
/* certs.S: the certificates of `make CERTS=`, one behind the other. */
extern const u8 bulkhead_certs[], bulkhead_certs_end[];

static int add_built_in(void)
{
	const u8 *s = bulkhead_certs;
	int err;

	while (s < bulkhead_certs_end) {
		size_t left = bulkhead_certs_end - s, size;

		if (bh_cms_size(s, left, &size) <= 0 || size > left)
			return -EINVAL;
		err = add_key(s, size, "built-in");
		if (err)
			return err;
		s += size;
	}
	return 0;
}
#else
static int add_built_in(void)
{
	return 0;
}
#endif

/**
 * bh_keys_init() - make the keyring, and trust what the module was built with
 *
 * Nobody takes a key away by keyctl(2): whoever may search a keyring may invalidate it, and
 * uid 0 of a container is its owner.
 *
 * May sleep. Return: 0 or a negative errno.
 */
int bh_keys_init(void)
{
	int err;

	own_keyring = keyring_alloc(".bulkhead", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
				    (KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW |
				    KEY_USR_READ,
				    KEY_ALLOC_NOT_IN_QUOTA | KEY_ALLOC_SET_KEEP, NULL, NULL);
	if (IS_ERR(own_keyring))
		return PTR_ERR(own_keyring);
	mutex_lock(&bh_config_mutex);
	err = add_built_in();
	mutex_unlock(&bh_config_mutex);
	if (!err)
		return 0;
	pr_err("a certificate of `make CERTS=` cannot be used (%d)\n", err);
	bh_keys_exit();
	return err;
}

/** bh_keys_exit() - forget all keys; may sleep */
void bh_keys_exit(void)
{
	struct shown_key *key, *next;

	list_for_each_entry_safe(key, next, &shown_keys, list)
		kfree(key);
	INIT_LIST_HEAD(&shown_keys);
	nr_shown = 0;
	key_put(own_keyring);
}
