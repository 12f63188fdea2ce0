"""An event loop on generators, and a server on it. See the handout."""

import socket
from collections import deque
from collections.abc import Generator

Wish = tuple[str, int]  # ("read", fd), ("write", fd) or ("sleep", milliseconds)
Task = Generator[Wish, None, None]


class Loop:
    """Runs tasks until none is left."""

    def __init__(self) -> None:
        self._ready: deque[Task] = deque()

    def start(self, task: Task) -> None:
        """Let a task run, beginning with the next turn."""
        self._ready.append(task)

    def run(self) -> None:
        """Take turns: each ready task takes a step, then wait for what makes others ready."""
        while self._ready:
            for _wish in self._ready.popleft():
                pass  # TODO: wait for what it yields, and run other tasks meanwhile


def serve(loop: Loop, listener: socket.socket) -> Task:
    """Accept connections, each with a task of its own."""
    yield "read", listener.fileno()
    accepted, _ = listener.accept()
    accepted.close()  # TODO: loop.start(…)
    del loop


def main() -> None:
    """Serve until the process is ended from outside."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    print(listener.getsockname()[1], flush=True)
    loop = Loop()
    loop.start(serve(loop, listener))
    loop.run()


if __name__ == "__main__":
    main()
