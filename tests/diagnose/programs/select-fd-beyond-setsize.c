#include "loop.h"

/* A set larger than fd_set, as some programs make it. */
int main(void)
{
    struct rlimit limit;
    unsigned long set[64] = {0};
    must(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max < 2048 ? limit.rlim_max : 2048;
    must(setrlimit(RLIMIT_NOFILE, &limit));
    int ends[2];
    must(pipe(ends));
    int fd = must(fcntl(ends[0], F_DUPFD, FIXED ? 100 : 1500));
    for (int wait = 0; wait < 3; wait++) {
        struct timespec tick = {0, 1000000};
        memset(set, 0, sizeof set);
        set[fd / 64] = 1UL << fd % 64;
        syscall(SYS_pselect6, fd + 1, set, NULL, NULL, &tick, NULL);
    }
    return 0;
}
