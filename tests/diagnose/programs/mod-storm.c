#include "loop.h"

/* Writing is switched on and off around each answer. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    char buffer[64];
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN);
    for (int round = 0; round < 10; round++) {
        must(write(ends[1], "ping", 4));
        if (epoll_wait(epfd, event, 8, 100) != 1)
            break;
        must(read(ends[0], buffer, sizeof buffer));
        if (!FIXED)
            must(modify(epfd, ends[0], EPOLLIN | EPOLLOUT));
        must(write(ends[0], "pong", 4));
        if (!FIXED)
            must(modify(epfd, ends[0], EPOLLIN));
        must(read(ends[1], buffer, sizeof buffer));
    }
    return 0;
}
