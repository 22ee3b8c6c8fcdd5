// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkhead image: a policy that sanctions what an image holds, and nothing else.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static const struct option options[] = {
	{ "by", required_argument, NULL, 'b' },
	{ "name", required_argument, NULL, 'n' },
	{ "output", required_argument, NULL, 'o' },
	COMMON_OPTIONS
};

/* A name as policies may have it, from that of the source. */
static char *name_of(const char *source)
{
	char *copy = xstrdup(source), *name, *c;

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

static int write_policy(const struct image *image, const char *name, const char *source, enum by by,
			const char *path)
{
	struct image_node **code;
	struct buf out = { 0 };
	size_t nr, rules;
	int status;

	code = find_code(image, &nr);
	if (!nr) {
		say("%s: no program in it", source);
		free(code);
		return NO;
	}
	buf_printf(&out, "policy %s version 1", name);
	write_comment(&out, source);
	buf_puts(&out, "\n  mode enforce\n  default exec deny\n  default map deny\n"
		 "\n  # programs, their interpreters, scripts\n");
	rules = write_rules(&out, "exec", code, nr, by);
	buf_puts(&out, "\n  # libraries, and programs that a loader maps\n"
		 "  # A just-in-time compiler needs besides: allow map backing=anonymous\n");
	rules += write_rules(&out, "map", code, nr, by);
	buf_puts(&out, "end\n");
	status = write_output(path, out.s, out.len);
	if (!status && path && strcmp(path, "-") && isatty(STDERR_FILENO))
		say("%zu rules for %zu files", rules, nr);
	buf_free(&out);
	free(code);
	return status;
}

static int read_source(struct image *image, const char *source)
{
	char *index = xasprintf("%s/oci-layout", source);
	struct stat st;
	int status;

	if (stat(source, &st)) {
		say("%s: %s", source, strerror(errno));
		status = TROUBLE;
	} else if (!S_ISDIR(st.st_mode)) {
		status = image_from_archive(image, source);
	} else if (!access(index, F_OK)) {
		status = image_from_layout(image, source);
	} else {
		status = image_from_directory(image, source);
	}
	free(index);
	return status;
}

/* An archive is read more than once, which a pipe cannot be: what comes from one is kept. */
static int read_stdin(struct image *image)
{
	FILE *copy = tmpfile();
	char block[65536], *path;
	size_t len;
	int status;

	if (!copy)
		die("cannot keep standard input: %s", strerror(errno));
	while ((len = fread(block, 1, sizeof(block), stdin)))
		if (fwrite(block, 1, len, copy) != len)
			break;
	if (ferror(stdin) || ferror(copy) || fflush(copy))
		die("cannot keep standard input: %s", strerror(errno));
	path = xasprintf("/proc/self/fd/%d", fileno(copy));
	status = read_source(image, path);
	free(path);
	fclose(copy);
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

static int run(int argc, char **argv)
{
	const char *out = NULL, *source;
	enum by by = BY_DIGEST;
	struct image *image;
	char *name = NULL;
	int option, status;

	while ((option = next_option(argc, argv, "b:n:o:", options)) >= 0) {
		if (option == 'b' && read_by(optarg, &by))
			return usage_error();
		if (option == 'n')
			name = optarg;
		if (option == 'o')
			out = optarg;
	}
	if (argc - optind != 1) {
		say("image needs one source");
		return usage_error();
	}
	if (name && !doc_is_name(name)) {
		say("%s: not a policy's name: 1 to 64 of A-Z a-z 0-9 . _ -", name);
		return usage_error();
	}
	source = argv[optind];
	name = name ? xstrdup(name) : strcmp(source, "-") ? name_of(source) : xstrdup("image");
	image = xcalloc(1, sizeof(*image));
	status = strcmp(source, "-") ? read_source(image, source) : read_stdin(image);
	if (!status)
		status = write_policy(image, name, source, by, out);
	image_free(image);
	free(image);
	free(name);
	return finish(status);
}

const struct command cmd_image = {
	.name = "image",
	.summary = "make a policy that sanctions what an image holds",
	.synopsis = "[-o FILE] [--name N] [--by digest|path|verity] SOURCE",
	.help = "SOURCE is a root directory, an OCI layout (a directory or an archive, as skopeo\n"
		"and podman save make) or an archive of docker save. - is an archive on\n"
		"standard input.\n\n"
		"  -o, --output FILE  where to; standard output if it is not given\n"
		"  -n, --name N       the policy's name\n"
		"  -b, --by HOW       by what files are known: digest (sha256, of the content),\n"
		"                     path (what was not changed since), verity (fs-verity)\n",
	.run = run,
};
