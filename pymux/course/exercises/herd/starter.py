"""Several processes wait for connections. See the handout."""

import os
import signal
import socket
import sys

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait


def listen(port: int) -> socket.socket:
    """Listen on a port of the loopback interface, 0 for a free one."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    listener.setblocking(False)
    return listener


def work(listener: socket.socket, epfd: int) -> None:
    """Serve for ever."""
    events = EpollEvents(1)
    while True:
        epoll_wait(epfd, events, 1, -1)
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            continue  # another process was faster
        connection.close()  # TODO: this process's id


def main() -> None:
    """Start the children."""
    _cure, workers = sys.argv[1], int(sys.argv[2])  # TODO: two cures
    listener, epfd = listen(0), epoll_create1(0)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN)
    for _ in range(workers):
        if os.fork() == 0:
            work(listener, epfd)
    print(listener.getsockname()[1], flush=True)
    signal.pause()  # TODO: SIGTERM


if __name__ == "__main__":
    main()
