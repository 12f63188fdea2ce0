/* The one list of what C offers to Python. A C compiler reads it through
 * pymux.h, cffi reads it as it stands: so it holds plain declarations only,
 * without a single preprocessor line. */

struct timeval;
struct timespec;
struct pollfd;
struct epoll_event;
struct pymux_pair;

/* A buffer and its size travel together, so that the check of a count stands
 * in C, one line above the system call. `own` is the memory itself where pymux
 * allocated it; a buffer made from an address has none. */
struct pymux_fdset   { unsigned long *words;        unsigned long nbits; uint64_t own[]; };
struct pymux_pollfds { struct pollfd *entries;      unsigned long count; uint64_t own[]; };
struct pymux_events {
    struct epoll_event *entries;
    unsigned long count;
    unsigned long filled;     /* how many entries the last call returned: what its repr shows */
    struct pymux_pair *pairs; /* the same entries as Python reads them; NULL: they are not kept */
    uint64_t own[];
};

/* struct epoll_params of ioctl_eventpoll(2), which no header has before Linux 6.9. */
struct pymux_epoll_params {
    uint32_t busy_poll_usecs;
    uint16_t busy_poll_budget;
    uint8_t prefer_busy_poll;
    uint8_t pad;
};

void *pymux_allocate(size_t size); /* zeroed, and untouched until used */
void pymux_release(void *memory);
void pymux_distrust_memory(void); /* from now on arguments may point to where nothing is */

/* Every call below returns the kernel's non-negative result, -errno, or
 * PYMUX_OUT_OF_BOUNDS where a count exceeds its buffer and the kernel was not asked. */

/* select.c */
long pymux_select(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                  struct pymux_fdset *exceptfds, struct timeval *timeout);
long pymux_pselect6(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                    struct pymux_fdset *exceptfds, struct timespec *timeout,
                    const uint64_t *sigmask, size_t sigsetsize);

/* poll.c */
long pymux_poll(struct pymux_pollfds *fds, unsigned int nfds, int timeout_ms);
long pymux_ppoll(struct pymux_pollfds *fds, unsigned int nfds, struct timespec *timeout,
                 const uint64_t *sigmask, size_t sigsetsize);

/* epoll.c */
long pymux_epoll_create(int size);
long pymux_epoll_create1(int flags);
long pymux_epoll_ctl(int epfd, int op, int fd, uint32_t events, uint64_t data);
long pymux_epoll_ctl_fd(int epfd, int op, int fd, uint32_t events);
long pymux_epoll_ctl_null(int epfd, int op, int fd);
long pymux_epoll_wait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms);
/* Each event as one word, its bits << 32 | its descriptor. The result is a count or, for one event, its word. */
int64_t pymux_epoll_wait_words(int epfd, struct pymux_events *events, int maxevents, int timeout_ms);
long pymux_epoll_pwait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms,
                       const uint64_t *sigmask, size_t sigsetsize);
long pymux_epoll_pwait2(int epfd, struct pymux_events *events, int maxevents,
                        const struct timespec *timeout, const uint64_t *sigmask,
                        size_t sigsetsize);
long pymux_epoll_get_params(int epfd, struct pymux_epoll_params *params);
long pymux_epoll_set_params(int epfd, const struct pymux_epoll_params *params);

/* uring.c: a ring, mapped; it is made of zeroes with fd -1, and belongs to one thread. */
struct pymux_completion { /* struct io_uring_cqe */
    uint64_t data;
    int32_t result;
    uint32_t flags;
};
struct pymux_uring {
    int fd; /* -1: closed */
    uint32_t entries;
    uint32_t cq_entries;
    uint32_t sq_head;
    uint32_t sq_tail;
    uint32_t cq_head;
    uint32_t cq_tail;
    uint32_t cqes;
    char *rings;
    size_t rings_size;
    void *requests;
    size_t requests_size;
    void *free; /* the ring of the buffers that the kernel may fill */
    size_t free_size;
    char *buffers;
    size_t buffers_size;
    unsigned buffer_count;
    unsigned buffer_size;
    struct pymux_completion *taken; /* the caller's: what pymux_uring_take has taken */
    unsigned most;
};
long pymux_uring_open(struct pymux_uring *ring, unsigned entries, struct pymux_completion *taken, unsigned most,
                      unsigned flags, unsigned buffers, unsigned buffer_size);
void pymux_uring_close(struct pymux_uring *ring);
void pymux_uring_await_end(void);
long pymux_uring_poll(struct pymux_uring *ring, int fd, uint32_t events, int multishot, uint64_t data);
long pymux_uring_poll_update(struct pymux_uring *ring, uint64_t which, uint32_t events);
long pymux_uring_accept(struct pymux_uring *ring, int fd, uint64_t data);
long pymux_uring_recv(struct pymux_uring *ring, int fd, int multishot, uint64_t data);
long pymux_uring_send(struct pymux_uring *ring, int fd, unsigned buffer, unsigned from, unsigned length,
                      uint64_t data);
long pymux_uring_cancel(struct pymux_uring *ring, uint64_t which, uint64_t data);
long pymux_uring_give(struct pymux_uring *ring, unsigned buffer);
long pymux_uring_enter(struct pymux_uring *ring, unsigned min_complete);
long pymux_uring_submit(struct pymux_uring *ring);
long pymux_uring_take(struct pymux_uring *ring);

/* libc.c */
long pymux_libc_select(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                       struct pymux_fdset *exceptfds, struct timeval *timeout);
long pymux_libc_pselect(int nfds, struct pymux_fdset *readfds, struct pymux_fdset *writefds,
                        struct pymux_fdset *exceptfds, const struct timespec *timeout,
                        const uint64_t *sigmask);
long pymux_libc_poll(struct pymux_pollfds *fds, unsigned int nfds, int timeout_ms);
long pymux_libc_ppoll(struct pymux_pollfds *fds, unsigned int nfds,
                      const struct timespec *timeout, const uint64_t *sigmask);
long pymux_libc_epoll_wait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms);
long pymux_libc_epoll_pwait(int epfd, struct pymux_events *events, int maxevents,
                            int timeout_ms, const uint64_t *sigmask);
long pymux_libc_epoll_pwait2(int epfd, struct pymux_events *events, int maxevents,
                             const struct timespec *timeout, const uint64_t *sigmask);

/* sampling.c: one call, repeated, each repetition timed; what it rewrote is put back in between. */
struct pymux_samples {
    int64_t *elapsed_ns; /* of each repetition, CLOCK_MONOTONIC around the system call alone */
    int64_t *results;    /* of each repetition, as the call returned it */
    long repeat;         /* how many repetitions both have room for */
    long done;           /* how many were made: fewer where one failed */
    long differing;      /* how many left other results or buffers than the first */
};
long pymux_sample_select(struct pymux_samples *samples, int nfds, struct pymux_fdset *readfds,
                         struct pymux_fdset *writefds, struct pymux_fdset *exceptfds,
                         struct timeval *timeout);
long pymux_sample_pselect6(struct pymux_samples *samples, int nfds, struct pymux_fdset *readfds,
                           struct pymux_fdset *writefds, struct pymux_fdset *exceptfds,
                           struct timespec *timeout, const uint64_t *sigmask, size_t sigsetsize);
long pymux_sample_poll(struct pymux_samples *samples, struct pymux_pollfds *fds,
                       unsigned int nfds, int timeout_ms);
long pymux_sample_ppoll(struct pymux_samples *samples, struct pymux_pollfds *fds,
                        unsigned int nfds, struct timespec *timeout, const uint64_t *sigmask,
                        size_t sigsetsize);
long pymux_sample_epoll_wait(struct pymux_samples *samples, int epfd,
                             struct pymux_events *events, int maxevents, int timeout_ms,
                             uint32_t rearm);
long pymux_sample_epoll_pwait2(struct pymux_samples *samples, int epfd,
                               struct pymux_events *events, int maxevents,
                               const struct timespec *timeout, const uint64_t *sigmask,
                               size_t sigsetsize, uint32_t rearm);
long pymux_sample_epoll_ctl(struct pymux_samples *samples, int epfd, int op, int fd,
                            uint32_t events, uint64_t data);
long pymux_sample_io_uring_enter(struct pymux_samples *samples, struct pymux_uring *ring,
                                 unsigned min_complete, uint32_t rearm, int multishot);

/* recorder.c: every call above, as it was made. Each thread writes a ring of its own; a log reads
 * all of them, each through a cursor. */
enum pymux_call {
    PYMUX_select,
    PYMUX_pselect6,
    PYMUX_poll,
    PYMUX_ppoll,
    PYMUX_epoll_create,
    PYMUX_epoll_create1,
    PYMUX_epoll_ctl,
    PYMUX_epoll_wait,
    PYMUX_epoll_pwait,
    PYMUX_epoll_pwait2,
    PYMUX_ioctl,
    PYMUX_io_uring_setup,
    PYMUX_io_uring_enter,
    PYMUX_io_uring_register,
    PYMUX_libc_select,
    PYMUX_libc_pselect,
    PYMUX_libc_poll,
    PYMUX_libc_ppoll,
    PYMUX_libc_epoll_wait,
    PYMUX_libc_epoll_pwait,
    PYMUX_libc_epoll_pwait2,
    PYMUX_CALLS
};

/* numbers.c: the call that is made for `call`: itself, or the newer one where the architecture never had it. */
int pymux_made_by(int call);

/* A record is this head and, up to `size`, pieces of the memory that the arguments point to. */
struct pymux_record {
    uint64_t size;        /* in bytes, a multiple of 8 */
    uint64_t ordinal;     /* counts the records of its ring: a gap is a loss */
    int64_t start_ns;     /* CLOCK_MONOTONIC */
    int64_t end_ns;
    int64_t result;       /* as the call returned it */
    int64_t arguments[7]; /* of pselect6 the sixth taken apart: sigmask, sigsetsize */
    int32_t thread;       /* gettid(2) */
    int32_t call;         /* enum pymux_call */
};
struct pymux_piece {
    uint8_t argument;    /* which of them points to what follows */
    uint8_t after;       /* 0: as it was before the call, 1: after it */
    uint16_t unreadable; /* 1: the memory ended before it was all read */
    uint32_t size;       /* in bytes; the next piece begins at a multiple of 8 */
};
struct pymux_cursor {
    uint64_t ring;     /* its number, ascending, never used twice */
    uint64_t position; /* up to where it was read */
    uint64_t ordinal;  /* of the record expected there */
    uint64_t lost;     /* how many were overwritten before they were read */
};
long pymux_recorder_start(size_t ring_size, size_t capture);
void pymux_recorder_stop(void);
void pymux_recorder_release(void);
size_t pymux_recorder_ring_size(void);
uint64_t pymux_recorder_missed(void);
int pymux_recorder_next_ring(struct pymux_cursor *cursor);
uint64_t pymux_recorder_own_ring(void); /* the number of the calling thread's; 0 while it has none */
void pymux_recorder_skip(struct pymux_cursor *cursor);
size_t pymux_recorder_read(struct pymux_cursor *cursor, void *records);
