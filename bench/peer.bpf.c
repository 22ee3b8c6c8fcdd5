// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a security tool in BPF does at least: from the task's namespaces to a table, in which
 * it looks for the path that is executed, mapped or mounted on. Where the kernel does not let
 * a program ask for the path, it looks for the file's name.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define KERNELS __attribute__((preserve_access_index))

struct ns_common { unsigned int inum; } KERNELS;
struct pid_namespace { struct ns_common ns; } KERNELS;
struct mnt_namespace { struct ns_common ns; } KERNELS;
struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
	struct mnt_namespace *mnt_ns;
} KERNELS;
struct task_struct { struct nsproxy *nsproxy; } KERNELS;
struct qstr { const unsigned char *name; } KERNELS;
struct dentry { struct qstr d_name; } KERNELS;
struct path { struct dentry *dentry; } KERNELS;
struct file { struct path f_path; } KERNELS;
struct linux_binprm { struct file *file; } KERNELS;

#define EACCES 13

char LICENSE[] SEC("license") = "GPL";

struct namespaces {
	__u32 pid;
	__u32 mnt;
};

struct key {
	char path[256];
};

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, struct key);
	__type(value, __u8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 256);
	__type(key, struct namespaces);
	__array(values, struct inner);
} bound SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct key);
} buffers SEC(".maps");

static __always_inline void *rules_of_task(void)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct namespaces own = {
		BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum),
		BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum),
	};

	return bpf_map_lookup_elem(&bound, &own);
}

static __always_inline struct key *buffer(__u32 number)
{
	return bpf_map_lookup_elem(&buffers, &number);
}

/* A key that is compared whole: what stands behind the string is zero. */
static __always_inline int is_allowed(void *map, const void *string)
{
	struct key *key = buffer(0);

	if (!key)
		return -EACCES;
	__builtin_memset(key, 0, sizeof(*key));
	if (bpf_probe_read_kernel_str(key->path, sizeof(key->path), string) < 0)
		return -EACCES;
	return bpf_map_lookup_elem(map, key) ? 0 : -EACCES;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(check_exec, struct linux_binprm *bprm)
{
	void *map = rules_of_task();
	struct key *path = buffer(1);

	if (!map)
		return 0;
	if (!path || bpf_d_path(&bprm->file->f_path, path->path, sizeof(path->path)) < 0)
		return -EACCES;
	return is_allowed(map, path->path);
}

SEC("lsm/mmap_file")
int BPF_PROG(check_map, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags)
{
	void *map;

	if (!file || !(prot & 4))
		return 0;
	map = rules_of_task();
	return map ? is_allowed(map, file->f_path.dentry->d_name.name) : 0;
}

SEC("lsm/sb_mount")
int BPF_PROG(check_mount, const char *name, const struct path *path, const char *type,
	     unsigned long flags, void *data)
{
	void *map = rules_of_task();

	return map ? is_allowed(map, path->dentry->d_name.name) : 0;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(check_ptrace, struct task_struct *child, unsigned int mode)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bool inside = BPF_CORE_READ(task, nsproxy, pid_ns_for_children) ==
		      BPF_CORE_READ(child, nsproxy, pid_ns_for_children);

	return !rules_of_task() || inside ? 0 : -EACCES;
}
