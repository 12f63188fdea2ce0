/* What the flight recorder costs, measured beside the same call without it: batches of the same
 * length take turns, each printed as nanoseconds per call. bench/recorder.py compiles this with csrc/. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

#include "call.h"

enum { EVENTS = 64, CALLS = 500 };

static int epfd;
static struct epoll_event events[EVENTS];
static struct pollfd pollfds[EVENTS];
static unsigned long readfds[1024 / (8 * sizeof(long))];
static int nfds;

/* The cheapest answer there is, EBADF: what stands around the system call weighs the most. */
__attribute__((noinline)) static long bare(void)
{
    return pymux_kernel(NR_epoll_wait, -1, (long)events, 1, 0, 0, 0);
}

__attribute__((noinline)) static long hooked(void)
{
    return KERNEL(epoll_wait, -1, events, 1, 0);
}

__attribute__((noinline)) static long epoll_of_64(void)
{
    return KERNEL(epoll_wait, epfd, events, EVENTS, 0);
}

__attribute__((noinline)) static long poll_of_64(void)
{
    return KERNEL(poll, pollfds, EVENTS, 0);
}

__attribute__((noinline)) static long select_of_64(void)
{
    struct timeval now = { 0, 0 };

    for (int i = 0; i < EVENTS; i++)
        readfds[pollfds[i].fd / (8 * (int)sizeof(long))] |= 1UL << (pollfds[i].fd % (8 * (int)sizeof(long)));
    return KERNEL(select, nfds, readfds, NULL, NULL, &now);
}

typedef long (*call)(void);

/* Of the processor's time: what other processes take meanwhile is not the recorder's. */
static double ns_per_call(call make)
{
    struct timespec start, end;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    for (int i = 0; i < CALLS; i++)
        make();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / CALLS;
}

static double ns_recorded(call make)
{
    if (pymux_recorder_start(4 << 20, 4096) < 0)
        exit(1);
    ns_per_call(make); /* one round, so that every page and cache line is as in a long run */
    const double ns = ns_per_call(make);
    pymux_recorder_stop();
    return ns;
}

/* Which of both goes first changes from batch to batch. */
static void compare(const char *what, int batch, call without, double (*measure_without)(call),
                    call with, double (*measure_with)(call))
{
    const double early = batch % 2 ? measure_with(with) : measure_without(without);
    const double late = batch % 2 ? measure_without(without) : measure_with(with);

    printf("%s|%f|%f\n", what, batch % 2 ? late : early, batch % 2 ? early : late);
}

static void open_descriptors(void)
{
    epfd = epoll_create1(0);
    for (int i = 0; i < EVENTS; i++) {
        const int fd = eventfd(1, 0);
        struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };

        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event);
        pollfds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
        nfds = fd + 1;
    }
}

int main(int argc, char **argv)
{
    const int batches = atoi(argv[argc - 1]);

    open_descriptors();
    if (epoll_of_64() != EVENTS || poll_of_64() != EVENTS || select_of_64() != EVENTS)
        return 1;
    for (int i = 0; i < batches; i++) {
        compare("off: the hook alone", i, bare, ns_per_call, hooked, ns_per_call);
        compare("on: epoll_wait, EBADF", i, hooked, ns_per_call, hooked, ns_recorded);
        compare("on: epoll_wait, 64 events", i, epoll_of_64, ns_per_call, epoll_of_64, ns_recorded);
        compare("on: poll, 64 pollfds", i, poll_of_64, ns_per_call, poll_of_64, ns_recorded);
        compare("on: select, 64 descriptors", i, select_of_64, ns_per_call, select_of_64, ns_recorded);
    }
    return 0;
}
