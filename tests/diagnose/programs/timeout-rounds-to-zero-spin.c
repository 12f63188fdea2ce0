#include "loop.h"

/* The time until the next timer, in whole milliseconds. */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
    int epfd = must(epoll_create1(0));
    struct epoll_event event[8];
    for (int timer = 0; timer < 60; timer++) {
        int64_t deadline = now_ns() + 3900000;
        for (int64_t left; (left = deadline - now_ns()) > 0;)
            epoll_wait(epfd, event, 8, FIXED ? (left + 999999) / 1000000 : left / 1000000);
    }
    return 0;
}
