# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Where things are. Sourced.

top=$(cd "$(dirname "$0")" && while [ ! -e Kbuild ]; do cd ..; done && pwd)

# The cache may be lost at any time: what is in it is made again.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/bulkhead

# The kernel that the headers are for, such as 6.1.0-56-amd64.
kernel_release() {
	dpkg-query -W -f '${Depends}' linux-headers-amd64 |
		sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p'
}
