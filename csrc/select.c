/* select(2) and pselect6(2). */
#include "bounds.h"
#include "call.h"
#include "timeouts.h"

_Static_assert(sizeof(fd_set) == FD_SETSIZE / 8, "fd_set is a bitmap without a header");
_Static_assert(sizeof(struct timespec) == 16, "the kernel's timespec has 64-bit seconds");

/* As the C library does where the architecture never had select. */
static long select_by_pselect6(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                               struct pymux_fdset *exceptfds, struct timeval *timeout)
{
    struct timespec given, left;

    if (!timeout)
        return pymux_pselect6(nfds, readfds, writefds, exceptfds, NULL, NULL, SIGSETSIZE);
    if (!read_timeval(timeout, &given))
        return -EFAULT;
    left = given;
    const long result = pymux_pselect6(nfds, readfds, writefds, exceptfds, &left, NULL, SIGSETSIZE);
    write_time_left(timeout, &given, &left);
    return result;
}

long pymux_select(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                  struct pymux_fdset *exceptfds, struct timeval *timeout)
{
    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    if (NR_select == NR_ABSENT)
        return select_by_pselect6(nfds, readfds, writefds, exceptfds, timeout);
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
