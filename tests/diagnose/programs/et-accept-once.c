#include "loop.h"

/* Three connections arrive at once, and one is accepted. */
int main(void)
{
    struct sockaddr_in address;
    int server = listener(&address), epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    add(epfd, server, EPOLLIN | EPOLLET);
    for (int n = 0; n < 3; n++)
        client(&address);
    for (int wait = 0; wait < 3; wait++)
        if (epoll_wait(epfd, event, 8, 20) == 1)
            while (accept4(server, NULL, NULL, SOCK_NONBLOCK) >= 0)
                if (!FIXED)
                    break;
    return 0;
}
