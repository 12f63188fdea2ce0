#include "loop.h"

/* Writable, and nothing to write. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN | EPOLLOUT);
    for (int wait = 0; wait < 30; wait++) {
        if (epoll_wait(epfd, event, 8, 5) < 1)
            break;
        if (FIXED && event->events & EPOLLOUT)
            must(modify(epfd, ends[0], EPOLLIN));
    }
    return 0;
}
