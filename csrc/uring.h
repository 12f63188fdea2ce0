/* What making io_uring_enter(2) needs to know of a ring. */
#ifndef PYMUX_URING_H
#define PYMUX_URING_H

#include "pymux.h"

enum { ENTER_GETEVENTS = 1 }; /* linux/io_uring.h, which the headers of older kernels lack */

static inline uint32_t *word(const struct pymux_uring *ring, uint32_t offset)
{
    return (uint32_t *)(void *)(ring->rings + offset);
}

/* How many requests the kernel has not been handed yet. */
static inline uint32_t pushed(const struct pymux_uring *ring)
{
    return *word(ring, ring->sq_tail) - __atomic_load_n(word(ring, ring->sq_head), __ATOMIC_ACQUIRE);
}

#endif
