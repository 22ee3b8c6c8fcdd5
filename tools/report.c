// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells an operator: stderr, the journal in its native protocol, syslog.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/*
 * NAME=VALUE\n, or NAME\n, the length in 8 bytes and VALUE\n where the value has
 * line feeds of its own.
 */
static void put_field(FILE *out, const struct journal_field *field)
{
	uint64_t length = htole64(strlen(field->value));

	if (!strchr(field->value, '\n')) {
		fprintf(out, "%s=%s\n", field->name, field->value);
		return;
	}
	fprintf(out, "%s\n", field->name);
	fwrite(&length, sizeof(length), 1, out);
	fprintf(out, "%s\n", field->value);
}

/* A journal that is stuck keeps nobody waiting: the entry is dropped then. */
static bool send_datagram(const char *text, size_t length)
{
	const struct sockaddr_un journal = {
		.sun_family = AF_UNIX,
		.sun_path = "/run/systemd/journal/socket",
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ssize_t sent;

	if (fd < 0)
		return false;
	sent = sendto(fd, text, length, MSG_NOSIGNAL, (const struct sockaddr *)&journal,
		      sizeof(journal));
	close(fd);
	return sent == (ssize_t)length;
}

bool journal_send(const struct journal_field *fields, size_t number)
{
	char *text = NULL;
	size_t length = 0, i;
	bool sent;
	FILE *out;

	out = open_memstream(&text, &length);
	if (!out)
		return false;
	for (i = 0; i < number; i++)
		if (fields[i].value)
			put_field(out, &fields[i]);
	sent = fclose(out) == 0 && send_datagram(text, length);
	free(text);
	return sent;
}

#define NOTES_MAX	16384	/* bytes, after which a new file begins */

/* As the module writes words: others choose an id, and what an annotation is called. */
static void put_word(FILE *out, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(out, " %s=\"", key);
	for (; *value; value++)
		if (*value == '"' || *value == '\\' || *value < ' ' || *value > '~')
			fprintf(out, "\\x%02x", (unsigned char)*value);
		else
			fputc(*value, out);
	fputc('"', out);
}

/* Who fails to note it has said it already. Of two that begin a new file one does so in vain. */
static void append_note(const char *text, size_t length)
{
	int dir = open(REPORT_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), fd;
	struct stat attributes;

	if (dir < 0)
		return;
	fd = openat(dir, REPORT_NEW, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && write(fd, text, length) > 0 && fstat(fd, &attributes) == 0 &&
	    attributes.st_size > NOTES_MAX)
		renameat(dir, REPORT_NEW, dir, REPORT_OLD);
	if (fd >= 0)
		close(fd);
	close(dir);
}

static void note_not_started(const char *program, const char *container, const char *policy,
			     const char *reason)
{
	time_t now = time(NULL);
	struct tm utc;
	char when[32];
	char *text = NULL;
	size_t length;
	FILE *out;

	out = open_memstream(&text, &length);
	if (!out)
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	fprintf(out, "time=%s by=%s", when, program);
	put_word(out, "container", container);
	put_word(out, "policy", policy);
	put_word(out, "reason", reason);
	fputc('\n', out);
	if (fclose(out) == 0)
		append_note(text, length);
	free(text);
}

void report_not_started(const char *program, const char *container, const char *policy,
			const char *reason)
{
	const struct journal_field fields[] = {
		{ "MESSAGE", reason },
		{ "MESSAGE_ID", REPORT_NOT_STARTED },
		{ "PRIORITY", "3" },
		{ "SYSLOG_IDENTIFIER", program },
		{ "BULKHEAD_CONTAINER", container },
		{ "BULKHEAD_POLICY", policy },
	};

	fprintf(stderr, "%s: %s\n", program, reason);
	note_not_started(program, container, policy, reason);
	if (journal_send(fields, sizeof(fields) / sizeof(fields[0])))
		return;
	openlog(program, LOG_PID, LOG_DAEMON);
	syslog(LOG_ERR, "%s", reason);
}
