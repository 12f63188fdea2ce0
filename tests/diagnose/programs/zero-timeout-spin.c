#include "loop.h"

/* A loop that never waits. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN);
    for (int wait = 0; wait < (FIXED ? 3 : 60); wait++)
        epoll_wait(epfd, event, 8, FIXED ? 10 : 0);
    return 0;
}
