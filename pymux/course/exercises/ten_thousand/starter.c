/* An echo server for ten thousand clients. See the handout. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 64 };

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

/* Listen on a free port of the loopback interface and print its number. */
static int listen_and_print_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    must(bind(fd, (struct sockaddr *)&address, size), "bind");
    must(listen(fd, 128), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(void)
{
    int listener = listen_and_print_port();
    int epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event events[AT_ONCE], event = {.events = EPOLLIN, .data.fd = listener};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (;;) {
        int n = must(epoll_wait(epfd, events, AT_ONCE, -1), "epoll_wait");
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                close(must(accept(listener, NULL, NULL), "accept")); /* TODO: serve it */
            /* TODO: a connection that is ready */
        }
    }
}
