/* The newer call of each pair, where it makes the older one. */
#include "numbers.h"
#include "pymux.h"

int pymux_made_by(int call)
{
    switch (call) {
    case PYMUX_select:
        return NR_select == NR_ABSENT ? PYMUX_pselect6 : call;
    case PYMUX_poll:
        return NR_poll == NR_ABSENT ? PYMUX_ppoll : call;
    case PYMUX_epoll_create:
        return NR_epoll_create == NR_ABSENT ? PYMUX_epoll_create1 : call;
    case PYMUX_epoll_wait:
        return NR_epoll_wait == NR_ABSENT ? PYMUX_epoll_pwait : call;
    default:
        return call;
    }
}
