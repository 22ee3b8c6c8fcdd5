#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every block of commands in the documents that docs/examples takes out: TAP on stdout.
# 4711 in it stands for a process in a pid namespace of its own.

files=/sys/kernel/security/bulkhead
examples=${0%/*}/examples
dir=/tmp/examples
nr=0
failed=0

if [ ! -x /usr/sbin/bulkhead ] || [ ! -d "$examples" ]; then
	echo "1..0 # SKIP no command in this machine, or no examples"
	exit 0
fi
mkdir -p $dir
cd $dir || exit 1

# The documents name policies that they do not show.
for policy in box pod; do
	printf 'policy %s version 1\nend\n' $policy >$files/load
done
unshare -p -f sleep 600 &
parent=$!
until inside=$(awk -v parent=$parent '/^Pid:/ { pid = $2 }
		/^PPid:/ && $2 == parent { print pid; found = 1 }
		END { exit !found }' /proc/[0-9]*/status 2>/dev/null); do
	sleep 0.1
done

# A block that does not end by itself must still run when it is stopped, with all its commands.
run() {
	case $1 in
	*'until stopped'*)
		setsid sh -e ./block >out 2>&1 &
		sleep 4
		kill -9 -$!
		;;
	*)
		timeout 60 sh -e ./block >out 2>&1
		;;
	esac
}

for example in "$examples"/*; do
	nr=$((nr + 1))
	mark=$(head -n 1 "$example")
	sed "s/4711/$inside/" "$example" >block
	if run "$mark"; then
		echo "ok $nr - ${mark##*: }"
	else
		failed=1
		cat block out | sed 's/^/# /'
		echo "not ok $nr - ${mark##*: }"
	fi
done
echo "1..$nr"

# Nothing is left behind for other tests. A dead namespace is bound until it is reaped.
echo end >$files/assign
kill -9 "$inside"
wait
for policy in web box pod; do
	tries=0
	until echo $policy >$files/remove 2>/dev/null || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
done
exit $failed
