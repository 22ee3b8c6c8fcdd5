// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead image: a policy that sanctions what an image holds, and nothing else.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uapi/bulkhead.h>

#include "command.h"
#include "doc.h"
#include "image.h"

enum by {
	BY_DIGEST,
	BY_PATH,
	BY_VERITY,
};

enum {
	OPTION_POLICY_VERSION = 256,
	OPTION_PLATFORM,
};

static const struct option options[] = {
	{ "by", required_argument, NULL, 'b' },
	{ "name", required_argument, NULL, 'n' },
	{ "output", required_argument, NULL, 'o' },
	{ "platform", required_argument, NULL, OPTION_PLATFORM },
	{ "policy-version", required_argument, NULL, OPTION_POLICY_VERSION },
	COMMON_OPTIONS
};

/**
 * struct task - what was asked for
 * @source: where the image lies, as it was given
 * @name: the policy's name
 * @version: the policy's version
 * @by: by what files are known
 * @platform: of which of several images; NULL is this machine's
 * @output: where the policy goes; NULL is standard output
 */
struct task {
	const char *source;
	const char *name;
	uint64_t version;
	enum by by;
	const char *platform;
	const char *output;
};

/* A name as policies may have it, from that of the source. */
static char *name_of(const char *source)
{
	char *copy = xstrdup(strcmp(source, "-") ? source : "image"), *name, *c;

	while (strlen(copy) > 1 && copy[strlen(copy) - 1] == '/')
		copy[strlen(copy) - 1] = '\0';
	name = strrchr(copy, '/') ? strrchr(copy, '/') + 1 : copy;
	name = xstrndup(name, strnlen(name, BULKHEAD_NAME_MAX));
	free(copy);
	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			*c = '-';
	while (strlen(name) > 4 && !strcmp(name + strlen(name) - 4, ".tar"))
		name[strlen(name) - 4] = '\0';
	if (!*name || *name == '.') {
		free(name);
		name = xstrdup("image");
	}
	return name;
}

static bool runs(const struct image_content *content)
{
	return content->mode & 0111;
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(struct image_node *const *)a)->path,
		      (*(struct image_node *const *)b)->path);
}

/* The files that execute or are mapped to be executed, by path. */
static struct image_node **find_code(const struct image *image, size_t *nr)
{
	struct image_node **code = xcalloc(image->nr + 1, sizeof(*code)), *node;
	size_t i;

	*nr = 0;
	for (i = 0; i < IMAGE_BUCKETS; i++)
		for (node = image->bucket[i]; node; node = node->next)
			if (node->content && (node->content->kind == IMAGE_ELF ||
					      (node->content->kind == IMAGE_SCRIPT &&
					       runs(node->content))))
				code[(*nr)++] = node;
	qsort(code, *nr, sizeof(*code), compare_nodes);
	return code;
}

/* A path as a pattern that nothing else matches. */
static void write_path(struct buf *out, const char *path)
{
	struct buf pattern = { 0 };

	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			buf_add(&pattern, "\\", 1);
		buf_add(&pattern, path, 1);
	}
	doc_write_value(out, pattern.s, pattern.len);
	buf_free(&pattern);
}

/* A comment is for people: what they cannot read is left out. */
static void write_comment(struct buf *out, const char *path)
{
	buf_puts(out, "  # ");
	for (; *path; path++)
		buf_add(out, *path >= ' ' && *path <= '~' ? path : "?", 1);
}

static const char *digest_of(const struct image_node *node, enum by by)
{
	return by == BY_VERITY ? node->content->verity : node->content->sha256;
}

static void write_rule(struct buf *out, const char *class, const struct image_node *node,
		       enum by by)
{
	buf_printf(out, "  allow %s ", class);
	if (by == BY_PATH) {
		buf_puts(out, "path=");
		write_path(out, node->path);
		buf_puts(out, " layer!=upper");
	} else {
		buf_printf(out, "digest=%s:%s", by == BY_VERITY ? "fsverity-sha256" : "sha256",
			   digest_of(node, by));
		write_comment(out, node->path);
	}
	buf_puts(out, "\n");
}

/* Has a file before this one the same digest? @sorted is by digest, and then by path. */
static bool is_repeated(const struct image_node **sorted, size_t nr, const struct image_node *node,
			enum by by)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(digest_of(sorted[mid], by), digest_of(node, by)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return sorted[lo] != node;
}

static enum by sorting_by;

static int compare_digests(const void *a, const void *b)
{
	const struct image_node *x = *(struct image_node *const *)a;
	const struct image_node *y = *(struct image_node *const *)b;
	int order = strcmp(digest_of(x, sorting_by), digest_of(y, sorting_by));

	return order ? order : strcmp(x->path, y->path);
}

/* The rules of a class: of exec what has a bit to execute, of map what is ELF. */
static size_t write_rules(struct buf *out, const char *class, struct image_node **code, size_t nr,
			  enum by by)
{
	const struct image_node **sorted = xcalloc(nr + 1, sizeof(*sorted));
	bool is_exec = !strcmp(class, "exec");
	size_t i, picked = 0, rules = 0;

	for (i = 0; i < nr; i++)
		if (is_exec ? runs(code[i]->content) : code[i]->content->kind == IMAGE_ELF)
			sorted[picked++] = code[i];
	sorting_by = by;
	qsort(sorted, picked, sizeof(*sorted), compare_digests);
	for (i = 0; i < nr; i++) {
		if (is_exec ? !runs(code[i]->content) : code[i]->content->kind != IMAGE_ELF)
			continue;
		if (by != BY_PATH && is_repeated(sorted, picked, code[i], by))
			continue;
		write_rule(out, class, code[i], by);
		rules++;
	}
	free(sorted);
	return rules;
}

/* What holds for every image: comments and all up to the first rule by content. */
static void write_head(struct buf *out, const struct task *task)
{
	buf_printf(out, "policy %s version %" PRIu64, task->name, task->version);
	write_comment(out, task->source);
	buf_puts(out, "\n  mode enforce\n"
		 "  default exec deny\n"
		 "  default map deny\n"
		 "  default mount deny\n"
		 "  default ptrace deny\n"
		 "\n  # A debugger and ps see the container, not the host.\n"
		 "  allow ptrace peer=inside\n");
}

static int write_policy(const struct image *image, const struct task *task)
{
	struct image_node **code;
	struct buf out = { 0 };
	size_t nr, rules;
	int status;

	code = find_code(image, &nr);
	if (!nr) {
		say("%s: no program in it", task->source);
		free(code);
		return NO;
	}
	write_head(&out, task);
	buf_puts(&out, "\n  # programs, their interpreters, scripts\n");
	rules = write_rules(&out, "exec", code, nr, task->by);
	buf_puts(&out, "\n  # libraries, and programs that a loader maps\n"
		 "  # A just-in-time compiler needs besides: allow map backing=anonymous\n");
	rules += write_rules(&out, "map", code, nr, task->by);
	buf_puts(&out, "end\n");
	status = write_output(task->output, out.s, out.len);
	if (!status && task->output && strcmp(task->output, "-") && isatty(STDERR_FILENO))
		say("%zu rules for %zu files", rules, nr);
	buf_free(&out);
	free(code);
	return status;
}

static int read_by(const char *word, enum by *by)
{
	static const char *const words[] = { "digest", "path", "verity" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word)) {
			*by = i;
			return DONE;
		}
	say("--by is digest, path or verity, not %s", word);
	return TROUBLE;
}

static int read_version(const char *word, uint64_t *version)
{
	char *end;

	errno = 0;
	*version = strtoull(word, &end, 10);
	if (!errno && *word >= '0' && *word <= '9' && !*end && *version)
		return DONE;
	say("--policy-version is a number from 1, not %s", word);
	return TROUBLE;
}

static int read_options(struct task *task, int argc, char **argv)
{
	int option, status = DONE;

	while (!status && (option = next_option(argc, argv, "b:n:o:", options)) >= 0)
		switch (option) {
		case 'b':
			status = read_by(optarg, &task->by);
			break;
		case 'n':
			task->name = optarg;
			break;
		case 'o':
			task->output = optarg;
			break;
		case OPTION_PLATFORM:
			task->platform = optarg;
			status = image_is_platform(optarg) ? DONE : TROUBLE;
			if (status)
				say("--platform is OS/ARCHITECTURE[/VARIANT], not %s", optarg);
			break;
		case OPTION_POLICY_VERSION:
			status = read_version(optarg, &task->version);
			break;
		}
	if (!status && argc - optind != 1) {
		say("image needs one source");
		status = TROUBLE;
	} else if (!status && task->name && !bh_policy_is_name(task->name)) {
		say("%s: not a policy's name: 1 to 64 of A-Z a-z 0-9 . _ -", task->name);
		status = TROUBLE;
	}
	task->source = argv[optind];
	return status ? usage_error() : DONE;
}

static int run(int argc, char **argv)
{
	struct task task = { .by = BY_DIGEST, .version = 1 };
	struct image *image;
	char *name = NULL;
	int status;

	if (read_options(&task, argc, argv))
		return TROUBLE;
	if (!task.name) {
		name = name_of(task.source);
		task.name = name;
	}
	image = xcalloc(1, sizeof(*image));
	image->platform = task.platform;
	image->wants_verity = task.by == BY_VERITY;
	status = image_from(image, task.source);
	if (!status)
		status = write_policy(image, &task);
	image_free(image);
	free(image);
	free(name);
	return finish(status);
}

const struct command cmd_image = {
	.name = "image",
	.summary = "make a policy that sanctions what an image holds",
	.synopsis = "[OPTION]... SOURCE",
	.help = "Makes a policy that lets run what an image holds, and nothing else. SOURCE is\n"
		"a root directory, an OCI layout (a directory or an archive, as skopeo and\n"
		"podman save make) or an archive of docker save; - is an archive on standard\n"
		"input. Nothing is unpacked to disk.\n\n"
		"  -o, --output=FILE    write to FILE instead of standard output\n"
		"  -n, --name=NAME      the policy's name; that of SOURCE if nothing is said\n"
		"  -b, --by=HOW         by what files are known: digest (if nothing is said: the\n"
		"                       sha256 of the content), path (what was not changed\n"
		"                       since), verity (fs-verity, from Linux 6.12 on)\n"
		"      --platform=P     of an image for several platforms the one for P, such\n"
		"                       as linux/arm64; this machine's if nothing is said\n"
		"      --policy-version=N\n"
		"                       its version, 1 if nothing is said; a node takes only\n"
		"                       higher ones than it has\n",
	.run = run,
};
