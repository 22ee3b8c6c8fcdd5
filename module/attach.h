/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mechanism that puts a table of hooks in front of kernel functions.
 */
#ifndef BULKHEAD_ATTACH_H
#define BULKHEAD_ATTACH_H

#include <linux/ftrace.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/static_call.h>

/**
 * struct bh_hook - a kernel function and what is called in its place
 * @function: its name
 * @purpose: what is judged there, for `features`
 * @handler: what is called in its place, with the function's own arguments
 * @original: the static call by which @handler goes on into the function
 * @original_tramp: the trampoline of that static call
 * @ops: what ftrace needs
 * @site: where ftrace redirects, once it is known
 * @tester: the task that tests the hook: its calls are counted and go nowhere
 * @on_demand: only tested at load, and attached by bh_attach_now()
 * @late: its function may be a module's; found, tested and attached by bh_attach_late()
 * @owner: that module, which stays as long as the hook is attached, or NULL
 * @attached: is it?
 */
struct bh_hook {
	const char *function;
	const char *purpose;
	void *handler;
	struct static_call_key *original;
	void *original_tramp;
	struct ftrace_ops ops;
	unsigned long site;
	struct task_struct *tester;
	bool on_demand;
	bool late;
	struct module *owner;
	bool attached;
};

/* A handler's way into the function that it stands before. */
#define BH_DEFINE_ORIGINAL(fn) DEFINE_STATIC_CALL_NULL(original_##fn, fn)

#define BH_ORIGINAL(fn) static_call(original_##fn)

/* What every kind of hook has. */
#define BH_HOOK_FIELDS(fn, what, handle)				\
	.function = #fn,						\
	.purpose = what,						\
	.handler = handle,						\
	.original = &STATIC_CALL_KEY(original_##fn),			\
	.original_tramp = STATIC_CALL_TRAMP_ADDR(original_##fn)

#define BH_HOOK(fn, what, handle) { BH_HOOK_FIELDS(fn, what, handle) }

/*
 * Of a system call, whose native and 32-bit entries have a handler each. The handlers are named
 * after the entries.
 */
#ifdef CONFIG_IA32_EMULATION
#define BH_HOOK_CALL(call, what)						\
	BH_HOOK(__x64_sys_##call, what, hook___x64_sys_##call),			\
	BH_HOOK(__ia32_sys_##call, what ", 32-bit", hook___ia32_sys_##call)
#else
#define BH_HOOK_CALL(call, what) BH_HOOK(__x64_sys_##call, what, hook___x64_sys_##call)
#endif

/* Of a function that all call often, which only few must be asked about. */
#define BH_HOOK_ON_DEMAND(fn, what, handle) { BH_HOOK_FIELDS(fn, what, handle), .on_demand = true }

/* Of a function that need not be there yet. */
#define BH_HOOK_LATE(fn, what, handle) { BH_HOOK_FIELDS(fn, what, handle), .late = true }

DECLARE_PER_CPU(long, bh_inflight);

/**
 * bh_hook_enter() - a handler begins
 *
 * Each handler calls it once, before all that may sleep. The ftrace callback cannot count the
 * task in: another ftrace user that is called after ours, such as a BPF program that replaces
 * the return value, can keep the task from ever coming to the handler.
 */
static __always_inline void bh_hook_enter(void)
{
	this_cpu_inc(bh_inflight);
}

/**
 * bh_hook_leave() - a handler is about to leave the module
 *
 * Each handler that has called bh_hook_enter() calls it once. After it comes only the return,
 * or the jump into the original function: no frame of the module is on the stack then.
 */
static __always_inline void bh_hook_leave(void)
{
	this_cpu_dec(bh_inflight);
}

/* A table of hooks ends with an empty one. */
int bh_attach(struct bh_hook *const *tables, unsigned int nr);
int bh_attach_now(struct bh_hook *table);
int bh_attach_late(struct bh_hook *hook, struct module *owner);
void bh_detach(struct bh_hook *const *tables, unsigned int nr);

#endif /* BULKHEAD_ATTACH_H */
