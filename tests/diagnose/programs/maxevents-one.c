#include "loop.h"

/* Eight are ready, and one is asked for at a time. */
int main(void)
{
    int ends[8][2], epfd = must(epoll_create1(0));
    char buffer[64];
    struct epoll_event events[64];
    for (int n = 0; n < 8; n++) {
        pair(ends[n]);
        add(epfd, ends[n][0], EPOLLIN);
        must(write(ends[n][1], "x", 1));
    }
    for (int ready; (ready = epoll_wait(epfd, events, FIXED ? 64 : 1, 5)) > 0;)
        for (int n = 0; n < ready; n++)
            must(read(events[n].data.fd, buffer, sizeof buffer));
    return 0;
}
