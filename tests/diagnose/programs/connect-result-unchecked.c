#include "loop.h"

/* Writable means that the attempt is over, and not how it went. */
int main(void)
{
    struct sockaddr_in address;
    int server = listener(&address), epfd = must(epoll_create1(0)), error = 0;
    socklen_t size = sizeof error;
    struct epoll_event event[8];
    signal(SIGPIPE, SIG_IGN);
    close(server);
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(fd, (struct sockaddr *)&address, sizeof address);
    add(epfd, fd, EPOLLOUT);
    epoll_wait(epfd, event, 8, 1000);
    if (FIXED)
        must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
    if (!error)
        send(fd, "hello", 5, 0);
    close(fd);
    return 0;
}
