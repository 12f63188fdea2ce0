/* One call, repeated: the clock is read right before and right after the system call, and
 * what the call rewrote (sets, pollfds, a timeout, the interest list) is put back in between,
 * outside the timed part. Every repetition is compared with the first. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bounds.h"
#include "call.h"
#include "timeouts.h"
#include "uring.h"

/* Memory that a call rewrites, as it was before the first repetition and after it. */
struct rewritten {
    void *memory;
    size_t size;
    unsigned char *before;
    unsigned char *after_first;
};

struct system_call {
    enum pymux_call call;
    long number;
    long arguments[6];
};

#define SYSTEM_CALL(name, ...) \
    ((struct system_call){ PYMUX_##name, NR_##name, { SIX_LONGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0) } })

static long make(struct system_call call)
{
    const long *a = call.arguments;

    return pymux_kernel(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long timed(struct system_call call, int64_t *elapsed_ns)
{
    struct timespec start, end;

    clock_gettime(CLOCK_MONOTONIC, &start);
    const long result = make(call);
    clock_gettime(CLOCK_MONOTONIC, &end);
    *elapsed_ns = (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec);
    return result;
}

/* The flight recorder's own work stays outside the timed part. */
static long record(struct pymux_samples *samples, struct system_call call)
{
    const long i = samples->done++;
    const long *a = call.arguments;
    const long result = RECORDED(call.call, timed(call, &samples->elapsed_ns[i]),
                                 a[0], a[1], a[2], a[3], a[4], a[5]);

    samples->results[i] = result;
    return result;
}

/* Room for two copies of every region in one block; the caller frees regions[0].before. */
static int remember(struct rewritten *regions, int count)
{
    size_t total = 1;
    for (int i = 0; i < count; i++)
        total += 2 * regions[i].size;

    unsigned char *room = malloc(total);
    if (!room)
        return -ENOMEM;
    for (int i = 0; i < count; i++) {
        regions[i].before = room;
        regions[i].after_first = room + regions[i].size;
        room += 2 * regions[i].size;
        if (regions[i].size)
            memcpy(regions[i].before, regions[i].memory, regions[i].size);
    }
    return 0;
}

static void put_back(const struct rewritten *regions, int count)
{
    for (int i = 0; i < count; i++)
        if (regions[i].size)
            memcpy(regions[i].memory, regions[i].before, regions[i].size);
}

static void keep_first(const struct rewritten *regions, int count)
{
    for (int i = 0; i < count; i++)
        if (regions[i].size)
            memcpy(regions[i].after_first, regions[i].memory, regions[i].size);
}

static int as_first(const struct rewritten *regions, int count)
{
    for (int i = 0; i < count; i++)
        if (regions[i].size && memcmp(regions[i].after_first, regions[i].memory, regions[i].size) != 0)
            return 0;
    return 1;
}

/* The first `compared` regions must come out alike each time; the rest (a timeout, which holds
 * the time left) are put back only. */
static long sample(struct pymux_samples *samples, struct system_call call,
                   struct rewritten *regions, int count, int compared)
{
    long result = remember(regions, count);

    for (long i = 0; result >= 0 && i < samples->repeat; i++) {
        put_back(regions, count);
        result = record(samples, call);
        if (i == 0)
            keep_first(regions, compared);
        else if (result != samples->results[0] || !as_first(regions, compared))
            samples->differing++;
    }
    free(regions[0].before);
    return result;
}

static struct rewritten fdset_region(const struct pymux_fdset *set, int nfds)
{
    /* The kernel reads and writes whole words: as many as nfds bits need. */
    const size_t word = 8 * sizeof(unsigned long);
    const size_t words = set && nfds > 0 ? ((size_t)nfds + word - 1) / word : 0;

    return (struct rewritten){ .memory = WORDS(set), .size = words * sizeof(unsigned long) };
}

static struct rewritten timeval_region(struct timeval *timeout)
{
    return (struct rewritten){ .memory = timeout, .size = timeout ? sizeof *timeout : 0 };
}

static struct rewritten timespec_region(struct timespec *timeout)
{
    return (struct rewritten){ .memory = timeout, .size = timeout ? sizeof *timeout : 0 };
}

static struct rewritten pollfds_region(const struct pymux_pollfds *fds, unsigned int nfds)
{
    return (struct rewritten){ .memory = ENTRIES(fds), .size = fds ? nfds * sizeof(struct pollfd) : 0 };
}

/* The conversion of the timeout stays outside the timed part; of the last repetition the time left is
 * written back, as select does. */
static long sample_select_by_pselect6(struct pymux_samples *samples, int nfds, struct pymux_fdset *readfds,
                                      struct pymux_fdset *writefds, struct pymux_fdset *exceptfds,
                                      struct timeval *timeout)
{
    struct timespec given = { 0 }, left;

    if (timeout && !read_timeval(timeout, &given))
        return -EFAULT;
    left = given;
    const long result = pymux_sample_pselect6(samples, nfds, readfds, writefds, exceptfds,
                                              timeout ? &left : NULL, NULL, SIGSETSIZE);
    if (timeout)
        write_time_left(timeout, &given, &left);
    return result;
}

long pymux_sample_select(struct pymux_samples *samples, int nfds, struct pymux_fdset *readfds,
                         struct pymux_fdset *writefds, struct pymux_fdset *exceptfds,
                         struct timeval *timeout)
{
    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    if (NR_select == NR_ABSENT)
        return sample_select_by_pselect6(samples, nfds, readfds, writefds, exceptfds, timeout);
    struct rewritten regions[] = { fdset_region(readfds, nfds), fdset_region(writefds, nfds),
                                   fdset_region(exceptfds, nfds), timeval_region(timeout) };
    return sample(samples,
                  SYSTEM_CALL(select, nfds, WORDS(readfds), WORDS(writefds), WORDS(exceptfds), timeout),
                  regions, 4, 3);
}

long pymux_sample_pselect6(struct pymux_samples *samples, int nfds, struct pymux_fdset *readfds,
                           struct pymux_fdset *writefds, struct pymux_fdset *exceptfds,
                           struct timespec *timeout, const uint64_t *sigmask, size_t sigsetsize)
{
    const struct { const uint64_t *sigmask; size_t sigsetsize; } sixth = { sigmask, sigsetsize };

    if (!fdsets_hold(readfds, writefds, exceptfds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    struct rewritten regions[] = { fdset_region(readfds, nfds), fdset_region(writefds, nfds),
                                   fdset_region(exceptfds, nfds), timespec_region(timeout) };
    return sample(samples,
                  SYSTEM_CALL(pselect6, nfds, WORDS(readfds), WORDS(writefds), WORDS(exceptfds), timeout, &sixth),
                  regions, 4, 3);
}

long pymux_sample_poll(struct pymux_samples *samples, struct pymux_pollfds *fds,
                       unsigned int nfds, int timeout_ms)
{
    struct timespec timeout;

    if (!pollfds_hold(fds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    if (NR_poll == NR_ABSENT)
        return pymux_sample_ppoll(samples, fds, nfds, from_ms(timeout_ms, &timeout), NULL, SIGSETSIZE);
    struct rewritten regions[] = { pollfds_region(fds, nfds) };
    return sample(samples, SYSTEM_CALL(poll, ENTRIES(fds), nfds, timeout_ms), regions, 1, 1);
}

long pymux_sample_ppoll(struct pymux_samples *samples, struct pymux_pollfds *fds,
                        unsigned int nfds, struct timespec *timeout, const uint64_t *sigmask,
                        size_t sigsetsize)
{
    if (!pollfds_hold(fds, nfds))
        return PYMUX_OUT_OF_BOUNDS;
    struct rewritten regions[] = { pollfds_region(fds, nfds), timespec_region(timeout) };
    return sample(samples, SYSTEM_CALL(ppoll, ENTRIES(fds), nfds, timeout, sigmask, sigsetsize),
                  regions, 2, 1);
}

/* What an edge or one shot reported comes back by EPOLL_CTL_MOD, which checks the readiness again. */
static long arm_again(int epfd, const struct pymux_events *events, long count, uint32_t mask)
{
    long result = 0;

    for (long i = 0; result >= 0 && i < count; i++) {
        struct epoll_event event = { .events = mask, .data = events->entries[i].data };
        result = KERNEL(epoll_ctl, epfd, EPOLL_CTL_MOD, event.data.fd, &event);
    }
    return result;
}

/* epoll_wait writes its array from the start and reads none of it, so nothing is put back and
 * only what each call returned is compared: touching the whole array between two calls would
 * push out of the cache what the next one is timed on. */
static long sample_wait(struct pymux_samples *samples, struct system_call call,
                        struct pymux_events *events, uint32_t rearm)
{
    const size_t entry = sizeof(struct epoll_event);
    unsigned char *first = NULL;
    long result = 0, most = 0;

    for (long i = 0; i < samples->repeat; i++) {
        if (rearm)
            result = arm_again((int)call.arguments[0], events, result, rearm);
        if (result >= 0)
            result = record(samples, call);
        if (result < 0)
            break;
        most = result > most ? result : most;
        const size_t size = (size_t)result * entry;
        if (i == 0) {
            first = malloc(size + 1);
            if (!first)
                return -ENOMEM;
            if (size)
                memcpy(first, events->entries, size);
        } else if (result != samples->results[0] || (size && memcmp(first, events->entries, size) != 0)) {
            samples->differing++;
        }
    }
    free(first);
    if (events)
        write_pairs(events, most);
    return events_filled(events, result);
}

long pymux_sample_epoll_wait(struct pymux_samples *samples, int epfd,
                             struct pymux_events *events, int maxevents, int timeout_ms,
                             uint32_t rearm)
{
    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    const struct system_call call = NR_epoll_wait == NR_ABSENT
        ? SYSTEM_CALL(epoll_pwait, epfd, ENTRIES(events), maxevents, timeout_ms, NULL, SIGSETSIZE)
        : SYSTEM_CALL(epoll_wait, epfd, ENTRIES(events), maxevents, timeout_ms);
    return sample_wait(samples, call, events, rearm);
}

long pymux_sample_epoll_pwait2(struct pymux_samples *samples, int epfd,
                               struct pymux_events *events, int maxevents,
                               const struct timespec *timeout, const uint64_t *sigmask,
                               size_t sigsetsize, uint32_t rearm)
{
    if (!events_hold(events, maxevents))
        return PYMUX_OUT_OF_BOUNDS;
    return sample_wait(samples,
                       SYSTEM_CALL(epoll_pwait2, epfd, ENTRIES(events), maxevents, timeout, sigmask, sigsetsize),
                       events, rearm);
}

/* A second ADD would be EEXIST and a second DEL ENOENT: the opposite call, not timed, comes
 * between two repetitions. MOD repeats as it is. */
long pymux_sample_epoll_ctl(struct pymux_samples *samples, int epfd, int op, int fd,
                            uint32_t events, uint64_t data)
{
    struct epoll_event event = { .events = events, .data = { .u64 = data } };
    const int opposite = op == EPOLL_CTL_ADD ? EPOLL_CTL_DEL : EPOLL_CTL_ADD;
    long result = 0;

    for (long i = 0; result >= 0 && i < samples->repeat; i++) {
        if (i > 0 && op != EPOLL_CTL_MOD)
            result = KERNEL(epoll_ctl, epfd, opposite, fd, &event);
        if (result >= 0)
            result = record(samples, SYSTEM_CALL(epoll_ctl, epfd, op, fd, &event));
    }
    return result;
}

/* What poll has reported is asked for again: a new request, which the timed call hands over, or an update of the
 * multishot one, handed over at once, so that the timed call does no more than find what is ready. */
static long poll_again(struct pymux_uring *ring, long count, uint32_t events, int multishot)
{
    const struct pymux_completion *taken = ring->taken;
    long result = 0;

    for (long i = 0; result >= 0 && i < count; i++)
        result = multishot ? pymux_uring_poll_update(ring, taken[i].data, events)
                           : pymux_uring_poll(ring, (int)taken[i].data, events, 0, taken[i].data);
    return result >= 0 && multishot && count ? pymux_uring_submit(ring) : result;
}

/* The completions of each repetition are taken, and compared, before the next one; the last ones stay in the
 * ring. Those that are there before the first repetition belong to an earlier call. */
long pymux_sample_io_uring_enter(struct pymux_samples *samples, struct pymux_uring *ring,
                                 unsigned min_complete, uint32_t rearm, int multishot)
{
    struct pymux_completion *first = NULL;
    long result = 0, first_count = 0;

    for (long i = 0; result >= 0 && i < samples->repeat; i++) {
        const long count = result = pymux_uring_take(ring);
        if (result >= 0 && rearm)
            result = poll_again(ring, count, rearm, multishot);
        if (result < 0)
            break;
        const size_t size = (size_t)count * sizeof *first;
        if (i == 1) {
            first = malloc(size + 1);
            if (!first)
                return -ENOMEM;
            if (size)
                memcpy(first, ring->taken, size);
            first_count = count;
        } else if (i > 1 && (count != first_count || (size && memcmp(first, ring->taken, size) != 0))) {
            samples->differing++;
        }
        result = record(samples, SYSTEM_CALL(io_uring_enter, ring->fd, pushed(ring), min_complete,
                                             ENTER_GETEVENTS, NULL, SIGSETSIZE));
    }
    free(first);
    return result;
}
