/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the suites of pure code use, so that the same files run
 * in userspace. runner.c has the other half.
 */
#ifndef _KUNIT_TEST_H
#define _KUNIT_TEST_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE 128

/**
 * struct kunit - a test that is running
 * @priv: for the suite's use
 * @param_value: the row that a parameterised case is run with
 * @managed: what kunit_kmalloc() gave out
 * @failed: an expectation was not met
 */
struct kunit {
	void *priv;
	const void *param_value;
	struct kunit_block *managed;
	bool failed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test_name) { .run_case = test_name, .name = #test_name }
#define KUNIT_CASE_PARAM(test_name, gen_params) \
	{ .run_case = test_name, .name = #test_name, .generate_params = gen_params }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		const typeof((array)[0]) *row = prev;				\
		void (*describe)(typeof(row), char *) = get_desc;		\
										\
		row = row ? row + 1 : (array);					\
		if (row == (array) + ARRAY_SIZE(array))				\
			return NULL;						\
		if (describe)							\
			describe(row, desc);					\
		return row;							\
	}

void kunit_note(const char *fmt, ...) __printf(1, 2);
void kunit_fail(struct kunit *test, const char *file, int line, const char *what);
void kunit_abort(struct kunit *test) __noreturn;
void kunit_skip_case(struct kunit *test, const char *why) __noreturn;
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kmalloc(test, size, gfp | __GFP_ZERO);
}

static inline void kunit_nothing(void)
{
}

#define kunit_info(test, fmt, ...) ((void)(test), kunit_note(fmt, ##__VA_ARGS__))
#define kunit_skip(test, why) kunit_skip_case(test, why)

/* Reports a failure; `fmt, ...` may be missing. */
#define KUNIT_FAILED(test, stop, what, fmt, ...) do {				\
	kunit_fail(test, __FILE__, __LINE__, what);				\
	if (sizeof(fmt) > 1)							\
		kunit_note("  " fmt, ##__VA_ARGS__);				\
	if (stop)								\
		kunit_abort(test);						\
} while (0)

#define KUNIT_BOOL(test, stop, expr, want, ...) do {				\
	if ((bool)(expr) != (want))							\
		KUNIT_FAILED(test, stop, "not " #want ": " #expr, __VA_ARGS__);	\
} while (0)

#define KUNIT_BINARY(test, stop, left, op, right, ...) do {			\
	const typeof(left) __left = (left);					\
	const typeof(right) __right = (right);					\
										\
	if (!(__left op __right)) {						\
		KUNIT_FAILED(test, false, #left " " #op " " #right, __VA_ARGS__);	\
		kunit_note("  left %lld right %lld", (long long)__left,		\
			   (long long)__right);					\
		if (stop)							\
			kunit_abort(test);					\
	}									\
} while (0)

#define KUNIT_STRING(test, stop, left, op, right, ...) do {			\
	const char *__left = (left);						\
	const char *__right = (right);						\
										\
	if (!(strcmp(__left, __right) op 0)) {					\
		KUNIT_FAILED(test, false, #left " " #op " " #right, __VA_ARGS__);	\
		kunit_note("  left \"%s\" right \"%s\"", __left, __right);	\
		if (stop)							\
			kunit_abort(test);					\
	}									\
} while (0)

#define KUNIT_FAIL(test, ...) KUNIT_FAILED(test, false, "failed", __VA_ARGS__)
#define KUNIT_SUCCEED(test) kunit_nothing()

#define KUNIT_EXPECT_TRUE_MSG(test, e, ...) KUNIT_BOOL(test, false, e, true, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, e, ...) KUNIT_BOOL(test, false, e, false, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(test, e, ...) KUNIT_BOOL(test, true, e, true, __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...) KUNIT_BINARY(test, false, a, ==, b, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, a, b, ...) KUNIT_BINARY(test, false, a, !=, b, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, a, b, ...) KUNIT_BINARY(test, false, a, <=, b, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, a, b, ...) KUNIT_BINARY(test, false, a, >=, b, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...) KUNIT_BINARY(test, true, a, ==, b, __VA_ARGS__)
#define KUNIT_ASSERT_GE_MSG(test, a, b, ...) KUNIT_BINARY(test, true, a, >=, b, __VA_ARGS__)
#define KUNIT_ASSERT_STREQ_MSG(test, a, b, ...) KUNIT_STRING(test, true, a, ==, b, __VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(test, a, b, ...) KUNIT_STRING(test, false, a, ==, b, __VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, e) KUNIT_EXPECT_TRUE_MSG(test, e, "")
#define KUNIT_EXPECT_FALSE(test, e) KUNIT_EXPECT_FALSE_MSG(test, e, "")
#define KUNIT_ASSERT_TRUE(test, e) KUNIT_ASSERT_TRUE_MSG(test, e, "")
#define KUNIT_EXPECT_EQ(test, a, b) KUNIT_EXPECT_EQ_MSG(test, a, b, "")
#define KUNIT_EXPECT_NE(test, a, b) KUNIT_EXPECT_NE_MSG(test, a, b, "")
#define KUNIT_EXPECT_LE(test, a, b) KUNIT_EXPECT_LE_MSG(test, a, b, "")
#define KUNIT_EXPECT_GE(test, a, b) KUNIT_EXPECT_GE_MSG(test, a, b, "")
#define KUNIT_ASSERT_EQ(test, a, b) KUNIT_ASSERT_EQ_MSG(test, a, b, "")
#define KUNIT_ASSERT_GE(test, a, b) KUNIT_ASSERT_GE_MSG(test, a, b, "")
#define KUNIT_EXPECT_STREQ(test, a, b) KUNIT_EXPECT_STREQ_MSG(test, a, b, "")
#define KUNIT_ASSERT_STREQ(test, a, b) KUNIT_ASSERT_STREQ_MSG(test, a, b, "")
#define KUNIT_EXPECT_NOT_NULL(test, p) KUNIT_EXPECT_TRUE(test, (p) != NULL)
#define KUNIT_EXPECT_NULL(test, p) KUNIT_EXPECT_TRUE(test, (p) == NULL)
#define KUNIT_ASSERT_NOT_NULL(test, p) KUNIT_ASSERT_TRUE(test, (p) != NULL)

#endif /* _KUNIT_TEST_H */
