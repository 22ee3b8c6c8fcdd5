// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files `events`, `stats` and `features`.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "assign.h"
#include "binding.h"
#include "check.h"
#include "event_ring.h"
#include "kept.h"
#include "path.h"
#include "securityfs_files.h"

/* events */

static int events_open(struct inode *inode, struct file *file)
{
	file->private_data = bh_event_reader_alloc();
	if (!file->private_data)
		return -ENOMEM;
	return stream_open(inode, file);
}

static ssize_t events_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	return bh_event_read(file->private_data, to, len, !(file->f_flags & O_NONBLOCK));
}

static __poll_t events_poll(struct file *file, poll_table *wait)
{
	return bh_event_poll(file->private_data, file, wait);
}

static int events_release(struct inode *inode, struct file *file)
{
	bh_event_reader_free(file->private_data);
	return 0;
}

const struct file_operations bh_events_fops = {
	.owner = THIS_MODULE,
	.open = events_open,
	.read = events_read,
	.poll = events_poll,
	.release = events_release,
};

/* stats, features */

static int stats_show(struct seq_file *m, void *unused)
{
	mutex_lock(&bh_config_mutex);
	bh_bindings_reap();
	seq_printf(m, "checks %llu\n", bh_checks());
	seq_printf(m, "denials %llu\n", bh_denials());
	seq_printf(m, "events_lost %llu\n", bh_ring_lost());
	seq_printf(m, "audit_dropped %llu\n", bh_ring_audit_dropped());
	seq_printf(m, "bindings %u\n", bh_bindings_nr());
	seq_printf(m, "assigned %llu\n", bh_assigned());
	seq_printf(m, "policies %u\n", bh_registry_nr());
	seq_printf(m, "bytes %zu\n", bh_registry_bytes());
	seq_printf(m, "cache_hits %llu\n", bh_content_hits());
	seq_printf(m, "cache_misses %llu\n", bh_content_misses());
	seq_printf(m, "cache_bytes %zu\n", bh_kept_bytes());
	mutex_unlock(&bh_config_mutex);
	return 0;
}

BH_DEFINE_SHOW(stats);

static struct bh_hook *const *hook_tables;
static unsigned int nr_hook_tables;

/**
 * bh_features_init() - set which hooks `features` shows
 * @tables: the tables of hooks, which live as long as the module
 * @nr: how many tables
 *
 * Called once, before the file is there.
 */
void bh_features_init(struct bh_hook *const *tables, unsigned int nr)
{
	hook_tables = tables;
	nr_hook_tables = nr;
}

static int features_show(struct seq_file *m, void *unused)
{
	const struct bh_function *function;
	const struct bh_hook *hook;
	const struct bh_key *key;
	unsigned int t;
	int class;

	seq_printf(m, "abi %d\n", BULKHEAD_ABI);
	seq_printf(m, "version %s\n", THIS_MODULE->version);
	seq_puts(m, "namespaces");
	for (t = 0; t < BH_NS_TYPES; t++)
		seq_printf(m, " %s", bh_ns_types[t].name);
	seq_puts(m, "\nassign");
	for (t = 0; t < BH_NS_TYPES; t++)
		seq_printf(m, " %s", bh_ns_types[t].name);
	seq_puts(m, "\n");
	for (class = 0; class < BH_CLASSES; class++) {
		seq_printf(m, "class %s keys", bh_classes[class].name);
		for (key = bh_classes[class].keys; key->name; key++)
			seq_printf(m, " %s", key->name);
		seq_puts(m, "\n");
	}
	seq_puts(m, "digests");
	for (t = 0; t < BH_DIGEST_KINDS; t++)
		if (!(bh_content_unknown_kinds() & 1 << t))
			seq_printf(m, " %s", bh_digest_descs[t].name);
	seq_puts(m, "\n");
	for (t = 0; t < nr_hook_tables; t++)
		for (hook = hook_tables[t]; hook->function; hook++)
			seq_printf(m, "point %s attached=%s judges=\"%s\"\n", hook->function,
				   READ_ONCE(hook->attached) ? "ftrace" : "on-demand",
				   hook->purpose);
	for (function = bh_path_functions; function->name; function++)
		seq_printf(m, "function %s found=kprobe tells=\"%s\"\n", function->name,
			   function->purpose);
	return 0;
}

BH_DEFINE_SHOW(features);
