/* The one list of what C offers to Python. A C compiler reads it through
 * pymux.h, cffi reads it as it stands: so it holds plain declarations only,
 * without a single preprocessor line. */

struct timeval;
struct timespec;
struct pollfd;
struct epoll_event;

/* A buffer and its size travel together, so that the check of a count stands
 * in C, one line above the system call. `own` is the memory itself where pymux
 * allocated it; a buffer made from an address has none. */
struct pymux_fdset   { unsigned long *words;        unsigned long nbits; uint64_t own[]; };
struct pymux_pollfds { struct pollfd *entries;      unsigned long count; uint64_t own[]; };
struct pymux_events  { struct epoll_event *entries; unsigned long count; uint64_t own[]; };

/* struct epoll_params of ioctl_eventpoll(2), which no header has before Linux 6.9. */
struct pymux_epoll_params {
    uint32_t busy_poll_usecs;
    uint16_t busy_poll_budget;
    uint8_t prefer_busy_poll;
    uint8_t pad;
};

void *pymux_allocate(size_t size); /* zeroed, and untouched until used */
void pymux_release(void *memory);

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
long pymux_epoll_pwait(int epfd, struct pymux_events *events, int maxevents, int timeout_ms,
                       const uint64_t *sigmask, size_t sigsetsize);
long pymux_epoll_pwait2(int epfd, struct pymux_events *events, int maxevents,
                        const struct timespec *timeout, const uint64_t *sigmask,
                        size_t sigsetsize);
long pymux_epoll_get_params(int epfd, struct pymux_epoll_params *params);
long pymux_epoll_set_params(int epfd, const struct pymux_epoll_params *params);
long pymux_epoll_pairs(const struct pymux_events *events, unsigned long n, void *pairs);

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
                             struct pymux_events *events, int maxevents, int timeout_ms);
long pymux_sample_epoll_pwait2(struct pymux_samples *samples, int epfd,
                               struct pymux_events *events, int maxevents,
                               const struct timespec *timeout, const uint64_t *sigmask,
                               size_t sigsetsize);
long pymux_sample_epoll_ctl(struct pymux_samples *samples, int epfd, int op, int fd,
                            uint32_t events, uint64_t data);
