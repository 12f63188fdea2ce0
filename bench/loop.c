/* The floor that bench/overhead.py measures against: the same system call on the same memory,
 * repeated by C. Each function returns the nanoseconds of all repetitions together, or -1 where a
 * call did not return what it should have. */
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t loop_epoll_wait(long repeat, long expected, int epfd, void *events, int maxevents)
{
    const int64_t start = now_ns();

    for (long i = 0; i < repeat; i++)
        if (syscall(SYS_epoll_wait, epfd, events, maxevents, 0) != expected)
            return -1;
    return now_ns() - start;
}

int64_t loop_poll(long repeat, long expected, void *fds, unsigned int nfds)
{
    const int64_t start = now_ns();

    for (long i = 0; i < repeat; i++)
        if (syscall(SYS_poll, fds, nfds, 0) != expected)
            return -1;
    return now_ns() - start;
}

/* select leaves in the set what is ready, so it must be filled again before the next call, as Python does. */
int64_t loop_select(long repeat, long expected, int nfds, void *readfds, const void *watched,
                    size_t size, void *timeout)
{
    const int64_t start = now_ns();

    for (long i = 0; i < repeat; i++) {
        memcpy(readfds, watched, size);
        if (syscall(SYS_select, nfds, readfds, NULL, NULL, timeout) != expected)
            return -1;
    }
    return now_ns() - start;
}

int64_t loop_epoll_ctl(long repeat, int epfd, const int *fds, long count)
{
    const int64_t start = now_ns();

    for (long i = 0; i < repeat; i++) {
        for (long j = 0; j < count; j++) {
            struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fds[j] } };

            if (syscall(SYS_epoll_ctl, epfd, EPOLL_CTL_ADD, fds[j], &event) != 0)
                return -1;
        }
        for (long j = 0; j < count; j++)
            if (syscall(SYS_epoll_ctl, epfd, EPOLL_CTL_DEL, fds[j], NULL) != 0)
                return -1;
    }
    return now_ns() - start;
}
