#include "loop.h"

/* The eventfd wakes the loop, and is not read. */
int main(void)
{
    int counter = must(eventfd(0, EFD_NONBLOCK)), epfd = must(epoll_create1(0));
    uint64_t value;
    struct epoll_event event[8];
    add(epfd, counter, EPOLLIN);
    must(eventfd_write(counter, 1));
    for (int wait = 0; wait < 30; wait++) {
        if (epoll_wait(epfd, event, 8, 5) != 1)
            break;
        if (FIXED)
            must(read(counter, &value, sizeof value));
    }
    return 0;
}
