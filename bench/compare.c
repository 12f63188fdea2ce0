/* What `pymux compare` measures, by a C program that shares no line with pymux: select, poll and
 * epoll (level triggered) on descriptors inherited from bench/slopes.py.
 *
 *     compare REPEAT < descriptors
 *
 * The descriptors come as decimal numbers; one of them is ready. Each call is made REPEAT times with
 * a timeout of 0 and must report that one; the clock is read right before and right after the system
 * call, and what the call rewrote is put back outside the timed part. Prints a line per call: its name
 * and its median in nanoseconds. */
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int *fds;
static int count;
static int64_t *elapsed_ns;
static int repeat;

static void *zeroed(size_t members, size_t size)
{
    void *memory = calloc(members, size);

    if (!memory)
        err(1, "calloc");
    return memory;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Not the C library's functions: its select makes another system call (pselect6). */
#define TIMED(i, ...)                                                     \
    do {                                                                  \
        const int64_t start = now_ns();                                   \
        const long ready = syscall(__VA_ARGS__);                          \
        elapsed_ns[i] = now_ns() - start;                                 \
        if (ready != 1)                                                   \
            errx(1, "%s: %ld ready instead of 1", #__VA_ARGS__, ready);   \
    } while (0)

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void print_median(const char *call)
{
    qsort(elapsed_ns, (size_t)repeat, sizeof *elapsed_ns, ascending);
    const int64_t below = elapsed_ns[(repeat - 1) / 2], above = elapsed_ns[repeat / 2];
    printf("%s %.1f\n", call, (double)(below + above) / 2);
}

static void measure_select(void)
{
    const int bits = 8 * (int)sizeof(unsigned long);
    int nfds = 0;
    for (int i = 0; i < count; i++)
        nfds = fds[i] >= nfds ? fds[i] + 1 : nfds;

    const size_t words = (size_t)((nfds + bits - 1) / bits);
    unsigned long *watched = zeroed(words, sizeof *watched);
    unsigned long *readfds = zeroed(words, sizeof *readfds);
    for (int i = 0; i < count; i++)
        watched[fds[i] / bits] |= 1UL << (fds[i] % bits);

    for (int i = 0; i < repeat; i++) {
        struct timeval timeout = { 0 };

        memcpy(readfds, watched, words * sizeof *readfds);
        TIMED(i, SYS_select, nfds, readfds, NULL, NULL, &timeout);
    }
    print_median("select");
    free(watched);
    free(readfds);
}

static void measure_poll(void)
{
    struct pollfd *entries = zeroed((size_t)count, sizeof *entries);
    for (int i = 0; i < count; i++)
        entries[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };

    for (int i = 0; i < repeat; i++) {
        for (int j = 0; j < count; j++)
            entries[j].revents = 0;
        TIMED(i, SYS_poll, entries, count, 0);
    }
    print_median("poll");
    free(entries);
}

static void measure_epoll(void)
{
    struct epoll_event *events = zeroed((size_t)count, sizeof *events);
    const int epfd = epoll_create1(EPOLL_CLOEXEC);
    if (epfd < 0)
        err(1, "epoll_create1");
    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fds[i] } };

        if (epoll_ctl(epfd, EPOLL_CTL_ADD, fds[i], &event) < 0)
            err(1, "epoll_ctl");
    }
    for (int i = 0; i < repeat; i++)
        TIMED(i, SYS_epoll_wait, epfd, events, count, 0);
    print_median("epoll");
    close(epfd);
    free(events);
}

static void read_descriptors(void)
{
    int room = 0;

    for (int fd; scanf("%d", &fd) == 1;) {
        if (count == room) {
            room = room ? 2 * room : 16;
            fds = realloc(fds, (size_t)room * sizeof *fds);
            if (!fds)
                err(1, "realloc");
        }
        fds[count++] = fd;
    }
}

int main(int argc, char **argv)
{
    repeat = argc == 2 ? atoi(argv[1]) : 0;
    if (repeat < 1)
        errx(2, "usage: compare REPEAT < descriptors");
    elapsed_ns = zeroed((size_t)repeat, sizeof *elapsed_ns);
    read_descriptors();
    measure_select();
    measure_poll();
    measure_epoll();
    free(elapsed_ns);
    free(fds);
    return 0;
}
