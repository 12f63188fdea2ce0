/* poll(2) and ppoll(2). */
#include "bounds.h"
#include "call.h"
#include "timeouts.h"

_Static_assert(sizeof(struct pollfd) == 8, "struct pollfd is an int and two shorts");

long pymux_poll(struct pymux_pollfds *fds, unsigned int nfds, int timeout_ms)
{
    struct timespec timeout;

    if (!pollfds_hold(fds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    if (NR_poll == NR_ABSENT) /* as the C library does where the architecture never had poll */
        return pymux_ppoll(fds, nfds, from_ms(timeout_ms, &timeout), NULL, SIGSETSIZE);
    return KERNEL(poll, ENTRIES(fds), nfds, timeout_ms);
}

long pymux_ppoll(struct pymux_pollfds *fds, unsigned int nfds, struct timespec *timeout,
                 const uint64_t *sigmask, size_t sigsetsize)
{
    if (!pollfds_hold(fds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    return KERNEL(ppoll, ENTRIES(fds), nfds, timeout, sigmask, sigsetsize);
}
