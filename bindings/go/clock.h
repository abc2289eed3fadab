/* Timing of the calls that are made in C. */
#ifndef OAP_GO_CLOCK_H
#define OAP_GO_CLOCK_H

#include <oap.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#endif

/* Nanoseconds of the clock that Go's own monotonic time is. */
static inline uint64_t oap_go_now(void) {
#ifdef _WIN32
	LARGE_INTEGER ticks, a_second;
	QueryPerformanceCounter(&ticks);
	QueryPerformanceFrequency(&a_second);
	return (uint64_t)((double)ticks.QuadPart * 1e9 / (double)a_second.QuadPart);
#else
	struct timespec now = {0, 0};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/*
 * The time where the call is made: telling a call's time by a crossing of its own would cost more than the call. 0, and no
 * clock is read, where no monitor times it.
 */
static inline uint64_t oap_go_start(uintptr_t timer) { return timer != 0 ? oap_go_now() : 0; }

static inline void oap_go_has_read(uintptr_t timer, uint64_t start) {
	if (timer != 0) oap_monitor_observe_read((const oap_monitor *)timer, oap_go_now() - start);
}

/* A call that finds too little room is made again: the last one counts. */
static inline void oap_go_has_written(uintptr_t timer, uint64_t start, oap_status status) {
	if (timer != 0 && status != OAP_STATUS_BUFFER_TOO_SMALL)
		oap_monitor_observe_write((const oap_monitor *)timer, oap_go_now() - start);
}

#endif
