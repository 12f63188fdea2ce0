/* Timeouts of the older calls as the newer ones take them, and the time left back again. */
#ifndef PYMUX_TIMEOUTS_H
#define PYMUX_TIMEOUTS_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "memory.h"

/* Every negative number of milliseconds waits forever, as NULL does. */
static inline struct timespec *from_ms(int timeout_ms, struct timespec *room)
{
    if (timeout_ms < 0)
        return NULL;
    *room = (struct timespec){ .tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L };
    return room;
}

/* Returns 0 where nothing can be read at `timeout`: the kernel's EFAULT. A usec of a million or more is
 * carried over to the seconds, which may wrap as they do in the kernel; what is negative after that
 * stays so, for the kernel to refuse (kern_select in fs/select.c). */
static inline int read_timeval(const struct timeval *timeout, struct timespec *as_timespec)
{
    struct timeval given;

    if (pymux_copy(&given, timeout, sizeof given) < sizeof given)
        return 0;
    as_timespec->tv_sec = (time_t)((uint64_t)given.tv_sec + (uint64_t)(given.tv_usec / 1000000));
    as_timespec->tv_nsec = (long)(given.tv_usec % 1000000 * 1000);
    return 1;
}

/* The kernel leaves a timeout of zero, and one that it refuses, as it was given; and where it cannot be
 * written, select goes on without (poll_select_finish in fs/select.c). */
static inline void write_time_left(struct timeval *timeout, const struct timespec *given,
                                   const struct timespec *left)
{
    if (left->tv_sec == given->tv_sec && left->tv_nsec == given->tv_nsec)
        return;
    const struct timeval as_timeval = { .tv_sec = left->tv_sec, .tv_usec = left->tv_nsec / 1000 };
    pymux_copy(timeout, &as_timeval, sizeof as_timeval);
}

#endif
