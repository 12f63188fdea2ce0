/* select(2) and pselect6(2). */
#include "bounds.h"
#include "call.h"

_Static_assert(sizeof(fd_set) == FD_SETSIZE / 8, "fd_set is a bitmap without a header");
_Static_assert(sizeof(struct timespec) == 16, "the kernel's timespec has 64-bit seconds");

long pymux_select(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                  struct pymux_fdset *exceptfds, struct timeval *timeout)
{
    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return KERNEL(select, nfds, WORDS(readfds), WORDS(writefds), WORDS(exceptfds), timeout);
}

long pymux_pselect6(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                    struct pymux_fdset *exceptfds, struct timespec *timeout,
                    const uint64_t *sigmask, size_t sigsetsize)
{
    /* Six arguments are all a system call can have: the sixth carries two (select(2), NOTES). */
    const struct { const uint64_t *sigmask; size_t sigsetsize; } sixth = { sigmask, sigsetsize };

    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return KERNEL(pselect6, nfds, WORDS(readfds), WORDS(writefds), WORDS(exceptfds), timeout, &sixth);
}
