#include "loop.h"

/* The number belongs to another socket by now. */
int main(void)
{
    int old[2], new[2], epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    pair(old);
    add(epfd, old[0], EPOLLIN);
    epoll_wait(epfd, event, 8, 5);
    if (FIXED)
        must(epoll_ctl(epfd, EPOLL_CTL_DEL, old[0], NULL));
    close(old[0]);
    pair(new);
    if (FIXED)
        add(epfd, new[0], EPOLLIN);
    if (modify(epfd, new[0], EPOLLIN | EPOLLOUT) == 0)
        must(modify(epfd, new[0], EPOLLIN));
    epoll_wait(epfd, event, 8, 5);
    return 0;
}
