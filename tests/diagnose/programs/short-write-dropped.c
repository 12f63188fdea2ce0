#include "loop.h"

/* The send buffer is full, and the rest is forgotten. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0)), size = 4096;
    static char data[1 << 20], buffer[1 << 16];
    struct epoll_event event[8];
    pair(ends);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    add(epfd, ends[0], EPOLLIN);
    size_t sent = must(write(ends[0], data, sizeof data));
    if (FIXED)
        must(modify(epfd, ends[0], EPOLLIN | EPOLLOUT));
    for (int wait = 0; wait < 400 && (sent < sizeof data || !FIXED); wait++) {
        while (read(ends[1], buffer, sizeof buffer) > 0)
            ;
        int n = epoll_wait(epfd, event, 8, 5);
        if (FIXED && n == 1)
            sent += must(write(ends[0], data + sent, sizeof data - sent));
        if (!FIXED && wait > 3)
            break;
    }
    if (FIXED)
        must(modify(epfd, ends[0], EPOLLIN));
    return 0;
}
