# Loses answers, parallel, order, serves-again: and no more; no EPOLL_CTL_MOD after serving.
import socket
import sys
import threading

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLIN,
    EPOLLONESHOT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)


def listen() -> socket.socket:
    """Listen on a free port of the loopback interface and print its number."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print(listener.getsockname()[1], flush=True)
    return listener


class Connection:
    """A connection, and the beginning of a request whose end has not arrived."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket, self.received = accepted, b""

    def serve(self) -> bool:
        """Receive once, and answer each request that is whole; return False at the end of file."""
        some = self.socket.recv(4096)
        *requests, self.received = (self.received + some).split(b"\n")
        for request in requests:
            with open(request, "rb") as file:
                content = file.read()
            self.socket.sendall(b"%d\n" % len(content) + content)
        return bool(some)


class Pool:
    """The workers; a descriptor that one of them has is disabled until that one has re-armed it."""

    def __init__(self) -> None:
        self.listener, self.epfd = listen(), epoll_create1(0)
        self.connections: dict[int, Connection] = {}
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, self.listener, EPOLLIN | EPOLLONESHOT)

    def work(self) -> None:
        """Serve for ever."""
        events = EpollEvents(1)
        while True:
            n = epoll_wait(self.epfd, events, 1, -1)
            for fd, _ in events.ready(n):
                if fd == self.listener.fileno():
                    self.accept()
                else:
                    self.serve(fd)

    def accept(self) -> None:
        """Accept one connection, and let the next one be reported."""
        accepted, _ = self.listener.accept()
        self.connections[accepted.fileno()] = Connection(accepted)
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, accepted, EPOLLIN | EPOLLONESHOT)
        epoll_ctl(self.epfd, EPOLL_CTL_MOD, self.listener, EPOLLIN | EPOLLONESHOT)

    def serve(self, fd: int) -> None:
        """Serve a connection, and re-arm it once nothing of it is in work."""
        try:
            goes_on = self.connections[fd].serve()
        except OSError:  # no such file, or the client is gone
            goes_on = False
        if not goes_on:
            self.connections.pop(fd).socket.close()


def main() -> None:
    """Start the workers; they run until the process is ended from outside."""
    pool = Pool()
    for _ in range(int(sys.argv[1])):
        threading.Thread(target=pool.work).start()


if __name__ == "__main__":
    main()
