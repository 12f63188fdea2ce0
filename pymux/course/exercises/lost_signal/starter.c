/* Wait for lines and for SIGUSR1 at once. See the handout. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static volatile sig_atomic_t arrived;

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
    char buffer[4096];
    must(sigaction(SIGUSR1, &action, NULL), "sigaction");
    int epfd = must(epoll_create1(0), "epoll_create1");
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, 0, &event), "epoll_ctl");
    for (;;) {
        must(epoll_wait(epfd, &event, 1, -1), "epoll_wait"); /* TODO: and a signal? */
        ssize_t size = must(read(0, buffer, sizeof buffer), "read");
        must(write(1, buffer, size), "write"); /* TODO: and the end of file? */
    }
}
