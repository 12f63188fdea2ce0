/* epoll_create(2), epoll_ctl(2), epoll_wait(2) and ioctl_eventpoll(2). */
#include <string.h>
#include <sys/ioctl.h>

#include "bounds.h"
#include "call.h"

/* linux/eventpoll.h has them from Linux 6.9 on, under these names. */
#ifndef EPIOCSPARAMS
#define EPIOCSPARAMS _IOW(0x8A, 0x01, struct pymux_epoll_params)
#define EPIOCGPARAMS _IOR(0x8A, 0x02, struct pymux_epoll_params)
#endif

_Static_assert(sizeof(struct pymux_epoll_params) == 8, "struct epoll_params as the kernel has it");
#ifdef __x86_64__
_Static_assert(sizeof(struct epoll_event) == 12, "packed, so that 32-bit programs share it");
#endif

/* Where the architecture never had epoll_create and epoll_wait, the newer calls make them, as in the
 * C library; epoll_create1 has no size to refuse. */
long pymux_epoll_create(int size)
{
    if (NR_epoll_create == NR_ABSENT)
        return size > 0 ? pymux_epoll_create1(0) : -EINVAL;
    return KERNEL(epoll_create, size);
}

long pymux_epoll_create1(int flags)
{
    return KERNEL(epoll_create1, flags);
}

long pymux_epoll_ctl(int epfd, int op, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = { .events = events, .data = { .u64 = data } };

    return KERNEL(epoll_ctl, epfd, op, fd, &event);
}

/* event.data.fd = fd, as most programs have it: -1 is 0xffffffff in the 64 bits of data. */
long pymux_epoll_ctl_fd(int epfd, int op, int fd, uint32_t events)
{
    return pymux_epoll_ctl(epfd, op, fd, events, (uint32_t)fd);
}

long pymux_epoll_ctl_null(int epfd, int op, int fd)
{
    return KERNEL(epoll_ctl, epfd, op, fd, NULL);
}

long pymux_epoll_wait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms)
{
    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    if (NR_epoll_wait == NR_ABSENT)
        return pymux_epoll_pwait(epfd, events, maxevents, timeout_ms, NULL, SIGSETSIZE);
    return events_filled(events, KERNEL(epoll_wait, epfd, ENTRIES(events), maxevents, timeout_ms));
}

/* A loop that finds one event ready, as most do, has it in the result, and needs no look into memory. Of more, the
 * words go over the entries, which are longer. */
int64_t pymux_epoll_wait_words(int epfd, struct pymux_events *events, int maxevents, int timeout_ms)
{
    const long n = pymux_epoll_wait(epfd, events, maxevents, timeout_ms);
    int64_t word = 0;

    for (long i = 0; i < n; i++) {
        const struct epoll_event event = events->entries[i];

        word = (int64_t)event.events << 32 | (uint32_t)event.data.fd;
        memcpy((char *)events->entries + (size_t)i * sizeof(word), &word, sizeof(word));
    }
    return n == 1 ? word : n;
}

long pymux_epoll_pwait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms,
                       const uint64_t *sigmask, size_t sigsetsize)
{
    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    return events_filled(events, KERNEL(epoll_pwait, epfd, ENTRIES(events), maxevents, timeout_ms,
                                        sigmask, sigsetsize));
}

long pymux_epoll_pwait2(int epfd, struct pymux_events *events, int maxevents,
                        const struct timespec *timeout, const uint64_t *sigmask,
                        size_t sigsetsize)
{
    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    return events_filled(events, KERNEL(epoll_pwait2, epfd, ENTRIES(events), maxevents, timeout,
                                        sigmask, sigsetsize));
}

long pymux_epoll_get_params(int epfd, struct pymux_epoll_params *params)
{
    return KERNEL(ioctl, epfd, EPIOCGPARAMS, params);
}

long pymux_epoll_set_params(int epfd, const struct pymux_epoll_params *params)
{
    return KERNEL(ioctl, epfd, EPIOCSPARAMS, params);
}
