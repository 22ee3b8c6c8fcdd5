// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's state, from one module to the next. Nothing here ends the program: what is
 * frozen must be thawed.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include "ctl.h"
#include "snapshot.h"

/* What is known of a namespace, by type and number, while nothing is thawed. */
struct known {
	enum ns_type type;
	unsigned long inum;
	bool confined;
};

static struct known *known;
static size_t n_known, known_cap;

static int open_file(const char *name, int flags)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", ctl_dir(), name);
	return open(path, flags | O_CLOEXEC);
}

static bool read_into(const char *name, struct buf *buf)
{
	int fd = open_file(name, O_RDONLY), err = fd < 0 ? errno : read_fd(fd, buf);

	if (fd >= 0)
		close(fd);
	if (err)
		say("cannot read %s: %s", name, strerror(err));
	return !err;
}

/* The positive errno of a write. */
static int write_to(const char *name, const char *text, size_t len)
{
	int fd = open_file(name, O_WRONLY), err = 0;
	ssize_t written;

	if (fd < 0)
		return errno;
	while (len && !err) {
		written = write(fd, text, len);
		if (written < 0) {
			err = errno;
		} else {
			text += written;
			len -= written;
		}
	}
	if (close(fd) && !err)
		err = errno;
	return err;
}

/* bindings */

/* The next word of a line, KEY=VALUE; a quoted value may have blanks. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " "), *end = word;
	bool quoted = false;

	if (!*word)
		return NULL;
	for (; *end && (quoted || *end != ' '); end++) {
		if (*end == '"')
			quoted = !quoted;
		if (quoted && *end == '\\' && end[1])
			end++;
	}
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static bool parse_binding(struct saved_binding *binding, char *line)
{
	char *word, *value;
	int type;

	*binding = (struct saved_binding){ .type = NS_TYPES, .fd = -1, .pidfd = -1 };
	while ((word = next_word(&line))) {
		value = strchr(word, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (!strcmp(word, "inum"))
			binding->inum = strtoul(value, NULL, 10);
		else if (!strcmp(word, "policy"))
			binding->policy = xstrdup(value);
		else if (!strcmp(word, "label") && strcmp(value, "-") && strcmp(value, "\"\""))
			binding->label = xstrdup(value);
		else if (!strcmp(word, "armed"))
			binding->armed = !strcmp(value, "yes");
		else if (!strcmp(word, "ns"))
			for (type = 0; type < NS_TYPES; type++)
				if (!strcmp(value, ns_names[type]))
					binding->type = type;
	}
	return binding->type != NS_TYPES && binding->inum && binding->policy;
}

static struct saved_binding *find_binding(const struct snapshot *snapshot, enum ns_type type,
					  unsigned long inum)
{
	size_t i;

	for (i = 0; i < snapshot->n_bindings; i++)
		if (snapshot->bindings[i].type == type && snapshot->bindings[i].inum == inum)
			return &snapshot->bindings[i];
	return NULL;
}

/* The number may be another namespace's by now, but not while it is held. */
static void take_descriptors(struct snapshot *to, struct snapshot *from)
{
	struct saved_binding *binding;
	size_t i;

	for (i = 0; i < from->n_bindings; i++) {
		binding = find_binding(to, from->bindings[i].type, from->bindings[i].inum);
		if (binding) {
			binding->fd = from->bindings[i].fd;
			binding->pid = from->bindings[i].pid;
			binding->pidfd = from->bindings[i].pidfd;
		} else {
			close(from->bindings[i].fd);
			close(from->bindings[i].pidfd);
		}
		free(from->bindings[i].policy);
		free(from->bindings[i].label);
	}
	free(from->bindings);
}

bool snapshot_bindings(struct snapshot *snapshot)
{
	struct snapshot old = *snapshot;
	struct buf text = { 0 };
	char *line, *rest;

	if (!read_into("bindings", &text))
		return false;
	snapshot->bindings = NULL;
	snapshot->n_bindings = 0;
	snapshot->bindings_cap = 0;
	for (rest = text.s; rest && (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		GROW(snapshot->bindings, snapshot->n_bindings, snapshot->bindings_cap);
		if (!parse_binding(&snapshot->bindings[snapshot->n_bindings++], line)) {
			say("a line of \"bindings\" is not understood");
			buf_free(&text);
			return false;
		}
	}
	take_descriptors(snapshot, &old);
	buf_free(&text);
	/* What was no binding's may be one's now. */
	n_known = 0;
	return true;
}

/* policies, table, keys */

static bool read_policies(struct snapshot *snapshot)
{
	struct saved_policy *policy;
	struct dirent *entry;
	char path[4096];
	bool good = true;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/policies", ctl_dir());
	dir = opendir(path);
	if (!dir) {
		say("cannot open %s: %s", path, strerror(errno));
		return false;
	}
	while (good && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		GROW(snapshot->policies, snapshot->n_policies, snapshot->policies_cap);
		policy = &snapshot->policies[snapshot->n_policies++];
		policy->name = xstrdup(entry->d_name);
		policy->text = (struct buf){ 0 };
		snprintf(path, sizeof(path), "policies/%s/text", policy->name);
		good = read_into(path, &policy->text);
		if (policy->text.len && policy->text.s[policy->text.len - 1] != '\n')
			buf_puts(&policy->text, "\n");
	}
	closedir(dir);
	return good;
}

/* Older modules have no keys. */
static bool read_keys(struct snapshot *snapshot)
{
	struct buf text = { 0 };
	char *line, *rest, *id;
	int fd = open_file("keys", O_RDONLY);

	if (fd < 0)
		return errno == ENOENT;
	close(fd);
	if (!read_into("keys", &text))
		return false;
	for (rest = text.s; rest && (line = strsep(&rest, "\n"));) {
		id = strstr(line, " id=");
		if (!id || !strstr(line, "origin=written"))
			continue;
		id += 4;
		buf_add(&snapshot->keys, id, strcspn(id, " "));
		buf_puts(&snapshot->keys, "\n");
	}
	buf_free(&text);
	return true;
}

bool snapshot_rest(struct snapshot *snapshot)
{
	return read_policies(snapshot) && read_into("assign", &snapshot->table) &&
	       read_keys(snapshot);
}

/* namespaces */

static bool is_known(enum ns_type type, unsigned long inum, bool *confined)
{
	size_t i;

	for (i = 0; i < n_known; i++)
		if (known[i].type == type && known[i].inum == inum) {
			*confined = known[i].confined;
			return true;
		}
	return false;
}

/* Of pid and user namespaces those above count as well; one out of reach is the end. */
static bool walk_up(struct snapshot *snapshot, enum ns_type type, int fd)
{
	struct saved_binding *binding;
	bool confined = false;
	struct stat attributes;
	int parent;

	while (fd >= 0) {
		binding = fstat(fd, &attributes) ? NULL :
			  find_binding(snapshot, type, attributes.st_ino);
		confined |= !!binding;
		parent = type == NS_MNT ? -1 : ioctl(fd, NS_GET_PARENT);
		if (binding && binding->fd < 0)
			binding->fd = fd;
		else
			close(fd);
		fd = parent;
	}
	return confined;
}

/*
 * Bound by a process, a binding shows its control group again, which a namespace's file does
 * not tell. One that ended since the directory was opened is found out by that.
 */
static void note_process(struct saved_binding *binding, int dir, pid_t pid)
{
	char link[8];

	if (!pid || binding->pidfd >= 0)
		return;
	binding->pid = pid;
	binding->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (binding->pidfd >= 0 && readlinkat(dir, "pid", link, sizeof(link)) < 0) {
		close(binding->pidfd);
		binding->pidfd = -1;
	}
}

void snapshot_forget_process(struct snapshot *snapshot, pid_t pid)
{
	size_t i;

	for (i = 0; i < snapshot->n_bindings; i++)
		if (snapshot->bindings[i].pid == pid && snapshot->bindings[i].pidfd >= 0) {
			close(snapshot->bindings[i].pidfd);
			snapshot->bindings[i].pidfd = -1;
		}
}

bool snapshot_is_confined(struct snapshot *snapshot, int dir, enum ns_type type, pid_t pid)
{
	struct saved_binding *binding;
	char link[64];
	unsigned long inum;
	bool confined;
	ssize_t len;
	char *number;

	len = readlinkat(dir, ns_names[type], link, sizeof(link) - 1);
	if (len < 0)
		return false;
	link[len] = '\0';
	number = strchr(link, '[');
	inum = number ? strtoul(number + 1, NULL, 10) : 0;
	binding = find_binding(snapshot, type, inum);
	if (binding)
		note_process(binding, dir, pid);
	if (is_known(type, inum, &confined))
		return confined;
	confined = walk_up(snapshot, type, openat(dir, ns_names[type], O_RDONLY | O_CLOEXEC));
	GROW(known, n_known, known_cap);
	known[n_known++] = (struct known){ type, inum, confined };
	return confined;
}

/* "pid:[4026531836]" */
static void try_link(struct snapshot *snapshot, const char *link, const char *path)
{
	struct saved_binding *binding;
	char name[8];
	unsigned long inum;
	int type;

	if (sscanf(link, "%7[a-z]:[%lu]", name, &inum) != 2)
		return;
	for (type = 0; type < NS_TYPES; type++) {
		binding = strcmp(name, ns_names[type]) ? NULL :
			  find_binding(snapshot, type, inum);
		if (binding && binding->fd < 0)
			binding->fd = open(path, O_RDONLY | O_CLOEXEC);
	}
}

static void try_open_files(struct snapshot *snapshot, const char *pid)
{
	char path[600], link[64];
	struct dirent *entry;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.32s/fd/%s", pid, entry->d_name);
		len = readlink(path, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = '\0';
		try_link(snapshot, link, path);
	}
	closedir(dir);
	/* One that has no task yet. */
	snprintf(path, sizeof(path), "/proc/%.32s/ns/pid_for_children", pid);
	len = readlink(path, link, sizeof(link) - 1);
	if (len >= 0) {
		link[len] = '\0';
		try_link(snapshot, link, path);
	}
}

static void try_mounts(struct snapshot *snapshot)
{
	char *line = NULL, root[256], point[4096];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;

	while (mounts && getline(&line, &size, mounts) > 0)
		if (sscanf(line, "%*s %*s %*s %255s %4095s", root, point) == 2)
			try_link(snapshot, root, point);
	free(line);
	if (mounts)
		fclose(mounts);
}

const struct saved_binding *snapshot_find_rest(struct snapshot *snapshot)
{
	struct dirent *entry;
	size_t i;
	DIR *proc;

	for (i = 0; i < snapshot->n_bindings && snapshot->bindings[i].fd >= 0; i++)
		;
	if (i == snapshot->n_bindings)
		return NULL;
	try_mounts(snapshot);
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			try_open_files(snapshot, entry->d_name);
	if (proc)
		closedir(proc);
	for (i = 0; i < snapshot->n_bindings; i++)
		if (snapshot->bindings[i].fd < 0)
			return &snapshot->bindings[i];
	return NULL;
}

/* restore */

static bool restore_policy(const struct saved_policy *policy)
{
	int err = write_to("load", policy->text.s, policy->text.len);

	if (err)
		say("policy %s does not load: %s", policy->name, ctl_refusal(err));
	return !err;
}

static bool is_blank(const struct buf *buf)
{
	return !buf->len || strspn(buf->s, "\n ") == buf->len;
}

/* With a last line "end", or as modules wanted it that knew no such line. */
static bool restore_table(const struct snapshot *snapshot)
{
	struct buf text = { 0 };
	int err;

	if (is_blank(&snapshot->table))
		return true;
	buf_add(&text, snapshot->table.s, snapshot->table.len);
	if (text.s[text.len - 1] != '\n')
		buf_puts(&text, "\n");
	if (text.len < 4 || strcmp(text.s + text.len - 4, "end\n"))
		buf_puts(&text, "end\n");
	err = write_to("assign", text.s, text.len);
	if (err == EINVAL)
		err = write_to("assign", text.s, text.len - 4);
	if (err)
		say("the assignment table is refused: %s", ctl_refusal(err));
	buf_free(&text);
	return !err;
}

/* The positive errno. */
static int bind_by(const struct saved_binding *binding, int fd)
{
	struct buf line = { 0 };
	int err;

	buf_printf(&line, "policy=%s ns=%s fd=%d arm=%s", binding->policy,
		   ns_names[binding->type], fd, binding->armed ? "now" : "exec");
	if (binding->label)
		buf_printf(&line, " label=%s", binding->label);
	buf_puts(&line, "\n");
	err = write_to("bind", line.s, line.len);
	buf_free(&line);
	return err;
}

static bool restore_binding(const struct saved_binding *binding)
{
	int err = binding->pidfd < 0 ? ESRCH : bind_by(binding, binding->pidfd);

	if (err == ESRCH)
		err = bind_by(binding, binding->fd);
	if (err && err != ESRCH)
		say("the %s namespace %lu cannot be bound to policy %s: %s",
		    ns_names[binding->type], binding->inum, binding->policy, ctl_refusal(err));
	return !err || err == ESRCH;
}

/* A key's identifier, or its certificate's serial number, stands in the certificate. */
static bool is_in_certificate(const char *id, const struct buf *cert)
{
	unsigned char bytes[64];
	size_t n = 0;

	while (n < sizeof(bytes) && sscanf(id + 2 * n, "%2hhx", &bytes[n]) == 1)
		n++;
	return n && memmem(cert->s, cert->len, bytes, n);
}

bool snapshot_has_certificates(const struct snapshot *snapshot, const struct buf *certs,
			       size_t n_certs)
{
	char *copy = xstrdup(snapshot->keys.len ? snapshot->keys.s : ""), *rest = copy, *id;
	bool good = true;
	size_t i;

	while ((id = strsep(&rest, "\n"))) {
		for (i = 0; *id && i < n_certs && !is_in_certificate(id, &certs[i]); i++)
			;
		if (*id && i == n_certs) {
			say("key %s was written to \"keys\": name its certificate (--cert)", id);
			good = false;
		}
	}
	free(copy);
	return good;
}

/* Every key that was written must be there again. */
static bool restore_keys(const struct snapshot *snapshot, const struct buf *certs, size_t n_certs)
{
	struct snapshot now = { 0 };
	bool good = true;
	char *copy, *id, *rest;
	size_t i;
	int err;

	for (i = 0; i < n_certs && good; i++) {
		err = write_to("keys", certs[i].s, certs[i].len);
		if (err)
			say("a certificate is refused: %s", ctl_refusal(err));
		good = !err;
	}
	if (!good || !snapshot->keys.len)
		return good;
	good = read_keys(&now);
	copy = xstrdup(snapshot->keys.s);
	for (rest = copy; good && (id = strsep(&rest, "\n"));)
		if (*id && !(now.keys.s && strstr(now.keys.s, id))) {
			say("key %s was written to the old module and is missing", id);
			good = false;
		}
	free(copy);
	buf_free(&now.keys);
	return good;
}

/* What the module says must be what was saved, but for namespaces that have died. */
static bool verify(const struct snapshot *snapshot)
{
	struct snapshot now = { 0 };
	const struct saved_binding *old, *new;
	bool good = snapshot_bindings(&now);
	size_t i;

	for (i = 0; good && i < now.n_bindings; i++) {
		new = &now.bindings[i];
		old = find_binding(snapshot, new->type, new->inum);
		/* The table may have bound a newer one, and arming goes on. */
		good = !old || (!strcmp(old->policy, new->policy) && (new->armed || !old->armed));
		if (!good)
			say("the %s namespace %lu is not bound as it was", ns_names[new->type],
			    new->inum);
	}
	return good;
}

bool snapshot_restore(const struct snapshot *snapshot, const struct buf *certs, size_t n_certs)
{
	size_t i;

	for (i = 0; i < snapshot->n_policies; i++)
		if (!restore_policy(&snapshot->policies[i]))
			return false;
	if (!restore_table(snapshot))
		return false;
	for (i = 0; i < snapshot->n_bindings; i++)
		if (!restore_binding(&snapshot->bindings[i]))
			return false;
	return restore_keys(snapshot, certs, n_certs) && verify(snapshot);
}
