// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism that puts a table of hooks in front of kernel functions.
 *
 * ftrace calls back at the first instruction of a function. The callback only lets
 * the task return to the handler instead: the handler runs in the caller's own
 * context and may sleep. It counts the task in; then it returns an error, or it counts
 * the task out and jumps into the function behind the ftrace site.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/static_call.h>

#include "attach.h"
#include "compat/compat.h"
#include "sample.h"

/* Tasks between bh_hook_enter() and bh_hook_leave(); only the sum means anything. */
DEFINE_PER_CPU(long, bh_inflight);

/* Calls that each hook gets when it is tested. */
#define TEST_CALLS 16

static unsigned int test_hits;

/* Hooks are attached on demand while this holds. */
static bool demands_taken;
static DEFINE_MUTEX(demand_mutex);

/*
 * The tester's calls come here instead of to a handler, whatever the function's arguments are.
 * Other tracers of the function see a call that failed.
 */
static noinline long test_handler(void)
{
	test_hits++;
	return -EPERM;
}

static long test_nothing(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
			 unsigned long e, unsigned long f, unsigned long g, unsigned long h,
			 unsigned long i)
{
	return 0;
}

DEFINE_STATIC_CALL(test_call, test_nothing);

/* No FTRACE_OPS_FL_RECURSION, which costs time: this calls nothing that ftrace can trace. */
static void notrace redirect_to_handler(unsigned long ip, unsigned long parent_ip,
					struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct bh_hook *hook = container_of(ops, struct bh_hook, ops);

	if (unlikely(READ_ONCE(hook->tester) == current))
		ftrace_regs_set_instruction_pointer(fregs, (unsigned long)test_handler);
	else
		ftrace_regs_set_instruction_pointer(fregs, (unsigned long)hook->handler);
}

/*
 * The ftrace site of a function. A kprobe that is registered disabled is
 * resolved and checked like any other and touches no text.
 */
static int find_site(struct bh_hook *hook)
{
	struct kprobe probe = {
		.symbol_name = hook->function,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&probe);

	if (err) {
		pr_err("%s: the kernel has no such function (%d)\n", hook->function, err);
		return err;
	}
	hook->site = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

/* Finds a hook's site, and makes ops that ask for this site alone. */
static int prepare_hook(struct bh_hook *hook)
{
	int err = find_site(hook);

	if (err)
		return err;
	__static_call_update(hook->original, hook->original_tramp,
			     (void *)(hook->site + MCOUNT_INSN_SIZE));
	hook->ops.func = redirect_to_handler;
	/* PERMANENT: kernel.ftrace_enabled=0 fails with EBUSY while the hook is attached. */
	hook->ops.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT | BH_FTRACE_FLAGS;
	err = ftrace_set_filter_ip(&hook->ops, hook->site, 0, 0);
	if (err)
		pr_err("%s: cannot be traced (%d)\n", hook->function, err);
	return err;
}

static void notrace ignore_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
				struct ftrace_regs *fregs)
{
}

/*
 * With kernel.ftrace_enabled=0 no PERMANENT ops can be registered, not even such as change
 * nothing. So these tell a switched off ftrace from a function that somebody else redirects.
 */
static bool ftrace_is_off(unsigned long site)
{
	static struct ftrace_ops ops = {
		.func = ignore_call,
		.flags = FTRACE_OPS_FL_PERMANENT | BH_FTRACE_FLAGS,
	};
	int err = ftrace_set_filter_ip(&ops, site, 0, 0) ?: register_ftrace_function(&ops);

	if (!err)
		unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
	return err == -EBUSY;
}

static const char *why_not(const struct bh_hook *hook, int err)
{
	if (err != -EBUSY)
		return "cannot be redirected";
	if (ftrace_is_off(hook->site))
		return "ftrace is switched off: see sysctl kernel.ftrace_enabled";
	return "a livepatch or another module redirects it already";
}

static int redirect_one(struct bh_hook *hook)
{
	int err = register_ftrace_function(&hook->ops);

	if (err)
		pr_err("%s: %s (%d)\n", hook->function, why_not(hook, err), err);
	else
		WRITE_ONCE(hook->attached, true);
	return err;
}

static int attach_one(struct bh_hook *hook)
{
	int err = prepare_hook(hook);

	if (err)
		return err;
	err = redirect_one(hook);
	if (err)
		ftrace_free_filter(&hook->ops);
	return err;
}

static bool let_go(struct bh_hook *hook)
{
	if (hook->attached && WARN_ON(unregister_ftrace_function(&hook->ops)))
		return false;
	WRITE_ONCE(hook->attached, false);
	return true;
}

static void detach_one(struct bh_hook *hook)
{
	if (!hook->site || !let_go(hook))
		return;
	ftrace_free_filter(&hook->ops);
	module_put(hook->owner);
	hook->owner = NULL;
}

/*
 * Calls the function TEST_CALLS times, and counts how many calls the hook saw. The calls are
 * this task's own and go no further than test_handler(), so that every function can be tested.
 */
static int test_with(struct bh_hook *hook, const unsigned long *a)
{
	int i;

	test_hits = 0;
	__static_call_update(&STATIC_CALL_KEY(test_call), STATIC_CALL_TRAMP_ADDR(test_call),
			     (void *)hook->site);
	WRITE_ONCE(hook->tester, current);
	for (i = 0; i < TEST_CALLS; i++)
		static_call(test_call)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
	WRITE_ONCE(hook->tester, NULL);
	static_call_update(test_call, test_nothing);
	if (test_hits == TEST_CALLS)
		return 0;
	pr_err("%s: saw %u of %d test calls\n", hook->function, test_hits, TEST_CALLS);
	return -ENXIO;
}

static int test_one(struct bh_hook *hook)
{
	struct bh_samples *samples = bh_samples_alloc();
	unsigned long args[BH_SAMPLE_ARGS];
	int err = -ENOMEM;

	if (samples)
		err = bh_sample_args(samples, hook->function, args) ?: test_with(hook, args);
	if (err == -ENOENT)
		pr_err("%s: sample.c does not know it\n", hook->function);
	bh_samples_free(samples);
	return err;
}

static long handlers_inflight(void)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(bh_inflight, cpu));
	return sum;
}

/*
 * Waits until no task is in a handler, or can still get into one. A task that sleeps in a
 * check is counted in. A task that has left the ftrace callback and not begun its handler yet
 * is not counted, nor is one on the last instructions behind bh_hook_leave(). Neither sleeps
 * there of its own will, so synchronize_rcu_tasks() waits for both.
 *
 * This is short: the module is not in force yet, or is being unloaded. Nobody stays in a
 * handler then (stay.c), which is all that others could draw out.
 */
static void drain_handlers(void)
{
	synchronize_rcu_tasks();
	while (handlers_inflight())
		msleep(20);
	synchronize_rcu_tasks();
}

/* Takes back the hooks before @table's hook @stop. */
static void detach_until(struct bh_hook *const *tables, unsigned int table,
			 const struct bh_hook *stop)
{
	struct bh_hook *hook;
	unsigned int t = table + 1;

	/* From the last table to the first: hooks that judge need those of the tables before. */
	while (t--)
		for (hook = tables[t]; hook->function && hook != stop; hook++)
			detach_one(hook);
	drain_handlers();
}

/**
 * bh_attach() - put all hooks in place, or none
 * @tables: the tables of hooks
 * @nr: how many tables
 *
 * What fails and why goes to the kernel log.
 *
 * May sleep. Takes the locks of ftrace.
 *
 * Return: 0; -ENOENT (no such function), -EINVAL (not traceable), -EBUSY
 * (redirected by someone else), -ENXIO (the self-test failed), -ENOMEM.
 */
int bh_attach(struct bh_hook *const *tables, unsigned int nr)
{
	struct bh_hook *hook;
	unsigned int t;
	int err;

	for (t = 0; t < nr; t++) {
		for (hook = tables[t]; hook->function; hook++) {
			if (hook->late)
				continue;
			err = attach_one(hook);
			if (err) {
				detach_until(tables, t, hook);
				return err;
			}
			err = test_one(hook);
			if (err) {
				detach_until(tables, t, hook + 1);
				return err;
			}
			if (hook->on_demand)
				let_go(hook);
		}
	}
	demands_taken = true;
	return 0;
}

/**
 * bh_attach_now() - put hooks in place that are attached on demand
 * @table: the table of hooks, all of them such; they stay until bh_detach()
 *
 * May sleep. Takes the locks of ftrace. Nothing is attached any more, and no error given,
 * once bh_detach() has begun.
 *
 * Return: 0, or an errno as bh_attach().
 */
int bh_attach_now(struct bh_hook *table)
{
	struct bh_hook *hook;
	int err = 0;

	for (hook = table; hook->function && READ_ONCE(hook->attached); hook++)
		;
	if (!hook->function)
		return 0;
	mutex_lock(&demand_mutex);
	for (hook = table; demands_taken && hook->function && !err; hook++)
		if (!hook->attached)
			err = redirect_one(hook);
	mutex_unlock(&demand_mutex);
	return err;
}

/*
 * On an error this need not wait for tasks that the hook has redirected: none got further than
 * its handler, and the caller is in a handler itself, so that the module stays.
 */
static int attach_late(struct bh_hook *hook, struct module *owner)
{
	int err;

	if (!try_module_get(owner))
		return -ENOENT;
	err = attach_one(hook);
	if (!err) {
		err = test_one(hook);
		if (!err) {
			hook->owner = owner;
			return 0;
		}
		if (let_go(hook))
			ftrace_free_filter(&hook->ops);
	}
	module_put(owner);
	return err;
}

/**
 * bh_attach_late() - put a hook in place whose function may be a module's
 * @hook: the hook, in a table that was given to bh_attach(); it stays until bh_detach()
 * @owner: the module, which the caller knows to be there, or NULL; it stays as well
 *
 * May sleep. Takes the locks of ftrace. As with bh_attach_now(), nothing is attached any
 * more once bh_detach() has begun.
 *
 * Return: 0, or an errno as bh_attach(); -ENOENT if the module is going.
 */
int bh_attach_late(struct bh_hook *hook, struct module *owner)
{
	int err = 0;

	if (READ_ONCE(hook->attached))
		return 0;
	mutex_lock(&demand_mutex);
	if (demands_taken && !hook->attached)
		err = attach_late(hook, owner);
	mutex_unlock(&demand_mutex);
	return err;
}

/**
 * bh_detach() - take all hooks back
 * @tables: the tables of hooks, as they were given to bh_attach()
 * @nr: how many tables
 *
 * On return no task is in a handler or can get into one. May sleep for as long as a task is
 * in a handler. Takes the locks of ftrace.
 */
void bh_detach(struct bh_hook *const *tables, unsigned int nr)
{
	mutex_lock(&demand_mutex);
	demands_taken = false;
	mutex_unlock(&demand_mutex);
	detach_until(tables, nr - 1, NULL);
}
