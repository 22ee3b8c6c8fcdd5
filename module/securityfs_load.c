// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file `load`, which takes documents. Each block takes effect at its `end`.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "digest.h"
#include "hooks.h"
#include "event.h"
#include "parse.h"
#include "registry.h"
#include "securityfs_files.h"
#include "signed.h"
#include "vec.h"

/* Bytes of a document that are copied in at a time. */
#define LOAD_CHUNK 65536

/**
 * struct load - an open `load` file
 * @lock: between those who share it
 * @file: the file
 * @parser: reads what is written
 * @outcome: what a read gives
 * @outcome_len: how much of it
 * @failed: an error ended the document
 * @begun: a byte was written
 * @signed_doc: all that was written so far, if it is a signed document
 * @signed_len: bytes in it
 * @signed_cap: bytes that fit
 * @signed_size: bytes that it will have, 0 while that is not known
 * @signer: who has signed what is in force now, or NULL
 * @name: the policy that was tried last
 */
struct load {
	struct mutex lock;	/* of the rest; taken before bh_config_mutex */
	struct file *file;
	struct bh_parser *parser;
	char *outcome;
	size_t outcome_len;
	bool failed;
	bool begun;
	u8 *signed_doc;
	size_t signed_len;
	size_t signed_cap;
	size_t signed_size;
	const char *signer;
	char name[BH_NAME_MAX + 1];
};

/* Room for the longest answer, so that an error always fits. */
#define OUTCOME_LINE 256

/* Is no policy of this name loaded, so that its files must be made? */
static bool needs_files(const struct bh_policy *policy)
{
	bool known;

	mutex_lock(&bh_config_mutex);
	known = bh_registry_find(policy->name, strlen(policy->name));
	mutex_unlock(&bh_config_mutex);
	return !known;
}

/* The files of a new name, or NULL; before bh_config_mutex, see bh_policy_files_mutex. */
static int make_files(const struct bh_policy *policy, struct bh_policy_files **files,
		      const char **why)
{
	*files = NULL;
	if (!needs_files(policy))
		return 0;
	*files = bh_policy_files_create(policy->name);
	if (!IS_ERR(*files))
		return 0;
	*why = "cannot make the policy's directory";
	return PTR_ERR(*files);
}

static int put_in_force(struct load *load, struct bh_policy *policy,
			struct bh_policy_files **files, const char **why)
{
	struct bh_entry *entry;
	int ret;

	lockdep_assert_held(&bh_config_mutex);
	ret = bh_may_change(load->file);
	*why = "not permitted, or locked";
	if (!ret && bh_wants_signatures() && !load->signer) {
		ret = -EKEYREJECTED;
		*why = "locked: only signed documents are taken";
	}
	if (!ret) {
		ret = bh_map_start();
		*why = "brk(2) cannot be seen: see the kernel log";
	}
	if (!ret && bh_policy_asks_digests(policy)) {
		ret = bh_content_start();
		*why = "digests cannot be told: see the kernel log";
	}
	if (ret) {
		bh_policy_free(policy);
		return ret;
	}
	ret = bh_registry_load(policy, &entry, why);
	if (ret > 0) {
		entry->files = *files;
		*files = NULL;
	}
	return min(ret, 0);
}

static int load_entry(struct load *load, struct bh_policy *policy, const char **why)
{
	struct bh_policy_files *files;
	int err;

	if (mutex_lock_killable(&bh_policy_files_mutex)) {
		bh_policy_free(policy);
		*why = "";
		return -EINTR;
	}
	err = make_files(policy, &files, why);
	if (err) {
		bh_policy_free(policy);
	} else {
		mutex_lock(&bh_config_mutex);
		err = put_in_force(load, policy, &files, why);
		mutex_unlock(&bh_config_mutex);
		bh_policy_files_remove(files);
	}
	mutex_unlock(&bh_policy_files_mutex);
	return err;
}

/* Takes a policy from the parser. */
static int load_policy(struct bh_policy *policy, void *data, const char **why)
{
	struct load *load = data;
	struct bh_config_event config = { .op = "load", .signer = load->signer };
	char line[OUTCOME_LINE];
	int err, len;

	strscpy(policy->signer, load->signer ?: "", sizeof(policy->signer));
	len = scnprintf(line, sizeof(line), "ok %s %llu\n", policy->name, policy->version);
	if (load->outcome_len + len + OUTCOME_LINE > BH_OUTCOME_MAX) {
		bh_policy_free(policy);
		*why = "too many policies in one document";
		return -E2BIG;
	}
	config.policy = load->name;
	strscpy(load->name, policy->name, sizeof(load->name));
	err = load_entry(load, policy, why);
	if (err)
		return err;
	bh_event_config(&config, 0);
	load->name[0] = '\0';
	memcpy(load->outcome + load->outcome_len, line, len);
	load->outcome_len += len;
	return 0;
}

static void load_free(struct load *load)
{
	bh_parser_free(load->parser);
	kvfree(load->signed_doc);
	kvfree(load->outcome);
	kfree(load);
}

static int load_open(struct inode *inode, struct file *file)
{
	struct load *load = kzalloc(sizeof(*load), GFP_KERNEL_ACCOUNT);

	if (!load)
		return -ENOMEM;
	mutex_init(&load->lock);
	load->file = file;
	file->private_data = load;
	return 0;
}

/* Allocates at the first write, so that opening the file many times takes little memory. */
static int load_begin(struct load *load)
{
	if (load->parser)
		return 0;
	if (!load->outcome)
		load->outcome = kvmalloc(BH_OUTCOME_MAX, BH_GFP_LOAD);
	if (!load->outcome)
		return -ENOMEM;
	load->parser = bh_parser_alloc(load_policy, load);
	if (!load->parser)
		return -ENOMEM;
	bh_parser_refuse_digests(load->parser, bh_content_unknown_kinds());
	return 0;
}

static int load_release(struct inode *inode, struct file *file)
{
	load_free(file->private_data);
	return 0;
}

static void load_report_error(struct load *load)
{
	const struct bh_error *error = bh_parser_error(load->parser);
	char *line = load->outcome + load->outcome_len;
	const char *name = load->name[0] ? load->name : bh_parser_failed(load->parser);
	char why[sizeof(error->message) + 32];
	struct bh_config_event config = {
		.op = "load", .policy = name[0] ? name : NULL, .reason = why,
	};

	load->failed = true;
	snprintf(why, sizeof(why), "%u:%u %s", error->line, error->column, error->message);
	load->outcome_len += scnprintf(line, BH_OUTCOME_MAX - load->outcome_len,
				       "error %s\n", why);
	pr_err("load: error %s\n", why);
	bh_event_config(&config, error->err);
}

/* Is a signed document incomplete? Nothing of it has taken effect then. */
static bool is_cut(const struct load *load)
{
	return load->signed_len &&
	       (!load->signed_size || load->signed_len < load->signed_size);
}

/*
 * The kernel calls this for each descriptor that is closed. At the last one a block without an
 * `end` is dropped, and close() returns the error.
 */
static int load_flush(struct file *file, fl_owner_t id)
{
	struct load *load = file->private_data;
	int err = 0;

	if (file_count(file) > 1)
		return 0;
	mutex_lock(&load->lock);
	if (load->parser && !load->failed) {
		err = is_cut(load) ? bh_parser_reject(load->parser, -EINVAL,
						      "the signed document is cut") :
				     bh_parser_end(load->parser);
		if (err)
			load_report_error(load);
	}
	mutex_unlock(&load->lock);
	return err;
}

/* Signed documents: nothing is looked at before all of it is there. */

/* A document in DER begins with a sequence that says how long it is; no text begins so. */
static bool begins_signed(const struct load *load, const char *chunk)
{
	return load->signed_len || (!load->begun && chunk[0] == 0x30);
}

static int keep_signed(struct load *load, const char *chunk, size_t len)
{
	size_t cap = min_t(size_t, max(load->signed_len + len, 2 * load->signed_cap),
			   BH_SIGNED_MAX);
	u8 *new;

	if (load->signed_len + len > BH_SIGNED_MAX)
		return -E2BIG;
	if (load->signed_cap < load->signed_len + len) {
		new = kvmalloc(cap, BH_GFP_LOAD);
		if (!new)
			return -ENOMEM;
		if (load->signed_len)
			memcpy(new, load->signed_doc, load->signed_len);
		kvfree(load->signed_doc);
		load->signed_doc = new;
		load->signed_cap = cap;
	}
	memcpy(load->signed_doc + load->signed_len, chunk, len);
	load->signed_len += len;
	return 0;
}

static int take_signed(struct load *load)
{
	struct bh_parser *parser = load->parser;
	struct bh_cms cms;
	const char *why;
	int err = bh_signed_verify(load->signed_doc, load->signed_len, &cms, &why);

	if (err)
		return bh_parser_reject(parser, err, why);
	load->signer = cms.signer[0] ? cms.signer : "?";
	err = bh_parser_feed(parser, cms.content.s, cms.content.len) ?: bh_parser_end(parser);
	load->signer = NULL;
	return err;
}

/* Takes a piece of a signed document, behind which the same write has @more bytes. */
static int feed_signed(struct load *load, const char *chunk, size_t len, size_t more)
{
	int err = keep_signed(load, chunk, len);

	if (err == -E2BIG)
		return bh_parser_reject(load->parser, err, "signed document too long");
	if (err)
		return bh_parser_reject(load->parser, err, "");
	if (!load->signed_size &&
	    bh_cms_size(load->signed_doc, load->signed_len, &load->signed_size) <= 0) {
		load->signed_size = 0;
		return load->signed_len < 6 ? 0 :
		       bh_parser_reject(load->parser, -EKEYREJECTED, "not a signed message");
	}
	if (load->signed_size > BH_SIGNED_MAX)
		return bh_parser_reject(load->parser, -E2BIG, "signed document too long");
	if (load->signed_len + more < load->signed_size || load->signed_len < load->signed_size)
		return 0;
	if (load->signed_len + more > load->signed_size)
		return bh_parser_reject(load->parser, -EKEYREJECTED,
					"there is more than the signed document");
	return take_signed(load);
}

static int feed_parser(struct load *load, const char *chunk, size_t len, size_t more)
{
	bool is_signed = begins_signed(load, chunk);

	load->begun = true;
	return is_signed ? feed_signed(load, chunk, len, more) :
			   bh_parser_feed(load->parser, chunk, len);
}

static int load_chunk(struct load *load, const char __user *from, size_t len, size_t more)
{
	char *chunk = kvmalloc(len, BH_GFP_LOAD);
	int err;

	if (!chunk)
		return -ENOMEM;
	if (copy_from_user(chunk, from, len)) {
		err = -EFAULT;
	} else {
		err = feed_parser(load, chunk, len, more);
		if (err && !load->failed)
			load_report_error(load);
	}
	kvfree(chunk);
	return err;
}

static ssize_t load_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct load *load = file->private_data;
	int err = bh_check_writer(file, "load");
	size_t done = 0;

	if (err)
		return err;
	if (mutex_lock_interruptible(&load->lock))
		return -ERESTARTSYS;
	err = load_begin(load);
	while (done < len && !err) {
		size_t piece = min_t(size_t, len - done, LOAD_CHUNK);

		err = load_chunk(load, from + done, piece, len - done - piece);
		if (!err)
			done += piece;
		cond_resched();
	}
	/* What the parser has taken is taken, even if the rest could not be read. */
	load->name[0] = '\0';
	if (done && (err == -EFAULT || (err == -ENOMEM && !load->failed)))
		err = 0;
	mutex_unlock(&load->lock);
	return err ?: done;
}

static ssize_t load_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	struct load *load = file->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&load->lock))
		return -ERESTARTSYS;
	ret = simple_read_from_buffer(to, len, pos, load->outcome, load->outcome_len);
	mutex_unlock(&load->lock);
	return ret;
}

const struct file_operations bh_load_fops = {
	.owner = THIS_MODULE,
	.open = load_open,
	.read = load_read,
	.write = load_write,
	.flush = load_flush,
	.llseek = default_llseek,
	.release = load_release,
};
