// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays that grow.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "limits.h"
#include "vec.h"

/**
 * bh_vec_init() - make a vector empty
 * @vec: the vector; must not move in memory afterwards
 */
void bh_vec_init(struct bh_vec *vec)
{
	vec->v = vec->space;
	vec->nr = 0;
	vec->cap = BH_VEC_INLINE;
}

/**
 * bh_vec_free() - give back what a vector allocated and make it empty
 * @vec: an initialised vector
 */
void bh_vec_free(struct bh_vec *vec)
{
	if (vec->v != vec->space)
		kvfree(vec->v);
	bh_vec_init(vec);
}

/**
 * bh_vec_grow() - double the room of a vector
 * @vec: an initialised vector
 * @gfp: how to allocate
 *
 * Return: 0, or -ENOMEM with the vector unchanged.
 */
int bh_vec_grow(struct bh_vec *vec, gfp_t gfp)
{
	u32 cap = vec->cap * 2;
	u32 *v;

	if (cap > BH_VEC_MAX)
		return -ENOMEM;
	v = kvmalloc_array(cap, sizeof(*v), gfp);
	if (!v)
		return -ENOMEM;
	memcpy(v, vec->v, vec->nr * sizeof(*v));
	if (vec->v != vec->space)
		kvfree(vec->v);
	vec->v = v;
	vec->cap = cap;
	return 0;
}

/**
 * bh_vec_add_range() - append several elements
 * @vec: an initialised vector
 * @from: the elements
 * @nr: how many
 * @gfp: how to allocate
 *
 * Return: 0, or -ENOMEM with some of them appended.
 */
int bh_vec_add_range(struct bh_vec *vec, const u32 *from, u32 nr, gfp_t gfp)
{
	u32 i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = bh_vec_push(vec, from[i], gfp);
	return err;
}

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/**
 * bh_vec_sort() - put elements into ascending order, each once
 * @vec: the vector
 * @from: the first of them; what stands before it stays
 */
void bh_vec_sort(struct bh_vec *vec, u32 from)
{
	u32 i, nr = from;

	for (i = from + 1; i < vec->nr && vec->v[i - 1] < vec->v[i]; i++)
		;
	if (i >= vec->nr)
		return;
	sort(vec->v + from, vec->nr - from, sizeof(*vec->v), compare_u32, NULL);
	for (i = from; i < vec->nr; i++)
		if (nr == from || vec->v[nr - 1] != vec->v[i])
			vec->v[nr++] = vec->v[i];
	vec->nr = nr;
}

/**
 * bh_alloc_array() - memory for an array that stays as long as it is
 * @nr: its elements
 * @size: of each
 *
 * A large array takes whole pages and no more. May sleep.
 *
 * Return: the memory, for kvfree(), or NULL.
 */
void *bh_alloc_array(u32 nr, size_t size)
{
	size_t bytes;

	if (check_mul_overflow((size_t)nr, size, &bytes))
		return NULL;
	return bytes > BH_SLAB_MAX ? __vmalloc(bytes, BH_GFP_LOAD) : kvmalloc(bytes, BH_GFP_LOAD);
}

/**
 * bh_reserve() - make room in an array that grows by doubling
 * @array: the array, or a NULL pointer
 * @cap: elements that fit
 * @want: elements that shall fit
 * @size: of an element
 *
 * May sleep. Return: 0, or -ENOMEM with the array unchanged.
 */
int bh_reserve(void **array, u32 *cap, u32 want, size_t size)
{
	u32 room = max3(want, *cap * 2, 16u);
	void *new;

	if (want <= *cap)
		return 0;
	new = kvmalloc_array(room, size, BH_GFP_LOAD);
	if (!new)
		return -ENOMEM;
	if (*cap)
		memcpy(new, *array, *cap * size);
	kvfree(*array);
	*array = new;
	*cap = room;
	return 0;
}

/**
 * bh_trim() - give back the room of an array that is not used
 * @array: the array, or a NULL pointer
 * @nr: elements in use
 * @size: of an element
 *
 * May sleep. Return: 0, or -ENOMEM with the array unchanged.
 */
int bh_trim(void **array, u32 nr, size_t size)
{
	void *new;

	if (!*array)
		return 0;
	new = bh_alloc_array(nr + !nr, size);
	if (!new)
		return -ENOMEM;
	memcpy(new, *array, nr * size);
	kvfree(*array);
	*array = new;
	return 0;
}

/**
 * bh_buffer_grow() - make room in a string, at least twice as much as there was
 * @b: the string, zero or appended to before
 * @len: bytes that shall fit behind what is there
 *
 * May sleep. Return: 0, or -ENOMEM with the string unchanged.
 */
int bh_buffer_grow(struct bh_buffer *b, size_t len)
{
	size_t cap = max3(b->len + len, b->cap * 2, (size_t)256);
	char *new = kvmalloc(cap, BH_GFP_LOAD);

	if (!new)
		return -ENOMEM;
	if (b->len)
		memcpy(new, b->s, b->len);
	kvfree(b->s);
	b->s = new;
	b->cap = cap;
	return 0;
}
