/* Loses edges, fair: 0 were registered with EPOLLET, still running; level triggered. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 64, CHUNK = 16384 }; /* CHUNK: read from one connection before the others */

/* A connection, and the rest of one chunk that could not be sent yet. It is in the list of the ready until the kernel
   has said EAGAIN, because no event will report it again before that. */
struct connection {
    int fd;
    int is_ready;
    size_t begin, end;
    struct connection *next;
    char chunk[CHUNK];
};

static struct connection *ready, **last = &ready;

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

static void add_to_ready(struct connection *connection)
{
    connection->is_ready = 1;
    connection->next = NULL;
    *last = connection;
    last = &connection->next;
}

/* Accept until EAGAIN: one edge may stand for many connections. */
static void accept_all(int epfd, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection)
            exit(1);
        connection->fd = fd;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
        must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
}

enum outcome { GO_ON, WAIT, OVER };

/* Echo at most one chunk. */
static enum outcome step(struct connection *connection)
{
    if (connection->begin == connection->end) {
        ssize_t n = recv(connection->fd, connection->chunk, CHUNK, 0);
        if (n <= 0)
            return n < 0 && errno == EAGAIN ? WAIT : OVER;
        connection->begin = 0;
        connection->end = n;
    }
    ssize_t n = send(connection->fd, connection->chunk + connection->begin,
                     connection->end - connection->begin, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN ? WAIT : OVER;
    connection->begin += n;
    return GO_ON;
}

/* Give each ready connection one turn. */
static void serve_ready(void)
{
    struct connection *connection = ready;
    ready = NULL;
    last = &ready;
    while (connection) {
        struct connection *next = connection->next;
        enum outcome outcome = step(connection);
        connection->is_ready = 0;
        if (outcome == GO_ON)
            add_to_ready(connection);
        if (outcome == OVER) {
            close(connection->fd);
            free(connection);
        }
        connection = next;
    }
}

int main(void)
{
    int listener = listen_and_print_port();
    int epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event events[AT_ONCE], event = {.events = EPOLLIN, .data.ptr = NULL};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (;;) {
        int n = epoll_wait(epfd, events, AT_ONCE, ready ? 0 : -1);
        if (n < 0 && errno != EINTR) /* which comes after SIGSTOP and SIGCONT, too: signal(7) */
            must(n, "epoll_wait");
        for (int i = 0; i < n; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection)
                accept_all(epfd, listener);
            else if (!connection->is_ready)
                add_to_ready(connection);
        }
        serve_ready();
    }
}
