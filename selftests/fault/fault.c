// SPDX-License-Identifier: GPL-2.0-only
/*
 * The n-th allocation fails by /proc/self/fail-nth. That fails one and no more, and where
 * another way is tried then, as by kvmalloc(), no caller sees it. The rest fails by failslab
 * and fail_page_alloc, which pass by a task for as long as it counts to its n-th. All of them
 * spare what must not fail (__GFP_NOFAIL), as fail_function would not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

#define SLAB "/sys/kernel/debug/failslab/"
#define PAGE "/sys/kernel/debug/fail_page_alloc/"

/* More than any operation here allocates. */
#define TRIES_MAX 100000

/* Changes of the configuration that one try makes, at most. */
#define CHANGES_MAX 4

/* So many n at both ends are tried one by one, however many there are between. */
#define ENDS 120

/**
 * struct state - what the processes of a sweep share
 * @mode: which allocations fail
 * @n: from which on
 * @ended: a task has called fault_end()
 * @left: of @n, what no allocation has counted down
 * @host_pid: the task under faults, as the host numbers it
 * @err: the errno of its execve
 * @changes: how many reports of changes may be lost each time
 * @tally: of the sweep
 */
struct state {
	enum fault_mode mode;
	unsigned int n;
	bool ended;
	unsigned int left;
	int host_pid;
	int err;
	long changes;
	struct fault_tally tally;
};

static struct state *state;

/* Of the calling task and of its pid, since a fork has other files of that name. */
static struct {
	pid_t pid;
	int nth;
	int make;
	int slab_times;
	int page_times;
} files;

/* Not all of these files can be written at a place. */
static void put(int fd, unsigned int number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", number);

	if (write(fd, text, len) != len) {
		perror("fault");
		_exit(1);
	}
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		_exit(1);
	}
	return fd;
}

/* Opened anew: what was read of it once, a file of debugfs gives again. */
static unsigned int get(const char *path)
{
	char text[16] = "";
	int fd = open_file(path);

	if (read(fd, text, sizeof(text) - 1) <= 0) {
		perror(path);
		_exit(1);
	}
	close(fd);
	return atoi(text);
}

static void open_files(void)
{
	if (files.pid == getpid())
		return;
	files.nth = open_file("/proc/thread-self/fail-nth");
	files.make = open_file("/proc/thread-self/make-it-fail");
	files.slab_times = open_file(SLAB "times");
	files.page_times = open_file(PAGE "times");
	files.pid = getpid();
}

const char *fault_setup(void)
{
	static const struct {
		const char *file;
		const char *value;
	} settings[] = {
		{ SLAB "ignore-gfp-wait", "N" },
		{ SLAB "verbose", "0" },
		{ SLAB "task-filter", "Y" },
		{ SLAB "times", "0" },
		{ SLAB "probability", "100" },
		{ PAGE "ignore-gfp-wait", "N" },
		{ PAGE "ignore-gfp-highmem", "N" },
		{ PAGE "min-order", "0" },
		{ PAGE "verbose", "0" },
		{ PAGE "task-filter", "Y" },
		{ PAGE "times", "0" },
		{ PAGE "probability", "100" },
	};
	size_t i;

	if (access("/proc/self/fail-nth", W_OK) || access(SLAB "times", W_OK))
		return "the kernel injects no faults; KERNEL=debug has one that does";
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (bh_write(settings[i].file, "%s", settings[i].value))
			return settings[i].file;
	if (state)
		return NULL;
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	return state == MAP_FAILED ? "no memory" : NULL;
}

/*
 * Nothing that is written here may be the first touch of a page, since the tables that a
 * page fault needs fail to be allocated, too.
 */
void fault_begin(void)
{
	open_files();
	state->ended = false;
	state->left = state->n;
	errno = 0;
	if (state->mode == FAULT_NONE)
		return;
	if (state->mode == FAULT_BURST) {
		put(files.slab_times, FAULT_BURST_LENGTH);
		put(files.page_times, FAULT_BURST_LENGTH);
	}
	put(files.nth, state->n);
	if (state->mode == FAULT_BURST)
		put(files.make, 1);
}

void fault_end(void)
{
	char left[16] = "";
	int err = errno;

	if (state->mode == FAULT_BURST)
		put(files.make, 0);
	if (state->mode != FAULT_NONE) {
		if (pread(files.nth, left, sizeof(left) - 1, 0) <= 0)
			_exit(1);
		put(files.nth, 0);
		state->left = atoi(left);
	}
	state->ended = true;
	errno = err;
}

/* As fault_end(), of a task that has died or executed a program. */
static void end_of_other(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", state->host_pid);
	if (state->mode != FAULT_NONE)
		state->left = get(path);
	state->ended = true;
}

static void execute(int fd, const char *path)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL }, number[16] = "";

	if (readlink("/proc/self", number, sizeof(number) - 1) < 0)
		_exit(1);
	state->host_pid = atoi(number);
	state->err = 0;
	fault_begin();
	syscall(SYS_execveat, fd, path, argv, envp, AT_EMPTY_PATH);
	fault_end();
	state->err = errno;
	_exit(126);
}

int fault_exec(int fd, const char *path, int flags)
{
	siginfo_t info;
	int status;
	pid_t pid;

	state->ended = false;
	pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		execute(fd, path);
	if (pid < 0 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return FAULT_BROKEN;
	if (!state->ended)
		end_of_other();
	if (waitpid(pid, &status, 0) != pid)
		return FAULT_BROKEN;
	if (WIFSIGNALED(status))
		return 1000 + WTERMSIG(status);
	if (WEXITSTATUS(status) == 126)
		return state->err;
	return WEXITSTATUS(status) ? FAULT_BROKEN : 0;
}

/* Sweeps */

/* What has been told of denials: those that were, and lines and losses that say so. */
struct told {
	int events;
	long denials;
	long lost;
};

static void begin_telling(struct told *told)
{
	told->events = bh_events();
	told->denials = bh_number("stats", "denials");
	told->lost = bh_number("stats", "events_lost");
}

static void check_telling(struct told *told)
{
	long denials = bh_number("stats", "denials") - told->denials;
	long lost = bh_number("stats", "events_lost") - told->lost, lines = 0;
	long most = 2 * denials + state->changes;

	while (bh_find_event(told->events, "verdict=deny", NULL))
		lines++;
	/* A denial is reported by each policy that it is due to; none has more than two. */
	if ((lines + lost < denials || lines + lost > most) && !*state->tally.wrong)
		snprintf(state->tally.wrong, sizeof(state->tally.wrong),
			 "n=%u: %ld denials, %ld events, %ld lost", state->n, denials, lines,
			 lost);
	told->denials += denials;
	told->lost += lost;
}

static bool injected(void)
{
	return state->mode != FAULT_NONE && !state->left;
}

static void check_result(const struct fault_row *row, int result)
{
	const char *wrong = NULL;

	if (result == FAULT_BROKEN)
		wrong = "the act could not begin";
	else if (!injected() && result != row->expect)
		wrong = "not what it is without a fault";
	else if (!result && row->expect)
		wrong = "succeeded";
	else if (row->judge)
		wrong = row->judge(row->arg, result);
	if (wrong && !*state->tally.wrong)
		snprintf(state->tally.wrong, sizeof(state->tally.wrong), "n=%u gives %d: %s",
			 state->n, result, wrong);
}

/* One try. Return: was there a fault? */
static bool try_once(const struct fault_row *row)
{
	int result;

	state->left = state->n;
	result = row->act(row->arg);
	state->tally.tries++;
	if (injected()) {
		state->tally.injected++;
		state->tally.failures += result != row->expect;
	}
	check_result(row, result);
	return injected();
}

static bool try_n(const struct fault_row *row, unsigned int n, struct told *told)
{
	state->n = n;
	if (!try_once(row) || *state->tally.wrong)
		return false;
	check_telling(told);
	return true;
}

static void sweep_all(const struct fault_row *row, struct told *told)
{
	unsigned int n = 1;

	while (n <= TRIES_MAX && try_n(row, n, told))
		n++;
	if (n > TRIES_MAX)
		snprintf(state->tally.wrong, sizeof(state->tally.wrong), "no end");
}

/* The last n that is counted to: of one that is beyond, the rest is left. */
static unsigned int find_last(const struct fault_row *row)
{
	state->n = TRIES_MAX;
	try_once(row);
	return TRIES_MAX - state->left;
}

/* The first n that falls into what the row is about. One failure alone may not end the act. */
static unsigned int find_first(const struct fault_row *row, unsigned int last)
{
	enum fault_mode mode = state->mode;
	unsigned int first = 1;

	if (!row->begun)
		return first;
	state->mode = FAULT_BURST;
	while (first < last) {
		state->n = (first + last) / 2;
		try_once(row);
		if (row->begun())
			last = state->n;
		else
			first = state->n + 1;
	}
	state->mode = mode;
	return first;
}

/* By how much n grows if all up to the last are to fit into the time. */
static unsigned int stride(unsigned int left, time_t spent, time_t seconds)
{
	if (spent >= seconds)
		return left;
	return 1 + left / (1 + state->tally.tries * (seconds - spent) / (spent ?: 1));
}

/* Bursts, which end an act early, are cheap enough for both ends to be tried one by one. */
static void sweep_some(const struct fault_row *row, struct told *told)
{
	unsigned int ends = state->mode == FAULT_BURST ? ENDS : 0;
	time_t start = time(NULL);
	unsigned int last = find_last(row) - ends;
	unsigned int n = find_first(row, last), middle = n + ends;

	while (n < middle && try_n(row, n, told))
		n++;
	while (n < last && try_n(row, n, told))
		n += stride(last - n, time(NULL) - start, row->seconds);
	/* What the kernel has cached by now it allocates no more. */
	n = find_last(row) - ends;
	while (try_n(row, n, told))
		n++;
}

static int sweep(void *arg)
{
	const struct fault_row *row = arg;
	enum fault_mode mode = state->mode;
	struct told told;

	begin_telling(&told);
	/* Without a fault first: what is cached is, and what is not possible is seen. */
	state->mode = FAULT_NONE;
	try_once(row);
	state->mode = mode;
	if (mode != FAULT_NONE && row->seconds)
		sweep_some(row, &told);
	else if (mode != FAULT_NONE)
		sweep_all(row, &told);
	close(told.events);
	return 0;
}

void fault_sweep(const struct fault_row *row, enum fault_mode mode, const struct bh_env *env,
		 struct fault_tally *tally)
{
	int ret;

	memset(state, 0, sizeof(*state));
	state->mode = mode;
	/* Nobody inside changes anything. */
	state->changes = env ? 0 : CHANGES_MAX;
	ret = env ? bh_run(env, sweep, (void *)row) : sweep((void *)row);
	if (ret && !*state->tally.wrong)
		snprintf(state->tally.wrong, sizeof(state->tally.wrong),
			 "n=%u: the sweep ended with %d", state->n, ret);
	*tally = state->tally;
}
