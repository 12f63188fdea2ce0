/* Copy standard input to standard output, edge triggered. See the handout. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MOST = 4096 }; /* bytes of one read */

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
    char buffer[MOST];
    int epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 0}; /* TODO: by edges */
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, 0, &event), "epoll_ctl");
    for (;;) {
        must(epoll_wait(epfd, &event, 1, -1), "epoll_wait");
        /* TODO: how often, and what is done with the bytes? */
        must(read(0, buffer, MOST), "read");
        return 0;
    }
}
