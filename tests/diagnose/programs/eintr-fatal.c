#include "loop.h"

/* A signal handler runs, and the wait is taken for failed. */
static void handle(int signal)
{
    (void)signal;
}

#include <sys/time.h>

int main(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct itimerval soon = {{0, 0}, {0, 20000}};
    struct epoll_event event[8];
    int epfd = must(epoll_create1(0));
    must(sigaction(SIGALRM, &action, NULL));
    must(setitimer(ITIMER_REAL, &soon, NULL));
    for (int round = 0; round < 3; round++)
        if (epoll_wait(epfd, event, 8, 60) < 0 && !(FIXED && errno == EINTR)) {
            perror("epoll_wait");
            exit(1);
        }
    return 0;
}
