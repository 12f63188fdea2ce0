/* The same calls through the C library, for comparison with the kernel's own answers. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "bounds.h"
#include "call.h"

/* The C library's sigset_t has room for 1,024 signals; the kernel's 64 are its first 8 bytes. */
static const sigset_t *widened(const uint64_t *sigmask, sigset_t *room)
{
    if (!sigmask)
        return NULL;
    sigemptyset(room);
    memcpy(room, sigmask, sizeof *sigmask);
    return room;
}

#define FD_SET_OF(set) ((fd_set *)(void *)WORDS(set))

long pymux_libc_select(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                       struct pymux_fdset *exceptfds, struct timeval *timeout)
{
    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return LIBC(select, nfds, FD_SET_OF(readfds), FD_SET_OF(writefds), FD_SET_OF(exceptfds), timeout);
}

long pymux_libc_pselect(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                        struct pymux_fdset *exceptfds, const struct timespec *timeout,
                        const uint64_t *sigmask)
{
    sigset_t room;

    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return LIBC(pselect, nfds, FD_SET_OF(readfds), FD_SET_OF(writefds), FD_SET_OF(exceptfds), timeout,
                widened(sigmask, &room));
}

long pymux_libc_poll(struct pymux_pollfds *fds, unsigned int nfds, int timeout_ms)
{
    if (!pollfds_hold(fds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return LIBC(poll, ENTRIES(fds), nfds, timeout_ms);
}

long pymux_libc_ppoll(struct pymux_pollfds *fds, unsigned int nfds,
                      const struct timespec *timeout, const uint64_t *sigmask)
{
    sigset_t room;

    if (!pollfds_hold(fds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return LIBC(ppoll, ENTRIES(fds), nfds, timeout, widened(sigmask, &room));
}

long pymux_libc_epoll_wait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms)
{
    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    return events_filled(events, LIBC(epoll_wait, epfd, ENTRIES(events), maxevents, timeout_ms));
}

long pymux_libc_epoll_pwait(int epfd, struct pymux_events *events, int maxevents,
                            int timeout_ms, const uint64_t *sigmask)
{
    sigset_t room;

    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    return events_filled(events, LIBC(epoll_pwait, epfd, ENTRIES(events), maxevents, timeout_ms,
                                      widened(sigmask, &room)));
}

/* glibc has this wrapper from 2.35 on and other C libraries have none: looked up when it is first
 * called, and not linked, so that one wheel loads on them all. */
typedef int epoll_pwait2_of_libc(int, struct epoll_event *, int, const struct timespec *, const sigset_t *);

static epoll_pwait2_of_libc *found;

static void look_up(void)
{
    found = (epoll_pwait2_of_libc *)dlsym(RTLD_DEFAULT, "epoll_pwait2");
}

long pymux_libc_epoll_pwait2(int epfd, struct pymux_events *events, int maxevents,
                             const struct timespec *timeout, const uint64_t *sigmask)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t room;

    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    pthread_once(&once, look_up);
    epoll_pwait2_of_libc *const epoll_pwait2 = found;
    if (!epoll_pwait2)
        return -ENOSYS;
    return events_filled(events, LIBC(epoll_pwait2, epfd, ENTRIES(events), maxevents, timeout,
                                      widened(sigmask, &room)));
}
