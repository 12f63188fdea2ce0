/* Wait for lines and for SIGUSR1 at once; no signal is lost. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static volatile sig_atomic_t arrived;

/* It runs in epoll_pwait alone, where the signal is not blocked. */
static void note(int number)
{
    arrived = number;
}

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

int main(void)
{
    struct sigaction action = {.sa_handler = note};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 0};
    sigset_t usr1, none;
    char buffer[4096];
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    must(sigaction(SIGUSR1, &action, NULL), "sigaction");
    must(sigprocmask(SIG_BLOCK, &usr1, NULL), "sigprocmask");
    int epfd = must(epoll_create1(0), "epoll_create1");
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, 0, &event), "epoll_ctl");
    for (;;) {
        int n = epoll_pwait(epfd, &event, 1, -1, &none);
        if (n < 0 && errno != EINTR)
            must(n, "epoll_pwait");
        if (arrived) {
            arrived = 0;
            must(write(1, "signal\n", 7), "write");
        }
        if (n > 0) {
            ssize_t size = must(read(0, buffer, sizeof buffer), "read");
            if (size == 0)
                return 0;
            must(write(1, buffer, size), "write");
        }
    }
}
