#include "loop.h"

/* Readable, and nothing reads it. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    char buffer[64];
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN);
    must(write(ends[1], "x", 1));
    for (int wait = 0; wait < 30; wait++)
        if (epoll_wait(epfd, event, 8, 5) == 1 && FIXED)
            must(read(ends[0], buffer, sizeof buffer));
        else if (FIXED)
            break;
    return 0;
}
