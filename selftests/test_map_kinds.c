// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map: every kind of memory, made executable in every order. All of it is tried without a
 * policy, where each succeeds, and under one that allows one file's content and no other
 * memory, where only that file's own content may execute. So are programs that get their
 * memory of execve.
 */
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <kselftest_harness.h>

#include "program.h"
#include "trial.h"

#define TOP "/tmp/k"
#define LIB TOP "/lib"
#define OTHER TOP "/other"
#define PAGE 4096
#define HUGE_PAGE (2 << 20)

#define ONLY_LIB "default map deny\nallow map path=" LIB "\n"

#define R PROT_READ
#define W PROT_WRITE
#define X PROT_EXEC

FIXTURE(kinds) {};

FIXTURE_SETUP(kinds)
{
	ASSERT_EQ(0, bh_scratch(TOP));
	bh_make_program(LIB);
	bh_make_program(OTHER);
	ASSERT_EQ(0, truncate(LIB, PAGE));
	ASSERT_EQ(0, truncate(OTHER, PAGE));
}

FIXTURE_TEARDOWN(kinds)
{
}

/* Kinds of memory */

static void *map_anonymous(int prot)
{
	return mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void *map_anonymous_shared(int prot)
{
	return mmap(NULL, PAGE, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void *map_stack(int prot)
{
	return mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
}

static void *map_file(const char *path, int prot, int flags)
{
	return mmap(NULL, PAGE, prot, flags, open(path, O_RDWR), 0);
}

static void *map_zero(int prot)
{
	return map_file("/dev/zero", prot, MAP_PRIVATE);
}

static void *map_zero_shared(int prot)
{
	return map_file("/dev/zero", prot, MAP_SHARED);
}

static void *map_other(int prot)
{
	return map_file(OTHER, prot, MAP_PRIVATE);
}

static void *map_other_shared(int prot)
{
	return map_file(OTHER, prot, MAP_SHARED);
}

static void *map_lib(int prot)
{
	return map_file(LIB, prot, MAP_PRIVATE);
}

static void *map_lib_shared(int prot)
{
	return map_file(LIB, prot, MAP_SHARED);
}

static void *map_memfd(int prot)
{
	int fd = memfd_create("x", 0);

	return ftruncate(fd, PAGE) ? MAP_FAILED : mmap(NULL, PAGE, prot, MAP_PRIVATE, fd, 0);
}

static void *map_deleted(int prot)
{
	int fd = open(TOP, O_TMPFILE | O_RDWR, 0700);

	return ftruncate(fd, PAGE) ? MAP_FAILED : mmap(NULL, PAGE, prot, MAP_PRIVATE, fd, 0);
}

static void *map_segment(int prot)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0700);
	void *at = shmat(id, NULL, prot & X ? SHM_EXEC : 0);

	shmctl(id, IPC_RMID, NULL);
	return at;
}

static void *map_huge(int prot)
{
	return mmap(NULL, HUGE_PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
}

static void *map_heap(int prot)
{
	char *heap = sbrk(3 * PAGE);
	char *at = (char *)(((unsigned long)heap + PAGE - 1) & -PAGE);

	return mprotect(at, PAGE, prot) ? MAP_FAILED : at;
}

/* What the kernel maps into each program, which executes from the beginning. */
static size_t vdso_size(void)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR), from = 0, to = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (from != vdso && fgets(line, sizeof(line), maps))
		sscanf(line, "%lx-%lx", &from, &to);
	fclose(maps);
	return to - from;
}

/* It cannot be split. */
static void *map_vdso(int prot)
{
	void *at = (void *)getauxval(AT_SYSINFO_EHDR);

	return mprotect(at, vdso_size(), prot) ? MAP_FAILED : at;
}

#define KIND(what, how, ...) { .name = what, .map = how, ##__VA_ARGS__ }

static const struct kind {
	const char *name;
	void *(*map)(int prot);
	size_t size;
	bool is_lib;
	bool shared;
} kinds[] = {
	KIND("anonymous", map_anonymous),
	KIND("anonymous, shared", map_anonymous_shared),
	KIND("a stack", map_stack),
	KIND("/dev/zero", map_zero),
	KIND("/dev/zero, shared", map_zero_shared),
	KIND("a file", map_other),
	KIND("a file, shared", map_other_shared),
	KIND("the file", map_lib, .is_lib = true),
	KIND("the file, shared", map_lib_shared, .is_lib = true, .shared = true),
	KIND("a memfd", map_memfd),
	KIND("a deleted file", map_deleted),
	KIND("a segment", map_segment),
	KIND("huge pages", map_huge, .size = HUGE_PAGE),
	KIND("the heap", map_heap),
	KIND("the vdso", map_vdso),
};

/* Orders of events */

#define WRITE	0x100	/* a byte is written */
#define MOVE	0x200	/* to another address */
#define IMPLY	0x400	/* reading means executing from here on */
#define PKEY	0x800	/* by pkey_mprotect */
#define REMAP	0x1000	/* by remap_file_pages */

static const struct order {
	const char *name;
	int steps[5];	/* the protection of mmap, then what follows, up to 0 */
} orders[] = {
	{ "executable at once", { R | X } },
	{ "only executable", { X } },
	{ "all at once", { R | W | X } },
	{ "read, then executed", { R, R | X } },
	{ "read, then all", { R, R | W | X } },
	{ "executable, then all", { R | X, R | W | X } },
	{ "executable, then written, then executed", { R | X, R | W, WRITE, R | X } },
	{ "written, then executed", { R | W, WRITE, R | X } },
	{ "writable, then executed", { R | W, R | X } },
	{ "written, then read, then executed", { R | W, WRITE, R, R | X } },
	{ "written, then all", { R | W, WRITE, R | W | X } },
	{ "written, then moved, then executed", { R | W, WRITE, MOVE, R | X } },
	{ "executable, then moved", { R | X, MOVE } },
	{ "with a key", { R | W, WRITE, PKEY | R | X } },
	{ "reading implies it", { IMPLY | R } },
	{ "writing implies it", { IMPLY | R | W } },
	{ "read, then it is implied", { R, IMPLY | R } },
	{ "mapped anew", { R | W, IMPLY | REMAP } },
};

static size_t size_of(const struct kind *kind)
{
	return kind->map == map_vdso ? vdso_size() : kind->size ?: PAGE;
}

static void *move(void *at, size_t size)
{
	void *to = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

static int step(char **at, size_t size, int what)
{
	if (what & IMPLY && personality(READ_IMPLIES_EXEC) < 0)
		return errno;
	if (what & WRITE) {
		**at = (char)0xc3;
		return 0;
	}
	if (what & MOVE) {
		*at = move(*at, size);
		return *at == MAP_FAILED ? errno : 0;
	}
	if (what & REMAP)
		return remap_file_pages(*at, size, 0, 0, 0) ? errno : 0;
	if (what & PKEY)
		return syscall(SYS_pkey_mprotect, *at, size, what & 7, -1) ? errno : 0;
	return mprotect(*at, size, what & 7) ? errno : 0;
}

/* Does the memory execute in the end? 0 or an errno. */
static int make(const struct kind *kind, const struct order *order)
{
	int first = order->steps[0], i, err = 0;
	/* While the vdso is where the program was told that it is. */
	size_t size = size_of(kind);
	char *at;

	if (first & IMPLY && personality(READ_IMPLIES_EXEC) < 0)
		return errno;
	at = kind->map(first & 7);
	if (at == MAP_FAILED)
		return errno;
	for (i = 1; i < 5 && order->steps[i] && !err; i++)
		err = step(&at, size, order->steps[i]);
	return err;
}

/* The lines of the maps that execute and are not the program's own or what is allowed. */
static int count_strays(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], modes[5];
	int strays = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%*s %4s", modes) != 1 || modes[2] != 'x')
			continue;
		if (strstr(line, "[vsyscall]"))
			continue;
		if (modes[1] == 'w' ? strstr(line, LIB) && modes[3] == 's' :
		    strstr(line, LIB) || strstr(line, "[vdso]") || strstr(line, "test_map_kinds"))
			continue;
		strays++;
	}
	return maps ? strays : 100;
}

/* Only the file's own content may execute. */
static bool is_allowed(const struct kind *kind, const struct order *order)
{
	bool dirty = false;
	int i;

	/* It executes already, unless that was taken from it. */
	if (kind->map == map_vdso)
		return order->steps[0] & (X | IMPLY) && !(order->steps[0] & W) &&
		       !(order->steps[1] & W);
	if (!kind->is_lib)
		return false;
	for (i = 0; i < 5; i++) {
		dirty = dirty || order->steps[i] & WRITE ||
			(order->steps[i] & W && order->steps[i] & (X | IMPLY));
	}
	return kind->shared || !dirty;
}

/* Where reading implies executing, a heap cannot grow, and brk knows no other error. */
static int expected(const struct kind *kind, const struct order *order)
{
	if (is_allowed(kind, order))
		return 0;
	return kind->map == map_heap && order->steps[0] & IMPLY ? ENOMEM : EACCES;
}

/* What does not apply, so that nothing is learnt. */
static bool is_moot(const struct kind *kind, const struct order *order, int err)
{
	/* Only what is shared and a file's can be mapped anew; 5.10 moves no huge pages. */
	if (err == EINVAL && (order->steps[1] & REMAP || kind->map == map_huge))
		return true;
	/* What returns from the kernel needs the vdso; no huge page may be left. */
	return err == 1000 + SIGSEGV || (kind->map == map_huge && err == ENOMEM);
}

#define KINDS ARRAY_SIZE(kinds)
#define ORDERS ARRAY_SIZE(orders)

static int make_one(const struct kind *kind, const struct order *order, int *strays)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int err = make(kind, order);

		*strays = count_strays();
		_exit(err);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* All of it, by one process and its children; results go to shared memory. */
static int make_all(void *arg)
{
	int (*results)[2] = arg;
	size_t k, o;

	for (k = 0; k < KINDS; k++)
		for (o = 0; o < ORDERS; o++, results++)
			(*results)[0] = make_one(&kinds[k], &orders[o], &(*results)[1]);
	return 0;
}

static int *results_of(int *page, size_t k, size_t o)
{
	return page + 2 * (k * ORDERS + o);
}

static void keep_huge_pages(const char *number)
{
	int fd = open("/proc/sys/vm/nr_hugepages", O_WRONLY);

	if (fd >= 0 && write(fd, number, strlen(number)) < 0)
		perror("huge pages");
	close(fd);
}

TEST_F(kinds, all)
{
	int *without = bh_shared(), *with = bh_shared();
	struct bh_env env = { .policy = BH_TRIAL };
	struct bh_env none = { };
	size_t k, o;

	ASSERT_GT(4096UL, 2 * KINDS * ORDERS * sizeof(int));
	keep_huge_pages("4");
	ASSERT_EQ(0, bh_policy(BH_TRIAL, ONLY_LIB));
	ASSERT_EQ(0, bh_run(&none, make_all, without));
	ASSERT_EQ(0, bh_run(&env, make_all, with));
	keep_huge_pages("0");
	for (k = 0; k < KINDS; k++) {
		for (o = 0; o < ORDERS; o++) {
			int *before = results_of(without, k, o), *after = results_of(with, k, o);

			if (is_moot(&kinds[k], &orders[o], before[0]))
				continue;
			EXPECT_EQ(0, before[0])
				TH_LOG("without a policy: %s: %s", kinds[k].name, orders[o].name);
			EXPECT_EQ(expected(&kinds[k], &orders[o]), after[0])
				TH_LOG("with a policy: %s: %s", kinds[k].name, orders[o].name);
			EXPECT_EQ(0, after[1])
				TH_LOG("executes all the same: %s: %s", kinds[k].name,
				       orders[o].name);
		}
	}
}

/* Memory of a device */

#define MEM "/dev/mem"
/* That of the firmware, which may be looked at. */
#define ROM 0xf0000

static int map_device(int prot, int flags, int then)
{
	int fd = open(MEM, O_RDONLY | O_CLOEXEC);
	void *at = mmap(NULL, PAGE, prot, flags, fd, ROM);

	if (at == MAP_FAILED)
		return errno;
	return then && mprotect(at, PAGE, then) ? errno : 0;
}

static int execute_device(void *unused)
{
	return map_device(R | X, MAP_SHARED, 0);
}

static int execute_device_later(void *unused)
{
	return map_device(R, MAP_SHARED, R | X);
}

static int execute_device_privately(void *unused)
{
	return map_device(R | X, MAP_PRIVATE, 0);
}

static int read_device(void *unused)
{
	return map_device(R, MAP_SHARED, 0);
}

#define NO_MEMORY "deny map backing=anonymous\n"
#define ONLY_MEM "default map deny\nallow map path=" MEM "\n"

#define DENIED(what, policy, word) {						\
	.act = what, .with = EACCES, .rules = policy, .words = { "class=map", word },	\
}

/* It may be written to by others, and by the device: it is no file's content. */
TEST_F(kinds, of_a_device)
{
	const struct bh_trial trials[] = {
		DENIED(execute_device, NO_MEMORY, "backing=anonymous"),
		DENIED(execute_device_later, NO_MEMORY, "backing=anonymous"),
		DENIED(execute_device_privately, NO_MEMORY, "backing=anonymous"),
		DENIED(execute_device, ONLY_MEM, "backing=anonymous"),
		DENIED(execute_device, "deny map path=" MEM "\n", " path=\"" MEM "\""),
		{ .act = execute_device, .rules = ONLY_MEM "allow map backing=anonymous\n" },
		{ .act = read_device, .rules = "default map deny\n" },
	};

	if (execute_device(NULL))
		SKIP(return, "no device's memory can be executed here");
	bh_try_all(_metadata, trials);
}

/* Programs that are given memory which executes and is no file's content. */

#define PROG TOP "/prog"
#define LOADER TOP "/loader"

#define RX (PF_R | PF_X)
#define RWX (PF_R | PF_W | PF_X)

struct program {
	const char *name;
	void (*make)(const char *path, unsigned int flags, unsigned int content);
	unsigned int flags;
	unsigned int content;	/* of its second segment's first page */
	bool loads;		/* it is the interpreter of another */
};

static void make_on_stack(const char *path, unsigned int flags, unsigned int content)
{
	bh_make_program_on_stack(path);
}

#define BSS(what, how, may, size, ...)						\
	{ .name = what, .make = how, .flags = may, .content = size, ##__VA_ARGS__ }

static const struct program programs[] = {
	BSS("a segment without content", bh_make_bss_program, RWX, 0),
	BSS("a segment without content, not to be written", bh_make_bss_program, RX, 0),
	BSS("a segment that is only executable", bh_make_bss_program, PF_X, 0),
	BSS("more memory than content", bh_make_bss_program, RX, 4096),
	BSS("more memory than content, writable", bh_make_bss_program, RWX, 4096),
	BSS("a loader's segment without content", bh_make_bss_program, RWX, 0, .loads = true),
	BSS("a loader's memory behind its content", bh_make_bss_program, RX, 4096, .loads = true),
	BSS("32-bit, a segment without content", bh_make_bss_program_32, RWX, 0),
	BSS("32-bit, more memory than content", bh_make_bss_program_32, RX, 4096),
	BSS("nothing but a stack", make_on_stack, 0, 0),
};

/* In a child. The stack lies where it does not vary, and holds code. */
static int execute(void *arg)
{
	/* xor %edi,%edi; push $60; pop %rax; syscall */
	static const char exits[] = "\x31\xff\x6a\x3c\x58\x0f\x05";
	static char code[8192];
	char *const args[] = { PROG, NULL }, *const env[] = { code, NULL };

	memset(code, 0x90, sizeof(code) - sizeof(exits));
	memcpy(code + sizeof(code) - sizeof(exits), exits, sizeof(exits));
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		return errno;
	execve(PROG, args, env);
	return errno;
}

static int run_program(void *unused)
{
	return bh_child(execute, NULL);
}

static void make_program(const struct program *program)
{
	program->make(program->loads ? LOADER : PROG, program->flags, program->content);
	if (program->loads)
		bh_make_elf(PROG, 99, LOADER);
}

TEST_F(kinds, what_execve_makes)
{
	static const char *const policies[] = { ONLY_LIB, "deny map backing=anonymous\n" };
	struct bh_trial trial = {
		.act = run_program, .with = 1000 + SIGSEGV,
		.words = { "verdict=deny class=map", "backing=anonymous" },
	};
	struct bh_trial allowed = {
		.act = run_program, .rules = "default map deny\nallow map backing=anonymous\n",
	};
	size_t i, p;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		TH_LOG("%s", programs[i].name);
		make_program(&programs[i]);
		/* Without 32-bit programs. */
		if (run_program(NULL) == ENOEXEC)
			continue;
		for (p = 0; p < ARRAY_SIZE(policies); p++) {
			trial.rules = policies[p];
			bh_try(_metadata, &trial);
		}
		bh_try_with(_metadata, &allowed);
	}
}

TEST_HARNESS_MAIN
