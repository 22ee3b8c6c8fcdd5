#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The command bulkhead with the module: TAP on stdout. What it does without a module is
# shown by tools/tests.

dir=/tmp/command
ran=0
failed=0
mkdir -p $dir
cd $dir || exit 1

if [ ! -x /usr/sbin/bulkhead ]; then
	echo "1..0 # SKIP no command in this machine"
	exit 0
fi

# report STATUS DESCRIPTION [DETAIL...]
report() {
	ran=$((ran + 1))
	if [ "$1" = 0 ]; then
		echo "ok $ran - $2"
		return
	fi
	failed=1
	echo "not ok $ran - $2"
	shift 2
	printf '%s\n' "$@" | sed 's/^/# /'
}

# run STATUS PATTERN DESCRIPTION ARGUMENT...: the command; PATTERN is in what it says
run() {
	wanted=$1 pattern=$2 description=$3
	shift 3
	said=$(bulkhead "$@" 2>&1)
	got=$?
	[ $got = "$wanted" ] && { [ ! "$pattern" ] || echo "$said" | grep -q -e "$pattern"; }
	report $? "$description" "exit status $got, wanted $wanted" "$said"
}

# policy VERSION LINE...
policy() {
	echo "policy command version $1"
	shift
	printf '  %s\n' "$@"
	echo end
}

# A shell that is pid 1 of its own namespace, and does what is written to descriptor 3.
begin() {
	rm -f $dir/orders
	mkfifo $dir/orders
	unshare -p -f sh <$dir/orders >$dir/log 2>&1 &
	exec 3>$dir/orders
	sleep 1
	inside=$(awk -v parent=$! '/^Pid:/ { pid = $2 } /^PPid:/ && $2 == parent { print pid }' \
		/proc/[0-9]*/status 2>/dev/null)
}

# inside COMMAND: its output and status
inside() {
	rm -f $dir/done
	echo "{ $1; } >$dir/out 2>&1; echo \$? >$dir/status; : >$dir/done" >&3
	tries=0
	until [ -e $dir/done ] || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	cat $dir/out
	return "$(cat $dir/status)"
}

loading() {
	policy 3 'default ptrace deny' 'allow ptrace peer=inside' >a.policy
	policy 2 'default mount deny' >old.policy
	policy 9 'default mount deny' >new.policy
	printf 'policy command version 4\n  allow exec nonsense=x\nend\n' >bad.policy
	run 0 '^ok command 3$' "load" load a.policy
	run 0 '^ok command 3$' "load the same again" load a.policy
	run 1 '^old.policy:1:24: error: .*version' "an old version has its place" load old.policy
	run 1 '^bulkhead: give it a higher version, or load it with --bump$' "... and a way out" load old.policy
	run 1 '^bad.policy:2:14: error: ' "a mistake has its place" load bad.policy
	run 0 '^ok command 4$' "load --bump" load --bump old.policy
	run 0 '^ok command 4$' "load --bump of the same" load --bump old.policy
	[ "$(bulkhead load --bump a.policy new.policy a.policy 2>&1 | grep -c '^ok')" = 3 ]
	report $? "several files"
}

binding() {
	cp /bin/busybox $dir/true
	policy 20 'mode enforce' 'default exec allow' 'default mount deny' \
		"deny exec path=$dir/true" >c.policy
	run 0 '^ok' "load a policy for a container" load c.policy
	begin
	run 0 "^pid:.* [0-9]* *$inside sh " "what is not bound is shown" status --unconfined
	run 1 'not loaded' "bind to what is not loaded" bind nosuch "$inside"
	run 1 "host's pid namespace" "bind of the host" bind command $$
	inside "$dir/true"
	report $? "the program runs" "$(cat $dir/out)"
	if bulkhead bind --label 'of the test' command "$inside" 2>/dev/null; then
		run 0 'of the test' "status shows the label" status
	fi
	run 0 '' "bind" bind command "$inside"
	run 0 "^  pid:.* command .* yes .* bind .*[1-9]" "status shows the binding" status
	said=$(bulkhead status --unconfined)
	! echo "$said" | grep -q " $inside sh "
	report $? "what is bound is not shown as unconfined" "$said"
	! inside "$dir/true"
	report $? "the program does not run any more"
	run 1 'in use' "a policy in use is not removed" remove command
}

watching() {
	run 0 "deny exec $dir/true" "events shows the denial" events --policy command --class exec
	seq=$(bulkhead events --raw --policy command --class exec | tail -n 1 | sed 's/^seq=\([0-9]*\) .*/\1/')
	run 0 "line 5: deny exec path=$dir/true" "explain names the rule" explain --seq "$seq"
	bulkhead events --raw --class exec --policy command | tail -n 1 >event
	run 0 '' "explain agrees with the kernel" explain --check --file event
	run 0 '"rule":5' "events as JSON" events --json --policy command --class exec
	run 0 "^  allow\|no rule\|still refuses" "learn from the ring" learn --policy command -g 0
	run 1 '^deny$' "try agrees" try c.policy exec path=$dir/true
	run 0 'bulkhead_policy_denials_total{policy="command"} [1-9]' "metrics count it" metrics
	run 0 '"policy": "command"' "status as JSON" status --json
}

# Whoever is confined is told so, and changes nothing.
from_inside() {
	mkdir -p $dir/own
	printf 'policy own version 1\nend\n' >$dir/own/own.policy
	for command in "load $dir/own/own.policy" "load --bump $dir/a.policy" "sync $dir/own" \
		"remove command" "bind command 1"; do
		inside "bulkhead $command"
		[ $? = 1 ] && grep -q '^bulkhead: .*not permitted\|error: .*not permitted' $dir/out
		report $? "a confined caller is refused: $command" "$(cat $dir/out)"
	done
	inside "bulkhead unbind $$"
	[ $? != 0 ] && grep -q '^bulkhead: ' $dir/out
	report $? "... and unbinds nothing" "$(cat $dir/out)"
	[ ! -e /sys/kernel/security/bulkhead/policies/own ]
	report $? "... and has changed nothing"
	# What he may see, he does; where he may not, he is told.
	for command in status "status --unconfined" events metrics "learn --policy command" "explain --seq $seq"; do
		inside "bulkhead $command" >/dev/null
		got=$?
		[ $got = 0 ] || { [ $got -le 2 ] && grep -q '^bulkhead: ' $dir/out; }
		report $? "from inside: $command" "$got" "$(cat $dir/out)"
	done
}

ending() {
	run 0 '' "unbind" unbind "$inside"
	run 1 'not bound' "unbind once more" unbind "$inside"
	inside "$dir/true"
	report $? "the program runs again" "$(cat $dir/out)"
	run 0 '' "bind by a namespace's file" bind command "/proc/$inside/ns/pid"
	exec 3>&-
	sleep 1
	run 0 '' "remove when the container has ended" remove command
	run 1 'not loaded' "remove once more" remove command
}

# Containers that die while they are bound: done, or a sentence, and nothing is left of them.
dying() {
	wrong=0
	policy 40 'default mount deny' >d.policy
	bulkhead load d.policy >/dev/null
	for delay in 0 0.01 0.02 0.03 0.05 0.08 0.1 0.15; do
		unshare -p -f sleep 20 &
		maker=$!
		sleep 0.3
		init=$(awk -v parent=$maker '/^Pid:/ { pid = $2 }
			/^PPid:/ && $2 == parent { print pid }' /proc/[0-9]*/status 2>/dev/null)
		{ sleep $delay; kill -9 "$init"; } 2>/dev/null &
		bulkhead bind command "$init" >said 2>&1
		got=$?
		[ $got = 0 ] || { [ $got = 1 ] && grep -q '^bulkhead: ' said; } ||
			{ wrong=1; echo "# $delay: $got $(cat said)"; }
		wait
	done
	report $wrong "a container that dies in the middle of bind"
	tries=0
	while grep -q 'policy=command ' /sys/kernel/security/bulkhead/bindings && [ $tries -lt 50 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	run 0 '' "... leaves no binding behind" remove command
}

# All is looked at before anything is written; two at once come to the same.
syncing() {
	mkdir -p $dir/sync
	policy 50 'default mount deny' >sync/a.policy
	printf 'policy=command ns=pid cgroup=/none/*\npolicy=other ns=pid cgroup=/none\nend\n' >sync/assign
	run 1 'sync/assign:2:1: error: policy "other" is neither here nor loaded' \
		"sync of a table that names what is nowhere" sync sync
	run 1 'not loaded' "... has loaded nothing" remove command
	printf 'policy=command ns=pid cgroup=/none/*\nend\n' >sync/assign
	bulkhead sync sync >one 2>&1 &
	other=$!
	bulkhead sync sync >two 2>&1
	[ $? = 0 ] && wait $other && [ "$(cat one two | grep -c '^loading: command version 50$')" = 1 ] &&
		[ "$(cat one two | grep -c '^replacing: the assignment table$')" = 1 ]
	report $? "two at once make one change" "$(cat one)" "$(cat two)"
	run 1 'in use' "what the table names is not removed" remove command
	echo end >sync/assign
	run 0 '^replacing: the assignment table$' "an empty table takes its place" sync sync
	run 0 '' "... and the policy may go" remove command
}

loading
binding
watching
from_inside
ending
dying
syncing
echo "1..$ran"
exit $failed
