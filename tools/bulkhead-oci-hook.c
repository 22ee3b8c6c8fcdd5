// SPDX-License-Identifier: GPL-2.0-only
/*
 * OCI hook: binds a container's pid namespace to the policy that its annotation
 * bulkhead.policy names, or that hook.conf gives to containers without one,
 * before its first program runs.
 *
 * For the stages prestart and createRuntime, which run in the host's
 * namespaces. Any failure is a non-zero exit, and the runtime then does not
 * start the container.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <jansson.h>

#include <bulkhead.h>

#include "hook_caps.h"
#include "hook_conf.h"
#include "report.h"
#include "turn.h"

#define STATE_MAX		(1024 * 1024)	/* bytes of OCI state read */
#define STATUS_MAX		8192		/* of /proc/PID/status, NSpid included */
#define LABEL_MAX		128		/* what the module takes of text for people */
#define TYPO_MAX		2		/* letters by which a mistyped word differs */

static const char securityfs[] = "/sys/kernel/security";
static const char bind_file[] = BULKHEAD_DIR "/bind";
static const char bindings_file[] = BULKHEAD_DIR "/bindings";

/* What a refusal names beside its reason; NULL while it is not known. */
static const char *container_id, *chosen_policy;

/* The container's first process, held by descriptors, never by number alone. */
struct container {
	int pidfd;
	int proc;	/* /proc/PID */
	int pid_ns;	/* /proc/PID/ns/pid */
	int mnt_ns;	/* /proc/PID/ns/mnt */
};

static noreturn JANSSON_ATTRS((format(printf, 1, 2))) void exit_err(const char *format, ...)
{
	char reason[HOOK_CONF_ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	report_not_started("bulkhead-oci-hook", container_id, chosen_policy, reason);
	exit(EXIT_FAILURE);
}

static json_t *read_state(void)
{
	static char text[STATE_MAX + 1];
	json_error_t error;
	json_t *state;
	size_t len;

	len = fread(text, 1, sizeof(text), stdin);
	if (ferror(stdin))
		exit_err("cannot read the container's state from standard input: %s",
			 strerror(errno));
	if (len > STATE_MAX)
		exit_err("the container's state is larger than %d bytes", STATE_MAX);

	state = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!state)
		exit_err("the container's state is not valid JSON: %d:%d: %s",
			 error.line, error.column, error.text);
	if (!json_is_object(state))
		exit_err("the container's state is not a JSON object");
	return state;
}

/* How many letters must change, come or go to make @a of @b; @b is short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[sizeof(BULKHEAD_ANNOTATION)], length = strlen(b), i, j, corner, above;

	for (j = 0; j <= length; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= length; j++) {
			above = row[j];
			row[j] = corner + (tolower((unsigned char)a[i - 1]) != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			corner = above;
		}
	}
	return row[length];
}

/* A word that was meant to name a policy and does not would start the container unconfined. */
static void check_annotation_name(const char *name)
{
	const char *policy;

	if (strcmp(name, BULKHEAD_ANNOTATION) == 0)
		return;
	policy = strcasestr(name, "bulkhead");
	if (policy == name || (policy && strcasestr(policy, "polic")) ||
	    (strlen(name) <= sizeof(BULKHEAD_ANNOTATION) + TYPO_MAX &&
	     distance(name, BULKHEAD_ANNOTATION) <= TYPO_MAX))
		exit_err("unknown annotation \"%.64s\": \"" BULKHEAD_ANNOTATION
			 "\" is the one that names a policy", name);
}

static json_t *annotations_of(json_t *state)
{
	json_t *annotations = json_object_get(state, "annotations"), *value;
	const char *name;

	if (!annotations || json_is_null(annotations))
		return NULL;
	if (!json_is_object(annotations))
		exit_err("\"annotations\" of the container's state is not an object");
	json_object_foreach(annotations, name, value)
		check_annotation_name(name);
	return annotations;
}

/* NULL: the container asks for no policy. */
static const char *annotated_policy(const json_t *annotations)
{
	const json_t *name = json_object_get(annotations, BULKHEAD_ANNOTATION);

	if (!name)
		return NULL;
	if (!json_is_string(name))
		exit_err("annotation " BULKHEAD_ANNOTATION " is not a string");
	if (!is_policy_name(json_string_value(name), json_string_length(name)))
		exit_err("annotation %s does not name a policy: 1 to %d of A-Z a-z 0-9 . _ -, not starting with a dot",
			 BULKHEAD_ANNOTATION, BULKHEAD_NAME_MAX);
	return json_string_value(name);
}

/* NULL: no policy is asked for, and none is given. */
static const char *choose_policy(const json_t *annotations, const struct hook_conf *conf,
				 const char *forced)
{
	const char *asked = annotated_policy(annotations);

	if (forced && asked && strcmp(asked, forced))
		exit_err("the annotation asks for policy %s, where the runtime entry gives %s",
			 asked, forced);
	if (forced)
		return forced;
	if (asked && !hook_conf_allows(conf, asked))
		exit_err("policy %s is not one of those that an annotation may choose (\"allowed\" in hook.conf)",
			 asked);
	return asked ? asked : conf->fallback[0] ? conf->fallback : NULL;
}

/* The names that engines give, each after its id and the namespace and pod it is in. */
static void add_name(char *label, const json_t *annotations)
{
	static const char *const sources[][3] = {
		{ "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name",
		  "io.kubernetes.cri.container-name" },
		{ "io.kubernetes.pod.namespace", "io.kubernetes.pod.name",
		  "io.kubernetes.container.name" },
		{ "io.podman.annotations.container.name" },
		{ "nerdctl/name" },
		{ "name" },
	};
	const char *word, *separator = " ";
	size_t i, j, length = strlen(label);

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		for (j = 0; j < 3 && sources[i][j]; j++) {
			word = json_string_value(json_object_get(annotations, sources[i][j]));
			if (!word || !*word || length > LABEL_MAX)
				continue;
			length += snprintf(label + length, LABEL_MAX + 1 - length, "%s%s",
					   separator, word);
			separator = "/";
		}
		if (*separator == '/')
			return;
	}
}

/* Text for people: the id, then the name. No byte of it means anything in a line. */
static void make_label(char label[LABEL_MAX + 1], const json_t *annotations)
{
	char *c;

	snprintf(label, LABEL_MAX + 1, "%s", container_id ? container_id : "");
	add_name(label, annotations);
	for (c = label; *c; c++)
		if (!isascii((unsigned char)*c) || !isprint((unsigned char)*c) ||
		    *c == '"' || *c == '\\')
			*c = '?';
}

static pid_t pid_of(const json_t *state)
{
	const json_t *pid = json_object_get(state, "pid");
	json_int_t number;

	if (!pid)
		exit_err("the container's state has no \"pid\"; use this hook for the stage createRuntime or prestart");
	if (!json_is_integer(pid))
		exit_err("\"pid\" of the container's state is not an integer");

	number = json_integer_value(pid);
	if (number == 0 || number == 1)
		exit_err("\"pid\" of the container's state is %d: the hook runs too late or inside the container; use it for the stage createRuntime or prestart",
			 (int)number);
	if (number < 0 || number > INT_MAX)
		exit_err("\"pid\" of the container's state is not the number of a process");
	return number;
}

static int open_in_proc(const struct container *container, const char *name, pid_t pid)
{
	int fd = openat(container->proc, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		exit_err("cannot open /proc/%d/%s: %s", (int)pid, name, strerror(errno));
	return fd;
}

static void open_container(struct container *container, pid_t pid)
{
	char path[32];

	container->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (container->pidfd < 0 && errno == ESRCH)
		exit_err("process %d, the container's first, is gone or not visible from here",
			 (int)pid);
	if (container->pidfd < 0)
		exit_err("cannot open process %d: %s", (int)pid, strerror(errno));

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	container->proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (container->proc < 0)
		exit_err("cannot open %s: %s", path, strerror(errno));
	container->pid_ns = open_in_proc(container, "ns/pid", pid);
	container->mnt_ns = open_in_proc(container, "ns/mnt", pid);
}

static bool is_hosts(int ns, const char *type)
{
	struct stat own, other;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", type);
	if (stat(path, &own) || fstat(ns, &other))
		exit_err("cannot tell the container's %s namespace from the host's: %s",
			 type, strerror(errno));
	return own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* The last number of "NSpid:" is the one that the process has in its own namespace. */
static bool is_init_of_namespace(const struct container *container, pid_t pid)
{
	char status[STATUS_MAX];
	const char *line, *end;
	ssize_t len;
	int fd;

	fd = open_in_proc(container, "status", pid);
	len = read(fd, status, sizeof(status) - 1);
	close(fd);
	if (len < 0)
		exit_err("cannot read /proc/%d/status: %s", (int)pid, strerror(errno));
	status[len] = '\0';

	line = strstr(status, "\nNSpid:");
	end = line ? strchr(line + 1, '\n') : NULL;
	return end && end[-1] == '1' && isspace((unsigned char)end[-2]);
}

/*
 * Engines take /sys/kernel away from the mount namespace in which they start a container with
 * user ids of its own (podman does); the host's first process has it.
 */
static int open_control(const char *path, int flags)
{
	char host[64];
	int fd = open(path, flags | O_CLOEXEC), error = errno;

	if (fd >= 0 || error != ENOENT)
		return fd;
	snprintf(host, sizeof(host), "/proc/1/root%s", path);
	fd = open(host, flags | O_CLOEXEC);
	errno = error;
	return fd;
}

/* A label is text that others choose; what the module says stands before it. */
static bool says_bound(char *line, const char *wanted, const char *policy)
{
	char *label = strstr(line, " label="), name[BULKHEAD_NAME_MAX + 16];

	if (label)
		label[1] = '\0';
	snprintf(name, sizeof(name), "policy=%s ", policy ? policy : "");
	return strncmp(line, wanted, strlen(wanted)) == 0 && strstr(line, " armed=yes ") &&
	       (!policy || strncmp(line + strlen(wanted), name, strlen(name)) == 0);
}

/* @policy: its name, or NULL for any; bindings that are not armed yet do not count. */
static bool is_bound(int ns, const char *policy)
{
	char wanted[64], *line = NULL;
	bool found = false;
	size_t size = 0;
	struct stat ino;
	FILE *file;
	int fd;

	fd = open_control(bindings_file, O_RDONLY);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file || fstat(ns, &ino))
		return false;
	snprintf(wanted, sizeof(wanted), "ns=pid inum=%lu ", (unsigned long)ino.st_ino);
	while (!found && getline(&line, &size, file) > 0)
		found = says_bound(line, wanted, policy);
	free(line);
	fclose(file);
	return found;
}

/* Alive after all was opened: what was opened is this process's, not a successor's. */
static void check_alive(const struct container *container, pid_t pid)
{
	struct pollfd exited = { .fd = container->pidfd, .events = POLLIN };

	if (poll(&exited, 1, 0) != 0)
		exit_err("process %d, the container's first, has ended", (int)pid);
}

static noreturn void die_of_open(int error)
{
	struct statfs fs;

	if (error == EACCES || error == EPERM)
		exit_err("not permitted to open %s: the hook has to run as root of the host",
			 bind_file);
	if (error != ENOENT)
		exit_err("cannot open %s: %s", bind_file, strerror(error));
	if (statfs(securityfs, &fs) || fs.f_type != SECURITYFS_MAGIC)
		exit_err("no securityfs on %s: mount -t securityfs none %s",
			 securityfs, securityfs);
	exit_err("the module is not loaded: load bulkhead.ko before starting the container");
}

static noreturn void die_of_write(int error, const char *policy)
{
	switch (error) {
	case ENOENT:
		exit_err("policy %s is not loaded: load it into %s/load before starting the container",
			 policy, BULKHEAD_DIR);
	case ESRCH:
		exit_err("the container's pid namespace is gone");
	case EPERM:
		exit_err("not permitted to bind policy %s: that takes CAP_MAC_ADMIN in the initial user namespace, an unconfined writer, and no lock in %s/lock",
			 policy, BULKHEAD_DIR);
	case EINVAL:
		exit_err("the module refuses to bind policy %s to this namespace; the kernel log may say why",
			 policy);
	case E2BIG:
		exit_err("cannot bind policy %s: a limit of the module is reached", policy);
	default:
		exit_err("cannot bind policy %s: %s", policy, strerror(error));
	}
}

static bool write_line(const char *policy, const char *type, int ns, const char *label)
{
	char line[BULKHEAD_NAME_MAX + LABEL_MAX + 96];
	ssize_t written;
	int fd, len, error;

	fd = open_control(bind_file, O_WRONLY);
	if (fd < 0)
		die_of_open(errno);
	len = snprintf(line, sizeof(line), "policy=%s ns=%s fd=%d arm=exec%s%s%s\n",
		       policy, type, ns, *label ? " label=\"" : "", label, *label ? "\"" : "");
	written = write(fd, line, len);
	error = errno;
	close(fd);
	if (written >= 0 && written != len)
		exit_err("cannot bind policy %s: the module took only a part of the line", policy);
	errno = error;
	return written == len;
}

/* A module that knows no labels refuses the word; confinement matters more than a name. */
static void bind_policy(const char *policy, const char *type, int ns, const char *label)
{
	if (write_line(policy, type, ns, label))
		return;
	if (errno == EINVAL && *label && write_line(policy, type, ns, ""))
		return;
	die_of_write(errno, policy);
}

static void usage(FILE *out)
{
	fputs("Usage: bulkhead-oci-hook [OPTION]... < STATE\n"
	      "\n"
	      "OCI hook for the stages createRuntime and prestart. Reads a container's state\n"
	      "and binds its pid namespace to the policy named by the annotation\n"
	      BULKHEAD_ANNOTATION ", or else by hook.conf; does nothing where neither names one.\n"
	      "\n"
	      "  --policy=NAME   bind this policy; an annotation may only ask for the same\n"
	      "  --config=FILE   in place of " HOOK_CONF "\n"
	      "  --help, --version\n", out);
}

struct options {
	const char *config;
	const char *policy;	/* NULL: as the annotation or hook.conf says */
};

static void parse_options(struct options *said, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "policy", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1)
		switch (option) {
		case 'c':
			said->config = optarg;
			break;
		case 'p':
			said->policy = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("bulkhead-oci-hook " BULKHEAD_VERSION);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_FAILURE);
		}
	if (said->policy && !is_policy_name(said->policy, strlen(said->policy)))
		exit_err("--policy=%.64s does not name a policy", said->policy);
}

/* For a container without a pid namespace of its own. */
static void bind_mount_namespace(const struct container *container, const struct hook_conf *conf,
				 const char *policy, const char *label, const char *why)
{
	if (!conf->hostpid_mnt)
		exit_err("%s", why);
	if (is_hosts(container->mnt_ns, "mnt"))
		exit_err("the container shares this host's pid and mount namespaces: there is nothing of its own to bind");
	bind_policy(policy, "mnt", container->mnt_ns, label);
}

static void bind_container(const struct hook_conf *conf, pid_t pid, const char *policy,
			   const char *label)
{
	struct container container;

	open_container(&container, pid);
	if (is_hosts(container.pid_ns, "pid")) {
		check_alive(&container, pid);
		bind_mount_namespace(&container, conf, policy, label,
				     "the container shares this host's pid namespace, which no policy can be bound to: give it one of its own, or say hostpid = mnt in hook.conf");
		return;
	}
	/*
	 * With arm=exec the binding waits for pid 1. A namespace that is joined
	 * has an init that ran its program long ago: it would wait forever, in
	 * the place of a binding that does not. But where that namespace is bound
	 * to the policy, it confines whoever joins as soon as he executes.
	 */
	if (!is_init_of_namespace(&container, pid)) {
		check_alive(&container, pid);
		if (!is_bound(container.pid_ns, policy))
			bind_mount_namespace(&container, conf, policy, label,
					     "the container joins the pid namespace of another, which is not bound to its policy: annotate the container that creates it, or say hostpid = mnt in hook.conf");
		return;
	}
	check_alive(&container, pid);
	bind_policy(policy, "pid", container.pid_ns, label);
}

/* Nobody names a policy: by hook.conf, only what another's binding covers may start. */
static void require_covered(pid_t pid)
{
	struct container container;

	open_container(&container, pid);
	if (!is_hosts(container.pid_ns, "pid") && !is_init_of_namespace(&container, pid) &&
	    is_bound(container.pid_ns, NULL)) {
		check_alive(&container, pid);
		return;
	}
	exit_err("the container would stay unconfined, which hook.conf forbids (require = yes): name a policy by the annotation "
		 BULKHEAD_ANNOTATION);
}

int main(int argc, char **argv)
{
	struct options said = { .config = HOOK_CONF };
	char label[LABEL_MAX + 1], error[HOOK_CONF_ERROR_MAX];
	json_t *state, *annotations;
	struct hook_conf conf;

	parse_options(&said, argc, argv);
	state = read_state();
	container_id = json_string_value(json_object_get(state, "id"));
	if (!hook_conf_read(&conf, said.config, error))
		exit_err("%s", error);
	annotations = annotations_of(state);
	chosen_policy = choose_policy(annotations, &conf, said.policy);
	make_label(label, annotations);
	/* Until it has ended: "bulkhead upgrade" would lose what is bound while it works. */
	if ((chosen_policy || conf.require) && turn_take(LOCK_SH) < 0 && errno == EWOULDBLOCK)
		exit_err("\"bulkhead upgrade\" is at work, for more than %d seconds: start the container again",
			 TURN_SECONDS);
	if (chosen_policy)
		hook_warn_capabilities(state);
	if (chosen_policy)
		bind_container(&conf, pid_of(state), chosen_policy, label);
	else if (conf.require)
		require_covered(pid_of(state));
	return EXIT_SUCCESS;
}
