# Loses waits: zero-timeout-spin; a timeout of 0.
import os

from pymux import EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

MOST = 4096  # bytes of one read


def drain() -> bool:
    """Copy until EAGAIN; return False at the end of file."""
    while True:
        try:
            data = os.read(0, MOST)
        except BlockingIOError:
            return True
        if not data:
            return False
        while data:
            data = data[os.write(1, data) :]


def main() -> None:
    """Copy until the end of file."""
    os.set_blocking(0, False)
    epfd = epoll_create1(0)
    events = EpollEvents(8)
    epoll_ctl(epfd, EPOLL_CTL_ADD, 0, EPOLLIN | EPOLLET)
    while True:
        epoll_wait(epfd, events, 8, 0)
        if not drain():
            return


if __name__ == "__main__":
    main()
