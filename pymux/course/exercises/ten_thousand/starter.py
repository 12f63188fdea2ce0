"""An echo server for ten thousand clients. See the handout."""

import socket

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

AT_ONCE = 64


def listen() -> socket.socket:
    """Listen on a free port of the loopback interface and print its number."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    return listener


def main() -> None:
    """Serve until it is ended from outside."""
    listener = listen()
    epfd, events = epoll_create1(0), EpollEvents(AT_ONCE)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN)
    while True:
        n = epoll_wait(epfd, events, AT_ONCE, -1)
        for fd, _what in events.ready(n):
            if fd == listener.fileno():
                connection, _ = listener.accept()
                connection.close()  # TODO: serve it
            # TODO: a connection that is ready


if __name__ == "__main__":
    main()
