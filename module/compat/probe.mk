# SPDX-License-Identifier: GPL-2.0-only
# What a vendor's kernel may have from a later release than its number says: its headers
# are asked. compat.h supplies what is in neither.
declares = $(if $(shell grep -sw '$(2)' $(srctree)/include/linux/$(1)),-DBULKHEAD_HAS_$(3))

ccflags-y += $(call declares,ftrace.h,struct ftrace_regs,FTRACE_REGS) \
	     $(call declares,ns_common.h,count,NS_COUNT) \
	     $(call declares,mm.h,vm_flags_set,VM_FLAGS_SET) \
	     $(call declares,fs.h,get_file_active,GET_FILE_ACTIVE) \
	     $(call declares,fs.h,file_user_path,FILE_USER_PATH)
