// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file `keys`: whose signatures are trusted.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cms.h"
#include "event.h"
#include "limits.h"
#include "registry.h"
#include "securityfs_files.h"
#include "signed.h"

static int keys_show(struct seq_file *m, void *unused)
{
	mutex_lock(&bh_config_mutex);
	bh_keys_show(m);
	mutex_unlock(&bh_config_mutex);
	return 0;
}

static int keys_open(struct inode *inode, struct file *file)
{
	return single_open(file, keys_show, NULL);
}

static const char *why_refused(int err)
{
	switch (err) {
	case -EPERM:
		return "not permitted, or locked";
	case -E2BIG:
		return "too many certificates, or too long a one";
	case -ENOMEM:
		return "out of memory";
	case -EKEYREJECTED:
		return "the kernel has no such algorithm";
	default:
		return "not an X.509 certificate in DER";
	}
}

static void report_key(const u8 *certificate, size_t len, int err)
{
	struct bh_config_event config = { .op = "keys" };
	char subject[BH_SIGNER_MAX + 1] = "";
	struct bh_certificate read;

	if (!bh_certificate_read(&read, certificate, len))
		bh_certificate_name(&read.subject, subject, sizeof(subject));
	if (subject[0])
		config.signer = subject;
	if (err) {
		config.reason = why_refused(err);
		pr_err("keys: error %s\n", config.reason);
	}
	bh_event_config(&config, err);
}

/* A write is one certificate, all of it. */
static ssize_t keys_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	int err = bh_check_writer(file, "keys");
	u8 *certificate;

	if (err)
		return err;
	if (len > BH_CERTIFICATE_MAX)
		return -E2BIG;
	certificate = memdup_user(from, len);
	if (IS_ERR(certificate))
		return PTR_ERR(certificate);
	mutex_lock(&bh_config_mutex);
	err = bh_may_change(file);
	if (!err && bh_wants_signatures())
		err = -EPERM;
	if (!err)
		err = bh_keys_add(certificate, len);
	mutex_unlock(&bh_config_mutex);
	report_key(certificate, len, err);
	kfree(certificate);
	return err ?: len;
}

const struct file_operations bh_keys_fops = {
	.owner = THIS_MODULE,
	.open = keys_open,
	.read = seq_read,
	.write = keys_write,
	.llseek = seq_lseek,
	.release = single_release,
};
