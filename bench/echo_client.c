/* The control of every rate: an epoll client in C, which costs less than any server in Python.
 *
 *     echo_client port connections active size seconds
 *
 * opens the connections, has `active` of them play ping-pong with messages of `size` bytes, checks
 * every byte, and prints the number of echoes and the nanoseconds they took.
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
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1024, MOST = 1 << 20 };

static size_t received[MOST]; /* of the message that is under way, by descriptor */

static void check(long result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int connected(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)port) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    check(fd, "socket");
    check(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    return fd;
}

static void say(int fd, const char *message, size_t size)
{
    if (send(fd, message, size, MSG_NOSIGNAL) != (ssize_t)size) {
        fprintf(stderr, "a message of %zu bytes did not go out in one piece\n", size);
        exit(1);
    }
}

/* Returns whether the whole echo has come. */
static int heard(int fd, const char *message, size_t size, char *buffer)
{
    ssize_t n = recv(fd, buffer, size - received[fd], 0);

    if (n <= 0 || memcmp(buffer, message + received[fd], (size_t)n) != 0) {
        fprintf(stderr, n <= 0 ? "the server hung up\n" : "a wrong byte came back\n");
        exit(1);
    }
    received[fd] += (size_t)n;
    if (received[fd] < size)
        return 0;
    received[fd] = 0;
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: echo_client port connections active size seconds\n");
        return 2;
    }
    const int port = atoi(argv[1]), connections = atoi(argv[2]), active = atoi(argv[3]);
    const size_t size = strtoul(argv[4], NULL, 10);
    const long long duration_ns = (long long)(strtod(argv[5], NULL) * 1e9);
    const int epfd = epoll_create1(0);
    struct rlimit limit;
    struct epoll_event events[EVENTS];
    char *message = malloc(size), *buffer = malloc(size);
    int *fds = calloc((size_t)connections, sizeof *fds);
    long long start_ns, end_ns, echoes = 0;

    check(message && buffer && fds ? 0 : -1, "malloc");
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < size; i++)
        message[i] = (char)(i * 31 + 7);
    for (int i = 0; i < connections; i++)
        fds[i] = connected(port);
    /* An echo on each before the clock starts: connect(2) returns before the server has accepted. */
    for (int i = 0; i < connections; i++)
        say(fds[i], message, size);
    for (int i = 0; i < connections; i++)
        while (!heard(fds[i], message, size, buffer))
            ;
    /* Spread over all: the active ones are not the first that the server met. */
    for (int i = 0; i < active; i++) {
        const int fd = fds[(long long)i * connections / active];
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        check(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
        say(fd, message, size);
    }
    start_ns = end_ns = now_ns();
    while (end_ns - start_ns < duration_ns) {
        const int n = epoll_wait(epfd, events, EVENTS, 1000);

        for (int i = 0; i < n; i++)
            if (heard(events[i].data.fd, message, size, buffer)) {
                echoes++;
                say(events[i].data.fd, message, size);
            }
        end_ns = now_ns();
    }
    printf("%lld %lld\n", echoes, end_ns - start_ns);
    return 0;
}
