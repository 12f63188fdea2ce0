"""An echo server for ten thousand clients."""

import resource
import socket

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLIN,
    EPOLLOUT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)

AT_ONCE = 1024
CHUNK = 4_096


def listen() -> socket.socket:
    """Listen on a free port of the loopback interface and print its number."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    return listener


class Connection:
    """A connection, and the rest of one chunk that could not be sent yet.

    While there is a rest it reads nothing: a client that does not read costs one chunk.
    """

    def __init__(self, accepted: socket.socket) -> None:
        self.socket, self.rest = accepted, b""
        accepted.setblocking(False)

    def step(self) -> int:
        """Receive or send; return what to wait for next, 0 when it is over."""
        try:
            if not self.rest:
                self.rest = self.socket.recv(CHUNK)
                if not self.rest:
                    return 0
            self.rest = self.rest[self.socket.send(self.rest) :]
        except BlockingIOError:
            pass
        except OSError:  # reset by the client
            return 0
        return EPOLLOUT if self.rest else EPOLLIN


def main() -> None:
    """Serve until it is ended from outside."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = listen()
    epfd, events = epoll_create1(0), EpollEvents(AT_ONCE)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN)
    connections: dict[int, Connection] = {}
    wanted: dict[int, int] = {}
    while True:
        n = epoll_wait(epfd, events, AT_ONCE, -1)
        for fd, _ in events.ready(n):
            if fd == listener.fileno():
                accepted, _ = listener.accept()
                connections[accepted.fileno()] = Connection(accepted)
                wanted[accepted.fileno()] = EPOLLIN
                epoll_ctl(epfd, EPOLL_CTL_ADD, accepted, EPOLLIN)
                continue
            want = connections[fd].step()
            if not want:
                connections.pop(fd).socket.close()  # which removes it from the interest list
            elif want != wanted[fd]:
                wanted[fd] = want
                epoll_ctl(epfd, EPOLL_CTL_MOD, fd, want)


if __name__ == "__main__":
    main()
