/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow. Pure.
 */
#ifndef BULKHEAD_VEC_H
#define BULKHEAD_VEC_H

#include <linux/types.h>

#define BH_VEC_INLINE 32

/*
 * How a document becomes a policy: charged to whoever writes it, and an error where there is
 * no memory. Nobody else is killed to make room for it.
 */
#define BH_GFP_LOAD (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/**
 * struct bh_vec - a growing array of u32
 * @v: the elements
 * @nr: elements in use
 * @cap: elements that fit
 * @space: the first elements' home, so that a short vector allocates nothing
 */
struct bh_vec {
	u32 *v;
	u32 nr;
	u32 cap;
	u32 space[BH_VEC_INLINE];
};

void bh_vec_init(struct bh_vec *vec);
void bh_vec_free(struct bh_vec *vec);
int __must_check bh_vec_grow(struct bh_vec *vec, gfp_t gfp);

static inline int __must_check bh_vec_push(struct bh_vec *vec, u32 value, gfp_t gfp)
{
	if (unlikely(vec->nr == vec->cap)) {
		int err = bh_vec_grow(vec, gfp);

		if (err)
			return err;
	}
	vec->v[vec->nr++] = value;
	return 0;
}

int __must_check bh_vec_add_range(struct bh_vec *vec, const u32 *from, u32 nr, gfp_t gfp);
void bh_vec_sort(struct bh_vec *vec, u32 from);

void *bh_alloc_array(u32 nr, size_t size);
int __must_check bh_reserve(void **array, u32 *cap, u32 want, size_t size);
int __must_check bh_trim(void **array, u32 nr, size_t size);

#endif /* BULKHEAD_VEC_H */
