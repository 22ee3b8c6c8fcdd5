# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of the command share: TAP, a directory of their own, and a directory
# that stands for the module's.

cd "$(dirname "$0")" || exit 1
bulkhead=${BULKHEAD:-../bulkhead}
bulkhead=$(realpath "$bulkhead") || exit 1
policies=$(realpath ../../policies)
ran=0
failed=0
export LC_ALL=C NO_COLOR=1 TERM=dumb
export ASAN_OPTIONS=exitcode=99:detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BULKHEAD_SECURITYFS=$work/no-such-module

# report STATUS DESCRIPTION [DETAIL...]
report() {
	ran=$((ran + 1))
	if [ "$1" = 0 ]; then
		echo "ok $ran - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $ran - $2"
	shift 2
	[ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

skip() {
	ran=$((ran + 1))
	echo "ok $ran - $1 # SKIP $2"
}

# run ARGUMENT...: the command; leaves its words in $out and $err, its status in $status
run() {
	"$bulkhead" "$@" >"$work/out" 2>"$work/err"
	status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# expect DESCRIPTION STATUS OUT ERR: of the run before; OUT and ERR are patterns of grep,
# '' is silence, '*' anything
expect() {
	local wrong=0
	[ "$status" = "$2" ] || wrong=1
	says "$out" "$3" || wrong=1
	says "$err" "$4" || wrong=1
	report $wrong "$1" "exit status $status, wanted $2" "out: $out" "err: $err"
}

says() {
	case $2 in
	'') [ ! "$1" ] ;;
	'*') true ;;
	*) grep -q -e "$2" <<<"$1" ;;
	esac
}

# policy NAME LINE...: a file in $work with a policy
policy() {
	local name=$1
	shift
	{
		echo "policy $name version 1"
		[ $# = 0 ] || printf '  %s\n' "$@"
		echo end
	} >"$work/$name.policy"
}

finish() {
	echo "1..$ran"
	[ $failed = 0 ]
}
