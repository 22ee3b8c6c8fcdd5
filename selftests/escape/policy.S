/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy that is shipped, as it is shipped. */
	.section .rodata
	.globl container_default, container_default_end
container_default:
	.incbin "../policies/container-default.policy"
container_default_end:
	.byte 0
	.section .note.GNU-stack, "", @progbits
