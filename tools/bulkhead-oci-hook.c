// SPDX-License-Identifier: GPL-2.0-only
/*
 * OCI hook: binds a container's pid namespace to the policy that its
 * annotation bulkhead.policy names, before its first program runs.
 *
 * For the stages prestart and createRuntime, which run in the host's
 * namespaces. Any failure is a non-zero exit, and the runtime then does not
 * start the container. Without the annotation nothing happens.
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
#include <syslog.h>
#include <unistd.h>

#include <linux/magic.h>

#include <jansson.h>

#include <bulkhead.h>

#ifndef HOOK_VERSION
#define HOOK_VERSION		"unknown"
#endif

#define STATE_MAX		(1024 * 1024)	/* bytes of OCI state read */
#define STATUS_MAX		8192		/* of /proc/PID/status, NSpid included */

static const char securityfs[] = "/sys/kernel/security";
static const char bind_file[] = BULKHEAD_DIR "/bind";

/* The container's first process, held by descriptors, never by number alone. */
struct container {
	int pidfd;
	int proc;	/* /proc/PID */
	int ns;		/* /proc/PID/ns/pid */
};

/* To the log as well: crun gives a hook's stderr to /dev/null. */
static noreturn JANSSON_ATTRS((format(printf, 1, 2))) void exit_err(const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	fprintf(stderr, "bulkhead-oci-hook: %s\n", reason);
	openlog("bulkhead-oci-hook", LOG_PID, LOG_DAEMON);
	syslog(LOG_ERR, "%s", reason);
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

static bool is_policy_name(const char *name, size_t len)
{
	size_t i;

	if (len < 1 || len > BULKHEAD_NAME_MAX || name[0] == '.')
		return false;
	for (i = 0; i < len; i++) {
		unsigned char c = name[i];

		if (!(isascii(c) && isalnum(c)) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

/* NULL: the container asks for no policy. */
static const char *policy_of(const json_t *state)
{
	const json_t *annotations = json_object_get(state, "annotations");
	const json_t *name;

	if (!annotations || json_is_null(annotations))
		return NULL;
	if (!json_is_object(annotations))
		exit_err("\"annotations\" of the container's state is not an object");

	name = json_object_get(annotations, BULKHEAD_ANNOTATION);
	if (!name)
		return NULL;
	if (!json_is_string(name))
		exit_err("annotation " BULKHEAD_ANNOTATION " is not a string");
	if (!is_policy_name(json_string_value(name), json_string_length(name)))
		exit_err("annotation %s does not name a policy: 1 to %d of A-Z a-z 0-9 . _ -, not starting with a dot",
			 BULKHEAD_ANNOTATION, BULKHEAD_NAME_MAX);
	return json_string_value(name);
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
	container->ns = open_in_proc(container, "ns/pid", pid);
}

static bool is_own_namespace(int ns)
{
	struct stat own, other;

	if (stat("/proc/self/ns/pid", &own) || fstat(ns, &other))
		exit_err("cannot tell the container's pid namespace from the host's: %s",
			 strerror(errno));
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

static void check_container(const struct container *container, pid_t pid)
{
	struct pollfd exited = { .fd = container->pidfd, .events = POLLIN };

	if (is_own_namespace(container->ns))
		exit_err("the container shares this host's pid namespace, which no policy can be bound to: give it one of its own");
	/*
	 * With arm=exec the binding waits for pid 1. A namespace that is joined
	 * has an init that ran its program long ago: it would wait forever, in
	 * the place of a binding that does not.
	 */
	if (!is_init_of_namespace(container, pid))
		exit_err("the container joins the pid namespace of another: annotate the container that creates it");
	/* Alive after all was opened: what was opened is this process's, not a successor's. */
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

static void bind_policy(const char *policy, int ns)
{
	char line[BULKHEAD_NAME_MAX + 64];
	ssize_t written;
	int fd, len;

	fd = open(bind_file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die_of_open(errno);

	len = snprintf(line, sizeof(line), "policy=%s ns=pid fd=%d arm=exec\n", policy, ns);
	written = write(fd, line, len);
	if (written < 0)
		die_of_write(errno, policy);
	if (written != len)
		exit_err("cannot bind policy %s: the module took only a part of the line", policy);
	close(fd);
}

static void usage(FILE *out)
{
	fputs("Usage: bulkhead-oci-hook [--help | --version] < STATE\n"
	      "\n"
	      "OCI hook for the stages createRuntime and prestart. Reads a container's state\n"
	      "and binds its pid namespace to the policy named by the annotation\n"
	      BULKHEAD_ANNOTATION "; does nothing without that annotation.\n", out);
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};

	switch (getopt_long(argc, argv, "hV", options, NULL)) {
	case 'h':
		usage(stdout);
		exit(EXIT_SUCCESS);
	case 'V':
		puts("bulkhead-oci-hook " HOOK_VERSION);
		exit(EXIT_SUCCESS);
	case -1:
		break;
	default:
		usage(stderr);
		exit(EXIT_FAILURE);
	}
}

static void bind_container(pid_t pid, const char *policy)
{
	struct container container;

	open_container(&container, pid);
	check_container(&container, pid);
	bind_policy(policy, container.ns);
}

int main(int argc, char **argv)
{
	const char *policy;
	json_t *state;

	parse_options(argc, argv);

	state = read_state();
	policy = policy_of(state);
	if (policy)
		bind_container(pid_of(state), policy);
	json_decref(state);
	return EXIT_SUCCESS;
}
