/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BPF program that stands before a kernel function and answers in its place.
 */
#ifndef BULKHEAD_SELFTESTS_BPF_H
#define BULKHEAD_SELFTESTS_BPF_H

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BPF_TYPES "/sys/kernel/btf/vmlinux"

/* How many bytes follow a type in the list of types. */
static inline size_t bpf_type_more(const struct btf_type *type)
{
	size_t nr = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case 17: /* a tag of a declaration */
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case 19: /* an enumeration of 64 bits */
		return nr * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return nr * 8;
	default:
		return 0;
	}
}

static inline int bpf_find(const char *types, const char *function)
{
	const struct btf_header *header = (const void *)types;
	const char *begin = types + header->hdr_len, *strings = begin + header->str_off;
	const char *at = begin + header->type_off, *end = at + header->type_len;
	const struct btf_type *type;
	int id;

	for (id = 1; at < end; id++) {
		type = (const void *)at;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    !strcmp(strings + type->name_off, function))
			return id;
		at += sizeof(*type) + bpf_type_more(type);
	}
	return -ENOENT;
}

/* The number of a function's type in the kernel's list, or a negative errno. */
static inline int bpf_function(const char *function)
{
	int fd = open(BPF_TYPES, O_RDONLY | O_CLOEXEC), id = -EIO;
	struct stat stat;
	size_t len = 0;
	ssize_t got = 1;
	char *types;

	if (fd < 0 || fstat(fd, &stat))
		return -errno;
	types = malloc(stat.st_size);
	while (types && got > 0 && len < (size_t)stat.st_size) {
		got = read(fd, types + len, stat.st_size - len);
		len += got > 0 ? got : 0;
	}
	if (types && len > sizeof(struct btf_header))
		id = bpf_find(types, function);
	free(types);
	close(fd);
	return id;
}

/* Lets a function say -EPERM as long as the descriptor that is returned is open. */
static inline int bpf_refuse(const char *function)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -EPERM },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr program = {
		.prog_type = BPF_PROG_TYPE_TRACING,
		.expected_attach_type = BPF_MODIFY_RETURN,
		.insns = (unsigned long)code,
		.insn_cnt = sizeof(code) / sizeof(*code),
		.license = (unsigned long)"GPL",
	};
	union bpf_attr link = { };
	int id = bpf_function(function), fd;

	if (id < 0)
		return id;
	program.attach_btf_id = id;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof(program));
	if (fd < 0)
		return -errno;
	link.raw_tracepoint.prog_fd = fd;
	id = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &link, sizeof(link));
	if (id < 0)
		id = -errno;
	close(fd);
	return id;
}

#endif /* BULKHEAD_SELFTESTS_BPF_H */
