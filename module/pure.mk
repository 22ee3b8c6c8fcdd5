# SPDX-License-Identifier: GPL-2.0-only
# The module's pure sources, bottom up: free of kernel state, so that the module, the
# KUnit suites, the fuzzers and the command bulkhead are built from the same files.
BULKHEAD_PURE := vec pack pattern trie nfa dfa match digest_set policy hint never work index line rule block \
		 parse decide memo escape event_line assign_table cms
