/* SPDX-License-Identifier: GPL-2.0-only */
/* The certificates that the module was built with, in DER, one behind the other. */
	.section .rodata
	.globl bulkhead_certs
bulkhead_certs:
	.incbin BULKHEAD_CERTS
	.globl bulkhead_certs_end
bulkhead_certs_end:
