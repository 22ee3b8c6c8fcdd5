/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Races: an act that is tried for a bounded time while another thread does the opposite.
 *
 * A test asserts both that the bad outcome was never seen and that the window was hit:
 * that something else would have been seen in it is what BH_RACE_HIT says.
 */
#ifndef BULKHEAD_SELFTESTS_RACE_H
#define BULKHEAD_SELFTESTS_RACE_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

/* What one try tells. */
enum bh_race_try {
	BH_RACE_MISSED,	/* the other thread made no difference */
	BH_RACE_HIT,	/* it came in between, and no harm was done */
	BH_RACE_BAD,	/* harm was done */
	BH_RACE_TRIES,
};

/**
 * struct bh_race - two threads, one against the other
 * @act: tried again and again
 * @rival: called again and again meanwhile, in another thread of the same process
 * @arg: for both
 * @milliseconds: after which no further try is made
 * @enough: hits after which none is needed; 0: go on until the time is up
 * @seen: what tries told, counted; set by bh_race()
 * @over: set by bh_race()
 */
struct bh_race {
	enum bh_race_try (*act)(void *arg);
	void (*rival)(void *arg);
	void *arg;
	int milliseconds;
	int enough;
	int seen[BH_RACE_TRIES];
	bool over;
};

static inline long bh_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Every other time the rival gets the processor here: where there is one only, it would
 * come in between at the end of a slice of time alone, which is rare.
 */
static inline void bh_race_pause(void)
{
	static int turn;

	if (turn++ & 1)
		usleep(1);
}

static inline void *bh_race_rival(void *arg)
{
	struct bh_race *race = arg;

	while (!__atomic_load_n(&race->over, __ATOMIC_RELAXED))
		race->rival(race->arg);
	return NULL;
}

/* Ends with the first harm that is done. 0, or an errno if there is no second thread. */
static inline int bh_race(struct bh_race *race)
{
	long end = bh_milliseconds() + race->milliseconds;
	pthread_t thread;
	int err = pthread_create(&thread, NULL, bh_race_rival, race);

	if (err)
		return err;
	do {
		race->seen[race->act(race->arg)]++;
	} while (!race->seen[BH_RACE_BAD] && bh_milliseconds() < end &&
		 (!race->enough || race->seen[BH_RACE_HIT] < race->enough));
	__atomic_store_n(&race->over, true, __ATOMIC_RELAXED);
	return pthread_join(thread, NULL);
}

#endif /* BULKHEAD_SELFTESTS_RACE_H */
