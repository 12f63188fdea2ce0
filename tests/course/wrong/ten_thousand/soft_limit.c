/* Loses holds, small: Too many open files; the limit is not raised. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 1024, CHUNK = 4096 };

/* A connection, and the rest of one chunk that could not be sent yet. While there is a rest it reads nothing: a
   client that does not read costs one chunk. */
struct connection {
    int fd;
    uint32_t wanted;
    size_t begin, end;
    char chunk[CHUNK];
};

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
    must(listen(fd, 1024), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_one(int epfd, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    must(fd, "accept");
    struct connection *connection = malloc(sizeof *connection);
    if (!connection)
        exit(1);
    connection->fd = fd;
    connection->wanted = EPOLLIN;
    connection->begin = connection->end = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/* Receive or send; return what to wait for next, 0 when it is over. */
static uint32_t step(struct connection *connection)
{
    if (connection->begin == connection->end) {
        ssize_t n = recv(connection->fd, connection->chunk, CHUNK, 0);
        if (n < 0 && errno == EAGAIN)
            return EPOLLIN;
        if (n <= 0)
            return 0; /* end of file, or reset by the client */
        connection->begin = 0;
        connection->end = n;
    }
    ssize_t n = send(connection->fd, connection->chunk + connection->begin,
                     connection->end - connection->begin, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        return 0;
    if (n > 0)
        connection->begin += n;
    return connection->begin < connection->end ? EPOLLOUT : EPOLLIN;
}

static void serve(int epfd, struct connection *connection)
{
    uint32_t wanted = step(connection);
    if (!wanted) {
        close(connection->fd); /* which removes it from the interest list */
        free(connection);
    } else if (wanted != connection->wanted) {
        struct epoll_event event = {.events = wanted, .data.ptr = connection};
        connection->wanted = wanted;
        must(epoll_ctl(epfd, EPOLL_CTL_MOD, connection->fd, &event), "epoll_ctl");
    }
}

static void raise_limit(void)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = 1024;
    must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

int main(void)
{
    raise_limit();
    int listener = listen_and_print_port();
    int epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event events[AT_ONCE], event = {.events = EPOLLIN, .data.ptr = NULL};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (;;) {
        int n = must(epoll_wait(epfd, events, AT_ONCE, -1), "epoll_wait");
        for (int i = 0; i < n; i++)
            if (events[i].data.ptr)
                serve(epfd, events[i].data.ptr);
            else
                accept_one(epfd, listener);
    }
}
