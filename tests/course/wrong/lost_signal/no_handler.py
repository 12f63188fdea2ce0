# Loses signals, both, not-lost, ends: then the end of file; no handler.
import os

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, SigSet, epoll_create1, epoll_ctl, epoll_pwait

arrived = 0


def main() -> None:
    """Echo lines and answer signals until the end of file."""
    global arrived
    epfd, events = epoll_create1(0), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, 0, EPOLLIN)
    while True:
        try:
            n = epoll_pwait(epfd, events, 1, -1, SigSet())
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
