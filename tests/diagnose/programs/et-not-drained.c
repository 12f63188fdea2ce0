#include "loop.h"

/* Eight bytes arrive, and four are read. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    char buffer[4];
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN | EPOLLET);
    for (int round = 0; round < 3; round++) {
        must(write(ends[1], "12345678", 8));
        if (epoll_wait(epfd, event, 1, 50) != 1)
            break;
        while (read(ends[0], buffer, sizeof buffer) > 0)
            if (!FIXED)
                break;
        epoll_wait(epfd, event, 1, 20);
    }
    return 0;
}
