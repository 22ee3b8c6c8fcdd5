// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulkhead.h"
#include "program.h"

#define BASE 0x10000000
#define BASE_BSS 0x30000000	/* of programs with a bss */
#define BSS (BASE_BSS + 0x100000)

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment[2];
	unsigned char code[28];
	char interpreter[256];
};

static const struct image program = {
	.header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = BASE + offsetof(struct image, code),
		.e_phoff = offsetof(struct image, segment),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	},
	.segment = {
		{
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			.p_vaddr = BASE, .p_paddr = BASE,
			.p_filesz = sizeof(program), .p_memsz = sizeof(program),
			.p_align = 4096,
		},
	},
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void write_program(const char *path, const void *image, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, image, size) != (ssize_t)size || fchmod(fd, 0755) || close(fd))
		fail(path);
}

void bh_make_elf(const char *path, int code, const char *interpreter)
{
	/* mov $code,%edi; mov $60,%eax; syscall */
	const unsigned char exits[] = { 0xbf, code, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
	const Elf64_Phdr segment = {
		.p_type = PT_INTERP, .p_flags = PF_R,
		.p_offset = offsetof(struct image, interpreter),
		.p_filesz = interpreter ? strlen(interpreter) + 1 : 0,
	};
	struct image image = program;

	memcpy(image.code, exits, sizeof(exits));
	if (interpreter) {
		image.header.e_phnum = 2;
		image.segment[1] = segment;
		strcpy(image.interpreter, interpreter);
	}
	write_program(path, &image, sizeof(image));
}

void bh_make_bss_program(const char *path, unsigned int flags, unsigned int content)
{
	/*
	 * movb $0xc3,BSS+4096; mov $BSS+4096,%eax; call *%rax; xor %edi,%edi; mov $60,%eax;
	 * syscall
	 */
	static const unsigned char calls[] = {
		0xc6, 0x04, 0x25, 0x00, 0x10, 0x10, 0x30, 0xc3, 0xb8, 0x00, 0x10, 0x10, 0x30,
		0xff, 0xd0, 0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05,
	};
	const Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_flags = flags, .p_vaddr = BSS, .p_paddr = BSS,
		.p_filesz = content, .p_memsz = 8192, .p_align = 4096,
	};
	struct image image = program;

	memcpy(image.code, calls, sizeof(calls));
	image.header.e_entry = BASE_BSS + offsetof(struct image, code);
	image.header.e_phnum = 2;
	image.segment[0].p_vaddr = BASE_BSS;
	image.segment[0].p_paddr = BASE_BSS;
	image.segment[1] = segment;
	write_program(path, &image, sizeof(image));
}

void bh_make_program_on_stack(const char *path)
{
	const Elf64_Phdr stack = { .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X };
	struct image image = program;

	image.header.e_entry = BH_ON_STACK;
	image.header.e_phnum = 2;
	image.segment[0].p_flags = PF_R | PF_W;
	image.segment[0].p_filesz = 0;
	image.segment[1] = stack;
	write_program(path, &image, sizeof(image));
}

void bh_make_loader(const char *path)
{
	off_t at = sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_flags);
	char flags = PF_R | PF_W | PF_X;
	int fd;

	bh_make_program(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &flags, 1, at) != 1 || close(fd))
		fail(path);
}

void bh_make_stack_program(const char *path)
{
	const off_t at = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	const Elf64_Phdr stack = { .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X };
	int fd;

	bh_make_elf(path, 0, "/");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &stack, sizeof(stack), at) != sizeof(stack) || close(fd))
		fail(path);
}

struct image_32 {
	Elf32_Ehdr header;
	Elf32_Phdr segment[3];
	unsigned char code[24];
};

/* Its segments beside the first are listed, and count if e_phnum says so. */
static const struct image_32 program_32 = {
	.header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_386,
		.e_version = EV_CURRENT,
		.e_entry = BASE_BSS + offsetof(struct image_32, code),
		.e_phoff = offsetof(struct image_32, segment),
		.e_ehsize = sizeof(Elf32_Ehdr),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 1,
	},
	.segment = {
		{
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			.p_vaddr = BASE_BSS, .p_paddr = BASE_BSS,
			.p_filesz = sizeof(program_32), .p_memsz = sizeof(program_32),
			.p_align = 4096,
		},
		{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
		{
			.p_type = PT_LOAD, .p_vaddr = BSS, .p_paddr = BSS,
			.p_memsz = 8192, .p_align = 4096,
		},
	},
};

void bh_make_program_32(const char *path, int stack)
{
	/* xor %ebx,%ebx; xor %eax,%eax; inc %eax; int $0x80 */
	static const unsigned char exits[] = { 0x31, 0xdb, 0x31, 0xc0, 0x40, 0xcd, 0x80 };
	struct image_32 image = program_32;

	memcpy(image.code, exits, sizeof(exits));
	image.header.e_phnum = stack ? 2 : 1;
	write_program(path, &image, sizeof(image));
}

void bh_make_bss_program_32(const char *path, unsigned int flags, unsigned int content)
{
	/*
	 * movb $0xc3,BSS+4096; mov $BSS+4096,%eax; call *%eax; xor %ebx,%ebx; xor %eax,%eax;
	 * inc %eax; int $0x80
	 */
	static const unsigned char calls[] = {
		0xc6, 0x05, 0x00, 0x10, 0x10, 0x30, 0xc3, 0xb8, 0x00, 0x10, 0x10, 0x30,
		0xff, 0xd0, 0x31, 0xdb, 0x31, 0xc0, 0x40, 0xcd, 0x80,
	};
	struct image_32 image = program_32;

	memcpy(image.code, calls, sizeof(calls));
	image.header.e_phnum = 3;
	image.segment[2].p_flags = flags;
	image.segment[2].p_filesz = content;
	write_program(path, &image, sizeof(image));
}

void bh_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	struct stat st;

	if (in < 0 || fstat(in, &st))
		fail(from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	if (out < 0 || sendfile(out, in, NULL, st.st_size) != st.st_size ||
	    fchmod(out, st.st_mode) || close(out))
		fail(to);
	close(in);
}

struct piece {
	unsigned long from;
	unsigned long to;
	unsigned long inode;
	char mode[5];
};

static bool read_piece(FILE *maps, struct piece *piece)
{
	char line[512];

	return fgets(line, sizeof(line), maps) &&
	       sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu", &piece->from, &piece->to, piece->mode,
		      &piece->inode) == 4;
}

static int leave_piece(const struct piece *piece)
{
	size_t size = piece->to - piece->from;
	int prot = PROT_READ | (piece->mode[1] == 'w' ? PROT_WRITE : 0) |
		   (piece->mode[2] == 'x' ? PROT_EXEC : 0);
	void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return errno;
	memcpy(copy, (void *)piece->from, size);
	return mprotect(copy, size, prot) ||
	       mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, piece->from) == MAP_FAILED ?
	       errno : 0;
}

/* A program's file is what its memory begins with. */
int bh_leave_file(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	struct piece pieces[16];
	int nr = 0, err = 0, i;

	if (!maps)
		return errno;
	while (nr < 16 && read_piece(maps, &pieces[nr]))
		nr++;
	fclose(maps);
	for (i = 0; i < nr && !err; i++)
		if (pieces[0].inode && pieces[i].inode == pieces[0].inode)
			err = leave_piece(&pieces[i]);
	return err;
}

/* Strings in static memory, since pointers have 32 bits there. */
static char words[3][256];

static uint32_t low(int i, const char *word)
{
	if (!word)
		return 0;
	snprintf(words[i], sizeof(words[i]), "%s", word);
	return (uintptr_t)words[i];
}

static int syscall_32(long nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (0)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret < 0 ? -ret : 0;
}

int bh_mount_32(const char *source, const char *target, const char *type, unsigned long flags)
{
	return syscall_32(21, low(0, source), low(1, target), low(2, type), flags);
}
