// SPDX-License-Identifier: GPL-2.0-only
/* The C library's side of record.c. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "record_file.h"

#define BYTES_MAX 4096

void record_file(const char *target, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;
	uint64_t hash = 0xcbf29ce484222325;
	char path[4096];
	FILE *file;
	size_t i;

	if (len > BYTES_MAX)
		return;
	for (i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3;
	snprintf(path, sizeof(path), "%s/%s/%016llx", getenv("SEEDS"), target,
		 (unsigned long long)hash);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file)) {
		perror(path);
		exit(1);
	}
}
