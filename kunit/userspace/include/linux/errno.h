/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_ERRNO_H
#define _LINUX_ERRNO_H

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define E2BIG 7
#define ENOMEM 12
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ENAMETOOLONG 36
#define EOVERFLOW 75
#define EOPNOTSUPP 95
#define ESTALE 116
#define ENOKEY 126
#define EKEYREJECTED 129

#endif /* _LINUX_ERRNO_H */
