"""Wait for lines and for SIGUSR1 at once. See the handout."""

import os
import signal

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

arrived = 0


def count(*_: object) -> None:
    """Note a signal."""
    global arrived
    arrived += 1


def main() -> None:
    """Echo lines and answer signals until the end of file."""
    signal.signal(signal.SIGUSR1, count)
    epfd, events = epoll_create1(0), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, 0, EPOLLIN)
    while True:
        epoll_wait(epfd, events, 1, -1)  # TODO: and a signal?
        data = os.read(0, 4096)
        os.write(1, data)  # TODO: and the end of file?


if __name__ == "__main__":
    main()
