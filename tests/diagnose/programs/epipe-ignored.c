#include "loop.h"

/* The peer has closed, and the program writes on. */
int main(void)
{
    int ends[2];
    struct pollfd fd;
    signal(SIGPIPE, SIG_IGN);
    pair(ends);
    close(ends[1]);
    for (int n = 0; n < 10; n++) {
        fd = (struct pollfd){ends[0], POLLOUT, 0};
        poll(&fd, 1, 5);
        if (send(ends[0], "tick", 4, MSG_NOSIGNAL) < 0 && FIXED)
            break;
    }
    close(ends[0]);
    return 0;
}
