/* Loses signals, both, ends: counter-not-read-spin; the signalfd is watched and never read. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

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
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 0};
    sigset_t usr1;
    char buffer[4096];
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    must(sigprocmask(SIG_BLOCK, &usr1, NULL), "sigprocmask");
    int epfd = must(epoll_create1(0), "epoll_create1");
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, 0, &event), "epoll_ctl");
    struct epoll_event signals = {.events = EPOLLIN};
    signals.data.fd = must(signalfd(-1, &usr1, SFD_NONBLOCK), "signalfd");
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, signals.data.fd, &signals), "epoll_ctl");
    for (;;) {
        int n = epoll_wait(epfd, &event, 1, -1);
        if (n < 0 && errno != EINTR)
            must(n, "epoll_wait");
        if (n > 0 && event.data.fd != 0) {
            must(write(1, "signal\n", 7), "write");
        }
        if (n > 0 && event.data.fd == 0) {
            ssize_t size = must(read(0, buffer, sizeof buffer), "read");
            if (size == 0)
                return 0;
            must(write(1, buffer, size), "write");
        }
    }
}
