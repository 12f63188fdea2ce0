"""An echo server, edge triggered, fair to slow and to chatty clients."""

import socket
from collections import deque

from pymux import EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

AT_ONCE = 64
CHUNK = 16_384  # the most that is read from one connection before the others have their turn


def listen() -> socket.socket:
    """Listen on a free port of the loopback interface and print its number."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    return listener


class Connection:
    """A connection, and the rest of one chunk that could not be sent yet."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket, self.rest = accepted, b""
        accepted.setblocking(False)

    def step(self) -> bool:
        """Echo at most one chunk; return False where the kernel said EAGAIN: an edge will come.

        EOFError and OSError: the connection is over.
        """
        try:
            if not self.rest:
                self.rest = self.socket.recv(CHUNK)
                if not self.rest:
                    raise EOFError
            self.rest = self.rest[self.socket.send(self.rest) :]
        except BlockingIOError:
            return False
        return True


def wait(epfd: int, events: EpollEvents, timeout_ms: int) -> list[int]:
    """Return the descriptors that are reported."""
    try:
        n = epoll_wait(epfd, events, AT_ONCE, timeout_ms)
    except InterruptedError:  # after SIGSTOP and SIGCONT, too: signal(7)
        return []
    return [fd for fd, _ in events.ready(n)]


def accept_all(epfd: int, listener: socket.socket, connections: dict[int, Connection]) -> None:
    """Accept until EAGAIN: one edge may stand for many connections."""
    while True:
        try:
            accepted, _ = listener.accept()
        except BlockingIOError:
            return
        connections[accepted.fileno()] = Connection(accepted)
        epoll_ctl(epfd, EPOLL_CTL_ADD, accepted, EPOLLIN | EPOLLOUT | EPOLLET)


def main() -> None:
    """Serve until it is ended from outside."""
    listener = listen()
    epfd, events = epoll_create1(0), EpollEvents(AT_ONCE)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLET)
    connections: dict[int, Connection] = {}
    ready: deque[int] = deque()  # connections that have not said EAGAIN: no event will report them again
    while True:
        for fd in wait(epfd, events, 0 if ready else -1):
            if fd == listener.fileno():
                accept_all(epfd, listener, connections)
            elif fd not in ready:
                ready.append(fd)
        for _ in range(len(ready)):
            fd = ready.popleft()
            try:
                if connections[fd].step():
                    ready.append(fd)
            except (EOFError, OSError):
                connections.pop(fd).socket.close()


if __name__ == "__main__":
    main()
