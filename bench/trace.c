// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that records what a guest executes between two marks: the address of each
 * instruction, whether it locks the bus, and the address of each store.
 *
 * A mark is an instruction without effect, `nopl 0x5eedKKNN(%rax)`, where KK is MARK_ARM (record
 * from now on what marks enclose), MARK_BEGIN or MARK_END.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plugin.h"
#include "trace.h"

#define EXPORT __attribute__((visibility("default")))
#define MEM_W 2

EXPORT int qemu_plugin_version = 1;

static FILE *out;
static bool armed, tracing;
static qemu_plugin_id_t self;

static void put(uint64_t kind, uint64_t value)
{
	value = kind << 60 | (value & ((1ull << 60) - 1));
	fwrite(&value, sizeof(value), 1, out);
}

static void on_insn(unsigned int cpu, void *data)
{
	if (tracing)
		put(TRACE_INSN, (uint64_t)data);
}

static void on_locked(unsigned int cpu, void *data)
{
	if (tracing)
		put(TRACE_LOCKED, (uint64_t)data);
}

static void on_store(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
	if (tracing)
		put(TRACE_STORE, vaddr);
}

static void install(qemu_plugin_id_t id);

static void install_again(qemu_plugin_id_t id)
{
	armed = true;
	install(id);
}

static void on_mark(unsigned int cpu, void *data)
{
	uint64_t mark = (uint64_t)data;

	if (mark >> 8 == MARK_ARM) {
		if (!armed)
			qemu_plugin_reset(self, install_again);
		return;
	}
	tracing = mark >> 8 == MARK_BEGIN;
	put(TRACE_MARK, mark);
	fflush(out);
}

static bool is_mark(const uint8_t *code, size_t size)
{
	return size == 7 && !memcmp(code, "\x0f\x1f\x80", 3) && code[5] == 0xed && code[6] == 0x5e;
}

/* A prefix LOCK, or an XCHG with memory. */
static bool is_locked(const uint8_t *code, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		switch (code[i]) {
		case 0xf0:
			return true;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66:
		case 0x67: case 0xf2: case 0xf3: case 0x40 ... 0x4f:
			continue;
		case 0x86: case 0x87:
			return i + 1 < size && code[i + 1] < 0xc0;
		default:
			return false;
		}
	}
	return false;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i;

	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);

		if (is_mark(code, size)) {
			uint64_t mark = code[3] | code[4] << 8;

			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, 0, (void *)mark);
		} else if (armed) {
			void *address = (void *)qemu_plugin_insn_vaddr(insn);
			insn_cb cb = is_locked(code, size) ? on_locked : on_insn;

			qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, 0, address);
			qemu_plugin_register_vcpu_mem_cb(insn, on_store, 0, MEM_W, NULL);
		}
	}
}

static void end(qemu_plugin_id_t id, void *unused)
{
	fclose(out);
}

static void install(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, end, NULL);
}

/* The argument out= is where the record goes. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "wb");
	if (!out)
		return -1;
	self = id;
	install(id);
	return 0;
}
