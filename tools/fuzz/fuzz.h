/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libFuzzer calls.
 */
#ifndef BULKHEAD_TOOLS_FUZZ_H
#define BULKHEAD_TOOLS_FUZZ_H

#include <stddef.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#endif /* BULKHEAD_TOOLS_FUZZ_H */
