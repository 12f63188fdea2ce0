#include "loop.h"

/* The child adds a descriptor of its own to the list of its parent. */
int main(void)
{
    int ends[2], epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    pair(ends);
    add(epfd, ends[0], EPOLLIN);
    epoll_wait(epfd, event, 8, 1);
    pid_t child = must(fork());
    if (child == 0) {
        int mine[2];
        pair(mine);
        if (FIXED)
            epfd = must(epoll_create1(0));
        add(epfd, mine[0], EPOLLIN);
        _exit(0);
    }
    must(waitpid(child, NULL, WNOHANG));
    for (int wait = 0; wait < 3; wait++)
        epoll_wait(epfd, event, 8, 20);
    must(waitpid(child, NULL, 0));
    return 0;
}
