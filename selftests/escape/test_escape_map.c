// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways round exec by mappings: rows 16 to 18 of the catalogue.
 */
#include <linux/userfaultfd.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <kselftest_harness.h>

#include "try.h"

ESCAPES()

#define MAPPED(number, how, what, object, ...)					\
	.row = number, .technique = how, .class = "map", .attack = what,	\
	.arg = (void *)(object), .with = EACCES, EVENT("class=map", __VA_ARGS__)

#define IMAGE "default map deny\nallow map path=/bin/**"
#define NO_ANONYMOUS "deny map backing=anonymous"

/* 16 and 17: what a dynamic loader does with its argument and with a library. */

struct code {
	const char *path;
	int first;
	int then;
	int flags;
};

static int map_code(int fd, const struct code *code)
{
	void *at = (void *)syscall(SYS_mmap, NULL, 4096, code->first, code->flags, fd, 0);

	if (at == MAP_FAILED)
		return errno;
	if (code->then)
		return esc_errno(syscall(SYS_mprotect, at, 4096, code->then));
	return 0;
}

static int attack_map(void *arg)
{
	const struct code *code = arg;
	int fd;

	bh_make_program(code->path);
	fd = open(code->path, O_RDWR);
	return fd < 0 ? esc_broken("open") : map_code(fd, code);
}

static int attack_map_deleted(void *arg)
{
	const struct code *code = arg;
	int fd;

	bh_make_program(code->path);
	fd = open(code->path, O_RDWR);
	if (fd < 0 || unlink(code->path))
		return esc_broken("unlink");
	return map_code(fd, code);
}

static int attack_map_memfd(void *arg)
{
	int fd = syscall(SYS_memfd_create, "library", 0);

	if (fd < 0 || ftruncate(fd, 4096))
		return esc_broken("memfd");
	return map_code(fd, arg);
}

#define RX (PROT_READ | PROT_EXEC)
#define RW (PROT_READ | PROT_WRITE)
#define CODE(...) (&(const struct code){ .path = __VA_ARGS__ })

ESCAPE(r16_loader, MAPPED(16, "ld.so PROGRAM", attack_map,
	CODE("/tmp/payload", RX, 0, MAP_PRIVATE), "path=\"/tmp/payload\""), .policy = IMAGE);
ESCAPE(r16_mprotect, MAPPED(16, "program mapped and then made executable", attack_map,
	CODE("/tmp/payload", PROT_READ, RX, MAP_PRIVATE), "path=\"/tmp/payload\""),
	.policy = IMAGE);
ESCAPE(r16_shared, MAPPED(16, "program mapped shared", attack_map,
	CODE("/tmp/payload", RX, 0, MAP_SHARED), "path=\"/tmp/payload\""), .policy = IMAGE);
ESCAPE(r17_preload, MAPPED(17, "LD_PRELOAD of a dropped library", attack_map,
	CODE("/vol/library.so", RX, 0, MAP_PRIVATE), "path=\"/vol/library.so\""),
	.policy = IMAGE);
ESCAPE(r17_memfd, MAPPED(17, "library in a memfd", attack_map_memfd,
	CODE(NULL, RX, 0, MAP_PRIVATE), "backing=memfd"), .policy = IMAGE);
ESCAPE(r17_deleted, MAPPED(17, "unlinked library", attack_map_deleted,
	CODE("/bin/library.so", RX, 0, MAP_PRIVATE), "backing=deleted"), .policy = IMAGE);

/* 18 */

struct memory {
	int first;
	int then;
	int flags;
};

static int attack_memory(void *arg)
{
	const struct memory *memory = arg;
	char *at = (char *)syscall(SYS_mmap, NULL, 4096, memory->first,
				   memory->flags | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return errno;
	if (memory->first & PROT_WRITE)
		*at = (char)0xc3;
	if (memory->then && syscall(SYS_mprotect, at, 4096, memory->then))
		return errno;
	/* The shellcode: it returns. */
	((void (*)(void))at)();
	return 0;
}

static char data[8192];

static int attack_static(void *arg)
{
	char *at = (char *)(((unsigned long)data + 4095) & ~4095UL);

	return esc_errno(syscall(SYS_mprotect, at, 4096, RX));
}

static int attack_stack(void *arg)
{
	char here;
	char *at = (char *)((unsigned long)&here & ~4095UL);

	return esc_errno(syscall(SYS_mprotect, at, 4096, RW | PROT_EXEC));
}

static int attack_copied(void *arg)
{
	char *at;
	int fd;

	bh_make_program("/bin/copied");
	fd = open("/bin/copied", O_RDONLY);
	at = (char *)syscall(SYS_mmap, NULL, 4096, RW, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return esc_broken("mmap");
	/* A page of its own: the file's no more. */
	*at = (char)0xc3;
	return esc_errno(syscall(SYS_mprotect, at, 4096, RX));
}

static size_t vdso_size(void *vdso)
{
	unsigned long from = 0, to = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && (void *)from != vdso && fgets(line, sizeof(line), maps))
		sscanf(line, "%lx-%lx", &from, &to);
	if (maps)
		fclose(maps);
	return to - from;
}

/* Memory without a file that executes from the beginning: a return is put at its end. */
static int attack_vdso(void *arg)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR), *code;
	size_t size = vdso ? vdso_size(vdso) : 0;

	if (!size)
		return esc_skip("the kernel maps no vdso");
	if (syscall(SYS_mprotect, vdso, size, RW | PROT_EXEC))
		return errno;
	code = vdso + size - 1;
	*code = (char)0xc3;
	((void (*)(void))code)();
	return 0;
}

/* A page of the file that was never written is filled in where it executes. */
static int attack_filled(void *arg)
{
	static char code[4096] __attribute__((aligned(4096))) = { (char)0xc3 };
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register page = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy = { .src = (unsigned long)code, .len = sizeof(code) };
	int fd = syscall(SYS_openat, AT_FDCWD, "/vol/hole", O_RDWR | O_CREAT, 0755), uffd;
	char *at;

	if (fd < 0 || ftruncate(fd, 4096))
		return esc_broken("hole");
	at = (char *)syscall(SYS_mmap, NULL, 4096, RX, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return esc_broken("mmap");
	uffd = syscall(SYS_userfaultfd, 0);
	if (uffd < 0)
		return errno == ENOSYS ? esc_skip("the kernel lacks userfaultfd") : errno;
	page.range = (struct uffdio_range){ (unsigned long)at, 4096 };
	copy.dst = (unsigned long)at;
	if (ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &page) ||
	    ioctl(uffd, UFFDIO_COPY, &copy))
		return errno;
	((void (*)(void))at)();
	return 0;
}

#define MEMORY(...) (&(const struct memory){ .first = __VA_ARGS__ })

ESCAPE(r18_mprotect, MAPPED(18, "memory written, then made executable", attack_memory,
	MEMORY(RW, RX, MAP_PRIVATE), "backing=anonymous"), .policy = NO_ANONYMOUS);
ESCAPE(r18_rwx, MAPPED(18, "memory writable and executable", attack_memory,
	MEMORY(RW | PROT_EXEC, 0, MAP_PRIVATE), "backing=anonymous"), .policy = NO_ANONYMOUS);
ESCAPE(r18_shared, MAPPED(18, "shared memory made executable", attack_memory,
	MEMORY(RW, RX, MAP_SHARED), "backing=anonymous"), .policy = NO_ANONYMOUS);
ESCAPE(r18_static, MAPPED(18, "a program's data made executable", attack_static, NULL,
	"class=map"), .policy = NO_ANONYMOUS);
ESCAPE(r18_stack, MAPPED(18, "the stack made executable", attack_stack, NULL,
	"backing=anonymous"), .policy = NO_ANONYMOUS);
ESCAPE(r18_copied, MAPPED(18, "a file's page changed, then made executable", attack_copied,
	NULL, "class=map"), .policy = NO_ANONYMOUS);
ESCAPE(r18_vdso, MAPPED(18, "the vdso made writable", attack_vdso, NULL, "backing=anonymous"),
	.policy = NO_ANONYMOUS);
ESCAPE(r18_filled, MAPPED(18, "executable memory filled in by userfaultfd", attack_filled, NULL,
	"backing=anonymous"), .policy = NO_ANONYMOUS);

TEST_HARNESS_MAIN
