#include "loop.h"

/* The event was handled, and the registration is left disabled. */
int main(void)
{
    int ends[2], timer = must(timerfd_create(CLOCK_MONOTONIC, 0)), epfd = must(epoll_create1(0));
    char buffer[64];
    struct itimerspec tick = {{0, 5000000}, {0, 5000000}};
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN | EPOLLONESHOT);
    add(epfd, timer, EPOLLIN);
    must(timerfd_settime(timer, 0, &tick, NULL));
    must(write(ends[1], "x", 1));
    for (int wait = 0; wait < 12; wait++) {
        if (epoll_wait(epfd, event, 1, -1) != 1)
            continue;
        must(read(event->data.fd, buffer, sizeof buffer));
        if (event->data.fd != timer) {
            if (FIXED)
                must(modify(epfd, ends[0], EPOLLIN | EPOLLONESHOT));
        } else {
            must(write(ends[1], "y", 1));
        }
    }
    return 0;
}
