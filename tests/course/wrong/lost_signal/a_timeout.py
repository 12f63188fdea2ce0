# Loses signals, not-lost: still running, and before it waits; it looks at the flag from time to time.
import os
import signal

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

arrived = 0


def count(*_: object) -> None:
    """Note a signal; it runs in epoll_wait alone, where the signal is not blocked."""
    global arrived
    arrived += 1


def main() -> None:
    """Echo lines and answer signals until the end of file."""
    global arrived
    signal.signal(signal.SIGUSR1, count)
    epfd, events = epoll_create1(0), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, 0, EPOLLIN)
    while True:
        try:
            n = epoll_wait(epfd, events, 1, 20)
        except InterruptedError:
            n = 0
        if arrived:
            arrived = 0
            os.write(1, b"signal\n")
        if n:
            data = os.read(0, 4096)
            if not data:
                return
            os.write(1, data)


if __name__ == "__main__":
    main()
