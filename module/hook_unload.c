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
#include "hooks.h"
#include "stay.h"

/* Others are refused by the kernel, and their memory is not looked at here. */
static bool may_unload(void)
{
	const struct cred *cred = current_cred();

	return cred->user_ns == &init_user_ns && cap_raised(cred->cap_effective, CAP_SYS_MODULE);
}

/* Whoever changes the name meanwhile is refused by the kernel as long as anybody stays. */
static noinline int wait_for_stays(unsigned long name)
{
	char copy[MODULE_NAME_LEN];
	long len;

	if (!may_unload())
		return 0;
	len = strncpy_from_user(copy, (const char __user *)name, sizeof(copy));
	if (len <= 0 || len == sizeof(copy) || strcmp(copy, THIS_MODULE->name))
		return 0;
	return bh_stays_wait();
}

BH_DEFINE_ORIGINAL(__x64_sys_delete_module);

static long hook_delete_module(const struct pt_regs *regs)
{
	int err;

	bh_hook_enter();
	err = wait_for_stays(regs->di);
	bh_hook_leave();
	return err ?: BH_ORIGINAL(__x64_sys_delete_module)(regs);
}

#ifdef CONFIG_IA32_EMULATION
BH_DEFINE_ORIGINAL(__ia32_sys_delete_module);

static long hook_delete_module_32(const struct pt_regs *regs)
{
	int err;

	bh_hook_enter();
	err = wait_for_stays(lower_32_bits(regs->bx));
	bh_hook_leave();
	return err ?: BH_ORIGINAL(__ia32_sys_delete_module)(regs);
}
#endif

struct bh_hook bh_unload_hooks[] = {
	BH_HOOK(__x64_sys_delete_module, "nothing: an unload waits there for who is in a check",
		hook_delete_module),
#ifdef CONFIG_IA32_EMULATION
	BH_HOOK(__ia32_sys_delete_module, "nothing: as above, 32-bit",
		hook_delete_module_32),
#endif
	{ }
};
