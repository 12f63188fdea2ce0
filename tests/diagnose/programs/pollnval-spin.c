#include "loop.h"

/* The entry of a descriptor that was closed. */
int main(void)
{
    int ends[2], other[2];
    pair(ends);
    pair(other);
    struct pollfd fds[2] = {{ends[0], POLLIN, 0}, {other[0], POLLIN, 0}};
    poll(fds, 2, 1);
    close(other[0]);
    for (int wait = 0; wait < 20; wait++) {
        if (FIXED)
            fds[1].fd = -1;
        if (poll(fds, 2, 5) < 1 || fds[0].revents)
            break;
    }
    return 0;
}
