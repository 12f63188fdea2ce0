#include "loop.h"

/* The peer is gone, and only EPOLLIN is looked at. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    must(pipe2(ends, O_NONBLOCK));
    add(epfd, ends[0], EPOLLIN);
    close(ends[1]);
    for (int wait = 0; wait < 30; wait++) {
        if (epoll_wait(epfd, event, 8, 5) != 1)
            continue;
        if (event->events & EPOLLIN) {
            char buffer[64];
            must(read(ends[0], buffer, sizeof buffer));
        } else if (FIXED) {
            close(ends[0]);
            break;
        }
    }
    return 0;
}
