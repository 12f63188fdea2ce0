"""A client that connects without blocking, and sends when the connection is there."""

import socket

from pymux import EPOLL_CTL_ADD, EPOLLOUT, EpollEvents, epoll_create1, epoll_ctl, epoll_wait


def unused_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Connect, wait until the socket is writable, send."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", unused_port()))  # EINPROGRESS
    epfd, events = epoll_create1(0), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, client, EPOLLOUT)
    epoll_wait(epfd, events, 1, 1000)
    try:
        client.send(b"hello")
    except OSError as error:
        print("send failed:", error)


if __name__ == "__main__":
    main()
