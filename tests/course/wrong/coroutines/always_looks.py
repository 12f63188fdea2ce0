# Loses timers, blocks: still running, some 3 for each are enough; a timeout of 1 ms.
import heapq
import socket
import time
from collections import deque
from collections.abc import Generator
from itertools import count

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLLIN,
    EPOLLOUT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)

Wish = tuple[str, int]  # ("read", fd), ("write", fd) or ("sleep", milliseconds)
Task = Generator[Wish, None, None]

AT_ONCE = 64


class Loop:
    """Runs tasks until none is left."""

    def __init__(self) -> None:
        self._ready: deque[Task] = deque()
        self._waiting: dict[int, Task] = {}  # by the descriptor
        self._sleeping: list[tuple[float, int, Task]] = []  # a heap, by the time of waking
        self._number = count()  # decides between equal times: generators have no order
        self._epfd, self._events = epoll_create1(0), EpollEvents(AT_ONCE)

    def start(self, task: Task) -> None:
        """Let a task run, beginning with the next turn."""
        self._ready.append(task)

    def run(self) -> None:
        """Take turns: each ready task takes a step, then wait for what makes others ready."""
        while self._ready or self._waiting or self._sleeping:
            for _ in range(len(self._ready)):
                self._step(self._ready.popleft())
            self._wait()

    def _step(self, task: Task) -> None:
        try:
            what, value = next(task)
        except StopIteration:
            return
        if what == "sleep":
            heapq.heappush(self._sleeping, (time.monotonic() + value / 1000, next(self._number), task))
        else:
            self._waiting[value] = task
            epoll_ctl(self._epfd, EPOLL_CTL_ADD, value, EPOLLIN if what == "read" else EPOLLOUT)

    def _wait(self) -> None:
        n = epoll_wait(self._epfd, self._events, AT_ONCE, self._timeout_ms())
        for fd, _ in self._events.ready(n):
            epoll_ctl(self._epfd, EPOLL_CTL_DEL, fd)
            self._ready.append(self._waiting.pop(fd))
        now = time.monotonic()
        while self._sleeping and self._sleeping[0][0] <= now:
            self._ready.append(heapq.heappop(self._sleeping)[2])

    def _timeout_ms(self) -> int:
        if self._ready:
            return 0
        return 1


def serve(loop: Loop, listener: socket.socket) -> Task:
    """Accept connections, each with a task of its own."""
    while True:
        yield "read", listener.fileno()
        accepted, _ = listener.accept()
        accepted.setblocking(False)
        loop.start(answer(accepted))


def answer(connection: socket.socket) -> Task:
    """Answer the lines of one client, in their order."""
    received = b""
    with connection:
        while True:
            yield "read", connection.fileno()
            try:
                some = connection.recv(4096)
            except OSError:  # reset by the client
                return
            if not some:
                return
            *lines, received = (received + some).split(b"\n")
            for line in lines:
                command, _, rest = line.partition(b" ")
                if command == b"sleep":
                    milliseconds, _, rest = rest.partition(b" ")
                    yield "sleep", int(milliseconds)
                yield from send(connection, rest + b"\n")


def send(connection: socket.socket, data: bytes) -> Task:
    """Send all of it."""
    while data:
        try:
            data = data[connection.send(data) :]
        except BlockingIOError:
            yield "write", connection.fileno()
        except OSError:
            return


def main() -> None:
    """Serve until the process is ended from outside."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    loop = Loop()
    loop.start(serve(loop, listener))
    loop.run()


if __name__ == "__main__":
    main()
