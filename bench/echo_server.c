/* The floor of what an echo server costs: a bare epoll loop in C, level triggered, which does what
 * epoll-lt in pymux/servers does: one chunk per client, and no reading while part of it is unsent.
 *
 *     echo_server        prints its port, then serves on 127.0.0.1 until it is killed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, EVENTS = 1024, MOST = 1 << 20, BACKLOG = 4096 };

/* What a client was not yet sent of the chunk it sent; NULL: nothing. */
struct rest { char *bytes; size_t length, sent; };
static struct rest rests[MOST];

static void check(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int listening(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    check(fd, "socket");
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    check(bind(fd, (struct sockaddr *)&address, size), "bind");
    check(listen(fd, BACKLOG), "listen");
    check(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epfd, int op, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    check(epoll_ctl(epfd, op, fd, &event), "epoll_ctl");
}

static void hang_up(int fd)
{
    free(rests[fd].bytes);
    rests[fd].bytes = NULL;
    close(fd);
}

static void send_on(int epfd, int fd)
{
    struct rest *rest = &rests[fd];
    ssize_t n = send(fd, rest->bytes + rest->sent, rest->length - rest->sent, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN)
        return hang_up(fd);
    rest->sent += n > 0 ? (size_t)n : 0;
    if (rest->sent == rest->length) {
        free(rest->bytes);
        rest->bytes = NULL;
        watch(epfd, EPOLL_CTL_MOD, fd, EPOLLIN);
    }
}

static void echo(int epfd, int fd)
{
    static char chunk[CHUNK];
    ssize_t n = recv(fd, chunk, sizeof chunk, 0), sent;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        return hang_up(fd);
    sent = send(fd, chunk, (size_t)n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        return hang_up(fd);
    sent = sent < 0 ? 0 : sent;
    if (sent < n) {
        struct rest rest = { .bytes = malloc((size_t)(n - sent)), .length = (size_t)(n - sent) };

        if (!rest.bytes)
            return hang_up(fd);
        memcpy(rest.bytes, chunk + sent, rest.length);
        rests[fd] = rest;
        watch(epfd, EPOLL_CTL_MOD, fd, EPOLLOUT);
    }
}

int main(void)
{
    struct rlimit limit;
    struct epoll_event events[EVENTS];
    int listener = listening(), epfd = epoll_create1(0);

    check(epfd, "epoll_create1");
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < MOST ? limit.rlim_max : MOST;
    setrlimit(RLIMIT_NOFILE, &limit);
    watch(epfd, EPOLL_CTL_ADD, listener, EPOLLIN);
    for (;;) {
        int n = epoll_wait(epfd, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd != listener)
                (rests[fd].bytes ? send_on : echo)(epfd, fd);
            else
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
                    watch(epfd, EPOLL_CTL_ADD, fd, EPOLLIN);
        }
    }
}
