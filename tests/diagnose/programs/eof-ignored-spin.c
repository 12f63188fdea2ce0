#include "loop.h"

/* recv returns 0, and the descriptor stays where it is. */
int main(void)
{
    struct sockaddr_in address;
    int server = listener(&address), epfd = must(epoll_create1(0));
    int peer = client(&address), fd = must(accept4(server, NULL, NULL, SOCK_NONBLOCK));
    char buffer[512];
    struct epoll_event event[8];
    add(epfd, fd, EPOLLIN);
    must(write(peer, "bye", 3));
    close(peer);
    for (int wait = 0; wait < 30; wait++) {
        if (epoll_wait(epfd, event, 8, 5) != 1)
            break;
        if (recv(event->data.fd, buffer, sizeof buffer, 0) == 0 && FIXED)
            close(event->data.fd);
    }
    return 0;
}
