/* grid N A W TURNS: libevent's grid on an epoll in C. Prints the nanoseconds of each turn.
 *
 * N socket pairs are watched, level triggered; A of them get a byte; who reads one writes one to the next pair
 * while any of W writes is left. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READER, WRITER, AT_ONCE = 1024, WAIT_MS = 10000 };

static int (*pairs)[2];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void put(int i)
{
    if (send(pairs[i][WRITER], "e", 1, 0) != 1)
        fail("send");
}

static long turn(int epfd, int n, int active, int writes)
{
    static struct epoll_event events[AT_ONCE];
    struct timespec start, end;

    for (int i = 0; i < active; i++)
        put(i * (n / active));
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int left = active + writes; left > 0;) {
        const int ready = epoll_wait(epfd, events, AT_ONCE, WAIT_MS);
        if (ready <= 0)
            fail("epoll_wait: a byte was lost");
        for (int e = 0; e < ready; e++, left--) {
            const int i = (int)events[e].data.u32;
            char byte;
            if (recv(pairs[i][READER], &byte, 1, 0) != 1)
                fail("recv");
            if (writes > 0) {
                writes--;
                put((i + 1) % n);
            }
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    const int n = atoi(argv[1]), active = atoi(argv[2]), writes = atoi(argv[3]), turns = atoi(argv[4]);
    const int epfd = epoll_create1(EPOLL_CLOEXEC);

    pairs = calloc((size_t)n, sizeof *pairs);
    if (!pairs || epfd < 0)
        fail("epoll_create1");
    for (int i = 0; i < n; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) < 0)
            fail("socketpair");
        if (epoll_ctl(epfd, EPOLL_CTL_ADD, pairs[i][READER], &event) < 0)
            fail("epoll_ctl");
    }
    turn(epfd, n, active, writes); /* brings all into the caches */
    for (int i = 0; i < turns; i++)
        printf("%ld\n", turn(epfd, n, active, writes));
    return 0;
}
