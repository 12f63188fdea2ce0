/* Several processes wait for connections. See the handout. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

/* Listen on a port of the loopback interface, 0 for a free one; put it into *port. */
static int listen_on(in_port_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = *port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    must(bind(fd, (struct sockaddr *)&address, size), "bind");
    must(listen(fd, 128), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    *port = address.sin_port;
    return fd;
}

static void work(int listener, int epfd)
{
    for (;;) {
        struct epoll_event event;
        must(epoll_wait(epfd, &event, 1, -1), "epoll_wait");
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue; /* another process was faster */
        close(fd);    /* TODO: this process's id */
    }
}

int main(int argc, char **argv)
{
    in_port_t port = 0;
    int workers = argc > 2 ? atoi(argv[2]) : 1; /* TODO: two cures */
    int listener = listen_on(&port), epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (int i = 0; i < workers; i++)
        if (must(fork(), "fork") == 0)
            work(listener, epfd);
    printf("%d\n", ntohs(port));
    fflush(stdout);
    pause(); /* TODO: SIGTERM */
}
