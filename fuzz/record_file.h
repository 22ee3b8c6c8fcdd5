/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Includes nothing: what writes files sees the C library's headers, and who calls
 * it those of the shim.
 */
#ifndef BULKHEAD_FUZZ_RECORD_FILE_H
#define BULKHEAD_FUZZ_RECORD_FILE_H

/* Writes $SEEDS/TARGET/HASH, unless it is too long. */
void record_file(const char *target, const void *bytes, __SIZE_TYPE__ len);

#endif /* BULKHEAD_FUZZ_RECORD_FILE_H */
