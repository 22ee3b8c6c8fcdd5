# SPDX-License-Identifier: GPL-2.0-only
# Reads `objdump -dr --no-show-raw-insn` of objects with handlers. Prints each function that
# calls something after bh_hook_leave(), instead of leaving by a return or a jump: a task that
# slept there would come back into memory that is the module's no more. And each handler
# that does not count itself in, in files whose handlers do.

function look(    queue, nr, seen, i, text, enters) {
	for (i = 1; i <= n; i++) {
		if (reloc[i] !~ /bh_inflight/)
			continue
		if (insn[i] ~ /^dec/) {
			queue[++nr] = i + 1
			leaves++
			counts = 1
		} else {
			enters++
		}
	}
	if (name ~ /^hook_[a-z0-9_]*$/ && !enters)
		silent[++nr_silent] = file " " name ": does not call bh_hook_enter()"
	while (nr) {
		i = queue[nr--]
		for (; i <= n && !(i in seen); i++) {
			seen[i] = 1
			text = insn[i]
			if (reloc[i] ~ /__stack_chk_fail/)
				break
			if (text ~ /^call/) {
				print file " " name ": " text " " reloc[i]
				return
			}
			if (text ~ /^ret/ || (text ~ /^jmp/ && reloc[i] != ""))
				break
			if (text ~ /^j/ && match(text, /^j[a-z]+ +[0-9a-f]+/)) {
				sub(/^j[a-z]+ +/, "", text)
				sub(/ .*/, "", text)
				if (text in at)
					queue[++nr] = at[text]
				if (insn[i] ~ /^jmp/)
					break
			}
		}
	}
}

function flush() {
	if (n)
		look()
	delete insn
	delete reloc
	delete at
	n = 0
}

function end_file(    i) {
	flush()
	for (i = 1; counts && i <= nr_silent; i++)
		print silent[i]
	counts = nr_silent = 0
}

/file format/ { end_file(); file = $1; sub(/.*\//, "", file); sub(/:$/, "", file) }
/^[0-9a-f]+ <.*>:$/ { flush(); name = $2; gsub(/[<>:]/, "", name) }
/^ *[0-9a-f]+:\t[a-z]/ {
	n++
	split($0, part, "\t")
	gsub(/[ :]/, "", part[1])
	at[part[1]] = n
	insn[n] = part[2]
	sub(/^(notrack|bnd|cs|lock) +/, "", insn[n])
}
/R_X86_64_/ && n { reloc[n] = $NF }
END {
	end_file()
	if (!leaves)
		print "no handler leaves anywhere"
}
