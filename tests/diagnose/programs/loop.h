/* What the programs with a fault share. Compiled with FIXED=1 a program is its corrected twin. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef FIXED
#define FIXED 0
#endif

static inline int must(int result)
{
    if (result < 0) {
        perror("must");
        abort();
    }
    return result;
}

static inline int add(int epfd, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    return must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
}

static inline int modify(int epfd, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(epfd, EPOLL_CTL_MOD, fd, &event);
}

static inline int listener(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must(bind(fd, (struct sockaddr *)address, size));
    must(listen(fd, 16));
    must(getsockname(fd, (struct sockaddr *)address, &size));
    return fd;
}

static inline int client(const struct sockaddr_in *address)
{
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(connect(fd, (const struct sockaddr *)address, sizeof *address));
    return fd;
}

static inline void pair(int ends[2])
{
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
}
