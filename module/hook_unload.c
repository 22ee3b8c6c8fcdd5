// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unload: delete_module(2) waits here for who stays in the module, before the kernel begins
 * to unload. An exit function can neither fail nor be killed.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "compat/internal.h"
#include "frozen.h"
#include "hooks.h"
#include "stay.h"

/* The kernel refuses everybody else. Their memory is not read here. */
static bool may_unload(void)
{
	const struct cred *cred = current_cred();

	return cred->user_ns == &init_user_ns && cap_raised(cred->cap_effective, CAP_SYS_MODULE);
}

/*
 * Waits if the name is this module's. Another thread may change the name afterwards: as long
 * as anybody stays, the kernel finds the module in use and refuses.
 */
static noinline int wait_for_stays(unsigned long name)
{
	char copy[MODULE_NAME_LEN];
	long len;

	if (!may_unload())
		return 0;
	len = strncpy_from_user(copy, (const char __user *)name, sizeof(copy));
	if (len <= 0 || len == sizeof(copy) || strcmp(copy, THIS_MODULE->name))
		return 0;
	return bh_stays_wait() ?: bh_frozen_left();
}

/* A handler hook_ENTRY, of which @name says where in the registers the module's name is. */
#define BH_DEFINE_DELETE_MODULE(entry, name)					\
BH_DEFINE_ORIGINAL(entry);							\
										\
static long hook_##entry(const struct pt_regs *regs)				\
{										\
	int err;								\
										\
	bh_hook_enter();							\
	err = wait_for_stays(name);						\
	bh_hook_leave();							\
	return err ?: BH_ORIGINAL(entry)(regs);					\
}

BH_DEFINE_DELETE_MODULE(__x64_sys_delete_module, regs->di)
#ifdef CONFIG_IA32_EMULATION
BH_DEFINE_DELETE_MODULE(__ia32_sys_delete_module, lower_32_bits(regs->bx))
#endif

struct bh_hook bh_unload_hooks[] = {
	BH_HOOK_CALL(delete_module, "nothing: an unload waits there for who is in a check"),
	{ }
};
