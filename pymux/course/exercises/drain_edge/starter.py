"""Copy standard input to standard output, edge triggered. See the handout."""

import os

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

MOST = 4096  # bytes of one read


def main() -> None:
    """Copy until the end of file."""
    epfd = epoll_create1(0)
    events = EpollEvents(8)
    epoll_ctl(epfd, EPOLL_CTL_ADD, 0, EPOLLIN)  # TODO: by edges
    while True:
        n = epoll_wait(epfd, events, 8, -1)
        for _fd, _what in events.ready(n):
            os.read(0, MOST)  # TODO: how often, and what is done with the bytes?
            return


if __name__ == "__main__":
    main()
