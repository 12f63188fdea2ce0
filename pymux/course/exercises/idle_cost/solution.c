/* Measure what idle descriptors cost select, poll and epoll_wait.

   The first two are given all descriptors in each call and look at each; epoll has them in the kernel and looks at
   its list of ready ones, which is empty. So the first two grow with n, and epoll does not. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

enum { REPEATS = 200, MOST = 1000 }; /* MOST: FD_SETSIZE leaves room for no more */

static int n, epfd, idle[MOST];
static struct pollfd fds[MOST];
static fd_set given;

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

static void by_select(void)
{
    fd_set used = given; /* select clears it */
    struct timeval now = {0, 0};
    must(select(idle[n - 1] + 1, &used, NULL, NULL, &now), "select");
}

static void by_poll(void)
{
    must(poll(fds, n, 0), "poll");
}

static void by_epoll(void)
{
    struct epoll_event event;
    must(epoll_wait(epfd, &event, 1, 0), "epoll_wait");
}

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int compare(const void *one, const void *other)
{
    long long a = *(const long long *)one, b = *(const long long *)other;
    return (a > b) - (a < b);
}

static void measure(const char *name, void (*call)(void))
{
    long long times[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        long long start = now_ns();
        call();
        times[i] = now_ns() - start;
    }
    qsort(times, REPEATS, sizeof *times, compare);
    printf("%s,%d,%lld\n", name, n, times[REPEATS / 2]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    printf("call,n,median_ns\n");
    for (int argument = 1; argument < argc; argument++) {
        n = atoi(argv[argument]);
        if (n < 1 || n > MOST)
            return 1;
        epfd = must(epoll_create1(0), "epoll_create1");
        FD_ZERO(&given);
        for (int i = 0; i < n; i++) {
            idle[i] = must(eventfd(0, 0), "eventfd");
            struct epoll_event event = {.events = EPOLLIN, .data.fd = idle[i]};
            must(epoll_ctl(epfd, EPOLL_CTL_ADD, idle[i], &event), "epoll_ctl");
            fds[i] = (struct pollfd){.fd = idle[i], .events = POLLIN};
            FD_SET(idle[i], &given);
        }
        measure("select", by_select);
        measure("poll", by_poll);
        measure("epoll", by_epoll);
        for (int i = 0; i < n; i++)
            close(idle[i]);
        close(epfd);
    }
}
