# SPDX-License-Identifier: GPL-2.0-only
# What a vendor's kernel may have from a later release than its number says: its headers
# are asked, and what it exports. compat.h supplies what is in neither.
comma := ,
exports = $(if $(shell grep -sw '$(1)' $(objtree)/Module.symvers),-DBULKHEAD_HAS_$(2))
declares = $(if $(shell grep -sw '$(2)' $(addprefix $(srctree)/include/linux/,$(1))),-DBULKHEAD_HAS_$(3))

ccflags-y += $(call exports,ftrace_free_filter,FREE_FILTER) \
	     $(call exports,fsverity_get_digest,VERITY_DIGEST) \
	     $(call declares,fs.h,struct delegated_inode,DELEGATED_INODE) \
	     $(call declares,ftrace.h,struct ftrace_regs,FTRACE_REGS) \
	     $(call declares,ns_common.h,count,NS_COUNT) \
	     $(call declares,mm.h,vm_flags_set,VM_FLAGS_SET) \
	     $(call declares,fs.h,get_file_active,GET_FILE_ACTIVE) \
	     $(call declares,fs.h,file_user_path,FILE_USER_PATH) \
	     $(call declares,fs.h,exe_file_allow_write_access,EXE_FILE_WRITE) \
	     $(call declares,binfmts.h,bprm_open_interpreter,BPRM_INTERPRETER) \
	     $(call declares,fs_struct.h,seqlock_t seq,FS_SEQLOCK) \
	     $(call declares,dcache.h,D_REAL_METADATA,REAL_METADATA) \
	     $(call declares,dcache.h,d_alloc_parallel.struct dentry .$(comma) const struct qstr ..;,LOOKUP_ALONE) \
	     $(call declares,fs.h,simple_inode_init_ts,INODE_INIT_TS) \
	     $(call declares,mm.h,replace_mm_exe_file,REPLACE_EXE) \
	     $(call declares,mm.h,__access_remote_vm,INNER_REMOTE) \
	     $(call declares,mm.h,__access_remote_vm.struct task_struct,REMOTE_TASK) \
	     $(call declares,binfmts.h,is_check,EXEC_CHECK) \
	     $(call declares,security.h,linux_binprm .bprm$(comma) const struct file,CONST_CREDS_FILE) \
	     $(call declares,mm.h,vm_flags_t vm_flags$(comma) unsigned long pgoff$(comma) unsigned long .populate,MMAP_VM_FLAGS) \
	     $(call declares,mm.h,vma_flags_t vma_flags$(comma) unsigned long pgoff$(comma) unsigned long .populate,MMAP_VMA_FLAGS) \
	     $(call declares,mm.h,vm_brk_flags.unsigned long addr$(comma) unsigned long request$(comma) bool,BRK_IS_EXEC) \
	     $(call declares,module.h,struct module_use,MODULE_USE) \
	     $(call declares,folio_batch.h,struct folio_batch,FOLIO_BATCH) \
	     $(call declares,ns_common.h,__ns_ref_read,NS_REF) \
	     $(call declares,ns_common.h ns/ns_common_types.h,ns_type,NS_TYPE) \
	     $(call declares,ns_common.h ns/ns_common_types.h ns/nstree_types.h,u64 ns_id,NS_ID) \
	     $(call declares,sched/exec_state.h,struct task_exec_state,EXEC_STATE)
