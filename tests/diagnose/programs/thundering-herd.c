#include "loop.h"

/* Four processes wait for one listener. */
static void work(int server)
{
    int epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    add(epfd, server, EPOLLIN | (FIXED ? EPOLLEXCLUSIVE : 0));
    while (epoll_wait(epfd, event, 1, 300) == 1) {
        nanosleep(&(struct timespec){0, 5000000}, NULL); /* until all that were woken have returned */
        int fd = accept4(server, NULL, NULL, SOCK_NONBLOCK);
        if (fd >= 0)
            close(fd);
    }
    _exit(0);
}

int main(void)
{
    struct sockaddr_in address;
    int server = listener(&address);
    for (int n = 0; n < 4; n++)
        if (must(fork()) == 0)
            work(server);
    for (int n = 0; n < 5; n++) {
        nanosleep(&(struct timespec){0, 40000000}, NULL);
        close(client(&address));
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
