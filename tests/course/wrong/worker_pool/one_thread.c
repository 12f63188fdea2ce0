/* Loses parallel, oneshot: and no more, threads waited; it ignores its argument. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 4096 };

/* A connection, and the beginning of a request whose end has not arrived. */
struct connection {
    int fd;
    size_t received;
    char line[LINE];
};

static int epfd, listener;

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
    int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    must(bind(fd, (struct sockaddr *)&address, size), "bind");
    must(listen(fd, 128), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* Let the next event of a descriptor be reported, to one worker. */
static void arm(int operation, int fd, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = connection};
    must(epoll_ctl(epfd, operation, fd, &event), "epoll_ctl");
}

static int send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n < 0)
            return 0;
        data += n;
        size -= n;
    }
    return 1;
}

/* Send the length of a file, a line, and what is in it; return 0 where that fails. */
static int answer(int fd, const char *name)
{
    char *content = NULL;
    size_t size = 0, room = 0;
    ssize_t n = 0;
    int file = open(name, O_RDONLY);
    if (file < 0)
        return 0;
    do {
        size += n;
        if (size == room && !(content = realloc(content, room += 4096)))
            exit(1);
    } while ((n = read(file, content + size, room - size)) > 0);
    close(file);
    char length[32];
    int sent = n == 0 && send_all(fd, length, sprintf(length, "%zu\n", size)) && send_all(fd, content, size);
    free(content);
    return sent;
}

/* Receive once, and answer each request that is whole; return 0 when the connection is over. */
static int serve(struct connection *connection)
{
    char *line = connection->line, *end;
    ssize_t n = recv(connection->fd, line + connection->received, LINE - connection->received, 0);
    if (n <= 0)
        return 0;
    connection->received += n;
    while ((end = memchr(line, '\n', connection->received))) {
        *end = 0;
        if (!answer(connection->fd, line))
            return 0;
        connection->received -= end + 1 - line;
        memmove(line, end + 1, connection->received);
    }
    return connection->received < LINE;
}

static void accept_one(void)
{
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection)
            exit(1);
        connection->fd = fd;
        arm(EPOLL_CTL_ADD, fd, connection);
    }
    arm(EPOLL_CTL_MOD, listener, NULL);
}

static void *work(void *unused)
{
    for (;;) {
        struct epoll_event event;
        if (must(epoll_wait(epfd, &event, 1, -1), "epoll_wait") == 0)
            continue;
        struct connection *connection = event.data.ptr;
        if (!connection) {
            accept_one();
        } else if (serve(connection)) {
            arm(EPOLL_CTL_MOD, connection->fd, connection); /* once nothing of it is in work */
        } else {
            close(connection->fd);
            free(connection);
        }
    }
    return unused;
}

int main(int argc, char **argv)
{
    listener = listen_and_print_port();
    epfd = must(epoll_create1(0), "epoll_create1");
    arm(EPOLL_CTL_ADD, listener, NULL);
    for (int i = 0; argc > 1 && argv[1] && i < 1; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL))
            exit(1);
    }
    pthread_exit(NULL);
}
