"""A file server: a pool of workers on one epoll. See the handout."""

import socket
import sys
import threading

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait


def listen() -> socket.socket:
    """Listen on a free port of the loopback interface and print its number."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print(listener.getsockname()[1], flush=True)
    return listener


def work(epfd: int, listener: socket.socket) -> None:
    """Serve for ever."""
    events = EpollEvents(1)
    while True:
        n = epoll_wait(epfd, events, 1, -1)
        for fd, _ in events.ready(n):
            if fd == listener.fileno():
                connection, _ = listener.accept()
                connection.close()  # TODO: register it, so that one worker at a time has it


def main() -> None:
    """Start the workers; they run until the process is ended from outside."""
    listener, epfd = listen(), epoll_create1(0)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN)  # TODO: which workers does one connection wake?
    threading.Thread(target=work, args=(epfd, listener)).start()  # TODO: as many as the argument says
    print(sys.argv[1], "workers were asked for", file=sys.stderr)


if __name__ == "__main__":
    main()
