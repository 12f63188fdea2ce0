/* Watch a descriptor with a large number, three ways. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

/* FD_SET writes past the end of an fd_set, which has 1,024 bits; the kernel takes a set of any size. */
static int by_select(int fd)
{
    size_t bits = 8 * sizeof(unsigned long);
    unsigned long *set = calloc(fd / bits + 1, sizeof *set);
    struct timeval now = {0, 0};
    if (!set)
        exit(1);
    set[fd / bits] = 1UL << fd % bits;
    int ready = must(select(fd + 1, (fd_set *)set, NULL, NULL, &now), "select");
    free(set);
    return ready;
}

static int by_poll(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    return must(poll(&entry, 1, 0), "poll");
}

static int by_epoll(int fd)
{
    static int epfd = -1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epfd < 0) {
        epfd = must(epoll_create1(0), "epoll_create1");
        must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
    return must(epoll_wait(epfd, &event, 1, 0), "epoll_wait");
}

int main(int argc, char **argv)
{
    char command[16];
    int fd = atoi(argv[argc - 1]);
    while (scanf("%15s", command) == 1) {
        int ready = strcmp(command, "select") == 0 ? by_select(fd)
                    : strcmp(command, "poll") == 0 ? by_poll(fd)
                                                   : by_epoll(fd);
        puts(ready ? "ready" : "not ready");
        fflush(stdout);
    }
}
