/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an operator looks for the reason: stderr, the journal, syslog.
 */
#ifndef BULKHEAD_TOOLS_REPORT_H
#define BULKHEAD_TOOLS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* An entry of the journal that the catalogue explains. */
struct journal_field {
	const char *name;	/* A-Z 0-9 _ */
	const char *value;	/* any bytes but NUL; NULL: no such field */
};

/* MESSAGE_ID of a container that was not started; see bulkhead.catalog. */
#define REPORT_NOT_STARTED	"b1c7c9a2f0f14f5c8a7be9f1d5a3c601"

/* What "bulkhead status" tells of; the directory is that of bulkhead.service. */
#define REPORT_DIR	"/run/bulkhead"
#define REPORT_NEW	"not-started"
#define REPORT_OLD	"not-started.1"

/**
 * journal_send() - send one entry to systemd's journal
 * @fields: as many as @number
 *
 * Return: whether the journal took it; false also where there is none.
 */
bool journal_send(const struct journal_field *fields, size_t number);

/**
 * report_not_started() - tell why a container does not start
 * @program: who says so
 * @container: the container's id, or NULL
 * @policy: the policy's name, or NULL
 * @reason: one line
 *
 * Says it on stderr and in the journal, or by syslog where there is no journal:
 * crun gives a hook's stderr to /dev/null. Notes it for "bulkhead status" as well.
 */
void report_not_started(const char *program, const char *container, const char *policy,
			const char *reason);

#endif /* BULKHEAD_TOOLS_REPORT_H */
