/* Watch a descriptor with a large number, three ways. See the handout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_select(int fd)
{
    return fd < 0; /* TODO */
}

static int by_poll(int fd)
{
    return fd < 0; /* TODO */
}

static int by_epoll(int fd)
{
    return fd < 0; /* TODO */
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
