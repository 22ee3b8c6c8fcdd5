/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What decision points are called with when they are tested.
 */
#ifndef BULKHEAD_SAMPLE_H
#define BULKHEAD_SAMPLE_H

#define BH_SAMPLE_ARGS 9

struct bh_samples;

struct bh_samples *bh_samples_alloc(void);
void bh_samples_free(struct bh_samples *samples);
int bh_sample_args(const struct bh_samples *samples, const char *function,
		   unsigned long args[BH_SAMPLE_ARGS]);

#endif /* BULKHEAD_SAMPLE_H */
