"""Watch a descriptor with a large number, three ways."""

import sys
from collections.abc import Callable

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
    poll,
    select,
)


def by_select(fd: int) -> bool:
    """Select writes its answer over the set, and the time left over the timeout: both are new each time."""
    return select(fd + 1, FdSet(fd + 1, [fd]), None, None, Timeval()) > 0


def by_poll(fd: int) -> bool:
    """Poll takes the number itself: no limit but that of the process."""
    return poll(PollFds([(fd, POLLIN)]), 1, 0) > 0


class ByEpoll:
    """Epoll is given the descriptor once."""

    def __init__(self) -> None:
        self.epfd, self.registered = epoll_create1(0), False

    def __call__(self, fd: int) -> bool:
        """Wait with timeout 0."""
        if not self.registered:
            epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
            self.registered = True
        return epoll_wait(self.epfd, EpollEvents(1), 1, 0) > 0


def main() -> None:
    """Answer commands until the end of file."""
    fd = int(sys.argv[1])
    ways: dict[str, Callable[[int], bool]] = {"select": by_select, "poll": by_poll, "epoll": ByEpoll()}
    for line in sys.stdin:
        print("ready" if ways[line.strip()](fd) else "not ready", flush=True)


if __name__ == "__main__":
    main()
