// SPDX-License-Identifier: GPL-2.0-only
/*
 * An OCI runtime for engines that know no hooks of their own, such as docker and
 * containerd 1.x: adds bulkhead's hook to the bundle's config.json and executes the
 * real runtime, runc or crun, with the same arguments.
 *
 * A bundle to which the hook cannot be added does not become a container.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bulkhead.h>

#include "bundle.h"
#include "hook_conf.h"
#include "report.h"

#ifndef HOOK_PATH
#define HOOK_PATH	"/usr/libexec/bulkhead/bulkhead-oci-hook"
#endif

#define CONFIG_MAX	(16 * 1024 * 1024)	/* bytes of a config.json */

/* What the command line says, to us and to the runtime. */
struct call {
	const char *policy;	/* --bulkhead-policy */
	const char *config;	/* --bulkhead-config */
	const char *command;	/* create, run, start, ...; NULL: only options */
	const char *bundle;
	const char *file;	/* crun's own name for config.json */
	char **argv;		/* for the runtime: without what is said to us */
};

/* --log: what containerd and docker show to the user. */
static const char *log_file;
static const char *container;

static void put_json(FILE *out, const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", *text);
		else
			fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void log_reason(const char *reason)
{
	time_t now = time(NULL);
	struct tm utc;
	char when[32];
	FILE *out;

	out = log_file ? fopen(log_file, "ae") : NULL;
	if (!out)
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	fputs("{\"level\":\"error\",\"msg\":\"bulkhead-runc: ", out);
	put_json(out, reason);
	fprintf(out, "\",\"time\":\"%s\"}\n", when);
	fclose(out);
}

static noreturn __attribute__((format(printf, 1, 2))) void exit_err(const char *format, ...)
{
	char reason[HOOK_CONF_ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	log_reason(reason);
	report_not_started("bulkhead-runc", container, NULL, reason);
	exit(EXIT_FAILURE);
}

/* Options of runc or crun, with one dash or two, by whether a word of their own follows. */
struct options {
	const char *const *flags, *const *values;
};

static const struct options global_options = {
	.flags = (const char *const[]){
		"debug", "systemd-cgroup", "help", "h", "version", "v", "V", "usage", NULL
	},
	.values = (const char *const[]){
		"log", "log-format", "log-level", "root", "criu", "rootless", "cgroup-manager", NULL
	},
};

static const struct options create_options = {
	.flags = (const char *const[]){
		"detach", "d", "keep", "no-pivot", "no-new-keyring", "no-subreaper", "help", "h",
		NULL
	},
	.values = (const char *const[]){
		"bundle", "b", "config", "f", "console-socket", "pid-file", "pidfd-socket",
		"preserve-fds", NULL
	},
};

/* "--debug", "-debug", "--debug=true" */
static bool is_flag(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) == 0 && (!word[length] || word[length] == '=');
}

/*
 * The value that @word gives to the option @name, or NULL if it is another. Where the
 * value is the next word, *@next is moved on to that.
 */
static const char *value_of(const char *word, const char *name, char ***next)
{
	size_t length = strlen(name);

	if (strncmp(word, name, length) != 0)
		return NULL;
	word += length;
	if (*word == '=')
		return word + 1;
	/* -bDIR, as crun takes it */
	if (*word)
		return length == 1 ? word : NULL;
	if (!(*next)[1])
		exit_err("option --%s has no value", name);
	return *++*next;
}

/* An option that is not known might take the next word, which then is not the command. */
static const char *find_option(const struct options *options, char ***word, const char **value)
{
	const char *said = **word + ((**word)[1] == '-' ? 2 : 1);
	const char *const *name;

	*value = NULL;
	for (name = options->flags; *name; name++)
		if (is_flag(said, *name))
			return *name;
	for (name = options->values; *name; name++) {
		*value = value_of(said, *name, word);
		if (*value)
			return *name;
	}
	exit_err("option %s is not known: nothing tells what the runtime would do", **word);
}

static bool is_ours(struct call *call, const char *word)
{
	static const char policy[] = "--bulkhead-policy=", config[] = "--bulkhead-config=";

	if (strncmp(word, policy, strlen(policy)) == 0)
		call->policy = word + strlen(policy);
	else if (strncmp(word, config, strlen(config)) == 0)
		call->config = word + strlen(config);
	else
		return false;
	return true;
}

/* Takes our own options out, which stand before the command. */
static void parse_global(struct call *call, char **argv)
{
	char **out = argv + 1, **word;
	const char *name, *value;

	for (word = argv + 1; *word && **word == '-'; word++) {
		char **first = word;

		if (is_ours(call, *word))
			continue;
		name = find_option(&global_options, &word, &value);
		if (strcmp(name, "log") == 0)
			log_file = value;
		while (first <= word)
			*out++ = *first++;
	}
	call->command = *word;
	while (*word)
		*out++ = *word++;
	*out = NULL;
	call->argv = argv;
}

static void parse_create(struct call *call)
{
	const char *name, *value;
	char **word = call->argv + 1;

	while (*word != call->command)
		word++;
	for (word++; *word; word++) {
		if (**word != '-') {
			container = *word;
			continue;
		}
		if (strcmp(*word, "--") == 0) {
			container = word[1];
			break;
		}
		name = find_option(&create_options, &word, &value);
		if (strcmp(name, "bundle") == 0 || strcmp(name, "b") == 0)
			call->bundle = value;
		if (strcmp(name, "config") == 0 || strcmp(name, "f") == 0)
			call->file = value;
	}
}

static char *read_config(int dir, const char *name, size_t *length, struct stat *attributes)
{
	char *text;
	FILE *file;
	int fd;

	/* A fifo's writer is not waited for. */
	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, attributes))
		exit_err("cannot open %s: %s", name, strerror(errno));
	if (!S_ISREG(attributes->st_mode))
		exit_err("%s is not a regular file", name);
	text = malloc(CONFIG_MAX + 1);
	file = fdopen(fd, "r");
	if (!text || !file)
		exit_err("out of memory");
	*length = fread(text, 1, CONFIG_MAX + 1, file);
	if (ferror(file))
		exit_err("cannot read %s: %s", name, strerror(errno));
	if (*length > CONFIG_MAX)
		exit_err("%s is larger than %d bytes", name, CONFIG_MAX);
	fclose(file);
	return text;
}

/* A new file in the old one's place: whoever reads it finds all of it or the old one. */
static void write_config(int dir, const char *name, const char *text, size_t length,
			 const struct stat *attributes)
{
	char temporary[PATH_MAX];
	size_t done = 0;
	ssize_t written;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.bulkhead.%d", name, (int)getpid()) >=
	    (int)sizeof(temporary))
		exit_err("%s: %s", name, strerror(ENAMETOOLONG));
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		exit_err("cannot make %s: %s", temporary, strerror(errno));
	for (written = 0; done < length && written >= 0; done += written > 0 ? written : 0)
		written = write(fd, text + done, length - done);
	if (written < 0 || fchown(fd, attributes->st_uid, attributes->st_gid) ||
	    fchmod(fd, attributes->st_mode & 07777) || close(fd) ||
	    renameat(dir, temporary, dir, name)) {
		int error = errno;

		unlinkat(dir, temporary, 0);
		exit_err("cannot write %s: %s", name, strerror(error));
	}
}

/* The words need no quotes of JSON's: names of policies, and paths that were checked. */
static char *make_hook(const struct call *call)
{
	char *hook = NULL;
	size_t length;
	FILE *out;

	if (call->policy && !is_policy_name(call->policy, strlen(call->policy)))
		exit_err("--bulkhead-policy=%.64s does not name a policy", call->policy);
	if (strpbrk(call->config, "\"\\") || call->config[0] != '/')
		exit_err("--bulkhead-config=%s is not an absolute path without quotes",
			 call->config);
	out = open_memstream(&hook, &length);
	if (!out)
		exit_err("out of memory");
	fputs("{\"path\":\"" HOOK_PATH "\"", out);
	if (call->policy || strcmp(call->config, HOOK_CONF) != 0) {
		fprintf(out, ",\"args\":[\"bulkhead-oci-hook\",\"--config=%s\"", call->config);
		if (call->policy)
			fprintf(out, ",\"--policy=%s\"", call->policy);
		fputs("]", out);
	}
	fputs("}", out);
	if (fclose(out))
		exit_err("out of memory");
	return hook;
}

static void edit_bundle(const struct call *call)
{
	const char *name = call->file ? call->file : "config.json", *wrong;
	char *text, *added, *hook = make_hook(call);
	size_t length, added_length;
	struct stat attributes;
	int dir;

	dir = open(call->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		exit_err("cannot open the bundle %s: %s", call->bundle, strerror(errno));
	text = read_config(dir, name, &length, &attributes);
	wrong = bundle_add_hook(text, length, hook, HOOK_PATH, &added, &added_length);
	if (wrong)
		exit_err("%s/%s: %s", call->bundle, name, wrong);
	if (added)
		write_config(dir, name, added, added_length, &attributes);
	free(added);
	free(text);
	free(hook);
	close(dir);
}

/* By another name, or through a link: it would execute itself for ever. */
static bool is_this_program(const char *path)
{
	struct stat own, other;

	return stat("/proc/self/exe", &own) == 0 && stat(path, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* What hook.conf names, or else the first that is there. */
static const char *find_runtime(const struct hook_conf *conf)
{
	static const char *const usual[] = {
		"/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/bin/crun",
	};
	size_t i;

	if (conf->runtime[0] && is_this_program(conf->runtime))
		exit_err("\"runtime\" of hook.conf is bulkhead-runc itself: name runc or crun");
	if (conf->runtime[0])
		return conf->runtime;
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (access(usual[i], X_OK) == 0 && !is_this_program(usual[i]))
			return usual[i];
	exit_err("neither runc nor crun is there: name the runtime in " HOOK_CONF);
}

static void usage(void)
{
	puts("Usage: bulkhead-runc [--bulkhead-policy=NAME] [--bulkhead-config=FILE] ARGUMENT...\n"
	     "\n"
	     "Adds bulkhead's hook to the bundle that is created or run, and executes the\n"
	     "runtime that " HOOK_CONF " names (\"runtime = PATH\"), or else runc\n"
	     "or crun, with the other arguments. See bulkhead-runc(8).");
	exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
	struct call call = { .config = HOOK_CONF, .bundle = "." };
	char error[HOOK_CONF_ERROR_MAX];
	struct hook_conf conf;
	const char *runtime;

	if (argc == 2 && strcmp(argv[1], "--bulkhead-help") == 0)
		usage();
	if (argc == 2 && strcmp(argv[1], "--bulkhead-version") == 0) {
		puts("bulkhead-runc " BULKHEAD_VERSION);
		return EXIT_SUCCESS;
	}
	parse_global(&call, argv);
	if (!hook_conf_read(&conf, call.config, error))
		exit_err("%s", error);
	/* Its processes execute nothing before they go on: arm=exec would wait forever. */
	if (call.command && strcmp(call.command, "restore") == 0)
		exit_err("a container restored from a checkpoint would not be confined");
	if (call.command && (strcmp(call.command, "create") == 0 ||
			     strcmp(call.command, "run") == 0)) {
		parse_create(&call);
		edit_bundle(&call);
	}
	runtime = find_runtime(&conf);
	call.argv[0] = (char *)runtime;
	execv(runtime, call.argv);
	exit_err("cannot execute %s: %s", runtime, strerror(errno));
}
