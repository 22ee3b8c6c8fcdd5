/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of the kernel that headers declare and that are not exported.
 */
#ifndef BULKHEAD_FUNCTION_H
#define BULKHEAD_FUNCTION_H

#include <linux/static_call.h>

/**
 * struct bh_function - a function that is called by its address
 * @name: its name
 * @purpose: what it is called for, for `features`
 * @call: the static call by which it is called
 * @call_tramp: the trampoline of that static call
 */
struct bh_function {
	const char *name;
	const char *purpose;
	struct static_call_key *call;
	void *call_tramp;
};

/* The static call to a function; its type is that of the kernel's declaration. */
#define BH_DEFINE_FUNCTION(fn) DEFINE_STATIC_CALL_NULL(found_##fn, fn)

#define BH_CALL(fn) static_call(found_##fn)

#define BH_FUNCTION(fn, what) {					\
	.name = #fn,						\
	.purpose = what,					\
	.call = &STATIC_CALL_KEY(found_##fn),			\
	.call_tramp = STATIC_CALL_TRAMP_ADDR(found_##fn),	\
}

int bh_functions_find(const struct bh_function *table);

#endif /* BULKHEAD_FUNCTION_H */
