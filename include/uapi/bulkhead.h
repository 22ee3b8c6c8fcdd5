/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Names that the module and userspace share.
 */
#ifndef _UAPI_BULKHEAD_H
#define _UAPI_BULKHEAD_H

/* The module's, the tools' and the packages'. */
#define BULKHEAD_VERSION	"0.2"

/* Counts up when the meaning of an existing word or file changes. */
#define BULKHEAD_ABI		1

#define BULKHEAD_DIR		"/sys/kernel/security/bulkhead"

/* Longest policy name, without a terminator; its letters are A-Z a-z 0-9 . _ - */
#define BULKHEAD_NAME_MAX	64

/* The OCI annotation that names a container's policy. */
#define BULKHEAD_ANNOTATION	"bulkhead.policy"

#endif /* _UAPI_BULKHEAD_H */
