/* io_uring_setup(2), io_uring_enter(2) and io_uring_register(2), and the two rings that they share with the
 * process: requests go to the kernel in one, completions come back in the other.
 *
 * A ring belongs to one thread. All memory that the kernel writes into belongs to the ring, and is given back
 * only when no request is under way. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "uring.h"

/* linux/io_uring.h, which the headers of older kernels lack. */
enum { SETUP_CQSIZE = 1 << 3, FEAT_SINGLE_MMAP = 1 << 0 };
enum { REGISTER_PBUF_RING = 22, REGISTER_SYNC_CANCEL = 24 };
enum { CANCEL_ANY = 1 << 2 };
enum { OP_POLL_ADD = 6, OP_POLL_REMOVE = 7, OP_ACCEPT = 13, OP_ASYNC_CANCEL = 14, OP_SEND = 26, OP_RECV = 27 };
enum { POLL_ADD_MULTI = 1, POLL_UPDATE_EVENTS = 1 << 1, ACCEPT_MULTISHOT = 1, RECV_MULTISHOT = 2 };
enum { BUFFER_SELECT = 1 << 5, CQE_SKIP_SUCCESS = 1 << 6 };
#define OFFSET_RINGS 0L
#define OFFSET_REQUESTS 0x10000000L

struct request { /* struct io_uring_sqe */
    uint8_t opcode, flags;
    uint16_t priority; /* and what a multishot request is */
    int32_t fd;
    uint64_t offset, address;
    uint32_t length, details; /* poll's events, recv's and send's flags, … */
    uint64_t data;
    uint16_t buffer_group, personality;
    int32_t splice_fd;
    uint64_t reserved[2];
};
struct offsets { /* struct io_sqring_offsets; io_cqring_offsets has two of them in other places */
    uint32_t head, tail, mask, entries, flags_or_overflow, dropped_or_cqes, array_or_flags, reserved;
    uint64_t address;
};
struct params { /* struct io_uring_params */
    uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, reserved[3];
    struct offsets sq, cq;
};
struct buffer { /* struct io_uring_buf; the ring's tail is where the first one has `reserved` */
    uint64_t address;
    uint32_t length;
    uint16_t id, reserved;
};
struct buffer_ring { /* struct io_uring_buf_reg */
    uint64_t address;
    uint32_t entries;
    uint16_t group, flags;
    uint64_t reserved[3];
};
struct cancellation { /* struct io_uring_sync_cancel_reg */
    uint64_t address;
    int32_t fd;
    uint32_t flags;
    struct { int64_t s, ns; } timeout;
    uint64_t reserved[4];
};
_Static_assert(sizeof(struct request) == 64 && sizeof(struct params) == 120, "as the kernel has them");
_Static_assert(sizeof(struct pymux_completion) == 16 && sizeof(struct buffer) == 16, "as the kernel has them");
_Static_assert(sizeof(struct cancellation) == 64 && sizeof(struct buffer_ring) == 40, "as the kernel has them");

static void *map(size_t size, int flags, int fd, long offset)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, offset);

    return memory == MAP_FAILED ? NULL : memory;
}

/* One buffer of each number for each completion that may need one, and the ring in which the kernel finds
 * those that are free. */
static long add_buffers(struct pymux_uring *ring, unsigned count, unsigned size)
{
    if (!count)
        return 0;
    ring->free_size = count * sizeof(struct buffer);
    ring->buffers_size = (size_t)count * size;
    ring->free = map(ring->free_size, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ring->buffers = map(ring->buffers_size, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!ring->free || !ring->buffers)
        return -ENOMEM;
    ring->buffer_count = count;
    ring->buffer_size = size;
    struct buffer_ring at = { .address = (uintptr_t)ring->free, .entries = count };
    const long result = KERNEL(io_uring_register, ring->fd, REGISTER_PBUF_RING, &at, 1);
    for (unsigned i = 0; result == 0 && i < count; i++)
        pymux_uring_give(ring, i);
    return result;
}

long pymux_uring_open(struct pymux_uring *ring, unsigned entries, struct pymux_completion *taken, unsigned most,
                      unsigned flags, unsigned buffers, unsigned buffer_size)
{
    struct params params = { .flags = flags | SETUP_CQSIZE, .cq_entries = most };

    *ring = (struct pymux_uring){ .fd = -1, .taken = taken, .most = most };
    const long fd = KERNEL(io_uring_setup, entries, &params);
    if (fd < 0)
        return fd;
    ring->fd = (int)fd;
    ring->entries = params.sq_entries;
    ring->sq_head = params.sq.head;
    ring->sq_tail = params.sq.tail;
    ring->cq_head = params.cq.head;
    ring->cq_tail = params.cq.tail;
    ring->cq_entries = params.cq_entries;
    ring->cqes = params.cq.dropped_or_cqes;
    ring->rings_size = ring->cqes + params.cq_entries * sizeof(struct pymux_completion);
    const size_t sq_end = params.sq.array_or_flags + params.sq_entries * sizeof(uint32_t);
    if (sq_end > ring->rings_size)
        ring->rings_size = sq_end;
    ring->requests_size = params.sq_entries * sizeof(struct request);
    ring->rings = map(ring->rings_size, MAP_SHARED | MAP_POPULATE, ring->fd, OFFSET_RINGS);
    ring->requests = map(ring->requests_size, MAP_SHARED | MAP_POPULATE, ring->fd, OFFSET_REQUESTS);
    long result = params.features & FEAT_SINGLE_MMAP ? 0 : -ENOSYS;
    if (!ring->rings || !ring->requests)
        result = -ENOMEM;
    for (uint32_t i = 0; result == 0 && i < ring->entries; i++)
        word(ring, params.sq.array_or_flags)[i] = i; /* each request stays in its place */
    if (result == 0)
        result = add_buffers(ring, buffers, buffer_size);
    if (result < 0)
        pymux_uring_close(ring);
    return result < 0 ? result : fd;
}

static void unmap(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size);
}

/* Closing alone lets the kernel end the requests later, in memory that would be gone: so they are cancelled
 * first (Linux 6.0). Where that cannot be done within a second the buffers stay mapped. */
void pymux_uring_close(struct pymux_uring *ring)
{
    if (ring->fd < 0)
        return;
    struct cancellation all = { .fd = -1, .flags = CANCEL_ANY, .timeout = { .s = 1 } };
    const long cancelled = KERNEL(io_uring_register, ring->fd, REGISTER_SYNC_CANCEL, &all, 1);
    unmap(ring->rings, ring->rings_size);
    unmap(ring->requests, ring->requests_size);
    close(ring->fd);
    if (cancelled >= 0 || cancelled == -ENOENT) {
        unmap(ring->free, ring->free_size);
        unmap(ring->buffers, ring->buffers_size);
    }
    *ring = (struct pymux_uring){ .fd = -1 };
}

/* The kernel frees a closed ring in the background, and in the end has the thread that used it do some of that: this
 * interrupts whatever the thread waits in, and epoll_wait fails with EINTR although no signal came
 * (io_ring_exit_work, io_uring/io_uring.c). So the thread waits for it here, with all signals blocked: then
 * nothing else interrupts the wait. It takes 9 to 60 ms on Linux 6.18. */
void pymux_uring_await_end(void)
{
    const struct timespec most = { .tv_sec = 1 };
    sigset_t all, none, before;

    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, &before);
    sigtimedwait(&none, NULL, &most);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static long push(struct pymux_uring *ring, struct request request)
{
    if (ring->fd < 0)
        return -EBADF;
    uint32_t *tail = word(ring, ring->sq_tail);
    if (pushed(ring) == ring->entries) {
        const long result = pymux_uring_submit(ring); /* no room: hand over what is there */
        if (result <= 0)
            return result ? result : -EAGAIN;
    }
    ((struct request *)ring->requests)[*tail & (ring->entries - 1)] = request;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    return 0;
}

/* As linux/io_uring.h has them, poll32_events: with the halves swapped where the most significant byte is first. */
static uint32_t poll_events(uint32_t events)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return events << 16 | events >> 16;
#else
    return events;
#endif
}

/* poll(2)'s events; multishot: a completion for each wakeup of the descriptor, until it is cancelled. */
long pymux_uring_poll(struct pymux_uring *ring, int fd, uint32_t events, int multishot, uint64_t data)
{
    return push(ring, (struct request){ .opcode = OP_POLL_ADD, .fd = fd, .details = poll_events(events),
                                        .data = data, .length = multishot ? POLL_ADD_MULTI : 0 });
}

/* Have a multishot poll check its descriptor, as EPOLL_CTL_MOD does; it completes only where it fails. */
long pymux_uring_poll_update(struct pymux_uring *ring, uint64_t which, uint32_t events)
{
    return push(ring, (struct request){ .opcode = OP_POLL_REMOVE, .fd = -1, .address = which, .data = which,
                                        .details = poll_events(events), .flags = CQE_SKIP_SUCCESS,
                                        .length = POLL_UPDATE_EVENTS | POLL_ADD_MULTI });
}

long pymux_uring_accept(struct pymux_uring *ring, int fd, uint64_t data)
{
    return push(ring, (struct request){ .opcode = OP_ACCEPT, .fd = fd, .priority = ACCEPT_MULTISHOT, .data = data });
}

/* Into whichever buffer is free when data comes; multishot: again and again, until the end or an error. */
long pymux_uring_recv(struct pymux_uring *ring, int fd, int multishot, uint64_t data)
{
    return push(ring, (struct request){ .opcode = OP_RECV, .fd = fd, .flags = BUFFER_SELECT, .data = data,
                                        .priority = multishot ? RECV_MULTISHOT : 0 });
}

/* From the bytes of a buffer that the kernel has filled and the process has not given back. */
long pymux_uring_send(struct pymux_uring *ring, int fd, unsigned buffer, unsigned from, unsigned length,
                      uint64_t data)
{
    if (buffer >= ring->buffer_count || from > ring->buffer_size || length > ring->buffer_size - from)
        return PYMUX_OUT_OF_BOUNDS;
    return push(ring, (struct request){ .opcode = OP_SEND, .fd = fd, .length = length, .data = data,
        .details = 0x4000 /* MSG_NOSIGNAL */,
        .address = (uintptr_t)(ring->buffers + (size_t)buffer * ring->buffer_size + from) });
}

long pymux_uring_cancel(struct pymux_uring *ring, uint64_t which, uint64_t data)
{
    return push(ring, (struct request){ .opcode = OP_ASYNC_CANCEL, .fd = -1, .address = which, .data = data });
}

/* Let the kernel fill a buffer again. */
long pymux_uring_give(struct pymux_uring *ring, unsigned buffer)
{
    if (buffer >= ring->buffer_count)
        return PYMUX_OUT_OF_BOUNDS;
    struct buffer *slots = ring->free;
    const uint16_t tail = slots[0].reserved;
    struct buffer *slot = &slots[tail & (ring->buffer_count - 1)];
    slot->address = (uintptr_t)(ring->buffers + (size_t)buffer * ring->buffer_size);
    slot->length = ring->buffer_size;
    slot->id = (uint16_t)buffer;
    __atomic_store_n(&slots[0].reserved, (uint16_t)(tail + 1), __ATOMIC_RELEASE);
    return 0;
}

/* One system call: hand over what was pushed, and wait for as many completions. */
long pymux_uring_enter(struct pymux_uring *ring, unsigned min_complete)
{
    if (ring->fd < 0)
        return -EBADF;
    return KERNEL(io_uring_enter, ring->fd, pushed(ring), min_complete, ENTER_GETEVENTS, NULL, SIGSETSIZE);
}

/* One system call: hand over what was pushed, and leave the work of completions to pymux_uring_enter. */
long pymux_uring_submit(struct pymux_uring *ring)
{
    if (ring->fd < 0)
        return -EBADF;
    return KERNEL(io_uring_enter, ring->fd, pushed(ring), 0, 0, NULL, SIGSETSIZE);
}

/* No system call: copy the completions that are there into `taken`, and return how many. */
long pymux_uring_take(struct pymux_uring *ring)
{
    if (ring->fd < 0)
        return -EBADF;
    uint32_t *head = word(ring, ring->cq_head);
    const uint32_t there = __atomic_load_n(word(ring, ring->cq_tail), __ATOMIC_ACQUIRE) - *head;
    const uint32_t count = there < ring->most ? there : ring->most;
    const struct pymux_completion *cqes = (const void *)(ring->rings + ring->cqes);
    for (uint32_t i = 0; i < count; i++)
        ring->taken[i] = cqes[(*head + i) & (ring->cq_entries - 1)];
    __atomic_store_n(head, *head + count, __ATOMIC_RELEASE);
    return (long)count;
}
