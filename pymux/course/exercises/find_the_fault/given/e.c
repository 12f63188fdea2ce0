/* A monitor: it watches a pipe for a while, then drops it and goes on with another one. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

static void watch(int epfd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

int main(void)
{
    int first[2], second[2], epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event events[8];
    must(pipe(first), "pipe");
    must(pipe(second), "pipe");
    watch(epfd, first[0]);
    int log = must(dup(first[0]), "dup"); /* for a report at the end */
    must(write(first[1], "last words", 10), "write");
    close(first[0]); /* dropped */
    watch(epfd, second[0]);
    for (int round = 0; round < 20; round++) {
        int n = must(epoll_wait(epfd, events, 8, 5), "epoll_wait");
        for (int i = 0; i < n; i++)
            if (events[i].data.fd == second[0])
                printf("second pipe\n");
    }
    printf("descriptor of the report: %d\n", log);
    return 0;
}
