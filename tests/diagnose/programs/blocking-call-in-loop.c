#include "loop.h"

/* A sleep where the loop should wait. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    char buffer[64];
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN);
    for (int round = 0; round < 3; round++) {
        must(write(ends[1], "x", 1));
        if (epoll_wait(epfd, event, 8, 150) == 1)
            must(read(ends[0], buffer, sizeof buffer));
        if (!FIXED)
            nanosleep(&(struct timespec){0, 150000000}, NULL);
    }
    epoll_wait(epfd, event, 8, 150);
    return 0;
}
