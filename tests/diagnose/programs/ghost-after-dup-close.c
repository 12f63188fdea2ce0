#include "loop.h"

/* A dup keeps the description, and with it the registration. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    char buffer[64];
    struct epoll_event event[8];
    pair(ends);
    int kept = must(dup(ends[0]));
    add(epfd, ends[0], EPOLLIN);
    must(write(ends[1], "x", 1));
    if (FIXED)
        must(epoll_ctl(epfd, EPOLL_CTL_DEL, ends[0], NULL));
    close(ends[0]);
    for (int wait = 0; wait < 20; wait++)
        if (epoll_wait(epfd, event, 8, 5) == 1 && read(event->data.fd, buffer, sizeof buffer) < 0)
            epoll_ctl(epfd, EPOLL_CTL_DEL, event->data.fd, NULL);
    close(kept);
    return 0;
}
