/* Does a count fit its buffer? NULL goes through: what the kernel does with it is its own affair.
 * So does a negative count, which the kernel refuses (EINVAL). */
#ifndef PYMUX_BOUNDS_H
#define PYMUX_BOUNDS_H

#include "pymux.h"

static inline int fdset_holds(const struct pymux_fdset *set, int nfds)
{
    return !set || nfds < 0 || (unsigned long)nfds <= set->nbits;
}

static inline int fdsets_hold(const struct pymux_fdset *readfds, const struct pymux_fdset *writefds,
                              const struct pymux_fdset *exceptfds, int nfds)
{
    return fdset_holds(readfds, nfds) && fdset_holds(writefds, nfds) && fdset_holds(exceptfds, nfds);
}

static inline int pollfds_hold(const struct pymux_pollfds *fds, unsigned int nfds)
{
    return !fds || nfds <= fds->count;
}

static inline int events_hold(const struct pymux_events *events, int maxevents)
{
    return !events || maxevents < 0 || (unsigned long)maxevents <= events->count;
}

/* Python wants (data, events) where the kernel has (events, data). Written in the same call, they cost
 * EpollEvents.ready() no second one (bench/overhead.py). */
static inline void write_pairs(struct pymux_events *events, long n)
{
    struct pymux_pair *pairs = __atomic_load_n(&events->pairs, __ATOMIC_RELAXED);

    for (long i = 0; pairs && i < n; i++) {
        pairs[i].data = events->entries[i].data.u64;
        pairs[i].events = events->entries[i].events;
    }
}

/* Keep what a call has filled, and return its result; an error fills nothing. */
static inline long events_filled(struct pymux_events *events, long result)
{
    if (events && result >= 0) {
        __atomic_store_n(&events->filled, (unsigned long)result, __ATOMIC_RELAXED);
        write_pairs(events, result);
    }
    return result;
}

#define WORDS(set) ((set) ? (set)->words : NULL)
#define ENTRIES(buffer) ((buffer) ? (buffer)->entries : NULL)

#endif
