// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead bind and unbind: what confines a container that runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uapi/bulkhead.h>

#include "command.h"
#include "ctl.h"
#include "doc.h"
#include "proc.h"
#include "state.h"

#define LABEL_MAX 128

static unsigned long inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

/* The type that is wanted, or the only one that the target has. */
static int choose_type(const struct target *target, int wanted)
{
	int type;

	if (wanted >= 0 && target->fd[wanted] < 0) {
		say("that file is of another type of namespace than --ns=%s", ns_names[wanted]);
		return -1;
	}
	if (wanted >= 0)
		return wanted;
	for (type = 0; type < NS_TYPES; type++)
		if (target->fd[type] >= 0)
			return type;
	return -1;
}

static int say_bind_error(int err, const char *policy, const char *text, int type,
			  const struct target *target)
{
	unsigned long ns = inode(target->fd[type]);

	if (err == ENOENT)
		say("policy \"%s\" is not loaded", policy);
	else if (err == EINVAL && ns_is_initial(type, ns) && type == NS_PID)
		say("\"%s\" shares the host's pid namespace, which no policy binds: use --ns=mnt",
		    text);
	else if (err == EINVAL && ns_is_initial(type, ns))
		say("\"%s\" shares the host's %s namespace, which cannot be bound", text,
		    ns_names[type]);
	else if (err == EINVAL)
		say("the kernel refuses the binding; its log says why");
	else
		say("cannot bind policy \"%s\" to \"%s\": %s", policy, text, ctl_refusal(err));
	return NO;
}

static int write_binding(const char *policy, int type, int fd, const char *arm, const char *label)
{
	struct buf line = { 0 };
	int err;

	buf_printf(&line, "policy=%s ns=%s fd=%d", policy, ns_names[type], fd);
	if (arm)
		buf_printf(&line, " arm=%s", arm);
	if (label) {
		buf_puts(&line, " label=");
		doc_write_value(&line, label, strlen(label));
	}
	buf_puts(&line, "\n");
	err = ctl_write("bind", line.s, line.len);
	buf_free(&line);
	return err;
}

static int bind_target(const char *policy, const char *text, int wanted, const char *arm,
		       const char *label)
{
	struct target target;
	int status = target_open(&target, text), type, err;

	if (status)
		goto out;
	type = choose_type(&target, wanted);
	status = type < 0 ? TROUBLE : DONE;
	if (status)
		goto out;
	err = write_binding(policy, type, target.fd[type], arm, label ?: target.name);
	/* A name that no one asked to be shown is no reason to fail. */
	if (err == EINVAL && !label && target.name)
		err = write_binding(policy, type, target.fd[type], arm, NULL);
	if (err)
		status = say_bind_error(err, policy, text, type, &target);
out:
	target_close(&target);
	return status;
}

static const struct option bind_options[] = {
	{ "ns", required_argument, NULL, 'n' },
	{ "arm", required_argument, NULL, 'a' },
	{ "label", required_argument, NULL, 'l' },
	COMMON_OPTIONS
};

static int run_bind(int argc, char **argv)
{
	const char *arm = NULL, *label = NULL;
	int option, type = -1;

	while ((option = next_option(argc, argv, "n:a:l:", bind_options)) >= 0) {
		if (option == 'l') {
			label = optarg;
		} else if (option == 'a') {
			arm = optarg;
		} else {
			type = ns_type_find(optarg);
			if (type < 0) {
				say("no type of namespace \"%s\": there are pid, user, mnt",
				    optarg);
				return usage_error();
			}
		}
	}
	if (argc - optind != 2) {
		say("a binding is of a policy and a target");
		return usage_error();
	}
	if (arm && strcmp(arm, "now") && strcmp(arm, "exec")) {
		say("--arm is now or exec, not \"%s\"", arm);
		return usage_error();
	}
	if (label && (!*label || strlen(label) > LABEL_MAX)) {
		say("a label has 1 to %d bytes", LABEL_MAX);
		return usage_error();
	}
	if (!bh_policy_is_name(argv[optind])) {
		say("\"%s\" is no name of a policy: 1 to %d of A-Z a-z 0-9 . _ -, no dot first",
		    argv[optind], BULKHEAD_NAME_MAX);
		return usage_error();
	}
	ctl_require_turn();
	return bind_target(argv[optind], argv[optind + 1], type, arm, label);
}

const struct command cmd_bind = {
	.name = "bind",
	.summary = "confine a container that runs",
	.synopsis = "[OPTION]... POLICY TARGET",
	.help = "Binds a namespace of a container to a loaded policy. TARGET is a PID, a file\n"
		"such as /proc/PID/ns/pid, or a container's id or name as crun, runc,\n"
		"containerd, podman, docker, systemd-nspawn or a cgroup has it. What was bound\n"
		"before is bound again.\n\n"
		"  -n, --ns=TYPE        pid (if nothing is said), user or mnt\n"
		"  -a, --arm=WHEN       now (if nothing is said), or exec: when the namespace's\n"
		"                       first process executes its program\n"
		"  -l, --label=TEXT     what events and \"status\" call the binding; a container's\n"
		"                       name if nothing is said\n",
	.run = run_bind,
};

/* unbind */

static int unbind_inode(int type, unsigned long ns)
{
	char *line = xasprintf("ns=%s inum=%lu\n", ns_names[type], ns);
	int err = ctl_write("unbind", line, strlen(line));

	free(line);
	if (err == ENOENT || err == ESRCH)
		say("%s:[%lu] is not bound", ns_names[type], ns);
	else if (err)
		say("cannot unbind %s:[%lu]: %s", ns_names[type], ns, ctl_refusal(err));
	return err ? NO : DONE;
}

static int unbind_target(const char *text, int wanted)
{
	struct target target;
	struct state state;
	int status, type, bound = 0;

	status = target_open(&target, text);
	if (status) {
		target_close(&target);
		return status;
	}
	state_read(&state);
	for (type = 0; type < NS_TYPES; type++) {
		unsigned long ns = target.fd[type] < 0 ? 0 : inode(target.fd[type]);

		if ((wanted >= 0 && wanted != type) || !ns || !state_binds(&state, type, ns))
			continue;
		bound++;
		if (unbind_inode(type, ns))
			status = NO;
	}
	if (!bound) {
		say("\"%s\" is not bound", text);
		status = NO;
	}
	state_free(&state);
	target_close(&target);
	return status;
}

static const struct option unbind_options[] = {
	{ "ns", required_argument, NULL, 'n' },
	COMMON_OPTIONS
};

static int run_unbind(int argc, char **argv)
{
	int option, type = -1, end = 0;
	unsigned long ns;
	char name[8];

	while ((option = next_option(argc, argv, "n:", unbind_options)) >= 0) {
		type = ns_type_find(optarg);
		if (type < 0) {
			say("no type of namespace \"%s\": there are pid, user, mnt", optarg);
			return usage_error();
		}
	}
	if (argc - optind != 1) {
		say("unbind one target");
		return usage_error();
	}
	ctl_require_turn();
	/* As "readlink /proc/PID/ns/TYPE" shows it: of what has no process any more. */
	if (sscanf(argv[optind], "%7[a-z]:[%lu]%n", name, &ns, &end) == 2 && !argv[optind][end] &&
	    ns_type_find(name) >= 0)
		return unbind_inode(ns_type_find(name), ns);
	return unbind_target(argv[optind], type);
}

const struct command cmd_unbind = {
	.name = "unbind",
	.summary = "end the confinement of a container",
	.synopsis = "[--ns=TYPE] TARGET",
	.help = "Ends the bindings of a container's namespaces. TARGET is as for \"bind\", or a\n"
		"namespace as \"status\" shows it: pid:[4026532281].\n\n"
		"  -n, --ns=TYPE        only pid, user or mnt\n",
	.run = run_unbind,
};
