// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells an operator: stderr, the journal in its native protocol, syslog.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
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
	if (journal_send(fields, sizeof(fields) / sizeof(fields[0])))
		return;
	openlog(program, LOG_PID, LOG_DAEMON);
	syslog(LOG_ERR, "%s", reason);
}
