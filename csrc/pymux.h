#ifndef PYMUX_H
#define PYMUX_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

/* The kernel's errnos end at 4095 (MAX_ERRNO in linux/err.h): this is none of them. */
#define PYMUX_OUT_OF_BOUNDS (-4096)

/* The members of struct epoll_event the other way round, packed on every architecture. */
struct __attribute__((packed)) pymux_pair {
    uint64_t data;
    uint32_t events;
};

#include "api.h"

#endif
