/* Loses waits: blocked in read; the descriptor is left blocking. */
#include <errno.h>
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

static void write_all(const char *data, ssize_t n)
{
    while (n > 0) {
        ssize_t written = must(write(1, data, n), "write");
        data += written;
        n -= written;
    }
}

/* Copy until EAGAIN; return 0 at the end of file. */
static int drain(void)
{
    char buffer[MOST];
    for (;;) {
        ssize_t n = read(0, buffer, MOST);
        if (n < 0 && errno == EAGAIN)
            return 1;
        if (must(n, "read") == 0)
            return 0;
        write_all(buffer, n);
    }
}

int main(void)
{
    int epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = 0};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, 0, &event), "epoll_ctl");
    do
        must(epoll_wait(epfd, &event, 1, -1), "epoll_wait");
    while (drain());
    return 0;
}
