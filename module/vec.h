/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow. Pure.
 */
#ifndef BULKHEAD_VEC_H
#define BULKHEAD_VEC_H

#include <linux/errno.h>
#include <linux/string.h>
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

/**
 * struct bh_buffer - a growing byte string
 * @s: the bytes, for kvfree()
 * @len: how many
 * @cap: how many fit
 */
struct bh_buffer {
	char *s;
	size_t len;
	size_t cap;
};

int bh_buffer_grow(struct bh_buffer *b, size_t len);

/* Makes room for @len bytes behind what is there, if there is none. As bh_buffer_grow(). */
static inline int bh_buffer_reserve(struct bh_buffer *b, size_t len)
{
	return unlikely(b->cap - b->len < len) ? bh_buffer_grow(b, len) : 0;
}

/**
 * bh_buffer_append() - add bytes to a string
 * @b: the string, zero or appended to before; kvfree() its ->s
 * @s: the bytes
 * @len: how many
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
static inline int bh_buffer_append(struct bh_buffer *b, const char *s, size_t len)
{
	if (bh_buffer_reserve(b, len))
		return -ENOMEM;
	memcpy(b->s + b->len, s, len);
	b->len += len;
	return 0;
}

/**
 * bh_buffer_append_string() - add a terminated string to a string
 * @b: as for bh_buffer_append()
 * @s: what is added
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
static inline int bh_buffer_append_string(struct bh_buffer *b, const char *s)
{
	return bh_buffer_append(b, s, strlen(s));
}

#endif /* BULKHEAD_VEC_H */
