#include "loop.h"

/* No descriptor is left, and the listener stays registered. */
int main(void)
{
    struct sockaddr_in address;
    int server = listener(&address), epfd = must(epoll_create1(0));
    struct rlimit limit;
    struct epoll_event event[8];
    client(&address);
    client(&address);
    must(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 7;
    must(setrlimit(RLIMIT_NOFILE, &limit));
    add(epfd, server, EPOLLIN);
    for (int wait = 0; wait < 30; wait++) {
        if (epoll_wait(epfd, event, 8, 5) != 1)
            break;
        if (accept4(server, NULL, NULL, SOCK_NONBLOCK) < 0 && errno == EMFILE && FIXED)
            must(epoll_ctl(epfd, EPOLL_CTL_DEL, server, NULL));
    }
    return 0;
}
