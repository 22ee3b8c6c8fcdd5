# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Where things are. Sourced.

top=$(cd "$(dirname "$0")" && while [ ! -e Kbuild ] && [ "$PWD" != / ]; do cd ..; done && pwd)
[ -e "$top/Kbuild" ] || {
	echo "$0 is not in the tree: bulkhead's scripts find its top from where they are" >&2
	exit 1
}

# The cache may be lost at any time: what is in it is made again.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/bulkhead

# The series of the kernel that is built for and booted.
KERNEL=${KERNEL:-6.1}
export KERNEL

# Its release, such as 6.1.0-56-amd64, and its headers.
kernel_release() {
	cat "$("$top/selftests/vm/kernel")/release"
}

kernel_headers() {
	echo "$("$top/selftests/vm/kernel")/usr/src/linux-headers-$(kernel_release)"
}

# Where the host gets Debian from, without the last component.
debian_mirror() {
	local uri
	uri=$(apt-get indextargets --format '$(SITE) $(REPO_URI)' 'Created-By: Packages' |
	      sed -n 's,.* \(.*/debian\)/*$,\1,p' | head -1)
	[ "$uri" ] || {
		echo "apt knows no Debian mirror" >&2
		return 1
	}
	echo "$uri"
}
