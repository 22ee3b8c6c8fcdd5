/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An act that succeeds without a policy and is tried again under one. For tests
 * on the kselftest harness, which is to be included first.
 */
#ifndef BULKHEAD_SELFTESTS_TRIAL_H
#define BULKHEAD_SELFTESTS_TRIAL_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bulkhead.h"

/* The policy that trials load. */
#define BH_TRIAL "trial"

/**
 * struct bh_trial - an act, tried without a policy and with one
 * @rules: the policy's lines
 * @act: the act; see bh_run()
 * @arg: its argument
 * @without: what it returns without a policy
 * @with: what it returns under the policy
 * @words: what the event contains; if there are none, no verdict may come
 * @ns: as in struct bh_env
 * @arm: as in struct bh_env
 * @flags: as in struct bh_env
 */
struct bh_trial {
	const char *rules;
	int (*act)(void *arg);
	void *arg;
	int without;
	int with;
	const char *words[5];
	const char *ns;
	const char *arm;
	int flags;
};

/* The second half of a trial: under the policy. */
static inline void bh_try_with(struct __test_metadata *_metadata, const struct bh_trial *trial)
{
	struct bh_env env = {
		.policy = BH_TRIAL, .ns = trial->ns, .arm = trial->arm, .flags = trial->flags,
	};
	const char *words[5], *event;
	int events, i;

	for (i = 0; i < 5; i++)
		words[i] = trial->words[i] ? trial->words[i] : "";
	/* That the policy is bound is an event, too. */
	if (!trial->words[0])
		words[0] = "verdict=";
	ASSERT_EQ(0, bh_policy(BH_TRIAL, "%s", trial->rules))
		TH_LOG("policy not loaded: %s", trial->rules);
	events = bh_events();
	ASSERT_LE(0, events);
	EXPECT_EQ(trial->with, bh_run(&env, trial->act, trial->arg))
		TH_LOG("with the policy: %s", trial->rules);
	event = bh_find_event(events, "policy=" BH_TRIAL " ", words[0], words[1], words[2],
			      words[3], words[4], NULL);
	EXPECT_EQ(!!trial->words[0], !!event)
		TH_LOG("%s: event: %s", trial->rules, event ? event : "none such");
	close(events);
}

static inline void bh_try(struct __test_metadata *_metadata, const struct bh_trial *trial)
{
	struct bh_env env = { .flags = trial->flags };

	EXPECT_EQ(trial->without, bh_run(&env, trial->act, trial->arg))
		TH_LOG("without a policy: %s", trial->rules);
	bh_try_with(_metadata, trial);
}

#define bh_try_all(metadata, trials)						\
do {										\
	size_t i_;								\
										\
	for (i_ = 0; i_ < sizeof(trials) / sizeof((trials)[0]); i_++)		\
		bh_try(metadata, &(trials)[i_]);				\
} while (0)

/* An empty file system on @dir that vanishes with the calling process. */
static inline int bh_scratch(const char *dir)
{
	mkdir(dir, 0755);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	return mount("scratch", dir, "tmpfs", 0, "mode=755") ? -errno : 0;
}

/* Numbers that processes share, all zero. */
static inline int *bh_shared(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return page;
}

/* What @act returns in a child, below 256; 1000 + signal. */
static inline int bh_child(int (*act)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(act(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/**
 * struct bh_servant - a process, begun outside, that acts on behalf of a confined one
 * @ask: to it go pids
 * @answer: back come results
 */
struct bh_servant {
	int ask[2];
	int answer[2];
};

/* @serve is called for each request with the pid, as the caller numbers it, of who asks. */
static inline int bh_start_servant(struct bh_servant *servant,
				   int (*serve)(pid_t pid, void *arg), void *arg)
{
	pid_t pid, asking;
	int ret;

	if (pipe2(servant->ask, O_CLOEXEC) || pipe2(servant->answer, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid)
		return pid < 0 ? -errno : 0;
	close(servant->ask[1]);
	while (read(servant->ask[0], &asking, sizeof(asking)) == sizeof(asking)) {
		ret = serve(asking, arg);
		if (write(servant->answer[1], &ret, sizeof(ret)) != sizeof(ret))
			break;
	}
	_exit(0);
}

/* Asks from any pid namespace whose /proc is still that of the servant. */
static inline int bh_ask(struct bh_servant *servant)
{
	char number[32] = "";
	pid_t pid;
	int ret;

	if (readlink("/proc/self", number, sizeof(number) - 1) < 0)
		return -errno;
	pid = atoi(number);
	if (write(servant->ask[1], &pid, sizeof(pid)) != sizeof(pid) ||
	    read(servant->answer[0], &ret, sizeof(ret)) != sizeof(ret))
		return -EIO;
	return ret;
}

#endif /* BULKHEAD_SELFTESTS_TRIAL_H */
